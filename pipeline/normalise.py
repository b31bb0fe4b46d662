"""Pulled text → typed, normalised columns, once per distinct value; what cannot be parsed is named by row, field and reason.

One rule for bad values: what a row *says* (its time, its contact, its region) and its key must be right, or the row goes to
quarantine. What merely helps to *identify* its subject (an account's id number, phone, birth date) is set aside when bad:
absent identity evidence is neutral, wrong evidence is not. Both are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import values.address
import values.dates
import values.email
import values.name
import values.numbers
import values.phone
import values.places
import values.regions
import values.resident_id
from core import schemas
from core.kinds import ContactKind, SourceKind
from core.reasons import Reason
from values.columns import Normalised

_ZONES = {"cn": "Asia/Shanghai", "us": "America/New_York", "uk": "Europe/London"}
COUNTRIES = {"cn": "CN", "us": "US", "uk": "GB"}
_LARGEST_WHOLE = 2.0**53  # beyond it a float's whole numbers are not told apart


@dataclass
class Parsed:
    """A table being normalised: its columns so far, the first failure of each row, and how often a field was set aside."""

    columns: dict[str, pa.Array]
    rows: int
    jurisdiction: str
    fields: np.ndarray = field(init=False)
    reasons: np.ndarray = field(init=False)
    set_aside: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fields = np.full(self.rows, "", dtype=object)
        self.reasons = np.full(self.rows, "", dtype=object)

    @property
    def failed(self) -> np.ndarray:
        return np.asarray(self.reasons != "", dtype=bool)

    def fail(self, name: str, reasons: pa.Array) -> None:
        """Rows with a reason go to quarantine under this field; the first failure of a row is the one that is told."""
        bad = pc.is_valid(reasons).to_numpy(zero_copy_only=False) & ~self.failed
        if bad.any():
            self.fields[bad] = name
            self.reasons[bad] = reasons.filter(pa.array(bad)).to_pylist()

    def blank(self, name: str, reasons: pa.Array) -> None:
        """The values were set aside (they are null already); count them by reason."""
        for item in reasons.drop_null().value_counts():
            key = (name, item["values"].as_py())
            self.set_aside[key] = self.set_aside.get(key, 0) + item["counts"].as_py()

    def require(self, name: str) -> None:
        absent = pc.is_null(self.columns[name])
        self.fail(name, pc.if_else(absent, pa.scalar(Reason.MISSING.value), pa.scalar(None, pa.string())))

    def not_after(self, name: str, at: datetime) -> None:
        late = pc.greater(self.columns[name], pa.scalar(at, self.columns[name].type))
        self.fail(name, pc.if_else(late, pa.scalar(Reason.IN_THE_FUTURE.value), pa.scalar(None, pa.string())))

    def vocabulary(self, name: str, allowed: type[SourceKind] | frozenset[str]) -> None:
        known = pa.array(sorted(str(v) for v in allowed))
        column = self.columns[name]
        strange = pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, value_set=known)))
        self.fail(name, pc.if_else(strange, pa.scalar(Reason.NOT_IN_VOCABULARY.value), pa.scalar(None, pa.string())))


def open_table(table: pa.Table, jurisdiction: str) -> Parsed:
    """A pulled table ready to be normalised."""
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    return Parsed(columns, table.num_rows, jurisdiction)


def _country(parsed: Parsed) -> str:
    return COUNTRIES[parsed.jurisdiction]


def _apply(parsed: Parsed, name: str, normalised: Normalised, *, is_payload: bool) -> Normalised:
    parsed.columns[name] = normalised.values
    (parsed.fail if is_payload else parsed.blank)(name, normalised.reasons)
    return normalised


def phone(parsed: Parsed, name: str, *, is_payload: bool) -> None:
    """Own numbers only: a hotline is nobody's number."""
    n = values.phone.normalise(parsed.columns[name], _country(parsed))
    hotline = pc.fill_null(pc.equal(n.kinds, "hotline"), fill_value=False)
    reasons = pc.if_else(hotline, pa.scalar(Reason.NOT_A_PHONE.value), n.reasons)
    kept = pc.if_else(hotline, pa.scalar(None, pa.string()), n.values)
    _apply(parsed, name, Normalised(kept, n.kinds, reasons), is_payload=is_payload)


def region(parsed: Parsed, name: str = "region", *, is_payload: bool = True) -> None:
    """Free text to the code of a division (``values.regions``), as a lender of this country means it.

    Where American and British card rows have a shop's web address or telephone for a city, nobody was anywhere.
    """
    if _country(parsed) != "CN":
        column = parsed.columns[name]
        is_shop = pc.match_substring_regex(column, values.places.NO_PLACE)
        parsed.columns[name] = pc.if_else(pc.fill_null(is_shop, fill_value=False), pa.scalar(None, pa.string()), column)
    _apply(parsed, name, values.regions.normalise(parsed.columns[name], _country(parsed)), is_payload=is_payload)


