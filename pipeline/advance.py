"""advance: what happened to every case → where it stands and what may come next. ``cases = contacting + lost + tracing + …``

The registry's own contact points and the outcomes of attempts become events of their cases; then the whole history is replayed. A
customer who can be reached at a point of their own is not traced (R66), whatever the lender's list says.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import casework
import policy.forgetting
from casework import clock, facts, ladder, segments
from casework.batch import Bools
from casework.state import LIFE
from casework.vocabulary import Life
from core import schemas
from core.events import EventName
from core.kinds import CaseStatus, ContactKind, SourceKind
from core.schemas import TIME
from core.types import Ref
from pipeline import case_now, case_terms, check, contact
from pipeline.facts import ALL
from pipeline.run import Run, StepLog
from store.casework import EVENTS, STATES

STEP = "advance"
REACHED = "reached"
_DECLARED = {"phone": ContactKind.PHONE, "phone_alt": ContactKind.PHONE, "email": ContactKind.EMAIL,
             "messaging": ContactKind.MESSAGING}  # fmt: skip
_DAY = 86_400_000_000
_CHANNEL = {"phone": "voice", "address": "letter", "email": "email", "messaging": "messaging"}


def advance(run: Run) -> Ref:
    """Bring every case of the registry up to date; the stage holds which of them are not to be traced."""
    registry = check.clean_of(run, SourceKind.DECLARED_CONTACTS)
    case_ids = registry["case_id"].combine_chunks().unique()
    history = run.site.store.casework.events()
    with run.step(STEP) as log:
        fresh = news(run, registry, history)
        run.site.store.casework.add(fresh)
        history = pa.concat_tables([history, fresh])
        history = history.filter(pc.is_in(history["case_id"], value_set=case_ids))
        terms = case_terms.terms(run.site, run.at)
        replayed = casework.replay(history, terms, case_ids=case_ids)
        known = facts.arrange(facts_of(run, registry), case_ids)
        at = clock.micros(run.at)
        steps = ladder.steps(replayed, known, at, terms)
        risk = segments.words(segments.segment(replayed.state, at).risk)
        reached = reached_at_own_point(replayed, known, _since(run))
        _save(run, replayed, known, steps, risk, reached)
        suppressed = _suppressed(run, replayed, known, reached, at)
        _count(log, replayed, known, steps, suppressed)
        table = pa.table({"case_id": case_ids, "is_suppressed": pa.array(suppressed)})
        ref = run.site.stage.write(run.key, STEP, ALL, table)
        run.site.stage.write(run.key, REACHED, ALL, _reached_points(replayed, reached & suppressed))
    run.event(EventName.CASES_ADVANCED, cases=len(case_ids), events=fresh.num_rows, suppressed=int(suppressed.sum()))
    return ref


def suppressed(run: Run) -> frozenset[str]:
    """Cases of this run that are not to be traced; empty before ``advance`` has run."""
    if not run.site.stage.exists(run.key, STEP, ALL):
        return frozenset()
    table = run.site.stage.read(run.key, STEP, ALL)
    return frozenset(table["case_id"].filter(table["is_suppressed"]).to_pylist())


def reached_points(run: Run) -> frozenset[str]:
    """Points at which the debtors of suppressed cases answer: they stay published while nothing else is looked for."""
    if not run.site.stage.exists(run.key, REACHED, ALL):
        return frozenset()
    return frozenset(run.site.stage.read(run.key, REACHED, ALL)["point_id"].to_pylist())


def _reached_points(replayed: casework.Replayed, cases: Bools) -> pa.Table:
    s = replayed.state
    points = np.flatnonzero(s.is_reached(np.arange(len(s.point_case) - 1)))
    points = points[cases[s.point_case[points]]]
    return pa.table({"point_id": replayed.encoded.point_names.take(pa.array(points, pa.int64()))})


# --- events out of the run's own rows ------------------------------------------------------------------------------------------


def news(run: Run, registry: pa.Table, history: pa.Table) -> pa.Table:
    """What the registry and the outcomes say that the history does not have yet (store.casework.EVENTS)."""
    registry = _with_a_story(run, registry, history)
    parts = [_declared(run, registry, history), _attempts(run, registry)]
    fresh = pa.concat_tables([_event_rows(p) for p in parts])
    unknown = pc.invert(pc.is_in(fresh["event_id"], value_set=history["event_id"].combine_chunks()))
    fresh = fresh.filter(unknown)
    first = pc.index_in(fresh["event_id"].combine_chunks().unique(), value_set=fresh["event_id"].combine_chunks())
    return fresh.take(first)


def _with_a_story(run: Run, registry: pa.Table, history: pa.Table) -> pa.Table:
    """Without the cases that are over and have no history (any more): what was deleted at its age does not come back."""
    told = pc.is_in(registry["case_id"], value_set=history["case_id"].combine_chunks())
    return registry.filter(pc.or_(told, pc.invert(_is_over(run, registry))))


def _is_over(run: Run, registry: pa.Table) -> pa.Array:
    """Closed by the lender's list, or frozen."""
    _, frozen = run.site.store.subjects.forgotten()
    return pc.or_(
        pc.not_equal(registry["case_status"], CaseStatus.OPEN.value),
        pc.is_in(registry["case_id"], value_set=pa.array(sorted(frozen), pa.string())),
    )


