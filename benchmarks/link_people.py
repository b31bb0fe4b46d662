"""What made-up worlds to link are made of: people, households, their moves, and the errors of whoever writes them down."""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

Frame = pd.DataFrame
Random = np.random.Generator
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SCAN = {"l": "1", "o": "0", "s": "5", "b": "6", "g": "9", "e": "c", "m": "rn", "i": "l", "z": "2", "h": "b", "u": "v"}
_SOUND = [
    ("ph", "f"),
    ("ck", "k"),
    ("th", "t"),
    ("ee", "i"),
    ("y", "i"),
    ("ll", "l"),
    ("tt", "t"),
    ("sch", "sh"),
    ("c", "k"),
]
NICKNAMES = {
    "william": "bill", "robert": "bob", "richard": "rick", "margaret": "peggy", "elizabeth": "liz", "james": "jim",
    "john": "jack", "thomas": "tom", "michael": "mike", "katherine": "kate", "charles": "charlie", "edward": "ted",
    "jennifer": "jen", "patricia": "pat", "joseph": "joe", "daniel": "dan", "samuel": "sam", "susan": "sue", "david": "dave",
}  # fmt: skip
_STREETS = [
    "oak",
    "maple",
    "park",
    "main",
    "mill",
    "church",
    "station",
    "queen",
    "king",
    "lake",
    "hill",
    "river",
    "north",
    "south",
    "cedar",
    "pine",
    "elm",
    "bridge",
    "union",
    "forest",
]
_ENDS = ["", "", "wood", "field", "side", "view", "dale", "ton", "ridge", "ford", "well", "land"]
_TYPES = ["street", "st", "avenue", "ave", "road", "rd", "lane", "drive", "dr", "court", "place"]


def fold(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if ord(c) < 128).strip().lower()


def faker_names(attribute: str, locales: tuple[str, ...]) -> np.ndarray:
    out: dict[str, None] = {}
    for locale in locales:
        found = getattr(importlib.import_module(f"faker.providers.person.{locale}").Provider, attribute, ())
        out |= {n: None for n in map(fold, found) if n.isalpha() and len(n) > 1}
    return np.array(list(out), dtype=object)


@dataclass
class Draw:
    """Random draws of one world; common values are common as in life (Zipf)."""

    g: Random

    def __post_init__(self) -> None:
        self.women, self.men = (
            faker_names(f"first_names_{s}", ("en_US", "en_GB", "de_DE", "es_MX")) for s in ("female", "male")
        )
        self.surnames = self.g.permutation(
            faker_names("last_names", ("en_US", "en_GB", "de_DE", "es_MX", "it_IT", "pl_PL", "fr_FR"))
        )
        self.streets = np.array([f"{a}{b}" for a in _STREETS for b in _ENDS], object)
        self.cities = np.array(
            [f"{a}{b}" for a in _STREETS for b in ("ville", "bury", "port", "mouth", "ham", "stead")], object
        )

    def zipf(self, values: np.ndarray, n: int, slope: float = 0.8) -> np.ndarray:
        weights = 1 / (np.arange(len(values)) + 2.5) ** slope
        return self.g.choice(values, n, p=weights / weights.sum())

    def given(self, female: np.ndarray) -> np.ndarray:
        return np.where(female, self.zipf(self.women, len(female), 0.9), self.zipf(self.men, len(female), 0.9)).astype(
            object
        )

    def digits(self, n: int, size: int) -> np.ndarray:
        return np.array([f"{x:0{size}d}" for x in self.g.integers(0, 10**size, n)], object)

    def dates(self, years_old: np.ndarray, now: str = "2020-04-01") -> np.ndarray:
        days = (years_old * 365.25 + self.g.integers(0, 365, len(years_old))).astype("timedelta64[D]")
        return np.datetime_as_string(np.datetime64(now) - days).astype(object)

    def places(self, n: int) -> Frame:
        """Addresses: street_number, street_name, unit_number, city, state, zipcode."""
        city = self.g.integers(0, len(self.cities), n) if n < 50 else self.zipf(np.arange(len(self.cities)), n, 0.7)
        street = np.array(
            [f"{s} {t}" for s, t in zip(self.zipf(self.streets, n, 0.5), self.g.choice(_TYPES, n), strict=True)], object
        )
        unit = np.where(self.g.random(n) < 0.2, np.array([f"apt {k}" for k in self.g.integers(1, 60, n)], object), None)
        zips = np.array(
            [f"{20000 + c * 37 + k:05d}" for c, k in zip(city, self.g.integers(0, 12, n), strict=True)], object
        )
        number = (self.g.zipf(1.3, n) % 3000 + self.g.integers(1, 400, n)).astype(str).astype(object)
        state = np.array([f"s{c % 9}" for c in city], object)
        return Frame({"street_number": number, "street_name": street, "unit_number": unit, "city": self.cities[city], "state": state, "zipcode": zips})  # fmt: skip


