"""Whose rows are one person's."""

from __future__ import annotations

import pyarrow as pa

from values import persons


def test_rows_are_joined_by_either_key_and_through_another_row():
    customer = pa.array(["K1", None, "K1", "K2", None])
    number = pa.array([None, "110101199001011234", "110101199001011234", None, None])
    assert persons.codes([customer, number]).tolist() == [0, 0, 0, 1, 2]


def test_a_masked_id_or_a_tail_names_nobody():
    column = persons.full_ids(pa.array(["1101**********1234", "1234", "110101199001011234", None]))
    assert column.to_pylist() == [None, None, "110101199001011234", None]


def test_no_rows_are_nobody():
    assert persons.codes([pa.array([], pa.string())]).tolist() == []
