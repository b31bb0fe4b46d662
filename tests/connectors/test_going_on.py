"""Reading on from a cursor, versions, watermarks and references to logins: what holds without any server."""

from __future__ import annotations

import gzip
import json
import os
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transport_examples import PLACE, RECORDS, spec

import connectors
from connectors import archive, cursor, files, identity, places, secrets, versions, watermark
from connectors.request import COMMON_OPTIONS
from connectors.watermark import Watermark
from core.errors import SourceUnusable

FIELDS = {"record_id": "id", "contact_phone": "phone", "observed_at": "at"}
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "transports.md"


def csv(*numbers):
    return "id,phone,at,v\n" + "".join(f"T{n},199{n:08},2026-03-01,{n}\n" for n in numbers)


@pytest.fixture
def batches(tmp_path):
    def pull(location="*.csv", since=None, batch_rows=65_536, **options):
        asked = spec("csv", location, options, fields=FIELDS)
        return list(connectors.pull(asked, base=tmp_path, environ={}, since=since, batch_rows=batch_rows))

    return pull


def ids(pulled):
    return [i for b in pulled for i in b.rows["record_id"].to_pylist()]


# --- cursors ---------------------------------------------------------------------------------------------------------


def test_each_delivery_is_read_once_whatever_else_comes(tmp_path, batches):
    (tmp_path / "b.csv").write_text(csv(1, 2))
    first = batches()
    (tmp_path / "a.csv").write_text(csv(3))
    second = batches(since=first[-1].cursor)
    assert (ids(first), ids(second)) == (["T1", "T2"], ["T3"])
    assert batches(since=second[-1].cursor) == []


def test_every_cursor_goes_on_with_the_next_row(tmp_path, batches):
    (tmp_path / "a.csv").write_text(csv(*range(1, 8)) + "ragged\n")
    (tmp_path / "b.csv").write_text("ragged\n".join([csv(8, 9), "T10,19900000010,2026-03-01,1\n"]))
    for batch_rows in (1, 2, 3, 100):
        whole = batches(batch_rows=batch_rows)
        assert sum(b.read for b in whole) == 12
        for stop in range(1, len(whole) + 1):
            rest = batches(since=whole[stop - 1].cursor, batch_rows=batch_rows)
            assert ids(rest) == ids(whole[stop:])
            assert sum(b.unreadable.num_rows for b in rest) == sum(b.unreadable.num_rows for b in whole[stop:])


@pytest.mark.parametrize("transport", ["csv", "excel", "jsonl", "parquet"])
def test_every_format_goes_on(transport, tmp_path):
    source = spec(transport, *PLACE[transport](tmp_path, RECORDS))
    whole = list(connectors.pull(source, base=tmp_path, environ={}, batch_rows=1))
    for stop in range(1, len(whole) + 1):
        rest = list(connectors.pull(source, base=tmp_path, environ={}, batch_rows=1, since=whole[stop - 1].cursor))
        assert [r["row"] for b in rest for r in b.rows.to_pylist()][-1:] == ([5] if stop < len(whole) else [])


def test_a_cursor_does_not_name_the_folder_it_was_made_in(tmp_path, batches):
    (tmp_path / "a.csv").write_text(csv(1))
    assert str(tmp_path) not in batches()[-1].cursor


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"v": 1, "kind": "sql"}', '{"v": 9, "kind": "files"}'])
def test_a_cursor_that_is_none_of_ours_is_refused(text, tmp_path, batches):
    (tmp_path / "a.csv").write_text(csv(1))
    with pytest.raises(SourceUnusable, match="stored cursor cannot be used"):
        batches(since=text)


def test_a_cursor_is_the_same_text_for_the_same_state():
    assert cursor.write("x", {"b": 1, "a": "测"}) == cursor.write("x", {"a": "测", "b": 1})
    assert cursor.read("x", cursor.write("x", {"a": [1, None]})) == {"a": [1, None]}


def test_only_files_marked_as_done_are_read(tmp_path, batches):
    for name in ("a.csv", "b.csv", "a.csv.done"):
        (tmp_path / name).write_text(csv(1) if name == "a.csv" else csv(2))
    assert ids(batches(done_marker=".done")) == ["T1"]
    (tmp_path / "b.csv.done").touch()
    assert ids(batches(done_marker=".done")) == ["T1", "T2"]


