"""Every parser under damaged input for a moment (`make fuzz` takes its time), and what that once found."""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import matching
import policy
from connectors import encoding
from connectors.text import of_array
from core import schemas
from core.deployment import FieldMap, parse
from core.errors import ConfigError
from pipeline import evaluate, normalise, tombstones, withdraw
from privacy.cipher import FileCipher
from tests.support import ROOT


def _loaded():
    spec = importlib.util.spec_from_file_location("fuzz", ROOT / "tools" / "fuzz.py")
    module = sys.modules["fuzz"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fuzz = _loaded()


@pytest.mark.parametrize("name", sorted(fuzz.PARSERS))
def test_a_parser_answers_or_refuses(name):
    out = fuzz.fuzzed(fuzz.PARSERS[name], seconds=0, start=7, examples=25)
    assert out.findings == {}
    assert out.executions >= 25


def test_a_parser_that_breaks_is_found_with_its_input():
    def breaks(text):
        assert "9" not in text

    out = fuzz.fuzzed(fuzz.Parser(fuzz.damaged("139"), breaks), seconds=0, examples=100)
    ((what, example),) = out.findings.items()
    assert what.startswith("AssertionError")
    assert "9" in example


# --- found ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: \x1f", 2),
        ("a: 2026-13-45", None),
        ("[" * 2000, None),
        ("a: &x [*x]", 1),
        ("b: 1\na: &x {k: *x}", 2),
        ("? [1]\n: 2", None),
    ],
)
def test_no_yaml_gets_past_the_deployments_own_error(text, line):
    with pytest.raises(ConfigError) as caught:
        parse(text, environ={})
    assert line is None or caught.value.line == line


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_of_its_order_is_read(tmp_path, encoding):
    text = "id,name,phone,day\nT1,张三,19900001234,2026-11-01\n"
    body = text.encode(encoding)
    fuzz.tried(fuzz.PARSERS["csv"], (body, {"encoding": "utf-16"}), out := fuzz.Outcome())
    assert out.refused == 0


def test_what_is_no_utf_16_at_all_is_refused():
    fuzz.tried(fuzz.PARSERS["csv"], (b"00", {"encoding": "utf-16"}), out := fuzz.Outcome())
    assert out.refused == 1


def tried(name, *given):
    """How often this parser refused what once broke it; it must not break."""
    out = fuzz.Outcome()
    for value in given:
        fuzz.tried(fuzz.PARSERS[name], value, out)
    return out.refused


def test_an_amount_that_no_whole_number_holds_is_set_aside_and_the_run_goes_on():
    table = schemas.conform(
        pa.table({"row": [1, 2], "case_id": ["T1", "T2"], "name": ["张三", "李四"], "days_past_due": ["1e19", "30"]}),
        schemas.PULLED_REGISTRY,
    )
    assert tried("rows", ("declared_contacts", "cn", table)) == 0
    parsed = normalise.registry(table, "cn")
    assert parsed.columns["days_past_due"].to_pylist() == [None, 30]
    assert parsed.set_aside == {("days_past_due", "not_a_number"): 1}


@pytest.mark.parametrize("name", ["rot13", "base64", "idna", "undefined", "a\0b"])
def test_an_encoding_that_is_none_of_files_is_refused(name):
    with pytest.raises(LookupError):
        encoding.canonical(name)


def test_text_kept_from_excel_is_freed_the_same_by_both_ways():
    body = b'id,name,phone,day\n"=""0199""",x,"=""0""1""",2026-11-01\n'
    assert tried("csv ways", (body, {}, 3)) == 0


@pytest.mark.parametrize(
    ("transport", "options", "how"),
    [
        ("csv", {"null_values": None}, {"column": "day"}),
        ("sqlite", {"table": "t", "timeout_seconds": None}, {"column": "day"}),
        ("csv", {}, {"column": "day", "pattern": "a{99999999999}"}),
        ("csv", {}, {"column": "day", "date_format": "%d %d"}),
        ("csv", {}, {"column": "day", "date_format": "%q"}),
    ],
)
def test_options_and_fields_are_read_or_refused(transport, options, how):
    tried("source options", (transport, options, how))


