"""feed: what case systems may read and tell, through the third consent gate. HTTP is `feed`'s; here is what it means.

A delta is judged when it is read, by the consents that this very version rests on and by its case's state now. One that does
not pass is delivered as a DEL of the same number: the sequence has no gap, and nothing of the candidate is told. What is still
published but hidden is retracted first (``retract_hidden``), so that consumers who have it hear a DEL, and one who never saw it
hears an ADD should it come back. Applying all deltas therefore always gives the snapshot.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import policy
from core.errors import SkiptraceError
from core.events import Event, EventName
from core.kinds import CaseStatus, DeltaOp, Disposition
from pipeline import closure, serve, withdraw
from pipeline.lookup import Lookup
from pipeline.site import Site
from store import FeedStore
from store.feed import Written
from store.subjects import CONTACTS

RUN_KEY = "feed"  # the run of a delta that no run wrote
TOLD = (
    "rank", "kind", "value_masked", "probability", "holder", "first_seen", "last_seen", "sources", "origins", "reasons",
    "consent_ids",
)  # fmt: skip
_ZONES = {"cn": ("Asia/Shanghai",), "uk": ("Europe/London",)}  # a country of several zones: only the caller knows
NEWS_SECONDS = 0.1
CLOCK_SKEW = timedelta(minutes=5)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Reader:
    """On whose behalf something is read or told. ``portfolios`` None: every portfolio."""

    client_id: str
    portfolios: frozenset[str] | None = None

    @property
    def actor(self) -> str:
        return f"client:{self.client_id}"

    def sees(self, portfolio: str | None) -> bool:
        return self.portfolios is None or portfolio in self.portfolios


@dataclass(frozen=True, slots=True)
class Deltas:
    """One page as JSON lines. ``through``: up to this number nothing was left out; ``head``: the last one there is."""

    lines: list[str]
    through: int
    head: int


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one row of a batch: ``accepted``, or ``rejected`` with a code."""

    index: int
    status: str
    code: str = ""


class NotVisible(LookupError):
    """There is no such thing that this reader may see."""


class NotYours(PermissionError):
    """It is in a portfolio this reader has no part in, or nowhere: the answer does not tell which."""


