"""A lender as lenders are: orders in PostgreSQL, parcels dropped over SFTP, a CRM behind OAuth and pages, cards in a bucket.

The sample portfolio's files, put into the real servers that the suite starts; the rest stays files.
"""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import yaml

from tests.servers.databases import PASSWORD, Postgres
from tests.servers.objects import LOGIN, S3Server
from tests.servers.rest import CLIENT, SECRET, RestServer
from tests.servers.sftp import SftpServer
from tests.support import read_csv

_START = datetime(2026, 1, 1, tzinfo=UTC)
CRM_LOGIN = {"CRM_LOGIN": json.dumps({"client_id": CLIENT, "client_secret": SECRET})}
_MARKED = "shop", "courier", "crm", "cards"


@dataclass(frozen=True)
class Servers:
    """Everything the lender's systems run on."""

    postgres: Postgres
    sftp: SftpServer
    rest: RestServer
    s3: S3Server

    @property
    def environ(self) -> dict[str, str]:
        """The logins, where the deployment says they are."""
        return {
            "SHOP_LOGIN": json.dumps({"user": "reader", "password": PASSWORD}),
            "COURIER_LOGIN": json.dumps({"private_key": self.sftp.key}),
            **CRM_LOGIN,
            "CARDS_LOGIN": json.dumps(LOGIN),
        }


def fill(servers: Servers, portfolio: Path) -> None:
    """Put the portfolio's rows where they belong, replacing what was there."""
    data = portfolio / "data"
    orders(servers, data)
    parcels(servers, data)
    changes(servers.rest, data)
    cards(servers, data)


def orders(servers: Servers, data: Path) -> None:
    rows = read_csv(data / "shop" / "交易明细.csv", "utf-8-sig")
    columns = ", ".join(f'"{c}" text' for c in rows[0])
    with psycopg.connect(servers.postgres.url, autocommit=True) as db:
        db.execute("DROP TABLE IF EXISTS shop_orders")
        db.execute(f"CREATE TABLE shop_orders (changed timestamptz, {columns})")
        with db.cursor() as cursor, cursor.copy("COPY shop_orders FROM STDIN") as copy:
            for minute, row in enumerate(rows):
                copy.write_row([_START + timedelta(minutes=minute), *row.values()])


def parcels(servers: Servers, data: Path) -> None:
    """Three deliveries, packed, each with the mark that it is whole."""
    header, *lines = (data / "courier" / "scans.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    for old in servers.sftp.folder.iterdir():
        old.unlink()
    size = -(-len(lines) // 3)
    for n in range(3):
        text = header + "".join(lines[n * size : (n + 1) * size])
        (servers.sftp.folder / f"scans-{n}.txt.gz").write_bytes(gzip.compress(text.encode()))
        (servers.sftp.folder / f"scans-{n}.txt.gz.done").touch()


def changes(rest: RestServer, data: Path) -> None:
    rest.reset()
    lines = (data / "crm" / "contact_events.jsonl").read_text(encoding="utf-8").splitlines()
    found = list(
        {r["event_id"]: r for line in reversed(lines) if (r := _json(line)) is not None}.values()
    )  # the first stands
    rest.records = sorted([r | {"at": r["occurred"]} for r in found], key=lambda r: r["at"])
    rest.size = 25
    rest.needs_token = "none yet"


def _json(line: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found


def cards(servers: Servers, data: Path) -> None:
    servers.s3.empty()
    servers.s3.put("cards/2026/postings.parquet", (data / "cards" / "postings.parquet").read_bytes())


def deployed(
    servers: Servers, portfolio: Path, into: Path, *, state: Path | None = None, store: str | None = None
) -> Path:
    """A deployment of this lender, its own store empty. ``state``: whose model and keys to take, so that ids are the same."""
    shutil.copytree(portfolio, into, ignore=shutil.ignore_patterns("truth"))
    for folder in _MARKED:
        shutil.rmtree(into / "data" / folder)
    file = into / "deployment.yaml"
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    for source in told["sources"]:
        source.update(_declared(servers).get(source["name"], {}))
    told["store"] = store or told["store"]
    file.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")
    if state is not None:
        shutil.copytree(state / "models", into / "state" / "models")
        shutil.copy(state / "keys.json", into / "state" / "keys.json")
    return into


def _declared(servers: Servers) -> dict[str, dict[str, Any]]:
    return {
        "shop": {
            "transport": "sql",
            "location": servers.postgres.reader,
            "options": {
                "credentials": "env:SHOP_LOGIN",
                "table": "shop_orders",
                "watermark": {"column": "changed", "lag": "5m"},
            },
            "deletions": "compare",
        },
        "courier": {
            "transport": "csv",
            "location": servers.sftp.url("scans-*.txt.gz"),
            "load": "incremental",
            "options": {
                "credentials": "env:COURIER_LOGIN", "known_hosts": servers.sftp.known_hosts, "delimiter": "|",
                "done_marker": ".done", "encoding": "utf-8", "timeout_seconds": 5,
            },
        },
        "crm": crm(servers.rest),
        "cards": {
            "location": "s3://drops/cards/**/*.parquet",
            "options": {"credentials": "env:CARDS_LOGIN", "endpoint": servers.s3.endpoint, "timeout_seconds": 2},
        },
    }  # fmt: skip


def crm(rest: RestServer) -> dict[str, Any]:
    """How the CRM is declared that is read page by page, from where it was read to."""
    return {
        "transport": "http",
        "location": rest.url("cursor"),
        "options": {
            "credentials": "env:CRM_LOGIN", "auth": {"oauth2": {"token_url": rest.url("token")}},
            "records": "data.items", "pagination": {"kind": "cursor", "param": "cursor", "next": "meta.next"},
            "watermark": {"param": "since", "path": "at", "lag": "1h"}, "max_attempts": 3, "max_wait_seconds": 2,
        },
    }  # fmt: skip
