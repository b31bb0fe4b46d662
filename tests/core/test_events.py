"""One closed list of events: nothing else can be made, everything in it happens, and one function writes the chain."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from core.events import Event, EventName
from tests.support import ROOT

ROOMS = (
    "casework",
    "cli",
    "connectors",
    "core",
    "dags",
    "expectations",
    "feed",
    "pipeline",
    "policy",
    "privacy",
    "store",
    "workbench",
)
SOURCES = {f: f.read_text(encoding="utf-8") for room in ROOMS for f in sorted((ROOT / room).rglob("*.py"))}


class Another(StrEnum):
    HAPPENED = "run.opened"


@pytest.mark.parametrize("name", ["run.opened", "something.else", Another.HAPPENED])
def test_an_event_of_another_list_cannot_be_made(name):
    with pytest.raises(TypeError):
        Event(name, "test")


def test_every_event_of_the_list_is_emitted_somewhere():
    told = {
        n for f, text in SOURCES.items() if f.name != "events.py" for n in re.findall(r"EventName\.([A-Z_]+)", text)
    }
    assert {e.name for e in EventName} - told == set()


def test_no_other_file_names_an_event_in_its_own_words():
    written = re.compile("|".join(re.escape(f'"{e.value}"') for e in EventName))
    found = {f.relative_to(ROOT).as_posix() for f, text in SOURCES.items() if written.search(text)}
    assert found == {"core/events.py"}


def test_the_chain_is_written_in_one_place():
    found = {
        f.relative_to(ROOT).as_posix() for f, text in SOURCES.items() if re.search(r"insert\((tables\.)?audit\)", text)
    }
    assert found == {"store/audit.py"}
