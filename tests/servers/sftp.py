"""A real OpenSSH server on a free port: its own host key, one login by key, SFTP only, as whoever runs the tests."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import ports
from tests.servers.databases import Absent

_CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {home}/host_key
PidFile none
AuthorizedKeysFile {home}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
ForceCommand internal-sftp
AllowTcpForwarding no
LogLevel QUIET
"""


@dataclass
class SftpServer:
    """``folder`` is on this machine and, at the same path, on the server."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def folder(self) -> Path:
        return self.home / "drop"

    @property
    def known_hosts(self) -> str:
        return str(self.home / "known_hosts")

    @property
    def key(self) -> str:
        return (self.home / "user_key").read_text()

    def url(self, pattern: str) -> str:
        return f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}{self.folder}/{pattern}"

    def start(self) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants its empty folder when it is started by root
        sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        command = [str(sshd), "-D", "-e", "-f", str(self.home / "sshd_config")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ports.wait_for(self.port)

    def stop(self) -> None:
        """Kill the server and every session of it."""
        if self.process is None:
            return
        import psutil

        for child in psutil.Process(self.process.pid).children(recursive=True):
            child.kill()
        self.process.kill()
        self.process.wait(10)
        self.process = None


@contextmanager
def sftp() -> Iterator[SftpServer]:
    """A running server. Raises Absent."""
    if shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin") is None:
        raise Absent("no OpenSSH server is installed (see tests/servers/install.sh)")
    home = Path(tempfile.mkdtemp(prefix="skiptrace-sftp-", dir="/tmp"))
    server = SftpServer(home, ports.free())
    server.folder.mkdir()
    try:
        for name in ("host_key", "user_key"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(home / name)]
            subprocess.run(command, check=True, capture_output=True, timeout=30)
        shutil.copy(home / "user_key.pub", home / "authorized_keys")
        (home / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {(home / 'host_key.pub').read_text()}")
        (home / "sshd_config").write_text(_CONFIG.format(home=home, port=server.port))
        server.start()
    except (OSError, subprocess.SubprocessError) as e:
        shutil.rmtree(home, ignore_errors=True)
        raise Absent(f"OpenSSH is installed but does not start here: {type(e).__name__}") from None
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
