"""admit: the first consent gate. The only maker of ``Admitted``. ``clean = admitted + withheld``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

import policy
from core import schemas
from core.events import EventName
from core.kinds import Admission
from core.types import Admitted, Ref, Signals
from pipeline import check
from pipeline.run import Run

STEP = "admit"


def admit(run: Run, source: str) -> Ref | None:
    """Stage what may be used of one signal source; None when it did not get this far."""
    if not run.site.stage.exists(run.key, check.STEP, source):
        return None
    tally: Counter[tuple[str, str]] = Counter()
    grants = check.grants(run)
    with run.step(STEP, source) as log:
        ref = run.site.stage.write(
            run.key, STEP, source, _admitted(run, source, grants, tally), schema=schemas.ADMITTED
        )
        log.count("clean", sum(tally.values()))
        for (outcome, rule), n in sorted(tally.items()):
            name = "withheld" if outcome == "withheld" else "admitted"
            log.count(name, n, rule if outcome == "withheld" else outcome)
    withheld = sum(n for (outcome, _), n in tally.items() if outcome == "withheld")
    run.event(EventName.SIGNALS_ADMITTED, source=source, admitted=ref.rows, withheld=withheld)
    return ref


def _admitted(run: Run, source: str, grants: policy.Grants, tally: Counter[tuple[str, str]]) -> Iterator[pa.Table]:
    for batch in run.site.stage.iter_batches(run.key, check.STEP, source):
        signals = Signals(pa.table(batch))
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
