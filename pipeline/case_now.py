"""Cases as they stand at a moment: their histories, and those of the same persons' other cases, replayed beside what the store knows.

The page of a case, the feed and the contact check all ask here, so that none of them can say anything else than the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import casework
from casework import clock, facts, improve, ladder
from casework.batch import ABSENT, Ints
from casework.state import ACTION, LIVES, STATUSES
from casework.vocabulary import CHANNELS, Action, EventKind, Life, Status
from core.kinds import CaseStatus
from pipeline import case_terms, serve
from pipeline.site import Site
from policy.contact import Contact
from store import FeedStore
from store.case_read import CaseRead

_CONTACTS = (EventKind.ATTEMPT, EventKind.DONE)


@dataclass(frozen=True)
class CasesNow:
    """Cases replayed. ``place`` says where a case is in the arrays; ``rows`` are cases.STORED."""

    replayed: casework.Replayed
    facts: facts.Facts
    rows: Mapping[str, Mapping[str, Any]]
    events: pa.Table
    terms: casework.Terms
    at: datetime
    place: Mapping[str, int]
    seen: Mapping[str, Mapping[str, Any]]  # what is published and may be seen, by candidate: kind, origins

    @property
    def moment(self) -> int:
        return clock.micros(self.at)

    @cached_property
    def steps(self) -> pa.Table:
        """The next step of every case (casework.ladder)."""
        return ladder.steps(self.replayed, self.facts, self.moment, self.terms)

    def life(self, case_id: str) -> str:
        """Where the case stands. One that the lender closed is closed, whatever its history says."""
        i, s = self.place[case_id], self.replayed.state
        is_closed = self.facts.is_closed[i] and not s.is_closed[i]
        return str(Life.CLOSED if is_closed else LIVES[s.life[i]])

    @cached_property
    def _steps(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.steps.to_pylist()
        return found

    def step(self, case_id: str) -> dict[str, Any]:
        return self._steps[self.place[case_id]]

    @cached_property
    def _points(self) -> dict[str, list[dict[str, Any]]]:
        out: dict[str, list[dict[str, Any]]] = {}
        for row in self.replayed.points().to_pylist():
            out.setdefault(row["case_id"], []).append(row)
        return out

    def points(self, case_id: str) -> list[dict[str, Any]]:
        """What is known of each contact point of this case."""
        return self._points.get(case_id, [])

    def of_person(self, case_id: str) -> list[str]:
        """The cases of its person, with itself."""
        person = self.facts.person[self.place[case_id]]
        return [c for c, i in self.place.items() if self.facts.person[i] == person]

    def contacts(self, case_id: str) -> tuple[Contact, ...]:
        """Every contact made or tried with this person, over all their cases, whoever told of it."""
        mine = pc.and_(
            pc.is_in(self.events["case_id"], value_set=pa.array(self.of_person(case_id))),
            pc.is_in(self.events["kind"], value_set=pa.array([str(k) for k in _CONTACTS])),
        )
        rows = self.events.filter(mine).select(["at", "kind", "code", "channel", "point_id", "party"]).to_pylist()
        return tuple(_contact(r) for r in rows if r["kind"] == EventKind.ATTEMPT or r["code"] in ladder.CHANNEL_OF)

    def is_complaining(self, case_id: str) -> bool:
        """A complaint of this person is open."""
        return bool(ladder.complaining(self.replayed.state, self.facts)[self.place[case_id]])

    def approved(self, case_id: str, action: Action) -> tuple[bool, str | None]:
        """Did a second person approve this and was it not done yet; and for which point, None for any."""
        status, point = self.status(case_id, action)
        return status is Status.APPROVED, point

    def status(self, case_id: str, action: Action) -> tuple[Status, str | None]:
        """How far this action has come, and for which point it was asked."""
        i, s = self.place[case_id], self.replayed.state
        point = int(s.asked_point[i, ACTION[action]])
        name = None if point == ABSENT else self.replayed.encoded.point_names[point].as_py()
        return STATUSES[s.status[i, ACTION[action]]], name

    def has_opted_out(self, case_id: str, channel: str) -> bool:
        bits = int(self.replayed.state.opted_out[self.place[case_id]])
        return channel in CHANNELS and bool(bits >> CHANNELS.index(channel) & 1)


def load(site: Site, case_ids: Collection[str], at: datetime) -> CasesNow:
    """These cases at this moment; who the store does not know is not among them."""
    read = FeedStore.of(site.store).read_cases(case_ids)
    return arrange(site, read, visible(site, read, at), at)


def arrange(site: Site, read: CaseRead, seen: pa.Table, at: datetime) -> CasesNow:
    """The cases that were read, replayed. ``seen``: their candidates that may be seen (``visible``)."""
    ids = read.cases["case_id"].combine_chunks()
    terms = case_terms.terms(site, at, [improve.Change(**c) for c in read.changes.to_pylist()])
    replayed = casework.replay(read.events, terms, case_ids=ids)
    place = {c: i for i, c in enumerate(ids.to_pylist())}
    known = facts.arrange(_facts(read, seen), ids)
    rows = {r["case_id"]: r for r in read.cases.to_pylist()}
    candidates = {r["candidate_id"]: r for r in seen.select(["candidate_id", "kind", "origins"]).to_pylist()}
    return CasesNow(replayed, known, rows, read.events, terms, at, place, candidates)


def visible(site: Site, read: CaseRead, at: datetime) -> pa.Table:
    """Candidates (case_read.CANDIDATES) that may be used now: let through by the third gate, and rejected by nobody."""
    seen = serve.through_gate(site, read.candidates, read.grants, at)
    rejected = pa.array([c for c, v in read.verdicts.items() if v == "reject"], pa.string())
    return seen.filter(pc.invert(pc.is_in(seen["candidate_id"], value_set=rejected)))


def _facts(read: CaseRead, seen: pa.Table) -> pa.Table:
    """casework.facts.FACTS of these cases: what last night's run knew, the candidates that may be seen now."""
    table, last = read.cases, read.states
    ids = table["case_id"].combine_chunks()
    place = pc.index_in(ids, value_set=last["case_id"].combine_chunks())
    own = table.select(["case_id", "days_past_due", "balance", "lost_since"])
    own = own.append_column("is_closed", pc.not_equal(table["status"], CaseStatus.OPEN.value))
    own = own.append_column("person", persons(table["customer_token"], table["id_token"]))
    for name in ("has_address", "has_emergency"):
        own = own.append_column(name, last[name].combine_chunks().take(place))
    return with_candidates(own, seen.sort_by("rank"))


