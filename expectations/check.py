"""Rows against their contract: how many fail each line, and which rows go to quarantine for which reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.errors import Fatal
from expectations import domain
from expectations.contract import Contract, Line
from expectations.frame import frame
from expectations.verdict import Measure, Outcome, Verdict

_QUARANTINE_KEYS = ("source", "row", "record_id")


def check(
    table: pa.Table,
    contract: Contract,
    *,
    at: datetime,
    keys: Sequence[str] = _QUARANTINE_KEYS,
    detectors: Mapping[str, domain.Detector] | None = None,
) -> Verdict:
    """The verdict on these rows as of ``at`` (aware). ``failing`` has the ``keys`` columns, field and reason (QUARANTINE).

    Raises Fatal when the table lacks a column of the contract, when a detector it needs was not given, or when an expectation
    could not be evaluated: a contract that was not tested was not kept.
    """
    failed = _failures(table, contract, at, detectors or {})
    first = _first_critical(failed, contract, table.num_rows)
    measures = tuple(
        _measure(contract, line, rows, tested) for line, (rows, tested) in zip(contract.lines, failed, strict=True)
    )
    return Verdict(
        outcome=_outcome(measures, first),
        measures=measures,
        failing=_failing(table, contract, first, keys),
        passing_mask=pa.array(first < 0),
    )


def _failures(
    table: pa.Table, contract: Contract, at: datetime, detectors: Mapping[str, domain.Detector]
) -> list[tuple[npt.NDArray[np.int64], int]]:
    """For each line the positions of the rows that break it, and how many rows it tested."""
    tested = frame(table, contract)
    if not table.num_rows:
        return [(np.array([], np.int64), 0) for _ in contract.lines]
    from expectations import suite  # noqa: PLC0415 - seconds to import, and only a check needs it

    with domain.detecting(detectors):
        results = suite.validate(tested, contract, at).results
    by_line = {r.expectation_config.meta["line"]: r for r in results if r.expectation_config}
    return [_rows(by_line[i], contract, line) for i, line in enumerate(contract.lines)]


def _rows(result: Any, contract: Contract, line: Line) -> tuple[npt.NDArray[np.int64], int]:
    info = result.exception_info or {}
    raised = info.get("raised_exception") if "raised_exception" in info else bool(info)
    found = result.result or {}
    if raised or "unexpected_index_list" not in found:
        # Its message may quote values: only the line is named.
        raise Fatal(f"contract {contract.name}: {line.expect} of {line.column} could not be evaluated")
    rows = np.asarray(found["unexpected_index_list"] or (), np.int64)
    if len(rows) != found["unexpected_count"]:
        raise Fatal(f"contract {contract.name}: {line.expect} of {line.column} names not every failing row")
    return rows, int(found["element_count"]) - int(found.get("missing_count", 0) or 0)


def _first_critical(
    failed: list[tuple[npt.NDArray[np.int64], int]], contract: Contract, rows: int
) -> npt.NDArray[np.int64]:
    """For each row the number of the first critical line it breaks, -1 where it breaks none."""
    first = np.full(rows, -1, np.int64)
    for number in reversed(range(len(contract.lines))):
        if contract.lines[number].severity == "critical":
            first[failed[number][0]] = number
    return first


def _measure(contract: Contract, line: Line, rows: npt.NDArray[np.int64], tested: int) -> Measure:
    return Measure(contract.name, line.expect, line.column, line.severity, tested, len(rows))


def _outcome(measures: tuple[Measure, ...], first: npt.NDArray[np.int64]) -> Outcome:
    if not any(m.failed for m in measures):
        return "pass"
    return "stop" if (first >= 0).all() else "warn"


def _failing(table: pa.Table, contract: Contract, first: npt.NDArray[np.int64], keys: Sequence[str]) -> pa.Table:
    rows = np.flatnonzero(first >= 0)
    fields = pa.array([line.columns[0] for line in contract.lines], pa.string())
    reasons = pa.array([line.reason.value for line in contract.lines], pa.string())
    broken = pa.array(first[rows])
    chosen = table.select(list(keys)).take(pa.array(rows))
    return chosen.append_column("field", fields.take(broken)).append_column("reason", reasons.take(broken))
