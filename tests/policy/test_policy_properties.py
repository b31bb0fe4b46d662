"""What must hold whatever the consents, signals and packs are."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policy
from core.kinds import SourceKind
from policy.conditions import Condition
from tests.policy.policy_cases import AT, PURPOSE, consents, signals, source

CN = policy.load("cn")
KEYS = [None, "U1", "U2", "U3"]
IDS = [None, "110101199001010015", "110101199002020023", "1101**********0015"]
SCOPES = {
    SourceKind.DELIVERIES: ("delivery_address",),
    SourceKind.TRANSACTION_REGIONS: ("financial_account", "whereabouts"),
    SourceKind.APP_REGIONS: ("whereabouts",),
}
moments = st.integers(-400, 400).map(lambda d: AT + timedelta(days=d)) | st.none()
grant = st.fixed_dictionaries(
    {
        "customer_no": st.sampled_from(KEYS),
        "id_number": st.sampled_from(IDS),
        "purpose": st.sampled_from([PURPOSE, PURPOSE, PURPOSE, "marketing", None]),
        "scope": st.sampled_from(["delivery_address", "financial_account", "whereabouts", None]),
        "granted_at": moments,
        "expires_at": moments,
        "withdrawn_at": st.none() | st.none() | moments,
    }
)
signal = st.fixed_dictionaries(
    {"customer_no": st.sampled_from(KEYS), "id_number": st.sampled_from(IDS), "observed_at": moments}
)
kinds = st.sampled_from(list(SCOPES))
quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def gate(rows, given_grants, kind, pack=CN, at=AT):
    index = policy.Grants.build(consents(given_grants), purpose=PURPOSE, at=at)
    spec = source(kind.value, SCOPES[kind])
    return policy.admit(signals(rows), index, source=spec, pack=pack, at=at).to_pylist()


def is_full(id_number: str | None) -> bool:
    return id_number is not None and "*" not in id_number


def keys_of(row: dict) -> set[str]:
    return {k for k in (row["customer_no"], row["id_number"] if is_full(row["id_number"]) else None) if k}


def person_of(row: dict, rows: list[dict]) -> set[str]:
    """Every key of the person of this row, by walking rows that share one. Slow and plain on purpose."""
    known = keys_of(row)
    while True:
        wider = known.union(*(keys_of(r) for r in rows if keys_of(r) & known)) if known else known
        if wider == known:
            return known
        known = wider


def as_facts(row: dict, all_grants: list[dict]) -> tuple[policy.Grant, ...]:
    """The grants that concern this signal's subject, as one would read them off the list by hand."""
    facts = []
    for g in all_grants:
        own = bool(keys_of(g) & keys_of(row))
        other_no = g["customer_no"] and row["customer_no"] and g["customer_no"] != row["customer_no"]
        other_id = is_full(g["id_number"]) and is_full(row["id_number"]) and g["id_number"] != row["id_number"]
        if own:
            withdrawn = g["withdrawn_at"] or reached(g, all_grants)
            facts.append(
                policy.Grant(
                    g["purpose"], g["scope"], g["granted_at"], g["expires_at"], withdrawn, not (other_no or other_id)
                )
            )
    return tuple(facts)


def reached(g: dict, all_grants: list[dict]) -> datetime | None:
    """The withdrawal of the same person, scope and purpose that reaches this grant, if one does."""
    people = person_of(g, all_grants)
    for w in all_grants:
        heard = w["withdrawn_at"] and w["purpose"] in (PURPOSE, None) and w["scope"] in (g["scope"], None)
        if heard and keys_of(w) & people and (g["granted_at"] is None or g["granted_at"] <= w["withdrawn_at"]):
            return w["withdrawn_at"]
    return None


