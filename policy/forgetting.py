"""How a pack wants things forgotten: by when after a withdrawal or a closure, what is kept in storage meanwhile, what ages out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from policy import periods
from policy.pack import Duty, Pack

# A contact that was made must stay provable; these artefacts are the proof, whatever a pack calls them.
_PROOF_OF_CONTACT = ("contact_log", "compliance_record")
_HISTORY = (*_PROOF_OF_CONTACT, "trace_log")


@dataclass(frozen=True, slots=True)
class Deadline:
    """Everything is gone by ``due_at``; ``rule_id`` says so."""

    due_at: datetime
    rule_id: str


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a contacted point is kept in storage only, and by which rule; no period: no duty."""

    period: timedelta | None
    rule_id: str


def withdrawal_deadline(pack: Pack, at: datetime) -> Deadline:
    """The earliest deadline among the pack's duties; a pack that names none gives no time at all."""
    duties = in_force(pack, "withdrawal", at)
    days = [(d.terms.get("delete_within_days", 0), d.id) for d in duties] or [(0, pack.version)]
    least, rule_id = min(days)
    return Deadline(at + timedelta(days=least), rule_id)


def closure_deadline(pack: Pack, at: datetime) -> Deadline:
    """How long after closing a case its signals and candidates may stay; nothing said: not at all."""
    found = [(periods.after(at, p), d.id) for d, p in _maxima(pack, "raw_signal", at)]
    due_at, rule_id = min(found, default=(at, pack.version))
    return Deadline(due_at, rule_id)


def contact_proof(pack: Pack, at: datetime) -> Duration:
    """The longest minimum among the duties to keep proof of contacts made."""
    found = [
        (periods.after(at, str(d.terms["min"])) - at, d.id)
        for d in in_force(pack, "retention", at)
        if d.terms.get("artefact") in _PROOF_OF_CONTACT and "min" in d.terms
    ]
    period, rule_id = max(found, default=(None, ""), key=lambda f: f[0] or timedelta(0))
    return Duration(period, rule_id)


def cutoffs(pack: Pack, at: datetime) -> Mapping[str, datetime]:
    """By artefact: what is older than this must go. Only artefacts for which the pack states a maximum age."""
    found: dict[str, datetime] = {}
    for duty in in_force(pack, "retention", at):
        name, maximum = str(duty.terms.get("artefact")), duty.terms.get("max")
        if maximum is not None:
            cutoff = periods.before(at, str(maximum))
            found[name] = max(found.get(name, cutoff), cutoff)
    return found


def history_cutoff(pack: Pack, at: datetime) -> tuple[datetime | None, str]:
    """The history of a case that is over goes when nothing happened in it since this moment, and the rule that says so.

    It is the trace log and the proof of contacts at once: the longest of their maxima, and of the minima where no maximum is stated,
    since what no duty asks for any more is not kept. None: the pack has no duty of that kind.
    """
    named = [d for d in in_force(pack, "retention", at) if d.terms.get("artefact") in _HISTORY]
    spans = [(periods.before(at, str(d.terms.get("max", d.terms.get("min")))), d.id) for d in named]
    return min(spans, default=(None, ""), key=lambda s: s[0] or at)


def may_delete(pack: Pack, artefact: str, made_at: datetime, at: datetime) -> bool:
    """False while a minimum period of this artefact runs."""
    minima = [str(d.terms["min"]) for d in in_force(pack, "retention", at) if d.terms.get("artefact") == artefact]
    return all(periods.after(made_at, m) <= at for m in minima)


def in_force(pack: Pack, topic: str, at: datetime) -> list[Duty]:
    """The pack's duties of this topic that hold at this time."""
    return [d for d in pack.duties if d.topic == topic and d.valid.covers(at)]


def _maxima(pack: Pack, artefact: str, at: datetime) -> list[tuple[Duty, Any]]:
    duties = in_force(pack, "retention", at)
    return [(d, str(d.terms["max"])) for d in duties if d.terms.get("artefact") == artefact and "max" in d.terms]


def stage_cutoff(at: datetime) -> datetime:
    """A stage in which nothing was written for a day belongs to a run that died."""
    return at - timedelta(days=1)
