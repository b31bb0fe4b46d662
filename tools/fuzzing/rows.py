"""Parsers of whole rows and columns of cells: what a source's fields come to, and what a column tells of itself before anybody mapped it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pyarrow as pa
from hypothesis import strategies as st

from fuzzing.cells import DATES, IDS, MAILS, NAMES, NUMBERS, PHONES, PLACES
from fuzzing.damage import Parser, damaged

_OTHERS = (
    "0",
    "1",
    "是",
    "open",
    "失联",
    "no_answer",
    "-",
    "N/A",
    "无",
    "TEST-0001",
    "5812",
    "internet",
    "www.shop.example",
)
_CELL = st.one_of(
    st.none(),
    damaged(*NAMES, *IDS, *PHONES, *DATES),
    damaged(*NUMBERS, *MAILS, *PLACES, *_OTHERS),
    st.sampled_from([*DATES, *PHONES, *NAMES, *NUMBERS, *_OTHERS]),
)  # fmt: skip
_KINDS = ("deliveries", "phone_updates", "transaction_regions", "service_notes", "app_regions", "declared_contacts", "consents", "outcomes")  # fmt: skip


@st.composite
def _pulled(draw: st.DrawFn) -> tuple[str, str, pa.Table]:
    from core import schemas

    kind = draw(st.sampled_from(_KINDS))
    schema = {
        "declared_contacts": schemas.PULLED_REGISTRY,
        "consents": schemas.PULLED_CONSENTS,
        "outcomes": schemas.PULLED_OUTCOMES,
    }.get(kind, schemas.PULLED_SIGNALS)
    rows = draw(st.integers(1, 4))
    columns: dict[str, pa.Array] = {"row": pa.array(range(1, rows + 1), pa.int64())}
    for name in schema.names:
        if name != "row":
            cells = draw(st.lists(_CELL, min_size=rows, max_size=rows))
            columns[name] = pa.array([None if c is None else c.encode("utf-8", "replace").decode() for c in cells])
    return kind, draw(st.sampled_from(["cn", "us", "uk"])), schemas.conform(pa.table(columns), schema)


def _rows(given: tuple[str, str, pa.Table]) -> None:
    """Every row is clean or failed under a field and a reason, alone as among others."""
    kind, jurisdiction, table = given
    fields, reasons, clean = _cleaned(kind, jurisdiction, table)
    assert clean.num_rows == table.num_rows
    clean.validate(full=True)
    for name, reason in zip(fields, reasons, strict=True):
        assert bool(name) == bool(reason)
        assert not reason or reason in _reasons()
    if kind != "declared_contacts":  # a case that comes twice fails as such
        for i in range(table.num_rows):
            alone = _cleaned(kind, jurisdiction, table.slice(i, 1))
            assert (alone[0], alone[1]) == (fields[i : i + 1], reasons[i : i + 1])
            assert alone[2].to_pylist() == clean.slice(i, 1).to_pylist()


def _cleaned(kind: str, jurisdiction: str, table: pa.Table) -> tuple[list[str], list[str], pa.Table]:
    from core import schemas
    from core.kinds import Disposition, SourceKind
    from pipeline import normalise, notes

    at = datetime(2026, 11, 27, tzinfo=UTC)
    of = SourceKind(kind)
    if of is SourceKind.DECLARED_CONTACTS:
        parsed, schema = normalise.registry(table, jurisdiction), schemas.CLEAN_REGISTRY
    elif of is SourceKind.CONSENTS:
        parsed, schema = normalise.consents(table, jurisdiction), schemas.CLEAN_CONSENTS
    elif of is SourceKind.OUTCOMES:
        known = frozenset(d.value for d in Disposition)
        parsed, schema = normalise.outcomes(table, jurisdiction, known), schemas.CLEAN_OUTCOMES
    else:
        said = notes.extract(table) if of is SourceKind.SERVICE_NOTES else table
        parsed, schema = normalise.signals(said, of, jurisdiction, at), schemas.CLEAN_SIGNALS
    return parsed.fields.tolist(), parsed.reasons.tolist(), normalise.clean_table(parsed, schema)


@cache
def _reasons() -> frozenset[str]:
    from core.reasons import Reason

    return frozenset(r.value for r in Reason)


# --- a source that nobody has mapped yet -----------------------------------------------------------------------------------------


def _shape(given: list[str | None]) -> None:
    """Shares are shares, and no value leaves but words that were asked for."""
    from connectors import shape

    column = pa.array(given, pa.string())
    found = shape.of(column, words=frozenset({"open", "是"}))
    assert found == shape.of(column, words=frozenset({"open", "是"}))
    assert found.rows == len(given)
    assert all(0 <= share <= 1 for share in (*found.shares.values(), found.filled, found.distinct))
    assert {w.lower() for w in found.words} <= {"open", "是"}


def _header(text: str) -> None:
    """A column's name says something, or nothing; never more than sure."""
    from connectors import headers

    found = headers.read(text)
    assert all(0 < score < 2 for score in found.concepts.values())


def _columns(given: list[str | None]) -> None:
    """What a column says of a value is what is said of it alone, whatever stands beside it."""
    from values import dates, email, name, numbers, phone, resident_id

    column = pa.array([None if t is None else t.encode("utf-8", "replace").decode() for t in given], pa.string())
    for normalise in (phone.normalise, email.normalise, name.normalise, resident_id.normalise):
        whole = normalise(column)
        assert len(whole.values) == len(column)
        for i in range(len(column)):
            alone = normalise(column.slice(i, 1))
            assert (alone.values[0], alone.reasons[0]) == (whole.values[i], whole.reasons[i])
    for figures in (dates.normalise, dates.normalise_dates, numbers.normalise):
        values, reasons = figures(column)
        for i in range(len(column)):
            value, reason = figures(column.slice(i, 1))
            assert (value[0], reason[0]) == (values[i], reasons[i])


def parsers() -> dict[str, Parser]:
    """By name."""
    return {
        "columns": Parser(st.lists(_CELL, max_size=4), _columns),
        "rows": Parser(_pulled(), _rows),
        "shapes": Parser(st.lists(_CELL, max_size=6).map(lambda cs: [None if c is None else c.encode("utf-8", "replace").decode() for c in cs]), _shape),
        "headers": Parser(damaged("客户姓名", "custPhoneNo", "contact_address2", "证件号码（后四位）", "MerchantCity"), _header),
    }  # fmt: skip