def test_a_young_file_is_looked_at_twice_and_so_is_one_from_the_future(tmp_path, batches, monkeypatch):
    waited = []

    def wait(seconds):
        waited.append(seconds)
        with (tmp_path / "b.csv").open("a") as f:
            f.write("T3,19900000003,2026-03-01,1\n")

    monkeypatch.setattr(files.time, "sleep", wait)
    for name, age in (("a.csv", -9999), ("b.csv", 0), ("c.csv", 9999)):
        (tmp_path / name).write_text(csv(ord(name[0])))
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    assert ids(batches(settle_seconds=3)) == ["T97", "T99"]
    assert waited == [3]


# --- versions ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(-(2**63), 2**63 - 1)), max_size=12), max_size=8))
def test_what_is_kept_is_newer_than_all_before_it_and_the_newest_is_kept(batches):
    newest, known = versions.Newest(), {}
    for batch in batches:
        found = identity.digests("s", pa.array([str(i) for i, _ in batch], pa.string()))
        passed = newest.passed(found, pa.chunked_array([pa.array([v for _, v in batch], pa.int64())])).tolist()
        best = {}
        for (i, version), is_old in zip(batch, passed, strict=True):
            if not is_old:
                assert i not in best
                assert version > known.get(i, -(2**63) - 1)
                best[i] = version
        known |= best
        assert all(known[i] >= version for i, version in batch)


def test_versions_are_numbers_or_times_and_grow():
    texts = ["3", "20", None, "2026-03-01T00:00:00+08:00", "2026-03-01T00:00:00Z", "x"]
    found = versions.of_texts(pa.array(texts)).to_pylist()
    assert found[0] < found[1] < found[3] < found[4]
    assert found[2] == found[5] == versions.NONE


def test_the_newest_of_several_rows_is_kept_and_its_version_told(tmp_path, batches):
    (tmp_path / "a.csv").write_text(
        "id,phone,at,v\nT1,1,2026-03-01,5\nT1,2,2026-03-01,9\nT1,3,2026-03-01,7\nT2,4,2026-03-01,\n"
    )
    (whole,) = batches(version="v")
    assert [(r["record_id"], r["contact_phone"]) for r in whole.rows.to_pylist()] == [("T1", "2"), ("T2", "4")]
    assert whole.versions.to_pylist() == [9, versions.NONE]
    assert whole.unreadable["reason"].to_pylist() == ["duplicate_id"] * 2
    assert [b.versions.to_pylist() for b in batches(version="v", batch_rows=1)] == [[5], [9], [], [versions.NONE]]


# --- watermarks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "before"),
    [
        (100, -20),
        (Decimal("100.5"), Decimal("-19.5")),
        (datetime(2026, 3, 1, 0, 1, tzinfo=UTC), datetime(2026, 2, 28, 23, 59, tzinfo=UTC)),
        (date(2026, 3, 1), date(2026, 2, 28)),
        ("2026-03-01 00:01:00", "2026-02-28 23:59:00"),
        ("2026-03-01T00:01:00Z", "2026-02-28T23:59:00Z"),
        ("2026-03-01T00:01:00+08:00", "2026-02-28T23:59:00+08:00"),
        ("2026-03-01", "2026-02-28"),
    ],
)
def test_a_lag_is_taken_off_in_the_form_the_value_has(value, before):
    assert Watermark("x", 120).before(value) == before
    assert watermark.read(watermark.write(value)) == value


def test_a_watermark_that_is_not_understood_is_refused(tmp_path, batches):
    location, options = PLACE["sqlite"](tmp_path, RECORDS)
    for wrong in ({"lag": "2h"}, {"column": "时间", "lag": "soon"}, {"column": 5}, {"column": "时间", "lag": -1}):
        with pytest.raises(SourceUnusable, match="option watermark must be"):
            list(connectors.pull(spec("sqlite", location, options | {"watermark": wrong}), base=tmp_path, environ={}))


def test_an_sqlite_table_is_read_on_too(tmp_path):
    location, options = PLACE["sqlite"](tmp_path, RECORDS[:3])
    source = spec("sqlite", location, options | {"watermark": "时间"})
    first = list(connectors.pull(source, base=tmp_path, environ={}))
    again = list(connectors.pull(source, base=tmp_path, environ={}, since=first[-1].cursor))
    assert ids(again) == ["T3"]


# --- logins ----------------------------------------------------------------------------------------------------------


