"""Pictures of a model and of its scores (Altair). They hold names of fields and levels, never a person's value."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd

from matching.explain import Explanation, word
from matching.model import Model

Floats = npt.NDArray[np.float64]

_FOR, _AGAINST, _TOTAL = "#2b7a4b", "#b03a2e", "#34495e"
_WIDE = 560


def waterfall(explanation: Explanation, lang: str = "en") -> alt.TopLevelMixin:
    """How the rows of the evidence add up to the score, in bits."""
    says = {key: word(key, lang) for key in ("for", "against", "total", "bits", "evidence")}
    bits = np.array([r["weight_bits"] for r in explanation.rows])
    ends = np.cumsum(bits)
    frame = pd.DataFrame(
        {
            "row": [f"{word(r['field'], lang)}: {word(r['level'], lang)}" for r in explanation.rows],
            "start": ends - bits,
            "end": ends,
            "bits": bits,
            "is_for": np.where(bits >= 0, says["for"], says["against"]),
        }
    )
    total = {
        "row": says["total"],
        "start": 0.0,
        "end": explanation.weight_bits,
        "bits": explanation.weight_bits,
        "is_for": says["total"],
    }
    frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    frame["top"] = frame[["start", "end"]].max(axis=1)
    x = alt.X("row:N", sort=None, title=None, axis=alt.Axis(labelAngle=-40))
    colour = alt.Color(
        "is_for:N",
        scale=alt.Scale(domain=[says["for"], says["against"], says["total"]], range=[_FOR, _AGAINST, _TOTAL]),
        title=None,
    )
    base = alt.Chart(frame)
    bars = base.mark_bar().encode(
        x=x, y=alt.Y("start:Q", title=says["bits"]), y2="end:Q", color=colour, tooltip=["row", "bits"]
    )
    labels = base.mark_text(dy=-6).encode(x=x, y="top:Q", text=alt.Text("bits:Q", format="+.1f"))
    return alt.layer(bars, labels, title=f"{explanation.probability:.1%}").properties(width=_WIDE)


def parameters(model: Model, lang: str = "en") -> alt.TopLevelMixin:
    """M and u of every level, and the weight in bits that follows."""
    rows = [
        {"level": f"{word(name, lang)}: {word(level, lang)}", "m": m, "u": u, "bits": float(np.log2(m / u)), "order": n}
        for name, p in model.comparisons.items()
        for n, (level, m, u) in enumerate(zip(p.levels, p.m, p.u, strict=True))
    ]
    frame = pd.DataFrame(rows)
    long = frame.melt(id_vars=["level"], value_vars=["m", "u"], var_name="of", value_name="share")
    y = alt.Y("level:N", sort=None, title=None)
    weights = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("bits:Q", title=word("weight, bits", lang)),
            y=y,
            color=alt.condition(alt.datum.bits >= 0, alt.value(_FOR), alt.value(_AGAINST)),
            tooltip=["level", "bits"],
        )
    )
    shares = (
        alt.Chart(long)
        .mark_point(filled=True)
        .encode(
            x=alt.X("share:Q", title=word("share of pairs", lang), scale=alt.Scale(type="symlog", constant=1e-4)),
            y=alt.Y("level:N", sort=None, title=None, axis=alt.Axis(labels=False)),
            color=alt.Color("of:N", title=None),
            tooltip=["level", "of", "share"],
        )
    )
    return alt.hconcat(weights, shares)


def histogram(bits: Sequence[float] | Floats, width_bits: float = 1.0, lang: str = "en") -> alt.TopLevelMixin:
    """How many candidate pairs have which score."""
    values = np.asarray(bits, dtype=float)
    at, counts = np.unique(np.floor(values / width_bits) * width_bits, return_counts=True)
    frame = pd.DataFrame({"bits": at, "pairs": counts})
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("bits:Q", title=word("score, bits", lang)),
            y=alt.Y("pairs:Q", title=word("candidate pairs", lang), scale=alt.Scale(type="symlog")),
            tooltip=["bits", "pairs"],
        )
        .properties(width=_WIDE)
    )
    return chart


def precision_recall(
    bits: Sequence[float] | Floats, labels: Sequence[bool], n_true: int, lang: str = "en"
) -> alt.TopLevelMixin:
    """Against clerical labels: precision and recall at every score."""
    values, hits = np.asarray(bits, dtype=float), np.asarray(labels, dtype=bool)
    order = np.argsort(-values, kind="stable")
    found = np.cumsum(hits[order])
    frame = pd.DataFrame(
        {"recall": found / max(n_true, 1), "precision": found / np.arange(1, len(found) + 1), "bits": values[order]}
    )
    last = np.append(np.diff(values[order]) != 0, True) if len(frame) else np.empty(0, dtype=bool)
    chart: alt.Chart = (
        alt.Chart(frame[last])
        .mark_line()
        .encode(
            x=alt.X("recall:Q", title=word("recall", lang)),
            y=alt.Y("precision:Q", title=word("precision", lang)),
            tooltip=["bits", "recall", "precision"],
        )
        .properties(width=_WIDE)
    )
    return chart


def unlinkables(best_bits: Sequence[float] | Floats, lang: str = "en") -> alt.TopLevelMixin:
    """Share of records that could not reach a score even against a perfect copy of themselves."""
    values = np.sort(np.asarray(best_bits, dtype=float))
    frame = pd.DataFrame({"bits": values, "share": np.arange(1, len(values) + 1) / max(len(values), 1)})
    step = max(len(frame) // 500, 1)
    chart: alt.Chart = (
        alt.Chart(frame.iloc[::step])
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X("bits:Q", title=word("score, bits", lang)), y=alt.Y("share:Q", title=word("share of records", lang))
        )
        .properties(width=_WIDE)
    )
    return chart
