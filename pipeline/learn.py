"""learn: what came of attempts, and what people decided → proposed parameters; a person promotes them, and can go back.

A version is a file of its own that is never changed; `ranking.json` is the one in force. The audit chain says who put which
in force, when and why. Parameters and reports hold no person's value.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

import ranking
from core import schemas
from core.errors import ConfigError, Fatal
from core.events import Event, EventName
from core.kinds import Disposition
from pipeline import evaluate, heard, normalise
from pipeline.site import Site

IN_FORCE = "ranking.json"
_HISTORY = "ranking-history.json"
_PREFIX, _REPORT = "ranking-", ".report.json"
_MIN_REASON_LENGTH = 8
_SERVICE = "service:"  # whoever runs by itself proposes; a person decides


@dataclass(frozen=True)
class Model:
    """One version of the ranking's parameters. ``provenance``: what it was learned from; ``is_stated``: the shipped priors."""

    version: str
    is_in_force: bool
    is_stated: bool
    provenance: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One parameter of two versions, by its path (``sources.shop.phone.valid``); None: absent there."""

    name: str
    before: float | str | None
    after: float | str | None


@dataclass(frozen=True)
class Promotion:
    """Who put which version in force, in place of which, when and why."""

    version: str
    before: str
    actor: str
    at: str
    reason: str


# --- proposing ------------------------------------------------------------------------------------------------------
def propose(
    site: Site, outcomes: Path | None = None, *, as_of: datetime, actor: str
) -> tuple[ranking.Learned, Path | None]:
    """Learn from what the feed and the workbench were told, and from a CSV of attempts (core.schemas.OUTCOME_FIELDS), if any.

    The proposal and its report are written, not used. No file where there is nothing to learn from.
    """
    told = [heard.outcomes(site)]
    if outcomes is not None:
        told.append(_clean(site, evaluate.read_csv(outcomes)))
    learned = ranking.learn(
        evaluate.published(site, actor=actor), pa.concat_tables(told), params_in_force(site), as_of=as_of
    )
    if learned.report.empty and learned.scorecard.empty:
        return learned, None
    params = _named(learned.params)
    path = _file(site, params.version)
    _write(path, params.model_dump_json(indent=1))
    _write(path.with_suffix(_REPORT), json.dumps(_report(learned)))
    facts = {"version": params.version, "before": params_in_force(site).version}
    site.store.record(Event(EventName.MODEL_PROPOSED, actor, facts=facts))
    return dataclasses.replace(learned, params=params), path


def _named(params: ranking.Params) -> ranking.Params:
    """Its version ends with a digest of what it says: the same parameters have one name, others another."""
    said = params.model_dump_json(exclude={"version"}).encode()
    return params.model_copy(update={"version": f"{params.version}-{hashlib.sha256(said).hexdigest()[:8]}"})


def _report(learned: ranking.Learned) -> dict[str, Any]:
    return {
        "report": learned.report.to_dict("records"),
        "scorecard": learned.scorecard.to_dict("records"),
        "drift": learned.drift.to_dict("records"),
        "ignored": learned.ignored,
    }


# --- looking --------------------------------------------------------------------------------------------------------
def models(site: Site) -> list[Model]:
    """Every version there is, the one in force first, the others by name."""
    current = params_in_force(site)
    known = {p.version: p for p in (*_versions(site), ranking.default_params(), current)}
    found = [_model(p, current.version) for p in known.values()]
    return sorted(found, key=lambda m: (not m.is_in_force, m.version))


def report_of(site: Site, version: str) -> dict[str, Any]:
    """What was measured when this version was proposed: ``report``, ``scorecard``, ``drift``, ``ignored``; empty where nothing was kept."""
    path = _file(site, version).with_suffix(_REPORT)
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (ValueError, RecursionError):
        raise ConfigError("is no report of a proposal", file=path.name) from None
    return found


def compare(site: Site, version: str) -> list[Change]:
    """What this version says otherwise than the one in force."""
    before, after = (dict(_flat(p.model_dump())) for p in (params_in_force(site), params_of(site, version)))
    names = [n for n in sorted(before.keys() | after.keys()) if not n.startswith(("provenance", "version"))]
    return [Change(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)]


def history(site: Site) -> list[Promotion]:
    """Every promotion and return, the newest first. Raises ConfigError for a file that is none."""
    path = site.models / _HISTORY
    try:
        rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        return [Promotion(**r) for r in reversed(rows)]
    except (ValueError, TypeError, RecursionError):
        raise ConfigError("is no history of promotions", file=path.name) from None


def scorecard(site: Site, *, as_of: datetime, actor: str) -> pd.DataFrame:
    """source, kind, points, said, right: how often each source's points were right, by all that was heard so far."""
    published = evaluate.published(site, actor=actor)
    return ranking.learn(published, heard.outcomes(site), params_in_force(site), as_of=as_of).scorecard


