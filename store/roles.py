"""Who may do what in PostgreSQL: the feed, whoever handles rights of persons over it, the workbench, the nightly pipeline, a monitor.

The owner of the tables (who migrates, cleans and administers) may do everything; of the others each gets what it needs and no
more, down to columns: what is sealed is readable only where it has to be opened. A table that is not named here is nobody's.
Tests run each of them whole under its role, and hold the rights of the database against this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from psycopg import sql

import store.casework
import store.workbench  # noqa: F401 - with feed_tables: every table there is
from core.errors import ConfigError
from store import feed_tables, tables  # noqa: F401
from store.engine import connect, locate, translated, writing
from store.migrate import VERSION_TABLE


class Role(StrEnum):
    """A role of the database server. Logins are made members of it."""

    FEED = "skiptrace_feed"
    RIGHTS = "skiptrace_rights"  # on top of FEED, where clients may withdraw, close or handle rights
    WORKBENCH = "skiptrace_workbench"
    PIPELINE = "skiptrace_pipeline"
    MONITOR = "skiptrace_monitor"


@dataclass(frozen=True, slots=True)
class Rights:
    """On one table. ``hidden``: columns that may not be read; ``sets``: columns that may be changed (None: none, empty: all)."""

    reads: bool = False
    hidden: frozenset[str] = frozenset()
    inserts: bool = False
    sets: frozenset[str] | None = None
    deletes: bool = False


def _may(text: str, *, hidden: str = "", sets: str | None = None) -> Rights:
    """``r`` read, ``i`` insert, ``u`` update, ``d`` delete."""
    changed = frozenset(sets.split()) if sets is not None else frozenset[str]() if "u" in text else None
    return Rights("r" in text, frozenset(hidden.split()), "i" in text, changed, "d" in text)


_READ = _may("r")
_APPEND = _may("ri")
_ALL = _may("riud")
_HEADS = _may("r", sets="seq hash")
_DELTAS = _may("ri", sets="payload content_hash")
_LEASES = _may("riu")

RIGHTS: Mapping[Role, Mapping[str, Rights]] = {
    Role.FEED: {
        VERSION_TABLE: _READ,
        "audit": _may("i"),
        "candidates": _may("rd"),  # what may no longer be told is taken out at once
        "candidate_consents": _READ,
        "case_artefacts": _READ,
        "case_events": _APPEND,
        "case_states": _READ,
        "cases": _READ,
        "casework_changes": _READ,
        "contact_events": _may("riu"),
        "declared_contacts": _READ,
        "deltas": _APPEND,
        "disowned": _READ,
        "erasures": _READ,
        "feed_clients": _READ,
        "feed_idempotency": _ALL,
        "feed_outcomes": _APPEND,
        "freezes": _READ,
        "grants": _READ,
        "heads": _HEADS,
        "holds": _READ,
        "requests": _may("ri", sets="status answered_at"),
        "restricted": _may("r", hidden="value_sealed"),
        "withdrawals": _READ,
        "workbench_standing": _READ,
    },
    Role.RIGHTS: {
        "candidate_comparisons": _may("rd"),
        "case_artefacts": _READ,
        "cases": _may("r", sets="status"),
        "declared_contacts": _may("rd"),
        "deltas": _DELTAS,
        "disowned": _APPEND,
        "erasures": _may("ri", sets="state done_at"),
        "feed_outcomes": _may("rd"),
        "freezes": _may("rid"),
        "grants": _may("r", sets="withdrawn_at"),
        "kept_signals": _may("rd"),  # an access export tells what is kept
        "leases": _LEASES,
        "quarantine": _may("r", sets="payload_sealed record_id"),
        "restricted": _may("rid", hidden="value_sealed"),
        "traced": _may("rd"),
        "withdrawals": _APPEND,
    },
    Role.WORKBENCH: {
        VERSION_TABLE: _READ,
        "audit": _APPEND,
        "candidate_comparisons": _READ,
        "candidate_consents": _READ,
        "candidates": _may("r", sets="content_hash published_seq rank"),
        "case_artefacts": _READ,
        "case_events": _APPEND,
        "case_states": _READ,
        "cases": _READ,
        "casework_changes": _may("ri", sets="status settled_by settled_at"),
        "contact_events": _READ,
        "declared_contacts": _READ,
        "deltas": _APPEND,
        "disowned": _READ,
        "erasures": _READ,
        "feed_outcomes": _READ,
        "freezes": _READ,
        "grants": _READ,
        "heads": _HEADS,
        "holds": _READ,
        "quarantine": _READ,
        "requests": _may("ri", sets="status answered_at"),
        "restricted": _may("r", hidden="value_sealed"),
        "runs": _READ,
        "sources_state": _READ,
        "withheld": _READ,
        "workbench_accounts": _may("r", sets="failures locked_until"),
        "workbench_decisions": _APPEND,
        "workbench_queue": _may("rid"),
        "workbench_sessions": _may("rid", sets="seen_at"),
        "workbench_standing": _may("ri", sets="case_id verdict version"),
    },
    Role.PIPELINE: {
        VERSION_TABLE: _READ,
        "audit": _APPEND,
        "case_events": _may("rid"),
        "feed_clients": _READ,
        "feed_idempotency": _may("d"),
        "feed_webhooks": _may("r", sets="after_seq attempts next_at last_status secret_sealed"),
        "heads": _HEADS,
        "workbench_decisions": _READ,
        "workbench_queue": _may("rid"),
        "workbench_standing": _READ,
        **dict.fromkeys(("candidate_comparisons", "candidate_consents", "candidates", "case_artefacts", "case_states", "cases", "casework_changes", "contact_events", "cursors", "declared_contacts", "deltas", "disowned", "erasures", "feed_outcomes", "freezes", "grants", "grants_written", "holds", "kept_signals", "leases", "quarantine", "requests", "restricted", "runs", "signal_versions", "sources_state", "traced", "withdrawals", "withheld"), _ALL),
    },
    Role.MONITOR: {
        VERSION_TABLE: _READ,
        "erasures": _may("r", hidden="id token case_id cause scope at done_at rule_id"),
        "quarantine": _may("r", hidden="id run_key row record_id field reason payload_sealed first_seen last_seen"),
        "requests": _may("r", hidden="id kind case_id received_at acknowledge_by outer_due_at rule_id answered_at"),
        "runs": _READ,
    },
}  # fmt: skip
_COUNTED = ("erasures", "withdrawals")  # tables that number their rows themselves


def statements(role: Role) -> Iterator[str]:
    """The SQL that gives this role exactly its rights, whatever it had before. It ends with what the database refused it."""
    who = sql.Identifier(role)
    there = "SELECT FROM pg_roles WHERE rolname"
    yield _text(sql.SQL("DO $$ BEGIN IF NOT EXISTS ({} = {}) THEN CREATE ROLE {} NOLOGIN; END IF; END $$").format(
        sql.SQL(there), sql.Literal(str(role)), who))  # fmt: skip
    yield _text(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(who))
    for kind in ("TABLES", "SEQUENCES"):
        yield _text(sql.SQL("REVOKE ALL ON ALL {} IN SCHEMA public FROM {}").format(sql.SQL(kind), who))
    for name, rights in sorted(RIGHTS[role].items()):
        granted = ", ".join(_granted(name, rights))
        yield _text(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(granted), sql.Identifier(name), who))
        if rights.inserts and name in _COUNTED:
            yield _text(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.Identifier(f"{name}_id_seq"), who))


def apply(url: str, *, base: Path) -> None:
    """Make the roles on this server, and give each exactly its rights. Raises ConfigError on SQLite."""
    located = locate(url, base)
    if located.get_backend_name() != "postgresql":
        raise ConfigError("only PostgreSQL has roles: a SQLite store is protected by its file's mode", key="store")
    engine = connect(located, lock_timeout_seconds=10)
    try:
        with translated(), writing(engine) as connection:
            for role in Role:
                for statement in statements(role):
                    connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def _granted(name: str, rights: Rights) -> Iterator[str]:
    if rights.reads:
        yield "SELECT" + _columns(name, rights.hidden, is_hidden=True)
    if rights.inserts:
        yield "INSERT"
    if rights.sets is not None:
        yield "UPDATE" + _columns(name, rights.sets, is_hidden=False)
    if rights.deletes:
        yield "DELETE"


def _columns(name: str, named: frozenset[str], *, is_hidden: bool) -> str:
    """The columns in brackets; nothing where it is all of them."""
    if not named:
        return ""
    every = [c.name for c in tables.metadata.tables[name].columns]
    chosen = [c for c in every if (c in named) is not is_hidden]
    return f" ({', '.join(chosen)})"


def _text(composed: sql.Composed) -> str:
    return composed.as_string()