def with_candidates(table: pa.Table, published: pa.Table) -> pa.Table:
    """The facts with each case's best phone and address of these candidates (case_id, candidate_id, kind, origins; by rank)."""
    case_ids = table["case_id"].combine_chunks()
    for kind in ("phone", "address"):
        own = published.filter(pc.equal(published["kind"], kind))
        place = pc.index_in(case_ids, value_set=own["case_id"].combine_chunks())
        table = table.append_column(f"candidate_{kind}", own["candidate_id"].combine_chunks().take(place))
        if kind == "address":
            table = table.append_column("origins", own["origins"].combine_chunks().cast(pa.int64()).take(place))
    return table


def persons(*keys: pa.ChunkedArray) -> pa.Array:
    """A label a row: rows that share a value in one of these columns are one person's, and so is who shares one with any of them."""
    n = len(keys[0])
    left: list[Ints] = []
    right: list[Ints] = []
    first = n
    for key in keys:
        codes = key.combine_chunks().dictionary_encode()
        has = np.flatnonzero(codes.indices.is_valid().to_numpy(zero_copy_only=False))
        left.append(has.astype(np.int64))
        right.append(first + codes.indices.take(pa.array(has)).to_numpy().astype(np.int64))
        first += len(codes.dictionary)
    rows, columns = np.concatenate(left), np.concatenate(right)
    graph = coo_array(  # type: ignore[no-untyped-call]
        (np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(first, first)
    )
    _, labels = connected_components(graph, directed=False)
    return pa.array(labels[:n], pa.int64()).cast(pa.string())


def _contact(row: Mapping[str, Any]) -> Contact:
    """An attempt, or an action that reaches somebody and was carried out."""
    if row["kind"] == EventKind.ATTEMPT:
        party = "third_party" if row["party"] == "third_party" else "debtor"
        return Contact(row["at"], row["channel"], row["code"], row["point_id"], party)
    party = "third_party" if row["code"] == Action.RELAY else "debtor"
    return Contact(row["at"], ladder.CHANNEL_OF[Action(row["code"])], row["code"], row["point_id"], party)
