"""Webhooks come signed, at least once, and make up for what failed; file drops are whole, or have no manifest."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import ConfigError
from pipeline import feed_clients, feed_delivery, feed_drop, feed_envelope
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
    manifest = feed_drop.drop(feed, tmp_path, READER)
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
    with (tmp_path / "x.csv").open("wb") as out:
        feed_drop.WRITERS["candidates.csv"](pa.table({"a": pa.array(danger), "b": pa.array([["=x"]] * 8)}), out)
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [c for row in list(csv.reader(file))[1:] for c in row]
    assert not [c for c in cells if c[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert "plain" in cells


# --- drops for named recipients -------------------------------------------------------------------------------------------

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl on the path")


def openssl(*command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(OPENSSL), *command], capture_output=True, check=False)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """name → (certificate, key), made by the recipients themselves as the how-to says."""
    folder = tmp_path_factory.mktemp("keys")
    out = {}
    for name, kind in {"cases": "rsa:2048", "archive": "rsa:2048", "stranger": "rsa:2048", "short": "rsa:1024"}.items():
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        made = openssl("req", "-x509", "-newkey", kind, "-nodes", "-days", "30", "-subj", f"/CN={name}",
                       "-keyout", str(key), "-out", str(certificate))  # fmt: skip
        assert made.returncode == 0, made.stderr
        out[name] = (certificate, key)
    return out


def decrypted(file, certificate, key):
    return openssl(
        "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(file), "-recip", str(certificate), "-inkey", str(key)
    )


@needs_openssl
def test_each_recipient_opens_an_encrypted_drop_with_openssl_and_nobody_else_does(feed, tmp_path, keys):
    recipients = [feed_envelope.recipient(keys[n][0].read_bytes(), datetime.now(UTC)) for n in ("cases", "archive")]
    plain = feed_drop.drop(feed, tmp_path / "plain", READER)
    manifest = feed_drop.drop(feed, tmp_path / "sealed", READER, encrypt_to=recipients)
    folder, beside = (tmp_path / n / f"{manifest['seq']:012d}" for n in ("sealed", "plain"))
    assert {f.name for f in folder.iterdir()} == {*manifest["files"], "manifest.json"}
    assert [n.removesuffix(".p7m") for n in manifest["files"]] == list(plain["files"])
    fingerprint = openssl("x509", "-in", str(keys["cases"][0]), "-noout", "-fingerprint", "-sha256").stdout.decode()
    assert (
        fingerprint.strip().rpartition("=")[2].replace(":", "").lower()
        == manifest["encryption"]["recipients_sha256"][0]
    )
    for name, facts in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"]
        assert b"****" not in (folder / name).read_bytes()
        for reader in ("cases", "archive"):
            opened = decrypted(folder / name, *keys[reader])
            assert opened.stdout == (beside / name.removesuffix(".p7m")).read_bytes(), opened.stderr
        assert decrypted(folder / name, *keys["stranger"]).returncode != 0


@needs_openssl
def test_a_recipient_that_nobody_should_encrypt_to_is_refused(keys):
    now = datetime.now(UTC)
    certificate = keys["cases"][0].read_bytes()
    for pem, at in (
        (b"nothing", now), (keys["cases"][1].read_bytes(), now), (keys["short"][0].read_bytes(), now),
        (certificate, now + timedelta(days=60)), (certificate, now - timedelta(days=2)),
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            feed_envelope.recipient(pem, at)


def test_a_drop_leaves_nothing_of_an_earlier_one_of_its_number(feed, tmp_path):
    manifest = feed_drop.drop(feed, tmp_path, READER)
    folder = tmp_path / f"{manifest['seq']:012d}"
    for left in (".candidates.csv", "candidates.csv.p7m"):
        (folder / left).write_bytes(b"half")
    again = feed_drop.drop(feed, tmp_path, READER)
    assert {f.name for f in folder.iterdir()} == {*again["files"], "manifest.json"}
    assert {(f.stat().st_mode & 0o077) for f in folder.iterdir() if f.name != "manifest.json"} == {0}


def test_a_revoked_client_hears_nothing_any_more(site, feed):
    feed_clients.create(site, "gone", scopes=["deltas:read"], actor="test")
    feed_delivery.add_webhook(feed, "gone", "https://case.example/gone", feed_clients.reader(site, "gone"))
    feed_clients.revoke(site, "gone", actor="test")
    receiver = Receiver()
    feed_delivery.deliver(feed, receiver)
    assert not [h for _, h in receiver.seen if h["X-Skiptrace-Delivery"].startswith("gone-")]
