"""How fast contacts change and how many accounts are stale, found again in records made by known laws."""

import numpy as np
import pytest

from ranking import accounts
from ranking.validity import Sequence


def records(rng, people, rate, stale, per_account=6, years=2.0):
    """Records of one account a person: after each change a new point; a stale account keeps its first one."""
    rows = []
    for group in range(people):
        days = np.sort(rng.uniform(0, years * 365, per_account))
        changes = np.cumsum(rng.exponential(365 / rate, 60))
        keeps = rng.random() < stale
        for day in days:
            stint = 0 if keeps else int(np.searchsorted(changes, day))
            rows.append((group, group * 100 + stint, day))
    group, point, day = (np.array(c) for c in zip(*rows, strict=True))
    n = len(group)
    return Sequence(
        group=group, point=point, account=group, kind=np.zeros(n, int), pair=np.zeros(n, int), day=day.astype(float),
        sure=np.full(n, 0.99), announces=np.zeros(n, bool), mine=np.ones(n), other=np.ones(n),
    )  # fmt: skip


@pytest.mark.parametrize(("rate", "stale"), [(0.15, 0.2), (0.4, 0.05), (0.8, 0.4), (1.5, 0.1)])
def test_the_laws_that_made_the_records_are_found_again(rate, stale):
    s = records(np.random.default_rng(5), 1500, rate, stale, per_account=8, years=3.0)
    found = accounts.change(s, np.zeros(len(s.day), bool), rate=0.35, stale=0.2)
    assert found.rate == pytest.approx(rate, rel=0.25)
    assert found.stale == pytest.approx(stale, abs=0.15)


def test_nothing_seen_keeps_the_stated_priors():
    s = records(np.random.default_rng(5), 3, 0.5, 0.0)
    assert accounts.change(s, np.ones(len(s.day), bool), rate=0.35, stale=0.2) == accounts.Change(0.35, 0.2)


def test_announcements_are_no_evidence_of_how_often_contacts_change():
    s = records(np.random.default_rng(5), 50, 2.0, 0.0)
    told = Sequence(**(vars(s) | {"announces": np.ones(len(s.day), bool)}))
    assert accounts.change(told, np.zeros(len(s.day), bool), rate=0.35, stale=0.2) == accounts.Change(0.35, 0.2)
