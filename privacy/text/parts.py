"""Which words may be somebody with a telephone: all but those that dictionaries or the lists of the trade know to be something else."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml


class Word(NamedTuple):
    """One word that no cue covers. ``is_noun``: it may be somebody."""

    start: int
    end: int
    is_noun: bool


class _Lists(NamedTuple):
    """``parts.yaml``."""

    han_function: frozenset[str]
    han_suffixes: frozenset[str]
    han_things: frozenset[str]
    english_function: frozenset[str]
    english_things: frozenset[str]


class _Dictionary(NamedTuple):
    """``data/parts.tsv.gz``, made by ``data/make_parts.py``."""

    han_function: frozenset[str]
    han: frozenset[str]
    han_nouns: frozenset[str]
    english: frozenset[str]
    english_persons: frozenset[str]


_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?|[㐀-鿿]+")
_SOME = re.compile("[一某](?:位|名|个)?$")  # 一保洁接起: whatever follows is used as a noun
_LONGEST = 4
_SUFFIXES = (
    ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ly", ""), ("er", ""), ("est", ""),
)  # fmt: skip


@cache
def lists() -> _Lists:
    """The lists of the trade."""
    tables = yaml.safe_load(files("privacy.text").joinpath("parts.yaml").read_text("utf-8"))
    return _Lists(**{name: frozenset(words) for name, words in tables.items()})


@cache
def _dictionary() -> _Dictionary:
    tables: dict[str, set[str]] = {t: set() for t in ("zh function", "zh", "zh noun", "en", "en person")}
    with gzip.open(files("privacy").joinpath("data/parts.tsv.gz").open("rb"), "rt", encoding="utf-8") as lines:
        for line in lines:
            table, word = line.rstrip("\n").split("\t")
            tables[table].add(word)
    return _Dictionary(*(frozenset(words) for words in tables.values()))


def words(text: str, start: int, end: int) -> Iterator[Word]:
    """The words of a stretch of lower-case text, those left out that say only when, how much or how."""
    for run in _WORD.finditer(text, start, end):
        if not run[0][0].isascii():
            yield from _han(text, run.start(), run.end())
        elif (is_noun := _english(run[0])) is not None:
            yield Word(run.start(), run.end(), is_noun)


def _english(word: str) -> bool | None:
    """None for a function word; whether it may be somebody: a person, or not in the dictionary."""
    base = re.sub(r"['’].*", "", word)
    if base in lists().english_function or base in lists().english_things or len(base) < 2:
        return None
    known = _dictionary()
    stem = re.sub(r"([b-df-hj-np-tv-z])\1(?=(?:ed|ing)$)", r"\1", base)  # dropped
    forms = {
        base,
        re.sub("(?:ed|ing)$", "", stem),
        *(base[: -len(s)] + put for s, put in _SUFFIXES if base.endswith(s) and len(base) > len(s) + 2),
    }
    if base in known.english_persons or (base not in known.english and forms & known.english_persons):
        return True
    return not forms & known.english


def _han(text: str, start: int, end: int) -> Iterator[Word]:
    """Longest words first; what no word covers may be somebody, and a word behind it goes with it (球队经纪)."""
    known, trade = _dictionary(), lists()
    at, unread = start, -1
    while at < end:
        length = next((n for n in range(min(_LONGEST, end - at), 1, -1) if _is_word(text[at : at + n])), 1)
        piece = text[at : at + length]
        is_unread = piece in known.han_nouns or (
            length == 1 and piece not in trade.han_function and piece not in trade.han_things
        )
        if is_unread or (unread >= 0 and piece in known.han):
            unread = at if unread < 0 else unread
        else:
            if unread >= 0:
                yield Word(unread, at, _may_be_somebody(text[unread:at]))
                unread = -1
            if piece in known.han and piece not in trade.han_things:
                yield Word(at, at + length, bool(_SOME.search(text, max(0, at - 2), at)))
        at += length
    if unread >= 0:
        yield Word(unread, end, _may_be_somebody(text[unread:end]))


def _is_word(piece: str) -> bool:
    known = _dictionary()
    return piece in lists().han_things or piece in known.han or piece in known.han_nouns or piece in known.han_function


def is_in_word(text: str, at: int) -> bool:
    """Whether the character belongs to a longer Chinese word that is no function word (系 of 系统)."""
    return any(
        (piece := text[start : start + n]) in lists().han_things
        or piece in _dictionary().han_nouns
        or piece in _dictionary().han
        for n in (2, 3)
        for start in range(max(0, at - n + 1), at + 1)
    )


def _may_be_somebody(unread: str) -> bool:
    """A single character is mostly a verb that the list of them lacks, unless it makes a person of what stands before it."""
    return len(unread) > 1 or unread in lists().han_suffixes