def _declared(run: Run, registry: pa.Table, history: pa.Table) -> pa.Table:
    """Contact points of the registry that are new, and those it no longer has."""
    parts = []
    for column, kind in _DECLARED.items():
        has = registry.filter(pc.is_valid(registry[column]))
        code = pa.repeat(pa.scalar(kind.value), has.num_rows)
        ids = point_ids(run, has["case_id"], code, has[column])
        parts.append(pa.table({"case_id": has["case_id"].combine_chunks(), "point_id": ids, "code": code}))
    now = pa.concat_tables(parts)
    before = _still_declared(history)
    new = now.filter(pc.invert(pc.is_in(_pair(now), value_set=_pair(before))))
    gone = before.filter(pc.invert(pc.is_in(_pair(before), value_set=_pair(now))))
    gone = gone.filter(pc.is_in(gone["case_id"], value_set=registry["case_id"].combine_chunks()))
    rows = pa.concat_tables(
        [
            new.append_column("kind", pa.array(["declared"] * new.num_rows, pa.string())),
            gone.append_column("code", pa.nulls(gone.num_rows, pa.string())).append_column(
                "kind", pa.array(["undeclared"] * gone.num_rows, pa.string())
            ),
        ],
        promote_options="default",
    )
    at = pa.array([run.at] * rows.num_rows, TIME)
    return _with_ids(
        rows.append_column("at", at).append_column("actor", pa.array(["registry"] * rows.num_rows, pa.string())),
        run.key,
    )


def _still_declared(history: pa.Table) -> pa.Table:
    """The points whose last word in the history is that they are declared."""
    told = history.filter(pc.is_in(history["kind"], value_set=pa.array(["declared", "undeclared"])))
    told = told.select(["case_id", "point_id", "kind", "seq"]).sort_by("seq")
    last = told.group_by(["case_id", "point_id"], use_threads=False).aggregate([("kind", "last")])
    return last.filter(pc.equal(last["kind_last"], "declared")).select(["case_id", "point_id"])


def _pair(table: pa.Table) -> pa.Array:
    joined: Any = pc.binary_join_element_wise(
        table["case_id"].cast(pa.string()), table["point_id"].cast(pa.string()), "\x1f"
    )
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _attempts(run: Run, registry: pa.Table) -> pa.Table:
    """Outcomes of attempts, as the lender's source tells them: the same row is the same event in every run."""
    parts = [
        run.site.stage.read(run.key, check.STEP, s.name)
        for s in run.site.deployment.of_kind(SourceKind.OUTCOMES)
        if run.site.stage.exists(run.key, check.STEP, s.name)
    ]
    table = pa.concat_tables([schemas.empty(schemas.CLEAN_OUTCOMES), *parts])
    table = table.filter(pc.is_in(table["case_id"], value_set=registry["case_id"].combine_chunks()))
    table = table.filter(pc.less_equal(table["at"], pa.scalar(run.at, table["at"].type)))
    oldest = policy.forgetting.cutoffs(run.site.pack, run.at).get("contact_log")
    if oldest is not None:
        table = table.filter(pc.greater_equal(table["at"], pa.scalar(oldest, table["at"].type)))
    channels = pa.array([_CHANNEL.get(k) for k in table["kind"].to_pylist()], pa.string())
    rows = pa.table(
        {
            "case_id": table["case_id"],
            "point_id": point_ids(run, table["case_id"], table["kind"], table["contact_value"]),
            "code": table["disposition"],
            "at": table["at"],
            "channel": channels,
            "kind": pa.array(["attempt"] * table.num_rows, pa.string()),
            "party": pa.array(["debtor"] * table.num_rows, pa.string()),
            "actor": pa.array(["outcomes"] * table.num_rows, pa.string()),
        }
    )
    return _with_ids(rows)


