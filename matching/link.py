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
from matching import agreement, blocking, evidence, score
from matching.agreement import Agreement
from matching.column import encode
from matching.index import Index, require_columns, unique_ids
from matching.model import Model
from matching.pairs import meet
from matching.score import Weights
from matching.spec import Spec
from matching.train import train

Floats = npt.NDArray[np.float64]

BATCH_ROWS = 100_000
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

    def weigh(self, signals: pa.Table, also: int | None = None) -> Scored:
        """Every candidate pair of these signals. ``also``: a registry row to weigh with each, candidate or not."""
        spec, index = self.spec, self.index
        left = {c: encode(signals.column(c)) for c in spec.left_columns}
        met = meet(spec, index, left)
        if also is not None:
            met = blocking.with_row(met, also, signals.num_rows, index.n)
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
    require_columns(signals, (linker.spec.left_id, *linker.spec.left_columns), linker.spec, "left")
    unique_ids(signals, linker.spec.left_id, "left")
    parts = [_links(linker, batch, threshold) for batch in _batches(signals)]
    return pa.concat_tables([schemas.empty(schemas.LINKS), *parts])


def link_one(linker: Linker, signal: Mapping[str, Any], threshold: float = 0.5) -> list[dict[str, Any]]:
    """Links of one signal, as dictionaries of LINKS. Columns the signal has not are absent values."""
    spec = linker.spec
    names = (spec.left_id, *spec.left_columns)
    row = {n: pa.array([None if signal.get(n) is None else str(signal[n])], pa.string()) for n in names}
    return _links(linker, pa.table(row), threshold).to_pylist()  # type: ignore[no-any-return]


def stream(
    linker: Linker, signals: pa.Table, threshold: float = 0.0, *, with_evidence: bool = False, threads: int = 1
) -> Iterator[pa.Table]:
    """Batches of id_l, id_r, score, prob (and evidence): memory does not grow with the signals.

    The order and the values do not depend on ``threads``.
    """

    def pairs(batch: pa.Table) -> pa.Table:
        return _pairs(linker, batch, threshold, with_evidence=with_evidence)

    if threads <= 1:
        yield from map(pairs, _batches(signals))
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[pa.Table]] = deque()
        for batch in _batches(signals):
            ahead.append(pool.submit(pairs, batch))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _pairs(linker: Linker, batch: pa.Table, threshold: float, *, with_evidence: bool) -> pa.Table:
    scored = linker.weigh(batch)
    prob = score.probability(scored.bits)
    chosen = np.flatnonzero(prob >= threshold)
    columns = {
        "id_l": batch.column(linker.spec.left_id).cast(pa.string()).take(pa.array(scored.left[chosen])),
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


def _links(linker: Linker, batch: pa.Table, threshold: float) -> pa.Table:
    scored = linker.weigh(batch)
    prob = score.probability(scored.bits)
    kept = np.flatnonzero(prob >= threshold)
    chosen = kept[np.lexsort((scored.right[kept], -scored.bits[kept], scored.left[kept]))]
    rows = pa.array(scored.left[chosen])
    consent = batch.column("consent_id").take(rows) if "consent_id" in batch.column_names else None
    columns = {
        "signal_id": batch.column(linker.spec.left_id).take(rows),
        "case_id": linker.index.ids.take(pa.array(scored.right[chosen])),
        "weight_bits": pa.array(scored.bits[chosen]),
        "probability": pa.array(prob[chosen]),
        "evidence": linker.evidence(scored, chosen),
        "consent_id": consent if consent is not None else pa.nulls(len(chosen), pa.string()),
    }
    return schemas.conform(pa.table(columns), schemas.LINKS)


def _batches(signals: pa.Table) -> Iterator[pa.Table]:
    for at in range(0, signals.num_rows, BATCH_ROWS):
        yield signals.slice(at, BATCH_ROWS).combine_chunks()
