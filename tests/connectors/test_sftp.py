"""Drops on a real OpenSSH server: who is talked to, which files are whole, what is packed, and connections that break."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import struct
import subprocess
import threading
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from transport_examples import spec

import connectors
from connectors import files
from core.errors import SourceUnusable, Transient

pytestmark = pytest.mark.server
pytest.importorskip("paramiko")

FIELDS = {"record_id": "id", "contact_phone": "phone", "observed_at": "at"}
HEADER = "id,phone,at\n"


def csv(first, last, header=HEADER):
    return header + "".join(f"T{i},199{i:08},2026-03-01\n" for i in range(first, last + 1))


@pytest.fixture
def server(sftp_server):
    """The server with an empty folder; started again where a test stopped it."""
    shutil.rmtree(sftp_server.folder)
    sftp_server.folder.mkdir()
    yield sftp_server
    if sftp_server.process is None:
        sftp_server.start()


@pytest.fixture
def drop(server):
    """Put a file there, as old as an hour unless told."""

    def put(name, data, age=3600):
        path = server.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        os.utime(path, (time.time() - age, time.time() - age))
        return path

    return put


@pytest.fixture
def source(server):
    def of(pattern, transport="csv", **options):
        given = {"known_hosts": server.known_hosts, "credentials": "env:COURIER"} | options
        return spec(transport, server.url(pattern), {k: v for k, v in given.items() if v is not None}, fields=FIELDS)

    return of


@pytest.fixture
def login(server):
    return {"COURIER": json.dumps({"private_key": server.key})}


@pytest.fixture
def batches(source, login, tmp_path):
    def pull(pattern, transport="csv", since=None, batch_rows=65_536, **options):
        asked = source(pattern, transport, **options)
        return list(connectors.pull(asked, base=tmp_path, environ=login, since=since, batch_rows=batch_rows))

    return pull


def ids(pulled):
    return [i for b in pulled for i in b.rows["record_id"].to_pylist()]


# --- who is talked to ---------------------------------------------------------------------------------------------------


def test_a_drop_is_read_by_key_from_a_server_that_is_known(drop, batches):
    drop("a.csv", csv(1, 3))
    drop("b.csv", csv(4, 5))
    drop("note.txt", "not asked for")
    drop(".hidden.csv", csv(9, 9))
    assert ids(batches("*.csv")) == ["T1", "T2", "T3", "T4", "T5"]


def test_a_pattern_may_stand_for_folders_too(drop, batches):
    drop("2026-03-01/a.csv", csv(1, 1))
    drop("2026-03-02/a.csv", csv(2, 2))
    assert ids(batches("2026-03-*/a.csv")) == ["T1", "T2"]


def test_a_server_without_a_known_key_is_not_talked_to(drop, batches, tmp_path):
    drop("a.csv", csv(1, 1))
    with pytest.raises(SourceUnusable, match="known_hosts is missing"):
        batches("a.csv", known_hosts=None)
    (tmp_path / "empty").write_text("")
    with pytest.raises(SourceUnusable, match="not in known_hosts"):
        batches("a.csv", known_hosts="empty")
    with pytest.raises(SourceUnusable, match="known_hosts: the file cannot be read"):
        batches("a.csv", known_hosts="absent")


def test_a_server_with_another_key_is_not_talked_to(drop, batches, server, tmp_path):
    drop("a.csv", csv(1, 1))
    other = (server.home / "user_key.pub").read_text()
    (tmp_path / "other").write_text(f"[127.0.0.1]:{server.port} {other}")
    with pytest.raises(SourceUnusable, match="another key than known_hosts has"):
        batches("a.csv", known_hosts="other")


def test_a_login_that_is_refused_or_cannot_be_used_is_told_without_echoing_it(drop, source, login, tmp_path):
    drop("a.csv", csv(1, 1))
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(tmp_path / "stranger")], check=True)
    for text, message in (
        (json.dumps({"private_key_file": "stranger"}), "refuses these credentials"),
        (json.dumps({"private_key_file": "absent"}), "key file of its credentials cannot be read"),
        (json.dumps({"private_key": "canary"}), "cannot be used: wrong form"),
        (json.dumps({"pin": "canary"}), "holds no JSON object of"),
    ):
        with pytest.raises(SourceUnusable, match=message) as e:
            list(connectors.pull(source("a.csv"), base=tmp_path, environ={"COURIER": text}))
        assert "canary" not in str(e.value)


def test_a_password_in_the_deployment_is_refused(server, tmp_path):
    location = server.url("a.csv").replace("@", ":canary@", 1)
    with pytest.raises(SourceUnusable, match="location holds a password") as e:
        list(connectors.pull(spec("csv", location, fields=FIELDS), base=tmp_path, environ={}))
    assert "canary" not in str(e.value)
    with pytest.raises(SourceUnusable, match="password holds a password"):
        list(connectors.pull(spec("csv", "x.csv", {"password": "canary"}, fields=FIELDS), base=tmp_path, environ={}))


def test_what_is_not_there_is_named_by_its_last_part(drop, batches, server):
    for pattern in ("absent.csv", "absent/*.csv"):
        with pytest.raises(SourceUnusable) as e:
            batches(pattern)
        assert str(server.folder) not in str(e.value)
    (server.folder / "sub").mkdir()
    with pytest.raises(SourceUnusable, match="sub is a folder"):
        batches("sub")


# --- which files are whole -------------------------------------------------------------------------------------------


def test_only_files_that_are_marked_as_done_are_read(drop, batches):
    drop("a.csv", csv(1, 1))
    drop("a.csv.done", "", age=0)
    drop("b.csv", csv(2, 2))
    assert ids(batches("*", done_marker=".done")) == ["T1"]


def test_a_file_that_is_still_being_written_is_left_for_later(drop, batches):
    drop("a.csv", csv(1, 1))
    growing = drop("b.csv", csv(2, 2), age=0)
    drop("c.csv", csv(3, 3), age=0)
    stop = threading.Event()

    def write():
        number = 3
        while not stop.wait(0.02):
            number += 1
            with growing.open("a") as f:
                f.write(f"T{number},19900000000,2026-03-01\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        first = batches("*.csv", settle_seconds=0.4)
    finally:
        stop.set()
        writer.join()
    assert ids(first) == ["T1", "T3"]
    os.utime(growing, (1, 1))
    assert ids(batches("*.csv", since=first[-1].cursor, settle_seconds=0))[0] == "T2"


def test_a_file_that_changes_while_it_is_read_is_worth_another_attempt(drop, source, login, tmp_path):
    path = drop("a.csv", csv(1, 60_000))
    pulling = connectors.pull(source("a.csv"), base=tmp_path, environ=login, batch_rows=1000)
    next(pulling)
    path.write_text(csv(1, 60_001))
    with pytest.raises(Transient):
        list(pulling)


def test_each_delivery_is_read_once_and_a_changed_one_again(drop, batches):
    drop("a.csv", csv(1, 2))
    drop("b.csv", csv(3, 3))
    cursor = batches("*.csv")[-1].cursor
    assert batches("*.csv", since=cursor) == []
    drop("c.csv", csv(4, 4))
    drop("a.csv", csv(1, 3), age=60)
    assert ids(batches("*.csv", since=cursor)) == ["T1", "T2", "T3", "T4"]


def test_a_cursor_forgets_files_that_are_gone(drop, batches, server):
    drop("a.csv", csv(1, 1))
    cursor = batches("*.csv")[-1].cursor
    (server.folder / "a.csv").unlink()
    assert batches("*.csv", since=cursor) == []
    drop("b.csv", csv(2, 2))
    assert "a.csv" not in batches("*.csv", since=cursor)[-1].cursor


# --- packed ----------------------------------------------------------------------------------------------------------


def test_gzip_zip_and_parquet_are_read_where_they_are(drop, batches, server):
    drop("a.csv.gz", gzip.compress(csv(1, 2).encode()))
    with zipfile.ZipFile(server.folder / "b.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("in/one.csv", csv(3, 3))
        z.writestr("two.csv", csv(4, 4))
        z.writestr("readme.txt", "hello")
        z.writestr("__MACOSX/._two.csv", "x")
    os.utime(server.folder / "b.zip", (1, 1))
    assert ids(batches("a.csv.gz")) == ["T1", "T2"]
    found = batches("*", member="*.csv")
    assert ids(found) == ["T1", "T2", "T3", "T4"]
    assert batches("*", member="*.csv", since=found[-1].cursor) == []
    assert ids(batches("*", member="*.csv", since=found[1].cursor)) == ["T4"]
    table = pa.table({"id": ["T5"], "phone": ["19900000005"], "at": ["2026-03-01"]})
    pq.write_table(table, server.folder / "c.parquet")
    assert ids(batches("c.parquet", "parquet", settle_seconds=0)) == ["T5"]


def test_a_truncated_gzip_and_zip_are_named(drop, batches, server):
    drop("a.csv.gz", gzip.compress(csv(1, 50_000).encode())[:-2000])
    with pytest.raises(SourceUnusable, match=r"a\.csv\.gz is a broken or truncated gzip"):
        batches("a.csv.gz")
    with zipfile.ZipFile(server.folder / "b.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("one.csv", csv(3, 30_000))
    whole = (server.folder / "b.zip").read_bytes()
    drop("b.zip", whole[:-200])
    with pytest.raises(SourceUnusable, match=r"b\.zip is no whole zip"):
        batches("b.zip")
    drop("b.zip", whole[:500] + b"canary" + whole[506:])
    with pytest.raises(SourceUnusable, match=r"b\.zip.* (no whole|broken or truncated) zip") as e:
        batches("b.zip")
    assert "canary" not in str(e.value)


@pytest.mark.parametrize("form", ["gzip", "zip"])
def test_a_bomb_is_refused_before_it_goes_off(form, drop, batches, server, monkeypatch):
    monkeypatch.setattr("connectors.archive.FREE", 4 << 20)
    data = (HEADER + "\n" * (40 << 20)).encode()
    if form == "gzip":
        drop("a.csv.gz", gzip.compress(data))
    else:
        with zipfile.ZipFile(server.folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("a.csv", data)
        os.utime(server.folder / "a.zip", (1, 1))
    with pytest.raises(SourceUnusable, match="zip bomb"):
        batches("a.*")


def test_how_much_may_come_out_can_be_told(drop, batches):
    drop("a.csv.gz", gzip.compress(csv(1, 5000).encode()))
    with pytest.raises(SourceUnusable, match="zip bomb"):
        batches("a.csv.gz", max_unpacked_bytes=10_000)


def test_what_is_encrypted_is_refused_clearly(drop, batches, server):
    drop("a.csv.pgp", b"\x85\x01canary")
    drop("b.csv", b"-----BEGIN PGP MESSAGE-----\n\ncanary")
    for name in ("a.csv.pgp", "b.csv"):
        with pytest.raises(SourceUnusable, match="is encrypted: name the key of PGP files"):
            batches(name)
    with zipfile.ZipFile(server.folder / "c.zip", "w") as z:
        z.writestr("c.csv", csv(1, 1))
    packed = bytearray((server.folder / "c.zip").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", packed, packed.index(signature) + offset, 1)
    drop("c.zip", bytes(packed))
    with pytest.raises(SourceUnusable, match="is encrypted"):
        batches("c.zip")


# --- broken off ------------------------------------------------------------------------------------------------------


def test_a_reading_that_broke_off_goes_on_within_the_file(drop, batches):
    drop("a.csv", csv(1, 30_000))
    drop("b.csv", csv(30_001, 60_000))
    whole = batches("*.csv")
    for stop in range(1, len(whole)):
        rest = batches("*.csv", since=whole[stop - 1].cursor)
        assert ids(whole[:stop]) + ids(rest) == [f"T{i}" for i in range(1, 60_001)]


def test_rows_that_were_read_are_not_read_again_after_a_break_inside_a_file(drop, batches, monkeypatch):
    monkeypatch.setattr(files.File.chunks, "__defaults__", (1 << 12,))
    monkeypatch.setattr("connectors.transport.delimited._HEAD", 100)
    drop("a.csv", csv(1, 500) + "ragged\n" + csv(501, 1000, header=""))
    whole = batches("a.csv")
    assert len(whole) > 5
    assert sum(b.unreadable.num_rows for b in whole) == 1
    for stop in range(1, len(whole)):
        rest = batches("a.csv", since=whole[stop - 1].cursor)
        assert [b.read for b in rest] == [b.read for b in whole[stop:]]
        assert ids(rest) == ids(whole[stop:])


def test_a_server_that_dies_in_the_middle_is_worth_another_attempt_and_then_nothing_is_missing(
    drop, server, source, login, batches, tmp_path
):
    drop("a.csv", csv(1, 300_000))
    pulling = connectors.pull(source("a.csv"), base=tmp_path, environ=login)
    first = next(pulling)
    server.stop()
    with pytest.raises(Transient):
        list(pulling)
    with pytest.raises(Transient):
        batches("a.csv")
    server.start()
    rest = batches("a.csv", since=first.cursor)
    assert ids([first]) + ids(rest) == [f"T{i}" for i in range(1, 300_001)]
