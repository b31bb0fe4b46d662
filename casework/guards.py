"""What must hold before an action is asked for, approved, carried out. Guards read the state and the event, and change nothing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from casework.batch import ABSENT, ALL_CODES, Batch, Bools, Ints
from casework.rules import load, rules
from casework.state import ACTION, ACTIONS, LIFE, STATUS, State
from casework.terms import Terms
from casework.vocabulary import CHANNELS, CODES, UNGATED, Action, Artefact, ClosedReason, EventKind, Life, Status

ACCEPTED = 0
VOICE = CHANNELS.index("voice")
_DAY = 86_400_000_000


@cache
def number(rule_id: str) -> int:
    """The number of a rule in columns: its place in the table, from one."""
    return list(rules()).index(rule_id) + 1


def refused(*reasons: tuple[Bools, str]) -> Ints:
    """By event the first rule whose condition holds, else ACCEPTED."""
    found = np.select([mask for mask, _ in reasons], [number(rule) for _, rule in reasons], ACCEPTED)
    return found.astype(np.int64)


def action_of(code: Ints) -> Ints:
    return _translated(tuple(ACTIONS))[code]


def artefact_of(code: Ints) -> Ints:
    return _translated(tuple(Artefact))[code]


def channel_of(code: Ints) -> Ints:
    return _translated(CHANNELS)[code]


@cache
def _translated(names: tuple[str, ...]) -> Ints:
    places = {str(n): i for i, n in enumerate(names)}
    return np.array([places.get(c, ABSENT) for c in ALL_CODES], dtype=np.int64)


def request(s: State, e: Batch, terms: Terms, refs: pa.Array) -> Ints:
    """May this be asked for? The standing conditions, then the facts of the case as they stood when it was asked."""
    action = action_of(e.code)
    is_pending = np.isin(s.status[e.case, action], [STATUS[Status.REQUESTED], STATUS[Status.APPROVED]])
    is_visit, is_letter, is_trace = (action == ACTION[a] for a in (Action.VISIT, Action.LAWYER_LETTER, Action.TRACE))
    no_agency = (action == ACTION[Action.ENTRUST]) & ~_is_agency(e, terms, refs)
    no_address = (action == ACTION[Action.LETTER]) & (e.point == ABSENT)
    is_bot = (action == ACTION[Action.VOICE_BOT]) & ~((e.point != ABSENT) & s.point_declared[e.point])
    return _first(
        standing(s, e, terms),
        refused(
            (is_pending, "CW-APPROVAL-01"),
            (e.actor == ABSENT, "CW-CODE-01"),
            (is_trace & (e.ref == ABSENT), "CW-PIA-01"),
            (is_visit & ~(e.days_past_due >= terms.visit_min_days_past_due), "CW-VISIT-01"),
            (is_visit & ~(e.origins >= terms.visit_min_origins), "CW-VISIT-02"),
            (is_letter & ~_is_long_lost(e, terms), "CW-LETTER-01"),
            (is_letter & ~(e.balance >= terms.letter_min_balance), "CW-LETTER-02"),
            (is_letter & (e.ref == ABSENT), "CW-INTENT-01"),
            (no_agency, "CW-ENTRUST-01"),
            (is_bot, "CW-BOT-01"),
            (no_address, "CW-CODE-01"),
            ((action == ACTION[Action.HIGH_RISK]) & ~_is_ref(e, refs, "high"), "CW-RISK-01"),
        ),
    )


def approval(s: State, e: Batch, terms: Terms, _refs: pa.Array) -> Ints:
    """May this be approved? Something was asked for, by somebody else, and the conditions still stand."""
    action = action_of(e.code)
    own = (e.actor == ABSENT) | (s.asked_by[e.case, action] == e.actor)
    return _first(
        refused((s.status[e.case, action] != STATUS[Status.REQUESTED], "CW-APPROVAL-01"), (own, "CW-APPROVAL-02")),
        standing(s, e, terms),
    )


def doing(s: State, e: Batch, terms: Terms, _refs: pa.Array) -> Ints:
    """May this be carried out? It was approved, the conditions still stand, and a visit has its two agents.

    A trace, a risk and a contact taken in are not carried out: approving them is all there is.
    """
    action = action_of(e.code)
    nothing = np.isin(action, [ACTION[a] for a in (Action.TRACE, Action.HIGH_RISK, Action.VOLUNTEERED)])
    return _first(
        refused((nothing, "CW-CODE-01"), (s.status[e.case, action] != STATUS[Status.APPROVED], "CW-APPROVAL-03")),
        standing(s, e, terms),
        refused(((action == ACTION[Action.VISIT]) & ~(e.agents >= 2), "CW-VISIT-04")),
    )


def standing(s: State, e: Batch, terms: Terms) -> Ints:
    """What must hold whenever an action is asked for, approved or carried out."""
    action, case = action_of(e.code), e.case
    is_lost = np.isin(s.life[case], [LIFE[Life.LOST], LIFE[Life.TRACING]])
    is_relay = action == ACTION[Action.RELAY]
    needs_lost = is_relay | np.isin(action, [ACTION[Action.TRACE], ACTION[Action.LAWYER_LETTER]])
    gates = np.array([a in UNGATED or a in terms.gates for a in ACTIONS])
    confirmed = s.status[case, ACTION[Action.HIGH_RISK]] == STATUS[Status.APPROVED]
    return refused(
        (s.is_closed[case], "CW-CLOSED-01"),
        (~gates[action], "CW-GATE-01"),
        (s.complaints_open[case] > 0, "CW-COMPLAINT-01"),
        (s.forborne_until[case] > e.at, "CW-FORBEAR-01"),
        (needs_lost & ~is_lost, "CW-LOST-01"),
        (is_relay & (not terms.relay), "CW-RELAY-01"),
        (is_relay & s.relay_spent[case], "CW-RELAY-02"),
        ((action == ACTION[Action.VISIT]) & s.is_vulnerable[case], "CW-VISIT-03"),
        ((action == ACTION[Action.ENTRUST]) & ~confirmed, "CW-ENTRUST-02"),
        ((action == ACTION[Action.EVIDENCE]) & (s.evidence[case] < 1), "CW-EVIDENCE-01"),
    )


def required(s: State, case: Ints) -> Bools:
    """Case × artefact: what must be in the file before it is archived, by how the case ended and what happened in it."""
    by_reason, by_history = _file()
    out: Bools = by_reason[s.closed_reason[case]].copy()
    done = STATUS[Status.DONE]
    happened = {
        "traced": s.was_traced[case],
        "talked": s.has_talked[case],
        "visited": s.status[case, ACTION[Action.VISIT]] == done,
        "lawyer_letter_sent": s.status[case, ACTION[Action.LAWYER_LETTER]] == done,
    }
    for name, mask in happened.items():
        out |= mask[:, None] & by_history[name]
    return out


def required_by(reason: str) -> Bools:
    """By artefact: what must be in the file of a case that ended like this; nothing in particular for an end the table does not have."""
    out: Bools = _file()[0][ALL_CODES.index(reason) if reason in ALL_CODES else ABSENT]
    return out


@cache
def _file() -> tuple[Bools, dict[str, Bools]]:
    table = load("archive.yaml")
    names = [str(a) for a in Artefact]

    def bits(wanted: list[str]) -> Bools:
        return np.array([n in wanted for n in names], dtype=np.bool_)

    by_reason = np.zeros((len(ALL_CODES) + 1, len(names)), dtype=np.bool_)
    for reason in ClosedReason:
        by_reason[ALL_CODES.index(reason)] = bits(table["by_reason"][reason.value])
    return by_reason, {h: bits(w) for h, w in table["by_history"].items()}


def _first(*answers: Ints) -> Ints:
    """By event the first answer that refuses."""
    out = answers[0]
    for more in answers[1:]:
        out = np.where(out == ACCEPTED, more, out)
    return out


def _is_long_lost(e: Batch, terms: Terms) -> Bools:
    """Lost for longer than so many months: from the day after they have run."""
    days = np.where(e.lost_since == ABSENT, 0, e.lost_since).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    later = months + np.timedelta64(terms.letter_lost_months, "M")
    last = (later + 1).astype("datetime64[D]") - np.timedelta64(1, "D")  # a shorter month ends sooner
    through = np.minimum(later.astype("datetime64[D]") + (days - months.astype("datetime64[D]")), last)
    today = (e.at // _DAY).astype("datetime64[D]")
    found: Bools = (e.lost_since != ABSENT) & (today > through)
    return found


def _is_agency(e: Batch, terms: Terms, refs: pa.Array) -> Bools:
    """It names an agency with a contract in force and an evaluation that still counts, which may not pass the case on."""
    today = (e.at // _DAY).astype("datetime64[D]")
    out = np.zeros(len(e.case), dtype=np.bool_)
    for agency in terms.agencies:
        until = np.datetime64(min(agency.contract_until, agency.evaluated_until), "D")
        out |= _is_ref(e, refs, agency.id) & (today < until) & (not agency.may_sub_entrust)
    return out


def _is_ref(e: Batch, refs: pa.Array, text: str) -> Bools:
    place = refs.index(text).as_py() if len(refs) else ABSENT
    found: Bools = (e.ref == place) & (e.ref != ABSENT)
    return found


assert set(CODES[EventKind.REQUESTED]) == set(ACTIONS)
