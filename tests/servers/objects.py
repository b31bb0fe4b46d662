"""An S3-compatible server (moto) with one empty bucket, ``drops``.

Its packages contradict ours, so it runs from an environment of its own, which is made on first use from ``moto.lock``.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyarrow import fs

from tests.servers import ports
from tests.servers.databases import Absent

LOGIN = {"access_key": "test", "secret_key": "canary-secret"}
_LOCK = Path(__file__).parent / "moto.lock"
_ROOT = Path(__file__).parents[2]


@dataclass
class S3Server:
    """``files`` is a client of it, to put objects there."""

    port: int
    command: list[str] = field(repr=False)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def files(self) -> Any:
        return fs.S3FileSystem(
            **LOGIN, endpoint_override=f"127.0.0.1:{self.port}", scheme="http", region="us-east-1",
            allow_bucket_creation=True,
        )  # fmt: skip

    def start(self) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([*self.command, "-H", "127.0.0.1", "-p", str(self.port)], **quiet)
        ports.wait_for(self.port)
        self.files.create_dir("drops")

    def stop(self) -> None:
        """Kill it. What it held is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def put(self, key: str, data: bytes) -> None:
        with self.files.open_output_stream(f"drops/{key}", compression=None) as out:
            out.write(data)

    def empty(self) -> None:
        self.files.delete_dir_contents("drops", missing_dir_ok=True)


@contextmanager
def s3() -> Iterator[S3Server]:
    """A running server. Raises Absent."""
    server = S3Server(ports.free(), [str(_environment() / "bin" / "moto_server")])
    try:
        server.start()
    except (OSError, TimeoutError) as e:
        server.stop()
        raise Absent(f"moto's server is installed but does not start here: {type(e).__name__}") from None
    try:
        yield server
    finally:
        server.stop()


def _environment() -> Path:
    """The environment of this lock file, made whole or not at all. Raises Absent where its packages cannot be installed."""
    digest = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]
    folder = _ROOT / ".servers" / f"moto-{sys.version_info.major}.{sys.version_info.minor}-{digest}"
    if (folder / "ready").is_file():
        return folder
    try:
        venv.create(folder, with_pip=True, clear=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        subprocess.run([*install, "-r", str(_LOCK)], check=True, capture_output=True, timeout=300, env=environ)
    except (OSError, subprocess.SubprocessError) as e:
        raise Absent(f"moto's server could not be installed from tests/servers/moto.lock: {type(e).__name__}") from None
    (folder / "ready").touch()
    return folder