def test_a_login_shows_no_secret_of_it():
    login = secrets.parse("env:X", json.dumps({"user": "u", "password": "canary", "token": "canary"}))
    assert (login.user, login.password) == ("u", "canary")
    assert "canary" not in repr(login)
    assert secrets.parse("env:X", "canary").secret == "canary"


@pytest.mark.parametrize(
    "options",
    [
        {"password": "canary"},
        {"auth": {"oauth2": {"client_secret": "canary"}}},
        {"headers": {"Authorization": "canary"}},
        {"api_key": "canary"},
    ],
)
def test_an_option_that_holds_a_secret_is_refused_wherever_it_stands(options, tmp_path, batches):
    with pytest.raises(SourceUnusable, match="holds a password or key") as e:
        batches(**options)
    assert "canary" not in str(e.value)


@pytest.mark.parametrize(
    "location",
    [
        "sftp://u:canary@h/x.csv",
        "postgresql://u:canary@h/db",
        "https://h/x.csv?token=canary",
        "https://h/x?a=1&sig=canary",
    ],
)
def test_a_location_that_holds_a_secret_is_refused(location, batches):
    with pytest.raises(SourceUnusable, match="location holds a password") as e:
        batches(location)
    assert "canary" not in str(e.value)


# --- archives ----------------------------------------------------------------------------------------------------------


def test_an_ordinary_export_packs_well_and_is_no_bomb(tmp_path, batches, monkeypatch):
    monkeypatch.setattr(archive, "FREE", 1 << 18)
    (tmp_path / "a.csv").write_bytes(gzip.compress(csv(*range(1, 30_000)).encode()))
    assert len(ids(batches())) == 29_999


def test_a_bomb_is_refused(tmp_path, batches, monkeypatch):
    monkeypatch.setattr(archive, "FREE", 1 << 20)
    (tmp_path / "a.csv").write_bytes(gzip.compress(b"id,phone,at\n" + b"\n" * (16 << 20)))
    with pytest.raises(SourceUnusable, match="zip bomb"):
        batches()


# --- what is written about all this -----------------------------------------------------------------------------------------


def test_every_transport_place_and_option_is_documented():
    text = DOCUMENT.read_text(encoding="utf-8")
    named = {*COMMON_OPTIONS, *connectors.transports(), *places.OPTIONS}
    for transport in connectors.transports().values():
        named |= set(transport.options)
    assert sorted(name for name in named if f"`{name}`" not in text) == []
    assert [s for s in places._BY_SCHEME if s not in {"file", "http"} and f"{s}://" not in text] == []


@pytest.mark.parametrize(
    ("value", "is_plausible"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), True),
        (datetime(2999, 3, 1, tzinfo=UTC), False),
        (datetime(2999, 3, 1), False),  # noqa: DTZ001
        (date(2999, 3, 1), False),
        (date(2026, 3, 1), True),
        (10**12, True),
        ("z", True),
    ],
)
def test_a_time_that_cannot_be_yet_does_not_tell_how_far_was_read(value, is_plausible):
    assert watermark.is_plausible(value) is is_plausible


def test_going_on_tells_the_same_repeats_as_reading_in_one_go(tmp_path):
    """A row whose id came in an earlier piece is no newer row, unless a watermark says what is newer."""
    import connectors
    from core.deployment import SourceSpec

    lines = ["id,day,phone", "T1,2026-11-01,1", "T2,2026-11-01,2", "T1,2026-11-01,3", "T3,2026-11-01,4"]
    (tmp_path / "s.csv").write_text("\n".join(lines), encoding="utf-8")
    fields = {"record_id": "id", "observed_at": "day", "contact_phone": "phone"}
    told = {"name": "s", "kind": "phone_updates", "transport": "csv", "location": "s.csv", "consent_scope": "c"}
    spec = SourceSpec.model_validate(told | {"fields": fields, "load": "snapshot"})

    def pieces(**more):
        return list(connectors.pull(spec, base=tmp_path, environ={}, batch_rows=2, **more))

    def told_of(found):
        rows = [r["contact_phone"] for b in found for r in b.rows.to_pylist()]
        return rows, [(r["row"], r["reason"]) for b in found for r in b.unreadable.to_pylist()]

    whole = pieces(earlier=())
    first = whole[0]
    known = first.rows.select(["signal_id"]).append_column("version", pa.nulls(first.rows.num_rows, pa.int64()))
    after = pieces(since=first.cursor, earlier=[known])
    assert told_of([first, *after]) == told_of(whole) == (["1", "2", "4"], [(3, "duplicate_id")])
