"""Throws damaged input at every parser: `make fuzz`, with FUZZ_SECONDS for each (60; hours where there are hours).

    python tools/fuzz.py [--seconds 60] [--seed N] [parser …]

A parser may refuse what it is given with an error of ours; anything else, an answer that breaks its promise, or one that takes longer
than two seconds of CPU is a finding. Prints executions and findings of each parser; exit code 1 when there is any. Hypothesis makes the input
smaller before it is shown. Each finding becomes a case of tests/tools/test_fuzz.py.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.errors import BadInput, ConfigError, SourceUnusable

SLOW_SECONDS = 2.0
ROUND = 400

# What parsers meet in earnest; damaged below. Everybody in it is made up.
_ADDRESSES = (
    "浙江省宁波市海曙区测试路100号2栋1单元301室",
    "江苏省南京市玄武区示例街8-1号",
    "重庆市两江新区样板大道1号A座12楼",
    "朝阳区某某村三组（近小学）旁边",
)
_WESTERN = (
    "12 Sample St Apt 4B, Springfield, IL 62701",
    "Flat 2, 10 Example Road, Leeds LS1 1AA",
    "PO Box 12, Nowhere TX 75001-1234",
)
_PLACES = (
    "LEEDS",
    "NEW YORK NY",
    "St. Louis, MO",
    "US-TX",
    "GB-WYK-2644688",
    "Richmond TW9 1AA",
    "Headingley, Leeds",
    "AUSTIN TX 78701-1234",
)
_NAMES = ("张三", "欧阳测试", "阿不都·买买提", "Smith, John Q. Jr.", "李*", "王某某女士", "Ōta-Müller, Zoë")
_IDS = (
    "110101199001010015",
    "11010119900101001X",
    "110101900101001",
    "1101**********0015",
    "３３０２００１９９００１０１００１Ｘ",
)
_PHONES = ("19900001234", "+86 199-0000-1234", "0574-87654321转801", "199****1234", "(555) 010-0199", "+44 7700 900123")
_DATES = (
    "2026-11-01",
    "2026年11月1日 下午3:05",
    "20261101",
    "1/11/26",
    "Thu, 01 Jan 2026 16:00:00 GMT",
    "1767225600000",
    "二〇二六年一月一日",
)
_NUMBERS = ("1,234.56", "¥1.2万", "(100.00)", "1e3", "-0", "３００", "1.234,56")
_MAILS = ("someone@example.com", "a.b+c@sub.example.co.uk", "someone＠example。com")
_NOTES = ("客户说换了新号19900001234，旧的19900005678停机了，现住宁波海曙测试路1号", "他妈妈接的，号码一三八零零零零一二三四，不方便", "客户本人；新地址：杭州市西湖区示例路2号。", "no such number, call wife at (555) 010-0199")  # fmt: skip
_CSV = (
    'id,name,phone,day\nT1,张三,19900001234,2026-11-01\nT2,"李, 四",,\n',
    'id|name|phone|day\r\nT1|a "b" c|1|\r\n',
    "id;name;phone;day\n'T1';'x''y';2;3\n",
    "\ufeffid\tname\tphone\tday\nT1\tx\t3\t4",
)
_JSON = (
    '{"id": "T1", "day": "2026-11-01", "who": {"name": "张三", "phones": ["19900001234", null]}}',
    '{"id": 2, "who": []}',
    "[1, {}]",
    '{"id": 1e999}',
)
_PATHS = ("a.b", "a[0].b", "who.phones[1]", 'x["y.z"]', "[0]", "a..b")
_YAML = (ROOT / "examples" / "portfolio" / "deployment.yaml").read_text(encoding="utf-8") if (ROOT / "examples" / "portfolio" / "deployment.yaml").is_file() else "deployment: a\n"  # fmt: skip
_CHARACTERS = "\x00\t\n\r\x1b\x85\u200b\u202e\u3000\ufeff\ufffd\ud7ff😀𠮷１／－（）*·,;|\"'\\{}[]:&#!%@`0aZ九"


def damaged(*examples: str) -> SearchStrategy[str]:
    """An example with a few edits, or any text at all."""
    piece = st.one_of(st.sampled_from(_CHARACTERS), st.text(max_size=4), st.sampled_from(examples))
    edit = st.tuples(st.sampled_from("+-=xr"), st.floats(0, 1), st.floats(0, 1), piece)
    return st.one_of(st.builds(_edited, st.sampled_from(examples), st.lists(edit, max_size=6)), st.text(max_size=60))


def _edited(text: str, edits: list[tuple[str, float, float, str]]) -> str:
    for how, where, length, piece in edits:
        start = int(where * len(text))
        end = start + int(length * 8)
        inner = {
            "+": piece + text[start:end],
            "-": "",
            "=": piece,
            "x": text[start:end] * 2,
            "r": text[start:end] * 40,
        }[how]
        text = text[:start] + inner + text[end:]
    return text


@dataclass(frozen=True)
class Parser:
    """What is called with what; ``check`` raises AssertionError when an answer breaks a promise."""

    given: SearchStrategy[Any]
    check: Callable[[Any], None]
    refuses: tuple[type[Exception], ...] = (BadInput,)


def _twice(parse: Callable[[str], Any]) -> Callable[[str], None]:
    """The same text has the same answer."""

    def check(text: str) -> None:
        assert parse(text) == parse(text)

    return check


def _address(country: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        from values.address.compare import canonical, same_place
        from values.address.parse import parse

        found = parse(text, country)
        assert same_place(found, found) >= same_place(found, parse("", country)) if text.strip() else True
        assert isinstance(canonical(found), str)

    return check


def _note(text: str) -> None:
    from privacy import text as notes
    from privacy.text.analyse import masked, read

    found = read(text)
    assert isinstance(masked(text, []), str)
    assert found == read(text)
    assert notes is not None


def _email(text: str) -> None:
    from values import email

    value, reason = email.parse(text)
    assert bool(value) or bool(reason) or not text.strip() or value == ""


def _places(text: str) -> None:
    from values import places

    for home in ("US", "GB", None):
        for found in places.candidates(text, home=home):
            assert places.full_name(found.code)


def _divisions(text: str) -> None:
    from values import divisions

    found = divisions.resolve(text)
    assert found is None or divisions.name_of(found.code)
    divisions.scan(text)


def _path(given_: tuple[Any, str]) -> None:
    from connectors import paths

    record, path = given_
    try:
        steps = paths.steps(path)
    except (ConfigError, ValueError):
        return
    paths.find(record, path)
    assert steps == paths.steps(path)
    for leaf in paths.leaves(record):
        assert isinstance(leaf, str)


def _pulled(transport: str, name: str) -> Callable[[tuple[bytes, dict[str, Any]]], None]:
    def check(given_: tuple[bytes, dict[str, Any]]) -> None:
        import connectors
        from core.deployment import SourceSpec

        body, options = given_
        fields = {"record_id": "id", "observed_at": "day", "name": "name", "contact_phone": "phone"}
        if transport == "jsonl":
            fields = {
                "record_id": {"path": "id"},
                "observed_at": {"path": "day"},
                "name": {"path": "who.name"},
                "contact_phone": {"path": "who.phones[0]"},
            }
        told = {
            "name": "s",
            "kind": "phone_updates",
            "transport": transport,
            "location": name,
            "options": options,
            "consent_scope": "c",
        }
        spec = SourceSpec.model_validate(told | {"fields": fields})
        with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
            (Path(folder) / name).write_bytes(body)
            for batch in connectors.pull(spec, base=Path(folder), environ={}):
                batch.rows.validate(full=True)
                assert batch.rows.schema == connectors.pulled_schema(spec.kind)
                assert batch.read == batch.rows.num_rows + batch.unreadable.num_rows + batch.deleted.num_rows

    return check


def _bytes(texts: SearchStrategy[str]) -> SearchStrategy[bytes]:
    encodings = st.sampled_from(["utf-8"] * 4 + ["utf-8-sig", "gb18030", "utf-16", "utf-16-le", "latin-1"])
    written = st.builds(lambda t, e: t.encode(e, errors="replace"), texts, encodings)
    torn = st.builds(lambda b, n, x: b[:n] + x + b[n:], written, st.integers(0, 200), st.binary(max_size=3))
    return st.one_of(written, torn, st.binary(max_size=80))


_DIALECTS = st.fixed_dictionaries(
    {},
    optional={
        "delimiter": st.sampled_from([",", ";", "|", "\t"]),
        "encoding": st.sampled_from(["utf-8", "gb18030", "utf-16"]),
        "quoted": st.booleans(),
    },
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "who", "phones", "y.z", ""]), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


def _parsers() -> dict[str, Parser]:
    from core.deployment import parse as deployment
    from values import dates, name, phone, resident_id

    unusable = (SourceUnusable, ConfigError)
    lines = _bytes(damaged(*_CSV).map(str)), _bytes(st.lists(damaged(*_JSON), max_size=4).map("\n".join))
    return {
        "csv": Parser(st.tuples(lines[0], _DIALECTS), _pulled("csv", "s.csv"), unusable),
        "jsonl": Parser(st.tuples(lines[1], st.just({})), _pulled("jsonl", "s.jsonl"), unusable),
        "json paths": Parser(st.tuples(_VALUES, damaged(*_PATHS)), _path, (ConfigError,)),
        "notes": Parser(damaged(*_NOTES), _note),
        "addresses cn": Parser(damaged(*_ADDRESSES), _address("CN")),
        "addresses us": Parser(damaged(*_WESTERN), _address("US")),
        "addresses gb": Parser(damaged(*_WESTERN), _address("GB")),
        "ids": Parser(damaged(*_IDS), _twice(resident_id.parse)),
        "id tails": Parser(damaged(*_IDS), _twice(resident_id.parse_tail)),
        "names": Parser(damaged(*_NAMES), _twice(name.parse)),
        "phones": Parser(damaged(*_PHONES), _twice(phone.parse)),
        "mail": Parser(damaged(*_MAILS), _email),
        "dates": Parser(damaged(*_DATES), _twice(dates.parse)),
        "numbers": Parser(damaged(*_NUMBERS), _number),
        "places": Parser(damaged(*_PLACES), _places),
        "divisions": Parser(damaged(*_ADDRESSES), _divisions),
        "yaml": Parser(damaged(_YAML, *_yaml_lines()), lambda t: deployment(t, environ={}) and None, (ConfigError,)),
    }


def _number(text: str) -> None:
    import math

    from values import numbers

    assert math.isfinite(numbers.parse(text))


def _yaml_lines() -> list[str]:
    return [line for line in _YAML.splitlines() if line.strip()][:40]


@dataclass
class Outcome:
    """How often a parser was called, and what was found: one example each of what it did wrong."""

    executions: int = 0
    refused: int = 0
    slowest: float = 0.0
    findings: dict[str, str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.findings = {}


PARSERS: dict[str, Parser] = _parsers()


def fuzzed(parser: Parser, *, seconds: float, start: int = 0, examples: int = ROUND) -> Outcome:
    """Rounds of examples until the time is over; at least one."""
    out, until, number = Outcome(), time.monotonic() + seconds, start
    while True:
        _round(parser, out, number, examples)
        number += 1
        if time.monotonic() >= until:
            return out


def tried(parser: Parser, value: Any, out: Outcome) -> None:
    """One call. Raises what it must not raise, and AssertionError for an answer too late."""
    out.executions += 1
    began = time.process_time()  # not the clock's time: the machine may be busy with others
    try:
        parser.check(value)
    except parser.refuses:
        out.refused += 1
    took = time.process_time() - began
    if out.executions > 1:  # the first loads tables
        out.slowest = max(out.slowest, took)
        assert took < SLOW_SECONDS, f"took {took:.1f} s"


def _round(parser: Parser, out: Outcome, number: int, examples: int) -> None:
    last: list[Any] = []

    @seed(number)
    @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink], print_blob=False)  # fmt: skip
    @given(parser.given)
    def call(value: Any) -> None:
        last[:] = [value]
        tried(parser, value, out)

    try:
        call()
    except Exception as e:  # noqa: BLE001 - every kind is a finding
        where = re.sub(r"\s+", " ", f"{type(e).__name__}: {e}".splitlines()[0])[:120]
        out.findings.setdefault(where, repr(last[0])[:400])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parsers", nargs="*", default=sorted(PARSERS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    args = parser.parse_args(argv)
    found = 0
    for name in args.parsers:
        out = fuzzed(PARSERS[name], seconds=args.seconds, start=args.seed)
        found += len(out.findings)
        figures = {
            "parser": name,
            "executions": out.executions,
            "refused": out.refused,
            "slowest_s": round(out.slowest, 3),
        }
        print(json.dumps(figures | {"findings": len(out.findings)}), flush=True)
        for what, example in out.findings.items():
            print(f"  {what}\n    {example}", flush=True)
    print(f"seed {args.seed}")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
