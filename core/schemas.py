"""One Arrow schema per stage. Data moves in these columns, never as an object per row.

Text columns are plain ``string``; an absent value is null, never ``""``. Times are UTC microseconds.
"""

from __future__ import annotations

import pyarrow as pa

TEXT = pa.string()
TIME = pa.timestamp("us", tz="UTC")

# --- pulled: the source's rows in our field names, still text -------------------------------------------------------
# `row` is the 1-based data row in its source, `record_id` the source's own id (or the row number where it has none),
# `signal_id` a digest of (source, record_id): the same observation has the same id in every run.
_KEYS = [("signal_id", TEXT), ("source", TEXT), ("kind", TEXT), ("row", pa.int64()), ("record_id", TEXT)]

# who the record is about, as the source's own account knows them (used for matching)
_SUBJECT = ["customer_no", "account_id", "name", "id_number", "id_tail", "birth_date", "phone", "email", "address"]
# what the record says: the contact point or place that was observed
_OBSERVED = [
    "contact_name",
    "contact_phone",
    "contact_address",
    "contact_email",
    "contact_messaging",
    "region",
    "mcc",
    "text",
]

SIGNAL_FIELDS = ("record_id", "origin_id", "observed_at", *_SUBJECT, *_OBSERVED)
PULLED_SIGNALS = pa.schema([*_KEYS, *[(f, TEXT) for f in SIGNAL_FIELDS if f != "record_id"]])

REGISTRY_FIELDS = (
    "case_id",
    "customer_no",
    "name",
    "id_number",
    "birth_date",
    "phone",
    "phone_alt",
    "address",
    "address_alt",
    "email",
    "messaging",
    "days_past_due",
    "balance",
    "lost_since",
    "case_status",
    "portfolio",
    "emergency_name",
    "emergency_phone",
)
PULLED_REGISTRY = pa.schema([("source", TEXT), ("row", pa.int64()), *[(f, TEXT) for f in REGISTRY_FIELDS]])

CONSENT_FIELDS = (
    "customer_no",
    "id_number",
    "purpose",
    "scope",
    "granted_at",
    "expires_at",
    "withdrawn_at",
    "notice_version",
    "evidence_id",
)
PULLED_CONSENTS = pa.schema([("source", TEXT), ("row", pa.int64()), *[(f, TEXT) for f in CONSENT_FIELDS]])

OUTCOME_FIELDS = ("case_id", "contact_value", "contact_source", "disposition", "at")
PULLED_OUTCOMES = pa.schema([("source", TEXT), ("row", pa.int64()), *[(f, TEXT) for f in OUTCOME_FIELDS]])

# --- clean: parsed and normalised once, contract kept ---------------------------------------------------------------
# Phones are E.164 ("+8613800138000") or, where the source masks them, 11 positions with '*' ("138****8000").
# `region` is a code (docs/reference/regions.md); `id_number` is 18 positions, possibly masked; names are NFKC without courtesy
# suffixes. `holder_hint` is what the record itself says about whose contact it is (core.kinds.Holder or null).
# `confidence` (0..1) is the reliability of the extraction of the row itself (1 for structured rows).
_CLEAN_SUBJECT = [(f, pa.date32() if f == "birth_date" else TEXT) for f in _SUBJECT]
CLEAN_SIGNALS = pa.schema(
    [
        *_KEYS,
        ("origin_id", TEXT),
        ("observed_at", TIME),
        *_CLEAN_SUBJECT,
        ("contact_name", TEXT),
        ("contact_phone", TEXT),
        ("contact_address", TEXT),
        ("contact_email", TEXT),
        ("contact_messaging", TEXT),
        ("region", TEXT),
        ("mcc", TEXT),
        ("holder_hint", TEXT),
        ("is_pickup_point", pa.bool_()),
        ("retires_older", pa.bool_()),
        ("confidence", pa.float64()),
    ]
)

