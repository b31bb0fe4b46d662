"""The engine over many worlds: python benchmarks/link_table.py --referee FOLDER_OF_EVALUATE_PY DATA/WORLD[=SPEC.yaml] ...

Each world is a folder of left.parquet, right.parquet and truth.csv, linked in a process of its own, with the spec named or
with the one that is proposed. A row each, as of ``linking.md``; the truth is read here only, after the pairs are written.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
HEAD = "| data | spec | candidates a signal | completeness | pair F@.5 | pair max F | P@.5 | R@.5 | top-1 F@.5 | top-1 max F | ECE | ECE, all | CPU s |"  # fmt: skip


def calibration_error(prob: np.ndarray, hit: np.ndarray) -> float:
    """Expected calibration error over ten bins of equal width."""
    at = np.minimum((prob * 10).astype(int), 9)
    size = np.bincount(at, minlength=10)
    off = np.abs(np.bincount(at, weights=prob, minlength=10) - np.bincount(at, weights=hit, minlength=10))
    return float(off.sum() / max(size.sum(), 1))


def row(folder: Path, spec: Path | None, evaluate) -> str:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, str(HERE / "link_engine.py"), "--data", str(folder), "--out", out]
        subprocess.run([*command, *(["--spec", str(spec)] if spec else [])], check=True, stdout=subprocess.DEVNULL)
        pairs = pd.read_parquet(f"{out}/pairs.parquet")
        stats = json.loads(Path(out, "stats.json").read_text(encoding="utf-8"))
    truth = pd.read_csv(folder / "truth.csv", dtype=str)
    e = evaluate(pairs, truth)
    key = pd.MultiIndex.from_frame(pairs[["id_l", "id_r"]])
    hit = key.isin(pd.MultiIndex.from_frame(truth[["id_l", "id_r"]]))
    prob = pairs["prob"].to_numpy()
    shown = prob > 0.01
    p, t = e["pair"], e["top1"]
    figures = (len(pairs) / stats["n_left"], e["block_recall"], p["f50"], p["maxf"], p["p50"], p["r50"], t["f50"], t["maxf"], calibration_error(prob[shown], hit[shown]), calibration_error(prob, hit))  # fmt: skip
    return f"| {folder.name} | {'given' if spec else 'proposed'} | {figures[0]:.1f} | " + " | ".join(f"{x:.4f}" for x in figures[1:]) + f" | {stats['train_s'] + stats['predict_s'] + stats['index_s']:.1f} |"  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--referee", type=Path, required=True)
    parser.add_argument("worlds", nargs="+")
    a = parser.parse_args()
    sys.path.insert(0, str(a.referee))
    from evaluate import evaluate

    print(HEAD)
    for world in a.worlds:
        path, _, spec = world.partition("=")
        print(row(Path(path), Path(spec) if spec else None, evaluate), flush=True)
