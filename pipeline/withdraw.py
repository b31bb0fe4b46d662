"""withdraw: a person's withdrawal, from the moment it is heard to the last byte.

At once: recorded, hidden from every reader, DEL deltas written, sealed values deleted, old payloads redacted (one
transaction). Then: quarantined rows of theirs lose their payload, stages of runs that ended are removed, the database log is
cut. A run that is under way keeps its (encrypted) stage until it ends; ``pipeline.forget`` finishes then.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import connectors
import policy.forgetting
from core.errors import BadInput, ConfigError, SkiptraceError
from core.kinds import SourceKind
from core.reasons import Reason
from pipeline import lease, tombstones
from pipeline.site import Site
from pipeline.traits import Traits, canonical_id, row_tokens
from store.erasure import Erased, Keeping, Subject

_KEYS = ("case_id", "customer_no", "id_number")


@dataclass(frozen=True)
class Person:
    """Whom a withdrawal names: by one of case, customer number, id number. Never printed."""

    case_id: str | None = None
    customer_no: str | None = None
    id_number: str | None = None

    def __post_init__(self) -> None:
        if sum(v is not None for v in (self.case_id, self.customer_no, self.id_number)) != 1:
            raise BadInput("case_id", "missing")

    def __repr__(self) -> str:
        return f"Person(case_id={self.case_id!r})"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did. ``is_complete`` is false while a run holds a stage or a source could not be asked."""

    persons: int
    candidates: int
    restricted: int
    redacted: int
    payloads: int
    is_complete: bool
    due_at: datetime


def withdraw(
    site: Site,
    *,
    case_id: str | None = None,
    customer_no: str | None = None,
    id_number: str | None = None,
    scopes: Collection[str] | None = None,
    at: datetime | None = None,
    actor: str,
) -> Withdrawn:
    """One person's withdrawal, of these scopes or of all. Raises BadInput unless exactly one key is given."""
    return withdraw_all(site, [Person(case_id, customer_no, id_number)], scopes=scopes, at=at, actor=actor)


def withdraw_all(
    site: Site,
    persons: Iterable[Person],
    *,
    scopes: Collection[str] | None = None,
    at: datetime | None = None,
    actor: str,
) -> Withdrawn:
    """Several persons' withdrawals of the same scopes, in one transaction. Raises BadInput for a scope that nobody knows."""
    at = at or datetime.now(UTC)
    _require_known(site, scopes)
    who = [subject(site, person) for person in persons]
    tombstones.withdrawn(site, who, scopes, at)
    return heard(site, who, scopes=scopes, at=at, actor=actor)


def heard(site: Site, who: Sequence[Subject], *, scopes: Collection[str] | None, at: datetime, actor: str) -> Withdrawn:
    """What was told of these persons, done: now, or again after a restore."""
    deadline = policy.forgetting.withdrawal_deadline(site.pack, at)
    traits = known(site, who)
    erased = site.store.subjects.withdraw(
        who, scopes, at=at, due_at=deadline.due_at, rule_id=deadline.rule_id, keeping=keeping(site, at), actor=actor
    )
    payloads, is_complete = finish(site, traits) if scopes is None else (0, site.store.subjects.scrub())
    if scopes is not None and is_complete:
        with lease.without_runs(site) as is_free:
            if is_free:
                settle(site)
    return _summed(erased, payloads, is_complete, deadline.due_at)