@quick
@given(st.lists(signal, max_size=6), st.lists(grant, max_size=6), kinds)
def test_the_gate_agrees_with_the_scalar_decision(rows, all_grants, kind):
    for row, answer in zip(rows, gate(rows, all_grants, kind), strict=True):
        facts = as_facts(row, all_grants)
        asked = policy.Request(kind, SCOPES[kind], PURPOSE, AT, row["observed_at"], facts, has_key=bool(keys_of(row)))
        decision = policy.decide(asked, CN)
        assert decision.allowed or answer["outcome"] != "granted"
        if all(
            f.same_person for f in facts
        ):  # several people under one number: the gate may deny what by hand could be told apart
            assert (answer["outcome"] == "granted") == decision.allowed
            assert answer["rule_id"] == decision.rule_ids[0]


@quick
@given(st.lists(signal, max_size=6), st.lists(grant, max_size=6), kinds)
def test_nothing_passes_without_a_grant_of_this_purpose_scope_and_time(rows, all_grants, kind):
    for row, answer in zip(rows, gate(rows, all_grants, kind), strict=True):
        if answer["outcome"] != "granted":
            continue
        for scope in SCOPES[kind]:
            assert any(
                keys_of(g) & keys_of(row)
                and (g["purpose"], g["scope"], g["withdrawn_at"]) == (PURPOSE, scope, None)
                and g["granted_at"]
                and g["expires_at"]
                and g["granted_at"] <= AT < g["expires_at"]
                for g in all_grants
            )


rules = st.sampled_from([r for r in CN.rules if r.effect == "deny"]).flatmap(
    lambda r: st.builds(
        lambda days, some, n: r.model_copy(
            update={
                "id": f"CN-ADDED-{n:02d}",
                "kinds": tuple(some),
                "max_age_days": days if r.when is Condition.TOO_OLD else None,
            }
        ),
        st.integers(0, 4000),
        st.lists(st.sampled_from(list(SCOPES)), unique=True),
        st.integers(0, 99),
    )
)


@quick
@given(
    st.lists(signal, max_size=6),
    st.lists(grant, max_size=6),
    kinds,
    st.lists(rules, max_size=3, unique_by=lambda r: r.id),
)
def test_adding_a_rule_never_permits_more(rows, all_grants, kind, added):
    order = {"granted": 2, "pending": 1, "withheld": 0}
    stricter = CN.model_copy(update={"rules": (*added, *CN.rules)})
    before, after = gate(rows, all_grants, kind), gate(rows, all_grants, kind, stricter)
    assert all(order[a["outcome"]] <= order[b["outcome"]] for a, b in zip(after, before, strict=True))


@quick
@given(st.lists(signal, max_size=5), st.lists(grant, max_size=5), kinds)
def test_combining_packs_never_permits_more_than_each(rows, all_grants, kind):
    both = gate(rows, all_grants, kind, policy.combine([CN, policy.load("uk")]))
    for pack in (CN, policy.load("uk")):
        alone = gate(rows, all_grants, kind, pack)
        assert all(a["outcome"] == "granted" for b, a in zip(both, alone, strict=True) if b["outcome"] == "granted")


@quick
@given(st.lists(signal, max_size=5), st.lists(grant, max_size=5), kinds, grant)
def test_hearing_of_a_withdrawal_never_permits_more(rows, all_grants, kind, more):
    withdrawal = more | {"withdrawn_at": AT}
    before, after = gate(rows, all_grants, kind), gate(rows, [*all_grants, withdrawal], kind)
    assert all(b["outcome"] == "granted" for b, a in zip(before, after, strict=True) if a["outcome"] == "granted")


@quick
@given(st.lists(signal, max_size=5), st.permutations(list(range(4))), st.lists(grant, min_size=4, max_size=4), kinds)
def test_the_order_of_the_consents_does_not_change_what_is_granted(rows, order, all_grants, kind):
    clear = [g | {"id_number": None} for g in all_grants]
    one, other = gate(rows, clear, kind), gate(rows, [clear[i] for i in order], kind)
    assert [(a["outcome"], a["rule_id"]) for a in one] == [(a["outcome"], a["rule_id"]) for a in other]
