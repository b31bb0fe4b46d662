from __future__ import annotations

import re
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from workbench import charts, texts
from workbench.roles import May, Role
from workbench.views import FOLDER, percent

NASTY = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
SEEN = datetime(2026, 10, 1, tzinfo=UTC)


def test_every_text_is_there_in_both_languages_with_the_same_blanks():
    for key, (english, chinese) in texts.texts().items():
        assert english.strip()
        assert chinese.strip()
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", chinese)), key


def test_no_key_has_two_texts():
    assert sum(len(area.TEXTS) for area in texts.AREAS) == len(texts.texts())


def test_every_text_a_template_names_is_in_the_catalogue():
    known = texts.texts()
    for file in (FOLDER / "templates").glob("*.html"):
        for key in re.findall(r"\bt\('(\w+)'\s*[,)]", file.read_text(encoding="utf-8")):
            assert key in known, f"{file.name}: {key}"


def test_every_role_and_reason_has_its_words():
    from pipeline.services.debtors import SORTS
    from pipeline.services.verdicts import PROPOSAL_REASONS, REASONS

    keys = [f"role_{r}" for r in Role] + [f"v_{v}" for v in REASONS] + [f"d_{r}" for rs in REASONS.values() for r in rs]
    keys += [f"p_{r}" for r in PROPOSAL_REASONS] + [f"sort_{s}" for s in SORTS]
    assert not [k for k in keys if k not in texts.texts()]


def test_a_code_nobody_translated_is_readable_and_not_an_error():
    assert texts.known("en", "x_", "brand_new.factor") == "brand new factor"
    assert texts.reason("zh", "brand_new:7") == "brand new"


def test_no_template_carries_script_style_or_a_foreign_address():
    for file in [*(FOLDER / "templates").glob("*.html"), *(FOLDER / "static").iterdir()]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! src=)", text), file.name
        assert not re.search(r"(?:src|href|url\()\s*[=(]?\s*[\"']?(?:https?:)?//", text), file.name
        assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", ["/queue?search={}", "/queue?portfolio={}", "/cases/{}", "/runs/{}", "/next?after={}"])
def test_what_an_address_says_is_text_on_the_page(analyst, path):
    assert NASTY not in analyst.get(path.format(NASTY)).text


def test_what_a_source_or_a_reason_says_is_text_on_the_page(app, analyst, site):
    publish_debtor(site, "XSS-1", 1, masked=NASTY, portfolio=NASTY, sources=[NASTY], reasons=[NASTY])
    for path in ("/cases/XSS-1", "/queue?search=XSS", "/quality"):
        page = analyst.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page
    assert "&lt;script&gt;" in analyst.get("/cases/XSS-1").text


def test_a_debtor_of_ten_thousand_candidates_is_shown_a_page_at_a_time(analyst, site):
    publish_debtor(site, "BIG-1", 10_000)
    first = analyst.get("/cases/BIG-1")
    assert first.text.count("<article") == 50
    assert "1–50 of 10,000" in first.text
    assert len(first.content) < 400_000
    assert "9951–10000" in analyst.get("/cases/BIG-1?offset=9950").text
    assert analyst.get("/cases/BIG-1?offset=999999").status_code == 200


@pytest.mark.parametrize("case_id", ["2026/001", "案-1", "a b#c?d"])
def test_a_case_of_any_name_is_found_by_the_link_the_queue_gives(analyst, site, workbench, case_id):
    publish_debtor(site, case_id, 1)
    workbench.refresh(wait=True)
    page = analyst.get("/queue", params={"search": case_id}).text
    link = re.search(r'class="row" href="([^"]+)"', page)[1]
    assert case_id in analyst.get(link).text
    done = analyst.post(f"{link}/decide", candidate_id=f"{case_id}-0", decision="accept:recent", version="0")
    assert case_id in analyst.get(done.headers["location"]).text


@pytest.mark.parametrize("query", ["sort=name", "offset=-1", "state=x", "offset=99999999999", "search=" + "x" * 200])
def test_an_address_that_makes_no_sense_is_answered_in_words(analyst, query):
    answer = analyst.get(f"/queue?{query}")
    assert answer.status_code == 422
    assert "could not be read" in answer.text


def test_the_language_follows_the_choice_and_else_the_browser(app):
    client = TestClient(app)
    assert "登录" in client.get("/sign-in", headers={"accept-language": "zh-CN,zh;q=0.9"}).text
    client.cookies.set("wb_lang", "en")
    assert "Sign in" in client.get("/sign-in", headers={"accept-language": "zh-CN"}).text


