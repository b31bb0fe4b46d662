from __future__ import annotations

import numpy as np
import pyarrow as pa

from benchmarks.link_worlds_hard import companies
from matching import Index, propose_spec, train


def test_fields_that_say_the_same_do_not_make_movers_of_strangers():
    """A firm's site is made of its name: near names then have near sites. Nobody moves in this world."""
    sides = [f.assign(id=[f"{p}{n}" for n in range(len(f))]) for f, p in zip(companies(3000, np.random.default_rng(11))[:2], "sd", strict=True)]  # fmt: skip
    left, right = (pa.Table.from_pandas(f, preserve_index=False) for f in sides)
    index = Index.build(right, propose_spec(left, right), signals=left)
    model = train(left, index)
    assert model.moved_rate < 0.05
    assert model.comparisons["website"].m[-2] < 0.05
