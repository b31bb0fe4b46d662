"""The people of the portfolio and what happened to them: households, moves, numbers, relations. Columns, not objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from sample import identity
from sample.places import Places
from sample.timeline import GONE, Timeline, events, stints
from sample.vocabulary import Bools, Ints, divisions, words
from sample.world import World

_MALE_RELATION = (False, True, False, True, False, True, None, None, None, True, True, None)  # as words()["relations"]
_REISSUE_REST_DAYS = 150  # a carrier lets a number rest before it sells it again


@dataclass
class Population:
    """One block of customers, person = row. ``relation_*`` is somebody near each of them who is no customer."""

    world: World
    as_of: date
    days: int
    debtors: int  # the first so many persons
    name: list[str]
    male: Bools
    birth: list[date]
    id_number: list[str]
    customer_no: list[str]
    household: Ints
    places: Places
    move_unit: Ints
    phone_unit: Ints
    homes: Timeline
    numbers: Timeline
    reissued: dict[int, int]  # number -> the person who has it now
    relation_kind: Ints
    relation_name: list[str]
    relation_phone: Ints
    relation_place: Ints
    office: Ints
    home_city: Ints
    canaries: int

    @property
    def size(self) -> int:
        return len(self.name)

    def home_at(self, person: Ints, day: Ints | int) -> Ints:
        """Place id, or GONE."""
        return self.homes.at(self.move_unit[person], day)

    def phone_at(self, person: Ints, day: Ints | int) -> Ints:
        """Mobile number, or GONE."""
        return self.numbers.at(self.phone_unit[person], day)

    def date_of(self, day: int) -> date:
        return self.as_of + timedelta(days=day)


def simulate(
    world: World,
    rng: np.random.Generator,
    *,
    debtors: int,
    as_of: date,
    numbers: identity.Numbers,
    first_no: int,
    canaries: int,
) -> Population:
    """``debtors`` debtors and their fellow customers, over ``world.history_years`` up to ``as_of``."""
    n = round(debtors * (1 + world.others_per_debtor))
    days = round(world.history_years * 365)
    haste = np.where(np.arange(n) < debtors, world.debtor_haste, 1.0)
    household, size = _households(world, rng, n, canaries)
    places = Places()
    gone = _vanished(world, rng, size[household] == 1, debtors)
    gone = gone[gone >= canaries]
    gone_day = rng.integers(-300, -30, len(gone))
    move_unit, homes, home_city = _moves(world, rng, household, size, haste, places, days, gone, gone_day)
    phone_unit, phones = _numbers(world, rng, household, size, haste, numbers, days, gone, gone_day)
    phones, reissued = _reissue(world, rng, phones, phone_unit, canaries)
    male = rng.random(n) < 0.55
    surname = _shared_surnames(rng, household)
    birth = [as_of - timedelta(days=int(d)) for d in rng.triangular(20 * 365, 34 * 365, 66 * 365, n)]
    kind, relation_name = _relations(rng, surname)
    return Population(
        world=world,
        as_of=as_of,
        days=days,
        debtors=debtors,
        name=identity.full_names(rng, surname, male),
        male=male,
        birth=birth,
        id_number=identity.resident_ids(rng, birth, male),
        customer_no=[f"KH{first_no + i:08d}" for i in range(n)],
        household=household,
        places=places,
        move_unit=move_unit,
        phone_unit=phone_unit,
        homes=homes,
        numbers=phones,
        reissued=reissued,
        relation_kind=kind,
        relation_name=relation_name,
        relation_phone=numbers.take(rng, n),
        relation_place=_some_homes(rng, places, home_city, near=0.6),
        office=_some_offices(rng, places, home_city),
        home_city=home_city,
        canaries=canaries,
    )


def _households(world: World, rng: np.random.Generator, n: int, canaries: int) -> tuple[Ints, Ints]:
    """The household of each person, and how many customers each household has."""
    cut = rng.random(n) >= world.households * 0.6  # a run between cuts is a household
    member = np.cumsum(cut)
    household = np.empty(n, np.int64)
    household[rng.permutation(n)] = member - member[0]
    household[:canaries] = household.max() + 1 + np.arange(canaries)  # they live alone
    return household, np.bincount(household)


def _moves(
    world: World,
    rng: np.random.Generator,
    household: Ints,
    size: Ints,
    haste: np.ndarray,
    places: Places,
    days: int,
    gone: Ints,
    gone_day: Ints,
) -> tuple[Ints, Timeline, Ints]:
    n, h = len(household), len(size)
    alone = (size[household] > 1) & (rng.random(n) < world.leaves_alone)
    move_unit = np.where(alone, h + np.arange(n), household)
    city = rng.choice(len(divisions().city), h, p=divisions().weight)
    first = places.homes(rng, city, _district(rng, city))
    unit = np.concatenate([np.arange(h), h + np.flatnonzero(alone)])
    home = np.concatenate([first, first[household[alone]]])
    speed = np.ones(h + n)
    np.maximum.at(speed, move_unit, haste)
    who, day, ordinal = events(rng, unit, world.moves_a_year * world.history_years * speed[unit], days)
    value = _new_homes(world, rng, places, unit, home, who, ordinal)
    who, day = np.concatenate([who, move_unit[gone]]), np.concatenate([day, gone_day])
    homes = stints(unit, home, who, day, np.concatenate([value, np.full(len(gone), GONE)]), days)
    return move_unit, _stay_gone(homes), city[household]


def _vanished(world: World, rng: np.random.Generator, is_single: Bools, debtors: int) -> Ints:
    return np.flatnonzero(is_single[:debtors] & (rng.random(debtors) < world.vanished))


def _stay_gone(timeline: Timeline) -> Timeline:
    """Nothing follows GONE in its unit."""
    lost = (timeline.value == GONE).astype(np.int64)
    before = np.cumsum(lost)
    starts = np.append(True, timeline.unit[1:] != timeline.unit[:-1])
    base = np.maximum.accumulate(np.where(starts, before - lost, 0))
    keep = before - lost == base
    return Timeline(timeline.unit[keep], timeline.start[keep], timeline.value[keep])


def _district(rng: np.random.Generator, city: Ints) -> Ints:
    d = divisions()
    return np.asarray(d.first[city] + (rng.random(len(city)) ** 1.5 * d.count[city]).astype(np.int64))


def _new_homes(
    world: World, rng: np.random.Generator, places: Places, unit: Ints, home: Ints, who: Ints, ordinal: Ints
) -> Ints:
    """The homes moved to, move by move: near the last one, elsewhere in its city, or far."""
    current = np.full(int(unit.max()) + 1, -1)
    current[unit] = home
    value = np.empty(len(who), np.int64)
    for k in range(1, int(ordinal.max(initial=0)) + 1):
        now = np.flatnonzero(ordinal == k)
        city, district = places["city"][current[who[now]]], places["district"][current[who[now]]]
        draw = rng.random(len(now))
        far = draw < world.moves_far
        city = np.where(far, rng.choice(len(divisions().city), len(now), p=divisions().weight), city)
        near = draw >= 1 - world.moves_near
        district = np.where(near & ~far, district, _district(rng, city))
        value[now] = places.homes(rng, city, district)
        current[who[now]] = value[now]
    return value


def _numbers(
    world: World,
    rng: np.random.Generator,
    household: Ints,
    size: Ints,
    haste: np.ndarray,
    numbers: identity.Numbers,
    days: int,
    gone: Ints,
    gone_day: Ints,
) -> tuple[Ints, Timeline]:
    n = len(household)
    person = np.arange(n)
    head = np.full(len(size), n)
    np.minimum.at(head, household, person)
    shares = (size[household] > 1) & (rng.random(n) < world.shared_numbers)
    phone_unit = np.where(shares, head[household], person)
    who, day, _ = events(rng, person, world.number_changes_a_year * world.history_years * haste, days)
    value = numbers.take(rng, len(who))
    who, day = np.concatenate([who, gone]), np.concatenate([day, gone_day])
    value = np.concatenate([value, np.full(len(gone), GONE)])
    return phone_unit, _stay_gone(stints(person, numbers.take(rng, n), who, day, value, days))


def _reissue(
    world: World, rng: np.random.Generator, phones: Timeline, phone_unit: Ints, canaries: int
) -> tuple[Timeline, dict[int, int]]:
    """Give abandoned numbers to strangers, as the newest number of each; who has them now."""
    is_free = phones.unit >= canaries
    rested = is_free & ~phones.is_last & (phones.value != GONE) & (phones.end < -_REISSUE_REST_DAYS)
    old = np.flatnonzero(rested & (rng.random(len(phones.unit)) < world.reissued_numbers))
    last = np.flatnonzero(is_free & phones.is_last & (phones.value != GONE) & (phone_unit[phones.unit] == phones.unit))
    taker, first = np.unique(rng.choice(last, len(old)), return_index=True)
    giver = old[first]
    start = rng.integers(phones.end[giver] + _REISSUE_REST_DAYS, 0)
    fits = (phones.start[taker] < start) & (phones.unit[taker] != phones.unit[giver])
    who, start, value = phones.unit[taker[fits]], start[fits], phones.value[giver[fits]]
    units, starts = np.concatenate([phones.unit, who]), np.concatenate([phones.start, start])
    order = np.lexsort((starts, units))
    grown = Timeline(units[order], starts[order], np.concatenate([phones.value, value])[order])
    return grown, dict(zip(value.tolist(), who.tolist(), strict=True))


def _shared_surnames(rng: np.random.Generator, household: Ints) -> list[str]:
    """A surname for each person: two in three carry their household's."""
    family = identity.surnames(rng, int(household.max()) + 1)
    own = identity.surnames(rng, len(household))
    kin = (rng.random(len(household)) < 2 / 3).tolist()
    return [family[h] if k else o for h, o, k in zip(household.tolist(), own, kin, strict=True)]


def _relations(rng: np.random.Generator, surname: list[str]) -> tuple[Ints, list[str]]:
    n = len(surname)
    kind = rng.integers(0, len(words()["relations"]), n)
    other = identity.surnames(rng, n)
    kin = ((kind < words()["kin"]) & (rng.random(n) < 2 / 3)).tolist()
    coin = (rng.random(n) < 0.5).tolist()
    male = [c if (m := _MALE_RELATION[k]) is None else m for k, c in zip(kind.tolist(), coin, strict=True)]
    names = [s if k else o for s, o, k in zip(surname, other, kin, strict=True)]
    return kind, identity.full_names(rng, names, np.array(male, dtype=bool))


def _some_homes(rng: np.random.Generator, places: Places, city: Ints, near: float) -> Ints:
    elsewhere = rng.choice(len(divisions().city), len(city), p=divisions().weight)
    city = np.where(rng.random(len(city)) < near, city, elsewhere)
    return places.homes(rng, city, _district(rng, city))


def _some_offices(rng: np.random.Generator, places: Places, city: Ints) -> Ints:
    return places.offices(rng, city, _district(rng, city))
