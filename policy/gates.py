"""The three gates, by column: before matching, after matching, and whenever somebody reads.

A gate answers every row it is given, names the rule that decided, and raises nothing: a denial is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.deployment import SourceSpec
from core.kinds import CaseStatus, SourceKind
from core.schemas import TEXT, TIME
from policy import columns
from policy.conditions import PRECEDENCE, Condition
from policy.grants import CODE, STANDINGS, Codes, Found, Grants
from policy.pack import Pack

GRANTED, PENDING, WITHHELD = "granted", "pending", "withheld"
JOINT = "|"  # joins the consents of a row whose source needs several scopes

ADMISSIONS = pa.schema([("signal_id", TEXT), ("outcome", TEXT), ("rule_id", TEXT), ("consent_id", TEXT)])
LINK_ADMISSIONS = pa.schema(
    [("signal_id", TEXT), ("case_id", TEXT), ("outcome", TEXT), ("rule_id", TEXT), ("consent_id", TEXT)]
)
READABLE = pa.schema([("visible", pa.bool_()), ("rule_id", TEXT)])

_NUMBER: dict[Condition, int] = {c: i for i, c in enumerate(PRECEDENCE)}
_OF_STANDING = np.array([_NUMBER[s] for s in STANDINGS], np.int8)
_VALID = _NUMBER[Condition.VALID_GRANT]


def admit(signals: pa.Table, grants: Grants, *, source: SourceSpec, pack: Pack, at: datetime) -> pa.Table:
    """First gate: ADMISSIONS for one source's CLEAN_SIGNALS, row by row, as of ``at`` (aware).

    A row with a key of its subject (customer number, full id) is granted or withheld; one without is pending.
    """
    against = source_condition(source.kind, source.consent_scopes, grants.purpose, pack)
    conditions, consents = _subjects(
        grants, source.consent_scopes, columns.text(signals, "customer_no"), columns.text(signals, "id_number")
    )
    conditions = np.minimum(_ages(columns.column(signals, "observed_at"), source.kind, pack, at), conditions)
    if against is not None:
        conditions = np.full(signals.num_rows, _NUMBER[against], np.int8)
    outcome, rule_id = _answers(conditions, source.kind, pack, at, pending=True)
    return pa.Table.from_arrays([columns.text(signals, "signal_id"), outcome, rule_id, consents], schema=ADMISSIONS)


@dataclass(frozen=True)
class Debtors:
    """The second gate for one registry: how its every case stands for the signals of each source.

    Judged once, whatever number of links asks, and without the consents from then on.
    """

    cases: pa.Array
    by_source: Mapping[str, pa.Table]  # outcome, rule_id and consent_id of each case
    default_rule: str

    @classmethod
    def judged(
        cls,
        registry: pa.Table,
        grants: Grants,
        *,
        sources: Iterable[SourceSpec],
        pack: Pack,
        at: datetime,
    ) -> Debtors:
        """By the consents of the debtors of this CLEAN_REGISTRY, as of ``at`` (aware)."""
        answers = {s.name: _debtors(registry, grants, s, pack, at) for s in sources}
        return cls(columns.text(registry, "case_id"), answers, pack.deciding(Condition.DEFAULT, at).id)

    def admit(self, links: pa.Table, signals: pa.Table) -> pa.Table:
        """LINK_ADMISSIONS for every link (signal_id, case_id), in order; ``signals`` has signal_id and source.

        A link whose signal, source or case is not known is withheld by the default rule.
        """
        signal = columns.positions(columns.text(links, "signal_id"), columns.text(signals, "signal_id"))
        case = columns.positions(columns.text(links, "case_id"), self.cases)
        name = columns.text(signals, "source").take(pa.array(signal, mask=signal < 0))
        known = pc.is_in(name, value_set=pa.array(list(self.by_source), TEXT))
        parts = [_withheld_links(links, np.flatnonzero(~columns.flags(known) | (case < 0)), self.default_rule)]
        for source, answers in self.by_source.items():
            chosen = np.flatnonzero(columns.flags(pc.equal(name, source)) & (case >= 0))
            if len(chosen):
                parts.append(_with_links(links, chosen, answers.take(pa.array(case[chosen]))))
        found = pa.concat_tables(parts)
        return found.take(pc.sort_indices(found, [("link", "ascending")])).select(LINK_ADMISSIONS.names)


def may_read(
    candidates: pa.Table,
    grants: Grants,
    *,
    pack: Pack,
    at: datetime,
    sources: Mapping[str, SourceSpec] | Iterable[SourceSpec] | None = None,
) -> pa.Table:
    """Third gate: READABLE for each candidate, in order, by the grants as they stand now.

    Hidden when any consent it rests on no longer stands, for its probability was computed from data that may no longer be
    used; hidden, too, when it rests on none. ``candidates`` has consent_ids and, where one consent id covers several scopes,
    sources: with the declarations given, only the scopes of the candidate's own sources count.
    """
    conditions = np.full(candidates.num_rows, _NUMBER[Condition.NO_GRANT], np.int8)
    consent_ids = columns.column(candidates, "consent_ids")
    for rows, scopes in _by_scopes(candidates, sources):
        conditions[rows] = _worst(consent_ids.take(pa.array(rows)), grants, scopes)
    outcome, rule_id = _answers(conditions, None, pack, at, pending=False)
    return pa.Table.from_arrays([pc.equal(outcome, GRANTED), rule_id], schema=READABLE)


def source_condition(kind: SourceKind, scopes: Iterable[str], purpose: str, pack: Pack) -> Condition | None:
    """What stands against a whole source under this pack, whoever its rows are about; null when nothing does."""
    return next(iter(source_conditions(kind, tuple(scopes), purpose, pack)), None)


def source_conditions(kind: SourceKind, scopes: tuple[str, ...], purpose: str, pack: Pack) -> list[Condition]:
    """Everything that stands against a whole source, the deciding one first."""
    known = [pack.scopes[s] for s in scopes if s in pack.scopes]
    given = {c for s in known for c in s.classes}
    needed = pack.kinds[kind].classes if kind in pack.kinds else ()
    holds = {
        Condition.PURPOSE_UNKNOWN: purpose not in pack.purposes,
        Condition.KIND_NOT_ALLOWED: kind not in pack.kinds,
        Condition.SCOPE_UNKNOWN: not scopes or len(known) < len(scopes),
        Condition.SCOPE_OF_ANOTHER_KIND: any(kind not in s.kinds for s in known),
        Condition.CLASS_NOT_COVERED: not set(needed) <= given,
    }
    return [c for c, h in holds.items() if h]


# --- a subject's grants of every scope ------------------------------------------------------------------------------


def _subjects(
    grants: Grants, scopes: Iterable[str], customer_no: pa.Array, id_number: pa.Array
) -> tuple[Codes, pa.Array]:
    """Condition numbers and consent ids: a subject needs a valid grant of every scope, and the first that fails decides."""
    found = [grants.find(scope, customer_no, id_number) for scope in scopes]
    conditions = np.full(len(customer_no), _VALID if found else _NUMBER[Condition.NO_GRANT], np.int8)
    decisive = pa.nulls(len(customer_no), TEXT)
    for answer in reversed(found):
        failed = answer.standing != CODE[Condition.VALID_GRANT]
        conditions = np.where(failed, _OF_STANDING[answer.standing], conditions).astype(np.int8)
        decisive = pc.if_else(pa.array(failed), grants.consent_ids(answer.row), decisive)
    return conditions, pc.if_else(pa.array(conditions == _VALID), _joined(grants, found, len(customer_no)), decisive)


def _joined(grants: Grants, found: list[Found], rows: int) -> pa.Array:
    ids = [grants.consent_ids(f.row) for f in found]
    if len(ids) < 2:
        return ids[0] if ids else pa.nulls(rows, TEXT)
    return pc.binary_join_element_wise(*ids, JOINT)


def _debtors(registry: pa.Table, grants: Grants, source: SourceSpec, pack: Pack, at: datetime) -> pa.Table:
    """The answer of each case of the registry for signals of this source: outcome, rule_id, consent_id."""
    against = source_condition(source.kind, source.consent_scopes, grants.purpose, pack)
    conditions, consents = _subjects(
        grants, source.consent_scopes, columns.text(registry, "customer_no"), columns.text(registry, "id_number")
    )
    # A registry without a status column is a list of open cases; a status that is not open closes the case.
    closed = columns.flags(pc.not_equal(columns.text(registry, "case_status"), CaseStatus.OPEN.value))
    conditions = np.where(closed, _NUMBER[Condition.CASE_NOT_OPEN], conditions).astype(np.int8)
    if against is not None:
        conditions = np.full(registry.num_rows, _NUMBER[against], np.int8)
    outcome, rule_id = _answers(conditions, source.kind, pack, at, pending=False)
    return pa.table({"outcome": outcome, "rule_id": rule_id, "consent_id": consents})


# --- age ------------------------------------------------------------------------------------------------------------


def _ages(observed: pa.Array, kind: SourceKind, pack: Pack, at: datetime) -> Codes:
    """What a row's own time says against it: nothing is _VALID."""
    oldest = oldest_allowed(kind, pack, at)
    cases = (
        (pc.is_null(observed), Condition.NOT_DATED),
        (pc.greater(observed, _moment(at)), Condition.IN_THE_FUTURE),
        (pa.array([True]) if oldest is None else pc.less(observed, _moment(oldest)), Condition.TOO_OLD),
    )
    out = np.full(len(observed), _VALID, np.int8)
    for mask, condition in reversed(cases):
        out[np.broadcast_to(columns.flags(mask), len(observed))] = _NUMBER[condition]
    return out


