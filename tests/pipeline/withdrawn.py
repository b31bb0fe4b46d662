"""The values of persons of a sample, and a run in which something happens between two steps."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from pipeline import admit, forget, match, publish, rank, walk
from pipeline.run import Run
from pipeline.site import Site, open_site
from tests.support import copied, read_csv

_PERSONAL = ("姓名", "身份证", "手机", "备用手机", "通讯地址", "单位地址", "电子邮箱")


def values_of(portfolio: Path, case_ids: Collection[str]) -> set[str]:
    """What only these persons have: names, numbers, addresses of the list, phones and addresses of the truth."""
    rows = read_csv(portfolio / "data" / "委案名单.csv", "gb18030")
    rows = [r for r in rows if r["委案编号"]]
    theirs = {r["客户编号"] for r in rows if r["委案编号"] in case_ids} - {""}
    told = [(r["客户编号"] in theirs or r["委案编号"] in case_ids, [r[k] for k in _PERSONAL]) for r in rows]
    truth = read_csv(portfolio / "truth" / "current.csv")
    told += [(r["customer_no"] in theirs, [r["phone"], r["email"], r["address"]]) for r in truth]
    signals = read_csv(portfolio / "truth" / "signals.csv")
    told += [(r["customer_no"] in theirs and r["whose"] == "self", [r["phone"]]) for r in signals]
    others = {v for is_theirs, vs in told if not is_theirs for v in vs}
    return {v for is_theirs, vs in told if is_theirs for v in vs if len(v or "") > 1} - others


def copy_of_site(site: Site, into: Path) -> Site:
    """The deployment as it is, in another folder, without the truth that only tests know."""
    return open_site(copied(site.folder, into / "copy", without=["truth"]))


def run_with(run: Run, between: Callable[[str], None]) -> None:
    """The whole path, and ``between(step)`` after each step."""
    walk.open_run(run)
    try:
        for source in walk.sources(run):
            walk.ingest(run, source)
        between("check")
        for spec in run.site.deployment.signal_sources:
            admit.admit(run, spec.name)
        between("admit")
        match.match(run)
        between("match")
        rank.rank(run)
        between("rank")
        publish.publish(run)
        walk.close_run(run)
    finally:
        forget.purge(run)