def from_file(site: Site, file: Path, *, actor: str) -> Withdrawn:
    """Withdrawals of a CSV file: one of case_id, customer_no, id_number a row, and (optional) scopes, joined by ``|``.

    Raises ConfigError naming the row that names nobody or several: then nothing of the file is done. And naming the rows whose
    person or scope nobody knows, when all others are withdrawn: none of them waits for a row that has to be corrected first.
    """
    by_scopes: dict[frozenset[str] | None, list[Subject]] = {}
    unknown: list[str] = []
    for row, person, scopes in named_in(file):
        try:
            _require_known(site, scopes)
            found = subject(site, person)
        except BadInput as e:
            unknown.append(f"row {row}: {e}")
        else:
            by_scopes.setdefault(scopes, []).append(found)
    if not by_scopes and not unknown:
        raise ConfigError("no withdrawal in this file", file=file.name)
    at, done = datetime.now(UTC), []
    for scopes, who in by_scopes.items():
        tombstones.withdrawn(site, who, scopes, at)
        done.append(heard(site, who, scopes=scopes, at=at, actor=actor))
    if unknown:
        others = sum(len(who) for who in by_scopes.values())
        raise ConfigError(f"{'; '.join(unknown)}; the other rows ({others}) are withdrawn", file=file.name)
    return Withdrawn(
        persons=sum(d.persons for d in done),
        candidates=sum(d.candidates for d in done),
        restricted=sum(d.restricted for d in done),
        redacted=sum(d.redacted for d in done),
        payloads=sum(d.payloads for d in done),
        is_complete=all(d.is_complete for d in done),
        due_at=min(d.due_at for d in done),
    )


def named_in(file: Path) -> Iterator[tuple[int, Person, frozenset[str] | None]]:
    """Row, person and scopes (None: all) of each row of such a file. Raises ConfigError naming the row."""
    row = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            for row, cells in enumerate(csv.DictReader(text, strict=True), 1):
                given = {k: (cells.get(k) or "").strip() or None for k in _KEYS}
                scopes = frozenset(s.strip() for s in (cells.get("scopes") or "").split("|") if s.strip())
                if None in cells:
                    raise ConfigError(f"row {row} has more values than the header has columns", file=file.name)
                yield row, Person(**given), scopes or None
    except BadInput:
        raise ConfigError(f"row {row} must name exactly one of {', '.join(_KEYS)}", file=file.name) from None
    except (UnicodeDecodeError, csv.Error):
        raise ConfigError(f"is no CSV file in UTF-8 after row {row}", file=file.name) from None


def are_known(site: Site, scopes: Collection[str]) -> bool:
    """Whether the rules or a source name each of these; the withdrawal of any other would end nothing, and nobody would hear."""
    declared = {scope for source in site.deployment.signal_sources for scope in source.consent_scopes}
    return set(scopes) <= declared | set(site.pack.scopes)


def _require_known(site: Site, scopes: Collection[str] | None) -> None:
    if not are_known(site, scopes or ()):
        raise BadInput("scopes", Reason.NOT_IN_VOCABULARY)


def subject(site: Site, person: Person) -> Subject:
    """Their tokens and cases. A case the store does not know yet (before the first publish) is looked up in the list.

    Raises BadInput when neither knows the case: a withdrawal must not pass for heard when nobody was found.
    """
    if person.case_id is not None:
        found = site.store.subjects.find(case_id=person.case_id)
        return found if found.tokens else _listed(site, person.case_id)
    if person.customer_no is not None:
        return site.store.subjects.find(tokens=[site.token("customer_no", person.customer_no.strip())])
    return site.store.subjects.find(tokens=[site.token("id_number", canonical_id(site, person.id_number or ""))])


def _listed(site: Site, case_id: str) -> Subject:
    for spec in site.deployment.of_kind(SourceKind.DECLARED_CONTACTS):
        for batch in connectors.pull(spec, base=site.base, environ=site.environ, secrets=site.secrets):
            for row in batch.rows.filter(pc.field("case_id") == case_id).to_pylist():
                tokens = row_tokens(site, row)
                found = site.store.subjects.find(tokens=tokens) if tokens else Subject((), ())
                return Subject(tuple(sorted({*tokens, *found.tokens})), tuple(sorted({case_id, *found.case_ids})))
    raise BadInput("case_id", Reason.UNKNOWN_CASE)


