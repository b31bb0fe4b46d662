import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.small_cells import coarse, coarsened, told


@given(st.integers(0, 10**9), st.integers(2, 100))
def test_a_count_below_k_is_not_told_and_any_other_is_within_half_of_k(n, k):
    shown = coarse(n, k)
    if 0 < n < k:
        assert f"{shown:,}" == str(shown) == f"<{k}"
    else:
        assert int(shown) % k == 0
        assert abs(int(shown) - n) <= k / 2
        assert f"{shown:,}" == f"{int(shown):,}"


@given(st.integers(0, 500), st.integers(1, 9))
def test_a_hidden_count_is_not_the_difference_of_two_that_are_told(rest, hidden):
    """What a reader works out from a total and its other part fits more hidden counts than one."""
    total, other = int(coarse(rest + hidden, 10)), int(coarse(rest, 10)) if rest == 0 or rest >= 10 else None
    if other is None:
        return
    fits = [
        h
        for h in range(1, 10)
        if any(
            int(coarse(r + h, 10)) == total for r in range(max(0, other - 5), other + 6) if int(coarse(r, 10)) == other
        )
    ]
    assert hidden in fits
    assert len(fits) > 1 or other == 0


def test_everything_in_a_structure_is_coarse_but_what_is_kept():
    given_ = {
        "seconds": 1.234,
        "notes": ["3 rows"],
        "steps": [["clean", 7, ""], ["pulled", 997, ""]],
        "share": 0.0031,
        "ok": True,
    }
    out = told(coarsened(given_, 10, keep=frozenset({"seconds"}), drop=frozenset({"notes"})))
    assert json.loads(json.dumps(out)) == {
        "seconds": 1.234, "notes": [], "steps": [["clean", "<10", ""], ["pulled", 1000, ""]], "share": None, "ok": True,
    }  # fmt: skip


@pytest.mark.parametrize("n", [0, 10, 14, 15, 104])
def test_zero_and_large_counts_are_told(n):
    assert not coarse(n, 10).text
