"""Two small lenders of made-up customers, one American and one British, as deployments: cards, app, deliveries and service notes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.support import AS_OF


@dataclass(frozen=True)
class Lender:
    """``homes``: per customer, how its city is written by the card scheme, the app and the customer, its code and its truth.

    ``away``: where everybody goes once; ``nowhere``: city texts that mean no place, or one of several.
    """

    jurisdiction: str
    homes: tuple[tuple[str, str, str, str, dict[str, str]], ...]
    away: str
    nowhere: tuple[str, ...]
    address: str
    address_city: str


SHOPS = ("AMZN.COM/BILL", "AMAZON.CO.UK", "888-555-0100", "INTERNET")
US = Lender(
    "us",
    (
        ("AUSTIN TX", "US-TX-Austin", "Austin, TX", "US-TX-4671654", {"city": "Austin", "province": "TX"}),
        ("SAINT LOUIS", "St. Louis, Missouri", "St. Louis, MO", "US-MO-4407066", {"city": "US-MO-4407066"}),
        ("SPRINGFIELD IL", "Springfield, Illinois", "Springfield, IL", "US-IL-4250542", {"city": "Springfield", "province": "Illinois"}),
        ("BROOKLYN NY", "New York, NY", "Brooklyn, NY", "US-NY-5128581", {"district": "Brooklyn", "city": "New York City", "province": "New York"}),
    ),
    "LAS VEGAS NV",
    ("Springfield", "NOWHERE AT ALL"),
    "12 Sample St Apt 4, Austin, TX 78701",
    "US-TX-4671654",
)  # fmt: skip
UK = Lender(
    "uk",
    (
        ("LEEDS", "GB-LDS", "Leeds", "GB-WYK-2644688", {"city": "Leeds", "province": "West Yorkshire"}),
        ("NEWCASTLE UPO", "Newcastle upon Tyne", "Newcastle", "GB-TWR-2641673", {"city": "GB-TWR-2641673"}),
        ("READING GB", "Reading, Berkshire", "Reading, Berkshire", "GB-BRK-2639577", {"city": "Reading", "province": "England"}),
        ("CROYDON", "Camden, London", "Croydon", "GB-GTL-2643743", {"city": "London"}),
    ),
    "BLACKPOOL",
    ("RICHMOND", "NOWHERE AT ALL"),
    "Flat 2, 10 Sample Road, Leeds LS1 4AB",
    "GB-WYK-2644688",
)  # fmt: skip


def write(lender: Lender, folder: Path) -> Path:
    """The deployment; its folder. ``truth.csv`` beside it says where everybody lives."""
    folder.mkdir(parents=True)
    customers = [f"TEST-{i + 1:03}" for i in range(len(lender.homes))]
    _csv(
        folder / "registry.csv",
        ({"case": f"C-{c}", "no": c, "name": f"Test {_LETTERS[i]}"} for i, c in enumerate(customers)),
    )
    scopes = ("transaction_region", "app_region", "service_note", "delivery_address")
    _csv(
        folder / "consents.csv",
        (
            {"no": c, "purpose": "post_loan_contact", "scope": s, "at": "2026-06-01", "until": "2028-06-01"}
            for c in customers
            for s in scopes
        ),
    )
    _csv(folder / "cards.csv", _cards(lender, customers))
    _csv(
        folder / "app.csv",
        (
            {"id": f"a{i}{day}", "no": c, "region": home[1], "at": _day(day)}
            for i, (c, home) in enumerate(zip(customers, lender.homes, strict=True))
            for day in (4, 18)
        ),
    )
    _csv(folder / "notes.csv", _notes(lender, customers))
    _csv(
        folder / "orders.csv",
        [{"id": "o1", "no": customers[0], "address": lender.address, "name": f"Test {_LETTERS[0]}", "at": _day(9)}],
    )
    _csv(
        folder / "truth.csv",
        (
            {"case_id": f"C-{c}", "province": "", "city": "", "district": ""} | home[4]
            for c, home in zip(customers, lender.homes, strict=True)
        ),
    )
    (folder / "deployment.yaml").write_text(yaml.safe_dump(_deployment(lender)), encoding="utf-8")
    return folder


_LETTERS = ("Alpha", "Bravo", "Charlie", "Delta")


def _day(ago: int) -> str:
    return f"{AS_OF - timedelta(days=ago)}T12:00:00"


def _cards(lender: Lender, customers: list[str]) -> Iterable[dict[str, str]]:
    for i, (customer, home) in enumerate(zip(customers, lender.homes, strict=True)):
        for day in (3, 11, 19, 27):
            yield {"id": f"t{i}{day}", "no": customer, "city": home[0], "mcc": "5411", "at": _day(day)}
        yield {"id": f"t{i}away", "no": customer, "city": lender.away, "mcc": "7011", "at": _day(15)}
    for n, city in enumerate((*lender.nowhere, *SHOPS)):
        yield {"id": f"tx{n}", "no": customers[0], "city": city, "mcc": "5411", "at": _day(7)}


def _notes(lender: Lender, customers: list[str]) -> Iterable[dict[str, str]]:
    for i, (customer, home) in enumerate(zip(customers, lender.homes, strict=True)):
        yield {"id": f"n{i}", "no": customer, "text": f"Customer moved to {home[2]} last month", "at": _day(6)}
        yield {"id": f"b{i}", "no": customer, "text": "My brother lives in Portland, Oregon", "at": _day(6)}
    yield {"id": "quiet", "no": customers[0], "text": "Was reading in the bath, mobile on sale", "at": _day(5)}
    yield {"id": "several", "no": customers[0], "text": "Customer moved to Springfield last month", "at": _day(5)}


def _csv(path: Path, rows: Iterable[dict[str, str]]) -> None:
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _deployment(lender: Lender) -> dict[str, Any]:
    def source(name: str, kind: str, fields: dict[str, str], scope: str | None = None) -> dict[str, Any]:
        told = {"name": name, "kind": kind, "transport": "csv", "location": f"{name}.csv", "fields": fields}
        return told | ({"consent_scope": scope} if scope else {})

    seen = {"record_id": "id", "origin_id": "id", "observed_at": "at", "customer_no": "no"}
    return {
        "deployment": "abroad",
        "jurisdiction": lender.jurisdiction,
        "purpose": "post_loan_contact",
        "impact_assessment": {"id": "PIA-TEST", "valid_until": "2030-01-01"},
        "sources": [
            source("registry", "declared_contacts", {"case_id": "case", "customer_no": "no", "name": "name"}),
            source("consents", "consents", {"customer_no": "no", "purpose": "purpose", "scope": "scope", "granted_at": "at", "expires_at": "until"}),
            source("cards", "transaction_regions", seen | {"region": "city", "mcc": "mcc"}, "transaction_region"),
            source("app", "app_regions", seen | {"region": "region"}, "app_region"),
            source("notes", "service_notes", seen | {"text": "text"}, "service_note"),
            source("orders", "deliveries", seen | {"contact_address": "address", "contact_name": "name"}, "delivery_address"),
        ],
    }  # fmt: skip
