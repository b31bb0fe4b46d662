"""Whoever asks hears the same of a case: the feed, its contact check, the page of the case, the debtor's page.

Cases with random histories, late in an evening. SKIPTRACE_CASES=200 asks more of them.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
import yaml

from casework.vocabulary import CODES, EventKind
from core import schemas
from core.errors import BadInput
from pipeline import case_now, contact_check, rights
from pipeline.services.cases import Action, Cases, Stopped
from pipeline.services.feed import Feed
from pipeline.services.readers import Reader
from pipeline.services.workbench import Workbench
from pipeline.site import open_site
from store.casework import EVENTS
from tests.support import copy_of

CASES = int(os.environ.get("SKIPTRACE_CASES", "80"))
EVENING = datetime(
    2026, 11, 24, 12, 40, tzinfo=UTC
)  # 20:40 in Beijing: hours end soon, and the day's caps have had time to fill
GATES = ["visit", "lawyer_letter", "relay", "voice_bot", "messaging", "volunteered", "entrust", "evidence"]
HOLDS = {"complaint": "CN-COMPLAINT-01", "forborne": "CW-FORBEAR-01", "closed": None}


@pytest.fixture(scope="module")
def site(ran, tmp_path_factory):
    folder = copy_of(ran[0].folder, tmp_path_factory.mktemp("one_truth"))
    file = folder / "deployment.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8")) | {"casework": {"gates": GATES}}
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return open_site(folder)


@pytest.fixture(scope="module")
def case_ids(site):
    """Random cases, each with a random history added to its own."""
    rng = np.random.default_rng(59)
    points = site.store.casework.published_points().to_pylist()
    every = sorted({p["case_id"] for p in points})
    chosen = [every[i] for i in rng.permutation(len(every))[:CASES]]
    site.store.casework.add(_events(site, chosen, points, rng))
    for case_id in chosen[:: max(1, len(chosen) // 12)]:
        rights.receive(
            site, "complaint", case_id, received_at=EVENING - timedelta(hours=3), actor="user:a", code="other"
        )
    cases = Cases(site, lambda: EVENING)
    steps = case_now.load(site, chosen, EVENING).steps.select(["case_id", "rung"]).to_pylist()
    for case_id in [s["case_id"] for s in steps if s["rung"] == "candidate_letter"][::2]:
        for action in (Action.LETTER, Action.VISIT):
            with contextlib.suppress(Stopped, BadInput):
                cases.ask(case_id, action, "user:a")
                cases.approve(case_id, action, "user:b")
    return chosen


def _events(site, chosen, points, rng):
    """Declared numbers that fail, contacts found that are tried, and what customers say, in the days before."""
    own = {c: [p["candidate_id"] for p in points if p["case_id"] == c and p["kind"] != "region"] for c in chosen}
    declared = {}
    for e in site.store.casework.events(chosen).to_pylist():
        if e["kind"] == "declared":
            declared.setdefault(e["case_id"], []).append(e["point_id"])
    said = [
        EventKind.FORBEARANCE,
        EventKind.OPTED_OUT,
        EventKind.VULNERABLE,
        EventKind.PROMISE,
        EventKind.HARDSHIP,
        EventKind.MISSED,
    ]
    rows = []

    def tell(case_id, kind, hours, **more):
        rows.append({"event_id": f"{len(rows):032x}", "seq": 0, "case_id": case_id, "kind": str(kind), "actor": "user:t",
                     "at": EVENING - timedelta(hours=float(hours))} | more)  # fmt: skip

    for case_id in chosen:
        if is_lost := rng.random() < 0.7:
            for point in declared.get(case_id, []):
                tell(case_id, EventKind.ATTEMPT, 300, code="disconnected", point_id=point, channel="voice")
        if is_lost and rng.random() < 0.3:  # everything lighter than a letter was tried
            for channel, hours in (
                ("letter", 290),
                ("sms", 140),
                ("sms", 120),
                ("voice", 100),
                ("voice", 80),
                ("voice", 60),
            ):
                tell(case_id, EventKind.ATTEMPT, hours, code="no_answer", channel=channel)
        for _ in range(rng.poisson(3)):
            if own[case_id]:
                code = rng.choice(["no_answer", "no_answer", "no_answer", "wrong_party", "right_party"])
                tell(case_id, EventKind.ATTEMPT, rng.uniform(0.1, 60), code=str(code), point_id=str(rng.choice(own[case_id])),
                     channel=str(rng.choice(["voice", "voice", "sms", "letter"])))  # fmt: skip
        for kind in [k for k in said if rng.random() < 0.12]:
            code = str(rng.choice(CODES[kind])) if kind in CODES else None
            tell(
                case_id, kind, rng.uniform(1, 30), code=code, until=EVENING + timedelta(days=float(rng.uniform(1, 40)))
            )
    return schemas.conform(pa.Table.from_pylist(rows, EVENTS), EVENTS)


@pytest.fixture(scope="module")
def fed(site, case_ids):
    reader = Reader("client", None)
    answers = Feed(site, lambda: EVENING).candidates_of([(reader, c) for c in case_ids])
    return dict(zip(case_ids, answers, strict=True))


@pytest.fixture(scope="module")
def views(site, case_ids):
    cases = Cases(site, lambda: EVENING)
    return {c: cases.view(c, "user:t") for c in case_ids}


@pytest.fixture(scope="module")
def known(site, case_ids):
    return {c: contact_check.known(site, c, EVENING) for c in case_ids}


def permission(site, known, candidate, channel):
    return contact_check.permission(site, known, candidate, channel, contact_check.FAVOURABLE)


def test_the_histories_are_of_all_sorts(views):
    holds = {v.step["hold"] for v in views.values()}
    assert holds >= {None, "complaint", "forborne", "promised"}
    assert {v.state["life"] for v in views.values()} >= {"contacting", "lost"}
    found = [v.step for v in views.values() if v.step["point"] == "candidate"]
    assert {s["channel"] for s in found} >= {"sms", "voice", "letter"}
    assert any(s["not_before"] > EVENING for s in found)
    assert any(s["action_status"] == "approved" for s in found)


def test_the_feed_tells_the_life_and_the_step_of_the_cases_own_page(fed, views):
    for case_id, view in views.items():
        told = fed[case_id]["case"]
        assert told["life"] == view.state["life"]
        for name, value in view.step.items():
            shown = value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
            assert told["step"][name] == shown, name
        points = {p["point_id"]: p for p in view.points}
        for candidate in fed[case_id]["candidates"]:
            point = points.get(candidate["candidate_id"], {"state": "unverified", "failures": 0})
            assert (candidate["state"], candidate["failures"]) == (point["state"], point["failures"])
            assert candidate["is_next"] == (view.step["point_id"] == candidate["candidate_id"])


def test_the_contact_check_permits_the_next_step_in_its_window_and_not_before(site, known, views):
    asked = waited = 0
    for case_id, view in views.items():
        step = view.step
        if step["point"] != "candidate" or (step["action"] and step["action_status"] != "approved"):
            continue
        asked += 1
        candidate, channel = step["point_id"], step["channel"]
        for moment in (step["not_before"], step["not_after"] - timedelta(seconds=1)):
            answer = permission(site, replace(known[case_id], at=moment), candidate, channel)
            assert answer.decision.allowed, (step["rung"], answer.decision.rule_ids)
        if step["not_before"] > EVENING:
            waited += 1
            answer = permission(site, known[case_id], candidate, channel)
            assert not answer.decision.allowed
            assert answer.next_permitted_at == step["not_before"], (step["rung"], answer.decision.rule_ids)
    assert asked > len(views) / 20
    assert waited


def test_what_holds_a_case_denies_every_contact(site, known, fed, views):
    denied = 0
    for case_id, view in views.items():
        if view.step["hold"] not in HOLDS:
            continue
        for candidate in fed[case_id]["candidates"]:
            for channel in contact_check.CHANNELS.get(candidate["kind"], ()):
                answer = permission(site, known[case_id], candidate["candidate_id"], channel)
                assert not answer.decision.allowed
                assert HOLDS[view.step["hold"]] in {None, *answer.decision.rule_ids}
                denied += 1
    assert denied


def test_a_letter_or_a_visit_is_permitted_only_where_the_case_has_it_approved(site, known, fed, views):
    approved = 0
    for case_id, view in views.items():
        status = {a["action"]: a["status"] for a in view.actions}
        for candidate in fed[case_id]["candidates"]:
            for channel in ("letter", "visit") if candidate["kind"] == "address" else ():
                answer = permission(site, known[case_id], candidate["candidate_id"], channel)
                approved += answer.decision.allowed
                assert not answer.decision.allowed or status[channel] == "approved"
    assert approved


def test_the_debtors_page_says_what_the_contact_check_says(site, known, case_ids, fed):
    workbench = Workbench(site, lambda: EVENING)
    for case_id in case_ids[:25]:
        outlooks = workbench.outlooks(case_id, fed[case_id]["candidates"])
        for candidate, channels in outlooks.items():
            for channel, shown in channels.items():
                answer = permission(site, known[case_id], candidate, channel)
                state = "now" if answer.decision.allowed else "later" if answer.next_permitted_at else "never"
                assert shown["state"] == state
