"""The bounds are loose on purpose: below what was measured, above what a broken rule would reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from privacy.text import read
from tests.privacy import english_regions


@pytest.mark.parametrize("file", english_regions.FILES, ids=lambda f: f.stem)
def test_regions_of_english_notes_are_found_and_only_they(file: Path) -> None:
    precision, recall, published_precision, published_recall = english_regions.measure(file).figures()
    assert min(precision, recall) >= 0.82
    assert published_precision >= 0.9
    assert published_recall >= 0.82


def test_no_word_that_is_also_a_place_becomes_one() -> None:
    traps = [text for file in english_regions.FILES[:2] for text, gold in english_regions.load(file) if not gold]
    assert len(traps) >= 50
    assert [t for t in traps if any(s.kind == "region" for s in read(t).signals)] == []


@pytest.mark.parametrize(
    ("note", "regions"),
    [
        ("I moved to Leeds last month", [("Leeds", "self", "new")]),
        ("Staying in Austin, TX at the moment", [("Austin, TX", "self", "new")]),
        ("My brother lives in Chicago", [("Chicago", "sibling", "other")]),
        ("She used to live in Derby", [("Derby", "self", "old")]),
        ("Planning to move to Denver next month", [("Denver", "self", "planned")]),
        ("Was in the bath, reading; mobile on sale", []),
        ("lives in reading", []),
        ("lives in reading, berkshire", [("reading, berkshire", "self", "new")]),
        ("Now residing in Reading", [("Reading", "self", "new")]),
        ("Complaint filed in Leeds County Court", []),
        ("Card was used in Chicago", []),
        ("Payment is due in March", []),
        ("It is owed to Berkeley", []),
        ("Customer went to Berkeley for good", [("Berkeley", "self", "new")]),
    ],
)
def test_a_place_needs_a_sentence_of_living_somewhere(note: str, regions: list[tuple[str, str, str]]) -> None:
    found = [(s.value, s.owner, s.polarity) for s in read(note).signals if s.kind == "region"]
    assert found == regions


def test_a_county_is_no_person() -> None:
    assert [s.type for s in read("Customer now in West Yorkshire").spans] == []
    assert [s.type for s in read("Customer confirmed with Emily Carter").spans] == ["name"]


@pytest.mark.parametrize(
    "note",
    [
        "07700 900123 is no longer in use, new one 07700 900456",
        "Customer's number 07700 900123 no longer in service, use 07700 900456",
    ],
)
def test_words_of_leaving_a_place_are_read_behind_a_number_too(note: str) -> None:
    assert [s.polarity for s in read(note).signals] == ["old", "new"]


@pytest.mark.parametrize("note", ["No longer in Tulsa", "He was living in Derby", "Moving out of Luton"])
def test_a_place_that_somebody_leaves_is_old(note: str) -> None:
    assert [s.polarity for s in read(note).signals] == ["old"]
