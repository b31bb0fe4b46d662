"""What kind of place an address is: a home, a pickup point, an office."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from core.kinds import ContactKind
from ranking import fuse, holders

HOME, PICKUP, OFFICE = "home", "pickup_point", "office"
# What workplaces call themselves; a home in such a building says so by its building and unit.
_OFFICE = re.compile(
    r"写字楼|大厦|大楼|商务|办公|公司|集团|工厂|[^药]厂(?:区|房)|中心|产业园|科技园|工业园|创业园|软件园|物流园|银行|医院|学校|大学|学院"
    r"|\b(?:office|suite|ste|floor|plc|ltd|inc|business park|industrial estate|hospital|university)\b",
    re.IGNORECASE,
)
_PLAZA = re.compile(r"广场|\bplaza\b", re.IGNORECASE)  # with a building of its own it may be a home


def kinds(frame: pd.DataFrame, people: np.ndarray) -> np.ndarray:
    """Per row home | pickup_point | office; what is no address is a home."""
    out = np.full(len(frame), HOME, dtype=object)
    rows = np.flatnonzero(frame.kind.eq(ContactKind.ADDRESS.value))
    if not len(rows):
        return out
    code, texts = pd.factorize(frame.value.to_numpy()[rows])
    by_text = np.array([_by_text(t) for t in texts], dtype=object)
    keys = pd.factorize(np.array([fuse.key(t) for t in texts]))[0]
    here = by_text[code]
    here = np.where(holders.crowded(frame.iloc[rows], keys[code], people) & (here == HOME), OFFICE, here)
    here = np.where(frame.is_pickup.to_numpy()[rows], PICKUP, here)
    out[rows] = here
    return out


def _by_text(text: str) -> str:
    address = fuse.parsed(text)
    if address.pickup:
        return PICKUP
    if address.unit or not address.poi:
        return HOME
    is_office = _OFFICE.search(address.poi) or (_PLAZA.search(address.poi) and not address.building)
    return OFFICE if is_office else HOME
