"""Faults put into a run of a small lender, at every place where it touches a file or the store, and what it comes to after.

Each trial is two real processes on a copy of one deployment: in the first the fault happens, the second runs undisturbed; then
everything that outlives a run is written down with its sealed values opened, and compared with what two undisturbed nights come to.

    kill        SIGKILL at a place
    twice       SIGKILL at a place, and the run that should mend it killed half a run later (or earlier) too
    moment      SIGKILL at a random moment
    full        no file can be written from this place on: the disk is full (ENOSPC)
    readonly    the same, and the disk is read-only (EROFS)
    small       the folder of stage and store is a real file system with only so many KiB left (needs root, SQLite)
    connection  the database server ends our session at this statement (PostgreSQL)
    server      the database server itself is killed at this statement, and started again (PostgreSQL)
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from tests.support import read_csv, run_of

FIRST, SECOND = date(2026, 10, 31), date(2026, 11, 1)
SOURCES = ("registry", "consents", "shop", "crm", "attempts")
_ERRNO = {"full": errno.ENOSPC, "readonly": errno.EROFS}
# What a run writes by the wall clock, or counts its attempts by: of it only that it is there is compared.
_NOT_COMPARED = {
    "runs": {"started_at", "finished_at", "report"},
    "quarantine": {"first_seen", "last_seen"},
    "cases": set(),
    "case_events": {"seq"},
}
_LEFT_OUT = {"audit", "heads", "leases"}  # the chain is verified, numbers are compared as the rows that carry them


@dataclass(frozen=True)
class Fault:
    """``at`` is the number of the place (a file operation or a statement); seconds of a ``moment``, KiB of a ``small`` disk."""

    kind: str
    at: float
    night: int = 2


@dataclass
class Trial:
    """What became of one fault."""

    fault: Fault
    step: str = ""
    ended: str = ""  # killed, stopped (an error), done (the fault did not stop it)
    error: str = ""
    is_same: bool = False
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL to keep stores in, and how to kill and revive it."""

    url: str
    kill: Callable[[], None]
    start: Callable[[], None]


@dataclass
class Lender:
    """The deployment before each night, and what the undisturbed nights come to."""

    home: Path
    server: Server | None
    values: tuple[bytes, ...]
    expected: dict[int, str] = field(default_factory=dict)  # by night: what outlives it
    counts: dict[int, list[str]] = field(default_factory=dict)  # run once, and run again
    places: dict[int, list[str]] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)


# --- the lender -----------------------------------------------------------------------------------------------------------


def lender(
    home: Path,
    *,
    debtors: int = 24,
    seed: int = 5,
    server: Server | None = None,
    nights: int = 2,
    is_run_again: bool = True,
) -> Lender:
    """Two nights: the first from nothing; for the second new orders, a changed registry, rows that are gone, a bad row.

    ``is_run_again``: also learn what a night comes to that is run again, so that counts of a run can be compared.
    """
    import sample

    people = home / "people"
    sample.write(sample.WORLDS["demo"], people, debtors=debtors, seed=seed)
    made = Lender(home, server, _values(people))
    _import_all()
    _declared(people, home / "before1")
    assert in_child(lambda: _with_keys(home / "before1", made)) == 0
    if server is not None:
        _database(server, "night1", None)
    _learn(made, 1, is_run_again=is_run_again)
    if nights == 1:
        return made
    _copy(made, 1, home / "ran1")
    assert in_child(lambda: run_night(home / "ran1", 1, made)) == 0
    _next_day(home / "ran1")
    (home / "ran1").rename(home / "before2")
    if server is not None:
        _database(server, "night2", "trial")
    _learn(made, 2, is_run_again=is_run_again)
    return made


def _import_all() -> None:
    """What a run imports, once, so that each trial is a fork of this process: it runs nothing itself, and so has no threads."""
    import importlib

    for name in (
        "expectations.suite", "privacy.text", "privacy.cipher", "connectors.transport.delimited", "connectors.transport.jsonlines",
        "connectors.transport.database", "connectors.web", "openpyxl", "pyarrow.dataset", "pyarrow.substrait", "pipeline.walk", "alembic.command", "psycopg", "great_expectations.expectations.core",
    ):  # fmt: skip
        importlib.import_module(name)
    from privacy import screening

    screening.shows_a_person("暖")  # its lexicon too: a fifth of what a night of so few rows takes


