"""A long text in pieces, so that the work grows with its length and no faster. A note of ordinary length is one piece."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

PIECE = 4_000  # characters; a chat of an hour is shorter
_LEAD_IN = 600  # what was said shortly before still says whose a contact is
_SENTENCE = re.compile(r"[\n。！？!?；;]")
_CLAUSE = re.compile(r"[，,\s]")


class Piece(NamedTuple):
    """``text[start:end]`` is read; what ends at ``own`` or before belongs to the piece before."""

    start: int
    own: int
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """Cut behind a sentence, else behind a clause, else anywhere: each begins with the end of the one before."""
    own = 0
    while own < len(text):
        end = _cut(text, own)
        lead_in = max(0, own - _LEAD_IN)
        sentence = _SENTENCE.search(text, lead_in, own) if lead_in else None
        yield Piece(sentence.end() if sentence else lead_in, own, end)
        own = end


def _cut(text: str, own: int) -> int:
    if len(text) - own <= PIECE:
        return len(text)
    for mark in (_SENTENCE, _CLAUSE):
        ends = [m.end() for m in mark.finditer(text, own + PIECE // 2, own + PIECE)]
        if ends:
            return ends[-1]
    return own + PIECE
