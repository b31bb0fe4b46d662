"""The truth, kept apart from the data: who is where on ``as_of``, whose each contact in each row is, what could be found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sample.places import Style, parts, text
from sample.population import Population
from sample.rows import Cells, Rows, Whose, pick
from sample.sources.consents import Grant
from sample.sources.registry import Cases
from sample.timeline import GONE
from sample.vocabulary import Bools, Ints

CURRENT = [
    *(
        "case_id",
        "customer_no",
        "case_status",
        "reachable",
        "phone",
        "email",
        "province",
        "city",
        "district",
        "address",
    ),
    *("town", "road", "number", "poi", "building", "unit", "room"),
]
THIRD_PARTIES = ["case_id", "phone", "whose"]
SIGNALS = [
    *(
        "source",
        "record_id",
        "observed_on",
        "customer_no",
        "case_ids",
        "whose",
        "phone",
        "is_current_phone",
        "is_current_address",
    ),
    *("is_current_city", "is_consented", "repeats"),
]
CEILING = [
    *("case_id", "phone_in_signals", "phone_eligible", "address_in_signals", "address_eligible"),
    *("city_in_signals", "city_eligible", "declared_phone_current", "declared_address_current"),
]
DERIVED_REGIONS, REGION_DAYS = ("cards", "app"), 90  # where a card or a phone was is not used for longer
SCOPE_OF = {
    "shop": "delivery_address",
    "courier": "delivery_address",
    "crm": "phone_update",
    "cards": "transaction_region",
    "notes": "service_note",
    "app": "app_location",
}


def current(people: Population, cases: Cases) -> list[Cells]:
    """Each case's values on ``as_of``; a vanished debtor has none."""
    phone, home = people.phone_at(cases.person, 0), people.home_at(cases.person, 0)
    here = parts(people.places, np.maximum(home, 0))
    out: list[Cells] = []
    for case, p, closed, number, place, at in zip(
        cases.case_id, cases.person.tolist(), cases.is_closed.tolist(), phone.tolist(), home.tolist(), here, strict=True
    ):
        customer = people.customer_no[p]
        status = "closed" if closed else "open"
        if GONE in (place, number):
            out.append([case, customer, status, 0, *[""] * (len(CURRENT) - 4)])
            continue
        region = [at.province, at.city, at.district, text(at, Style.FULL)]
        street = [at.town, at.road, at.number, at.poi, at.building, at.unit, at.room]
        out.append([case, customer, status, 1, number, f"{customer.lower()}@example.test", *region, *street])
    return out


def third_parties(people: Population, cases: Cases, seen: list[Rows]) -> list[Cells]:
    """Numbers that must never be published for a case, and whose they are."""
    by_person: dict[int, list[str]] = {}
    for case, p in zip(cases.case_id, cases.person.tolist(), strict=True):
        by_person.setdefault(p, []).append(case)
    own = people.phone_at(np.arange(people.size), 0).tolist()
    found = dict.fromkeys(
        (case, number, whose)
        for person, number, whose in _others(people, cases, seen)
        if number != own[person]
        for case in by_person.get(person, ())
    )
    return [list(row) for row in found]


def _others(people: Population, cases: Cases, seen: list[Rows]) -> Iterator[tuple[int, int, str]]:
    for person, number in zip(cases.person.tolist(), cases.emergency_phone.tolist(), strict=True):
        yield person, number, "emergency"
    for rows in seen:
        foreign = np.isin(rows.whose, [Whose.GIFT, Whose.RELATIVE]) & (rows.phone != GONE)
        foreign &= rows.subject < people.debtors
        for person, number, whose in zip(
            rows.subject[foreign].tolist(), rows.phone[foreign].tolist(), rows.whose[foreign].tolist(), strict=True
        ):
            yield person, number, Whose(whose).name.lower()
    line = people.numbers
    given = np.flatnonzero((line.unit < people.debtors) & ~line.is_last)
    for person, number in zip(line.unit[given].tolist(), line.value[given].tolist(), strict=True):
        if people.reissued.get(number, person) != person:
            yield person, number, "reissued"


def signals(people: Population, cases: Cases, rows: Rows, grants: dict[str, Grant]) -> list[Cells]:
    """Every good row's true subject, and whether what it shows is true on ``as_of``."""
    case_ids = [""] * people.size
    for case, p in zip(cases.case_id, cases.person.tolist(), strict=True):
        case_ids[p] = f"{case_ids[p]};{case}" if case_ids[p] else case
    number, home, city, allowed = (a.astype(int).tolist() for a in _is_current(people, rows, grants))
    names = [w.name.lower() for w in Whose]
    phones = ["" if p == GONE else p for p in rows.phone.tolist()]
    return [
        list(row)
        for row in zip(
            [rows.source] * len(rows.record),
            rows.record,
            np.datetime_as_string(np.datetime64(people.as_of) + rows.day).tolist(),
            pick(people.customer_no, rows.subject),
            pick(case_ids, rows.subject),
            pick(names, rows.whose),
            phones,
            number,
            home,
            city,
            allowed,
            rows.origin,
            strict=True,
        )
    ]


def _is_current(people: Population, rows: Rows, grants: dict[str, Grant]) -> tuple[Bools, Bools, Bools, Bools]:
    """Is the number, the home, the city the subject's own today; does a consent cover the row."""
    home = people.home_at(rows.subject, 0)
    number = (rows.phone != GONE) & (rows.phone == people.phone_at(rows.subject, 0))
    place = (rows.place != GONE) & (rows.place == home)
    own_city = np.where(home == GONE, GONE, people.places["city"][np.maximum(home, 0)])
    shown = np.where(rows.place == GONE, rows.city, people.places["city"][np.maximum(rows.place, 0)])
    in_city = (shown != GONE) & (shown == own_city) & ~np.isin(rows.whose, [Whose.GIFT, Whose.RELATIVE])
    return number, place, in_city, grants[SCOPE_OF[rows.source]].valid[rows.subject]


def ceiling(people: Population, cases: Cases, seen: list[Rows], grants: dict[str, Grant]) -> list[Cells]:
    """Per case: is today's number, home, city in any row about the debtor, and in any that may be used."""
    flags = np.zeros((6, people.size), bool)
    for rows in seen:
        *facts, allowed = _is_current(people, rows, grants)
        if rows.source in DERIVED_REGIONS:
            facts[2] &= rows.day >= -REGION_DAYS
        for i, fact in enumerate(facts):
            flags[2 * i, rows.subject[fact]] = True
            flags[2 * i + 1, rows.subject[fact & allowed]] = True
    phone, home = people.phone_at(cases.person, 0), people.home_at(cases.person, 0)
    declared = [_same(cases.declared_phone, phone), _same(cases.declared_place, home)]
    columns = [*flags[:, cases.person], *declared]
    return [list(row) for row in zip(cases.case_id, *(c.astype(int).tolist() for c in columns), strict=True)]


def _same(then: Ints, now: Ints) -> Bools:
    return np.asarray((then == now) & (now != GONE))
