"""What a backup brings back does not bring back whom the store has forgotten; and it opens with its key only."""

from __future__ import annotations

import json
import shutil

import pytest

from core.errors import Fatal, Transient
from pipeline import backup, closure, retention, rights, rotate, tombstones, withdraw
from pipeline.site import open_site
from pipeline.walk import walk
from tests.support import copy_of, run_of


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def site(request, as_run, tmp_path):
    """A deployment after one run, on each of the two stores."""
    if request.param == "sqlite":
        out = open_site(copy_of(as_run[0], tmp_path))
    else:
        out = request.getfixturevalue("ran_on_postgres")(tmp_path)
    yield out
    out.store.close()


def again(site):
    """The site as the next process opens it."""
    site.store.close()
    return open_site(site.folder)


def of(site, case_id):
    return site.store.snapshot().rows.filter([c == case_id for c in site.store.snapshot().rows["case_id"].to_pylist()])


def residue(site, case_ids):
    """What is left of these cases in every place that holds something about a contact of theirs."""
    deltas = [d for c in case_ids for d in site.store.subjects.deltas_of(c) if d["op"] != "DEL" and d["content_hash"]]
    published = [r for r in site.store.snapshot().rows.to_pylist() if r["case_id"] in case_ids]
    return [*deltas, *published, *site.store.subjects.kept_of(case_ids)]


def test_whoever_withdrew_closed_or_disowned_since_is_forgotten_again_before_anybody_reads(site, tmp_path):
    retention.purge(site, actor="test")  # as a restore does: what has reached its age by now
    first = site.store.snapshot().rows
    cases = list(dict.fromkeys(first["case_id"].to_pylist()))
    gone, shut, corrected = cases[0], cases[5], cases[9]
    theirs = site.store.subjects.find(case_id=gone).case_ids
    wrong = next(r["candidate_id"] for r in first.to_pylist() if r["case_id"] == corrected)
    made = backup.backup(site, tmp_path / "backup", actor="test")
    assert made["tombstones"] == 0
    withdraw.withdraw(site, case_id=gone, actor="test")
    closure.close(site, [shut], closure.Reason.PAID, actor="test")
    rights.correct(site, corrected, wrong, actor="test")
    site.store.close()
    done = backup.restore(site, tmp_path / "backup", may_replace=True, actor="test")
    assert done.forgotten == 3
    assert done.candidates > 2
    back = again(site)
    assert residue(back, [*theirs, shut]) == []
    now = back.store.snapshot().rows
    assert wrong not in now["candidate_id"].to_pylist()
    others = {c for c in cases if c not in {*theirs, shut, corrected}}
    kept = {r["candidate_id"] for r in first.to_pylist() if r["case_id"] in others}
    assert kept <= set(now["candidate_id"].to_pylist())
    assert back.store.subjects.erasures("withdrawn").num_rows == 0
    assert back.store.verify_audit().is_intact
    if back.deployment.store.startswith("sqlite"):
        walk(run_of(back))  # the lender's files still give them; they stay away
        assert residue(back, [*theirs, shut]) == []
    back.store.close()


def test_the_tombstones_name_nobody_and_are_asked_for(site, tmp_path):
    case_id = site.store.snapshot().rows["case_id"][0].as_py()
    backup.backup(site, tmp_path / "one", actor="test")
    withdraw.withdraw(site, case_id=case_id, actor="test")
    file = site.folder / site.deployment.tombstones
    assert file.stat().st_mode & 0o077 == 0
    assert case_id not in file.read_text()
    backup.backup(site, tmp_path / "two", actor="test")
    before = site.store.snapshot().rows
    file.rename(tmp_path / "lost")
    with pytest.raises(Fatal, match=r"does not go on from where this backup was made"):
        backup.restore(site, tmp_path / "two", may_replace=True, actor="test")
    row = json.loads((tmp_path / "lost").read_text())
    file.write_text(json.dumps(row | {"tokens": []}) + "\n")
    with pytest.raises(Fatal, match=r"was altered: line 1"):
        backup.restore(site, tmp_path / "one", may_replace=True, actor="test")
    shutil.copy(tmp_path / "lost", file)
    assert again(site).store.snapshot().rows.equals(before)


def test_a_backup_whose_key_was_retired_opens_for_nobody(site, tmp_path):
    backup.backup(site, tmp_path / "backup", actor="test")
    rotate.rotate(site, actor="test")
    assert backup.verify(site, tmp_path / "backup")["key"] == "k1"
    rotate.rotate(open_site(site.folder), actor="test", retire=True)
    with pytest.raises(Fatal, match=r"the key k1 of this backup was retired"):
        backup.restore(open_site(site.folder), tmp_path / "backup", may_replace=True, actor="test")


def test_an_altered_backup_a_store_that_is_there_and_a_run_are_refused(site, tmp_path):
    backup.backup(site, tmp_path / "backup", actor="test")
    with pytest.raises(Fatal, match="only with --replace"):
        backup.restore(site, tmp_path / "backup", actor="test")
    with pytest.raises(Fatal, match="is not empty"):
        backup.backup(site, tmp_path / "backup", actor="test")
    site.store.take("run", holder="someone", about="2026-11-01", seconds=60)
    with pytest.raises(Transient, match="is under way"):
        backup.restore(site, tmp_path / "backup", may_replace=True, actor="test")
    data = tmp_path / "backup" / backup.DATA
    whole = data.read_bytes()
    for damaged in (whole[:-1], whole[:300] + bytes([whole[300] ^ 1]) + whole[301:]):
        data.write_bytes(damaged)
        with pytest.raises(Fatal, match="altered or cut off"):
            backup.verify(site, tmp_path / "backup")
    data.write_bytes(whole)
    manifest = tmp_path / "backup" / backup.MANIFEST
    manifest.write_text(manifest.read_text().replace('"tombstones": 0', '"tombstones": 7'))
    with pytest.raises(Fatal, match=r"manifest.json was altered"):
        backup.verify(site, tmp_path / "backup")


def test_nothing_of_a_store_is_readable_in_its_backup(as_run, tmp_path, canaries):
    site = open_site(copy_of(as_run[0], tmp_path))
    masked = site.store.snapshot().rows["value_masked"].to_pylist()
    backup.backup(site, tmp_path / "backup", actor="test")
    written = b"".join(f.read_bytes() for f in (tmp_path / "backup").iterdir())
    assert [v for v in [*canaries, *masked, "SQLite format"] if v.encode() in written] == []
    assert not [f for f in (site.folder / "state").iterdir() if f.name.endswith((".backup", ".restoring"))]


def test_a_half_written_tombstone_is_cut_off_by_the_next(as_run, tmp_path):
    site = open_site(copy_of(as_run[0], tmp_path))
    rows = site.store.snapshot().rows["case_id"].to_pylist()
    withdraw.withdraw(site, case_id=rows[0], actor="test")
    file = site.folder / site.deployment.tombstones
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"what": "clos')
    assert tombstones.mark(site).lines == 1
    closure.close(site, [rows[-1]], closure.Reason.PAID, actor="test")
    assert tombstones.mark(site).lines == 2
    assert file.read_bytes().startswith(whole)