@dataclass
class Feed:
    """The feed of one site. Shared by all requests of a process."""

    site: Site
    clock: Callable[[], datetime] = _now
    _recorder: Recorder = field(init=False)
    _sweep: Sweep = field(init=False)
    _lookup: Lookup = field(init=False)
    _seen: tuple[float, int] = (0.0, 0)

    def __post_init__(self) -> None:
        self.store = FeedStore.of(self.site.store)
        self._recorder = Recorder(self.site)
        self._sweep = Sweep(self)
        self._lookup = Lookup(self.site)

    # --- reading ------------------------------------------------------------------------------------------------------

    def head(self) -> int:
        """The number of the last delta."""
        return self.store.head()

    def news_after(self, after: int) -> bool:
        """Is there a delta after this number? Asked by everyone who waits; the store is asked once for all of them."""
        now = time.monotonic()
        if now - self._seen[0] > NEWS_SECONDS:
            self._sweep.when_due()
            self._seen = (now, self.head())
        return self._seen[1] > after

    def deltas(self, reader: Reader, after: int, limit: int) -> Deltas:
        """The deltas that follow ``after``, as this reader may see them now."""
        self._sweep.when_due()
        page = self.store.page(after, limit, reader.portfolios)
        rows = page.rows
        if not rows.num_rows:
            return Deltas([], page.through, page.head)
        visible = self._visible_versions(rows)
        lines = _lines(rows, visible)
        self.record(EventName.CANDIDATES_READ, reader, rows=len(lines), after=after, through=page.through)
        return Deltas(lines, page.through, page.head)

    def snapshot(self, reader: Reader) -> tuple[int, pa.Table]:
        """The number it stands at, and every candidate this reader may see (candidate_id, case_id, seq and TOLD)."""
        at = self.clock()
        self.retract_hidden()
        head, rows = self.store.everything(at)
        visible = self._visible(rows, self.site.store.grants(), at)
        self._retract(rows["published_seq"], visible, at)
        rows = rows.filter(pa.array(visible))
        if reader.portfolios is not None:
            mine = pc.is_in(self._portfolios(), value_set=pa.array(sorted(reader.portfolios)))
            own = self.site.store.cases()["case_id"].filter(mine).combine_chunks()
            rows = rows.filter(pc.is_in(rows["case_id"], value_set=own))
        self.record(EventName.CANDIDATES_READ, reader, rows=rows.num_rows, case_id="*", through=head)
        rows = rows.rename_columns(["seq" if c == "published_seq" else c for c in rows.column_names])
        probability = pc.round(rows["probability"], 3)
        rows = rows.set_column(rows.schema.get_field_index("probability"), "probability", probability)
        return head, rows.select(["candidate_id", "case_id", "seq", *TOLD])

    def candidates(self, reader: Reader, case_id: str, reveal_reason: str | None = None) -> list[dict[str, Any]]:
        """A case's candidates, by rank. Raises NotYours, NotVisible (no such case)."""
        self._case(reader, case_id)
        at = self.clock()
        if reveal_reason is not None:
            rows = serve.candidates(
                self.site, case_id=case_id, actor=reader.actor, reveal_reason=reveal_reason, clock=self.clock
            )
            return _plain(rows)
        rows = serve.visible(self.site, self.site.store.candidates(case_id=case_id, at=at), at, case_id)
        self.record(EventName.CANDIDATES_READ, reader, rows=rows.num_rows, case_id=case_id)
        return _plain(rows.select(serve.COLUMNS))

    def explain(self, reader: Reader, candidate_id: str) -> dict[str, Any]:
        """Why this candidate stands where it does: factors, sources, consents as they stand, the rule that lets it be read."""
        at = self.clock()
        rows = self.store.published([candidate_id], at)
        case = self.store.cases_of(case_ids=rows["case_id"].to_pylist()).to_pylist()
        if not rows.num_rows or not case or not reader.sees(case[0]["portfolio"]):
            raise NotYours if reader.portfolios is not None else NotVisible
        grants = self.store.grants_of(_consents(rows["consent_ids"]))
        answer = self._answer(rows, grants, at)
        if not answer["visible"][0].as_py() or case[0]["status"] != CaseStatus.OPEN:
            raise NotYours if reader.portfolios is not None else NotVisible
        self.record(EventName.CANDIDATES_READ, reader, rows=1, candidate_id=candidate_id)
        row = _plain(rows)[0]
        consents = _plain(
            grants.select(["consent_id", "purpose", "scope", "granted_at", "expires_at", "notice_version"])
        )
        rules = [answer["rule_id"][0].as_py()]
        names = ("candidate_id", "case_id", *TOLD, "factors", "run_key")
        return {n: row[n] for n in names} | {"consents": consents, "rules": rules}

    # --- telling --------------------------------------------------------------------------------------------------------

    def claim(self, reader: Reader, key: str, digest: str) -> Written | None:
        """Take an Idempotency-Key; what is known of it when it was taken before."""
        return self.store.claim(reader.client_id, key, digest, self.clock())

    def answer(self, reader: Reader, key: str, status: int, text: str) -> None:
        """Keep the answer given under a key."""
        self.store.answer(reader.client_id, key, status, text)

    def release(self, reader: Reader, key: str) -> None:
        """Give a key back whose request failed."""
        self.store.release(reader.client_id, key)

    def outcomes(self, reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[Told]:
        """Keep what came of attempts, by candidate id: the number that was dialled is not sent again."""
        now = self.clock()
        found = {r["candidate_id"]: r for r in self.store.published([r["candidate_id"] for r in rows], now).to_pylist()}
        cases = self.store.cases_of(case_ids=[r["case_id"] for r in found.values()]).to_pylist()
        portfolios = {c["case_id"]: c["portfolio"] for c in cases}
        kept, told = [], []
        for i, row in enumerate(rows):
            candidate = found.get(row["candidate_id"])
            code = _outcome_problem(row, candidate, reader, portfolios, now)
            if not code and candidate is not None:
                kept.append(_outcome(row, candidate, reader, now))
            told.append(Told(i, "rejected" if code else "accepted", code))
        if kept:
            self.store.save_outcomes(kept)
            self.site.store.subjects.add_contacts(_contact_events(kept, rows, cases))
            self.record(EventName.CANDIDATES_READ, reader, outcomes=len(kept), rows=0)
        return told

    def withdraw(self, reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[Told]:
        """Withdraw consents of customers, named by case or by customer number. Invisible to every read after this."""
        codes = [self._withdrawal_problem(reader, row) for row in rows]
        groups: dict[tuple[datetime | None, frozenset[str] | None], list[withdraw.Person]] = {}
        for row, code in zip(rows, codes, strict=True):
            if not code:
                person = withdraw.Person(row.get("case_id") or None, row.get("customer_no") or None)
                scopes = frozenset(row["scopes"]) if row.get("scopes") else None
                groups.setdefault((row.get("at"), scopes), []).append(person)
        for (at, scopes), persons in groups.items():
            now = self.clock()
            withdraw.withdraw_all(self.site, persons, scopes=scopes, at=min(at or now, now), actor=reader.actor)
        return [Told(i, "rejected" if code else "accepted", code) for i, code in enumerate(codes)]

    def close(self, reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[Told]:
        """Close cases: nothing of them is visible after this, whatever a later file says."""
        cases = {c["case_id"]: c for c in self.store.cases_of(case_ids=[r["case_id"] for r in rows]).to_pylist()}
        own = {i for i, c in cases.items() if reader.sees(c["portfolio"])}
        by_reason: dict[closure.Reason, set[str]] = {}
        for row in rows:
            if row["case_id"] in own:
                by_reason.setdefault(closure.Reason(row["reason"]), set()).add(row["case_id"])
        for reason, ids in by_reason.items():
            closure.close(self.site, ids, reason, at=self.clock(), actor=reader.actor)
        codes = ["" if row["case_id"] in own else "unknown_case" for row in rows]
        return [Told(i, "rejected" if code else "accepted", code) for i, code in enumerate(codes)]

    def contact_check(self, reader: Reader, row: Mapping[str, Any]) -> dict[str, Any]:
        """May this be done now? Denied unless a rule permits it; a candidate that may not be seen may not be contacted."""
        case = self._case(reader, row["case_id"])
        at = self.clock()
        rows = serve.visible(self.site, self.site.store.candidates(case_id=case["case_id"], at=at), at, case["case_id"])
        found = rows.filter(pc.equal(rows["candidate_id"], row["candidate_id"])).to_pylist()
        self.record(EventName.CANDIDATES_READ, reader, rows=0, case_id=case["case_id"], channel=row["channel"])
        facts = dict(row["facts"])
        zones = tuple(facts.pop("zones")) or _ZONES.get(self.site.deployment.jurisdiction, ())
        heard = self._contacts(case) if facts.pop("contacts_reported") else None
        request = policy.ContactRequest(
            at=at,
            channel=row["channel"],
            point_id=row["candidate_id"],
            zones=zones,
            contacts=heard,
            has_consent=bool(found),
            purpose=self.site.deployment.purpose,
            origins=found[0]["origins"] if found else None,
            lost_since=case["lost_since"],
            balance=case["balance"],
            **facts,
        )
        answer = policy.contact_check(request, self.site.pack)
        return {
            "allowed": answer.decision.allowed,
            "rule_ids": list(answer.decision.rule_ids),
            "reason": answer.decision.reason,
            "citation": answer.decision.citation,
            "next_permitted_at": _text(answer.next_permitted_at),
        }

    def _contacts(self, case: Mapping[str, Any]) -> list[policy.Contact]:
        """The contacts of this person that were told to us, over all their cases."""
        rows = self.site.store.subjects.contacts(self.site.store.subjects.find(case_id=case["case_id"])).to_pylist()
        names = ("at", "channel", "outcome", "point_id", "party")
        return [policy.Contact(**{n: r[n] for n in names}) for r in rows]

    def match(self, reader: Reader, source: str, fields: Mapping[str, str]) -> list[dict[str, Any]]:
        """Whose signal is this? Links to open cases that the second and third gates let through, best first."""
        links = self._lookup.match(source, fields, self.clock())
        grants = self.store.grants_of({c for link in links for c in link["consent_id"].split("|")})
        cases = {c["case_id"]: c for c in self.store.cases_of(case_ids=[link["case_id"] for link in links]).to_pylist()}
        rows = pa.table(
            {
                "consent_ids": pa.array([link["consent_id"].split("|") for link in links], pa.list_(pa.string())),
                "case_status": pa.array([cases.get(k["case_id"], {}).get("status") for k in links], pa.string()),
            }
        )
        visible = self._visible(rows, grants, self.clock())
        kept = [k for k, v in zip(links, visible, strict=True) if v and reader.sees(cases[k["case_id"]]["portfolio"])]
        self.record(EventName.CANDIDATES_READ, reader, rows=len(kept), source=source)
        return [{k: v for k, v in link.items() if k != "consent_id"} for link in kept]

    # --- the third gate ---------------------------------------------------------------------------------------------------

    def retract_hidden(self, case_ids: Collection[str] | None = None, actor: str = "service:feed") -> int:
        """Write the DEL deltas of everything that is published but may no longer be seen."""
        at = self.clock()
        rows = self.store.suspects(at, case_ids)
        if not rows.num_rows:
            return 0
        visible = self._visible(rows, self.store.grants_of(_consents(rows["consent_ids"])), at)
        return self._retract(rows["published_seq"], visible, at, actor)

    def _retract(self, seqs: pa.ChunkedArray, visible: np.ndarray, at: datetime, actor: str = "service:feed") -> int:
        hidden = seqs.filter(pa.array(~visible)).to_pylist()
        return self.store.retract(hidden, run_key=RUN_KEY, at=at, actor=actor) if hidden else 0

    def _visible_versions(self, rows: pa.Table) -> np.ndarray:
        """Which of these deltas may be told, each by the consents of its own version; hidden ones still published go."""
        at = self.clock()
        payloads = [json.loads(p) if p else {} for p in rows["payload"].to_pylist()]
        consents = pa.array([p.get("consent_ids") or [] for p in payloads], pa.list_(pa.string()))
        judged = pa.table({"consent_ids": consents, "case_status": rows["case_status"].combine_chunks()})
        visible = self._visible(judged, self.store.grants_of(_consents(judged["consent_ids"])), at)
        is_put = np.asarray(pc.not_equal(rows["op"], DeltaOp.DEL.value), dtype=bool)
        self._retract(rows["seq"], np.logical_or(visible, ~is_put), at)
        shown: np.ndarray = np.logical_and(visible, is_put)
        return shown

    def _visible(self, rows: pa.Table, grants: pa.Table, at: datetime) -> np.ndarray:
        """The gate, and the case is open."""
        if not rows.num_rows:
            return np.zeros(0, dtype=bool)
        answer = self._answer(rows, grants, at)
        is_open = pc.fill_null(pc.equal(rows["case_status"], CaseStatus.OPEN.value), fill_value=False)
        return np.asarray(pc.and_(answer["visible"], is_open), dtype=bool)

    def _answer(self, rows: pa.Table, stored: pa.Table, at: datetime) -> pa.Table:
        names = {"customer_token": "customer_no", "id_token": "id_number"}
        stored = stored.rename_columns([names.get(c, c) for c in stored.column_names])
        grants = policy.Grants.build(stored, purpose=self.site.deployment.purpose, at=at)
        return policy.may_read(rows.combine_chunks(), grants, pack=self.site.pack, at=at)

    # --- odds and ends of telling -----------------------------------------------------------------------------------------

    def record(self, name: EventName, reader: Reader, **facts: str | int) -> None:
        """One audit event, committed when this returns."""
        self._recorder.record(Event(name, reader.actor, facts=facts))

    def _portfolios(self) -> pa.ChunkedArray:
        return self.site.store.cases()["portfolio"]

    def _case(self, reader: Reader, case_id: str) -> dict[str, Any]:
        found = self.store.cases_of(case_ids=[case_id]).to_pylist()
        if reader.portfolios is not None and (not found or not reader.sees(found[0]["portfolio"])):
            raise NotYours
        if not found:
            raise NotVisible
        return cast("dict[str, Any]", found[0])

    def _withdrawal_problem(self, reader: Reader, row: Mapping[str, Any]) -> str:
        """Why it is not accepted. Whoever sees every portfolio may withdraw for a customer nobody traces (yet)."""
        if (row.get("at") or self.clock()) > self.clock() + CLOCK_SKEW:
            return "in_the_future"
        if row.get("case_id"):
            cases = self.store.cases_of(case_ids=[row["case_id"]]).to_pylist()
            return "" if any(reader.sees(c["portfolio"]) for c in cases) else "unknown_case"
        cases = self.store.cases_of(token=self.site.token("customer_no", row["customer_no"].strip())).to_pylist()
        is_own = reader.portfolios is None or any(reader.sees(c["portfolio"]) for c in cases)
        return "" if is_own else "unknown_customer"


def _outcome_problem(
    row: Mapping[str, Any],
    candidate: Mapping[str, Any] | None,
    reader: Reader,
    portfolios: Mapping[str, str | None],
    now: datetime,
) -> str:
    if candidate is None or not reader.sees(portfolios.get(candidate["case_id"])):
        return "unknown_candidate"
    if row["disposition"] not in {d.value for d in Disposition}:
        return "not_in_vocabulary"
    return "in_the_future" if row["at"] > now + CLOCK_SKEW else ""


def _outcome(row: Mapping[str, Any], candidate: Mapping[str, Any], reader: Reader, now: datetime) -> dict[str, Any]:
    key = f"{reader.client_id}\x1f{row['candidate_id']}\x1f{row['disposition']}\x1f{row['at'].isoformat()}"
    names = ("candidate_id", "case_id", "kind", "value_sealed")
    return {n: candidate[n] for n in names} | {
        "outcome_id": hashlib.sha256(key.encode()).hexdigest()[:32],
        "client_id": reader.client_id,
        "disposition": row["disposition"],
        "at": row["at"],
        "received_at": now,
    }


def _contact_events(
    kept: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], cases: Sequence[Mapping[str, Any]]
) -> pa.Table:
    """An outcome is also a contact that was made: the counters of the contact rules need it."""
    channels = {(r["candidate_id"], r["disposition"], r["at"]): r["channel"] for r in rows}
    tokens = {c["case_id"]: c["customer_token"] for c in cases}
    events = [
        {
            "id": k["outcome_id"],
            "case_id": k["case_id"],
            "customer_token": tokens.get(k["case_id"]),
            "point_id": k["candidate_id"],
            "party": "debtor",
            "channel": channels[k["candidate_id"], k["disposition"], k["at"]],
            "outcome": k["disposition"],
            "at": k["at"],
        }
        for k in kept
    ]
    return pa.Table.from_pylist(events, schema=CONTACTS)


def _consents(lists: pa.Array | pa.ChunkedArray) -> set[str]:
    """The consent ids within these lists; one that joins several scopes' consents is taken apart."""
    return {part for i in pc.unique(pc.list_flatten(lists)).drop_null().to_pylist() for part in i.split("|")}


def _lines(rows: pa.Table, visible: np.ndarray) -> list[str]:
    """Each delta as one line of JSON; the payload is the very text that was written when it was published."""
    names = ("seq", "op", "candidate_id", "case_id", "run_key", "payload", "content_hash")
    columns = [rows[n].to_pylist() for n in names]
    times = pc.strftime(rows["at"].cast(pa.timestamp("s", tz="UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ").to_pylist()
    return [
        f'{{"seq":{seq},"op":"{op if seen else "DEL"}","candidate_id":{json.dumps(candidate)},"case_id":{json.dumps(case)},'
        f'"at":"{at}","run_key":{json.dumps(run)},"content_hash":{json.dumps(digest if seen else None)},'
        f'"candidate":{payload if seen else "null"}}}'
        for seq, op, candidate, case, run, payload, digest, at, seen in zip(
            *columns, times, visible.tolist(), strict=True
        )
    ]


def _plain(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON takes them: times as text."""
    return [{k: _text(v) for k, v in row.items() if not isinstance(v, bytes)} for row in rows.to_pylist()]


def _text(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


class Sweep:
    """Looks for published candidates that are hidden now (expired, withdrawn elsewhere), at most 5 % of the time."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._lock = threading.Lock()
        self._next = 0.0

    def when_due(self) -> None:
        """Sweep when the last one is long enough ago; never two at once."""
        if time.monotonic() < self._next or not self._lock.acquire(blocking=False):
            return
        try:
            began = time.monotonic()
            self._feed.retract_hidden()
            ended = time.monotonic()
            self._next = ended + max(1.0, 20 * (ended - began))
        finally:
            self._lock.release()


class Recorder:
    """Audit events of many requests in one transaction: whoever comes first writes for all who wait."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._queue: list[tuple[Event, Future[None]]] = []
        self._guard = threading.Lock()
        self._writer = threading.Lock()

    def record(self, event: Event) -> None:
        """Append the event; it is on disk when this returns. Raises what the store raised: no answer without its audit."""
        mine: Future[None] = Future()
        with self._guard:
            self._queue.append((event, mine))
        with self._writer:
            if not mine.done():
                self._write()
        mine.result()

    def _write(self) -> None:
        with self._guard:
            batch, self._queue = self._queue, []
        try:
            self._site.store.record(*[e for e, _ in batch])
        except SkiptraceError as e:
            for _, waiting in batch:
                waiting.set_exception(e)
            return
        for _, waiting in batch:
            waiting.set_result(None)
