import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Fatal
from core.ledger import Count, balance, require_closed


def test_a_sum_closes_when_every_row_left_under_one_name():
    counts = [
        Count("pull", "shop", "read", 10),
        Count("pull", "shop", "pulled", 9),
        Count("pull", "shop", "unreadable", 1),
    ]
    assert [s.closes for s in balance(counts)] == [True]
    require_closed(counts)


def test_a_lost_row_stops_the_run_and_names_step_and_source():
    counts = [Count("admit", "shop", "clean", 10), Count("admit", "shop", "admitted", 9)]
    with pytest.raises(Fatal, match="admit/shop 10 in, 9 out"):
        require_closed(counts)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=2), st.integers(0, 5))
def test_only_the_names_of_the_step_count(parts, other):
    counts = [Count("admit", "s", "clean", sum(parts)), Count("admit", "s", "admitted", parts[0])]
    counts += [Count("admit", "s", "withheld", parts[1], "rule"), Count("admit", "s", "something_else", other)]
    require_closed(counts)
