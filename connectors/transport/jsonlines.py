"""JSON: one object a line, or one array of objects in a file; nested values by path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from connectors import encoding, files
from connectors.block import Block
from connectors.files import File
from connectors.gathered import DECODER, Gathered, Record, checked
from connectors.records import MAX_LINE
from connectors.request import Request
from connectors.text import MARK
from core.reasons import Reason

_PER_BLOCK = 8_192  # whole records are held until their block is made
_BETWEEN = re.compile(r"[\s,]*")


class JsonLines:
    """JSON lines or a JSON array, plain or gzip, UTF-8 unless declared."""

    name = "jsonl"
    options: Mapping[str, str] = {"encoding": "the file's encoding, where it is not UTF-8", **files.OPTIONS}

    def read(self, request: Request) -> Iterator[Block]:
        return files.read(request, _blocks)


TRANSPORTS = (JsonLines(),)


def _blocks(file: File, request: Request) -> Iterator[Block]:
    name = request.option("encoding", str)
    try:
        codec = encoding.canonical(name) if name else encoding.detect(file.chunks(1 << 20))
    except LookupError:
        raise request.unusable(f"option encoding: {name} is not an encoding") from None
    records = _records(file, request, encoding.utf_8(file.chunks(), codec))
    size = min(request.batch_rows, _PER_BLOCK)
    first = 1
    while some := list(islice(records, size)):
        yield Gathered(file.name, request, first, some).block(is_first=first == 1)
        first += len(some)


def _records(file: File, request: Request, chunks: Iterator[bytes]) -> Iterator[Record]:
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


def _parsed(line: bytes | None) -> Record:
    if line is None:
        return Reason.LINE_TOO_LONG
    text = line.decode()
    if MARK in text:
        return Reason.BAD_ENCODING
    try:
        record = DECODER.decode(text)
    except (ValueError, RecursionError):
        return Reason.NOT_JSON
    return record if isinstance(record, dict) else Reason.NOT_JSON


def _of_array(file: File, request: Request, first: bytes, chunks: Iterator[bytes]) -> Iterator[Record]:
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
            element, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            more = next(chunks, b"") if len(text) - at <= MAX_LINE else b""
            if not more:
                raise request.unusable(f"{file.name}: the JSON array breaks here", row=number + 1) from None
            text, at = text[at:] + more.decode(), 0
            continue
        number += 1
        yield checked(element)
