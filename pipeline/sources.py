"""Looking at sources before a run: can they be reached, do their columns stand where the deployment says?"""

from __future__ import annotations

from dataclasses import dataclass

import connectors
import policy
from core.errors import SkiptraceError
from pipeline.site import Site


@dataclass(frozen=True)
class SourceFinding:
    """One line about one source. ``level``: ok, warning or error. Names and counts only."""

    source: str
    level: str
    message: str


def check_all(site: Site) -> list[SourceFinding]:
    """Every declared source probed; a refused or unreachable one is an error of its own."""
    out: list[SourceFinding] = []
    for spec in site.deployment.sources:
        refusal = policy.refuse_source(spec)
        if not refusal.allowed:
            out.append(SourceFinding(spec.name, "error", f"{refusal.rule_ids[0]}: {refusal.reason}"))
            continue
        try:
            found = connectors.probe(spec, base=site.base, environ=site.environ)
        except SkiptraceError as e:
            out.append(SourceFinding(spec.name, "error", str(e)))
            continue
        out += [SourceFinding(spec.name, f.level, f.message) for f in found]
    return out
