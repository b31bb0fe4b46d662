"""Simple rankings of the very same usable observations, for comparison: the path is walked again to match, nothing published."""

from __future__ import annotations

import pyarrow as pa

from core.errors import Fatal
from pipeline import admit, advance, forget, learn, match, rank, walk
from pipeline.facts import ALL
from pipeline.run import Run
from pipeline.site import Site
from ranking import baselines


def tables(site: Site, *, actor: str) -> dict[str, pa.Table]:
    """Name → case_id, kind, value, probability of each baseline, on what the last run could use. Raises Fatal: no run yet."""
    last = site.store.last_run("done")
    if last is None:
        raise Fatal("there is no finished run to compare with")
    run = Run(site, last.interval, actor=actor)
    try:
        for source in walk.sources(run):
            walk.ingest(run, source)
        for spec in site.deployment.signal_sources:
            admit.admit(run, spec.name)
        advance.advance(run)
        match.match(run)
        links, signals = (site.stage.read(run.key, step, ALL) for step in (match.STEP, match.LINKED))
        third_party = rank.is_emergency_contact(run, links, signals)
        params = learn.params_in_force(site)
        return baselines.tables(links, signals, match.open_cases(run), third_party, as_of=run.at, params=params)
    finally:
        forget.purge(run)
