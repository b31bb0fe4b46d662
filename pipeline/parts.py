"""parts: a source pulled piece by piece, so that a pull that was cut off goes on where it was; then made one.

Each piece lies in the stage before the note that says how far the source was read: a crash between the two reads one piece again.
At the end of several rows of one id the newest stays; of a snapshot, what is as it was is left out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import connectors
import store
from connectors import Batch
from core import schemas
from core.deployment import Load, SourceSpec
from pipeline import facts, kept
from pipeline.run import Run
from values import dates

if TYPE_CHECKING:
    from pipeline.increments import Reading

_NO_VERSION = -(2**63)
_Mask = npt.NDArray[np.bool_]
_ANY_ZONE = timedelta(days=1)
_STEPS = ("pulled_part", "unreadable_part", "deleted_part")
LASTING = (*_STEPS, "notes")  # what a killed run leaves for the next attempt


@dataclass
class Progress:
    """How far the source was read. ``cursor`` covers the pieces so far; ``safe`` those of them whose rows are all of this run's time."""

    reading: str
    basis: str
    pieces: int = 0
    read: int = 0
    cursor: str | None = None
    safe: str | None = None
    is_ahead: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The cursor to commit: it passes no row that is later than the run, so that such a row is read again when its time has come."""

    cursor: str | None
    basis: str


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the rows read."""

    read: int
    superseded: int
    deleted: int
    unchanged: int


