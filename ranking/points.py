"""Contact points with their log-odds: a chain of factors, each the step of one more thing known; the sum is the logit of P."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.kinds import SourceKind
from ranking import laws, validity
from ranking.observations import HOLDERS, OTHER
from ranking.params import Params
from ranking.validity import KINDS, Laws, Sequence

FACTORS = [
    *("f_source", "f_age", "f_holder", "f_place", "f_link", "f_corroboration", "f_contradiction", "f_outcomes"),
    *("f_reachable", "f_shared", "f_region", "f_track_record", "f_recalibration"),
]
_FLOOR = 1e-5
_GARBLED = 0.1  # a copy that says otherwise than its origin
_COPIES = 0.1  # of the records of a source: echoes of others make it one that copies
_MOST_RECORDS = 48  # of one point by one source: the oldest and the newest tell all


def logit(p: np.ndarray | pd.Series) -> np.ndarray:
    """ln(p / (1 - p)), kept finite."""
    q = np.clip(np.asarray(p, dtype=float), _FLOOR, 1 - _FLOOR)
    return np.asarray(np.log(q) - np.log1p(-q))


def weigh(frame: pd.DataFrame, params: Params) -> pd.DataFrame:
    """What of a record's probability is its own: ``p_holder``, ``p_place``, ``p_link``; ``pair``: source and kind of contact."""
    table = params.holder.model_dump()
    place = params.place.model_dump()
    out = frame.assign(
        p_holder=np.array([table[h] for h in HOLDERS])[frame.holder.to_numpy()],
        p_place=frame.place.map(place).astype(float),
        p_link=frame.sure.to_numpy() * np.where(frame.is_garbled, _GARBLED, 1.0),
    )
    out["pair"] = out.groupby(["source", "source_kind", "kind"], observed=True, sort=True).ngroup()
    return out


