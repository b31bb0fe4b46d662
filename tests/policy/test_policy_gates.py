from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

import policy
from core import schemas
from tests.policy.policy_cases import AT, PURPOSE, consents, days, grants, registry, signals, source

ID_1, ID_2 = "110101199001010015", "110101199002020023"  # visibly test data: no such births on record here
CARD_SCOPES = ("financial_account", "whereabouts")


def first_gate(rows, index, *, spec=None, at=AT, pack=None):
    table = policy.admit(signals(rows), index, source=spec or source(), pack=pack or policy.load("cn"), at=at)
    assert table.schema.names == ["signal_id", "outcome", "rule_id", "consent_id"]
    return [(r["outcome"], r["rule_id"], r["consent_id"]) for r in table.to_pylist()]


@pytest.mark.guide("R21")
@pytest.mark.parametrize(
    ("grant", "answer"),
    [
        ({}, ("granted", "CN-CONSENT-01", "E0")),
        ({"withdrawn_at": AT - days(1)}, ("withheld", "CN-CONSENT-02", "E0")),
        ({"withdrawn_at": AT + days(90)}, ("withheld", "CN-CONSENT-02", "E0")),
        ({"expires_at": AT}, ("withheld", "CN-CONSENT-03", "E0")),
        ({"expires_at": AT + timedelta(microseconds=1)}, ("granted", "CN-CONSENT-01", "E0")),
        ({"granted_at": AT}, ("granted", "CN-CONSENT-01", "E0")),
        ({"granted_at": AT + timedelta(microseconds=1)}, ("withheld", "CN-CONSENT-04", "E0")),
        ({"granted_at": None}, ("withheld", "CN-CONSENT-05", "E0")),
        ({"expires_at": None}, ("withheld", "CN-CONSENT-05", "E0")),
        ({"purpose": "marketing"}, ("withheld", "CN-CONSENT-06", "E0")),
        ({"purpose": None}, ("withheld", "CN-CONSENT-06", "E0")),
        ({"scope": "phone_update"}, ("withheld", "CN-CONSENT-07", None)),
        ({"scope": None}, ("withheld", "CN-CONSENT-07", None)),
        ({"customer_no": "U2"}, ("withheld", "CN-CONSENT-07", None)),
    ],
)
def test_a_row_of_a_known_subject_is_answered_by_the_rule_that_fits_its_grant(grant, answer):
    assert first_gate([{"customer_no": "U1"}], grants(grant)) == [answer]


def test_a_row_without_a_key_of_its_subject_waits_for_the_match():
    rows = [{"name": "测试甲"}, {"id_number": "1101**********0015"}, {"id_number": "0015"}, {"id_tail": "0015"}]
    assert first_gate(rows, grants({"id_number": ID_1})) == [("pending", "CN-SUBJECT-01", None)] * 4


def test_a_subject_is_found_by_customer_number_or_by_full_id():
    index = grants({"customer_no": "U1", "id_number": ID_1})
    rows = [
        {"customer_no": "U1"},
        {"id_number": ID_1},
        {"customer_no": "U1", "id_number": ID_1},
        {"customer_no": "X", "id_number": None},
    ]
    assert [o for o, _, _ in first_gate(rows, index)] == ["granted", "granted", "granted", "withheld"]


def test_a_grant_whose_other_key_is_somebody_elses_is_no_grant():
    index = grants({"customer_no": "U1", "id_number": ID_1})
    rows = [{"customer_no": "U1", "id_number": ID_2}, {"customer_no": "U2", "id_number": ID_1}]
    assert first_gate(rows, index) == [("withheld", "CN-SUBJECT-02", "E0")] * 2


def test_a_masked_id_contradicts_nobody():
    index = grants({"customer_no": "U1", "id_number": ID_1})
    assert first_gate([{"customer_no": "U1", "id_number": "1101**********0015"}], index)[0][0] == "granted"


def test_a_withdrawal_under_one_key_is_heard_under_every_key_of_that_person():
    index = grants(
        {"customer_no": "U1", "id_number": None},
        {"customer_no": "U1", "id_number": ID_1, "scope": "service_note"},
        {"customer_no": None, "id_number": ID_1, "withdrawn_at": AT - days(1)},
    )
    assert first_gate([{"customer_no": "U1"}], index)[0][:2] == ("withheld", "CN-CONSENT-02")


