"""The texts of the terminal stand where the command that says them does."""

import re

from cli import texts
from tests.support import ROOT


def test_no_key_has_two_texts():
    assert sum(len(area.TEXTS) for area in texts.AREAS) == len(texts.TEXTS)


def test_a_command_finds_its_texts_among_its_own_or_the_shared():
    strays = {
        f"{file.name}: {key}"
        for file in (ROOT / "cli").glob("*.py")
        for key in re.findall(r'\bt\(\s*"([\w:]+)"[,)]', file.read_text(encoding="utf-8"))
        if key not in texts.shared.TEXTS and key not in getattr(getattr(texts, file.stem, None), "TEXTS", {})
    }
    assert strays == set()
