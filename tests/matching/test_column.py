from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import column
from matching.column import encode

TEXTS = st.lists(
    st.one_of(st.none(), st.sampled_from(["a", " a", "a ", "", " ", "\u3000b", "b", "张", "\tc"])), max_size=20
)


def _texts(coded):
    return [coded.values[int(c)].as_py() if c >= 0 else None for c in coded.codes]


@settings(max_examples=200, deadline=None)
@given(texts=TEXTS, cut=st.integers(0, 20))
def test_a_column_is_the_same_however_it_is_held(texts, cut):
    whole = encode(pa.array(texts, pa.string()))
    wanted = [t.strip() or None if t is not None else None for t in texts]
    assert _texts(whole) == wanted
    assert whole.present == sum(t is not None for t in wanted)
    parts = [pa.array(texts[:cut], pa.string()), pa.array(texts[cut:], pa.string())]
    held = [
        pa.chunked_array(parts),
        pa.array(texts, pa.large_string()),
        pa.array(texts, pa.string()).dictionary_encode(),
        pa.chunked_array([p.dictionary_encode() for p in parts]),
        pa.chunked_array([p.cast(pa.large_string()).dictionary_encode() for p in parts]),
    ]
    for other in map(encode, held):
        assert _texts(other) == wanted
        assert sorted(zip(other.values.to_pylist(), other.counts, strict=True)) == sorted(
            zip(whole.values.to_pylist(), whole.counts, strict=True)
        )


@settings(max_examples=100, deadline=None)
@given(texts=TEXTS)
def test_values_that_nearly_all_differ_are_not_looked_up(texts):
    looked_up = encode(pa.array(texts, pa.string()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(column, "_SPARED", 0)
        patch.setattr(column, "_nearly_all_differ", lambda _: True)
        one_each = encode(pa.array(texts, pa.string()), distinct=False)
        grouped = encode(pa.array(texts, pa.string()))
    assert _texts(one_each) == _texts(looked_up)
    assert len(one_each.values) == one_each.present
    assert grouped.values.equals(looked_up.values)
    for part in ("codes", "hashes", "counts"):
        assert (getattr(grouped, part) == getattr(looked_up, part)).all()


def test_chosen_rows_have_no_other_values():
    coded = encode(pa.array(["a", "b", None, "c", "b"]))
    few = coded.rows(pa.array([4, 2, 0]).to_numpy())
    assert _texts(few) == ["b", None, "a"]
    assert sorted(few.values.to_pylist()) == ["a", "b"]
    assert few.counts.tolist() == [1, 1]
