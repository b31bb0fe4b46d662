"""What waits for a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow.compute as pc

import casework
from casework.state import ACTION, STATUS
from casework.vocabulary import Action, EventKind, Status
from core.kinds import CaseStatus
from pipeline import case_terms
from pipeline.site import Site


def waiting(site: Site, at: datetime, limit: int) -> list[dict[str, Any]]:
    """What waits for a second person, the oldest first: replayed now, so that what was settled is gone."""
    cases = site.store.casework.with_companions(site.store.casework.asked())
    still_open = cases.filter(pc.equal(cases["status"], CaseStatus.OPEN.value))
    asked = site.store.casework.events(still_open["case_id"].to_pylist())
    done = casework.replay(asked, case_terms.terms(site, at))
    waits = done.state.status == STATUS[Status.REQUESTED]
    place = {c: i for i, c in enumerate(done.case_ids.to_pylist())}
    rows = asked.filter(pc.equal(asked["kind"], EventKind.REQUESTED)).sort_by("seq").to_pylist()
    last = {(r["case_id"], r["code"]): r for r in rows if waits[place[r["case_id"]], ACTION[Action(r["code"])]]}
    return [
        {"case_id": c, "action": a, "point_id": r["point_id"], "asked_by": r["actor"], "asked_at": r["at"], "ref": r["ref"]}
        for (c, a), r in last.items()
    ][:limit]  # fmt: skip
