"""What of a candidate its consumers see, as a hash: equal hashes are no news."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from store import arrow_json

# What a delta tells, in this order; the value itself only masked.
TOLD = (
    "rank",
    "kind",
    "value_masked",
    "probability",
    "holder",
    "first_seen",
    "last_seen",
    "sources",
    "origins",
    "reasons",
    "consent_ids",
)
DRIFT_MILLI = 10  # a probability that moved by less than 0.010 since it was published is not told again


def payload(rows: pa.Table) -> pa.Array:
    """The masked JSON of each candidate, as deltas carry it; probability to three decimals."""
    told = rows.select(TOLD).set_column(
        TOLD.index("probability"), "probability", pc.round(rows.column("probability"), 3)
    )
    columns = [c.combine_chunks() for c in told.columns]
    return arrow_json.dumps(pa.StructArray.from_arrays(columns, names=list(TOLD)))


def milli(probability: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Probabilities in whole thousandths."""
    return np.rint(np.asarray(probability, dtype=np.float64) * 1000).astype(np.int64)


def fixed(rows: pa.Table) -> list[str]:
    """Everything that counts as content but the probability, one line a candidate. Days, not times; lists as sets."""
    parts = [
        rows.column("rank").cast(pa.string()),
        rows.column("origins").cast(pa.string()),
        rows.column("kind"),
        rows.column("holder"),
        _day(rows.column("first_seen")),
        _day(rows.column("last_seen")),
        *[_as_set(rows.column(name)) for name in ("sources", "reasons", "consent_ids")],
        rows.column("value_masked"),
    ]
    separator = pa.scalar("\x1f", pa.large_string())
    filled = [pc.fill_null(p.cast(pa.large_string()), "") for p in parts]
    return list(pc.binary_join_element_wise(*filled, separator).to_pylist())


def hashes(fixed_parts: list[str], probability_milli: npt.NDArray[np.int64]) -> list[str]:
    """The content hash of each candidate: 32 hex digits."""
    sha = hashlib.sha256
    return [
        sha(f"{p}\x1f{part}".encode()).hexdigest()[:32]
        for part, p in zip(fixed_parts, probability_milli.tolist(), strict=True)
    ]


def _day(times: pa.ChunkedArray) -> pa.ChunkedArray:
    return times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False).cast(pa.string())


def _as_set(lists: pa.ChunkedArray) -> pa.Array:
    """Each list as one text, the same whatever its order; sorted once per distinct list."""
    encoded = pc.binary_join(lists, "\x1e").combine_chunks().dictionary_encode()
    sets = ["\x1e".join(sorted(set(v.split("\x1e")))) for v in encoded.dictionary.to_pylist()]
    return pa.array(sets, pa.string()).take(encoded.indices)
