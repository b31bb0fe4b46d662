"""Who had what since when: stints of units (people, households), looked up by day. Day 0 is ``as_of``, the past negative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample.vocabulary import Ints

_SPAN = 1 << 14  # days; more than any history
GONE = -1


@dataclass
class Timeline:
    """Stints sorted by unit and start; each lasts until the next of its unit. ``value`` GONE means none."""

    unit: Ints
    start: Ints
    value: Ints

    def at(self, unit: Ints, day: Ints | int) -> Ints:
        """The value of each unit on that day. Every unit needs a stint that started by then."""
        key = self.unit * _SPAN + self.start
        found = np.searchsorted(key, unit * _SPAN + day, side="right") - 1
        return np.asarray(self.value[found])

    @property
    def is_last(self) -> np.ndarray:
        """Is it its unit's newest stint?"""
        return np.append(self.unit[1:] != self.unit[:-1], True)

    @property
    def end(self) -> Ints:
        """The day the next stint starts; 1 for the newest."""
        return np.where(self.is_last, 1, np.append(self.start[1:], 1))


def events(rng: np.random.Generator, unit: Ints, rate: np.ndarray, days: int) -> tuple[Ints, Ints, Ints]:
    """Poisson events of each unit over the last ``days``: their unit, day and ordinal (from 1), sorted."""
    count = rng.poisson(rate)
    who = np.repeat(unit, count)
    day = rng.integers(-days + 30, 0, len(who))
    order = np.lexsort((day, who))
    ordinal = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count) + 1
    return who[order], day[order], ordinal


def stints(unit: Ints, first: Ints, who: Ints, day: Ints, value: Ints, days: int) -> Timeline:
    """A timeline from the first value of each unit and its later changes."""
    units = np.concatenate([unit, who])
    starts = np.concatenate([np.full(len(unit), -days), day])
    order = np.lexsort((np.arange(len(units)), starts, units))
    return Timeline(units[order], starts[order], np.concatenate([first, value])[order])
