"""The pages of casework: where a case stands, asking, and the second person, in both languages."""

from __future__ import annotations

import re

import pytest

from casework.ladder import HOLDS, rungs
from casework.vocabulary import CODES, Action, EventKind, Life, PointState, Status
from workbench import texts
from workbench.roles import Role


@pytest.fixture(scope="module")
def lost(site):
    return site.store.casework.states(life="lost")["case_id"].to_pylist()


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_every_word_of_casework_is_in_the_catalogue():
    keys = {f"life_{v}" for v in Life} | {f"hold_{h}" for h in HOLDS} | {f"ps_{p}" for p in PointState}
    keys |= {f"as_{s}" for s in Status} | {f"ac_{a}" for a in Action} | {f"rg_{r.id}" for r in rungs()}
    keys |= {f"ek_{k}" for k in EventKind} | {f"ec_{c}" for codes in CODES.values() for c in codes}
    assert keys - set(texts.texts()) == set()


@pytest.mark.parametrize(("lang", "said"), [("en", "Where cases stand"), ("zh", "案件状态")])
def test_the_overview_lists_cases_by_life(analyst, lost, lang, said):
    analyst.client.cookies.set("wb_lang", lang)
    page = analyst.get("/casework?life=lost").text
    assert said in page
    assert lost[0] in page
    assert analyst.get("/casework?life=nowhere").status_code == 422
    analyst.client.cookies.set("wb_lang", "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_case_has_a_page_in_both_languages(analyst, site, lang):
    analyst.client.cookies.set("wb_lang", lang)
    for case_id in site.store.casework.states()["case_id"].to_pylist()[:40]:
        assert analyst.get(f"/casework/{case_id}").status_code == 200
    analyst.client.cookies.set("wb_lang", "en")


def test_a_case_page_shows_the_state_the_step_its_window_and_why_not(analyst, site, lost):
    page = words(analyst.get(f"/casework/{lost[0]}").text)
    assert "lost" in page
    assert "CN-HOURS-01" in page
    assert "off by default" in page
    assert "CW-GATE-01" in page
    assert analyst.get("/casework/NO-SUCH").status_code == 404
    assert site.store.subjects.audit_events(lost[0])[-1]["event"] == "case.read"


@pytest.mark.guide("R22")
def test_one_asks_and_another_approves(people, lost, site):
    case_id = lost[1]
    analyst, supervisor = people[Role.ANALYST], people[Role.SUPERVISOR]
    assert analyst.post(f"/casework/{case_id}/request", action="trace").status_code == 303
    assert case_id in words(supervisor.get("/casework").text)
    assert analyst.post(f"/casework/{case_id}/settle", action="trace", status="approved").status_code == 403
    assert supervisor.post(f"/casework/{case_id}/settle", action="trace", status="approved").status_code == 303
    assert 'id="life">being traced' in analyst.get(f"/casework/{case_id}").text
    told = [
        (e["event"], e["actor"]) for e in site.store.subjects.audit_events(case_id) if e["event"] == "case.recorded"
    ]
    assert told == [("case.recorded", f"user:{analyst.name}"), ("case.recorded", f"user:{supervisor.name}")]


def test_nobody_approves_what_they_asked_for_themselves(people, lost):
    supervisor = people[Role.SUPERVISOR]
    supervisor.post(f"/casework/{lost[2]}/request", action="trace")
    refused = supervisor.post(f"/casework/{lost[2]}/settle", action="trace", status="approved")
    assert refused.status_code == 422
    assert "CW-APPROVAL-02" in refused.text


def test_what_a_rule_forbids_is_told_with_the_rule_and_the_substitute(analyst, lost):
    refused = analyst.post(f"/casework/{lost[3]}/request", action="visit")
    assert refused.status_code == 422
    assert "CW-GATE-01" in refused.text
    assert "instead" in refused.text
    assert analyst.post(f"/casework/{lost[3]}/request", action="trace", ref="13800138000").status_code == 404
    assert analyst.post(f"/casework/{lost[3]}/request", action="teleport").status_code == 422