def _declared(people: Path, folder: Path) -> None:
    from tests.pipeline import lender as small

    small.made(people, folder, options={"watermark": "seq"}, load="incremental")
    orders = small.orders(people)
    small.put(folder, orders[: len(orders) * 2 // 3])
    told = yaml.safe_load((people / "deployment.yaml").read_text(encoding="utf-8"))
    mine = yaml.safe_load((folder / "deployment.yaml").read_text(encoding="utf-8"))
    mine["sources"] += [s for s in told["sources"] if s["name"] == "attempts"]
    for source in mine["sources"]:
        if source["name"] == "crm":
            source["load"] = "snapshot"
    mine["store"] = "${FAULTS_STORE}"
    (folder / "deployment.yaml").write_text(yaml.safe_dump(mine, allow_unicode=True), encoding="utf-8")
    shutil.rmtree(folder / "truth", ignore_errors=True)


def _with_keys(folder: Path, made: Lender) -> None:
    """The same keys in every trial, so that ids and tokens are the same."""
    site_of(folder, made).keys  # noqa: B018 - made on first use


def _next_day(folder: Path) -> None:
    from tests.pipeline import lender as small

    orders = small.orders(folder)
    small.put(folder, orders[len(orders) * 2 // 3 :])
    registry = folder / "data" / "委案名单.csv"
    lines = registry.read_bytes().splitlines(keepends=True)
    registry.write_bytes(b"".join([lines[0], *lines[3:]]))  # two cases are gone
    crm = folder / "data" / "crm" / "contact_events.jsonl"
    rows = crm.read_text(encoding="utf-8").splitlines(keepends=True)
    crm.write_text(
        "".join([*rows[5:], '{"event_id": "E-bad", "occurred": "not a day", "party": {}}\n']), encoding="utf-8"
    )


def _values(people: Path) -> tuple[bytes, ...]:
    """What must never lie in a file of the state as it is: numbers, addresses, mail of everybody in the data."""
    rows = read_csv(people / "data" / "委案名单.csv", "gb18030")
    found = {row[k] for row in rows for k in ("身份证", "手机", "备用手机", "通讯地址", "单位地址", "电子邮箱")}
    orders = read_csv(people / "data" / "shop" / "交易明细.csv", "utf-8-sig")
    found |= {row[k] for row in orders for k in ("联系方式", "详细地址")}
    return tuple(sorted(v.encode() for v in found if v and len(v) >= 8 and "*" not in v))


def _learn(made: Lender, night: int, *, is_run_again: bool) -> None:
    """The undisturbed night: its places, and what it comes to when it is run once and when it is run again."""
    began = time.monotonic()
    folder = fresh(made, night, "learn")
    places = folder.parent / "places.json"
    assert in_child(lambda: _count(folder, night, made, places)) == 0
    made.seconds[night] = time.monotonic() - began
    made.places[night] = json.loads(places.read_text(encoding="utf-8"))
    states, counts = [], []
    for _ in range(2 if is_run_again else 1):
        if states:
            assert in_child(lambda: run_night(folder, night, made)) == 0
        state, count, problems = looked(made, folder)
        assert problems == [], problems
        states.append(state)
        counts.append(count)
    assert states[0] == states[-1], "an undisturbed night run again is another"
    made.expected[night], made.counts[night] = states[0], counts if is_run_again else []


def fresh(made: Lender, night: int, name: str) -> Path:
    folder = made.home / name / "lender"
    shutil.rmtree(folder.parent, ignore_errors=True)
    _copy(made, night, folder)
    if made.server is not None:
        _database(made.server, "trial", f"night{night}")
    return folder


def _copy(made: Lender, night: int, folder: Path) -> None:
    shutil.copytree(made.home / f"before{night}", folder)


def _environ(made: Lender) -> dict[str, str]:
    url = made.server.url.replace("/postgres?", "/trial?") if made.server else "sqlite:///state/skiptrace.db"
    return {"FAULTS_STORE": url}


def _database(server: Server, name: str, template: str | None) -> None:
    import psycopg

    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        if template is not None:
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [template])
        db.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))


# --- processes ------------------------------------------------------------------------------------------------------------


def in_child(work: Callable[[], None], *, kill_after: float | None = None) -> int:
    """The work in a process of its own; its exit code, negative for a signal."""
    pid = forked(work)
    if kill_after is not None:
        _kill_when(pid, kill_after)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def forked(work: Callable[[], None]) -> int:
    """The pid of a child that does the work and ends with 0, or tells its error and ends with 1."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        try:
            work()
            sys.stdout.flush()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a child must never return into the parent's stack
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    return pid


def _kill_when(pid: int, after: float) -> None:
    until = time.monotonic() + after
    while time.monotonic() < until:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)


def site_of(folder: Path, made: Lender) -> Any:
    from pipeline.site import open_site

    return open_site(folder, environ=dict(os.environ) | _environ(made))


def use_two_processes() -> None:
    """From here on every night of this process begins a second one, however little there is to do, and links in small batches."""
    from pipeline import addresses, ahead, match, processes

    processes.cores, ahead.LEAST_SECONDS, addresses._LEAST, match._ROWS = (lambda: 2), 0.0, 10, 20


def run_night(folder: Path, night: int, made: Lender) -> None:
    from pipeline import pull, walk

    pull.PIECE_ROWS = 40
    os.environ.update(_environ(made))  # a second process opens the deployment by it
    walk.walk(run_of(site_of(folder, made), FIRST if night == 1 else SECOND))


# --- places -----------------------------------------------------------------------------------------------------------------


class Places:
    """Counts what a run does to files below the folder and to the store, and does something at one of them."""

    def __init__(self, folder: Path, act: Callable[[int, str], None]) -> None:
        self.folder, self.act = str(folder), act
        self.names: list[str] = []
        self.step = "open"
        self._is_inside = False

    def watch(self) -> None:
        import sqlalchemy as sa

        sys.addaudithook(self._audit)
        sa.event.listen(sa.Engine, "before_cursor_execute", lambda _c, _cur, statement, *_: self.seen("sql", statement))
        sa.event.listen(sa.Engine, "commit", lambda _c: self.seen("sql", "COMMIT"))
        self._name_steps()

    def seen(self, what: str, detail: str) -> None:
        if self._is_inside:
            return
        self._is_inside = True
        try:
            self.names.append(f"{self.step} {what} {' '.join(detail.split()[:3])[:60]}")
            self.act(len(self.names) - 1, what)
        finally:
            self._is_inside = False

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = args
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(flags, int) else False
            if isinstance(path, str) and path.startswith(self.folder) and writes:
                self.seen("write", Path(path).suffix)
        elif event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree") and str(args[0]).startswith(
            self.folder
        ):
            self.seen(event, "")

    def _name_steps(self) -> None:
        """Which step it is; and each beginning and end of a step is a place too."""
        from pipeline import admit, advance, check, forget, match, publish, pull, rank, walk

        for module, name in (
            (walk, "open_run"), (pull, "pull"), (check, "check"), (admit, "admit"), (advance, "advance"),
            (match, "match"), (rank, "rank"), (publish, "publish"), (walk, "close_run"), (forget, "purge"),
        ):  # fmt: skip
            self._wrap(module, name)

    def _wrap(self, module: Any, name: str) -> None:
        whole = getattr(module, name)

        def named(*args: Any, **kwargs: Any) -> Any:
            self.step = name
            self.seen("begin", "")
            result = whole(*args, **kwargs)
            self.seen("end", "")
            return result

        setattr(module, name, named)


def _count(folder: Path, night: int, made: Lender, out: Path) -> None:
    places = Places(folder, lambda _n, _what: None)
    places.watch()
    run_night(folder, night, made)
    out.write_text(json.dumps(places.names), encoding="utf-8")


def _disturbed(folder: Path, made: Lender, fault: Fault, out: Path) -> None:
    """A run in which the fault happens at its place."""
    act = _acts(made, fault, out)
    places = Places(folder, act)
    out.write_text(json.dumps({"step": "not reached"}), encoding="utf-8")
    act.places = places  # type: ignore[attr-defined]
    places.watch()
    try:
        run_night(folder, fault.night, made)
    except Exception as e:  # noqa: BLE001 - told to the parent
        from core.errors import SkiptraceError

        known = isinstance(e, SkiptraceError)
        told = json.loads(out.read_text(encoding="utf-8"))
        trace = "" if known else traceback.format_exc()[-3000:]
        out.write_text(
            json.dumps(told | {"error": type(e).__name__, "known": known, "said": str(e), "trace": trace}),
            encoding="utf-8",
        )
        sys.stderr.flush()
        os._exit(3)


def _acts(made: Lender, fault: Fault, out: Path) -> Callable[[int, str], None]:
    def act(n: int, what: str) -> None:
        if fault.kind in _ERRNO:
            # what a full disk and a read-only stage refuse: everything that writes a file, from here on
            if n >= fault.at and what in ("write", "os.rename", "os.mkdir"):
                tell(n)
                raise OSError(_ERRNO[fault.kind], os.strerror(_ERRNO[fault.kind]))
            return
        if n != fault.at:
            return
        tell(n)
        if fault.kind in ("kill", "twice"):
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault.kind == "connection":
            assert made.server is not None
            _end_sessions(made.server)
        elif fault.kind == "server":
            assert made.server is not None
            made.server.kill()
            made.server.start()

    def tell(n: int) -> None:
        handle = os.open(out, os.O_WRONLY | os.O_TRUNC)
        os.write(handle, json.dumps({"step": act.places.names[n]}).encode())  # type: ignore[attr-defined]
        os.close(handle)

    return act


@contextmanager
def _small_disk(folder: Path, kib: int) -> Iterator[Callable[[], None]]:
    """The folder on a file system of its own with so much room left beside what is there; what is given makes it large."""
    import subprocess

    inside = folder.with_name("inside")
    folder.rename(inside) if folder.exists() else inside.mkdir()
    used = sum(-(-p.stat().st_size // 4096) * 4 + 4 for p in inside.rglob("*"))
    folder.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={used + kib}k,mode=0700", "tmpfs", str(folder)], check=True)
    try:
        shutil.copytree(inside, folder, dirs_exist_ok=True)
        yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True) and None
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _end_sessions(server: Server) -> None:
    import psycopg

    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'trial'")


# --- what it came to ------------------------------------------------------------------------------------------------------


def tried(made: Lender, fault: Fault) -> Trial:
    """One fault, one undisturbed run after it, and the comparison."""
    trial = Trial(fault)
    folder = fresh(made, fault.night, "trial")
    out = folder.parent / "told.json"
    if fault.kind == "moment":
        code = in_child(lambda: run_night(folder, fault.night, made), kill_after=fault.at)
        trial.step = "a random moment"
    elif fault.kind == "twice":
        places = len(made.places[fault.night])
        in_child(lambda: _disturbed(folder, made, replace(fault, at=(fault.at + places // 2) % places), out))
        code = in_child(lambda: _disturbed(folder, made, fault, out))
    elif fault.kind == "small":
        with _small_disk(folder / "state", int(fault.at)) as grow:
            code = in_child(lambda: _disturbed(folder, made, fault, out))
            grow()
            return _after(made, trial, folder, code, out)
    else:
        code = in_child(lambda: _disturbed(folder, made, fault, out))
    return _after(made, trial, folder, code, out)


def _after(made: Lender, trial: Trial, folder: Path, code: int, out: Path) -> Trial:
    """The state as the fault left it, an undisturbed run, and the comparison."""
    fault = trial.fault
    if out.exists():
        told = json.loads(out.read_text(encoding="utf-8"))
        trial.step, trial.error = told["step"], told.get("error", "")
        if code == 3 and not told["known"]:
            trial.problems.append(f"an error of no kind of ours: {trial.error} {told['trace']}")
    trial.ended = {-signal.SIGKILL: "killed", 0: "done"}.get(code, "stopped")
    trial.problems += plaintext(made, folder)
    if in_child(lambda: run_night(folder, fault.night, made)) != 0:
        trial.problems.append("the next run did not come through")
        return trial
    state, counts, problems = looked(made, folder)
    trial.problems += problems + plaintext(made, folder)
    trial.is_same = state == made.expected[fault.night]
    if made.counts[fault.night] and counts not in made.counts[fault.night]:
        trial.problems.append("the counts are those of neither an undisturbed run nor one run again")
    if not trial.is_same:
        trial.problems.append("another final state")
    return trial


def plaintext(made: Lender, folder: Path) -> list[str]:
    """Files of the state in which a value of a person can be read."""
    found = []
    for path in sorted((folder / "state").rglob("*")):
        if path.is_file():
            blob = path.read_bytes()
            if any(v in blob for v in made.values):
                found.append(f"a personal value in {path.relative_to(folder / 'state')}")
    return found


def looked(made: Lender, folder: Path) -> tuple[str, str, list[str]]:
    """(digest of everything that outlives a run, digest of the report's counts, problems), read in a process of its own."""
    out = folder.parent / "state.json"
    assert in_child(lambda: _look(folder, made, out)) == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    return told["state"], told["counts"], told["problems"]


def _look(folder: Path, made: Lender, out: Path) -> None:
    site = site_of(folder, made)
    problems = []
    if not site.store.verify_audit().is_intact:
        problems.append("the audit chain is broken")
    rows = site.store.deltas(0, 1_000_000).to_pylist()
    if [r["seq"] for r in rows] != list(range(1, len(rows) + 1)):
        problems.append("deltas with a gap or a double")
    if _replayed(rows) != {r["candidate_id"]: r["content_hash"] for r in site.store.snapshot().rows.to_pylist()}:
        problems.append("the deltas do not lead to what is published")
    left = site.stage.place.files()
    if left:
        problems.append(f"{len(left)} files left in the stage")
    text = everything(site)
    report = site.store.last_run("done").report
    counts = json.dumps([[s["step"], s["source"], s["status"], _counted_once(s["counts"])] for s in report["steps"]])
    (out.parent / "state.txt").write_text(text, encoding="utf-8")
    (out.parent / "counts.txt").write_text(counts, encoding="utf-8")
    out.write_text(
        json.dumps({"state": digest(text), "counts": digest(counts), "problems": problems}), encoding="utf-8"
    )


def _counted_once(counts: list[list[Any]]) -> list[list[Any]]:
    """A reading that goes on by a watermark reads its last row again: it is read once more and superseded once more."""
    rows = {name: n for name, n, _ in counts}
    again = rows.get("superseded", 0)
    return [[name, n - again * (name in ("read", "superseded")), detail] for name, n, detail in counts]


def _replayed(rows: list[dict[str, Any]]) -> dict[str, str]:
    held: dict[str, str] = {}
    apply(held, rows)
    return held


def apply(held: dict[str, str], rows: list[dict[str, Any]]) -> None:
    """What a consumer does with deltas; a DEL of what it does not hold is an error."""
    for r in rows:
        if r["op"] == "DEL":
            held.pop(r["candidate_id"])
        else:
            held[r["candidate_id"]] = r["content_hash"]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def everything(
    site: Any, skip: Mapping[str, set[str]] = MappingProxyType({}), left_out: Collection[str] = frozenset()
) -> str:
    """Every row of every table but the audit chain (and what is left out), sealed values opened, in a fixed order."""
    import sqlalchemy as sa

    from store import tables
    from store.engine import reading
    from store.subjects import SEALED

    out = []
    with reading(site.store._engine) as connection:
        for name, table in sorted(tables.metadata.tables.items()):
            if name in _LEFT_OUT or name in left_out:
                continue
            without = _NOT_COMPARED.get(name, set()) | skip.get(name, set())
            opened = SEALED.get(name)
            for row in connection.execute(sa.select(table)):
                values = {k: v for k, v in row._mapping.items() if k not in without}
                if opened and values[opened[1]] is not None:
                    values[opened[1]] = site.keys.open(bytes(values[opened[1]]), opened[2](row))
                _without_row_of_query(values)
                out.append(f"{name} " + json.dumps(values, sort_keys=True, default=_plain, ensure_ascii=False))
    return "\n".join(sorted(out))


def _without_row_of_query(values: dict[str, Any]) -> None:
    """The number of a row in the result of a query tells where the query began: no mark of the row. (In a file it is one.)"""
    if values.get("source") != "shop":
        return
    for name in ("payload_sealed", "row_sealed"):
        if isinstance(values.get(name), str):
            body = json.loads(values[name])
            body.pop("row", None)
            values[name] = json.dumps(body, sort_keys=True, ensure_ascii=False)
    values.pop("row", None)


def _plain(value: Any) -> str:
    return hashlib.sha256(bytes(value)).hexdigest() if isinstance(value, (bytes, memoryview)) else str(value)


def campaign(made: Lender, faults: list[Fault], told: Callable[[Trial], None] = lambda _: None) -> list[Trial]:
    """All of them, one after another."""
    out = []
    for fault in faults:
        out.append(tried(made, fault))
        told(out[-1])
    return out


def summed(trials: list[Trial]) -> dict[str, Any]:
    """The figures of a campaign."""
    return {
        "faults": len(trials),
        "kinds": dict(Counter(t.fault.kind for t in trials)),
        "ended": dict(Counter(t.ended for t in trials)),
        "final states that differ": sum(not t.is_same for t in trials),
        "problems": sum(bool(t.problems) for t in trials),
    }


def at_every_place(made: Lender, kind: str, night: int = 2, step: int = 1, first: int = 0) -> list[Fault]:
    """A fault of this kind at every place, or every so-manieth."""
    return [Fault(kind, n, night) for n in range(first, len(made.places[night]), step)]


def at_statements(made: Lender, kind: str, night: int = 2, step: int = 1) -> list[Fault]:
    """At every statement to the store, or every so-manieth."""
    at = [n for n, name in enumerate(made.places[night]) if " sql " in name]
    return [Fault(kind, n, night) for n in at[::step]]


def at_moments(made: Lender, count: int, night: int = 2, seed: int = 1) -> list[Fault]:
    """SIGKILL at random moments within the time a run takes."""
    rng = random.Random(seed)
    return [Fault("moment", rng.uniform(0.0, made.seconds[night]), night) for _ in range(count)]
