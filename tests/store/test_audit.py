from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from core.errors import Fatal
from core.events import Event, EventName
from store import engine, migrate, tables

EVENTS = [
    Event(EventName.SOURCE_PULLED, "pipeline", "run-1", {"rows": i, "源": "orders", "share": 0.1}) for i in range(20)
]


@pytest.fixture
def intruder(url, tmp_path, db):
    """A connection to a filled chain of 20, past the store and with the append-only triggers gone."""
    db.record(*EVENTS[:7])
    for event in EVENTS[7:]:
        db.record(event)
    located = engine.locate(url, tmp_path)
    migrate.migrate(located, lock_timeout_seconds=5, to="0001")
    raw = engine.connect(located, lock_timeout_seconds=5)
    yield lambda *statements: _execute(raw, statements)
    raw.dispose()


def _execute(raw, statements):
    with engine.writing(raw) as connection:
        for statement in statements:
            connection.execute(statement)


def at(seq):
    return sa.update(tables.audit).where(tables.audit.c.seq == seq)


def test_an_untouched_chain_is_intact(db):
    assert db.verify_audit().is_intact
    db.record(*EVENTS)
    verdict = db.verify_audit()
    assert verdict.is_intact
    assert (verdict.checked, verdict.head.seq) == (20, 20)


def test_the_database_refuses_to_change_or_remove_a_row(url, tmp_path, db):
    db.record(*EVENTS)
    raw = engine.connect(engine.locate(url, tmp_path), lock_timeout_seconds=5)
    for statement in (at(3).values(actor="x"), sa.delete(tables.audit)):
        with pytest.raises(Fatal):
            _execute(raw, [statement])
    raw.dispose()
    assert db.verify_audit().is_intact


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "somebody else"),
        ("event", "run.opened"),
        ("run_key", "run-2"),
        ("facts", "{}"),
        ("hash", "0" * 64),
        ("prev_hash", "0" * 64),
        ("at", sa.func.now()),
    ],
)
def test_an_altered_row_is_found_where_it_is(db, intruder, column, value):
    intruder(at(5).values({column: value}))
    verdict = db.verify_audit()
    assert not verdict.is_intact
    assert verdict.broken_at == 5


@pytest.mark.parametrize("seq", [1, 10, 20])
def test_a_removed_row_is_found_wherever_it_was(db, intruder, seq):
    intruder(sa.delete(tables.audit).where(tables.audit.c.seq == seq))
    assert db.verify_audit().broken_at == seq


def test_a_cut_off_tail_and_an_emptied_chain_are_found(db, intruder):
    intruder(sa.delete(tables.audit).where(tables.audit.c.seq > 12))
    assert db.verify_audit().broken_at == 13
    intruder(sa.delete(tables.audit))
    assert db.verify_audit().broken_at == 1


def test_two_rows_that_changed_places_are_found(db, intruder):
    intruder(at(8).values(seq=99), at(9).values(seq=8), at(99).values(seq=9))
    assert db.verify_audit().broken_at == 8


def test_random_tampering_is_always_found(db, intruder):
    chance = random.Random(7)
    names = [c.name for c in tables.audit.columns if c.name not in ("seq", "at")]
    with_values = [(chance.randint(1, 20), chance.choice(names)) for _ in range(12)]
    for seq, name in with_values:
        column = tables.audit.c[name]
        intruder(at(seq).values({name: column + "~"}))
        assert not db.verify_audit().is_intact
        intruder(at(seq).values({name: sa.func.substr(column, 1, sa.func.length(column) - 1)}))
    assert db.verify_audit().is_intact


def test_a_chain_rebuilt_from_nothing_does_not_pass_by_a_noted_head(db, intruder):
    noted = db.verify_audit().head
    reset = sa.update(tables.heads).where(tables.heads.c.name == "audit").values(seq=0, hash="")
    intruder(sa.delete(tables.audit), reset)
    db.record(*EVENTS[:3])
    assert db.verify_audit().is_intact
    assert not db.verify_audit(noted).is_intact
    db.record(*EVENTS, *EVENTS)
    assert db.verify_audit(noted).broken_at == noted.seq
