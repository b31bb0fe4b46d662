"""Small charts as SVG made on the server: no script, no style attribute, and the same said in words beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from workbench import tiles

_ROW, _LABEL, _WIDTH, _FIGURE = 24, 150, 560, 60


def _svg(width: float, height: float, label: str, body: str, css: str) -> Markup:
    return Markup(  # noqa: S704 - every text in it went through escape()
        f'<svg class="{css}" viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="xMinYMid" role="img" aria-label="{escape(label)}">{body}</svg>'
    )


def probability_of(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(min(log_odds, 50.0), -50.0)))


def waterfall(
    factors: Sequence[tuple[str, float]], total: float, label: str, sum_label: str, rest_label: str
) -> Markup:
    """Each factor's push on the log-odds, one below the other; the last bar is their sum."""
    rest = total - sum(v for _, v in factors)
    rows = [*factors, (rest_label, rest)] if abs(rest) > 0.02 else list(factors)
    ends, at = [0.0], 0.0
    for _, v in rows:
        at += v
        ends.append(at)
    low, high = min(ends), max(ends)
    scale = (_WIDTH - _LABEL - _FIGURE) / max(high - low, 1e-6)

    def x(v: float) -> float:
        return _LABEL + (v - low) * scale

    height = (len(rows) + 1) * _ROW + 6
    parts = [f'<line class="axis" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{height}"/>']
    for i, (name, v) in enumerate(rows):
        parts.append(_bar(name, x(ends[i]), x(ends[i + 1]), i * _ROW + 4, v, "up" if v >= 0 else "down"))
    parts.append(_bar(sum_label, x(0), x(total), len(rows) * _ROW + 4, total, "sum"))
    return _svg(_WIDTH, height, label, "".join(parts), "chart waterfall")


def _bar(name: str, start: float, end: float, y: float, value: float, css: str) -> str:
    left, width = min(start, end), max(abs(end - start), 1.5)
    return (
        f'<text class="name" x="{_LABEL - 10}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="{css}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="{_ROW - 8}" rx="2"/>'
        f'<text class="figure" x="{_WIDTH}" y="{y + 13}" text-anchor="end">{round(value, 2) + 0.0:+.2f}</text>'
    )


