"""The laws of motion of a fictional portfolio: how often people move, lend their names, refuse consent, and are mistyped.

Rates "a year" are per person and year; everything else is a share in 0..1 unless its name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

SCOPES = ("delivery_address", "phone_update", "transaction_region", "service_note", "app_location")
PURPOSE = "post_loan_contact"


@dataclass(frozen=True)
class Consents:
    """Which share of customers ever agreed, by scope, and what became of it."""

    delivery_address: float = 0.85
    phone_update: float = 0.9
    transaction_region: float = 0.65
    service_note: float = 0.75
    app_location: float = 0.5
    expired: float = 0.07
    withdrawn: float = 0.06
    other_purpose: float = 0.04  # agreed, but to marketing only

    def coverage(self, scope: str) -> float:
        return float(getattr(self, scope))


@dataclass(frozen=True)
class World:
    """One set of laws. ``debtor_haste`` multiplies how often debtors move and change numbers."""

    name: str = "demo"
    # people
    others_per_debtor: float = 3.0  # customers who owe nothing, for each one who does
    households: float = 0.3  # customers who live with another customer
    shared_numbers: float = 0.1  # of those, who use one number together
    leaves_alone: float = 0.35  # of those, whose moves are their own
    second_cases: float = 0.05
    closed_cases: float = 0.08
    vanished: float = 0.04  # debtors without any number or home today
    # motion
    history_years: float = 4.0
    moves_a_year: float = 0.2
    moves_far: float = 0.3  # of moves: to another city
    moves_near: float = 0.35  # of moves: within the district
    number_changes_a_year: float = 0.25
    debtor_haste: float = 1.6
    reissued_numbers: float = 0.12  # of abandoned numbers: now a stranger's who is a customer too
    # deliveries
    shop_accounts: float = 0.75
    orders_a_year: float = 1.0
    gifts: float = 0.12
    offices: float = 0.1
    pickup_points: float = 0.12
    stale_defaults: float = 0.15  # accounts that never touch the contact they saved first
    copied: float = 0.12  # orders that the courier repeats
    copies_per_order: float = 1.0
    copy_noise: float = 0.03  # copies whose number or room is garbled
    copies_name_origin: float = 0.5  # copies that carry the order's number
    # other sources
    changes_reported: float = 0.45  # number changes that customer service hears of
    others_number_reported: float = 0.05  # reports that give somebody else's number
    notes_a_year: float = 0.12
    cards: float = 0.5
    transactions_a_year: float = 10.0
    travel: float = 0.12
    app_users: float = 0.25
    app_days_a_year: float = 4.0
    # how it is written down
    romanised: float = 0.06  # card holders' names
    masked_names: float = 0.12
    masked_phones: float = 0.1
    masked_ids: float = 0.1
    missing_ids: float = 0.2
    typos: float = 0.012
    bad_rows: float = 0.004
    # consent and attempts
    consents: Consents = field(default_factory=Consents)
    attempts_per_case: float = 0.8
    outcome_noise: float = 0.06

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            is_count = f.name.endswith(("_year", "_years", "_haste", "_per_debtor", "_per_order", "_per_case"))
            if isinstance(value, float) and (value < 0 or (value > 1 and not is_count)):
                raise ValueError(f"{f.name} is outside its range")


DEMO = World()
SETTLED = World(
    name="settled",
    moves_a_year=0.08,
    number_changes_a_year=0.12,
    gifts=0.06,
    offices=0.06,
    stale_defaults=0.04,
    copied=0.05,
    reissued_numbers=0.05,
    typos=0.004,
    travel=0.08,
    changes_reported=0.6,
)
RESTLESS = World(
    name="restless",
    moves_a_year=0.5,
    moves_far=0.45,
    number_changes_a_year=0.6,
    gifts=0.16,
    offices=0.14,
    pickup_points=0.18,
    stale_defaults=0.4,
    reissued_numbers=0.25,
    shared_numbers=0.15,
    travel=0.25,
    changes_reported=0.3,
    orders_a_year=1.4,
)
ECHO = World(
    name="echo",
    moves_a_year=0.25,
    number_changes_a_year=0.35,
    stale_defaults=0.25,
    copied=0.7,
    copies_per_order=3.0,
    copy_noise=0.15,
    copies_name_origin=0.35,
)
WORLDS = {w.name: w for w in (DEMO, SETTLED, RESTLESS, ECHO)}
