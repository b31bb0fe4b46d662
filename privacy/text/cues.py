"""The cue tables, compiled: which word of which table stands where in a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from privacy.words import alternatives


class Cue(NamedTuple):
    """One word of a table. ``tables`` are all the tables the word stands in, ``role`` the owner a person word names."""

    start: int
    end: int
    word: str
    tables: frozenset[str]
    role: str | None


_DONE = ("已", "已经", "早", "早已", "早就")


class Lexicon:
    """All cue words in one pattern, longest first, so that a text is read once."""

    def __init__(self, tables: dict[str, Iterable[str]], people: dict[str, Iterable[str]]) -> None:
        self._tables: dict[str, set[str]] = defaultdict(set)
        self._roles = {word: role for role, words in people.items() for word in words}
        for name, words in [*tables.items(), ("people", list(self._roles))]:
            for word in words:
                self._tables[word].add(name)
        self._frozen = {word: frozenset(names) for word, names in self._tables.items()}
        self._pattern = re.compile(alternatives(self._tables))
        self._persons = frozenset(self._roles)

    def roles(self) -> frozenset[str]:
        """The words for persons."""
        return self._persons

    def knows(self, word: str) -> bool:
        """Whether the word is one of a table (岳父, 陈述): then it is no name."""
        return word in self._tables

    def read(self, text: str, start: int = 0, end: int | None = None) -> list[Cue]:
        """The cues of lower-case text from left to right, none overlapping another."""
        found = self._pattern.finditer(text, start, len(text) if end is None else end)
        return [Cue(m.start(), m.end(), w := m[0], self._frozen[w], self._roles.get(w)) for m in found]


@cache
def lexicon() -> Lexicon:
    """The shipped tables of ``cues.yaml``."""
    tables = yaml.safe_load(files("privacy.text").joinpath("cues.yaml").read_text("utf-8"))
    for name in ("old", "old_after"):  # 已停用, 早就搬离: the word that says it is done makes no other word of it
        tables[name] += [
            f"{done}{word}" for word in tables[name] if word[0] > "\u3400" for done in _DONE if word[0] not in "已早"
        ]
    return Lexicon({k: v for k, v in tables.items() if k != "people"}, tables["people"])
