"""What a column's name says: which concepts it may be of, and whose thing it is. The words are in ``vocabulary.yaml``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resource_files
from typing import Any

import yaml

_HAN = re.compile(r"[\u4e00-\u9fff]")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[^a-z0-9#]+")
_NOISE = frozenset(
    {
        "the",
        "of",
        "is",
        "a",
        "in",
        "by",
        "for",
        "and",
        "s",
        "data",
        "info",
        "value",
        "field",
        "col",
        "column",
        "tbl",
        "raw",
    }
)


@cache
def vocabulary() -> Mapping[str, Any]:
    """The whole table."""
    found: Mapping[str, Any] = yaml.safe_load(
        (resource_files("connectors") / "vocabulary.yaml").read_text(encoding="utf-8")
    )
    return found


@cache
def _words() -> Mapping[str, str]:
    """Each spelling of a word to the word; the first that claims it has it."""
    out: dict[str, str] = {}
    for word, spellings in vocabulary()["words"].items():
        for spelling in (word, *spellings):
            out.setdefault(str(spelling), word)
    return out


@cache
def _phrases() -> tuple[tuple[str, str | frozenset[str]], ...]:
    """(concept, phrase) of every concept: a part of a name in Hanzi, or a set of words."""
    return tuple(
        (concept, str(phrase) if _HAN.search(str(phrase)) else frozenset(tokens(str(phrase))))
        for concept, phrases in vocabulary()["concepts"].items()
        for phrase in phrases
    )


def tokens(name: str) -> list[str]:
    """The words of a name in Latin letters, each by its common spelling: ``custPhoneNo`` → customer, phone, number."""
    split = _BETWEEN.split(_HUMP.sub(" ", name).lower())
    words = [word for word in split if word and word not in _NOISE]
    return [_words().get(word, _words().get(word.rstrip("0123456789"), word)) for word in words]


@dataclass(frozen=True, slots=True)
class Header:
    """A column's name: how well it says each concept (0 … a little over 1), and whose it says the thing is."""

    concepts: Mapping[str, float]
    role: str | None
    number: int | None  # the 2 of phone2


@cache
def read(name: str) -> Header:
    plain = unicodedata.normalize("NFKC", name).strip()
    role, marks = _role(plain)
    found: dict[str, float] = {}
    for concept, phrase in _phrases():
        score = _han(plain, phrase, marks) if isinstance(phrase, str) else _latin(plain, phrase, marks)
        if score > found.get(concept, 0):
            found[concept] = score
    numbered = re.search(r"(\d)$", plain)
    return Header(found, role, int(numbered[1]) if numbered else None)


def _role(name: str) -> tuple[str | None, frozenset[str]]:
    """Whose it is, and the words that say so. Somebody else's wins; what was observed wins over the account."""
    there = set(tokens(name))
    for role in ("other", "observed", "subject"):
        marks = {
            m
            for m in map(str, vocabulary()["roles"][role])
            if (m in name if _HAN.search(m) else _words().get(m, m) in there)
        }
        if marks:
            every = {str(m) for ms in vocabulary()["roles"].values() for m in ms}
            return role, frozenset(m if _HAN.search(m) else _words().get(m, m) for m in every)
    return None, frozenset()


def _latin(name: str, phrase: frozenset[str], marks: frozenset[str]) -> float:
    """How much of the name the phrase covers; words that say whose it is need no cover."""
    there = set(tokens(name))
    if not phrase or not phrase <= there:
        return 0
    return len(phrase) / len(phrase | (there - marks)) + 0.05 * len(phrase)


def _han(name: str, phrase: str, marks: frozenset[str]) -> float:
    if phrase not in name:
        return 0
    rest = re.sub(r"[^\u4e00-\u9fff]", "", name.replace(phrase, "", 1))
    for mark in sorted(marks, key=len, reverse=True):
        rest = rest.replace(mark, "")
    return len(phrase) / (len(phrase) + len(rest)) + 0.04 * min(len(phrase), 6)
