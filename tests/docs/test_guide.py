"""Every row of the operations guide is proven, and the table says by what."""

from __future__ import annotations

import pytest

from tests.docs import guide_table

FOUND = guide_table.proofs()
ROWS = guide_table.rows()


def test_there_are_sixty_six_rows_in_order():
    assert [r[0] for r in ROWS] == [f"R{i:02d}" for i in range(1, 67)]


@pytest.mark.parametrize(("row", "scopes", "where"), [(r[0], r[1], r[4]) for r in ROWS], ids=[r[0] for r in ROWS])
def test_a_row_is_proven_as_its_scope_asks_and_lives_where_it_says(row, scopes, where):
    needed = {how for scope in scopes for how in guide_table.NEEDS[scope]}
    assert needed - set(FOUND[row]) == set()
    assert (guide_table.ROOT / where).exists()


def test_markers_name_rows_and_ways_that_exist():
    known = {r[0] for r in ROWS}
    assert set(FOUND) <= known
    assert {how for ways in FOUND.values() for how in ways} <= set(guide_table.HOW)


def test_the_table_is_not_stale():
    assert guide_table.PAGE.read_text(encoding="utf-8") == guide_table.page(), "run python -m tests.docs.guide_table"
