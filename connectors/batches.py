"""``pull``: a source's rows in our fields, batch by batch, each row exactly once: readable or unreadable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from connectors import deletion, identity, mapping, places, versions
from connectors.block import Block
from connectors.discovery import transports
from connectors.request import Request
from connectors.secrets import Secrets
from connectors.transport import Transport
from core import schemas
from core.deployment import SourceSpec
from core.kinds import SourceKind
from core.reasons import Reason

_SCHEMAS: Mapping[SourceKind, pa.Schema] = {
    SourceKind.DECLARED_CONTACTS: schemas.PULLED_REGISTRY,
    SourceKind.CONSENTS: schemas.PULLED_CONSENTS,
    SourceKind.OUTCOMES: schemas.PULLED_OUTCOMES,
}

_VERSION = "\0version"
DELETED = pa.schema([("signal_id", pa.string()), ("version", pa.int64())])


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one source. ``rows`` has the kind's PULLED_* schema, ``unreadable`` has QUARANTINE.

    ``cursor`` covers these rows and all before them: commit it together with them, and give the last committed one to
    ``pull`` as ``since``. None where the batch ends inside what one cursor covers, or its source cannot go on later.
    ``versions`` (int64, a row each; None without the option ``version``) grow with newness: a row whose signal_id is
    there already, from an earlier batch or run, replaces it unless its version is lower. Without versions it is the same
    observation delivered again. ``deleted`` (DELETED) are observations their source says are gone.
    """

    rows: pa.Table
    unreadable: pa.Table
    cursor: str | None = None
    versions: pa.Array | None = None
    deleted: pa.Table = field(default_factory=DELETED.empty_table)

    @property
    def read(self) -> int:
        """Rows of the source this batch accounts for."""
        return int(self.rows.num_rows + self.unreadable.num_rows + self.deleted.num_rows)


def pulled_schema(kind: SourceKind) -> pa.Schema:
    """The schema of ``Batch.rows`` for sources of this kind."""
    return _SCHEMAS.get(kind, schemas.PULLED_SIGNALS)


def pull(
    spec: SourceSpec,
    *,
    base: Path,
    environ: Mapping[str, str],
    batch_rows: int = 65_536,
    since: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    secrets: Secrets | None = None,
    earlier: Iterable[pa.Table] | None = None,
) -> Iterator[Batch]:
    """The source's rows as text in our field names, at most ``batch_rows`` at a time; memory does not grow with them.

    ``base`` is the folder that locations are relative to. ``since`` is the cursor of a batch whose rows are safe: only
    what came after it is read, and at most one batch is read twice. ``start`` and ``end`` bound the time that is asked for
    (of the watermark, of a file); a source that cannot tell gives more. ``secrets`` resolves ``options.credentials``
    (``env:NAME`` from ``environ`` where it is not given). Raises SourceUnusable or Transient at the first batch, or
    later where the source turns out to be broken later. An observation whose record id was seen before in this pull
    (a row delivered twice, or in an older version) is unreadable as DUPLICATE_ID; the first stays, or the newest.

    ``earlier``: the pieces (signal_id, version) of a reading that goes on here, so that it is the same as in one go. Where
    a watermark orders the rows of such a reading, a repeated id is a newer row, or one read twice: both are given.
    """
    request = Request.of(
        spec, base=base, environ=environ, batch_rows=batch_rows, secrets=secrets, since=since, start=start, end=end
    )
    transport = transport_of(request, spec.transport)
    puller = _Puller(spec, nulls=tuple(str(n) for n in request.option("null_values", (list, tuple), ())))
    if earlier is not None:
        puller.goes_on(earlier)
    for whole in transport.read(request):
        for block in whole.sliced(batch_rows):
            yield puller.batch(block)


def signal_ids(
    spec: SourceSpec, *, base: Path, environ: Mapping[str, str], secrets: Secrets | None = None
) -> Iterator[pa.Array]:
    """The ids of all observations the source holds now, batch by batch: nothing else of them is asked for.

    Raises SourceUnusable or Transient.
    """
    how = spec.fields["record_id"]
    options = {name: value for name, value in spec.options.items() if name not in _OF_ROWS}
    only = spec.model_copy(update={"options": options, "fields": {"record_id": how}})
    request = replace(Request.of(only, base=base, environ=environ, batch_rows=65_536, secrets=secrets), required=_NONE)
    for block in transport_of(request, spec.transport).read(request):
        own = mapping.apply(only.fields, block).columns["record_id"]
        yield ids_of(spec.name, own.drop_null())


def ids_of(source: str, record_ids: pa.Array) -> pa.Array:
    """The signal ids of these record ids of a source."""
    return identity.as_hex(identity.digests(source, record_ids))


_OF_ROWS = frozenset({"watermark", "version", "deleted"})
_NONE: frozenset[str] = frozenset()


def transport_of(request: Request, name: str) -> Transport:
    """The transport of this name, once the request is one it can take. Raises SourceUnusable."""
    transport = transports().get(name)
    if transport is None:
        raise request.unusable(f"no transport {name}; there are: {', '.join(transports())}")
    request.refuse_literal_secrets()
    request.check_options(transport.options, transport.name)
    return transport


