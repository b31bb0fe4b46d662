"""Places of the United States and the United Kingdom where an English note says that somebody is, was or will be there.

A name alone is no place: Reading, Bath, Sale and Lincoln are words and people too. It must stand behind a preposition, in a sentence of
living, moving or being somewhere, and not go on into another name (London Road, Leeds County Court). What is an English word too, or stands
in a note without capital letters, needs more: a word of living right before it, or its state or county right behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from privacy.latin_names import follows_no_name
from privacy.places import Place
from values import places
from values.places_table import fold

_LEADS = re.compile(
    r"\b(?:in|into|to|near|around|for|outside|not|base is|address is|(?:mov(?:ed|ing)|relocat(?:ed|ing))(?:\s\w+)?\s+from"
    r"|(?:formerly|previously|resident|mov(?:ed|ing) out)\s+of)\s+(?=[A-Za-z])",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z]+(?:['’\-][A-Za-z]+)*")
_GAP = re.compile(r"[ ]+|\.[ ]*")
_ABBREVIATED = frozenset(("st", "ft", "mt", "ste"))
_LONGEST_NAME, _LONGEST_BESIDE = 5, 4
_RESIDES = (
    r"liv(?:e|es|ed|ing)|resid(?:e|es|ed|ing)|stay(?:s|ed|ing)?|based|settl(?:ed|ing)|rent(?:s|ed|ing)?|moved house"
    r"|lodg(?:es|ed|ing)|hous(?:ed|ing)|home|flat|apartment|room|hostel|shelter"
)
_MOVES = r"mov(?:e|es|ed|ing)|relocat(?:e|es|ed|ing)"
_IS_THERE = (
    r"is|are|am|be|been|being|now|currently|presently|still|temporarily|at present|at the moment|not|any ?more|longer"
    r"|work(?:s|ed|ing)?|employed|job|stud(?:y|ies|ying)|university|college|school|hospital|prison|rehab|hotel|sleep(?:s|ing)?|transferred|posted|stationed|deployed"
    r"|go|goes|gone|went|going|got|get|return(?:s|ed|ing)?|back|arrived|came|come|left|leaving|formerly|previously|originally|travell?ing|visiting|until|since"
)
# Mobile banking and Orange are moved to as well; one lives in a place only.
_LIVING = re.compile(rf"(?<![A-Za-z])(?:{_RESIDES})(?:\s+[A-Za-z]+)?\s*$", re.IGNORECASE)
_LIVING_OR_MOVING = re.compile(rf"(?<![A-Za-z])(?:{_RESIDES}|{_MOVES})(?:\s+[A-Za-z]+)?\s*$", re.IGNORECASE)
_SPOKEN_OF = re.compile(
    rf"(?:(?<![A-Za-z])(?:{_RESIDES}|{_MOVES}|{_IS_THERE})|['’](?:s|m|re))(?![A-Za-z])", re.IGNORECASE
)
_GOING = re.compile(
    rf"(?<![A-Za-z])(?:{_MOVES}|transfer\w*|posted|go|goes|gone|went|going|got|get|gets|return(?:s|ed|ing)?|back|came|come|coming|travel\w*|ran|run|off|out|over|up|down"
    r"|emigrat\w*|deported|evacuated|commut\w*)(?![A-Za-z])",
    re.IGNORECASE,
)
# What else happens in a city: money is spent there, a parcel comes from there, somebody was born there.
_SOMETHING_ELSE = re.compile(
    r"\b(?:cards?|charges?|transactions?|purchases?|payments?|spent|spend|withdrawals?|atm|orders?|parcels?|delivery|shipped|dispatched|flights?|trains?|born"
    r"|letters?|hearing|court|branch|interested|believes?|trust|refund|supports?|complaint|banks?|invest\w*|cheque|check sent)\b",
    re.IGNORECASE,
)
_FOR_A_WHILE = re.compile(
    r"\W*(?:just |only )?(?:(?:for|on) (?:the |a |an |his |her |their |my )?(?:hearing|wedding|funeral|week-?end|holidays?|vacation|day|night|trip|meeting|match|game|interview)"
    r"|passing through)\b",
    re.IGNORECASE,
)
_LAST_CLAUSE = re.compile(r"[^,;(]*$")
_DOTTED = re.compile(r"[A-Z]\.\s?[A-Z]\.?")  # D.C.
_CALENDAR = frozenset("january february march april may june july august september october november december".split())  # noqa: SIM905
_SENTENCE = re.compile(r"[;!?\n]|\.(?=\s+[A-Z0-9]|$)")


def find(text: str) -> Iterator[Place]:
    """Left to right; each with its county or state, where that stands behind it."""
    end = 0
    for lead in _LEADS.finditer(text):
        if lead.start() >= end and (found := _at(text, lead)):
            end = found.end
            yield found


def _at(text: str, lead: re.Match[str]) -> Place | None:
    tokens = _tokens(text, lead.end())
    for n in range(len(tokens), 0, -1):
        start, end = tokens[0].start(), tokens[n - 1].end()
        name = fold(text[start:end])
        if not places.named(name):
            continue
        if name in _CALENDAR:
            return None
        beside = _beside(text, name, end)
        return Place(start, beside, start, beside) if _is_meant(text, lead, name, end, beside) else None
    return None


def _tokens(text: str, at: int) -> list[re.Match[str]]:
    """The words of which the name may be made."""
    found: list[re.Match[str]] = []
    while len(found) < _LONGEST_NAME and (token := _TOKEN.match(text, at)):
        found.append(token)
        gap = _GAP.match(text, token.end())
        if gap is None or ("." in gap[0] and token[0].lower() not in _ABBREVIATED):
            break
        at = gap.end()
    return found


def _beside(text: str, name: str, end: int) -> int:
    """Where the state, county or country behind the name ends; ``end`` where there is none."""
    gap = re.compile(r",?\s+|,").match(text, end)
    if gap is None:
        return end
    tokens: list[re.Match[str]] = []
    at = gap.end()
    while len(tokens) < _LONGEST_BESIDE and (token := _TOKEN.match(text, at)):
        tokens.append(token)
        at = token.end() + 1
        if text[token.end() : at] not in (" ", "&"):
            break
    if (dotted := _DOTTED.match(text, gap.end())) and places.stands_beside(name, fold(dotted[0])):
        return dotted.end()
    for n in range(len(tokens), 0, -1):
        written = text[tokens[0].start() : tokens[n - 1].end()]
        is_told = "," in gap[0] or len(written) > 3 or written.isupper()
        if is_told and places.stands_beside(name, fold(written)):
            return tokens[n - 1].end()
    return end


def _is_meant(text: str, lead: re.Match[str], name: str, end: int, beside: int) -> bool:
    sentence = max((m.end() for m in _SENTENCE.finditer(text, 0, lead.start())), default=0)
    before = text[sentence : lead.start()]
    if _SOMETHING_ELSE.search(_telling(before)) or _FOR_A_WHILE.match(text, beside) or _goes_on(text, beside):
        return False
    around = f"{before} {lead[0]}{text[beside : beside + 24]}"
    if not _SPOKEN_OF.search(around) or (lead[0].lower().startswith(("to", "into")) and not _GOING.search(before)):
        return False
    if beside > end:
        return True
    known = places.named(name)
    largest = max(known, key=lambda p: p.population)
    if largest.is_abroad:
        return False
    is_written_as_name = text[lead.end()].isupper() and not text.isupper()
    is_word = any(p.is_word for p in known)
    if is_written_as_name and (not is_word or " " in name):
        return True
    directly = _LIVING if is_word else _LIVING_OR_MOVING
    return (is_written_as_name or not is_word) and directly.search(before) is not None


def _telling(before: str) -> str:
    """The last clause before the place, where it tells by itself who is there; else all of the sentence."""
    clause = _LAST_CLAUSE.search(before)
    return clause[0] if clause and _SPOKEN_OF.search(clause[0]) else before


def _goes_on(text: str, end: int) -> bool:
    """London Road, Leeds County Court; in notes of capital letters only where the next word is of streets and firms."""
    following = re.compile(r"\s+([A-Za-z]+)").match(text, end)
    if following is None:
        return text[end : end + 1] in ("-", "'", "’", "/", "@")
    word = following[1]
    return follows_no_name(word) or (word[0].isupper() and not text.isupper() and len(word) > 1)
