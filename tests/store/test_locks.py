"""What this process does with the store's file drops none of SQLite's locks on it.

POSIX takes all locks of a process on a file when it closes any descriptor of that file. Another process that ends would then
take itself for the last, and remove the write-ahead log under those that still write to it: what they write is lost.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

import store

URL = "sqlite:///skiptrace.db"
OTHER = """
import sys
from pathlib import Path
import store
lease = store.open("sqlite:///skiptrace.db", base=Path(sys.argv[1])).lease(sys.argv[2])
print(lease and lease.holder)
"""


def seen_by_another(folder, name):
    """Whose this lease is, as a process that begins and ends sees it."""
    done = subprocess.run([sys.executable, "-c", OTHER, str(folder), name], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def opened_again(folder):
    store.open(URL, base=folder)


def looked_at(folder):
    store.examine(URL, base=folder)


def read_as_bytes(folder):
    assert {p.name: len(store.raw(p)) for p in folder.iterdir()} == {p.name: p.stat().st_size for p in folder.iterdir()}


@pytest.mark.parametrize("done", [opened_again, looked_at, read_as_bytes])
def test_what_is_written_after_another_process_ended_is_seen(tmp_path, done):
    first = store.open(URL, base=tmp_path)
    first.take("run", holder="before", about="", seconds=60)
    done(tmp_path)
    assert seen_by_another(tmp_path, "run") == "before"
    first.take("later", holder="after", about="", seconds=60)
    assert seen_by_another(tmp_path, "later") == "after"
