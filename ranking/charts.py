"""Pictures of an evaluation (Altair): shares and counts only, never a person's value."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ranking.evaluate import Evaluation

_WIDE, _HIGH = 300, 220
_METRICS = ("hit@1", "hit@3", "ndcg@3", "wrong@1", "third-party@1", "coverage")
# By language: what a chart is called, what it shows, and the words on its axes.
WORDS: dict[str, dict[str, str | tuple[str, str]]] = {
    "en": {
        "title": "How good the ranking is",
        "reliability": ("Reliability", "Of the contacts said to be right with this probability, how many were. On the line is honest."),
        "measures": ("Measures", "With 95 % intervals by debtor."),
        "baselines": ("Against simple rankings", "First hit of each, of the same observations."),
        "gains": ("Gain over each simple ranking", "Paired, with 95 % intervals by debtor: right of zero is better."),
        "said": "probability said",
        "true": "share right",
        "contacts": "contacts",
        "share": "share of debtors",
        "gain": "gain in hit@1",
        "ours": "this ranking",
    },
    "zh": {
        "title": "排序质量",
        "reliability": ("可靠性图", "所称概率相同的联系方式中实际正确的比例；落在对角线上即为如实。"),
        "measures": ("各项指标", "附按债务人计算的 95% 区间。"),
        "baselines": ("与简单排序比较", "同一批观测下各排序首位命中的比例。"),
        "gains": ("相对各简单排序的提升", "按债务人配对，附 95% 区间；在零以右为更好。"),
        "said": "所称概率",
        "true": "实际正确比例",
        "contacts": "联系方式数",
        "share": "占债务人的比例",
        "gain": "首位命中提升",
        "ours": "本排序",
    },
}  # fmt: skip


def drawn(found: Evaluation, lang: str = "en") -> dict[str, alt.TopLevelMixin]:
    """The charts by name; those of baselines only where there are any."""
    words = {k: v for k, v in WORDS[lang].items() if isinstance(v, str)}
    metrics = found.metrics.dropna(subset=["value"])
    charts = {"reliability": _reliability(found.reliability, words), "measures": _measures(metrics, words)}
    if metrics.metric.str.match(r"hit@1 over B\d").any():
        charts |= {"baselines": _baselines(metrics, words), "gains": _gains(metrics, words)}
    return charts


def _reliability(rows: pd.DataFrame, words: dict[str, str]) -> alt.TopLevelMixin:
    frame = rows.dropna(subset=["said", "true"]).astype({"said": float, "true": float})
    frame["contacts"] = pd.to_numeric(frame.n, errors="coerce")
    scale = alt.Scale(domain=[0, 1])
    honest = alt.Chart(pd.DataFrame({"said": [0.0, 1.0], "true": [0.0, 1.0]})).mark_line(
        strokeDash=[4, 4], color="#999"
    )
    x = alt.X("said:Q", title=words["said"], scale=scale)
    y = alt.Y("true:Q", title=words["true"], scale=scale)
    points = alt.Chart(frame).encode(
        x=x,
        y=y,
        color=alt.Color("kind:N", title=None),
        size=alt.Size("contacts:Q", title=words["contacts"]),
        tooltip=["kind", "said", "true", "n"],
    )
    lines = alt.Chart(frame).mark_line().encode(x=x, y=y, color=alt.Color("kind:N", title=None))
    return alt.layer(honest.encode(x=x, y=y), lines, points.mark_circle()).properties(width=_WIDE * 2, height=_HIGH * 2)


def _measures(metrics: pd.DataFrame, words: dict[str, str]) -> alt.TopLevelMixin:
    return _with_intervals(metrics[metrics.metric.isin(_METRICS)], "metric", list(_METRICS), words["share"])


def _baselines(metrics: pd.DataFrame, words: dict[str, str]) -> alt.TopLevelMixin:
    theirs = metrics[metrics.metric.str.match(r"hit@1 B\d")]
    ours = metrics[metrics.metric.eq("hit@1") & metrics.kind.isin(theirs.kind)].assign(metric=words["ours"])
    rows = pd.concat([ours, theirs.assign(metric=theirs.metric.str.removeprefix("hit@1 "))])
    return _with_intervals(rows, "metric", None, words["share"])


def _gains(metrics: pd.DataFrame, words: dict[str, str]) -> alt.TopLevelMixin:
    rows = metrics[metrics.metric.str.match(r"hit@1 over B\d") & ~metrics.metric.str.endswith("cover")]
    return _with_intervals(
        rows.assign(metric=rows.metric.str.removeprefix("hit@1 over ")), "metric", None, words["gain"]
    )


def _with_intervals(rows: pd.DataFrame, name: str, order: list[str] | None, title: str) -> alt.TopLevelMixin:
    """A panel a kind: a point for each value, a rule for its interval where it has one."""
    frame = rows[["kind", name, "value", "low", "high"]].astype({"value": float, "low": float, "high": float})
    y = alt.Y(f"{name}:N", sort=order, title=None)
    base = alt.Chart(frame)
    rules = base.mark_rule().encode(x=alt.X("low:Q", title=title), x2="high:Q", y=y)
    points = base.mark_point(filled=True, size=50).encode(x="value:Q", y=y, tooltip=[name, "value", "low", "high"])
    chart: alt.FacetChart = (
        alt.layer(rules, points).properties(width=_WIDE).facet(column=alt.Column("kind:N", title=None))
    )
    return chart
