"""Files encrypted with OpenPGP (RFC 9580), opened by the ``gpg`` program with one key that is given for it.

The whole message is decrypted, and its integrity proved, before the first byte of it is read: what was cut off or altered
comes out as nothing. The clear text stands in an unnamed temporary file, gone when it is closed. No keyring but the one
made for it is used; key and passphrase go to gpg by pipes, never by command line or by file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from connectors.archive import Bounds
from connectors.secrets import Credentials

_PIECE = 1 << 20
_SECONDS = 60  # for anything but the message itself
_STATUS = re.compile(rb"^\[GNUPG:\] (\w+)", re.MULTILINE)
_AGENT = "s2k-count 1048576\n"  # else the agent spends a second on measuring this machine, each time
_PRIVATE = re.compile(rb"IMPORT_OK (?:1[6-9]|[2-9]\d) ")  # the flag 16: holds a private key


class Unopened(Exception):
    """A message that does not open; its text says why, and holds nothing of it."""


@contextmanager
def decrypted(raw: BinaryIO, key: Credentials, bounds: Bounds) -> Iterator[BinaryIO]:
    """The clear text of the message. Raises Unopened, Bomb."""
    gpg = shutil.which("gpg")
    if gpg is None:
        raise Unopened("needs the program gpg (GnuPG), which is not installed here")
    with _keyring(gpg, key) as home, tempfile.TemporaryFile() as clear:
        _decrypt(gpg, home, raw, clear, key.passphrase or "", bounds)
        clear.seek(0)
        yield cast("BinaryIO", clear)


@contextmanager
def _keyring(gpg: str, key: Credentials) -> Iterator[str]:
    """A folder that holds this key alone."""
    home = tempfile.mkdtemp(prefix="pgp-", dir="/tmp")
    try:
        (Path(home) / "gpg-agent.conf").write_text(_AGENT)
        done = subprocess.run(  # noqa: S603
            [gpg, "--homedir", home, "--batch", "--no-tty", "--status-fd", "1", "--import"],
            input=_armoured(key), capture_output=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        if not _PRIVATE.search(done.stdout):
            raise Unopened("cannot be opened: pgp_key holds no private OpenPGP key")
        yield home
    finally:
        if agent := shutil.which("gpgconf"):
            stop = [agent, "--homedir", home, "--kill", "all"]
            subprocess.run(stop, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        shutil.rmtree(home, ignore_errors=True)


def _armoured(key: Credentials) -> bytes:
    text = key.private_key or key.secret
    if text is None and key.private_key_file is not None:
        try:
            return Path(key.private_key_file).read_bytes()
        except OSError:
            raise Unopened("cannot be opened: the private_key_file of pgp_key cannot be read") from None
    return (text or "").encode()


def _decrypt(gpg: str, home: str, raw: BinaryIO, clear: IO[bytes], passphrase: str, bounds: Bounds) -> None:
    reading, writing = os.pipe()
    os.write(writing, passphrase.encode() + b"\n")
    os.close(writing)
    command = [
        gpg, "--homedir", home, "--batch", "--no-tty", "--quiet", "--trust-model", "always", "--status-fd", "2",
        "--pinentry-mode", "loopback", "--passphrase-fd", str(reading), "--decrypt",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, pass_fds=(reading,)
        )
        os.close(reading)
        feeder = _Feeder(raw, cast("IO[bytes]", process.stdin))
        try:
            feeder.start()
            _copy(cast("IO[bytes]", process.stdout), clear, feeder, bounds)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
            feeder.join()
        if feeder.error is not None:
            raise feeder.error
        said.seek(0)
        _require_whole(process.returncode, said.read())


class _Feeder(threading.Thread):
    """Gives the message to gpg while what it makes of it is read."""

    def __init__(self, raw: BinaryIO, to: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.raw, self.to = raw, to
        self.fed = 0
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with self.to:
                while piece := self.raw.read(_PIECE):
                    self.to.write(piece)
                    self.fed += len(piece)
        except BrokenPipeError:
            pass  # gpg has said why
        except Exception as e:  # noqa: BLE001  of the place it is read from: raised where it can be told
            self.error = e


def _copy(source: IO[bytes], clear: IO[bytes], feeder: _Feeder, bounds: Bounds) -> None:
    unpacked = 0
    while piece := source.read(_PIECE):
        unpacked += len(piece)
        bounds.check(unpacked, feeder.fed + _PIECE)
        clear.write(piece)


def _require_whole(code: int, said: bytes) -> None:
    status = set(_STATUS.findall(said))
    if code == 0 and {b"DECRYPTION_OKAY", b"GOODMDC"} <= status:
        return
    if b"DECRYPTION_KEY" not in status and b"ENC_TO" in status and b"KEY_CONSIDERED" not in status:
        raise Unopened("is encrypted to another key than the one pgp_key names")
    if b"DECRYPTION_KEY" not in status and b"ENC_TO" in status:
        raise Unopened("cannot be opened: the passphrase of pgp_key is missing or wrong")
    raise Unopened("is no whole OpenPGP message: cut off, altered, or something else")
