"""Training: u counted, m by EM, on a hashed sample of the signals. Deterministic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import agreement, chance, compare, em
from matching.blocking import Met
from matching.column import Column
from matching.index import Index
from matching.model import Model, normal
from matching.pairs import meet
from matching.records import Records, require_columns, signals_of, unique_ids
from matching.spec import Comparison, Spec

_SIGNALS = 30_000  # that the model is learned from
_RANDOM_PAIRS = 150_000
_RANDOM_PAIRS_SLOW = 20_000  # where each pair is parsed
_U_STRENGTH = 20.0


def train(
    signals: pa.Table | Records,
    index: Index,
    spec: Spec | None = None,
    *,
    labels: pa.Table | None = None,
    provenance: Mapping[str, str] | None = None,
    threads: int = 1,
) -> Model:
    """Learn a model for ``index`` from signals without labels, or with a few.

    ``labels``: id_l, id_r, is_match (bool), as people decided; their signals are learned from before others.
    ``provenance``: what the caller wants recorded (run, data, versions). Raises ConfigError where a column of the spec
    is missing or ``spec`` is not the index's.
    """
    spec = spec or index.spec
    few = sample(signals, spec, _SIGNALS, first=None if labels is None else labels.column("id_l"))
    left = few.columns
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        u = random_agreement(spec, left, index, len(few), pool.map)
        met = meet(spec, index, left)
        found = agreement.agree(spec, left, index.columns, index.frequencies, met.left, met.right, pool.map)
    told = None if labels is None else _labelled(labels, few.ids, index, met)
    candidates = em.Candidates(met.left, index.entities[met.right], found, len(few), index.registry, told)
    return replace(em.learn(spec, candidates, u), provenance=dict(provenance or {}))


def _labelled(labels: pa.Table, ids: pa.Array, index: Index, met: Met) -> npt.NDArray[np.float64]:
    """The label of each candidate pair, NaN where there is none."""
    rows = pc.index_in(labels.column("id_l").cast(pa.string()), value_set=ids)
    cases = pc.index_in(labels.column("id_r").cast(pa.string()), value_set=index.ids)
    known = np.asarray(pc.and_(pc.is_valid(rows), pc.is_valid(cases)))
    codes = np.asarray(rows.fill_null(0)).astype(np.int64) * index.n + np.asarray(cases.fill_null(0))
    said = np.asarray(labels.column("is_match").cast(pa.float64()))
    order = np.argsort(codes[known], kind="stable")
    codes, said = codes[known][order], said[known][order]
    wanted = met.left.astype(np.int64) * index.n + met.right
    at = np.minimum(np.searchsorted(codes, wanted), max(len(codes) - 1, 0))
    hit = codes[at] == wanted if len(codes) else np.zeros(len(wanted), dtype=np.bool_)
    return np.where(hit, said[at] if len(codes) else np.nan, np.nan)


def sample(signals: pa.Table | Records, spec: Spec, size: int, first: pa.ChunkedArray | None = None) -> Records:
    """The ``size`` signals whose ids hash lowest: the same ones in every run, whatever their order; ``first`` before them."""
    if isinstance(signals, Records):
        ids, hashes = signals.ids, signals.hashes
    else:
        require_columns(signals, (spec.left_id, *spec.left_columns), spec, "left")
        ids, hashes = unique_ids(signals.column(spec.left_id), spec.left_id, "left")
    if len(ids) <= size:
        return signals if isinstance(signals, Records) else signals_of(signals, spec)
    if first is not None:
        wanted = pc.is_in(ids, value_set=pa.array(first.cast(pa.string()).to_pylist()))
        hashes = np.where(np.asarray(wanted), np.uint64(0), hashes)
    chosen = np.sort(np.argpartition(hashes, size)[:size])
    if isinstance(signals, Records):
        return signals.rows(chosen)
    return signals_of(signals.select([spec.left_id, *spec.left_columns]).take(pa.array(chosen)), spec)


def random_agreement(
    spec: Spec,
    left: Mapping[str, Column],
    index: Index,
    n_left: int,
    each: Callable[..., Iterable[Any]] = map,
) -> dict[str, tuple[float, ...]]:
    """The u of every comparison: exact agreement counted over all values, other levels over random pairs."""
    if not n_left or not index.n:
        return {c.name: normal(c.u or compare.kinds()[c.kind].u) for c in spec.comparisons}
    rows = agreement.sample_pairs(n_left, index.n, _RANDOM_PAIRS, seed=20261123)

    def one(c: Comparison) -> tuple[float, ...]:
        if c.u:
            return normal(c.u)
        return _u(c, left, index, _random_levels(c, left, index, rows), spec.match_rate / index.n)

    return dict(zip([c.name for c in spec.comparisons], each(one, spec.comparisons), strict=True))


def _random_levels(
    c: Comparison, left: Mapping[str, Column], index: Index, rows: tuple[agreement.Rows, agreement.Rows]
) -> npt.NDArray[np.int8]:
    size = _RANDOM_PAIRS_SLOW if compare.kinds()[c.kind].is_slow else _RANDOM_PAIRS
    one, other = (r[:size] for r in rows)
    return agreement.best(c, left, index.columns, index.frequencies, one, other).levels


def _u(
    c: Comparison,
    left: Mapping[str, Column],
    index: Index,
    levels: npt.NDArray[np.int8],
    matched: float,
) -> tuple[float, ...]:
    kind = compare.kinds()[c.kind]
    prior, m = np.array(normal(kind.u)), np.array(normal(kind.m))
    seen = np.bincount(levels[levels >= 0], minlength=len(prior)).astype(float)
    total = seen.sum()
    lower = np.maximum(seen - total * matched * m, 0) + _U_STRENGTH * prior  # a few random pairs are true pairs
    lower /= total + _U_STRENGTH
    top = sum(
        chance.agreement(left[a], index.columns[b], index.frequencies.rarities[b]) for a in c.left for b in c.right
    )
    top = min(max(top, 1e-9), 0.999)
    rest = lower[:-1] / lower[:-1].sum() * (1 - top)
    return normal(tuple(float(x) for x in np.append(np.maximum(rest, 1e-9), top)))
