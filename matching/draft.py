"""A proposed spec as a file to keep and correct: the YAML, and above it why each column and each blocking rule is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from matching import plan
from matching.column import encode
from matching.propose import Proposal, propose
from matching.spec import Blocking

_WHY = {
    "name": ("by its name", "依列名"),
    "values": ("by what is in it", "依取值"),
    "empty": ("left out: one side has no value", "略去：一侧没有取值"),
    "constant": ("left out: always the same value", "略去：取值始终相同"),
    "repeats": ("left out: it repeats another column", "略去：与另一列重复"),
    "no partner": ("left out: no column of the other table is like it", "略去：另一张表中没有对应的列"),
}
_TEXT = {
    "en": (
        "Proposed from {left:,} rows on the left and {right:,} on the right. Edit, then pass it with --spec.",
        "Comparisons (how full the column is: left, right)",
        "Blocking: about {completeness:.1%} of the true pairs, {candidates:.1f} candidate pairs a signal (estimates; no truth is known).",
        "rule: true pairs it reaches, all rules up to it, candidate pairs a signal",
        "No rule keeps its blocks small enough: name one under blocking.rules, or raise max_block.",
    ),
    "zh": (
        "由左表 {left:,} 行、右表 {right:,} 行起草。修改后以 --spec 传入。",
        "比较项（该列填充率：左、右）",
        "分块：预计覆盖真匹配的 {completeness:.1%}，每条信号 {candidates:.1f} 个候选对（均为估计，真值未知）。",
        "规则：可达真匹配占比、连同以上规则的累计占比、每条信号的候选对",
        "没有规则能使分块足够小：请在 blocking.rules 中写明一条，或调高 max_block。",
    ),
}  # fmt: skip


def draft(left: pa.Table, right: pa.Table, lang: str = "en") -> str:
    """YAML that ``Spec.parse`` reads, with the blocking rules written out. ``lang`` of the comments: ``en`` or ``zh``."""
    found = propose(left, right)
    spec = found.spec
    chosen = plan.propose(
        spec,
        {c: encode(left.column(c)) for c in spec.left_columns},
        {c: encode(right.column(c)) for c in spec.right_columns},
    )
    spec = replace(spec, blocking=replace(Blocking(), rules=chosen.rules, propose=not chosen.rules))
    lines = _lines(found, chosen, (left.num_rows, right.num_rows), lang)
    return "".join(f"# {line}".rstrip() + "\n" for line in lines) + spec.dump()


def _lines(found: Proposal, chosen: plan.Plan, rows: tuple[int, int], lang: str) -> Iterator[str]:
    head, comparisons, blocking, columns, nothing = _TEXT[lang]
    yield head.format(left=rows[0], right=rows[1])
    yield comparisons
    for r in found.reasons:
        name = r.left if r.right in {r.left, ""} else f"{r.left} = {r.right}"
        full = f" ({r.present[0]:.0%}, {r.present[1]:.0%})" if r.right else ""
        yield f"  {name}: {f'{r.kind}, ' if r.kind else ''}{_WHY[r.why][lang == 'zh']}{full}"
    if not chosen.rules:
        yield nothing
        return
    yield blocking.format(completeness=chosen.pairs_completeness, candidates=chosen.candidates_per_signal)
    yield columns
    for s in chosen.steps:
        yield f"  {' + '.join(s.rule)}: {s.reaches:.1%}, {s.so_far:.1%}, {s.candidates_per_signal:.2f}"
