"""Sources read by increments: nothing lost, nothing twice, and always what reading everything would have come to."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from core.errors import Fatal
from core.types import Interval
from pipeline import backfill, closure, forget, increments, pull, residue, retention, rights, rotate, walk, withdraw
from pipeline import publish as publish_step
from pipeline.site import open_site
from tests.pipeline import lender
from tests.pipeline.withdrawn import run_with, values_of
from tests.support import ROOT, read_csv, run_of

BY_SEQ = {"options": {"watermark": "seq"}}
VERSIONED = {"options": {"watermark": "seq", "version": "version", "deleted": "gone"}}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    import sample

    folder = tmp_path_factory.mktemp("small")
    sample.write(sample.WORLDS["demo"], folder, debtors=80, seed=11)
    return folder


@pytest.fixture(scope="module")
def models(small, tmp_path_factory):
    """The model of a run over everything, so that all runs here match alike."""
    folder = tmp_path_factory.mktemp("first") / "lender"
    lender.made(small, folder, load="full")
    lender.put(folder, lender.orders(small))
    lender.ran(folder)
    return folder / "state" / "models"


@pytest.fixture
def make(small, models, tmp_path):
    """A lender of this declaration with the first so many orders in its shop."""

    def make(first, **shop):
        folder = tmp_path / "lender"
        lender.made(small, folder, models=models, **(shop or BY_SEQ))
        lender.put(folder, lender.orders(small)[:first])
        return folder

    return make


@pytest.fixture
def same_as_whole(small, tmp_path):
    """The lender ranks and publishes what one who reads everything at once would, and one more run of it tells nothing."""
    number = iter(range(100))

    def check(folder):
        published = lender.published(open_site(folder))
        again, mine = lender.ran_and_ranked(folder)
        assert sum(again["deltas"].values()) == 0
        other = lender.whole(small, folder, tmp_path / f"whole{next(number)}")
        _, expected = lender.ran_and_ranked(other)
        assert mine == expected
        assert published == lender.published(open_site(other))
        assert expected

    return check


def kept(folder):
    return open_site(folder).store.kept_keys("shop")


def linked_order(folder, small, position=0):
    """An order whose row is kept, as it was written."""
    import connectors

    ids = set(kept(folder)["signal_id"].to_pylist())
    rows = [r for r in lender.orders(small) if connectors.ids_of("shop", pa_array([r["交易号"]]))[0].as_py() in ids]
    return rows[position]


def pa_array(values):
    import pyarrow as pa

    return pa.array(values, pa.string())


# --- increments -----------------------------------------------------------------------------------------------------------


def test_in_portions_comes_to_the_same_as_at_once(make, small, same_as_whole):
    everything = lender.orders(small)
    third = len(everything) // 3
    folder = make(third)
    first = lender.ran(folder)
    lender.put(folder, everything[third : 2 * third])
    second = lender.ran(folder)
    lender.put(folder, everything[2 * third :])
    third_run = lender.ran(folder)
    assert lender.counts(first, "pull")["read"] == third
    # the last row again: another one may share its watermark
    assert lender.counts(second, "pull")["read"] == third + 1
    assert lender.counts(third_run, "admit")["kept"] > 0
    same_as_whole(folder)


def test_a_run_without_news_reads_the_last_row_again_and_tells_nothing(make):
    folder = make(10_000)
    lender.ran(folder)
    again = lender.ran(folder)
    assert lender.counts(again, "pull")["read"] == 1
    assert sum(again["deltas"].values()) == 0


def test_only_rows_that_match_an_open_case_are_kept_and_none_in_plain(make, small):
    folder = make(10_000)
    report = lender.ran(folder)
    site = open_site(folder)
    assert len(set(kept(folder)["signal_id"].to_pylist())) == lender.counts(report, "match")["linked"]
    assert lender.counts(report, "match")["unmatched"] > 0
    phones = {r["联系方式"] for r in lender.orders(small) if "*" not in r["联系方式"]}
    for path in residue.deployment_files(site):
        content = residue.content_of(site, path)
        assert not [p for p in phones if p.encode() in content and len(p) > 6], path.name


def test_a_corrected_row_replaces_and_an_older_one_that_comes_late_does_not(make, small, same_as_whole):
    folder = make(10_000, **VERSIONED)
    lender.ran(folder)
    order, other = linked_order(folder, small), linked_order(folder, small, 1)
    lender.put(folder, [order | {"seq": 900_001, "version": 5, "联系方式": "19900009991"}])
    lender.put(folder, [other | {"seq": 900_002, "version": 2}])
    lender.ran(folder)
    lender.put(folder, [order | {"seq": 900_003, "version": 3, "联系方式": "19900009992"}])
    report = lender.ran(folder)
    assert lender.counts(report, "pull")["superseded"] == 1
    values = {value for _, _, value in lender.published(open_site(folder))}
    assert "+8619900009992" not in values
    same_as_whole(folder)


def test_a_corrected_row_in_the_same_reading_leaves_one_row(make, small, same_as_whole, monkeypatch):
    monkeypatch.setattr(pull, "PIECE_ROWS", 50)
    folder = make(10_000, **VERSIONED)
    lender.put(folder, [lender.orders(small)[0] | {"seq": 900_001, "version": 9, "联系方式": "19900009993"}])
    report = lender.ran(folder)
    assert lender.counts(report, "pull")["superseded"] == 1
    same_as_whole(folder)


def test_a_row_marked_as_deleted_is_gone_and_an_older_version_does_not_bring_it_back(make, small, same_as_whole):
    folder = make(10_000, **VERSIONED)
    lender.ran(folder)
    order = linked_order(folder, small)
    before = kept(folder).num_rows
    lender.put(folder, [order | {"seq": 900_001, "version": 7, "gone": "1"}])
    report = lender.ran(folder)
    assert lender.counts(report, "pull")["deleted"] == 1
    assert kept(folder).num_rows < before
    same_as_whole(folder)
    lender.put(folder, [order | {"seq": 900_002, "version": 6}])
    lender.ran(folder)
    same_as_whole(folder)


def test_a_row_that_is_not_there_any_more_is_gone_where_the_source_is_asked_for_its_ids(make, small, same_as_whole):
    folder = make(10_000, deletions="compare", **BY_SEQ)
    lender.ran(folder)
    gone = linked_order(folder, small)
    lender.sql(folder, f"DELETE FROM orders WHERE \"交易号\" = '{gone['交易号']}'")
    lender.ran(folder)
    same_as_whole(folder)


def test_a_row_that_becomes_unusable_takes_its_older_self_away(make, small):
    folder = make(10_000)
    lender.ran(folder)
    order = linked_order(folder, small)
    before = kept(folder)
    lender.put(folder, [order | {"seq": 900_001, "支付时间": "yesterday"}])
    report = lender.ran(folder)
    assert lender.counts(report, "check")["quarantined"] == 1
    assert kept(folder).num_rows < before.num_rows


# --- who is new is read for -----------------------------------------------------------------------------------------------


def rewrite(folder, file, encoding, keep):
    rows = [r for r in read_csv(folder / file, encoding) if keep(r)]
    with (folder / file).open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_new_case_finds_what_was_passed_over_before_it_opened(make, small, same_as_whole):
    folder = make(10_000)
    late = {r["委案编号"] for r in read_csv(small / lender.REGISTRY, "gb18030")[::3]}
    rewrite(folder, lender.REGISTRY, "gb18030", lambda r: r["委案编号"] not in late)
    lender.ran(folder)
    (folder / lender.REGISTRY).write_bytes((small / lender.REGISTRY).read_bytes())
    report = lender.ran(folder)
    assert "somebody new" in lender.notes(report)
    assert lender.counts(report, "pull")["read"] == min(10_000, len(lender.orders(small)))
    assert {case for case, _, _ in lender.published(open_site(folder))} & late
    same_as_whole(folder)
    assert lender.counts(lender.ran(folder), "pull")["read"] == 1


def test_a_new_consent_finds_what_was_withheld_before(make, small, same_as_whole):
    folder = make(10_000)
    agreed = read_csv(small / lender.CONSENTS)
    rewrite(folder, lender.CONSENTS, "utf-8", lambda r: r["客户编号"] not in {a["客户编号"] for a in agreed[::2]})
    lender.ran(folder)
    (folder / lender.CONSENTS).write_bytes((small / lender.CONSENTS).read_bytes())
    assert "somebody new" in lender.notes(lender.ran(folder))
    same_as_whole(folder)


def test_with_no_days_to_look_back_nobody_is_read_for_again(make, small):
    folder = make(10_000, lookback_days=0, **BY_SEQ)
    late = {r["委案编号"] for r in read_csv(small / lender.REGISTRY, "gb18030")[::3]}
    rewrite(folder, lender.REGISTRY, "gb18030", lambda r: r["委案编号"] not in late)
    lender.ran(folder)
    (folder / lender.REGISTRY).write_bytes((small / lender.REGISTRY).read_bytes())
    assert lender.counts(lender.ran(folder), "pull")["read"] == 1


def test_a_source_that_failed_while_somebody_was_new_is_read_for_them_later(make, small, same_as_whole):
    folder = make(10_000)
    late = {r["委案编号"] for r in read_csv(small / lender.REGISTRY, "gb18030")[::3]}
    rewrite(folder, lender.REGISTRY, "gb18030", lambda r: r["委案编号"] not in late)
    lender.ran(folder)
    (folder / lender.REGISTRY).write_bytes((small / lender.REGISTRY).read_bytes())
    (folder / lender.SHOP).rename(folder / "data" / "away")
    assert lender.ran(folder)["failed_sources"] == ["shop"]
    (folder / "data" / "away").rename(folder / lender.SHOP)
    assert "somebody new" in lender.notes(lender.ran(folder))
    same_as_whole(folder)


def test_another_declaration_is_read_from_the_start(make, small, same_as_whole):
    folder = make(10_000)
    lender.ran(folder)
    lender.declare(folder, options={"watermark": "seq", "null_values": ["-"]})
    report = lender.ran(folder)
    assert "its declaration" in lender.notes(report)
    assert lender.counts(report, "pull")["read"] == len(lender.orders(small))
    same_as_whole(folder)


def test_a_closed_case_is_not_kept(make, small):
    folder = make(10_000)
    lender.ran(folder)
    case = kept(folder)["case_id"][0].as_py()
    rows = read_csv(folder / lender.REGISTRY, "gb18030")
    (folder / lender.REGISTRY).write_bytes(b"")
    with (folder / lender.REGISTRY).open("w", encoding="gb18030", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows([r | ({"案件进度": "结清"} if r["委案编号"] == case else {}) for r in rows])
    lender.ran(folder)
    assert case not in kept(folder)["case_id"].to_pylist()


# --- crashes --------------------------------------------------------------------------------------------------------------

_KILLED = """
import os, sys
from pipeline import parts, pull
from tests.pipeline import lender
pull.PIECE_ROWS = 100
add, count = parts.Parts.add, [0]
def dying(self, batch):
    add(self, batch)
    count[0] += 1
    if count[0] == int(sys.argv[2]):
        os._exit(9)
