"""What one run of the whole path leaves behind, on a portfolio whose truth is known."""

import json
from collections import Counter

import pyarrow.compute as pc
import pytest

from pipeline import report as reports
from pipeline import residue, serve
from pipeline.walk import walk
from tests.support import AS_OF, read_csv, run_of


def test_every_sum_of_every_step_closes(ran):
    _, report = ran
    assert report["sums_close"]
    assert {s["step"] for s in report["sums"]} == {"pull", "check", "admit", "advance", "match", "rank", "publish"}
    assert sum(report["candidates"].values()) > 300


def test_a_second_run_publishes_no_delta(ran):
    site, first = ran
    before = site.store.snapshot()
    second = walk(run_of(site))
    assert sum(second["deltas"].values()) == 0
    assert site.store.snapshot().seq == before.seq == first["deltas"]["ADD"]


def test_planted_bad_rows_are_in_quarantine_under_their_field_and_reason(ran, portfolio):
    site, _ = ran
    planted = json.loads((portfolio / "truth" / "planted.json").read_text(encoding="utf-8"))["sources"]
    entries = site.store.quarantine_list(status=None)
    found = Counter(zip(entries["source"].to_pylist(), entries["reason"].to_pylist(), strict=True))
    for source, facts in planted.items():
        for fault in facts["planted"]:
            assert found[source, fault["reason"]] >= fault["rows"], (source, fault["field"], fault["reason"])


def test_no_candidate_of_a_closed_case(ran, portfolio):
    site, _ = ran
    status = {r["case_id"]: r["case_status"] for r in read_csv(portfolio / "truth" / "current.csv")}
    published = {*site.store.candidates(at=run_of(site).clock())["case_id"].to_pylist()}
    assert "closed" in status.values()
    assert {c for c in published if status[c] != "open"} == set()


@pytest.mark.guide("R24", "off")
def test_no_emergency_contact_is_published_as_the_debtors(ran, portfolio):
    site, _ = ran
    quarantined = {
        (r["case_id"], r["phone"])
        for r in read_csv(portfolio / "truth" / "third_party_phones.csv")
        if r["whose"] == "emergency"
    }
    rows = serve.candidates(site, actor="test", reveal_reason="counting third parties")
    published = set(zip(rows["case_id"].to_pylist(), rows["value"].to_pylist(), strict=True))
    assert quarantined
    assert published & quarantined == set()


def test_when_the_run_ends_the_stage_holds_nothing(ran):
    site, report = ran
    assert not (site.stage.folder / report["run_key"]).exists()


@pytest.mark.guide("R05")
def test_planted_values_are_nowhere_in_plain(ran, canaries):
    """The state folder is all a run leaves: store, write-ahead log, keys, models."""
    site, report = ran
    needles = [c.encode() for c in canaries if len(c) >= 3]
    assert len(needles) > 10
    for path in [p for p in (site.folder / "state").rglob("*") if p.is_file()]:
        content = residue.content_of(site, path)
        assert [n for n in needles if n in content] == [], path.name
    assert [c for c in canaries if len(c) >= 3 and c in json.dumps(report, ensure_ascii=False)] == []
    assert [c for c in canaries if len(c) >= 3 and c in reports.page(report)] == []


def test_the_masked_feed_shows_no_planted_value(ran, canaries):
    site, _ = ran
    rows = serve.candidates(site, actor="test")
    text = json.dumps(rows.drop_columns(["first_seen", "last_seen"]).to_pylist(), ensure_ascii=False)
    assert [c for c in canaries if len(c) >= 3 and c in text] == []


def test_revealing_gives_values_and_leaves_one_audit_event_a_candidate(ran):
    site, _ = ran
    masked = serve.candidates(site, actor="test")
    case = masked["case_id"][0].as_py()
    before = site.store.verify_audit().checked
    shown = serve.candidates(site, case_id=case, actor="user:ann", reveal_reason="letter to the debtor")
    assert "value" in shown.column_names
    assert "value_masked" not in shown.column_names
    assert site.store.verify_audit().checked == before + 1 + shown.num_rows
    assert site.store.verify_audit().is_intact


def test_revealing_without_a_reason_is_refused(ran):
    from core.errors import Fatal

    site, _ = ran
    with pytest.raises(Fatal, match="reason"):
        serve.candidates(site, actor="user:ann", reveal_reason="why not")


def test_ranks_of_a_case_are_dense_and_follow_the_probability(ran):
    site, _ = ran
    rows = site.store.candidates(at=run_of(site).clock()).to_pandas().sort_values(["case_id", "rank"])
    for _, case in rows.groupby("case_id"):
        assert list(case["rank"]) == list(range(1, len(case) + 1))
        assert case.probability.is_monotonic_decreasing


def test_a_withdrawal_hides_a_candidate_at_the_next_read(fresh):
    from pipeline.site import open_site

    site = open_site(fresh)
    walk(run_of(site))
    rows = site.store.candidates(at=run_of(site).clock())
    consent = rows["consent_ids"][0].as_py()[0]
    grant = site.store.grants().filter(pc.equal(site.store.grants()["consent_id"], consent)).to_pylist()[0]
    seen = serve.candidates(site, actor="test").num_rows
    site.store.withdraw(grant["customer_token"], at=run_of(site).clock())
    case = rows["case_id"][0].as_py()
    assert serve.candidates(site, case_id=case, actor="test").num_rows == 0
    assert serve.candidates(site, actor="test").num_rows < seen
    assert walk(run_of(site))["deltas"]["DEL"] > 0


def test_the_interval_is_the_day_asked_for(ran):
    _, report = ran
    assert report["interval"][1].startswith("2026-11-02T00:00")
    assert AS_OF.isoformat() in report["interval"][0]


def test_an_older_day_is_never_published_over_a_later_one(ran):
    from datetime import date

    from core.errors import Fatal

    site, _ = ran
    before = site.store.snapshot().seq
    with pytest.raises(Fatal, match="later day"):
        walk(run_of(site, date(2026, 10, 1)))
    assert site.store.snapshot().seq == before


def test_what_a_killed_run_left_is_removed_by_the_next(fresh):
    import os

    from pipeline.site import open_site

    site = open_site(fresh)
    left = site.stage.folder / "20261001T000000Z" / "pull" / "shop.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half-written")
    for path in (left, left.parent, left.parent.parent):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    walk(run_of(site))
    assert not left.exists()


def test_a_defect_is_recorded_by_its_type_and_its_message_is_not(fresh, monkeypatch):
    from pipeline import rank
    from pipeline.site import open_site

    def broken(_run):
        raise KeyError("19900000100")

    monkeypatch.setattr(rank, "rank", broken)
    site = open_site(fresh)
    with pytest.raises(KeyError):
        walk(run_of(site))
    run = site.store.last_run()
    assert run.status == "failed"
    assert run.report["error"] == "defect: KeyError"
