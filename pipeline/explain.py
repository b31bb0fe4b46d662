"""explain: what a pack says of one case, rule by rule: may a signal be used, may a contact be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import policy
from core.errors import ConfigError
from core.kinds import Disposition, SourceKind
from policy.contact import CHANNELS
from policy.pack import Duty, Rule, cited


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The answer and every rule that spoke, the deciding one first: (id, text, source)."""

    allowed: bool
    pack: str
    rules: tuple[tuple[str, str, str], ...]
    next_permitted_at: datetime | None = None


def explain(
    jurisdiction: str,
    kind: str,
    scopes: tuple[str, ...],
    *,
    purpose: str,
    at: datetime,
    observed_at: datetime | None,
    granted_at: datetime | None = None,
    expires_at: datetime | None = None,
    withdrawn_at: datetime | None = None,
    case_status: str | None = None,
    lang: str = "en",
) -> Reasoning:
    """May a signal of this kind be used, if the subject granted these scopes at these times (or, with no time, not at all)?

    Several jurisdictions joined by ``+``: the strictest. Raises ConfigError on a kind or a jurisdiction that there is not.
    """
    if kind not in {k.value for k in SourceKind}:
        raise ConfigError(f"no kind of source {kind}; there are {', '.join(SourceKind)}", file="command", key="kind")
    pack = policy.combine([policy.load(j) for j in jurisdiction.split("+")])
    given = [policy.Grant(purpose, s, granted_at, expires_at, withdrawn_at) for s in scopes]
    has_grant = granted_at is not None or withdrawn_at is not None
    request = policy.Request(
        kind=SourceKind(kind), scopes=scopes, purpose=purpose, at=at, observed_at=observed_at,
        grants=given if has_grant else (), case_status=case_status,
    )  # fmt: skip
    decision = policy.decide(request, pack)
    spoken = [pack.rule(i) for i in decision.rule_ids]
    return Reasoning(
        decision.allowed,
        pack.version,
        tuple((r.id, r.text.zh if lang == "zh" else r.text.en, cited(r.ref, r.basis, lang)) for r in spoken),
    )


_POINT = "asked"
# What may be said of a contact: the facts of a ContactRequest that are yes or no, and two numbers.
FACTS = tuple(
    f.name
    for f in fields(policy.ContactRequest)
    if f.name.startswith(("is_", "has_")) or f.name in ("origins", "balance")
)


def explain_contact(
    jurisdiction: str,
    channel: str,
    *,
    at: datetime,
    party: str = "debtor",
    zones: tuple[str, ...] = (),
    facts: Mapping[str, bool | int | float] | None = None,
    contacts: Sequence[tuple[datetime, str, str]] | None = None,
    lost_since: datetime | None = None,
    lang: str = "en",
) -> Reasoning:
    """May this contact be made at this time (aware), and when next? ``contacts``: time, channel and outcome of earlier ones,
    at the same point. What is not said is not known, and denies where asked.

    Raises ConfigError on a channel, outcome or fact that there is not, and on a jurisdiction without a pack.
    """
    pack = policy.combine([policy.load(j) for j in jurisdiction.split("+")])
    _known("channel", [channel], CHANNELS)
    _known("party", [party], ("debtor", "third_party"))
    _known("fact", facts or {}, FACTS)
    _known("contacted", [c[1] for c in contacts or ()], CHANNELS)
    _known("contacted", [c[2] for c in contacts or ()], tuple(Disposition))
    past = None if contacts is None else [policy.Contact(*c, point_id=_POINT, party=party) for c in contacts]
    request = policy.ContactRequest(
        at=at, channel=channel, party=party, point_id=_POINT, zones=zones, contacts=past,
        lost_since=lost_since.date() if lost_since else None, **(facts or {}),  # type: ignore[arg-type]
    )  # fmt: skip
    answer = policy.contact_check(request, pack)
    spoken: dict[str, Rule | Duty] = {r.id: r for r in pack.rules} | {d.id: d for d in pack.duties}
    said = [spoken[i] for i in answer.decision.rule_ids]
    return Reasoning(
        answer.decision.allowed,
        pack.version,
        tuple((s.id, s.text.zh if lang == "zh" else s.text.en, cited(s.ref, s.basis, lang)) for s in said),
        answer.next_permitted_at,
    )


def _known(key: str, given: Sequence[str] | Mapping[str, object], there_are: Sequence[str]) -> None:
    wrong = sorted(set(given) - set(there_are))
    if wrong:
        raise ConfigError(f"there is no {wrong[0]}; there are {', '.join(there_are)}", file="command", key=key)
