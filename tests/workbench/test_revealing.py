from __future__ import annotations

import pytest

from pipeline import serve
from pipeline.services.debtors import Wanted
from workbench.roles import Role

WHY = "customer asked to be called back"


@pytest.fixture
def contact(workbench, site):
    """A visible phone with its plain value, as the third gate gives it."""
    for row in workbench.queue(Wanted(state="", limit=200))[0]:
        for c in serve.candidates(site, case_id=row["case_id"], actor="t", reveal_reason="for this test").to_pylist():
            if c["kind"] == "phone" and "*" not in c["value"]:
                return c
    raise AssertionError("no phone")


def ask(person, contact, reason=WHY):
    return person.post(f"/cases/{contact['case_id']}/reveal", candidate_id=contact["candidate_id"], reason=reason)


def test_one_value_is_shown_to_whom_says_why_with_their_name_over_it(analyst, contact):
    answer = ask(analyst, contact)
    assert answer.status_code == 200
    assert answer.text.count(contact["value"]) == 1
    assert 'class="watermark"' in answer.text
    assert analyst.name in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert contact["value"] not in str(answer.headers)
    assert contact["value"] not in answer.text.partition("</title>")[0]


def test_it_is_masked_again_on_the_next_page(analyst, contact):
    ask(analyst, contact)
    assert contact["value"] not in analyst.get(f"/cases/{contact['case_id']}").text


def test_it_is_on_record_before_it_is_shown(analyst, contact, workbench):
    ask(analyst, contact)
    row = workbench.store.audit_page(event="candidate.revealed", limit=1)[0]
    assert row["actor"] == f"user:{analyst.name}"
    assert WHY in row["facts"]
    assert contact["value"] not in row["facts"]


@pytest.mark.parametrize(
    "reason", ["", "because", "   a   b   ", "call 13800138000 at once", "ask li@example.test today"]
)
def test_a_reason_that_is_none_or_names_a_person_reveals_nothing(analyst, contact, reason):
    answer = ask(analyst, contact, reason)
    assert answer.status_code == 422
    assert contact["value"] not in answer.text


@pytest.mark.parametrize("role", [Role.PRIVACY_OFFICER, Role.AUDITOR, Role.OPERATOR])
def test_other_roles_reveal_nothing(people, contact, role):
    answer = ask(people[role], contact)
    assert answer.status_code == 403
    assert contact["value"] not in answer.text


def test_nothing_is_revealed_by_a_get(analyst, contact):
    path = f"/cases/{contact['case_id']}/reveal?candidate_id={contact['candidate_id']}&reason=for+this+test"
    answer = analyst.get(path)
    assert answer.status_code == 404
    assert contact["value"] not in answer.text


def test_no_page_shows_a_planted_value(people, workbench, canaries):
    cases = [r["case_id"] for r in workbench.queue(Wanted(state="", limit=200))[0]]
    paths = [
        "/queue",
        "/batch",
        "/proposals",
        "/runs",
        "/runs/20261102T000000Z",
        "/quality",
        "/model",
        "/policy",
        "/audit",
    ]
    for person in (people[Role.SUPERVISOR], people[Role.PRIVACY_OFFICER]):
        for path in [*paths, *(f"/cases/{c}" for c in cases[::12])]:
            text = person.get(path).text
            assert not [i for i, planted in enumerate(canaries) if len(planted) > 3 and planted in text]


def test_a_withdrawal_of_a_moment_ago_hides_the_value(analyst, contact, site, workbench):
    from pipeline import withdraw

    withdraw.withdraw_all(
        site, [withdraw.Person(contact["case_id"], None)], scopes=None, at=workbench.clock(), actor="t"
    )
    answer = ask(analyst, contact)
    assert answer.status_code == 404
    assert contact["value"] not in answer.text
