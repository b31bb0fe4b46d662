"""How fast contacts change and how many accounts are stale, found again in records made by known laws."""

import numpy as np
import pytest

from ranking import accounts
from ranking.validity import SOURCES, Sequence

DEFAULT = 0.9  # of records of a stale account: show what it saved


def records(rng, people, rate, stale, per_account=6, years=2.0):
    """Records of one account a person: after each change a new point; a stale account mostly keeps its first one."""
    rows = []
    for group in range(people):
        days = np.sort(rng.uniform(0, years * 365, per_account))
        changes = np.cumsum(rng.exponential(365 / rate, 60))
        keeps = rng.random() < stale
        for day in days:
            stint = 0 if keeps and rng.random() < DEFAULT else int(np.searchsorted(changes, day))
            rows.append((group, group * 100 + stint, day))
    group, point, day = (np.array(c) for c in zip(*rows, strict=True))
    n = len(group)
    return Sequence(
        group=group, point=point, account=group, owner=group * SOURCES, kind=np.zeros(n, int), pair=np.zeros(n, int), day=day.astype(float),
        sure=np.full(n, 0.99), announces=np.zeros(n, bool), mine=np.ones(n), other=np.ones(n),
    )  # fmt: skip


def change(s: Sequence, is_declared: np.ndarray | None = None) -> accounts.Change | None:
    declared = np.zeros(len(s.day), bool) if is_declared is None else is_declared
    told = accounts.told(s, declared, ~declared, 0.35)
    return told and accounts.change([told], 0.2)


@pytest.mark.parametrize(("rate", "stale"), [(0.15, 0.2), (0.4, 0.05), (0.8, 0.4), (1.5, 0.1)])
def test_the_laws_that_made_the_records_are_found_again(rate, stale):
    found = change(records(np.random.default_rng(5), 1500, rate, stale, per_account=8, years=3.0))
    assert found.rate[0] == pytest.approx(rate, rel=0.25)
    assert found.stale == pytest.approx(stale, abs=0.15)


def test_declared_contacts_and_announcements_alone_tell_nothing():
    s = records(np.random.default_rng(5), 3, 0.5, 0.0)
    assert change(s, np.ones(len(s.day), bool)) is None
    assert change(Sequence(**(vars(s) | {"announces": np.ones(len(s.day), bool)}))) is None


@pytest.mark.parametrize("stale", [0.03, 0.4])
def test_announcements_tell_stale_accounts_from_steady_people(stale):
    rng = np.random.default_rng(6)
    s = records(rng, 1500, 0.12, stale, per_account=5)
    # every third debtor also announced a change in between, which stale accounts go on ignoring
    rows = [
        (g, g * 100 + 50, d, True) if i == 2 and g % 3 == 0 else (g, p + (51 if moved else 0), d, False)
        for g in range(1500)
        for keeps in [rng.random() < stale]
        for i, (p, d) in enumerate(zip(s.point[s.group == g], s.day[s.group == g], strict=True))
        for moved in [g % 3 == 0 and i > 2 and not keeps]
    ]
    group, point, day, told = (np.array(c) for c in zip(*rows, strict=True))
    point = np.where(point >= group * 100 + 51, group * 100 + 50, point)
    n = len(group)
    book = Sequence(
        group=group, point=point, account=np.where(told, group + 9000, group), owner=group * SOURCES + told,
        kind=np.zeros(n, int), pair=np.zeros(n, int), day=day, sure=np.full(n, 0.99), announces=told, mine=np.ones(n), other=np.ones(n),
    )  # fmt: skip
    assert change(book).stale == pytest.approx(stale, abs=0.12)
