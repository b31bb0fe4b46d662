"""CSV as it comes: encodings, delimiters, and every way a file can be broken."""

from __future__ import annotations

import csv
import gzip
import io
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transport_examples import spec

import connectors
from connectors import files, records
from connectors.records import Splitter
from core.errors import SourceUnusable

HEADER = "id,name,phone,at\n"
ROW = "T{0},测试{0},1990000{0:04},2026-03-01\n"
SHORT = {"record_id": "id", "name": "name", "contact_phone": "phone", "observed_at": "at"}


def rows(n: int) -> str:
    return HEADER + "".join(ROW.format(i) for i in range(1, n + 1))


@pytest.fixture
def pull_bytes(tmp_path, pulled):
    def pull(data: bytes, **options):
        changes = {k: options.pop(k) for k in ("batch_rows",) if k in options}
        (tmp_path / "orders.csv").write_bytes(data)
        return pulled(spec("csv", "orders.csv", options, fields=SHORT), **changes)

    return pull


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks so small that every record meets a chunk's edge."""
    monkeypatch.setattr(files.File.chunks, "__defaults__", (7,))
    monkeypatch.setattr("connectors.transport.delimited._HEAD", 20)


ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8 with BOM": "utf-8-sig",
    "gb18030": "gb18030",
    "gbk": "gbk",
    "utf-16 with BOM": "utf-16",
    "utf-16-le without BOM": "utf-16-le",
    "utf-16-be without BOM": "utf-16-be",
}


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gzip"])
def test_each_encoding_is_found_by_looking(encoding, is_gzip, pull_bytes):
    data = rows(300).encode(encoding)
    good, bad = pull_bytes(gzip.compress(data) if is_gzip else data)
    assert [r["name"] for r in good] == [f"测试{i}" for i in range(1, 301)]
    assert bad == []


def test_an_encoding_is_found_where_the_first_hanzi_comes_late(pull_bytes):
    head = HEADER + "".join(f"A{i},Test,19900000000,2026-03-01\n" for i in range(60_000))
    good, _ = pull_bytes((head + "Z,测试,19900000000,2026-03-01\n").encode("gb18030"))
    assert good[-1]["name"] == "测试"


def test_western_accents_are_not_taken_for_hanzi(pull_bytes):
    good, bad = pull_bytes((HEADER + "1,Renée Testé,19900000001,2026-03-01\n" * 1).encode("cp1252"))
    assert ([r["name"] for r in good], bad) == (["Renée Testé"], [])


def test_a_declared_encoding_is_taken_at_its_word_and_an_unknown_one_refused(pull_bytes):
    good, _ = pull_bytes(rows(2).encode("gb18030"), encoding="GB2312")
    assert good[0]["name"] == "测试1"
    with pytest.raises(SourceUnusable, match="klingon is not an encoding"):
        pull_bytes(rows(2).encode(), encoding="klingon")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_broken_bytes_cost_their_row_only(encoding, pull_bytes):
    lines = rows(50).encode(encoding).split(b"\n")
    lines[7] = lines[7].replace(b",1990", b"\xff,1990", 1)
    lines[9] = lines[9].replace(b",1990", b"\xe6,1990", 1)  # a lead byte that must not swallow the comma
    good, bad = pull_bytes(b"\n".join(lines))
    assert bad == [(7, "bad_encoding"), (9, "bad_encoding")]
    assert [r["row"] for r in good] == [n for n in range(1, 51) if n not in (7, 9)]


def test_broken_bytes_in_a_column_that_is_not_mapped_count_too(tmp_path, pulled):
    (tmp_path / "x.csv").write_bytes(b"id,phone,at,extra\n1,2,3,ok\n2,2,3,\xff\xfe\n")
    fields = {"record_id": "id", "contact_phone": "phone", "observed_at": "at"}
    good, bad = pulled(spec("csv", "x.csv", {"encoding": "utf-8"}, fields=fields))
    assert (len(good), bad) == (1, [(2, "bad_encoding")])


def test_nul_bytes_cost_their_row_only(pull_bytes):
    good, bad = pull_bytes(rows(5).replace("测试3", "测\0试3").encode())
    assert ([r["row"] for r in good], bad) == ([1, 2, 4, 5], [(3, "bad_encoding")])


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter, pull_bytes):
    good, bad = pull_bytes(rows(3).replace(",", delimiter).encode())
    assert (len(good), good[2]["contact_phone"], bad) == (3, "19900000003", [])


