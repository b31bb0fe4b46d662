"""Card use: the city and the kind of merchant, at home mostly, on the road sometimes."""

from __future__ import annotations

from functools import cache

import numpy as np
from pypinyin import lazy_pinyin

from sample.identity import masked_id
from sample.places import short_division
from sample.population import Population
from sample.rows import Rows, Whose, moments, pick, rows, where
from sample.timeline import GONE, events
from sample.vocabulary import MUNICIPALITIES, Ints, divisions, words

HEADER = ["seq_no", "doc_no", "holder", "place_name", "mcc_code", "amt_cents", "posted_at"]
WINDOW_DAYS = 240
_HOME_MCC = np.array([5411, 5912, 5812, 5814, 5541, 4900, 8062, 5311, 5999, 7230])
_HOME_SHARE = np.array([0.3, 0.08, 0.16, 0.14, 0.06, 0.06, 0.04, 0.08, 0.05, 0.03])
_AWAY_MCC = np.array([7011, 4111, 4112, 5541, 5812, 4511, 5411, 7512])
_AWAY_SHARE = np.array([0.24, 0.12, 0.12, 0.14, 0.22, 0.04, 0.08, 0.04])


def write(people: Population, rng: np.random.Generator, first: int) -> Rows:
    """The transactions of the last eight months."""
    world = people.world
    holder = np.flatnonzero((rng.random(people.size) < world.cards) | (np.arange(people.size) < people.canaries))
    window = min(WINDOW_DAYS, people.days)
    # some use their card daily, most rarely: a Gamma rate
    rate = world.transactions_a_year * window / 365 * rng.gamma(1.5, 1 / 1.5, len(holder)) + (holder < people.canaries)
    who, day, _ = events(rng, holder, rate, window)
    home = people.home_at(who, day)
    who, day, home = who[home != GONE], day[home != GONE], home[home != GONE]
    n = len(who)
    away = rng.random(n) < world.travel
    elsewhere = rng.choice(len(divisions().city), n, p=divisions().weight)
    city = np.where(away, elsewhere, people.places["city"][home])
    mcc = np.where(away, rng.choice(_AWAY_MCC, n, p=_AWAY_SHARE), rng.choice(_HOME_MCC, n, p=_HOME_SHARE))
    record = [f"{first + i:012d}" for i in range(n)]
    ids = pick(people.id_number, who)
    ids = where(rng.random(n) < world.masked_ids, [masked_id(i) for i in ids], ids)
    cells = [
        list(row)
        for row in zip(
            record,
            ids,
            where(rng.random(n) < world.romanised, embossed(pick(people.name, who)), pick(people.name, who)),
            city_names(rng, city),
            mcc.tolist(),
            (rng.lognormal(8.3, 1.1, n)).astype(np.int64).tolist(),
            moments(people, rng, day).tolist(),
            strict=True,
        )
    ]
    return rows("cards", cells, record, who, day, whose=np.full(n, Whose.NOBODY), city=np.where(away, GONE, city))


def embossed(names: list[str]) -> list[str]:
    """WANG XIAOMING: as cards carry a name, surname first, without tones."""
    return [_romanised(name) for name in names]


@cache
def _romanised(name: str) -> str:
    size = 2 if name[:2] in words()["compound_surnames"] else 1
    surname, *given = [name[:size], *name[size:].replace("·", "")]
    return " ".join("".join(lazy_pinyin(part)).upper() for part in (surname, "".join(given)) if part)


def city_names(rng: np.random.Generator, city: Ints) -> list[str]:
    """苏州市, 苏州, or 江苏省苏州市."""
    d, shorts = divisions(), _short_names()
    style = rng.random(len(city)).tolist()
    return [
        d.city[c] if s < 0.6 else shorts[c] if s < 0.8 or d.city[c] == d.province[c] else d.province[c] + d.city[c]
        for c, s in zip(city.tolist(), style, strict=True)
    ]


@cache
def _short_names() -> list[str]:
    """Short names of the cities; the whole one where the short one could be another place too (吉林, 朝阳)."""
    d = divisions()
    others = {short_division(name) for name in {*d.province, *d.district}} - {short_division(c) for c in MUNICIPALITIES}
    return [name if (short := short_division(name)) in others else short for name in d.city]
