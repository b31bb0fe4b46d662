"""Bring a store to this version's schema, once, whoever comes first."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.errors import ConfigError, Fatal, Transient
from core.events import Event, EventName
from store import audit
from store.engine import connect, locate, prepare_file, translated, writing

VERSION_TABLE = "skiptrace_version"
_LOCK = 0x534B4950  # any constant: the key of the advisory lock that migrations of this product share
# Who waits for a table's lock holds up everyone who comes after: wait for moments only, and again.
_MOMENT_SECONDS = 1.0
_PATIENCE_SECONDS = 300.0  # of who asks by hand


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


def migrate(
    url: sa.URL, *, lock_timeout_seconds: float, to: str = "head", may_drop: bool = False, actor: str = ""
) -> None:
    """Run the migrations that are missing, in one transaction under a lock.

    Foreign keys are off meanwhile: SQLite changes a table by dropping and refilling it, which would cascade.
    Raises Fatal when the store was made by a newer version, or when a way down would lose rows (unless ``may_drop``);
    Transient when it stays locked. With an ``actor`` it is told to the audit chain, where the schema has one.
    """
    engine = connect(url, lock_timeout_seconds=lock_timeout_seconds, foreign_keys=False)
    until = time.monotonic() + lock_timeout_seconds
    try:
        with translated(), engine.connect() as connection:
            current = revision(connection)
        script = _script()
        _require_known(current)
        if to == "head" and current == script.get_current_head():
            return
        if to == "head" and not may_make(engine):
            raise Fatal(
                f"store: schema {current or 'none'} is behind {script.get_current_head()}, and this login may not change it; "
                "run skiptrace store migrate as its owner"
            )
        while not _migrated(engine, script, to, until, may_drop=may_drop, actor=actor):
            time.sleep(_MOMENT_SECONDS / 4)
    finally:
        engine.dispose()


def _migrated(engine: sa.Engine, script: ScriptDirectory, to: str, until: float, *, may_drop: bool, actor: str) -> bool:
    """Whether it was done; not, when somebody works with a table that has to change and there is time to try again."""
    try:
        with writing(engine) as connection:
            is_server = connection.dialect.name == "postgresql"
            if is_server:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(_MOMENT_SECONDS * 1000)}ms'")
            before = revision(connection)  # again: another process may have migrated while we waited for the lock
            _run(connection, script, to, before, may_drop=may_drop)
            if actor and sa.inspect(connection).has_table("audit"):
                facts = {"schema": revision(connection) or "", "before": before or ""}
                audit.append(connection, [Event(EventName.STORE_MIGRATED, actor, facts=facts)], datetime.now(UTC))
    except Transient:
        if not is_server or time.monotonic() > until:
            raise
        return False
    return True


def migrate_store(url: str, *, base: Path, to: str = "head", may_drop: bool = False, actor: str) -> None:
    """Bring the store at this URL to a schema by hand: see ``migrate``."""
    located = locate(url, base)
    if located.get_backend_name() == "sqlite":
        prepare_file(located)
    migrate(located, lock_timeout_seconds=_PATIENCE_SECONDS, to=to, may_drop=may_drop, actor=actor)


def may_make(engine: sa.Engine) -> bool:
    """Whether this login may make tables here."""
    if engine.dialect.name != "postgresql":
        return True
    with translated(), engine.connect() as connection:
        return bool(connection.execute(sa.select(sa.func.has_schema_privilege("public", "CREATE"))).scalar())


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


def _run(connection: sa.Connection, script: ScriptDirectory, to: str, current: str | None, *, may_drop: bool) -> None:
    known = [r.revision for r in script.walk_revisions()]  # newest first
    goal = known[0] if to == "head" else to
    if goal not in (*known, "base"):
        raise ConfigError(f"no schema {goal}: there are base, {', '.join(reversed(known))}", key="--to")
    is_down = goal == "base" or (current is not None and known.index(goal) > known.index(current))
    if not is_down:
        command.upgrade(config(connection), goal)
        return
    before = set() if may_drop else _filled(connection)
    command.downgrade(config(connection), goal)
    if lost := sorted(before - set(sa.inspect(connection).get_table_names())):
        raise Fatal(f"store: schema {goal} has no place for the rows of {', '.join(lost)}; nothing was changed")


def _filled(connection: sa.Connection) -> set[str]:
    """The tables that hold rows."""
    names = set(sa.inspect(connection).get_table_names()) - {VERSION_TABLE, "heads"}
    return {n for n in names if connection.execute(sa.select(sa.literal(1)).select_from(sa.table(n)).limit(1)).first()}