def test_the_delimiter_found_is_the_one_that_gives_the_mapped_columns(tmp_path, pulled):
    (tmp_path / "x.csv").write_text("phone;at;note, by, whom\n1;2;a\n")
    good, _ = pulled(spec("csv", "x.csv", fields={"contact_phone": "phone", "observed_at": "at"}))
    assert good[0]["observed_at"] == "2"


def test_excels_own_hint_of_the_delimiter_is_understood(pull_bytes):
    good, _ = pull_bytes(b"sep=;\r\n" + rows(2).replace(",", ";").encode())
    assert len(good) == 2


def test_ragged_rows_are_counted_with_their_numbers(pull_bytes):
    lines = rows(6).splitlines()
    lines[2], lines[5] = "T2,only two", lines[5] + ",one,too,many"
    good, bad = pull_bytes("\n".join(lines).encode())
    assert [r["row"] for r in good] == [1, 3, 4, 6]
    assert bad == [(2, "ragged_row"), (5, "ragged_row")]


def test_blank_lines_are_no_rows(pull_bytes):
    good, bad = pull_bytes(rows(3).replace("\n", "\n\n").replace("T2,", "\r\nT2,").encode())
    assert ([r["row"] for r in good], bad) == ([1, 2, 3], [])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_every_line_end_will_do(line_end, pull_bytes):
    good, bad = pull_bytes(rows(4).replace("\n", line_end).encode())
    assert ([r["observed_at"] for r in good], bad) == (["2026-03-01"] * 4, [])


def test_quoted_newlines_delimiters_and_quotes_are_values(pull_bytes):
    good, bad = pull_bytes(rows(3).replace("测试2", '"测,试\r\n""2"""').encode())
    assert (good[1]["name"], len(good), bad) == ('测,试\r\n"2"', 3, [])


def test_a_stray_opening_quote_costs_one_row_not_the_rest(pull_bytes):
    good, bad = pull_bytes(rows(1000).replace("测试3,", '"测试3,', 1).encode())
    assert bad == [(3, "ragged_row")]
    assert len(good) == 999


def test_a_stray_opening_quote_before_a_quoted_value_costs_one_row(pull_bytes):
    text = rows(100).replace("测试3,", '"测试3,', 1).replace("测试50,", '"测试,50",')
    good, bad = pull_bytes(text.encode())
    assert bad == [(3, "ragged_row")]
    assert good[48]["name"] == "测试,50"


def test_quotes_inside_a_bare_value_are_text(pull_bytes):
    good, bad = pull_bytes(rows(3).replace("测试2", '5" 测试').encode())
    assert (good[1]["name"], bad) == ('5" 测试', [])


def test_text_protected_from_excel_loses_its_armour(pull_bytes):
    text = rows(3).replace("19900000001", '="19900000001"').replace("19900000002", '"=""19900000002"""')
    good, bad = pull_bytes(text.encode())
    assert ([r["contact_phone"] for r in good[:2]], bad) == (["19900000001", "19900000002"], [])


def test_a_file_that_does_not_quote_can_say_so(pull_bytes):
    good, bad = pull_bytes(rows(3).replace("测试2", '"测试').encode(), quoted=False)
    assert (good[1]["name"], bad) == ('"测试', [])


def test_an_empty_file_is_refused_and_a_header_alone_is_no_rows(pull_bytes):
    with pytest.raises(SourceUnusable, match=r"orders\.csv is empty"):
        pull_bytes(b"")
    with pytest.raises(SourceUnusable, match=r"orders\.csv is empty"):
        pull_bytes(b"\xef\xbb\xbf\r\n\r\n")
    assert pull_bytes(HEADER.encode()) == ([], [])
    assert pull_bytes(HEADER.strip().encode()) == ([], [])


def test_a_file_without_a_header_does_not_have_its_first_customer_echoed(pull_bytes):
    with pytest.raises(SourceUnusable, match="looks like data") as e:
        pull_bytes("T1,测试甲,19900000001,2026-03-01\n".encode())
    assert "19900000001" not in str(e.value)
    assert "测试" not in str(e.value)


