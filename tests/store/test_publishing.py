from __future__ import annotations

import json
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import store
from core.errors import Fatal
from store import content
from tests.store.conftest import AT, candidate, candidates

TOLD = (*content.TOLD, "content_hash")


def publish(db, *rows, run_key="run-1", carried=()):
    return db.publish(candidates(*rows), run_key=run_key, at=AT, carried=carried)


def ops(db, after=0):
    return [(d["op"], d["candidate_id"]) for d in db.deltas(after, 1000).to_pylist()]


def replay(state, deltas):
    """What a consumer does: apply deltas in order."""
    for delta in deltas:
        if delta["op"] == "DEL":
            del state[delta["candidate_id"]]
        else:
            assert (delta["op"] == "ADD") == (delta["candidate_id"] not in state)
            state[delta["candidate_id"]] = delta["content_hash"]
    return state


def held(snapshot):
    return dict(zip(snapshot.rows["candidate_id"].to_pylist(), snapshot.rows["content_hash"].to_pylist(), strict=True))


def test_the_first_publish_adds_everything(db):
    result = publish(db, candidate(1), candidate(2))
    assert (result.added, result.modified, result.deleted, result.first_seq, result.last_seq) == (2, 0, 0, 1, 2)
    assert sorted(ops(db)) == [("ADD", "cand-0001"), ("ADD", "cand-0002")]


def test_publishing_the_same_again_writes_no_delta(db):
    publish(db, candidate(1), candidate(2))
    before = db.snapshot()
    result = publish(db, candidate(2), candidate(1), run_key="run-2")
    assert result.changed == 0
    assert result.unchanged == 2
    assert db.snapshot().rows.equals(before.rows)
    assert db.snapshot().seq == before.seq == 2


def test_rows_come_back_as_they_were_given(db):
    row = candidate(1, rank=3, email=None)
    publish(db, row)
    got = db.candidates("case-1", at=AT)
    assert got.schema == store.READ
    assert got.select(store.CANDIDATE_ROWS.names).equals(candidates(row))


def test_absent_facts_come_back_absent(db):
    row = candidate(1, first_seen=None, sources=None, factors=None, origins=None, consent_ids=[])
    publish(db, row)
    assert db.snapshot().rows.select(store.CANDIDATE_ROWS.names).equals(candidates(row))


def test_a_delta_tells_the_masked_facts_and_a_deletion_tells_nothing(db):
    publish(db, candidate(1))
    publish(db)
    added, deleted = db.deltas(0, 10).to_pylist()
    told = json.loads(added["payload"])
    assert set(told) == set(content.TOLD)
    assert told["value_masked"] == "138****0001"
    assert told["last_seen"] == "2026-11-21T00:00:00.000000Z"
    assert (deleted["op"], deleted["payload"], deleted["content_hash"]) == ("DEL", None, None)
    assert db.snapshot().rows.num_rows == 0


@pytest.mark.parametrize(
    "change",
    [
        {"rank": 2},
        {"holder": "uncertain"},
        {"value_masked": "139****0001"},
        {"reasons": ["recent"]},
        {"sources": ["notes"]},
        {"origins": 3},
        {"consent_ids": ["consent-1", "consent-2"]},
        {"last_seen": AT - timedelta(days=1)},
        {"probability": 0.51},
    ],
    ids=lambda c: next(iter(c)),
)
def test_a_change_of_content_is_a_modification(db, change):
    publish(db, candidate(1))
    assert publish(db, candidate(1, **change)).modified == 1
    assert ops(db)[-1] == ("MOD", "cand-0001")


@pytest.mark.parametrize(
    "change",
    [
        {"probability": 0.509},
        {"value_sealed": b"sealed again with another nonce"},
        {"sources": ["notes", "shop_orders"]},
        {"last_seen": AT - timedelta(days=2) + timedelta(hours=5)},
        {"factors": []},
    ],
    ids=lambda c: next(iter(c)),
)
def test_what_no_consumer_would_notice_is_no_modification(db, change):
    publish(db, candidate(1))
    assert publish(db, candidate(1, **change)).changed == 0


def test_a_slow_drift_is_told_once_it_adds_up(db):
    publish(db, candidate(1, probability=0.500))
    told = [publish(db, candidate(1, probability=p)).modified for p in (0.505, 0.509, 0.512, 0.515)]
    assert told == [0, 0, 1, 0]


def test_a_small_drift_beside_a_real_change_is_told(db):
    publish(db, candidate(1))
    assert publish(db, candidate(1, probability=0.503, rank=2)).modified == 1
    assert db.snapshot().rows["probability"].to_pylist() == [0.503]


def test_candidates_of_a_failed_source_are_left_as_they_are(db):
    publish(db, candidate(1), candidate(2), candidate(3))
    result = publish(db, candidate(1), carried=["cand-0002", "never-published"])
    assert (result.deleted, result.carried, result.unchanged) == (1, 1, 1)
    assert db.snapshot().rows["candidate_id"].to_pylist() == ["cand-0001", "cand-0002"]


