from __future__ import annotations

from datetime import timedelta

import pyarrow as pa

import store
from tests.store.conftest import AT


def row(number=1, **changes):
    return {
        "source": "shop_orders",
        "row": number,
        "record_id": f"R{number}",
        "field": "contact_phone",
        "reason": "not_a_phone",
        "payload_sealed": b"sealed",
    } | changes


def add(db, *rows, run_key="run-1", at=AT):
    return db.quarantine_add(pa.Table.from_pylist(list(rows), schema=store.QUARANTINE_ROWS), run_key=run_key, at=at)


def test_rows_are_kept_with_their_reason_and_sealed_payload(db):
    assert add(db, row(1), row(2)) == 2
    kept = db.quarantine_list()
    assert kept.select(store.QUARANTINE_ROWS.names).to_pylist() == [row(1), row(2)]
    assert kept["status"].to_pylist() == ["open", "open"]


def test_the_same_row_failing_again_is_one_entry(db):
    add(db, row(1))
    assert add(db, row(1, row=7), run_key="run-2", at=AT + timedelta(days=1)) == 0
    (entry,) = db.quarantine_list().to_pylist()
    assert (entry["first_seen"], entry["last_seen"]) == (AT, AT + timedelta(days=1))
    assert (entry["run_key"], entry["row"]) == ("run-2", 7)


def test_another_reason_or_field_is_another_entry(db):
    assert add(db, row(1), row(1, reason="missing"), row(1, field="phone")) == 3


def test_rows_that_share_a_record_id_are_two_entries_in_every_run(db):
    pair = [row(1, reason="duplicate_id"), row(2, record_id="R1", reason="duplicate_id")]
    assert add(db, *pair) == 2
    assert add(db, *pair, run_key="run-2") == 0


def test_duplicates_that_come_in_different_batches_are_told_apart(db):
    for number in (1, 2):
        assert add(db, row(number, record_id="R1", reason="duplicate_id")) == 1


def test_a_row_without_an_id_is_known_by_its_number(db):
    assert add(db, row(1, record_id=None), row(2, record_id=None)) == 2
    assert add(db, row(1, record_id=None)) == 0


def test_a_payload_once_kept_is_not_lost_to_a_rerun_without_one(db):
    add(db, row(1))
    add(db, row(1, payload_sealed=None))
    assert db.quarantine_list()["payload_sealed"].to_pylist() == [b"sealed"]


def test_replayed_entries_leave_the_list_until_they_fail_again(db):
    add(db, row(1), row(2))
    first = db.quarantine_list()["id"].to_pylist()[0]
    assert db.quarantine_mark([first, "unknown"]) == 1
    assert db.quarantine_list()["row"].to_pylist() == [2]
    assert db.quarantine_list(status=None).num_rows == 2
    assert db.verify_audit().head.seq == 1
    add(db, row(1))
    assert db.quarantine_list()["row"].to_pylist() == [1, 2]


def test_entries_are_found_by_source_and_run(db):
    add(db, row(1), row(2, source="notes"))
    add(db, row(3), run_key="run-2")
    assert db.quarantine_list(source="shop_orders")["row"].to_pylist() == [1, 3]
    assert db.quarantine_list(run_key="run-2")["row"].to_pylist() == [3]
    assert db.quarantine_list(limit=1).num_rows == 1
