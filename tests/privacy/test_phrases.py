"""The phrases are data: each name of words is used, and each phrase finds what its line says."""

import re

import pytest
import yaml

from privacy.text.phrases import phrases
from tests.support import ROOT

TABLES = yaml.safe_load((ROOT / "privacy" / "text" / "phrases.yaml").read_text(encoding="utf-8"))


def test_every_name_of_words_is_used_and_every_used_name_is_there():
    used = {name for ways in TABLES["phrases"].values() for way in ways for name in re.findall(r"<(\w+)>", way)}
    assert used == set(TABLES["words"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("possesses", "那个"), ("possesses", "'s old "), ("to_contact", "的，是:"), ("to_noun", "的新"), ("i_am", "this is his "),
        ("on_behalf", "代表"), ("contact", " new phone"), ("another_thing", "'s "), ("predicate", "其实是"), ("later", "对方是"),
        ("later", "it's"), ("bracket", "(其表姑父)"), ("acts", " 来电"), ("himself", "，本人"),
    ],
)  # fmt: skip
def test_a_phrase_finds_what_it_is_for(name, said):
    assert getattr(phrases(), name).match(said)
