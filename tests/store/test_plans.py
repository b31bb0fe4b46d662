"""The questions that are asked all day are answered from indexes: PostgreSQL's own plans, on tables full of rows."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

import store
from store import engine, tables
from store.feed import FeedStore
from store.workbench import Wanted, WorkbenchStore
from tests.store import filled
from tests.store.conftest import AT

pytestmark = pytest.mark.server
ROWS, CASES, LARGE = 90_000, 4_000, 1_500
CASE, TOKEN = "case_id-17", "customer_token-17"


@pytest.fixture(scope="module")
def full(server) -> Iterator[store.Store]:
    with psycopg.connect(server, autocommit=True) as db:
        db.execute("DROP DATABASE IF EXISTS plans WITH (FORCE)")
        db.execute("CREATE DATABASE plans")
    url = server.replace("/postgres?", "/plans?")
    store.open(url, base=None).close()
    raw = engine.connect(engine.locate(url, None), lock_timeout_seconds=5)
    with engine.writing(raw) as connection:
        names = filled.tables(connection)
        for name, rows in filled.shares(names, ROWS).items():
            filled.fill(connection, name, rows, cases=CASES)
    with raw.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    raw.dispose()
    with store.open(url, base=None) as out:
        yield out


def scanned(full: store.Store, ask) -> list[str]:
    """Large tables that are read from end to end to answer this."""
    asked = []

    def note(_c, _cursor, statement, parameters, _context, _many) -> None:
        if statement.lstrip().startswith("SELECT"):
            asked.append((statement, parameters))

    sa.event.listen(full._engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        sa.event.remove(full._engine, "before_cursor_execute", note)
    assert asked
    with full._engine.connect() as connection:
        large = set(connection.exec_driver_sql(f"SELECT relname FROM pg_class WHERE reltuples > {LARGE}").scalars())
        assert {"deltas", "candidates", "grants", "case_events", "contact_events"} <= large
        out = []
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            out += [n["Relation Name"] for n in nodes(plan[0]["Plan"]) if n["Node Type"] == "Seq Scan"]
    return sorted(set(out) & large)


def nodes(plan: dict) -> Iterator[dict]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


QUESTIONS = {
    "deltas after a number, of the feed": lambda s: FeedStore.of(s).page(15_000, 500, None),
    "deltas after a number": lambda s: s.deltas(15_000, 500),
    "deltas of a case": lambda s: s.subjects.deltas_of(CASE),
    "candidates of a case": lambda s: s.candidates(CASE, at=AT),
    "all that the gate needs of a case": lambda s: FeedStore.of(s).read_cases([CASE]),
    "cases of a customer": lambda s: FeedStore.of(s).cases_of(token=TOKEN),
    "consents of a subject": lambda s: s.grants(TOKEN),
    "consents that a case rests on": lambda s: s.grants(case_id=CASE),
    "everything of a person": lambda s: s.subjects.find(tokens=[TOKEN]),
    "what else a person is known by": lambda s: s.subjects.paired([TOKEN]),
    "contacts made with a person": lambda s: s.subjects.contacts(s.subjects.find(case_id=CASE)),
    "kept signals of a case": lambda s: s.subjects.kept_of([CASE]),
    "history of a case": lambda s: s.casework.events([CASE]),
    "decisions on a case": lambda s: WorkbenchStore.of(s).decisions_of(case_id=CASE),
    "the last of the audit chain": lambda s: WorkbenchStore.of(s).audit_page(limit=50),
    "audit of one event": lambda s: WorkbenchStore.of(s).audit_page(event="event-7", limit=50),
    "what is behind a candidate": lambda s: WorkbenchStore.of(s).comparisons_of("candidate_id-7"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_large_table_is_read_from_end_to_end_for(full, question):
    assert scanned(full, lambda: QUESTIONS[question](full)) == []


def test_deltas_of_some_portfolios_are_walked_by_their_number(full):
    """Which case is of which portfolio may be read whole, where the cases are few beside a page."""
    assert set(scanned(full, lambda: FeedStore.of(full).page(15_000, 500, ["portfolio-1", "portfolio-2"]))) <= {"cases"}


@pytest.mark.parametrize("sort", ["priority", "balance", "days_past_due", "best", "doubt", "case_id"])
def test_a_page_of_the_queue_is_the_top_of_an_index(full, sort):
    """Counting how many there are reads them all; showing the first fifty does not."""
    shown = WorkbenchStore.of(full)
    q = tables.metadata.tables["workbench_queue"].c
    asked = []
    note = lambda _c, _cursor, statement, parameters, _context, _many: asked.append((statement, parameters))  # noqa: E731
    sa.event.listen(full._engine, "before_cursor_execute", note)
    try:
        shown.queue_page(Wanted(sort=sort, state="" if sort == "case_id" else "todo"))
    finally:
        sa.event.remove(full._engine, "before_cursor_execute", note)
    (page,) = [a for a in asked if q.priority.name in a[0] and "LIMIT" in a[0]]
    with full._engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {page[0]}", page[1]).scalar_one()[0]["Plan"]
    kinds = [n["Node Type"] for n in nodes(plan)]
    assert kinds[-1].startswith("Index")
    assert not {"Sort", "Seq Scan"} & set(kinds)
