"""A link reaches every case of the same person."""

from __future__ import annotations

import pyarrow as pa
import pytest

from core import schemas
from pipeline import match

ID = "110101199001011234"


def registry(*rows: tuple[str, str | None, str | None, str]) -> pa.Table:
    names = ("case_id", "customer_no", "id_number", "name")
    return match.with_person(pa.table({n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate(names)}))


def linked(*cases: str) -> pa.Table:
    return schemas.conform(pa.table({"signal_id": ["s1"] * len(cases), "case_id": list(cases)}), schemas.LINKS)


@pytest.mark.parametrize(
    ("other", "cases"),
    [
        (("B", None, ID, "测试人"), ["A", "B"]),
        (("B", "K1", None, "测试人"), ["A", "B"]),
        (("B", None, ID, "样本花"), ["A"]),  # a number that two names share joins nobody's contacts
        (("B", None, "1101**********1234", "测试人"), ["A"]),
    ],
    ids=["by id", "by customer number", "another name", "a masked id"],
)
def test_a_link_is_expanded_to_the_other_cases_of_its_person(other, cases):
    found = match.every_case(linked("A"), match.siblings(registry(("A", "K1", ID, "测试人"), other)))
    assert found["case_id"].to_pylist() == cases


def test_no_link_is_given_twice():
    found = match.every_case(
        linked("A", "B"), match.siblings(registry(("A", "K1", ID, "测试人"), ("B", "K1", None, "测试人")))
    )
    assert found.num_rows == 2
