"""pull, check and admit of one large order file, step by step: ``python benchmarks/admit_orders.py [ROWS]``.

A fictional lender of 2,000 debtors and their consents; its shop is given ROWS orders. The steps run in one process; the
peak is that process's.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import pull_orders  # noqa: E402

SHOP = """\
  - name: bigshop
    kind: deliveries
    transport: csv
    location: {file}
    consent_scope: delivery_address
    fields: {{record_id: 订单号, origin_id: 订单号, observed_at: 下单时间, account_id: 会员号, name: 会员实名, id_tail: 会员证件尾号,
             contact_name: 收货人, contact_phone: 收货电话, contact_address: 收货地址}}
"""


def main(rows: int) -> None:
    import sample
    from pipeline import admit, check, pull
    from pipeline.run import Run, interval_of
    from pipeline.site import open_site
    from pipeline.walk import open_run

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sample.write(sample.WORLDS["demo"], folder, debtors=2000, seed=1)
        pull_orders.write(folder / "data", rows)
        declaration = folder / "deployment.yaml"
        orders = SHOP.format(file=pull_orders.FORMS["utf-8"])
        declaration.write_text(declaration.read_text(encoding="utf-8").rstrip() + "\n" + orders, encoding="utf-8")
        run = Run(open_site(folder), interval_of(date(2026, 11, 1)))
        open_run(run)
        for source in ("registry", "consents"):
            pull.pull(run, source)
            check.check(run, source)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"ready, {peak:.0f} MB")
        total = 0.0
        for step, verb in (("pull", pull.pull), ("check", check.check), ("admit", admit.admit)):
            began = time.perf_counter()
            ref = verb(run, "bigshop")
            seconds = time.perf_counter() - began
            total += seconds
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            left = ref.rows if ref else 0
            print(f"{step:6} {seconds:6.2f} s {rows / seconds:10,.0f} rows/s  {left:,} left  peak {peak:.0f} MB")
        print(f"all    {total:6.2f} s {rows / total:10,.0f} rows/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
