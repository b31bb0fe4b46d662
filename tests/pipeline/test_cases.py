"""Casework on a real store: the guide's two cases, what a run does with states, complaints, files, and what changes come of it."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from casework.terms import Terms
from core.errors import BadInput, Fatal
from pipeline import case_terms, closure, contact_check, retention, rights
from pipeline.services import persons
from pipeline.services.cases import Action, Artefact, Cases, EventKind, NoCase, Stopped, Told
from pipeline.services.feed import Feed
from pipeline.services.improving import Improvements
from pipeline.services.readers import Reader
from pipeline.site import open_site
from pipeline.walk import walk
from tests.pipeline import on_postgres
from tests.servers.fixtures import postgres  # noqa: F401 - a fixture
from tests.support import NOON, copied, run_of

MONDAY = datetime(2026, 11, 9, 3, 0, tzinfo=UTC)
HASH = hashlib.sha256(b"x").hexdigest()
EVERYTHING = ["relay", "visit", "lawyer_letter", "entrust", "evidence", "voice_bot", "messaging", "volunteered"]


def with_casework(folder, **settings):
    file = folder / "deployment.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(data | {"casework": settings}, allow_unicode=True), encoding="utf-8")
    return open_site(folder)


# SKIPTRACE_CASEWORK_ON=postgresql asks all of this of a real server
STORE = os.environ.get("SKIPTRACE_CASEWORK_ON", "sqlite")


@pytest.fixture
def site(request, portfolio, tmp_path):
    if STORE == "postgresql":
        return on_postgres.copy(request.getfixturevalue("postgres"), portfolio, tmp_path)
    ran = request.getfixturevalue("ran")
    return open_site(copied(ran[0].folder, tmp_path / "site"))


@pytest.fixture
def cases(site):
    return Cases(site, lambda: MONDAY)


@pytest.fixture
def case(site):
    """An open case with candidates and a declared number that was never tried."""
    table = site.store.casework.states(life="contacting")
    events = site.store.casework.events()
    tried = events.filter(pc.equal(events["kind"], "attempt"))["case_id"]
    published = site.store.casework.published_points()["case_id"]
    kept = pc.and_(
        pc.is_in(table["case_id"], value_set=published.combine_chunks()),
        pc.invert(pc.is_in(table["case_id"], value_set=tried.combine_chunks())),
    )
    return table.filter(kept)["case_id"][0].as_py()


def declared(cases, case):
    return [p["point_id"] for p in cases.view(case, "user:a").points if p["is_declared"]]


def lose(cases, case):
    """Every declared point fails."""
    for i, point in enumerate(declared(cases, case)):
        told = Told(
            EventKind.ATTEMPT, "disconnected", point_id=point, channel="voice", at=MONDAY - timedelta(hours=9 - i)
        )
        cases.tell(case, told, "agent:1")


def rule_of(call, *arguments, **named):
    with pytest.raises(Stopped) as stopped:
        call(*arguments, **named)
    return stopped.value.rule.id


# --- the guide's two cases ---------------------------------------------------------------------------------------------------


@pytest.mark.guide("R64", "refusal")
@pytest.mark.guide("R38", "refusal")
@pytest.mark.guide("R43")
@pytest.mark.guide("R57")
@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ("查看客户微信朋友圈的定位和照片", "OUT-SOCIAL-01"),
        ("通过共同好友打听", "OUT-SOCIAL-01"),
        ("抓取他的微博动态", "OUT-SOCIAL-01"),
        ("用大数据画像分析出行", "OUT-TRAIL-01"),
        ("定位他的手机", "OUT-TRAIL-01"),
        ("拨打室友的号码打听下落", "OUT-RELATED-01"),
        ("拨打关联号码", "OUT-RELATED-01"),
        ("向数据服务公司购买新号码", "OUT-BOUGHT-01"),
        ("查询他的社保缴纳单位", "OUT-SOCIALSECURITY-01"),
        ("在裁判文书网检索", "OUT-COURT-01"),
        ("查央行征信", "OUT-CREDIT-01"),
        ("在小区张贴催款通知", "OUT-CONDUCT-01"),
        ("强行进入住处", "OUT-CONDUCT-01"),
        ("系统自动起诉", "OUT-AUTOMATIC-01"),
        ("look at his WeChat moments for the location", "OUT-SOCIAL-01"),
        ("ask mutual friends on Facebook", "OUT-SOCIAL-01"),
        ("buy a new number from a data broker", "OUT-BOUGHT-01"),
        ("post a notice on her door", "OUT-CONDUCT-01"),
    ],
)
def test_case_6_1_is_refused_step_by_step_with_the_lawful_substitute(cases, step, rule):
    answer = cases.refuse(step, "user:a")
    assert rule in answer["rule_ids"]
    assert answer["substitute"]["zh"]
    assert answer["substitute"]["en"]
    assert answer["citation"]
    assert cases.site.store.subjects.audit_events()[-1]["event"] == "step.refused"


@pytest.mark.guide("R65", "off")
def test_case_6_1_the_room_mates_number_is_not_taken_in(cases, case):
    assert rule_of(cases.ask, case, Action.VOLUNTEERED, "user:a") == "CW-GATE-01"
    told = Told(EventKind.VOLUNTEERED, point_id="f" * 32)
    assert rule_of(cases.tell, case, told, "user:a") == "CW-APPROVAL-03"


def test_an_ordinary_step_is_not_refused_by_name(cases):
    for step in ("致电客户预留号码", "寄信到预留地址", "call the declared number", "send a letter"):
        assert cases.refuse(step, "user:a") is None


@pytest.mark.guide("R66")
@pytest.mark.guide("R02")
def test_case_6_2_never_opens_a_trace_and_records_the_forbearance(cases, case, site):
    """The customer answers, lost their job, and gets three months: nothing is traced, and nobody chases them."""
    point = declared(cases, case)[0]
    cases.tell(
        case,
        Told(EventKind.ATTEMPT, "right_party", point_id=point, channel="voice", at=MONDAY - timedelta(days=1)),
        "agent:1",
    )
    assert rule_of(cases.ask, case, Action.TRACE, "user:a") == "CW-LOST-01"
    cases.tell(case, Told(EventKind.HARDSHIP, "unemployed"), "user:a")
    assert cases.view(case, "user:a").segment["offers"] == ["deferral", "instalments", "reduction"]
    until = MONDAY + timedelta(days=92)
    cases.tell(case, Told(EventKind.FORBEARANCE, until=until), "user:a")
    view = cases.view(case, "user:a")
    assert view.step["hold"] == "forborne"
    assert {c["clock"]: c["due_at"] for c in view.clocks}["forbearance"] == until
    assert rule_of(cases.ask, case, Action.TRACE, "user:a") == "CW-FORBEAR-01"
    assert not view.state["was_traced"]
    kinds = [e["kind"] for e in view.history]
    assert "forbearance" in kinds
    assert "requested" not in kinds


@pytest.mark.guide("R66")
def test_a_run_does_not_trace_who_can_be_reached_and_keeps_the_point_that_answers(fresh):
    site = open_site(fresh)
    walk(run_of(site))
    before = site.store.casework.published_points()
    phone = before.filter(pc.equal(before["kind"], "phone"))
    # somebody answers at a declared number that is published too
    events = site.store.casework.events()
    own = events.filter(pc.equal(events["kind"], "declared")).select(["case_id", "point_id"]).to_pylist()
    shared = {(r["case_id"], r["candidate_id"]) for r in phone.to_pylist()} & {
        (r["case_id"], r["point_id"]) for r in own
    }
    counts = dict(zip(*[x.to_pylist() for x in pc.value_counts(before["case_id"]).flatten()], strict=True))
    case_id, point = next(s for s in sorted(shared) if counts[s[0]] > 1)
    cases = Cases(site, lambda: NOON)
    cases.tell(
        case_id,
        Told(EventKind.ATTEMPT, "right_party", point_id=point, channel="voice", at=run_of(site).at - timedelta(days=2)),
        "agent:1",
    )
    report = walk(run_of(site))
    after = site.store.casework.published_points()
    assert after.filter(pc.equal(after["case_id"], case_id))["candidate_id"].to_pylist() == [point]
    # what was heard also teaches the ranking, so a point near its floor may come or go; the other cases stay traced
    assert {*after["case_id"].to_pylist()} == {*before["case_id"].to_pylist()}
    assert report["sums_close"]


@pytest.mark.guide("R22")
@pytest.mark.guide("R23")
def test_where_traces_are_opened_by_approval_nothing_is_traced_before(fresh):
    site = with_casework(fresh, trace_opening="approved")
    walk(run_of(site))
    assert site.store.casework.published_points().num_rows == 0
    lost = site.store.casework.states(life="lost")["case_id"].to_pylist()
    cases = Cases(site, lambda: NOON)
    for case_id in lost:
        cases.ask(case_id, Action.TRACE, "user:a")
        cases.approve(case_id, Action.TRACE, "user:b")
    opened = [e for e in site.store.subjects.audit_events(lost[0]) if e["event"] == "case.recorded"]
    assert [e["actor"] for e in opened] == ["user:a", "user:b"]
    assert site.deployment.impact_assessment.id in opened[0]["facts"]
    walk(run_of(site, day=run_of(site).at.date()))
    traced = set(site.store.casework.published_points()["case_id"].to_pylist())
    assert traced
    assert traced <= set(lost)


def test_a_run_again_adds_no_event_and_gives_the_same_states(fresh):
    site = open_site(fresh)
    first = walk(run_of(site))
    events, states = site.store.casework.events(), site.store.casework.states()
    second = walk(run_of(site))
    assert site.store.casework.events().equals(events)
    assert site.store.casework.states().equals(states)
    assert first["sums_close"]
    assert second["sums_close"]
    step = next(s for s in first["steps"] if s["step"] == "advance")
    told = {name: n for name, n, _ in step["counts"]}
    assert (
        told["cases"]
        == states.num_rows
        == sum(told[x] for x in ("contacting", "lost", "tracing", "closed", "archived"))
    )


@pytest.mark.guide("R24", "approved")
def test_only_with_the_relay_switched_on_it_is_known_who_has_an_emergency_contact(fresh, tmp_path):
    off = open_site(fresh)
    walk(run_of(off))
    assert not pc.any(off.store.casework.states()["has_emergency"]).as_py()
    on = with_casework(fresh, gates=["relay"])
    walk(run_of(on))
    assert pc.any(on.store.casework.states()["has_emergency"]).as_py()


# --- telling and approving ------------------------------------------------------------------------------------------------------


def test_a_trace_is_opened_by_two_and_every_word_of_it_is_in_the_audit_chain(cases, case, site):
    lose(cases, case)
    assert cases.view(case, "user:a").state["life"] == "lost"
    cases.ask(case, Action.TRACE, "user:a")
    assert [(w["case_id"], w["action"], w["asked_by"]) for w in cases.waiting()] == [(case, "trace", "user:a")]
    assert rule_of(cases.approve, case, Action.TRACE, "user:a") == "CW-APPROVAL-02"
    cases.approve(case, Action.TRACE, "user:b")
    assert cases.view(case, "user:a").state["life"] == "tracing"
    assert cases.waiting() == []
    names = [
        (e["event"], e["actor"]) for e in site.store.subjects.audit_events(case) if e["event"].startswith("case.re")
    ]
    assert [n for n in names if n[0] in {"case.recorded", "case.refused"}][-3:] == [
        ("case.recorded", "user:a"),
        ("case.refused", "user:a"),
        ("case.recorded", "user:b"),
    ]
    assert site.store.verify_audit().is_intact


def test_an_event_is_never_changed(site, case):
    import sqlalchemy as sa

    from store.engine import writing

    with pytest.raises(Fatal, match=r"append-only|P0001"), writing(site.store._engine) as connection:
        connection.execute(sa.text("UPDATE case_events SET actor = 'x'"))


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (Told(EventKind.HARDSHIP, "pregnant"), "code"),
        (Told(EventKind.PROMISE, at=MONDAY + timedelta(days=1)), "at"),
        (Told(EventKind.ARTEFACT, "evidence", ref="13800138000"), "ref"),
        (Told(EventKind.ARTEFACT, "evidence", ref="张三 的 电话"), "ref"),
    ],
)
def test_bad_input_names_its_field_and_no_value(cases, case, told, field):
    with pytest.raises(BadInput) as bad:
        cases.tell(case, told, "user:a")
    assert bad.value.field == field
    assert "138" not in str(bad.value)
    assert "张" not in str(bad.value)


def test_a_case_that_nobody_knows_is_none(cases):
    with pytest.raises(NoCase):
        cases.view("NO-SUCH-CASE", "user:a")


# --- complaints -------------------------------------------------------------------------------------------------------------------


@pytest.mark.guide("R61")
@pytest.mark.guide("R62")
def test_a_complaint_suspends_its_case_until_it_is_answered(cases, case, site):
    row = rights.receive(site, "complaint", case, received_at=MONDAY, actor="user:a", code="too_often")
    view = cases.view(case, "user:a")
    assert view.step["hold"] == "complaint"
    clock = next(c for c in view.clocks if c["clock"] == "complaint")
    assert (clock["due_at"], clock["is_overdue"]) == (
        datetime(2026, 11, 16, 16, 0, tzinfo=UTC),
        False,
    )  # the fifth working day ends
    assert Cases(site, lambda: MONDAY + timedelta(days=8)).view(case, "user:a").clocks[0]["is_overdue"]
    assert rights.answer(site, row["id"], at=MONDAY + timedelta(hours=1), actor="user:a")
    assert Cases(site, lambda: MONDAY + timedelta(hours=2)).view(case, "user:a").step["hold"] is None


DOORS = {
    "rights": lambda site, cases, case: rights.receive(site, "complaint", case, received_at=MONDAY, actor="user:a")[
        "id"
    ],
    "casework": lambda site, cases, case: cases.tell(case, Told(EventKind.COMPLAINT, "wording"), "user:a"),
    "feed": lambda site, cases, case: Feed(site, lambda: MONDAY).case_events(
        Reader("client:a", None), [{"case_id": case, "kind": EventKind.COMPLAINT, "code": "wording", "agents": []}]
    ),
    "feed, as a request": lambda site, cases, case: persons.receive(
        Feed(site, lambda: MONDAY), Reader("client:a", None), case, "complaint"
    ),
}


@pytest.mark.guide("R61")
@pytest.mark.guide("R62")
@pytest.mark.parametrize(("door", "way_out"), zip(DOORS, ["casework", "rights", "casework", "rights"], strict=True))
def test_a_complaint_is_one_whichever_door_it_comes_by_and_goes_by(door, way_out, cases, case, site):
    point = site.store.casework.published_points()
    point = point.filter(pc.equal(point["case_id"], case))["candidate_id"][0].as_py()

    def contact():
        known = contact_check.known(site, case, MONDAY)
        return contact_check.permission(site, known, point, "voice", contact_check.FAVOURABLE).decision

    assert contact().allowed
    DOORS[door](site, cases, case)
    queued = rights.queue(site).to_pylist()
    assert [(r["case_id"], r["kind"], r["due_at"]) for r in queued] == [
        (case, "complaint", datetime(2026, 11, 16, 16, tzinfo=UTC))
    ]
    view = cases.view(case, "user:a")
    assert view.step["hold"] == "complaint"
    assert [c["clock"] for c in view.clocks] == ["complaint"]
    assert "CN-COMPLAINT-01" in contact().rule_ids
    assert rule_of(cases.ask, case, Action.HIGH_RISK, "user:a") == "CW-COMPLAINT-01"
    if way_out == "rights":
        assert rights.answer(site, queued[0]["id"], at=MONDAY, actor="user:a")
    else:
        assert cases.tell(case, Told(EventKind.ANSWERED, ref=queued[0]["id"]), "user:a") == queued[0]["id"]
    assert rights.queue(site).num_rows == 0
    assert cases.view(case, "user:a").step["hold"] is None
    assert contact().allowed
    assert site.store.verify_audit().is_intact


@pytest.mark.guide("R61")
def test_a_complaint_about_one_case_suspends_the_persons_other_cases(cases, case, site):
    """Another case of the same customer number: contact, treatment and the caps are the person's."""
    own = site.store.cases().to_pylist()
    mine = next(r for r in own if r["case_id"] == case)
    other = next(r["case_id"] for r in own if r["case_id"] != case and r["status"] == "open")
    rows = site.store.cases().filter(pc.equal(site.store.cases()["case_id"], other))
    for name in ("customer_token", "id_token"):
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array([mine[name]], pa.string()))
    site.store.save_cases(rows, run_key="test")
    assert cases.view(other, "user:a").step["hold"] is None
    cases.tell(case, Told(EventKind.COMPLAINT, "wording"), "user:a")
    assert cases.view(other, "user:a").step["hold"] == "complaint"
    assert contact_check.known(site, other, MONDAY).has_complaint
    assert rule_of(cases.ask, other, Action.HIGH_RISK, "user:a") == "CW-COMPLAINT-01"


