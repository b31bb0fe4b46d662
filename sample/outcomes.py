"""Further attempts on published points, answered by the truth with the world's noise: what the learning loop feeds on."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from sample.places import number
from sample.sources.attempts import dispositions
from sample.world import World

SCHEMA = pa.schema([(f, pa.string()) for f in ("case_id", "contact_value", "contact_source", "disposition", "at")])
_AFTER = datetime(2026, 11, 1, 9, tzinfo=UTC)

_HANZI_NUMBER = re.compile("[〇一二三四五六七八九十]+(?=号楼|单元|室)")


def outcomes(
    world: World, folder: Path | str, published: pa.Table, n: int, seed: int, *, after: datetime = _AFTER
) -> pa.Table:
    """``n`` attempts on points drawn from ``published`` (case_id, kind, value), in the 60 days after ``after``.

    Columns are ``core.schemas.OUTCOME_FIELDS``, as text. Regions are no points to try and are left out; so are cases that
    ``folder/truth`` does not know.
    """
    rng = np.random.default_rng([seed, 99])
    now = {row["case_id"]: row for row in _rows(folder, "current")}
    others = {(row["case_id"], row["phone"]) for row in _rows(folder, "third_party_phones")}
    points = [
        (c, k, v)
        for c, k, v in zip(*(published.column(x).to_pylist() for x in ("case_id", "kind", "value")), strict=True)
        if c in now and k != "region"
    ]
    if not points:
        return SCHEMA.empty_table()
    tried = [points[i] for i in rng.integers(0, len(points), n).tolist()]
    mine = np.array([is_current(now[c], k, v) for c, k, v in tried])
    foreign = np.array([(c, _national(v)) in others for c, _, v in tried]) | (rng.random(n) < 0.15)
    heard = dispositions(rng, mine, ~mine & foreign, world.outcome_noise)
    minutes = np.sort(rng.integers(0, 60 * 24 * 60, n)).tolist()
    columns = [
        [c for c, _, _ in tried],
        [v for _, _, v in tried],
        ["published"] * n,
        heard,
        [(after + timedelta(minutes=m)).isoformat() for m in minutes],
    ]
    return pa.Table.from_arrays([pa.array(c, pa.string()) for c in columns], schema=SCHEMA)


def is_current(now: dict[str, str], kind: str, value: str) -> bool:
    """Is this point the debtor's on ``as_of``? Addresses: by estate or road, and by the numbers at their end."""
    if now["reachable"] != "1":
        return False
    if kind == "phone":
        return _national(value) == now["phone"]
    if kind == "email":
        return value.casefold() == now["email"]
    return kind == "address" and _is_there(now, value)


def _is_there(now: dict[str, str], value: str) -> bool:
    street = now["poi"] or now["road"]
    inner = [x for x in (now["building"], now["unit"], now["room"]) if x] or [now["number"]]
    text = _HANZI_NUMBER.sub(lambda m: number(m[0]), unicodedata.normalize("NFKC", value))
    return street in text and re.findall(r"\d+", text)[-len(inner) :] == inner


def _national(phone: str) -> str:
    return phone.removeprefix("+86")


def _rows(folder: Path | str, name: str) -> Iterator[dict[str, str]]:
    with (Path(folder) / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
