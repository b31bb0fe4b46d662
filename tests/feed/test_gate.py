"""The third gate over the sequence: each version is judged by its own consents, and what is hidden is retracted once."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from core.errors import Transient
from pipeline.services.feed import Feed
from pipeline.services.readers import Reader
from store import CANDIDATE_ROWS, FeedStore

READER = Reader("gate")


@pytest.fixture
def feed(site):
    return Feed(site)


def op_of(feed, seq):
    return json.loads(feed.deltas(READER, seq - 1, 1).lines[0])


def published(site):
    return site.store.snapshot().rows.select(CANDIDATE_ROWS.names).combine_chunks()


def changed(rows, at, **values):
    """The rows, with other values in row ``at``."""
    for name, value in values.items():
        column = rows[name].to_pylist()
        column[at] = value
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(column, rows.schema.field(name).type))
    return rows


def test_a_version_whose_consent_is_gone_is_hidden_and_the_later_one_without_it_is_told(site, feed):
    rows = published(site)
    at = next(i for i, ids in enumerate(rows["consent_ids"].to_pylist()) if len(ids) > 1)
    kept, gone = rows["consent_ids"][at].as_py()[0], rows["consent_ids"][at].as_py()[1]
    candidate = rows["candidate_id"][at].as_py()
    first = next(
        d["seq"] for d in map(json.loads, feed.deltas(READER, 0, 10000).lines) if d["candidate_id"] == candidate
    )
    site.store.publish(changed(rows, at, consent_ids=[kept], probability=0.123), run_key="later", at=datetime.now(UTC))
    later = site.store.snapshot().seq
    assert [op_of(feed, seq)["op"] for seq in (first, later)] == ["ADD", "MOD"]

    grants = site.store.grants().filter(pc.field("consent_id") == gone)
    ended = changed(grants.combine_chunks(), 0, withdrawn_at=datetime.now(UTC))
    others = [c for c in rows["consent_ids"].to_pylist() if gone in c]
    site.store.save_grants(ended, run_key="gate")
    told = op_of(feed, first)
    assert (told["op"], told["candidate"], told["content_hash"]) == ("DEL", None, None)
    assert op_of(feed, later)["candidate"]["consent_ids"] == [kept]
    assert others  # it did hide something


def test_what_a_later_delta_has_changed_is_not_retracted_by_a_judgement_of_the_earlier(site):
    rows = published(site)
    old = site.store.snapshot().rows["published_seq"][0].as_py()
    site.store.publish(changed(rows, 0, probability=0.999), run_key="race", at=datetime.now(UTC))
    head = site.store.snapshot().seq
    assert FeedStore.of(site.store).retract([old], run_key="feed", at=datetime.now(UTC), actor="test") == 0
    assert site.store.snapshot().seq == head


def test_what_is_hidden_is_retracted_once_however_many_read(site, feed):
    case = site.store.snapshot().rows["case_id"][5].as_py()
    row = site.store.cases().filter(pc.field("case_id") == case).drop_columns(["last_seen_run"])
    site.store.save_cases(changed(row.combine_chunks(), 0, status="closed"), run_key="gate")
    before = site.store.snapshot().seq
    threads = [threading.Thread(target=feed.deltas, args=(READER, 0, 10000)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dels = [json.loads(line) for line in feed.deltas(READER, before, 1000).lines]
    assert {d["op"] for d in dels} == {"DEL"}
    assert len({d["candidate_id"] for d in dels}) == len(dels)
    assert not site.store.snapshot().rows.filter(pc.field("case_id") == case).num_rows


def test_consents_kept_for_a_snapshot_are_read_again_the_moment_anybody_withdraws_one(site, feed):
    first = feed.snapshot(READER)[1]
    kept = feed._consents
    assert feed.snapshot(READER)[1].equals(first)
    assert feed._consents is kept  # nothing was written: not read again
    case = first["case_id"][0].as_py()
    another = Feed(replace(site))  # with a store of its own, as another process has
    assert [t.status for t in another.withdraw(READER, [{"case_id": case}])] == ["accepted"]
    left = feed.snapshot(READER)[1]
    assert left.num_rows < first.num_rows
    assert case not in left["case_id"].to_pylist()
    assert feed._consents.version > kept.version
    row = site.store.grants().filter(pc.field("consent_id") == left["consent_ids"][0].as_py()[0])
    ended = changed(row.combine_chunks(), 0, withdrawn_at=datetime.now(UTC))
    another.site.store.save_grants(ended, run_key="gate-2")  # a file says so: nothing is taken out of the store by that
    gone = set(left["candidate_id"].to_pylist()) - set(feed.snapshot(READER)[1]["candidate_id"].to_pylist())
    assert left["candidate_id"][0].as_py() in gone


def test_no_audit_no_answer(site, feed, monkeypatch):
    def busy(*_events):
        raise Transient("store: locked")

    monkeypatch.setattr(site.store, "record", busy)
    with pytest.raises(Transient):
        feed.deltas(READER, 0, 10)


def test_one_batch_at_a_time_under_a_key(feed):
    assert feed.claim(READER, "same-key", "digest") is None
    assert feed.claim(READER, "same-key", "digest").status is None
    feed.release(READER, "same-key")
    assert feed.claim(READER, "same-key", "digest") is None
    feed.answer(READER, "same-key", 200, "{}")
    assert feed.claim(READER, "same-key", "digest").answer == "{}"
    assert feed.claim(Reader("another"), "same-key", "digest") is None


def test_no_key_and_no_value_is_logged(site, caplog):
    from feed import clients
    from feed.app import create_app
    from tests.feed.conftest import Caller

    app = create_app(site)
    key = clients.create(site, "loud", scopes=list(clients.Scope), actor="test")
    caller = Caller(app, key)
    caller.http._transport.raise_server_exceptions = True  # nothing is left for the server to print

    def broken(*_):
        raise RuntimeError("13900000001")

    app.state.feed.match = broken
    with caplog.at_level("DEBUG"):
        body = {"source": "crm", "fields": {"observed_at": "2026-10-01T00:00:00Z", "phone": "13900000001"}}
        answer = caller.post("/v1/match", body)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "RuntimeError" in caplog.text
    ours = [r for r in caplog.records if not r.name.startswith(("httpx", "httpcore", "asyncio"))]
    assert "13900000001" not in answer.text + "".join(r.getMessage() + str(r.exc_info) for r in ours)
    assert key.rsplit(".", 1)[-1] not in caplog.text