def test_an_answer_to_a_complaint_that_is_not_there_is_bad_input(cases, case):
    assert rule_of(cases.tell, case, Told(EventKind.ANSWERED), "user:a") == "CW-CODE-01"
    cases.tell(case, Told(EventKind.COMPLAINT, "wording"), "user:a")
    with pytest.raises(BadInput):
        cases.tell(case, Told(EventKind.ANSWERED, ref="R-ANOTHER"), "user:a")


@pytest.mark.guide("R63")
def test_a_change_that_complaints_ask_for_is_approved_by_a_second_person_and_then_holds_everywhere(cases, case, site):
    others = [c for c in site.store.casework.states(life="contacting")["case_id"].to_pylist() if c != case]
    for i, other in enumerate(others[:3]):
        rights.receive(
            site, "complaint", other, received_at=MONDAY - timedelta(days=i), actor="user:a", code="too_often"
        )
    improvements = Improvements(site, cases.clock)
    found = next(s for s in improvements.suggestions() if s.code == "too_often")
    change = improvements.propose(found, "user:a")
    assert case_terms.approved(site) == []
    assert rule_of(improvements.settle, change, "approved", "user:a") == "CW-APPROVAL-02"
    improvements.settle(change, "approved", "user:b")
    capped = [
        c.most
        for c in case_terms.terms(site, MONDAY).caps
        if c.counts == "contact_events_per_customer" and c.days is None
    ]
    assert sorted(capped) == [2, 3]
    point = (
        site.store.casework.published_points()
        .filter(pc.equal(site.store.casework.published_points()["case_id"], case))["candidate_id"][0]
        .as_py()
    )
    facts = {"is_opted_out": False, "has_complaint": False, "is_vulnerable": False}
    at = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)
    for i in range(2):
        assert contact_check.check(site, point, "voice", at=at, said=facts).decision.allowed
        contact_check.record(site, point, "voice", "no_answer", at=at - timedelta(minutes=10 * (i + 1)))
    answer = contact_check.check(site, point, "voice", at=at, said=facts).decision
    assert (answer.allowed, answer.rule_ids[0]) == (False, "CN-CAP-90")
    assert {e["event"] for e in site.store.subjects.audit_events()} >= {"change.proposed", "change.settled"}


