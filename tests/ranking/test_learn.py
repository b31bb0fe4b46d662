"""Outcomes → proposed parameters."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

import ranking
from core import schemas

AT = datetime(2026, 12, 1, tzinfo=UTC)


def published(n: int, source: str = "shop", p: float = 0.8) -> pa.Table:
    factor = [{"factor": "source", "log_odds": float(np.log(p / (1 - p))), "detail": None}]
    rows = {
        "case_id": [f"C{i}" for i in range(n)],
        "kind": ["phone"] * n,
        "value": [f"+86199{i:08d}" for i in range(n)],
        "probability": [p] * n,
        "sources": [[source]] * n,
        "factors": [factor] * n,
    }
    return schemas.conform(pa.table(rows), schemas.CANDIDATES)


def heard(points: pa.Table, dispositions: list[str], at: datetime = AT) -> pa.Table:
    rows = {
        "case_id": points["case_id"],
        "kind": points["kind"],
        "contact_value": points["value"],
        "disposition": dispositions,
        "at": pa.array([at] * points.num_rows, pa.timestamp("us", tz="UTC")),
    }
    return schemas.conform(pa.table(rows), schemas.CLEAN_OUTCOMES)


def learn(points: pa.Table, outcomes: pa.Table) -> ranking.Learned:
    return ranking.learn(points, outcomes, ranking.default_params(), as_of=datetime(2027, 1, 1, tzinfo=UTC))


def test_no_outcomes_leave_the_parameters_as_they_are():
    points = published(10)
    assert learn(points, schemas.empty(schemas.CLEAN_OUTCOMES)).params == ranking.default_params()


@pytest.mark.guide("R56")
def test_a_source_that_turns_out_wrong_is_demoted_within_a_hundred_outcomes():
    points = published(100)
    learned = learn(points, heard(points, ["disconnected"] * 100))
    assert learned.params.track_record["shop"]["phone"] < -1.0
    assert learned.scorecard.right.iloc[0] < learned.scorecard.said.iloc[0]


def test_outcomes_of_unpublished_points_and_of_the_future_are_counted_and_ignored():
    points = published(50)
    strangers = heard(published(80).slice(50), ["disconnected"] * 30)
    late = heard(points, ["disconnected"] * 50, datetime(2028, 1, 1, tzinfo=UTC))
    learned = learn(points, pa.concat_tables([strangers, late]))
    assert learned.params == ranking.default_params()
    assert learned.ignored["never_published"] == 30
    assert learned.ignored["in_the_future"] == 50


def test_contradicting_outcomes_teach_almost_nothing():
    points = published(60)
    both = pa.concat_tables([heard(points, ["right_party"] * 60), heard(points, ["wrong_party"] * 60)])
    assert abs(learn(points, both).params.track_record["shop"]["phone"]) < 0.6


def test_a_flood_of_outcomes_of_one_point_counts_as_few():
    points = published(40)
    flood = pa.concat_tables([heard(points.slice(0, 1), ["disconnected"])] * 5000)
    learned = learn(points, flood)
    assert abs(learned.params.track_record["shop"]["phone"]) < 0.3
    assert learned.ignored["more_than_newest"] == 4997


def test_enough_outcomes_recalibrate_and_the_file_reads_back():
    points = published(1500)
    rng = np.random.default_rng(3)
    told = np.where(rng.random(1500) < 0.5, "right_party", "disconnected").tolist()
    learned = learn(points, heard(points, told))
    assert learned.params.version.startswith("learned-")
    assert learned.params.provenance["outcomes"] == 1500
    again = ranking.Params.model_validate_json(learned.params.model_dump_json())
    assert again == learned.params


def test_learning_twice_gives_the_same_proposal():
    points = published(400)
    told = heard(points, ["right_party", "disconnected"] * 200)
    assert learn(points, told).params == learn(points, told).params


def half(n: int, at: datetime, dispositions: list[str]) -> tuple[pa.Table, pa.Table]:
    points = published(n)
    if at != AT:
        points = points.set_column(0, "case_id", pa.array([f"D{i}" for i in range(n)]))
    return points, heard(points, dispositions, at)


@pytest.mark.parametrize(("late", "is_drift"), [("disconnected", True), ("right_party", False)])
def test_the_report_says_where_a_source_became_worse(late, is_drift):
    old, good = half(80, AT, ["right_party"] * 80)
    new, then = half(80, datetime(2026, 12, 20, tzinfo=UTC), [late] * 80)
    learned = learn(pa.concat_tables([old, new]), pa.concat_tables([good, then]))
    (row,) = learned.drift.to_dict("records")
    assert row["is_drift"] is is_drift
    assert (row["change"] < -0.3) is is_drift
    assert row["points"] == 160


def test_a_handful_of_outcomes_is_no_drift():
    points = published(6)
    assert learn(points, heard(points, ["disconnected"] * 6)).drift.empty


def test_the_scorecard_tells_what_the_proposal_would_have_said():
    points = published(100)
    row = learn(points, heard(points, ["disconnected"] * 100)).scorecard.iloc[0]
    assert row["after"] < row["said"]


def test_what_outcomes_mean_here_is_learned_from_them():
    """Where wrong numbers are nearly all dead, an unanswered call speaks for the debtor."""
    rng = np.random.default_rng(4)
    sure, unsure = published(600, p=0.9), published(600, p=0.1)
    unsure = unsure.set_column(0, "case_id", pa.array([f"D{i}" for i in range(600)]))
    points = pa.concat_tables([sure, unsure])
    mine = rng.choice(["right_party", "no_answer"], 1200, p=[0.6, 0.4])
    dead = rng.choice(["disconnected", "no_answer"], 1200, p=[0.9, 0.1])
    told = np.where(rng.random(1200) < np.repeat([0.9, 0.1], 600), mine, dead).tolist()
    table = learn(points, heard(points, told)).params.outcomes["no_answer"]
    stated = ranking.default_params().outcomes["no_answer"]
    assert table.mine / table.other > 1.5 * stated.mine / stated.other


def test_two_thousand_outcomes_make_a_calibrated_list_no_worse():
    """The slips of the hand are in what was heard; counted twice, they passed for rights and wrongs told too surely."""
    rng = np.random.default_rng(8)
    table = ranking.default_params().outcomes
    names = list(table)
    slips = np.full(len(names), 0.05 / len(names))
    like = {side: 0.95 * np.array([getattr(table[d], side) for d in names]) + slips for side in ("mine", "other")}
    like = {side: p / p.sum() for side, p in like.items()}
    said = rng.choice([0.1, 0.3, 0.5, 0.7, 0.9], 2000)
    points = pa.concat_tables([renamed(published(1, p=p), i) for i, p in enumerate(said)])
    mine = rng.random(2000) < said
    told = [names[rng.choice(len(names), p=like["mine" if m else "other"])] for m in mine]
    learned = learn(points, heard(points, told)).params
    found = learned.outcomes
    assert found["right_party"].other < table["right_party"].other + 0.01
    assert found["disconnected"].mine < table["disconnected"].mine + 0.01
    moved = learned.recalibration.get("phone")
    assert moved is None or abs(moved.slopes.get("f_source", 1.0) - 1) < 0.1


def renamed(points: pa.Table, i: int) -> pa.Table:
    points = points.set_column(0, "case_id", pa.array([f"E{i}"]))
    at = points.schema.get_field_index("value")
    return points.set_column(at, "value", pa.array([f"+86198{i:08d}"]))
