from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import connectors
from core import schemas
from core.deployment import SourceSpec
from tests.servers.fixtures import *  # noqa: F403 - each fixture of a real server, under its own name

Pulled = tuple[list[dict[str, Any]], list[tuple[int, str]]]


@pytest.fixture
def pulled(tmp_path: Path) -> Callable[..., Pulled]:
    """All rows of a source under tmp_path as dicts, and the unreadable ones as (row, reason)."""

    def pull(spec: SourceSpec, **kwargs: Any) -> Pulled:
        batches = list(connectors.pull(spec, **({"base": tmp_path, "environ": {}} | kwargs)))
        for batch in batches:
            assert batch.rows.schema == connectors.pulled_schema(spec.kind)
            assert batch.unreadable.schema == schemas.QUARANTINE
            batch.rows.validate(full=True)
        rows = pa.concat_tables([connectors.pulled_schema(spec.kind).empty_table(), *[b.rows for b in batches]])
        bad = [(r["row"], r["reason"]) for b in batches for r in b.unreadable.to_pylist()]
        return rows.to_pylist(), sorted(bad)

    return pull
