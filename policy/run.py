"""Whether a run may start at all: a current impact assessment, and a purpose the pack knows as covering tracing."""

from __future__ import annotations

from datetime import datetime

from core.deployment import Deployment
from core.errors import Fatal
from policy.conditions import PRECEDENCE, Condition
from policy.decide import assessment_conditions
from policy.pack import Pack


def require_run(deployment: Deployment, pack: Pack, at: datetime) -> None:
    """Raise Fatal, naming the rule, when this deployment may not trace at ``at`` (aware)."""
    found = assessment_conditions(deployment.impact_assessment, at)
    if deployment.purpose not in pack.purposes:
        found.add(Condition.PURPOSE_UNKNOWN)
    for condition in PRECEDENCE:
        if condition in found:
            rule = pack.deciding(condition, at)
            raise Fatal(f"{rule.id}: {rule.text.en} ({rule.citation})")
