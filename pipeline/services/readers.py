"""Who reads the feed, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reader:
    """On whose behalf something is read or told. ``portfolios`` None: every portfolio."""

    client_id: str
    portfolios: frozenset[str] | None = None

    @property
    def actor(self) -> str:
        return f"client:{self.client_id}"

    def sees(self, portfolio: str | None) -> bool:
        return self.portfolios is None or portfolio in self.portfolios


@dataclass(frozen=True, slots=True)
class Deltas:
    """One page as JSON lines. ``through``: up to this number nothing was left out; ``head``: the last one there is."""

    lines: list[str]
    through: int
    head: int


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one row of a batch: ``accepted``, or ``rejected`` with a code."""

    index: int
    status: str
    code: str = ""


class NotVisible(LookupError):
    """There is no such thing that this reader may see."""


class NotYours(PermissionError):
    """It is in a portfolio this reader has no part in, or nowhere: the answer does not tell which."""
