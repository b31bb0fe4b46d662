"""Parts done by two processes, in turn: the same results in the same order, whatever the other one does."""

from __future__ import annotations

from concurrent.futures import Future

import pyarrow as pa
import pytest

from pipeline import ahead, turns

PARTS = [(n, pa.table({"n": [n]})) for n in range(12)]
WANTED = [(n, n, 10 * n) for n in range(12)]


def number(rows: pa.Table) -> int:
    return rows["n"][0].as_py()


def tenfold(rows: pa.Table) -> pa.Table:
    return pa.table({"n": [10 * number(rows)]})


class Asked(Future):
    """Who waits for it lets the other process go on."""

    def __init__(self, other: Other, rows: pa.Table) -> None:
        super().__init__()
        self.other, self.rows = other, rows

    def result(self, timeout=None):
        while not self.done():
            self.other.goes_on()
        return super().result(timeout)


class Other:
    """Stands for the other process: it does the next part it was given when it is told to go on."""

    def __init__(self, fails: frozenset[int] = frozenset()) -> None:
        self.line: list[Asked] = []
        self.given: list[int] = []
        self.withdrawn: list[int] = []
        self.fails = fails

    def ask(self, _function, rows):
        self.line.append(Asked(self, rows))
        self.given.append(number(rows))
        return self.line[-1]

    def withdraw(self, asked):
        self.withdrawn.append(number(asked.rows))

    def goes_on(self) -> None:
        if self.line:
            asked = self.line.pop(0)
            asked.set_result(None if number(asked.rows) in self.fails else tenfold(asked.rows))


@pytest.fixture
def in_turn(monkeypatch):
    """What comes of the parts, and which were done here; ``each`` happens with every one that is."""

    def in_turn(other, each=lambda _own: None, *, is_ready=lambda _own: True):
        own: list[int] = []

        def here(rows):
            own.append(number(rows))
            each(own)
            return tenfold(rows)

        monkeypatch.setattr(ahead, "beside", lambda _: other)
        monkeypatch.setattr(ahead, "is_done", lambda *_: other is not None and is_ready(own))
        found = turns.in_turn(None, "there", PARTS, here, ready="ready")
        return [(key, number(rows), number(out)) for key, rows, out in found], own

    return in_turn


def test_without_another_process_all_is_done_here(in_turn):
    assert in_turn(None) == (WANTED, [*range(12)])


def test_what_the_other_does_stands_in_its_place(in_turn):
    other = Other()
    found, own = in_turn(other, lambda _: other.goes_on())
    assert found == WANTED
    assert own[0] == 0, "what is due first waits for nobody"
    assert len(own) < 9
    assert not set(own) & (set(other.given) - set(other.withdrawn)), "nothing is done twice but what was withdrawn"


def test_what_the_other_cannot_do_is_done_here(in_turn):
    other = Other(fails=frozenset(range(12)))
    found, own = in_turn(other, lambda _: other.goes_on())
    assert found == WANTED
    assert sorted(own) == [*range(12)]


def test_when_all_else_is_done_what_the_other_has_not_begun_is_taken_back(in_turn):
    other = Other()
    found, own = in_turn(other)
    assert found == WANTED
    assert other.withdrawn
    assert set(other.withdrawn) <= set(own)


def test_it_is_given_nothing_before_it_is_ready(in_turn):
    other = Other()
    found, own = in_turn(other, lambda _: other.goes_on(), is_ready=lambda own: len(own) > 5)
    assert found == WANTED
    assert own[:6] == [0, 1, 2, 3, 4, 5]
    assert min(other.given) > 5
