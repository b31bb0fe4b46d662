"""The commands as a script uses them: output, exit codes, files, both languages."""

import csv
import json
import re

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli import exits
from cli.main import app

runner = CliRunner()


@pytest.fixture(scope="module")
def folder(ran):
    return str(ran[0].folder)


def invoke(*args: str):
    return runner.invoke(app, [str(a) for a in args])


COMMANDS = [["run"], ["candidates"], ["report"], ["sources", "check"], ["quarantine", "list"], ["quarantine", "replay"], ["audit", "verify"], ["sample"]]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(command):
    result = invoke(*command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_a_wrong_deployment_is_exit_2_with_one_line(tmp_path):
    result = invoke("run", "-d", tmp_path)
    assert result.exit_code == exits.Exit.USAGE
    assert "deployment.yaml" in result.output + result.stderr


def test_a_wrong_date_is_exit_2(folder):
    assert invoke("run", "-d", folder, "--as-of", "01.11.2026").exit_code == exits.Exit.USAGE


def test_candidates_are_masked_by_default(folder, canaries):
    result = invoke("candidates", "-d", folder, "--limit", "5")
    assert result.exit_code == 0
    assert "*" in result.output
    assert [c for c in canaries if len(c) >= 3 and c in result.output] == []


def test_reveal_needs_a_reason(folder):
    assert invoke("candidates", "-d", folder, "--reveal").exit_code == exits.Exit.USAGE


def test_csv_has_the_documented_columns(folder, tmp_path):
    out = tmp_path / "feed.csv"
    assert invoke("candidates", "-d", folder, "--format", "csv", "--out", out).exit_code == 0
    with out.open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    assert list(rows[0]) == [
        "case_id", "candidate_id", "rank", "kind", "value_masked", "probability", "holder", "first_seen", "last_seen",
        "sources", "origins", "reasons",
    ]  # fmt: skip
    assert not any(cell.startswith(("=", "+", "-", "@")) for r in rows for cell in r.values())


def test_jsonl_and_parquet_say_the_same(folder, tmp_path):
    lines, table = tmp_path / "f.jsonl", tmp_path / "f.parquet"
    reveal = ("--reveal", "--reason", "comparing two exports")
    assert invoke("candidates", "-d", folder, "--format", "jsonl", "--out", lines, *reveal).exit_code == 0
    assert invoke("candidates", "-d", folder, "--format", "parquet", "--out", table, *reveal).exit_code == 0
    told = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    kept = pq.read_table(table).to_pylist()
    assert [(r["candidate_id"], r["value"]) for r in told] == [(r["candidate_id"], r["value"]) for r in kept]
    assert all(re.fullmatch(r"1\d{10}", r["value"]) for r in told if r["kind"] == "phone")


def test_one_case_is_only_that_case(folder, ran):
    case = ran[0].store.snapshot().rows["case_id"][0].as_py()
    result = invoke("candidates", "-d", folder, "--case", case, "--format", "jsonl")
    assert {json.loads(line)["case_id"] for line in result.stdout.splitlines()} == {case}


def test_the_report_comes_as_text_json_and_page(folder, tmp_path):
    assert "Rows in and out" in invoke("report", "-d", folder).output
    assert json.loads(invoke("report", "-d", folder, "--format", "json").stdout)["sums_close"]
    page = tmp_path / "report.html"
    assert invoke("report", "-d", folder, "--format", "html", "--out", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=", text)


def test_sources_check_names_what_is_wrong(fresh):
    assert invoke("sources", "check", "-d", fresh).exit_code == 0
    next((fresh / "data" / "shop").iterdir()).unlink()
    result = invoke("sources", "check", "-d", fresh)
    assert result.exit_code == exits.Exit.INCOMPLETE
    assert "shop" in result.output


def test_a_failed_source_is_exit_3(fresh):
    next((fresh / "data" / "shop").iterdir()).unlink()
    assert invoke("run", "-d", fresh, "--as-of", "2026-11-01", "-q").exit_code == exits.Exit.INCOMPLETE


def test_quarantine_lists_keys_and_reasons_without_values(folder, canaries):
    result = invoke("quarantine", "list", "-d", folder, "--limit", "500")
    assert result.exit_code == 0
    assert "not_a_phone" in result.output or "scientific_notation" in result.output
    assert [c for c in canaries if len(c) >= 3 and c in result.output] == []


def test_replay_after_a_fix_takes_the_row_up_again(fresh):
    assert invoke("run", "-d", fresh, "--as-of", "2026-11-01", "-q").exit_code == 0
    result = invoke("quarantine", "replay", "-d", fresh, "--as-of", "2026-11-01")
    assert result.exit_code == 0
    assert re.search(r"\d+ rows checked again: 0 now clean", result.output)
    # in the eyes of a later day a row of the future is of the past: that mends it, too
    later = invoke("quarantine", "replay", "-d", fresh, "--as-of", "2999-01-01")
    assert int(re.search(r"(\d+) now clean", later.output).group(1)) > 0


def test_the_audit_chain_is_intact_after_all_this(folder):
    result = invoke("audit", "verify", "-d", folder)
    assert result.exit_code == 0
    assert "intact" in result.output


def test_the_interface_speaks_chinese(folder, monkeypatch):
    monkeypatch.setenv("SKIPTRACE_LANG", "zh")
    assert "各步骤进出行数" in invoke("report", "-d", folder).output
    assert "候选联系方式" in invoke("candidates", "-d", folder, "--limit", "2").output
