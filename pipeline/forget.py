"""forget: when a run ends its stage holds no value of anybody, and nothing of those who are to be forgotten came back."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from core.events import EventName
from core.kinds import SourceKind
from pipeline import lease, withdraw
from pipeline.run import Run
from pipeline.traits import Traits


def purge(run: Run) -> None:
    """Remove this run's stage, half-written files too; then what waited for the run to end is forgotten.

    A run that lost its lease leaves the stage to whoever has it now.
    """
    try:
        if lease.is_of_another(run):
            return
        _drop_returned(run)
        run.site.stage.purge(run.key)
        run.event(EventName.STAGE_PURGED)
        if run.site.store.subjects.erasures("withdrawn").num_rows:
            withdraw.purge_stages(run.site)  # this one has the lease: the others were killed
        if run.site.store.subjects.scrub():
            withdraw.settle(run.site)
    finally:
        lease.give_back(run)


def _drop_returned(run: Run) -> None:
    """Rows of forgotten persons that their sources still give, and that failed again, keep no payload."""
    tokens, frozen = run.site.store.subjects.forgotten()
    if not tokens and not frozen:
        return
    entries = run.site.store.quarantine_list(status=None, run_key=run.key)
    entries = entries.filter(pc.is_valid(entries["payload_sealed"]))
    if not entries.num_rows:
        return
    traits = Traits(run.site, run.site.store.subjects.paired(tokens), frozen)
    for spec in run.site.deployment.of_kind(SourceKind.DECLARED_CONTACTS):
        if run.site.stage.exists(run.key, "pull", spec.name):
            for batch in run.site.stage.iter_batches(run.key, "pull", spec.name):
                withdraw.learn_rows(traits, batch)
    _learn_signals(run, traits)
    withdraw.drop_payloads(run.site, traits, entries)


def _learn_signals(run: Run, traits: Traits) -> None:
    """Numbers that only their signals of this run tell: a bad row of another source may carry the same."""
    numbers = pa.array(sorted(traits.customer_nos), pa.string())
    for spec in run.site.deployment.signal_sources:
        if run.site.stage.exists(run.key, "pull", spec.name):
            for batch in run.site.stage.iter_batches(run.key, "pull", spec.name):
                for row in batch.filter(pc.is_in(batch["customer_no"], value_set=numbers)).to_pylist():
                    traits.learn(row)
