"""How good a ranking is, against the truth: pure, candidates table + truth table → metrics with intervals.

Truth: one row a case, ``case_id`` and any of phone, city, province, district, address or the address's parts. A case without
any of them is not judged, one with
``reachable`` = 0 has no right answer. Two phones are the same by their last eleven digits; two addresses by ``values.address``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa

import values.address
import values.phone
import values.regions
from core.errors import BadInput
from core.kinds import ContactKind

_SAME_PLACE = 0.7
_BINS = 10
_DRAWS = 1000
_CHANCE_DRAWS = 200
_PARTS = (
    "province",
    "city",
    "district",
    "town",
    "village",
    "road",
    "number",
    "poi",
    "building",
    "unit",
    "floor",
    "room",
)
_TRUTH_OF = {"phone": "phone", "address": "address", "region": "city_code"}
KINDS = tuple(_TRUTH_OF)


@dataclass(frozen=True)
class Evaluation:
    """``metrics``: kind, metric, value, low, high (95 %, bootstrap by debtor), debtors. ``reliability``: kind, bin, said, true, n.

    ``judged``: the candidates with ``is_right`` and ``is_third_party``, for plots and for comparing.
    """

    metrics: pd.DataFrame
    reliability: pd.DataFrame
    judged: pd.DataFrame


def evaluate(
    candidates: pa.Table,
    truth: pa.Table,
    *,
    third_parties: pa.Table | None = None,
    ceiling: pa.Table | None = None,
    baselines: Mapping[str, pa.Table] | None = None,
    seed: int = 7,
    country: str = "CN",
) -> Evaluation:
    """Judge ``candidates`` (case_id, kind, value, probability at least). ``country``: where the truth's numbers and places are.

    ``third_parties``: case_id, phone of people who must not be reached. ``ceiling``: case_id, phone_eligible, address_eligible,
    city_eligible (0 or 1). ``baselines``: name → case_id, kind, value, probability of another way to rank.
    """
    known = _truth(truth, country)
    others = _others(third_parties, country)
    judged = judge(candidates, known, others)
    rows = _all_metrics(judged, known, ceiling, seed)
    ours = _per_debtor(judged, known)
    for name, table in (baselines or {}).items():
        theirs = judge(table, known, others)
        rows += _compare(name, ours, _per_debtor(theirs, known), seed)
    return Evaluation(pd.DataFrame(rows), _reliability(judged), judged)


def judge(candidates: pa.Table, truth: pd.DataFrame, others: set[tuple[str, str]]) -> pd.DataFrame:
    """The candidates of judged cases, best first within case and kind, with ``nth``, ``is_right``, ``is_third_party``."""
    frame: pd.DataFrame = candidates.select(["case_id", "kind", "value", "probability"]).to_pandas()
    frame = frame.merge(truth, on="case_id", how="inner")
    frame = frame[_is_known(frame)]
    frame = frame.sort_values(
        ["case_id", "kind", "probability", "value"], ascending=[True, True, False, True], kind="stable"
    )
    frame["nth"] = frame.groupby(["case_id", "kind"]).cumcount()
    rows = zip(frame.kind, frame.value, frame.phone, frame.address, frame.city_code, frame.province_code, strict=True)
    frame["is_right"] = [_is_right(*row) for row in rows]
    frame["is_third_party"] = [
        k == ContactKind.PHONE.value and (c, digits(v)) in others
        for k, c, v in zip(frame.kind, frame.case_id, frame.value, strict=True)
    ]
    return frame


def _is_known(frame: pd.DataFrame) -> np.ndarray:
    """Does the truth speak of this kind of contact of this case? Of a debtor who is gone: everything is wrong."""
    known = np.array(frame.is_gone, dtype=bool)
    for kind, column in _TRUTH_OF.items():
        known |= frame.kind.eq(kind).to_numpy() & frame[column].ne("").to_numpy()
    return known


def _is_right(kind: str, value: str, phone: str, address: str, city: str, province: str) -> bool:
    if kind == ContactKind.PHONE.value:
        return bool(phone) and digits(value) == digits(phone)
    if kind == ContactKind.ADDRESS.value:
        return bool(address) and same_address(value, address)
    if kind == ContactKind.REGION.value:
        return bool(value) and _region(value) in (city, province)
    return False


@lru_cache(maxsize=1 << 18)
def _parsed(text: str) -> values.address.Address:
    return values.address.parse(text)


def same_address(a: str, b: str) -> bool:
    left, right = _parsed(a), _parsed(b)
    return values.address.canonical(left) == values.address.canonical(right) or (
        values.address.same_place(left, right) >= _SAME_PLACE
    )


@lru_cache(maxsize=1 << 16)
def _region(code: str) -> str:
    """The code of a city or province as of today."""
    found = values.regions.division(code)
    return code if found is None else found.code


def digits(phone: str, country: str = "CN") -> str:
    """A number for comparing: E.164 where it can be parsed."""
    return _e164(phone, country)


@lru_cache(maxsize=1 << 20)
def _e164(phone: str, country: str) -> str:
    try:
        return values.phone.parse(phone, country).canonical
    except BadInput:
        return phone


def _truth(table: pa.Table, country: str) -> pd.DataFrame:
    """One row a judged case: case_id, phone, address, city_code, province_code, as text; "" where not told."""
    frame: pd.DataFrame = table.to_pandas().astype(object).fillna("").astype(str)
    for name in ("phone", *_PARTS):
        if name not in frame:
            frame[name] = ""
    if "address" not in frame:
        frame["address"] = [_written(row) for row in frame[list(_PARTS)].itertuples(index=False, name=None)]
    told = list(zip(frame.province, frame.city, frame.district, strict=True))
    codes = {t: _code(t, country) for t in set(told)}
    code = [codes[t] for t in told]
    frame["city_code"] = [(values.regions.city_of(c) or "") if c else "" for c in code]
    frame["province_code"] = [(values.regions.province_of(c) or "") if c else "" for c in code]
    frame["is_gone"] = frame.reachable.eq("0") if "reachable" in frame else False
    frame["phone"] = [digits(p, country) if p else "" for p in frame.phone]
    is_told = frame.phone.ne("") | frame.address.ne("") | frame.city_code.ne("") | frame.is_gone
    if "case_status" in frame:
        is_told &= frame.case_status.isin(["open", ""])
    columns = ["case_id", "phone", "address", "city_code", "province_code", "is_gone"]
    return frame.loc[is_told, columns].drop_duplicates("case_id")


def _code(parts: tuple[str, str, str], country: str) -> str:
    found = values.regions.resolve_parts(*parts, country)
    return found.code if found else ""


def _written(parts: tuple[str, ...]) -> str:
    """The address of these parts, in the order of ``_PARTS``, which is that of ``Address``."""
    address = values.address.Address(*(p or None for p in parts))  # type: ignore[arg-type]
    return values.address.written(address)


def _others(table: pa.Table | None, country: str) -> set[tuple[str, str]]:
    if table is None:
        return set()
    return {
        (c, digits(p, country)) for c, p in zip(table["case_id"].to_pylist(), table["phone"].to_pylist(), strict=True)
    }


# --- figures --------------------------------------------------------------------------------------------------------
def _per_debtor(judged: pd.DataFrame, truth: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Kind → one row per judged case: is there a candidate, is the first right, one of the first three, NDCG@3, whose."""
    out = {}
    for kind, column in _TRUTH_OF.items():
        cases = truth.loc[truth[column].ne(""), "case_id"]
        own = judged[judged.kind == kind]
        first = own[own.nth == 0].set_index("case_id").reindex(cases)
        hit = own[own.is_right].groupby("case_id")["nth"].min().reindex(cases)
        gain = np.where(hit < 3, 1 / np.log2(hit.fillna(99) + 2), 0.0)
        out[kind] = pd.DataFrame(
            {
                "coverage": first.value.notna().astype(float),
                "hit@1": (hit == 0).astype(float),
                "hit@3": (hit < 3).astype(float),
                "ndcg@3": gain,
                "wrong@1": (first.value.notna() & (hit != 0)).astype(float),
                "third-party@1": (first.is_third_party == True).astype(float),  # noqa: E712 (absent counts as no)
                "attempts": hit + 1,
                "said": first.probability,
            },
            index=cases,
        )
    return out


