"""The pictures of a run as Vega-Lite files and as one page that needs no network: the program that draws is in it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
import pyarrow.parquet as pq

from matching import charts, unlinkable
from matching.explain import Explanation
from matching.link import Linker
from matching.records import Records

_NEVER_FOUND = -1000.0  # bits of a pair that is no candidate


def of_run(
    folder: Path, linker: Linker, signals: pa.Table | Records, pairs_path: Path, labels: pa.Table | None, lang: str
) -> None:
    """M and u, the scores, the unlinkables, and against labels precision and recall."""
    pairs = pq.read_table(pairs_path, columns=["id_l", "id_r", "score"])
    drawn: dict[str, Any] = {
        "parameters": charts.parameters(linker.model, lang),
        "histogram": charts.histogram(pairs.column("score").to_numpy(), lang=lang),
        "unlinkables": charts.unlinkables(unlinkable.best_bits(linker, signals), lang),
    }
    if labels is not None:
        told = labels.join(pairs, ["id_l", "id_r"], join_type="left outer")
        scores = told.column("score").fill_null(_NEVER_FOUND).to_numpy()
        hits = told.column("is_match").to_numpy()
        drawn["precision_recall"] = charts.precision_recall(scores, hits, int(hits.sum()), lang)
    _write(folder, "charts.html", drawn, lang, notes=linker.model.warnings)


def of_pair(folder: Path, explanation: Explanation, lang: str) -> None:
    """The waterfall of one pair, and the same in words."""
    drawn = {"waterfall": charts.waterfall(explanation, lang)}
    title = f"{explanation.id_l} ↔ {explanation.id_r}"
    _write(folder, "waterfall.html", drawn, lang, title=title, notes=explanation.text(lang).splitlines())


def _write(
    folder: Path, file: str, drawn: Mapping[str, Any], lang: str, *, title: str = "", notes: Sequence[str] = ()
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    specs = {name: chart.to_dict() for name, chart in drawn.items()}
    for name, spec in specs.items():
        (folder / f"{name}.vl.json").write_text(json.dumps(spec, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / file).write_text(page(specs, lang, title=title, notes=notes), encoding="utf-8")


def page(
    specs: Mapping[str, Any],
    lang: str = "en",
    *,
    title: str = "",
    notes: Sequence[str] = (),
    said: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """One HTML page with these charts, by name. ``said``: of charts that are not of linking, their name and what they show."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    source = resources.files("matching").joinpath("vega/page.html").read_text(encoding="utf-8")
    scripts = [_script(name) for name in ("vega", "vega-lite")]
    more = {name: [*texts, *texts] for name, texts in (said or {}).items()}  # of one language: it stands for both
    known = {"specs": specs, "lang": lang, "title": title, "notes": notes, "scripts": scripts, "more": more}
    return environment.from_string(source).render(known)


def _script(name: str) -> str:
    packed = resources.files("matching").joinpath(f"vega/{name}.min.js.gz").read_bytes()
    return gzip.decompress(packed).decode("utf-8")