def test_a_file_without_a_header_can_be_given_one(pull_bytes):
    good, _ = pull_bytes("T1,测试甲,19900000001,2026-03-01\n".encode(), header=["id", "name", "phone", "at"])
    assert good[0]["name"] == "测试甲"


def test_lines_before_the_header_can_be_skipped(pull_bytes):
    good, _ = pull_bytes(("导出时间 2026-03-01\n\n" + rows(2)).encode(), skip_rows=1)
    assert len(good) == 2


def test_a_mapped_column_that_is_there_twice_is_refused(pull_bytes):
    with pytest.raises(SourceUnusable, match="column 'phone' twice") as e:
        pull_bytes(b"id,name,phone,at,phone\n")
    assert e.value.field == "contact_phone"


def test_a_broken_gzip_is_named(pull_bytes):
    whole = gzip.compress(rows(20_000).encode())
    for broken in (whole[:-500], whole[:200] + b"canary" + whole[206:]):
        with pytest.raises(SourceUnusable, match="broken or truncated gzip"):
            pull_bytes(broken)


@pytest.mark.parametrize("is_last", [False, True])
def test_a_giant_line_is_one_unreadable_row(is_last, pull_bytes):
    giant = "9" * (records.MAX_LINE * 6) + ("" if is_last else "\n")
    good, bad = pull_bytes((rows(3) + giant + ("" if is_last else ROW.format(5))).encode())
    assert bad == [(4, "line_too_long")]
    assert [r["row"] for r in good] == ([1, 2, 3] if is_last else [1, 2, 3, 5])


def test_a_200_mb_line_is_passed_in_bounded_memory(tmp_path):
    path = tmp_path / "orders.csv"
    with path.open("wb") as f:
        f.write(rows(3).encode())
        for _ in range(200):
            f.write(b"9" * (1 << 20))
        f.write(b"\n" + ROW.format(5).encode())
    source = spec("csv", "orders.csv", {"encoding": "utf-8"}, fields=SHORT)
    tracemalloc.start()
    batches = list(connectors.pull(source, base=tmp_path, environ={}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (sum(b.rows.num_rows for b in batches), sum(b.unreadable.num_rows for b in batches)) == (4, 1)
    assert peak < 64 << 20


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(files.File.chunks, "__defaults__", (1 << 17,))
    monkeypatch.setattr("connectors.transport.delimited._HEAD", 1 << 16)
    peaks = []
    for size in (10_000, 100_000):
        with (tmp_path / "orders.csv").open("w", encoding="utf-8") as f:
            f.write(HEADER)
            f.writelines(f"T{i},{'长' * 40},1990000{i % 10_000:04},2026-03-01\n" for i in range(size))
        source = spec("csv", "orders.csv", fields=SHORT)
        tracemalloc.start()
        assert sum(b.read for b in connectors.pull(source, base=tmp_path, environ={}, batch_rows=5_000)) == size
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + (2 << 20)  # 8 bytes an id are remembered


@pytest.mark.usefixtures("small_chunks")
def test_records_that_meet_the_edge_of_a_chunk_are_whole(pull_bytes):
    text = rows(40).replace("测试7,", '"测,\n试7",').replace("测试9,", '"测试9,').replace("T20,", "T20,extra,")
    good, bad = pull_bytes(text.encode("gb18030"), encoding="gb18030")
    assert bad == [(9, "ragged_row"), (20, "ragged_row")]
    assert [r["row"] for r in good] == [n for n in range(1, 41) if n not in (9, 20)]
    assert good[6]["name"] == "测,\n试7"


def test_a_pattern_takes_files_in_order_and_numbers_rows_on(tmp_path, pulled):
    for i, name in enumerate(("orders-b.csv", "orders-a.csv")):
        (tmp_path / name).write_text(rows(2 + i))
    fields = {"name": "name", "contact_phone": "phone", "observed_at": "at"}
    good, _ = pulled(spec("csv", "orders-*.csv", fields=fields))
    assert [r["row"] for r in good] == [1, 2, 3, 4, 5]
    assert [r["record_id"] for r in good] == [
        "orders-a.csv#1",
        "orders-a.csv#2",
        "orders-a.csv#3",
        "orders-b.csv#1",
        "orders-b.csv#2",
    ]
    with pytest.raises(SourceUnusable, match=r"no file matches none-\*\.csv"):
        pulled(spec("csv", "none-*.csv", fields=fields))


def test_a_location_may_be_a_url_fsspec_knows(pulled):
    import fsspec

    fsspec.filesystem("memory").pipe("/drop/orders.csv", rows(3).encode())
    good, _ = pulled(spec("csv", "memory://drop/orders.csv", fields=SHORT))
    assert len(good) == 3
    with pytest.raises(SourceUnusable, match=r"absent\.csv is not there"):
        pulled(spec("csv", "memory://drop/absent.csv", fields=SHORT))
    with pytest.raises(SourceUnusable, match="scheme pigeon"):
        pulled(spec("csv", "pigeon://drop/absent.csv", fields=SHORT))


def test_a_folder_is_refused(tmp_path, pulled):
    (tmp_path / "drop").mkdir()
    with pytest.raises(SourceUnusable, match="drop is a folder"):
        pulled(spec("csv", "drop", fields=SHORT))


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=6), min_size=3, max_size=3)
    )
)
@settings(max_examples=60, deadline=None)
def test_what_python_writes_as_csv_is_split_into_the_same_records(table):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    found = Splitter(",").split(out.getvalue(), width=3, first=1, is_final=True)
    assert found.fields == table
    assert found.faults == []


