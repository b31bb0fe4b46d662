"""Evidence: the rows whose sum is the score, in the order they are read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core import schemas
from matching import compare
from matching.agreement import Agreement
from matching.score import Weights
from matching.spec import Spec

Floats = npt.NDArray[np.float64]

PRIOR, RELATION, MOVED, RIVALS = "prior", "relation", "moved", "rivals"


def rows(
    spec: Spec,
    agreements: Sequence[Agreement],
    weights: Weights,
    prior: float,
    rival_bits: Floats,
    chosen: npt.NDArray[np.int64],
) -> pa.Array:
    """Type ``core.schemas.EVIDENCE``: of each chosen pair its prior, the fields both sides have, relation, moved, rivals."""
    size = len(chosen)
    names: list[str] = [PRIOR]
    levels: list[pa.Array] = [pa.array(["registry"] * size, pa.string())]
    bits: list[Floats] = [np.full(size, prior)]
    tf: list[Floats] = [np.zeros(size)]
    shown: list[npt.NDArray[np.bool_]] = [np.ones(size, dtype=np.bool_)]
    for k, (c, a) in enumerate(zip(spec.comparisons, agreements, strict=True)):
        level = a.levels[chosen]
        labels = pa.array([*compare.kinds()[c.kind].levels, "absent"], pa.string())
        names.append(c.name)
        levels.append(labels.take(pa.array(np.where(level < 0, len(labels) - 1, level))))
        bits.append(weights.fields[k][chosen])
        tf.append(weights.tf[k][chosen])
        shown.append(level >= 0)
    names += [RELATION, MOVED, RIVALS]
    levels += [_relation(weights, chosen), *(pa.array([w] * size, pa.string()) for w in ("elsewhere", "others"))]
    rest = [weights.relation[chosen], weights.moved[chosen], rival_bits[chosen]]
    bits += rest
    tf += [np.zeros(size)] * len(rest)
    shown += [b != 0 for b in rest]
    return _lists(names, levels, bits, tf, shown, size)


def _relation(weights: Weights, chosen: npt.NDArray[np.int64]) -> pa.Array:
    """The relation that explains most of a pair's agreement."""
    if not weights.relations:
        return pa.array(["stranger"] * len(chosen), pa.string())
    names = pa.array([*weights.relations], pa.string())
    return names.take(pa.array(np.argmax([t[chosen] for t in weights.relations.values()], axis=0)))


def _lists(
    names: list[str],
    levels: list[pa.Array],
    bits: list[Floats],
    tf: list[Floats],
    shown: list[npt.NDArray[np.bool_]],
    size: int,
) -> pa.Array:
    width = len(names)
    keep = np.flatnonzero(np.stack(shown, axis=1).ravel())
    by_pair = np.arange(width * size).reshape(width, size).T.ravel()[keep]
    fields = pa.array(np.repeat(np.arange(width), size)[by_pair])
    parts = [
        pa.array(names, pa.string()).take(fields),
        pa.concat_arrays(levels).take(pa.array(by_pair)),
        pa.array(np.concatenate(bits)[by_pair]),
        pa.array(np.concatenate(tf)[by_pair]),
    ]
    struct = pa.StructArray.from_arrays(parts, fields=[*schemas.EVIDENCE.value_type])
    ends = np.concatenate([[0], np.cumsum(np.sum(shown, axis=0))])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), struct).cast(schemas.EVIDENCE)
