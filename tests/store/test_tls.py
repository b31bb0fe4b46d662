"""The store over TLS, with a certificate authority of our own: an unknown authority or another host's certificate is no connection."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import shutil

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import store
from core.errors import Transient
from tests.servers.databases import PASSWORD
from tests.servers.fixtures import postgres  # noqa: F401 - a fixture

pytestmark = pytest.mark.server


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject, key, issuer, issuer_key, *, is_authority=False, address=None):
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if address:
        names = [x509.IPAddress(ipaddress.ip_address(address))]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder, key, other = tmp_path_factory.mktemp("ca"), *(ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    (folder / "ca.pem").write_bytes(_certificate("ca", key, "ca", key, is_authority=True))
    (folder / "other.pem").write_bytes(_certificate("other", other, "other", other, is_authority=True))
    return folder, key


@pytest.fixture(scope="module")
def url(postgres, authority):  # noqa: F811
    """A store's URL by TCP, of a server that speaks TLS now."""
    _serve(postgres, authority[1], "127.0.0.1")
    with psycopg.connect(postgres.url, autocommit=True) as db:
        db.execute("DROP DATABASE IF EXISTS sealed_line WITH (FORCE)")
        db.execute("DROP ROLE IF EXISTS keeper")
        db.execute(f"CREATE ROLE keeper LOGIN PASSWORD '{PASSWORD}'")
        db.execute("CREATE DATABASE sealed_line OWNER keeper")
    yield postgres.reader.replace("reader@", f"keeper:{PASSWORD}@").replace("/postgres", "/sealed_line")
    with psycopg.connect(postgres.url, autocommit=True) as db:
        db.execute("ALTER SYSTEM RESET ssl")
        db.execute("SELECT pg_reload_conf()")


def _serve(server, authority_key, address):
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    certificate = _certificate("server", key, "ca", authority_key, address=address)
    for name, body in (("server.crt", certificate), ("server.key", private)):
        file = server.data / name
        file.write_bytes(body)
        file.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(file, "postgres", "postgres")
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute("ALTER SYSTEM SET ssl = on")
        db.execute("SELECT pg_reload_conf()")


def _with(url, ca):
    return f"{url}?sslmode=verify-full&sslrootcert={ca}"


def _until_tls(url):
    """A reload takes a moment."""
    import time

    for _ in range(100):
        try:
            with psycopg.connect(url) as db:
                return db.execute("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()[0]
        except psycopg.OperationalError as e:
            last = e
            time.sleep(0.05)
    raise last


def test_a_store_whose_line_is_verified(url, authority):
    sealed = _with(url, authority[0] / "ca.pem")
    assert _until_tls(sealed) >= "TLSv1.2"
    with store.open(sealed, base=authority[0]) as db:
        assert db.snapshot().seq == 0
    assert not store.examine(sealed, base=authority[0]).is_open_line


def test_an_authority_that_is_not_ours_is_no_connection(url, authority):
    _until_tls(_with(url, authority[0] / "ca.pem"))
    with pytest.raises(Transient, match="cannot be reached"):
        store.open(_with(url, authority[0] / "other.pem"), base=authority[0])


def test_another_hosts_certificate_is_no_connection(url, authority, postgres):  # noqa: F811
    sealed = _with(url, authority[0] / "ca.pem")
    _until_tls(sealed)
    _serve(postgres, authority[1], "192.0.2.1")
    try:
        for _ in range(100):
            try:
                store.open(sealed, base=authority[0]).close()
            except Transient:
                break
        else:
            pytest.fail("a certificate of another address was taken")
    finally:
        _serve(postgres, authority[1], "127.0.0.1")