def test_the_queue_filters_sorts_and_finds(analyst, workbench):
    from pipeline.services.debtors import Wanted

    days = [r["days_past_due"] for r in workbench.queue(Wanted(sort="days_past_due"))[0]]
    assert days == sorted(days, reverse=True)
    one = workbench.queue(Wanted(limit=1))[0][0]
    assert [r["case_id"] for r in workbench.queue(Wanted(search=one["case_id"]))[0]] == [one["case_id"]]
    assert {r["portfolio"] for r in workbench.queue(Wanted(portfolio=one["portfolio"]))[0]} == {one["portfolio"]}
    assert "First, because" in analyst.get("/queue").text


def test_every_role_lands_where_it_may_be(people):
    for role, person in people.items():
        target = person.get("/").headers["location"]
        assert target == ("/queue" if role in {Role.ANALYST, Role.SUPERVISOR, Role.PRIVACY_OFFICER} else "/runs")
        assert person.get(target).status_code == 200
        assert May.BE_HERE


@given(st.lists(st.floats(-8, 8), max_size=12))
def test_a_waterfall_shows_every_factor_and_the_sum(values):
    total = sum(values)
    chart = charts.waterfall([(f"f{i}", v) for i, v in enumerate(values)], total, "x", "sum", "rest")
    assert chart.count("<rect") == len(values) + 1
    assert "nan" not in chart


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_a_sparkline_stays_within_its_frame(values):
    points = re.search(r'points="([^"]*)"', charts.sparkline(values, "x"))[1].split()
    for point in points:
        x, y = map(float, point.split(","))
        assert 0 <= x <= 120
        assert 0 <= y <= 28


def test_nothing_is_said_to_be_certain():
    assert [percent(p) for p in (1.0, 0.999, 0.5, 0.001, None)] == ["99%", "99%", "50%", "<1%", "–"]


def publish_debtor(site, case_id, n, *, masked="138****8000", portfolio="p", sources=("shop",), reasons=("origins:2",)):
    """A debtor of our own making beside the others: ``n`` candidates that rest on a grant which stands."""
    import store

    at = datetime.now(UTC)
    grants = site.store.grants()
    stands = pa.compute.and_(
        pa.compute.is_null(grants["withdrawn_at"]), pa.compute.greater(grants["expires_at"], pa.scalar(at))
    )
    valid = grants.filter(pa.compute.and_(stands, pa.compute.equal(grants["purpose"], site.deployment.purpose)))
    consent = valid["consent_id"][-1].as_py()
    case = {"case_id": case_id, "status": "open", "portfolio": portfolio, "balance": 1.0, "days_past_due": 1}
    site.store.save_cases(pa.Table.from_pylist([case], schema=store.CASES), run_key="test")
    one = {
        "case_id": case_id, "kind": "phone", "value_sealed": b"x", "value_masked": masked, "probability": 0.5,
        "holder": "debtor", "first_seen": SEEN, "last_seen": SEEN, "sources": list(sources), "origins": 1,
        "reasons": list(reasons), "factors": [{"factor": reasons[0], "log_odds": 0.1, "detail": None}],
        "consent_ids": [consent],
    }  # fmt: skip
    rows = [one | {"candidate_id": f"{case_id}-{i}", "rank": i + 1} for i in range(n)]
    before = site.store.snapshot().rows.select(store.CANDIDATE_ROWS.names)
    more = pa.Table.from_pylist(rows, schema=store.CANDIDATE_ROWS)
    site.store.publish(pa.concat_tables([before, more]), run_key="test", at=at)


@pytest.mark.parametrize("path", ["/runs", "/runs/20261102T000000Z", "/quality"])
def test_an_auditor_sees_no_small_cell_where_operations_see_exact_numbers(people, path):
    figure = re.compile(r'<(?:td|span) class="n">\s*([\d,]+)\s*</(?:td|span)>')
    exact = [int(n.replace(",", "")) for n in figure.findall(people[Role.OPERATOR].get(path).text)]
    coarse = [int(n.replace(",", "")) for n in figure.findall(people[Role.AUDITOR].get(path).text)]
    assert [n for n in exact if n % 10]
    assert coarse
    assert [n for n in coarse if n % 10] == []


def test_the_page_of_sources_shows_how_they_fared_and_rows_by_their_keys_to_operators_alone(people):
    page, coarse = (people[role].get("/quality").text for role in (Role.OPERATOR, Role.AUDITOR))
    assert re.search(r'<span class="(?:good|warning|bad)">(?:pass|warning|stopped)</span>', page)
    assert 'id="row-' in page
    assert 'id="row-' not in coarse
