import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import BadInput
from pipeline import audit, contact_check, residue, retention, rights, serve
from tests.pipeline.withdrawn import copy_of_site, values_of
from tests.support import NOON


@pytest.fixture
def site(ran, tmp_path):
    return copy_of_site(ran[0], tmp_path)


@pytest.fixture
def case(site):
    return site.store.candidates(at=NOON)["case_id"][0].as_py()


def phone_of(site, case):
    rows = serve.candidates(site, case_id=case, actor="test").to_pylist()
    return next(r["candidate_id"] for r in rows)


SAID = {"is_opted_out": False, "is_approved": True, "is_vulnerable": False}
DAY = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.guide("R61")
def test_a_complaint_suspends_contact_until_it_is_answered(site, case):
    point = phone_of(site, case)
    assert contact_check.check(site, point, "voice", at=DAY, said=SAID).decision.allowed
    row = rights.receive(site, "complaint", case, received_at=DAY, actor="test")
    denied = contact_check.check(site, point, "voice", at=DAY, said=SAID).decision
    assert denied.rule_ids == ("CN-COMPLAINT-01",)
    assert rights.queue(site)["id"].to_pylist() == [row["id"]]
    assert rights.answer(site, row["id"], actor="test")
    assert not rights.answer(site, row["id"], actor="test")
    assert contact_check.check(site, point, "voice", at=DAY, said=SAID).decision.allowed


@pytest.mark.guide("R16")
def test_the_third_contact_of_a_day_is_the_last(site, case):
    point = phone_of(site, case)
    for i in range(3):
        assert contact_check.check(site, point, "voice", at=DAY, said=SAID).decision.allowed
        contact_check.record(site, point, "voice", "no_answer", at=DAY - timedelta(minutes=i))
    denied = contact_check.check(site, point, "voice", at=DAY, said=SAID)
    assert "CN-CAP-01" in denied.decision.rule_ids
    assert denied.next_permitted_at == datetime(2026, 11, 24, 0, tzinfo=UTC)  # 08:00 in Beijing


def test_a_fact_nobody_said_denies_and_an_unknown_one_is_refused(site, case):
    point = phone_of(site, case)
    assert not contact_check.check(site, point, "voice", at=DAY).decision.allowed
    with pytest.raises(BadInput):
        contact_check.check(site, point, "voice", at=DAY, said={"has_consent": True})


def test_the_export_holds_the_persons_own_values_and_is_audited(site, portfolio, case):
    found = rights.export(site, case, actor="test")
    assert found["contacts"]
    assert found["consents"]
    assert "value" in found["contacts"][0]
    assert [e["event"] for e in audit.log(site, case)][-1] == "data.exported"


def test_an_explanation_is_masked_and_gives_the_factors(site, case):
    rows = rights.explain(site, case, actor="test")
    assert rows
    assert all(r["factors"] for r in rows)
    assert "value" not in rows[0]


def test_an_objection_ends_tracing_of_the_person(site, case):
    assert rights.object_to(site, case, actor="test").candidates > 0
    assert serve.candidates(site, case_id=case, actor="test").num_rows == 0
    assert site.store.subjects.frozen()[case] == "objection"


def test_a_disowned_contact_goes_and_is_not_published_again(site, case):
    point = phone_of(site, case)
    rows = site.store.snapshot().rows
    assert rights.correct(site, case, point, actor="test").candidates == 1
    result = site.store.publish(rows, run_key="again", at=NOON)
    assert result.refused == 1
    assert point not in site.store.snapshot().rows["candidate_id"].to_pylist()
    with pytest.raises(BadInput):
        rights.correct(site, case, point, actor="test")


@pytest.mark.guide("R61")
def test_an_evidence_bundle_has_hashes_and_no_value(site, portfolio, case, tmp_path):
    digest = audit.bundle(site, case, tmp_path / "evidence.zip", actor="test")
    assert len(digest) == 64
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        content = {n: archive.read(n).decode() for n in archive.namelist()}
    assert set(json.loads(content["manifest.json"])["sha256"]) == set(content) - {"manifest.json"}
    assert [v for v in values_of(portfolio, [case]) if any(v in c for c in content.values())] == []


def test_regions_age_out_and_a_held_case_keeps_them(site):
    regions = [r for r in site.store.snapshot().rows.to_pylist() if r["kind"] == "region"]
    retention.hold(site, regions[0]["case_id"], reason="court order 1", actor="test")
    later = max(r["last_seen"] for r in regions) + timedelta(days=91)
    counts = retention.purge(site, at=later, actor="test")
    kept = [r for r in site.store.snapshot().rows.to_pylist() if r["kind"] == "region"]
    assert counts["derived_region"] == len(regions) - len(kept) > 0
    assert {r["case_id"] for r in kept} == {regions[0]["case_id"]}


def test_payloads_in_quarantine_age_out(site):
    assert residue.search(site, ["x" * 9]).opened > 0
    counts = retention.purge(site, at=NOON + timedelta(days=400), actor="test")
    assert counts["raw_signal"] > 0
    assert site.store.subjects.sealed("quarantine") == []


def test_consent_is_not_asked_for_again_within_the_cool_down(site, case):
    may, since = rights.may_ask_again(site, case)
    if since is None:
        assert may
    rights.delete(site, case, actor="test")
    now = datetime.now(UTC)
    may, since = rights.may_ask_again(site, case)
    assert not may
    assert abs((since - now).total_seconds() - 180 * 86_400) < 60
    assert rights.may_ask_again(site, case, at=since + timedelta(seconds=1))[0]
