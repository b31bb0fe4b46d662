"""After a withdrawal nothing of the person is left: not at a read, not in a delta, not in any byte of the deployment."""

from __future__ import annotations

import shutil

import pytest

from core.errors import BadInput, ConfigError
from pipeline import closure, residue, serve, withdraw
from pipeline.site import open_site
from tests.pipeline.withdrawn import copy_of_site, run_with, values_of
from tests.support import NOON, run_of

WHOLE = 20


@pytest.fixture
def site(ran, tmp_path):
    return copy_of_site(ran[0], tmp_path)


@pytest.fixture
def cases(site):
    return sorted(set(site.store.candidates(at=NOON)["case_id"].to_pylist()))


def published(site, case_id=None):
    return site.store.candidates(case_id=case_id, at=NOON)


def gapless(site):
    seqs = site.store.deltas(0, 100_000)["seq"].to_pylist()
    return seqs == list(range(1, len(seqs) + 1))


def test_the_residue_search_finds_what_is_there(site, portfolio, cases):
    found = residue.search(site, values_of(portfolio, cases[:WHOLE]))
    assert found.sealed["candidates"] > 0
    assert found.sealed["quarantine"] > 0


def test_after_a_withdrawal_there_is_no_residue(site, portfolio, cases):
    values = values_of(portfolio, cases[:WHOLE])
    done = withdraw.withdraw_all(site, [withdraw.Person(case_id=c) for c in cases[:WHOLE]], actor="test")
    found = residue.search(site, values, restricted=True)
    assert found.found == 0, found
    assert found.opened > 0
    assert done.is_complete
    assert done.candidates > WHOLE / 2
    assert done.payloads > 0


def test_a_withdrawal_is_invisible_at_the_next_read_and_told_as_del(site, cases):
    before = published(site, cases[0])["candidate_id"].to_pylist()
    withdraw.withdraw(site, case_id=cases[0], actor="test")
    assert serve.candidates(site, case_id=cases[0], actor="test").num_rows == 0
    told = [d for d in site.store.deltas(0, 100_000).to_pylist() if d["case_id"] == cases[0]]
    assert [d["op"] for d in told] == ["ADD"] * len(before) + ["DEL"] * len(before)
    assert {d["payload"] for d in told} <= {None, "null"}
    assert gapless(site)
    assert site.store.verify_audit().is_intact


def test_others_keep_their_candidates(site, cases):
    everybody = published(site).num_rows
    done = withdraw.withdraw(site, case_id=cases[0], actor="test")
    assert published(site).num_rows == everybody - done.candidates


def test_the_next_run_brings_nothing_back(site, portfolio, cases):
    chosen = cases[:WHOLE]
    withdraw.withdraw_all(site, [withdraw.Person(case_id=c) for c in chosen], actor="test")
    run_with(run_of(site), lambda _step: None)
    assert not set(published(site)["case_id"].to_pylist()) & set(chosen)
    assert residue.search(site, values_of(portfolio, chosen), restricted=True).found == 0
    assert gapless(site)


@pytest.mark.parametrize("when", ["admit", "rank"])
def test_withdrawn_in_the_middle_of_a_first_run_nothing_is_published(portfolio, tmp_path, when):
    shutil.copytree(portfolio, tmp_path / "lender", ignore=shutil.ignore_patterns("truth"))
    site = open_site(tmp_path / "lender")
    chosen = [f"WA2026{i:07}" for i in range(WHOLE)]

    def between(step):
        if step == when:
            who = [withdraw.Person(case_id=c) for c in chosen[1:]]
            customer = withdraw.Person(customer_no="KH10000000")
            assert not withdraw.withdraw_all(site, [customer, *who], actor="test").is_complete

    run_with(run_of(site), between)
    assert not set(published(site)["case_id"].to_pylist()) & set(chosen)
    assert residue.search(site, values_of(portfolio, chosen), restricted=True).found == 0
    assert set(site.store.subjects.erasures()["state"].to_pylist()) == {"deleted"}


def test_a_withdrawal_of_one_scope_takes_what_rests_on_it_and_leaves_the_rest(site):
    rows = published(site).to_pylist()
    grants = {g["consent_id"]: g["scope"] for g in site.store.grants().to_pylist()}
    scopes = {r["candidate_id"]: {grants[c] for c in r["consent_ids"]} for r in rows}
    case = next(r["case_id"] for r in rows if "delivery_address" in scopes[r["candidate_id"]])
    mine = {r["candidate_id"] for r in rows if r["case_id"] == case}
    resting = {i for i in mine if "delivery_address" in scopes[i]}
    withdraw.withdraw(site, case_id=case, scopes=["delivery_address"], actor="test")
    assert set(published(site, case)["candidate_id"].to_pylist()) == mine - resting


