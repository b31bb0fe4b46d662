"""Who the fictional people are: names, resident ids, mobile numbers, all of them visibly test data.

- A mobile number is ``1PP 00 xxxxxx``: a real carrier's prefix, then ``00`` where no subscriber's number has it.
- A resident id has a valid GB 11643-1999 checksum and an area code ``99xxxx``: no province begins with 99.
- An e-mail address ends in ``example.test`` (RFC 2606).
"""

from __future__ import annotations

from datetime import date

import numpy as np

from sample.vocabulary import Bools, Ints, words, zipf

PREFIXES = (
    *(130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 150, 151, 152, 153, 155, 156, 157, 158, 159),
    *(166, 173, 175, 176, 177, 178, 180, 181, 182, 183, 185, 186, 187, 188, 189, 191, 198, 199),
)
_RESERVED = 1000  # 1PP 00 000xxx are the canaries'
_PER_PREFIX = 1_000_000 - _RESERVED
NUMBERS = len(PREFIXES) * _PER_PREFIX
_STRIDE = 15_485_863  # a prime that divides NUMBERS in no part: consecutive serials land far apart
ID_AREA = "99"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


class Numbers:
    """Hands out mobile numbers (as integers), each once."""

    def __init__(self, seed: int) -> None:
        self._next = seed * 7_919 % NUMBERS

    def take(self, rng: np.random.Generator, n: int) -> Ints:
        serial = self._next + rng.permutation(n)
        self._next += n
        place = serial.astype(np.int64) * _STRIDE % NUMBERS
        prefix = np.array(PREFIXES, dtype=np.int64)[place // _PER_PREFIX]
        return np.asarray(prefix * 100_000_000 + _RESERVED + place % _PER_PREFIX)


def canary_number(i: int) -> int:
    """A number of the canaries' own block: 199 00 000xxx."""
    return 19_900_000_000 + i


def checksum(body: str) -> str:
    """The check character of the first 17 positions (GB 11643-1999: ISO 7064 MOD 11-2)."""
    return _ID_CHECKS[sum(int(c) * w for c, w in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def resident_ids(rng: np.random.Generator, births: list[date], male: Bools) -> list[str]:
    """An id for each birth date; the sequence is odd for men."""
    n = len(births)
    area = rng.integers(100, 10_000, n)
    sequence = rng.integers(0, 500, n) * 2 + male
    bodies = [
        f"{ID_AREA}{a:04d}{b:%Y%m%d}{s:03d}" for a, b, s in zip(area.tolist(), births, sequence.tolist(), strict=True)
    ]
    return [body + checksum(body) for body in bodies]


def surnames(rng: np.random.Generator, n: int) -> list[str]:
    """Surnames as they thin out in China; one in 250 is compound."""
    common = "".join(words()["surnames"].split())
    picked = rng.choice(len(common), n, p=zipf(len(common), 6))
    out = [common[i] for i in picked.tolist()]
    compound = words()["compound_surnames"]
    for i in np.flatnonzero(rng.random(n) < 0.004).tolist():
        out[i] = compound[int(rng.integers(len(compound)))]
    return out


def full_names(rng: np.random.Generator, surname: list[str], male: Bools) -> list[str]:
    """Surname and one or two given characters; one in 300 is a name of another script's custom, with a middle dot."""
    n = len(surname)
    pools = [words()["given_female"] + words()["given_neutral"], words()["given_male"] + words()["given_neutral"]]
    draw = rng.random((n, 2))
    two = rng.random(n) < 0.8
    names = []
    for s, is_male, (a, b), is_two in zip(surname, male.tolist(), draw.tolist(), two.tolist(), strict=True):
        pool = pools[is_male]
        # squares: the first characters of a pool are the common ones
        first = pool[int(a * a * len(pool))]
        names.append(s + first + (pool[int(b * b * len(pool))] if is_two else ""))
    minority = words()["minority_names"]
    for i in np.flatnonzero(rng.random(n) < 0.003).tolist():
        names[i] = minority[int(rng.integers(len(minority)))]
    return names


def titled(name: str, *, is_male: bool) -> str:
    """王先生, 欧阳女士: how a parcel is addressed to somebody."""
    size = 2 if name[:2] in words()["compound_surnames"] else 1
    return name[:size] + ("先生" if is_male else "女士")


def masked_name(name: str) -> str:
    return name[0] + "*" * (len(name) - 1)


def masked_phone(number: int) -> str:
    text = str(number)
    return f"{text[:3]}****{text[-4:]}"


def masked_id(text: str) -> str:
    return f"{text[:4]}**********{text[-4:]}" if text else ""