CLEAN_REGISTRY = pa.schema(
    [
        ("row", pa.int64()),
        ("case_id", TEXT),
        ("customer_no", TEXT),
        ("name", TEXT),
        ("id_number", TEXT),
        ("birth_date", pa.date32()),
        ("phone", TEXT),
        ("phone_alt", TEXT),
        ("address", TEXT),
        ("address_alt", TEXT),
        ("email", TEXT),
        ("messaging", TEXT),
        ("days_past_due", pa.int64()),
        ("balance", pa.float64()),
        ("lost_since", pa.date32()),
        ("case_status", TEXT),
        ("portfolio", TEXT),
    ]
)

# Emergency contacts are a quarantined class: kept apart, as keyed tokens only, to recognise them and never to rank them.
THIRD_PARTIES = pa.schema([("case_id", TEXT), ("phone_token", TEXT), ("name_token", TEXT)])

CLEAN_CONSENTS = pa.schema(
    [
        ("consent_id", TEXT),  # the evidence id where the source has one, else a digest of source and row
        ("customer_no", TEXT),
        ("id_number", TEXT),
        ("purpose", TEXT),
        ("scope", TEXT),
        ("granted_at", TIME),
        ("expires_at", TIME),
        ("withdrawn_at", TIME),
        ("notice_version", TEXT),
    ]
)

CLEAN_OUTCOMES = pa.schema(
    [
        ("row", pa.int64()),
        ("case_id", TEXT),
        ("kind", TEXT),  # core.kinds.ContactKind of contact_value
        ("contact_value", TEXT),
        ("contact_source", TEXT),
        ("disposition", TEXT),
        ("at", TIME),
    ]
)

# --- quarantine: keys, field and reason; the payload is sealed by the privacy room before it is stored ------------------
QUARANTINE = pa.schema([("source", TEXT), ("row", pa.int64()), ("record_id", TEXT), ("field", TEXT), ("reason", TEXT)])

# --- admitted: clean, plus the answer of the first gate -----------------------------------------------------------------
ADMITTED = pa.schema([*CLEAN_SIGNALS, ("admission", TEXT), ("rule_id", TEXT), ("consent_id", TEXT)])
WITHHELD = pa.schema([("signal_id", TEXT), ("source", TEXT), ("row", pa.int64()), ("rule_id", TEXT)])

# --- links: signal ↔ debtor, with the evidence whose sum is the score ---------------------------------------------------
EVIDENCE = pa.list_(
    pa.struct(
        [
            ("field", TEXT),
            ("level", TEXT),
            ("weight_bits", pa.float64()),
            ("tf_bits", pa.float64()),
        ]
    )
)
LINKS = pa.schema(
    [
        ("signal_id", TEXT),
        ("case_id", TEXT),
        ("weight_bits", pa.float64()),
        ("probability", pa.float64()),
        ("evidence", EVIDENCE),
        ("consent_id", TEXT),
    ]
)

# --- candidates: contact points of a debtor, ranked and explained -------------------------------------------------------
FACTORS = pa.list_(pa.struct([("factor", TEXT), ("log_odds", pa.float64()), ("detail", TEXT)]))
CANDIDATES = pa.schema(
    [
        ("case_id", TEXT),
        ("rank", pa.int32()),
        ("kind", TEXT),
        ("value", TEXT),
        ("probability", pa.float64()),
        ("holder", TEXT),
        ("first_seen", TIME),
        ("last_seen", TIME),
        ("sources", pa.list_(TEXT)),
        ("origins", pa.int32()),
        ("reasons", pa.list_(TEXT)),  # codes of ranking.reasons, translated at the edge
        ("factors", FACTORS),
        ("signal_ids", pa.list_(TEXT)),
        ("consent_ids", pa.list_(TEXT)),
    ]
)


def empty(schema: pa.Schema) -> pa.Table:
    """A table of no rows with this schema."""
    return schema.empty_table()


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with exactly this schema: columns in order, cast, absent ones null, others dropped."""
    columns = [
        table.column(f.name).cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
        for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