def keeping(site: Site, at: datetime) -> Keeping:
    """How long the pack wants a contacted point kept in storage."""
    duty = policy.forgetting.contact_proof(site.pack, at)
    return Keeping(duty.period, duty.rule_id)


def known(site: Site, who: Sequence[Subject]) -> Traits:
    """What is known of these persons before it is deleted: their published contacts, opened in memory."""
    case_ids = frozenset(c for w in who for c in w.case_ids)
    tokens = site.store.subjects.paired([t for w in who for t in w.tokens])
    traits = Traits(site, tokens, case_ids)
    now = datetime.now(UTC)
    for case_id in sorted(case_ids):
        rows = site.store.candidates(case_id=case_id, at=now).filter(pc.field("kind") != "region")
        for candidate, blob in zip(rows["candidate_id"].to_pylist(), rows["value_sealed"].to_pylist(), strict=True):
            traits.learn_value(site.keys.open(blob, f"candidate:{candidate}"))
    return traits


def finish(site: Site, traits: Traits) -> tuple[int, bool]:
    """Everything beyond the published set: payloads in quarantine, stages of ended runs, the log. (payloads, complete)."""
    entries = site.store.quarantine_list(status=None)
    entries = entries.filter(pc.is_valid(entries["payload_sealed"]))
    is_known = True
    if entries.num_rows:
        is_known = learn_registry(site, traits)
    payloads = drop_payloads(site, traits, entries)
    with lease.without_runs(site) as is_free:
        if is_free:
            purge_stages(site)
        is_complete = site.store.subjects.scrub() and is_known and is_free
        if is_complete:
            settle(site)
    return payloads, is_complete


def settle(site: Site) -> None:
    """Mark every erasure that was waiting as done."""
    site.store.subjects.mark_erased(site.store.subjects.erasures("withdrawn")["id"].to_pylist())


def purge_stages(site: Site) -> None:
    """Remove what ended or killed runs left in the stage. The caller has the lease of runs."""
    for run_key in site.stage.runs():
        site.stage.purge(run_key)


def learn_registry(site: Site, traits: Traits) -> bool:
    """Their own values from the lender's list, which the store does not keep; false when it cannot be read now."""
    for spec in site.deployment.of_kind(SourceKind.DECLARED_CONTACTS):
        try:
            for batch in connectors.pull(spec, base=site.base, environ=site.environ, secrets=site.secrets):
                learn_rows(traits, batch.rows)
        except SkiptraceError:
            return False
    return True


def learn_rows(traits: Traits, rows: pa.Table) -> None:
    """Take the values of those registry rows that are theirs."""
    keys = rows.select([c for c in ("case_id", "customer_no", "id_number") if c in rows.column_names])
    for i, key in enumerate(keys.to_pylist()):
        if traits.own(key):
            traits.learn(rows.slice(i, 1).to_pylist()[0])


def drop_payloads(site: Site, traits: Traits, entries: pa.Table) -> int:
    """Take the payload out of every quarantine entry that is theirs; how many."""
    bodies = [_opened(site, e) for e in entries.select(["source", "payload_sealed"]).to_pylist()]
    for body in bodies:
        if traits.own(body):
            traits.learn(body)
    ids = entries["id"].to_pylist()
    return site.store.subjects.drop_payloads([i for i, body in zip(ids, bodies, strict=True) if traits.match(body)])


def _opened(site: Site, entry: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(site.keys.open(entry["payload_sealed"], f"quarantine:{entry['source']}"))
    return body


def _summed(erased: Sequence[Erased], payloads: int, is_complete: bool, due_at: datetime) -> Withdrawn:
    return Withdrawn(
        persons=len(erased),
        candidates=sum(e.deleted + e.restricted for e in erased),
        restricted=sum(e.restricted for e in erased),
        redacted=sum(e.redacted for e in erased),
        payloads=payloads,
        is_complete=is_complete,
        due_at=due_at,
    )
