"""More made-up worlds, for what the first ones are not: python benchmarks/link_worlds_hard.py WORLD PEOPLE SEED FOLDER.

``misspelt``: two errors in every name. ``hollow``: half of everything missing on both sides. ``swapped``: values stand in
each other's columns. ``small``: a registry of a few hundred, five times as many signals. ``tiny``: of twenty. ``five``:
name, year, town, sex and the end of a telephone number. ``cyrillic``: Russian names, some signals romanised, ё as е,
patronymics left out. ``accents``: Spanish, Portuguese, Polish, Turkish and French names, double surnames of which one is
often left out, accents lost, particles. ``vietnamese``: few surnames, whole names in one column. ``companies``: firms, not people.
"""

from __future__ import annotations

import importlib
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.link_people import Draw, Errors, Frame, Random, World, households, renamed, write

Tables = tuple[Frame, Frame, np.ndarray, np.ndarray]


def _sides(d: Draw, right: Frame, strangers: Frame, share: float = 0.5) -> tuple[Frame, np.ndarray]:
    """Signals: of registry people (some several times) and of strangers."""
    n = len(strangers)
    source = d.g.integers(0, len(right), int(n * share))
    left = pd.concat([right.iloc[source], strangers.iloc[: n - len(source)]], ignore_index=True)
    return left, np.append(source, np.full(n - len(source), -1))


def _people(d: Draw, n: int) -> Frame:
    female = d.g.random(n) < 0.5
    place = d.places(n)
    return Frame({
        "first_name": d.given(female), "last_name": d.zipf(d.surnames, n), "birth_date": d.dates(d.g.integers(18, 90, n)),
        "street": [f"{a} {b}" for a, b in zip(place["street_number"], place["street_name"], strict=True)],
        "city": place["city"], "zip": place["zipcode"], "phone": [f"0{x}" for x in d.digits(n, 9)],
    })  # fmt: skip


def misspelt(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)
    right = _people(d, n)
    left, of = _sides(d, right, _people(d, n))
    for _ in range(2):
        left = e.spoil(left, {"first_name": 0.7, "last_name": 0.8, "street": 0.5, "city": 0.4, "birth_date": 0.15}, {})
    left = e.spoil(left, {"phone": 0.2, "zip": 0.1}, {"phone": 0.5, "birth_date": 0.15, "zip": 0.1})
    return left, e.spoil(right, {"last_name": 0.1, "street": 0.1}, {"phone": 0.2}), of, np.arange(n)


def hollow(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)
    right = _people(d, n)
    left, of = _sides(d, right, _people(d, n))
    missing = {"first_name": 0.3, "last_name": 0.2, "birth_date": 0.5, "street": 0.5, "city": 0.4, "zip": 0.5, "phone": 0.6}  # fmt: skip
    wrong = {"first_name": 0.05, "last_name": 0.06, "birth_date": 0.05, "street": 0.05}
    return e.spoil(left, wrong, missing), e.spoil(right, {}, missing), of, np.arange(n)


def swapped(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)
    right = _people(d, n)
    left, of = _sides(d, right, _people(d, n))
    for share, one, other in ((0.15, "first_name", "last_name"), (0.05, "city", "street"), (0.05, "zip", "city")):
        k = g.random(len(left)) < share
        left.loc[k, [one, other]] = left.loc[k, [other, one]].to_numpy()
    k = g.random(len(left)) < 0.15
    left.loc[k, "birth_date"] = [f"{b[:4]}-{b[8:]}-{b[5:7]}" for b in left.loc[k, "birth_date"]]
    wrong = {"first_name": 0.06, "last_name": 0.06, "street": 0.05, "phone": 0.03}
    return e.spoil(left, wrong, {"phone": 0.4, "birth_date": 0.2, "zip": 0.2}), right, of, np.arange(n)


