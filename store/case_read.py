"""All that is told of cases, as one state of the store has it: a few queries in one transaction, built once and asked again and again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from store import grants, publishing, reviews, tables
from store.bulk import Query, among
from store.cases import STORED as CASES
from store.casework import EVENTS, STATES, changes, events, heard, states

_CANDIDATES = (
    "candidate_id", "case_id", "rank", "kind", "value_masked", "probability", "holder", "first_seen", "last_seen", "sources",
    "origins", "reasons", "consent_ids",
)  # fmt: skip
# Published candidates without what only their explanation and revealing them need, beside their case's state.
CANDIDATES = pa.schema([*[publishing.PUBLISHED.field(n) for n in _CANDIDATES], ("case_status", pa.string())])
CHANGES = pa.schema([(n, pa.string()) for n in ("what", "before", "after")])
_VERDICTS = pa.schema([("candidate_id", pa.string()), ("verdict", pa.string())])


@dataclass(frozen=True, slots=True)
class CaseRead:
    """Cases as one state of the store has them: ``candidates`` (CANDIDATES) by case and rank, the ``grants`` (grants.STORED) they rest on.

    ``cases`` (cases.STORED) are those asked for, as far as the store knows them, and then the other cases of their persons; ``events``
    (casework.EVENTS) and ``states`` (casework.STATES) are theirs. ``verdicts``: what a person said of a candidate, accept or reject.
    ``changes`` (CHANGES): what was approved of casework's terms, in order.
    """

    cases: pa.Table
    candidates: pa.Table
    grants: pa.Table
    verdicts: Mapping[str, str]
    events: pa.Table
    states: pa.Table
    changes: pa.Table


def read(connection: sa.Connection, case_ids: Collection[str]) -> CaseRead:
    """These cases, in this transaction."""
    ids = sorted(set(case_ids))
    own = _OWN.fetch(connection, ids=ids)
    tokens = {t for n in ("customer_token", "id_token") for t in own[n].to_pylist() if t}
    others = _OF_PERSONS.fetch(connection, tokens=sorted(tokens))
    cases = pa.concat_tables([own, others.filter(pc.invert(pc.is_in(others["case_id"], value_set=own["case_id"])))])
    known = cases["case_id"].to_pylist()
    verdicts = _STANDING.fetch(connection, ids=ids)
    return CaseRead(
        cases=cases,
        candidates=_PUBLISHED.fetch(connection, ids=ids),
        grants=_GRANTS.fetch(connection, ids=ids),
        verdicts=dict(zip(*(verdicts[n].to_pylist() for n in _VERDICTS.names), strict=True)),
        events=_EVENTS.fetch(connection, ids=known).sort_by(
            [("case_id", "ascending"), ("at", "ascending"), ("seq", "ascending")]
        ),
        states=_STATES.fetch(connection, ids=known),
        changes=_CHANGES.fetch(connection),
    )


def _columns(table: sa.Table, schema: pa.Schema) -> list[sa.Column[Any]]:
    return [table.c[n] for n in schema.names]


def _own(dialect: str) -> sa.Select[Any]:
    c = tables.cases.c
    return sa.select(*_columns(tables.cases, CASES)).where(among(dialect, c.case_id, "ids")).order_by(c.case_id)


def _of_persons(dialect: str) -> sa.Select[Any]:
    c = tables.cases.c
    theirs = sa.or_(among(dialect, c.customer_token, "tokens"), among(dialect, c.id_token, "tokens"))
    return sa.select(*_columns(tables.cases, CASES)).where(theirs).order_by(c.case_id)


def _published(dialect: str) -> sa.Select[Any]:
    c, cases = tables.candidates.c, tables.cases
    query = sa.select(*[c[n] for n in _CANDIDATES], cases.c.status)
    query = query.select_from(tables.candidates.outerjoin(cases, cases.c.case_id == c.case_id))
    return query.where(among(dialect, c.case_id, "ids")).order_by(c.case_id, c.rank, c.candidate_id)


def _grants(dialect: str) -> sa.Select[Any]:
    c, used = tables.candidates.c, tables.candidate_consents.c
    rests_on = sa.select(used.consent_id).join(tables.candidates, c.candidate_id == used.candidate_id)
    rests_on = rests_on.where(among(dialect, c.case_id, "ids"))
    return sa.select(*_columns(tables.grants, grants.STORED)).where(tables.grants.c.consent_id.in_(rests_on))


def _standing(dialect: str) -> sa.Select[Any]:
    s = reviews.standing.c
    query = sa.select(s.candidate_id, s.verdict).where(s.verdict.in_((reviews.ACCEPT, reviews.REJECT)))
    return query.where(among(dialect, s.case_id, "ids"))


def _events(dialect: str) -> sa.Select[Any]:
    told = heard()
    own = sa.select(*_columns(events, EVENTS)).where(among(dialect, events.c.case_id, "ids"))
    both = own.union_all(told.where(among(dialect, tables.contact_events.c.case_id, "ids"))).subquery()
    return sa.select(*[both.c[n] for n in EVENTS.names])


def _states(dialect: str) -> sa.Select[Any]:
    return sa.select(*_columns(states, STATES)).where(among(dialect, states.c.case_id, "ids"))


def _approved(_dialect: str) -> sa.Select[Any]:
    query = sa.select(*_columns(changes, CHANGES)).where(changes.c.status == "approved")
    return query.order_by(changes.c.proposed_at, changes.c.id)


_OWN = Query(_own, CASES)
_OF_PERSONS = Query(_of_persons, CASES)
_PUBLISHED = Query(_published, CANDIDATES)
_GRANTS = Query(_grants, grants.STORED)
_STANDING = Query(_standing, _VERDICTS)
_EVENTS = Query(_events, EVENTS)
_STATES = Query(_states, STATES)
_CHANGES = Query(_approved, CHANGES)
