"""Webhooks come signed, at least once, and make up for what failed; file drops are whole, or have no manifest."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import ConfigError
from pipeline import feed_delivery
from pipeline.services.feed import Feed
from pipeline.services.readers import Reader
from tests.feed.test_reading import applied

READER = Reader("hooked")


@pytest.fixture
def feed(site):
    out = Feed(site)
    now = [datetime.now(UTC)]
    out.clock = lambda: now[0]
    out.now = now
    return out


class Receiver:
    """Answers what it is told to, and keeps what it acknowledged."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.seen: list[tuple[bytes, dict[str, str]]] = []

    def __call__(self, url, body, headers):
        self.seen.append((body, dict(headers)))
        return self.statuses.pop(0) if self.statuses else 204


def test_a_page_is_signed_with_the_secret_shown_once(feed):
    secret = feed_delivery.add_webhook(feed, "signed", "https://case.example/hook", READER)
    receiver = Receiver()
    assert feed_delivery.deliver(feed, receiver).deltas == feed.head()
    body, headers = receiver.seen[0]
    stamp, digest = (part.split("=", 1)[1] for part in headers["X-Skiptrace-Signature"].split(","))
    assert hmac.compare_digest(
        digest, hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    )


def test_what_was_not_acknowledged_comes_again_later_under_the_same_id(feed):
    feed_delivery.add_webhook(feed, "again", "https://case.example/hook", READER)
    receiver = Receiver(500, 0)
    assert feed_delivery.deliver(feed, receiver).failed == 1
    assert feed_delivery.deliver(feed, receiver).pages == 0  # not yet due
    for seconds in (11, 21):
        feed.now[0] += timedelta(seconds=seconds)
        feed_delivery.deliver(feed, receiver)
    first, second, third = ({h["X-Skiptrace-Delivery"], b} for b, h in receiver.seen)
    assert first == second == third
    assert applied(json.loads(receiver.seen[-1][0])["deltas"]).keys() == set(
        feed.snapshot(READER)[1]["candidate_id"].to_pylist()
    )
    assert feed_delivery.deliver(feed, receiver).pages == 0  # nothing new


@pytest.mark.parametrize(
    "url", ["http://case.example/", "https://user:word@case.example/", "https://", "file:///etc/passwd"]
)
def test_a_webhook_goes_over_tls_only(feed, url):
    with pytest.raises(ConfigError):
        feed_delivery.add_webhook(feed, "plain", url, READER)


def test_a_drop_holds_the_same_rows_three_times_and_its_manifest_fits(feed, tmp_path):
    manifest = feed_delivery.drop(feed, tmp_path, READER)
    folder = tmp_path / f"{manifest['seq']:012d}"
    for name, facts in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"]
    with (folder / "candidates.csv").open(encoding="utf-8-sig", newline="") as file:
        ids = [row["candidate_id"] for row in csv.DictReader(file)]
    lines = (folder / "candidates.jsonl").read_text(encoding="utf-8").splitlines()
    assert ids == [json.loads(line)["candidate_id"] for line in lines]
    assert ids == pq.read_table(folder / "candidates.parquet")["candidate_id"].to_pylist()
    assert len(ids) == manifest["files"]["candidates.csv"]["rows"] > 0
    assert json.loads((folder / "manifest.json").read_text()) == manifest


def test_no_cell_of_a_csv_is_a_formula(tmp_path):
    danger = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "plain", None]
    feed_delivery._csv(pa.table({"a": pa.array(danger), "b": pa.array([["=x"]] * 8)}), tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [c for row in list(csv.reader(file))[1:] for c in row]
    assert not [c for c in cells if c[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert "plain" in cells
