"""Parsers of text that sources send: CSV, JSON, encodings, paths; whole, in pieces and row by row."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st

from connectors import encoding, files, paths
from connectors.text import MARK
from connectors.transport import delimited
from core.errors import ConfigError
from fuzzing.damage import Parser, damaged, encoded, sometimes
from fuzzing.source import (
    OF_RECORDS,
    UNUSABLE,
    VALUES,
    csv_files,
    of_file,
    records,
    rows_of,
    spec,
    told,
)

_FIRST_PIECE = 200
_PATHS = ("a.b", "a[0].b", "who.phones[1]", 'x["y.z"]', "[0]", "a..b")
_DIALECTS = st.fixed_dictionaries(
    {},
    optional={
        "delimiter": sometimes(st.just(","), st.sampled_from([",", ";", "|", "\t"])),
        "encoding": sometimes(st.just("utf-8"), st.sampled_from(["gb18030", "utf-16"])),
        "quoted": st.booleans(),
        "skip_rows": sometimes(st.just(0), st.integers(0, 2)),
    },
)


def _in_pieces(size: int) -> AbstractContextManager[Any]:
    """Files come in pieces of so many bytes after the first, unless somebody asks for a size."""

    def chunks(self: files.File, asked: int = 0) -> Iterator[bytes]:
        with self.open() as stream:
            held = stream.read(asked or _FIRST_PIECE)
            while held:
                yield held
                held = stream.read(asked or size)

    return patch.object(files.File, "chunks", chunks)


def _csv_ways(given: tuple[bytes, dict[str, Any], int]) -> None:
    """A CSV file's rows are the same whole, in pieces, and the careful way."""
    body, options, size = given
    source = spec("csv", "s.csv", options)
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        (Path(folder) / "s.csv").write_bytes(body)
        rows, bad, _ = rows_of(source, Path(folder))
        whole = (rows.to_pylist(), bad.to_pylist())
        by_hand = patch.object(delimited._File, "_by_arrow", lambda *_, **__: None)  # noqa: SLF001 - the other of its two ways
        assert told(source, Path(folder), by_hand) == whole
        if _has_header_early(body, options):
            few = patch.object(delimited, "_HEAD", _FIRST_PIECE)
            assert told(source, Path(folder), few, _in_pieces(size)) == whole


def _has_header_early(body: bytes, options: Mapping[str, Any]) -> bool:
    """Whether the first piece tells what the whole file would: its header's end, and how lines end."""
    try:
        name = encoding.canonical(options["encoding"]) if "encoding" in options else encoding.detect(iter([body]))
    except LookupError:
        return False
    start = b"".join(encoding.utf_8(iter([body[:_FIRST_PIECE]]), name))
    line = start.split(b"\n", 3)
    return len(line) > 3 and not any(part.count(b'"') for part in line[:2])


def _json_ways(given: tuple[bytes, int]) -> None:
    """JSON records are the same whole and in pieces."""
    body, size = given
    source = spec("jsonl", "s.jsonl", {}, OF_RECORDS)
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        (Path(folder) / "s.jsonl").write_bytes(body)
        rows, bad, _ = rows_of(source, Path(folder))
        assert told(source, Path(folder), _in_pieces(size)) == (rows.to_pylist(), bad.to_pylist())


def _encoding(given: tuple[bytes, str, list[int]]) -> None:
    """Whatever the bytes, what comes out is UTF-8 without NUL or mark of order, and the same however it is cut."""
    body, name, cuts = given
    try:
        codec = encoding.canonical(name) if name else encoding.detect(iter([body]))
    except LookupError:
        return
    whole = b"".join(encoding.utf_8(iter([body]), codec))
    text = whole.decode()
    assert "\0" not in text
    at = sorted({0, len(body), *(c % (len(body) + 1) for c in cuts)})
    if codec not in ("utf-16", "utf-32") or min(at[1:2], default=0) >= 4:  # the first piece tells their order
        pieces = [body[a:b] for a, b in pairwise(at)]
        assert b"".join(encoding.utf_8(iter(pieces), codec)) == whole
    if not name and MARK not in text:
        assert codecs.lookup(codec)


def _path(given: tuple[Any, str]) -> None:
    """Steps are the same twice, and what a record's own leaves lead to is there."""
    record, path = given
    try:
        steps = paths.steps(path)
    except (ConfigError, ValueError):
        return
    paths.find(record, path)
    assert steps == paths.steps(path)
    for leaf in paths.leaves(record):
        assert isinstance(leaf, str)


def parsers() -> dict[str, Parser]:
    """By name."""
    csv = csv_files()
    json_lines = encoded(records().map("\n".join))
    json_array = encoded(records().map(lambda some: f"[{','.join(some)}]"))
    piece = st.integers(1, 40)
    return {
        "csv": Parser(st.tuples(csv, _DIALECTS), of_file("csv", "s.csv"), UNUSABLE),
        "csv ways": Parser(st.tuples(csv, _DIALECTS, piece), _csv_ways, UNUSABLE),
        "jsonl": Parser(st.tuples(json_lines, st.just({})), of_file("jsonl", "s.jsonl", OF_RECORDS), UNUSABLE),
        "json ways": Parser(st.tuples(st.one_of(json_lines, json_array), piece), _json_ways, UNUSABLE),
        "json paths": Parser(st.tuples(VALUES, damaged(*_PATHS)), _path, (ConfigError,)),
        "encodings": Parser(st.tuples(csv, st.one_of(st.just(""), st.sampled_from(["utf-8", "gbk", "utf-16", "utf-32", "big5", "cp1252", "rot13", "base64", "idna", "utf-7", "hex", "unicode_escape"]), st.text(max_size=6)), st.lists(st.integers(0, 500), max_size=4)), _encoding, UNUSABLE),
    }  # fmt: skip
