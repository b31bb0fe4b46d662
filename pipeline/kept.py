"""kept: signals linked to open cases, sealed between runs, of sources that are not read whole every time.

A kept row joins the run again where the consent gate is (``pipeline.admit``), so that consent, match and rank are decided anew.
What links to no open case any more, or is superseded, or gone at its source, is dropped by the next publication.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

import policy.forgetting
import store
from core import schemas
from core.kinds import SourceKind
from pipeline.facts import ALL
from pipeline.run import Run

REMOVED = "removed"
_REGIONS = pa.array([SourceKind.TRANSACTION_REGIONS.value, SourceKind.APP_REGIONS.value])
_AS_TEXT = pa.schema([(f.name, pa.string() if pa.types.is_temporal(f.type) else f.type) for f in schemas.CLEAN_SIGNALS])


@dataclass(frozen=True, slots=True)
class Changes:
    """How what is kept of one source differs after this run: rows to write (store.KEPT), kept ids to drop, versions seen."""

    rows: pa.Table
    dropped: list[str]
    versions: pa.Table


def rows(run: Run, source: str) -> Iterator[pa.Table]:
    """The kept signals (CLEAN_SIGNALS) of a source that this run did not see otherwise, batch by batch."""
    touched = _touched(run, source)
    after, last = "", ""
    while part := run.site.store.kept_sealed(source, after=after):
        once = [
            (k, s, blob)
            for (k, s, blob), (_, before, _) in zip(part, [("", last, b""), *part], strict=False)
            if s != before
        ]
        after, last = part[-1][0], part[-1][1]
        table = _opened(run, once)
        yield table.filter(pc.invert(pc.is_in(table["signal_id"], value_set=touched)))


def _touched(run: Run, source: str) -> pa.Array:
    """Ids whose kept row does not count any more: seen again in this run, or gone."""
    seen = [run.site.stage.read(run.key, step, source, columns=["signal_id"]) for step in ("pull", REMOVED)]
    return pa.concat_tables(seen)["signal_id"].combine_chunks()


def _opened(run: Run, sealed: list[tuple[str, str, bytes]]) -> pa.Table:
    lines = [run.site.keys.open(blob, f"kept:{kept_id}") for kept_id, _, blob in sealed]
    if not lines:
        return schemas.empty(schemas.CLEAN_SIGNALS)
    options = arrow_json.ParseOptions(explicit_schema=_AS_TEXT, unexpected_field_behavior="ignore")
    table = arrow_json.read_json(io.BytesIO("\n".join(lines).encode()), parse_options=options)
    return schemas.conform(table, schemas.CLEAN_SIGNALS)


def changes(run: Run, source: str) -> Changes:
    """What the run's links make of a source's kept rows. A row is written when it is new, or was seen anew."""
    wanted = _wanted(run, source)
    have = run.site.store.kept_keys(source)
    seen = run.site.stage.read(run.key, "pull", source, columns=["signal_id"])["signal_id"].combine_chunks()
    same = pc.and_(
        pc.is_in(_identity(have), value_set=_identity(wanted)), pc.invert(pc.is_in(have["signal_id"], value_set=seen))
    )
    stays = have.filter(same)
    fresh = wanted.filter(pc.invert(pc.is_in(wanted["kept_id"], value_set=stays["kept_id"].combine_chunks())))
    dropped: list[str] = have.filter(pc.invert(same))["kept_id"].to_pylist()
    return Changes(_sealed(run, source, fresh), dropped, _versions(run, source, have))


def _wanted(run: Run, source: str) -> pa.Table:
    """The keys (store.KEPT less the row) of what is to be kept: this source's links to open cases."""
    from pipeline import match

    stage = run.site.stage
    signals = _of_source(run, source).select(["signal_id"])
    links = stage.read(run.key, match.STEP, ALL, columns=["signal_id", "case_id", "consent_id"])
    links = links.filter(pc.is_in(links["signal_id"], value_set=signals["signal_id"].combine_chunks()))
    ids = pc.binary_join_element_wise(links["signal_id"], links["case_id"], ":")
    source_ = pa.repeat(pa.scalar(source, pa.string()), links.num_rows)
    return links.append_column("kept_id", ids).append_column("source", source_)


def _of_source(run: Run, source: str) -> pa.Table:
    """The linked signals of a source, without regions that are older than they may be used."""
    from pipeline import match

    rows_ = run.site.stage.read(run.key, match.LINKED, ALL)
    rows_ = rows_.filter(pc.equal(rows_["source"], source))
    oldest = policy.forgetting.cutoffs(run.site.pack, run.at).get("derived_region")
    if oldest is None:
        return rows_
    aged = pc.less(rows_["observed_at"], pa.scalar(oldest, rows_.schema.field("observed_at").type))
    return rows_.filter(pc.invert(pc.and_(pc.is_in(rows_["kind"], value_set=_REGIONS), aged)))


def _identity(keys: pa.Table) -> pa.Array:
    joined = pc.binary_join_element_wise(keys["kept_id"], pc.fill_null(keys["consent_id"], ""), "\x1f")
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _sealed(run: Run, source: str, keys: pa.Table) -> pa.Table:
    if not keys.num_rows:
        return store.KEPT.empty_table()
    signals = schemas.conform(_of_source(run, source), schemas.CLEAN_SIGNALS)
    at = pc.index_in(keys["signal_id"], value_set=signals["signal_id"].combine_chunks())
    bodies = signals.take(at.combine_chunks()).to_pylist()
    ids = keys["kept_id"].to_pylist()
    blobs = [run.site.keys.seal(_written(body), f"kept:{i}") for body, i in zip(bodies, ids, strict=True)]
    table = keys.append_column("row_sealed", pa.array(blobs, pa.binary()))
    return schemas.conform(table.append_column("run_key", pa.repeat(pa.scalar(run.key), keys.num_rows)), store.KEPT)


def _written(body: dict[str, Any]) -> str:
    return json.dumps({k: _plain(v) for k, v in body.items() if v is not None}, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else value


def _versions(run: Run, source: str, have: pa.Table) -> pa.Table:
    """The versions this run saw of signals that are kept, or were."""
    from pipeline import match

    if run.site.deployment.source(source).options.get("version") is None:
        return store.VERSIONS.empty_table()
    seen = run.site.stage.read(run.key, "versions", source)
    linked = run.site.stage.read(run.key, match.LINKED, ALL, columns=["signal_id"])["signal_id"]
    known = pa.chunked_array([*linked.chunks, *have["signal_id"].chunks], pa.string()).combine_chunks().unique()
    return schemas.conform(seen.filter(pc.is_in(seen["signal_id"], value_set=known)), store.VERSIONS)


def newest(run: Run, source: str) -> datetime | None:
    """The latest time among the clean rows of this run."""
    found = [
        pc.max(batch.column("observed_at")).as_py()
        for batch in run.site.stage.iter_batches(run.key, "check", source, columns=["observed_at"])
    ]
    return max((t for t in found if t is not None), default=None)
