"""Files on an SFTP server (RFC 4251 and draft-ietf-secsh-filexfer-02), by paramiko; only a server whose key is known.

``sftp://user@host:port/absolute/path/*.csv``. The login comes from ``credentials``: a private key (``private_key`` or
``private_key_file``, with its ``passphrase``) or a password. No agent and no key of the user this runs as is tried.
"""

from __future__ import annotations

import fnmatch
import glob
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from connectors.places import Entry, is_many, sorted_entries, timeout
from connectors.request import Request
from connectors.secrets import Credentials
from core.errors import Transient
from core.positioned import PositionedReader

if TYPE_CHECKING:
    import paramiko  # type: ignore[import-untyped]

_PORT = 22
# SFTP asks for 32 KB at a time; many are asked for at once, and no more than a window is ever held.
_PIECE = 1 << 15
_WINDOW = 1 << 21


@dataclass(frozen=True, slots=True)
class Sftp:
    """A session with the server; ``path`` may be a pattern."""

    client: paramiko.SFTPClient
    path: str

    def entries(self) -> list[Entry]:
        with _said():
            if is_many(self.path):
                return sorted_entries(self._matching("/", PurePosixPath(self.path).parts[1:]))
            status = self.client.stat(self.path)
            if stat.S_ISDIR(status.st_mode or 0):
                raise IsADirectoryError
            return [_entry(self.path, status)]

    def _matching(self, folder: str, parts: tuple[str, ...]) -> Iterator[Entry]:
        """The files below the folder whose path fits these parts; listings are made only where a part is a pattern."""
        part, *rest = parts
        if rest and not glob.has_magic(part):
            yield from self._matching(f"{folder}{part}/", tuple(rest))
            return
        for status in self.client.listdir_attr(folder):
            if not fnmatch.fnmatchcase(status.filename, part) or status.filename.startswith("."):
                continue
            is_folder = stat.S_ISDIR(status.st_mode or 0)
            if rest and is_folder:
                yield from self._matching(f"{folder}{status.filename}/", tuple(rest))
            elif not rest and not is_folder:
                yield _entry(f"{folder}{status.filename}", status)

    def open(self, key: str) -> BinaryIO:
        with _said():
            if stat.S_ISDIR(self.client.stat(key).st_mode or 0):
                raise IsADirectoryError
            return cast("BinaryIO", io.BufferedReader(_Reader(self.client.open(key, "rb")), _WINDOW))

    def look(self, key: str) -> Entry | None:
        try:
            with _said():
                return _entry(key, self.client.stat(key))
        except FileNotFoundError:
            return None


class _Reader(PositionedReader):
    """Bytes of a remote file, a window of requests at a time: as fast as prefetching, in bounded memory."""

    def __init__(self, file: paramiko.SFTPFile) -> None:
        super().__init__()
        self._file = file
        with _said():
            self._size = file.stat().st_size or 0

    def _end(self) -> int:
        return self._size

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        start, end = self._position, min(self._position + min(len(view), _WINDOW), self._size)
        pieces = [(at, min(_PIECE, end - at)) for at in range(start, end, _PIECE)]
        got = 0
        with _said():
            for piece in self._file.readv(pieces) if pieces else ():
                view[got : got + len(piece)] = piece
                got += len(piece)
        if got < end - start:
            raise ConnectionError  # the file shrank, or the answer was cut off
        self._position += got
        return got

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


@contextmanager
def _said() -> Iterator[None]:
    """Paramiko's ways of saying that the connection is gone, as ConnectionError."""
    import paramiko  # noqa: PLC0415 - an optional extra

    try:
        yield
    except (EOFError, paramiko.SSHException):
        raise ConnectionError from None
    except OSError as e:
        if e.errno is None and type(e) is OSError:  # "Socket is closed"
            raise ConnectionError from None
        raise


@contextmanager
def open_place(request: Request) -> Iterator[Sftp]:
    try:
        import paramiko  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise request.unusable("locations of scheme sftp need the extra: pip install 'skiptrace[sftp]'") from None

    with paramiko.SSHClient() as client:
        _trust(request, client)
        _log_in(request, client)
        session = client.open_sftp()
        channel = session.get_channel()
        if channel is not None:
            channel.settimeout(timeout(request))
        yield Sftp(session, unquote(urlsplit(request.location.replace("?", "%3F").replace("#", "%23")).path))


def _trust(request: Request, client: paramiko.SSHClient) -> None:
    """Know the servers of the known_hosts file and no other."""
    import paramiko  # noqa: PLC0415

    known = request.option("known_hosts", str)
    if known is None:
        raise request.unusable("option known_hosts is missing: the file with the server's key (ssh-keyscan makes one)")
    try:
        client.load_host_keys(str(request.base / known))
    except (OSError, paramiko.SSHException):
        raise request.unusable("option known_hosts: the file cannot be read") from None
    client.set_missing_host_key_policy(paramiko.RejectPolicy())


def _log_in(request: Request, client: paramiko.SSHClient) -> None:
    import paramiko  # noqa: PLC0415

    url = urlsplit(request.location.replace("?", "%3F").replace("#", "%23"))
    login = request.credentials()
    user = url.username or login.user
    if not url.hostname or not user:
        raise request.unusable("its location or its credentials must name the user: sftp://USER@HOST/PATH")
    seconds = timeout(request)
    try:
        client.connect(
            url.hostname,
            url.port or _PORT,
            user,
            password=login.password or login.secret,
            pkey=_key(request, login),
            timeout=seconds,
            banner_timeout=seconds,
            auth_timeout=seconds,
            allow_agent=False,
            look_for_keys=False,
        )
    except paramiko.AuthenticationException:
        raise request.unusable("the SFTP server refuses these credentials") from None
    except paramiko.BadHostKeyException:
        raise request.unusable(
            "the SFTP server shows another key than known_hosts has: make sure it is the server"
        ) from None
    except paramiko.SSHException as e:
        if "known_hosts" in str(e):
            raise request.unusable("the SFTP server is not in known_hosts") from None
        raise _unreachable(request) from None
    except (OSError, EOFError):
        raise _unreachable(request) from None


def _unreachable(request: Request) -> Transient:
    return Transient(f"source {request.source}: the SFTP server cannot be reached just now")


def _key(request: Request, login: Credentials) -> paramiko.PKey | None:
    """The private key of the login, whatever its type; None where it has none."""
    import paramiko  # noqa: PLC0415

    text = login.private_key
    try:
        if text is None and login.private_key_file is not None:
            text = (request.base / login.private_key_file).read_text()
    except (OSError, UnicodeError):
        raise request.unusable("the private key file of its credentials cannot be read") from None
    if text is None:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), password=login.passphrase)
        except (paramiko.SSHException, ValueError, TypeError, IndexError):
            continue
    raise request.unusable("the private key of its credentials cannot be used: wrong form, or wrong passphrase")


def _entry(key: str, status: paramiko.SFTPAttributes) -> Entry:
    modified = status.st_mtime
    return Entry(key, PurePosixPath(key).name, status.st_size, None if modified is None else str(modified), modified)
