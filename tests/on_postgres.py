"""A site that ran, with its store on PostgreSQL: the same rows, moved once a session and copied for each module as a template."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

import store
from pipeline.site import Site, open_site
from store import roles, tables
from store.roles import Role
from tests.servers.databases import Postgres
from tests.support import copy_of

TEMPLATE = "ran_template"
_COPIES = itertools.count()


def prepare(ran: Site, server: Postgres) -> None:
    """Put the rows of this site's SQLite store into a database to copy from."""
    _command(server, f"CREATE DATABASE {TEMPLATE}")
    store.open(_url(server, TEMPLATE), base=ran.folder).close()
    roles.apply(_url(server, TEMPLATE), base=ran.folder)
    source = sa.create_engine(f"sqlite:///{ran.folder / 'state' / 'skiptrace.db'}", poolclass=sa.NullPool)
    target = sa.create_engine(_url(server, TEMPLATE), poolclass=sa.NullPool)
    with source.connect() as there, target.begin() as here:
        here.exec_driver_sql("SET LOCAL session_replication_role = replica")  # past the append-only triggers
        for table in tables.metadata.sorted_tables:
            here.execute(sa.delete(table))
            if rows := [dict(r) for r in there.execute(sa.select(table)).mappings()]:
                here.execute(sa.insert(table), rows)
            _go_on_counting(here, table)


def _go_on_counting(connection: sa.Connection, table: sa.Table) -> None:
    """A column that counts by itself goes on after the rows that are there."""
    for column in table.primary_key.columns:
        name = connection.execute(sa.func.pg_get_serial_sequence(table.name, column.name)).scalar_one()
        if name is not None:
            last = connection.execute(sa.select(sa.func.max(column))).scalar_one()
            connection.execute(sa.select(sa.func.setval(name, last or 1, last is not None)))


def copied(ran: Site, server: Postgres, into: Path) -> Site:
    """A site of one's own: a copy of the folder, and of the database."""
    name = f"ran_{next(_COPIES)}"
    _command(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    folder = copy_of(ran.folder, into)
    file = folder / "deployment.yaml"
    text = re.sub(r"^store: .*$", f"store: {_url(server, name)}", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")
    return open_site(folder)


def under(site: Site, server: Postgres, *roles: Role) -> Site:
    """The same site, logged in to its database as somebody who has these roles only."""
    login = "_".join(("login", *(r.value for r in roles)))
    _command(server, f"DROP ROLE IF EXISTS {login}")
    _command(server, f"CREATE ROLE {login} LOGIN IN ROLE {', '.join(roles)}")
    there = sa.make_url(site.deployment.store).set(username=login)
    url = there.render_as_string(hide_password=False)
    return replace(site, deployment=site.deployment.model_copy(update={"store": url}))


def _url(server: Postgres, name: str) -> str:
    return server.url.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")


def _command(server: Postgres, text: str) -> None:
    engine = sa.create_engine(_url(server, "postgres"), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(text)
