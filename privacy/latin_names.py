"""Given names in Latin letters, of many countries, and the words behind one that make no name of the two (Austin Street)."""

from __future__ import annotations

import gzip
import re
from functools import cache
from importlib.resources import files

from values import places
from values.places_table import fold

_NO_SURNAMES = frozenset(
    """bank branch team department dept ltd limited inc llc plc company group direct finance financial credit loan loans card cards account accounts
    court council office centre center hospital clinic school college university church station airport hotel inn park estate mall market store shop
    house apartments flats tower city county town village beach island lake river hills heights springs bay harbour harbor bridge gate
    january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday
    sunday day night period payment plan team call number phone line support service services insurance policy act law rule review transfer
    street road avenue lane drive close crescent square terrace place way boulevard grove gardens parkway highway
    england scotland wales ireland britain france texas states kingdom""".split()  # noqa: SIM905  a table of words reads better
)
_KNOWN = 100_000
_WORD = re.compile("[A-Za-z]+")


@cache
def given() -> frozenset[str]:
    with gzip.open(files("privacy").joinpath("data/latin_names.txt.gz").open("rb"), "rt", encoding="ascii") as lines:
        return frozenset(lines.read().split("\n"))


def follows_no_name(word: str) -> bool:
    """Is it a word of places, firms or days (Street, Court, Team), which makes something else of the name before it?"""
    return word.lower() in _NO_SURNAMES


def begins_with_a_given_name(name: str) -> bool:
    """Whether ``Emily Carter`` begins with a name of the list, and what comes after it is no word of places, firms or days.

    West Yorkshire and Virginia Beach are no persons: counties, states and cities of a hundred thousand are known.
    """
    first, *rest = _WORD.findall(name)
    if first not in given() or _NO_SURNAMES.intersection(w.lower() for w in rest):
        return False
    return not any(p.level in ("nation", "province") or p.population >= _KNOWN for p in places.named(fold(name)))
