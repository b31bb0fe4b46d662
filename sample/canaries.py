"""Marked debtors whose every value is unmistakable: tests look for them wherever no person's value may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sample import identity
from sample.places import CANARY_ESTATE, CANARY_ROAD
from sample.population import Population

COUNT = 3
NAMES = ("金莺鹂", "金莺鹀", "金莺鹨")  # characters that no other name has
_AREA = "999999"
_RELATIVES = ("雀鹂莺", "雀鹀莺", "雀鹨莺")


@dataclass(frozen=True)
class Canary:
    """What is marked of one debtor."""

    case_id: str
    customer_no: str
    name: str
    id_number: str
    phones: tuple[str, ...]
    email: str
    third_party_name: str
    third_party_phone: str


def mark(people: Population) -> None:
    """Give the first persons of this block their marked identities, in place."""
    line = people.numbers
    for i in range(people.canaries):
        body = f"{_AREA}{people.birth[i]:%Y%m%d}77{int(people.male[i])}"
        people.name[i] = NAMES[i]
        people.id_number[i] = body + identity.checksum(body)
        own = np.flatnonzero(line.unit == i)
        line.value[own] = [identity.canary_number(100 * (i + 1) + k) for k in range(len(own))]
        people.relation_name[i] = _RELATIVES[i]
        people.relation_phone[i] = identity.canary_number(900 + i)
    homes = people.homes
    marked = homes.value[np.isin(homes.unit, people.move_unit[: people.canaries])]
    people.places.mark(marked)


def listed(people: Population, case_ids: list[str]) -> list[Canary]:
    """The canaries of this block."""
    line = people.numbers
    return [
        Canary(
            case_id=case_ids[i],
            customer_no=people.customer_no[i],
            name=people.name[i],
            id_number=people.id_number[i],
            phones=tuple(str(p) for p in line.value[line.unit == i].tolist()),
            email=f"{people.customer_no[i].lower()}@example.test",
            third_party_name=people.relation_name[i],
            third_party_phone=str(people.relation_phone[i]),
        )
        for i in range(people.canaries)
    ]


def patterns(found: list[Canary]) -> list[str]:
    """Every text to look for: the values, and the numbers as they are written apart."""
    out: list[Any] = [CANARY_ROAD, CANARY_ESTATE]
    for c in found:
        out += [c.name, c.id_number, c.email, c.third_party_name]
        for p in (*c.phones, c.third_party_phone):
            out += [p, f"{p[:3]} {p[3:7]} {p[7:]}", f"{p[:3]}-{p[3:7]}-{p[7:]}"]
    return sorted(set(out))
