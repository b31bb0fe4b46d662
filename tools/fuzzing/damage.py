"""Damaged input: real-looking examples with edits that know how such texts are made, and any text at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.errors import BadInput

_CHARACTERS = "\x00\t\n\r\x1b\x85\u200b\u202e\u3000\ufeff\ufffd\ufdd1\ud7ff😀𠮷１／－（）*·,;|\"'\\{}[]:&#!%@`0aZ九²٣"
# What texts are made of: an edit moves whole pieces, or stands between two.
_PIECE = re.compile(r"\d+|[A-Za-z]+|[\u4e00-\u9fff]{1,3}|\s+|.", re.DOTALL)
_FULL_WIDTH = {i: i + 0xFEE0 for i in range(0x21, 0x7F)}
_MOST = 4000  # characters: longer ones are tests of patience, which has its own
HOW = "+-=xrsdwuc"


@dataclass(frozen=True)
class Parser:
    """What is called with what; ``check`` raises AssertionError when an answer breaks a promise."""

    given: SearchStrategy[Any]
    check: Callable[[Any], None]
    refuses: tuple[type[Exception], ...] = (BadInput,)


Edit = tuple[str, float, float, str]


def damaged(*examples: str) -> SearchStrategy[str]:
    """An example with a few edits, or any text at all."""
    piece = st.one_of(st.sampled_from(_CHARACTERS), st.text(max_size=4), st.sampled_from(examples))
    edit = st.tuples(st.sampled_from(HOW), st.floats(0, 1), st.floats(0, 1), piece)
    return st.one_of(
        st.builds(edited, st.sampled_from(examples), st.lists(edit, max_size=6)),
        st.builds(edited, st.sampled_from(examples), st.lists(edit, max_size=6)),
        st.text(max_size=60),
    )


def edited(text: str, edits: list[Edit]) -> str:
    """The text after these edits: where and how much of it as shares, and what is put there."""
    for how, where, length, piece in edits:
        if len(text) > _MOST:
            break
        text = _by_pieces(text, how, where, length, piece) if how in "sdwuc" else _anywhere(text, how, where, length, piece)  # fmt: skip
    return text


def _anywhere(text: str, how: str, where: float, length: float, piece: str) -> str:
    start = int(where * len(text))
    end = start + int(length * 8)
    inner = {
        "+": piece + text[start:end],
        "-": "",
        "=": piece,
        "x": text[start:end] * 2,
        "r": text[start:end] * 40,
    }[how]
    return text[:start] + inner + text[end:]


def _by_pieces(text: str, how: str, where: float, length: float, other: str) -> str:
    """Swap, double, widen, upper-case, or cross with the other text: always whole pieces."""
    pieces = _PIECE.findall(text)
    if not pieces:
        return other
    at, to = int(where * (len(pieces) - 1)), int(length * (len(pieces) - 1))
    match how:
        case "s":
            pieces[at], pieces[to] = pieces[to], pieces[at]
        case "d":
            pieces.insert(to, pieces[at])
        case "w":
            pieces[at] = pieces[at].translate(_FULL_WIDTH)
        case "u":
            pieces[at] = pieces[at].upper()
        case _:
            theirs = _PIECE.findall(other)
            pieces = pieces[: at + 1] + theirs[int(length * len(theirs)) :]
    return "".join(pieces)


def sometimes(usual: SearchStrategy[Any], odd: SearchStrategy[Any], *, in_all: int = 4) -> SearchStrategy[Any]:
    """The usual, and once in so many times the odd: what is wrong everywhere is refused at the door."""
    return st.integers(1, in_all).flatmap(lambda n: odd if n == in_all else usual)


def lightly(*examples: str) -> SearchStrategy[str]:
    """An example with at most two edits: what is refused at its first word teaches nothing."""
    piece = st.one_of(st.sampled_from(_CHARACTERS), st.sampled_from(examples))
    edit = st.tuples(st.sampled_from(HOW), st.floats(0, 1), st.floats(0, 1), piece)
    return st.builds(edited, st.sampled_from(examples), st.lists(edit, max_size=2))


def torn(whole: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    """Bytes cut off, with some of them changed, put in or taken out."""
    change = st.tuples(st.floats(0, 1), st.integers(0, 4), st.binary(max_size=4))
    return st.builds(_torn, whole, st.lists(change, max_size=4), st.one_of(st.just(1.0), st.floats(0, 1)))


def _torn(body: bytes, changes: list[tuple[float, int, bytes]], kept: float) -> bytes:
    for where, length, piece in changes:
        start = int(where * len(body))
        body = body[:start] + piece + body[start + length :]
    return body[: int(kept * len(body))]


def encoded(texts: SearchStrategy[str]) -> SearchStrategy[bytes]:
    """Texts in encodings that files come in, some of them torn."""
    encodings = st.sampled_from(["utf-8"] * 12 + ["utf-8-sig", "gb18030", "utf-16", "utf-16-le", "latin-1"])
    written = st.builds(lambda t, e: t.encode(e, errors="replace"), texts, encodings)
    return sometimes(written, st.one_of(torn(written), torn(written), st.binary(max_size=80)), in_all=6)


# What a deployment may hold where one thing is expected: anything that YAML can say.
ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=8),
        st.sampled_from([0, 1, -1, 10**9, 1e308, ",", "", "%", "[", "id", "utf-16", "2h", "99999999999999d", "http://["]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=4,
)  # fmt: skip
