"""Records that say too little of themselves are linked through the others of their account."""

from __future__ import annotations

import pyarrow as pa
import pytest

from core import schemas
from matching.accounts import Accounts


def signals(*rows: dict[str, str]) -> pa.Table:
    names = ("signal_id", "account_id", "customer_no", "id_number", "id_tail", "name", "birth_date", "consent_id")
    return pa.table({n: pa.array([r.get(n) for r in rows], pa.string()) for n in names})


def links(*rows: tuple[str, str, float]) -> pa.Table:
    table = pa.table({"signal_id": [r[0] for r in rows], "case_id": [r[1] for r in rows]})
    table = table.append_column("probability", pa.array([r[2] for r in rows], pa.float64()))
    return schemas.conform(table, schemas.LINKS)


NAMED = signals(
    {"signal_id": "s1", "account_id": "V1", "name": "测试人", "id_tail": "1234"},
    {"signal_id": "s2", "account_id": "V2", "name": "样本花", "id_tail": "9999"},
)
FOUND = links(("s1", "A", 0.999), ("s1", "A2", 0.998), ("s2", "B", 0.999))


@pytest.fixture
def accounts() -> Accounts:
    a = Accounts({"A": "p1", "A2": "p1", "B": "p2"})
    a.learn(FOUND, NAMED)
    return a


def test_a_nameless_record_of_an_account_goes_to_every_case_of_the_accounts_person(accounts):
    found = accounts.links(signals({"signal_id": "s3", "account_id": "V1", "id_tail": "1234"}))
    assert sorted(found["case_id"].to_pylist()) == ["A", "A2"]
    assert found.schema.equals(schemas.LINKS)


def test_the_score_is_the_sum_of_the_evidence_and_less_sure_than_what_it_rests_on(accounts):
    row = accounts.links(signals({"signal_id": "s3", "account_id": "V1"})).to_pylist()[0]
    assert sum(e["weight_bits"] for e in row["evidence"]) == row["weight_bits"]
    assert row["probability"] == pytest.approx(1 / (1 + 2 ** -row["weight_bits"]))
    assert 0.9 < row["probability"] < 0.99


@pytest.mark.parametrize(
    "row",
    [
        {"account_id": "V1", "name": "别的人"},
        {"account_id": "V1", "id_tail": "0000"},
        {"account_id": "V3"},
        {"name": "测试人"},
    ],
    ids=["another name", "another id", "an account nobody knows", "no account"],
)
def test_what_contradicts_or_comes_from_elsewhere_is_left_alone(accounts, row):
    assert accounts.links(signals({"signal_id": "s3"} | row)).num_rows == 0


def test_an_account_of_two_people_links_nothing(accounts):
    more = signals({"signal_id": "s4", "account_id": "V1", "name": "样本花"})
    accounts.learn(links(("s4", "B", 0.999)), more)
    assert accounts.links(signals({"signal_id": "s3", "account_id": "V1"})).num_rows == 0


def test_an_unsure_link_says_nothing_of_an_account():
    a = Accounts({"A": "p1"})
    a.learn(links(("s1", "A", 0.7)), NAMED.slice(0, 1))
    assert a.links(signals({"signal_id": "s3", "account_id": "V1"})).num_rows == 0


def test_what_is_linked_already_is_not_loose(accounts):
    more = signals({"signal_id": "s3", "account_id": "V1"}, {"signal_id": "s5", "account_id": "V9"})
    assert accounts.loose(pa.concat_tables([NAMED, more]))["signal_id"].to_pylist() == ["s3"]
