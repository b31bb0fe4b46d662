"""``probe``: what a look at a live source finds."""

from __future__ import annotations

import pytest
from transport_examples import FIELDS, PLACE, RECORDS, spec

import connectors


@pytest.fixture
def probe(tmp_path):
    def probed(source, **kwargs):
        return {f.check: f for f in connectors.probe(source, base=tmp_path, environ={}, **kwargs)}

    return probed


def test_a_good_source_passes_and_its_newest_date_is_told(tmp_path, probe):
    found = probe(spec("csv", *PLACE["csv"](tmp_path, [RECORDS[2], RECORDS[0]])))
    assert {f.level for f in found.values()} == {"ok"}
    assert "2026-03-03" in found["newest"].message


def test_an_absent_source_is_an_error(probe):
    found = probe(spec("csv", "absent.csv"))
    assert list(found) == ["reachable"]
    assert (found["reachable"].level, "absent.csv" in found["reachable"].message) == ("error", True)


def test_unreadable_rows_warn_and_only_unreadable_rows_are_an_error(tmp_path, probe):
    location, _ = PLACE["csv"](tmp_path, RECORDS[:3])
    with (tmp_path / location).open("a") as f:
        f.write("ragged\n")
    assert probe(spec("csv", location))["rows"].level == "warning"
    (tmp_path / location).write_text(",".join(FIELDS.values()) + "\nragged\n")
    assert probe(spec("csv", location))["rows"].level == "error"
    (tmp_path / location).write_text(",".join(FIELDS.values()) + "\n")
    assert probe(spec("csv", location))["rows"].level == "warning"


def test_a_field_that_is_always_empty_warns_and_a_required_one_is_an_error(tmp_path, probe):
    location, _ = PLACE["csv"](tmp_path, [r | {"姓名": None} for r in RECORDS])
    assert probe(spec("csv", location))["fields"].level == "warning"
    location, _ = PLACE["csv"](tmp_path, [r | {"电话": None} for r in RECORDS])
    assert probe(spec("csv", location))["fields"].level == "error"


def test_times_that_are_no_dates_warn(tmp_path, probe):
    location, _ = PLACE["csv"](tmp_path, [r | {"时间": "gestern"} for r in RECORDS])
    assert probe(spec("csv", location))["newest"].level == "warning"


def test_a_look_is_no_longer_than_asked(tmp_path, probe):
    location, _ = PLACE["csv"](tmp_path, [RECORDS[0] | {"编号": f"T{i}"} for i in range(70_000)])
    assert "70,000 rows" in probe(spec("csv", location))["rows"].message
    assert "70,000 rows" not in probe(spec("csv", location), sample_rows=10)["rows"].message


def test_no_finding_holds_a_value(tmp_path, probe):
    for finding in probe(spec("csv", *PLACE["csv"](tmp_path, RECORDS))).values():
        assert "测试" not in finding.message
        assert "1990000" not in finding.message
