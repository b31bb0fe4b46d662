"""Every parser under damaged input for a moment (`make fuzz` takes its time), and what that once found."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from core.deployment import parse
from core.errors import ConfigError
from tests.support import ROOT


def _loaded():
    spec = importlib.util.spec_from_file_location("fuzz", ROOT / "tools" / "fuzz.py")
    module = sys.modules["fuzz"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fuzz = _loaded()


@pytest.mark.parametrize("name", sorted(fuzz.PARSERS))
def test_a_parser_answers_or_refuses(name):
    out = fuzz.fuzzed(fuzz.PARSERS[name], seconds=0, start=7, examples=40)
    assert out.findings == {}
    assert out.executions >= 40


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
