"""A person's way through the workbench, in a real browser. Skips where none is installed.

``SKIPTRACE_SCREENSHOTS=docs/images`` writes a picture of each page.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml

import ranking
from pipeline import learn
from pipeline.site import open_site
from tests.issuer import served
from tests.support import copy_of
from tests.workbench import browser as wd
from tests.workbench.browser import picture, until
from tests.workbench.test_models import told
from workbench import accounts

pytestmark = pytest.mark.skipif(bool(wd.missing()), reason=wd.missing() or "there is one")


@pytest.fixture(scope="module")
def issuer():
    with served("workbench") as fake:
        yield fake


@pytest.fixture(scope="module")
def own_site(ran, issuer, tmp_path_factory):
    """Nobody decided anything here before; the institution's issuer is known."""
    folder = copy_of(ran[0].folder, tmp_path_factory.mktemp("browser"))
    spec = {"issuer": issuer.url, "audience": "workbench", "roles": {"case-leads": "analyst"}}
    with (folder / "deployment.yaml").open("a", encoding="utf-8") as file:
        file.write(yaml.safe_dump({"workbench_issuer": spec}))
    return open_site(folder)


@pytest.fixture(scope="module")
def signed_in(window, address, own_site):
    """A supervisor, who sees nearly everything."""
    password = accounts.create(own_site, "lin.supervisor", "supervisor")
    window.open(address)
    assert window.url.endswith("/sign-in")
    picture(window, "sign-in")
    window.write("input[name=name]", "lin.supervisor")
    window.write("input[name=password]", password)
    window.press("Enter")
    until(lambda: window.url.endswith("/queue"))
    return window


def first_contact(window) -> str:
    """The CSS of the first candidate that can be revealed."""
    found = window.run(
        "const f = document.querySelector('form[action$=reveal]'); return f.closest('.card').querySelector('article').id"
    )
    return f"#{found}"


def test_a_person_works_the_queue_by_keyboard_decides_and_undoes(signed_in, address):
    w = signed_in
    w.open(address + "/queue")
    picture(w, "queue")
    w.press("j")
    w.press("Enter")
    until(lambda: "/cases/" in w.url)
    picture(w, "debtor")
    w.press("j")
    w.press("a")
    picture(w, "decide")
    w.press("Enter")
    until(lambda: "said=saved" in w.url)
    assert "Accept" in w.text(".verdict")
    w.click("button[value='undone:mistake']")
    until(lambda: "said=undone" in w.url)
    assert w.text(".verdict") == ""


def test_a_signal_is_compared_with_the_debtor_field_by_field(signed_in, address):
    w = signed_in
    w.open(address + "/next")
    w.click("a.compare")
    until(lambda: "/compare/" in w.url)
    assert "The record" in w.text("table")
    lines = w.run(
        "return [...document.querySelectorAll('main table')].map(t => [...t.querySelectorAll('td.n')].map(c => parseFloat(c.textContent)))"
    )
    for *parts, total in lines:
        assert sum(parts) == pytest.approx(total, abs=0.05 * (len(parts) + 1))
    assert w.run("return document.querySelectorAll('.mark.agrees').length") > 0
    picture(w, "compare")
    w.click("#back")
    until(lambda: "/cases/" in w.url)


def test_evidence_opens_and_says_the_same_in_words(signed_in, address):
    w = signed_in
    w.open(address + "/next")
    w.run("document.querySelectorAll('article details').forEach(d => d.open = true)")
    w.run("document.querySelector('details.evidence').scrollIntoView({block: 'center'})")
    label = w.run("return document.querySelector('.waterfall').getAttribute('aria-label')")
    assert "Sum" in label
    assert "%" in label
    picture(w, "evidence")


