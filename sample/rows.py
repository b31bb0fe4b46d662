"""Rows of one source as it would export them, with what only the truth knows beside each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from sample import identity
from sample.population import Population
from sample.timeline import GONE
from sample.vocabulary import Bools, Ints

Cells = list[Any]


class Whose(IntEnum):
    """Whose contact (or place) a row shows, seen from its subject."""

    SELF = 0
    HOUSEHOLD = 1
    GIFT = 2  # a receiver who is somebody else
    RELATIVE = 3
    OFFICE = 4  # the subject's number at a place of work
    PICKUP = 5  # the subject's number at a pickup point
    NOBODY = 6  # no contact in it
    GARBLED = 7  # the subject's, mistyped


@dataclass
class Rows:
    """``cells`` are as written. ``phone``, ``place``, ``city`` are the true ones behind them, or GONE where not shown."""

    source: str
    cells: list[Cells]
    record: list[str]
    subject: Ints
    day: Ints
    whose: Ints
    phone: Ints
    place: Ints
    city: Ints
    origin: list[str]


def rows(source: str, cells: list[Cells], record: list[str], subject: Ints, day: Ints, **truth: Any) -> Rows:
    """Rows with the truth that is given; the rest is absent."""
    n = len(record)
    gone = np.full(n, GONE)
    return Rows(
        source=source,
        cells=cells,
        record=record,
        subject=subject,
        day=day,
        whose=truth.get("whose", np.zeros(n, np.int64)),
        phone=truth.get("phone", gone),
        place=truth.get("place", gone),
        city=truth.get("city", gone),
        origin=truth.get("origin", [""] * n),
    )


def moments(people: Population, rng: np.random.Generator, day: Ints) -> np.ndarray:
    """A second of each day, between 07:00 and 23:00 local time, as datetime64[s]."""
    seconds = rng.integers(7 * 3600, 23 * 3600, len(day))
    return np.asarray(np.datetime64(people.as_of, "s") + day * np.int64(86_400) + seconds)


def spaced(moment: np.ndarray) -> list[str]:
    """2026-10-31 18:05:09."""
    return [t.replace("T", " ") for t in np.datetime_as_string(moment).tolist()]


def where(flag: Bools, yes: list[str], no: list[str]) -> list[str]:
    return [y if f else n for f, y, n in zip(flag.tolist(), yes, no, strict=True)]


def pick(values: list[str], index: Ints) -> list[str]:
    return [values[i] for i in index.tolist()]


def known(rng: np.random.Generator, values: list[str], missing: float) -> list[str]:
    """The values, some of them left out."""
    return where(rng.random(len(values)) >= missing, values, [""] * len(values))


def tails(ids: list[str]) -> list[str]:
    return [i[-4:] for i in ids]


def mistype(rng: np.random.Generator, phone: Ints, share: float) -> tuple[Ints, Bools]:
    """The numbers with one of the last six digits wrong in some of them, and which."""
    wrong = rng.random(len(phone)) < share
    unit = 10 ** rng.integers(0, 6, len(phone))
    digit = phone // unit % 10
    other = (digit + rng.integers(1, 10, len(phone))) % 10
    return np.where(wrong, phone + (other - digit) * unit, phone), wrong


def receiver(rng: np.random.Generator, name: list[str], male: Bools, *, masked: float) -> list[str]:
    """Names as they stand on a parcel: full, masked, with a title, with a courtesy."""
    draw = rng.random(len(name)).tolist()
    out = []
    for n, m, d in zip(name, male.tolist(), draw, strict=True):
        if d < masked:
            out.append(identity.masked_name(n))
        elif d < masked + 0.08:
            out.append(identity.titled(n, is_male=m))
        elif d < masked + 0.12:
            out.append(n + ("（收）" if d < masked + 0.1 else " 收"))
        else:
            out.append(n)
    return out


def written_phones(rng: np.random.Generator, phone: Ints, is_masked: Bools) -> list[str]:
    """Numbers as people and forms write them."""
    style = rng.random(len(phone)).tolist()
    out = []
    for p, s, m in zip(phone.tolist(), style, is_masked.tolist(), strict=True):
        t = str(p)
        if m:
            out.append(identity.masked_phone(p))
        elif s < 0.82:
            out.append(t)
        elif s < 0.88:
            out.append(f"{t[:3]} {t[3:7]} {t[7:]}")
        elif s < 0.93:
            out.append(f"{t[:3]}-{t[3:7]}-{t[7:]}")
        elif s < 0.97:
            out.append(f"+86 {t}")
        else:
            out.append(f"86-{t}")
    return out
