"""learn: what came of attempts → proposed parameters; a person promotes them, and can go back. Parameters hold no person's value."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa

import ranking
from core import schemas
from core.errors import ConfigError
from core.kinds import Disposition
from pipeline import evaluate, normalise
from pipeline.site import Site

IN_FORCE = "ranking.json"


def propose(site: Site, outcomes: Path, *, as_of: datetime, actor: str) -> tuple[ranking.Learned, Path]:
    """Learn from a CSV of attempts (core.schemas.OUTCOME_FIELDS) at what is published; the proposal is written, not used."""
    told = _clean(site, evaluate.read_csv(outcomes))
    learned = ranking.learn(evaluate.published(site, actor=actor), told, params_in_force(site), as_of=as_of)
    path = site.models / f"ranking-{learned.params.version}.json"
    _write(path, learned.params.model_dump_json(indent=1))
    return learned, path


def promote(site: Site, proposal: Path) -> Path:
    """Put a proposal in force; the one before stays beside it under its version."""
    params = load(proposal)
    before = site.models / IN_FORCE
    if before.is_file():
        _write(site.models / f"ranking-{load(before).version}.json", before.read_text(encoding="utf-8"))
    _write(before, params.model_dump_json(indent=1))
    return before


def params_in_force(site: Site) -> ranking.Params:
    """What was promoted last, else the stated priors."""
    path = site.models / IN_FORCE
    return load(path) if path.is_file() else ranking.default_params()


def load(path: Path) -> ranking.Params:
    """The parameters in this file. Raises ConfigError."""
    try:
        return ranking.Params.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise ConfigError("is no file of ranking parameters", file=path.name) from None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _clean(site: Site, rows: pa.Table) -> pa.Table:
    """CLEAN_OUTCOMES of the rows that can be read."""
    pulled = rows.append_column("row", pa.array(range(1, rows.num_rows + 1), pa.int64()))
    pulled = schemas.conform(pulled, schemas.PULLED_OUTCOMES)
    parsed = normalise.outcomes(pulled, site.deployment.jurisdiction, frozenset(d.value for d in Disposition))
    return normalise.clean_table(parsed, schemas.CLEAN_OUTCOMES).filter(pa.array(~parsed.failed))
