"""CSV and its relatives, of any size: whole blocks by Arrow, and by ``connectors.records`` where a block is not clean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from connectors import block, encoding, files
from connectors.block import Block, Fault
from connectors.files import File
from connectors.last import with_last
from connectors.records import MAX_LINE, MAX_RECORD, Records, Splitter
from connectors.request import Request
from connectors.text import MARK, MARK_UTF8
from core.reasons import Reason

_QUOTE, _NEWLINE, _RETURN = b'"\n\r'
_HEAD = _MAX_HEADER = 1 << 20  # what is looked at to find the header
_DELIMITERS = (",", "\t", ";", "|", "\x01")


class Delimited:
    """CSV, TSV and so on, plain or gzip. Encoding and delimiter are declared, or found by looking."""

    name = "csv"
    options: Mapping[str, str] = {
        "encoding": "the file's encoding, e.g. gb18030; found by looking where it is not given",
        "delimiter": "what stands between values; found in the header where it is not given",
        "skip_rows": "lines before the header, e.g. a title",
        "header": "the column names, for a file that has no header row",
        "quoted": "false where quotation marks are ordinary characters",
        **files.OPTIONS,
    }

    def read(self, request: Request) -> Iterator[Block]:
        return files.read(request, _blocks)


TRANSPORTS = (Delimited(),)


def _blocks(file: File, request: Request) -> Iterator[Block]:
    return _File(file, request).blocks()


@dataclass(frozen=True)
class _Layout:
    """What the header says: the splitter, all columns' names, and which of them are wanted."""

    splitter: Splitter
    columns: tuple[str, ...]
    wanted: tuple[str, ...]

    @property
    def unique(self) -> list[str]:
        """Arrow wants distinct names; only wanted ones need theirs."""
        return [name if name in self.wanted else f"\0{i}" for i, name in enumerate(self.columns)]


