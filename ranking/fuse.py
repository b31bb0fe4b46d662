"""Several spellings of one contact → one point: addresses by place, masked numbers by the one full number they fit."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

import numpy as np
import pandas as pd

import values.address
import values.phone
import values.regions
from core.kinds import ContactKind

# Estate or number agree and nothing finer contradicts: one of the two only says less.
_SAME_PLACE = 0.7
_PARTS = ("province", "city", "district", "road", "number", "poi", "building", "unit", "floor", "room")
_MASK = "*"


def points(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``point``: a code, the same for all observations of one contact of one case; -1 for a mask that fits none or several.

    Adds for addresses ``city`` (code or None) and marks pickup points that only their text gives away.
    """
    point = np.full(len(frame), -1, dtype=np.int64)
    kinds = frame.kind.to_numpy()
    values_ = pd.factorize(frame.value)[0].astype(np.int64)
    cluster = values_ * 8
    is_address = kinds == ContactKind.ADDRESS.value
    cluster[is_address] = _places(frame.loc[is_address, ["case", "value"]], frame.place.to_numpy()[is_address])
    is_masked = (kinds == ContactKind.PHONE.value) & _masked(frame.value)
    cluster[is_masked] = _unmasked(frame, values_ * 8, is_masked)
    known = cluster >= 0
    triple = pd.DataFrame(
        {"case": frame.case.to_numpy()[known], "kind": pd.factorize(kinds)[0][known], "c": cluster[known]}
    )
    point[known] = triple.groupby(["case", "kind", "c"], sort=False).ngroup().to_numpy()
    return frame.assign(point=point)


def _masked(column: pd.Series) -> np.ndarray:
    codes, distinct = pd.factorize(column)
    return np.array([_MASK in v for v in distinct], dtype=bool)[codes]


def _unmasked(frame: pd.DataFrame, codes: np.ndarray, is_masked: np.ndarray) -> np.ndarray:
    """Per masked row the code of the one full number of its case that fits; -1 where none or several do."""
    phones = frame.kind.eq(ContactKind.PHONE.value).to_numpy() & ~is_masked
    wanted = frame.case.to_numpy()[is_masked]
    full = pd.DataFrame({"case": frame.case[phones], "value": frame.value[phones], "code": codes[phones]})
    full = full[full.case.isin(wanted)].drop_duplicates()
    known: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for case, value, code in zip(full.case, full.value, full.code, strict=True):
        known[case].append((value, code))
    return np.array(
        [_only_fit(mask, known[case]) for case, mask in zip(wanted, frame.value[is_masked], strict=True)],
        dtype=np.int64,
    )


def _only_fit(mask: str, known: list[tuple[str, int]]) -> int:
    fitting = [code for value, code in known if values.phone.mask_fits(mask, value)]
    return fitting[0] if len(fitting) == 1 else -1


# --- addresses ------------------------------------------------------------------------------------------------------
def parsed(text: str) -> values.address.Address:
    return values.address.parse(text)


@lru_cache(maxsize=1 << 20)
def key(text: str) -> str:
    """The same for two spellings of one place; the text itself where nothing can be made of it."""
    return values.address.canonical(parsed(text)) or text


def cities(points: pd.DataFrame) -> np.ndarray:
    """The city code each point's address names; None for what is no address, or names none."""
    out = np.full(len(points), None, dtype=object)
    rows = np.flatnonzero(points.kind.eq(ContactKind.ADDRESS.value))
    codes = [parsed(t).division_code for t in points.value.to_numpy()[rows]]
    out[rows] = [values.regions.city_of(c) if c else None for c in codes]
    return out


def province(code: str) -> str:
    """The province of a division code; the code itself where it has none (a nation)."""
    return values.regions.province_of(code) or code


def detail(text: str) -> int:
    """How many parts an address gives."""
    address = parsed(text)
    return sum(getattr(address, part) is not None for part in _PARTS)


def _places(rows: pd.DataFrame, kinds: np.ndarray) -> np.ndarray:
    """Per row the code of its place within its case: spellings that name one place share it.

    ``kinds``: what place each is; the pickup point of an estate is no home in it, however little it says of its door.
    """
    text, distinct = pd.factorize(rows.value)
    if not len(distinct):
        return np.empty(0, dtype=np.int64)
    addresses = [parsed(t) for t in distinct]
    codes = pd.factorize(np.array([key(t) for t in distinct]))[0]
    groups = pd.factorize(kinds)[0].astype(np.int64) + rows.case.to_numpy() * 8
    pairs, back = np.unique(groups * len(distinct) + text, return_inverse=True)
    case, text = np.divmod(pairs, len(distinct))
    place = codes[text].astype(np.int64)
    starts = np.flatnonzero(np.append(True, case[1:] != case[:-1]))
    differs = np.minimum.reduceat(place, starts) != np.maximum.reduceat(place, starts)
    ends = np.append(starts[1:], len(case))
    for start, end in zip(starts[differs], ends[differs], strict=True):
        place[start:end] = _merge([addresses[t] for t in text[start:end]], place[start:end].tolist())
    return np.asarray(place * 8 + case % 8)[back]


def _merge(addresses: list[values.address.Address], codes: list[int]) -> list[int]:
    """The fullest addresses stand for places; each further one joins the place it names best, or stands for its own."""
    order = sorted(range(len(addresses)), key=lambda i: (-_parts(addresses[i]), codes[i]))
    heads: list[int] = []
    out = list(codes)
    for i in order:
        scores = [(_alike(addresses[i], addresses[h], codes[i] == codes[h]), -n) for n, h in enumerate(heads)]
        best = max(scores, default=(0.0, 0))
        if best[0] >= _SAME_PLACE:
            out[i] = codes[heads[-best[1]]]
        else:
            heads.append(i)
    return out


def _alike(a: values.address.Address, b: values.address.Address, same_key: bool) -> float:
    return 1.0 if same_key else values.address.same_place(a, b)


def _parts(address: values.address.Address) -> int:
    return sum(getattr(address, part) is not None for part in _PARTS)
