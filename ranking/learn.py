"""Outcomes of attempts at published points → proposed parameters with a report. Pure and deterministic; a person promotes.

A point is the debtor's with probability p; what came of an attempt has one likelihood if it is, another if not. So an outcome
is never taken for the truth: contradicting ones cancel out, an unanswered call says little. From few outcomes: how often each
source's points were right against what was said (Gamma posterior on that ratio). From enough: a slope on every factor and an
intercept by kind (MAP; slopes near 1 and near each other, intercepts near 0), kept only where it does better on cases it was
not fitted to. What outcomes mean is learned first: how often each comes of a right point, and of a wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import optimize

from core.kinds import ContactKind
from ranking import attempts
from ranking.evaluate import ece
from ranking.params import Likelihoods, Params, Recalibration
from ranking.points import FACTORS, logit

_ENOUGH = 300  # attempts at points of one kind, for a recalibration
_NEWEST = 3  # outcomes of one point: more are a flood, not news
# Of the sum of factors, and of what one factor's slope has of its own: what is said before is right to about .03.
_INTERCEPT_SD, _SLOPE_SD, _OWN_SD = 0.3, 0.12, 0.02
_SOURCE_WEIGHT = 20.0  # right points that the prior "as good as was said" is worth
_HOLD_OUT = 4  # one case in so many is judged on, not learned from
_HEARD = "heard_"  # columns: how often each disposition came of a point
_TABLE_WEIGHT, _ROUNDS = 100.0, 30  # outcomes that the stated table is worth, by side; rounds of EM
_STRONG = 1.5  # log-likelihood ratio of an outcome that speaks clearly for a point, or against it
_FEW = 10  # points of a source in each half, to speak of drift
_KINDS = (ContactKind.PHONE.value, ContactKind.ADDRESS.value)


@dataclass(frozen=True)
class Learned:
    """``params``: the proposal. ``report``: kind, measure, before, after, outcomes. ``scorecard``: a row a source and kind.

    ``drift``: a row a source and kind, how much righter than said its points were in the earlier and in the later half of the
    outcomes. ``ignored``: how many outcomes were left out, by reason.
    """

    params: Params
    report: pd.DataFrame
    scorecard: pd.DataFrame
    drift: pd.DataFrame
    ignored: dict[str, int]


def learn(published: pa.Table, outcomes: pa.Table, params: Params, *, as_of: datetime) -> Learned:
    """``published``: CANDIDATES as they were when the attempts were made; ``outcomes``: CLEAN_OUTCOMES."""
    points = _points(published)
    tried, ignored = _tried(points, outcomes, params, as_of)
    if tried.empty:
        return Learned(params, _report(tried, tried), _scorecard(tried, tried), _drift(tried), ignored)
    tried, table = _as_heard(tried, params)
    after, record = _by_source(tried, params)
    learned: dict[str, Recalibration] = dict(params.recalibration)
    for kind in _KINDS:
        own = after[after.kind == kind]
        if len(own) >= _ENOUGH and (fitted := _recalibrated(own, learned.get(kind))) is not None:
            learned[kind] = fitted
            after.loc[own.index, "log_odds"] = _apply(own, fitted)
    proposal = params.model_copy(
        update={
            "version": f"learned-{as_of:%Y-%m-%d}",
            "outcomes": table,
            "track_record": record,
            "recalibration": learned,
            "provenance": {
                "from": params.version,
                "outcomes": len(tried),
                "until": f"{as_of:%Y-%m-%d}",
                "ignored": ignored,
            },
        }
    )
    return Learned(proposal, _report(tried, after), _scorecard(tried, after), _drift(tried), ignored)


# --- what is learned from -------------------------------------------------------------------------------------------
def _points(published: pa.Table) -> pd.DataFrame:
    """One row a published point: its key, its log-odds, one column a factor, its sources."""
    frame: pd.DataFrame = published.select(
        ["case_id", "kind", "value", "probability", "sources", "factors"]
    ).to_pandas()
    frame = frame[frame.kind.ne(ContactKind.REGION.value)].reset_index(drop=True)
    shown = [{f["factor"]: f["log_odds"] for f in row} for row in frame.factors]
    for factor in FACTORS:
        frame[factor] = [row.get(factor[2:], 0.0) for row in shown]
    frame["log_odds"] = logit(frame.probability)
    frame["key"] = attempts.keys(frame)
    return frame.drop(columns="factors").drop_duplicates(["case_id", "kind", "key"])


def _tried(
    points: pd.DataFrame, outcomes: pa.Table, params: Params, as_of: datetime
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Points that were tried, with ``mine`` and ``other``: the likelihoods of all that came of it."""
    rows: pd.DataFrame = outcomes.select(["case_id", "kind", "contact_value", "disposition", "at"]).to_pandas()
    rows = rows.rename(columns={"contact_value": "value"}).assign(key=attempts.keys)
    known = rows[rows.disposition.isin(list(params.outcomes))]
    timely = known[known["at"] <= pd.Timestamp(as_of)]
    joined = timely.drop(columns="value").merge(points, on=["case_id", "kind", "key"])
    newest = joined.sort_values("at", ascending=False, kind="stable").groupby(["case_id", "kind", "key"]).head(_NEWEST)
    names = ["case_id", "kind", "key"]
    total = newest.groupby(names)["at"].max().to_frame()
    for disposition in params.outcomes:  # how often this came of it
        total[_HEARD + disposition] = newest.disposition.eq(disposition).groupby([newest[n] for n in names]).sum()
    total = total.reset_index()
    ignored = {
        "unknown_disposition": len(rows) - len(known),
        "in_the_future": len(known) - len(timely),
        "never_published": len(timely) - len(joined),
        "more_than_newest": len(joined) - len(newest),
    }
    out = _weighed(points.merge(total, on=names), attempts.likelihoods(params))
    out["is_held_out"] = [crc32(c.encode()) % _HOLD_OUT == 0 for c in out.case_id]
    return out, ignored


