"""A case's page in a real browser, in both languages. ``SKIPTRACE_SCREENSHOTS=docs/images`` writes its pictures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline import rights
from pipeline.services.cases import Action, Cases, EventKind, Told
from pipeline.site import open_site
from tests.support import copy_of
from tests.workbench import browser as wd
from tests.workbench.browser import picture, until
from workbench import accounts
from workbench.app import create_app

pytestmark = pytest.mark.skipif(bool(wd.missing()), reason=wd.missing() or "there is one")


@pytest.fixture(scope="module")
def own_site(ran, tmp_path_factory):
    return open_site(copy_of(ran[0].folder, tmp_path_factory.mktemp("casework")))


@pytest.fixture(scope="module")
def case_id(own_site):
    """A lost customer for whom an analyst asks to open a trace."""
    case = own_site.store.casework.states(life="lost")["case_id"][0].as_py()
    cases = Cases(own_site)
    at = datetime.now(UTC)
    cases.tell(
        case, Told(EventKind.PROMISE, at=at - timedelta(days=40), until=at - timedelta(days=30)), "user:chen.analyst"
    )
    cases.tell(case, Told(EventKind.PAYMENT, "part", amount=200.0, at=at - timedelta(days=20)), "user:chen.analyst")
    cases.tell(case, Told(EventKind.MISSED, at=at - timedelta(days=10)), "user:chen.analyst")
    cases.tell(case, Told(EventKind.HARDSHIP, "income_loss", at=at - timedelta(days=9)), "user:chen.analyst")
    cases.ask(case, Action.TRACE, "user:chen.analyst")
    return case


@pytest.fixture(scope="module")
def window(own_site, case_id, tmp_path_factory):
    with wd.served(create_app(own_site)) as url:
        out = wd.Browser(tmp_path_factory.mktemp("profile"), width=1280, height=1500)
        out.home = url
        out.sign_in(url, "wang.supervisor", accounts.create(own_site, "wang.supervisor", "supervisor"))
        yield out
        out.close()


def test_the_page_is_there_in_both_languages_and_fits_the_window(window, case_id):
    window.open(f"{window.home}/casework/{case_id}")
    assert "asked for" in window.text("main")
    picture(window, "casework")
    window.click("button[name=lang]")
    until(lambda: "下一步" in window.text("main"))
    assert "已申请" in window.text("main")
    picture(window, "casework-zh")
    for width in (1280, 700):
        assert window.run("return document.documentElement.scrollWidth <= window.innerWidth + 1"), width
    window.click("button[name=lang]")
    until(lambda: "Next step" in window.text("main"))


def test_a_second_person_approves_and_the_case_is_traced(window, case_id):
    window.open(f"{window.home}/casework/{case_id}")
    window.click("button[value=approved]")
    until(lambda: window.text("#life") == "being traced")
    assert "approved" in window.text("main")


def test_a_complaint_suspends_the_case_and_the_overview_lists_it(window, case_id, own_site):
    rights.receive(own_site, "complaint", case_id, actor="user:wang.supervisor", code="too_often")
    window.open(f"{window.home}/casework/{case_id}")
    assert "contact is suspended" in window.text("main")
    assert "answer the complaint" in window.text("main")
    picture(window, "casework-complaint")
    window.open(f"{window.home}/casework")
    assert "Where cases stand" in window.text("h1")
    picture(window, "casework-list")
