"""Every published candidate has a valid consent: counted again from the raw files, with nothing of ours but the CSV reader."""

import csv
import os
from collections import defaultdict
from pathlib import Path

import pytest

from pipeline import serve
from pipeline.site import open_site
from pipeline.walk import walk
from tests.support import ROOT, copy_of, run_of

AT = "2026-11-02"
SCOPES = {"shop": "delivery_address", "crm": "phone_update", "cards": "transaction_region", "service": "service_note", "app": "app_location"}  # fmt: skip
EXPORTED = Path(os.environ.get("SKIPTRACE_PORTFOLIO") or ROOT.parent / "shared" / "portfolio")


def rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as f:
        return list(csv.DictReader(f))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The exported portfolio after one run, its raw files, and what was published."""
    if not EXPORTED.is_dir():
        pytest.skip("the exported portfolio is not beside this checkout (set SKIPTRACE_PORTFOLIO)")
    folder = copy_of(ROOT / "examples" / "portfolio", tmp_path_factory.mktemp("exported"))
    site = open_site(folder, environ={"SKIPTRACE_PORTFOLIO": str(EXPORTED)})
    report = walk(run_of(site))
    published = serve.candidates(site, actor="test", reveal_reason="independent recount").to_pylist()
    return site, report, published


def valid_scopes() -> dict[str, set[str]]:
    """customer number and id number → scopes with a grant for tracing that holds."""
    out: dict[str, set[str]] = defaultdict(set)
    for r in rows(EXPORTED / "consent" / "consents.csv"):
        holds = r["granted_at"] <= AT < r["expires_at"] and not r["withdrawn_at"]
        if r["purpose"] == "post_loan_contact" and holds:
            out[r["customer_no"]].add(r["scope"])
            out[r["cert_no"]].add(r["scope"])
    return out


def test_counts_close_and_something_of_every_kind_is_published(exported):
    _, report, published = exported
    assert report["sums_close"]
    assert report["failed_sources"] == []
    assert {"phone", "address", "region"} <= {c["kind"] for c in published}


@pytest.mark.guide("R21")
@pytest.mark.guide("R25")
def test_every_source_behind_every_candidate_is_covered_by_a_valid_consent_of_its_debtor(exported):
    _, _, published = exported
    cases = {r["案件编号"]: r for r in rows(EXPORTED / "registry" / "案件清单.csv", "gb18030")}
    scopes = valid_scopes()
    for c in published:
        case = cases[c["case_id"]]
        of_debtor = scopes.get(case["客户号"], set()) | scopes.get(case["证件号码"], set())
        behind = {SCOPES[s] for s in c["sources"] if s in SCOPES}
        assert behind, c["candidate_id"]
        assert behind <= of_debtor, c["candidate_id"]


@pytest.mark.guide("R24", "off")
def test_no_closed_case_and_no_emergency_contact_is_published(exported):
    _, _, published = exported
    cases = {r["案件编号"]: r for r in rows(EXPORTED / "registry" / "案件清单.csv", "gb18030")}
    closed = {i for i, r in cases.items() if r["案件状态"] == "结清"}
    assert closed
    assert [c["candidate_id"] for c in published if c["case_id"] in closed] == []
    emergency = {i: r["紧急联系人电话"] for i, r in cases.items()}
    assert [c["candidate_id"] for c in published if c["value"] == emergency[c["case_id"]]] == []


def test_the_second_run_publishes_nothing(exported):
    site, _, _ = exported
    assert sum(walk(run_of(site))["deltas"].values()) == 0
