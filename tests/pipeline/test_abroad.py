"""American and British lenders: regions from pull to publish, to the feed's words, to the evaluation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from pipeline import contact, evaluate, serve
from pipeline.site import Site, open_site
from pipeline.walk import walk
from tests.pipeline import abroad
from tests.support import run_of


@pytest.fixture(scope="module", params=["us", "uk"])
def ran(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[abroad.Lender, Site, dict[str, Any]]:
    lender = {"us": abroad.US, "uk": abroad.UK}[request.param]
    site = open_site(abroad.write(lender, tmp_path_factory.mktemp("abroad") / "lender"))
    return lender, site, dict(walk(run_of(site)))


def _published(site: Site) -> list[dict[str, Any]]:
    return evaluate.published(site, actor="user:test").to_pylist()


def test_everybody_is_found_in_their_city(ran: tuple[abroad.Lender, Site, dict[str, Any]]) -> None:
    lender, site, _ = ran
    best: dict[str, str] = {}
    for row in sorted(_published(site), key=lambda r: -r["probability"]):
        if row["kind"] == "region":
            best.setdefault(row["case_id"], row["value"])
    assert best == {f"C-TEST-{i + 1:03}": home[3] for i, home in enumerate(lender.homes)}


def test_a_region_is_named_in_the_language_of_the_place_and_never_masked(
    ran: tuple[abroad.Lender, Site, dict[str, Any]],
) -> None:
    lender, site, _ = ran
    at = datetime.now(UTC)
    rows = serve.visible(site, site.store.candidates(at=at), at).to_pylist()
    shown = {r["value_masked"] for r in rows if r["kind"] == "region"}
    assert {contact.region_name(home[3]) for home in lender.homes} <= shown
    assert all(not name.startswith(("US-", "GB-")) for name in shown)


def test_a_region_is_explained_by_where_it_was_seen(ran: tuple[abroad.Lender, Site, dict[str, Any]]) -> None:
    _, site, _ = ran
    regions = [r for r in _published(site) if r["kind"] == "region"]
    for row in regions:
        shown = 1 / (1 + np.exp(-sum(f["log_odds"] for f in row["factors"])))
        assert {"app", "cards", "notes"} <= set(row["sources"])
        assert shown == pytest.approx(row["probability"])


def test_an_address_shows_its_town_and_supports_its_city(ran: tuple[abroad.Lender, Site, dict[str, Any]]) -> None:
    lender, site, _ = ran
    at = datetime.now(UTC)
    rows = serve.visible(site, site.store.candidates(at=at), at).to_pylist()
    masked = [r["value_masked"] for r in rows if r["kind"] == "address"]
    assert masked == [f"{contact.region_name(lender.address_city)} ***"]
    (address,) = [r for r in _published(site) if r["kind"] == "address"]
    assert {f["factor"]: f["log_odds"] for f in address["factors"]}["region"] > 0


def test_what_is_no_region_is_quarantined_and_a_note_of_several_is_set_aside(
    ran: tuple[abroad.Lender, Site, dict[str, Any]],
) -> None:
    lender, _, report = ran
    checked = {s["source"]: _counts(s) for s in report["steps"] if s["step"] == "check"}
    cards, notes = checked["cards"], checked["notes"]
    assert cards["quarantined", "region: not_a_region"] == len(lender.nowhere)
    assert cards["not_a_signal", ""] == len(abroad.SHOPS)
    assert cards["pulled", ""] == cards["clean", ""] + len(lender.nowhere) + len(abroad.SHOPS)
    assert notes["clean", ""] == len(lender.homes)
    assert notes["pulled", ""] == notes["clean", ""] + notes["not_a_signal", ""]
    assert notes["set_aside", "region: not_a_region"] == 1


def _counts(step: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {(name, reason): n for name, n, reason in step["counts"]}


def test_the_evaluation_reads_its_truth_by_name_and_by_code(ran: tuple[abroad.Lender, Site, dict[str, Any]]) -> None:
    lender, site, _ = ran
    found = evaluate.evaluate(site, site.folder / "truth.csv", actor="user:test").metrics
    hits = found[(found.kind == "region") & (found.metric == "hit@1")]
    assert hits.debtors.tolist() == [len(lender.homes)]
    assert hits.value.tolist() == [1.0]
