from __future__ import annotations

from pathlib import Path

import policy
from policy.reference import PAGE, page
from policy.refusal import refusals


def test_the_page_of_rules_is_what_the_packs_say():
    written = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")
    assert written == page(), "stale: python -m policy.reference"


def test_every_rule_has_its_row():
    text = page()
    for jurisdiction in policy.jurisdictions():
        pack = policy.load(jurisdiction)
        for rule in (*pack.rules, *pack.duties):
            assert f"| {rule.id} |" in text
    for refusal in refusals():
        assert f"| {refusal.id} |" in text
