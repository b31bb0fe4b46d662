"""A function of rows, over many rows on every core."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline import notes, processes

NOTES = pa.table(
    {"text": ["客户称新号码13900000001", "客户母亲的号码13900000002", None] * 4, "name": ["张三", None, None] * 4}
)


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "cores", lambda: 2)


@pytest.mark.usefixtures("two_cores")
def test_two_processes_give_what_one_gives():
    assert processes.by_rows("pipeline.notes:observed", NOTES, least_rows=4) == notes.observed(NOTES)


@pytest.mark.usefixtures("two_cores")
def test_what_another_process_cannot_do_is_done_here(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes.sys, "executable", "/nonexistent")
    assert processes.by_rows("pipeline.notes:observed", NOTES, least_rows=4) == notes.observed(NOTES)


def test_few_rows_are_done_here_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes, "_elsewhere", lambda *_: pytest.fail("another process"))
    assert processes.by_rows("pipeline.notes:observed", NOTES).num_rows == NOTES.num_rows


def test_no_rows_are_no_rows():
    assert processes.by_rows("pipeline.notes:observed", NOTES.slice(0, 0)).num_rows == 0
