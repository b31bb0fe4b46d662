from __future__ import annotations

import random

import pyarrow as pa
import pytest

from matching import Index, Spec, plan
from tests.matching import people

SPEC = """
name: towns
comparisons:
  - {kind: given_name, column: first}
  - {kind: surname, column: last}
  - {kind: address, column: street}
  - {kind: place, column: town}
  - {kind: postcode, column: postcode}
"""


def _town_people(n, seed):
    """Every town has a postcode of its own: the two together tell no more than one of them."""
    r = random.Random(seed)
    rows = []
    for i in range(n):
        town = r.randrange(40)
        rows.append(
            {
                "id": f"r{i}",
                "first": r.choice(people.FIRST) + r.choice(people.FIRST),
                "last": r.choice(people.LAST) + r.choice(people.LAST),
                "street": f"{r.randint(1, 90)} {r.choice(people.LAST)} road",
                "town": f"{people.LAST[town % 16]}{town}",
                "postcode": f"{10000 + 137 * town}",
            }
        )
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def built():
    registry = _town_people(20_000, 1)
    return registry, Index.build(registry, Spec.parse(SPEC))


def _meets_without_home(rule):
    return all(e.split(".")[0] in {"first", "last"} for e in rule)


def test_fields_that_go_together_are_not_taken_for_a_selective_rule(built):
    _, index = built
    assert all({e.split(".")[0] for e in b.rule} != {"town", "postcode"} for b in index.blocks)


def test_who_moved_is_reached_by_names(built):
    _, index = built
    assert any(_meets_without_home(b.rule) for b in index.blocks)


def test_what_is_promised_of_the_rules_is_what_they_cost(built):
    _, index = built
    from matching.column import encode
    from matching.pairs import meet

    signals = _town_people(3000, 2)
    left = {c: encode(signals.column(c)) for c in index.spec.left_columns}
    met = len(meet(index.spec, index, left).left) / signals.num_rows
    assert met <= 1.2 * index.plan.candidates_per_signal + 0.5
    assert index.plan.candidates_per_signal <= index.spec.blocking.candidates_per_signal
    assert 0.9 < index.plan.pairs_completeness <= 1


def test_no_rule_is_kept_beside_one_that_includes_it(built):
    _, index = built
    rules = index.plan.rules
    assert len(rules) > 3
    assert not [(a, b) for a in rules for b in rules if a != b and plan._implies(a, b)]


@pytest.mark.parametrize(
    ("fine", "coarse", "implied"),
    [
        (("a.exact", "b.exact"), ("a.exact",), True),
        (("a.exact", "b.exact"), ("a.sound", "b.start"), True),
        (("a.sound", "b.exact"), ("a.exact",), False),
        (("a.sound",), ("a.start",), False),
    ],
)
def test_what_agrees_exactly_agrees_in_every_key(fine, coarse, implied):
    assert plan._implies(fine, coarse) is implied
