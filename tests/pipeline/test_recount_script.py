"""The independent recount agrees with what a run published, shares no code with the product, and finds what is planted."""

import ast
import csv
import json
import shutil
import subprocess
import sys

import pytest

from pipeline import serve
from tests.support import ROOT

SCRIPT = ROOT / "benchmarks" / "consent_recount.py"
DAY = "2026-11-02"


@pytest.fixture(scope="module")
def exported(ran, tmp_path_factory):
    site = ran[0]
    rows = serve.candidates(site, actor="test", reveal_reason="independent recount").to_pylist()
    file = tmp_path_factory.mktemp("recount") / "candidates.jsonl"
    file.write_text("\n".join(json.dumps(r, default=str, ensure_ascii=False) for r in rows), encoding="utf-8")
    return site.base, file, rows


def recount(raw, file):
    return subprocess.run(
        [sys.executable, "-S", str(SCRIPT), "sample", str(raw), str(file), DAY],
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_imports_the_standard_library_only():
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    names = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    assert {n.partition(".")[0] for n in names} <= sys.stdlib_module_names


def test_every_candidate_of_a_run_is_covered(exported):
    raw, file, rows = exported
    done = recount(raw, file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rows)} candidates, violations 0" in done.stdout


def rewritten(raw, tmp_path, name, encoding, change):
    folder = tmp_path / "raw"
    shutil.copytree(raw, folder)
    with (folder / name).open(encoding=encoding, newline="") as text:
        reader = csv.DictReader(text)
        table, header = list(reader), reader.fieldnames
    with (folder / name).open("w", encoding=encoding, newline="") as text:
        writer = csv.DictWriter(text, header)
        writer.writeheader()
        writer.writerows(change(r) for r in table)
    return folder


@pytest.mark.parametrize(
    ("name", "encoding", "change", "told"),
    [
        ("授权台账.csv", "utf-8-sig", {"撤回时间": "2026-10-01 10:00:00"}, "no valid consent"),
        ("授权台账.csv", "utf-8-sig", {"到期日": "2026-11-01"}, "no valid consent"),
        ("授权台账.csv", "utf-8-sig", {"授权日": "2026-11-03"}, "no valid consent"),
        ("授权台账.csv", "utf-8-sig", {"用途": "营销推送"}, "no valid consent"),
        ("授权台账.csv", "utf-8-sig", {"客户编号": "KH999", "身份证": ""}, "no valid consent"),
        ("委案名单.csv", "gb18030", {"案件进度": "结清"}, "case not open"),
        ("委案名单.csv", "gb18030", {"委案编号": "OTHER"}, "case not in the list"),
    ],
)
def test_it_finds_what_no_consent_covers(exported, tmp_path, name, encoding, change, told):
    raw, file, _ = exported
    done = recount(rewritten(raw, tmp_path, name, encoding, lambda r: r | change), file)
    assert done.returncode == 1
    assert told in done.stdout
