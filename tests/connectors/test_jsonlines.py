"""JSON lines and arrays: nested paths, and lines that are no JSON."""

from __future__ import annotations

import json

import pytest
from transport_examples import spec

from connectors import files
from connectors.paths import ABSENT, find
from connectors.records import MAX_LINE
from core.errors import SourceUnusable

FIELDS = {
    "record_id": {"path": "id"},
    "name": {"path": "cust.name"},
    "contact_phone": {"path": "changes[1].value"},
    "observed_at": {"path": "at"},
}


def record(i, **more):
    changes = [{"value": "old"}, {"value": 19900000000 + i}]
    return {"id": i, "cust": {"name": f"测试{i}"}, "changes": changes, "at": "2026-03-01T10:00:00+08:00"} | more


@pytest.fixture
def pull_text(tmp_path, pulled):
    def pull(text, **options):
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "updates.jsonl").write_bytes(data)
        return pulled(spec("jsonl", "updates.jsonl", options, fields=FIELDS))

    return pull


def lines(*records):
    return "\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records)


def test_nested_values_are_found_by_path_and_numbers_keep_every_digit(pull_text):
    good, bad = pull_text(lines(record(1), record(2)))
    assert [(r["record_id"], r["name"], r["contact_phone"]) for r in good] == [
        ("1", "测试1", "19900000001"),
        ("2", "测试2", "19900000002"),
    ]
    assert bad == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.380013800012E+10", "1.380013800012E+10"),
        ("110101199003078888", "110101199003078888"),
        ("13.50", "13.50"),
        ("true", "true"),
        ("null", None),
        ("NaN", None),
        ('" "', None),
        ('["a", 1]', '["a", "1"]'),
    ],
)
def test_a_value_is_read_as_it_is_written(written, read, pull_text):
    text = lines(record(1)).replace("19900000001", written)
    assert pull_text(text)[0][0]["contact_phone"] == read


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 2, "cust"', "not_json"),
        ("[1, 2]", "not_json"),
        ("12", "not_json"),
        ("<html>502 Bad Gateway</html>", "not_json"),
        ("[" * 100_000, "not_json"),
        ("9" * (MAX_LINE + 1), "line_too_long"),
        (json.dumps(record(2, cust={"name": "\ud83d"})), "bad_encoding"),
        (json.dumps(record(2, cust={"name": "a\0b"})), "bad_encoding"),
    ],
    ids=["cut off", "array", "number", "html", "deep", "giant", "half a character", "nul"],
)
def test_a_bad_line_costs_its_row_only(line, reason, pull_text):
    good, bad = pull_text(lines(record(1), line, "", record(3)))
    assert ([r["row"] for r in good], bad) == ([1, 3], [(2, reason)])


def test_broken_bytes_cost_their_line_only(pull_text):
    text = lines(record(1), record(2), record(3)).encode().replace("测试2".encode(), b"\xe6\xb5\xff")
    assert pull_text(text)[1] == [(2, "bad_encoding")]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_other_encodings_are_read_too(encoding, pull_text):
    good, bad = pull_text(lines(*[record(i) for i in range(50)]).encode(encoding))
    assert (good[7]["name"], bad) == ("测试7", [])


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("chunk", [5, 1 << 20])
def test_a_file_that_is_one_array_is_read_element_by_element(indent, chunk, pull_text, monkeypatch):
    monkeypatch.setattr(files.File.chunks, "__defaults__", (chunk,))
    text = json.dumps([record(1), 7, record(3)], ensure_ascii=False, indent=indent)
    good, bad = pull_text("\n " + text)
    assert ([r["name"] for r in good], bad) == (["测试1", "测试3"], [(2, "not_json")])


def test_an_array_that_breaks_off_names_the_row(pull_text):
    text = json.dumps([record(1), record(2)])
    with pytest.raises(SourceUnusable, match=r"row 2: updates\.jsonl: the JSON array breaks here"):
        pull_text(text[:-20])


def test_an_empty_file_is_refused(pull_text):
    for text in ("", " \n\n"):
        with pytest.raises(SourceUnusable, match=r"updates\.jsonl is empty"):
            pull_text(text)


def test_a_path_a_few_records_lack_is_optional_but_a_required_one_is_not(pull_text):
    good, _ = pull_text(lines(*[{k: v for k, v in record(i).items() if k != "cust"} for i in range(3)]))
    assert [r["name"] for r in good] == [None] * 3
    with pytest.raises(SourceUnusable, match=r"no record of updates\.jsonl has 'at'"):
        pull_text(lines({k: v for k, v in record(1).items() if k != "at"}))


def test_a_path_a_hundred_records_lack_was_renamed(pull_text):
    with pytest.raises(SourceUnusable, match=r"'cust\.name'") as e:
        pull_text(lines(*[record(i, cust={"full_name": "测试"}) for i in range(100)]))
    assert e.value.field == "name"


def test_a_key_with_dots_wins_over_a_path():
    assert find({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert find({"a": {"b": [{"c": 2}]}}, "a.b[0].c") == 2
    assert find({"a": {"b": None}}, "a.b") is None
    for path in ("a.x", "a.b[3]", "a.b.c.d", "[0]"):
        assert find({"a": {"b": [1]}}, path) is ABSENT