def pairs(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    """(source, kind of source, kind of contact) in the order of ``pair``."""
    rows = frame.drop_duplicates("pair").sort_values("pair")
    return [(str(a), str(b), str(c)) for a, b, c in zip(rows.source, rows.source_kind, rows.kind, strict=True)]


def sequence(frame: pd.DataFrame, attempts: pd.DataFrame) -> Sequence:
    """Sightings (echoes and other people's left out) and attempts, by group and day. Sightings come first on a day."""
    seen = frame[~frame.is_echo & (frame.holder < OTHER)]
    nth = seen.groupby(["point", "pair"]).cumcount().to_numpy()
    rest = seen.groupby(["point", "pair"]).cumcount(ascending=False).to_numpy()
    seen = seen[(nth < 1) | (rest < _MOST_RECORDS - 1)]
    group_of = frame.groupby("point")["group"].first()
    kind_of = frame.groupby("point")["kind"].first().map({k: i for i, k in enumerate(KINDS)})
    point = np.concatenate([seen.point, attempts.point]).astype(np.int64)
    n = len(attempts)
    sure = seen.p_holder * seen.p_place * seen.p_link
    group = group_of.reindex(point).to_numpy(dtype=np.int64)
    source = seen.source.cat.codes.to_numpy(dtype=np.int64)
    account = pd.factorize(seen.group.to_numpy() * validity.SOURCES + source)[0]
    case_of = frame.groupby("point")["case"].first()
    tried = case_of.reindex(attempts.point).to_numpy(dtype=np.int64) * validity.SOURCES + validity.SOURCES - 1
    out = Sequence(
        group=group,
        point=point,
        account=np.append(account, np.full(n, account.max(initial=-1) + 1)),
        owner=np.append(seen.case.to_numpy(dtype=np.int64) * validity.SOURCES + source, tried),
        kind=kind_of.reindex(point).to_numpy(dtype=np.int64),
        pair=np.append(seen.pair.to_numpy(), np.full(n, -1)).astype(np.int64),
        day=np.append(seen.day, attempts.day).astype(float),
        sure=np.append(sure, np.ones(n)),
        announces=np.append(seen.announces, np.zeros(n)).astype(bool),
        mine=np.append(np.ones(len(seen)), attempts.mine).astype(float),
        other=np.append(np.ones(len(seen)), attempts.other).astype(float),
    )
    return out[np.lexsort((out.pair < 0, out.day, out.group))]


def chain(frame: pd.DataFrame, attempts: pd.DataFrame, params: Params, as_of: float) -> tuple[pd.DataFrame, Laws]:
    """One row a point, in order of its code, with the factors as far as they come from its own case."""
    records = sequence(frame, attempts)
    sightings = records[records.pair >= 0]
    sources = pairs(frame)
    law = laws.estimate(sightings, laws.priors(params, sources), params.false_alarms, as_of, _habits(frame, sources))
    n = int(frame.point.max()) + 1
    steps = {
        **_best(frame, law, as_of),
        "f_corroboration": _mass(validity.run(validity.alone(sightings), law, as_of), n),
        "f_contradiction": _mass(validity.run(sightings, law, as_of), n),
    }
    steps["f_outcomes"] = _mass(validity.run(records, law, as_of), n) if len(attempts) else steps["f_contradiction"]
    steps["f_reachable"] = steps["f_outcomes"] * (1 - params.unreachable)
    out = pd.DataFrame(index=pd.RangeIndex(n, name="point"))
    before = np.zeros(n)
    for name, p in steps.items():
        now = logit(p)
        out[name] = now - before
        before = now
    return out, law


def _habits(frame: pd.DataFrame, sources: list[tuple[str, str, str]]) -> laws.Habits:
    echoes = frame.groupby("pair")["is_echo"].mean().reindex(range(len(sources))).fillna(0)
    return laws.Habits(
        is_declared=np.array([kind == SourceKind.DECLARED_CONTACTS.value for _, kind, _ in sources]),
        is_copying=echoes.to_numpy() > _COPIES,
        saves=np.array([kind == SourceKind.DELIVERIES.value for _, kind, _ in sources]),
    )


def _mass(filtered: validity.Filtered, n: int) -> np.ndarray:
    out = np.zeros(n)
    out[: len(filtered.mass)] = filtered.mass
    return out


def _best(frame: pd.DataFrame, law: Laws, as_of: float) -> dict[str, np.ndarray]:
    """The chain of each point's most telling record alone: how good its source, how old, whose, what place, how surely linked."""
    kind = frame.kind.map({k: i for i, k in enumerate(KINDS)}).to_numpy(dtype=np.int64)
    share = law.share[frame.pair.to_numpy()]
    age = np.exp(-law.rate[kind] * np.maximum(as_of - frame.day.to_numpy(), 0))
    own = (frame.p_holder * frame.p_place * frame.p_link).to_numpy() * ~frame.is_echo.to_numpy()
    order = np.lexsort((-(share * age * own), frame.point.to_numpy()))
    first = order[np.unique(frame.point.to_numpy()[order], return_index=True)[1]]
    steps = [share, age, frame.p_holder.to_numpy(), frame.p_place.to_numpy(), frame.p_link.to_numpy()]
    names = ["f_source", "f_age", "f_holder", "f_place", "f_link"]
    return dict(zip(names, np.cumprod([s[first] for s in steps], axis=0), strict=True))


def track_record(frame: pd.DataFrame, index: pd.Index, params: Params) -> np.ndarray:
    """What earlier outcomes say of each point's sources: the mean of their corrections."""
    if not params.track_record:
        return np.zeros(len(index))
    rows = frame.loc[frame.link >= 0, ["point", "source", "kind"]].drop_duplicates()
    table = params.track_record
    shift = [table.get(str(s), {}).get(k, 0.0) for s, k in zip(rows.source, rows.kind, strict=True)]
    return np.asarray(pd.Series(shift, index=rows.point).groupby(level=0).mean().reindex(index).fillna(0.0))


def recalibrate(points: pd.DataFrame, params: Params) -> np.ndarray:
    """What was learned from outcomes, as one more factor."""
    out = np.zeros(len(points))
    for kind, learned in params.recalibration.items():
        at = points.kind.eq(kind).to_numpy()
        out[at] += learned.intercept
        for factor, slope in learned.slopes.items():
            out[at] += (slope - 1) * points.loc[at, factor].to_numpy()
    return out


def score(points: pd.DataFrame) -> pd.DataFrame:
    """``log_odds``: the sum of the factors; ``probability``: its logistic."""
    log_odds = points[FACTORS].to_numpy(float).sum(axis=1)
    return points.assign(log_odds=log_odds, probability=1 / (1 + np.exp(-log_odds)))