def test_a_new_grant_after_a_withdrawal_counts_again():
    old = {"granted_at": AT - days(300), "withdrawn_at": AT - days(200)}
    assert first_gate([{"customer_no": "U1"}], grants(old, {"granted_at": AT - days(5)}))[0] == (
        "granted",
        "CN-CONSENT-01",
        "E1",
    )


def test_a_withdrawal_reaches_every_grant_given_before_it():
    older, newer = {"granted_at": AT - days(300)}, {"granted_at": AT - days(20), "withdrawn_at": AT - days(10)}
    assert first_gate([{"customer_no": "U1"}], grants(older, newer))[0][:2] == ("withheld", "CN-CONSENT-02")


def test_a_withdrawal_of_another_scope_or_purpose_changes_nothing():
    gone = {"withdrawn_at": AT - days(1)}
    index = grants({}, {"scope": "service_note"} | gone, {"purpose": "marketing"} | gone)
    assert first_gate([{"customer_no": "U1"}], index)[0][:2] == ("granted", "CN-CONSENT-01")


@pytest.mark.parametrize("vague", [{"scope": None}, {"purpose": None}, {"scope": None, "purpose": None}])
def test_a_withdrawal_that_names_no_scope_or_purpose_withdraws_all(vague):
    index = grants({}, {"withdrawn_at": AT - days(1)} | vague)
    assert first_gate([{"customer_no": "U1"}], index)[0][:2] == ("withheld", "CN-CONSENT-02")


def test_a_withdrawal_logged_as_a_row_of_its_own_kills_the_grant_of_that_id():
    index = grants(
        {"consent_id": "E"}, {"consent_id": "E", "customer_no": None, "granted_at": None, "withdrawn_at": AT - days(90)}
    )
    assert first_gate([{"customer_no": "U1"}], index)[0][:2] == ("withheld", "CN-CONSENT-02")


def test_one_persons_withdrawal_is_not_anothers():
    index = grants({}, {"customer_no": "U2", "withdrawn_at": AT - days(1)})
    assert [o for o, _, _ in first_gate([{"customer_no": "U1"}, {"customer_no": "U2"}], index)] == [
        "granted",
        "withheld",
    ]


@pytest.mark.guide("R26")
def test_a_source_of_two_scopes_needs_a_grant_of_each_and_rests_on_both():
    spec = source("transaction_regions", CARD_SCOPES)
    rows = [{"customer_no": c} for c in ("U1", "U2", "U3", "U4")]
    index = grants(
        {"scope": CARD_SCOPES[0]},
        {"scope": CARD_SCOPES[1]},
        {"scope": CARD_SCOPES[0], "customer_no": "U2"},
        {"scope": CARD_SCOPES[1], "customer_no": "U3"},
        {"scope": CARD_SCOPES[0], "customer_no": "U3", "withdrawn_at": AT},
        {"scope": CARD_SCOPES[0], "customer_no": "U4", "expires_at": AT},
    )
    assert first_gate(rows, index, spec=spec) == [
        ("granted", "CN-CONSENT-01", "E0|E1"),
        ("withheld", "CN-CONSENT-07", None),
        ("withheld", "CN-CONSENT-02", "E4"),
        ("withheld", "CN-CONSENT-03", "E5"),  # the first scope that fails decides
    ]


@pytest.mark.parametrize(
    ("kind", "scopes", "rule"),
    [
        ("transaction_regions", ("financial_account",), "CN-CLASS-01"),
        ("transaction_regions", ("delivery_address",), "CN-SCOPE-02"),
        ("deliveries", ("phone_update",), "CN-SCOPE-02"),
        ("deliveries", ("everything",), "CN-SCOPE-01"),
        ("deliveries", ("delivery_address", "everything"), "CN-SCOPE-01"),
        ("app_regions", ("financial_account",), "CN-SCOPE-02"),
    ],
)
def test_a_source_whose_scopes_do_not_fit_its_kind_is_withheld_whole(kind, scopes, rule):
    index = grants(*({"scope": s} for s in scopes))
    answers = first_gate([{"customer_no": "U1"}, {}], index, spec=source(kind, scopes))
    assert [(o, r) for o, r, _ in answers] == [("withheld", rule)] * 2