# --- closing, the file, retention ---------------------------------------------------------------------------------------------------


@pytest.mark.guide("R54")
@pytest.mark.guide("R55")
def test_closing_freezes_starts_the_deletion_clock_and_the_file_says_what_it_lacks(cases, case, site):
    assert rule_of(cases.close, case, closure.Reason.PAID, "user:a") == "CW-CLOSE-01"
    cases.tell(case, Told(EventKind.PAYMENT, "full", amount=100.0), "user:a")
    cases.close(case, closure.Reason.PAID, "user:a")
    view = cases.view(case, "user:a")
    assert (view.state["life"], view.step["hold"]) == ("closed", "closed")
    assert next(c for c in view.clocks if c["clock"] == "deletion")["due_at"] == MONDAY + timedelta(days=30)
    assert (
        site.store.casework.published_points()
        .filter(pc.equal(site.store.casework.published_points()["case_id"], case))
        .num_rows
        == 0
    )
    assert view.missing == ["contact_log", "payment_proof"]
    assert rule_of(cases.tell, case, Told(EventKind.ARCHIVED), "user:a") == "CW-ARCHIVE-01"
    for artefact in view.missing:
        cases.file(case, Artefact(artefact), HASH, "user:a", ref="DOC-1")
    cases.tell(case, Told(EventKind.ARCHIVED), "user:a")
    assert cases.view(case, "user:a").state["life"] == "archived"