def _weighed(frame: pd.DataFrame, likely: dict[str, dict[str, float]]) -> pd.DataFrame:
    """``mine`` and ``other``: the log-likelihoods of all that came of each point, by this table."""
    sides = {
        side: sum((frame[_HEARD + d] * np.log(p) for d, p in of.items()), pd.Series(0.0, index=frame.index))
        for side, of in likely.items()
    }
    return frame.assign(**sides)


def _as_heard(tried: pd.DataFrame, params: Params) -> tuple[pd.DataFrame, dict[str, Likelihoods]]:
    """The points weighed by what outcomes mean here, and that table (EM: of which points they are right nobody says).

    Where nearly all wrong numbers are dead ones, an unanswered call speaks for the debtor; where they are strangers', it does not.
    """
    likely, noise = attempts.likelihoods(params), params.outcome_noise
    counts = tried[[_HEARD + d for d in params.outcomes]].to_numpy(float)
    stated = {side: np.array([likely[side][d] for d in params.outcomes]) for side in likely}
    table = dict(stated)
    kind = tried.kind.eq(ContactKind.ADDRESS.value).to_numpy()
    said = tried.log_odds.to_numpy(float)
    ratio = np.log(stated["mine"] / stated["other"])
    speaks_for, against = ((counts[:, s * ratio > _STRONG] > 0).any(axis=1) for s in (1, -1))
    agrees = (~(speaks_for & against)).astype(
        float
    )  # a point of which both are heard says nothing of what either means
    shift = np.zeros(len(tried))
    for _ in range(_ROUNDS):
        told = counts @ (np.log(table["mine"]) - np.log(table["other"]))
        right = 1 / (1 + np.exp(-(said + shift + told)))
        for rows in (kind, ~kind):  # what is said may be off as a whole: that is not what outcomes mean
            if rows.any():
                before = 1 / (1 + np.exp(-(said + shift)[rows]))
                slope = (right[rows] - before).sum() - shift[rows][0] / _INTERCEPT_SD**2
                shift[rows] += slope / ((before * (1 - before)).sum() + _INTERCEPT_SD**-2)
        for side, share in (("mine", right * agrees), ("other", (1 - right) * agrees)):
            seen = share @ counts + _TABLE_WEIGHT * stated[side]
            table[side] = seen / seen.sum()  # with the slips of the hand in it, as heard
    clean = {side: np.maximum(p - noise / len(p), 1e-4) / (1 - noise) for side, p in table.items()}
    found = {
        d: Likelihoods(mine=round(float(clean["mine"][i]), 4), other=round(float(clean["other"][i]), 4))
        for i, d in enumerate(params.outcomes)
    }
    return _weighed(tried, {side: dict(zip(params.outcomes, p, strict=True)) for side, p in table.items()}), found


