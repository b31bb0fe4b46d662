"""Throws damaged input at every parser: `make fuzz`, with FUZZ_SECONDS for each (60; hours where there are hours).

    python tools/fuzz.py [--seconds 60] [--seed N] [parser …]

A parser may refuse what it is given with an error of ours; anything else, an answer that breaks its promise, or one that takes longer
than two seconds of CPU is a finding. Prints executions and findings of each parser; exit code 1 when there is any. Hypothesis makes the input
smaller before it is shown. Each finding becomes a case of tests/tools/test_fuzz.py. What is thrown at what: ``tools/fuzzing``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from fuzzing import cells, declared, doors, ours, rows, servers, stored, texts
from fuzzing.damage import Parser, damaged
from hypothesis import HealthCheck, Phase, given, seed, settings

__all__ = ["PARSERS", "Outcome", "Parser", "damaged", "fuzzed", "main", "tried"]

SLOW_SECONDS = 2.0
ROUND = 400


@dataclass
class Outcome:
    """How often a parser was called, and what was found: one example each of what it did wrong."""

    executions: int = 0
    refused: int = 0
    slowest: float = 0.0
    findings: dict[str, str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.findings = {}


_ROOMS = (cells, declared, doors, ours, rows, servers, stored, texts)
PARSERS: dict[str, Parser] = {name: parser for room in _ROOMS for name, parser in room.parsers().items()}


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
    @seed(number)
    @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink], print_blob=False)  # fmt: skip
    @given(parser.given)
    def call(value: Any) -> None:
        try:
            tried(parser, value, out)
        except Exception as e:
            out.findings[_what(e)] = repr(value)[:400]  # Hypothesis makes it smaller: the last is the smallest
            raise

    with suppress(Exception):  # every kind is a finding, and is noted
        call()


def _what(error: Exception) -> str:
    """The kind of an error and the line of ours that it comes from: one finding each, whatever the text says."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(str(ROOT))]
    where = f"{Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno}" if ours else "elsewhere"
    return f"{type(error).__name__} at {where}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parsers", nargs="*", default=sorted(PARSERS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    args = parser.parse_args(argv)
    found = 0
    for name in args.parsers:
        began = time.process_time()
        out = fuzzed(PARSERS[name], seconds=args.seconds, start=args.seed)
        found += len(out.findings)
        figures = {
            "parser": name,
            "executions": out.executions,
            "refused": out.refused,
            "slowest_s": round(out.slowest, 3),
            "cpu_s": round(time.process_time() - began, 1),
        }
        print(json.dumps(figures | {"findings": len(out.findings)}), flush=True)
        for what, example in out.findings.items():
            print(f"  {what}\n    {example}", flush=True)
    print(f"seed {args.seed}")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