class _Puller:
    """Blocks to batches; remembers the files passed and the ids seen."""

    def __init__(self, spec: SourceSpec, *, nulls: tuple[str, ...]) -> None:
        self.spec = spec
        self.nulls = nulls
        self.schema = pulled_schema(spec.kind)
        self.file: str | None = None
        self.rows_before = 0  # of files that are done
        self.rows_here = 0
        self.seen = identity.Seen()
        self.version: str | None = spec.options.get("version")
        self.newest = versions.Newest()
        self.flag = deletion.of(spec.options)
        self.tells_repeats = "record_id" in spec.fields

    def goes_on(self, earlier: Iterable[pa.Table]) -> None:
        """Know the ids of the pieces before; leave repeats to who makes one of the pieces where rows come in an order."""
        self.tells_repeats = self.tells_repeats and self.spec.options.get("watermark") is None
        for piece in earlier if self.tells_repeats else ():
            found = bytes.fromhex("".join(piece["signal_id"].to_pylist()))
            if self.version is None:
                self.seen.add(found)
            else:
                self.newest.passed(found, piece["version"])

    def batch(self, block: Block) -> Batch:
        if block.file != self.file:
            self.file, self.rows_before, self.rows_here = block.file, self.rows_before + self.rows_here, 0
        self.rows_here += block.read
        mapped = mapping.apply(self.spec.fields, block, nulls=self.nulls)
        rows = self._rows(block, mapped.columns)
        if self.version is not None:
            rows = rows.append_column(_VERSION, versions.of_texts(block.columns[self.version]))
        deleted = DELETED.empty_table()
        if self.flag is not None:
            rows, deleted = self._without_deleted(block, rows)
        faults = [self._of_faults(block)]
        if mapped.unknown:
            rows, set_aside = self._known(rows, mapped.unknown)
            faults.append(set_aside)
        if self.spec.kind.is_signal:
            rows, set_aside = self._identified(rows)
            faults.append(set_aside)
        kept = None if self.version is None else rows[_VERSION].combine_chunks()
        return Batch(schemas.conform(rows, self.schema), pa.concat_tables(faults), block.cursor, kept, deleted)

    def _without_deleted(self, block: Block, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """The rows that are there, and the ids of those their source marks as gone. Rows of other kinds are just left out."""
        is_gone = pc.fill_null(self.flag.holds(block.columns[self.flag.column]), fill_value=False)  # type: ignore[union-attr]
        gone, rows = rows.filter(is_gone), rows.filter(pc.invert(is_gone))
        ids = pa.nulls(gone.num_rows, pa.string())
        if self.spec.kind.is_signal:
            ids = ids_of(self.spec.name, gone["record_id"])
        versions_ = gone[_VERSION] if self.version is not None else pa.nulls(gone.num_rows, pa.int64())
        return rows, pa.table({"signal_id": ids, "version": versions_}, schema=DELETED)

    def _rows(self, block: Block, mapped: Mapping[str, pa.Array]) -> pa.Table:
        columns = dict(mapped)
        columns["row"] = pc.add(block.numbers, self.rows_before)
        columns["source"] = _repeated(self.spec.name, len(block.numbers))
        columns["kind"] = _repeated(self.spec.kind.value, len(block.numbers))
        if self.spec.kind.is_signal:
            columns["record_id"] = self._record_ids(block, mapped.get("record_id"))
        return pa.table(columns)

    def _record_ids(self, block: Block, own: pa.Array | None) -> pa.Array:
        """The source's own ids; where it has none the row's number, after its file's name where files come and go."""
        if own is not None and own.null_count == 0:
            return own
        prefix = f"{block.file}#" if places.is_many(self.spec.location) else "#" if own is not None else ""
        numbered = pc.binary_join_element_wise(prefix, block.numbers.cast(pa.string()), "")
        return numbered if own is None else pc.coalesce(own, numbered)

    def _of_faults(self, block: Block) -> pa.Table:
        rows = [fault.row + self.rows_before for fault in block.faults]
        reasons = [fault.reason.value for fault in block.faults]
        return _quarantine(self.spec.name, pa.array(rows, pa.int64()), None, None, pa.array(reasons, pa.string()))

    def _known(self, rows: pa.Table, unknown: Mapping[str, pa.Array]) -> tuple[pa.Table, pa.Table]:
        """The rows whose strict fields hold known words, and the others under the first field that does not."""
        field = pc.coalesce(*[pc.if_else(mask, name, None) for name, mask in unknown.items()])
        is_bad = pc.is_valid(field)
        bad = rows.filter(is_bad)
        reason = _repeated(Reason.NOT_IN_VOCABULARY.value, bad.num_rows)
        return rows.filter(pc.invert(is_bad)), _quarantine(
            self.spec.name, bad["row"], _record_id_of(bad), field.filter(is_bad), reason
        )

    def _identified(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """The rows with their signal ids, and those that repeat an id."""
        found = identity.digests(self.spec.name, rows["record_id"])
        rows = rows.append_column("signal_id", identity.as_hex(found))
        if not self.tells_repeats:
            return rows, schemas.empty(schemas.QUARANTINE)
        repeated = self.seen.add(found) if self.version is None else self.newest.passed(found, rows[_VERSION])
        if not repeated.any():
            return rows, schemas.empty(schemas.QUARANTINE)
        bad = rows.filter(pa.array(repeated))
        reason = _repeated(Reason.DUPLICATE_ID.value, bad.num_rows)
        return rows.filter(pa.array(~repeated)), _quarantine(
            self.spec.name, bad["row"], bad["record_id"], _repeated("record_id", bad.num_rows), reason
        )


def _repeated(value: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), rows)


def _record_id_of(rows: pa.Table) -> pa.ChunkedArray | None:
    return rows["record_id"] if "record_id" in rows.column_names else None


def _quarantine(
    source: str, row: pa.Array, record_id: pa.Array | None, field: pa.Array | None, reason: pa.Array
) -> pa.Table:
    columns = {"source": _repeated(source, len(row)), "row": row, "reason": reason}
    columns |= {n: a for n, a in (("record_id", record_id), ("field", field)) if a is not None}
    return schemas.conform(pa.table(columns), schemas.QUARANTINE)