def _right(frame: pd.DataFrame) -> np.ndarray:
    """P(the point was the debtor's | what was said, and what came of it)."""
    return np.asarray(1 / (1 + np.exp(-(frame.log_odds + frame.mine - frame.other))), dtype=float)


# --- sources --------------------------------------------------------------------------------------------------------
def _by_source(tried: pd.DataFrame, params: Params) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """The points as their sources' track record corrects them, and that record: source → kind → log-odds.

    right / expected has a Gamma posterior around 1; a share of the mean that was said, times it, tells the log-odds.
    """
    rows = tried.assign(right=_right(tried), said=_p(tried), source=tried.sources).explode("source")
    rows[["right", "said"]] = rows[["right", "said"]].div(rows.groupby(level=0).source.transform("size"), axis=0)
    sums = rows.groupby(["source", "kind"])[["right", "said"]].sum()
    mean = rows.groupby(["source", "kind"]).said.mean().clip(0.05, 0.95)
    ratio = (sums.right + _SOURCE_WEIGHT) / (sums.said + _SOURCE_WEIGHT)
    shift = pd.Series(logit(np.clip(mean * ratio, 0.02, 0.98)) - logit(mean), index=sums.index)
    change = pd.Series(shift.reindex(pd.MultiIndex.from_frame(rows[["source", "kind"]])).to_numpy(), index=rows.index)
    change = change.groupby(level=0).mean().reindex(tried.index).fillna(0.0)
    record = {s: dict(kinds) for s, kinds in params.track_record.items()}
    for source, kind, value in zip(*(shift.index.get_level_values(n) for n in (0, 1)), shift, strict=True):
        known = record.setdefault(str(source), {})
        known[str(kind)] = round(known.get(str(kind), 0.0) + float(value), 4)
    moved = tried.assign(f_track_record=tried.f_track_record + change, log_odds=tried.log_odds + change)
    return moved, record


# --- recalibration --------------------------------------------------------------------------------------------------
def _recalibrated(own: pd.DataFrame, before: Recalibration | None) -> Recalibration | None:
    """Slopes and intercept of greatest posterior, of all cases; None where such of the others do not tell held-out cases better."""
    fit, judge = own[~own.is_held_out], own[own.is_held_out]
    tried = judge.assign(log_odds=_apply(judge, _fitted(fit, before)))
    return _fitted(own, before) if _log_likelihood(tried) > _log_likelihood(judge) else None


def _fitted(fit: pd.DataFrame, before: Recalibration | None) -> Recalibration:
    factors = [f for f in FACTORS if f != "f_recalibration"]
    x, rest = fit[factors].to_numpy(float), fit.f_recalibration.to_numpy(float) * (before is None)
    mine, other = fit.mine.to_numpy(float), fit.other.to_numpy(float)

    sd = np.array([_INTERCEPT_SD, _SLOPE_SD, *[_OWN_SD] * len(factors)])
    mean = np.array([0.0, 1.0, *[0.0] * len(factors)])
    design = np.column_stack([np.ones(len(x)), x.sum(axis=1), x])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        p = 1 / (1 + np.exp(-(rest + design @ theta)))
        total = np.logaddexp(np.log(p + 1e-12) + mine, np.log1p(-p + 1e-12) + other)
        posterior = np.exp(np.log(p + 1e-12) + mine - total)
        off = (theta - mean) / sd
        return float(off @ off / 2 - total.sum()), off / sd - design.T @ (posterior - p)

    found = optimize.minimize(loss, mean, jac=True, method="L-BFGS-B")  # type: ignore[no-untyped-call]
    own = found.x[1] + found.x[2:]
    slopes = {f: round(v, 4) for f, v in zip(factors, np.asarray(own).tolist(), strict=True) if abs(v - 1) > 1e-4}
    return Recalibration(intercept=round(float(found.x[0]), 4), slopes=slopes)


