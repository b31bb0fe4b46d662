"""What came of earlier attempts: a truth of that day, heard through noise."""

from __future__ import annotations

import numpy as np

from sample.population import Population
from sample.rows import Cells, moments, pick, spaced
from sample.sources.registry import Cases
from sample.timeline import GONE
from sample.vocabulary import Bools, Ints

HEADER = ["案件号", "拨打号码", "号码来源", "结果", "时间"]
RESULTS = {
    "right_party": "本人接听",
    "wrong_party": "非本人",
    "no_answer": "无人接听",
    "disconnected": "停机空号",
    "refused": "拒绝沟通",
}
_NAMES = tuple(RESULTS)
# what comes of an attempt, in the order of RESULTS, by what the point is on that day
_MINE = (0.58, 0.0, 0.34, 0.0, 0.08)
_OTHERS = (0.0, 0.6, 0.36, 0.02, 0.02)
_DEAD = (0.0, 0.02, 0.18, 0.8, 0.0)


def dispositions(rng: np.random.Generator, is_mine: Bools, is_others: Bools, noise: float) -> list[str]:
    """What each attempt came to: at the debtor's own point, at somebody else's, or (neither) at a dead one."""
    kind = np.where(is_mine, 0, np.where(is_others, 1, 2))
    bound = np.cumsum([_MINE, _OTHERS, _DEAD], axis=1)[kind]
    draw = (rng.random(len(kind))[:, None] > bound).sum(axis=1).clip(max=len(_NAMES) - 1)
    wrong = rng.random(len(kind)) < noise
    heard = np.where(wrong, rng.integers(0, len(_NAMES), len(kind)), draw)
    return [_NAMES[i] for i in heard.tolist()]


def write(people: Population, rng: np.random.Generator, cases: Cases) -> list[Cells]:
    """Attempts on the declared number, and on numbers the debtor had in between."""
    n = rng.poisson(people.world.attempts_per_case, len(cases.case_id))
    case = np.repeat(np.arange(len(n)), n)
    person = cases.person[case]
    day = np.maximum(cases.lost[case] + rng.integers(1, 200, len(case)), -people.days + 1)
    keep = day < -1
    case, person, day = case[keep], person[keep], day[keep]
    between = people.phone_at(person, (cases.declared[case] + day) // 2)
    is_declared = (rng.random(len(case)) < 0.7) | (between == GONE)
    number = np.where(is_declared, cases.declared_phone[case], between)
    mine = number == people.phone_at(person, day)
    others = ~mine & (_answered_by_others(people, number) | (rng.random(len(case)) < 0.1))
    heard = dispositions(rng, mine, others, people.world.outcome_noise)
    return [
        list(row)
        for row in zip(
            pick(cases.case_id, case),
            [str(p) for p in number.tolist()],
            np.where(is_declared, "预留", "内部更新").tolist(),
            [RESULTS[h] for h in heard],
            spaced(moments(people, rng, day)),
            strict=True,
        )
    ]


def _answered_by_others(people: Population, number: Ints) -> Bools:
    return np.array([p in people.reissued for p in number.tolist()], dtype=bool)
