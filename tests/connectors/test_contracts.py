"""A source's contract, and how a live source is told to differ from it."""

from __future__ import annotations

import pytest
from transport_examples import spec

import connectors
from connectors import Contract
from core.errors import SourceUnusable

FIELDS = {"record_id": "id", "contact_phone": "phone", "observed_at": "at"}
ROWS = [
    {"id": f"T{i}", "phone": f"199{i:08}", "at": f"2026-03-{i % 28 + 1:02}", "paid": str(i * 1.5)} for i in range(1, 60)
]


@pytest.fixture
def look(tmp_path):
    def of(rows):
        lines = [",".join(rows[0]), *[",".join(r.values()) for r in rows]]
        (tmp_path / "orders.csv").write_text("\n".join(lines) + "\n")
        return connectors.look(source(), base=tmp_path, environ={})

    return of


def source():
    return spec("csv", "orders.csv", fields=FIELDS)


def renamed(old, new):
    return [{new if k == old else k: v for k, v in row.items()} for row in ROWS]


def messages(look, rows):
    known = look(ROWS).contract
    return [(f.level, f.message) for f in connectors.drift(source(), known, look(rows))]


def test_a_contract_holds_columns_and_types_and_comes_back_from_its_file(look):
    known = look(ROWS).contract
    assert known.columns == {"id": "text", "phone": "phone", "at": "date", "paid": "number"}
    assert Contract.from_json(known.to_json()) == known
    assert "199" not in known.to_json()


def test_a_source_as_it_was_is_fine(look):
    assert [level for level, _ in messages(look, ROWS[:20])] == ["ok"]


def test_a_new_column_is_reported_and_stops_nothing(look, tmp_path):
    found = messages(look, [row | {"channel": "web"} for row in ROWS])
    assert [(level, "'channel' (text) is new" in text) for level, text in found] == [("warning", True)]


def test_a_renamed_column_stops_the_source_and_the_new_name_is_guessed(look):
    (level, text), (second, _) = messages(look, renamed("phone", "recv_phone"))
    assert (level, second) == ("error", "warning")
    assert "is it 'recv_phone' now? then map fields.contact_phone to it" in text


def test_a_renamed_column_is_guessed_by_what_it_holds_too(look):
    assert "is it '手机' now?" in messages(look, renamed("phone", "手机"))[0][1]


def test_a_column_that_holds_something_else_stops_the_source(look):
    swapped = [row | {"phone": row["at"], "at": row["phone"]} for row in ROWS]
    found = messages(look, swapped)
    assert [level for level, _ in found] == ["error", "error"]
    assert "'phone' (field contact_phone) held phone numbers and now holds dates" in found[0][1]


def test_phones_that_a_spreadsheet_mangled_stop_the_source(look):
    assert messages(look, [row | {"phone": "1.99E+10"} for row in ROWS])[0][0] == "error"


def test_a_few_bad_values_and_an_empty_column_are_no_other_type(look):
    few = [row | ({"phone": "none"} if i % 5 == 0 else {}) for i, row in enumerate(ROWS)]
    assert [level for level, _ in messages(look, few)] == ["ok"]
    assert [level for level, _ in messages(look, [row | {"phone": ""} for row in ROWS])] == ["ok"]


def test_a_change_of_what_is_not_mapped_only_warns(look):
    assert [level for level, _ in messages(look, renamed("paid", "total"))] == ["warning", "warning"]
    assert [level for level, _ in messages(look, [row | {"paid": "n/a"} for row in ROWS])] == ["warning"]


def test_what_stops_a_source_is_raised_where_it_is_asked_for(look):
    known = look(ROWS).contract
    with pytest.raises(SourceUnusable, match="field contact_phone"):
        connectors.require(source(), known, look(renamed("phone", "x")))
    assert connectors.require(source(), known, look(ROWS))[0].level == "ok"


def test_no_finding_holds_a_value(look):
    for _, text in messages(look, [row | {"phone": row["at"], "note": "canary"} for row in ROWS]):
        assert "canary" not in text
        assert "2026" not in text


def test_what_is_no_contract_is_refused():
    for text in ("", "[]", "{}", '{"version": 9, "source": "x", "columns": {}}'):
        with pytest.raises(SourceUnusable):
            Contract.from_json(text)
