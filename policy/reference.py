"""The reference page of every rule, made from the packs: ``docs/reference/rules.md``. A test fails when it is stale.

Write it anew with ``python -m policy.reference``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from policy.conditions import PRECEDENCE
from policy.pack import Duty, Pack, Rule, Validity, cited, jurisdictions, load
from policy.refusal import Refusal, refusals

PAGE = Path("docs/reference/rules.md")

_NAMES = {"cn": "People's Republic of China", "us": "United States of America", "uk": "United Kingdom"}
_BASES = {
    "law": "binding, the text was read",
    "law_secondary": "binding, read in a secondary copy",
    "standard": "recommended standard or industry guideline",
    "guide": "the operations guide this product implements (R: its row in the requirements)",
    "choice": "our own stricter design",
    "unverified": "to be checked before anybody relies on it",
}


def page() -> str:
    """The whole page as Markdown."""
    parts = [_introduction(), *(_pack(load(j)) for j in jurisdictions()), _refusals()]
    return "\n\n".join(parts) + "\n"


def _introduction() -> str:
    bases = "\n".join(f"- **{name}**: {meaning}" for name, meaning in _BASES.items())
    order = ", ".join(f"`{c.value}`" for c in PRECEDENCE)
    return f"""# Rules

Made from `policy/packs/*.yaml` and `policy/refusals.yaml` by `python -m policy.reference`; do not edit. Not legal advice.

Deny by default: only the rule of `valid_grant` permits, and only when nothing speaks against. Of several conditions that
hold the first decides, in this order: {order}. Of overlapping packs the strictest wins.

What a basis means:

{bases}"""


def _pack(pack: Pack) -> str:
    purposes = "\n".join(f"- `{name}`: {text.en} ({text.zh})" for name, text in pack.purposes.items())
    kinds = _table(("kind", "sensitive classes, each with its separate consent"), _kinds(pack))
    scopes = _table(("scope", "for", "separate consent to"), _scopes(pack))
    rules = _table(("rule", "when", "effect", "terms", "says", "basis", "source", "in force"), map(_rule, pack.rules))
    duties = _table(("rule", "topic", "terms", "says", "basis", "source", "in force"), map(_duty, pack.duties))
    return f"""## {_NAMES.get(pack.jurisdiction, pack.jurisdiction)} (`{pack.version}`)

### Purposes that cover tracing

{purposes}

### Kinds of signal

{kinds}

### Scopes of consent

{scopes}

### Rules of the gates

{rules}

### Other duties and limits

{duties}"""


def _kinds(pack: Pack) -> Iterable[tuple[str, ...]]:
    return ((f"`{kind}`", ", ".join(facts.classes) or "–") for kind, facts in pack.kinds.items())


def _scopes(pack: Pack) -> Iterable[tuple[str, ...]]:
    return ((f"`{name}`", ", ".join(s.kinds), ", ".join(s.classes) or "–") for name, s in pack.scopes.items())


def _rule(rule: Rule) -> tuple[str, ...]:
    terms = [f"{', '.join(rule.kinds)}"] * bool(rule.kinds)
    terms += [f"at most {rule.max_age_days} days"] * (rule.max_age_days is not None)
    says = f"{rule.text.en} {rule.text.zh}"
    terms_said = "; ".join(terms) or "–"
    return (
        rule.id,
        f"`{rule.when}`",
        rule.effect,
        terms_said,
        says,
        rule.basis,
        cited(rule.ref, rule.basis) if rule.ref else "–",
        _force(rule.valid),
    )


def _duty(duty: Duty) -> tuple[str, ...]:
    terms = "; ".join(f"{k}: {_term(v)}" for k, v in duty.terms.items())
    says = f"{duty.text.en} {duty.text.zh}"
    return (
        duty.id,
        duty.topic,
        terms,
        says,
        duty.basis,
        cited(duty.ref, duty.basis) if duty.ref else "–",
        _force(duty.valid),
    )


def _term(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | list | dict) else str(value)


def _force(valid: Validity) -> str:
    return f"{valid.since} to {valid.until}" if valid.until else f"since {valid.since}"


def _refusals() -> str:
    head = ("rule", "requirements", "refused", "instead", "source", "recognised by")
    rows = (
        (
            r.id,
            ", ".join(r.rows),
            f"{r.text.en} {r.text.zh}",
            f"{r.substitute.en} {r.substitute.zh}",
            r.ref,
            _recognised(r),
        )
        for r in refusals()
    )
    return f"## Refused by name\n\nWhatever consent is declared, in every jurisdiction.\n\n{_table(head, rows)}"


def _recognised(r: Refusal) -> str:
    named = f"; called: {', '.join(r.names)}" if r.names else ""
    paired = "".join(f"; called one of {', '.join(a)} with one of {', '.join(b)}" for a, b in r.pairs)
    return ", ".join(r.words) + named + paired


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
