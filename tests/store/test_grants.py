from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

import store
from tests.store.conftest import AT, candidate, candidates

DAY = timedelta(days=1)


def grant(consent_id="c1", **changes):
    return {
        "consent_id": consent_id,
        "customer_token": "tok-customer",
        "id_token": "tok-id",
        "purpose": "trace",
        "scope": "orders",
        "granted_at": AT - 100 * DAY,
        "expires_at": None,
        "withdrawn_at": None,
        "notice_version": "v1",
    } | changes


def save(db, *rows, run_key="run-1"):
    db.save_grants(pa.Table.from_pylist(list(rows), schema=store.GRANTS), run_key=run_key)


def withdrawn(db):
    rows = db.grants()
    return dict(zip(rows["consent_id"].to_pylist(), rows["withdrawn_at"].to_pylist(), strict=True))


def test_grants_come_back_as_they_were_given(db):
    given = [grant("c1", expires_at=AT), grant("c2", withdrawn_at=AT - DAY, customer_token=None)]
    save(db, *given)
    assert db.grants().drop_columns("last_seen_run").to_pylist() == given
    assert db.grants("tok-customer")["consent_id"].to_pylist() == ["c1"]
    assert db.grants("tok-id")["consent_id"].to_pylist() == ["c1", "c2"]


def test_the_grants_that_a_case_rests_on_are_found(db):
    save(db, grant("consent-1"), grant("consent-2"), grant("consent-4"), grant("unused"))
    rows = [candidate(1), candidate(2), candidate(4, consent_ids=["consent-4", "not on record"])]
    db.publish(candidates(*rows), run_key="run-1", at=AT)
    assert db.grants(case_id="case-1")["consent_id"].to_pylist() == ["consent-1", "consent-4"]
    assert db.grants(case_id="case-x").num_rows == 0


def test_a_grant_is_replaced_by_its_id(db):
    save(db, grant(scope="orders"))
    save(db, grant(scope="notes"), run_key="run-2")
    assert db.grants()["scope"].to_pylist() == ["notes"]


def test_a_grant_gone_from_the_source_stays_and_only_what_is_new_is_written(db):
    save(db, grant("c1"), grant("c2"), grant("c3"))
    save(db, grant("c2"), grant("c3", scope="notes"), run_key="run-2")
    assert db.grants()["last_seen_run"].to_pylist() == ["run-1", "run-1", "run-2"]


def test_a_withdrawal_on_record_is_not_undone_by_an_older_file(db):
    save(db, grant(withdrawn_at=AT - DAY))
    save(db, grant())
    assert withdrawn(db) == {"c1": AT - DAY}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_two_withdrawals_the_earlier_counts(db, order):
    for days in order:
        save(db, grant(withdrawn_at=AT - days * DAY))
    assert withdrawn(db) == {"c1": AT - 2 * DAY}


def test_an_id_given_twice_in_one_file_keeps_its_withdrawal(db):
    save(db, grant(withdrawn_at=AT - DAY), grant(), grant("c2", scope="a"), grant("c2", scope="b"))
    assert withdrawn(db) == {"c1": AT - DAY, "c2": None}
    assert db.grants()["scope"].to_pylist() == ["orders", "b"]


def test_consent_given_again_after_a_withdrawal_counts(db):
    save(db, grant(withdrawn_at=AT - 50 * DAY))
    save(db, grant(granted_at=AT - DAY))
    assert withdrawn(db) == {"c1": None}


def test_a_customer_withdraws_everything(db):
    save(db, grant("c1"), grant("c2", scope="notes"), grant("c3", customer_token="tok-other", id_token=None))
    assert db.withdraw("tok-customer", at=AT) == 2
    assert withdrawn(db) == {"c1": AT, "c2": AT, "c3": None}
    assert db.withdraw("tok-customer", at=AT) == 0
    assert db.verify_audit().head.seq == 2


def test_a_customer_withdraws_some_scopes_by_either_token(db):
    save(db, grant("c1"), grant("c2", scope="notes"))
    assert db.withdraw("tok-id", ["notes"], at=AT) == 1
    assert withdrawn(db) == {"c1": None, "c2": AT}


def test_a_withdrawal_also_ends_older_grants_that_a_file_brings_later(db):
    db.withdraw("tok-customer", ["orders"], at=AT)
    save(db, grant("old"), grant("new", granted_at=AT + DAY), grant("notes", scope="notes"))
    assert withdrawn(db) == {"old": AT, "new": None, "notes": None}


def test_an_api_withdrawal_survives_a_reload_of_the_source(db):
    save(db, grant())
    db.withdraw("tok-customer", at=AT)
    save(db, grant(), run_key="run-2")
    assert withdrawn(db) == {"c1": AT}


def test_a_grant_without_a_date_is_ended_by_any_withdrawal(db):
    save(db, grant(granted_at=None))
    db.withdraw("tok-customer", at=AT)
    save(db, grant(granted_at=None))
    assert withdrawn(db) == {"c1": AT}


def test_a_load_writes_only_what_it_says_otherwise_than_before(db, monkeypatch):
    save(db, grant("c1"), grant("c2", scope="notes"))
    asked = []
    upsert = store.bulk.upsert
    monkeypatch.setattr(
        store.grants.bulk, "upsert", lambda *a, **k: (asked.append(a[2]["consent_id"].to_pylist()), upsert(*a, **k))
    )
    save(db, grant("c1"), grant("c2", scope="notes"), run_key="run-2")
    save(db, grant("c1", scope="other"), grant("c2", scope="notes"), run_key="run-3")
    save(db, grant("c1"), run_key="run-4")  # and back again, in a load that lacks the other
    assert asked == [["c1"], ["c1"]]
    assert db.grants()["scope"].to_pylist() == [grant("c1")["scope"], "notes"]
    assert db.grants()["last_seen_run"].to_pylist() == ["run-4", "run-1"]


def test_a_withdrawal_recorded_since_holds_when_the_same_load_comes_again(db):
    save(db, grant("c1"))
    db.withdraw("tok-customer", at=AT)
    before = db.grants()
    save(db, grant("c1"), run_key="run-2")
    assert db.grants() == before
