"""Bad rows, planted on purpose and counted: copies of good rows with one thing broken, so that the rest's truth holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.reasons import Reason
from sample.population import Population
from sample.rows import Cells, Rows
from sample.sources.registry import Cases
from sample.vocabulary import Bools


@dataclass(frozen=True)
class Fault:
    """``column`` of the row gets ``value``; ``flaw`` breaks the line itself. ``field`` and ``reason`` are the product's."""

    reason: Reason
    field: str = ""
    column: str = ""
    value: Any = ""
    flaw: str = ""
    keeps_id: bool = False
    blanks: tuple[str, ...] = ()  # columns that are emptied besides


_RAGGED = Fault(Reason.RAGGED_ROW, flaw="ragged")
_TWICE = Fault(Reason.DUPLICATE_ID, "record_id", keeps_id=True)
_SCIENTIFIC = "1.39005E+10"
_BAD_IDS = 9_000_000_000  # where ids are numbers: above any good one

FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "shop": (
        Fault(Reason.NOT_A_DATE, "observed_at", "支付时间", "2026-13-40 25:00:00"),
        Fault(Reason.IN_THE_FUTURE, "observed_at", "支付时间", "2099-01-01 00:00:00"),
        Fault(Reason.SCIENTIFIC_NOTATION, "contact_phone", "联系方式", _SCIENTIFIC),
        Fault(Reason.NOT_A_PHONE, "contact_phone", "联系方式", "1390048"),
        _RAGGED,
        _TWICE,
    ),
    "courier": (
        Fault(Reason.NOT_A_DATE, "observed_at", "SIGNED_AT", "20261399000000"),
        Fault(Reason.NOT_A_PHONE, "contact_phone", "CONSIGNEE_TEL", "139-004"),
        _RAGGED,
        _TWICE,
    ),
    "crm": (
        Fault(Reason.NOT_A_DATE, "observed_at", "at", "昨天"),
        Fault(Reason.SCIENTIFIC_NOTATION, "contact_phone", "to", _SCIENTIFIC),
        Fault(Reason.NOTHING_OBSERVED, "contact_phone", "to", "", blanks=("mail",)),
        Fault(Reason.NOT_JSON, flaw="not_json"),
        _TWICE,
    ),
    "cards": (
        Fault(Reason.NOT_A_REGION, "region", "place_name", "火星市"),
        Fault(Reason.MISSING, "observed_at", "posted_at", None),
        _TWICE,
    ),
    "notes": (
        Fault(Reason.NOT_A_DATE, "observed_at", "登记时间", "上周三"),
        Fault(Reason.IN_THE_FUTURE, "observed_at", "登记时间", "2099-01-01 08:00:00"),
        _TWICE,
    ),
    "app": (
        Fault(Reason.NOT_A_REGION, "region", "region", "漠漠市"),
        Fault(Reason.NOT_A_DATE, "observed_at", "day", 20261399),
    ),
    "registry": (
        _RAGGED,
        Fault(Reason.MISSING, "name", "姓名", ""),
        Fault(Reason.DUPLICATE_ID, "case_id", keeps_id=True),
    ),
    "consents": (
        _RAGGED,
        Fault(Reason.NOT_IN_VOCABULARY, "scope", "授权项", "S99"),
        Fault(Reason.NOT_A_DATE, "granted_at", "授权日", "2025-02-30"),
    ),
    "attempts": (
        _RAGGED,
        Fault(Reason.NOT_IN_VOCABULARY, "disposition", "结果", "占线转接中"),
        Fault(Reason.UNKNOWN_CASE, "case_id", "案件号", "WA0000NONE"),
    ),
}


@dataclass
class Planted:
    """The bad rows of one fault in one source."""

    fault: Fault
    records: list[str]


def plant(
    rng: np.random.Generator,
    source: str,
    header: list[str],
    cells: list[Cells],
    *,
    rate: float,
    spared: Bools,
    id_column: int | None,
    mark: str,
) -> tuple[list[Cells], list[str], list[Planted]]:
    """The rows with bad ones among them in shuffled order, each row's flaw, and what was planted.

    Rows that are ``spared`` (the canaries') are not copied. ``mark`` makes the ids of bad rows their own.
    """
    flaws, out = [""] * len(cells), list(cells)
    planted: list[Planted] = []
    models = np.flatnonzero(~spared)
    for number, fault in enumerate(FAULTS[source] if rate and len(models) else ()):
        n = max(1, int(rng.binomial(len(cells), rate / len(FAULTS[source]))))
        chosen = rng.choice(models, min(n, len(models)), replace=False).tolist()
        ids = [f"{mark}{number}{k:05d}" for k in range(len(chosen))]
        bad = [_broken(cells[i], fault, header, id_column, new) for i, new in zip(chosen, ids, strict=True)]
        out += bad
        flaws += [fault.flaw] * len(bad)
        planted.append(Planted(fault, [str(b[id_column]) if id_column is not None else "" for b in bad]))
    order = rng.permutation(len(out)).tolist()
    return [out[i] for i in order], [flaws[i] for i in order], planted


def is_canary(source: str, people: Population, cases: Cases, seen: list[Rows], n: int) -> Bools:
    """Which rows of a source are about a canary: they are never broken. Told by the subject where the truth has one."""
    for rows in seen:
        if rows.source == source:
            return rows.subject < people.canaries
    if source == "registry":
        return cases.person < people.canaries
    return np.zeros(n, bool)


def tally(planted: list[Planted]) -> list[dict[str, Any]]:
    """The planted rows by field and reason, for the truth."""
    out: dict[tuple[str, str], dict[str, Any]] = {}
    for p in planted:
        key = (p.fault.field, str(p.fault.reason))
        entry = out.setdefault(key, {"field": key[0], "reason": key[1], "rows": 0, "records": []})
        entry["rows"] += len(p.records)
        entry["records"] += [r for r in p.records if r]
    return list(out.values())


def _broken(row: Cells, fault: Fault, header: list[str], id_column: int | None, new_id: str) -> Cells:
    bad = list(row)
    if id_column is not None and not fault.keeps_id:
        bad[id_column] = _BAD_IDS + int(new_id) if isinstance(row[id_column], int) else f"{row[id_column][:2]}9{new_id}"
    if fault.column:
        bad[header.index(fault.column)] = fault.value
    for column in fault.blanks:
        bad[header.index(column)] = ""
    return bad
