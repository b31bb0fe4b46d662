"""explain: what a pack says of one case, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import policy
from core.errors import ConfigError
from core.kinds import SourceKind


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The answer and every rule that spoke, the deciding one first: (id, text, source)."""

    allowed: bool
    pack: str
    rules: tuple[tuple[str, str, str], ...]


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
        tuple((r.id, r.text.zh if lang == "zh" else r.text.en, r.ref or r.basis) for r in spoken),
    )
