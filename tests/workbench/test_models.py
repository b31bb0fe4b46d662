"""Proposed parameters, what they would change, and putting one in force: by a supervisor, on record, and back again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

import ranking
from pipeline import learn, shared
from pipeline.services.verdicts import NotFound, Refused
from pipeline.services.workbench import Workbench
from pipeline.site import open_site
from tests.support import copy_of
from workbench.app import create_app
from workbench.roles import Role


@pytest.fixture
def own(wb_folder, tmp_path):
    return Workbench(open_site(copy_of(wb_folder, tmp_path)))


def proposal(workbench, version="learnt-1", **values):
    params = ranking.default_params().model_copy(update={"version": version, **values})
    workbench.site.models.mkdir(parents=True, exist_ok=True)
    (workbench.site.models / f"ranking-{version}.json").write_text(params.model_dump_json())
    return version


def test_a_proposal_stands_beside_what_is_in_force_with_what_it_would_change(own):
    version = proposal(own, unreachable=0.25)
    first, second = own.versions()
    assert first["is_in_force"]
    assert second == {"version": version, "is_in_force": False, "provenance": second["provenance"]}
    assert own.differences(version) == [("unreachable", ranking.default_params().unreachable, 0.25)]


def test_a_promoted_one_is_in_force_on_record_and_can_be_taken_back(own):
    priors, version = ranking.default_params().version, proposal(own, unreachable=0.25)
    own.promote(version, seen=priors, actor="user:x")
    assert learn.params_in_force(own.site).unreachable == 0.25
    row = own.store.audit_page(event="model.promoted", limit=1)[0]
    told = json.loads(row["facts"])
    assert (told["version"], told["before"], row["actor"]) == (version, priors, "user:x")
    own.promote(priors, seen=version, actor="user:x")
    assert learn.params_in_force(own.site) == ranking.default_params()
    assert {v["version"] for v in own.versions()} == {priors, version}


def test_two_who_promote_at_once_are_not_both_heard(own):
    priors = ranking.default_params().version
    one, two = proposal(own, "one", unreachable=0.2), proposal(own, "two", unreachable=0.3)
    own.promote(one, seen=priors, actor="user:x")
    with pytest.raises(Refused, match="model_stale"):
        own.promote(two, seen=priors, actor="user:y")
    assert learn.params_in_force(own.site).version == one


@pytest.mark.parametrize("version", ["../ranking", "nothing", ""])
def test_what_is_no_version_is_not_found(own, version):
    with pytest.raises(NotFound):
        own.promote(version, seen=ranking.default_params().version, actor="user:x")


@pytest.mark.parametrize("text", ["{", "{}", "[1]", "\x00"])
def test_a_file_that_is_no_proposal_is_passed_over(own, text):
    own.site.models.mkdir(parents=True, exist_ok=True)
    (own.site.models / "ranking-broken.json").write_text(text)
    assert len(own.versions()) == 1


def test_the_page_shows_it_and_only_a_supervisor_may_promote(people, app, workbench):
    version, priors = proposal(workbench, "on-page", unreachable=0.25), ranking.default_params().version
    try:
        page = people[Role.ANALYST].get(f"/model?version={version}").text
        assert "unreachable" in page
        assert 'id="promote"' not in page
        assert people[Role.ANALYST].post("/model", version=version, seen=priors).status_code == 403
        assert people[Role.SUPERVISOR].post("/model", version=version, seen="older").status_code == 409
        assert people[Role.SUPERVISOR].post("/model", version=version, seen=priors).status_code == 303
        assert "ranks by it" in people[Role.SUPERVISOR].get("/model?said=promoted").text
    finally:
        people[Role.SUPERVISOR].post("/model", version=priors, seen=version)
    assert create_app(workbench.site).state.workbench.versions()[0]["version"] == priors


def told(site, dispositions, at):
    """Attempts at published phones, each with what came of it."""
    from pipeline.services.feed import Feed
    from pipeline.services.readers import Reader

    rows = [r for r in site.store.snapshot().rows.to_pylist() if r["kind"] == "phone"][: len(dispositions)]
    feed = Feed(site)
    feed.clock = lambda: at
    said = [{"candidate_id": r["candidate_id"], "disposition": d, "at": at, "channel": "voice"} for r, d in zip(rows, dispositions, strict=True)]  # fmt: skip
    assert {t.status for t in feed.outcomes(Reader("test"), said)} == {"accepted"}
    return [round(r["probability"], 3) for r in rows]  # as consumers are told


def test_calibration_compares_what_was_said_with_what_attempts_told(own):
    at = datetime.now(UTC)
    probabilities = told(own.site, ["right_party", "wrong_party", "no_answer", "disconnected"] * 5, at)
    heard = [(p, d) for p, d in zip(probabilities, [1, 0, None, 0] * 5, strict=True) if d is not None]
    bins = own.calibration()
    assert sum(b["n"] for b in bins) == len(heard) == 15
    for b in bins:
        mine = [(p, d) for p, d in heard if b["from"] <= p < b["to"]]
        assert b["n"] == len(mine)
        assert b["said"] == pytest.approx(sum(p for p, _ in mine) / len(mine))
        assert b["found"] == pytest.approx(sum(d for _, d in mine) / len(mine))
        assert 0 <= b["low"] <= b["found"] <= b["high"] <= 1


def test_what_was_said_is_what_was_published_when_the_attempt_was_made(own):
    at = datetime.now(UTC)
    (before,) = told(own.site, ["right_party"], at)
    rows = own.site.store.snapshot().rows
    other = rows.set_column(
        rows.schema.get_field_index("probability"), "probability", pa.array([0.001] * rows.num_rows)
    )
    own.site.store.publish(other, run_key="later", at=at + timedelta(hours=1))
    assert [b["said"] for b in own.calibration()] == [pytest.approx(before)]


def test_an_auditor_sees_no_calibration_of_few(own):
    told(own.site, ["right_party"] * 3, datetime.now(UTC))
    assert shared.calibration(own.calibration(), 10) == []
