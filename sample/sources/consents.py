"""Consents: who agreed to what, until when, and who took it back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample.population import Population
from sample.rows import Cells, known
from sample.vocabulary import Bools, Ints
from sample.world import SCOPES

HEADER = ["客户编号", "身份证", "用途", "授权项", "授权日", "到期日", "撤回时间", "告知书版本", "凭证号"]
CODES = {scope: f"S0{i + 1}" for i, scope in enumerate(SCOPES)}
_NEVER = 1 << 20


@dataclass
class Grant:
    """One scope's grants, a row a person; ``granted`` False where that person never agreed."""

    granted: Bools
    start: Ints
    end: Ints
    withdrawn: Ints
    is_purpose: Bools

    @property
    def valid(self) -> Bools:
        """Does it cover tracing on day 0?"""
        return self.granted & self.is_purpose & (self.start <= 0) & (self.end > 0) & (self.withdrawn > 0)


def grant(people: Population, rng: np.random.Generator) -> dict[str, Grant]:
    """The grants of everybody, by scope."""
    laws, n = people.world.consents, people.size
    out = {}
    for scope in SCOPES:
        canary = np.arange(n) < people.canaries
        start = -rng.integers(30, people.days, n)
        expired = (rng.random(n) < laws.expired) & ~canary
        withdrawn = (rng.random(n) < laws.withdrawn) & ~canary
        end = np.where(expired, np.maximum(start + 20, -rng.integers(5, 400, n)), 365 * 5 + start % 997)
        back = np.where(withdrawn, np.maximum(start + 1, -rng.integers(1, 300, n)), _NEVER)
        granted = (rng.random(n) < laws.coverage(scope)) | canary
        out[scope] = Grant(granted, start, end, back, (rng.random(n) >= laws.other_purpose) | canary)
    return out


def write(people: Population, rng: np.random.Generator, grants: dict[str, Grant], first: int) -> list[Cells]:
    """The grants as the consent ledger exports them, keyed by customer number and id."""
    keys = known(rng, people.customer_no, people.world.missing_ids / 4)
    cells: list[Cells] = []
    for scope, g in grants.items():
        who = np.flatnonzero(g.granted)
        start, end, back = (_dates(people, d[who]) for d in (g.start, g.end, g.withdrawn))
        purpose = ["贷后联络" if p else "营销推送" for p in g.is_purpose[who].tolist()]
        cells += [
            [keys[w], people.id_number[w], p, CODES[scope], s, e, b and f"{b} 10:20:30", "GZ-2024-2"]
            for w, p, s, e, b in zip(who.tolist(), purpose, start, end, back, strict=True)
        ]
    for i, row in enumerate(cells):
        row.append(f"PZ{first + i:09d}")
    return cells


def _dates(people: Population, day: Ints) -> list[str]:
    text = np.datetime_as_string(np.datetime64(people.as_of) + np.where(day == _NEVER, 0, day)).tolist()
    return ["" if d == _NEVER else t for d, t in zip(day.tolist(), text, strict=True)]
