"""Linking: batches of signals stream through the index; links come out, each with its evidence."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core import schemas
from matching import agreement, blocking, compare, evidence, score
from matching.agreement import Agreement
from matching.blocking import Keys
from matching.column import encode
from matching.hashing import hash_texts
from matching.index import Index
from matching.model import Model
from matching.pairs import meet
from matching.records import Records, signals_of
from matching.score import Weights
from matching.spec import Spec
from matching.train import train

Floats = npt.NDArray[np.float64]

BATCH_ROWS = 100_000
CHUNK_ROWS = 1_000_000  # of a table, coded at a time
PAIRS = pa.schema([("id_l", pa.string()), ("id_r", pa.string()), ("score", pa.float64()), ("prob", pa.float64())])


@dataclass(frozen=True, slots=True)
class Scored:
    """All candidate pairs of a batch, weighed. ``bits`` is the score, in log2 odds."""

    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    agreements: list[Agreement]
    weights: Weights
    prior: float
    rivals: Floats
    bits: Floats
    capped: Mapping[str, int]


@dataclass
class Linker:
    """An index and a model of it, ready to weigh batches. Raises ConfigError where they do not belong together."""

    index: Index
    model: Model

    def __post_init__(self) -> None:
        self.model.require(self.index.spec)
        self.registry = self.index.registry
        self.capped: Counter[str] = Counter()  # keys of signals whose block was too large to follow, by rule

    @property
    def spec(self) -> Spec:
        return self.index.spec

    def weigh(self, signals: Records, also: int | None = None) -> Scored:
        """Every candidate pair of these signals. ``also``: a registry row to weigh with each, candidate or not."""
        spec, index, left = self.spec, self.index, signals.columns
        met = meet(spec, index, left)
        if also is not None:
            met = blocking.with_row(met, also, len(signals), index.n)
        self.capped.update(met.capped)
        found = agreement.agree(spec, left, index.columns, index.frequencies, met.left, met.right)
        weights = score.weigh(spec, self.model, found)
        prior = score.prior_bits(self.model, self.registry)
        before = prior + weights.total
        rival = score.rivals(before, met.left, index.entities[met.right], one_match=spec.one_match_per_left)
        return Scored(met.left, met.right, found, weights, prior, rival, before + rival, met.capped)

    def evidence(self, scored: Scored, chosen: npt.NDArray[np.int64]) -> pa.Array:
        """The evidence of chosen pairs."""
        return evidence.rows(self.spec, scored.agreements, scored.weights, scored.prior, scored.rivals, chosen)


def link(index: Index, signals: pa.Table, model: Model, threshold: float = 0.5) -> pa.Table:
    """Links of probability ``threshold`` or more, schema ``core.schemas.LINKS``, best first for each signal."""
    linker = Linker(index, model)
    records = signals_of(signals, index.spec)
    consents = signals.column("consent_id") if "consent_id" in signals.column_names else None
    parts, at = [schemas.empty(schemas.LINKS)], 0
    for batch in records.batches(BATCH_ROWS):
        parts.append(_links(linker, batch, threshold, consents.slice(at, len(batch)) if consents is not None else None))
        at += len(batch)
    return pa.concat_tables(parts)


def link_one(linker: Linker, signal: Mapping[str, Any], threshold: float = 0.5) -> list[dict[str, Any]]:
    """Links of one signal, as dictionaries of LINKS. Columns the signal has not are absent values."""
    spec = linker.spec
    ids, *values = (
        pa.array([None if signal.get(n) is None else str(signal[n])], pa.string())
        for n in (spec.left_id, *spec.left_columns)
    )
    records = Records(ids, hash_texts(ids), dict(zip(spec.left_columns, map(encode, values), strict=True)))
    return _links(linker, records, threshold, None).to_pylist()  # type: ignore[no-any-return]


def stream(
    linker: Linker,
    signals: pa.Table | Records,
    threshold: float = 0.0,
    *,
    with_evidence: bool = False,
    threads: int = 1,
) -> Iterator[pa.Table]:
    """Batches of id_l, id_r, score, prob (and evidence): memory does not grow with the signals.

    The order and the values do not depend on ``threads``.
    """

    def pairs(batch: Records) -> pa.Table:
        return _pairs(linker, batch, threshold, with_evidence=with_evidence)

    batches = signals.batches(BATCH_ROWS) if isinstance(signals, Records) else _batches(signals, linker.spec)
    if threads <= 1:
        yield from map(pairs, batches)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[pa.Table]] = deque()
        for batch in batches:
            ahead.append(pool.submit(pairs, batch))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def prepare(spec: Spec, left: Records, right: Records) -> None:
    """Look at all values as the comparisons will, beforehand."""
    none = np.empty(0, dtype=np.int32)
    for c in spec.comparisons:
        for a, b in ((a, b) for a in c.left for b in c.right):
            compare.kinds()[c.kind].grade(left.columns[a], right.columns[b], none, none)


def prepare_keys(index: Index, left: Records) -> None:
    """Hash the keys of all values of the signals, beforehand."""
    keys = Keys(left.columns, index.spec.comparisons, "left")
    for element in sorted({e for block in index.blocks for e in block.rule}):
        keys.hashes(element)


def _pairs(linker: Linker, batch: Records, threshold: float, *, with_evidence: bool) -> pa.Table:
    scored = linker.weigh(batch)
    prob = score.probability(scored.bits)
    chosen = np.flatnonzero(prob >= threshold)
    columns = {
        "id_l": batch.ids.take(pa.array(scored.left[chosen])),
        "id_r": linker.index.ids.take(pa.array(scored.right[chosen])),
        "score": pa.array(scored.bits[chosen]),
        "prob": pa.array(prob[chosen]),
    }
    if with_evidence:
        columns["evidence"] = linker.evidence(scored, chosen)
    return pa.table(columns)


def link_tables(
    left: pa.Table,
    right: pa.Table,
    spec: Spec,
    *,
    model: Model | None = None,
    threshold: float = 0.0,
    with_evidence: bool = False,
) -> tuple[pa.Table, Model, Index]:
    """Link any two tables: pairs (id_l, id_r, score, prob), the model used (learned if none is given), the index."""
    index = Index.build(right, spec, signals=left)
    model = model or train(left, index)
    linker = Linker(index, model)
    schema = PAIRS.append(pa.field("evidence", schemas.EVIDENCE)) if with_evidence else PAIRS
    parts = stream(linker, left, threshold, with_evidence=with_evidence)
    return pa.concat_tables([schemas.empty(schema), *parts]), model, index


def _links(linker: Linker, batch: Records, threshold: float, consents: pa.ChunkedArray | None) -> pa.Table:
    scored = linker.weigh(batch)
    prob = score.probability(scored.bits)
    kept = np.flatnonzero(prob >= threshold)
    chosen = kept[np.lexsort((scored.right[kept], -scored.bits[kept], scored.left[kept]))]
    rows = pa.array(scored.left[chosen])
    columns = {
        "signal_id": batch.ids.take(rows),
        "case_id": linker.index.ids.take(pa.array(scored.right[chosen])),
        "weight_bits": pa.array(scored.bits[chosen]),
        "probability": pa.array(prob[chosen]),
        "evidence": linker.evidence(scored, chosen),
        "consent_id": consents.take(rows) if consents is not None else pa.nulls(len(chosen), pa.string()),
    }
    return schemas.conform(pa.table(columns), schemas.LINKS)


def _batches(signals: pa.Table, spec: Spec) -> Iterator[Records]:
    for at in range(0, signals.num_rows, CHUNK_ROWS):
        yield from signals_of(signals.slice(at, CHUNK_ROWS), spec).batches(BATCH_ROWS)