def small(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)
    people = households(d, max(n // 25, 20)).drop(columns=["home", "race", "relationship"])
    left, of = _sides(d, renamed(d, people, 0.03, 0.06), households(d, n // 5).drop(columns=["home", "race", "relationship"]), 0.4)  # fmt: skip
    wrong = {"first_name": 0.08, "last_name": 0.08, "date_of_birth": 0.06, "street_name": 0.05, "zipcode": 0.03}
    return e.spoil(left, wrong, {"date_of_birth": 0.2, "zipcode": 0.1, "age": 0.1}), people, of, np.arange(len(people))


def tiny(n: int, g: Random) -> Tables:
    return small(n // 20, g)


def five(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)

    def people(size: int) -> Frame:
        p = _people(d, size)
        sex = g.choice(["F", "M"], size)
        name = p["first_name"] + " " + p["last_name"]
        return Frame({"name": name, "year": p["birth_date"].str[:4], "town": p["city"], "sex": sex, "tel4": p["phone"].str[-4:]})  # fmt: skip

    right = people(n)
    left, of = _sides(d, right, people(n))
    k = g.random(len(left)) < 0.1
    left.loc[k, "name"] = [" ".join(reversed(x.split())) for x in left.loc[k, "name"]]
    wrong = {"name": 0.15, "year": 0.05, "town": 0.08, "tel4": 0.03}
    return e.spoil(left, wrong, {"year": 0.15, "tel4": 0.35, "town": 0.1}), e.spoil(right, {}, {"tel4": 0.1}), of, np.arange(n)  # fmt: skip


_ROMAN = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", ["a", "b", "v", "g", "d", "e", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya"], strict=True))  # fmt: skip


def romanised(text: str) -> str:
    return "".join(_ROMAN.get(c, c) for c in text.lower()).title()


def _names(locale: str, attribute: str) -> np.ndarray:
    found = getattr(importlib.import_module(f"faker.providers.person.{locale}").Provider, attribute)
    return np.array(list(dict.fromkeys(found)), dtype=object)


def _mistyped(e: Errors, frame: Frame, shares: Mapping[str, float], letters: str) -> Frame:
    """Errors of typing with the alphabet of the language."""
    out = frame.copy()
    for column, share in shares.items():
        values = out[column].to_numpy(object).copy()
        for i in np.flatnonzero(e.g.random(len(out)) < share):
            s = values[i]
            if not isinstance(s, str) or len(s) < 3:
                continue
            at, c = int(e.g.integers(1, len(s) - 1)), letters[int(e.g.integers(0, len(letters)))]
            values[i] = [s[:at] + c + s[at + 1 :], s[:at] + s[at + 1 :], s[:at] + c + s[at:]][int(e.g.integers(0, 3))]
        out[column] = values
    return out


def cyrillic(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)
    first = {s: _names("ru_RU", f"first_names_{s}") for s in ("male", "female")}
    last = {s: _names("ru_RU", f"last_names_{s}") for s in ("male", "female")}
    middle = {s: _names("ru_RU", f"middle_names_{s}") for s in ("male", "female")}
    streets = np.array([f"{a}ская" for a in ["Ленин", "Совет", "Октябрь", "Киров", "Пушкин", "Горьков", "Заречен", "Садов", "Лугов", "Полев", "Школьн", "Набережн"]], object)  # fmt: skip

    def people(size: int) -> Frame:
        female = g.random(size) < 0.5
        one = lambda of, slope: np.where(female, d.zipf(of["female"], size, slope), d.zipf(of["male"], size, slope)).astype(object)  # noqa: E731  # fmt: skip
        born = [f"{b[8:]}.{b[5:7]}.{b[:4]}" for b in d.dates(g.integers(18, 85, size))]
        address = [f"ул. {s}, д. {h}, кв. {k}" for s, h, k in zip(d.zipf(streets, size, 0.3), g.integers(1, 120, size), g.integers(1, 200, size), strict=True)]  # fmt: skip
        return Frame({"фамилия": one(last, 0.6), "имя": one(first, 0.9), "отчество": one(middle, 0.6), "дата_рождения": born, "адрес": address, "телефон": [f"+79{x}" for x in d.digits(size, 9)]})  # fmt: skip

    right = people(n)
    left, of = _sides(d, right, people(n))
    new = people(len(left))
    for column, share in (("адрес", 0.25), ("телефон", 0.3)):
        left[column] = np.where(g.random(len(left)) < share, new[column], left[column])
    for column in ("фамилия", "имя"):
        left[column] = left[column].str.replace("ё", "е")
    k = g.random(len(left)) < 0.15
    for column in ("фамилия", "имя", "отчество"):
        left.loc[k, column] = [romanised(x) for x in left.loc[k, column]]
    left = _mistyped(e, left, {"фамилия": 0.08, "имя": 0.06, "адрес": 0.05}, "абвгдежзиклмнопрст")
    left = e.spoil(left, {}, {"отчество": 0.4, "дата_рождения": 0.3, "адрес": 0.3, "телефон": 0.4})
    return left, e.spoil(right, {}, {"отчество": 0.05, "телефон": 0.15}), of, np.arange(n)


def bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ı", "i")) if not unicodedata.combining(c))  # fmt: skip


def accents(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)
    locales = ("es_ES", "pt_PT", "pl_PL", "tr_TR", "fr_FR")
    first = np.concatenate([_names(k, a)[:150] for k in locales for a in ("first_names_male", "first_names_female") if hasattr(importlib.import_module(f"faker.providers.person.{k}").Provider, a)])  # fmt: skip
    last = np.concatenate([_names(k, "last_names")[:300] for k in locales])
    first, last = g.permutation(first), g.permutation(last)
    cities = np.array(["Málaga", "Córdoba", "Łódź", "Kraków", "Évora", "Setúbal", "İzmir", "Eskişehir", "Besançon", "Nîmes", "Cádiz", "Gdańsk", "Braga", "Muğla", "Orléans"], object)  # fmt: skip

    def people(size: int) -> Frame:
        one, other = d.zipf(last, size), d.zipf(last, size)
        how = g.random(size)
        name = [f"{a} {b}" if h < 0.45 else f"{a}-{b}" if h < 0.55 else f"de la {a}" if h < 0.6 else a for a, b, h in zip(one, other, how, strict=True)]  # fmt: skip
        given = [f"{a} {b}" if h < 0.25 else a for a, b, h in zip(d.zipf(first, size), d.zipf(first, size), g.random(size), strict=True)]  # fmt: skip
        return Frame({"nombre": given, "apellidos": name, "nacimiento": d.dates(g.integers(18, 90, size)), "ciudad": d.zipf(cities, size, 0.4), "correo": [f"{bare(a).lower()[:4]}.{x}@mail.example" for a, x in zip(one, d.digits(size, 4), strict=True)]})  # fmt: skip

    right = people(n)
    left, of = _sides(d, right, people(n))
    names = [x.replace("de la ", "") if h < 0.5 else x for x, h in zip(left["apellidos"], g.random(len(left)), strict=True)]  # fmt: skip
    parts = [x.replace("-", " ").split(" ") for x in names]
    left["apellidos"] = [p[0] if h < 0.25 else p[-1] if h < 0.32 else "-".join(p) if h < 0.4 else x for x, p, h in zip(names, parts, g.random(len(left)), strict=True)]  # fmt: skip
    left["nombre"] = [x.split(" ")[0] if h < 0.5 else x for x, h in zip(left["nombre"], g.random(len(left)), strict=True)]  # fmt: skip
    k = g.random(len(left)) < 0.4
    for column in ("nombre", "apellidos", "ciudad"):
        left.loc[k, column] = [bare(x) for x in left.loc[k, column]]
    k = g.random(len(left)) < 0.2
    for column in ("nombre", "apellidos", "ciudad"):
        left.loc[k, column] = left.loc[k, column].str.upper()
    left = _mistyped(e, left, {"nombre": 0.05, "apellidos": 0.07}, "aeioulnrst")
    left = e.spoil(left, {"nacimiento": 0.05}, {"nacimiento": 0.2, "correo": 0.5, "ciudad": 0.15})
    return left, e.spoil(right, {}, {"correo": 0.2}), of, np.arange(n)


def vietnamese(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)
    surnames = np.array(
        [
            "Nguyễn",
            "Trần",
            "Lê",
            "Phạm",
            "Hoàng",
            "Huỳnh",
            "Phan",
            "Vũ",
            "Võ",
            "Đặng",
            "Bùi",
            "Đỗ",
            "Hồ",
            "Ngô",
            "Dương",
            "Lý",
        ],
        object,
    )
    words = np.array(["Thị", "Văn", "Hữu", "Đức", "Minh", "Thanh", "Ngọc", "Hồng", "Kim", "Quang", "Xuân", "Thu", "Hà", "Anh", "Dũng", "Hùng", "Lan", "Mai", "Phương", "Linh", "Hương", "Tuấn", "Sơn", "Hải", "Long", "Nam", "Bình", "Hòa", "Yến", "Trang", "Thảo", "Vy", "Khánh", "Tâm", "An"], object)  # fmt: skip

    def people(size: int) -> Frame:
        name = [" ".join(x) for x in zip(d.zipf(surnames, size, 1.0), d.zipf(words, size, 0.5), d.zipf(words, size, 0.2), strict=True)]  # fmt: skip
        return Frame({"full_name": name, "dob": d.dates(g.integers(18, 80, size)), "mobile": [f"09{x}" for x in d.digits(size, 8)], "province": d.zipf(np.array(["Hà Nội", "Đà Nẵng", "Huế", "Cần Thơ", "Hải Phòng", "Nghệ An"], object), size, 0.5)})  # fmt: skip

    right = people(n)
    left, of = _sides(d, right, people(n))
    k = g.random(len(left)) < 0.3
    left.loc[k, "full_name"] = [bare(x).replace("Đ", "D").replace("đ", "d") for x in left.loc[k, "full_name"]]
    k = g.random(len(left)) < 0.15
    left.loc[k, "full_name"] = [" ".join([*x.split()[1:], x.split()[0]]) for x in left.loc[k, "full_name"]]
    left = e.spoil(left, {"dob": 0.08, "mobile": 0.03}, {"mobile": 0.5, "dob": 0.2})
    return left, e.spoil(right, {}, {"mobile": 0.1}), of, np.arange(n)


def companies(n: int, g: Random) -> Tables:
    d, e = Draw(g), Errors(g)
    trades = np.array(["Logistics", "Foods", "Steel", "Software", "Textiles", "Motors", "Energy", "Paper", "Chemicals", "Builders", "Timber", "Media", "Tools", "Farms", "Systems"], object)  # fmt: skip
    forms = np.array(["Ltd", "Limited", "Inc", "GmbH", "PLC", "LLC", "Co"], object)

    def firms(size: int) -> Frame:
        place = d.places(size)
        name = [f"{a.title()} {f'& {b.title()} ' if h < 0.2 else ''}{t} {f}" for a, b, t, f, h in zip(d.zipf(d.surnames, size, 0.6), d.zipf(d.surnames, size), d.zipf(trades, size, 0.5), d.zipf(forms, size, 0.8), g.random(size), strict=True)]  # fmt: skip
        return Frame({"company": name, "street": place["street_name"], "city": place["city"], "postcode": place["zipcode"], "website": [f"{x.split()[0].lower()}{k}.example" for x, k in zip(name, g.integers(0, 30, size), strict=True)], "turnover": np.round(np.exp(g.normal(13, 2, size)), -3)})  # fmt: skip

    right = firms(n)
    left, of = _sides(d, right, firms(n))
    left["company"] = [x if h < 0.4 else " ".join(x.split()[:-1]) if h < 0.7 else x.upper() if h < 0.85 else x.replace("&", "and").replace("Limited", "Ltd") for x, h in zip(left["company"], g.random(len(left)), strict=True)]  # fmt: skip
    left["turnover"] = np.round(left["turnover"] * g.normal(1, 0.05, len(left)), -3)
    left = e.spoil(
        left, {"company": 0.06, "street": 0.1, "city": 0.03}, {"website": 0.5, "postcode": 0.15, "street": 0.2}
    )
    left.loc[g.random(len(left)) < 0.3, "turnover"] = None
    return left, e.spoil(right, {}, {"website": 0.2}), of, np.arange(n)


WORLDS: Mapping[str, World] = {
    f.__name__: f for f in (misspelt, hollow, swapped, small, tiny, five, cyrillic, accents, vietnamese, companies)
}

if __name__ == "__main__":
    write(WORLDS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