def oldest_allowed(kind: SourceKind, pack: Pack, at: datetime) -> datetime | None:
    """The earliest observation of this kind that may still be used; null when no rule in force says: then none may."""
    days = pack.deciding(Condition.TOO_OLD, at, kind).max_age_days
    return None if days is None else at - timedelta(days=days)


def _moment(at: datetime) -> pa.Scalar:
    return pa.scalar(at, TIME)


# --- links ----------------------------------------------------------------------------------------------------------


def _withheld_links(links: pa.Table, rows: npt.NDArray[np.int64], rule: str) -> pa.Table:
    answers = {
        "outcome": pa.array([WITHHELD] * len(rows), TEXT),
        "rule_id": pa.array([rule] * len(rows), TEXT),
        "consent_id": pa.nulls(len(rows), TEXT),
    }
    return _with_links(links, rows, pa.table(answers))


def _with_links(links: pa.Table, rows: npt.NDArray[np.int64], answers: pa.Table) -> pa.Table:
    chosen = links.select(["signal_id", "case_id"]).take(pa.array(rows))
    columns = {"link": pa.array(rows), **{n: chosen[n] for n in chosen.column_names}}
    return pa.table(columns | {n: answers[n] for n in answers.column_names})


# --- candidates -----------------------------------------------------------------------------------------------------


