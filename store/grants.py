"""Consent grants and withdrawals. A withdrawal once recorded holds, whatever an older file says later."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from core import schemas
from core.schemas import TEXT, TIME
from store import bulk, heads, tables, written
from store.heads import Head

# The clean consents, with keyed tokens in the place of the person's numbers.
_TOKENS = {"customer_no": "customer_token", "id_number": "id_token"}
GRANTS = pa.schema([field.with_name(_TOKENS.get(field.name, field.name)) for field in schemas.CLEAN_CONSENTS])
WITHDRAWN = pa.schema([("consent_id", TEXT), ("withdrawn_at", TIME)])
STORED = pa.schema([*GRANTS, ("last_seen_run", TEXT)])


def save(connection: sa.Connection, rows: pa.Table, run_key: str) -> None:
    """Insert or replace these grants (GRANTS) by consent id.

    A grant absent from ``rows`` stays as it is: its absence is no withdrawal. ``last_seen_run`` is the run that last brought
    something new of it: what is as it was is not written again.
    """
    _lock(connection)
    rows = schemas.conform(rows, GRANTS)
    before, now = written.read(connection), written.of_rows(rows, "consent_id")
    same = before.holds(now)
    if not same.all():
        written.keep(connection, before.after(now))
        rows = rows.filter(pa.array(~same))
        _write(connection, rows, run_key)
    _apply_withdrawals(connection, run_key)


def _write(connection: sa.Connection, rows: pa.Table, run_key: str) -> None:
    rows = rows.append_column("last_seen_run", pa.repeat(pa.scalar(run_key), rows.num_rows))
    bulk.upsert(
        connection, tables.grants, rows, changes=lambda new: {"withdrawn_at": _withdrawn(new)}, marks=["last_seen_run"]
    )


def withdraw(connection: sa.Connection, token: str, scopes: Collection[str] | None, at: datetime) -> int:
    """Withdraw the grants of this customer (customer or id token), of some scopes or of all; how many that ended.

    It is kept, and also ends grants given before ``at`` that only a later file brings.
    """
    _lock(connection)
    named: Sequence[str | None] = [None] if scopes is None else sorted(scopes)
    if named:
        connection.execute(sa.insert(tables.withdrawals), [{"token": token, "scope": s, "at": at} for s in named])
    g = tables.grants.c
    hit = [_is_of(token), _is_open(at), g.granted_at <= at]
    if scopes is not None:
        hit.append(g.scope.in_(sorted(scopes)))
    return connection.execute(sa.update(tables.grants).where(*hit).values(withdrawn_at=at)).rowcount


def withdrawn(connection: sa.Connection) -> pa.Table:
    """The grants that ended or will end (WITHDRAWN): a few of all."""
    g = tables.grants.c
    return bulk.fetch(
        connection,
        sa.select(*[g[n] for n in WITHDRAWN.names]).where(g.withdrawn_at.is_not(None)).order_by(g.consent_id),
        WITHDRAWN,
    )


def read(connection: sa.Connection, *, token: str | None, case_id: str | None) -> pa.Table:
    """Grants (STORED) by consent id: of one customer (customer or id token), or those a case's candidates rest on, or all."""
    g, used, candidates = tables.grants.c, tables.candidate_consents.c, tables.candidates.c
    query = sa.select(*[g[n] for n in STORED.names]).order_by(g.consent_id)
    if token is not None:
        query = query.where(_is_of(token))
    if case_id is not None:
        of_case = sa.select(used.consent_id).where(used.candidate_id == candidates.candidate_id)
        query = query.where(g.consent_id.in_(of_case.where(candidates.case_id == case_id)))
    return bulk.fetch(connection, query, STORED)


@dataclass(frozen=True, slots=True)
class Consents:
    """All grants (STORED), and the number that says which state of them this is."""

    version: int
    rows: pa.Table


def all_of(connection: sa.Connection, known: Consents | None = None) -> Consents:
    """Every grant as this transaction sees it: the ``known`` ones where nothing was written since they were read."""
    version = heads.read(connection, "grants").seq
    if known is not None and known.version == version:
        return known
    return Consents(version, read(connection, token=None, case_id=None))


def _lock(connection: sa.Connection) -> None:
    """Nobody else writes grants until this transaction ends; who sees it done sees another version."""
    heads.move(connection, "grants", Head(heads.lock(connection, "grants").seq + 1, ""))


def _is_of(token: Any) -> sa.ColumnElement[bool]:
    return sa.or_(tables.grants.c.customer_token == token, tables.grants.c.id_token == token)


def _is_open(at: Any) -> sa.ColumnElement[bool]:
    return sa.or_(tables.grants.c.withdrawn_at.is_(None), tables.grants.c.withdrawn_at > at)


def _withdrawn(new: Any) -> sa.ColumnElement[Any]:
    """The withdrawal on record holds unless the customer consented again after it; of two, the earlier counts."""
    old = tables.grants.c.withdrawn_at
    is_given_again = sa.func.coalesce(new.granted_at > old, sa.false())
    return sa.case(
        (sa.or_(old.is_(None), is_given_again), new.withdrawn_at),
        (new.withdrawn_at < old, new.withdrawn_at),
        else_=old,
    )


def _apply_withdrawals(connection: sa.Connection, run_key: str) -> None:
    """End the grants of this load that a recorded withdrawal had ended before they came."""
    g, w = tables.grants.c, tables.withdrawals.c
    earliest = (
        sa.select(sa.func.min(w.at))
        .where(
            w.token.in_([g.customer_token, g.id_token]),
            sa.or_(w.scope.is_(None), w.scope == g.scope),
            sa.or_(g.granted_at.is_(None), w.at >= g.granted_at),
        )
        .correlate(tables.grants)
        .scalar_subquery()
    )
    connection.execute(
        sa.update(tables.grants)
        .where(g.last_seen_run == run_key, earliest.is_not(None), _is_open(earliest))
        .values(withdrawn_at=earliest)
    )