class _File:
    """One file on its way through: the row number reached, and the bytes of an unfinished record."""

    def __init__(self, file: File, request: Request) -> None:
        self.file = file
        self.request = request
        self.next_row = 1
        self.rest = b""
        self.is_skipping = False

    def blocks(self) -> Iterator[Block]:
        chunks = _lines_end_alike(encoding.utf_8(self.file.chunks(), self._encoding()))
        body, layout = self._header(chunks)
        for data, is_final in with_last(chain((body,), chunks)):
            yield from self._block(self._after_long_line(self.rest + data), layout, is_final=is_final)

    def _encoding(self) -> str:
        declared = self.request.option("encoding", str)
        if declared is None:
            return encoding.detect(self.file.chunks(1 << 20))
        try:
            return encoding.canonical(declared)
        except LookupError:
            raise self.request.unusable(f"option encoding: {declared} is not an encoding") from None

    # --- the header -------------------------------------------------------------------------------------------------

    def _header(self, chunks: Iterator[bytes]) -> tuple[bytes, _Layout]:
        """What follows the header in the first chunk, and what the header says."""
        first = next(chunks, b"")
        while len(first) < _HEAD and (more := next(chunks, None)) is not None:
            first += more
        body = _after_lines(first, self.request.option("skip_rows", int, 0)).lstrip(b"\r\n")
        names = self.request.option("header", (list, tuple))
        if not body and names is None:
            raise self.request.unusable(f"{self.file.name} is empty: it has not even a header")
        delimiter, body = self._declared_delimiter(body)
        line, rest = self._header_line(body) if names is None else ("", body)
        splitter = self._splitter(delimiter, line, [str(n) for n in names or ()])
        columns = tuple(str(n) for n in names) if names is not None else _names(splitter, line)
        return rest, self._layout(splitter, columns)

    def _declared_delimiter(self, body: bytes) -> tuple[str | None, bytes]:
        declared = self.request.option("delimiter", str)
        if body[:4].lower() == b"sep=" and body[5:6] in b"\r\n":  # Excel's own hint
            return declared or body[4:5].decode(), body[5:].lstrip(b"\r\n")
        if declared is not None and len(declared) != 1:
            raise self.request.unusable("option delimiter must be one character")
        return declared, body

    def _header_line(self, body: bytes) -> tuple[str, bytes]:
        """The header's text (names may be quoted over several lines) and what follows it."""
        end = body.find(b"\n", 0, _MAX_HEADER)
        while end >= 0 and body.count(b'"', 0, end) % 2:
            end = body.find(b"\n", end + 1, _MAX_HEADER)
        if end < 0 and len(body) > _MAX_HEADER:
            raise self.request.unusable(f"{self.file.name}: its first line is no header, it has no end")
        end = len(body) if end < 0 else end
        text = body[:end].decode()
        if MARK in text:
            raise self.request.unusable(f"{self.file.name}: its header is not text in the encoding it should be in")
        return text, body[end + 1 :]

    def _splitter(self, delimiter: str | None, line: str, names: list[str]) -> Splitter:
        is_quoted = self.request.option("quoted", bool, True)
        if delimiter is not None or names:
            return Splitter(delimiter or ",", is_quoted=is_quoted)
        splitters = [Splitter(d, is_quoted=is_quoted) for d in _DELIMITERS]

        def fit(splitter: Splitter) -> tuple[int, int]:
            found = _names(splitter, line)
            return len(set(found) & set(self.request.wanted)), len(found)

        return max(splitters, key=fit)

    def _layout(self, splitter: Splitter, columns: tuple[str, ...]) -> _Layout:
        self.request.require(columns, self.file.name)
        for wanted, canonical in self.request.wanted.items():
            if columns.count(wanted) > 1:
                raise self.request.unusable(f"{self.file.name} has the column {wanted!r} twice", field=canonical)
        once = [name for name in columns if columns.count(name) == 1]
        return _Layout(splitter, columns, tuple(self.request.columns(once)))

    # --- the rows ---------------------------------------------------------------------------------------------------

    def _after_long_line(self, data: bytes) -> bytes:
        """The data without what is left of a line that was already counted as too long."""
        if not self.is_skipping:
            return data
        end = data.find(b"\n")
        self.is_skipping = end < 0
        return b"" if end < 0 else data[end + 1 :]

    def _block(self, data: bytes, layout: _Layout, *, is_final: bool) -> Iterator[Block]:
        self.rest = b""
        fast = None if _has_long_line(data) else self._by_arrow(data, layout, is_final=is_final)
        found = fast or self._by_hand(data, layout, is_final=is_final)
        if len(self.rest) > MAX_LINE and b"\n" not in self.rest:
            self.rest, self.is_skipping = b"", not is_final
            found = Block(found.file, found.columns, found.numbers, (*found.faults, self._fault(found)))
        self.next_row += found.read
        if found.read:
            yield found

    def _fault(self, found: Block) -> Fault:
        return Fault(self.next_row + found.read, Reason.LINE_TOO_LONG)

    def _by_arrow(self, data: bytes, layout: _Layout, *, is_final: bool) -> Block | None:
        """The whole records of the data at Arrow's speed; None where only the careful way will do."""
        cut = _clean_end(data, layout.splitter, is_final=is_final)
        if cut is None:
            return None
        ragged: list[Fault] = []

        def on_ragged(row: pyarrow.csv.InvalidRow) -> str:
            reason = Reason.BAD_ENCODING if MARK in row.text else Reason.RAGGED_ROW
            ragged.append(Fault(self.next_row + row.number - 1, reason))
            return "skip"

        # A broken row is broken whichever column the mark is in: then all columns are looked at.
        has_marks = MARK_UTF8 in data
        try:
            table = _parse(pa.py_buffer(data).slice(0, cut), layout, on_ragged, everything=has_marks)
        except pa.ArrowInvalid:
            return None
        self.rest = data[cut:]
        numbers = self._numbers(table.num_rows, ragged)
        columns = _without_armour(table, data)
        if not has_marks:
            return Block(self.file.name, columns, numbers, tuple(ragged))
        return _wanted_of(block.of_columns(self.file.name, columns, numbers, ragged), layout)

    def _numbers(self, rows: int, ragged: list[Fault]) -> pa.Array:
        numbers = np.arange(self.next_row, self.next_row + rows + len(ragged), dtype=np.int64)
        return pa.array(np.delete(numbers, [fault.row - self.next_row for fault in ragged]))

    def _by_hand(self, data: bytes, layout: _Layout, *, is_final: bool) -> Block:
        """Record by record: for blocks with a stray quotation mark, a lone carriage return, a giant line."""
        width = len(layout.columns)
        found = layout.splitter.split(data.decode(), width=width, first=self.next_row, is_final=is_final)
        self.rest = found.rest.encode()
        return _of_records(self.file.name, found, layout)


