"""What the feed and the workbench were told reaches `rank` and `learn`."""

from datetime import UTC, datetime

import pytest

from pipeline import heard
from pipeline.learn import models, propose
from pipeline.services.verdicts import Verdict
from pipeline.services.workbench import Workbench
from pipeline.site import open_site
from store.feed import FeedStore
from tests.support import copy_of

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def site(ran, tmp_path):
    return open_site(copy_of(ran[0].folder, tmp_path))


def phones(site, n):
    rows = site.store.candidates(at=datetime.now(UTC)).to_pylist()
    return [r for r in rows if r["kind"] == "phone"][:n]


def tell(site, rows, disposition):
    same = {"client_id": "c", "disposition": disposition, "at": AT, "received_at": AT}
    names = ("candidate_id", "case_id", "kind", "value_sealed")
    told = [{"outcome_id": f"o{i}", **{n: r[n] for n in names}, **same} for i, r in enumerate(rows)]
    FeedStore.of(site.store).save_outcomes(told)


def test_an_attempt_told_to_the_feed_is_an_outcome_of_its_point(site):
    rows = phones(site, 2)
    tell(site, rows, "disconnected")
    found = heard.attempts(site)
    assert found["case_id"].to_pylist() == [r["case_id"] for r in rows]
    assert found["disposition"].to_pylist() == ["disconnected"] * 2
    assert all(v.startswith("+86") for v in found["contact_value"].to_pylist())


def test_the_next_run_ranks_by_it(site):
    from pipeline.run import Run, interval_of
    from pipeline.walk import walk

    rows = phones(site, 1)
    before = rows[0]["probability"]
    tell(site, rows, "disconnected")
    last = site.store.last_run("done")
    walk(Run(site, interval_of(last.interval.end)))
    after = {r["candidate_id"]: r["probability"] for r in site.store.candidates(at=datetime.now(UTC)).to_pylist()}
    assert after.get(rows[0]["candidate_id"], 0.0) < before


@pytest.mark.parametrize(
    ("verdict", "reason", "says"),
    [
        (Verdict.ACCEPT, "recent", ["right_party"]),
        (Verdict.REJECT, "other_person", ["wrong_party"]),
        (Verdict.REJECT, "must_not_use", []),
        (Verdict.UNSURE, "too_little", []),
    ],
)
def test_a_decision_counts_as_an_outcome_only_where_it_says_whose_it_is(site, verdict, reason, says):
    (row,) = phones(site, 1)
    Workbench(site).decide(row["candidate_id"], verdict, reason, case_id=row["case_id"], version=0, actor="user:ann")
    assert heard.decisions(site)["disposition"].to_pylist() == says


def test_what_was_heard_is_learned_from_without_any_file(site):
    tell(site, phones(site, 120), "wrong_party")
    learned, path = propose(site, as_of=datetime.now(UTC), actor="service:airflow")
    assert path is not None
    assert (learned.scorecard.right < learned.scorecard.said).all()
    assert learned.params.version in {m.version for m in models(site)}


def test_nothing_heard_proposes_nothing(site):
    learned, path = propose(site, as_of=datetime.now(UTC), actor="service:airflow")
    assert path is None
    assert learned.scorecard.empty
