"""The phrases of ``phrases.yaml``, compiled."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml


class Phrases(NamedTuple):
    """A pattern each, and words that stand alone; the file says what each is."""

    possesses: re.Pattern[str]
    adjectives: re.Pattern[str]
    to_contact: re.Pattern[str]
    to_noun: re.Pattern[str]
    i_am: re.Pattern[str]
    on_behalf: re.Pattern[str]
    contact: re.Pattern[str]
    another_thing: re.Pattern[str]
    predicate: re.Pattern[str]
    later: re.Pattern[str]
    bracket: re.Pattern[str]
    acts: re.Pattern[str]
    himself: re.Pattern[str]
    possessives: frozenset[str]
    an_agents: frozenset[str]
    acted_on: frozenset[str]
    merely_reached: frozenset[str]


@cache
def phrases() -> Phrases:
    """The shipped phrases; KeyError where one names words that are not there."""
    tables = yaml.safe_load(files("privacy.text").joinpath("phrases.yaml").read_text("utf-8"))
    any_of = {name: f"(?:{'|'.join(words)})" for name, words in tables["words"].items()}

    def written(ways: list[str]) -> str:
        return re.sub(r"<(\w+)>", lambda m: any_of[m[1]], "|".join(ways))

    patterns: dict[str, Any] = {name: re.compile(written(ways)) for name, ways in tables["phrases"].items()}
    alone: dict[str, Any] = {name: frozenset(words) for name, words in tables["alone"].items()}
    return Phrases(**patterns, **alone)