def identity(parsed: Parsed) -> None:
    """The subject's own identity fields: bad ones are set aside."""
    parsed.columns["name"] = person(parsed.columns["name"])
    if parsed.jurisdiction == "cn":
        _apply(parsed, "id_number", values.resident_id.normalise(parsed.columns["id_number"]), is_payload=False)
    phone(parsed, "phone", is_payload=False)
    _apply(parsed, "email", values.email.normalise(parsed.columns["email"]), is_payload=False)
    date(parsed, "birth_date", is_payload=False)


def person(column: pa.Array) -> pa.Array:
    """A person's name, normalised; 前台 or a company identifies nobody."""
    n = values.name.normalise(column)
    return pc.if_else(
        pc.fill_null(pc.equal(n.kinds, "not_a_person"), fill_value=False), pa.scalar(None, pa.string()), n.values
    )


def date(parsed: Parsed, name: str, *, is_payload: bool) -> None:
    """A calendar day."""
    parsed.columns[name], reasons = values.dates.normalise_dates(parsed.columns[name])
    (parsed.fail if is_payload else parsed.blank)(name, reasons)


def moment(parsed: Parsed, name: str) -> None:
    """An instant; text without a zone is local time of the jurisdiction."""
    when, reasons = values.dates.normalise(parsed.columns[name], timezone=_ZONES[parsed.jurisdiction])
    parsed.columns[name] = when
    parsed.fail(name, reasons)


def number(parsed: Parsed, name: str, kind: pa.DataType) -> None:
    """A figure that is only shown or sorted by: set aside when bad."""
    figures, reasons = values.numbers.normalise(parsed.columns[name])
    if kind == pa.int64():
        is_too_large = pc.fill_null(pc.greater(pc.abs(figures), _LARGEST_WHOLE), fill_value=False)
        reasons = pc.if_else(is_too_large, pa.scalar(Reason.NOT_A_NUMBER.value), reasons)
        figures = pc.cast(pc.round(pc.if_else(is_too_large, pa.scalar(None, pa.float64()), figures)), kind)
    parsed.columns[name] = figures
    parsed.blank(name, reasons)


def to_day(parsed: Parsed, name: str) -> None:
    """Minimisation: a place is kept with the day it was seen, never finer."""
    parsed.columns[name] = pc.floor_temporal(parsed.columns[name], unit="day")


def signals(table: pa.Table, kind: SourceKind, jurisdiction: str, at: datetime) -> Parsed:
    """PULLED_SIGNALS of one kind → the columns of CLEAN_SIGNALS (service notes: after ``pipeline.notes``)."""
    p = open_table(table, jurisdiction)
    p.require("record_id")
    moment(p, "observed_at")
    p.require("observed_at")
    p.not_after("observed_at", at)
    identity(p)
    phone(p, "contact_phone", is_payload=True)
    p.columns["contact_name"] = values.name.normalise(p.columns["contact_name"]).values
    _apply(p, "contact_email", values.email.normalise(p.columns["contact_email"]), is_payload=True)
    # A place that a note names may be one of several of that name: the number beside it is none the worse.
    region(p, is_payload=kind is not SourceKind.SERVICE_NOTES)
    if kind in (SourceKind.TRANSACTION_REGIONS, SourceKind.APP_REGIONS):
        to_day(p, "observed_at")
    p.columns["origin_id"] = pc.coalesce(p.columns["origin_id"], p.columns["record_id"])
    _constants(p, kind)
    return p


def _constants(p: Parsed, kind: SourceKind) -> None:
    p.columns.setdefault("holder_hint", pa.nulls(p.rows, pa.string()))
    p.columns.setdefault("is_pickup_point", pa.nulls(p.rows, pa.bool_()))
    p.columns.setdefault("retires_older", pa.repeat(pa.scalar(kind is SourceKind.PHONE_UPDATES), p.rows))
    p.columns.setdefault("confidence", pa.repeat(pa.scalar(1.0), p.rows))


_OBSERVED = {
    ContactKind.PHONE: "contact_phone",
    ContactKind.ADDRESS: "contact_address",
    ContactKind.REGION: "region",
    ContactKind.EMAIL: "contact_email",
    ContactKind.MESSAGING: "contact_messaging",
}


def says_nothing(columns: dict[str, pa.Array], rows: int) -> pa.Array:
    """True where a signal row carries no contact and no region: there is nothing in it to trace with."""
    nothing = pa.repeat(pa.scalar(value=True), rows)
    for name in _OBSERVED.values():
        nothing = pc.and_(nothing, pc.is_null(columns[name]))
    return nothing


