"""Makes ``parts.tsv.gz``: words that cannot be somebody with a telephone, so that any other word may be one.

    python privacy/data/make_parts.py DICT SENSES     # jieba's dict.txt, WordNet's index.sense (``NOTICE.md``)

Lines: ``zh`` and a Chinese word that is no noun; ``zh function`` and one that says only when, how much or how; ``zh noun`` and one that is, though a reader who knew only the others would find nothing
unread in it (下线);
``en`` and an English word that is in the dictionary; ``en person`` and one that as a noun is a person or a body of persons.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from privacy.text.parts import lists

OUT = Path(__file__).with_name("parts.tsv.gz")
_NOUNS = ("n", "j", "s", "g", "x", "o", "h", "k")  # first letters of jieba's parts of speech; ns are places, t times
_FUNCTION = ("t", "m", "q", "r", "d", "c", "p", "u", "f", "y")
_COMMON = 5  # a word counted less often in jieba's corpus is often a chance meeting, and its part of speech a guess
_PERSONS = {"18", "14"}  # WordNet's files noun.person, noun.group
_NOUN_FILES = {f"{n:02}" for n in range(3, 29)}
_SHARE = 0.25  # of a noun's senses, by how often they are meant
_LONGEST = 4


def han(path: Path) -> tuple[set[str], set[str], set[str]]:
    """(Function words, others that are no nouns, nouns that fall to pieces that are none)."""
    functions: set[str] = set()
    nouns: set[str] = set()
    others: set[str] = set()
    for line in path.read_text("utf-8").splitlines():
        word, count, part = line.split(" ")
        if not all("㐀" <= c <= "鿿" for c in word) or not 2 <= len(word) <= _LONGEST:
            continue
        if part.startswith("nr"):
            continue  # names of persons, which recognisers find
        if part == "ns" or not part.startswith(_NOUNS):
            if int(count) >= _COMMON:
                (functions if part.startswith(_FUNCTION) else others).add(word)
        elif word not in lists().han_things:
            nouns.add(word)
    known = functions | others | lists().han_things
    return functions, others, {n for n in nouns if _falls_to_pieces(n, known)}


def _falls_to_pieces(noun: str, words: set[str]) -> bool:
    """Whether a reader that knows these words alone would find nobody in it."""
    at, alone = 0, ""
    while at < len(noun):
        length = next((n for n in range(len(noun) - at, 1, -1) if noun[at : at + n] in words), 1)
        is_read = length > 1 or noun[at] in lists().han_function or noun[at] in lists().han_things
        alone = "" if is_read else alone + noun[at]
        if len(alone) > 1 or alone in lists().han_suffixes:
            return False
        at += length
    return True


def english(path: Path) -> tuple[set[str], set[str]]:
    """(All words, those that are persons)."""
    senses: dict[str, Counter[str]] = defaultdict(Counter)
    for line in path.read_text("utf-8").splitlines():
        key, _, number, meant = line.split(" ")
        lemma, rest = key.split("%")
        if re.fullmatch(r"[a-z]+", lemma):
            senses[lemma][rest.split(":")[1]] += int(meant) + 1 / int(number)  # type: ignore[assignment]
    return set(senses), {word for word, found in senses.items() if _share(found) >= _SHARE}


def _share(found: Counter[str]) -> float:
    nouns = sum(count for file, count in found.items() if file in _NOUN_FILES)
    return sum(found[file] for file in _PERSONS) / nouns if nouns else 0.0


def lines(dictionary: Path, senses: Path) -> Iterator[str]:
    functions, others, nouns = han(dictionary)
    words, persons = english(senses)
    tables = {"zh function": functions, "zh": others, "zh noun": nouns, "en": words - persons, "en person": persons}
    for table, found in tables.items():
        yield from (f"{table}\t{word}" for word in sorted(found))


if __name__ == "__main__":
    with gzip.GzipFile(OUT, "wb", mtime=0) as file:
        file.write("\n".join(lines(Path(sys.argv[1]), Path(sys.argv[2]))).encode())
