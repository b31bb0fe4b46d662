"""Links → observations: one row says that one source saw one contact (or place) of one debtor on one day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

import values.address
import values.name
from core.kinds import ContactKind, SourceKind

_FIELD = {
    ContactKind.PHONE: "contact_phone",
    ContactKind.ADDRESS: "contact_address",
    ContactKind.REGION: "region",
    ContactKind.EMAIL: "contact_email",
    ContactKind.MESSAGING: "contact_messaging",
}
_DECLARED = {
    "phone": ContactKind.PHONE,
    "phone_alt": ContactKind.PHONE,
    "address": ContactKind.ADDRESS,
    "address_alt": ContactKind.ADDRESS,
    "email": ContactKind.EMAIL,
    "messaging": ContactKind.MESSAGING,
}
COLUMNS = [
    "signal_id", "case_id", "kind", "key", "value", "source", "source_kind", "origin_id", "observed_at", "link",
    "holder_class", "retires_older", "is_pickup_point", "consent_id", "mcc", "confidence",
]  # fmt: skip


def of_links(links: pa.Table, signals: pa.Table, registry: pa.Table, third_party: pa.Array) -> pd.DataFrame:
    """One row per (link, contact it carries). ``third_party``: per link, is its number the case's emergency contact's?"""
    frame = links.select(["signal_id", "case_id", "probability", "consent_id"]).to_pandas()
    frame["is_emergency"] = third_party.to_numpy(zero_copy_only=False)
    frame = frame.rename(columns={"probability": "link"})
    frame = frame.merge(signals.drop_columns(["consent_id"]).to_pandas(), on="signal_id", how="left")
    debtors = registry.select(["case_id", "name"]).to_pandas().rename(columns={"name": "debtor_name"})
    frame = frame.merge(debtors, on="case_id", how="left")
    frame["holder_class"] = _holder(frame)
    parts = [
        frame.loc[frame[column].notna()].assign(kind=kind.value, value=lambda d, c=column: d[c])
        for kind, column in _FIELD.items()
    ]
    out = pd.concat(parts, ignore_index=True)
    return with_keys(out)


def declared(registry: pa.Table) -> pd.DataFrame:
    """The registry's own contacts as observations: the debtor's by contract, of the time before contact was lost."""
    frame = registry.to_pandas()
    parts = []
    for column, kind in _DECLARED.items():
        part = frame.loc[frame[column].notna(), ["case_id", column, "lost_since"]].rename(columns={column: "value"})
        parts.append(part.assign(kind=kind.value, origin_id="declared:" + column))
    out = pd.concat(parts, ignore_index=True)
    out["observed_at"] = pd.to_datetime(out.pop("lost_since")).dt.tz_localize("UTC").astype("datetime64[us, UTC]")
    out = out.assign(
        signal_id=None, source="declared", source_kind=SourceKind.DECLARED_CONTACTS.value, link=1.0,
        holder_class="same_name", retires_older=False, is_pickup_point=False, consent_id=None, mcc=None, confidence=1.0,
    )  # fmt: skip
    return with_keys(out)


def _holder(frame: pd.DataFrame) -> np.ndarray:
    """Whose contact the record says it is: compared once per distinct pair of names."""
    pairs = frame[["contact_name", "debtor_name"]].astype(object)
    codes, distinct = pd.factorize(pd.MultiIndex.from_frame(pairs.fillna("")))
    classes = np.array([_holder_of(a, b) for a, b in distinct], dtype=object)
    out = classes[codes] if len(codes) else np.array([], dtype=object)
    out[frame["holder_hint"].eq("third_party").to_numpy(dtype=bool, na_value=False)] = "other_name"
    out[frame["is_emergency"].to_numpy(dtype=bool)] = "emergency_contact"
    return out


def _holder_of(contact: str, debtor: str) -> str:
    if not contact:
        return "unnamed"
    level = values.name.compatible(contact, debtor)
    if level == "exact":
        return "same_name"
    return "compatible_name" if level else "other_name"


def with_keys(frame: pd.DataFrame) -> pd.DataFrame:
    """``key``: the same for two spellings of one contact. An address that cannot be parsed is its own key."""
    frame["key"] = frame["value"]
    at = frame["kind"].eq(ContactKind.ADDRESS.value)
    distinct = frame.loc[at, "value"].unique()
    keys = {text: values.address.canonical(values.address.parse(text)) or text for text in distinct}
    frame.loc[at, "key"] = frame.loc[at, "value"].map(keys)
    return frame[COLUMNS]
