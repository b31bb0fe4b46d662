"""The last boundary: what leaves masked must carry no unmasked personal data. A row that does is not published."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

import expectations
import privacy
from pipeline.run import Run, StepLog


def require_masked(run: Run, rows: pa.Table, log: StepLog) -> pa.Table:
    """The rows that keep the contracts of candidates and of the masked feed; the others are counted and withheld."""
    rows = rows.append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    failed: set[int] = set()
    for boundary in ("candidates", "feed"):
        contract = expectations.contract_for(boundary, None)
        detectors = {"personal_data": privacy.has_personal_data}
        verdict = expectations.check(rows, contract, at=run.at, keys=("row",), detectors=detectors)
        failed |= set(verdict.failing["row"].to_pylist())
        for m in verdict.measures:
            log.measure(m.contract, m.expectation, m.column, m.severity, m.failed)
    bad = pc.is_in(rows["row"], value_set=pa.array(sorted(failed), pa.int64()))
    return rows.filter(pc.invert(bad)).drop_columns(["row"])
