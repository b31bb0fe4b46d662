"""What makes a quarantined row somebody's: their numbers, or their name where the row names nobody else.

In doubt it is theirs: a row dropped too many costs a replay, one kept too many is a person's value that should be gone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import values.resident_id
from core.errors import BadInput
from pipeline.site import Site

_STRONG = ("id_number", "phone", "phone_alt", "email", "contact_phone", "contact_email", "messaging")
_NOT_DIGITS = re.compile(r"\D+")
_MIN_DIGITS = 7


@dataclass
class Traits:
    """Tokens and cases of the persons looked for, and the plain values known of them (in memory only)."""

    site: Site = field(repr=False)
    tokens: frozenset[str]
    case_ids: frozenset[str]
    numbers: set[str] = field(default_factory=set, repr=False)
    texts: set[str] = field(default_factory=set, repr=False)
    names: dict[str, bool] = field(default_factory=dict, repr=False)  # whether their id number is known
    customer_nos: set[str] = field(default_factory=set, repr=False)

    def learn(self, row: Mapping[str, Any]) -> None:
        """Take the values of a row that is known to be theirs."""
        if row.get("customer_no"):
            self.customer_nos.add(str(row["customer_no"]))
        for name in _STRONG:
            self.learn_value(row.get(name))
        if row.get("name") and len(str(row["name"]).strip()) > 1:
            name = str(row["name"]).strip()
            self.names[name] = self.names.get(name, True) and bool(row.get("id_number"))

    def learn_value(self, value: object) -> None:
        """Take one contact value of theirs."""
        if not isinstance(value, str) or not value.strip():
            return
        digits = _digits(value)
        if len(digits) >= _MIN_DIGITS and "*" not in value:
            self.numbers.add(digits)
        elif "@" in value:
            self.texts.add(value.strip().casefold())

    def own(self, row: Mapping[str, Any]) -> bool:
        """True when a key of the row is theirs."""
        return row.get("case_id") in self.case_ids or any(t in self.tokens for t in row_tokens(self.site, row))

    def match(self, row: Mapping[str, Any]) -> bool:
        """True when the row is theirs by key, by number, or by name with no other key to the contrary."""
        if self.own(row):
            return True
        said = [str(v) for v in row.values() if isinstance(v, str)]
        digits = [_digits(v) for v in said]
        if any(n in d for d in digits if len(d) >= _MIN_DIGITS for n in self.numbers):
            return True
        joined = "\n".join(said).casefold()
        if any(t in joined for t in self.texts):
            return True
        if row.get("customer_no"):
            return False
        named = [is_known for n, is_known in self.names.items() if n.casefold() in joined]
        return bool(named) and not (row.get("id_number") and all(named))


def row_tokens(site: Site, row: Mapping[str, Any]) -> list[str]:
    """The tokens of a pulled row's keys."""
    number, id_number = row.get("customer_no"), row.get("id_number")
    tokens = [site.token("customer_no", str(number).strip())] if number else []
    return [*tokens, site.token("id_number", canonical_id(site, str(id_number)))] if id_number else tokens


def canonical_id(site: Site, text: str) -> str:
    """An id number as tokens are made of it; the text itself where it does not parse."""
    if site.deployment.jurisdiction != "cn":
        return text.strip()
    try:
        return values.resident_id.parse(text).canonical
    except BadInput:
        return text.strip()


def _digits(text: str) -> str:
    digits = _NOT_DIGITS.sub("", text)
    return digits[2:] if digits.startswith("86") and len(digits) == 13 else digits
