"""`skiptrace doctor` on deployments broken in one way each: it is named, with its remedy, in both languages, and nothing is changed."""

import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from typer.testing import CliRunner

from cli.doctor import code_of
from cli.main import app
from cli.texts.findings import TEXTS, text
from pipeline import doctor
from pipeline.doctor import Code
from pipeline.site import open_site
from tests.store.conftest import candidate, candidates
from tests.support import NOON, ROOT, copy_of

GB = 2**30


@pytest.fixture(scope="module")
def used(portfolio, tmp_path_factory):
    """A deployment with keys, a store, and one candidate sealed in it."""
    folder = copy_of(portfolio, tmp_path_factory.mktemp("used"))
    site = open_site(folder)
    blob = site.keys.seal("19900000100", "candidate:c1")
    site.store.publish(candidates(candidate(1, candidate_id="c1", value_sealed=blob)), run_key="r1", at=NOON)
    site.store.close()
    return folder


@pytest.fixture
def folder(used, tmp_path):
    return copy_of(used, tmp_path)


def declare(folder, **keys):
    file = folder / "deployment.yaml"
    told = yaml.safe_load(file.read_text(encoding="utf-8")) | keys
    file.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")


def look(folder, *, now=NOON + timedelta(hours=1), free=lambda _: 100 * GB, with_sources=False, environ=None):
    return doctor.examine(folder, environ=environ or {}, clock=lambda: now, free=free, with_sources=with_sources)


def wrong(findings):
    """Without the calendar: what is published of it depends on the day its package was made."""
    calendar = {Code.CALENDAR_ENDING, Code.CALENDAR_ENDED}
    return {f.code for f in findings if f.level != "ok"} - calendar


def state(folder):
    """Every file but the two that SQLite makes beside an open database, for readers too."""
    return {
        p: (p.stat().st_mode, p.read_bytes())
        for p in folder.rglob("*")
        if p.is_file() and not p.name.endswith(("-shm", "-wal"))
    }


def test_nothing_is_wrong_with_a_sound_deployment_and_nothing_is_changed(folder):
    before = state(folder)
    found = look(folder)
    assert [f for f in found if f.code in wrong(found)] == []
    assert {f.area for f in found} == {"configuration", "versions", "store", "keys", "files", "disk", "clock", "law"}
    assert code_of(found) == 0
    assert state(folder) == before


def test_before_the_first_run_nothing_is_made(portfolio, tmp_path):
    folder = copy_of(portfolio, tmp_path)
    found = look(folder)
    assert wrong(found) == set()
    assert {Code.STORE_NOT_YET, Code.KEYS_NOT_YET} <= {f.code for f in found}
    assert not (folder / "state").exists()


# --- each way of being broken: (how, what it is called, exit code) -------------------------------------------------------


def _typo(folder):
    file = folder / "deployment.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("jurisdiction:", "jurisdction:"), encoding="utf-8")


def _ring_open(folder):
    (folder / "state" / "keys.json").chmod(0o644)


def _ring_gone(folder):
    (folder / "state" / "keys.json").unlink()


def _master_unset(folder):
    declare(folder, keys={"provider": "env", "prefix": "LENDER_KEY"})


def _other_ring(folder):
    (folder / "state" / "keys.json").unlink()
    open_site(folder).keys  # noqa: B018 - makes a new one


def _store_garbled(folder):
    (folder / "state" / "skiptrace.db").write_bytes(b"not a database" * 1000)


def _store_damaged(folder):
    file = folder / "state" / "skiptrace.db"
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page_size,) = db.execute("PRAGMA page_size").fetchone()
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'candidates'").fetchone()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * page_size)
        raw.write(b"\xff" * page_size)


def _store_newer(folder):
    with sqlite3.connect(folder / "state" / "skiptrace.db") as db:
        db.execute("UPDATE skiptrace_version SET version_num = '9999'")


def _bucket_away(folder):
    declare(folder, stage="s3://bucket/stage?endpoint=http://127.0.0.1:1")


def _server_down(folder):
    declare(folder, store="postgresql://nobody@127.0.0.1:1/none")


def _wrong_url(folder):
    declare(folder, store="mysql://host/store")


def _stage_is_a_file(folder):
    shutil.rmtree(folder / "state" / "stage", ignore_errors=True)
    (folder / "state" / "stage").write_text("")
    (folder / "state" / "stage").chmod(0o600)


def _store_open(folder):
    (folder / "state" / "skiptrace.db").chmod(0o644)


def _assessment_over(folder):
    declare(folder, impact_assessment={"id": "PIA-1", "valid_until": "2026-10-31"})


def _assessment_ending(folder):
    declare(folder, impact_assessment={"id": "PIA-1", "valid_until": "2026-11-15"})


def _other_purpose(folder):
    declare(folder, purpose="marketing")


def _killed(folder):
    from core.types import Interval

    with open_site(folder).store as db:
        db.save_run("r2", interval=Interval(NOON - timedelta(days=1), NOON), as_of=NOON)


def _long(folder):
    """A holder of another machine: whether it lives cannot be known here."""
    run = "20261101T000000Z"
    with open_site(folder).store as db:
        db.take("run", holder="elsewhere/1", about=run, seconds=9e6)


def _behind(folder):
    from store import engine, migrate

    located = engine.locate("sqlite:///state/skiptrace.db", folder)
    migrate.migrate(located, lock_timeout_seconds=5, to="0200")


