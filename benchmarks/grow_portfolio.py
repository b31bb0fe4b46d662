"""A portfolio as large as several of one: the same files and shapes, every copy other people.

    python benchmarks/grow_portfolio.py ../shared/portfolio grown 10

Shares nothing with the product (standard library, pyarrow for the one Parquet file). In each copy but the first, every case, customer,
member, order and note gets another number, every telephone other digits, every address another number and room, every name other
given characters, every id another birth date with the same last four and a right check digit, in every file alike: what belonged
together still does, and nothing of one copy belongs to another.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import sys
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PHONE = re.compile(r"(?<!\d)1[3-9](?:[ -]?\d){9}(?!\d)")
ID = re.compile(r"(\d{6})(\d{8})(\d{3})([\dX])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
REGISTRY, ENCODING = "registry/案件清单.csv", "gb18030"


class Copy:
    """How copy ``k`` writes each sort of value."""

    def __init__(self, k: int, given: list[str]) -> None:
        self.k = k
        turned = given[k * 97 % len(given) :] + given[: k * 97 % len(given)]
        self._given = dict(zip(given, turned, strict=True))

    def number(self, text: str) -> str:
        """C2026000007 → C2026000007-3: an id of a case, customer, member, order, note."""
        return f"{text}-{self.k}" if text else text

    def name(self, text: str) -> str:
        """Another given name; the surname stays, and so does a form of address (张女士)."""
        if len(text) < 2 or text.endswith(("先生", "女士", "小姐")):
            return text
        return text[0] + "".join(self._given.get(c, c) for c in text[1:])

    def phone(self, text: str) -> str:
        """The last eight digits moved on, separators as they were."""
        digits = re.sub(r"\D", "", text)
        moved = f"{(int(digits[-8:]) + self.k * 11_111_117) % 10**8:08d}"
        fresh = iter(digits[:-8] + moved)
        return "".join(next(fresh) if c.isdigit() else c for c in text)

    def address(self, text: str) -> str:
        """Every number of house, building and room moved on."""
        return re.sub(r"(?<!\d)\d{1,4}(?!\d)", lambda m: str(int(m[0]) + self.k), text)

    def text(self, text: str) -> str:
        """Free text: telephones, then the numbers of addresses."""
        parts, end = [], 0
        for found in PHONE.finditer(text):
            parts += [self.address(text[end : found.start()]), self.phone(found[0])]
            end = found.end()
        return "".join(parts) + self.address(text[end:])

    def id_number(self, text: str) -> str:
        """Another birth date under the same check digit; a masked one as it is."""
        found = ID.fullmatch(text or "")
        return text if found is None else found[1] + self._born(text) + found[3] + found[4]

    def birth_date(self, text: str, id_number: str) -> str:
        if ID.fullmatch(id_number or ""):
            born = self._born(id_number)
            return f"{born[:4]}-{born[4:6]}-{born[6:]}"
        return (date.fromisoformat(text) + timedelta(days=37 * self.k)).isoformat() if text else text

    def _born(self, id_number: str) -> str:
        return _dates(id_number)[self.k]


@lru_cache(maxsize=100_000)
def _dates(id_number: str) -> list[str]:
    """Birth dates with which this id has the check digit it has, its own first."""
    day = date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    out = []
    while len(out) < 64:
        born = day.strftime("%Y%m%d")
        if _rest(id_number[:6] + born + id_number[14:17]) == _rest(id_number[:17]):
            out.append(born)
        day += timedelta(days=1)
    return out


def _rest(digits: str) -> int:
    return sum(w * int(d) for w, d in zip(WEIGHTS, digits, strict=True)) % 11


# By file: what each of its columns is.
CSV_FILES: dict[str, tuple[str, dict[str, str]]] = {
    REGISTRY: (ENCODING, {"案件编号": "number", "客户号": "number", "客户姓名": "name", "预留手机号": "phone", "预留地址": "address",
                          "紧急联系人": "name", "紧急联系人电话": "phone"}),
    "consent/consents.csv": ("utf-8", {"customer_no": "number", "cert_no": "id_number", "evidence": "number"}),
    "shop/orders.csv": ("utf-8-sig", {"订单号": "number", "会员号": "number", "会员实名": "name", "收货人": "name",
                                      "收货电话": "phone", "收货地址": "address"}),
    "service/notes.csv": ("utf-8", {"note_id": "number", "customer_no": "number", "customer_name": "name", "text": "text"}),
    "outcomes/attempts.csv": ("utf-8", {"case_no": "number", "dialled": "text"}),
}  # fmt: skip


def grow(source: Path, into: Path, copies: int) -> None:
    with (source / REGISTRY).open(encoding=ENCODING, newline="") as file:
        given = sorted({c for row in csv.DictReader(file) for c in row["客户姓名"][1:]})
    made = [Copy(k, given) for k in range(copies)]
    for name, (encoding, columns) in CSV_FILES.items():
        _grow_csv(source / name, _at(into, name), encoding, columns, made)
    _grow_crm(source / "crm/updates.jsonl", _at(into, "crm/updates.jsonl"), made)
    _grow_cards(source / "cards/transactions.parquet", _at(into, "cards/transactions.parquet"), made)
    _grow_app(source / "app/app.sqlite", _at(into, "app/app.sqlite"), made)


def _at(into: Path, name: str) -> Path:
    (into / name).parent.mkdir(parents=True, exist_ok=True)
    return into / name


def _grow_csv(source: Path, into: Path, encoding: str, columns: dict[str, str], made: list[Copy]) -> None:
    with source.open(encoding=encoding, newline="") as file:
        reader = csv.DictReader(file)
        rows, names = list(reader), list(reader.fieldnames or ())
    with into.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for copy in made:
            writer.writerows(_row(row, columns, copy) if copy.k else row for row in rows)


def _row(row: dict[str, str], columns: dict[str, str], copy: Copy) -> dict[str, str]:
    fresh = {c: getattr(copy, columns[c])(v) if v and c in columns else v for c, v in row.items()}
    if "证件号码" in row:
        fresh |= {
            "证件号码": copy.id_number(row["证件号码"]),
            "出生日期": copy.birth_date(row["出生日期"], row["证件号码"]),
        }
    return fresh


def _grow_crm(source: Path, into: Path, made: list[Copy]) -> None:
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    with into.open("w", encoding="utf-8") as file:
        for copy in made:
            for row in rows:
                file.write(json.dumps(_crm(row, copy) if copy.k else row, ensure_ascii=False) + "\n")


def _crm(row: dict, copy: Copy) -> dict:
    def each(value: str | None, write: Callable[[str], str]) -> str | None:
        return write(value) if value else value

    customer, change = row["cust"], row["change"]
    customer = customer | {"no": each(customer["no"], copy.number), "name": each(customer["name"], copy.name),
                           "cert": each(customer["cert"], copy.id_number)}  # fmt: skip
    return row | {
        "id": copy.number(row["id"]),
        "cust": customer,
        "change": change | {"value": each(change["value"], copy.text)},
    }


def _grow_cards(source: Path, into: Path, made: list[Copy]) -> None:
    table = pq.read_table(source)
    parts = []
    for copy in made:
        part = table
        for column, write in (
            (("txn", copy.number), ("cert_no", copy.id_number), ("holder", copy.name)) if copy.k else ()
        ):
            values = pa.array([write(v) if v else v for v in part[column].to_pylist()], table.schema.field(column).type)
            part = part.set_column(part.schema.get_field_index(column), column, values)
        parts.append(part)
    pq.write_table(pa.concat_tables(parts), into)


def _grow_app(source: Path, into: Path, made: list[Copy]) -> None:
    with sqlite3.connect(f"file:{source}?mode=ro&immutable=1", uri=True) as old:
        rows = old.execute("SELECT customer_no, city, seen_on FROM coarse_location").fetchall()
    into.unlink(missing_ok=True)
    new = sqlite3.connect(into)
    new.execute("CREATE TABLE coarse_location (customer_no TEXT, city TEXT, seen_on TEXT)")
    for copy in made:
        told = [(copy.number(c) if copy.k else c, city, day) for c, city, day in rows]
        new.executemany("INSERT INTO coarse_location VALUES (?, ?, ?)", told)
    new.commit()
    new.close()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    grow(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
