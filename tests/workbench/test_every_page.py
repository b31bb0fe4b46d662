"""Every page there is, from the routes: accessible, of this host only, and in the documentation with its picture.

``SKIPTRACE_SCREENSHOTS=docs/images`` writes the pictures of those that no test of a person's way takes.
"""

from __future__ import annotations

import json
import re

import pytest

from pipeline.services.workbench import Workbench
from pipeline.site import open_site
from tests.support import ROOT, copy_of
from tests.workbench import browser as wd
from tests.workbench.every_page import NO_PAGE, every, routes
from tests.workbench.test_routes import OPEN, WHO
from workbench import accounts

AXE = ROOT / ".browser" / "axe.min.js"
DOCS = ROOT / "docs" / "reference" / "workbench-pages.md"
NEEDS_A_BROWSER = pytest.mark.skipif(bool(wd.missing()), reason=wd.missing() or "there is one")
NEEDS_AXE = pytest.mark.skipif(not AXE.exists(), reason="no axe-core: sh tests/workbench/install_browser.sh")


@pytest.fixture(scope="module")
def own_site(ran, tmp_path_factory):
    return open_site(copy_of(ran[0].folder, tmp_path_factory.mktemp("every_page")))


@pytest.fixture(scope="module")
def visits(own_site, address, window):
    """Go over every page, each as somebody who may see it, and look at it: what ``look`` finds, by page."""
    case = own_site.store.snapshot().rows["case_id"][0].as_py()
    candidate = own_site.store.snapshot().rows["candidate_id"][0].as_py()
    run = Workbench(own_site).runs()[0]["run_key"]
    pages = sorted(every(case, candidate, run), key=lambda p: p.role or "")
    passwords = {r: accounts.create(own_site, f"page.{r}", r) for r in {p.role for p in pages} - {None}}

    def over(look):
        found, signed_in = {}, None
        for page in pages:
            if page.role is not signed_in and page.role is not None:
                window.sign_in(address, f"page.{page.role}", passwords[page.role])
            if page.role is None:
                window.sign_out()
            signed_in = page.role
            window.open(address + page.address)
            assert window.url.startswith(address + page.address), page.route
            assert window.text("h1"), page.route
            found[page.route] = look(window, page)
        return found

    return over


def axe(window, theme: str) -> list[list[object]]:
    """What axe-core finds on this page with everything opened: rule, impact, how often, the first place."""
    window.run("document.documentElement.dataset.theme = arguments[0]", theme)
    window.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    return window.wait_for_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        ".then(r => done(r.passes.length < 5 ? [['axe', 'serious', 0, 'did not look']] : r.violations.map(v => [v.id, v.impact, v.nodes.length, v.nodes[0].html.slice(0, 120)])),"
        " e => done([['axe', 'serious', 1, String(e)]]))"
    )


@NEEDS_A_BROWSER
@NEEDS_AXE
def test_axe_finds_nothing_serious_on_any_page_light_or_dark(visits):
    def look(window, page):
        wd.picture(window, page.name) if page.name == "runs-run-key" else None
        window.run(AXE.read_text(encoding="utf-8"))
        return [f for theme in ("light", "dark") for f in axe(window, theme)]

    found = visits(look)
    assert set(found) == set(routes())
    serious = {n: [v for v in f if v[1] in {"serious", "critical"}] for n, f in found.items()}
    assert not any(serious.values()), json.dumps(serious, indent=1)


@NEEDS_A_BROWSER
def test_no_page_asks_anything_of_another_host_and_none_breaks_the_policy(visits, address):
    def look(window, _page):
        asked = window.run("return performance.getEntriesByType('resource').map(e => e.name)")
        inline = window.run("return document.querySelectorAll('[style], script:not([src]), style').length")
        return asked, inline

    for route, (asked, inline) in visits(look).items():
        assert asked, route
        assert all(str(a).startswith(address) for a in asked), route
        assert inline == 0, route


def test_the_pages_are_those_that_the_table_of_roles_knows():
    told = {path for method, path in {*WHO, *OPEN} if method == "GET"}
    assert set(routes()) == told - NO_PAGE - {"/static/{name}"}


def test_every_page_is_in_the_documentation_with_its_picture():
    text = DOCS.read_text(encoding="utf-8")
    for route in routes():
        named = re.sub(r"\{.*\}", "…", route)
        pictures = re.findall(
            rf"^`{re.escape(named)}`[^\n]*\n\n!\[[^\]]+\]\(\.\./images/([a-z-]+\.png)\)", text, re.MULTILINE
        )
        assert pictures, f"{route} has no picture in docs/reference/workbench-pages.md"
        assert all((ROOT / "docs" / "images" / p).is_file() for p in pictures), route
