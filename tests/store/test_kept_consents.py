"""A kept row of a source with several scopes rests on several consents: either one taken back takes it out."""

import pytest
import sqlalchemy as sa

from store import increments, tables

ROW = {"signal_id": "s", "case_id": "case-1", "source": "cards", "row_sealed": b"sealed", "run_key": "r"}


@pytest.fixture
def filled(db):
    rows = [
        ROW | {"kept_id": "both", "consent_id": "account|whereabouts"},
        ROW | {"kept_id": "one", "consent_id": "other"},
        ROW | {"kept_id": "none", "consent_id": None},
    ]
    with db.subjects._engine.begin() as connection:
        connection.execute(sa.insert(tables.kept_signals), rows)
        yield connection


@pytest.mark.parametrize("ended", ["account", "whereabouts"])
def test_a_joint_row_goes_with_either_of_its_consents(filled, ended):
    assert increments.erase(filled, ["case-1"], {ended}) == 1
    assert increments.keys(filled)["kept_id"].to_pylist() == ["none", "one"]


def test_part_of_a_name_is_not_the_consent(filled):
    assert increments.erase(filled, ["case-1"], {"acc", "where"}) == 0


@pytest.mark.parametrize("ended", ["account", "whereabouts"])
def test_what_was_withdrawn_while_it_was_matched_is_not_kept(filled, ended):
    grant = {
        "consent_id": ended,
        "customer_token": "t",
        "last_seen_run": "r",
        "withdrawn_at": sa.func.current_timestamp(),
    }
    kept = increments.keys(filled)
    filled.execute(sa.insert(tables.grants).values(grant))
    assert increments._still_allowed(filled, kept)["kept_id"].to_pylist() == ["none", "one"]
