"""An S3-compatible server (moto) with one empty bucket, ``drops``, for whoever logs in."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.servers import ports
from tests.servers.databases import Absent

LOGIN = {"access_key": "test", "secret_key": "canary-secret"}


@dataclass
class S3Server:
    """``client`` is Amazon's own, to put objects there."""

    port: int
    server: Any
    client: Any

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket="drops", Key=key, Body=data)

    def empty(self) -> None:
        for found in self.client.list_objects_v2(Bucket="drops").get("Contents", []):
            self.client.delete_object(Bucket="drops", Key=found["Key"])


@contextmanager
def s3() -> Iterator[S3Server]:
    """A running server. Raises Absent."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import boto3
            from moto.server import ThreadedMotoServer
    except ImportError as e:
        raise Absent(f"moto's server is not installed ({e.name} is missing): moto[s3,server]") from None
    port = ports.free()
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    ports.wait_for(port)
    login = {"aws_access_key_id": LOGIN["access_key"], "aws_secret_access_key": LOGIN["secret_key"]}
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", **login)
    client.create_bucket(Bucket="drops")
    try:
        yield S3Server(port, server, client)
    finally:
        server.stop()
