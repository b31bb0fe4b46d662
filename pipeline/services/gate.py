"""The third gate over candidates and versions of them, and the DEL deltas of what may no longer be seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import policy
from core.events import Event, EventName
from core.kinds import CaseStatus, DeltaOp
from pipeline.services.readers import NotVisible, NotYours, Reader
from pipeline.services.recorder import Recorder
from pipeline.site import Site
from store import FeedStore

RUN_KEY = "feed"  # the run of a delta that no run wrote


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Gate:
    """What every door of the feed asks before it answers. ``store`` is read, ``record`` makes the audit event of it."""

    site: Site
    clock: Callable[[], datetime] = _now
    store: FeedStore = field(init=False)
    _recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.store = FeedStore.of(self.site.store)
        self._recorder = Recorder(self.site)

    def record(self, name: EventName, reader: Reader, **facts: str | int) -> None:
        """One audit event, committed when this returns."""
        self._recorder.record(Event(name, reader.actor, facts=facts))

    def retract_hidden(self, case_ids: Collection[str] | None = None, actor: str = "service:feed") -> int:
        """Write the DEL deltas of everything that is published but may no longer be seen."""
        at = self.clock()
        rows = self.store.suspects(at, case_ids)
        if not rows.num_rows:
            return 0
        visible = self._visible(rows, self.store.grants_of(consents_in(rows["consent_ids"])), at)
        return self._retract(rows["published_seq"], visible, at, actor)

    def _retract(self, seqs: pa.ChunkedArray, visible: np.ndarray, at: datetime, actor: str = "service:feed") -> int:
        hidden = seqs.filter(pa.array(~visible)).to_pylist()
        return self.store.retract(hidden, run_key=RUN_KEY, at=at, actor=actor) if hidden else 0

    def _visible_versions(self, rows: pa.Table) -> np.ndarray:
        """Which of these deltas may be told, each by the consents of its own version; hidden ones still published go."""
        at = self.clock()
        payloads = [json.loads(p) if p else {} for p in rows["payload"].to_pylist()]
        consents = pa.array([p.get("consent_ids") or [] for p in payloads], pa.list_(pa.string()))
        judged = pa.table({"consent_ids": consents, "case_status": rows["case_status"].combine_chunks()})
        visible = self._visible(judged, self.store.grants_of(consents_in(judged["consent_ids"])), at)
        is_put = np.asarray(pc.not_equal(rows["op"], DeltaOp.DEL.value), dtype=bool)
        self._retract(rows["seq"], np.logical_or(visible, ~is_put), at)
        shown: np.ndarray = np.logical_and(visible, is_put)
        return shown

    def _visible(self, rows: pa.Table, grants: pa.Table, at: datetime) -> np.ndarray:
        """The gate, and the case is open."""
        if not rows.num_rows:
            return np.zeros(0, dtype=bool)
        answer = self._answer(rows, grants, at)
        is_open = pc.fill_null(pc.equal(rows["case_status"], CaseStatus.OPEN.value), fill_value=False)
        return np.asarray(pc.and_(answer["visible"], is_open), dtype=bool)

    def _answer(self, rows: pa.Table, stored: pa.Table, at: datetime) -> pa.Table:
        names = {"customer_token": "customer_no", "id_token": "id_number"}
        stored = stored.rename_columns([names.get(c, c) for c in stored.column_names])
        grants = policy.Grants.build(stored, purpose=self.site.deployment.purpose, at=at)
        return policy.may_read(rows.combine_chunks(), grants, pack=self.site.pack, at=at)

    def _case(self, reader: Reader, case_id: str) -> dict[str, Any]:
        found = self.store.cases_of(case_ids=[case_id]).to_pylist()
        if reader.portfolios is not None and (not found or not reader.sees(found[0]["portfolio"])):
            raise NotYours
        if not found:
            raise NotVisible
        return cast("dict[str, Any]", found[0])


def consents_in(lists: pa.Array | pa.ChunkedArray) -> set[str]:
    """The consent ids within these lists; one that joins several scopes' consents is taken apart."""
    return {part for i in pc.unique(pc.list_flatten(lists)).drop_null().to_pylist() for part in i.split("|")}
