"""Casework on a real PostgreSQL: the same story told to both stores leads to the same states, refusals, files and deletions.

All of test_cases.py runs on the server with SKIPTRACE_CASEWORK_ON=postgresql.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime, timedelta

import pytest

import sample
from core.errors import BadInput
from pipeline import retention, rights
from pipeline.closure import Reason
from pipeline.services.cases import Action, Artefact, Cases, EventKind, Stopped, Told
from pipeline.site import open_site
from pipeline.walk import walk
from tests.pipeline import on_postgres
from tests.servers.fixtures import postgres  # noqa: F401 - a fixture
from tests.support import run_of

pytestmark = pytest.mark.server
NOW = datetime(2026, 11, 9, 3, tzinfo=UTC)
HASH = hashlib.sha256(b"x").hexdigest()


@pytest.fixture(scope="module")
def sites(postgres, tmp_path_factory):  # noqa: F811 - the fixture
    folder = tmp_path_factory.mktemp("story")
    sample.write(sample.WORLDS["demo"], folder / "raw", debtors=20, seed=11)
    shutil.copytree(folder / "raw", folder / "sqlite", ignore=shutil.ignore_patterns("truth"))
    on_sqlite = open_site(folder / "sqlite")
    walk(run_of(on_sqlite))
    return on_sqlite, on_postgres.copy(postgres, folder / "raw", folder, on_sqlite.folder / "state" / "keys.json")


def touched(site):
    return sorted(site.store.casework.states()["case_id"].to_pylist())[:8]


def story(site):
    """What happens to the first cases, and what each of them answers."""
    cases, said = Cases(site, lambda: NOW), []

    def tell(act, *arguments, **named):
        try:
            act(*arguments, **named)
            said.append("kept")
        except Stopped as e:
            said.append(e.rule.id)
        except BadInput as e:
            said.append(f"{e.field}:{e.reason}")

    for i, case in enumerate(touched(site)):
        points = [p["point_id"] for p in cases.view(case, "user:a").points if p["is_declared"]]
        for point in points[: 2 if i % 2 else 0]:
            tell(cases.tell, case, Told(EventKind.ATTEMPT, "disconnected", point_id=point, channel="voice"), "user:a")
        tell(cases.tell, case, Told(EventKind.PROMISE, until=NOW + timedelta(days=2)), "user:a")
        for action in (Action.TRACE, Action.LETTER, Action.VISIT, Action.HIGH_RISK):
            tell(cases.ask, case, action, "user:a")
            tell(cases.approve, case, action, "user:a" if i % 3 else "user:b")
        if i % 4 == 1:
            tell(rights.receive, site, "complaint", case, received_at=NOW, actor="user:a", code="wording")
        if i % 4 == 2:
            tell(cases.tell, case, Told(EventKind.PAYMENT, "full", amount=12.5), "user:a")
            tell(cases.close, case, Reason.PAID, "user:a")
            tell(cases.file, case, Artefact.PAYMENT_PROOF, HASH, "user:a", ref="DOC-1", made_at=NOW)
        if i % 6 == 0:
            tell(retention.hold, site, case, reason="court", actor="user:a")
    return said


def seen(site, at):
    """What both must show: without ids and times that each makes for itself."""
    cases = Cases(site, lambda: at)
    out = []
    for case in touched(site):
        view = cases.view(case, "user:a")
        own = (
            "life",
            "n_declared",
            "n_exhausted",
            "complaints_open",
            "promises_broken",
            "action_trace",
            "action_letter",
            "is_held",
        )
        clocks = [(c["clock"], c["rule_id"], c["is_overdue"]) for c in view.clocks]
        history = [(h["kind"], h["code"], h["rule_id"]) for h in view.history]
        step = {k: v for k, v in view.step.items() if k != "case_id"}
        out.append((case, {k: view.state[k] for k in own}, step, clocks, view.missing, sorted(map(str, history))))
    out.append(site.store.casework.states().to_pylist())
    waiting = [(w["case_id"], w["action"], w["asked_by"]) for w in cases.waiting()]
    return out, waiting, sorted(site.store.casework.held()), site.store.verify_audit().is_intact


def test_one_story_on_two_stores(sites):
    told = [story(site) for site in sites]
    assert told[0] == told[1]
    assert {"kept", "CW-GATE-01", "CW-APPROVAL-02"} <= set(told[0])
    ours, theirs = (seen(site, NOW + timedelta(days=9)) for site in sites)
    assert ours == theirs
    ages = [retention.purge(site, at=datetime(2031, 1, 1, tzinfo=UTC), actor="user:a") for site in sites]
    counted = [{k: a[k] for k in ("case_histories", "case_events", "old_attempts")} for a in ages]
    assert counted[0] == counted[1]
    ids = [set(site.store.casework.events()["case_id"].to_pylist()) for site in sites]
    assert ids[0] == ids[1]
