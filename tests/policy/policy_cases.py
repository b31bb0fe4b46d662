"""Consents, signals and sources of people who do not exist; and the requests that the examples of a pack describe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

import policy
from core import schemas
from core.deployment import ImpactAssessment, SourceSpec
from core.kinds import SourceKind

AT = datetime(2026, 11, 1, tzinfo=UTC)
PURPOSE = "post_loan_contact"

_FIELDS: dict[SourceKind, dict[str, Any]] = {
    SourceKind.DELIVERIES: {"observed_at": "t", "contact_phone": "p"},
    SourceKind.PHONE_UPDATES: {"observed_at": "t", "contact_phone": "p"},
    SourceKind.TRANSACTION_REGIONS: {"observed_at": "t", "region": "r"},
    SourceKind.SERVICE_NOTES: {"observed_at": "t", "text": "x"},
    SourceKind.APP_REGIONS: {"observed_at": "t", "region": "r"},
}


def days(n: float) -> timedelta:
    return timedelta(days=n)


def source(kind: str = "deliveries", scopes: tuple[str, ...] = ("delivery_address",), **more: Any) -> SourceSpec:
    said = {
        "name": kind,
        "transport": "csv",
        "location": "own/rows.csv",
        "fields": _FIELDS.get(SourceKind(kind)),
    } | more
    return SourceSpec.model_validate({"kind": kind, "consent_scopes": scopes, **said})


def consents(rows: list[dict[str, Any]]) -> pa.Table:
    """CLEAN_CONSENTS from what differs from a grant in order."""
    order = {
        "customer_no": "U1",
        "purpose": PURPOSE,
        "scope": "delivery_address",
        "granted_at": AT - days(30),
        "expires_at": AT + days(30),
    }
    full = [{"consent_id": f"E{i}"} | order | row for i, row in enumerate(rows)]
    return pa.Table.from_pylist(full, schema=schemas.CLEAN_CONSENTS)


def signals(rows: list[dict[str, Any]]) -> pa.Table:
    """CLEAN_SIGNALS from what differs from a delivery ten days ago."""
    full = [
        {"signal_id": f"S{i}", "source": "deliveries", "observed_at": AT - days(10)} | row for i, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(full, schema=schemas.CLEAN_SIGNALS)


def registry(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"case_status": "open"} | row for row in rows], schema=schemas.CLEAN_REGISTRY)


def grants(*rows: dict[str, Any], at: datetime = AT) -> policy.Grants:
    return policy.Grants.build(consents(list(rows)), purpose=PURPOSE, at=at)


def request(given: dict[str, Any], pack: policy.Pack) -> policy.Request:
    """The request an example describes. Raises KeyError when it says something no request has."""
    said = dict(given)
    at = datetime.fromisoformat(str(said.pop("at", "2026-11-01"))).replace(tzinfo=UTC)
    kind = SourceKind(said.pop("kind", "deliveries"))
    scopes = tuple(said.pop("scopes", _first_scopes(pack, kind)))
    purpose = said.pop("purpose", "post_loan_contact")
    age = said.pop("age_days", 10)
    grants = () if said.pop("grants", "") == "none" else tuple(_grant(said, s, purpose, at) for s in scopes)
    for used in ("granted_for", "granted_days_ago", "expires_in_days", "withdrawn_days_ago", "same_person"):
        said.pop(used, None)
    out = policy.Request(
        kind=kind,
        scopes=scopes,
        purpose=purpose,
        at=at,
        observed_at=None if age is None else at - timedelta(days=age),
        grants=grants,
        has_key=said.pop("has_key", True),
        case_status=said.pop("case_status", None),
        assessment=_assessment(said.pop("assessment", None), at),
    )
    if said:
        raise KeyError(f"an example says {', '.join(said)}, which no request has")
    return out


def _first_scopes(pack: policy.Pack, kind: SourceKind) -> list[str]:
    needed = set(pack.kinds[kind].classes) if kind in pack.kinds else set()
    return [n for n, s in pack.scopes.items() if kind in s.kinds and needed <= set(s.classes)][:1] or [
        "delivery_address"
    ]


def _grant(said: dict[str, Any], scope: str, purpose: str, at: datetime) -> policy.Grant:
    def moment(key: str, default: int | None, sign: int) -> datetime | None:
        days = said.get(key, default)
        return None if days is None else at + timedelta(days=sign * days)

    return policy.Grant(
        purpose=said.get("granted_for", purpose),
        scope=scope,
        granted_at=moment("granted_days_ago", 30, -1),
        expires_at=moment("expires_in_days", 30, 1),
        withdrawn_at=moment("withdrawn_days_ago", None, -1),
        same_person=said.get("same_person", True),
    )


def _assessment(said: dict[str, Any] | None, at: datetime) -> ImpactAssessment | None:
    if said is None:
        return None
    if "valid_days" not in said:
        return ImpactAssessment(id="", valid_until="")
    return ImpactAssessment(id="PIA-TEST-1", valid_until=(at + timedelta(days=said["valid_days"])).date().isoformat())
