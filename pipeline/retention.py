"""retention: what has reached its age goes, artefact by artefact; a legal hold keeps the values of a case in storage."""

from __future__ import annotations

from datetime import UTC, datetime

import policy.forgetting
from core.events import Event, EventName
from pipeline import case_log, lease, withdraw
from pipeline.site import Site


def purge(site: Site, *, at: datetime | None = None, actor: str) -> dict[str, int]:
    """Delete what is older than the pack allows; counts by artefact. What a hold keeps stays."""
    at = at or datetime.now(UTC)
    counts = site.store.subjects.purge_aged(
        policy.forgetting.cutoffs(site.pack, at), name=EventName.RETENTION_PURGED, actor=actor, at=at
    )
    over_before, rule_id = policy.forgetting.history_cutoff(site.pack, at)
    event = Event(EventName.RETENTION_PURGED, actor, facts={"rule_id": rule_id})
    counts |= site.store.casework.purge(over_before, policy.forgetting.cutoffs(site.pack, at).get("contact_log"), event)
    counts["stage_runs"] = len(site.stage.purge_older(policy.forgetting.stage_cutoff(at)))
    with lease.without_runs(site) as is_free:
        if is_free:
            withdraw.purge_stages(site)
        if site.store.subjects.scrub(thorough=True) and is_free:
            withdraw.settle(site)  # of a feed or a pipeline that does not own the tables, and could not clean them
    site.store.subjects.mark_erased(site.store.subjects.erasures("restricted")["id"].to_pylist())
    return counts


def hold(site: Site, case_id: str, *, reason: str, actor: str) -> None:
    """Keep this case's values in storage whatever else happens. The reason is a reference, never a person's value."""
    held = case_log.event(case_id, "held", "", at=datetime.now(UTC), actor=actor)
    site.store.subjects.hold(case_id, reason, name=EventName.HOLD_CHANGED, actor=actor, happened=held)


def release(site: Site, case_id: str, *, actor: str) -> None:
    """End the hold; the next purge deletes what only it kept."""
    released = case_log.event(case_id, "released", "", at=datetime.now(UTC), actor=actor)
    site.store.subjects.hold(case_id, None, name=EventName.HOLD_CHANGED, actor=actor, happened=released)
