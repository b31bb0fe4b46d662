"""The door: a column of notes in; masked text, spans and signals out, each distinct note read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from privacy.masking import mask
from privacy.plain import plain
from privacy.text import signals, spans
from privacy.text.owner import SELF
from privacy.text.pieces import PIECE, pieces
from privacy.text.polarity import NEW
from privacy.text.signals import Signal
from privacy.text.spans import Span

SPANS = pa.schema([("row", pa.int64()), ("start", pa.int32()), ("end", pa.int32()), ("type", pa.string())])
SIGNALS = pa.schema(
    [
        ("row", pa.int64()),  # 0-based row of the analysed column
        ("kind", pa.string()),  # core.kinds.ContactKind
        ("value", pa.string()),  # as written: phones as digits, e-mails in lower case; not yet normalised
        ("polarity", pa.string()),  # new | old | planned | denied | other
        ("owner", pa.string()),  # self | mother | colleague | courier | agent | … | unknown
        ("reporter", pa.string()),  # self | agent | the third person who said so
        ("confidence", pa.float64()),
        ("start", pa.int32()),
        ("end", pa.int32()),
    ]
)


class Reading(NamedTuple):
    """What one note holds."""

    masked: str
    spans: Sequence[Span]
    signals: Sequence[Signal]


@dataclass(frozen=True)
class TextFindings:
    """``masked``: text, as long as the column; ``spans`` (SPANS) and ``signals`` (SIGNALS): rows point into the column."""

    masked: pa.Array
    spans: pa.Table
    signals: pa.Table

    def usable(self, *, reported_by_others: bool = False) -> pa.Table:
        """The signals that are the customer's own and current. What a third person volunteered only when asked for."""
        return usable(self.signals, reported_by_others=reported_by_others)


def usable(signals: pa.Table, *, reported_by_others: bool = False) -> pa.Table:
    """Those of SIGNALS that are the customer's own and current. What a third person volunteered only when asked for."""
    is_own = pc.and_(pc.equal(signals["owner"], SELF), pc.equal(signals["polarity"], NEW))
    if not reported_by_others:
        is_own = pc.and_(is_own, pc.equal(signals["reporter"], SELF))
    return signals.filter(is_own)


def analyse(
    column: pa.Array | pa.ChunkedArray, subject_names: pa.Array | pa.ChunkedArray | None = None
) -> TextFindings:
    """Read every note. ``subject_names``: whom each note is about, where known; null notes have a null mask and no rows."""
    rows = _each(column, subject_names, read)
    return TextFindings(
        masked=pa.array([None if r is None else r.masked for r in rows], pa.string()),
        spans=_table(((i, *span) for i, r in _present(rows) for span in r.spans), SPANS),
        signals=_table(((i, *signal) for i, r in _present(rows) for signal in r.signals), SIGNALS),
    )


def heard(column: pa.Array | pa.ChunkedArray, subject_names: pa.Array | pa.ChunkedArray | None = None) -> pa.Table:
    """Only what every note says of contacts and places (SIGNALS): no text is masked that nobody will see."""
    rows = _each(column, subject_names, lambda text, name: _found(text, name)[1])
    return _table(((i, *s) for i, said in enumerate(rows) for s in said or ()), SIGNALS)


_Read = TypeVar("_Read")


def _each(
    column: pa.Array | pa.ChunkedArray,
    subject_names: pa.Array | pa.ChunkedArray | None,
    reading: Callable[[str, str | None], _Read],
) -> list[_Read | None]:
    """What was read of each row, each distinct note about one name read once."""
    texts = column.to_pylist()
    names = [None] * len(texts) if subject_names is None else subject_names.to_pylist()
    readings: dict[tuple[str, str | None], _Read] = {}
    rows: list[_Read | None] = []
    for text, name in zip(texts, names, strict=True):
        key = (text, name)
        if text is not None and key not in readings:
            readings[key] = reading(text, name)
        rows.append(None if text is None else readings[key])
    return rows


def read(text: str, subject: str | None = None) -> Reading:
    """One note: masked text, spans and signals. Positions are those of ``text``."""
    found, said = _found(text, subject)
    return Reading(masked(text, found), found, said)


def _found(text: str, subject: str | None) -> tuple[list[Span], list[Signal]]:
    readable = plain(text)
    name = plain(subject).strip() if subject else None
    if len(readable) > PIECE:
        return _in_pieces(readable, name)
    found = spans.find(readable, name)
    return found, signals.extract(readable, found, name)


def _in_pieces(readable: str, name: str | None) -> tuple[list[Span], list[Signal]]:
    """Of a span that a cut went through, the later piece sees the whole."""
    found: list[Span] = []
    told: list[Signal] = []
    for piece in pieces(readable):
        part = readable[piece.start : piece.end]
        here = spans.find(part, name)
        own = piece.own - piece.start
        said = [s for s in signals.extract(part, here, name) if s.end > own]
        later = [Span(s.start + piece.start, s.end + piece.start, s.type) for s in here if s.end > own]
        first = min((s.start for s in later), default=piece.own)
        _until(found, first)
        _until(told, first)
        found += later
        told += [s._replace(start=s.start + piece.start, end=s.end + piece.start) for s in said]
    return found, told


_Placed = TypeVar("_Placed", Span, Signal)


def _until(items: list[_Placed], position: int) -> None:
    """Drop those at the end that reach over the position."""
    while items and items[-1].end > position:
        items.pop()


def masked(text: str, found: Sequence[Span]) -> str:
    """The text with every span replaced by the mask of its kind."""
    parts, position = [], 0
    for span in found:
        parts += [text[position : span.start], mask(span.type, plain(text[span.start : span.end]))]
        position = span.end
    return "".join([*parts, text[position:]])


def _present(rows: Sequence[Reading | None]) -> Iterator[tuple[int, Reading]]:
    return ((i, r) for i, r in enumerate(rows) if r is not None)


def _table(rows: Iterator[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
