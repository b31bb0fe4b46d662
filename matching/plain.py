"""One writing of a value: case, accents, alphabet, width and spaces say nothing about who somebody is.

Cyrillic and Greek are romanised as passports are (ICAO Doc 9303-3, section 6), so that a name meets its own romanisation.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Written otherwise by whoever lacks the letter; the case folding of Unicode leaves them as they are.
_LETTERS = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h"}
    | dict(zip("абвгдезиклмнопрстуфыэіјѕґ", "abvgdeziklmnoprstufyeijsg", strict=True))
    | {
        "ж": "zh",
        "х": "kh",
        "ц": "ts",
        "ч": "ch",
        "ш": "sh",
        "щ": "shch",
        "ъ": "",
        "ь": "",
        "ю": "iu",
        "я": "ia",
        "є": "ie",
    }
    | {"ђ": "d", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz"}
    | dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True))
    | {"θ": "th", "χ": "ch", "ψ": "ps"}
)
# What is worth a look: all but printable ASCII and the scripts that have neither case nor accents (Han, Kana, Hangul).
_MARKED = r"[^\x20-\x7E\x{3001}-\x{312F}\x{31A0}-\x{9FFF}\x{AC00}-\x{D7A3}\x{20000}-\x{2FFFF}]|  "
_MARKS = frozenset(("LATIN", "GREEK", "CYRILLIC"))


def plain(values: pa.Array) -> pa.Array:
    """Lower case, without accents, spaces or width: once per distinct value, in Arrow but for the few that have marks."""
    out = pc.utf8_lower(pc.utf8_trim_whitespace(values))
    done = pc.and_(pc.ascii_is_printable(out), pc.invert(pc.match_substring(out, "  "))).fill_null(True)
    if pc.all(done).as_py():
        return out
    at = np.flatnonzero(~np.asarray(done))
    at = at[np.asarray(pc.match_substring_regex(out.take(pa.array(at)), _MARKED))]
    marked = np.zeros(len(out), dtype=np.bool_)
    marked[at] = True
    folded = [fold(v) for v in out.take(pa.array(at)).to_pylist()]
    return pc.replace_with_mask(out, pa.array(marked), pa.array(folded, pa.string()))


def fold(text: str) -> str:
    """``García-LÓPEZ`` and ``garcia-lopez`` alike; Пётр is petr, full-width figures are figures, 张伟 stays 张伟."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for n, c in enumerate(apart) if not (unicodedata.combining(c) and _is_accent(apart, n)))
    return " ".join(unicodedata.normalize("NFC", bare).translate(_LETTERS).split())


def _is_accent(text: str, at: int) -> bool:
    """Whether the mark stands on a letter of an alphabet that is written without it too: が is no か."""
    while at and unicodedata.combining(text[at]):
        at -= 1
    return unicodedata.name(text[at], "").split(" ", 1)[0] in _MARKS
