"""The contract of ``connectors.transport.Transport``, held by every transport that is discovered."""

from __future__ import annotations

from pathlib import Path

import pytest
from transport_examples import FIELDS, PLACE, RECORDS, spec

import connectors
from connectors.request import COMMON_OPTIONS, Request
from core.errors import SourceUnusable

TRANSPORTS = sorted(connectors.transports())
LINE_BY_LINE = {"jsonl"}  # each line speaks for itself: there is no header that could be wrong


def test_every_transport_has_an_example_and_every_example_a_transport():
    assert sorted(PLACE) == TRANSPORTS


def test_every_transport_says_what_its_options_do():
    for transport in connectors.transports().values():
        assert all(sentence.strip() for sentence in transport.options.values())
        assert not set(transport.options) & set(COMMON_OPTIONS)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("batch_rows", [1, 2, 65_536])
def test_the_same_records_come_out_alike_whatever_brings_them(transport, batch_rows, tmp_path, pulled):
    rows, bad = pulled(spec(transport, *PLACE[transport](tmp_path, RECORDS)), batch_rows=batch_rows)
    seen = [(r["row"], r["record_id"], r["name"], r["contact_phone"], r["observed_at"]) for r in rows]
    assert seen == [
        (1, "T1", "测试甲", "19900000001", "2026-03-01 10:00:00"),
        (2, "T2", '测试"乙", 先生', None, "2026-03-02 10:00:00"),
        (3, "T3", "第一行\n第二行", "19900000003", "2026-03-03 10:00:00"),
        (5, "#5", None, "19900000005", "2026-03-05 10:00:00"),
    ]
    assert bad == [(4, "duplicate_id")]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_no_batch_is_larger_than_asked(transport, tmp_path):
    source = spec(transport, *PLACE[transport](tmp_path, RECORDS))
    sizes = [b.rows.num_rows for b in connectors.pull(source, base=tmp_path, environ={}, batch_rows=2)]
    assert max(sizes) <= 2


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_signal_ids_are_the_same_in_every_run_and_differ_between_sources(transport, tmp_path, pulled):
    source = spec(transport, *PLACE[transport](tmp_path, RECORDS))
    first, again = (
        [r["signal_id"] for r in pulled(source)[0]],
        [r["signal_id"] for r in pulled(source, batch_rows=1)[0]],
    )
    other = [r["signal_id"] for r in pulled(source.model_copy(update={"name": "other"}))[0]]
    assert first == again
    assert not set(first) & set(other)
    assert all(len(i) == 32 for i in first)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_missing_column_is_named_with_its_field(transport, tmp_path, pulled):
    source = spec(transport, *PLACE[transport](tmp_path, RECORDS), fields=FIELDS | {"observed_at": "日期"})
    with pytest.raises(SourceUnusable, match="日期") as e:
        pulled(source)
    assert e.value.field == "observed_at"
    assert "测试" not in str(e.value)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_absent_source_is_named(transport, tmp_path, pulled):
    location, options = PLACE[transport](tmp_path, RECORDS)
    source = spec(transport, location.replace("records", "nothing"), options)
    with pytest.raises(SourceUnusable, match=r"nothing\.\w+ is not there") as e:
        pulled(source)
    assert str(tmp_path) not in str(e.value)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_bytes_that_are_something_else_are_refused_or_set_aside_without_echoing_them(transport, tmp_path, pulled):
    location, options = PLACE[transport](tmp_path, RECORDS)
    path = tmp_path / Path(location).name
    path.write_bytes(b"\x89canary 19900009999\x00\x01" * 50)
    source = spec(transport, location, options)
    if transport in LINE_BY_LINE:
        rows, bad = pulled(source)
        assert (rows, [number for number, _ in bad]) == ([], [1])
        return
    with pytest.raises(SourceUnusable, match=path.name) as e:
        pulled(source)
    assert "canary" not in str(e.value)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_unknown_option_is_named_with_those_there_are(transport, tmp_path, pulled):
    location, options = PLACE[transport](tmp_path, RECORDS)
    with pytest.raises(SourceUnusable, match="no option colour"):
        pulled(spec(transport, location, options | {"colour": "red"}))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_broken_text_costs_its_row_only(transport, tmp_path, pulled):
    records = [dict(r) for r in RECORDS[:3]]
    records[1]["姓名"] = "前\ufdd1后"  # what broken bytes are decoded to
    rows, bad = pulled(spec(transport, *PLACE[transport](tmp_path, records)))
    assert [r["row"] for r in rows] == [1, 3]
    assert bad == [(2, "bad_encoding")]


def test_an_unknown_transport_is_named_with_those_there_are(pulled):
    with pytest.raises(SourceUnusable, match="no transport pigeon; there are: csv"):
        pulled(spec("pigeon", "x"))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_with_everything_asked_for_every_column_is_there(transport, tmp_path):
    location, options = PLACE[transport](tmp_path, RECORDS)
    asked = Request(transport, location, options, {}, frozenset(), tmp_path, everything=True)
    first = next(connectors.transports()[transport].read(asked))
    assert list(first.columns) == list(RECORDS[0])
    assert first.columns["备注"][0].as_py() == "不读"
