"""Break each contact rule in turn and require that a case of the grid notices.

    python -m benchmarks.privacy_mutations

Each duty is left out, and each of its terms is loosened or tightened by the least amount; the duty alone must then answer some
case otherwise than ``tests/policy/contact_cases.py`` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import policy
from policy.contact import _CHECKS
from policy.pack import Duty
from tests.policy import contact_cases as cases


def mutants(duty: Duty) -> Iterator[tuple[str, Duty | None]]:
    """The duty broken in each possible way; None: left out."""
    yield "left out", None
    for name, value in duty.terms.items():
        for other in _others(name, value):
            yield f"{name}: {value} → {other}", duty.model_copy(update={"terms": duty.terms | {name: other}})


def _others(name: str, value: Any) -> list[Any]:
    if isinstance(value, bool):
        return (
            [not value]
            if name in {"human_approved", "vulnerability_blocks", "flag_blocks_visit", "dispute_suspends"}
            else []
        )
    if name == "reply_business_days":
        return []  # a due date, tested in tests/policy/test_policy_rights.py
    if isinstance(value, int):
        return [value - 1, value + 1]
    if name in {"start", "end"}:
        hour = int(value[:2])
        return [f"{hour - 1:02}:00", f"{hour + 1:02}:00"]
    special: dict[str, list[Any]] = {
        "per": ["P7D" if value == "P1D" else "P1D"], "zone": ["UTC"], "lost_longer_than": ["P5M", "P7M"],
        "on_refusal": [None], "effect": [] if value != "suspend_contact" else ["nothing"],
    }  # fmt: skip
    if name in {"all", "debtor_unreachable"}:
        return [[v for v in value if v != left_out] for left_out in value]
    if name == "counts":
        return [v for v in ("contact_events_per_customer", "unanswered_attempts_per_point") if v != value]
    return special.get(name, [])


def main() -> None:
    killed, survived, tried = 0, [], 0
    for jurisdiction in cases.ZONE:
        pack = policy.load(jurisdiction)
        tried += sum(1 for _ in cases.grid(jurisdiction))
        for duty in pack.duties:
            if duty.topic not in _CHECKS or duty.id not in cases.SAYS:
                continue
            for what, broken in mutants(duty):
                rest = tuple(d for d in pack.duties if d.id != duty.id)
                wrong = noticed(
                    pack.model_copy(update={"duties": (*rest, *([broken] if broken else []))}), duty.id, jurisdiction
                )
                killed += wrong
                survived += [] if wrong else [f"{duty.id} {what}"]
    print(f"cases in the grids: {tried}; mutants: {killed + len(survived)}; noticed: {killed}; not noticed: {survived}")


def noticed(pack: policy.Pack, duty_id: str, jurisdiction: str) -> bool:
    return any(cases.violations(pack, duty_id, jurisdiction, stride=s)[1] for s in (11, 1))


if __name__ == "__main__":
    main()
