"""Session fixtures: ``postgres``, ``mariadb``, ``sftp_server``, ``s3_server``, ``rest_server``. Import them into a conftest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

import pytest

from tests.servers import databases
from tests.servers import sftp as sftp_module
from tests.servers.databases import Absent, Postgres
from tests.servers.objects import S3Server, s3
from tests.servers.rest import RestServer, rest
from tests.servers.sftp import SftpServer

Server = TypeVar("Server")


def _started(server: AbstractContextManager[Server]) -> Iterator[Server]:
    try:
        started = server.__enter__()
    except Absent as e:
        pytest.skip(str(e))
    try:
        yield started
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    yield from _started(databases.postgres())


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    yield from _started(databases.mariadb())


@pytest.fixture(scope="session")
def sftp_server() -> Iterator[SftpServer]:
    yield from _started(sftp_module.sftp())


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    yield from _started(s3())


@pytest.fixture(scope="session")
def rest_server() -> Iterator[RestServer]:
    yield from _started(rest())