@pytest.mark.parametrize("wrong", [{"pattern": "a{99999999999}"}, {"date_format": "%d %d"}, {"date_format": "%"}])
def test_a_field_that_can_never_be_read_is_refused_in_the_deployment(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FieldMap.model_validate({"column": "day"} | wrong)


@pytest.mark.parametrize("fits", ["%Y-%m-%d", "%d/%m/%y %H:%M", "%Y%m%d%%", ""])
def test_a_format_that_texts_can_have_is_taken(fits):
    assert FieldMap.model_validate({"column": "day", "date_format": fits}).date_format == fits


def test_a_watermark_of_values_of_several_types_is_refused():
    rows = [("T1", "x", "1", "2026-11-01"), ("T2", "y", "2", 20261101)]
    options = {"table": "t", "watermark": {"column": "day", "lag": "1d"}}
    assert tried("sqlite", (fuzz.stored.database(rows), options, [])) == 1


@pytest.mark.parametrize("lag", ["99999999999999d", float("inf"), float("nan"), -1])
def test_a_lag_longer_than_all_time_is_refused(lag):
    rows = [("T1", "x", "1", "2026-11-01")]
    assert tried("sqlite", (fuzz.stored.database(rows), {"table": "t", "watermark": {"column": "day", "lag": lag}}, rows))  # fmt: skip


@pytest.mark.parametrize(
    ("transport", "text"),
    [
        ("csv", '{"v":1,"kind":"files","done":[""]}'),
        ("csv", '{"v":1,"kind":"files","half":true}'),
        ("csv", "[" * 100_000),
        ("sqlite", '{"v":1,"kind":"sql"}'),
        ("sqlite", '{"v":1,"kind":"sql","watermark":["time","1"],"whole":true}'),
    ],
)
def test_a_stored_cursor_that_is_none_is_refused(transport, text):
    assert tried("cursors", (transport, text)) == 1


_PAGE = b'{"data": {"items": [], "next": "https://["}}'


@pytest.mark.parametrize(
    ("page", "options"),
    [
        ((_PAGE, "²", 429), {}),
        ((_PAGE, "<http://[>; rel=next", 200), {"pagination": {"kind": "link"}}),
        ((_PAGE, "", 200), {"pagination": {"kind": "link", "next": "data.next"}}),
        ((_PAGE, "", 200), {"pagination": {"kind": "page", "param": "p", "start": "a"}}),
        ((_PAGE, "", 200), {"auth": {}}),
        ((_PAGE, "", 200), {"headers": {"": None}}),
    ],
)
def test_what_a_server_says_wrongly_is_refused(page, options):
    known = {"records": "data.items", "max_attempts": 1, "max_pages": 1}
    assert tried("rest answers", ([page], known | options)) == 1


@pytest.mark.parametrize("what", ["webhook", "kms", "source"])
@pytest.mark.parametrize("url", ["https://[", "https://a:b/", "https://a／b/", "https://a:99999/"])
def test_an_address_that_is_none_is_refused(what, url):
    assert tried("urls", (what, url)) == 1


@pytest.mark.parametrize(
    ("document", "keys"),
    [
        ('{"issuer": "https://id.example"}', "{}"),
        ('{"issuer": "https://id.example", "jwks_uri": "https://[/"}', "{}"),
        ('{"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"}', '{"keys": 7}'),
        ('{"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"}', '{"keys": [1, {"kid": "k", "kty": "RSA"}]}'),
    ],
)  # fmt: skip
def test_an_issuer_that_says_nonsense_vouches_for_nobody(document, keys):
    assert tried("tokens", (fuzz.doors.signed_token({"sub": "s"}, {"kid": "k"}), document, keys)) == 1


@pytest.mark.parametrize("body", [b"case_id\n\xff\n", b'case_id\n"a', b"case_id\na,b\n", b"case_id,customer_no\na,b\n"])
def test_a_list_of_withdrawals_that_cannot_be_read_is_refused_by_its_row(tmp_path, body):
    (tmp_path / "w.csv").write_bytes(body)
    with pytest.raises(ConfigError, match=r"w\.csv.*row \d"):
        list(withdraw.named_in(tmp_path / "w.csv"))


def test_scopes_of_a_withdrawal_are_told_without_the_spaces_around_them(tmp_path):
    (tmp_path / "w.csv").write_text("case_id,scopes\nTEST-0001, a | b |\n")
    ((row, person, scopes),) = withdraw.named_in(tmp_path / "w.csv")
    assert (row, person.case_id, scopes) == (1, "TEST-0001", {"a", "b"})


@pytest.mark.parametrize(
    ("text", "column", "values"),
    [
        ('"case_id","contact_value"\nTEST-0001,0199\n', "contact_value", ["0199"]),
        ('case_id,"a,b"\nTEST-0001,007\n', "a,b", ["007"]),
        ("case_id,x\r\nTEST-0001,01\r\n", "x", ["01"]),
    ],
)
def test_a_list_with_a_quoted_header_keeps_its_leading_zeros(tmp_path, text, column, values):
    (tmp_path / "t.csv").write_text(text)
    assert evaluate.read_csv(tmp_path / "t.csv")[column].to_pylist() == values


@pytest.mark.parametrize("manifest", [b"[]", b"7", b'"a"', b"[" * 100_000, b"\xff"])
def test_a_manifest_that_is_none_is_refused(manifest):
    assert tried("backups", (manifest, None)) == 1


def test_a_backup_without_its_data_is_refused():
    assert tried("backups", (fuzz.ours._manifest().encode(), None)) == 1


@pytest.mark.parametrize("body", [b"", b"0", b"[1]", b'[{"a": 1}]', b"\xff"])
def test_a_history_of_promotions_that_is_none_is_refused(body):
    assert tried("promotions", body) == 1


def test_a_contract_that_is_no_text_is_refused():
    assert tried("contracts", b"\x80") == 1


def test_what_is_forgotten_next_is_told_after_a_line_of_any_length(tmp_path):
    site = fuzz.ours._site(tmp_path)
    tombstones.closed(site, [f"TEST-{i}" for i in range(5_000)], "paid", fuzz.ours._AT)
    tombstones.closed(site, ["TEST-0"], "paid", fuzz.ours._AT)
    with (tmp_path / "tombstones.jsonl").open("ab") as file:
        file.write(b"x" * 200_000)  # half-written, by a process that was killed
    tombstones.closed(site, ["TEST-1"], "paid", fuzz.ours._AT)
    assert tombstones.mark(site).lines == 3


def test_a_last_line_that_was_altered_is_said_to_be():
    assert tried("told next", b'{"n": 1}\n', b"[]\n", b"\n") == 3


def test_a_deployment_whose_anchors_multiply_is_refused():
    with pytest.raises(ConfigError, match="too much"):
        parse(fuzz.ours._BOMB, environ={})


@pytest.mark.parametrize("text", ["a: 2026-13-45", "[" * 2000, "? [1]\n: 2"])
def test_no_yaml_gets_past_the_packs_own_error(text):
    assert tried("policy packs", text) == 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [("name", "+44 7700-900123"), ("name", "Ann-Marie Test"), ("name", "x张三"), ("postcode", "0"), ("postcode", "SW1A 1AA"),
     ("postcode", "4***5"), ("postcode", "******0015")],
)  # fmt: skip
def test_masking_twice_changes_nothing(kind, value):
    tried("masks", (kind, value))


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/sharedStrings.xml", "[Content_Types].xml", "xl/workbook.xml"])
@pytest.mark.parametrize(
    "xml", [None, "<a/>", "<styleSheet><numFmts/></styleSheet>", "<sst><si><t>x</t></si></sst>", ""]
)
def test_a_workbook_without_one_of_its_parts_is_read_or_refused(part, xml):
    tried("xlsx", (fuzz.stored.with_part(True, part, xml), {}))