def _all_metrics(
    judged: pd.DataFrame, truth: pd.DataFrame, ceiling: pa.Table | None, seed: int
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for kind, table in _per_debtor(judged, truth).items():
        for metric in ("coverage", "hit@1", "hit@3", "ndcg@3", "wrong@1", "third-party@1"):
            if metric == "third-party@1" and kind != "phone":
                continue
            low, high = _interval(table[metric].to_numpy(), seed)
            rows.append(_row(kind, metric, table[metric].mean(), low, high, len(table)))
        tried = table.attempts.dropna()
        rows.append(_row(kind, "attempts to right party", tried.mean(), np.nan, np.nan, len(tried)))
        covered = table[table.coverage == 1]
        rows.append(_row(kind, "hit@1 where covered", covered["hit@1"].mean(), np.nan, np.nan, len(covered)))
        rows += _calibration(judged[judged.kind == kind], kind, seed)
        rows += _share_of_ceiling(kind, table, ceiling)
    return rows


def _calibration(own: pd.DataFrame, kind: str, seed: int) -> list[dict[str, object]]:
    if own.empty:
        return []
    p, y = own.probability.to_numpy(), own.is_right.to_numpy(dtype=float)
    low, high = _interval((p - y) ** 2, seed)
    first = (own.nth == 0).to_numpy()
    rows = [_row(kind, "brier", float(np.mean((p - y) ** 2)), low, high, len(own))]
    for name, said, right in (("ece", p, y), ("ece@1", p[first], y[first])):
        rows.append(_row(kind, name, ece(said, right), np.nan, np.nan, len(said)))
        rows.append(_row(kind, f"{name} by chance", *ece_by_chance(said, seed), len(said)))
    return rows


def ece(p: np.ndarray, y: np.ndarray, bins: int = _BINS) -> float:
    """Expected calibration error over equally filled bins (Naeini et al. 2015, adaptive bins): |said − true| by share."""
    if not len(p):
        return float("nan")
    off = (p - y)[np.argsort(p, kind="stable")]
    return float(np.abs(np.add.reduceat(off, _starts(len(p), bins))).sum() / len(p))


def _starts(n: int, bins: int) -> np.ndarray:
    """Where each of so many bins, filled alike, starts among ``n`` in order."""
    return np.array([part[0] for part in np.array_split(np.arange(n), min(bins, n))])


def ece_by_chance(p: np.ndarray, seed: int = 7, draws: int = _CHANCE_DRAWS) -> tuple[float, float, float]:
    """(mean, low, high) of the ECE that these probabilities would have by chance were they all true: 95 %, by simulation.

    A list of few has an ECE however well it is calibrated (Bröcker & Smith 2007); one above ``high`` is out of line.
    """
    if not len(p):
        return float("nan"), float("nan"), float("nan")
    rng, said = np.random.default_rng(seed), np.sort(p)
    found = [ece(said, (rng.random(len(p)) < said).astype(float)) for _ in range(draws)]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(np.mean(found)), float(low), float(high)


def _reliability(judged: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for kind, own in judged.groupby("kind"):
        box = np.minimum((own.probability * _BINS).astype(int), _BINS - 1)
        by = own.groupby(box)
        rows.append(
            pd.DataFrame(
                {"kind": kind, "said": by.probability.mean(), "true": by.is_right.mean(), "n": by.size()}
            ).rename_axis("bin")
        )
    return pd.concat(rows).reset_index() if rows else pd.DataFrame(columns=["bin", "kind", "said", "true", "n"])


def _share_of_ceiling(kind: str, table: pd.DataFrame, ceiling: pa.Table | None) -> list[dict[str, object]]:
    """Of the debtors whose current value stands in a usable record: how many are found first."""
    if ceiling is None:
        return []
    column = {"phone": "phone_eligible", "address": "address_eligible", "region": "city_eligible"}[kind]
    could = dict(zip(ceiling["case_id"].to_pylist(), ceiling[column].to_pylist(), strict=True))
    is_within = np.array([str(could.get(c, 0)) == "1" for c in table.index])
    return [
        _row(kind, "ceiling", float(is_within.mean()), np.nan, np.nan, len(table)),
        _row(kind, "hit@1 within ceiling", table["hit@1"][is_within].mean(), np.nan, np.nan, int(is_within.sum())),
        _row(kind, "hit@3 within ceiling", table["hit@3"][is_within].mean(), np.nan, np.nan, int(is_within.sum())),
        _row(kind, "share of ceiling", table["hit@1"].mean() / max(is_within.mean(), 1e-9), np.nan, np.nan, len(table)),
    ]


def _compare(
    name: str, ours: dict[str, pd.DataFrame], theirs: dict[str, pd.DataFrame], seed: int
) -> list[dict[str, object]]:
    """A baseline's own figure, and ours less theirs on the same debtors."""
    rows = []
    for kind in KINDS:
        if not theirs[kind].coverage.any():  # it does not rank this kind
            continue
        for metric in ("hit@1", "third-party@1")[: 2 if kind == "phone" else 1]:
            gain = (ours[kind][metric] - theirs[kind][metric]).to_numpy()
            low, high = _interval(gain, seed)
            rows.append(_row(kind, f"{metric} {name}", theirs[kind][metric].mean(), np.nan, np.nan, len(gain)))
            rows.append(_row(kind, f"{metric} over {name}", float(gain.mean()), low, high, len(gain)))
        both = ((ours[kind].coverage == 1) & (theirs[kind].coverage == 1)).to_numpy()
        gain = (ours[kind]["hit@1"] - theirs[kind]["hit@1"]).to_numpy()[both]
        if len(gain):
            low, high = _interval(gain, seed)
            rows.append(_row(kind, f"hit@1 over {name} where both cover", float(gain.mean()), low, high, len(gain)))
            gain = _at_equal_coverage(ours[kind], theirs[kind])
            low, high = _interval(gain, seed)
            rows.append(_row(kind, f"hit@1 over {name} at equal coverage", float(gain.mean()), low, high, len(gain)))
    return rows


def _at_equal_coverage(ours: pd.DataFrame, theirs: pd.DataFrame) -> np.ndarray:
    """Gain in hit@1 of each debtor where each side answers for as many, those it is surest of."""
    n = int(min(ours.coverage.sum(), theirs.coverage.sum()))
    mine, other = (t["hit@1"].where(t.said.rank(method="first", ascending=False) <= n, 0.0) for t in (ours, theirs))
    return (mine - other).to_numpy()


def _interval(per_debtor: np.ndarray, seed: int) -> tuple[float, float]:
    """95 % percentile bootstrap over debtors (paired, where the figure is a difference)."""
    if not len(per_debtor):
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    n = len(per_debtor)
    means = [per_debtor[rng.integers(0, n, n)].mean() for _ in range(_DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _row(kind: str, metric: str, value: float, low: float, high: float, n: int) -> dict[str, object]:
    return {"kind": kind, "metric": metric, "value": float(value), "low": low, "high": high, "debtors": n}
