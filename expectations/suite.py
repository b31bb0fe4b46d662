"""The lines of a contract as Great Expectations: its own expectations, and ours for what its vocabulary lacks.

Importing this imports great_expectations (seconds); ``expectations.check`` does so only when called. Nothing here writes to a
data context, a data doc or a network, and the result format keeps every value out of the results.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
logging.getLogger("great_expectations").setLevel(logging.ERROR)  # under a structlog root its INFO would be every line

import great_expectations as gx  # noqa: E402
import great_expectations.expectations  # noqa: E402
from great_expectations.core.batch_definition import BatchDefinition  # noqa: E402
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult  # noqa: E402
from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: E402
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine  # noqa: E402
from great_expectations.expectations.expectation import ColumnMapExpectation  # noqa: E402
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (  # noqa: E402
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (  # noqa: E402
    ColumnMapMetricProvider,
)

from expectations import domain  # noqa: E402
from expectations.contract import Contract, Line  # noqa: E402

gxe: Any = great_expectations.expectations  # its package hides its own names from type checkers

# Of the formats that name failing rows, the one whose results hold no value (STACK.md). It names them by the frame's index,
# which is the row's position: naming a key column instead looks every failing row up one by one (46 s for 600 k of 1 M rows).
RESULT_FORMAT: dict[str, Any] = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
    "return_unexpected_index_query": False,
}


def validate(table: pd.DataFrame, contract: Contract, at: datetime) -> ExpectationSuiteValidationResult:
    """The results of every line, in the contract's order as ``meta.line`` numbers them."""
    batches = _batch_definition()  # first: a suite needs a context to be in
    lines = [expectation(line, at, number) for number, line in enumerate(contract.lines)]
    suite = gx.ExpectationSuite(name=contract.name, expectations=lines)
    return batches.get_batch({"dataframe": table}).validate(suite, result_format=RESULT_FORMAT)


def expectation(line: Line, at: datetime, number: int = 0) -> Any:
    """One line as the expectation that tests it."""
    kwargs = {"column": line.column, "severity": line.severity, "meta": {"line": number}}
    return _MAKERS[line.expect](line, at, kwargs)


@cache
def _batch_definition() -> BatchDefinition[Any]:
    """One context in memory for the process: making one costs more than testing a batch."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("frame").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


# --- ours -----------------------------------------------------------------------------------------------------------


class _ValuesHold(ColumnMapMetricProvider):
    """A test of ``expectations.domain``, asked once per distinct value."""

    condition_metric_name = "column_values.hold"
    condition_value_keys = ("test", "detector")

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, test: str, detector: str | None = None, **_: Any) -> pd.Series:  # noqa: N805
        distinct = column.astype("category")
        answers = _test(test, detector)(pa.array(distinct.cat.categories, pa.string()))
        held = answers.to_numpy(zero_copy_only=False)
        return pd.Series(held[distinct.cat.codes], index=column.index, dtype=bool)


class _ValuesFirst(ColumnMapMetricProvider):
    """True where a value is seen for the first time: of duplicates the first row stands."""

    condition_metric_name = "column_values.first"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:  # noqa: N805
        codes = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column
        return ~codes.duplicated(keep="first")


def _test(test: str, detector: str | None) -> Callable[[pa.Array], pa.Array]:
    return (lambda distinct: domain.is_clear_of(distinct, detector or "")) if test == "clear_of" else domain.TESTS[test]


class _ExpectValuesToHold(ColumnMapExpectation):
    test: str
    detector: str | None = None
    map_metric = "column_values.hold"
    success_keys = ("test", "detector", "mostly")


class ExpectColumnValuesToBeValidPhones(_ExpectValuesToHold):
    """Phones in canonical form, whole or masked."""

    test: str = "phone"


class ExpectColumnValuesToBeValidMobiles(_ExpectValuesToHold):
    """Mobiles in canonical form, whole or masked."""

    test: str = "mobile"


class ExpectColumnValuesToBeValidResidentIds(_ExpectValuesToHold):
    """Resident ids whose date and check character are right."""

    test: str = "resident_id"


class ExpectColumnValuesToBeValidRegions(_ExpectValuesToHold):
    """Codes of divisions that are, or were."""

    test: str = "region"


class ExpectColumnValuesToBeValidEmails(_ExpectValuesToHold):
    """E-mail addresses."""

    test: str = "email"


class ExpectColumnValuesToBeClearOf(_ExpectValuesToHold):
    """Text in which the named detector finds nothing: no unmasked personal data."""

    test: str = "clear_of"


class ExpectColumnValuesToBeFirst(ColumnMapExpectation):
    """Keys of which only the first row stands."""

    map_metric = "column_values.first"


# --- lines to expectations ------------------------------------------------------------------------------------------


def _bounds(line: Line, at: datetime) -> dict[str, Any]:
    said = {"min_value": line.min, "max_value": at if line.max == "at" else line.max}
    return {k: _instant(v) for k, v in said.items() if v is not None}


def _instant(bound: Any) -> Any:
    if isinstance(bound, date) and not isinstance(bound, datetime):
        return datetime.combine(bound, time.min, UTC)
    return bound


def _pair(line: Line, _: datetime, kwargs: dict[str, Any]) -> Any:
    rest = {k: v for k, v in kwargs.items() if k != "column"}
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=line.column, column_B=line.other, or_equal=True, ignore_row_if="either_value_is_missing", **rest
    )


_MAKERS: dict[str, Callable[[Line, datetime, dict[str, Any]], Any]] = {
    "present": lambda _, __, k: gxe.ExpectColumnValuesToNotBeNull(**k),
    "first": lambda _, __, k: ExpectColumnValuesToBeFirst(**k),
    "one_of": lambda line, _, k: gxe.ExpectColumnValuesToBeInSet(value_set=list(line.values or ()), **k),
    "between": lambda line, at, k: gxe.ExpectColumnValuesToBeBetween(**_bounds(line, at), **k),
    "length": lambda line, at, k: gxe.ExpectColumnValueLengthsToBeBetween(**_bounds(line, at), **k),
    "pattern": lambda line, _, k: gxe.ExpectColumnValuesToMatchRegex(regex=line.pattern, **k),
    "not_before": _pair,
    "phone": lambda _, __, k: ExpectColumnValuesToBeValidPhones(**k),
    "mobile": lambda _, __, k: ExpectColumnValuesToBeValidMobiles(**k),
    "resident_id": lambda _, __, k: ExpectColumnValuesToBeValidResidentIds(**k),
    "region": lambda _, __, k: ExpectColumnValuesToBeValidRegions(**k),
    "email": lambda _, __, k: ExpectColumnValuesToBeValidEmails(**k),
    "clear_of": lambda line, _, k: ExpectColumnValuesToBeClearOf(detector=line.detector, **k),
}