@pytest.mark.guide("R49", "off")
@pytest.mark.guide("R49", "approved")
def test_a_region_of_the_app_needs_separate_consent_to_whereabouts_and_no_other_will_do():
    spec = source("app_regions", ("app_location",))
    other = grants({"scope": "delivery_address"}, {"scope": "phone_update"})
    assert first_gate([{"customer_no": "U1"}], other, spec=spec)[0][0] == "withheld"
    own = grants({"scope": "app_location"})
    assert first_gate([{"customer_no": "U1"}], own, spec=spec)[0][:2] == ("granted", "CN-CONSENT-01")


def test_a_purpose_the_pack_does_not_know_withholds_everything():
    index = policy.Grants.build(consents([{"purpose": "fun"}]), purpose="fun", at=AT)
    assert first_gate([{"customer_no": "U1"}], index)[0][:2] == ("withheld", "CN-PURPOSE-01")


@pytest.mark.parametrize(
    ("kind", "scope", "age", "rule"),
    [
        ("transaction_regions", "transaction_region", 90, "CN-CONSENT-01"),
        ("transaction_regions", "transaction_region", 90.001, "CN-AGE-06"),
        ("app_regions", "app_location", 90.001, "CN-AGE-07"),
        ("deliveries", "delivery_address", 1000, "CN-CONSENT-01"),
        ("deliveries", "delivery_address", 1827, "CN-AGE-03"),
        ("deliveries", "delivery_address", -0.001, "CN-AGE-02"),
        ("deliveries", "delivery_address", None, "CN-AGE-01"),
    ],
)
def test_a_row_is_used_only_while_its_kind_allows(kind, scope, age, rule):
    row = {"customer_no": "U1", "observed_at": None if age is None else AT - days(age)}
    assert first_gate([row], grants({"scope": scope}), spec=source(kind, (scope,)))[0][1] == rule


def test_age_withholds_even_what_would_be_pending():
    assert first_gate([{"observed_at": AT - days(4000)}], grants())[0][:2] == ("withheld", "CN-AGE-03")


def test_empty_tables_pass_the_gates_as_empty_tables():
    nothing = grants()
    assert first_gate([], nothing) == []
    links = pa.table({"signal_id": pa.array([], pa.string()), "case_id": pa.array([], pa.string())})
    debtors = policy.Debtors.judged(registry([]), nothing, sources=[source()], pack=policy.load("cn"), at=AT)
    assert debtors.admit(links, signals([])).num_rows == 0
    empty = schemas.empty(schemas.CANDIDATES)
    assert policy.may_read(empty, nothing, pack=policy.load("cn"), at=AT).num_rows == 0


def test_consents_in_many_chunks_answer_as_in_one():
    rows = [{"customer_no": f"U{i}", "expires_at": AT + days(i - 2)} for i in range(6)]
    whole = consents(rows)
    pieces = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 3), whole.slice(4)])
    ask = [{"customer_no": f"U{i}"} for i in range(6)]
    one, many = (policy.Grants.build(t, purpose=PURPOSE, at=AT) for t in (whole, pieces))
    assert first_gate(ask, one) == first_gate(ask, many)


# --- second gate ----------------------------------------------------------------------------------------------------


def second_gate(links, rows, cases, index, specs=None):
    table = pa.table({"signal_id": pa.array([s for s, _ in links]), "case_id": pa.array([c for _, c in links])})
    specs = specs if specs is not None else [source()]
    debtors = policy.Debtors.judged(registry(cases), index, sources=specs, pack=policy.load("cn"), at=AT)
    out = debtors.admit(table, signals(rows))
    each = [debtors.admit(table.slice(n, 1), signals(rows)) for n in range(len(table))]  # link by link the same
    assert pa.concat_tables([out.slice(0, 0), *each]) == out
    assert [(r["signal_id"], r["case_id"]) for r in out.to_pylist()] == list(links)
    return [(r["outcome"], r["rule_id"], r["consent_id"]) for r in out.to_pylist()]