def test_an_id_given_twice_or_not_at_all_stops_the_publish(db):
    with pytest.raises(Fatal, match="1 ids more than once"):
        publish(db, candidate(1), candidate(1))
    with pytest.raises(Fatal, match="1 candidates without an id"):
        publish(db, candidate(1, candidate_id=None))
    assert db.deltas().num_rows == 0


def test_a_third_party_is_refused_by_the_database_and_nothing_of_that_publish_stays(db):
    with pytest.raises(Fatal) as error:
        publish(db, candidate(1), candidate(2, holder="third_party"))
    assert "cand-" not in str(error.value)
    assert "138" not in str(error.value)
    assert db.snapshot().seq == 0
    assert db.snapshot().rows.num_rows == 0


def test_deltas_are_read_in_pages(db):
    publish(db, *[candidate(i) for i in range(1, 8)])
    pages = [db.deltas(after, 3)["seq"].to_pylist() for after in (0, 3, 6, 7)]
    assert pages == [[1, 2, 3], [4, 5, 6], [7], []]


def test_a_publish_is_in_the_audit_chain(db):
    publish(db, candidate(1))
    assert db.verify_audit().head.seq == 1


states = st.lists(
    st.dictionaries(st.integers(1, 8), st.tuples(st.integers(1, 3), st.integers(0, 100)), max_size=8),
    min_size=1,
    max_size=6,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=states, data=st.data())
def test_applying_the_deltas_reproduces_every_snapshot(open_store, history, data):
    db = open_store()
    publish(db)  # the fixture's store outlives an example: begin from empty
    seen, state = db.snapshot().seq, {}
    for wanted in history:
        carried = data.draw(st.sets(st.sampled_from([f"cand-{i:04d}" for i in range(1, 9)])))
        before = held(db.snapshot())
        rows = [candidate(i, rank=rank, probability=p / 100) for i, (rank, p) in wanted.items()]
        result = publish(db, *rows, carried=carried)
        deltas = db.deltas(seen, 1000).to_pylist()
        assert [d["seq"] for d in deltas] == list(range(result.first_seq, result.last_seq + 1))
        snapshot = db.snapshot()
        seen = snapshot.seq
        assert replay(state, deltas) == held(snapshot)
        assert set(state) == {r["candidate_id"] for r in rows} | (set(before) & carried)
    db.close()


def test_the_payloads_reproduce_the_snapshot_too(db):
    publish(db, candidate(1), candidate(2, sources=["x"], rank=2), candidate(3))
    publish(db, candidate(1, rank=4), candidate(2, sources=["x"], rank=2))
    last = {d["candidate_id"]: d for d in db.deltas().to_pylist() if d["op"] != "DEL"}
    for row in db.snapshot().rows.to_pylist():
        told = json.loads(last[row["candidate_id"]]["payload"])
        same = ("rank", "kind", "value_masked", "holder", "sources", "origins", "reasons", "consent_ids")
        assert {n: told[n] for n in same} == {n: row[n] for n in same}
        assert row["published_seq"] == last[row["candidate_id"]]["seq"]


def test_candidates_show_how_many_of_their_consents_stand(db):
    publish(db, candidate(1, consent_ids=["c1", "c2", "c3", "c4", "unknown"]), candidate(2, consent_ids=[]))
    day = timedelta(days=1)
    grants = [
        {"consent_id": "c1", "granted_at": AT - day},
        {"consent_id": "c2", "granted_at": AT - day, "expires_at": AT},
        {"consent_id": "c3", "granted_at": AT - day, "withdrawn_at": AT},
        {"consent_id": "c4", "granted_at": AT + day},
    ]
    db.save_grants(pa.Table.from_pylist(grants, schema=store.GRANTS), run_key="run-1")
    assert db.candidates("case-1", at=AT)["consents_valid"].to_pylist() == [1]
    assert db.candidates("case-1", at=AT - timedelta(microseconds=1))["consents_valid"].to_pylist() == [3]
    assert db.candidates("case-2", at=AT)["consents_valid"].to_pylist() == [0]


def test_candidates_show_their_case_is_closed(db):
    publish(db, candidate(1))
    assert db.candidates(at=AT)["case_status"].to_pylist() == [None]
    db.save_cases(pa.Table.from_pylist([{"case_id": "case-1", "status": "closed"}], schema=store.CASES), run_key="r")
    assert db.candidates(at=AT)["case_status"].to_pylist() == ["closed"]


@pytest.mark.parametrize(
    "text", ["", "NULL", "\\N", '"', 'a","b', "行\n2\r\n\t", "\\.", "'; DROP TABLE heads; --", "𠮷\u2028"]
)
def test_any_text_and_any_bytes_come_back_as_they_went(db, text):
    sealed = bytes(range(256)) + text.encode()
    row = candidate(1, value_masked=text, value_sealed=sealed, sources=[text], consent_ids=[text])
    publish(db, row)
    assert db.snapshot().rows.select(store.CANDIDATE_ROWS.names).equals(candidates(row))
    assert json.loads(db.deltas()["payload"].to_pylist()[0])["value_masked"] == text
