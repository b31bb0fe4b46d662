"""PGP-encrypted drops with a real key: opened with it, and with nothing else."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from transport_examples import spec

import connectors
from connectors import pgp
from core.errors import SourceUnusable

pytestmark = pytest.mark.skipif(
    shutil.which("gpg") is None, reason="no gpg is installed (see tests/servers/install.sh)"
)

FIELDS = {"record_id": "id", "contact_phone": "phone", "observed_at": "at"}
ROWS = "id,phone,at\n" + "".join(f"T{i},199{i:08},2026-03-01\n" for i in range(1, 3001))
PASSPHRASE = "canary-passphrase"


class Keys:
    """Two people's keys in a keyring of their own; ``private`` is what the lender gives us."""

    def __init__(self, home):
        self.home = home
        (Path(home) / "gpg-agent.conf").write_text("s2k-count 65536\n")
        for who in ("ours", "others"):
            self.gpg("--quick-generate-key", f"{who}@example.com", "future-default", "default", "never")

    def gpg(self, *command, data=b""):
        common = ["gpg", "--homedir", self.home, "--batch", "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE]
        return subprocess.run(
            [*common, "--trust-model", "always", *command], input=data, capture_output=True, check=True
        ).stdout

    def private(self, who="ours"):
        return self.gpg("--armor", "--export-secret-keys", f"{who}@example.com").decode()

    def encrypted(self, data, *options, to="ours"):
        return self.gpg(
            *options, "-r", f"{to}@example.com", "--encrypt", data=data if isinstance(data, bytes) else data.encode()
        )


@pytest.fixture(scope="session")
def keys():
    home = tempfile.mkdtemp(prefix="keys-", dir="/tmp")
    yield Keys(home)
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def pulled_rows(tmp_path, keys):
    def pull(name, data, login=None, transport="csv", **options):
        (tmp_path / name).write_bytes(data)
        given = {"private_key": keys.private(), "passphrase": PASSPHRASE} if login is None else login
        source = spec(transport, name, options={"pgp_key": "env:DROP_KEY"} | options, fields=FIELDS)
        batches = connectors.pull(source, base=tmp_path, environ={"DROP_KEY": json.dumps(given)})
        return sum(b.rows.num_rows for b in batches)

    return pull


def zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv.gpg", ROWS.encode(), ()),
        ("a.csv.asc", ROWS.encode(), ("--armor",)),
        ("a.csv", ROWS.encode(), ("--armor",)),
        ("a.csv.gz.pgp", gzip.compress(ROWS.encode()), ()),
        ("a.zip.pgp", zipped(ROWS), ()),
        ("a.csv.pgp", ROWS.encode(), ("--compress-algo", "none")),
    ],
)
def test_an_encrypted_file_is_read_like_any_other(name, content, options, keys, pulled_rows):
    assert pulled_rows(name, keys.encrypted(content, *options)) == 3000


def test_encrypted_members_of_a_zip_are_read(keys, pulled_rows):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv.pgp", keys.encrypted(ROWS))
    assert pulled_rows("a.zip", out.getvalue()) == 3000


def test_a_key_in_a_file_and_a_lone_key_are_taken_too(keys, pulled_rows, tmp_path):
    kept = tmp_path / "key.asc"
    kept.write_text(keys.private())
    assert (
        pulled_rows("a.csv.pgp", keys.encrypted(ROWS), {"private_key_file": str(kept), "passphrase": PASSPHRASE})
        == 3000
    )


