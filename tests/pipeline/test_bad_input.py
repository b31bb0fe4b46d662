"""Each kind of broken source fails alone or costs its rows alone; the others' run goes on and the counts still close."""

import csv
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli import export
from core.errors import Fatal
from pipeline import drift
from pipeline.site import open_site
from pipeline.walk import walk
from tests.support import copy_of, run_of


def notes_of(report: dict, source: str) -> str:
    return " ".join(n["message"] for s in report["steps"] if s["source"] == source for n in s["notes"])


def path_of(folder, source: str):
    site = open_site(folder)
    return site.base / site.deployment.source(source).location


@pytest.fixture
def breaks(fresh):
    """Break one source's file, run, and give the report and what was told of the source."""

    def run(source: str, damage):
        damage(path_of(fresh, source))
        report = walk(run_of(open_site(fresh)))
        assert report["sums_close"]
        assert report["candidates"]
        return report, notes_of(report, source)

    return run


def test_an_absent_file_fails_alone(breaks):
    report, told = breaks("shop", lambda p: p.unlink())
    assert report["failed_sources"] == ["shop"]
    assert "shop" in told


def test_a_missing_column_is_named_and_fails_alone(breaks):
    def damage(path):
        text = path.read_text(encoding="utf-8-sig")
        header, _, body = text.partition("\n")
        first = header.split(",")[0]
        path.write_text(header.replace(first, "renamed", 1) + "\n" + body, encoding="utf-8")

    report, told = breaks("shop", damage)
    assert report["failed_sources"] == ["shop"]
    assert "field" in told
    assert "renamed" in told or "column" in told


def test_an_empty_file_fails_alone(breaks):
    report, _ = breaks("shop", lambda p: p.write_bytes(b""))
    assert report["failed_sources"] == ["shop"]


def test_broken_bytes_cost_their_row_only(breaks):
    def damage(path):
        lines = path.read_bytes().split(b"\n")
        lines[3] = lines[3][:10] + b"\xff\xfe\x80" + lines[3][10:]
        path.write_bytes(b"\n".join(lines))

    report, _ = breaks("shop", damage)
    assert report["failed_sources"] == []
    pulled = {c[0]: c[1] for s in report["steps"] if (s["step"], s["source"]) == ("pull", "shop") for c in s["counts"]}
    assert pulled["pulled"] > 100


def test_a_truncated_parquet_fails_alone(breaks):
    report, _ = breaks("cards", lambda p: p.write_bytes(p.read_bytes()[:-100]))
    assert report["failed_sources"] == ["cards"]


def test_a_parquet_without_rows_is_no_failure(breaks):
    report, _ = breaks("cards", lambda p: pq.write_table(pq.read_table(p).slice(0, 0), p))
    assert report["failed_sources"] == []


def test_a_failed_source_deletes_nothing_that_was_published(fresh):
    site = open_site(fresh)
    walk(run_of(site))
    before = site.store.snapshot().rows
    path_of(fresh, "crm").unlink()
    report = walk(run_of(open_site(fresh)))
    assert report["failed_sources"] == ["crm"]
    resting = {
        i for i, s in zip(before["candidate_id"].to_pylist(), before["sources"].to_pylist(), strict=True) if "crm" in s
    }
    after = set(site.store.snapshot().rows["candidate_id"].to_pylist())
    assert resting
    assert resting <= after


@pytest.mark.parametrize("source", ["registry", "consents"])
def test_without_the_registry_or_the_consents_nothing_is_published(fresh, source):
    path_of(fresh, source).unlink()
    site = open_site(fresh)
    with pytest.raises(Fatal, match=source):
        walk(run_of(site))
    assert site.store.snapshot().seq == 0
    assert site.store.last_run().status == "failed"


def test_a_locked_database_is_tried_again_and_then_fails_alone(fresh, monkeypatch):
    import tenacity

    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda _s: None)
    source = next(s.name for s in open_site(fresh).deployment.sources if s.transport in {"sqlite", "sql"})
    path = path_of(fresh, source)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        report = walk(run_of(open_site(fresh)))
    finally:
        holder.close()
    assert report["failed_sources"] == [source]
    assert "attempts" in notes_of(report, source)


