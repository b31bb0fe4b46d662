"""The whole store as one stream of bytes, and back: SQLite by its online backup, PostgreSQL by pg_dump, pg_restore and psql.

What comes out is what lies in the store: values sealed, masked or tokenised. Encrypting it is the caller's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from core.errors import Fatal
from store import tables
from store.engine import connect, locate, translated, writing
from store.migrate import VERSION_TABLE, newest, revision
from store.store import Store, open_store

_RESTORING = "restoring"  # no version knows this schema: whoever opens the store meanwhile is refused
_PART = 1 << 20


def dump(url: str, *, base: Path, out: BinaryIO) -> None:
    """Write the store to ``out``, one state of it, while others go on. Raises Fatal where it cannot be read whole."""
    located = locate(url, base)
    if located.get_backend_name() == "postgresql":
        _pg_dump(located, out)
        return
    file = Path(str(located.database))
    with _beside(file, ".backup") as copy:
        read_only = f"{file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(read_only, uri=True)) as there, closing(sqlite3.connect(copy)) as here:
            there.backup(here, pages=4096)
        with copy.open("rb") as plain:
            shutil.copyfileobj(plain, out, _PART)


@contextmanager
def restored(url: str, data: BinaryIO, *, base: Path, may_replace: bool) -> Iterator[Store]:
    """The dumped store, for nobody but the block: when that ends well it is the store at ``url``, else that is as it was (SQLite), or
    stays closed to everybody (PostgreSQL). Raises Fatal when there are rows already, unless ``may_replace``.
    """
    located = locate(url, base)
    if located.get_backend_name() == "postgresql":
        with _restored_server(located, data, may_replace=may_replace) as opened:
            yield opened
        return
    file = Path(str(located.database))
    if file.exists() and file.stat().st_size and not may_replace:
        raise Fatal(f"there is a store in {file.name} already: it is replaced only with --replace")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _beside(file, ".restoring") as copy:
        with copy.open("wb") as plain:
            shutil.copyfileobj(data, plain, _PART)
        with open_store(f"sqlite:///{copy.absolute()}", base=base) as opened:
            _free(opened)
            yield opened
        with closing(sqlite3.connect(copy)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode = delete")
        for tail in ("-wal", "-shm"):
            file.with_name(file.name + tail).unlink(missing_ok=True)
        os.replace(copy, file)  # noqa: PTH105 - as everywhere a file gets its name


@contextmanager
def _beside(file: Path, tail: str) -> Iterator[Path]:
    """A private file beside this one, gone at the end with all that SQLite made for it."""
    copy = file.with_name(f".{file.name}{tail}")
    for name in (copy, *(copy.with_name(copy.name + t) for t in ("-wal", "-shm", "-journal"))):
        name.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield copy
    finally:
        for name in (copy, *(copy.with_name(copy.name + t) for t in ("-wal", "-shm", "-journal"))):
            name.unlink(missing_ok=True)


def _free(opened: Store) -> None:
    """Whoever held a lease when the backup was made does not hold it in this store."""
    with writing(opened._engine) as connection:  # noqa: SLF001 - the same room
        connection.execute(sa.delete(tables.leases))


# --- PostgreSQL ---------------------------------------------------------------------------------------------------------


def _pg_dump(url: sa.URL, out: BinaryIO) -> None:
    with _started(
        url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        shutil.copyfileobj(process.stdout, out, _PART)
        _finished(process, "pg_dump")


@contextmanager
def _restored_server(url: sa.URL, data: BinaryIO, *, may_replace: bool) -> Iterator[Store]:
    engine = connect(url, lock_timeout_seconds=30)
    try:
        with translated(), engine.connect() as connection:
            if revision(connection) is not None and not may_replace:
                raise Fatal("there is a store in this database already: it is replaced only with --replace")
        _load(url, data, is_over=may_replace)
        with writing(engine) as connection:
            version: sa.Select[tuple[str]] = sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))
            made_by = str(connection.execute(version).scalar_one()).removeprefix(_RESTORING)
        if made_by != newest():
            raise Fatal(f"the backup is of schema {made_by}: restore it with the version that made it, then upgrade")
        opened = Store(connect(url, lock_timeout_seconds=30))
        _free(opened)
        yield opened
        with writing(engine) as connection:
            opens = sa.update(sa.table(VERSION_TABLE, sa.column("version_num"))).values(version_num=made_by)
            connection.execute(opens)
    finally:
        engine.dispose()


def _load(url: sa.URL, data: BinaryIO, *, is_over: bool) -> None:
    """Everything in one transaction, which also closes the store to everybody; it commits only when the last byte was read."""
    clean = ("--clean", "--if-exists") if is_over else ()
    read = ("pg_restore", "--no-owner", "--no-privileges", *clean, "-f", "-")
    write = ("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-")
    pipe = subprocess.PIPE
    with _started(url, *read, stdin=pipe, stdout=pipe) as reader, _started(url, *write, stdin=pipe) as writer:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert writer.stdin is not None
        feeding = threading.Thread(target=_feed, args=(data, reader.stdin), daemon=True)
        feeding.start()
        with contextlib.suppress(BrokenPipeError):
            writer.stdin.write(b"BEGIN;\n")
            shutil.copyfileobj(reader.stdout, writer.stdin, _PART)
            feeding.join()
            if reader.wait() == 0:
                close = f"UPDATE public.{VERSION_TABLE} SET version_num = '{_RESTORING}' || version_num;\nCOMMIT;\n"  # noqa: S608 - our own words
                writer.stdin.write(close.encode())
            writer.stdin.close()
        _finished(reader, "pg_restore")
        _finished(writer, "psql")


def _feed(data: BinaryIO, into: BinaryIO) -> None:
    with contextlib.suppress(BrokenPipeError), into:
        shutil.copyfileobj(data, into, _PART)


@contextmanager
def _started(
    url: sa.URL, program: str, *arguments: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of PostgreSQL on this database; its own words are not shown, for they may quote a row."""
    path = shutil.which(program) or next(
        (str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)), None
    )
    if path is None:
        raise Fatal(f"{program} is not installed here: backups of PostgreSQL need its client programs")
    process = subprocess.Popen(  # noqa: S603 - a program of PostgreSQL
        [path, *arguments], env=os.environ | _environment(url), stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def _environment(url: sa.URL) -> dict[str, str]:
    """Where to connect, in variables: a password does not belong into the arguments, which every user can list."""
    query = {k: v if isinstance(v, str) else v[0] for k, v in url.query.items()}
    found = {
        "PGHOST": query.get("host") or url.host,
        "PGPORT": query.get("port") or (str(url.port) if url.port else None),
        "PGUSER": query.get("user") or url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
        "PGSSLCERT": query.get("sslcert"),
        "PGSSLKEY": query.get("sslkey"),
    }
    return {k: v for k, v in found.items() if v}


def _finished(process: subprocess.Popen[bytes], program: str) -> None:
    code = process.wait()
    if code:
        raise Fatal(f"{program} failed (exit {code}): see the database server's log; nothing was changed")