def test_a_case_closed_outside_casework_lacks_its_papers_too(cases, case):
    assert cases.view(case, "user:a").missing == []
    closure.close(cases.site, [case], closure.Reason.LEGAL, actor="client:court")
    view = cases.view(case, "user:a")
    assert (view.state["life"], view.missing) == ("closed", ["contact_log", "court_paper"])


@pytest.mark.guide("R17")
@pytest.mark.guide("R44")
@pytest.mark.guide("R59")
@pytest.mark.guide("R51")
@pytest.mark.parametrize("artefact", ["recording", "visit_notice", "ems_slip", "lawyer_letter"])
def test_an_artefact_is_recorded_by_class_hash_and_reference(cases, case, artefact):
    cases.file(case, Artefact(artefact), HASH, "user:a", ref="EMS-1234567890123-CN")
    kept = cases.view(case, "user:a").artefacts[-1]
    assert (kept["artefact"], kept["sha256"], kept["ref"]) == (artefact, HASH, "EMS-1234567890123-CN")
    assert (kept["keep_until"] - kept["made_at"]).days in {730, 731}
    assert kept["delete_by"] > kept["keep_until"]


@pytest.mark.guide("R17")
def test_a_talk_without_its_recording_leaves_the_file_incomplete(cases, case):
    cases.tell(
        case, Told(EventKind.ATTEMPT, "right_party", point_id=declared(cases, case)[0], channel="voice"), "agent:1"
    )
    cases.tell(case, Told(EventKind.PAYMENT, "full", amount=1.0), "user:a")
    cases.tell(case, Told(EventKind.CLOSED, "paid"), "user:a")
    assert "recording" in cases.view(case, "user:a").missing


