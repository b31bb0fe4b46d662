"""May we use this, for this purpose, now? One data file a jurisdiction, deny by default, every answer names its rule."""

from policy.conditions import Condition
from policy.contact import Contact, ContactRequest, Permission, contact_check
from policy.decide import Grant, Request, decide
from policy.gates import GRANTED, PENDING, WITHHELD, Debtors, admit, may_read
from policy.grants import Grants
from policy.pack import Pack, Rule, combine, jurisdictions, load, parse
from policy.refusal import refusals, refuse_source, refuse_step
from policy.run import require_run

__all__ = [
    "GRANTED",
    "PENDING",
    "WITHHELD",
    "Condition",
    "Contact",
    "ContactRequest",
    "Debtors",
    "Grant",
    "Grants",
    "Pack",
    "Permission",
    "Request",
    "Rule",
    "admit",
    "combine",
    "contact_check",
    "decide",
    "jurisdictions",
    "load",
    "may_read",
    "parse",
    "refusals",
    "refuse_source",
    "refuse_step",
    "require_run",
]
