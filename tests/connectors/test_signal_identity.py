"""Lasting ids, and the memory of those already seen."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from connectors import identity


def test_an_id_is_the_digest_of_source_and_record():
    found = identity.as_hex(identity.digests("shop", pa.array(["测1", "2"])))
    assert found.to_pylist() == [
        hashlib.blake2b(f"shop\x1f{r}".encode(), digest_size=16).hexdigest() for r in ("测1", "2")
    ]
    found.validate(full=True)
    assert identity.as_hex(b"").to_pylist() == []


@given(st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=12))
def test_each_id_is_new_exactly_once_however_the_batches_fall(batches):
    seen, known = identity.Seen(), set()
    for batch in batches:
        found = identity.digests("s", pa.array([str(i) for i in batch], pa.string()))
        expected = []
        for i in batch:
            expected.append(i in known)
            known.add(i)
        assert seen.add(found).tolist() == expected


def test_the_memory_is_eight_bytes_an_id():
    seen = identity.Seen()
    for start in range(0, 50_000, 1000):
        seen.add(np.random.default_rng(start).bytes(16_000))
    kept = [run for (run,) in seen._runs]
    assert sum(run.nbytes for run in kept) == 50_000 * 8
    assert len(kept) < 10
