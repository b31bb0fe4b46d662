"""Card transactions under two separate grants: both are needed, each is recorded on its own, and either one taken back ends it."""

from __future__ import annotations

import shutil

import pytest

from pipeline import serve, withdraw
from pipeline.site import open_site
from pipeline.walk import walk
from tests.support import NOON, copied, read_csv, run_of

SCOPES = {"financial_account", "whereabouts"}


@pytest.fixture(scope="module")
def lender(portfolio, tmp_path_factory):
    """The lender's ledger knows the two classes as two scopes: S03 the account, S05 the whereabouts. The app uses the second."""
    folder = tmp_path_factory.mktemp("two") / "lender"
    shutil.copytree(portfolio, folder, ignore=shutil.ignore_patterns("truth"))
    file = folder / "deployment.yaml"
    text = file.read_text(encoding="utf-8").replace("S03: transaction_region", "S03: financial_account")
    text = text.replace("S05: app_location", "S05: whereabouts").replace(
        "consent_scope: app_location", "consent_scope: whereabouts"
    )
    file.write_text(
        text.replace("consent_scope: transaction_region", "consent_scopes: [financial_account, whereabouts]"),
        encoding="utf-8",
    )
    site = open_site(folder)
    walk(run_of(site))
    return site


@pytest.fixture
def site(lender, tmp_path):
    return open_site(copied(lender.folder, tmp_path / "copy"))


def by_cards(site):
    return [r for r in site.store.candidates(at=NOON).to_pylist() if "cards" in r["sources"]]


def scopes_of(site, row):
    grants = {g["consent_id"]: g["scope"] for g in site.store.grants().to_pylist()}
    return {grants[c] for c in row["consent_ids"]}


def test_every_region_by_card_rests_on_both_grants_each_by_its_own_id(site):
    rows = by_cards(site)
    assert rows
    assert all(scopes_of(site, r) >= SCOPES for r in rows)


@pytest.mark.guide("R26")
def test_nobody_with_one_of_the_two_only_has_a_region_by_card(site):
    ledger = read_csv(site.base / "授权台账.csv", "utf-8-sig")
    live = [
        r for r in ledger if r["用途"] == "贷后联络" and not r["撤回时间"] and r["授权日"] <= "2026-11-02" < r["到期日"]
    ]
    have = {
        code: {r[k] for r in live if r["授权项"] == code for k in ("客户编号", "身份证")} - {""}
        for code in ("S03", "S05")
    }
    cases = {
        r["委案编号"]: {r["客户编号"], r["身份证"]} - {""} for r in read_csv(site.base / "委案名单.csv", "gb18030")
    }
    one_only = {c for c, keys in cases.items() if bool(keys & have["S03"]) != bool(keys & have["S05"])}
    assert one_only
    assert not one_only & {r["case_id"] for r in by_cards(site)}


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_either_one_taken_back_takes_the_region_out(site, scope):
    case = by_cards(site)[0]["case_id"]
    gone = {r["candidate_id"] for r in by_cards(site) if r["case_id"] == case}
    done = withdraw.withdraw(site, case_id=case, scopes=[scope], actor="test")
    assert done.candidates >= len(gone)
    assert not gone & {r["candidate_id"] for r in site.store.candidates(at=NOON).to_pylist()}
    assert not gone & {r["candidate_id"] for r in serve.candidates(site, case_id=case, actor="test").to_pylist()}
    told = [d for d in site.store.deltas(0, 100_000).to_pylist() if d["candidate_id"] in gone]
    assert {d["payload"] for d in told} <= {None, "null"}
