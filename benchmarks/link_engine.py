"""The matching engine as an engine of the peers' bench: link_engine.py --data FOLDER --spec SPEC.yaml --out FOLDER.

FOLDER holds left.parquet and right.parquet; pairs.parquet and stats.json are written to the out folder.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--spec", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--threshold", type=float, default=0.0)
    a = parser.parse_args()
    from matching import link_files

    a.out.mkdir(parents=True, exist_ok=True)
    stats = link_files(
        a.data / "left.parquet",
        a.data / "right.parquet",
        a.spec,
        a.out / "pairs.parquet",
        a.model,
        a.out / "stats.json",
        threshold=a.threshold,
        clock=time.perf_counter,
    )
    print(stats)
