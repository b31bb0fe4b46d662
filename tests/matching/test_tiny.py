"""The product's own spec against portfolios of a few debtors: numbers that identify are enough, however little was seen."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Index, link, shipped, train

SPEC = shipped("trace-cn")
LEFT = ("signal_id", *SPEC.left_columns)
RIGHT = tuple(dict.fromkeys(("case_id", "person", *SPEC.right_columns)))


def _person(r, n):
    born = f"{r.randint(1950, 2002)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"
    return {
        "case_id": f"c{n}",
        "person": f"c{n}",
        "customer_no": f"K{n:08d}",
        "name": r.choice("王李张刘陈杨赵黄周吴") + r.choice("伟芳娜敏静丽强磊军洋") + r.choice("伟芳娜敏静丽强磊军洋"),
        "birth_date": born,
        "id_number": "330106" + born.replace("-", "") + f"{r.randint(0, 9999):04d}",
        "phone": f"+86138{r.randint(0, 99999999):08d}",
        "address": f"浙江省杭州市西湖区测试{r.randint(1, 60)}路{r.randint(1, 900)}号",
        "email": f"u{n}@mail.example",
    }


def _table(rows, names):
    return pa.table({n: pa.array([row.get(n) for row in rows], pa.string()) for n in names})


def _links(registry, signals):
    """Probability of every (signal, case), with a model learned from just these signals."""
    left = _table([s | {"signal_id": f"s{n}"} for n, s in enumerate(signals)], LEFT)
    index = Index.build(_table(registry, RIGHT), SPEC)
    rows = link(index, left, train(left, index), 0.0).to_pylist()
    return {(int(row["signal_id"][1:]), row["case_id"]): row for row in rows}


def _stranger(r, n, registry):
    """Nobody of the list, nor of a name that is in it: a namesake may be taken for the debtor, and which one is chance."""
    names = {p["name"] for p in registry}
    return next(p for _ in range(1000) if (p := _person(r, n))["name"] not in names)


def _related(registry):
    """Every second one a relative of the one before: name, home and telephone in common."""
    for one, other in zip(registry[::2], registry[1::2], strict=False):
        other |= {"name": one["name"][0] + other["name"][1:], "phone": one["phone"], "address": one["address"]}


@settings(max_examples=25, deadline=None)
@given(
    size=st.sampled_from([1, 2, 3, 10, 60]),
    signals=st.sampled_from([1, 2, 7, 40]),
    fields=st.sampled_from([("customer_no",), ("id_number",), ("customer_no", "name"), ("phone", "name")]),
    strangers=st.sampled_from([0.0, 0.8]),
    are_related=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_what_identifies_links_in_a_portfolio_of_any_size(size, signals, fields, strangers, are_related, seed):
    r = random.Random(seed)
    registry = [_person(r, n) for n in range(size)]
    if are_related:
        _related(registry)
    whose = [r.randrange(size) if r.random() >= strangers else -1 for _ in range(signals)]
    rows = [
        {f: (registry[w] if w >= 0 else _stranger(r, 10_000 + k, registry))[f] for f in fields}
        for k, w in enumerate(whose)
    ]
    found = _links(registry, rows)
    for k, w in enumerate(whose):
        alike = sum(all(p[f] == rows[k][f] for f in fields) for p in registry)  # a relative may bear the very name
        if w >= 0 and alike == 1:
            assert found[k, f"c{w}"]["probability"] > 0.95, (fields, size)
    wrong = [p for (k, case), row in found.items() if case != f"c{whose[k]}" and (p := row["probability"]) > 0.5]
    assert not wrong


@pytest.mark.parametrize("size", [1, 2, 3, 10, 60, 1000])
def test_one_customer_number_is_enough_beside_a_new_home_and_a_new_telephone(size):
    r = random.Random(size)
    registry = [_person(r, n) for n in range(size)]
    new = _person(r, 99_999)
    signal = {"customer_no": "K00000000", "contact_phone": new["phone"], "contact_address": new["address"]}
    row = _links(registry, [signal])[0, "c0"]
    assert row["probability"] > 0.97
    assert all(e["weight_bits"] > -2 for e in row["evidence"] if e["field"] == "relation")
