from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Indel, JaroWinkler

from matching.column import encode
from matching.compare import keys, kinds, letters
from matching.explain import words

VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "张伟",
            "张*",
            "王先生",
            "Zhang Wei",
            "ann",
            "a.",
            "o'brien",
            "1980-02-03",
            "19800203",
            "03/02/1980",
            "138****8000",
            "+8613800138000",
            "50010319950611793X",
            "5001**********793X",
            "793X",
            "12 high st",
            "sw1a 1aa",
            "a@b.example",
            "\x00",
            "é́",
        ]
    ),
)
# texts that are alike more often than not: a few letters, and slips of those
ALIKE = st.one_of(
    st.text("abAq1.@", min_size=1, max_size=9),
    st.text("0123456789", min_size=1, max_size=13),
    st.text("aeionrst ", min_size=6, max_size=24),
    st.text("张伟*1a", min_size=1, max_size=12),
    st.just("a" * 130),
    VALUES.filter(str.strip),
)
# a level and what shows it: (kind, left, right, level)
LEVELS = [
    ("given_name", "bill", "william", "variant"),
    ("given_name", "j.", "james", "variant"),
    ("given_name", "jonathan", "jonathon", "near"),
    ("given_name", "ann", "zoe", "different"),
    ("surname", "smith", "smyth", "close"),
    ("date", "1980-02-03", "19800203", "exact"),
    ("date", "1980-02-03", "1980-03-02", "near"),
    ("date", "1980-02-03", "1980-02-04", "near"),
    ("date", "1980-02-13", "1980-02-04", "part"),
    ("date", "1980-02-13", "1980-11-24", "year"),
    ("date", "1980-02-13", "1987-11-24", "decade"),
    ("date", "13/02/1980", "1980-02-13", "exact"),
    ("code", "1234567", "1234576", "one edit"),
    ("code", "1234567", "1235476", "two edits"),
    ("phone", "138****8000", "+8613800138000", "fits"),
    ("phone", "138****8001", "+8613800138000", "different"),
    ("phone", "13800138000", "+8613800138000", "exact"),
    ("phone", "13800138001", "+8613800138000", "one edit"),
    ("resident_id", "793X", "50010319950611793X", "fits"),
    ("resident_id", "5001**********793X", "50010319950611793X", "fits"),
    ("resident_id", "5001**********7931", "50010319950611793X", "different"),
    ("postcode", "sw1a 1aa", "sw1a 9zz", "area"),
    ("postcode", "3212", "3213", "near"),
    ("email", "ann@alpha.example", "ann@omega.example", "mailbox"),
    ("address", "12 high street", "12 hihg street", "near"),
    ("text", "plumber", "plumbers", "near"),
    ("number", "41", "42", "next"),
    ("full_name", "ann mary lee", "lee ann mary", "reordered"),
    ("full_name", "ann lee", "ann mary lee", "subset"),
    ("full_name", "bill jones", "william jones", "alike"),
    ("full_name", "ann jones", "ann lee", "word"),
    ("han_name", "张*", "张伟", "masked"),
    ("han_name", "王先生", "王小明", "title"),
    ("han_name", "张伟", "章伟", "tone"),
    ("han_name", "张伟", "张维", "sound"),
    ("han_name", "Zhang Wei", "张伟", "sound"),
    ("han_name", "张小伟", "张小玮", "tone"),
    ("han_name", "张小明", "张小红", "one character"),
    ("han_name", "张伟", "李娜", "different"),
    (
        "han_address",
        "广东省肇庆市广宁县金丝雀路343号百灵鸟苑6号楼1单元102室",
        "广东肇庆广宁县金丝雀路343号百灵鸟苑6栋1单元102",
        "exact",
    ),
    (
        "han_address",
        "广东省肇庆市广宁县金丝雀路343号百灵鸟苑6号楼1单元102室",
        "广东省肇庆市广宁县金丝雀路343号百灵鸟苑8号楼1单元102室",
        "estate",
    ),
    ("han_address", "广东省肇庆市广宁县金丝雀路343号", "广东省肇庆市端州区大鹏路1号", "city"),
    ("han_address", "广东省肇庆市广宁县金丝雀路343号", "上海市普陀区民主路136号", "different"),
]


