"""Figures against the truth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ranking.evaluate import ece, ece_by_chance, evaluate
from tests.ranking.book import HOME, NEW_NUMBER, NUMBER, OTHER_NUMBER


def candidates() -> pa.Table:
    return pa.table(
        {
            "case_id": ["A", "A", "B", "A"],
            "kind": ["phone", "phone", "phone", "address"],
            "value": [NUMBER, NEW_NUMBER, OTHER_NUMBER, "宁波市鄞州区梅园小区3-2-501"],
            "probability": [0.4, 0.6, 0.9, 0.7],
        }
    )


TRUTH = pa.table(
    {"case_id": ["A", "B", "C"], "phone": ["19900000001", "19900000009", "19900000008"], "address": [HOME, "", ""]}
)


def figure(e, kind, metric):
    rows = e.metrics
    return rows[(rows.kind == kind) & (rows.metric == metric)].value.item()


def test_hits_are_counted_over_all_debtors_whose_truth_is_told():
    e = evaluate(candidates(), TRUTH)
    assert figure(e, "phone", "hit@1") == 0
    assert figure(e, "phone", "hit@3") == pytest.approx(1 / 3)
    assert figure(e, "phone", "coverage") == pytest.approx(2 / 3)
    assert figure(e, "phone", "ndcg@3") == pytest.approx(1 / np.log2(3) / 3)
    assert figure(e, "phone", "attempts to right party") == 2
    assert figure(e, "address", "hit@1") == 1


def test_a_third_partys_number_in_first_place_is_counted():
    others = pa.table({"case_id": ["B"], "phone": ["199 0000 0003"]})
    assert figure(evaluate(candidates(), TRUTH, third_parties=others), "phone", "third-party@1") == pytest.approx(1 / 3)


def test_a_baseline_is_compared_on_the_same_debtors():
    better = pa.table({"case_id": ["A"], "kind": ["phone"], "value": [NUMBER], "probability": [1.0]})
    e = evaluate(candidates(), TRUTH, baselines={"B": better})
    assert figure(e, "phone", "hit@1 over B") == pytest.approx(-1 / 3)


def test_every_contact_of_a_debtor_who_is_gone_is_wrong():
    truth = pa.table({"case_id": ["B"], "phone": [""], "reachable": ["0"]})
    e = evaluate(candidates(), truth)
    assert figure(e, "phone", "brier") == pytest.approx(0.81)


def test_what_is_said_and_true_has_no_calibration_error():
    p = np.repeat([0.2, 0.8], 1000)
    y = np.concatenate([np.arange(1000) < 200, np.arange(1000) < 800]).astype(float)
    assert ece(p, y, bins=2) < 1e-9
    assert ece(1 - p, y, bins=2) == pytest.approx(0.6)


def test_a_list_of_few_has_an_error_by_chance_that_one_of_many_has_not():
    rng = np.random.default_rng(5)
    few, many = rng.random(100), rng.random(40_000)
    assert ece_by_chance(few)[0] > 0.07
    assert ece_by_chance(many)[0] < 0.01
    honest = ece(many, (rng.random(len(many)) < many).astype(float))
    _, low, high = ece_by_chance(many)
    assert low <= honest <= high
    assert ece(many, (rng.random(len(many)) < many**1.2).astype(float)) > high


def test_calibration_is_told_beside_what_chance_gives():
    e = evaluate(candidates(), TRUTH)
    assert 0 < figure(e, "phone", "ece by chance") < 1
    assert figure(e, "phone", "ece@1 by chance") > 0


def test_at_equal_coverage_each_side_answers_where_it_is_surest():
    """The baseline answers one debtor, rightly; of our two the surer answer is wrong."""
    book = {"case_id": ["A", "B"], "kind": ["phone"] * 2, "value": [NUMBER, OTHER_NUMBER], "probability": [0.4, 0.9]}
    truth = pa.table({"case_id": ["A", "B"], "phone": [NUMBER, NUMBER]})
    one = pa.table({"case_id": ["A"], "kind": ["phone"], "value": [NUMBER], "probability": [1.0]})
    e = evaluate(pa.table(book), truth, baselines={"B": one})
    assert figure(e, "phone", "hit@1 over B") == 0
    assert figure(e, "phone", "hit@1 over B at equal coverage") == pytest.approx(-1 / 2)


def test_a_baseline_of_one_kind_is_not_compared_on_another():
    better = pa.table({"case_id": ["A"], "kind": ["phone"], "value": [NUMBER], "probability": [1.0]})
    metrics = evaluate(candidates(), TRUTH, baselines={"B": better}).metrics
    assert set(metrics[metrics.metric.str.contains("over B")].kind) == {"phone"}
