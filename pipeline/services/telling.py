"""What case systems tell: outcomes, withdrawals, closures, each batch once for its key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from core.errors import BadInput
from core.events import EventName
from core.kinds import Disposition
from pipeline import closure, withdraw
from pipeline.services.cases import Cases, EventKind, Stopped
from pipeline.services.cases import Told as CaseTold
from pipeline.services.gate import Gate
from pipeline.services.readers import NotVisible, NotYours, Reader, Told
from store.feed import Written
from store.subjects import CONTACTS

CLOCK_SKEW = timedelta(minutes=5)
_PERSONS_ONLY = frozenset({EventKind.APPROVED, EventKind.DECLINED})  # in the workbench or at the command line


@dataclass
class Telling(Gate):
    """The doors that write."""

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

    def case_state(self, reader: Reader, case_id: str) -> dict[str, Any]:
        """Where a case stands. Raises NotYours, NotVisible."""
        self.case(reader, case_id)
        view = Cases(self.site, self.clock).view(case_id, reader.actor).as_dict()
        return dict(view["state"]) | {n: view[n] for n in ("points", "step", "segment", "actions", "clocks", "missing")}

    def case_events(self, reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[Told]:
        """Keep what happened to cases, one by one; the code of a row that is refused is the rule that stands against it."""
        cases = Cases(self.site, self.clock)
        return [Told(i, *self._case_event(cases, reader, row)) for i, row in enumerate(rows)]

    def _case_event(self, cases: Cases, reader: Reader, row: Mapping[str, Any]) -> tuple[str, str]:
        if row["kind"] in _PERSONS_ONLY:
            return "rejected", "persons_only"
        try:
            self.case(reader, row["case_id"])
            said = {k: v for k, v in row.items() if k not in {"case_id", "agents"}}
            cases.tell(row["case_id"], CaseTold(**said, agents=tuple(row["agents"])), reader.actor)
        except Stopped as e:
            return "rejected", e.rule.id
        except BadInput as e:
            return "rejected", f"{e.field}:{e.reason}"
        except (NotYours, NotVisible):
            return "rejected", "unknown_case"
        return "accepted", ""

    def _withdrawal_problem(self, reader: Reader, row: Mapping[str, Any]) -> str:
        """Why it is not accepted. Whoever sees every portfolio may withdraw for a customer nobody traces (yet)."""
        if (row.get("at") or self.clock()) > self.clock() + CLOCK_SKEW:
            return "in_the_future"
        if not withdraw.are_known(self.site, row.get("scopes") or ()):
            return "unknown_scope"
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
