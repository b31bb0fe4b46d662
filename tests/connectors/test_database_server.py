"""``sql`` against a real PostgreSQL and a real MariaDB: streaming, only reading, incremental, dying in the middle."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from transport_examples import spec

import connectors
from core.errors import SourceUnusable, Transient
from tests.servers.databases import PASSWORD

pytestmark = pytest.mark.server

FIELDS = {"record_id": "id", "name": "name", "contact_phone": "phone", "observed_at": "changed"}
START = datetime(2026, 3, 1, tzinfo=UTC)
ENVIRON = {"DB": json.dumps({"user": "reader", "password": PASSWORD})}


def engine_of(url: str) -> sa.Engine:
    drivers = (("postgresql:", "postgresql+psycopg:"), ("mysql:", "mysql+pymysql:"))
    for short, long in drivers:
        url = url.replace(short, long)
    return sa.create_engine(url, poolclass=sa.NullPool)


@pytest.fixture
def orders(postgres):
    """A table of 1,000 orders, one a minute; the engine of its owner."""
    engine = engine_of(postgres.url)
    with engine.begin() as c:
        c.exec_driver_sql("DROP TABLE IF EXISTS orders")
        c.exec_driver_sql(
            "CREATE TABLE orders (id bigint, name text, phone text, changed timestamptz, version int, paid numeric, extra jsonb)"
        )
        c.exec_driver_sql(
            "INSERT INTO orders SELECT i, '测试' || i, '1990000' || lpad(i::text, 4, '0'),"
            " timestamptz '2026-03-01 00:00+00' + i * interval '1 minute', 1, i * 1.5, '{\"a\": 1}'"
            " FROM generate_series(1, 1000) i"
        )
    return engine


def source(postgres, options=None, **changes):
    return spec(
        "sql", postgres.reader, {"table": "orders", "credentials": "env:DB"} | (options or {}), fields=FIELDS, **changes
    )


@pytest.fixture
def batches(postgres, tmp_path):
    def pull(options=None, **kwargs):
        return list(connectors.pull(source(postgres, options), base=tmp_path, environ=ENVIRON, **kwargs))

    return pull


def ids(pulled):
    return [int(i) for b in pulled for i in b.rows["record_id"].to_pylist()]


def test_every_row_comes_once_by_a_login_that_is_named_and_not_written(orders, batches):
    found = batches(batch_rows=300)
    assert sorted(ids(found)) == list(range(1, 1001))
    assert max(b.rows.num_rows for b in found) <= 300
    first = found[0].rows.to_pylist()[0]
    assert (first["name"], first["contact_phone"], first["observed_at"][:16]) == (
        "测试1",
        "19900000001",
        "2026-03-01T00:01",
    )


def test_a_source_cannot_write_even_where_its_login_could(orders, postgres, tmp_path):
    query = "UPDATE orders SET phone = NULL RETURNING id, name, phone, changed"
    owner = spec("sql", postgres.url, {"query": query}, fields=FIELDS)
    with pytest.raises(SourceUnusable):
        list(connectors.pull(owner, base=tmp_path, environ={}))
    with orders.connect() as c:
        assert c.exec_driver_sql("SELECT count(phone) FROM orders").scalar() == 1000


def test_a_query_that_takes_too_long_is_worth_another_attempt(orders, batches):
    query = "SELECT id, name, phone, changed FROM orders, pg_sleep(5)"
    with pytest.raises(Transient, match="longer than timeout_seconds"):
        batches({"table": None, "query": query, "timeout_seconds": 0.2})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"table": "absent"}, "no table 'absent'; tables there: .*orders"),
        ({"table": None, "query": "SELECT id, fax FROM orders"}, "no column 'fax'"),
        ({"table": None, "query": "SELECT * FROM absent"}, "no table 'absent'"),
        ({"table": None, "query": "SELEKT 1"}, "not SQL this database understands"),
        ({"credentials": "env:OTHER"}, "environment variable OTHER is not set"),
        ({"credentials": "airflow:orders"}, "nothing here resolves credentials of scheme airflow"),
        ({"credentials": "hunter2"}, "must say where the login is"),
        ({"watermark": "modified"}, "no column 'modified'"),
    ],
)
def test_what_is_wrong_is_named(options, message, orders, batches):
    with pytest.raises(SourceUnusable, match=message):
        batches(options)


def test_a_refused_login_is_no_matter_of_another_attempt_and_is_not_echoed(orders, postgres, tmp_path):
    wrong = {"DB": json.dumps({"user": "reader", "password": "canary-wrong"})}
    with pytest.raises(SourceUnusable, match="refuses these credentials") as e:
        list(connectors.pull(source(postgres), base=tmp_path, environ=wrong))
    assert "canary" not in str(e.value)


def test_a_resolver_that_is_injected_is_asked_by_the_reference(orders, postgres, tmp_path):
    asked = []

    def secrets(reference):
        asked.append(reference)
        return connectors.Credentials(user="reader", password=PASSWORD)

    login = source(postgres, {"credentials": "airflow:orders_db"})
    assert len(ids(connectors.pull(login, base=tmp_path, environ={}, secrets=secrets))) == 1000
    assert asked == ["airflow:orders_db"]


# --- incremental ----------------------------------------------------------------------------------------------------

BY_TIME = {"watermark": {"column": "changed", "lag": "0s"}}


def add(engine, number, at, version=1):
    row = {"i": number, "name": f"测试{number}", "at": at, "v": version}
    with engine.begin() as c:
        c.execute(sa.text("INSERT INTO orders VALUES (:i, :name, '19900000000', :at, :v)"), row)


def test_a_second_reading_finds_what_is_new(orders, batches):
    cursor = batches(BY_TIME)[-1].cursor
    add(orders, 2000, START + timedelta(days=1))
    assert ids(batches(BY_TIME, since=cursor)) == [1000, 2000]  # the last one again: another row may share its time


def test_a_row_that_appears_late_is_found_within_the_lag_only(orders, batches):
    cursor = batches(BY_TIME)[-1].cursor
    add(orders, 3000, START + timedelta(minutes=995, seconds=30))
    assert 3000 not in ids(batches(BY_TIME, since=cursor))
    assert ids(batches({"watermark": {"column": "changed", "lag": "5m"}}, since=cursor)) == [
        *range(995, 996),
        3000,
        *range(996, 1001),
    ]


@pytest.mark.parametrize("stop_after", [1, 4, 9])
def test_a_reading_that_broke_off_goes_on_and_loses_nothing(stop_after, orders, batches):
    whole = {r["signal_id"] for b in batches(BY_TIME) for r in b.rows.to_pylist()}
    first = batches(BY_TIME, batch_rows=100)[:stop_after]
    rest = batches(BY_TIME, batch_rows=100, since=first[-1].cursor)
    assert {r["signal_id"] for b in [*first, *rest] for r in b.rows.to_pylist()} == whole
    assert len(ids(first)) + len(ids(rest)) <= 1000 + 100


def test_a_row_without_a_watermark_is_never_lost(orders, batches):
    add(orders, 4000, None)
    cursor = batches(BY_TIME)[-1].cursor
    assert 4000 in ids(batches(BY_TIME, since=cursor))


def test_a_query_is_taken_as_it_is_written(orders, batches):
    query = "SELECT id, name, phone, changed FROM orders WHERE id % 2 = 0 AND name::text <> ' :x' AND id < 10"
    for options in ({}, {"watermark": "id"}):
        assert ids(batches({"table": None, "query": query} | options)) == [2, 4, 6, 8]


@pytest.mark.parametrize("column", ["id", "changed", "paid"])
def test_a_watermark_may_be_a_number_or_a_time_and_come_from_a_query(column, orders, batches):
    options = {"table": None, "query": "SELECT * FROM orders WHERE id <= 1000;", "watermark": column}
    found = batches(options)
    assert ids(found) == list(range(1, 1001))
    assert ids(batches(options, since=found[-1].cursor)) == [1000]


def test_a_corrected_row_replaces_its_older_version_and_no_other_way_round(orders, batches):
    add(orders, 7, START + timedelta(days=2), version=3)
    add(orders, 8, START - timedelta(days=2), version=0)
    found = batches(BY_TIME | {"version": "version"}, batch_rows=100)
    newest = {}
    for b in found:
        for row, version in zip(b.rows.to_pylist(), b.versions.to_pylist(), strict=True):
            assert version >= newest.get(row["record_id"], (version, None))[0]
            newest[row["record_id"]] = (version, row["observed_at"])
    assert (newest["7"][0], newest["8"][0], len(newest)) == (3, 1, 1000)


def test_a_cursor_of_something_else_is_refused(orders, batches):
    with pytest.raises(SourceUnusable, match="read the source anew"):
        batches(BY_TIME, since="{}")


def test_a_server_that_dies_in_the_middle_is_worth_another_attempt_and_then_nothing_is_missing(
    orders, postgres, tmp_path
):
    login = source(postgres, BY_TIME)
    pulling = connectors.pull(login, base=tmp_path, environ=ENVIRON, batch_rows=100)
    first = next(pulling)
    postgres.stop()
    try:
        with pytest.raises(Transient):
            list(pulling)
        with pytest.raises(Transient):
            list(connectors.pull(login, base=tmp_path, environ=ENVIRON))
    finally:
        postgres.start()
    rest = list(connectors.pull(login, base=tmp_path, environ=ENVIRON, since=first.cursor))
    assert sorted({*ids([first]), *ids(rest)}) == list(range(1, 1001))


# --- MariaDB --------------------------------------------------------------------------------------------------------


def test_a_mysql_database_is_streamed_read_only_and_incrementally(mariadb, tmp_path):
    pytest.importorskip("pymysql")
    with engine_of(mariadb.replace("/test_orders", "/")).begin() as c:
        c.exec_driver_sql("CREATE DATABASE IF NOT EXISTS test_orders CHARACTER SET utf8mb4")
    with engine_of(mariadb).begin() as c:
        c.exec_driver_sql("CREATE OR REPLACE TABLE orders (id bigint, name text, phone text, changed datetime)")
        rows = [
            {"i": i, "n": f"测试{i}", "at": START.replace(tzinfo=None) + timedelta(minutes=i)} for i in range(1, 501)
        ]
        c.execute(sa.text("INSERT INTO orders VALUES (:i, :n, '19900000000', :at)"), rows)
    options = {"table": "orders", "watermark": {"column": "changed", "lag": "2m"}}
    found = list(
        connectors.pull(spec("sql", mariadb, options, fields=FIELDS), base=tmp_path, environ={}, batch_rows=100)
    )
    assert (ids(found), found[0].rows["name"][0].as_py()) == (list(range(1, 501)), "测试1")
    again = connectors.pull(
        spec("sql", mariadb, options, fields=FIELDS), base=tmp_path, environ={}, since=found[-1].cursor
    )
    assert ids(again) == [498, 499, 500]
    with pytest.raises(SourceUnusable, match=r"no table '.*absent'"):
        list(
            connectors.pull(
                spec("sql", mariadb, {"query": "SELECT * FROM absent"}, fields=FIELDS), base=tmp_path, environ={}
            )
        )
    with pytest.raises(SourceUnusable):
        list(
            connectors.pull(
                spec("sql", mariadb, {"query": "DELETE FROM orders"}, fields=FIELDS), base=tmp_path, environ={}
            )
        )


def test_one_row_of_a_wrong_time_does_not_hide_all_that_come_after_it(orders, batches):
    add(orders, 5000, datetime(2999, 1, 1, tzinfo=UTC))
    first = batches(BY_TIME)
    add(orders, 5001, START + timedelta(days=1))
    assert set(ids(batches(BY_TIME, since=first[-1].cursor))) == {1000, 5000, 5001}
