"""One question, one answer: what the gates say of a single case, with every rule that spoke. For explaining, and for tests.

Written apart from the gates on purpose: a property test holds that both always agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from core.deployment import ImpactAssessment
from core.kinds import CaseStatus, SourceKind
from core.types import Decision
from policy.conditions import PRECEDENCE, Condition
from policy.gates import source_conditions
from policy.grants import STANDINGS
from policy.pack import Pack, Rule


@dataclass(frozen=True, slots=True)
class Grant:
    """What is recorded of one grant of the subject. ``same_person`` is false when its other key is another person's."""

    purpose: str | None
    scope: str | None
    granted_at: datetime | None
    expires_at: datetime | None
    withdrawn_at: datetime | None = None
    same_person: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """May a signal of this kind, from a source with these scopes, be used for this purpose at this time?

    ``assessment`` null asks about the signal alone; ``has_key`` says whether the subject can be looked up at all.
    """

    kind: SourceKind
    scopes: tuple[str, ...]
    purpose: str
    at: datetime
    observed_at: datetime | None
    grants: Sequence[Grant] = ()
    has_key: bool = True
    case_status: str | None = None
    assessment: ImpactAssessment | None = None


def decide(request: Request, pack: Pack) -> Decision:
    """Permitted only by a valid grant of every scope with nothing against it; the deciding rule comes first."""
    against = conditions(request, pack)
    rules = _rules(against or [Condition.VALID_GRANT], request, pack)
    first = rules[0]
    return Decision(first.effect == "permit", tuple(r.id for r in rules), first.text.en, first.citation)


def conditions(request: Request, pack: Pack) -> list[Condition]:
    """Everything that stands against this request, in order of precedence."""
    found = set(source_conditions(request.kind, request.scopes, request.purpose, pack))
    found |= assessment_conditions(request.assessment, request.at) if request.assessment else set()
    if request.case_status is not None and request.case_status != CaseStatus.OPEN:
        found.add(Condition.CASE_NOT_OPEN)
    found |= _age_conditions(request, pack)
    subject = _subject_condition(request)
    ordered = [c for c in PRECEDENCE if c in found]
    return ordered if subject is Condition.VALID_GRANT else [*ordered, subject]


def assessment_conditions(assessment: ImpactAssessment, at: datetime) -> set[Condition]:
    """What an impact assessment lacks at this time. It is valid through the whole of its last day, UTC."""
    if not assessment.id.strip() or not assessment.valid_until.strip():
        return {Condition.IMPACT_ASSESSMENT_MISSING}
    try:
        last = date.fromisoformat(assessment.valid_until.strip()[:10])
    except ValueError:
        return {Condition.IMPACT_ASSESSMENT_EXPIRED}
    return (
        {Condition.IMPACT_ASSESSMENT_EXPIRED} if at.astimezone(UTC) > datetime.combine(last, time.max, UTC) else set()
    )


def standing(grant: Grant, purpose: str, at: datetime) -> Condition:
    """How one grant stands for this purpose at this time."""
    if grant.purpose != purpose:
        return Condition.OTHER_PURPOSE
    if grant.withdrawn_at is not None:
        return Condition.WITHDRAWN
    if grant.granted_at is None or grant.expires_at is None:
        return Condition.INCOMPLETE_GRANT
    if grant.granted_at > at:
        return Condition.NOT_YET_VALID
    return Condition.VALID_GRANT if at < grant.expires_at else Condition.EXPIRED


def _subject_condition(request: Request) -> Condition:
    if not request.has_key:
        return Condition.NO_SUBJECT_KEY
    best = [_best(request, scope) for scope in request.scopes]
    return next(
        (c for c in best if c is not Condition.VALID_GRANT), Condition.VALID_GRANT if best else Condition.NO_GRANT
    )


def _best(request: Request, scope: str) -> Condition:
    """The best standing of this scope; a withdrawal reaches every grant given before it."""
    own = [g for g in request.grants if g.scope == scope]
    heard = [
        g
        for g in request.grants
        if g.withdrawn_at and g.scope in (scope, None) and g.purpose in (request.purpose, None)
    ]
    latest = max((g.withdrawn_at for g in heard if g.withdrawn_at), default=None)
    found = [_with_withdrawal(g, latest, request) if g.same_person else Condition.SUBJECT_CONFLICT for g in own]
    return min(found, key=STANDINGS.index, default=Condition.NO_GRANT)


def _with_withdrawal(grant: Grant, latest: datetime | None, request: Request) -> Condition:
    found = standing(grant, request.purpose, request.at)
    reached = latest is not None and (grant.granted_at is None or grant.granted_at <= latest)
    return Condition.WITHDRAWN if reached and found is not Condition.OTHER_PURPOSE else found


def _age_conditions(request: Request, pack: Pack) -> set[Condition]:
    if request.observed_at is None:
        return {Condition.NOT_DATED}
    if request.observed_at > request.at:
        return {Condition.IN_THE_FUTURE}
    limits = [r.max_age_days for r in pack.answering(Condition.TOO_OLD, request.at, request.kind)]
    age = request.at - request.observed_at
    too_old = any(days is None or age.total_seconds() > days * 86_400 for days in limits)
    return {Condition.TOO_OLD} if too_old else set()


def _rules(found: list[Condition], request: Request, pack: Pack) -> list[Rule]:
    """The rules that spoke: of each condition the deciding one, then any other whose terms are broken as well."""
    out: dict[str, Rule] = {}
    for condition in found:
        deciding = pack.deciding(condition, request.at, request.kind)
        for rule in (deciding, *pack.answering(condition, request.at, request.kind)):
            if _broken(rule, request):
                out.setdefault(rule.id, rule)
    return list(out.values())


def _broken(rule: Rule, request: Request) -> bool:
    if rule.max_age_days is None or request.observed_at is None:
        return True
    return (request.at - request.observed_at).total_seconds() > rule.max_age_days * 86_400
