"""`skiptrace cases`: one line when a rule stands against it, exit codes that scripts can use, both languages."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from pipeline.site import open_site
from tests.support import copy_of

runner = CliRunner()


@pytest.fixture(scope="module")
def folder(ran, tmp_path_factory):
    return copy_of(ran[0].folder, tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def lost(folder):
    return open_site(folder).store.casework.states(life="lost")["case_id"].to_pylist()


def run(*arguments, actor="user:a", lang="en"):
    done = runner.invoke(
        app, ["cases", *map(str, arguments)], env={"SKIPTRACE_ACTOR": actor, "SKIPTRACE_LANG": lang, "COLUMNS": "200"}
    )
    return done.exit_code, done.output


def test_list_and_show(folder, lost):
    code, said = run("list", "-d", folder, "--life", "lost", "--limit", 3)
    assert code == 0
    assert [json.loads(x)["case_id"] for x in said.splitlines()] == lost[:3]
    code, said = run("show", "-d", folder, "--case", lost[0])
    assert (code, json.loads(said)["state"]["life"]) == (0, "lost")
    assert run("show", "-d", folder, "--case", "NO-SUCH")[0] == 2


def test_one_asks_and_another_approves(folder, lost):
    assert run("request", "-d", folder, "--case", lost[0], "--action", "trace")[0] == 0
    waiting = json.loads(run("waiting", "-d", folder)[1])
    assert (waiting["case_id"], waiting["action"]) == (lost[0], "trace")
    code, said = run("approve", "-d", folder, "--case", lost[0], "--action", "trace")
    assert code == 3
    assert "CW-APPROVAL-02" in said
    assert run("approve", "-d", folder, "--case", lost[0], "--action", "trace", actor="user:b")[0] == 0
    assert json.loads(run("show", "-d", folder, "--case", lost[0])[1])["state"]["life"] == "tracing"
    assert run("request", "-d", folder, "--case", lost[1], "--action", "trace")[0] == 0
    assert run("approve", "-d", folder, "--case", lost[1], "--action", "trace", "--decline", actor="user:b")[0] == 0


@pytest.mark.parametrize(("lang", "denied", "instead"), [("en", "DENIED", "instead"), ("zh", "拒绝", "替代做法")])
def test_what_a_rule_forbids_is_one_line_and_its_substitute_with_exit_3(folder, lost, lang, denied, instead):
    code, said = run("request", "-d", folder, "--case", lost[2], "--action", "visit", lang=lang)
    assert code == 3
    assert denied in said
    assert instead in said
    assert "CW-GATE-01" in said
    code, said = run("may", "-d", folder, "查看朋友圈定位", lang=lang)
    assert (code, "OUT-SOCIAL-01" in said, instead in said) == (3, True, True)
    assert run("may", "-d", folder, "寄信到预留地址", lang=lang)[0] == 0


@pytest.mark.guide("R14")
def test_lint_reads_a_text_or_standard_input():
    assert run("lint", "您的贷款已逾期")[0] == 3
    assert run("lint", "您的贷款已逾期", "--to", "debtor")[0] == 0
    assert run("lint", "please call us back when it suits you")[0] == 0
    done = runner.invoke(app, ["cases", "lint", "-"], input="you will go to jail", env={"SKIPTRACE_LANG": "en"})
    assert (done.exit_code, "WORD-THREAT-01" in done.output) == (3, True)


def test_a_case_from_promise_to_archive(folder, lost):
    case = lost[3]
    assert run("record", "-d", folder, "--case", case, "promise", "--until", "2099-01-01")[0] == 0
    assert json.loads(run("show", "-d", folder, "--case", case)[1])["step"]["hold"] == "promised"
    assert run("close", "-d", folder, "--case", case, "--reason", "paid")[0] == 3
    assert run("record", "-d", folder, "--case", case, "payment", "--code", "full", "--amount", 9)[0] == 0
    assert run("close", "-d", folder, "--case", case, "--reason", "paid")[0] == 0
    missing = json.loads(run("show", "-d", folder, "--case", case)[1])["missing"]
    assert missing
    for artefact in missing:
        assert run("file", "-d", folder, "--case", case, artefact, "--sha256", "0" * 64)[0] == 0
    assert run("record", "-d", folder, "--case", case, "archived")[0] == 0
    entry = json.loads(run("show", "-d", folder, "--case", case)[1])["artefacts"][0]["id"]
    assert run("unfile", "-d", folder, "--case", case, entry)[0] == 3
    assert run("overdue", "-d", folder) == (0, "")


def test_complaints_lead_to_a_change_that_two_people_make(folder, lost):
    for case in lost[4:7]:
        assert (
            json.loads(run("complain", "-d", folder, "--case", case, "--code", "wrong_hours")[1])["kind"] == "complaint"
        )
    found = [json.loads(x) for x in run("improve", "-d", folder, "--propose")[1].splitlines()]
    assert [f["code"] for f in found] == ["wrong_hours"]
    assert run("changes", "-d", folder, "--settle", found[0]["id"])[0] == 3
    code, said = run("changes", "-d", folder, "--settle", found[0]["id"], actor="user:b")
    assert (code, json.loads(said)["status"]) == (0, "approved")


@pytest.mark.parametrize(
    "arguments",
    [
        ("record", "--case", "X", "teleported"),
        ("complain", "--case", "X", "--code", "colour"),
        ("close", "--case", "X", "--reason", "bored"),
        ("file", "--case", "X", "selfie", "--sha256", "0"),
    ],
)
def test_a_word_that_is_not_in_the_vocabulary_is_wrong_usage(folder, arguments):
    code, said = run(arguments[0], "-d", folder, *arguments[1:])
    assert code == 2
    assert "Traceback" not in said
