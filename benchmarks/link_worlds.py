"""Made-up worlds to measure linking on, each of another kind: nobody in them exists.

    python benchmarks/link_worlds.py WORLD PEOPLE SEED FOLDER    # left.parquet, right.parquet, truth.csv

``census``: households, no ids, sons with fathers' names, a survey a year later. ``census_ages``: the same without birth
dates. ``tax``: wage forms (several a person, the number sometimes borrowed or lost) against a register, no birth dates.
``tax_names``: the same without numbers. ``errors``: long lists of errors, as FEBRL's generator makes them. ``open``: half of
the signals belong to nobody, a third of those are relatives of somebody. ``few``: a small registry, many signals each.
``sparse``: two thirds of everything missing. ``han``: Chinese names, masked numbers, tails of ids.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.link_people import NICKNAMES, Draw, Errors, Frame, Random, World, households, moved, renamed, write

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
        NICKNAMES.get(f, f[0]) if k else f for f, k in zip(left["first_name"], g.random(len(left)) < 0.06, strict=True)
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


if __name__ == "__main__":
    write(WORLDS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
