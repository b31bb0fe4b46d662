"""Persons' rights over HTTP: entered with due dates, queued, done; a complaint suspends contact until it is answered."""

from __future__ import annotations

from datetime import datetime

import pytest

FACTS = {"contacts_reported": True, "is_opted_out": False, "is_vulnerable": False, "has_complaint": False}


@pytest.fixture
def free(site, cases):
    """A case that nobody has touched yet: (case, candidate)."""
    known = set(site.store.snapshot().rows["candidate_id"].to_pylist())
    asked = {r["case_id"] for r in site.store.subjects.requests().to_pylist()}
    case, _, candidate = next(c for c in cases if c[2] in known and c[0] not in asked)
    return case, candidate


def post(caller, path, body=None):
    return caller.http.post(path, json=body or {})


def test_a_complaint_has_its_date_suspends_contact_and_ends_when_answered(caller, free):
    case, candidate = free
    check = {"case_id": case, "candidate_id": candidate, "channel": "voice", "facts": FACTS}
    row = post(caller, "/v1/requests", {"case_id": case, "kind": "complaint"}).json()
    assert datetime.fromisoformat(row["due_at"]) > datetime.fromisoformat(row["received_at"])
    assert row["rule_id"] == "CN-COMPLAINT-01"
    assert row["id"] in [r["id"] for r in caller.get("/v1/requests").json()["requests"]]
    assert "CN-COMPLAINT-01" in post(caller, "/v1/contact-check", check).json()["rule_ids"]
    path = f"/v1/requests/{row['id']}/answer"
    assert post(caller, path, {"status": "answered"}).json() == {"status": "answered"}
    assert post(caller, path, {"status": "answered"}).status_code == 404
    assert "CN-COMPLAINT-01" not in post(caller, "/v1/contact-check", check).json()["rule_ids"]


def test_access_and_explanation(caller, free):
    case, candidate = free
    found = post(caller, f"/v1/cases/{case}/rights:export").json()
    assert {c["candidate_id"] for c in found["contacts"]} >= {candidate}
    assert all(c["value"] for c in found["contacts"])
    assert found["consents"]
    told = post(caller, f"/v1/cases/{case}/rights:explain").json()["candidates"]
    assert all(c["factors"] and "value" not in c for c in told)


def test_correction_takes_one_contact_and_objection_and_deletion_take_all(caller, site, cases):
    known = set(site.store.snapshot().rows["candidate_id"].to_pylist())
    (one, _, point), (two, *_), (three, *_) = [c for c in cases if c[2] in known][-3:]
    assert post(caller, f"/v1/cases/{one}/rights:correct", {"candidate_id": point}).json()["candidates"] == 1
    assert post(caller, f"/v1/cases/{one}/rights:correct", {"candidate_id": point}).status_code == 404
    for case, right in ((two, "object"), (three, "delete")):
        done = post(caller, f"/v1/cases/{case}/rights:{right}").json()
        assert done["candidates"] > 0
        assert case not in site.store.snapshot().rows["case_id"].to_pylist()
    assert site.store.subjects.frozen()[two] == "objection"
    assert site.store.verify_audit().is_intact


def test_a_request_about_nobody_is_refused_and_so_is_an_unknown_right(caller):
    assert post(caller, "/v1/requests", {"case_id": "NO-SUCH-CASE", "kind": "access"}).status_code == 404
    assert post(caller, "/v1/requests", {"case_id": "NO-SUCH-CASE", "kind": "fame"}).status_code == 422


def test_the_queue_shows_own_portfolios_only(caller, scoped, site, cases, portfolio_names):
    foreign = next(c for c in cases if c[1] != portfolio_names[0])
    row = post(caller, "/v1/requests", {"case_id": foreign[0], "kind": "access"}).json()
    assert row["id"] not in [r["id"] for r in scoped.get("/v1/requests").json()["requests"]]
    assert post(scoped, f"/v1/requests/{row['id']}/answer", {"status": "refused"}).status_code == 403
