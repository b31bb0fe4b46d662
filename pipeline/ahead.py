"""ahead: in a run whose steps share one process, a second process (``pipeline.beside``) does some of them before they are due.

Which sources it takes is told by how long each took in the run before. A step is then due when it is done: whoever walks the path asks
``step``, which waits for the other process or, where that did not do it, does it here. Any step can be done again and gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress

import pyarrow as pa

from core.deployment import Load, SourceSpec
from core.types import Ref
from pipeline import check, processes, pull
from pipeline.beside import Beside
from pipeline.run import Run
from pipeline.site import Site

Asked = Future[pa.Table | None]
LEAST_SECONDS = 20.0  # of work on sources, in the run before: for less, a process has hardly begun when all is done
_STEPS = (pull.STEP, check.STEP)
_DONE = pa.table({})
_waiting: list[Beside] = []


def warm(site: Site) -> None:
    """Begin another process where the run before says that it pays; the next run that begins in this one has it."""
    if not _waiting and processes.cores() > 1 and sum(_seconds(site).values()) >= LEAST_SECONDS:
        _waiting.append(Beside())
        _waiting[-1].ask("pipeline.beside:prepare")


def begin(run: Run) -> None:
    """Hand half of the sources to the process that waits, if one does; the run is open by now."""
    if not _waiting or run.backfill is not None:
        return
    other = _waiting.pop()
    other.begin(run)
    _processes(run).append(other)
    chosen = _chosen(run)
    asked = {
        (step, name): other.ask("pipeline.ahead:done", step=step, source=name) for step in _STEPS for name in chosen
    }
    run.once("ahead", lambda: asked)


def _processes(run: Run) -> list[Beside]:
    return run.once("beside", list[Beside])


def beside(run: Run) -> Beside | None:
    """The other process of this run, if it has one."""
    return next(iter(_processes(run)), None)


def renew(run: Run) -> None:
    """Something else begins: a new process takes the place of the one there is, and its memory is free."""
    if (other := beside(run)) is not None:
        other.end()
        _processes(run)[:] = [Beside()]
        _processes(run)[0].begin(run)


def end(run: Run) -> None:
    """The run is over, however it ended."""
    for processes_ in (_waiting, _processes(run)):
        for other in processes_:
            other.end()
        processes_.clear()


def step(run: Run, name: str, source: str) -> Ref | None:
    """The reference that this step of a source leaves, done by the other process or here; None when the source failed alone."""
    asked = run.once("ahead", dict[tuple[str, str], Asked])
    if (name, source) in asked:
        _work_while_waiting(run, asked, asked[name, source])
    if (name, source) not in asked or asked[name, source].result() is None:
        return _do(run, name, source)
    stage = run.site.stage
    return stage.ref(run.key, name, source) if stage.exists(run.key, name, source) else None


def _do(run: Run, step: str, source: str) -> Ref | None:
    return pull.pull(run, source) if step == pull.STEP else check.check(run, source)


def _work_while_waiting(run: Run, asked: dict[tuple[str, str], Asked], awaited: Asked) -> None:
    """Until the other process has done it: here too, what is due later and waits for nothing. An error of it is told when it is due."""
    own = [s.name for s in run.site.deployment.sources if _may_go(s)]
    for key in [(step, name) for step in _STEPS for name in own]:
        if awaited.done():
            return
        before = (pull.STEP, key[1])
        if key not in asked and (key == before or (before in asked and run.site.stage.exists(run.key, *before))):
            with suppress(Exception):
                _do(run, *key)
                asked[key] = Future()
                asked[key].set_result(_DONE)


def done(run: Run, _: pa.Table, *, step: str, source: str) -> pa.Table:
    """In the other process: this step of a source. Raises where an earlier one did: what follows is then done elsewhere too."""
    failed = run.once("failed", set[str])
    if source in failed:
        raise RuntimeError(source)
    failed.add(source)
    _do(run, step, source)
    failed.remove(source)
    return _DONE


def finish(run: Run) -> None:
    """Nothing more will be asked: the other process ends when it has done what was, and its memory is free."""
    if (other := beside(run)) is not None:
        other.finish()


def last(run: Run, names: list[str]) -> list[str]:
    """These sources, those that the other process does at the end: by then they are done."""
    asked = run.once("ahead", dict[tuple[str, str], Asked])
    return sorted(names, key=lambda name: (pull.STEP, name) in asked)


def _chosen(run: Run) -> list[str]:
    """The sources that the other process takes: the longest first, each to whoever has less to do."""
    seconds, here, there = _seconds(run.site), 0.0, 0.0
    chosen: list[str] = []
    for spec in sorted(run.site.deployment.sources, key=lambda s: -seconds.get(s.name, 0.0)):
        if (there <= here and _may_go(spec)) or (not chosen and _may_go(spec)):
            chosen.append(spec.name)
            there += seconds.get(spec.name, 0.0)
        else:
            here += seconds.get(spec.name, 0.0)
    return chosen


def _may_go(spec: SourceSpec) -> bool:
    """What is asked of a source that is read by increments depends on others; a login may be known here only."""
    return spec.load is Load.FULL and "credentials" not in spec.options


def _seconds(site: Site) -> dict[str, float]:
    """How long each source took in the last run that was published."""
    before = site.store.last_run("done")
    out: dict[str, float] = {}
    for fact in (before.report or {}).get("steps", []) if before else []:
        if fact["step"] in _STEPS:
            out[fact["source"]] = out.get(fact["source"], 0.0) + fact["seconds"]
    return out


def ask(run: Run, function: str, /, **said: str) -> None:
    """Let the other process, if there is one, begin this function of the run as soon as it may; ``answer`` fetches what came of it."""
    if (other := beside(run)) is not None:
        run.once(_name(function, said), lambda: other.ask(function, **said))


def is_done(run: Run, function: str, /, **said: str) -> bool:
    """Whether the other process was asked for this, and has done it."""
    asked: Asked | None = run.once(_name(function, said), lambda: None)
    return asked is not None and asked.done() and asked.result() is not None


def tell(run: Run, function: str, rows: pa.Table) -> None:
    """Let the other process, if there is one, have these rows; nothing comes of it here."""
    if (other := beside(run)) is not None:
        other.ask(function, rows)


def withdraw(run: Run, function: str, /, **said: str) -> None:
    """Ask no more for this, unless it has begun."""
    asked: Asked | None = run.once(_name(function, said), lambda: None)
    if asked is not None and not asked.done() and (other := beside(run)) is not None:
        other.withdraw(asked)


def answer(run: Run, function: str, /, **said: str) -> pa.Table | None:
    """What came of it; None where nobody asked, or it was not done."""
    asked: Asked | None = run.once(_name(function, said), lambda: None)
    return None if asked is None else asked.result()


def _name(function: str, said: Mapping[str, str]) -> str:
    return " ".join([function, *said.values()])


def shared(run: Run, function: str, rows: pa.Table, *, least_rows: int) -> pa.Table:
    """``processes.by_rows``, the other half by the process that is there."""
    other = beside(run)
    if other is None or rows.num_rows < 2 * least_rows:
        return processes.by_rows(function, rows, least_rows=least_rows)
    middle = rows.num_rows // 2
    asked = other.ask("pipeline.ahead:of_rows", rows.slice(middle), function=function)
    first, rest = processes.found(function)(rows.slice(0, middle)), asked.result()
    return pa.concat_tables([first, processes.found(function)(rows.slice(middle)) if rest is None else rest])


def of_rows(_: Run, rows: pa.Table, *, function: str) -> pa.Table:
    """In the other process: a function of rows alone."""
    return processes.found(function)(rows)
