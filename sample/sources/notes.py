"""What agents wrote down: free text, of which some names a number, an address or a city, and some nobody's business."""

from __future__ import annotations

import numpy as np

from sample.places import write as write_address
from sample.population import Population
from sample.rows import Rows, Whose, known, moments, pick, rows, tails, written_phones
from sample.timeline import GONE, events
from sample.vocabulary import Ints, divisions, notes, words

HEADER = ["备注编号", "客户号", "客户姓名", "证件尾号", "登记时间", "内容"]
WINDOW_DAYS = 900
_KINDS = ("new_phone", "others_phone", "new_address", "others_address", "city_only", "nothing")
_SHARES = (0.24, 0.1, 0.18, 0.03, 0.08, 0.37)
_PHONES, _ADDRESSES = ("new_phone", "others_phone"), ("new_address", "others_address")
_OTHERS = ("others_phone", "others_address")


def write(people: Population, rng: np.random.Generator, first: int) -> Rows:
    """The notes of the last two and a half years."""
    person = np.arange(people.size)
    window = min(WINDOW_DAYS, people.days)
    rate = np.where(person < people.canaries, 3.0, people.world.notes_a_year) * window / 365
    who, day, _ = events(rng, person, rate, window)
    there = (people.phone_at(who, day) != GONE) & (people.home_at(who, day) != GONE)
    who, day = who[there], day[there]
    kind = rng.choice(len(_KINDS), len(who), p=_SHARES)
    is_other = np.isin(kind, [_KINDS.index(k) for k in _OTHERS])
    has_phone = np.isin(kind, [_KINDS.index(k) for k in _PHONES])
    has_place = np.isin(kind, [_KINDS.index(k) for k in _ADDRESSES])
    phone = np.where(is_other, people.relation_phone[who], people.phone_at(who, day))
    place = np.where(is_other, people.relation_place[who], people.home_at(who, day))
    city = people.places["city"][place]
    text = _texts(people, rng, who, kind, phone, place)
    record = [f"BZ{first + i:08d}" for i in range(len(who))]
    cells = [
        list(row)
        for row in zip(
            record,
            known(rng, pick(people.customer_no, who), people.world.missing_ids),
            pick(people.name, who),
            known(rng, tails(pick(people.id_number, who)), people.world.missing_ids),
            moments(people, rng, day).tolist(),
            text,
            strict=True,
        )
    ]
    whose = np.where(is_other, Whose.RELATIVE, np.where(has_phone | has_place, Whose.SELF, Whose.NOBODY))
    in_city = kind == _KINDS.index("city_only")
    return rows(
        "notes",
        cells,
        record,
        who,
        day,
        whose=whose,
        phone=np.where(has_phone, phone, GONE),
        place=np.where(has_place, place, GONE),
        city=np.where(in_city, city, GONE),
    )


def _texts(people: Population, rng: np.random.Generator, who: Ints, kind: Ints, phone: Ints, place: Ints) -> list[str]:
    n = len(who)
    numbers = written_phones(rng, phone, np.zeros(n, bool))
    addresses = write_address(rng, people.places, place)
    cities = pick(divisions().city, people.places["city"][place])
    ticket = rng.integers(100_000, 9_999_999, n).tolist()
    which = rng.integers(0, 1 << 30, n).tolist()
    relations = words()["relations"]
    templates = [notes(k) for k in _KINDS]
    return [
        templates[k][t % len(templates[k])].format(p=p, a=a, c=c, n=people.name[w], r=relations[r], x=x)
        for k, t, p, a, c, w, r, x in zip(
            kind.tolist(),
            which,
            numbers,
            addresses,
            cities,
            who.tolist(),
            people.relation_kind[who].tolist(),
            ticket,
            strict=True,
        )
    ]
