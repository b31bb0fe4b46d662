"""A candidate's signals beside its debtor, declared contacts, and what may be done now."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow.compute as pc
import pytest

from pipeline import closure, contact_check, withdraw
from pipeline.services.cases import Cases, EventKind, Told
from pipeline.services.comparing import UNREACHABLE_AFTER
from pipeline.services.debtors import Wanted
from pipeline.services.verdicts import NotFound
from pipeline.services.workbench import Workbench
from pipeline.site import open_site
from store import COMPARISONS
from tests.support import copy_of
from workbench import tiles
from workbench.charts import tile_map


@pytest.fixture
def own(wb_folder, tmp_path):
    """A site whose cases a test may close."""
    return Workbench(open_site(copy_of(wb_folder, tmp_path)))


def shown(workbench, limit=200):
    rows, _ = workbench.queue(Wanted(limit=limit))
    return [c for r in rows[:40] for c in workbench.case(r["case_id"], "user:test").candidates]


def test_every_candidate_has_signals_whose_lines_add_up_to_their_weight(workbench):
    compared = [workbench.compare(c["candidate_id"], "user:test")[1] for c in shown(workbench)]
    assert all(compared)
    for signals in compared:
        assert 1 <= len(signals) <= 3
        for s in signals:
            assert sum(line.weight_bits for line in s.lines) == pytest.approx(s.weight_bits, abs=1e-6)
            assert {line.state for line in s.lines} <= {"agrees", "differs", "silent"}


def test_no_canary_is_kept_in_what_is_compared_or_declared(workbench, canaries):
    with workbench.store._reading() as connection:
        rows = connection.exec_driver_sql("select signal, debtor from candidate_comparisons").all()
        rows += connection.exec_driver_sql("select value_masked, '' from declared_contacts").all()
    text = json.dumps([list(map(str, r)) for r in rows], ensure_ascii=False)
    assert rows
    assert not [c for c in canaries if len(c) > 3 and c in text]


def test_what_is_hidden_is_not_compared(own):
    c = shown(own)[0]
    withdraw.withdraw_all(
        own.site, [withdraw.Person(c["case_id"], None)], scopes=None, at=datetime.now(UTC), actor="test"
    )
    with pytest.raises(NotFound):
        own.compare(c["candidate_id"], "user:test")
    assert own.store.comparisons_of(c["candidate_id"]) == []


def test_a_closed_case_keeps_nothing_declared(own):
    case = next(c["case_id"] for c in shown(own) if own.declared(c["case_id"]))
    closure.close(own.site, [case], closure.Reason.PAID, actor="test")
    assert own.declared(case) == []


def test_declared_contacts_have_the_state_their_attempts_left(workbench, monkeypatch):
    rows = [
        {"attempts": 0, "failures": 0, "last_outcome": None},
        {"attempts": 2, "failures": 0, "last_outcome": "right_party"},
        {"attempts": 4, "failures": UNREACHABLE_AFTER - 1, "last_outcome": "no_answer"},
        {"attempts": 4, "failures": UNREACHABLE_AFTER, "last_outcome": "no_answer"},
        {"attempts": 1, "failures": 1, "last_outcome": "disconnected"},
    ]
    rows = [{"point_id": None, **r} for r in rows]
    monkeypatch.setattr(workbench.store, "declared_by", lambda _: rows)
    assert [d["state"] for d in workbench.declared("x")] == ["untried", "reached", "failing", "unreachable", "invalid"]


def test_what_is_told_of_a_declared_contact_is_shown_at_once(own):
    cases = Cases(own.site, own.clock)
    of_case = {c: [r for r in own.declared(c) if r["point_id"]] for c in open_cases(own)}
    case, rows = next((c, d) for c, d in of_case.items() if len({r["point_id"] for r in d}) > 1)
    dead = rows[0]
    left = next(r for r in rows if r["point_id"] != dead["point_id"])
    for told in (Told(EventKind.ATTEMPT, "disconnected", point_id=dead["point_id"], channel="voice"),
                 Told(EventKind.UNDECLARED, point_id=left["point_id"])):  # fmt: skip
        cases.tell(case, told, "test")
    now = {r["field"]: r for r in own.declared(case)}
    assert [now[dead["field"]]["state"], now[left["field"]]["state"]] == ["invalid", "withdrawn"]
    assert now[dead["field"]]["failures"] == dead["failures"] + 1
    cases.tell(case, Told(EventKind.ATTEMPT, "right_party", point_id=dead["point_id"], channel="voice"), "test")
    again = {r["field"]: r for r in own.declared(case)}[dead["field"]]
    assert (again["state"], again["failures"]) == ("reached", 0)
    assert again["last_at"] > now[dead["field"]]["last_at"]


def open_cases(own):
    states = own.site.store.casework.states(limit=40)
    return states.filter(pc.not_equal(states["life"], "closed"))["case_id"].to_pylist()


def test_the_page_says_by_day_now_and_by_night_from_when(workbench, analyst):
    c = next(c for c in shown(workbench) if c["kind"] == "phone" and not c["decision"])
    real = workbench.clock
    try:
        for hour, state in ((6, "now"), (18, "later")):
            workbench.clock = lambda hour=hour: datetime(2026, 11, 24, hour, tzinfo=UTC)
            found = workbench.outlooks(c["case_id"], [c])[c["candidate_id"]]["voice"]
            assert found["state"] == state
        assert found["at"] == datetime(2026, 11, 25, 0, tzinfo=UTC)
        page = analyst.get(f"/cases/{c['case_id']}").text
        assert "from 2026-11-25 08:00" in page
    finally:
        workbench.clock = real


def test_what_nobody_knows_is_asked_for_and_not_taken_for_granted(workbench):
    c = next(c for c in shown(workbench) if c["kind"] == "phone" and not c["decision"])
    at = datetime(2026, 11, 24, 6, tzinfo=UTC)
    known = contact_check.known(workbench.site, c["case_id"], at)
    strict = contact_check.permission(workbench.site, known, c["candidate_id"], "voice")
    found = contact_check.outlook(workbench.site, known, c["candidate_id"], "voice")
    assert not strict.decision.allowed
    assert set(found.asked) <= set(strict.decision.rule_ids)
    assert found.permission.decision.allowed == bool(found.asked)


@pytest.mark.parametrize(("drawn", "provinces", "size"), [(tiles.CN, 34, (10, 8)), (tiles.US, 51, (12, 8))])
def test_every_province_lies_on_a_tile_of_its_own(drawn, provinces, size):
    places = [(x, y) for x, y, _ in drawn.values()]
    assert len(drawn) == len(set(places)) == provinces
    assert tiles.size_of(drawn) == size


def test_an_american_region_lies_in_its_state():
    shares = tiles.by_province([("Austin, Texas", 0.5), ("Texas", 0.25), ("Leeds, West Yorkshire", 0.2)])
    assert shares == {"Texas": 0.75}
    drawn = tile_map(shares, "x")
    assert "TX" in drawn
    assert "浙" not in drawn


def test_a_map_says_the_share_and_escapes_what_it_is_given():
    shares = tiles.by_province([("浙江省宁波市", 0.5), ("浙江省杭州市", 0.25), ("Wales", 0.2)])
    assert shares == {"浙江省": 0.75}
    drawn = tile_map(shares, "<b>")
    assert "75%" in drawn
    assert "<b>" not in drawn


def test_a_candidate_that_is_not_changed_keeps_its_comparison(own):
    rows = own.site.store.snapshot().rows
    before = own.store.comparisons_of(rows["candidate_id"][0].as_py())
    own.site.store.save_comparisons(COMPARISONS.empty_table())
    assert own.store.comparisons_of(rows["candidate_id"][0].as_py()) == before != []