@given(st.text(st.sampled_from('a",\n测'), max_size=40))
@settings(max_examples=100, deadline=None)
def test_every_line_of_any_text_is_accounted_for(text):
    found = Splitter(",").split(text, width=2, first=1, is_final=True)
    numbers = sorted([*found.numbers, *(f.row for f in found.faults)])
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) <= sum(bool(line) for line in text.split("\n"))
    assert found.rest == ""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_broken_byte_does_not_change_what_a_file_of_one_row_is_taken_for(encoding, pull_bytes):
    good, bad = pull_bytes(
        (HEADER + "1,测试甲乙丙,19900000001,2026-03-01\n").encode(encoding).replace(b",2026", b"\xff,2026")
    )
    assert (good, bad) == ([], [(1, "bad_encoding")])


def test_a_broken_byte_in_a_file_of_ascii_costs_its_row(pull_bytes):
    good, bad = pull_bytes((HEADER + "1,A,2,3\n2,B?,2,3\n").encode().replace(b"?", b"\xff"))
    assert (len(good), bad) == (1, [(2, "bad_encoding")])


PIECES = [
    "a",
    "b",
    ",",
    ",,",
    '"',
    "\n",
    "\r",
    "\r\n",
    "测",
    '","',
    '"\n',
    "\n1,2,3,4\n",
    '\n5,"x\ny",7,8\n',
    '="9"',
    '""',
]
MESSY = st.lists(st.sampled_from([*(p.encode() for p in PIECES), b"\xff", b"\xe6\xb5", b"\0"]), max_size=25).map(
    b"".join
)


@given(data=MESSY, chunk=st.integers(1, 9))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_come_out_alike_however_the_chunks_fall_and_every_row_once(data, chunk, tmp_path, monkeypatch):
    (tmp_path / "x.csv").write_bytes(HEADER.encode() + data)
    fields = {"name": "name", "contact_phone": "phone", "observed_at": "at"}
    source = spec("csv", "x.csv", {"encoding": "utf-8"}, fields=fields)

    def pulled():
        batches = list(connectors.pull(source, base=tmp_path, environ={}))
        good = [(r["row"], r["name"], r["contact_phone"]) for b in batches for r in b.rows.to_pylist()]
        bad = [(r["row"], r["reason"]) for b in batches for r in b.unreadable.to_pylist()]
        return good, bad

    whole = pulled()
    with monkeypatch.context() as patch:
        patch.setattr(files.File.chunks, "__defaults__", (chunk,))
        patch.setattr("connectors.transport.delimited._HEAD", len(HEADER))
        assert pulled() == whole
    with monkeypatch.context() as patch:
        patch.setattr("connectors.transport.delimited._clean_end", lambda *_, **__: None)  # nothing by Arrow
        assert pulled() == whole
    numbers = sorted(n for n, *_ in [*whole[0], *whole[1]])
    assert numbers == list(range(1, len(numbers) + 1))
