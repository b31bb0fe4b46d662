"""evaluate: the published candidates of a deployment against a truth file. Figures only; no value leaves this step."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

import ranking
from core.errors import ConfigError
from core.events import Event, EventName
from pipeline import baselines, serve
from pipeline.normalise import COUNTRIES
from pipeline.site import Site

_COLUMNS = ["case_id", "kind", "value", "probability", "sources", "factors"]


def evaluate(
    site: Site,
    truth: Path,
    *,
    third_parties: Path | None = None,
    ceiling: Path | None = None,
    with_baselines: bool = False,
    actor: str,
) -> ranking.Evaluation:
    """How good what is published now is. ``truth``: CSV with case_id and any of phone, city, address or its parts."""
    candidates = published(site, actor=actor)
    others = read_csv(third_parties) if third_parties else None
    return ranking.evaluate(
        candidates,
        read_csv(truth),
        third_parties=others,
        ceiling=read_csv(ceiling) if ceiling else None,
        baselines=baselines.tables(site, actor=actor) if with_baselines else None,
        country=COUNTRIES[site.deployment.jurisdiction],
    )


def draw(found: ranking.Evaluation, file: Path, lang: str) -> None:
    """One page of pictures that needs no network: reliability, measures, and the gain over each baseline."""
    from matching import pictures
    from ranking import charts

    words = charts.WORDS[lang]
    specs = {name: chart.to_dict() for name, chart in charts.drawn(found, lang).items()}
    said = {name: (str(words[name][0]), str(words[name][1])) for name in specs}
    file.write_text(pictures.page(specs, lang, title=str(words["title"]), said=said), encoding="utf-8")


def published(site: Site, *, actor: str) -> pa.Table:
    """What may be seen now, opened, with its factors. Audited as a read; nothing of it is shown to anybody."""
    at = datetime.now(UTC)
    rows = serve.visible(site, site.store.candidates(at=at), at)
    ids, sealed = rows["candidate_id"].to_pylist(), rows["value_sealed"].to_pylist()
    opened = [site.keys.open(blob, f"candidate:{i}") for blob, i in zip(sealed, ids, strict=True)]
    site.store.record(Event(EventName.CANDIDATES_READ, actor, facts={"rows": rows.num_rows, "case_id": "*"}))
    return rows.append_column("value", pa.array(opened, pa.string())).select(_COLUMNS)


def read_csv(path: Path) -> pa.Table:
    """A CSV file as text, whatever its columns look like. Raises ConfigError when it cannot be read."""
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    try:
        with pa.csv.open_csv(path, parse_options=parse) as head:
            names = head.schema.names
        types = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
        table = pa.csv.read_csv(path, parse_options=parse, convert_options=types)
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid, pa.ArrowKeyError):
        raise ConfigError("is no readable CSV file in UTF-8", file=path.name) from None
    if len(set(names)) < len(names):
        raise ConfigError("has a column twice", file=path.name)
    if "case_id" not in names:
        raise ConfigError("has no column case_id", file=path.name)
    return table
