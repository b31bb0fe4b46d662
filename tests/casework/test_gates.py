"""Every gated action of the guide: off by default; working when it is switched on and a person approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

import casework
from casework.state import ACTION, table_of
from casework.terms import Agency, Terms
from casework.vocabulary import GATES, ClosedReason
from tests.casework.histories import DECLARED, TERMS, asked, attempt, case, lost

DEFAULT = replace(TERMS, gates=frozenset())
HIGH = asked("high_risk", ref="high")
READY = {
    # what must have happened before each action may be asked for, the request and approval, and how it is carried out
    "relay": (lost(), asked("relay"), {}),
    "visit": (lost(), asked("visit"), {"agents": 2}),
    "lawyer_letter": (lost(), asked("lawyer_letter"), {}),
    "entrust": (HIGH, asked("entrust", ref="agency-a"), {}),
    "evidence": ([{"kind": "artefact", "code": "evidence"}], asked("evidence"), {}),
    "voice_bot": ([DECLARED], asked("voice_bot", point_id="p0"), {}),
    "messaging": ([], asked("messaging"), {}),
}


def status(action, *rows, terms=TERMS):
    done = casework.replay(case(*rows), terms)
    return table_of(done.state, done.case_ids)[f"action_{action}"][0].as_py(), done.refusals.to_pylist()


def carried_out(action):
    before, ask, how = READY[action]
    return [*before, *ask, {"kind": "done", "code": action} | how]


def test_this_page_knows_every_gate():
    assert set(READY) | {"volunteered"} == {str(g) for g in GATES}


def _gated(action):
    rows = carried_out(action)
    now, refused = status(action, *rows, terms=DEFAULT)
    assert now == "none"
    assert refused[len(READY[action][0])] == "CW-GATE-01"


def _works(action):
    assert status(action, *carried_out(action)) == ("done", [None] * len(carried_out(action)))
    before, ask, how = READY[action]
    assert status(action, *before, ask[0], {"kind": "done", "code": action} | how)[1][-1] == "CW-APPROVAL-03"
    assert status(action, *before, ask[0], ask[1] | {"actor": "user:a"})[1][-1] == "CW-APPROVAL-02"


@pytest.mark.guide("R20", "off")
@pytest.mark.guide("R24", "off")
@pytest.mark.guide("R37", "off")
def test_relay_is_off():
    _gated("relay")


@pytest.mark.guide("R20", "approved")
@pytest.mark.guide("R37", "approved")
def test_relay_works_once_and_stops_for_good_on_refusal():
    _works("relay")
    again = [*carried_out("relay"), *asked("relay")]
    assert status("relay", *again)[1][-2:] == ["CW-RELAY-02", "CW-APPROVAL-01"]
    assert status("relay", *lost(), {"kind": "third_party_refused"}, *asked("relay"))[1][-2] == "CW-RELAY-02"
    before, ask, _ = READY["relay"]
    assert status("relay", *before, *ask, {"kind": "third_party_refused"})[0] == "void"


@pytest.mark.guide("R20", "refusal")
def test_no_relay_while_the_debtor_can_be_reached_or_where_the_pack_has_none():
    assert status("relay", DECLARED, *asked("relay"))[1][1] == "CW-LOST-01"
    assert status("relay", *lost(), *asked("relay"), terms=replace(TERMS, relay=False))[1][4] == "CW-RELAY-01"


@pytest.mark.guide("R41", "off")
@pytest.mark.guide("R42", "off")
def test_visit_is_off():
    _gated("visit")


@pytest.mark.guide("R41", "approved")
@pytest.mark.guide("R42", "approved")
def test_a_visit_works_with_two_agents():
    _works("visit")


@pytest.mark.guide("R03")
@pytest.mark.guide("R41", "refusal")
@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"days_past_due": 29}, "CW-VISIT-01"),
        ({"days_past_due": None}, "CW-VISIT-01"),
        ({"origins": 1}, "CW-VISIT-02"),
        ({"origins": None}, "CW-VISIT-02"),
    ],
)
def test_no_visit_before_thirty_days_or_on_one_origin(facts, rule):
    assert status("visit", *lost(), asked("visit", **facts)[0])[1][-1] == rule


@pytest.mark.guide("R41", "refusal")
def test_no_visit_to_the_vulnerable_and_none_by_one_agent():
    flagged = {"kind": "vulnerable"}
    assert status("visit", *lost(), flagged, asked("visit")[0])[1][-1] == "CW-VISIT-03"
    assert status("visit", *lost(), *asked("visit"), flagged)[0] == "void"
    assert (
        status("visit", *lost(), *asked("visit"), {"kind": "done", "code": "visit", "agents": 1})[1][-1]
        == "CW-VISIT-04"
    )


@pytest.mark.guide("R11")
def test_a_letter_to_a_found_address_waits_for_a_second_person_and_is_for_that_address():
    ask = asked("letter", point_id="p7")
    sent = {"kind": "done", "code": "letter", "point_id": "p7"}
    assert status("letter", *ask, sent, terms=DEFAULT) == ("done", [None] * 3)
    assert status("letter", ask[0], sent)[1][-1] == "CW-APPROVAL-03"
    assert status("letter", ask[0], ask[1] | {"actor": "user:a"})[1][-1] == "CW-APPROVAL-02"
    assert status("letter", *asked("letter"))[1] == ["CW-CODE-01", "CW-APPROVAL-01"]
    state = casework.replay(case(*ask), DEFAULT)
    assert state.encoded.point_names[state.state.asked_point[0, ACTION["letter"]]].as_py() == "p7"


@pytest.mark.guide("R47", "off")
def test_the_voice_bot_is_off():
    _gated("voice_bot")


@pytest.mark.guide("R47", "approved")
def test_the_voice_bot_calls_declared_numbers():
    _works("voice_bot")


@pytest.mark.guide("R48", "refusal")
@pytest.mark.guide("R35", "refusal")
def test_the_voice_bot_calls_nobody_else():
    found = [DECLARED, attempt("no_answer", "p2")]
    assert status("voice_bot", *found, asked("voice_bot", point_id="p2")[0])[1][-1] == "CW-BOT-01"
    assert status("voice_bot", *found, asked("voice_bot")[0])[1][-1] == "CW-BOT-01"


@pytest.mark.guide("R27", "off")
def test_messaging_is_off():
    _gated("messaging")


@pytest.mark.guide("R27", "approved")
def test_messaging_works():
    _works("messaging")


@pytest.mark.guide("R50", "off")
def test_the_lawyers_letter_is_off():
    _gated("lawyer_letter")


@pytest.mark.guide("R50", "approved")
def test_the_lawyers_letter_works():
    _works("lawyer_letter")


@pytest.mark.guide("R50")
@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"lost_since": date(2025, 7, 1)}, "CW-LETTER-01"),  # six months to the day: not yet longer than that
        ({"lost_since": date(2025, 6, 30)}, None),
        ({"lost_since": None}, "CW-LETTER-01"),
        ({"balance": 49_999.99}, "CW-LETTER-02"),
        ({"balance": None}, "CW-LETTER-02"),
        ({"balance": 50_000.0}, None),
    ],
)
def test_a_lawyers_letter_needs_more_than_six_months_and_the_threshold(facts, rule):
    assert status("lawyer_letter", *lost(), asked("lawyer_letter", **facts)[0])[1][-1] == rule


@pytest.mark.guide("R51")
def test_a_letter_that_announces_an_action_needs_the_intention():
    assert status("lawyer_letter", *lost(), asked("lawyer_letter", ref=None)[0])[1][-1] == "CW-INTENT-01"


@pytest.mark.guide("R52", "off")
def test_entrusting_is_off():
    _gated("entrust")


@pytest.mark.guide("R52", "approved")
def test_entrusting_works_with_an_agency_under_contract():
    _works("entrust")


@pytest.mark.guide("R52", "refusal")
@pytest.mark.parametrize(
    "agency",
    [
        Agency("agency-a", date(2026, 1, 1), date(2027, 1, 1)),  # the contract has ended
        Agency("agency-a", date(2027, 1, 1), date(2026, 1, 1)),  # not evaluated within the year
        Agency("agency-a", date(2027, 1, 1), date(2027, 1, 1), may_sub_entrust=True),
        Agency("agency-b", date(2027, 1, 1), date(2027, 1, 1)),  # another one
    ],
)
def test_no_entrusting_without_contract_evaluation_and_ban_on_passing_on(agency):
    terms = replace(TERMS, agencies=(agency,))
    assert status("entrust", *HIGH, asked("entrust", ref="agency-a")[0], terms=terms)[1][-1] == "CW-ENTRUST-01"


@pytest.mark.guide("R10")
def test_a_high_risk_is_confirmed_by_a_person_before_anything_rests_on_it():
    assert status("entrust", asked("entrust", ref="agency-a")[0])[1][-1] == "CW-ENTRUST-02"
    assert status("high_risk", asked("high_risk", ref="medium")[0])[1][-1] == "CW-RISK-01"
    assert status("high_risk", *HIGH)[0] == "approved"


@pytest.mark.guide("R11")
def test_letters_and_entrusting_are_proposals_until_a_second_person_approves():
    for action in ("lawyer_letter", "entrust"):
        before, ask, _ = READY[action]
        assert status(action, *before, ask[0])[0] == "requested"
        assert status(action, *before, ask[0], {"kind": "done", "code": action})[1][-1] == "CW-APPROVAL-03"


@pytest.mark.guide("R53", "off")
def test_the_evidence_manifest_is_off():
    _gated("evidence")


@pytest.mark.guide("R53", "approved")
def test_the_evidence_manifest_works():
    _works("evidence")


@pytest.mark.guide("R53", "refusal")
def test_absence_of_contact_alone_is_no_evidence():
    assert status("evidence", *lost(), asked("evidence")[0])[1][-1] == "CW-EVIDENCE-01"


VOLUNTEERED = [*asked("volunteered"), {"kind": "volunteered", "point_id": "p9"}]


@pytest.mark.guide("R65", "off")
def test_a_contact_that_somebody_gave_is_not_taken_in():
    done = casework.replay(case(*VOLUNTEERED), DEFAULT)
    assert done.refusals.to_pylist() == ["CW-GATE-01", "CW-APPROVAL-01", "CW-APPROVAL-03"]
    assert not any(p["is_volunteered"] for p in done.points().to_pylist())


@pytest.mark.guide("R65", "approved")
def test_a_contact_that_somebody_gave_waits_for_the_customers_word():
    tried = [*VOLUNTEERED, attempt("no_answer", "p9")]
    done = casework.replay(case(*tried), TERMS)
    assert done.refusals.to_pylist() == [None, None, None, "CW-VOLUNTEER-01"]
    assert done.points().to_pylist()[0]["is_volunteered"]
    confirmed = casework.replay(
        case(*VOLUNTEERED, {"kind": "confirmed", "point_id": "p9"}, attempt("no_answer", "p9")), TERMS
    )
    assert confirmed.refusals.null_count == 5
    assert confirmed.points().to_pylist()[0]["state"] == "unanswered"


@pytest.mark.guide("R02")
@pytest.mark.guide("R66")
def test_a_forbearance_ends_the_trace_and_voids_what_was_approved():
    until = {"until": case({}, {})["at"][1].as_py().replace(year=2027)}
    rows = [
        *lost(),
        *asked("trace"),
        *asked("visit"),
        {"kind": "hardship", "code": "unemployed"},
        {"kind": "forbearance"} | until,
    ]
    done = casework.replay(case(*rows), TERMS)
    told = table_of(done.state, done.case_ids).to_pylist()[0]
    assert (told["life"], told["action_visit"], told["action_trace"]) == ("lost", "void", "void")
    assert status("trace", *rows, asked("trace")[0])[1][-1] == "CW-FORBEAR-01"


@pytest.mark.guide("R55")
@pytest.mark.parametrize("reason", list(ClosedReason))
def test_a_file_is_archived_only_when_it_is_complete(reason):
    ends = {
        "paid": [{"kind": "payment", "code": "full", "amount": 1.0}],
        "agreement": [{"kind": "agreement"}, {"kind": "payment", "code": "instalment", "amount": 1.0}],
        "legal": [{"kind": "legal"}],
    }[reason]
    rows = [*lost(), *asked("trace"), attempt("right_party"), *ends, {"kind": "closed", "code": reason}]
    file = {
        "paid": ["contact_log", "payment_proof"],
        "agreement": ["contact_log", "agreement_text", "payment_proof"],
        "legal": ["contact_log", "court_paper"],
    }[reason]
    needed = [*file, "trace_log", "recording"]  # it was traced, and somebody spoke
    for left_out in needed:
        held = [{"kind": "artefact", "code": a} for a in needed if a != left_out]
        assert casework.replay(case(*rows, *held, {"kind": "archived"}), TERMS).refusals[-1].as_py() == "CW-ARCHIVE-01"
    held = [{"kind": "artefact", "code": a} for a in needed]
    done = casework.replay(case(*rows, *held, {"kind": "archived"}), TERMS)
    assert table_of(done.state, done.case_ids)["life"][0].as_py() == "archived"
    assert casework.replay(case(*lost(), {"kind": "archived"}), TERMS).refusals[-1].as_py() == "CW-CLOSE-01"


def test_every_rule_of_the_table_is_spoken_by_a_test_or_by_the_service():
    """A rule nobody speaks is a promise nobody keeps."""
    from casework.rules import rules

    room = __import__("pathlib").Path(casework.__file__).parent
    code = "".join(p.read_text(encoding="utf-8") for p in room.glob("*.py"))
    door = room.parent / "pipeline" / "services" / "cases"
    service = "".join(p.read_text(encoding="utf-8") for p in door.glob("*.py"))
    assert [r for r in rules() if f'"{r}"' not in code + service] == []


def test_a_deployment_that_says_nothing_has_every_gate_shut():
    assert Terms().gates == frozenset()
