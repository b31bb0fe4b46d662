from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

import sample
from core import schemas
from core.kinds import Disposition
from sample.outcomes import is_current
from sample.places import digits, number, numeral
from tests.sample import exported


@pytest.fixture(scope="module")
def reachable(folder):
    return [row for row in exported.truth(folder, "current") if row["reachable"] == "1"]


def points(rows, kind, value):
    return pa.table(
        {"case_id": [r["case_id"] for r in rows], "kind": [kind] * len(rows), "value": list(map(value, rows))}
    )


def test_outcomes_have_the_fields_and_words_of_the_product(folder, reachable):
    heard = sample.outcomes(sample.DEMO, folder, points(reachable, "phone", lambda r: "+86" + r["phone"]), 500, 1)
    assert tuple(heard.column_names) == schemas.OUTCOME_FIELDS
    assert heard.num_rows == 500
    assert set(heard["disposition"].to_pylist()) <= {d.value for d in Disposition}


def test_the_same_seed_hears_the_same(folder, reachable):
    given = points(reachable, "phone", lambda r: r["phone"])
    assert sample.outcomes(sample.DEMO, folder, given, 50, 3).equals(sample.outcomes(sample.DEMO, folder, given, 50, 3))
    assert not sample.outcomes(sample.DEMO, folder, given, 50, 3).equals(
        sample.outcomes(sample.DEMO, folder, given, 50, 4)
    )


@pytest.mark.parametrize(("kind", "value"), [("phone", "phone"), ("address", "address"), ("email", "email")])
def test_the_debtors_own_points_mostly_reach_the_debtor(folder, reachable, kind, value):
    heard = sample.outcomes(sample.DEMO, folder, points(reachable, kind, lambda r: r[value]), 1000, 2)
    told = Counter(heard["disposition"].to_pylist())
    assert told["right_party"] > 500
    assert told["wrong_party"] + told["disconnected"] < 60


def test_other_peoples_numbers_reach_other_people(folder):
    others = exported.truth(folder, "third_party_phones")
    heard = sample.outcomes(sample.DEMO, folder, points(others, "phone", lambda r: r["phone"]), 1000, 2)
    told = Counter(heard["disposition"].to_pylist())
    assert told["right_party"] < 40
    assert told["wrong_party"] > 450


def test_regions_and_unknown_cases_are_no_points_to_try(folder, reachable):
    regions = points(reachable[:5], "region", lambda r: "110000")
    strangers = points([{"case_id": "WA0"}], "phone", lambda r: "13900000000")
    assert sample.outcomes(sample.DEMO, folder, pa.concat_tables([regions, strangers]), 10, 1).num_rows == 0


def test_an_address_is_current_however_it_is_written():
    now = {
        "reachable": "1",
        "poi": "澜月花园",
        "road": "枫桥路",
        "number": "18",
        "building": "3",
        "unit": "2",
        "room": "1203",
    }
    assert is_current(now, "address", "苏州市澜月花园3-2-1203")
    assert is_current(now, "address", "江苏省苏州市姑苏区枫桥路18号澜月花园3号楼2单元1203室")
    assert is_current(now, "address", "江苏省苏州市姑苏区枫桥路18号澜月花园三号楼二单元一二〇三室")
    assert is_current(now, "address", "江苏省苏州市姑苏区枫桥路１８号澜月花园３号楼２单元１２０３室")
    assert not is_current(now, "address", "江苏省苏州市姑苏区枫桥路18号澜月花园十三号楼二单元一二〇三室")
    assert not is_current(now, "address", "江苏省苏州市姑苏区枫桥路18号澜月花园3号楼2单元1204室")
    assert not is_current({**now, "reachable": "0"}, "address", "苏州市澜月花园3-2-1203")


@pytest.mark.parametrize("n", [1, 9, 10, 11, 19, 20, 30, 99])
def test_a_numeral_is_read_as_it_was_written(n):
    assert number(numeral(str(n))) == str(n)
    assert number(digits(str(n))) == str(n)