def test_a_value_is_revealed_for_a_reason_and_covered_again(signed_in, address):
    w = signed_in
    w.open(address + "/next")
    candidate = first_contact(w)
    masked = w.text(f"{candidate} .value")
    assert "*" in masked
    w.run("document.querySelector('form[action$=reveal]').closest('details').open = true")
    w.write("form[action$=reveal] input[name=reason]", "customer asked to be called back")
    w.click("form[action$=reveal] button")
    until(lambda: w.text(".revealed") != "")
    value = w.text(".revealed")
    assert value != masked
    assert "*" not in value
    assert value not in w.url
    assert value not in w.title
    assert "/reveal" not in w.url
    assert w.run("return document.querySelector('.watermark').textContent.includes('lin.supervisor')")
    w.run("dispatchEvent(new Event('pagehide'))")
    assert w.text(f"{candidate} .value") == masked
    picture(w, "revealed-covered")


def test_the_same_page_in_chinese_and_in_the_dark(signed_in, address):
    w = signed_in
    w.open(address + "/next")
    w.click("button[name=lang]")
    until(lambda: "候选联系方式" in w.text("main"))
    picture(w, "debtor-zh")
    w.press("t")
    until(lambda: w.run("return document.documentElement.dataset.theme") == "dark")
    picture(w, "debtor-dark")
    w.open(address + "/queue")
    picture(w, "queue-dark-zh")
    w.press("t")
    until(lambda: w.run("return document.documentElement.dataset.theme") == "light")
    w.click("button[name=lang]")
    until(lambda: "Debtors" in w.text("h1"))


def test_a_supervisor_promotes_proposed_parameters_and_takes_them_back(signed_in, address, own_site):
    w = signed_in
    told(
        own_site,
        ["right_party", "right_party", "right_party", "wrong_party", "no_answer", "disconnected"] * 20,
        datetime.now(UTC),
    )
    params = ranking.default_params().model_copy(update={"version": "learnt-2026-11", "unreachable": 0.25})
    own_site.models.mkdir(parents=True, exist_ok=True)
    (own_site.models / "ranking-learnt-2026-11.json").write_text(params.model_dump_json())
    for version in ("learnt-2026-11", ranking.default_params().version):
        w.open(address + "/model")
        w.click("a.difference")
        until(lambda version=version: f"version={version}" in w.url)
        assert "unreachable" in w.text(".differences")
        w.run("document.querySelector('#versions').scrollIntoView()")
        if version == "learnt-2026-11":
            picture(w, "promote")
            assert w.run("return document.querySelectorAll('.spread').length") >= 3
        w.click("#promote")
        until(lambda: "said=promoted" in w.url)
        assert learn.params_in_force(own_site).version == version
        assert "in force" in w.text(".versions tbody tr:first-child")


def test_a_person_signs_in_by_the_issuer_and_lands_in_the_queue(signed_in, address, issuer):
    w = signed_in
    w.open(address + "/queue")
    w.click("form[action$=sign-out] button")
    until(lambda: w.url.endswith("/sign-in"))
    w.click("a[href$='/sso']")
    until(lambda: w.url.startswith(issuer.url))
    w.click("#agree")
    until(lambda: w.url == address + "/queue")
    assert "sso:wang.fang" in w.text("header")
    w.click("form[action$=sign-out] button")
    until(lambda: w.url.endswith("/sign-in"))
    w.open(address + "/queue")
    assert w.url.endswith("/sign-in")


def test_an_auditor_searches_the_chain_and_finds_it_whole(signed_in, address, own_site):
    w = signed_in
    password = accounts.create(own_site, "zhao.auditor", "auditor")
    w.open(address + "/sign-in")
    w.write("input[name=name]", "zhao.auditor")
    w.write("input[name=password]", password)
    w.press("Enter")
    until(lambda: w.url.endswith("/runs"))
    w.open(address + "/audit?check=1&event=decision.recorded")
    assert "intact" in w.text("[role=status]")
    assert "lin.supervisor" in w.text("table")
    picture(w, "audit")
