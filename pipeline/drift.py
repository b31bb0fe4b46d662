"""drift: a source against its contract, a small JSON file beside the deployment: which columns it has, and of what type.

A new column is reported; one that is mapped and gone, or holds something else now, stops that source and says what to change.
"""

from __future__ import annotations

from pathlib import Path

import connectors
from connectors import Contract, Finding
from core.deployment import SourceSpec
from core.errors import ConfigError, SourceUnusable
from pipeline.run import Run, StepLog
from pipeline.site import Site

FOLDER = "contracts"


def path(site: Site, source: str) -> Path:
    """Where the source's contract is, or would be."""
    return site.folder / FOLDER / f"{source}.json"


def known(site: Site, source: str) -> Contract | None:
    """The contract that was written for this source; None where there is none. Raises SourceUnusable for a broken one."""
    file = path(site, source)
    return Contract.from_json(file.read_bytes()) if file.is_file() else None


def findings(site: Site, spec: SourceSpec) -> list[Finding]:
    """How the live source differs from its contract; nothing where it has none. Raises SourceUnusable, Transient."""
    contract = known(site, spec.name)
    if contract is None:
        return []
    seen = connectors.look(spec, base=site.base, environ=site.environ, secrets=site.secrets)
    return connectors.drift(spec, contract, seen)


def require(run: Run, spec: SourceSpec, log: StepLog) -> None:
    """Note what changed in a source; raise SourceUnusable where the change stops it."""
    for finding in findings(run.site, spec):
        if finding.level == "error":
            raise SourceUnusable(spec.name, finding.message)
        if finding.level == "warning":
            log.note("warning", finding.message)


def accept(site: Site, sources: list[str] | None = None) -> list[Path]:
    """Write the contract that each source keeps today, of these or of all; the files, to be reviewed and versioned."""
    names = [s.name for s in site.deployment.sources]
    unknown = sorted(set(sources or ()) - set(names))
    if unknown:
        raise ConfigError(f"no source {', '.join(unknown)}; there are: {', '.join(names)}", file="deployment.yaml")
    return [_write(site, spec) for spec in site.deployment.sources if sources is None or spec.name in sources]


def _write(site: Site, spec: SourceSpec) -> Path:
    seen = connectors.look(spec, base=site.base, environ=site.environ, secrets=site.secrets)
    file = path(site, spec.name)
    file.parent.mkdir(exist_ok=True)
    temporary = file.with_suffix(".tmp")
    temporary.write_text(seen.contract.to_json(), encoding="utf-8")
    temporary.replace(file)
    return file