parts.Parts.add = dying
lender.ran(sys.argv[1])
"""


def killed(script, folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", script.replace("lender.ran(sys.argv[1])", "from pathlib import Path; lender.ran(Path(sys.argv[1]))"),
         str(folder), *map(str, arguments)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 9, done.stderr[-2000:]


@pytest.mark.parametrize("pieces", [1, 4])
def test_killed_while_pulling_it_goes_on_and_reads_at_most_one_piece_twice(
    pieces, make, small, same_as_whole, monkeypatch
):
    folder = make(10_000)
    killed(_KILLED, folder, pieces)
    assert kept(folder).num_rows == 0
    monkeypatch.setattr(pull, "PIECE_ROWS", 100)
    report = lender.ran(folder)
    assert "goes on from there" in lender.notes(report)
    total = len(lender.orders(small))
    assert total <= lender.counts(report, "pull")["read"] <= total + 100
    assert lender.counts(report, "pull")["pulled"] == total
    same_as_whole(folder)


_KILLED_IN_COMMIT = """
import os, sys
import store.increments as increments
from tests.pipeline import lender
replace = increments._replace_traced
def dying(*args):
    replace(*args)
    os._exit(9)
increments._replace_traced = dying
lender.ran(sys.argv[1])
"""


def test_killed_while_publishing_neither_cursor_nor_rows_are_there_and_the_next_run_has_both(make, same_as_whole):
    folder = make(10_000)
    killed(_KILLED_IN_COMMIT, folder)
    store = open_site(folder).store
    assert (store.cursor("shop"), kept(folder).num_rows, store.snapshot().seq) == (None, 0, 0)
    lender.ran(folder)
    assert store.cursor("shop").cursor is not None
    same_as_whole(folder)


def test_of_two_runs_made_from_one_publication_the_second_is_refused(make):
    folder = make(100)
    lender.ran(folder)
    one = run_of(open_site(folder))

    def meanwhile(step):
        if step == "rank":
            increments_ = increments.increment(one)
            store = one.site.store
            with store._writing() as connection:
                from store import increments as kept_store

                kept_store.commit(connection, increments_)

    with pytest.raises(Fatal, match="another run was published"):
        run_with(one, meanwhile)


def test_a_row_later_than_the_run_is_not_passed_by_the_cursor(make, small, same_as_whole):
    from datetime import timedelta

    folder = make(10_000)
    order = lender.orders(small)[0]
    lender.put(folder, [order | {"seq": 900_001, "交易号": "LATER-1", "支付时间": "2026-11-02 09:00:00"}])
    first = lender.ran(folder)
    assert lender.counts(first, "check")["quarantined"] >= 1
    from tests.support import AS_OF

    report = walk.walk(run_of(open_site(folder), AS_OF + timedelta(days=1)))
    assert lender.counts(report, "pull")["read"] > 1
    assert lender.counts(report, "check")["quarantined"] == lender.counts(first, "check")["quarantined"] - 1


# --- snapshots ------------------------------------------------------------------------------------------------------------


def test_of_a_snapshot_only_what_changed_goes_further_and_what_is_gone_is_gone(make, small, same_as_whole):
    folder = make(10_000, load="snapshot")
    first = lender.ran(folder)
    total = len(lender.orders(small))
    assert lender.counts(first, "pull")["pulled"] == total
    again = lender.ran(folder)
    assert (lender.counts(again, "pull")["unchanged"], sum(again["deltas"].values())) == (total, 0)
    changed, gone = linked_order(folder, small, 0), linked_order(folder, small, 1)
    lender.sql(folder, f"UPDATE orders SET \"联系方式\" = '19900009994' WHERE \"交易号\" = '{changed['交易号']}'")
    lender.sql(folder, f"DELETE FROM orders WHERE \"交易号\" = '{gone['交易号']}'")
    third = lender.ran(folder)
    assert (lender.counts(third, "pull")["pulled"], lender.counts(third, "pull")["unchanged"]) == (1, total - 2)
    same_as_whole(folder)


# --- backfill -------------------------------------------------------------------------------------------------------------


def test_a_backfill_reads_an_older_time_again_and_publishes_as_of_the_latest(make, small, same_as_whole):
    folder = make(10_000)
    everything = lender.orders(small)
    late = everything[5:15]
    for row in late:
        lender.sql(folder, f"DELETE FROM orders WHERE \"交易号\" = '{row['交易号']}'")
    lender.ran(folder)
    lender.put(folder, late)  # with the numbers they always had: behind the watermark
    assert lender.counts(lender.ran(folder), "pull")["read"] == 1
    site = open_site(folder)
    before = site.store.cursor("shop")
    interval = Interval(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
    report = walk.walk(backfill.run_of(site, interval, actor="test"))
    assert lender.counts(report, "pull")["read"] == len(everything)
    assert site.store.cursor("shop").cursor == before.cursor
    assert site.store.last_run("done").as_of == run_of(site).at
    same_as_whole(folder)


def test_an_older_day_is_refused_and_told_how_to_backfill(make):
    from datetime import timedelta

    from tests.support import AS_OF

    folder = make(50)
    lender.ran(folder)
    with pytest.raises(Fatal, match="skiptrace backfill"):
        walk.walk(run_of(open_site(folder), AS_OF - timedelta(days=3)))


# --- persons --------------------------------------------------------------------------------------------------------------


def test_after_a_withdrawal_nothing_kept_is_left_and_nothing_comes_back(make, small):
    folder = make(10_000)
    lender.ran(folder)
    site = open_site(folder)
    cases = sorted(set(kept(folder)["case_id"].to_pylist()))[:10]
    values = values_of(small, cases)
    assert residue.search(site, values).sealed["kept_signals"] > 0
    withdraw.withdraw_all(site, [withdraw.Person(case_id=c) for c in cases], actor="test")
    assert residue.search(site, values, restricted=True).found == 0
    lender.ran(folder)
    assert residue.search(open_site(folder), values, restricted=True).found == 0
    assert not set(kept(folder)["case_id"].to_pylist()) & set(cases)


@pytest.mark.parametrize("when", ["match", "rank"])
def test_withdrawn_while_a_run_is_under_way_nothing_of_them_is_kept(when, make, small):
    folder = make(10_000)
    lender.ran(folder)
    cases = sorted(set(kept(folder)["case_id"].to_pylist()))[:5]
    lender.sql(folder, "UPDATE orders SET seq = seq + 500000")  # all of them anew
    site = open_site(folder)

    def between(step):
        if step == when:
            withdraw.withdraw_all(site, [withdraw.Person(case_id=c) for c in cases], actor="test")

    run_with(run_of(site), between)
    assert not set(kept(folder)["case_id"].to_pylist()) & set(cases)
    assert residue.search(site, values_of(small, cases), restricted=True).found == 0


def test_a_withdrawal_of_one_scope_takes_the_kept_rows_that_rest_on_it(make):
    folder = make(10_000)
    lender.ran(folder)
    case = kept(folder)["case_id"][0].as_py()
    withdraw.withdraw(open_site(folder), case_id=case, scopes=["phone_update"], actor="test")
    assert case in kept(folder)["case_id"].to_pylist()
    withdraw.withdraw(open_site(folder), case_id=case, scopes=["delivery_address"], actor="test")
    assert case not in kept(folder)["case_id"].to_pylist()


def test_an_access_export_tells_what_is_kept_of_the_person_and_nothing_of_others(make):
    folder = make(10_000)
    lender.ran(folder)
    site = open_site(folder)
    case = kept(folder)["case_id"][0].as_py()
    told = rights.export(site, case, actor="test")["signals"]
    assert len(told) == kept(folder)["case_id"].to_pylist().count(case)
    assert {frozenset(s) for s in told} == {frozenset({"source", "kind", "observed_at", "region"})}
    assert all(s["observed_at"] for s in told)


def test_closing_a_case_and_ageing_take_what_is_kept(make):
    folder = make(10_000)
    lender.ran(folder)
    site = open_site(folder)
    case = kept(folder)["case_id"][0].as_py()
    closure.close(site, [case], closure.Reason.PAID, actor="test")
    assert case not in kept(folder)["case_id"].to_pylist()
    import sqlalchemy as sa

    with site.store._writing() as connection:
        connection.execute(sa.text("UPDATE cases SET status = 'closed'"))
    assert retention.purge(site, actor="test")["kept_signals"] > 0
    assert kept(folder).num_rows == 0


def test_a_rotation_seals_what_is_kept_anew_and_it_still_opens(make, same_as_whole):
    folder = make(10_000)
    lender.ran(folder)
    done = rotate.rotate(open_site(folder), actor="test", retire=True)
    assert done.resealed >= kept(folder).num_rows
    assert done.retired
    assert sum(lender.ran(folder)["deltas"].values()) == 0
    same_as_whole(folder)


def test_the_stage_is_empty_when_a_run_has_ended(make):
    folder = make(200)
    site = open_site(folder)
    run = run_of(site)
    walk.walk(run)
    assert not (site.stage.folder / run.key).exists()
    assert forget.purge is not None
    assert publish_step.STEP == "publish"