def test_by_customer_number_and_by_case_is_the_same_person(site, portfolio):
    by_case = withdraw.subject(site, withdraw.Person(case_id="WA20260000001"))
    by_number = withdraw.subject(site, withdraw.Person(customer_no="KH10000001"))
    assert by_case == by_number
    assert by_number.case_ids


def test_a_case_that_nobody_knows_is_not_withdrawn_in_silence(site):
    with pytest.raises(BadInput, match="unknown_case"):
        withdraw.withdraw(site, case_id="NO-SUCH-CASE", actor="test")


def test_a_person_is_named_by_exactly_one_key():
    with pytest.raises(BadInput):
        withdraw.Person()
    with pytest.raises(BadInput):
        withdraw.Person(case_id="a", customer_no="b")


def test_a_persons_number_shows_in_no_repr():
    assert "KH1" not in repr(withdraw.Person(customer_no="KH10000001"))


def test_a_file_of_withdrawals(site, cases, tmp_path):
    file = tmp_path / "withdrawals.csv"
    file.write_text(f"case_id,customer_no,scopes\n{cases[0]},,\n,KH10000001,delivery_address|phone_update\n")
    assert withdraw.from_file(site, file, actor="test").persons == 2
    file.write_text("case_id,customer_no\n,\n")
    with pytest.raises(ConfigError, match="row 1"):
        withdraw.from_file(site, file, actor="test")


def test_of_a_list_that_names_somebody_unknown_the_others_are_withdrawn(site, cases, tmp_path):
    file = tmp_path / "withdrawals.csv"
    file.write_text(f"case_id,scopes\n{cases[0]},\nNOBODY,delivery_address\n{cases[1]},\n")
    with pytest.raises(ConfigError, match=r"row 2: .*the other rows \(2\) are withdrawn") as told:
        withdraw.from_file(site, file, actor="test")
    assert "NOBODY" not in str(told.value)
    assert [published(site, case).num_rows for case in cases[:2]] == [0, 0]


def test_a_scope_that_nobody_knows_is_told(site, cases, tmp_path):
    with pytest.raises(BadInput, match="scopes"):
        withdraw.withdraw(site, case_id=cases[0], scopes=["delivery_adress"], actor="test")
    file = tmp_path / "withdrawals.csv"
    file.write_text(f"case_id,scopes\n{cases[0]},delivery_adress\n{cases[1]},\n")
    with pytest.raises(ConfigError, match="row 1: scopes"):
        withdraw.from_file(site, file, actor="test")
    assert published(site, cases[1]).num_rows == 0


def test_a_list_with_a_row_that_names_several_is_refused_whole(site, cases, tmp_path):
    file, before = tmp_path / "withdrawals.csv", published(site).num_rows
    file.write_text(f"case_id,customer_no\n{cases[0]},\n{cases[1]},C000001\n")
    with pytest.raises(ConfigError, match="row 2"):
        withdraw.from_file(site, file, actor="test")
    assert published(site).num_rows == before


def test_withdrawing_again_changes_nothing_more(site, cases):
    withdraw.withdraw(site, case_id=cases[0], actor="test")
    seq = site.store.snapshot().seq
    assert withdraw.withdraw(site, case_id=cases[0], actor="test").candidates == 0
    assert site.store.snapshot().seq == seq


def test_a_closed_case_leaves_no_residue_and_stays_closed_whatever_the_file_says(site, portfolio, cases):
    closure.close(site, [cases[0]], closure.Reason.PAID, actor="test")
    assert published(site, cases[0]).num_rows == 0
    run_with(run_of(site), lambda _step: None)
    assert published(site, cases[0]).num_rows == 0
    assert site.store.subjects.frozen() == {cases[0]: "paid"}
    status = {r["case_id"]: r["status"] for r in site.store.cases().to_pylist()}
    assert status[cases[0]] == "closed"


def test_a_held_case_is_kept_in_storage_and_deleted_when_the_hold_ends(site, portfolio, cases):
    from pipeline import retention

    retention.hold(site, cases[0], reason="court order 1", actor="test")
    done = withdraw.withdraw(site, case_id=cases[0], actor="test")
    assert done.restricted == done.candidates > 0
    assert serve.candidates(site, case_id=cases[0], actor="test").num_rows == 0
    assert set(site.store.subjects.erasures()["state"].to_pylist()) == {"restricted"}
    retention.release(site, cases[0], actor="test")
    assert retention.purge(site, actor="test")["restricted"] == done.restricted
    assert residue.search(site, values_of(portfolio, cases[:1]), restricted=True).found == 0
    assert set(site.store.subjects.erasures()["state"].to_pylist()) == {"deleted"}