@dataclass
class Errors:
    """How records go wrong. Each method takes one text."""

    g: Random

    def typing(self, s: str) -> str:
        letters = "0123456789" if s.isdigit() else _LETTERS
        i, c = int(self.g.integers(0, len(s))), letters[int(self.g.integers(0, len(letters)))]
        j = min(i, max(len(s) - 2, 0))
        return [s[:i] + c + s[i + 1 :], s[:i] + s[i + 1 :], s[:i] + c + s[i:], s[:j] + s[j + 1 : j + 2] + s[j : j + 1] + s[j + 2 :]][int(self.g.integers(0, 4))]  # fmt: skip

    def scanning(self, s: str) -> str:
        at = [i for i, c in enumerate(s) if c in _SCAN]
        i = int(self.g.choice(at)) if at else 0
        return s[:i] + _SCAN[s[i]] + s[i + 1 :] if at else self.typing(s)

    def sounding(self, s: str) -> str:
        good = [(a, b) for a, b in _SOUND if a in s]
        return s.replace(*good[int(self.g.integers(0, len(good)))], 1) if good else self.typing(s)

    def date(self, s: str) -> str:
        y, m, d = int(s[:4]), int(s[5:7]), int(s[8:])
        how = self.g.random()
        if how < 0.3 and d <= 12:
            m, d = d, m
        elif how < 0.6:
            y += int(self.g.choice([-10, -1, 1, 1, 10]))
        elif how < 0.85:
            d = int(self.g.integers(1, 29))
        else:
            m, d = int(self.g.integers(1, 13)), int(self.g.integers(1, 29))
        return f"{y}-{m:02d}-{d:02d}"

    def any(self, s: str) -> str:
        if len(s) < 2:
            return s
        if len(s) == 10 and s[4] == s[7] == "-":
            return self.date(s)
        return [self.typing, self.scanning, self.sounding][int(self.g.choice(3, p=[0.6, 0.2, 0.2]))](s) if not s.isdigit() else self.typing(s)  # fmt: skip

    def spoil(self, frame: Frame, wrong: Mapping[str, float], missing: Mapping[str, float]) -> Frame:
        out = frame.copy()
        for column, share in wrong.items():
            values = out[column].to_numpy(object).copy()
            for i in np.flatnonzero((self.g.random(len(out)) < share) & out[column].notna().to_numpy()):
                values[i] = self.any(values[i]) or values[i]
            out[column] = values
        for column, share in missing.items():
            out.loc[self.g.random(len(out)) < share, column] = None
        return out


