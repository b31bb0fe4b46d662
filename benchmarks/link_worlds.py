"""Made-up worlds to measure linking on, each of another kind: nobody in them exists.

    python benchmarks/link_worlds.py WORLD PEOPLE SEED FOLDER    # left.parquet, right.parquet, truth.csv

``census``: households, no ids, sons with fathers' names, a survey a year later. ``census_ages``: the same without birth
dates. ``tax``: wage forms (several a person, the number sometimes borrowed or lost) against a register, no birth dates.
``tax_names``: the same without numbers. ``errors``: long lists of errors, as FEBRL's generator makes them. ``open``: half of
the signals belong to nobody, a third of those are relatives of somebody. ``few``: a small registry, many signals each.
``sparse``: two thirds of everything missing. ``han``: Chinese names, masked numbers, tails of ids.
"""

from __future__ import annotations

import importlib
import sys
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
_NICK = {
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
_JOBS = [
    "farmer",
    "teacher",
    "clerk",
    "nurse",
    "miller",
    "priest",
    "painter",
    "lawyer",
    "engineer",
    "soldier",
    "merchant",
    "writer",
    "singer",
    "physician",
    "baker",
    "mason",
]


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
    out["first_name"] = [_NICK.get(f, f[0] if k % 4 == 0 else f) if s else f for k, (f, s) in enumerate(zip(out["first_name"], short, strict=True))]  # fmt: skip
    return out


World = Callable[[int, Random], tuple[Frame, Frame, np.ndarray, np.ndarray]]


def census(n: int, g: Random) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:
    d, e = Draw(g), Errors(g)
    people = households(d, n)
    counted = np.flatnonzero((g.random(int(people.home.max()) + 1) < 0.85)[people.home] & (g.random(n) < 0.97))
    asked = np.flatnonzero((g.random(int(people.home.max()) + 1) < 0.6)[people.home] & (g.random(n) < 0.95))
    later = renamed(d, moved(d, people, 0.12), 0.02, 0.05)
    borrowed = g.random(n) < 0.01  # a clerk's eye one line off: another member's date
    later["date_of_birth"] = np.where(borrowed, np.roll(later["date_of_birth"], 1), later["date_of_birth"])
    later["age"] = [
        str(int(a) + int(k))
        for a, k in zip(later["age"], g.choice([0, 1, 1, 2], n, p=[0.3, 0.3, 0.3, 0.1]), strict=True)
    ]
    wrong = {"first_name": 0.05, "last_name": 0.05, "date_of_birth": 0.04, "age": 0.02, "street_number": 0.03, "street_name": 0.06, "city": 0.02, "zipcode": 0.03}  # fmt: skip
    missing = {"first_name": 0.01, "last_name": 0.01, "middle_initial": 0.1, "date_of_birth": 0.06, "age": 0.03, "street_number": 0.02, "street_name": 0.02, "sex": 0.02, "race": 0.03, "relationship": 0.03, "zipcode": 0.02}  # fmt: skip
    left = e.spoil(later, wrong, missing).iloc[asked]
    right = e.spoil(people, {c: p / 2 for c, p in wrong.items()}, {c: p / 2 for c, p in missing.items()}).iloc[counted]
    return left.drop(columns="home"), right.drop(columns="home"), asked, counted


def census_ages(n: int, g: Random) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:
    left, right, a, b = census(n, g)
    return left.drop(columns="date_of_birth"), right.drop(columns="date_of_birth"), a, b


def tax(n: int, g: Random) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:
    d, e = Draw(g), Errors(g)
    people = households(d, n)
    people["ssn"] = d.digits(n, 9)
    people["employer"] = [
        f"{s} {k}" for s, k in zip(d.zipf(d.surnames, n, 1.0), g.choice(["ltd", "inc", "and sons"], n), strict=True)
    ]
    columns = [
        "first_name",
        "middle_initial",
        "last_name",
        "ssn",
        "street_number",
        "street_name",
        "unit_number",
        "city",
        "state",
        "zipcode",
    ]
    known = np.flatnonzero(g.random(n) < 0.8)
    paid = np.sort(g.choice(n, int(n * 0.7)))  # several forms a person
    later = renamed(d, moved(d, people, 0.15), 0.03, 0.06)
    later["ssn"] = np.where(g.random(n) < 0.03, np.roll(later["ssn"], 1), later["ssn"])  # of somebody in the household
    wrong = {
        "first_name": 0.05,
        "last_name": 0.05,
        "ssn": 0.03,
        "street_number": 0.03,
        "street_name": 0.06,
        "city": 0.02,
        "zipcode": 0.03,
    }
    missing = {"ssn": 0.2, "middle_initial": 0.15, "street_name": 0.03, "zipcode": 0.03, "street_number": 0.03}
    left = e.spoil(later.iloc[paid][[*columns, "employer"]].reset_index(drop=True), wrong, missing)
    right = e.spoil(
        people.iloc[known][columns].reset_index(drop=True),
        {c: p / 3 for c, p in wrong.items()},
        {"ssn": 0.25, "middle_initial": 0.1},
    )
    return left, right, paid, known


def tax_names(n: int, g: Random) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:
    left, right, a, b = tax(n, g)
    return left.drop(columns="ssn"), right.drop(columns="ssn"), a, b


def errors(n: int, g: Random) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:
    d, e = Draw(g), Errors(g)
    female = g.random(n) < 0.5
    place = d.places(n)
    right = Frame({
        "given_name": d.given(female), "surname": d.zipf(d.surnames, n), "street_number": place["street_number"],
        "address_1": place["street_name"], "address_2": [f"{a} flats" for a in d.zipf(d.streets, n)], "suburb": place["city"],
        "postcode": [z[:4] for z in place["zipcode"]], "state": place["state"], "date_of_birth": d.dates(g.integers(15, 95, n)),
        "age": None, "phone_number": [f"{a} {p}" for a, p in zip(g.choice(["02", "03", "07", "08"], n), d.digits(n, 8), strict=True)],
        "soc_sec_id": d.digits(n, 7),
    })  # fmt: skip
    right["age"] = [str(2020 - int(b[:4])) for b in right["date_of_birth"]]
    right["date_of_birth"] = right["date_of_birth"].str.replace("-", "")
    right = e.spoil(
        right,
        {},
        {
            "given_name": 0.02,
            "surname": 0.01,
            "address_2": 0.3,
            "phone_number": 0.1,
            "date_of_birth": 0.08,
            "age": 0.2,
            "state": 0.03,
        },
    )
    source = np.sort(g.choice(n, int(n * 0.8)))
    left = right.iloc[source].reset_index(drop=True)
    columns, values = [*left.columns], left.to_numpy(object).copy()
    likely = np.array([0.12, 0.12, 0.08, 0.12, 0.12, 0.1, 0.06, 0.03, 0.08, 0.05, 0.06, 0.06])
    for i in range(len(left)):  # one to ten errors a record, at most three a field
        spent = np.zeros(len(columns), int)
        for _ in range(int(g.integers(1, 11))):
            j = int(g.choice(len(columns), p=likely / likely.sum()))
            if spent[j] > 2 or not isinstance(values[i, j], str):
                continue
            spent[j] += 1
            how = g.random()
            if how < 0.12:
                values[i, j] = None
            elif how < 0.18:
                values[i, j] = values[int(g.integers(0, len(left))), j]
            elif how < 0.22 and j < 2:
                values[i, 0], values[i, 1] = values[i, 1], values[i, 0]
            else:
                values[i, j] = e.any(values[i, j])
    return Frame(values, columns=columns), right, source, np.arange(n)


def _lives(d: Draw, n: int) -> Frame:
    g = d.g
    female = g.random(n) < 0.3
    born = np.array([f"{y}-{m:02d}-{k:02d}" for y, m, k in zip(g.integers(1780, 1940, n), g.integers(1, 13, n), g.integers(1, 29, n), strict=True)], object)  # fmt: skip
    post = np.array([f"{a}{k} {j}{b}" for a, k, j, b in zip(g.choice(["sw", "ne", "br", "ln", "gu", "tn", "cf", "eh"], n), g.integers(1, 30, n), g.integers(1, 9, n), g.choice(["aa", "pe", "xd", "ny", "ls"], n), strict=True)], object)  # fmt: skip
    return Frame({"first_name": d.given(female), "surname": d.zipf(d.surnames, n), "dob": born, "birth_place": d.zipf(d.cities, n), "postcode": post, "gender": np.where(female, "female", "male"), "occupation": d.zipf(np.array(_JOBS, object), n)})  # fmt: skip


def open_world(n: int, g: Random, each: float = 1.0, strangers: float = 0.5, sparse: float = 0.0) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:  # fmt: skip
    d, e = Draw(g), Errors(g)
    right = _lives(d, n)
    source = g.integers(0, n, int(n * each * (1 - strangers)))
    nobody = _lives(d, int(n * each * strangers))
    kin = g.random(len(nobody)) < 0.33
    of = right.iloc[g.integers(0, n, len(nobody))].reset_index(drop=True)
    for column in ("surname", "birth_place", "postcode"):
        nobody[column] = np.where(kin, of[column], nobody[column])
    left = pd.concat([right.iloc[source], nobody], ignore_index=True)
    new = _lives(d, len(left))
    for column, share in (("postcode", 0.25), ("occupation", 0.1), ("birth_place", 0.05), ("surname", 0.02)):
        left[column] = np.where(g.random(len(left)) < share, new[column], left[column])
    left["first_name"] = [
        _NICK.get(f, f[0]) if k else f for f, k in zip(left["first_name"], g.random(len(left)) < 0.06, strict=True)
    ]
    wrong = {"first_name": 0.12, "surname": 0.14, "dob": 0.1, "birth_place": 0.06, "postcode": 0.08}
    missing = {c: max(p, sparse * 0.9) for c, p in {"first_name": 0.02, "surname": 0.01, "dob": 0.3, "birth_place": 0.25, "postcode": 0.3, "occupation": 0.4, "gender": 0.2}.items()}  # fmt: skip
    if sparse:
        missing |= {"surname": 0.05, "first_name": 0.08}
    left = e.spoil(left, wrong, missing)
    right = e.spoil(right, {c: p / 5 for c, p in wrong.items()}, {c: p / 4 for c, p in missing.items()})
    return left, right, np.append(source, np.full(len(nobody), -1)), np.arange(n)


def few(n: int, g: Random) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:
    return open_world(max(n // 8, 50), g, each=8.0, strangers=0.1)


def sparse(n: int, g: Random) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:
    return open_world(n, g, strangers=0.3, sparse=0.66)


_HAN_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_HAN_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华慧巧美雅芝玉萍红月彩春菊兰凤洁梅琳素云莲真环雪荣爱妹香莺媛瑞凡佳嘉琼勤珍贞莉"
_HAN_PLACES = (
    "浙江省宁波市鄞州区",
    "江苏省徐州市云龙区",
    "广东省珠海市香洲区",
    "四川省绵阳市涪城区",
    "山东省烟台市芝罘区",
    "湖北省随州市随县",
)


def _han_people(d: Draw, n: int) -> Frame:
    g = d.g
    given = [("".join(g.choice(list(_HAN_GIVEN), 2 if k else 1))) for k in g.random(n) < 0.75]
    name = [a + b for a, b in zip(d.zipf(np.array(list(_HAN_SURNAMES), object), n, 0.8), given, strict=True)]
    born = d.dates(g.integers(20, 75, n))
    number = [f"{a}{b.replace('-', '')}{t}" for a, b, t in zip(g.choice(["330212", "320303", "440402", "510703", "370602"], n), born, d.digits(n, 4), strict=True)]  # fmt: skip
    address = [f"{p}{s}路{k}号{b}幢{u}单元{r}室" for p, s, k, b, u, r in zip(d.zipf(np.array(_HAN_PLACES, object), n, 0.4), ["".join(x) for x in g.choice(list(_HAN_GIVEN), (n, 2))], g.integers(1, 900, n), g.integers(1, 30, n), g.integers(1, 5, n), g.integers(1, 33, n) * 100 + g.integers(1, 5, n), strict=True)]  # fmt: skip
    return Frame({"姓名": name, "证件号码": number, "手机号": [f"13{x}" for x in d.digits(n, 9)], "收货地址": address, "邮箱": [f"u{x}@mail.example" for x in d.digits(n, 6)]})  # fmt: skip


def han(n: int, g: Random) -> tuple[Frame, Frame, np.ndarray, np.ndarray]:
    d, e = Draw(g), Errors(g)
    right = _han_people(d, n)
    source = g.integers(0, n, n // 2)
    nobody = _han_people(d, n // 2)
    kin, of = g.random(len(nobody)) < 0.25, right.iloc[g.integers(0, n, len(nobody))].reset_index(drop=True)
    nobody["收货地址"] = np.where(kin, of["收货地址"], nobody["收货地址"])
    nobody["姓名"] = np.where(kin, of["姓名"].str[0] + nobody["姓名"].str[1:], nobody["姓名"])
    left = pd.concat([right.iloc[source], nobody], ignore_index=True)
    new, k = _han_people(d, len(left)), len(left)
    for column, share in (("手机号", 0.3), ("收货地址", 0.3)):
        left[column] = np.where(g.random(k) < share, new[column], left[column])
    left["手机号"] = np.where(
        g.random(k) < 0.3, left["手机号"].str[:3] + "****" + left["手机号"].str[7:], left["手机号"]
    )
    masked = left["姓名"].str[0] + "*" * 1 + left["姓名"].str[2:]
    left["姓名"] = np.where(g.random(k) < 0.3, masked, left["姓名"])
    left["证件号码"] = np.where(
        g.random(k) < 0.5, left["证件号码"].str[:3] + "*" * 11 + left["证件号码"].str[14:], left["证件号码"]
    )
    left["收货地址"] = np.where(
        g.random(k) < 0.3, left["收货地址"].str.replace("省", "").str.replace("幢", "栋"), left["收货地址"]
    )
    left = e.spoil(left, {"手机号": 0.03}, {"证件号码": 0.6, "手机号": 0.2, "收货地址": 0.2, "邮箱": 0.6, "姓名": 0.03})
    right = e.spoil(right, {}, {"证件号码": 0.05, "手机号": 0.1, "邮箱": 0.4, "收货地址": 0.1})
    return left, right, np.append(source, np.full(len(nobody), -1)), np.arange(n)


WORLDS: Mapping[str, World] = {
    "census": census, "census_ages": census_ages, "tax": tax, "tax_names": tax_names, "errors": errors, "open": open_world, "few": few, "sparse": sparse, "han": han,
}  # fmt: skip


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


if __name__ == "__main__":
    write(WORLDS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
