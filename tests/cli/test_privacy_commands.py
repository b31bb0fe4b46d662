import typer
from typer.testing import CliRunner

from cli import privacy_commands
from tests.pipeline.withdrawn import copy_of_site

app, audit_app = typer.Typer(), typer.Typer()
app.add_typer(audit_app, name="audit")
privacy_commands.register(app, audit_app)
runner = CliRunner()


def run(*args):
    return runner.invoke(app, [str(a) for a in args], catch_exceptions=False, env={"SKIPTRACE_LANG": "en"})


def test_policy_explain_prints_the_deciding_rule_and_its_source():
    asked = ["policy", "explain", "--kind", "deliveries", "--scope", "delivery_address", "--observed", "2026-10-01"]
    denied = run(*asked, "--at", "2026-11-01")
    assert denied.exit_code != 0
    assert "CN-CONSENT-07" in denied.output
    given = ["--granted", "2026-01-01", "--expires", "2027-01-01"]
    allowed = run(*asked, "--at", "2026-11-01", *given)
    assert allowed.exit_code == 0
    assert "CN-CONSENT-01" in allowed.output
    assert run(*asked, "--at", "2026-11-01", *given, "--withdrawn", "2026-10-30").exit_code != 0


def test_the_commands_do_what_their_verbs_do(ran, tmp_path):
    site = copy_of_site(ran[0], tmp_path)
    cases = sorted(set(site.store.snapshot().rows["case_id"].to_pylist()))
    d = ("-d", site.folder)
    assert "candidates taken out" in run("withdraw", *d, "--case", cases[0]).output
    assert "candidates taken out" in run("case", "close", *d, "--case", cases[1], "--reason", "paid").output
    assert "due_at" in run("rights", "receive", *d, "--case", cases[2], "--kind", "access").output
    assert '"overdue": false' in run("rights", "due", *d).output
    assert run("rights", "export", *d, "--case", cases[2], "--out", tmp_path / "out.json").exit_code == 0
    assert (tmp_path / "out.json").stat().st_mode & 0o077 == 0
    assert "k2" in run("keys", "rotate", *d).output
    assert "consent.withdrawn" in run("audit", "log", *d, "--case", cases[0]).output
    assert run("audit", "bundle", *d, "--case", cases[0], "--out", tmp_path / "e.zip").exit_code == 0
    assert "derived_region" in run("retention", "purge", *d).output


def test_a_withdrawal_names_exactly_one_person(ran):
    assert run("withdraw", "-d", ran[0].folder).exit_code == 2
