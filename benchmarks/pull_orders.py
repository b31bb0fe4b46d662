"""How fast orders are pulled from CSV, and in how much memory: ``python benchmarks/pull_orders.py [ROWS]``.

Each encoding is read in a process of its own, so that the peak is its own. The orders are made up.
"""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FORMS = {"utf-8": "orders.csv", "gb18030": "orders_gb18030.csv", "utf-8, gzip": "orders.csv.gz"}
HEADER = "订单号,会员号,会员实名,会员证件尾号,收货人,收货电话,收货地址,下单时间,金额,备注\n"


def write(folder: Path, rows: int) -> None:
    """The same orders in three forms."""
    plain, chinese = folder / FORMS["utf-8"], folder / FORMS["gb18030"]
    with plain.open("wb") as a, chinese.open("wb") as b, gzip.open(folder / FORMS["utf-8, gzip"], "wb", 1) as c:
        for start in range(0, rows, 50_000):
            text = "".join(map(order, range(start, min(start + 50_000, rows))))
            text = (HEADER if start == 0 else "") + text
            encoded = text.encode()
            a.write(encoded)
            c.write(encoded)
            b.write(text.encode("gb18030"))


def order(i: int) -> str:
    name = "测试" + "甲乙丙丁戊己庚辛壬癸"[i % 10]
    note = '"门口, 放下""谢谢"""' if i % 20 == 0 else ""
    at = f"2026-{i % 10 + 1:02}-{i % 28 + 1:02} {i % 24:02}:{i % 60:02}:00"
    where = f"测试省示例市样本区虚构路{i % 997}号{i % 31}栋{i % 4}单元{i % 2503}"
    return f"D{i:012},M{i % 300_000},{name},{i % 10_000:04},{name},1990000{i % 10_000:04},{where},{at},{i % 900}.5,{note}\n"


def pull(path: Path) -> None:
    """One reading, measured in this process."""
    from connectors import pull
    from core.deployment import SourceSpec

    names = dict(
        zip(
            ("record_id", "account_id", "name", "id_tail", "contact_name", "contact_phone", "contact_address"),
            HEADER.split(","),
            strict=False,
        )
    )
    fields = names | {"origin_id": "订单号", "observed_at": "下单时间"}
    spec = SourceSpec(
        name="orders", kind="deliveries", transport="csv", location=path.name, fields=fields, consent_scopes=("any",)
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    read = sum(batch.read for batch in pull(spec, base=path.parent, environ={}))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{read:>10,} rows {seconds:6.2f} s {read / seconds:>10,.0f} rows/s  peak {peak >> 10} MB (+{(peak - before) >> 10})"
    )


def main() -> None:
    if sys.argv[1:2] == ["--pull"]:
        pull(Path(sys.argv[2]))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), rows)
        for form, file in FORMS.items():
            print(f"{form:<12}", end="", flush=True)
            subprocess.run([sys.executable, __file__, "--pull", str(Path(folder) / file)], check=True)


if __name__ == "__main__":
    main()