@pytest.mark.guide("R60")
def test_a_visit_photograph_shows_the_exterior_and_no_people(cases, case):
    photo = Artefact.VISIT_PHOTO
    assert rule_of(cases.file, case, photo, HASH, "user:a") == "CW-PHOTO-01"
    assert rule_of(cases.file, case, photo, HASH, "user:a", place_class="interior") == "CW-PHOTO-01"
    assert rule_of(cases.file, case, photo, HASH, "user:a", place_class="exterior", has_people=True) == "CW-PHOTO-01"
    assert cases.file(case, photo, HASH, "user:a", place_class="exterior")
    with pytest.raises(BadInput):
        cases.file(case, photo, "no hash", "user:a", place_class="exterior")


@pytest.mark.guide("R58")
def test_a_recording_is_kept_two_years_gone_after_three_and_held_while_a_hold_lasts(cases, case, site):
    entry = cases.file(case, Artefact.RECORDING, HASH, "user:a", made_at=MONDAY - timedelta(days=600))
    assert rule_of(cases.unfile, case, entry, "user:a") == "CW-KEEP-01"
    later = Cases(site, lambda: MONDAY + timedelta(days=600))  # past two years, and past three
    assert [r["id"] for r in later.overdue()] == [entry]
    retention.hold(site, case, reason="court", actor="user:a")
    assert later.overdue() == []
    assert rule_of(later.unfile, case, entry, "user:a") == "CW-KEEP-01"
    retention.release(site, case, actor="user:a")
    still = Cases(site, lambda: datetime.now(UTC) + timedelta(days=1200))
    still.unfile(case, entry, "user:a")
    assert still.overdue() == []


