"""feed: what case systems may read and tell, through the third consent gate. HTTP is `feed`'s; here is what it means.

A delta is judged when it is read, by the consents that this very version rests on and by its case's state now. One that does
not pass is delivered as a DEL of the same number: the sequence has no gap, and nothing of the candidate is told. What is still
published but hidden is retracted first (``retract_hidden``), so that consumers who have it hear a DEL, and one who never saw it
hears an ADD should it come back. Applying all deltas therefore always gives the snapshot.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.events import Event, EventName
from core.kinds import CaseStatus
from pipeline import case_now, contact_check, serve
from pipeline.lookup import Lookup
from pipeline.services.cases import step_of
from pipeline.services.gate import consents_in, denied, is_among
from pipeline.services.readers import Deltas, NotVisible, NotYours, Reader
from pipeline.services.telling import Telling
from store.grants import Consents

TOLD = (
    "rank", "kind", "value_masked", "probability", "holder", "first_seen", "last_seen", "sources", "origins", "reasons",
    "consent_ids",
)  # fmt: skip
_REVIEWS = {"accept": "accepted"}
NEWS_SECONDS = 0.1


@dataclass
class Feed(Telling):
    """The feed of one site. Shared by all requests of a process."""

    _sweep: Sweep = field(init=False)
    _lookup: Lookup = field(init=False)
    _seen: tuple[float, int] = (0.0, 0)
    _consents: Consents | None = None  # kept for the next snapshot, while the store's are still these

    def __post_init__(self) -> None:
        super().__post_init__()
        self._sweep = Sweep(self)
        self._lookup = Lookup(self.site)

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
        visible = self._visible_versions(page)
        lines = _lines(rows, visible)
        self.record(EventName.CANDIDATES_READ, reader, rows=len(lines), after=after, through=page.through)
        return Deltas(lines, page.through, page.head)

    def snapshot(self, reader: Reader) -> tuple[int, pa.Table]:
        """The number it stands at, and every candidate this reader may see (candidate_id, case_id, seq and TOLD)."""
        at = self.clock()
        self.retract_hidden()
        found = self.store.everything(at, self._consents)
        head, rows, self._consents = found.head, found.rows, found.consents
        visible = self._visible(rows, found.consents.rows, at)
        self._retract(rows["published_seq"], visible, at)
        rows = rows.filter(pa.array(visible & ~is_among(rows["candidate_id"], found.rejected)))
        if reader.portfolios is not None:
            mine = pc.is_in(self._portfolios(), value_set=pa.array(sorted(reader.portfolios)))
            own = self.site.store.cases()["case_id"].filter(mine).combine_chunks()
            rows = rows.filter(pc.is_in(rows["case_id"], value_set=own))
        self.record(EventName.CANDIDATES_READ, reader, rows=rows.num_rows, case_id="*", through=head)
        rows = rows.rename_columns(["seq" if c == "published_seq" else c for c in rows.column_names])
        probability = pc.round(rows["probability"], 3)
        rows = rows.set_column(rows.schema.get_field_index("probability"), "probability", probability)
        return head, rows.select(["candidate_id", "case_id", "seq", *TOLD])

    def candidates(self, reader: Reader, case_id: str, reveal_reason: str | None = None) -> dict[str, Any]:
        """A case's candidates, by rank, and where the case stands. Raises NotYours, NotVisible (no such case)."""
        if reveal_reason is not None:
            self.case(reader, case_id)
            rows = _plain(
                serve.candidates(
                    self.site, case_id=case_id, actor=reader.actor, reveal_reason=reveal_reason, clock=self.clock
                )
            )
            return _with_case(case_now.load(self.site, [case_id], self.clock()), case_id, rows)
        found = self.candidates_of([(reader, case_id)])[0]
        if isinstance(found, Exception):
            raise found
        return found

    def candidates_of(self, asked: Sequence[tuple[Reader, str]]) -> list[dict[str, Any] | NotYours | NotVisible]:
        """The candidates of many readers' cases, and where these stand, judged at one moment after all of them asked: one read, one gate, one
        audit transaction. What one reader asks costs the same alone; together it costs little more.
        """
        at = self.clock()
        read = self.store.read_cases({case for _, case in asked})
        rows = read.candidates
        told = self._visible(rows, read.grants, at) & ~is_among(
            rows["candidate_id"], [i for i, v in read.verdicts.items() if v == "reject"]
        )
        seen = rows.filter(pa.array(told))
        now = case_now.arrange(self.site, read, seen, at)
        by_case: dict[str, list[dict[str, Any]]] = {case: [] for case in now.place}
        for row in _plain(seen.select(serve.COLUMNS)):
            by_case[row["case_id"]].append(row | {"review": _REVIEWS.get(read.verdicts.get(row["candidate_id"], ""))})
        answers = [denied(reader, now.rows.get(case)) or _with_case(now, case, by_case[case]) for reader, case in asked]
        self._recorder.record(
            *[
                Event(
                    EventName.CANDIDATES_READ, reader.actor, facts={"rows": len(answer["candidates"]), "case_id": case}
                )
                for (reader, case), answer in zip(asked, answers, strict=True)
                if not isinstance(answer, Exception)
            ]
        )
        return answers

    def explain(self, reader: Reader, candidate_id: str) -> dict[str, Any]:
        """Why this candidate stands where it does: factors, sources, consents as they stand, the rule that lets it be read."""
        at = self.clock()
        rows = self.store.published([candidate_id], at)
        case = self.store.cases_of(case_ids=rows["case_id"].to_pylist()).to_pylist()
        if not rows.num_rows or not case or not reader.sees(case[0]["portfolio"]):
            raise NotYours if reader.portfolios is not None else NotVisible
        grants = self.store.grants_of(consents_in(rows["consent_ids"]))
        answer = self._answer(rows, grants, at)
        is_hidden = case[0]["status"] != CaseStatus.OPEN or self.store.rejected([candidate_id])
        if is_hidden or not answer["visible"][0].as_py():
            raise NotYours if reader.portfolios is not None else NotVisible
        self.record(EventName.CANDIDATES_READ, reader, rows=1, candidate_id=candidate_id)
        row = _plain(rows)[0]
        consents = _plain(
            grants.select(["consent_id", "purpose", "scope", "granted_at", "expires_at", "notice_version"])
        )
        rules = [answer["rule_id"][0].as_py()]
        names = ("candidate_id", "case_id", *TOLD, "factors", "run_key")
        return {n: row[n] for n in names} | {"consents": consents, "rules": rules}

    def contact_check(self, reader: Reader, row: Mapping[str, Any]) -> dict[str, Any]:
        """May this be done now? Denied unless a rule permits it; a candidate that may not be seen may not be contacted."""
        case = self.case(reader, row["case_id"])
        self.record(EventName.CANDIDATES_READ, reader, rows=0, case_id=case["case_id"], channel=row["channel"])
        said = dict(row["facts"])
        said = {k: v for k, v in said.items() if v is not None} | {"zones": tuple(said["zones"])}
        said |= {} if said.pop("contacts_reported") else {"contacts": None}
        said = {k: v for k, v in said.items() if k != "zones" or v}
        facts = contact_check.known(self.site, case["case_id"], self.clock())
        answer = contact_check.permission(self.site, facts, row["candidate_id"], row["channel"], said)
        return {
            "allowed": answer.decision.allowed,
            "rule_ids": list(answer.decision.rule_ids),
            "reason": answer.decision.reason,
            "citation": answer.decision.citation,
            "next_permitted_at": _text(answer.next_permitted_at),
        }

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

    def _portfolios(self) -> pa.ChunkedArray:
        return self.site.store.cases()["portfolio"]


