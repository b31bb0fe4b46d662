"""evaluate, learn and infer, as commands."""

import csv

import pytest
from typer.testing import CliRunner

from cli.main import app
from pipeline import serve
from tests.support import copy_of

runner = CliRunner()


def test_evaluate_judges_against_a_truth_file(ran, portfolio):
    call = ["evaluate", "-d", str(ran[0].folder), "--truth", str(portfolio / "truth" / "current.csv"), "--baselines"]
    result = runner.invoke(app, call, env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    assert "hit@1" in result.output
    assert "B1 most recent" in result.output


@pytest.mark.parametrize(("lang", "title"), [("en", "Reliability"), ("zh", "可靠性图")])
def test_evaluate_draws_one_page_that_asks_no_network_and_shows_no_value(ran, portfolio, tmp_path, lang, title):
    truth, page = portfolio / "truth" / "current.csv", tmp_path / "page.html"
    call = ["evaluate", "-d", str(ran[0].folder), "--truth", str(truth), "--page", str(page)]
    assert runner.invoke(app, call, env={"SKIPTRACE_LANG": lang}).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert title in text
    assert "src=" not in text.partition("<script>")[0]
    assert "connect-src" not in text
    assert "default-src 'none'" in text
    for row in list(csv.DictReader(truth.open(encoding="utf-8")))[:200]:
        assert not row["phone"] or row["phone"] not in text


def test_what_is_learned_is_proposed_and_only_a_person_puts_it_in_force(ran, tmp_path):
    from pipeline import learn
    from pipeline.site import open_site

    folder = copy_of(ran[0].folder, tmp_path)
    site = open_site(folder)
    rows = serve.candidates(site, actor="test", reveal_reason="outcomes to learn from").to_pylist()
    attempts = tmp_path / "attempts.csv"
    with attempts.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["case_id", "contact_value", "contact_source", "disposition", "at"])
        for i, r in enumerate(r for r in rows if r["kind"] == "phone"):
            writer.writerow(
                [r["case_id"], r["value"], "", "wrong_party" if i % 3 else "right_party", "2026-11-20 10:00"]
            )
    result = runner.invoke(app, ["learn", "propose", "-d", str(folder), "--outcomes", str(attempts)])
    assert result.exit_code == 0, result.output
    before = learn.params_in_force(site)
    (proposed,) = [m for m in learn.models(site) if not m.is_in_force]
    assert runner.invoke(app, ["learn", "compare", "-d", str(folder), proposed.version]).exit_code == 0
    why = ["--reason", "held-out cases are told better"]
    promoted = runner.invoke(app, ["learn", "promote", "-d", str(folder), proposed.version, *why])
    assert promoted.exit_code == 0, promoted.output
    assert learn.params_in_force(site).version == proposed.version
    assert proposed.version in runner.invoke(app, ["learn", "models", "-d", str(folder)], env={"COLUMNS": "200"}).output
    assert runner.invoke(app, ["learn", "rollback", "-d", str(folder), *why]).exit_code == 0
    assert learn.params_in_force(site) == before
    assert [p.version for p in learn.history(site)] == [before.version, proposed.version]


def test_a_service_a_missing_reason_or_an_unknown_version_promotes_nothing(ran, tmp_path):
    from core.errors import ConfigError, Fatal
    from pipeline import learn
    from pipeline.site import open_site

    site = open_site(copy_of(ran[0].folder, tmp_path))
    stated = learn.params_in_force(site).version
    with pytest.raises(Fatal, match="a person decides"):
        learn.promote(site, stated, actor="service:airflow", reason="it is time to")
    with pytest.raises(Fatal, match="reason"):
        learn.promote(site, stated, actor="user:ann", reason="ok")
    with pytest.raises(ConfigError, match="no version"):
        learn.promote(site, "../../elsewhere", actor="user:ann", reason="held-out cases")
    with pytest.raises(Fatal, match="nothing was promoted"):
        learn.rollback(site, actor="user:ann", reason="held-out cases")
    assert learn.history(site) == []


def test_infer_drafts_an_entry_that_names_the_kind(portfolio):
    result = runner.invoke(app, ["sources", "infer", str(next((portfolio / "data" / "shop").iterdir()))])
    assert result.exit_code == 0, result.output
    assert "kind: deliveries" in result.output