# --- deciding -------------------------------------------------------------------------------------------------------
def promote(site: Site, version: str, *, actor: str, reason: str) -> Model:
    """Put a version in force; the one before stays. A person's act: refused to a service, and without a reason."""
    return _put(site, params_of(site, version), EventName.MODEL_PROMOTED, actor, reason)


def rollback(site: Site, *, actor: str, reason: str) -> Model:
    """Put back what the last promotion replaced. Going back twice goes forward again."""
    done = history(site)
    if not done:
        raise Fatal("nothing was promoted yet: the stated priors are in force")
    return _put(site, params_of(site, done[0].before), EventName.MODEL_ROLLED_BACK, actor, reason)


def _put(site: Site, params: ranking.Params, event: EventName, actor: str, reason: str) -> Model:
    if actor.startswith(_SERVICE):
        raise Fatal("a person decides which parameters are in force, not a service")
    if len(reason.strip()) < _MIN_REASON_LENGTH:
        raise Fatal("changing the parameters in force needs a reason of at least eight characters")
    before = params_in_force(site)
    _write(_file(site, before.version), before.model_dump_json(indent=1))
    done = Promotion(params.version, before.version, actor, datetime.now(UTC).isoformat(), reason)
    facts = {"version": params.version, "before": before.version, "reason": reason}
    site.store.record(Event(event, actor, facts=facts))
    _write(site.models / IN_FORCE, params.model_dump_json(indent=1))
    _write(site.models / _HISTORY, json.dumps([vars(p) for p in (*reversed(history(site)), done)], ensure_ascii=False))
    return _model(params, params.version)


# --- files ----------------------------------------------------------------------------------------------------------
def params_in_force(site: Site) -> ranking.Params:
    """What was promoted last, else the stated priors."""
    path = site.models / IN_FORCE
    return load(path) if path.is_file() else ranking.default_params()


def params_of(site: Site, version: str) -> ranking.Params:
    """The parameters of a version. Raises ConfigError: there is none of that name."""
    if version == ranking.default_params().version:
        return ranking.default_params()
    for params in _versions(site):
        if params.version == version:
            return params
    raise ConfigError("there is no version of this name; `skiptrace learn models` lists them", file=IN_FORCE)


def _versions(site: Site) -> Iterator[ranking.Params]:
    """The parameters on file under their own name; a file that is none is passed over."""
    for path in sorted(site.models.glob(f"{_PREFIX}*.json")):
        try:
            params = load(path)
        except ConfigError:
            continue
        if path.name == f"{_PREFIX}{params.version}.json":
            yield params


def _model(params: ranking.Params, current: str) -> Model:
    is_stated = params.version == ranking.default_params().version
    return Model(params.version, params.version == current, is_stated, dict(params.provenance))


def _file(site: Site, version: str) -> Path:
    return site.models / f"{_PREFIX}{version}.json"


def _flat(value: object, path: str = "") -> Iterator[tuple[str, float | str | None]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, int | float | str) or value is None:
        yield path, value


def load(path: Path) -> ranking.Params:
    """The parameters in this file. Raises ConfigError."""
    try:
        return ranking.Params.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
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
