"""`skiptrace store`: schemas by hand."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from cli.main import app
from pipeline.site import open_site
from store.migrate import newest
from tests.support import copy_of

runner = CliRunner()


@pytest.fixture
def folder(as_run, tmp_path):
    return str(copy_of(as_run[0], tmp_path))


def call(folder, *words: str):
    return runner.invoke(app, [words[0], words[1], "-d", folder, *words[2:]], env={"COLUMNS": "200"})


def test_a_schema_goes_back_by_hand_only_without_loss_and_forward_again(folder):
    refused = call(folder, "store", "migrate", "--to", "0181")
    assert refused.exit_code == 1
    assert "has no place for the rows of" in refused.output
    assert "case_events" in refused.output
    assert "nothing was changed" in refused.output
    assert f"Schema {newest()} → 0300" in call(folder, "store", "migrate", "--to", "0300", "--drop-rows").output
    assert f"Schema 0300 → {newest()}" in call(folder, "store", "migrate").output
    assert call(folder, "store", "migrate", "--to", "none-such").exit_code == 2
    store = open_site(folder).store
    moved = [e["facts"] for e in store.subjects.audit_events() if e["event"] == "store.migrated"]
    assert [f.count("0300") for f in moved] == [1, 1]
    assert store.verify_audit().is_intact


def test_grants_are_printed_as_sql_and_refused_on_sqlite(folder):
    told = call(folder, "store", "grants")
    assert told.exit_code == 0
    assert 'GRANT SELECT, DELETE ON "candidates" TO "skiptrace_feed";' in told.output
    assert 'GRANT INSERT ON "audit" TO "skiptrace_feed";' in told.output
    refused = call(folder, "store", "grants", "--apply")
    assert refused.exit_code == 2
    assert "only PostgreSQL has roles" in refused.output


def test_a_backup_is_made_looked_at_and_put_back(folder, tmp_path):
    kept = str(tmp_path / "kept")
    assert "under key k1" in call(folder, "store", "backup", "--out", kept).output
    assert "Whole, and opens" in call(folder, "store", "restore", kept, "--check").output
    refused = call(folder, "store", "restore", kept)
    assert refused.exit_code == 1
    assert "only with --replace" in refused.output
    done = call(folder, "store", "restore", kept, "--replace")
    assert done.exit_code == 0, done.output
    assert "0 withdrawals, closings and corrections since" in done.output
