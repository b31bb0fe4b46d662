"""REST against a real server that misbehaves on purpose."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from transport_examples import spec

import connectors
from connectors import session
from core.errors import SourceUnusable, Transient
from tests.servers.rest import CLIENT, SECRET, TOKEN, record

pytestmark = pytest.mark.server

FIELDS = {
    "record_id": {"path": "id"},
    "name": {"path": "cust.name"},
    "contact_phone": {"path": "phone"},
    "observed_at": {"path": "at"},
}
PAGED = {
    "cursor": {"records": "data.items", "pagination": {"kind": "cursor", "param": "cursor", "next": "meta.next"}},
    "page": {"pagination": {"kind": "page", "param": "page"}},
    "offset": {
        "records": "items",
        "pagination": {"kind": "offset", "param": "offset", "size_param": "limit", "size": 7},
    },
    "link": {"pagination": {"kind": "link"}},
    "address": {"records": "items", "pagination": {"kind": "link", "next": "next"}},
    "all": {},
}


@pytest.fixture
def server(rest_server):
    rest_server.reset()
    return rest_server


@pytest.fixture
def waits(monkeypatch):
    """How long each wait would have been."""
    waited = []
    monkeypatch.setattr(session.time, "sleep", waited.append)
    return waited


@pytest.fixture
def batches(server, tmp_path, waits):
    def pull(path, since=None, environ=None, batch_rows=65_536, fields=FIELDS, **options):
        asked = spec("http", server.url(path), PAGED.get(path, {}) | options, fields=fields)
        return list(connectors.pull(asked, base=tmp_path, environ=environ or {}, since=since, batch_rows=batch_rows))

    return pull


def ids(pulled):
    return [i for b in pulled for i in b.rows["record_id"].to_pylist()]


ALL = [f"T{i}" for i in range(1, 36)]


@pytest.mark.parametrize("kind", PAGED)
def test_every_kind_of_paging_gives_every_record_once(kind, batches):
    found = batches(kind)
    assert ids(found) == ALL
    first = found[0].rows.to_pylist()[0]
    assert (first["name"], first["contact_phone"], first["row"]) == ("测试1", "19900000001", 1)


@pytest.mark.parametrize("kind", PAGED)
def test_a_list_without_records_is_no_rows(kind, server, batches):
    server.records = []
    assert batches(kind) == []


def test_a_full_last_page_is_followed_by_none(server, batches):
    server.records = server.records[:30]
    for kind in PAGED:
        assert ids(batches(kind)) == ALL[:30]


# --- what passes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["429", "500", "502", "503", "504", "408", "drop", "cut"])
def test_what_passes_is_asked_for_again(fault, server, batches, waits):
    server.faults = ["none", fault, fault]
    assert ids(batches("cursor")) == ALL
    assert len(waits) == 2
    assert all(0 < w <= 60 for w in waits)


@pytest.mark.parametrize("fault", ["429", "500", "drop"])
def test_what_does_not_pass_is_worth_another_run_and_is_not_echoed(fault, server, batches, waits):
    server.faults = [fault] * 50
    with pytest.raises(Transient) as e:
        batches("cursor", max_attempts=3)
    assert len(waits) == 2
    assert "canary" not in str(e.value)


def test_the_server_says_how_long_to_wait(server, batches, waits):
    at = datetime.now(UTC) + timedelta(seconds=30)
    server.faults = ["429:7", "503:" + format_datetime(at, usegmt=True)]
    assert ids(batches("cursor")) == ALL
    assert waits[0] == 7
    assert 25 <= waits[1] <= 30


def test_a_server_that_asks_to_wait_for_long_is_left_at_once(server, batches, waits):
    server.faults = ["429:3600"]
    with pytest.raises(Transient, match="asks to wait 3600 s"):
        batches("cursor")
    assert waits == []


def test_a_page_that_is_never_whole_json_stops_the_source(server, batches):
    server.faults = ["cut"] * 50
    with pytest.raises(SourceUnusable, match="no whole JSON") as e:
        batches("cursor")
    assert "1990" not in str(e.value)


def test_a_server_that_is_not_there_is_worth_another_run(tmp_path, waits):
    with pytest.raises(Transient, match="cannot be reached"):
        list(connectors.pull(spec("http", "http://127.0.0.1:1/x", fields=FIELDS), base=tmp_path, environ={}))


def test_the_pace_that_is_allowed_is_kept(batches, waits):
    batches("cursor", requests_per_second=4)
    assert sum(waits) == pytest.approx(0.25 * 6, abs=0.3)  # the clock stands still: 0 + 1 + 2 + 3 quarters


# --- what does not -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("html", "a web page, not with JSON"),
        ("redirect", "sends elsewhere"),
        ("401", "refuses these credentials"),
        ("403", "refuses these credentials"),
        ("404", "cursor is not there"),
        ("418", "answers 418"),
    ],
)
def test_what_no_attempt_will_mend_stops_the_source_at_once(fault, message, server, batches, waits):
    server.faults = ["none", fault]
    with pytest.raises(SourceUnusable, match=message) as e:
        batches("cursor")
    assert waits == []
    assert "canary" not in str(e.value)


def test_a_server_that_gives_the_same_page_for_ever_is_found_out(batches):
    with pytest.raises(SourceUnusable, match="same page again and again"):
        batches("clamped", pagination={"kind": "page", "param": "page"})


def test_pages_that_go_in_a_circle_are_found_out(server, batches):
    server.is_circular = True
    with pytest.raises(SourceUnusable, match="in a circle"):
        batches("cursor")


def test_a_list_without_end_ends(batches):
    with pytest.raises(SourceUnusable, match="more pages than max_pages"):
        batches("cursor", max_pages=2)


def test_the_login_is_never_shown_to_another_server(batches):
    with pytest.raises(SourceUnusable, match="on another server"):
        batches("address", params={"where": "elsewhere"})


def test_personal_data_does_not_travel_in_the_clear(tmp_path):
    with pytest.raises(SourceUnusable, match="unencrypted"):
        list(connectors.pull(spec("http", "http://crm.example.com/x", fields=FIELDS), base=tmp_path, environ={}))


def test_an_answer_that_is_too_large_is_not_read_to_its_end(batches):
    with pytest.raises(SourceUnusable, match="larger than 500 bytes"):
        batches("cursor", max_page_bytes=500)


def test_records_that_are_somewhere_else_are_told_with_the_keys_there_are(batches):
    with pytest.raises(SourceUnusable, match=r"'rows' of the answer is no list; .* with: data, meta"):
        batches("cursor", records="rows")


def test_a_record_that_is_no_object_costs_its_row_only(server, batches):
    server.records[4] = {"at": "2026", "id": None}
    found = batches("all")
    assert len(ids(found)) == 35
    server.records = server.records[:3]
    renamed = FIELDS | {"observed_at": {"path": "seen"}}
    with pytest.raises(SourceUnusable, match="no record of all has 'seen'"):
        batches("all", fields=renamed)


# --- logging in -----------------------------------------------------------------------------------------------------


def test_a_token_is_shown_and_not_written(server, batches):
    server.needs_token = TOKEN
    assert ids(batches("cursor", environ={"CRM": TOKEN}, credentials="env:CRM")) == ALL
    with pytest.raises(SourceUnusable, match="refuses these credentials") as e:
        batches("cursor", environ={"CRM": "canary-wrong"}, credentials="env:CRM")
    assert "canary" not in str(e.value)
    with pytest.raises(SourceUnusable, match="token holds a password or key"):
        batches("cursor", token="canary")
    with pytest.raises(SourceUnusable, match="headers may not log in"):
        batches("cursor", headers={"Cookie": "x"}, credentials="env:CRM", environ={"CRM": "x"})


def oauth(server):
    return {"auth": {"oauth2": {"token_url": server.url("token"), "scope": "read"}}, "credentials": "env:CRM"}


def test_client_credentials_get_one_token_for_the_whole_walk(server, batches):
    login = {"CRM": json.dumps({"client_id": CLIENT, "client_secret": SECRET})}
    server.needs_token = "none yet"
    assert ids(batches("cursor", environ=login, **oauth(server))) == ALL
    assert server.tokens == 1


def test_a_token_that_ends_early_is_renewed(server, batches):
    login = {"CRM": json.dumps({"client_id": CLIENT, "client_secret": SECRET})}
    server.needs_token = "none yet"
    server.faults = ["none", "none", "401"]
    assert ids(batches("cursor", environ=login, **oauth(server))) == ALL
    assert server.tokens == 2


def test_client_credentials_that_are_refused_stop_the_source(server, batches):
    login = {"CRM": json.dumps({"client_id": CLIENT, "client_secret": "canary-wrong"})}
    with pytest.raises(SourceUnusable, match="gives no token"):
        batches("cursor", environ=login, **oauth(server))


# --- going on --------------------------------------------------------------------------------------------------------

BY_TIME = {"watermark": {"param": "since", "path": "at", "lag": 0}}


@pytest.mark.parametrize("kind", ["cursor", "page", "offset", "link", "address"])
def test_a_walk_that_broke_off_goes_on_with_the_next_page(kind, batches):
    whole = batches(kind)
    for stop in range(1, len(whole)):
        assert ids(batches(kind, since=whole[stop - 1].cursor)) == ids(whole[stop:])


def test_a_walk_that_broke_off_inside_a_page_reads_that_page_again(batches):
    whole = batches("cursor", batch_rows=4)
    assert [b.cursor is None for b in whole[:3]] == [True, True, False]
    assert ids(batches("cursor", since=whole[2].cursor))[0] == "T11"


def test_a_cursor_the_server_forgot_is_no_loss(server, batches):
    whole = batches("cursor")
    server.faults = ["410"]
    assert ids(batches("cursor", since=whole[1].cursor)) == ALL


def test_the_next_walk_asks_for_what_is_new(server, batches):
    cursor = batches("cursor", **BY_TIME)[-1].cursor
    server.records.append(record(50))
    assert ids(batches("cursor", since=cursor, **BY_TIME)) == ["T35", "T50"]
    assert server.asked[-1][1]["since"] == "2026-03-01T00:35:00+08:00"


def test_the_lag_is_taken_off_at_the_start_of_a_walk(server, batches):
    late = {"watermark": {"param": "since", "path": "at", "lag": "10m"}}
    cursor = batches("cursor", **late)[-1].cursor
    assert ids(batches("cursor", since=cursor, **late)) == [f"T{i}" for i in range(25, 36)]


def test_an_incremental_walk_that_broke_off_loses_nothing(server, batches):
    cursor = batches("cursor", **BY_TIME)[-1].cursor
    server.records += [record(i) for i in range(40, 75)]
    whole = batches("cursor", since=cursor, **BY_TIME)
    rest = batches("cursor", since=whole[1].cursor, **BY_TIME)
    assert ids(whole[:2]) + ids(rest) == ["T35", *[f"T{i}" for i in range(40, 75)]]
    again = batches("cursor", since=rest[-1].cursor, **BY_TIME)
    assert ids(again) == ["T74"]


def test_going_on_needs_ids(batches):
    without = {k: v for k, v in FIELDS.items() if k != "record_id"}
    with pytest.raises(ValueError, match="needs the field record_id"):
        batches("cursor", fields=without, **BY_TIME)


# --- a file at an address ------------------------------------------------------------------------------------------------

CSV = {"record_id": "id", "contact_phone": "phone", "observed_at": "at"}


def test_a_file_at_an_address_is_read_and_a_break_is_taken_up_where_it_was(server, tmp_path):
    rows = "".join(f"T{i},199{i:08},2026-03-01\n" for i in range(1, 30_001))
    server.files["a.csv"] = ("id,phone,at\n" + rows).encode()
    asked = spec("csv", server.url("files/a.csv"), fields=CSV)
    server.break_after = 400_000
    found = list(connectors.pull(asked, base=tmp_path, environ={}))
    assert len(ids(found)) == 30_000
    assert any(params.get("Range", "").startswith("bytes=") for _, params in server.asked)
    assert list(connectors.pull(asked, base=tmp_path, environ={}, since=found[-1].cursor)) == []


def test_a_file_that_is_not_at_its_address_is_named(server, tmp_path):
    with pytest.raises(SourceUnusable, match=r"a\.csv is not there"):
        list(connectors.pull(spec("csv", server.url("files/a.csv"), fields=CSV), base=tmp_path, environ={}))


def test_no_wait_is_real_here(waits):
    start = time.monotonic()
    session.time.sleep(5)
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("wrong", ["昨天", "2999-01-01T00:00:00+08:00"])
def test_one_record_of_a_wrong_time_does_not_hide_all_that_come_after_it(wrong, server, batches):
    timed = {"watermark": {"param": "since", "path": "at", "lag": "0s"}, **PAGED["cursor"]}
    server.records.append(record(90) | {"at": wrong})
    first = batches("cursor", **timed)
    server.records.insert(0, record(80))
    assert set(ids(batches("cursor", since=first[-1].cursor, **timed))) == {"T35", "T80", "T90"}