class Parts:
    """The pieces of one source in one run's stage."""

    def __init__(self, run: Run, spec: SourceSpec, reading: Reading) -> None:
        self.run = run
        self.spec = spec
        self.reading = reading
        found = facts.noted(run.site.stage, run.key, f"parts.{spec.name}")
        is_same = found is not None and found["reading"] == reading.key and found["cursor"] is not None
        self.progress = Progress(**found) if found and is_same else Progress(reading.key, reading.basis)
        self.written = self.progress.pieces

    @property
    def since(self) -> str | None:
        """Where to go on: after the last piece that is safe, or where this reading begins."""
        return self.progress.cursor or self.reading.since

    def add(self, batch: Batch) -> None:
        """Keep a piece; with its cursor, all pieces so far are safe."""
        stage, name = self.run.site.stage, f"{self.spec.name}.{self.written:06}"
        versions = pa.nulls(batch.rows.num_rows, pa.int64()) if batch.versions is None else batch.versions
        for step, rows in zip(
            _STEPS, (batch.rows.append_column("version", versions), batch.unreadable, batch.deleted), strict=True
        ):
            stage.write(self.run.key, step, name, rows)
        self.written += 1
        p = self.progress
        p.is_ahead = p.is_ahead or self._is_ahead(batch.rows)
        p.read += batch.read
        if batch.cursor is not None:
            p.pieces, p.cursor = self.written, batch.cursor
            p.safe = p.safe if p.is_ahead else batch.cursor
            facts.note(stage, self.run.key, f"parts.{self.spec.name}", asdict(p))

    def _is_ahead(self, rows: pa.Table) -> bool:
        """Whether a row is later than the run but not than the clock: its time is yet to come. Later than that is an error."""
        return bool(_is_yet_to_come(self.run, rows).any())

    def _each(self, step: str) -> Iterator[pa.Table]:
        for n in range(self.written):
            yield self.run.site.stage.read(self.run.key, step, f"{self.spec.name}.{n:06}")

    def known(self) -> Iterator[pa.Table]:
        """Which signals the pieces hold that an earlier attempt left, and in which version."""
        for n in range(self.progress.pieces):
            name = f"{self.spec.name}.{n:06}"
            yield self.run.site.stage.read(self.run.key, "pulled_part", name, columns=["signal_id", "version"])

    def unreadable(self) -> pa.Table:
        return pa.concat_tables([schemas.empty(schemas.QUARANTINE), *self._each("unreadable_part")])

    def whole(self, made: list[Made]) -> Iterator[pa.Table]:
        """The rows that go further; then, in ``made``, what became of all."""
        ids, versions = self._known()
        deleted = pa.concat_tables([connectors.DELETED.empty_table(), *self._each("deleted_part")])
        stays = _newest(ids, versions) & ~self._stale(ids, versions) & ~_is_outdone(ids, versions, deleted)
        snapshot = _Snapshot(self.run, self.spec, self.reading)
        at = unchanged = 0
        for rows in self._each("pulled_part"):
            stay = stays[at : at + rows.num_rows]
            at += rows.num_rows
            is_same = snapshot.note(rows, stay) & stay
            unchanged += int(is_same.sum())
            yield rows.filter(pa.array(stay & ~is_same))
        self._stage_removed(ids, versions, deleted, snapshot)
        facts.note(
            self.run.site.stage,
            self.run.key,
            f"finished.{self.spec.name}",
            {"cursor": self.progress.safe, "basis": self.progress.basis, "digests": snapshot.encoded()},
        )
        if self.spec.options.get("version") is not None:
            self.run.site.stage.write(self.run.key, "versions", self.spec.name, self._versions(stays, deleted))
        superseded = int((~stays).sum())
        made.append(Made(self.progress.read, superseded, deleted.num_rows, unchanged))

    def _versions(self, stays: _Mask, deleted: pa.Table) -> Iterator[pa.Table]:
        """Id, source and version of every row that stays, and of those marked as deleted."""
        at = 0
        for rows in self._each("pulled_part"):
            yield self._version_rows(rows.filter(pa.array(stays[at : at + rows.num_rows])))
            at += rows.num_rows
        yield self._version_rows(deleted.filter(pc.is_valid(deleted["version"])))

    def _version_rows(self, rows: pa.Table) -> pa.Table:
        return schemas.conform(
            rows.append_column("source", pa.repeat(pa.scalar(self.spec.name), rows.num_rows))
            if "source" not in rows.column_names
            else rows,
            store.VERSIONS,
        )

    def _known(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """Id and version of every row pulled, 16 bytes each."""
        ids, versions = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        for rows in self._each("pulled_part"):
            ids.append(_halves(rows["signal_id"]))
            versions.append(_numbers(rows["version"]))
        return np.concatenate(ids), np.concatenate(versions)

    def _stale(self, ids: npt.NDArray[np.uint64], versions: npt.NDArray[np.int64]) -> _Mask:
        """Rows of which a newer version is known from an earlier run."""
        known = self.run.site.store.signal_versions(self.spec.name)
        if not known.num_rows or self.spec.options.get("version") is None:
            return np.zeros(len(ids), bool)
        return _is_below(ids, versions, _halves(known["signal_id"]), _numbers(known["version"]))

    def _stage_removed(
        self, ids: npt.NDArray[np.uint64], versions: npt.NDArray[np.int64], deleted: pa.Table, snapshot: _Snapshot
    ) -> None:
        """Ids of kept signals that are gone at the source: marked as deleted there, or not among all it holds."""
        gone_ids, gone_versions = _halves(deleted["signal_id"]), _numbers(deleted["version"])
        later = _is_below(gone_ids, gone_versions, ids, versions)  # deleted, then written anew
        marked = deleted.filter(pa.array(~later))["signal_id"].to_pylist()
        absent = snapshot.absent() if self.spec.load is Load.SNAPSHOT else self._not_there()
        touched = self._unreadable_ids()
        removed = pa.array(sorted({*marked, *absent, *touched}), pa.string())
        self.run.site.stage.write(self.run.key, kept.REMOVED, self.spec.name, pa.table({"signal_id": removed}))

    def _unreadable_ids(self) -> list[str]:
        """A row that was kept and cannot be read any more is not what it was."""
        rows = self.unreadable()
        own = rows.filter(pc.and_(pc.is_valid(rows["record_id"]), pc.not_equal(rows["reason"], "duplicate_id")))
        ids: list[str] = connectors.ids_of(self.spec.name, own["record_id"].combine_chunks()).to_pylist()
        return ids

    def _not_there(self) -> set[str]:
        """Kept ids that the source does not hold any more, where it is declared to be asked."""
        mine = set(self.run.site.store.kept_keys(self.spec.name)["signal_id"].to_pylist())
        if self.spec.deletions != "compare" or not mine:
            return set()
        known = pa.array(sorted(mine), pa.string())
        for ids in connectors.signal_ids(self.spec, base=self.run.site.base, environ=self.run.site.environ):
            mine.difference_update(ids.filter(pc.is_in(ids, value_set=known)).to_pylist())
        return mine


class _Snapshot:
    """Which rows of a snapshot are as they were: 16 bytes a row are remembered, its id and a keyed digest of it."""

    def __init__(self, run: Run, spec: SourceSpec, reading: Reading) -> None:
        self.run = run
        self.spec = spec
        self.is_one = spec.load is Load.SNAPSHOT
        known = run.site.store.cursor(spec.name) if self.is_one and not reading.is_whole else None
        raw = np.frombuffer(known.digests if known and known.digests else b"", np.uint64)
        self.before = raw[: len(raw) // 2], raw[len(raw) // 2 :]
        self.ids = [np.empty(0, np.uint64)]
        self.digests = [np.empty(0, np.uint64)]

    def note(self, rows: pa.Table, stay: _Mask) -> _Mask:
        """True for each row that is as it was at the last publication."""
        if not self.is_one:
            return np.zeros(rows.num_rows, bool)
        ids, found = _halves(rows["signal_id"]), self._digests(rows)
        self.ids.append(ids[stay])
        self.digests.append(found[stay])
        if not len(self.before[0]):
            return np.zeros(rows.num_rows, bool)
        at = np.minimum(np.searchsorted(self.before[0], ids), len(self.before[0]) - 1)
        same: _Mask = (self.before[0][at] == ids) & (self.before[1][at] == found) & (found != 0)
        return same

    def _digests(self, rows: pa.Table) -> npt.NDArray[np.uint64]:
        """Of all that a row says, keyed; 0, which is never as it was, for one that is later than the run."""
        said = [pc.fill_null(rows[n], "\0") for n in rows.column_names if pa.types.is_string(rows.schema.field(n).type)]
        joined = pc.binary_join_element_wise(*said, "\x1f").to_pylist()
        key = hashlib.blake2b(self.run.site.token("snapshot", self.spec.name).encode(), digest_size=32).digest()
        raw = b"".join([hashlib.blake2b(t.encode(), digest_size=8, key=key).digest() for t in joined])
        found = np.frombuffer(raw, np.uint64).copy()
        found[_is_yet_to_come(self.run, rows)] = 0
        return found

    def absent(self) -> set[str]:
        """Kept ids that were not in the snapshot."""
        mine = self.run.site.store.kept_keys(self.spec.name)["signal_id"].combine_chunks().unique()
        there = np.isin(_halves(mine), np.concatenate(self.ids))
        return set(mine.filter(pa.array(~there)).to_pylist())

    def encoded(self) -> str | None:
        """What is to be remembered, as text for the stage; None where the source is no snapshot."""
        if not self.is_one:
            return None
        ids, digests_ = np.concatenate(self.ids), np.concatenate(self.digests)
        order = np.argsort(ids, kind="stable")
        return base64.b64encode(ids[order].tobytes() + digests_[order].tobytes()).decode()


def _is_yet_to_come(run: Run, rows: pa.Table) -> _Mask:
    moments, _ = dates.normalise(rows["observed_at"].combine_chunks())
    at, now = (pa.scalar(t, moments.type) for t in (run.at, run.clock() + _ANY_ZONE))
    is_so = pc.and_(pc.greater(moments, at), pc.less_equal(moments, now))
    return np.asarray(pc.fill_null(is_so, fill_value=False), dtype=bool)


def finished(run: Run, source: str) -> Finished:
    """How far a source that came through was read."""
    noted = facts.noted(run.site.stage, run.key, f"finished.{source}") or {"cursor": None, "basis": ""}
    return Finished(noted["cursor"], noted["basis"])


def digests(run: Run, source: str) -> bytes | None:
    """The digests of a snapshot's rows, to be committed."""
    noted = facts.noted(run.site.stage, run.key, f"finished.{source}")
    return base64.b64decode(noted["digests"]) if noted and noted["digests"] else None


def _halves(ids: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Half of each id, enough to tell ids apart (see ``connectors.identity``)."""
    return np.frombuffer(bytes.fromhex("".join(ids.to_pylist())), np.uint64)[::2]


def _numbers(versions: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(versions, _NO_VERSION).to_numpy(), dtype=np.int64)


def _newest(ids: npt.NDArray[np.uint64], versions: npt.NDArray[np.int64]) -> _Mask:
    """True for one row of each id: the one of the highest version, of equal ones the last that came."""
    order = np.lexsort((versions, ids)) if len(ids) else np.empty(0, np.int64)
    ordered = ids[order]
    is_last = np.append(ordered[1:] != ordered[:-1], True) if len(ids) else np.empty(0, bool)
    stays = np.zeros(len(ids), bool)
    stays[order[is_last]] = True
    return stays


def _is_below(
    ids: npt.NDArray[np.uint64],
    versions: npt.NDArray[np.int64],
    known: npt.NDArray[np.uint64],
    newest: npt.NDArray[np.int64],
) -> _Mask:
    """True where an id is known with a higher version."""
    if not len(known) or not len(ids):
        return np.zeros(len(ids), bool)
    order = np.lexsort((newest, known))
    known, newest = known[order], newest[order]
    at = np.searchsorted(known, ids, side="right") - 1  # the highest version of each known id stands last
    at = np.maximum(at, 0)
    below: _Mask = (known[at] == ids) & (newest[at] > versions)
    return below


def _is_outdone(ids: npt.NDArray[np.uint64], versions: npt.NDArray[np.int64], deleted: pa.Table) -> _Mask:
    """True for rows whose id came marked as deleted too, in a newer version."""
    return _is_below(ids, versions, _halves(deleted["signal_id"]), _numbers(deleted["version"]))
