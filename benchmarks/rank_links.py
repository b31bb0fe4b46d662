"""How long ranking takes and how much memory: `python benchmarks/rank_links.py [links] [debtors] [--profile]` (default 1 M and 200 k)."""

from __future__ import annotations

import cProfile
import pstats
import resource
import sys
import time
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

import ranking
from core import schemas

AS_OF = datetime(2026, 11, 2, tzinfo=UTC)
_DAY = 86_400_000_000
_CITIES = ("浙江省宁波市鄞州区", "江苏省徐州市云龙区", "广东省珠海市香洲区", "四川省绵阳市涪城区", "山东省烟台市芝罘区")


def portfolio(links: int, debtors: int, seed: int = 1) -> dict[str, pa.Table | pa.Array]:
    """Synthetic links: shop deliveries, their courier copies, phone updates and card regions, of debtors who move."""
    rng = np.random.default_rng(seed)
    case = rng.integers(0, debtors, links)
    kind = rng.choice(4, links, p=[0.4, 0.1, 0.2, 0.3])
    source = np.array(["shop", "courier", "crm", "cards"])[kind]
    source_kind = np.array(["deliveries", "deliveries", "phone_updates", "transaction_regions"])[kind]
    age = np.where(kind == 3, rng.integers(0, 90, links), rng.integers(0, 900, links))
    home = (case * 7 + (age > rng.integers(0, 1500, links))) % (debtors * 3)
    phone = np.char.add("+86199", np.char.zfill(home.astype(str), 8))
    door = np.char.add(np.char.add("测试路", (home % 9000 + 1).astype(str)), "号")
    address = np.char.add(
        np.char.add(np.array(_CITIES)[home % 5], door), np.char.add((home // 9000 + 1).astype(str), "号楼101室")
    )
    moves = kind < 2
    ids = np.char.add("s", np.arange(links).astype(str))
    case_ids = np.char.add("C", np.char.zfill(np.arange(debtors).astype(str), 7))
    empty = np.zeros(links, dtype=bool)
    at = int(AS_OF.timestamp() * 1e6) - age.astype(np.int64) * _DAY - rng.integers(0, _DAY, links)
    signals = pa.table(
        {
            "signal_id": ids,
            "source": source,
            "kind": source_kind,
            "record_id": ids,
            "origin_id": ids,
            "observed_at": pa.array(at, pa.timestamp("us", tz="UTC")),
            "contact_phone": pa.array(phone, mask=kind == 3),
            "contact_address": pa.array(address, mask=~moves),
            "contact_name": pa.array(np.where(rng.random(links) < 0.9, "测试人", "测试友"), mask=~moves),
            "region": pa.array(np.array(["330200", "320300", "440400", "510700", "370600"])[home % 5], mask=kind != 3),
            "mcc": pa.array(np.full(links, "5411"), mask=kind != 3),
            "retires_older": kind == 2,
            "confidence": np.ones(links),
        }
    )
    registry = pa.table(
        {
            "case_id": case_ids,
            "customer_no": case_ids,
            "name": pa.array(["测试人"] * debtors),
            "phone": np.char.add("+86199", np.char.zfill((np.arange(debtors) * 7 % (debtors * 3)).astype(str), 8)),
            "case_status": pa.array(["open"] * debtors),
        }
    )
    pairs = pa.table(
        {
            "signal_id": ids,
            "case_id": case_ids[case],
            "probability": np.full(links, 0.99),
            "consent_id": pa.array(["K"] * links),
        }
    )
    return {
        "links": schemas.conform(pairs, schemas.LINKS),
        "signals": schemas.conform(signals, schemas.ADMITTED),
        "registry": schemas.conform(registry, schemas.CLEAN_REGISTRY),
        "outcomes": schemas.empty(schemas.CLEAN_OUTCOMES),
        "third_party": pa.array(empty),
    }


def main() -> None:
    numbers = [a for a in sys.argv[1:] if a != "--profile"]
    links, debtors = (int(a) for a in (numbers or ("1000000", "200000")))
    data = portfolio(links, debtors)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    profile = cProfile.Profile()
    began, cpu = time.perf_counter(), time.process_time()
    if "--profile" in sys.argv:  # it slows
        profile.enable()
    result = ranking.rank(
        *data.values(), as_of=AS_OF, params=ranking.default_params(), min_probability=0.05, max_per_kind=5
    )
    profile.disable()
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{links:,} links, {debtors:,} debtors: {seconds:.1f} s ({time.process_time() - cpu:.1f} s of CPU), peak {peak:,.0f} MiB ({before:,.0f} before), "
        f"{result.candidates.num_rows:,} candidates"
    )
    if "--profile" in sys.argv:
        pstats.Stats(profile).sort_stats("cumulative").print_stats("ranking|address", 28)


if __name__ == "__main__":
    main()
