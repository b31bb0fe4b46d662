"""Why a row is in quarantine: codes, never values. ``<field>: <code>`` is the whole message."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Closed list; translated at the edge, documented in docs/reference/quarantine.md."""

    MISSING = "missing"
    NOTHING_OBSERVED = "nothing_observed"
    NOT_A_DATE = "not_a_date"
    IN_THE_FUTURE = "in_the_future"
    TOO_OLD = "too_old"
    NOT_A_PHONE = "not_a_phone"
    SCIENTIFIC_NOTATION = "scientific_notation"
    NOT_AN_ID = "not_an_id"
    BAD_CHECKSUM = "bad_checksum"
    NOT_A_REGION = "not_a_region"
    NOT_A_NUMBER = "not_a_number"
    NOT_IN_VOCABULARY = "not_in_vocabulary"
    DUPLICATE_ID = "duplicate_id"
    RAGGED_ROW = "ragged_row"
    BAD_ENCODING = "bad_encoding"
    NOT_JSON = "not_json"
    LINE_TOO_LONG = "line_too_long"
    NOT_AN_EMAIL = "not_an_email"
    UNKNOWN_CASE = "unknown_case"
    CONTRACT = "contract"
