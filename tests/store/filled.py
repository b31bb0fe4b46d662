"""Tables filled with made-up rows by the database itself, whatever tables there are: millions in seconds, no value of a person."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sqlalchemy as sa

# Where the rows of a store that has run for years lie, in shares; every other table gets FEW.
SHARES = {
    "deltas": 0.28,
    "grants": 0.22,
    "case_events": 0.13,
    "candidates": 0.06,
    "candidate_consents": 0.06,
    "signal_versions": 0.06,
    "kept_signals": 0.05,
    "contact_events": 0.05,
    "workbench_decisions": 0.02,
    "workbench_standing": 0.02,
    "cases": 0.02,
    "workbench_queue": 0.02,
    "audit": 0.01,
}
FEW = 50
_LEFT = {"heads", "skiptrace_version", "leases"}
_UNTIL_SETTLED = {"settled_by", "settled_at"}
_CASES_OF_ONE = {"portfolio": 500, "balance": 100, "rank": 10_000}
_JSON = """'{"kind": "phone", "rank": 1, "reasons": ["seen_by:deliveries", "origins"], "probability": 0.5}'"""
_OF_KIND: dict[str, dict[type, str]] = {
    "postgresql": {
        sa.DateTime: "timestamptz '2026-11-01 02:00:00+00' - (g % 1000000) * interval '1 second'",
        sa.Date: "date '2026-05-01'",
        sa.LargeBinary: "decode(repeat('5a', 96), 'hex')",
        sa.JSON: f"{_JSON}::json",
    },
    "sqlite": {
        sa.DateTime: "'2026-11-01 02:00:00.000000'",
        sa.Date: "'2026-05-01'",
        sa.LargeBinary: "zeroblob(96)",
        sa.JSON: _JSON,
    },
}
_NUMBERS = {
    "postgresql": "SELECT g::bigint AS g FROM generate_series(1, {rows}) g",
    "sqlite": "WITH RECURSIVE s(g) AS (VALUES (1) UNION ALL SELECT g + 1 FROM s WHERE g < {rows}) SELECT g FROM s",
}
_SPECIAL = {
    ("deltas", "content_hash"): "CASE WHEN {op} = 'DEL' THEN NULL ELSE 'hash-' || g END",
    ("candidates", "published_seq"): "g",
    **{("candidates", column): "'[]'" for column in ("sources", "reasons", "factors", "consent_ids")},
}


def tables(connection: sa.Connection) -> list[str]:
    """The tables that are there and may be filled, parents first."""
    ordered = [name for name, _ in sa.inspect(connection).get_sorted_table_and_fkc_names() if name]
    return [name for name in ordered if name not in _LEFT]


def fill(connection: sa.Connection, name: str, rows: int, *, cases: int = 50_000) -> None:
    """Put ``rows`` rows into an empty table."""
    look, dialect = sa.inspect(connection), connection.dialect.name
    keys = look.get_pk_constraint(name)["constrained_columns"]
    unique = {c for u in look.get_unique_constraints(name) for c in u["column_names"]} | set(keys)
    chosen = _choices(look, name)
    values = {}
    for about in look.get_columns(name):
        column = about["name"]
        if column in _UNTIL_SETTLED or (keys == ["id"] and column == "id" and isinstance(about["type"], sa.Integer)):
            continue  # empty, or it counts by itself
        number = "g" if column in unique else f"((g * 7919) % {max(1, cases // _CASES_OF_ONE.get(column, 1))})"
        values[column] = _one_of(chosen[column]) if column in chosen else _value(dialect, column, about["type"], number)
    values |= {c: text.format(**values) for (t, c), text in _SPECIAL.items() if t == name}
    named = ", ".join(f'"{c}"' for c in values)
    numbers = _NUMBERS[dialect].format(rows=rows)
    statement = f"INSERT INTO {name} ({named}) SELECT {', '.join(values.values())} FROM ({numbers}) AS n"
    connection.exec_driver_sql(statement.replace("%", "%%") if dialect == "postgresql" else statement)
    connection.exec_driver_sql(f"UPDATE heads SET seq = {rows} WHERE name = '{name}'")


def shares(names: list[str], total: int) -> Mapping[str, int]:
    """How many of ``total`` rows each of these tables gets."""
    big = sum(SHARES.get(n, 0.0) for n in names)
    left = total - FEW * sum(n not in SHARES for n in names)
    return {n: round(left * SHARES[n] / big) if n in SHARES else FEW for n in names}


def _choices(look: sa.Inspector, name: str) -> dict[str, list[str]]:
    """The values a check constraint lists, by column."""
    out = {}
    for check in look.get_check_constraints(name):
        text = check["sqltext"]
        found = re.match(r"\(?\(?(\w+)\)?\s*(?:IN|= ANY)\b", text)
        if found and "OR" not in text.split("'")[0]:
            out[found[1]] = re.findall(r"'(\w+)'", text)
    return out


def _one_of(values: list[str]) -> str:
    each = " ".join(f"WHEN {i} THEN '{v}'" for i, v in enumerate(values))
    return f"CASE g % {len(values)} {each} END"


def _value(dialect: str, column: str, kind: sa.types.TypeEngine, number: str) -> str:
    """SQL for the value of a column in row ``g``."""
    if isinstance(kind, sa.Boolean):
        return "(g % 2) = 0"
    if isinstance(kind, sa.Integer):
        return "1" if column == "version" else number
    if isinstance(kind, sa.Float | sa.Numeric):
        return "(g % 997) / 997.0"
    for its, text in _OF_KIND[dialect].items():
        if isinstance(kind, its):
            return text
    return f"'{column}-' || {number}"