def _parse(data: pa.Buffer, layout: _Layout, on_ragged: object, *, everything: bool) -> pa.Table:
    csv = pyarrow.csv
    is_quoted = layout.splitter.is_quoted
    return csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(column_names=layout.unique, block_size=data.size + 1, use_threads=False),
        parse_options=csv.ParseOptions(
            delimiter=layout.splitter.delimiter,
            quote_char='"' if is_quoted else False,
            newlines_in_values=is_quoted,
            invalid_row_handler=on_ragged,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(layout.unique, pa.string()),
            include_columns=layout.unique if everything else list(layout.wanted),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,
        ),
    )


def _of_records(file: str, found: Records, layout: _Layout) -> Block:
    """Rows with a mark in any column are bad, as they are on the fast path."""
    names = layout.unique
    columns = {name: pa.array([r[i] or None for r in found.fields], pa.string()) for i, name in enumerate(names)}
    return _wanted_of(block.of_columns(file, columns, pa.array(found.numbers, pa.int64()), found.faults), layout)


def _wanted_of(whole: Block, layout: _Layout) -> Block:
    return Block(whole.file, {name: whole.columns[name] for name in layout.wanted}, whole.numbers, whole.faults)


def _without_armour(table: pa.Table, data: bytes) -> dict[str, pa.Array]:
    """The table's columns, with values such as ``="138"`` (written so for Excel's sake) freed."""
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    if b'="' not in data:
        return columns
    return {name: pc.replace_substring_regex(c, '^="([^"]*)"$', r"\1") for name, c in columns.items()}


def _names(splitter: Splitter, line: str) -> tuple[str, ...]:
    fields, _ = splitter.record(line, 0, len(line))
    return tuple(name.strip() for name in fields or line.split(splitter.delimiter))


def _after_lines(data: bytes, lines: int) -> bytes:
    return data.split(b"\n", lines)[lines] if lines and data.count(b"\n") >= lines else data if not lines else b""


def _lines_end_alike(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Old exports end lines with a carriage return alone; told by a first chunk without any newline."""
    first = next(chunks, b"")
    is_old = b"\r" in first and b"\n" not in first
    yield first.replace(b"\r", b"\n") if is_old else first
    for chunk in chunks:
        yield chunk.replace(b"\r", b"\n") if is_old else chunk


def _has_long_line(data: bytes) -> bool:
    at = 0
    while at + MAX_LINE < len(data):
        found = data.rfind(b"\n", at, at + MAX_LINE + 1)
        if found < 0:
            return True
        at = found + 1
    return False


def _clean_end(data: bytes, splitter: Splitter, *, is_final: bool) -> int | None:
    """Where the last whole record ends, if every quotation mark stands where RFC 4180 puts it; else None."""
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n") + data.endswith(b"\r"):
        return None
    end = len(data) if is_final else data.rfind(b"\n") + 1
    if not splitter.is_quoted or b'"' not in data:
        return end
    view = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(view == _QUOTE)
    if not _are_in_place(view, quotes, ord(splitter.delimiter)):
        return None
    if is_final:
        return None if len(quotes) % 2 else end
    while (before := int(np.searchsorted(quotes, end))) % 2:  # this newline is inside a quoted value
        end = data.rfind(b"\n", 0, int(quotes[before - 1])) + 1
    return end if len(data) - end <= MAX_RECORD else None


def _are_in_place(view: npt.NDArray[np.uint8], quotes: npt.NDArray[np.intp], delimiter: int) -> bool:
    """Quotation marks open and close in turn: each opens after a delimiter or closes before one, or is half of a pair."""
    opening, closing = quotes[::2], quotes[1::2]
    before = view[np.maximum(opening - 1, 0)]
    after = view[np.minimum(closing + 1, len(view) - 1)]
    is_begun = (opening == 0) | (before == delimiter) | (before == _NEWLINE) | (before == _QUOTE)
    is_ended = (after == delimiter) | (after == _NEWLINE) | (after == _QUOTE) | (after == _RETURN)
    return bool(is_begun.all() and (is_ended | (closing == len(view) - 1)).all())
