"""Files in an S3 bucket, of every format, from a real server that speaks S3."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from transport_examples import spec

import connectors
from core.errors import SourceUnusable, Transient
from tests.servers.objects import LOGIN

pytestmark = pytest.mark.server

FIELDS = {"record_id": "id", "contact_phone": "phone", "observed_at": "at"}


def csv(first, last):
    return ("id,phone,at\n" + "".join(f"T{i},199{i:08},2026-03-01\n" for i in range(first, last + 1))).encode()


def parquet(first, last):
    numbers = range(first, last + 1)
    table = pa.table(
        {"id": [f"T{i}" for i in numbers], "phone": [f"199{i:08}" for i in numbers], "at": ["2026"] * len(numbers)}
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def server(s3_server):
    s3_server.empty()
    return s3_server


@pytest.fixture
def batches(server, tmp_path):
    def pull(location, transport="csv", since=None, login=LOGIN, **options):
        given = {"endpoint": server.endpoint, "credentials": "env:S3"} | options
        asked = spec(transport, location, given, fields=FIELDS)
        return list(connectors.pull(asked, base=tmp_path, environ={"S3": json.dumps(login)}, since=since))

    return pull


def ids(pulled):
    return [i for b in pulled for i in b.rows["record_id"].to_pylist()]


def test_every_format_is_read_from_a_bucket(server, batches):
    json_lines = "\n".join(json.dumps({"id": f"T{i}", "phone": str(i), "at": "2026"}) for i in (1, 2)).encode()
    for key, transport, data in (
        ("a.csv", "csv", csv(1, 2)),
        ("a.csv.gz", "csv", gzip.compress(csv(1, 2))),
        ("a.zip", "csv", zipped("in.csv", csv(1, 2))),
        ("a.jsonl", "jsonl", json_lines),
        ("a.parquet", "parquet", parquet(1, 2)),
    ):
        server.put(key, data)
        assert ids(batches(f"s3://drops/{key}", transport)) == ["T1", "T2"]


def test_a_pattern_stays_in_its_folder_unless_it_says_otherwise(server, batches):
    for number, key in enumerate(("in/a.csv", "in/b.csv", "in/deep/c.csv", "in/a.txt", "out/d.csv"), start=1):
        server.put(key, csv(number, number))
    assert ids(batches("s3://drops/in/*.csv")) == ["T1", "T2"]
    assert ids(batches("s3://drops/in/**/*.csv")) == ["T1", "T2", "T3"]
    assert ids(batches("s3://drops/*/[ad].csv")) == ["T1", "T5"]


def test_each_object_is_read_once_and_a_changed_one_again(server, batches):
    server.put("in/a.csv", csv(1, 1))
    cursor = batches("s3://drops/in/*.csv")[-1].cursor
    assert batches("s3://drops/in/*.csv", since=cursor) == []
    server.put("in/b.csv", csv(2, 2))
    assert ids(batches("s3://drops/in/*.csv", since=cursor)) == ["T2"]
    server.put("in/a.csv", csv(1, 3))
    assert ids(batches("s3://drops/in/*.csv", since=cursor)) == ["T1", "T2", "T3"]  # the second T2 is a duplicate


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("s3://drops/in/absent.csv", r"absent\.csv is not there"),
        ("s3://drops/in/*.csv", r"no file matches \*\.csv"),
        ("s3://absent-bucket/a.csv", r"a\.csv is not there"),
        ("s3://drops/folder", "folder is a folder"),
    ],
)
def test_what_is_not_there_is_named(location, message, server, batches):
    server.put("folder/a.csv", csv(1, 1))
    with pytest.raises(SourceUnusable, match=message):
        batches(location)


def test_a_server_that_is_not_there_is_worth_another_run(batches):
    with pytest.raises(Transient):
        batches("s3://drops/a.csv", endpoint="http://127.0.0.1:1", timeout_seconds=1)
