"""Bring a store to this version's schema, once, whoever comes first."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.errors import Fatal
from store.engine import connect, translated, writing

VERSION_TABLE = "skiptrace_version"
_LOCK = 0x534B4950  # any constant: the key of the advisory lock that migrations of this product share


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration without a file: the scripts shipped in this package, on this connection."""
    out = Config()
    out.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    out.set_main_option("path_separator", "os")
    out.attributes["connection"] = connection
    return out


def revision(connection: sa.Connection) -> str | None:
    """The revision this store is at; None for an empty database."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def migrate(url: sa.URL, *, lock_timeout_seconds: float, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction under a lock.

    Foreign keys are off meanwhile: SQLite changes a table by dropping and refilling it, which would cascade.
    Raises Fatal when the store was made by a newer version, Transient when it stays locked.
    """
    engine = connect(url, lock_timeout_seconds=lock_timeout_seconds, foreign_keys=False)
    try:
        with translated(), engine.connect() as connection:
            current = revision(connection)
        script = _script()
        _require_known(current)
        if to == "head" and current == script.get_current_head():
            return
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            _run(connection, script, to)
    finally:
        engine.dispose()


def newest() -> str:
    """The revision this version of skiptrace makes."""
    return str(_script().get_current_head())


def known() -> frozenset[str]:
    """Every revision this version of skiptrace knows."""
    return frozenset(r.revision for r in _script().walk_revisions())


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())


def _require_known(current: str | None) -> None:
    if current is not None and current not in known():
        raise Fatal(
            f"store: made by a newer version of skiptrace (schema {current}); "
            "upgrade skiptrace, or restore the backup made before that upgrade"
        )


def _run(connection: sa.Connection, script: ScriptDirectory, to: str) -> None:
    current = revision(connection)  # again: another process may have migrated while we waited for the lock
    known = [r.revision for r in script.walk_revisions()]  # newest first
    goal = known[0] if to == "head" else to
    is_down = goal == "base" or (current is not None and known.index(goal) > known.index(current))
    (command.downgrade if is_down else command.upgrade)(config(connection), goal)
