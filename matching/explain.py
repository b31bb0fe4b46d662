"""Why two records are, or are not, held to be the same: the evidence of one pair, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import ConfigError
from matching import score
from matching.link import Linker
from matching.records import signals_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """``rows``: dictionaries of ``core.schemas.EVIDENCE``; their bits sum to ``weight_bits``."""

    id_l: str
    id_r: str
    weight_bits: float
    probability: float
    rows: Sequence[Mapping[str, Any]]
    is_candidate: bool  # False: no blocking rule brings the two together, so ``link`` never weighs them

    def text(self, lang: str = "en") -> str:
        """A line a row, and the sum. ``lang``: ``en`` or ``zh``."""
        lines = [
            f"{word(r['field'], lang)}: {word(r['level'], lang)}  {r['weight_bits']:+.1f}{_tf(r, lang)}"
            for r in self.rows
        ]
        total = f"{word('total', lang)}  {self.weight_bits:+.1f} → {self.probability:.1%}"
        note = [] if self.is_candidate else [word("not a candidate pair", lang)]
        return "\n".join([*lines, total, *note])


def explain(linker: Linker, signals: pa.Table, id_l: str, id_r: str) -> Explanation:
    """The evidence of one pair. Raises ConfigError where an id is in neither table."""
    ids = signals.column(linker.spec.left_id).cast(pa.string())
    rows, cases = (_where(values, wanted) for values, wanted in ((ids, id_l), (linker.index.ids, id_r)))
    batch = signals_of(signals.take(pa.array([rows])), linker.spec)
    scored = linker.weigh(batch)
    at = np.flatnonzero(scored.right == cases)
    is_candidate = bool(len(at))
    if not is_candidate:
        scored = linker.weigh(batch, also=cases)
        at = np.flatnonzero(scored.right == cases)
    bits = float(scored.bits[at[0]])
    evidence = linker.evidence(scored, at[:1]).to_pylist()[0]
    return Explanation(id_l, id_r, bits, float(score.probability(np.array([bits]))[0]), evidence, is_candidate)


def _where(values: pa.Array | pa.ChunkedArray, wanted: str) -> int:
    at = pc.index(values, wanted).as_py()
    if at < 0:
        raise ConfigError("no record has one of the ids to be explained", file="link")
    return int(at)


def _tf(row: Mapping[str, Any], lang: str) -> str:
    return f"  ({word('rarity', lang)} {row['tf_bits']:+.1f})" if abs(row["tf_bits"]) >= 0.05 else ""


def word(text: str, lang: str) -> str:
    """The name of a field, a level or a part of a score, as people of this language say it."""
    return words().get(text, text) if lang == "zh" else text


@cache
def words() -> Mapping[str, str]:
    """Chinese for the names of fields of the shipped specs, levels and parts of a score."""
    text = resources.files("matching").joinpath("words_zh.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in text.splitlines() if line)