def test_a_workbook_that_unpacks_out_of_all_proportion_is_refused_as_such():
    assert tried("xlsx", (fuzz.stored.zipped(fuzz.stored.workbook(True)), {"max_unpacked_bytes": 1_000})) == 1
    bomb = fuzz.stored.zipped(fuzz.stored.workbook(True) | {"xl/sharedStrings.xml": b"a" * (65 << 20)})
    assert tried("xlsx", (bomb, {})) == 1


def test_a_time_of_day_beyond_the_day_costs_its_row():
    out = io.BytesIO()
    odd = pa.array([1, -62_135_596_800_000_008], pa.int64()).view(pa.time64("us"))
    pq.write_table(pa.table({"id": ["T1", "T2"], "name": ["a", "b"], "phone": odd, "day": ["x", "y"]}), out)
    assert tried("parquet", (out.getvalue(), {})) == 0


def test_a_file_that_comes_in_pieces_of_characters_is_read_as_a_whole_one():
    assert tried("encodings", ("\ufeff张".encode(), "", [1, 2, 4])) == 0
    record = b'[{"id": "T1", "day": "2026-11-01", "who": {"name": "\xe5\xbc\xa0", "phones": ["1"]}}]' + b" " * 300
    assert tried("json ways", (record[:1] + b" " * 200 + record[1:], 1)) == 0


