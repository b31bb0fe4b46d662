"""The app's coarse location, by permission: a city a day."""

from __future__ import annotations

import numpy as np

from sample.population import Population
from sample.rows import Rows, Whose, pick, rows
from sample.sources.cards import city_names
from sample.timeline import GONE, events
from sample.vocabulary import divisions

HEADER = ["gid", "uid", "region", "day"]
WINDOW_DAYS = 240


def write(people: Population, rng: np.random.Generator, first: int) -> Rows:
    """The days of the last eight months on which the app saw where it was."""
    world = people.world
    user = np.flatnonzero((rng.random(people.size) < world.app_users) | (np.arange(people.size) < people.canaries))
    rate = np.where(user < people.canaries, 6.0, world.app_days_a_year)
    who, day, _ = events(rng, user, rate, min(WINDOW_DAYS, people.days))
    home = people.home_at(who, day)
    who, day, home = who[home != GONE], day[home != GONE], home[home != GONE]
    away = rng.random(len(who)) < world.travel
    elsewhere = rng.choice(len(divisions().city), len(who), p=divisions().weight)
    city = np.where(away, elsewhere, people.places["city"][home])
    record = [str(first + i) for i in range(len(who))]
    days = np.datetime_as_string(np.datetime64(people.as_of) + day).tolist()
    cells = [
        [first + i, uid, region, int(d.replace("-", ""))]
        for i, (uid, region, d) in enumerate(
            zip(pick(people.customer_no, who), city_names(rng, city), days, strict=True)
        )
    ]
    whose = np.full(len(who), Whose.NOBODY)
    return rows("app", cells, record, who, day, whose=whose, city=np.where(away, GONE, city))