def test_no_message_of_a_broken_source_contains_its_values(breaks, canaries):
    def damage(path):
        path.write_bytes(path.read_bytes().replace(b",", b"\x00,", 400))

    report, _ = breaks("shop", damage)
    assert [c for c in canaries if len(c) >= 3 and c in str(report)] == []


def test_no_run_without_a_current_impact_assessment(fresh):
    declaration = fresh / "deployment.yaml"
    declaration.write_text(
        declaration.read_text(encoding="utf-8").replace("2027-11-01", "2026-01-01"), encoding="utf-8"
    )
    with pytest.raises(Fatal):
        walk(run_of(open_site(fresh)))


def test_a_refused_source_is_told_with_its_rule_and_never_read(fresh):
    declaration = fresh / "deployment.yaml"
    text = declaration.read_text(encoding="utf-8")
    extra = (
        "\n  - {name: wechat_moments, kind: deliveries, transport: csv, location: moments.csv, consent_scope: delivery_address,"
        " fields: {observed_at: a, contact_phone: b}}\n"
    )
    declaration.write_text(text.rstrip() + extra, encoding="utf-8")
    report = walk(run_of(open_site(fresh)))
    assert report["failed_sources"] == ["wechat_moments"]
    assert "refused" in notes_of(report, "wechat_moments")


def _cells(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _write_cells(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_a_column_that_holds_something_else_stops_its_source_and_says_what_to_change(fresh):
    site = open_site(fresh)
    drift.accept(site, ["shop"])
    fields = site.deployment.source("shop").fields
    phone, at = fields["contact_phone"].column, fields["observed_at"].column
    path = path_of(fresh, "shop")
    header, *rows = _cells(path)
    i, j = header.index(phone), header.index(at)
    for row in (r for r in rows if len(r) > max(i, j)):
        row[i], row[j] = row[j], row[i]
    _write_cells(path, [header, *rows])
    report = walk(run_of(site))
    assert report["failed_sources"] == ["shop"]
    assert report["candidates"]
    told = notes_of(report, "shop")
    assert f"'{phone}' (field contact_phone) held phone numbers and now holds dates" in told
    assert "skiptrace sources accept" in told


def test_formulas_are_text_and_run_nowhere(breaks, fresh):
    """A sheet's formula where a name and a number should be: the row is judged as text, and no export begins a cell with it."""
    fields = open_site(fresh).deployment.source("shop").fields

    def damage(path):
        header, *rows = _cells(path)
        row = next(r for r in rows if len(r) == len(header))
        row[header.index(fields["contact_phone"].column)] = '=HYPERLINK("http://example.test","1")'
        row[header.index(fields["record_id"].column)] = "=1+1"
        _write_cells(path, [header, *rows])

    report, _ = breaks("shop", damage)
    assert report["failed_sources"] == []
    site = open_site(fresh)
    aside = [
        r for r in site.store.quarantine_list(source="shop", status="open").to_pylist() if r["record_id"] == "=1+1"
    ]
    assert [(r["field"], r["reason"]) for r in aside] == [("contact_phone", "not_a_phone")]
    out = fresh / "out.csv"
    export.write(pa.table({"record_id": ["=1+1", "T1"]}), "csv", out)
    assert out.read_text(encoding="utf-8").splitlines()[1:] == ["'=1+1", "T1"]


def test_a_clock_that_runs_backwards_changes_nothing(fresh, tmp_path):
    """A step back of a minute at every look at it: the same candidates, and sums that close."""
    other = copy_of(fresh, tmp_path / "other")
    now = [datetime.now(UTC)]

    def backwards():
        now[0] -= timedelta(minutes=1)
        return now[0]

    walk(run_of(open_site(fresh)))
    site = open_site(other)
    report = walk(replace(run_of(site), clock=backwards))
    assert report["sums_close"]
    expected, found = (
        sorted((r["case_id"], r["rank"], r["kind"]) for r in open_site(f).store.snapshot().rows.to_pylist())
        for f in (fresh, other)
    )
    assert len(expected) > 100
    assert found == expected
