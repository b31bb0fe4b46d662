"""A small lender whose shop is a database that grows, and the same lender read whole: what it must come to."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from pipeline import rank, report
from pipeline.site import Site, open_site
from pipeline.walk import walk
from tests.pipeline.withdrawn import run_with
from tests.support import NOON, read_csv, run_of

SHOP = Path("data") / "shop.db"
ORDERS = Path("data") / "shop" / "交易明细.csv"
REGISTRY = Path("data") / "委案名单.csv"
CONSENTS = Path("data") / "授权台账.csv"
SOURCES = ("registry", "consents", "shop", "crm")


def made(portfolio: Path, into: Path, *, models: Path | None = None, **shop: Any) -> Site:
    """The lender with its shop as an (empty) table, declared with these keys. ``models``: the model of an earlier run, whose keys are taken too."""
    shutil.copytree(portfolio, into, ignore=shutil.ignore_patterns("truth"))
    with sqlite3.connect(into / SHOP) as db:
        columns = ", ".join(f'"{c}" TEXT' for c in columns_of(into))
        db.execute(f"CREATE TABLE orders (seq INTEGER, version INTEGER, gone TEXT, {columns})")
    declare(into, **shop)
    if models is not None:
        shutil.copytree(models, into / "state" / "models")
        shutil.copy(
            models.parent / "keys.json", into / "state" / "keys.json"
        )  # the same ids of consents and candidates
    return open_site(into)


def declare(folder: Path, *, options: dict[str, Any] | None = None, **shop: Any) -> None:
    file = folder / "deployment.yaml"
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    told["sources"] = [s for s in told["sources"] if s["name"] in SOURCES]
    entry = next(s for s in told["sources"] if s["name"] == "shop")
    for key in ("load", "lookback_days", "deletions", "freshness"):
        entry.pop(key, None)
    entry |= {"transport": "sqlite", "location": "shop.db", "options": {"table": "orders"} | (options or {})} | shop
    file.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")


def columns_of(folder: Path) -> list[str]:
    return list(read_csv(folder / ORDERS, "utf-8-sig")[0])


def orders(folder: Path) -> list[dict[str, Any]]:
    """Every order once, numbered in the order of the file."""
    rows = list({row["交易号"]: row for row in read_csv(folder / ORDERS, "utf-8-sig")}.values())
    return [{"seq": i, "version": 1, "gone": None} | row for i, row in enumerate(rows, 1)]


def put(folder: Path, rows: Iterable[dict[str, Any]]) -> None:
    rows = list(rows)
    names = ", ".join(f'"{n}"' for n in rows[0])
    with sqlite3.connect(folder / SHOP) as db:
        db.executemany(
            f"INSERT INTO orders ({names}) VALUES ({', '.join('?' * len(rows[0]))})", [list(r.values()) for r in rows]
        )


def sql(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / SHOP) as db:
        db.execute(statement)


def ran(folder: Path) -> dict[str, Any]:
    """One run of the lender in this folder, opened anew; its report."""
    return walk(run_of(open_site(folder)))


def counts(report: dict[str, Any], step: str, source: str = "shop") -> dict[str, int]:
    assert report["failed_sources"] in ([], ["crm"]), notes(report)
    found = next(s for s in report["steps"] if (s["step"], s["source"]) == (step, source))
    out: dict[str, int] = {}
    for name, rows, _ in found["counts"]:
        out[name] = out.get(name, 0) + rows
    return out


def notes(report: dict[str, Any], source: str = "shop") -> str:
    return " ".join(n["message"] for s in report["steps"] if s["source"] == source for n in s["notes"])


def ran_and_ranked(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One more run; its report, and every candidate it ranked. (What is published may lag behind by a small drift.)"""
    run, found = run_of(open_site(folder)), list[dict[str, Any]]()
    run_with(run, lambda step: found.extend(rank.candidates(run).to_pylist()) if step == "rank" else None)
    order = ("case_id", "kind", "value")
    return dict(report.stored(run.site) or {}), sorted(found, key=lambda c: [c[k] for k in order])


def published(site: Site) -> dict[tuple[str, str, str], int]:
    """What is published, with the values opened: (case, kind, value) → rank."""
    rows = site.store.candidates(at=NOON).to_pylist()
    return {
        (r["case_id"], r["kind"], site.keys.open(r["value_sealed"], f"candidate:{r['candidate_id']}")): r["rank"]
        for r in rows
    }


def whole(portfolio: Path, like: Path, into: Path) -> Path:
    """A lender that reads everything at once, with the sources as they are in ``like``: the newest row of each order, none
    that is gone, and the model of ``like``."""
    made(portfolio, into, models=like / "state" / "models", load="full")
    for file in (SHOP, REGISTRY, CONSENTS):
        shutil.copy(like / file, into / file)
    sql(into, "DELETE FROM orders WHERE rowid NOT IN (SELECT rowid FROM (SELECT rowid, row_number() OVER "
              '(PARTITION BY "交易号" ORDER BY version DESC, seq DESC) AS n FROM orders) WHERE n = 1)')  # fmt: skip
    sql(into, "DELETE FROM orders WHERE gone = '1'")
    return into