def end(cases, case):
    cases.tell(case, Told(EventKind.PAYMENT, "full", amount=100.0), "user:a")
    cases.close(case, closure.Reason.PAID, "user:a")


def own(site, case):
    return site.store.casework.events([case]).num_rows


@pytest.mark.guide("R58")
def test_a_history_goes_at_its_age_when_its_case_is_over_and_nothing_keeps_it(cases, site):
    over, held, filed, still_open = site.store.casework.states(life="contacting")["case_id"].to_pylist()[:4]
    for case_id in (over, held, filed):
        end(cases, case_id)
    retention.hold(site, held, reason="court", actor="user:a")
    entry = cases.file(filed, Artefact.PAYMENT_PROOF, HASH, "user:a")
    three_years = datetime(2029, 11, 9, 3, tzinfo=UTC)
    soon = datetime.now(UTC) + timedelta(days=365 * 3 - 1)
    assert retention.purge(site, at=three_years - timedelta(days=1), actor="t")["case_histories"] == 0
    assert own(site, over)
    late = max(three_years, soon) + timedelta(days=10)
    counts = retention.purge(site, at=late, actor="t")
    assert (counts["case_histories"], own(site, over)) == (1, 0)
    assert own(site, held)
    assert own(site, filed)  # the proof is still kept somewhere
    assert own(site, still_open)
    Cases(site, lambda: late).unfile(filed, entry, "user:a")
    retention.release(site, held, actor="user:a")
    assert retention.purge(site, at=late + timedelta(days=1200), actor="t")["case_histories"] == 2
    assert (
        site.store.casework.events()
        .filter(pc.is_in(site.store.casework.events()["case_id"], value_set=pa.array([over, held, filed])))
        .num_rows
        == 0
    )
    assert site.store.verify_audit().is_intact
    told = [
        e
        for e in site.store.subjects.audit_events()
        if e["event"] == "retention.purged" and "case_histories" in e["facts"]
    ]
    assert "CN-RETAIN" in told[-1]["facts"]


