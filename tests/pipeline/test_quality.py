"""Quality: profiles kept with each run, the page, what it must not hold."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from core.types import Interval
from pipeline import profile, quality
from pipeline.run import Run


def test_a_run_keeps_a_profile_of_each_source(ran) -> None:
    site, report = ran
    for spec in site.deployment.sources:
        found = profile.of(report, spec.name)
        clean = next(c[1] for s in report["steps"] if (s["step"], s["source"]) == ("check", spec.name) for c in s["counts"] if c[0] == "clean")  # fmt: skip
        assert found is not None
        assert found.rows == clean
        assert all(0 < n <= clean for n in found.filled.values())


def test_a_later_run_is_compared_with_the_ones_before_and_none_with_itself(ran) -> None:
    site, _ = ran
    last = site.store.last_run()
    later = Run(site, Interval(last.interval.start, last.interval.end + timedelta(days=1)), actor="test")
    same = Run(site, last.interval, actor="test")
    name = site.deployment.sources[0].name
    assert len(profile.before(later, name)) == 1
    assert profile.before(same, name) == []


def test_batches_add_up() -> None:
    whole = pa.table({"record_id": ["1", "2", "2", None], "region": ["330200", None, "110105", "110101"], "name": ["a", None, "b", None]})  # fmt: skip
    counts = profile.Counts()
    counts.add(whole)
    assert counts.as_dict() == {
        "rows": 4,
        "repeated": 1,
        "filled": {"name": 2, "region": 3},
        "categories": {"region": {"11": 2, "33": 1}},
    }


def test_the_reasons_add_up_to_what_was_set_aside(ran) -> None:
    site, _ = ran
    found = quality.sources(site)
    assert any(s["runs"][-1]["bad"] for s in found)
    assert all(sum(s["reasons"].values()) == s["runs"][-1]["bad"] for s in found)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_every_source_and_needs_nothing_from_elsewhere(ran, lang: str) -> None:
    site, _ = ran
    page = quality.page(site, lang=lang)
    assert all(f'id="{s.name}"' in page for s in site.deployment.sources)
    assert ("数据源质量" in page) is (lang == "zh")
    assert not re.search(r"(?:src|href)=\"(?!#)|<script|@import|url\(", page)
    assert page.count("<polyline") == 3 * len(site.deployment.sources)
    HTMLParser().feed(page)


def test_the_page_holds_keys_of_rows_and_no_value_of_a_person(ran) -> None:
    site, _ = ran
    page = quality.page(site)
    registry = next(s for s in site.deployment.sources if s.kind.value == "declared_contacts")
    figures = set(re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", page))
    assert figures == set()
    assert f'href="#{registry.name}"' in page


def test_a_sparkline_stays_in_its_box() -> None:
    for values in ([], [5.0], [1.0, 1.0, 1.0], [0.0, 9.0, 3.0]):
        numbers = [tuple(map(float, p.split(","))) for p in quality.points(values).split()]
        assert len(numbers) == len(values)
        assert all(0 <= x <= 120 and 0 <= y <= 28 for x, y in numbers)
