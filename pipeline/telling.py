"""telling: when a run has ended, whoever asked for it is told of it. Nobody is waited for longer than LIMIT, and what goes wrong is logged.

Nothing here is part of the run: it is published, its stage is gone, and its lease is given back before this begins.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import lineage, telemetry
from pipeline.run import Run

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

LIMIT = 5.0  # seconds; where somebody listens, all events of a run take well under one
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Channel:
    """Another way for lineage than its own settings, and the job whose part the run is: Airflow's."""

    send: Callable[[Iterable[RunEvent]], None]
    parent: lineage.Parent | None = None
    namespace: str = lineage.DEFAULT_NAMESPACE


def tell(run: Run, channel: Channel | None = None, *, limit: float | None = None) -> None:
    """Tell of this run as it is stored. Silent where it never was opened, or another process has it now.

    ``limit``: seconds for each way; LIMIT where not given.
    """
    ended = _ended(run)
    if ended is None:
        return
    limit = LIMIT if limit is None else limit
    if channel is not None or lineage.is_asked_for(run.site.environ):
        _bounded("lineage", lambda: _lineage(run, ended, channel), limit)
    if telemetry.is_asked_for(run.site.environ):
        _bounded("telemetry", lambda: telemetry.tell_run(run.site, ended.report, ended.began, ended.ended), limit)


def _ended(run: Run) -> lineage.Ended | None:
    try:
        known = run.site.store.run(run.key)
    except Exception as e:  # noqa: BLE001  the run itself has said so already
        _LOG.warning("nobody is told of run %s: %s", run.key, type(e).__name__)
        return None
    if known is None or known.report is None or known.finished_at is None or known.status == "running":
        return None
    return lineage.Ended(dict(known.report), known.started_at, known.finished_at)


def _lineage(run: Run, ended: lineage.Ended, channel: Channel | None) -> None:
    own = run.site.environ.get("OPENLINEAGE_NAMESPACE") or lineage.DEFAULT_NAMESPACE
    given = channel or Channel(lineage.send, namespace=own)
    given.send(lineage.events(ended, run.site.deployment, namespace=given.namespace, parent=given.parent))


def _bounded(what: str, tell: Callable[[], None], limit: float) -> None:
    """In a thread of its own, which is left behind when the time is over: it ends with the process."""

    def guarded() -> None:
        try:
            tell()
        except ImportError:
            _LOG.error("%s is asked for, but its package is not installed: the extra is told in docs/howto", what)
        except Exception as e:  # noqa: BLE001  whatever a receiver does, the run is over and was good or bad by itself
            _LOG.error("%s of the run not told: %s", what, type(e).__name__)

    telling = threading.Thread(target=guarded, name=f"telling {what}", daemon=True)
    telling.start()
    telling.join(limit)
    if telling.is_alive():
        _LOG.error("%s of the run not told: no answer within %.0f s", what, limit)
