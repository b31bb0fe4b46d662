"""Proposed parameters, what they would change, and putting one in force: by a supervisor, on record, and back again."""

from __future__ import annotations

import json

import pytest

import ranking
from pipeline import learn
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
