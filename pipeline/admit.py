"""admit: the first consent gate. The only maker of ``Admitted``. ``clean + kept = admitted + withheld``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

import policy
from core import schemas
from core.deployment import Load
from core.events import EventName
from core.kinds import Admission
from core.types import Admitted, Ref, Signals
from pipeline import addresses, check, kept
from pipeline.run import Run

STEP = "admit"


def admit(run: Run, source: str) -> Ref | None:
    """Stage what may be used of one signal source; None when it did not get this far."""
    if not run.site.stage.exists(run.key, check.STEP, source):
        return None
    tally: Counter[tuple[str, str]] = Counter()
    of_kept: Counter[tuple[str, str]] = Counter()
    grants = check.grants(run)
    with run.step(STEP, source) as log:
        batches = chain(
            _admitted(run, source, grants, _clean(run, source), tally),
            _admitted(run, source, grants, _kept(run, source), of_kept),
        )
        ref = run.site.stage.write(run.key, STEP, source, batches, schema=schemas.ADMITTED)
        log.count("clean", sum(tally.values()))
        log.count("kept", sum(of_kept.values()))
        tally += of_kept
        for (outcome, rule), n in sorted(tally.items()):
            name = "withheld" if outcome == "withheld" else "admitted"
            log.count(name, n, rule if outcome == "withheld" else outcome)
    addresses.ask_ahead(run, STEP, source)
    withheld = sum(n for (outcome, _), n in tally.items() if outcome == "withheld")
    run.event(EventName.SIGNALS_ADMITTED, source=source, admitted=ref.rows, withheld=withheld)
    return ref


def _clean(run: Run, source: str) -> Iterator[Signals]:
    for batch in run.site.stage.iter_batches(run.key, check.STEP, source):
        yield Signals(pa.table(batch))


def _kept(run: Run, source: str) -> Iterator[Signals]:
    """What is known of the source from earlier runs, where a run sees only some of its rows."""
    if run.site.deployment.source(source).load is not Load.FULL:
        yield from (Signals(rows) for rows in kept.rows(run, source))


def _admitted(
    run: Run, source: str, grants: policy.Grants, batches: Iterator[Signals], tally: Counter[tuple[str, str]]
) -> Iterator[pa.Table]:
    for signals in batches:
        run.progress(STEP, source, signals.table.num_rows)
        yield decide(run, source, signals, grants, tally).table


def decide(run: Run, source: str, signals: Signals, grants: policy.Grants, tally: Counter[tuple[str, str]]) -> Admitted:
    """Ask the policy for every row; keep the granted and the pending ones with the rule that let them through."""
    spec = run.site.deployment.source(source)
    answer = policy.admit(signals.table, grants, source=spec, pack=run.site.pack, at=run.at)
    for row in answer.group_by(["outcome", "rule_id"]).aggregate([([], "count_all")]).to_pylist():
        tally[(row["outcome"], row["rule_id"])] += row["count_all"]
    table = signals.table
    for name, column in (("admission", "outcome"), ("rule_id", "rule_id"), ("consent_id", "consent_id")):
        table = table.append_column(name, answer.column(column))
    allowed = pc.is_in(answer.column("outcome"), pa.array([Admission.GRANTED.value, Admission.PENDING.value]))
    return Admitted(schemas.conform(table.filter(allowed), schemas.ADMITTED))
