from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import em, score
from matching.agreement import Agreement
from matching.compare import kinds
from matching.model import expected, normal
from matching.spec import RELATIONS, Comparison, Spec
from tests.matching import people

SPEC = people.spec()


def _model():
    agreements = [Agreement(np.zeros(1, np.int8), np.array([np.nan])) for _ in SPEC.comparisons]
    rows = np.zeros(1, np.int32)
    u = {c.name: kinds()[c.kind].u for c in SPEC.comparisons}
    model = em._start(SPEC, em.Candidates(rows, rows, agreements, 10, 1000), u)
    return em.replace(model, relation_rates={"household": 1e-3, "namesake": 1e-4, "neighbour": 1e-2})


def _bits(levels, chances=None):
    agreements = [
        Agreement(np.array([level], np.int8), np.array([np.nan if chances is None else chances[n]]))
        for n, level in enumerate(levels)
    ]
    weights = score.weigh(SPEC, _model(), agreements)
    return float(weights.total.sum())


_LEVELS = st.tuples(*[st.integers(0, len(kinds()[c.kind].levels) - 1) for c in SPEC.comparisons])


@settings(max_examples=200, deadline=None)
@given(_LEVELS, st.integers(0, len(SPEC.comparisons) - 1), st.lists(st.floats(1e-6, 0.6), min_size=6, max_size=6))
def test_more_agreement_never_lowers_a_score(levels, field, chances):
    top = len(kinds()[SPEC.comparisons[field].kind].levels) - 1
    known = [
        c if level == len(kinds()[s.kind].levels) - 1 else np.nan
        for c, level, s in zip(chances, levels, SPEC.comparisons, strict=True)
    ]
    scores = []
    for level in range(top + 1):
        there = list(levels)
        there[field] = level
        known[field] = chances[field] if level == top else np.nan
        scores.append(_bits(there, known))
    assert all(b >= a - 2 * score._WHOLE_GRID for a, b in itertools.pairwise(scores))  # what rounding can take


def test_absent_fields_weigh_nothing():
    assert _bits([-1] * len(SPEC.comparisons)) == pytest.approx(-np.log2(1 + 1e-3 + 1e-4 + 1e-2), abs=1e-6)


def test_people_of_one_household_are_told_from_the_person():
    same, different = [len(kinds()[c.kind].levels) - 1 for c in SPEC.comparisons], 0
    relative = [different, same[1], different, -1, same[4], same[5]]
    independent = score.weigh(
        SPEC,
        em.replace(_model(), relation_rates={}),
        [Agreement(np.array([x], np.int8), np.array([np.nan])) for x in relative],
    )
    assert _bits(relative) < float(independent.fields.sum()) - 5


@given(_LEVELS)
def test_who_moved_is_held_against_nobody_more_than_once(levels):
    places = [people.spec().comparisons[n].name for n in SPEC.places]
    assert places == ["address", "town"]
    agreements = [Agreement(np.array([level], np.int8), np.array([np.nan])) for level in levels]
    weights = score.weigh(SPEC, _model(), agreements)
    unknown = [-1 if n in SPEC.places else level for n, level in enumerate(levels)]
    rate = _model().moved_rate
    assert float(weights.total[0]) >= _bits(unknown) + np.log2(rate) - 4 * score._WHOLE_GRID
    assert float(weights.moved[0]) >= np.log2(1 - rate) - score._WHOLE_GRID


def test_one_place_alone_is_no_move():
    text = people.SPEC.replace("  - {kind: place, column: town}\n", "")
    assert Spec.parse(text).places == ()
    assert expected(Spec.parse(text)).moved_rate == 0


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=2))
def test_a_relation_does_not_explain_what_identifies_a_person(counts):
    for kind in ("exact", "code", "resident_id", "email", "phone"):
        size = len(kinds()[kind].levels)
        c = Comparison("number", kind, ("number",), ("number",), shared_by=())
        m, u = (np.array(normal(p)) for p in (kinds()[kind].m, kinds()[kind].u))
        seen = np.array([counts[0]] * (size - 1) + [counts[1]])
        for relation in RELATIONS:
            assert em._related(c, relation, seen, m, u) == pytest.approx(tuple(u))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.floats(-30, 80)), min_size=1, max_size=12))
def test_rivals_leave_one_signal_no_more_than_one_match(pairs):
    pairs = sorted(set(pairs))
    left, entities = (np.array([p[n] for p in pairs], np.int32) for n in (0, 1))
    bits = np.array([p[2] for p in pairs])
    after = bits + score.rivals(bits, left, entities, one_match=True)
    best = {}
    for row, entity, p in zip(left, entities, score.probability(after), strict=True):
        best[row, entity] = max(best.get((row, entity), 0), p)
    for row in set(left.tolist()):
        assert sum(p for (r, _), p in best.items() if r == row) <= 1 + 1e-6
    assert (after <= bits).all()


def test_every_kinds_expectations_rise_with_agreement():
    for kind in kinds().values():
        m, u = np.array(kind.m), np.array(kind.u)
        assert len(m) == len(u) == len(kind.levels), kind.name
        assert m.sum() == pytest.approx(1, abs=0.01), kind.name
        assert u.sum() == pytest.approx(1, abs=0.01), kind.name
        assert min(m.min(), u.min()) > 0, kind.name
        assert set(kind.shared_by) <= set(RELATIONS), kind.name


@given(st.lists(st.tuples(st.floats(1e-6, 1), st.floats(1e-6, 1)), min_size=2, max_size=7))
def test_pooling_keeps_distributions_and_order(pairs):
    m, u = (np.array(x) / np.sum(x) for x in zip(*pairs, strict=True))
    fixed = np.array(em.rising(tuple(m), tuple(u)))
    assert fixed.sum() == pytest.approx(1)
    assert (np.diff(fixed / u) >= -1e-9).all()
    assert all(a.m for a in expected(SPEC).comparisons.values())


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=50))
def test_probability_is_that_of_the_bits(bits: list[float]) -> None:
    expected = [1 / (1 + 2.0**-b) for b in bits]
    assert score.probability(np.array(bits)) == pytest.approx(expected, rel=1e-15, abs=0)


def test_probability_of_no_end_of_bits_is_finite() -> None:
    assert score.probability(np.array([-np.inf, -5000.0, 0.0, 5000.0, np.inf])) == pytest.approx([0, 0, 0.5, 1, 1])


def test_probability_does_not_depend_on_how_wide_numpy_computes() -> None:
    """Workers that loaded numpy before us compute with other instructions (``np.exp2`` differs in the last bit)."""
    code = "import numpy as np; from matching import score; b = np.arange(-40, 40, 0.01); print(score.probability(b).tobytes().hex())"
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "NPY_DISABLE_CPU_FEATURES": off, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for off in ("", "X86_V4")
    ]
    assert said[0] == said[1]
