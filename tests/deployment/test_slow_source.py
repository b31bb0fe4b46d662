"""A server so slow that a run is not done when the next is due: the next is told to wait, and neither loses nor doubles a row."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import yaml

import sample
from pipeline import lease
from pipeline.site import open_site
from pipeline.walk import walk
from tests.deployment import lender
from tests.pipeline.lender import published
from tests.servers.fixtures import rest_server  # noqa: F401 - a fixture
from tests.support import AS_OF, copy_of, run_of

pytestmark = pytest.mark.server
FIRST, SECOND = AS_OF - timedelta(days=1), AS_OF


@pytest.fixture
def rest(rest_server, tmp_path):  # noqa: F811
    """The CRM with three of four of its events; ``later`` are the others."""
    sample.write(sample.WORLDS["demo"], tmp_path / "people", debtors=12, seed=31)
    lender.changes(rest_server, tmp_path / "people" / "data")
    rest_server.size = 5
    cut = len(rest_server.records) * 3 // 4
    rest_server.records, rest_server.later = rest_server.records[:cut], rest_server.records[cut:]
    yield rest_server
    rest_server.reset()


@pytest.fixture
def folder(rest, tmp_path):
    """A lender that has only that CRM; its keys are made."""
    file = tmp_path / "people" / "deployment.yaml"
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    told["sources"] = [s for s in told["sources"] if s["name"] in ("registry", "consents", "crm")]
    next(s for s in told["sources"] if s["name"] == "crm").update(lender.crm(rest))
    file.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    opened(tmp_path / "people").keys  # noqa: B018 - made on first use
    return tmp_path / "people"


def opened(folder):
    return open_site(folder, environ=os.environ | lender.CRM_LOGIN)


def ran(folder, day):
    report = walk(run_of(opened(folder), day))
    assert report["failed_sources"] == []
    assert report["sums_close"]
    return report


def came_to(folder):
    site = opened(folder)
    seqs = site.store.deltas(0, 100_000)["seq"].to_pylist()
    assert seqs == list(range(1, len(seqs) + 1))
    assert site.store.verify_audit().is_intact
    return published(site), sorted(k["signal_id"] for k in site.store.kept_keys().to_pylist())


def test_a_source_slower_than_its_slot_holds_up_the_next_run_and_no_row_is_lost_or_doubled(rest, folder, tmp_path):
    prompt = copy_of(folder, tmp_path / "prompt")
    before, everything = rest.records, [*rest.records, *rest.later]
    ran(prompt, FIRST)
    rest.records = everything
    ran(prompt, SECOND)
    assert came_to(prompt)[0]

    rest.records, rest.asked, rest.delay = before, [], 0.3
    with ThreadPoolExecutor(1) as night:
        slow = night.submit(ran, folder, FIRST)
        while len(rest.asked) < 4 and not slow.done():
            time.sleep(0.02)
        rest.records = everything  # what happens meanwhile
        with pytest.raises(lease.Busy, match=r"20261101T000000Z is under way since .* try again then"):
            ran(folder, SECOND)
        assert not slow.done(), "the slow run was over before the next was due"
        rest.delay = 0.0
        slow.result(60)
    ran(folder, SECOND)
    assert came_to(folder) == came_to(prompt)
    assert [r.status for r in (opened(folder).store.run(k) for k in ("20261101T000000Z", "20261102T000000Z"))] == [
        "done",
        "done",
    ]