def point_ids(run: Run, case_ids: pa.ChunkedArray, kinds: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.Array:
    """The ids under which these contact points would be published: the same point has one id, declared or found."""
    pairs = zip(kinds.to_pylist(), values.to_pylist(), strict=True)
    texts = [f"{c}\x1f{k}\x1f{contact.identity(k, v)}" for c, (k, v) in zip(case_ids.to_pylist(), pairs, strict=True)]
    tokens = run.site.keys.tokens("candidate", pa.array(texts, pa.string())).to_pylist()
    return pa.array([t.rsplit("_", 1)[-1] for t in tokens], pa.string())


def _with_ids(rows: pa.Table, salt: str = "") -> pa.Table:
    """An id from what the event says: told twice, it is one event."""
    columns = [rows[n].cast(pa.string()).to_pylist() for n in ("case_id", "kind", "point_id", "code", "at")]
    ids = [
        hashlib.sha256("\x1f".join([salt, *[t or "" for t in row]]).encode()).hexdigest()[:32]
        for row in zip(*columns, strict=True)
    ]
    return rows.append_column("event_id", pa.array(ids, pa.string()))


def _event_rows(rows: pa.Table) -> pa.Table:
    return schemas.conform(rows, EVENTS)


# --- facts and results ---------------------------------------------------------------------------------------------------------


def facts_of(run: Run, registry: pa.Table) -> pa.Table:
    """casework.facts.FACTS of the registry, with the best of what was published last."""
    is_closed = _is_over(run, registry)
    table = pa.table(
        {
            "case_id": registry["case_id"],
            "person": case_now.persons(registry["customer_no"], registry["id_number"]),
            "days_past_due": registry["days_past_due"],
            "balance": registry["balance"],
            "lost_since": registry["lost_since"],
            "has_address": pc.or_(pc.is_valid(registry["address"]), pc.is_valid(registry["address_alt"])),
            "has_emergency": _has_emergency(run, registry),
            "is_closed": is_closed,
        }
    )
    return case_now.with_candidates(table, run.site.store.casework.published_points())


def _has_emergency(run: Run, registry: pa.Table) -> pa.Array:
    """Only where the relay is switched on is it even asked who has an emergency contact."""
    ids: list[str] = []
    if "relay" in run.site.deployment.casework.gates:
        for s in run.site.deployment.of_kind(SourceKind.DECLARED_CONTACTS):
            if run.site.stage.exists(run.key, check.THIRD_PARTIES, s.name):
                ids += run.site.stage.read(run.key, check.THIRD_PARTIES, s.name)["case_id"].to_pylist()
    return pc.is_in(registry["case_id"], value_set=pa.array(sorted(set(ids)), pa.string()))


def _since(run: Run) -> int:
    """From when a contact outweighs the lender's list, which calls them lost again every night: where people open traces, always."""
    own = run.site.deployment.casework
    return 0 if own.trace_opening == "approved" else clock.micros(run.at) - own.reachable_days * _DAY


def reached_at_own_point(replayed: casework.Replayed, known: facts.Facts, earliest: int) -> Bools:
    """The debtor answered last at a point they declared, since they were called lost and since that moment."""
    s = replayed.state
    points = np.flatnonzero(s.point_declared[:-1] & s.is_reached(np.arange(len(s.point_case) - 1)))
    since = np.maximum(known.lost_since[s.point_case[points]] * _DAY, earliest)
    points = points[s.point_at[points] >= since]
    out = np.zeros(len(s.life), dtype=np.bool_)
    out[s.point_case[points]] = True
    return out


def _suppressed(run: Run, replayed: casework.Replayed, known: facts.Facts, reached: Bools, at: int) -> Bools:
    """Reachable, forborne or closed here; and where the deployment opens traces by approval, every case without one."""
    s = replayed.state
    out: Bools = reached | (s.forborne_until > at) | s.is_closed | known.is_closed
    if run.site.deployment.casework.trace_opening == "approved":
        out = out | (s.life != LIFE[Life.TRACING])
    return out


def _save(
    run: Run, replayed: casework.Replayed, known: facts.Facts, steps: pa.Table, risk: pa.Array, reached: Bools
) -> None:
    rows = steps.select(["case_id", "rung", "hold", "action", "action_status"])
    for name, column in (
        ("life", _lives(replayed, known)),
        ("risk", risk),
        ("is_reachable", pa.array(reached)),
        ("has_address", pa.array(known.has_address)),
        ("has_emergency", pa.array(known.has_emergency)),
        ("run_key", pa.array([run.key] * rows.num_rows, pa.string())),
    ):
        rows = rows.append_column(name, column)
    run.site.store.casework.save_states(schemas.conform(rows, STATES))


def _lives(replayed: casework.Replayed, known: facts.Facts) -> pa.Array:
    """A case that the lender closed is closed, whatever its history says."""
    life = np.where(known.is_closed & ~replayed.state.is_closed, LIFE[Life.CLOSED], replayed.state.life)
    return pa.array([str(v) for v in Life]).take(pa.array(life))


def _count(log: StepLog, replayed: casework.Replayed, known: facts.Facts, steps: pa.Table, suppressed: Bools) -> None:
    lives = Counter(_lives(replayed, known).to_pylist())
    log.count("cases", len(replayed.case_ids))
    for life in Life:
        log.count(life.value, lives[life.value])
    log.count("not_traced", int(suppressed.sum()))
    for name in ("rung", "hold"):
        for found in pc.value_counts(steps[name]):
            if found["values"].as_py() is not None:
                log.count(
                    {"rung": "next_step", "hold": "no_step"}[name], found["counts"].as_py(), found["values"].as_py()
                )
    for found in pc.value_counts(replayed.refusals.drop_null()):
        log.count("refused_events", found["counts"].as_py(), found["values"].as_py())
