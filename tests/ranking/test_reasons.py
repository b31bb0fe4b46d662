"""Reasons: the closed list, and that none of them misleads."""

from __future__ import annotations

import pytest

from cli import messages
from core.kinds import SourceKind
from ranking.reasons import COUNTED, TELLING, RankReason
from tests.ranking.book import NEW_NUMBER, NUMBER, OTHER_NUMBER, Book, one_debtor


def codes() -> list[str]:
    plain = [c.value for c in RankReason if c is not RankReason.SEEN_BY]
    return plain + [f"{RankReason.SEEN_BY}:{kind}" for kind in SourceKind if kind.is_signal]


@pytest.mark.parametrize("code", codes())
def test_every_code_has_words_in_both_languages(code):
    assert f"r_{code}" in messages.keys()  # noqa: SIM118 (a function of that name)
    assert messages.reason(code + ":7" * (code in COUNTED)) != code


def reasons(book: Book, value: str) -> list[str]:
    return next(r["reasons"] for r in book.rows() if r["value"] == value)


def test_the_only_contact_and_the_newest_are_not_said_to_have_a_newer_one():
    book = Book()
    book.debtor("A")
    book.seen("A", 100, contact_phone=OTHER_NUMBER, contact_name="测试人")
    assert RankReason.NEWER_EXISTS not in reasons(book, OTHER_NUMBER)
    book.seen("A", 10, contact_phone=NEW_NUMBER, contact_name="测试人")
    assert RankReason.NEWER_EXISTS not in reasons(book, NEW_NUMBER)
    assert RankReason.NEWER_EXISTS in reasons(book, OTHER_NUMBER)


def test_a_declared_rival_is_named_as_another_contact():
    book = one_debtor()
    book.seen("A", 500, contact_phone=OTHER_NUMBER)
    row = book.rows()[0]
    cost = next((f["log_odds"] for f in row["factors"] if f["factor"] == "contradiction"), 0.0)
    assert (RankReason.OTHERS_EXIST in row["reasons"]) == (cost < -TELLING)
    assert RankReason.NEWER_EXISTS not in row["reasons"]
    assert row["value"] != NUMBER
