"""One run of a deployment at a time: what comes beside it waits, is told, or goes on when the holder is gone."""

from __future__ import annotations

import threading
import time

import pyarrow as pa
import pytest

import store
from core.errors import Fatal, Transient
from pipeline import lease, rotate, walk, withdraw
from pipeline.site import open_site
from tests.support import copy_of, run_of


@pytest.fixture(scope="module")
def used(portfolio, tmp_path_factory):
    """A deployment that was opened and never ran."""
    folder = copy_of(portfolio, tmp_path_factory.mktemp("lease"))
    site = open_site(folder)
    site.keys  # noqa: B018 - made once
    site.store.close()
    return folder


@pytest.fixture
def folder(used, tmp_path):
    return copy_of(used, tmp_path)


def test_a_second_run_is_refused_with_who_and_since_when_and_touches_nothing(folder):
    first, second = run_of(open_site(folder)), run_of(open_site(folder))
    walk.open_run(first)
    first.site.stage.write(first.key, "pull", "shop", pa.table({"a": [1]}))
    with pytest.raises(Transient, match=rf"{first.key} is under way since .* \(process \d+ on .*\); .* try again"):
        walk.walk(second)
    assert first.site.stage.exists(first.key, "pull", "shop")
    assert first.site.store.run(first.key).status == "running"
    assert first.site.store.lease(lease.RUN).holder == first.holder


def test_it_is_given_back_when_the_run_ends_and_when_it_cannot_begin(folder, monkeypatch):
    run = run_of(open_site(folder))
    monkeypatch.setattr(walk, "_refuse_older", lambda _: (_ for _ in ()).throw(Fatal("no")))
    with pytest.raises(Fatal):
        walk.walk(run)
    assert run.site.store.lease(lease.RUN) is None
    monkeypatch.undo()
    monkeypatch.setattr(walk, "sources", lambda _: (_ for _ in ()).throw(Fatal("stops")))
    with pytest.raises(Fatal):
        walk.walk(run)
    assert run.site.store.lease(lease.RUN) is None


def test_a_long_run_keeps_its_lease(folder, monkeypatch):
    monkeypatch.setattr(lease, "SECONDS", 0.4)
    run = run_of(open_site(folder))
    lease.hold(run)
    until = run.site.store.lease(lease.RUN).until
    time.sleep(0.9)
    assert run.site.store.lease(lease.RUN).until > until
    with pytest.raises(Transient):
        lease.hold(run_of(open_site(folder)))
    lease.give_back(run)
    lease.hold(run_of(open_site(folder)))


def test_a_renewal_under_way_does_not_take_it_again_after_it_was_given_back(folder, monkeypatch):
    monkeypatch.setattr(lease, "SECONDS", 0.4)
    run = run_of(open_site(folder))
    lease.hold(run)
    renewing, take = threading.Event(), run.site.store.take

    def slow(*args, **kwargs):
        renewing.set()
        time.sleep(0.3)
        return take(*args, **kwargs)

    monkeypatch.setattr(run.site.store, "take", slow)
    renewing.wait(5)
    lease.give_back(run)
    time.sleep(0.4)
    assert run.site.store.lease(lease.RUN) is None


def test_a_run_that_may_not_begin_holds_up_nobody(folder):
    """Its assessment has run out: the lease is free at once, also for a DAG run, whose lease would last."""
    from dataclasses import replace

    run = run_of(open_site(folder))
    after = run.at.replace(year=run.at.year + 20)
    late = replace(
        run, interval=replace(run.interval, start=after, end=after.replace(day=after.day + 1)), holder="airflow/a"
    )
    with pytest.raises(Fatal):
        walk.open_run(late)
    assert run.site.store.lease(lease.RUN) is None


def test_tasks_of_one_dag_run_share_it(folder):
    from dataclasses import replace

    one = replace(run_of(open_site(folder)), holder="airflow/scheduled__1")
    lease.hold(one)
    lease.hold(replace(run_of(open_site(folder)), holder="airflow/scheduled__1"))
    with pytest.raises(Transient, match="Airflow, scheduled__1"):
        lease.hold(replace(run_of(open_site(folder)), holder="airflow/manual__2"))
    lease.give_back(one)


def test_a_run_that_stood_still_leaves_the_stage_to_who_came_after(folder):
    from pipeline import forget

    old, new = run_of(open_site(folder)), run_of(open_site(folder))
    old.site.store.take(lease.RUN, holder=new.holder, about=new.key, seconds=60)
    new.site.stage.write(new.key, "pull", "shop", pa.table({"a": [1]}))
    forget.purge(old)
    assert new.site.stage.exists(new.key, "pull", "shop")
    assert new.site.store.lease(lease.RUN).holder == new.holder


def test_a_withdrawal_beside_a_run_is_finished_by_it_and_of_a_killed_run_nothing_stays(folder):
    site = open_site(folder)
    run = run_of(open_site(folder))
    walk.open_run(run)
    told = withdraw.withdraw(site, customer_no="NOBODY-1", actor="user:a")
    assert not told.is_complete
    assert site.stage.folder.joinpath(run.key).exists()
    lease.give_back(run)  # as if it were killed: the run is still said to be running
    told = withdraw.withdraw(site, customer_no="NOBODY-1", actor="user:a")
    assert told.is_complete
    assert not site.stage.folder.joinpath(run.key).exists()


def test_a_run_waits_for_what_holds_it_for_a_moment(folder):
    site, run = open_site(folder), run_of(open_site(folder))
    entered, leave = threading.Event(), threading.Event()

    def withdrawal():
        with lease.without_runs(site) as is_free:
            assert is_free
            entered.set()
            leave.wait(5)

    other = threading.Thread(target=withdrawal)
    other.start()
    entered.wait(5)
    threading.Timer(0.3, leave.set).start()
    lease.hold(run)
    assert leave.is_set()
    other.join()
    lease.give_back(run)


def test_keys_are_not_retired_under_a_run_that_seals_with_them(folder):
    site, run = open_site(folder), run_of(open_site(folder))
    lease.hold(run)
    with pytest.raises(Transient, match="under way"):
        rotate.rotate(site, actor="user:a", retire=True)
    rotate.rotate(site, actor="user:a")  # without retiring it may be beside a run
    lease.give_back(run)
    assert len(rotate.rotate(site, actor="user:a", retire=True).retired) == 2
    assert store.open(site.deployment.store, base=site.folder).lease(lease.RUN) is None
