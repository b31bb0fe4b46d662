"""JSON: one object a line, or one array of objects in a file; nested values by path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors import block, encoding, files, paths
from connectors.block import Block, Fault
from connectors.files import File
from connectors.records import MAX_LINE
from connectors.request import Request
from connectors.text import MARK
from core.reasons import Reason

# Keys of JSON are optional by nature: only this many records without one show that it was renamed or never there.
_ENOUGH_TO_JUDGE = 100

_BETWEEN = re.compile(r"[\s,]*")
# Numbers stay as they are written: no digit of a phone or an id is lost to a double.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=lambda _: None)


class JsonLines:
    """JSON lines or a JSON array, plain or gzip, UTF-8 unless declared."""

    name = "jsonl"
    options: Mapping[str, str] = {"encoding": "the file's encoding, where it is not UTF-8"}

    def read(self, request: Request) -> Iterator[Block]:
        for file in files.resolve(request):
            yield from _blocks(file, request)


TRANSPORTS = (JsonLines(),)


@dataclass(slots=True)
class _Gathered:
    """Rows on their way into a block."""

    columns: dict[str, list[object]]
    numbers: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def read(self) -> int:
        return len(self.numbers) + len(self.faults)


def _blocks(file: File, request: Request) -> Iterator[Block]:
    name = request.option("encoding", str)
    try:
        codec = encoding.canonical(name) if name else encoding.detect(file.chunks(1 << 20))
    except LookupError:
        raise request.unusable(f"option encoding: {name} is not an encoding") from None
    gathered, is_first = _Gathered({path: [] for path in request.wanted}), True
    for number, record in enumerate(_records(file, request, encoding.utf_8(file.chunks(), codec)), start=1):
        _gather(gathered, number, record)
        if gathered.read >= request.batch_rows:
            yield _block(file, request, gathered, is_first=is_first)
            gathered, is_first = _Gathered({path: [] for path in request.wanted}), False
    if gathered.read:
        yield _block(file, request, gathered, is_first=is_first)


def _gather(gathered: _Gathered, number: int, record: dict[str, object] | Reason) -> None:
    if isinstance(record, Reason):
        gathered.faults.append(Fault(number, record))
        return
    gathered.numbers.append(number)
    for path, values in gathered.columns.items():
        values.append(paths.find(record, path))


def _block(file: File, request: Request, gathered: _Gathered, *, is_first: bool) -> Block:
    if is_first:
        _require(file, request, gathered)
    columns = {path: [None if v is paths.ABSENT else v for v in values] for path, values in gathered.columns.items()}
    return block.of_values(file.name, columns, gathered.numbers, gathered.faults)


def _require(file: File, request: Request, gathered: _Gathered) -> None:
    """Raise SourceUnusable for a path no record has, if it is a required field's or there are records enough to tell."""
    for path, values in gathered.columns.items():
        canonical = request.wanted[path]
        is_telling = len(values) >= _ENOUGH_TO_JUDGE or (values and canonical in request.required)
        if is_telling and all(value is paths.ABSENT for value in values):
            raise request.unusable(f"no record of {file.name} has {path!r}", field=canonical)


def _records(file: File, request: Request, chunks: Iterator[bytes]) -> Iterator[dict[str, object] | Reason]:
    """Each record as an object, or why it is none."""
    first = next(chunks, b"")
    while first.isspace():
        first = next(chunks, b"")
    if not first:
        raise request.unusable(f"{file.name} is empty")
    if first.lstrip()[:1] == b"[":
        return _of_array(file, request, first, chunks)
    return (_parsed(line) for line in _lines(first, chunks) if line is None or not line.isspace())


def _lines(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes | None]:
    """Each line that is not empty; None for one that is too long, of which no more than a chunk is ever held."""
    rest, is_skipping = b"", False
    for chunk in _chain(first, chunks):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if is_skipping:
                is_skipping = False
            elif line:
                yield line if len(line) <= MAX_LINE else None
        if len(rest) > MAX_LINE:
            if not is_skipping:
                yield None
            rest, is_skipping = b"", True
    if rest and not is_skipping:
        yield rest


def _chain(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks


def _parsed(line: bytes | None) -> dict[str, object] | Reason:
    if line is None:
        return Reason.LINE_TOO_LONG
    text = line.decode()
    if MARK in text:
        return Reason.BAD_ENCODING
    try:
        record = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return Reason.NOT_JSON
    return record if isinstance(record, dict) else Reason.NOT_JSON


def _of_array(
    file: File, request: Request, first: bytes, chunks: Iterator[bytes]
) -> Iterator[dict[str, object] | Reason]:
    """The elements of an array, each decoded as soon as it is whole. A broken element ends the file: nothing says where
    the next one begins.
    """
    text, at, number = first.decode().lstrip()[1:], 0, 0
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        if text.startswith("]", at):
            return
        try:
            element, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            more = next(chunks, b"") if len(text) - at <= MAX_LINE else b""
            if not more:
                raise request.unusable(f"{file.name}: the JSON array breaks here", row=number + 1) from None
            text, at = text[at:] + more.decode(), 0
            continue
        number += 1
        yield _checked(element)


def _checked(element: object) -> dict[str, object] | Reason:
    if not isinstance(element, dict):
        return Reason.NOT_JSON
    return Reason.BAD_ENCODING if MARK in str(element) else element