def _by_scopes(
    candidates: pa.Table, sources: Mapping[str, SourceSpec] | Iterable[SourceSpec] | None
) -> list[tuple[npt.NDArray[np.int64], frozenset[str] | None]]:
    """The candidates' rows by the set of scopes their sources need; null: every scope counts."""
    everything = np.arange(candidates.num_rows)
    if sources is None or "sources" not in candidates.column_names:
        return [(everything, None)]
    specs = sources if isinstance(sources, Mapping) else {s.name: s for s in sources}
    encoded = pc.binary_join(columns.column(candidates, "sources"), JOINT).dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    out: list[tuple[npt.NDArray[np.int64], frozenset[str] | None]] = [(np.flatnonzero(codes == -1), None)]
    for i, joined in enumerate(encoded.dictionary.to_pylist()):
        named = [specs.get(n) for n in joined.split(JOINT)]
        scopes = None if None in named else frozenset(s for spec in named if spec for s in spec.consent_scopes)
        out.append((np.flatnonzero(codes == i), scopes))
    return out


def _worst(consent_ids: pa.Array, grants: Grants, scopes: frozenset[str] | None) -> Codes:
    """Of each list of consent ids, the condition that decides: the first of PRECEDENCE that any of them has."""
    lists = pc.list_parent_indices(consent_ids)
    joint = pc.split_pattern(pc.fill_null(pc.list_flatten(consent_ids), ""), JOINT)
    parents = lists.take(pc.list_parent_indices(joint)).to_numpy(zero_copy_only=False)
    ids, worst = grants.by_consent(scopes)
    at = pc.fill_null(pc.index_in(pc.list_flatten(joint), value_set=ids), len(ids)).to_numpy(zero_copy_only=False)
    numbers = np.append(_OF_STANDING[worst], _NUMBER[Condition.NO_GRANT]).astype(np.int8)[at]
    out = np.full(len(consent_ids), len(PRECEDENCE), np.int8)
    np.minimum.at(out, parents, numbers)
    return np.where(out == len(PRECEDENCE), _NUMBER[Condition.NO_GRANT], out).astype(np.int8)


# --- answers --------------------------------------------------------------------------------------------------------


def _answers(
    conditions: Codes, kind: SourceKind | None, pack: Pack, at: datetime, *, pending: bool
) -> tuple[pa.Array, pa.Array]:
    """Outcome and deciding rule of each row, from its condition."""
    rules = [pack.deciding(c, at, kind) for c in PRECEDENCE]
    outcomes = [GRANTED if r.effect == "permit" else WITHHELD for r in rules]
    if pending:
        outcomes[_NUMBER[Condition.NO_SUBJECT_KEY]] = PENDING
    at_row = pa.array(conditions)
    return pa.array(outcomes, TEXT).take(at_row), pa.array([r.id for r in rules], TEXT).take(at_row)
