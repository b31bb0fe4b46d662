"""When a person's request or complaint is due, by the duties of a pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from policy import periods, working_days
from policy.forgetting import in_force
from policy.pack import Pack

REQUESTS = ("access", "correction", "deletion", "explanation", "objection")
COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Due:
    """By when to acknowledge, to answer, and at the very latest; the rule of the answer's date."""

    acknowledge_by: datetime | None
    due_at: datetime
    outer_due_at: datetime | None
    rule_id: str
    is_provisional: bool = False


def due(pack: Pack, kind: str, received: datetime) -> Due:
    """The dates of this request. A pack that says nothing gives no time. Raises ValueError on an unknown kind."""
    if kind == COMPLAINT:
        return _complaint(pack, received)
    if kind not in REQUESTS:
        raise ValueError(f"not a kind of request: {kind}")
    answers, acknowledge, outer = [], [], []
    for duty in in_force(pack, "subject_request", received):
        terms = duty.terms
        if "due_days" in terms or "target_days" in terms:
            answers.append((received + timedelta(days=int(terms.get("due_days") or terms["target_days"])), duty.id))
        if terms.get("due") == "one_month":
            outer.append(periods.after(received, "P1M"))
        if "outer_days" in terms:
            outer.append(received + timedelta(days=terms["outer_days"]))
        if "ack_days" in terms:
            acknowledge.append(received + timedelta(days=terms["ack_days"]))
    due_at, rule_id = min(answers, default=(received, pack.version))
    return Due(min(acknowledge, default=None), due_at, min(outer, default=None), rule_id)


def _complaint(pack: Pack, received: datetime) -> Due:
    answers, outer = [], []
    for duty in in_force(pack, "complaint", received):
        own = duty.id.partition("-")[0].lower()
        if "reply_business_days" in duty.terms:
            answers.append((working_days.due(own, received, duty.terms["reply_business_days"]), duty.id))
        if "outer_days" in duty.terms:
            outer.append(received + timedelta(days=min(duty.terms["outer_days"])))
        if "outer_weeks" in duty.terms:
            outer.append(received + timedelta(weeks=duty.terms["outer_weeks"]))
    if not answers:
        return Due(None, received, min(outer, default=None), pack.version)
    first, rule_id = min(answers, key=lambda a: a[0].at)
    return Due(None, first.at, min(outer, default=None), rule_id, first.is_provisional)


def may_ask_again_at(pack: Pack, refused_at: datetime) -> datetime:
    """When consent may be asked again after a refusal or withdrawal: the longest cool-down of the pack."""
    days = [int(d.terms["days"]) for d in in_force(pack, "reask_cooldown", refused_at)]
    return refused_at + timedelta(days=max(days, default=0))
