"""Splink as an oracle: with the same fixed m, u, prior, levels and shares of values, whole match weights are the same to 1e-9
bits. What Splink 5 said is recorded (``benchmarks/splink_oracle.py``), so that neither it nor its database is needed here.
"""

from __future__ import annotations

import json
from pathlib import Path

import matching
from matching.link import Linker
from matching.model import expected
from tests.matching import people

ENTITIES, SIGNALS = 64, 80  # the prior is then whole bits
FIELDS = {"last": True, "town": True, "first": False}  # whether a value's own frequency counts
M, U = [0.05, 0.05, 0.1, 0.8], [0.86, 0.05, 0.04, 0.05]
SPEC = f"""
name: oracle
one_match_per_left: false
match_rate: 0.5
comparisons:
  - {{kind: text, column: last, term_frequency: true, shared_by: [], m: {M}, u: {U}}}
  - {{kind: text, column: town, term_frequency: true, shared_by: [], m: {M}, u: {U}}}
  - {{kind: text, column: first, term_frequency: false, shared_by: [], m: {M}, u: {U}}}
blocking: {{rules: [[town], [last.start]], propose: false, max_block: 100000}}
"""


def test_whole_match_weights_are_splinks_with_fixed_parameters():
    registry = people.registry(ENTITIES)
    left, right = people.table(people.signals(registry, SIGNALS)[0]), people.table(registry)
    spec = matching.Spec.parse(SPEC)
    linker = Linker(matching.Index.build(right, spec), expected(spec))
    pairs = next(matching.stream(linker, left, with_evidence=True)).to_pylist()
    ours = {(p["id_l"], p["id_r"]): p for p in pairs}
    theirs = json.loads((Path(__file__).parent / "splink_oracle.json").read_text(encoding="utf-8"))["pairs"]
    assert len(theirs) == len(ours) > 500
    assert max(abs(ours[a, b]["score"] - weight) for a, b, weight in theirs) < 1e-9
    rare = [e["tf_bits"] for p in pairs for e in p["evidence"] if e["tf_bits"]]
    assert max(rare) > 0.5 > -1 > min(rare)  # frequencies counted, both ways
