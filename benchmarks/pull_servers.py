"""How fast orders come out of a real PostgreSQL and off a real SFTP server, and in how much memory.

``python benchmarks/pull_servers.py [ROWS]`` reads a tenth of the rows and then all of them, each in a process of its own, so
that the peak is its own: flat memory shows as two peaks alike. Servers are started and stopped by ``tests/servers``.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

FIELDS = (
    "record_id",
    "account_id",
    "name",
    "id_tail",
    "contact_name",
    "contact_phone",
    "contact_address",
    "observed_at",
)
COLUMNS = ("id", "member", "name", "tail", "receiver", "phone", "address", "ordered")


def spec(given: dict[str, object]):
    from core.deployment import SourceSpec

    fields = dict(zip(FIELDS, COLUMNS, strict=True)) | {"origin_id": "id"}
    return SourceSpec(name="orders", kind="deliveries", fields=fields, consent_scopes=("any",), **given)


def pull(given: dict[str, object]) -> None:
    """One reading, measured in this process."""
    from connectors import pull

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    read = sum(b.read for b in pull(spec(given), base=Path.cwd(), environ=os.environ))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rate = f"{read:>10,} rows {seconds:6.2f} s {read / seconds:>10,.0f} rows/s"
    print(f"{rate}  peak {peak >> 10} MB (+{(peak - before) >> 10})")


def measure(what: str, given: dict[str, object], environ: dict[str, str]) -> None:
    print(f"{what:<24}", end="", flush=True)
    command = [sys.executable, __file__, "--pull", json.dumps(given)]
    subprocess.run(command, check=True, env=os.environ | environ)


def postgres(sizes: list[int]) -> None:
    import sqlalchemy as sa

    from tests.servers.databases import PASSWORD
    from tests.servers.databases import postgres as started

    with started() as server:
        engine = sa.create_engine(server.url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
        for rows in sizes:
            with engine.begin() as c:
                made = f"""DROP TABLE IF EXISTS orders; CREATE UNLOGGED TABLE orders AS
                    SELECT i AS id, 'M' || i % 300000 AS member, '测试' || i % 1000 AS name, lpad((i % 10000)::text, 4, '0') AS tail,
                    '测试' || i % 1000 AS receiver, '1990000' || lpad((i % 10000)::text, 4, '0') AS phone,
                    '测试省示例市样本区虚构路' || i % 997 || '号' || i % 31 || '栋' || i % 4 || '单元' || i % 2503 AS address,
                    timestamptz '2026-01-01' + i * interval '20 seconds' AS ordered FROM generate_series(1, {rows}) i"""
                c.exec_driver_sql(made.replace("%", "%%"))
            for watermark in ({}, {"watermark": {"column": "ordered", "lag": "1h"}}):
                options = {"table": "orders", "credentials": "env:BENCH_DB"} | watermark
                given = {"transport": "sql", "location": server.reader, "options": options}
                login = {"BENCH_DB": json.dumps({"user": "reader", "password": PASSWORD})}
                measure("postgresql" + (", by watermark" if watermark else ""), given, login)


def sftp(sizes: list[int]) -> None:
    import pull_orders

    from tests.servers.sftp import sftp as started

    with started() as server:
        for rows in sizes:
            path = server.folder / f"orders{rows}.csv.gz"
            with gzip.open(path, "wt", 1, encoding="utf-8") as f:
                f.write(",".join(COLUMNS) + ",paid,note\n")
                f.writelines(pull_orders.order(i) for i in range(rows))
            options = {"known_hosts": server.known_hosts, "credentials": "env:BENCH_SFTP", "settle_seconds": 0}
            given = {"transport": "csv", "location": server.url(path.name), "options": options}
            measure("gzip CSV over SFTP", given, {"BENCH_SFTP": json.dumps({"private_key": server.key})})


def main() -> None:
    if sys.argv[1:2] == ["--pull"]:
        pull(json.loads(sys.argv[2]))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    postgres([rows // 10, rows])
    sftp([rows // 10, rows])


if __name__ == "__main__":
    main()