@pytest.mark.parametrize(("kind", "left", "right", "level"), LEVELS, ids=lambda v: None)
def test_a_level_means_what_it_says(kind, left, right, level):
    of = kinds()[kind]
    found = of.compare(pa.array([left, right]), pa.array([right, left]))
    assert of.levels[found[0]] == level
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", sorted(kinds()))
@settings(max_examples=40, deadline=None)
@given(pairs=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6))
def test_every_comparison_is_symmetric_bounded_and_survives_any_text(kind, pairs):
    of = kinds()[kind]
    left, right = (pa.array([p[n] for p in pairs], pa.string()) for n in (0, 1))
    there, back = of.compare(left, right), of.compare(right, left)
    assert (there == back).all()
    assert there.min() >= -1
    assert there.max() < len(of.levels)


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_key_has_one_answer_a_value_and_none_for_nothing(kind):
    values = pa.array(["张伟", "ann lee", "1980-02-03", "12 high street", "13800138000", "*", "👩‍👩‍👧", "a" * 400])
    for name, function in kinds()[kind].keys.items():
        assert len(function(values)) == len(values), name
        assert len(function(pa.array([], pa.string()))) == 0, name


def test_every_level_has_a_chinese_word():
    missing = {level for kind in kinds().values() for level in kind.levels} - set(words())
    assert not missing


def test_soundex_is_russells():
    names = ["Robert", "Rupert", "Ashcraft", "Tymczak", "Pfister", "Honeyman", "", None, "王"]
    assert keys.sound(pa.array(names)).to_pylist() == ["r163", "r163", "a261", "t522", "p236", "h555", None, None, None]


def test_masked_numbers_are_weighed_by_how_many_fit():
    from matching import Index, Spec
    from matching.agreement import agree

    spec = Spec.parse("{comparisons: [{kind: phone, column: phone}], blocking: {rules: [[phone]], propose: false}}")
    full = [f"+86138{n:04d}8000" for n in range(50)] + [f"+86139{n:04d}{n:04d}" for n in range(50)]
    index = Index.build(pa.table({"id": [str(n) for n in range(100)], "phone": full}), spec)
    left = {"phone": encode(pa.array(["138****8000", "139****0007"]))}
    rows = np.array([0, 1], np.int32), np.array([3, 57], np.int32)
    found = agree(spec, left, index.columns, index.frequencies, *rows)[0]
    assert found.levels.tolist() == [3, 3]
    assert found.chances[0] == pytest.approx(50 / 120, rel=0.01)
    assert found.chances[1] < 0.01


@pytest.mark.parametrize("kind", sorted(kinds()))
@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(ALIKE, ALIKE), min_size=1, max_size=30))
def test_what_is_known_of_the_letters_changes_no_level(kind, pairs):
    left, right = (encode(pa.array(side)) for side in zip(*pairs, strict=True))
    there = np.flatnonzero(
        (left.codes >= 0) & (right.codes >= 0) & (left.hashes[left.codes] != right.hashes[right.codes])
    )
    a, b = left.codes[there], right.codes[there]
    full = kinds()[kind].compare(left.values.take(pa.array(a)), right.values.take(pa.array(b)))
    assert kinds()[kind].grade(left, right, a, b).tolist() == full.tolist()


@settings(max_examples=300, deadline=None)
@given(left=ALIKE, right=ALIKE)
def test_no_text_that_is_alike_is_ruled_out(left, right):
    one, other = (letters.letters(pa.array([text])) for text in (left, right))
    at = np.zeros(1, dtype=np.int32)
    for least in (0.75, 0.8, 0.88, 0.95):
        alike = JaroWinkler.normalized_similarity(left, right) >= least
        assert letters.jaro_winkler(one, other, at, at, least)[0] or not alike
        alike = Indel.normalized_similarity(left, right) >= least
        assert letters.indel(one, other, at, at, least)[0] or not alike
    for most in (0, 1, 2):
        assert letters.edits(one, other, at, at, most)[0] or OSA.distance(left, right) > most


def test_most_texts_that_are_not_alike_are_ruled_out():
    names = pa.array(["jonathan", "margaret", "williams", "greenfield", "springer", "o'hara"])
    known = letters.letters(names)
    a, b = (np.array(n, dtype=np.int32) for n in zip(*itertools.combinations(range(len(names)), 2), strict=True))
    assert letters.jaro_winkler(known, known, a, b, 0.8).sum() <= 3
    assert letters.edits(known, known, a, b, 2).sum() == 0