def test_a_link_is_granted_by_the_debtors_own_consent():
    cases = [
        {"case_id": "C1", "customer_no": "U1"},
        {"case_id": "C2", "id_number": ID_2},
        {"case_id": "C3", "id_number": "1101**********0015"},
        {"case_id": "C4", "customer_no": "U4"},
    ]
    index = grants(
        {"customer_no": "U1"}, {"customer_no": "U2", "id_number": ID_2}, {"customer_no": "U3", "id_number": ID_1}
    )
    links = [("S0", "C4"), ("S0", "C3"), ("S0", "C2"), ("S0", "C1")]
    assert second_gate(links, [{}], cases, index) == [
        ("withheld", "CN-CONSENT-07", None),
        ("withheld", "CN-SUBJECT-01", None),
        ("granted", "CN-CONSENT-01", "E1"),
        ("granted", "CN-CONSENT-01", "E0"),
    ]


def test_each_link_is_held_to_the_scope_of_its_own_source():
    specs = [source(), source("service_notes", ("service_note",))]
    rows = [{}, {"source": "service_notes"}, {"source": "not_declared"}]
    links = [("S1", "C1"), ("S0", "C1"), ("S2", "C1"), ("S9", "C1"), ("S0", "C9")]
    answers = second_gate(links, rows, [{"case_id": "C1", "customer_no": "U1"}], grants({}), specs)
    assert [(o, r) for o, r, _ in answers] == [
        ("withheld", "CN-CONSENT-07"),
        ("granted", "CN-CONSENT-01"),
        ("withheld", "CN-DEFAULT-01"),
        ("withheld", "CN-DEFAULT-01"),
        ("withheld", "CN-DEFAULT-01"),
    ]


@pytest.mark.parametrize(
    ("status", "rule"), [("open", "CN-CONSENT-01"), (None, "CN-CONSENT-01"), ("closed", "CN-CASE-01")]
)
def test_a_closed_case_is_never_linked(status, rule):
    case = {"case_id": "C1", "customer_no": "U1", "case_status": status}
    assert second_gate([("S0", "C1")], [{}], [case], grants({}))[0][1] == rule


# --- third gate -----------------------------------------------------------------------------------------------------


def third_gate(consent_ids, index, sources=None, named=None):
    columns = {"consent_ids": pa.array(consent_ids, pa.list_(pa.string()))}
    if named:
        columns["sources"] = pa.array(named, pa.list_(pa.string()))
    out = policy.may_read(pa.table(columns), index, pack=policy.load("cn"), at=AT, sources=sources)
    return [(r["visible"], r["rule_id"]) for r in out.to_pylist()]


def test_a_candidate_is_hidden_when_any_consent_it_rests_on_no_longer_stands():
    index = grants({}, {"withdrawn_at": AT - days(1), "customer_no": "U2"}, {"expires_at": AT, "customer_no": "U3"})
    ids = [["E0"], ["E0", "E1"], ["E0", "E2"], ["E2", "E1"], ["unknown"], [], None, ["E0", None], ["E0|E0"], ["E0|E1"]]
    seen, gone, out, none = (
        (True, "CN-CONSENT-01"),
        (False, "CN-CONSENT-02"),
        (False, "CN-CONSENT-03"),
        (False, "CN-CONSENT-07"),
    )
    assert third_gate(ids, index) == [seen, gone, out, gone, none, none, none, none, seen, gone]


def test_one_consent_id_over_several_scopes_counts_by_the_scopes_the_candidate_used():
    index = grants({"consent_id": "E"}, {"consent_id": "E", "scope": "service_note", "withdrawn_at": AT - days(1)})
    specs = [source(), source("service_notes", ("service_note",))]
    named = [["deliveries"], ["service_notes"], ["deliveries", "service_notes"], ["not_declared"]]
    assert [v for v, _ in third_gate([["E"]] * 4, index, specs, named)] == [True, False, False, False]
    assert third_gate([["E"]], index) == [(False, "CN-CONSENT-02")]


def test_a_withdrawal_a_second_ago_already_counts_at_read():
    before, after = grants({}), grants({"withdrawn_at": AT - timedelta(seconds=1)})
    assert (third_gate([["E0"]], before)[0][0], third_gate([["E0"]], after)[0][0]) == (True, False)