def registry(table: pa.Table, jurisdiction: str) -> Parsed:
    """PULLED_REGISTRY → the columns of CLEAN_REGISTRY. Declared contacts that cannot be read are set aside, not the debtor."""
    p = open_table(table, jurisdiction)
    p.require("case_id")
    _first_of_each(p, "case_id")
    p.columns["case_status"] = pc.coalesce(p.columns["case_status"], pa.scalar("open"))
    p.vocabulary("case_status", frozenset({"open", "closed"}))
    identity_fields: dict[str, Callable[[], None]] = {
        "phone": lambda: phone(p, "phone", is_payload=False),
        "phone_alt": lambda: phone(p, "phone_alt", is_payload=False),
        "birth_date": lambda: date(p, "birth_date", is_payload=False),
        "lost_since": lambda: date(p, "lost_since", is_payload=False),
        "days_past_due": lambda: number(p, "days_past_due", pa.int64()),
        "balance": lambda: number(p, "balance", pa.float64()),
    }
    for normalise in identity_fields.values():
        normalise()
    _apply(p, "name", values.name.normalise(p.columns["name"]), is_payload=True)
    p.require("name")
    if p.jurisdiction == "cn":
        _apply(p, "id_number", values.resident_id.normalise(p.columns["id_number"]), is_payload=False)
    _apply(p, "email", values.email.normalise(p.columns["email"]), is_payload=False)
    p.columns["emergency_phone"] = values.phone.normalise(p.columns["emergency_phone"], _country(p)).values
    p.columns["emergency_name"] = values.name.normalise(p.columns["emergency_name"]).values
    return p


def consents(table: pa.Table, jurisdiction: str) -> Parsed:
    """PULLED_CONSENTS → the columns of CLEAN_CONSENTS. A grant whose dates cannot be read is no grant: quarantine."""
    p = open_table(table, jurisdiction)
    _grant_dates(p)
    for name in ("purpose", "scope"):
        p.require(name)
    if p.jurisdiction == "cn":
        _apply(p, "id_number", values.resident_id.normalise(p.columns["id_number"]), is_payload=False)
    keyed = pc.and_(pc.is_null(p.columns["customer_no"]), pc.is_null(p.columns["id_number"]))
    p.fail("customer_no", pc.if_else(keyed, pa.scalar(Reason.MISSING.value), pa.scalar(None, pa.string())))
    return p


def _grant_dates(p: Parsed) -> None:
    """A withdrawal counts even where the grant it ends cannot be dated: letting it fall would keep the grant alive."""
    moment(p, "withdrawn_at")
    is_withdrawn = pc.is_valid(p.columns["withdrawn_at"])
    nothing = pa.scalar(None, pa.string())
    for name in ("granted_at", "expires_at"):
        p.columns[name], reasons = values.dates.normalise(p.columns[name], timezone=_ZONES[p.jurisdiction])
        p.fail(name, pc.if_else(is_withdrawn, nothing, reasons))
        p.blank(name, pc.if_else(is_withdrawn, reasons, nothing))
    absent = pc.and_(pc.is_null(p.columns["granted_at"]), pc.invert(is_withdrawn))
    p.fail("granted_at", pc.if_else(absent, pa.scalar(Reason.MISSING.value), nothing))


def outcomes(table: pa.Table, jurisdiction: str, dispositions: frozenset[str]) -> Parsed:
    """PULLED_OUTCOMES → the columns of CLEAN_OUTCOMES. The dialled value's kind is what it parses as."""
    p = open_table(table, jurisdiction)
    moment(p, "at")
    for name in ("case_id", "contact_value", "at", "disposition"):
        p.require(name)
    p.vocabulary("disposition", dispositions)
    raw = p.columns["contact_value"]
    as_phone = values.phone.normalise(raw, _country(p))
    as_email = values.email.normalise(raw)
    is_phone, is_email = pc.is_valid(as_phone.values), pc.is_valid(as_email.values)
    p.columns["contact_value"] = pc.coalesce(as_phone.values, as_email.values, raw)
    p.columns["kind"] = pc.if_else(
        is_phone, ContactKind.PHONE.value, pc.if_else(is_email, ContactKind.EMAIL.value, ContactKind.ADDRESS.value)
    )
    return p


def _first_of_each(p: Parsed, name: str) -> None:
    """Later rows with a key that was there already are duplicates: the first stands."""
    encoded = p.columns[name].dictionary_encode().indices.to_numpy(zero_copy_only=False)
    first = np.zeros(p.rows, dtype=bool)
    first[np.unique(encoded, return_index=True)[1]] = True
    present = pc.is_valid(p.columns[name]).to_numpy(zero_copy_only=False)
    repeated = pa.array(~first & present)
    p.fail(name, pc.if_else(repeated, pa.scalar(Reason.DUPLICATE_ID.value), pa.scalar(None, pa.string())))


def clean_table(p: Parsed, schema: pa.Schema) -> pa.Table:
    """The normalised columns under this schema, all rows (failed ones too: the caller filters)."""
    return schemas.conform(pa.table(p.columns), schema)
