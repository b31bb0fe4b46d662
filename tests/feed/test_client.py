"""The Python client applies every delta once, whatever happens in between."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from feed.client import Consumer, Gap
from tests.feed.conftest import PURPOSE
from tests.feed.test_reading import state_of


@pytest.fixture
def consumer(app, caller, tmp_path):
    with Consumer("http://testserver", caller.key, PURPOSE, tmp_path / "held.db") as out:
        headers = out._http.headers
        out._http.close()
        out._http = TestClient(app, headers=headers)
        yield out


def held(consumer):
    return {candidate: row for candidate, _, row in consumer.candidates()}


def test_pages_lead_to_the_snapshot(consumer, caller):
    while consumer.poll(limit=50):
        pass
    assert held(consumer) == state_of(caller.get("/v1/snapshot"))


def test_a_snapshot_and_the_pages_after_it_lead_to_the_same(consumer, caller, cases):
    consumer.start_from_snapshot()
    caller.post("/v1/cases:close", {"rows": [{"case_id": cases[0][0], "reason": "paid"}]}, "client-close-1")
    assert list(consumer.candidates(cases[0][0]))
    while consumer.poll():
        pass
    assert not list(consumer.candidates(cases[0][0]))
    assert held(consumer) == state_of(caller.get("/v1/snapshot"))


def test_a_page_is_applied_whole_or_not_at_all(consumer):
    good = {"seq": 1, "op": "ADD", "candidate_id": "a", "case_id": "c", "candidate": {}}
    with pytest.raises(KeyError):
        consumer.apply([good, {"op": "ADD"}], after=0, through=2)
    assert (consumer.seq, held(consumer)) == (0, {})


def test_a_page_applied_already_is_refused(consumer):
    good = {"seq": 1, "op": "ADD", "candidate_id": "a", "case_id": "c", "candidate": {}}
    consumer.apply([good], after=0, through=1)
    with pytest.raises(Gap):
        consumer.apply([good], after=0, through=1)


def test_a_server_that_was_set_back_is_noticed(consumer):
    consumer._db.execute("UPDATE progress SET seq = 1000000")
    with pytest.raises(Gap):
        consumer.poll()
