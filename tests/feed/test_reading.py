"""Deltas, snapshots, candidates: what they say, and that applying the ones gives the other."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from feed import contract
from pipeline.services.readers import Reader
from tests.feed.conftest import Caller


def applied(deltas):
    state = {}
    for delta in deltas:
        if delta["op"] == "DEL":
            state.pop(delta["candidate_id"], None)
        else:
            state[delta["candidate_id"]] = delta["candidate"]
    return state


def state_of(answer):
    told = list(contract.Candidate.model_fields)
    rows = [json.loads(line) for line in answer.text.splitlines()]
    return {r["candidate_id"]: {n: r[n] for n in told} for r in rows}


def all_deltas(caller, limit=97):
    after, out = 0, []
    while True:
        page = caller.get(f"/v1/deltas?after={after}&limit={limit}").json()
        assert page["after"] == after
        out += page["deltas"]
        after = page["through"]
        if after == page["head"]:
            return out


def test_the_sequence_has_no_gap_however_it_is_paged(caller):
    seqs = [d["seq"] for d in all_deltas(caller)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_applying_the_deltas_gives_the_snapshot(caller):
    snapshot = caller.get("/v1/snapshot")
    deltas = all_deltas(caller)
    assert applied(deltas) == state_of(snapshot)
    assert int(snapshot.headers["X-Seq"]) == deltas[-1]["seq"]


def test_ndjson_streams_the_same_deltas(caller):
    lines = caller.get("/v1/deltas?limit=1000000", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line) for line in lines] == all_deltas(caller)


def test_every_delta_keeps_the_contract(caller):
    for delta in all_deltas(caller):
        contract.Delta.model_validate(delta)


def test_a_snapshot_in_parquet_has_the_same_rows(caller):
    table = pq.read_table(io.BytesIO(caller.get("/v1/snapshot?format=parquet").content))
    assert set(table["candidate_id"].to_pylist()) == set(state_of(caller.get("/v1/snapshot")))
    assert not {"value", "value_sealed"} & set(table.column_names)


def test_a_page_that_is_known_is_not_sent_again(caller):
    first = caller.get("/v1/deltas?limit=10")
    again = caller.get("/v1/deltas?limit=10", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_large_page_is_compressed(caller):
    assert caller.get("/v1/deltas?limit=500").headers["content-encoding"] == "gzip"


def test_candidates_of_a_case_are_masked_and_ranked(caller, cases, canaries):
    answer = caller.get(f"/v1/cases/{cases[0][0]}/candidates")
    rows = contract.Candidates.model_validate(answer.json()).candidates
    assert [r.rank for r in rows] == sorted(r.rank for r in rows)
    assert not any(c in answer.text for c in canaries)
    assert all(r.value is None for r in rows)


def test_a_reveal_names_its_reason_and_is_audited_by_candidate(site, caller, cases):
    before = site.store.verify_audit().head.seq
    answer = caller.post(f"/v1/cases/{cases[0][0]}/candidates:reveal", {"reason": "call agreed with her"})
    rows = answer.json()["candidates"]
    assert all("*" not in r["value"] for r in rows if r["kind"] == "phone")
    assert site.store.verify_audit().head.seq == before + 1 + len(rows)


def test_a_candidate_is_explained_by_its_factors_and_consents(caller, cases):
    explained = contract.Explanation.model_validate(caller.get(f"/v1/explain/{cases[0][2]}").json())
    assert explained.factors
    assert {c.consent_id for c in explained.consents} == set(explained.consent_ids)
    assert explained.rules


def test_what_is_not_there_answers_404_to_whoever_may_see_everything(caller):
    assert caller.get("/v1/cases/NO-SUCH-CASE/candidates").status_code == 404
    assert caller.get(f"/v1/explain/{'0' * 32}").status_code == 404


def test_waiting_ends_when_there_is_news(site, caller, cases):
    import threading

    head = caller.get("/v1/deltas?limit=1").json()["head"]
    case = cases[-1][0]
    timer = threading.Timer(0.4, lambda: caller.post("/v1/withdrawals", {"rows": [{"case_id": case}]}, "wait-test-1"))
    timer.start()
    page = caller.get(f"/v1/deltas?after={head}&wait=10").json()
    timer.join()
    assert {d["op"] for d in page["deltas"]} == {"DEL"}
    assert case in {d["case_id"] for d in page["deltas"]}  # and any other case of the same person


def test_a_signal_is_looked_up_now(site, caller, cases):
    from tests.support import read_csv

    registry = {r["委案编号"]: r for r in read_csv(site.base / "委案名单.csv", "gb18030")}
    person = {c["case_id"]: c["customer_token"] or c["case_id"] for c in site.store.cases().to_pylist()}
    hits = 0
    for case, _, _ in cases[:20]:
        row = registry[case]
        fields = {
            "customer_no": row["客户编号"],
            "name": row["姓名"],
            "phone": row["手机"],
            "observed_at": "2026-10-01T02:00:00Z",
        }
        answer = caller.post("/v1/match", {"source": "crm", "fields": {**fields, "contact_phone": "13900000001"}})
        assert answer.status_code == 200
        links = contract.Links.model_validate(answer.json()).links
        assert {person[k.case_id] for k in links} <= {person[case]}
        hits += bool(links)
        assert row["姓名"] not in answer.text
    assert hits >= 5


def test_a_signal_that_a_run_would_quarantine_is_not_looked_up(caller):
    fields = {"observed_at": "2026-10-01T02:00:00Z", "contact_phone": "not a phone"}
    answer = caller.post("/v1/match", {"source": "crm", "fields": fields}).json()
    assert answer == {"links": [], "quarantined": {"field": "contact_phone", "code": "not_a_phone"}}


def test_an_unknown_source_is_not_looked_up(caller):
    body = {"source": "moments", "fields": {"observed_at": "2026-10-01T02:00:00Z"}}
    assert caller.post("/v1/match", body).status_code == 404


FACTS = {
    "contacts_reported": True, "has_complaint": False, "is_opted_out": False, "has_attorney": False, "has_ceased": False,
    "is_disputed": False, "is_vulnerable": False, "is_number_invalid": False, "has_express_consent": True,
}  # fmt: skip


@pytest.mark.parametrize(("hour", "facts", "allowed"), [(6, FACTS, True), (18, FACTS, False), (6, {}, False)])
def test_a_contact_is_permitted_by_day_with_every_fact_known_and_else_denied(caller, cases, hour, facts, allowed):
    """6:00 UTC is 14:00 in Shanghai, 18:00 is 2:00 at night."""
    from datetime import UTC, datetime

    case, _, candidate = cases[0]
    feed = caller.http.app.state.feed
    real, feed.clock = feed.clock, lambda: datetime(2026, 11, 24, hour, tzinfo=UTC)
    try:
        body = {"case_id": case, "candidate_id": candidate, "channel": "voice", "facts": facts}
        answer = contract.ContactAnswer.model_validate(caller.post("/v1/contact-check", body).json())
    finally:
        feed.clock = real
    assert (answer.allowed, bool(answer.rule_ids)) == (allowed, True)
    assert (answer.next_permitted_at is not None) == bool(facts)


def test_nobody_is_contacted_at_what_may_not_be_seen(caller, cases):
    body = {"case_id": cases[0][0], "candidate_id": "0" * 32, "channel": "voice", "facts": FACTS}
    assert caller.post("/v1/contact-check", body).json()["allowed"] is False


def test_the_service_tells_that_it_is_well_without_a_key(app):
    nobody = Caller(app, None, purpose=None)
    assert nobody.get("/healthz").json() == nobody.get("/readyz").json() == {"status": "ok"}


def test_metrics_count_routes_and_hold_no_id(caller, cases):
    caller.get(f"/v1/cases/{cases[0][0]}/candidates")
    text = caller.get("/metrics").text
    assert 'route="/v1/cases/{case_id}/candidates",status="200"' in text
    assert cases[0][0] not in text


def test_a_consent_that_runs_out_is_told_as_del_and_the_sequence_keeps_every_number(site, caller):
    """The clock moves on: whoever had the candidate hears DEL, whoever reads from the start never sees it."""
    from datetime import UTC, datetime

    feed = caller.http.app.state.feed
    before = applied(all_deltas(caller))
    real = feed.clock
    feed.clock = lambda: datetime.now(UTC) + timedelta(days=3650)
    try:
        feed._sweep._next = 0.0
        after = all_deltas(caller)
        expected = state_of(caller.get("/v1/snapshot"))
    finally:
        feed.clock = real
    assert [d["seq"] for d in after] == list(range(1, len(after) + 1))
    assert applied(after) == expected
    assert len(expected) < len(before)
    for delta in after:
        assert delta["op"] != "DEL" or (delta["candidate"] is None and delta["content_hash"] is None)


@pytest.mark.parametrize("query", ["after=-1", "limit=0", "wait=31", "after=9007199254740992", "limit=x"])
def test_a_bad_query_is_a_problem(caller, query):
    answer = caller.get(f"/v1/deltas?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_many_cases_are_read_in_one_transaction_of_few_queries(app, site, cases):
    """Whatever many ask costs what one asks: no query a case, and none twice."""
    counted = {"begin": 0, "select": 0}

    def began(_connection):
        counted["begin"] += 1

    def asked(_connection, _cursor, statement, *_):
        counted["select"] += statement.lstrip().upper().startswith(("SELECT", "WITH"))

    feed = app.state.feed
    engine = feed.store._engine
    sa.event.listen(engine, "begin", began)
    sa.event.listen(engine, "before_cursor_execute", asked)
    try:
        found = feed.candidates_of([(Reader("many"), case) for case, _, _ in cases[:20]])
    finally:
        sa.event.remove(engine, "begin", began)
        sa.event.remove(engine, "before_cursor_execute", asked)
    assert all(isinstance(f, dict) and f["case"]["step"] for f in found)
    assert counted["begin"] == 2  # what is read, and its audit events
    assert counted["select"] <= 10