@pytest.mark.parametrize(
    ("spoil", "login", "message"),
    [
        (lambda d: d[: len(d) // 2], {}, "no whole OpenPGP message"),
        (lambda d: d[:-1], {}, "no whole OpenPGP message"),
        (lambda d: d[:-200] + bytes(b ^ 1 for b in d[-200:-150]) + d[-150:], {}, "no whole OpenPGP message"),
        (lambda _: ROWS.encode(), {}, "no whole OpenPGP message"),
        (lambda _: b"", {}, "no whole OpenPGP message"),
        (lambda d: d, {"passphrase": "wrong"}, "passphrase of pgp_key is missing or wrong"),
        (lambda d: d, {"passphrase": None}, "passphrase of pgp_key is missing or wrong"),
        (lambda d: d, {"private_key": "not a key"}, "holds no private OpenPGP key"),
        (lambda d: d, {"private_key": None, "private_key_file": "gone.asc"}, "private_key_file of pgp_key cannot be read"),
    ],
)  # fmt: skip
def test_what_does_not_open_stops_the_source_and_says_why(spoil, login, message, keys, pulled_rows):
    given = {"private_key": keys.private(), "passphrase": PASSPHRASE} | login
    with pytest.raises(SourceUnusable, match=message) as e:
        pulled_rows("a.csv.pgp", spoil(keys.encrypted(ROWS)), given)
    assert "a.csv.pgp" in str(e.value)
    assert "T1" not in str(e.value)
    assert PASSPHRASE not in str(e.value)


def test_a_message_to_another_key_is_named(keys, pulled_rows):
    with pytest.raises(SourceUnusable, match="encrypted to another key"):
        pulled_rows("a.csv.pgp", keys.encrypted(ROWS, to="others"))


def test_a_bomb_in_a_message_is_refused(keys, pulled_rows, monkeypatch):
    monkeypatch.setattr("connectors.archive.FREE", 1 << 20)
    with pytest.raises(SourceUnusable, match="zip bomb"):
        pulled_rows(
            "a.csv.pgp", keys.encrypted(b"id,phone,at\n" + b"\n" * (16 << 20), "--compress-algo", "zlib"), max_ratio=3
        )


def test_without_a_key_an_encrypted_file_is_named(tmp_path, keys):
    (tmp_path / "a.csv.pgp").write_bytes(keys.encrypted(ROWS))
    with pytest.raises(SourceUnusable, match="option pgp_key"):
        list(connectors.pull(spec("csv", "a.csv.pgp", fields=FIELDS), base=tmp_path, environ={}))


def test_a_key_in_the_deployment_itself_is_refused(tmp_path, keys):
    (tmp_path / "a.csv.pgp").write_bytes(keys.encrypted(ROWS))
    with pytest.raises(SourceUnusable, match="option pgp_key must say where the key is") as e:
        list(
            connectors.pull(
                spec("csv", "a.csv.pgp", options={"pgp_key": keys.private()}, fields=FIELDS), base=tmp_path, environ={}
            )
        )
    assert "BEGIN PGP" not in str(e.value)


def test_where_gpg_is_not_installed_the_source_says_so(keys, pulled_rows, monkeypatch):
    data = keys.encrypted(ROWS)
    key = keys.private()
    monkeypatch.setattr(pgp.shutil, "which", lambda _: None)
    with pytest.raises(SourceUnusable, match="needs the program gpg"):
        pulled_rows("a.csv.pgp", data, {"private_key": key})


def test_nothing_is_left_of_key_and_clear_text(keys, pulled_rows):
    before = set(Path("/tmp").glob("pgp-*"))
    pulled_rows("a.csv.pgp", keys.encrypted(ROWS))
    assert set(Path("/tmp").glob("pgp-*")) <= before


@pytest.mark.server
def test_encrypted_drops_on_a_real_sftp_server(sftp_server, keys, tmp_path):
    pytest.importorskip("paramiko")
    path = sftp_server.folder / "locked.csv.gz.pgp"
    path.write_bytes(keys.encrypted(gzip.compress(ROWS.encode())))
    os.utime(path, (time.time() - 3600,) * 2)
    options = {"known_hosts": sftp_server.known_hosts, "credentials": "env:SFTP", "pgp_key": "env:DROP_KEY"}
    source = spec("csv", sftp_server.url(path.name), options=options, fields=FIELDS)
    environ = {"SFTP": json.dumps({"private_key": sftp_server.key})}
    environ["DROP_KEY"] = json.dumps({"private_key": keys.private(), "passphrase": PASSPHRASE})
    assert sum(b.rows.num_rows for b in connectors.pull(source, base=tmp_path, environ=environ)) == 3000
    path.unlink()
