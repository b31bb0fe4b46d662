"""The debtor registry: who is being traced, and what they declared when they borrowed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample.identity import masked_id
from sample.places import FORM
from sample.places import write as write_address
from sample.population import Population
from sample.rows import Cells, known, pick, where
from sample.timeline import GONE
from sample.vocabulary import Bools, Ints

HEADER = [
    *("委案编号", "客户编号", "姓名", "身份证", "手机", "备用手机", "通讯地址", "单位地址", "电子邮箱", "出生年月日"),
    *("逾期天数", "剩余本金", "失联日", "案件进度", "产品", "联系人姓名", "联系人手机"),
]


@dataclass
class Cases:
    """The cases of a block, in columns; ``person`` is their debtor."""

    case_id: list[str]
    person: Ints
    declared: Ints  # the day the contacts were given
    lost: Ints
    is_closed: Bools
    declared_phone: Ints
    declared_place: Ints
    emergency_name: list[str]
    emergency_phone: Ints
    emergency_is_customer: Bools


def open_cases(people: Population, rng: np.random.Generator, first: int) -> Cases:
    """One case for each debtor, two for a few."""
    debtor = np.arange(people.debtors)
    again = np.flatnonzero((rng.random(people.debtors) < people.world.second_cases) & (debtor >= people.canaries))
    person = np.concatenate([debtor, again])
    n = len(person)
    declared = rng.integers(-people.days, -people.days // 4, n)
    lost = np.maximum(declared + 60, -(rng.triangular(20, 60, 800, n)).astype(np.int64))
    closed = (rng.random(n) < people.world.closed_cases) & (person >= people.canaries)
    mate = _housemate(people)[person]
    phone = people.phone_at(person, declared)
    mate_phone = np.where(mate >= 0, people.phone_at(np.maximum(mate, 0), declared), GONE)
    is_mate = (mate >= people.canaries) & (mate_phone != GONE) & (mate_phone != phone) & (rng.random(n) < 0.5)
    return Cases(
        case_id=[f"WA{people.as_of:%Y}{first + i:07d}" for i in range(n)],
        person=person,
        declared=declared,
        lost=lost,
        is_closed=closed,
        declared_phone=phone,
        declared_place=people.home_at(person, declared),
        emergency_name=where(is_mate, pick(people.name, np.maximum(mate, 0)), pick(people.relation_name, person)),
        emergency_phone=np.where(is_mate, mate_phone, people.relation_phone[person]),
        emergency_is_customer=is_mate,
    )


def _housemate(people: Population) -> Ints:
    """Another customer of each person's household, or -1."""
    order = np.argsort(people.household, kind="stable")
    nxt = np.roll(order, -1)
    prev = np.roll(order, 1)
    mate = np.full(people.size, -1)
    same_prev = people.household[prev] == people.household[order]
    mate[order[same_prev]] = prev[same_prev]
    same_next = people.household[nxt] == people.household[order]
    mate[order[same_next]] = nxt[same_next]
    return mate


def write(people: Population, rng: np.random.Generator, cases: Cases) -> list[Cells]:
    """The cases as the registry exports them."""
    world, n, person = people.world, len(cases.case_id), cases.person
    ids = pick(people.id_number, person)
    ids = where(rng.random(n) < world.masked_ids, [masked_id(i) for i in ids], ids)
    ids = where(rng.random(n) < world.missing_ids / 2, [""] * n, ids)
    customer = where(
        np.array([not i for i in ids]),
        pick(people.customer_no, person),
        known(rng, pick(people.customer_no, person), world.missing_ids / 2),
    )
    before = people.phone_at(person, -people.days)
    alternative = np.where((rng.random(n) < 0.3) & (before != cases.declared_phone), before, GONE)
    due = -cases.lost + rng.integers(10, 45, n)
    balance = rng.lognormal(9.2, 1.0, n).tolist()
    lost = [str(people.date_of(d)) for d in cases.lost.tolist()]
    product = pick(["消费贷", "信用卡", "现金分期", "车贷"], rng.integers(0, 4, n))
    return [
        list(row)
        for row in zip(
            cases.case_id,
            customer,
            pick(people.name, person),
            ids,
            _numbers(cases.declared_phone),
            _numbers(alternative),
            write_address(rng, people.places, cases.declared_place, FORM),
            known(rng, write_address(rng, people.places, people.office[person], FORM), 0.6),
            known(rng, [f"{c.lower()}@example.test" for c in pick(people.customer_no, person)], 0.5),
            [f"{people.birth[p]:%Y%m%d}" for p in person.tolist()],
            [str(d) for d in due.tolist()],
            [f"{b:,.2f}" for b in balance],
            lost,
            where(cases.is_closed, ["结清"] * n, ["失联"] * n),
            product,
            cases.emergency_name,
            _numbers(cases.emergency_phone),
            strict=True,
        )
    ]


def _numbers(phone: Ints) -> list[str]:
    return [str(p) if p != GONE else "" for p in phone.tolist()]