@pytest.mark.guide("R58")
def test_old_attempts_go_from_open_cases_too_and_a_run_brings_nothing_back(fresh):
    site = open_site(fresh)
    walk(run_of(site))
    cases = Cases(site, lambda: NOON)
    gone = site.store.casework.states(life="contacting")["case_id"][0].as_py()
    end(cases, gone)
    attempts = pc.sum(pc.equal(site.store.casework.events()["kind"], "attempt")).as_py()
    late = datetime.now(UTC) + timedelta(days=365 * 3 + 10)
    counts = retention.purge(site, at=late, actor="t")
    assert counts["old_attempts"] == attempts > 0
    assert own(site, gone) == 0
    walk(run_of(site))
    assert own(site, gone) == 0
    assert site.store.casework.states_of([gone])["life"].to_pylist() == ["closed"]


@pytest.mark.parametrize("jurisdiction", ["cn", "us", "uk"])
def test_every_pack_says_when_a_history_goes(jurisdiction):
    import policy
    from policy.forgetting import history_cutoff

    before, rule = history_cutoff(policy.load(jurisdiction), MONDAY)
    assert before == datetime(2023, 11, 9, 3, tzinfo=UTC)
    assert rule.startswith(f"{jurisdiction.upper()}-RETAIN")


def test_a_closed_case_takes_no_treatment_whoever_closed_it(cases, case, site):
    lose(cases, case)
    closure.close(site, [case], closure.Reason.LEGAL, at=MONDAY, actor="client:a")
    assert cases.view(case, "user:a").state["life"] == "closed"
    assert rule_of(cases.ask, case, Action.TRACE, "user:a") == "CW-CLOSED-01"
    assert (
        rule_of(cases.tell, case, Told(EventKind.PROMISE, until=MONDAY + timedelta(days=3)), "user:a") == "CW-CLOSED-01"
    )


@pytest.mark.guide("R54")
def test_closing_freezes_whichever_door_tells_of_it(cases, case, site):
    feed = Feed(site, lambda: MONDAY)
    rows = [{"case_id": case, "kind": EventKind.PAYMENT, "code": "full", "amount": 5.0, "agents": []},
            {"case_id": case, "kind": EventKind.CLOSED, "code": "paid", "agents": []}]  # fmt: skip
    assert [t.status for t in feed.case_events(Reader("client:a", None), rows)] == ["accepted"] * 2
    assert site.store.subjects.frozen()[case] == "paid"
    assert (
        site.store.casework.published_points()
        .filter(pc.equal(site.store.casework.published_points()["case_id"], case))
        .num_rows
        == 0
    )


def test_a_hold_is_one_whichever_door_it_comes_by(cases, case, site):
    cases.tell(case, Told(EventKind.HELD, ref="COURT-1"), "user:a")
    assert case in site.store.casework.held()
    cases.tell(case, Told(EventKind.RELEASED), "user:a")
    assert case not in site.store.casework.held()
    assert [h["kind"] for h in cases.view(case, "user:a").history if h["kind"] in {"held", "released"}] == [
        "released",
        "held",
    ]


# --- terms ---------------------------------------------------------------------------------------------------------------------------


def test_the_terms_are_the_packs(site):
    from tests.casework.histories import TERMS

    found = case_terms.terms(site, MONDAY)
    assert (found.gates, found.hours, found.caps, found.relay) == (frozenset(), TERMS.hours, TERMS.caps, True)
    assert found.keep_days["recording"] == (731, 1096)  # two and three years from here, a leap day in one
    assert (found.letter_lost_months, found.letter_min_balance, found.failures_in_a_row) == (6, 50_000.0, 3)


@pytest.mark.guide("R20", "off")
@pytest.mark.guide("R37", "off")
@pytest.mark.parametrize(("jurisdiction", "relay", "cooldown"), [("cn", True, 0), ("us", False, 7), ("uk", False, 0)])
def test_each_pack_says_whether_a_relay_may_be(jurisdiction, relay, cooldown, fresh):
    file = fresh / "deployment.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(data | {"jurisdiction": jurisdiction}, allow_unicode=True), encoding="utf-8")
    found = case_terms.terms(open_site(fresh), MONDAY)
    assert isinstance(found, Terms)
    assert (found.relay, found.cooldown_days, found.gates) == (relay, cooldown, frozenset())
    assert found.hours


