"""Links → observations: one row says that one source saw one contact (or place) of one debtor at one time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import values.name
import values.persons
from core.kinds import ContactKind, Holder, SourceKind

FIELDS = {
    ContactKind.PHONE: "contact_phone",
    ContactKind.ADDRESS: "contact_address",
    ContactKind.REGION: "region",
    ContactKind.EMAIL: "contact_email",
    ContactKind.MESSAGING: "contact_messaging",
}
DECLARED = {
    "phone": ContactKind.PHONE,
    "phone_alt": ContactKind.PHONE,
    "address": ContactKind.ADDRESS,
    "address_alt": ContactKind.ADDRESS,
    "email": ContactKind.EMAIL,
    "messaging": ContactKind.MESSAGING,
}
DECLARED_SOURCE = "declared"
# What a record says of its receiver, from the debtor's to another's.
HOLDERS = ("same_name", "compatible_name", "unnamed", "other_name", "emergency_contact")
SAME, COMPATIBLE, UNNAMED, OTHER, EMERGENCY = range(len(HOLDERS))
_SIGNAL = ["source", "source_kind", "origin_id", "record_id", "observed_at", "contact_name", "mcc", "confidence"]
_DAY = 86_400_000_000  # microseconds


def people(registry: pa.Table) -> np.ndarray:
    """Per case a code of its person: by customer number and by full id number, else the case alone."""
    return values.persons.codes([registry["customer_no"], values.persons.full_ids(registry["id_number"])])


def of_links(
    links: pa.Table, signals: pa.Table, registry: pa.Table, third_party: pa.Array, as_of: float
) -> pd.DataFrame:
    """One row per (link, contact it carries): codes and numbers; texts only where they are shown or compared.

    ``case`` is the row in ``registry``, ``link`` the row in ``links``, ``day`` days since 1970 (UTC). ``third_party``: per
    link, is its number the case's emergency contact's? Rows of the future are left out: nobody can have seen them.
    """
    at = pc.index_in(links["signal_id"], value_set=_one(signals["signal_id"]))
    case = pc.index_in(links["case_id"], value_set=_one(registry["case_id"]))
    rows = signals.rename_columns([{"kind": "source_kind"}.get(n, n) for n in signals.column_names]).take(at)
    base = pd.DataFrame({n: _factor(rows[n]) for n in ("source", "source_kind")})
    base["link"] = np.arange(links.num_rows)
    base["case"] = case.to_numpy(zero_copy_only=False)
    base["origin"] = _codes(pc.binary_join_element_wise(links["case_id"], rows["origin_id"], "|"))
    base["day"] = _days(rows["observed_at"])
    base["sure"] = links["probability"].to_numpy() * pc.fill_null(rows["confidence"], 1.0).to_numpy()
    base["announces"] = pc.fill_null(rows["retires_older"], fill_value=False).to_numpy()
    base["is_pickup"] = pc.fill_null(rows["is_pickup_point"], fill_value=False).to_numpy()
    base["mcc"] = _factor(rows["mcc"])
    base["receiver"] = _factor(rows["contact_name"])
    base["holder"] = _holders(rows, registry["name"].take(case), third_party)
    parts = []
    for kind, column in FIELDS.items():
        present = pc.is_valid(rows[column]).to_numpy()
        part = base.loc[present].assign(
            kind=kind.value, value=_factor(rows[column].filter(pa.array(present))).astype(object)
        )
        parts.append(part)
    out: pd.DataFrame = pd.concat(parts, ignore_index=True)
    for name in ("source", "source_kind", "mcc", "receiver"):
        out[name] = out[name].astype("category")
    return out[out.day <= as_of].reset_index(drop=True)


def declared(registry: pa.Table, seen: pd.DataFrame, before_lost_days: float, as_of: float) -> pd.DataFrame:
    """The registry's own contacts as observations: the debtor's by contract, and older than all that was ``seen`` since."""
    lost = _days(pc.cast(registry["lost_since"], pa.timestamp("us", tz="UTC")))
    first = seen.groupby("case")["day"].min().reindex(range(registry.num_rows)).to_numpy()
    day = np.fmin(np.nan_to_num(lost, nan=as_of) - before_lost_days, first - 1)
    parts = []
    for column, kind in DECLARED.items():
        rows = np.flatnonzero(pc.is_valid(registry[column]).to_numpy())
        values_ = registry[column].drop_null().to_numpy()
        parts.append(
            pd.DataFrame({"case": rows, "day": np.minimum(day[rows], as_of), "value": values_, "kind": kind.value})
        )
    out = pd.concat(parts, ignore_index=True)
    return out.assign(
        source=DECLARED_SOURCE, source_kind=SourceKind.DECLARED_CONTACTS.value, origin=-1, link=-1, sure=1.0,
        announces=False, is_pickup=False, mcc=None, receiver=None, holder=SAME,
    )  # fmt: skip


def _holders(rows: pa.Table, debtor: pa.ChunkedArray, third_party: pa.Array) -> np.ndarray:
    """Whose contact the record says it is: compared once per distinct pair of names."""
    a, b = _factor(rows["contact_name"]), _factor(debtor)
    pair = a.codes.astype(np.int64) * (len(b.categories) + 1) + b.codes
    distinct, codes = np.unique(pair, return_inverse=True)
    left, right = np.divmod(distinct, len(b.categories) + 1)
    classes = np.array(
        [UNNAMED if i < 0 else _holder(a.categories[i], b.categories[j]) for i, j in zip(left, right, strict=True)]
    )
    out = classes[codes] if len(codes) else np.empty(0, dtype=np.int64)
    hint = pc.fill_null(pc.equal(rows["holder_hint"], Holder.THIRD_PARTY.value), fill_value=False).to_numpy()
    out = np.where(hint, OTHER, out)
    return np.where(np.asarray(third_party.to_numpy(zero_copy_only=False), dtype=bool), EMERGENCY, out)


def _holder(contact: str, debtor: str) -> int:
    level = values.name.compatible(contact, debtor)
    if level == "exact":
        return SAME
    return COMPATIBLE if level else OTHER


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _factor(column: pa.ChunkedArray) -> pd.Categorical:
    encoded = _one(pc.dictionary_encode(column))
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return pd.Categorical.from_codes(codes, categories=encoded.dictionary.to_numpy(zero_copy_only=False).astype(object))


def _codes(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(
        pc.fill_null(_one(pc.dictionary_encode(column)).indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64
    )


def _days(column: pa.ChunkedArray) -> np.ndarray:
    micro = _one(pc.cast(column, pa.int64())).to_numpy(zero_copy_only=False)
    return np.asarray(micro, dtype=float) / _DAY
