"""forget: when a run ends its stage holds no value of anybody."""

from __future__ import annotations

from core.events import EventName
from pipeline.run import Run


def purge(run: Run) -> None:
    """Remove this run's stage, half-written files too."""
    run.site.stage.purge(run.key)
    run.event(EventName.STAGE_PURGED)