def households(d: Draw, people: int) -> Frame:
    """People by household: heads, spouses, children (sons sometimes named after the father, twins), lodgers."""
    size = np.minimum(1 + d.g.poisson(1.6, people), 8)
    home = np.repeat(np.arange(people), size)[:people]
    place = np.arange(people) - np.searchsorted(home, home)  # in the household
    homes = int(home.max()) + 1
    role = np.where(place == 0, "head", np.where(place == 1, "spouse", "child")).astype(object)
    role[(place >= 1) & (d.g.random(people) < 0.12)] = "lodger"
    head_age = d.g.integers(20, 85, homes)[home]
    age = np.where(
        role == "child", np.maximum(head_age - d.g.integers(19, 41, people), 0), head_age + d.g.integers(-6, 7, people)
    )
    female = np.where(place == 0, d.g.random(homes)[home] < 0.45, d.g.random(people) < 0.55)
    female = np.where(role == "spouse", ~female[np.searchsorted(home, home)], female)
    first, last = d.given(female), d.zipf(d.surnames, people)
    kin = (role == "child") | ((role == "spouse") & (d.g.random(people) < 0.8))
    last = np.where(kin, last[np.searchsorted(home, home)], last)
    junior = (role == "child") & ~female & ~female[np.searchsorted(home, home)] & (d.g.random(people) < 0.12)
    first = np.where(junior, first[np.searchsorted(home, home)], first)
    born = d.dates(np.clip(age, 0, 98))
    twin = (role == "child") & (np.roll(role, 1) == "child") & (np.roll(home, 1) == home) & (d.g.random(people) < 0.03)
    born = np.where(twin, np.roll(born, 1), born)
    out = Frame(
        {
            "first_name": first,
            "middle_initial": d.g.choice(list(_LETTERS), people),
            "last_name": last,
            "date_of_birth": born,
        }
    )
    out["age"] = [str(2020 - int(b[:4])) for b in born]
    out["sex"] = np.where(female, "female", "male")
    out["relationship"] = role
    out["race"] = d.zipf(np.array(["white", "black", "latino", "asian", "other"], object), homes, 1.2)[home]
    return pd.concat([out, d.places(homes).iloc[home].reset_index(drop=True)], axis=1).assign(home=home)


def moved(d: Draw, frame: Frame, share: float) -> Frame:
    """Whole households that live elsewhere now."""
    out, home = frame.reset_index(drop=True), frame["home"].to_numpy()
    elsewhere = d.places(int(home.max()) + 1).iloc[home].reset_index(drop=True)
    gone = (d.g.random(int(home.max()) + 1) < share)[home]
    for column in elsewhere.columns:
        out[column] = np.where(gone, elsewhere[column], out[column])
    return out


def renamed(d: Draw, frame: Frame, married: float, nick: float) -> Frame:
    out = frame.copy()
    n = len(out)
    bride = (d.g.random(n) < married) & (out["sex"] == "female")
    out["last_name"] = np.where(bride, d.zipf(d.surnames, n), out["last_name"])
    short = d.g.random(n) < nick
    out["first_name"] = [NICKNAMES.get(f, f[0] if k % 4 == 0 else f) if s else f for k, (f, s) in enumerate(zip(out["first_name"], short, strict=True))]  # fmt: skip
    return out


World = Callable[[int, Random], tuple[Frame, Frame, np.ndarray, np.ndarray]]


def write(world: World, people: int, seed: int, folder: Path) -> None:
    """The three files. Rows of both tables stand in random order; ids say nothing."""
    g = np.random.default_rng(seed)
    left, right, of_left, of_right = world(people, g)
    sides = []
    for frame, of, prefix in ((left, of_left, "s"), (right, of_right, "d")):
        order = g.permutation(len(frame))
        shuffled = frame.reset_index(drop=True).iloc[order].reset_index(drop=True)
        shuffled.insert(0, "id", [f"{prefix}{i}" for i in range(len(frame))])
        sides.append((shuffled, pd.Series(of[order])))
    (left, a), (right, b) = sides
    truth = Frame({"of": a, "id_l": left["id"]}).merge(Frame({"of": b, "id_r": right["id"]}), on="of")[["id_l", "id_r"]]
    folder.mkdir(parents=True, exist_ok=True)
    left.to_parquet(folder / "left.parquet", index=False)
    right.to_parquet(folder / "right.parquet", index=False)
    truth.to_csv(folder / "truth.csv", index=False)