def _with_case(now: case_now.CasesNow, case_id: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The candidates, each with what is known of it as a contact point, beside the case's life and next step."""
    points = {p["point_id"]: p for p in now.points(case_id)}
    step = step_of(now, case_id)
    told = []
    for row in rows:
        point = points.get(row["candidate_id"], {})
        told.append(
            {
                **row,
                "state": point.get("state", "unverified"),
                "failures": point.get("failures", 0),
                "is_next": step["point_id"] == row["candidate_id"],
            }
        )
    case = {"case_id": case_id, "life": now.life(case_id), "step": {k: _text(v) for k, v in step.items()}}
    return {"candidates": told, "case": case}


def _lines(rows: pa.Table, visible: np.ndarray) -> list[str]:
    """Each delta as one line of JSON; the payload is the very text that was written when it was published."""
    names = ("seq", "op", "candidate_id", "case_id", "run_key", "payload", "content_hash")
    columns = [rows[n].to_pylist() for n in names]
    times = _texts(rows["at"]).to_pylist()
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
    names = [f.name for f in rows.schema if not pa.types.is_binary(f.type)]
    columns = [_texts(rows[n]) if pa.types.is_timestamp(rows[n].type) else rows[n] for n in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*(c.to_pylist() for c in columns), strict=True)]


def _texts(times: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.strftime(times.cast(pa.timestamp("s", tz="UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ")


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