def test_every_gate_of_the_deployment_is_a_gate_of_casework(fresh):
    from casework.vocabulary import GATES

    site = with_casework(fresh, gates=EVERYTHING)
    assert case_terms.terms(site, MONDAY).gates == frozenset(GATES)
    with pytest.raises(Exception, match="casework"):
        with_casework(fresh, gates=["everything"])


def test_nothing_of_a_person_is_in_what_casework_keeps(ran, canaries):
    site, _ = ran
    texts = "\n".join(str(t.to_pylist()) for t in (site.store.casework.events(), site.store.casework.states()))
    assert [c for c in canaries if c and c in texts] == []
    assert isinstance(site.store.casework.events(), pa.Table)


# --- the contact check goes by the history -------------------------------------------------------------------------------------------


def point_of(site, case, kind="phone"):
    found = site.store.casework.published_points()
    mine = pc.and_(pc.equal(found["case_id"], case), pc.equal(found["kind"], kind))
    return (
        next(iter(found.filter(mine)["candidate_id"].to_pylist()), None)
        or found.filter(pc.equal(found["case_id"], case))["candidate_id"][0].as_py()
    )


def asked(site, case, channel="voice", at=MONDAY, **said):
    known = contact_check.known(site, case, at)
    return contact_check.permission(site, known, point_of(site, case), channel, {**contact_check.FAVOURABLE, **said})


@pytest.mark.guide("R16")
def test_a_contact_counts_whoever_tells_of_it(cases, case, site):
    """By the lender's outcomes or a colleague (the case's history), by the feed, by an agency's report: one counter."""
    assert asked(site, case).decision.allowed
    cases.tell(
        case, Told(EventKind.ATTEMPT, "no_answer", channel="voice", at=MONDAY - timedelta(minutes=30)), "agency:a"
    )
    contact_check.record(site, point_of(site, case), "sms", "no_answer", at=MONDAY - timedelta(minutes=20))
    row = {
        "candidate_id": point_of(site, case),
        "disposition": "no_answer",
        "channel": "voice",
        "at": MONDAY - timedelta(minutes=10),
    }
    assert [t.status for t in Feed(site, lambda: MONDAY).outcomes(Reader("client:a", None), [row])] == ["accepted"]
    answer = asked(site, case)
    assert "CN-CAP-01" in answer.decision.rule_ids
    assert answer.next_permitted_at == datetime(2026, 11, 10, 0, tzinfo=UTC)


def test_an_outcome_is_one_contact_after_its_person_withdrew_too(case, site):
    row = {"candidate_id": point_of(site, case), "disposition": "no_answer", "channel": "voice", "at": MONDAY}
    Feed(site, lambda: MONDAY).outcomes(Reader("client:a", None), [row])
    who = site.store.subjects.find(case_id=case)
    before = site.store.subjects.contacts(who)
    rights.delete(site, case, actor="user:a")
    assert site.store.subjects.contacts(who).equals(before)
    assert before.num_rows == 1


@pytest.mark.guide("R02")
def test_what_the_customer_said_stands_against_a_contact_whatever_a_caller_says(cases, case, site):
    until = datetime(2026, 11, 12, 20, tzinfo=UTC)  # 04:00 in Beijing
    cases.tell(case, Told(EventKind.FORBEARANCE, until=until), "user:a")
    answer = asked(site, case)
    assert answer.decision.rule_ids == ("CW-FORBEAR-01",)
    assert answer.next_permitted_at == datetime(2026, 11, 13, 0, tzinfo=UTC)  # when hours open after it has ended
    after = MONDAY + timedelta(days=4)
    assert asked(site, case, at=after).decision.allowed
    cases.tell(case, Told(EventKind.OPTED_OUT, "voice"), "user:a")
    assert not asked(site, case, at=after, is_opted_out=False).decision.allowed
    assert asked(site, case, "sms", at=after).decision.allowed


@pytest.mark.guide("R41", "refusal")
@pytest.mark.guide("R20", "refusal")
def test_no_caller_can_say_that_a_visit_or_a_relay_was_approved(cases, case, site):
    for channel, said in (
        ("visit", {}),
        ("lawyer_letter", {}),
        ("voice", {"party": "third_party", "is_number_invalid": True}),
    ):
        answer = asked(site, case, channel, is_approved=True, **said)
        assert answer.decision.rule_ids[0] == "CW-GATE-01"
    assert not asked(site, case, "letter", is_approved=True).decision.allowed
