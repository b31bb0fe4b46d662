"""Looking at sources before a run: can they be reached, do their columns stand where the deployment says?"""

from __future__ import annotations

from pathlib import Path

import connectors
import policy
from connectors import Finding
from core.deployment import SourceSpec
from core.errors import SourceUnusable, Transient
from pipeline import drift
from pipeline.site import Site


def check_all(site: Site) -> list[Finding]:
    """Every declared source probed; a refused one is told with its rule. Names and counts only."""
    out: list[Finding] = []
    for spec in site.deployment.sources:
        refusal = policy.refuse_source(spec)
        if refusal.allowed:
            found = connectors.probe(spec, base=site.base, environ=site.environ, secrets=site.secrets)
            out += found + (_drift(site, spec) if found[0].level == "ok" else [])
        else:
            out.append(Finding(spec.name, "reachable", "error", f"{refusal.rule_ids[0]}: {refusal.reason}"))
    return out


def _drift(site: Site, spec: SourceSpec) -> list[Finding]:
    """How the source differs from the contract that is kept beside the deployment."""
    try:
        return drift.findings(site, spec)
    except (SourceUnusable, Transient) as e:
        return [Finding(spec.name, "columns", "error", str(e))]


def draft(file: Path) -> str:
    """A YAML entry for this file, to look at and correct."""
    return connectors.infer(file).yaml()