def _apply(frame: pd.DataFrame, fitted: Recalibration) -> np.ndarray:
    names = [f for f in FACTORS if f != "f_recalibration"]
    slopes = np.array([fitted.slopes.get(f, 1.0) for f in names])
    return np.asarray(fitted.intercept + frame[names].to_numpy(float) @ slopes)


def _log_likelihood(frame: pd.DataFrame) -> float:
    p = np.clip(_p(frame), 1e-9, 1 - 1e-9)
    return float(np.logaddexp(np.log(p) + frame.mine, np.log1p(-p) + frame.other).sum())


def _p(frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-frame.log_odds)), dtype=float)


# --- what a person reads before promoting -----------------------------------------------------------------------------
def _report(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """By kind, on held-out cases: log-likelihood of the outcomes a point, and calibration against what they say."""
    rows = []
    for kind in _KINDS if len(before) else ():
        old, new = (d[(d.kind == kind) & d.is_held_out] for d in (before, after))
        if old.empty:
            continue
        told = [_log_likelihood(d) / len(d) for d in (old, new)]
        off = [ece(_p(d), _right(d)) for d in (old, new)]
        for measure, (was, now) in {"log-likelihood a point": told, "ece": off}.items():
            rows.append({"kind": kind, "measure": measure, "before": was, "after": now, "outcomes": len(old)})
    return pd.DataFrame(rows, columns=["kind", "measure", "before", "after", "outcomes"])


def _scorecard(tried: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """How often each source's points were right, what was said of them, and what the proposal would have said."""
    columns = ["source", "kind", "points", "said", "right", "after"]
    if tried.empty:
        return pd.DataFrame(columns=columns)
    by = _sources(tried.assign(said=_p(tried), right=_right(tried), after=_p(after))).groupby(["source", "kind"])
    means = by[["said", "right", "after"]].mean()
    return means.assign(points=by.size()).reset_index()[columns]


def _drift(tried: pd.DataFrame) -> pd.DataFrame:
    """Did a source's points become righter or wronger than was said of them? The later half of outcomes against the earlier.

    ``change`` with ``low`` and ``high``, 95 %; ``is_drift``: it is not nothing.
    """
    columns = ["source", "kind", "points", "earlier", "later", "change", "low", "high", "is_drift"]
    if tried.empty:
        return pd.DataFrame(columns=columns)
    is_late = tried["at"] > tried["at"].median()
    rows = _sources(tried.assign(off=_right(tried) - _p(tried), is_late=is_late))
    halves = [
        rows[rows.is_late == late].groupby(["source", "kind"])["off"].agg(["mean", "var", "size"])
        for late in (False, True)
    ]
    early, late = (h[h["size"] >= _FEW] for h in halves)
    at = early.index.intersection(late.index)
    early, late = early.loc[at], late.loc[at]
    half = 1.96 * np.sqrt(early["var"] / early["size"] + late["var"] / late["size"])
    change = late["mean"] - early["mean"]
    out = pd.DataFrame({"points": early["size"] + late["size"], "earlier": early["mean"], "later": late["mean"]})
    out = out.assign(change=change, low=change - half, high=change + half).astype({"points": int})
    return out.assign(is_drift=(out.low > 0) | (out.high < 0)).reset_index()[columns]


def _sources(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(source=rows.sources).explode("source")
