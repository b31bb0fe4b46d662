"""``probe``: what a look at a live source finds."""

from __future__ import annotations

import pytest
from transport_examples import FIELDS, PLACE, RECORDS, spec

import connectors


@pytest.fixture
def probe(tmp_path):
    def probed(source):
        return {f.check: f for f in connectors.probe(source, base=tmp_path, environ={})}

    return probed


def test_a_good_source_passes_and_its_newest_date_is_told(tmp_path, probe):
    found = probe(spec("csv", *PLACE["csv"](tmp_path, RECORDS[:3])))
    assert {f.outcome for f in found.values()} == {"pass"}
    assert "2026-03-03" in found["newest"].detail


def test_an_absent_source_stops(probe):
    found = probe(spec("csv", "absent.csv"))
    assert list(found) == ["reachable"]
    assert (found["reachable"].outcome, "absent.csv" in found["reachable"].detail) == ("stop", True)


def test_unreadable_rows_warn_and_only_unreadable_rows_stop(tmp_path, probe):
    location, _ = PLACE["csv"](tmp_path, RECORDS)
    with (tmp_path / location).open("a") as f:
        f.write("ragged\n")
    assert (probe(spec("csv", location))["rows"].outcome) == "warn"
    (tmp_path / location).write_text(",".join(FIELDS.values()) + "\nragged\n")
    assert (probe(spec("csv", location))["rows"].outcome) == "stop"


def test_a_field_that_is_always_empty_warns_and_a_required_one_stops(tmp_path, probe):
    location, _ = PLACE["csv"](tmp_path, [r | {"姓名": None} for r in RECORDS])
    assert probe(spec("csv", location))["fields"].outcome == "warn"
    location, _ = PLACE["csv"](tmp_path, [r | {"电话": None} for r in RECORDS])
    assert probe(spec("csv", location))["fields"].outcome == "stop"


def test_no_finding_holds_a_value(tmp_path, probe):
    for finding in probe(spec("csv", *PLACE["csv"](tmp_path, RECORDS))).values():
        assert "测试" not in finding.detail
        assert "1990000" not in finding.detail
