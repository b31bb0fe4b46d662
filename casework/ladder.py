"""The channel ladder: the next step of every case, with its window, its script and what a person must approve first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field, TypeAdapter

from casework import clock, guards, segments
from casework.batch import ABSENT, ALL_CODES, NEVER, Batch, Bools, Ints
from casework.clock import Contacts, Free
from casework.facts import Facts
from casework.replay import KINDS, Replayed
from casework.rules import FROZEN, load
from casework.state import ACTION, LIFE, STATUS, STATUSES, State
from casework.terms import Terms
from casework.vocabulary import CHANNELS, UNGATED, Action, EventKind, Life, Status
from core.schemas import TIME

_DAY = 86_400_000_000
CHANNEL_OF = {
    Action.RELAY: "voice",
    Action.VISIT: "visit",
    Action.LAWYER_LETTER: "lawyer_letter",
    Action.VOICE_BOT: "voice",
    Action.MESSAGING: "messaging",
    Action.LETTER: "letter",
}
"""On which channel an action reaches somebody; an action that is not here reaches nobody."""


class Rung(BaseModel):
    """One step of the ladder, as the table says it."""

    model_config = FROZEN
    id: str
    rows: tuple[str, ...]
    stage: Literal["routine", "precise", "visit", "treatment"]
    channel: Literal["voice", "sms", "email", "messaging", "letter", "lawyer_letter", "visit"] | None = None
    point: Literal["declared", "candidate", "emergency", "address"] | None = None
    kinds: tuple[Literal["phone", "email", "messaging"], ...] = ()
    script: str | None = None
    action: Action | None = None
    lives: tuple[Life, ...]
    needs: tuple[str, ...] = ()
    days: Annotated[int, Field(ge=0)]
    times: Annotated[int, Field(ge=1)] | None = None
    within: Annotated[int, Field(ge=1)] | None = None


# Why a case has no step now.
HOLDS = ("closed", "complaint", "forborne", "promised", "nothing_left")


@cache
def rungs() -> tuple[Rung, ...]:
    """The ladder, from the lightest step up."""
    return TypeAdapter(tuple[Rung, ...]).validate_python(load("ladder.yaml"))


@dataclass(frozen=True, slots=True)
class _Night:
    """What every rung asks of."""

    state: State
    facts: Facts
    at: int
    terms: Terms
    contacts: Contacts  # owner: the case
    best: dict[str, Ints]  # by kind the declared point to try next
    segments: segments.Segments


def steps(replayed: Replayed, facts: Facts, at: int, terms: Terms) -> pa.Table:
    """The next step of every case at this moment: one row a case, in the order of the cases."""
    by_case = contacts_of(replayed)
    best = {kind: _best_point(replayed.state, kind, terms) for kind in ("phone", "email", "messaging")}
    night = _Night(replayed.state, facts, at, terms, by_case, best, segments.segment(replayed.state, at))
    hold = _hold(night)
    chosen = np.full(len(replayed.case_ids), ABSENT, dtype=np.int64)
    for i, rung in enumerate(rungs()):
        waiting = (chosen == ABSENT) & (hold == ABSENT)
        if waiting.any():
            chosen[waiting & _fits(rung, night)] = i
    hold = np.where((hold == ABSENT) & (chosen == ABSENT), HOLDS.index("nothing_left"), hold)
    return _table(replayed, night, chosen, hold)


def contacts_of(replayed: Replayed) -> Contacts:
    """Every contact that was made or tried with the debtor or a third party, by case."""
    b = replayed.encoded.batch
    made = [ALL_CODES.index(a) for a in CHANNEL_OF]
    is_attempt = b.kind == KINDS.index(EventKind.ATTEMPT)
    is_contact = is_attempt | ((b.kind == KINDS.index(EventKind.DONE)) & np.isin(b.code, made))
    channel = np.where(is_attempt, b.channel, _channels()[b.code])
    talked = np.isin(b.code, [ALL_CODES.index("right_party"), ALL_CODES.index("refused")])
    silent = b.code == ALL_CODES.index("no_answer")
    return Contacts(b.case, b.point, b.at, channel, is_attempt & talked, is_attempt & silent).take(is_contact)


@cache
def _channels() -> Ints:
    out = np.full(len(ALL_CODES) + 1, ABSENT, dtype=np.int64)
    for action, channel in CHANNEL_OF.items():
        out[ALL_CODES.index(action)] = CHANNELS.index(channel)
    return out


def _hold(n: _Night) -> Ints:
    closed = n.state.is_closed | n.facts.is_closed
    complained = complaining(n.state, n.facts)
    promised = (n.state.promise_due != NEVER) & (n.state.promise_due >= n.at)
    return np.select(
        [closed, complained, n.state.forborne_until > n.at, promised],
        [HOLDS.index(h) for h in HOLDS[:-1]],
        ABSENT,
    )


def complaining(state: State, facts: Facts) -> Bools:
    """By case: a complaint of its person is open, about this case or another of theirs."""
    theirs = np.bincount(facts.person, weights=state.complaints_open, minlength=facts.persons)
    found: Bools = theirs[facts.person] > 0
    return found


def _best_point(s: State, kind: str, terms: Terms) -> Ints:
    """By case the declared point of this kind that failed least and is not exhausted; ABSENT where there is none."""
    points = np.flatnonzero(
        s.point_declared[:-1] & (s.point_kind[:-1] == ALL_CODES.index(kind)) & ~s.point_volunteered[:-1]
    )
    points = points[~s.is_exhausted(points, terms.failures_in_a_row)]
    worst_first = points[np.lexsort((-points, -s.point_fails[points]))]
    out = np.full(len(s.life), ABSENT, dtype=np.int64)
    out[s.point_case[worst_first]] = worst_first  # the last written, the best, stays
    return out


def _fits(rung: Rung, n: _Night) -> Bools:
    """The cases whose life, facts and history this rung asks for."""
    fits: Bools = np.isin(n.state.life, [LIFE[life] for life in rung.lives]) & (n.facts.days_past_due >= rung.days)
    for need in rung.needs:
        fits &= _FACTS[need](n)
    if rung.point == "declared":
        fits &= np.any([n.best[kind] != ABSENT for kind in rung.kinds], axis=0)
    if rung.channel is not None:
        fits &= (n.state.opted_out >> CHANNELS.index(rung.channel)) & 1 == 0
    if rung.channel is not None and rung.times is not None and rung.within is not None:
        since = n.at - rung.within * _DAY
        recent = (n.contacts.channel == CHANNELS.index(rung.channel)) & (n.contacts.at > since)
        fits &= np.bincount(n.contacts.owner[recent], minlength=len(fits)) < rung.times
    return fits if rung.action is None else fits & _may_go_on(rung.action, n)


def _may_go_on(action: Action, n: _Night) -> Bools:
    """A person may ask for it now, or approved it already. What waits for an answer is not asked again."""
    approved: Bools = n.state.status[:, ACTION[action]] == STATUS[Status.APPROVED]
    may_ask: Bools = why_not(action, n.state, n.facts, n.at, n.terms, n.segments) == guards.ACCEPTED
    is_open = action in UNGATED or action in n.terms.gates
    return np.asarray(may_ask & ~approved) | np.asarray(approved & is_open)


def why_not(action: Action, state: State, facts: Facts, at: int, terms: Terms, found: segments.Segments) -> Ints:
    """By case the number of the rule that stands against asking for this action now, or ACCEPTED: the guards, asked for everybody."""
    n = len(state.life)
    refs = pa.array([*[a.id for a in terms.agencies], "high", "given"])
    ref = np.full(n, len(refs) - 1, dtype=np.int64)
    if action is Action.HIGH_RISK:
        ref = np.where(found.risk == segments.BANDS.index("high"), len(refs) - 2, ref)
    nothing = np.full(n, ABSENT, dtype=np.int64)
    point = nothing
    if action is Action.VOICE_BOT:
        point = _best_point(state, "phone", terms)
    if action is Action.LETTER:  # which one does not matter to the guard
        point = np.where(_has(facts.candidate_address), 0, ABSENT)
    asked = Batch(
        case=np.arange(n),
        at=np.full(n, at, dtype=np.int64),
        kind=np.full(n, KINDS.index(EventKind.REQUESTED), dtype=np.int64),
        code=np.full(n, ALL_CODES.index(action), dtype=np.int64),
        point=point,
        channel=nothing,
        is_third_party=np.zeros(n, dtype=np.bool_),
        until=nothing,
        amount=np.full(n, np.nan),
        days_past_due=facts.days_past_due,
        balance=facts.balance,
        origins=facts.origins,
        lost_since=facts.lost_since,
        agents=nothing,
        actor=np.zeros(n, dtype=np.int64),
        ref=ref,
    )
    answers = guards.request(state, asked, terms, refs)
    # any agency will do: the answer of the one that fits, else of the last
    for i in range(len(terms.agencies) if action is Action.ENTRUST else 0):
        asked.ref[:] = i
        answers = np.where(answers == guards.ACCEPTED, answers, guards.request(state, asked, terms, refs))
    suspended = (answers == guards.ACCEPTED) & complaining(state, facts)
    return np.where(suspended, guards.number("CW-COMPLAINT-01"), answers)


def _overdue_days(n: _Night) -> Ints:
    """Days since an open promise fell due, the day after it the first; 0 while it is not due or there is none."""
    return np.where(n.state.promise_due < n.at, (n.at - n.state.promise_due) // _DAY + 1, 0)


def _between(first: int, last: int) -> Callable[[_Night], Bools]:
    return lambda n: (_overdue_days(n) >= first) & (_overdue_days(n) <= last)


_FACTS: dict[str, Callable[[_Night], Bools]] = {
    "has_address": lambda n: n.facts.has_address,
    "has_emergency": lambda n: n.facts.has_emergency,
    "has_candidate_phone": lambda n: _has(n.facts.candidate_phone),
    "has_candidate_address": lambda n: _has(n.facts.candidate_address),
    "promise_overdue_1_to_3": _between(1, 3),
    "promise_overdue_4_to_7": _between(4, 7),
    "promise_overdue_over_7": _between(8, NEVER),
}


def _has(column: pa.Array) -> Bools:
    found: Bools = column.is_valid().to_numpy(zero_copy_only=False)
    return found


def _table(replayed: Replayed, n: _Night, chosen: Ints, hold: Ints) -> pa.Table:
    ladder = rungs()
    point, point_ids = _points(replayed, n, chosen)
    free = _free(n, chosen, point)
    has_window = np.array([r.channel is not None for r in ladder] + [False])[chosen]
    opens, closes = clock.open_hours(np.where(has_window, free, n.at), n.terms.hours)
    action = np.array([ABSENT if r.action is None else ACTION[r.action] for r in ladder] + [ABSENT], dtype=np.int64)[
        chosen
    ]
    status = n.state.status[np.arange(len(chosen)), action]
    return pa.table(
        {
            "case_id": replayed.case_ids,
            "rung": _word([r.id for r in ladder], chosen),
            "stage": _word([r.stage for r in ladder], chosen),
            "channel": _word([r.channel for r in ladder], chosen),
            "action": _word([r.action for r in ladder], chosen),
            "action_status": pa.array([str(s) for s in STATUSES]).take(pa.array(status, mask=action == ABSENT)),
            "point": _word([r.point for r in ladder], chosen),
            "point_id": point_ids,
            "script": _word([r.script for r in ladder], chosen),
            "not_before": _time(opens, has_window),
            "not_after": _time(closes, has_window),
            "hold": _word(list(HOLDS), hold),
        }
    )


def _points(replayed: Replayed, n: _Night, chosen: Ints) -> tuple[Ints, pa.Array]:
    """The point of each step (ABSENT where nothing is known of it yet), and the id of whatever point it names."""
    point = np.full(len(chosen), ABSENT, dtype=np.int64)
    from_phone, from_address = np.zeros(len(chosen), dtype=np.bool_), np.zeros(len(chosen), dtype=np.bool_)
    for i, rung in enumerate(rungs()):
        mine = chosen == i
        if rung.point == "declared":
            point[mine] = n.best[rung.kinds[0]][mine]
        elif rung.point == "candidate":
            from_phone |= mine & (rung.channel in ("sms", "voice"))
            from_address |= mine & (rung.channel in ("letter", "visit"))
    names = replayed.encoded.point_names
    declared = names.take(pa.array(point, mask=point == ABSENT))
    found = pc.if_else(pa.array(from_phone), n.facts.candidate_phone, declared)
    ids = pc.if_else(pa.array(from_address), n.facts.candidate_address, found)
    # an id is of one case only, so a found contact's own attempts are found by it
    known = pc.fill_null(pc.index_in(ids, value_set=names), ABSENT).to_numpy(zero_copy_only=False).astype(np.int64)
    own = (known != ABSENT) & (n.state.point_case[known] == np.arange(len(known)))
    return np.where(point != ABSENT, point, np.where(own, known, ABSENT)), ids


def _free(n: _Night, chosen: Ints, point: Ints) -> Ints:
    """From when caps and cool-downs let each step be taken. Caps count persons: a person's cases share theirs."""
    shared = replace(n.contacts, owner=n.facts.person[n.contacts.owner])
    free: Free = clock.free_from(shared, n.facts.persons, len(n.state.point_case), n.at, n.terms)
    is_voice = np.array([r.channel == "voice" for r in rungs()] + [False])[chosen]
    out = np.maximum(free.anyhow[n.facts.person], np.where(is_voice, free.by_voice[n.facts.person], n.at))
    found: Ints = np.maximum(out, np.where(point == ABSENT, n.at, free.at_point[point]))
    return found


def _word(names: Sequence[str | None], places: Ints) -> pa.Array:
    words = pa.array([None if w is None else str(w) for w in names], pa.string())
    return words.take(pa.array(places, pa.int64(), mask=places == ABSENT))


def _time(values: Ints, is_there: Bools) -> pa.Array:
    return pa.array(values, TIME, mask=~is_there | (values >= NEVER))
