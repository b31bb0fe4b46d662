"""Is every published candidate covered by a valid consent? Counted again from the lender's raw files, sharing nothing with the product.

The standard library only, its own readers, its own idea of a grant. Reads what `skiptrace candidates` exports:

    skiptrace sample --out demo10 --debtors 20000 && skiptrace run -d demo10 --as-of 2026-11-01
    skiptrace candidates -d demo10 --format jsonl --reveal --reason "independent recount" --out candidates.jsonl
    python benchmarks/consent_recount.py sample demo10/data candidates.jsonl 2026-11-02
    python benchmarks/consent_recount.py portfolio ../shared/portfolio candidates.jsonl 2026-11-02

A candidate is a violation when its case is not in the list or not open, when a source behind it has no grant of its debtor that
covers tracing on the day, or when its number is that case's emergency contact. Exit code 1 when there is any.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

LAYOUTS = {
    "sample": {
        "registry": ("委案名单.csv", "gb18030"), "case": "委案编号", "customer": "客户编号", "id": "身份证",
        "status": ("案件进度", "失联"), "emergency": "联系人手机",
        "consents": ("授权台账.csv", "utf-8-sig"), "c_customer": "客户编号", "c_id": "身份证", "purpose": ("用途", "贷后联络"),
        "scope": "授权项", "granted": "授权日", "expires": "到期日", "withdrawn": "撤回时间",
        "sources": {"shop": "S01", "courier": "S01", "crm": "S02", "cards": "S03", "notes": "S04", "app": "S05"},
    },
    "portfolio": {
        "registry": ("registry/案件清单.csv", "gb18030"), "case": "案件编号", "customer": "客户号", "id": "证件号码",
        "status": ("案件状态", "失联"), "emergency": "紧急联系人电话",
        "consents": ("consent/consents.csv", "utf-8-sig"), "c_customer": "customer_no", "c_id": "cert_no",
        "purpose": ("purpose", "post_loan_contact"), "scope": "scope", "granted": "granted_at", "expires": "expires_at",
        "withdrawn": "withdrawn_at",
        "sources": {"shop": "delivery_address", "crm": "phone_update", "cards": "transaction_region",
                    "service": "service_note", "app": "app_location"},
    },
}  # fmt: skip
PERSON = re.compile(r"\d{17}[0-9Xx]")


def rows(raw: Path, file: tuple[str, str]) -> Iterator[dict[str, str]]:
    with (raw / file[0]).open(encoding=file[1], newline="") as text:
        yield from csv.DictReader(text)


def day(text: str) -> date | None:
    found = re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})", text or "")
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:  # 31 June: a date that is none grants nothing
        return None


def whole_id(text: str) -> str:
    """An id number that names one person, else nothing."""
    return text.upper() if PERSON.fullmatch(text or "") else ""


def covered(raw: Path, layout: dict, at: date) -> dict[str, set[tuple[str, str, str]]]:
    """Scope → (customer, id) of every row that is a valid grant at this day, by either key."""
    grants = [r for r in rows(raw, layout["consents"]) if r[layout["purpose"][0]] == layout["purpose"][1]]
    taken_back: dict[tuple[str, str], date] = {}
    for r in grants:
        back = day(r[layout["withdrawn"]])
        for key in (r[layout["c_customer"]], whole_id(r[layout["c_id"]])):
            if back and key:
                about = (key, r[layout["scope"]])
                taken_back[about] = max(back, taken_back.get(about, back))
    out: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for r in grants:
        customer, person, scope = r[layout["c_customer"]], whole_id(r[layout["c_id"]]), r[layout["scope"]]
        start, end = day(r[layout["granted"]]), day(r[layout["expires"]])
        if r[layout["withdrawn"]] or not start or not end or not start <= at < end:
            continue
        if any(taken_back.get((key, scope), date.min) >= start for key in (customer, person) if key):
            continue
        for key in (customer, person):
            if key:
                out[scope].add((key, customer, person))
    return out


def has_consent(by_key: dict, customer: str, person: str) -> bool:
    """A grant found by one key whose other key is somebody else's is not theirs."""
    for key in (customer, person):
        for _, c, p in by_key.get(key, ()) if key else ():
            if (not c or not customer or c == customer) and (not p or not person or p == person):
                return True
    return False


def digits(text: str) -> str:
    return re.sub(r"\D", "", text or "")[-11:]


def recount(layout: dict, raw: Path, exported: Path, at: date) -> tuple[int, Counter]:
    """How many candidates there are, and what is wrong with how many."""
    cases: dict[str, list[dict[str, str]]] = defaultdict(list)
    for r in rows(raw, layout["registry"]):
        cases[r[layout["case"]]].append(r)
    grants = covered(raw, layout, at)
    by_key: dict[str, dict] = {s: defaultdict(list) for s in grants}
    for scope, found in grants.items():
        for g in found:
            by_key[scope][g[0]].append(g)
    wrong: Counter = Counter()
    lines = exported.read_text(encoding="utf-8").splitlines()
    for candidate in map(json.loads, lines):
        own = cases.get(candidate["case_id"], [])
        if not own:
            wrong["case not in the list"] += 1
            continue
        if any(r[layout["status"][0]] != layout["status"][1] for r in own):
            wrong["case not open"] += 1
        behind = {layout["sources"][s] for s in candidate["sources"] if s in layout["sources"]}
        if not behind:
            wrong["rests on no consented source"] += 1
        for scope in behind:
            ok = any(has_consent(by_key.get(scope, {}), r[layout["customer"]], whole_id(r[layout["id"]])) for r in own)
            wrong[f"no valid consent: {scope}"] += not ok
        value = candidate["value"]
        if candidate["kind"] == "phone" and digits(value) in {digits(r[layout["emergency"]]) for r in own}:
            wrong["emergency contact"] += 1
    return len(lines), +wrong


def main(arguments: list[str]) -> int:
    layout, raw, exported, at = arguments
    candidates, wrong = recount(LAYOUTS[layout], Path(raw), Path(exported), date.fromisoformat(at))
    print(f"{layout}: {candidates} candidates, violations {sum(wrong.values())} {dict(wrong) or ''}")
    return 1 if wrong or not candidates else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
