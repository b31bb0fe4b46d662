"""Drafts of a source's entry: which column feeds which field, told by names in two languages and by values."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from pathlib import Path

import pytest
import yaml
from header_variants import HELD_OUT, VARIANTS, rows

import connectors
from connectors import headers
from core.deployment import SourceSpec, parse
from core.errors import SourceUnusable

PORTFOLIO = Path(__file__).parents[2] / "examples" / "portfolio"


def write(path, records):
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.DictWriter(f, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


def share_right(tmp_path, variants):
    """(columns mapped right, columns, kinds right)."""
    right = total = kinds = 0
    for kind, name, columns in variants:
        draft = connectors.infer(write(tmp_path / name, rows(columns, 40)))
        got = {column: field for field, column in draft.fields.items() if field != "origin_id"}
        right += sum(got.get(header) in (gold.split("|") if gold else [None]) for header, _, gold in columns)
        total += len(columns)
        kinds += draft.kind == kind
    return right / total, kinds / len(variants)


def test_columns_of_files_of_all_kinds_are_mapped_right(tmp_path):
    columns, kinds = share_right(tmp_path, VARIANTS)
    assert columns >= 0.97
    assert kinds == 1


def test_columns_of_files_the_words_were_not_written_for_are_mapped_right(tmp_path):
    columns, kinds = share_right(tmp_path, HELD_OUT)  # 63 of 66 at the first look
    assert columns >= 0.93
    assert kinds == 1


def test_the_portfolio_that_came_from_elsewhere_is_mapped_as_its_deployment_has_it():
    deployment = parse((PORTFOLIO / "deployment.yaml").read_text(encoding="utf-8"), environ=os.environ)
    base = (PORTFOLIO / deployment.root).resolve()
    if not base.is_dir():
        pytest.skip("the portfolio is not here; name its folder in SKIPTRACE_PORTFOLIO")
    for source in deployment.sources:
        draft = connectors.infer(base / source.location, base=base)
        gold = {name: how.column or how.path for name, how in source.fields.items() if name != "origin_id"}
        assert (draft.kind, draft.transport, draft.location) == (source.kind, source.transport, source.location)
        assert {k: v for k, v in draft.fields.items() if k != "origin_id"} == gold


@pytest.mark.parametrize(("kind", "name", "columns"), VARIANTS, ids=[name for _, name, _ in VARIANTS])
def test_a_draft_is_an_entry_that_can_be_used(kind, name, columns, tmp_path):
    records = rows(columns, 60)
    draft = connectors.infer(write(tmp_path / name, records), base=tmp_path)
    if draft.lacks:
        return
    (entry,) = yaml.safe_load(draft.yaml("drafted"))
    batches = list(connectors.pull(SourceSpec.model_validate(entry), base=tmp_path, environ={}))
    assert sum(b.read for b in batches) == 60
    assert sum(b.rows.num_rows for b in batches) == 60
    values = {v for r in records for v in r.values() if len(v) > 6} - {
        "post_loan_contact",
        "delivery_address",
        "phone_update",
    }
    known = {str(w) for lists in headers.vocabulary()["values"].values() for ws in lists.values() for w in ws}
    assert not [v for v in values if v in draft.yaml() and v.lower() not in known]


def test_what_is_a_guess_and_what_is_missing_is_said(tmp_path):
    path = write(tmp_path / "x.csv", [{"a": f"199{i:08}", "b": "x"} for i in range(50)])
    draft = connectors.infer(path)
    assert "# look: this is a guess" in draft.yaml()
    assert draft.lacks
    assert f"# missing: {draft.lacks[0]}" in draft.yaml()
    assert "# not mapped, so never read: b" in draft.yaml()


def test_nested_records_are_drafted_by_path(tmp_path):
    records = [
        {
            "id": f"K{i}",
            "cust": {"no": f"C{i}", "name": "王测试"},
            "change": {"newPhone": f"199{i:08}"},
            "ts": f"2026-03-0{i % 9 + 1}",
        }
        for i in range(50)
    ]
    (tmp_path / "changes.jsonl").write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records))
    draft = connectors.infer(tmp_path / "changes.jsonl")
    assert draft.kind == "phone_updates"
    assert draft.fields["contact_phone"] == "change.newPhone"
    assert "path: change.newPhone" in draft.yaml()


def test_the_largest_table_of_a_database_is_drafted(tmp_path):
    with sqlite3.connect(tmp_path / "app.db") as c:
        c.execute("CREATE TABLE codes (code, meaning)")
        c.execute("CREATE TABLE places (customer_no, city, seen_on)")
        c.executemany("INSERT INTO places VALUES (?, '成都市', '2026-03-01')", [(f"C{i}",) for i in range(9)])
    c.close()
    draft = connectors.infer(tmp_path / "app.db")
    assert (draft.kind, draft.options) == ("app_regions", {"table": "places"})


@pytest.mark.parametrize(
    "cities",
    [("AUSTIN TX", "SAINT LOUIS MO", "BROOKLYN NY"), ("LEEDS", "HULL", "NEWCASTLE UPO"), ("宁波", "成都市", "杭州")],
)
def test_a_column_of_cities_is_one_of_regions_whatever_its_header(cities, tmp_path):
    records = [
        {
            "ref": f"t{i}",
            "posted": f"2026-10-{i + 1:02}",
            "cust_no": f"TEST-{i % 4}",
            "place_of_sale": cities[i % 3],
            "mcc": "5411",
        }
        for i in range(20)
    ]
    draft = connectors.infer(write(tmp_path / "sales.csv", records))
    assert draft.fields.get("region") == "place_of_sale"


def test_what_cannot_be_read_is_named(tmp_path):
    (tmp_path / "x.docx").write_text("x")
    (tmp_path / "x.db").write_text("not a database, but long enough to look at" * 9)
    (tmp_path / "x.csv").write_text("id,phone\n")
    for name, message in (
        ("x.docx", "no transport for files of this ending"),
        ("x.db", "no SQLite"),
        ("x.csv", "no rows"),
    ):
        with pytest.raises(SourceUnusable, match=message):
            connectors.infer(tmp_path / name)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("custPhoneNo", ["customer", "phone", "number"]),
        ("CUST_PHONE_NO", ["customer", "phone", "number"]),
        ("Customer Phone No.", ["customer", "phone", "number"]),
        ("HTTPStatus", ["http", "status"]),
        ("phone2", ["phone"]),
    ],
)
def test_a_header_is_read_alike_however_it_is_written(header, words):
    assert headers.tokens(header) == words


def test_every_concept_and_kind_of_the_vocabulary_is_known():
    table = headers.vocabulary()
    for says in table["kinds"].values():
        assert set(says["concepts"]) <= set(table["concepts"])
    assert all(isinstance(w, (str, int)) and not isinstance(w, bool) for ws in table["words"].values() for w in ws)
