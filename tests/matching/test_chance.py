"""How often a value is shared by chance, counted over two columns."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import chance
from matching.column import encode

VALUES = st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=30)


@given(VALUES, VALUES, st.booleans())
def test_agreement_is_the_mean_share_of_what_the_left_has(
    left: list[str | None], right: list[str | None], distinct: bool
) -> None:
    one, other = encode(pa.array(left, pa.string()), distinct=distinct), encode(pa.array(right, pa.string()))
    rare = chance.rarity(other.counts)
    seen = Counter(v for v in right if v)
    shares = {v: float(rare.shares(np.array([n]))[0]) for v, n in seen.items()}
    there = [v for v in left if v]
    expected = sum(shares.get(v, 0.0) for v in there) / len(there) if there and seen else 0.0
    assert chance.agreement(one, other, rare) == pytest.approx(expected)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50), st.data())
def test_none_that_is_wanted_is_left_out(known: list[int], data: st.DataObject) -> None:
    hashes = np.array(known, dtype=np.uint64)
    wanted = np.array(data.draw(st.lists(st.sampled_from(known), max_size=9)) if known else [7], dtype=np.uint64)
    met = chance.among(hashes, wanted)
    assert set(np.flatnonzero(np.isin(hashes, wanted))) <= set(met)