@contextmanager
def _stuck(folder):
    """Somebody writes and does not end."""
    with closing(sqlite3.connect(folder / "state" / "skiptrace.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


def _nothing(_folder):
    pass


BROKEN = {
    "a key of the file is misspelt": (_typo, {}, Code.CONFIG_WRONG, 2),
    "the ring is open to others": (_ring_open, {}, Code.KEYS_OPEN, 1),
    "the ring is gone": (_ring_gone, {}, Code.KEYS_LOST, 1),
    "the master is not set": (_master_unset, {}, Code.KEYS_UNUSABLE, 1),
    "the ring is another store's": (_other_ring, {}, Code.KEYS_OTHER, 1),
    "the store is no database": (_store_garbled, {}, Code.STORE_UNREADABLE, 1),
    "a page of the store is damaged": (_store_damaged, {}, Code.STORE_DAMAGED, 1),
    "the store is of a newer version": (_store_newer, {}, Code.STORE_NEWER, 1),
    "the server is down": (_server_down, {}, Code.STORE_UNREACHABLE, 4),
    "no store's URL": (_wrong_url, {}, Code.STORE_URL, 1),
    "the stage cannot be written": (_stage_is_a_file, {}, Code.FOLDER_UNWRITABLE, 1),
    "the stage's bucket is away": (_bucket_away, {}, Code.STAGE_UNREACHABLE, 1),
    "the store is open to others": (_store_open, {}, Code.OPEN_TO_OTHERS, 0),
    "the disk is full": (_nothing, {"free": lambda _: 10 * 2**20}, Code.DISK_LOW, 1),
    "the clock was set back": (_nothing, {"now": datetime(2020, 1, 1, tzinfo=UTC)}, Code.CLOCK_BEHIND, 1),
    "the assessment is over": (_assessment_over, {}, Code.ASSESSMENT_EXPIRED, 1),
    "the assessment ends soon": (_assessment_ending, {}, Code.ASSESSMENT_EXPIRING, 0),
    "the purpose is unknown": (_other_purpose, {}, Code.PURPOSE_UNKNOWN, 1),
    "a run was killed": (_killed, {"after": timedelta(minutes=1)}, Code.RUN_KILLED, 0),
    "a run goes on and on": (_long, {"after": timedelta(days=1)}, Code.RUN_LONG, 0),
    "the store is of an older version": (_behind, {}, Code.STORE_BEHIND, 0),
    "a source's file is gone": (
        lambda f: next((f / "data").rglob("*.csv")).unlink(), {"with_sources": True}, Code.SOURCE_WRONG, 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named_with_its_remedy(folder, name, monkeypatch):
    break_it, world, code, exit_code = BROKEN[name]
    if "after" in world:  # of the moment of the test, not of its collection
        world = {"now": datetime.now(UTC) + world["after"]}
    break_it(folder)
    found = look(folder, **world)
    hit = next(f for f in found if f.code is code)
    assert hit.level != "ok"
    assert code_of(found) == exit_code, wrong(found)
    for lang in ("en", "zh"):
        monkeypatch.setenv("SKIPTRACE_LANG", lang)
        said, remedy = text(hit.code.value, hit.about, dict(hit.facts))
        assert said
        assert remedy
    others = wrong(found) - {code}
    allowed = {Code.KEYS_OTHER: set(), Code.CLOCK_BEHIND: set(), Code.SOURCE_WRONG: {Code.SOURCE_DOUBTFUL}}
    assert others <= allowed.get(code, set()), others


def test_a_lock_that_nobody_lets_go_of_is_told(folder):
    with _stuck(folder):
        found = look(folder)
    assert wrong(found) == {Code.STORE_LOCKED}
    assert code_of(found) == 4


def test_the_calendar_ending_and_ended_are_told(folder):
    from policy import working_days

    year = working_days.last_known_year("cn")
    for code, now in ((Code.CALENDAR_ENDING, (year, 12, 1)), (Code.CALENDAR_ENDED, (year + 1, 2, 1))):
        (hit,) = [f for f in look(folder, now=datetime(*now, tzinfo=UTC)) if f.code is code]
        assert hit.facts["year"] == year


def test_a_password_in_the_file_is_told_and_never_shown(folder):
    declare(folder, store="postgresql://lender:canary-password@127.0.0.1:1/none")
    found = look(folder)
    assert Code.SECRET_IN_FILE in wrong(found)
    assert "canary-password" not in json.dumps([[f.about, dict(f.facts)] for f in found])


def test_a_little_room_is_a_warning_and_says_how_much_a_run_needs(folder):
    with next((folder / "data" / "shop").glob("*.csv")).open("r+b") as file:
        file.truncate(GB)  # sparse
    (hit,) = [f for f in look(folder, free=lambda _: GB) if f.code is Code.DISK_SMALL]
    assert hit.level == "warning"
    assert hit.facts["need"] > 3 * 1024


def test_the_json_says_what_a_monitor_needs(folder):
    (folder / "state" / "keys.json").chmod(0o644)
    result = CliRunner().invoke(app, ["doctor", "-d", str(folder), "--json", "--no-sources"])
    told = json.loads(result.stdout)
    assert result.exit_code == told["exit_code"] == 1
    (hit,) = [f for f in told["findings"] if f["code"] == "keys_open"]
    assert (hit["level"], hit["area"]) == ("error", "keys")
    assert "chmod 600" in hit["remedy"]


def test_every_code_has_its_texts_and_is_documented():
    import string

    assert set(TEXTS) == {c.value for c in Code}
    page = (ROOT / "docs" / "reference" / "doctor.md").read_text(encoding="utf-8")
    assert [c.value for c in Code if f"`{c.value}`" not in page] == []
    for english, chinese in TEXTS.values():
        names = [{n for _, n, _, _ in string.Formatter().parse(t) if n} for t in (*english, *chinese)]
        assert names[0] | names[1] == names[2] | names[3], english
        assert bool(english.remedy) == bool(chinese.remedy)