def sparkline(values: Sequence[float], label: str) -> Markup:
    """A line of the last values; one value is a dot."""
    width, height = 120.0, 28.0
    top = max([*values, 1e-9])
    step = (width - 8) / max(len(values) - 1, 1)
    start = width - 4 - step * (len(values) - 1)
    points = [(start + i * step, height - 4 - (height - 8) * v / top) for i, v in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dot = f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="3"/>' if points else ""
    return _svg(width, height, label, f'<polyline points="{line}"/>{dot}', "chart spark")


def funnel(steps: Sequence[tuple[str, int]], label: str) -> Markup:
    """How many rows were left after each step."""
    top = max([n for _, n in steps] or [1]) or 1
    parts = []
    for i, (name, n) in enumerate(steps):
        y, width = i * _ROW + 4, max((_WIDTH - _LABEL - 80) * n / top, 1.5)
        parts.append(
            f'<text class="name" x="{_LABEL - 10}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="sum" x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_ROW - 8}" rx="2"/>'
            f'<text class="figure" x="{_LABEL + width + 8:.1f}" y="{y + 13}">{n:,}</text>'
        )
    return _svg(_WIDTH, len(steps) * _ROW + 6, label, "".join(parts), "chart funnel")


def bar(share: float, label: str, css: str = "sum") -> Markup:
    """One share between 0 and 1."""
    width = max(min(share, 1.0), 0.0) * 100
    body = f'<rect class="track" width="100" height="6" rx="3"/><rect class="{css}" width="{width:.1f}" height="6" rx="3"/>'
    return _svg(100, 6, label, body, "chart bar")


def spread(low: float, high: float, said: float, label: str) -> Markup:
    """An interval between 0 and 1, and a mark where something was said to lie."""
    x, width = 200 * low, max(200 * (high - low), 2.0)
    body = (
        f'<rect class="track" width="200" height="14" rx="3"/><rect class="sum" x="{x:.1f}" y="3" width="{width:.1f}" height="8" rx="3"/>'
        f'<line class="mark-said" x1="{200 * said:.1f}" x2="{200 * said:.1f}" y1="0" y2="14"/>'
    )
    return _svg(200, 14, label, body, "chart spread")


def timeline(
    candidates: Sequence[Mapping[str, Any]],
    label: str,
    names: Mapping[str, str],
    signals: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Markup:
    """From when to when each candidate was seen, with a mark for each of its signals that is kept, named by its source."""
    seen = [c for c in candidates if c["first_seen"] and c["last_seen"]][:20]
    if not seen:
        return Markup("")
    start, end = min(c["first_seen"] for c in seen), max(c["last_seen"] for c in seen)
    span = max((end - start).total_seconds(), 1.0)
    left, right = 92.0, 348.0

    def x(t: datetime) -> float:
        return float(left + (right - left) * min(max((t - start).total_seconds() / span, 0.0), 1.0))

    parts = []
    for i, c in enumerate(seen):
        y, a, b = i * 18 + 8, x(c["first_seen"]), x(c["last_seen"])
        parts.append(
            f'<text class="name" x="{left - 12}" y="{y + 4}" text-anchor="end">{c["rank"]} {escape(names[c["kind"]])}</text>'
            f'<line class="span" x1="{a:.1f}" x2="{b:.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="end" cx="{b:.1f}" cy="{y}" r="4"/><circle class="end" cx="{a:.1f}" cy="{y}" r="2.5"/>'
        )
        parts += [
            f'<circle class="signal" cx="{x(s["observed_at"]):.1f}" cy="{y}" r="3"><title>{escape(s["source"])} {s["observed_at"]:%Y-%m-%d}</title></circle>'
            for s in signals.get(c["candidate_id"], ())
            if s["observed_at"] is not None
        ]
    y = len(seen) * 18 + 14
    parts.append(f'<text class="figure" x="{left}" y="{y}">{start:%Y-%m}</text>')
    parts.append(f'<text class="figure" x="{right}" y="{y}" text-anchor="end">{end:%Y-%m}</text>')
    return _svg(360, y + 6, label, "".join(parts), "chart timeline")


def tile_map(shares: Mapping[str, float], label: str) -> Markup:
    """The provinces as tiles, the likelier the darker, with a figure on those that have a share."""
    size, parts, drawn = 34.0, [], tiles.map_of(shares)
    columns, rows = tiles.size_of(drawn)
    for province, (column, row, short) in drawn.items():
        share = min(shares.get(province, 0.0), 1.0)
        x, y, tone = column * size, row * size, math.ceil(share * 5)
        figure = (
            f'<text class="tile-figure" x="{x + 16}" y="{y + 27}">{round(share * 100)}%</text>'
            if share >= 0.005
            else ""
        )
        parts.append(
            f'<g class="tile t{tone}"><title>{escape(province)} {share:.0%}</title><rect x="{x}" y="{y}" width="32" height="32" rx="3"/>'
            f'<text class="tile-name" x="{x + 16}" y="{y + (15 if figure else 21)}">{short}</text>{figure}</g>'
        )
    return _svg(columns * size, rows * size, label, "".join(parts), "chart tiles")


def watermark(text: str) -> Markup:
    """The reader's name over the page: a photograph of the screen says whose screen it was."""
    tiles = "".join(
        f'<text x="{x}" y="{y}" transform="rotate(-24 {x} {y})">{escape(text)}</text>'
        for x in range(20, 1700, 420)
        for y in range(80, 1300, 220)
    )
    return Markup(  # noqa: S704 - escaped above
        f'<svg class="watermark" viewBox="0 0 1600 1200" preserveAspectRatio="xMidYMid slice" aria-hidden="true">{tiles}</svg>'
    )
