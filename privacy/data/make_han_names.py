"""Makes ``han_names.tsv.gz``: how much a character looks like part of a name, and words that are none.

    python privacy/data/make_han_names.py DICT     # jieba's dict.txt: word, count, part of speech (nr: a person's name)

Lines: ``surname``, ``first``, ``last`` or ``only`` (its place in a name), the character, and a weight in bits: log2 of how much more often it stands
there than anywhere in text; ``word`` and the word.
"""

from __future__ import annotations

import gzip
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from privacy.names import COMPOUND_SURNAMES
from values.surnames import SINGLE as SURNAMES

OUT = Path(__file__).with_name("han_names.tsv.gz")
_COMMON = 5  # a word counted less often in jieba's corpus is as likely a chance meeting of two characters
_KNOWN = 300  # a "name" of two characters that common is a word (谢谢, 陈述)
_LETTERS = 5000  # characters in use, for those that no name of the list holds


def rows(path: Path) -> Iterator[tuple[str, int, str]]:
    for line in path.read_text("utf-8").splitlines():
        word, count, kind = line.split(" ")
        if all("㐀" <= c <= "鿿" for c in word):
            yield word, int(count), kind


def main(path: Path) -> None:
    places: dict[str, Counter[str]] = {name: Counter() for name in ("surname", "first", "last", "only")}
    text: Counter[str] = Counter()
    words = []
    for word, count, kind in rows(path):
        if kind.startswith("nr"):
            _count_name(word, kind, places)
            if count < _KNOWN or len(word) > 2:
                continue
        text.update(dict.fromkeys(word, count))
        if count >= _COMMON and (len(word) == 2 or (len(word) in (3, 4) and SURNAMES.intersection(word))):
            words.append(word)
    lines = [f"{name}\t{c}\t{_bits(c, found, text):.1f}" for name, found in places.items() for c in sorted(found)]
    lines += [f"{name}\t\t{_bits('', found, text):.1f}" for name, found in places.items()]
    lines += [f"word\t{word}\t" for word in sorted(words)]
    with gzip.GzipFile(OUT, "wb", mtime=0) as file:
        file.write("\n".join(lines).encode())


def _count_name(word: str, kind: str, places: dict[str, Counter[str]]) -> None:
    surname = 2 if word[:2] in COMPOUND_SURNAMES else 1
    given = word[surname:]
    if kind != "nr" or (surname == 1 and word[0] not in SURNAMES) or len(given) not in (1, 2):
        return  # nrt: transcriptions
    places["surname"][word[:surname]] += 1
    for name, letter in zip(("first", "last") if len(given) == 2 else ("only",), given, strict=True):
        places[name][letter] += 1


def _bits(letter: str, found: Counter[str], text: Counter[str]) -> float:
    in_names = (found[letter] + 0.3) / (found.total() + 0.3 * _LETTERS)
    anywhere = (text[letter] + 5) / (text.total() + 5 * _LETTERS) if letter else 1 / _LETTERS
    return math.log2(in_names / anywhere)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