@pytest.mark.parametrize("transport", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("version", [[], False, {"a": 1}])
def test_a_version_that_is_no_column_is_refused(transport, version):
    assert tried("source options", (transport, {"version": version}, {"column": "day"})) == 1


@pytest.mark.parametrize("column", ["a\nb", "0\x850", "# x", "- a: b", "\u2028"])
def test_a_draft_names_columns_of_any_name_on_one_line(column):
    body = f'客户姓名,"{column}"\nx,y\n'.encode()
    assert tried("drafts", (f"{'a' * 60}.csv", body)) == 0


def test_the_text_of_a_time_does_not_change_with_what_stands_beside_it():
    whole, broken = (
        dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 1, 8, 0, 0, 500_000, tzinfo=dt.UTC),
    )
    for kind in (pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.timestamp("ms", "Asia/Shanghai")):
        array = pa.array([whole, broken, None], pa.timestamp("us", "UTC")).cast(kind)
        assert tried("arrow columns", array) == 0
        assert ".0" not in of_array(array)[0].as_py()


def test_a_ring_whose_active_key_is_not_in_it_does_not_load():
    ring = fuzz.ours.ring_file().replace('"active": "k1"', '"active": "k2"')
    assert tried("key rings", ring.encode()) == 1


def test_a_certificate_with_a_key_of_an_unknown_kind_is_refused():
    rsa, unknown = bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d7f7f7f")
    der = fuzz.doors.certificate()
    assert rsa in der
    assert tried("certificates", der.replace(rsa, unknown)) == 1


@pytest.mark.parametrize("text", ["朝阳", "宁波", "浙江宁波"])
def test_a_division_ends_where_its_text_does(text):
    tried("divisions", text)


def test_a_day_that_python_has_no_date_for_is_text_all_the_same():
    tried("arrow columns", pa.array([2**31 - 1], pa.int32()).cast(pa.date32()))


@pytest.mark.parametrize("text", ["a: !!bool x", "a: !!timestamp x", "a: !!int x", "a: 2026-13-45", "[" * 2000])
def test_no_value_of_yaml_gets_past_our_own_error(text):
    for read in (lambda: parse(text, environ={}), lambda: policy.parse(text), lambda: matching.Spec.parse(text)):
        with pytest.raises(ConfigError):
            read()


def test_a_code_of_a_region_is_one_with_blanks_around_it_too():
    tried("regions", "\tUS-TX", " GB-WYK ")


def test_a_sealed_file_that_was_cut_to_the_size_of_an_empty_one_does_not_open():
    whole = fuzz.ours.sealed_seed()
    head = len(b"SKST1") + 1 + whole[5]
    assert tried("sealed files", whole[: head + FileCipher(fuzz.ours.key_ring()).overhead]) == 1
