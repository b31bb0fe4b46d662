"""A PostgreSQL and a MariaDB of our own: data in a temporary folder, no fsync, sockets and loopback only."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ports

PASSWORD = "canary-password"


class Absent(Exception):
    """The server is not installed, or does not start here: why."""


@dataclass(frozen=True)
class Postgres:
    """``url`` is for the owner, by socket; ``reader`` logs in by TCP with PASSWORD and may only read."""

    url: str
    reader: str
    binaries: Path
    data: Path
    options: str

    def control(self, *command: str) -> None:
        _run(str(self.binaries / "pg_ctl"), "-D", str(self.data), "-w", *command)

    def stop(self) -> None:
        self.control("-m", "immediate", "stop")

    def kill(self) -> None:
        """SIGKILL to the server and every process of it, as when a machine loses them."""
        pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
        for each in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        until = time.monotonic() + 10
        while any(_is_there(each) for each in (pid, *map(int, children))) and time.monotonic() < until:
            time.sleep(0.02)  # what still dies holds the shared memory, and no server starts beside it
        # where nobody reaps the dead their numbers stay taken, and the next server would believe the old one to live
        for lock in (self.data / "postmaster.pid", *self.data.parent.glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)

    def start(self) -> None:
        self.control("-l", str(self.data.parent / "log"), "-o", self.options, "start")


def _is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _as_server_user(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else [*command]


def _run(*command: str) -> None:
    subprocess.run(_as_server_user(*command), check=True, capture_output=True, timeout=60, cwd="/")


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise Absent("no PostgreSQL server is installed (initdb not found; see tests/servers/install.sh)")
    return found[-1].parent if found else Path(str(on_path)).parent


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A running server; it can be stopped and started again. Raises Absent."""
    binaries = _binaries()
    home = Path(tempfile.mkdtemp(prefix="skiptrace-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    port, data = ports.free(), home / "data"
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home} -c fsync=off"
    url = f"postgresql://postgres@/postgres?host={home}&port={port}"
    server = Postgres(url, f"postgresql://reader@127.0.0.1:{port}/postgres", binaries, data, options)
    try:
        _run(str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        (data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        server.start()
        login = f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; GRANT pg_read_all_data TO reader"
        _run(str(binaries / "psql"), "-h", str(home), "-p", str(port), "-U", "postgres", "-c", login)
    except (OSError, subprocess.SubprocessError) as e:
        shutil.rmtree(home, ignore_errors=True)
        raise Absent(f"PostgreSQL is installed but does not start here: {type(e).__name__}") from None
    try:
        yield server
    finally:
        subprocess.run(
            _as_server_user(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"),
            check=False,
            capture_output=True,
            cwd="/",
        )
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def mariadb() -> Iterator[str]:
    """The URL of a running server, for ``root`` without a password, by its socket. Raises Absent."""
    server, install = shutil.which("mariadbd", path="/usr/sbin:/usr/bin"), shutil.which("mariadb-install-db")
    if server is None or install is None:
        raise Absent("no MariaDB server is installed (see tests/servers/install.sh)")
    home = Path(tempfile.mkdtemp(prefix="skiptrace-my-", dir="/tmp"))
    home.chmod(0o755)
    as_user = ["--user=root"] if os.geteuid() == 0 else []
    made = [install, "--no-defaults", f"--datadir={home}/data", "--auth-root-authentication-method=normal", *as_user]
    port = ports.free()
    started = [
        server,
        "--no-defaults",
        f"--datadir={home}/data",
        f"--socket={home}/s",
        f"--pid-file={home}/pid",
        *as_user,
    ]
    try:
        subprocess.run([*made, "--skip-test-db"], check=True, capture_output=True, timeout=60)
        process = subprocess.Popen(
            [*started, f"--port={port}", "--bind-address=127.0.0.1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ports.wait_for(port)
    except (OSError, subprocess.SubprocessError) as e:
        shutil.rmtree(home, ignore_errors=True)
        raise Absent(f"MariaDB is installed but does not start here: {type(e).__name__}") from None
    try:
        yield f"mysql://root@localhost/test_orders?unix_socket={home}/s"
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(home, ignore_errors=True)
