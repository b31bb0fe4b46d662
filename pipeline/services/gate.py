"""The third gate over candidates and versions of them, and the DEL deltas of what may no longer be seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
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
from store.feed import Page

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

    def _visible_versions(self, page: Page) -> np.ndarray:
        """Which of these deltas may be told, each by the consents of its own version; hidden ones still published go.

        What a person rejected is not told either, but stays published: the decision may be taken back.
        """
        at = self.clock()
        rows = page.rows
        payloads = [json.loads(p) if p else {} for p in rows["payload"].to_pylist()]
        consents = pa.array([p.get("consent_ids") or [] for p in payloads], pa.list_(pa.string()))
        judged = pa.table({"consent_ids": consents, "case_status": rows["case_status"].combine_chunks()})
        visible = self._visible(judged, self.store.grants_of(consents_in(judged["consent_ids"])), at)
        is_put = np.asarray(pc.not_equal(rows["op"], DeltaOp.DEL.value), dtype=bool)
        self._retract(rows["seq"], np.logical_or(visible, ~is_put), at)
        shown: np.ndarray = visible & is_put & ~is_among(rows["candidate_id"], page.rejected)
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

    def case(self, reader: Reader, case_id: str) -> dict[str, Any]:
        """The case, for this reader. Raises NotYours, NotVisible."""
        found = next(iter(self.store.cases_of(case_ids=[case_id]).to_pylist()), None)
        problem = denied(reader, found)
        if problem is not None or found is None:
            raise problem or NotVisible
        return cast("dict[str, Any]", found)


def denied(reader: Reader, case: Mapping[str, Any] | None) -> NotYours | NotVisible | None:
    """Why this reader does not see this case; whoever sees some portfolios only is not told whether there is one."""
    if reader.portfolios is not None and (case is None or not reader.sees(case["portfolio"])):
        return NotYours()
    return NotVisible() if case is None else None


def is_among(ids: pa.ChunkedArray, some: Collection[str]) -> np.ndarray:
    return np.asarray(pc.is_in(ids, value_set=pa.array(sorted(some), pa.string())), dtype=bool)


def consents_in(lists: pa.Array | pa.ChunkedArray) -> set[str]:
    """The consent ids within these lists; one that joins several scopes' consents is taken apart."""
    return {part for i in pc.unique(pc.list_flatten(lists)).drop_null().to_pylist() for part in i.split("|")}
