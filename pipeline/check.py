"""check: pulled rows → clean | quarantined | not_a_signal. Normalise once, then the source's contract (Great Expectations).

``pulled = clean + quarantined + not_a_signal``; a row's quarantine reason names its field, never its value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import expectations
import policy
from core import schemas
from core.deployment import Load, SourceSpec
from core.errors import SourceUnusable
from core.events import EventName
from core.kinds import Disposition, SourceKind
from core.types import Ref
from pipeline import normalise, notes, profile, quarantine
from pipeline.pull import fail
from pipeline.run import Run, StepLog

STEP = "check"
THIRD_PARTIES = "third_parties"
# Great Expectations costs a third of a second a batch, whatever its size; memory grows with it by about 1 kB a row.
BATCH_ROWS = 262_144

_BOUNDARY = {
    SourceKind.DECLARED_CONTACTS: "registry",
    SourceKind.CONSENTS: "consents",
    SourceKind.OUTCOMES: "outcomes",
}
_WARNS = {"freshness": EventName.SOURCE_STALE, "volume": EventName.SOURCE_LOW_VOLUME}
_SCHEMA = {
    SourceKind.DECLARED_CONTACTS: schemas.CLEAN_REGISTRY,
    SourceKind.CONSENTS: schemas.CLEAN_CONSENTS,
    SourceKind.OUTCOMES: schemas.CLEAN_OUTCOMES,
}


@dataclass
class _Tally:
    """Counts of one source over its batches."""

    pulled: int = 0
    clean: int = 0
    not_a_signal: int = 0
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)
    set_aside: Counter[tuple[str, str]] = field(default_factory=Counter)
    measures: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    newest: pa.Scalar | None = None
    profile: profile.Counts = field(default_factory=profile.Counts)


def check(run: Run, source: str) -> Ref | None:
    """Stage the clean rows of one source; None when the source stops here (too few rows, stale, contract broken)."""
    spec = run.site.deployment.source(source)
    if not run.site.stage.exists(run.key, "pull", source):
        return None
    with run.step(STEP, source) as log:
        tally = _Tally()
        try:
            ref = run.site.stage.write(run.key, STEP, source, _clean(run, source, tally, log))
        except SourceUnusable as e:
            fail(run, log, e)
            return None
        if spec.kind is SourceKind.CONSENTS:
            _save_grants(run, run.site.stage.read(ref))
        _write_counts(tally, log)
    run.event(
        EventName.SIGNALS_CHECKED,
        source=source,
        kind=spec.kind.value,
        clean=tally.clean,
        quarantined=sum(tally.quarantined.values()),
    )
    return ref


def _clean(run: Run, source: str, tally: _Tally, log: StepLog) -> Iterator[pa.Table]:
    spec = run.site.deployment.source(source)
    empty = True
    for table in _batches(run, source, spec.kind):
        run.progress(STEP, source, table.num_rows)
        tally.pulled += table.num_rows
        empty = False
        yield _clean_batch(run, spec.kind, table, tally, source)
    if empty:
        yield schemas.empty(_SCHEMA.get(spec.kind, schemas.CLEAN_SIGNALS))
    unreadable = run.site.stage.read(run.key, "unreadable", source)
    quarantine.keep(run, source, unreadable, payload=None)
    # Last, and before the file gets its name: a source that stops here leaves nothing for the next step.
    _require_volume_and_freshness(run, source, tally, log)


def _batches(run: Run, source: str, kind: SourceKind) -> Iterator[pa.Table]:
    """Signals and consents stream; the registry and the outcomes are judged whole (ids unique, third parties together)."""
    if kind.is_signal or kind is SourceKind.CONSENTS:
        yield from (pa.table(b) for b in run.site.stage.iter_batches(run.key, "pull", source, batch_rows=BATCH_ROWS))
        return
    table = run.site.stage.read(run.key, "pull", source)
    if table.num_rows:
        yield table


def _clean_batch(run: Run, kind: SourceKind, pulled: pa.Table, tally: _Tally, source: str) -> pa.Table:
    parsed = _parse(run, kind, pulled)
    schema = _SCHEMA.get(kind, schemas.CLEAN_SIGNALS)
    table = normalise.clean_table(parsed, schema)
    silent = np.zeros(pulled.num_rows, dtype=bool)
    if kind.is_signal:
        silent = normalise.says_nothing(parsed.columns, parsed.rows).to_numpy(zero_copy_only=False) & ~parsed.failed
        if kind not in (SourceKind.TRANSACTION_REGIONS, SourceKind.APP_REGIONS, SourceKind.SERVICE_NOTES):
            parsed.reasons[silent], parsed.fields[silent] = "nothing_observed", "contact_phone"
            silent = np.zeros(pulled.num_rows, dtype=bool)
    _contract(run, kind, table, parsed, silent, tally)
    if kind is SourceKind.CONSENTS:
        parsed.columns["consent_id"] = _consent_ids(run, parsed)
        table = normalise.clean_table(parsed, schema)
    if kind is SourceKind.DECLARED_CONTACTS:
        _stage_third_parties(run, source, parsed)
    _quarantine(run, source, pulled, parsed, tally)
    keep = ~parsed.failed & ~silent
    tally.not_a_signal += int(silent.sum())
    tally.clean += int(keep.sum())
    for key, n in parsed.set_aside.items():
        tally.set_aside[key] += n
    clean = table.filter(pa.array(keep))
    tally.profile.add(clean)
    if kind.is_signal:
        tally.newest = _later(tally.newest, pc.max(clean.column("observed_at")))
    return clean


def passing(run: Run, source: str, pulled: pa.Table) -> list[int]:
    """Positions of the pulled rows that would be clean now. Writes nothing."""
    kind = run.site.deployment.source(source).kind
    parsed = _parse(run, kind, pulled)
    table = normalise.clean_table(parsed, _SCHEMA.get(kind, schemas.CLEAN_SIGNALS))
    _contract(run, kind, table, parsed, np.zeros(pulled.num_rows, dtype=bool), _Tally())
    return [int(i) for i in np.flatnonzero(~parsed.failed)]


def _parse(run: Run, kind: SourceKind, pulled: pa.Table) -> normalise.Parsed:
    jurisdiction = run.site.deployment.jurisdiction
    if kind is SourceKind.DECLARED_CONTACTS:
        return normalise.registry(pulled, jurisdiction)
    if kind is SourceKind.CONSENTS:
        return normalise.consents(pulled, jurisdiction)
    if kind is SourceKind.OUTCOMES:
        return normalise.outcomes(pulled, jurisdiction, frozenset(d.value for d in Disposition))
    if kind is SourceKind.SERVICE_NOTES:
        pulled = notes.extract(pulled)
    return normalise.signals(pulled, kind, jurisdiction, run.at)


def _contract(
    run: Run, kind: SourceKind, table: pa.Table, parsed: normalise.Parsed, silent: np.ndarray, tally: _Tally
) -> None:
    """The contract speaks about rows that parsed and say something; the first critical failure of a row is its reason."""
    rows = np.flatnonzero(~parsed.failed & ~silent)
    if not len(rows):
        return
    contract = expectations.contract_for(_BOUNDARY.get(kind, "signals"), kind)
    tested = table.take(pa.array(rows)).append_column("_position", pa.array(rows))
    verdict = expectations.check(tested, contract, at=run.at, keys=("_position",))
    for m in verdict.measures:
        tally.measures[(m.contract, m.expectation, m.column, m.severity)] += m.failed
    if verdict.failing.num_rows:
        at = verdict.failing.column("_position").to_numpy()
        parsed.fields[at] = verdict.failing.column("field").to_numpy(zero_copy_only=False)
        parsed.reasons[at] = verdict.failing.column("reason").to_numpy(zero_copy_only=False)


def _consent_ids(run: Run, parsed: normalise.Parsed) -> pa.Array:
    """One id a grant, the same in every file it comes with: evidence ids may cover several scopes, so alone they do not do."""
    names = ("customer_no", "id_number", "purpose", "scope", "granted_at", "evidence_id")
    parts = [pc.fill_null(pc.cast(parsed.columns[n], pa.string()), "") for n in names]
    return run.site.keys.tokens_each("consent", pc.binary_join_element_wise(*parts, "\x1f"))


def _stage_third_parties(run: Run, source: str, parsed: normalise.Parsed) -> None:
    """Emergency contacts become keyed tokens here and nothing else of them is kept."""
    token = run.site.keys.tokens
    table = pa.table(
        {
            "case_id": parsed.columns["case_id"],
            "phone_token": token("phone", parsed.columns["emergency_phone"]),
            "name_token": token("name", parsed.columns["emergency_name"]),
        }
    )
    keep = pc.or_(pc.is_valid(table["phone_token"]), pc.is_valid(table["name_token"]))
    run.site.stage.write(run.key, THIRD_PARTIES, source, schemas.conform(table.filter(keep), schemas.THIRD_PARTIES))


def _quarantine(run: Run, source: str, pulled: pa.Table, parsed: normalise.Parsed, tally: _Tally) -> None:
    if not parsed.failed.any():
        return
    failed = pulled.filter(pa.array(parsed.failed))
    reasons = parsed.reasons[parsed.failed]
    fields = parsed.fields[parsed.failed]
    key = failed.column("record_id") if "record_id" in failed.column_names else failed.column("row").cast(pa.string())
    rows = pa.table(
        {"source": failed.column("source"), "row": failed.column("row"), "record_id": key}
        | {"field": pa.array(fields, pa.string()), "reason": pa.array(reasons, pa.string())}
    )
    quarantine.keep(run, source, schemas.conform(rows, schemas.QUARANTINE), payload=failed)
    for pair in zip(fields, reasons, strict=True):
        tally.quarantined[(str(pair[0]), str(pair[1]))] += 1


def _require_volume_and_freshness(run: Run, source: str, tally: _Tally, log: StepLog) -> None:
    """A source under its declared volume, or stale, warns or stops as declared."""
    spec = run.site.deployment.source(source)
    newest = None if tally.newest is None else tally.newest.as_py()
    verdicts = [expectations.freshness(spec, _known_newest(run, spec, newest), at=run.at)]
    if spec.load is Load.FULL:  # of other loads a run sees only some rows: few of them are no sign of anything
        verdicts.insert(0, expectations.volume(spec, tally.clean))
    now = expectations.Profile(**tally.profile.as_dict())
    verdicts += expectations.against_history(now, profile.before(run, source), is_whole=spec.load is Load.FULL)
    for verdict in verdicts:
        if verdict.outcome == "stop":
            raise SourceUnusable(source, verdict.message)
        if verdict.outcome == "warn":
            log.note("warning", verdict.message)
            if name := _WARNS.get(verdict.measure):
                run.event(name, source=source)


def _known_newest(run: Run, spec: SourceSpec, newest: datetime | None) -> datetime | None:
    """The latest time known of a source: of this run, or, where a run sees only new rows, of an earlier one."""
    before = None if spec.load is Load.FULL else run.site.store.cursor(spec.name)
    times = [newest, None if before is None else before.newest]
    return max((t for t in times if t is not None), default=None)


def _write_counts(tally: _Tally, log: StepLog) -> None:
    log.profile = tally.profile.as_dict()
    log.count("pulled", tally.pulled)
    log.count("clean", tally.clean)
    log.count("not_a_signal", tally.not_a_signal)
    for (name, reason), n in sorted(tally.quarantined.items()):
        log.count("quarantined", n, f"{name}: {reason}")
    for (name, reason), n in sorted(tally.set_aside.items()):
        log.count("set_aside", n, f"{name}: {reason}")
    for line, failed in sorted(tally.measures.items()):
        log.measure(*line, failed)


def _later(a: pa.Scalar | None, b: pa.Scalar) -> pa.Scalar | None:
    if not b.is_valid:
        return a
    return b if a is None or b.as_py() > a.as_py() else a


def grants(run: Run) -> policy.Grants:
    """The grants that hold at the run's moment. No consent source that worked: nothing is allowed.

    Withdrawals recorded here (by API, by an officer) hold even when the source's file was made before them.
    """
    recorded = run.site.store.withdrawn()
    built = run.once("grants", dict[str, Any])
    if not built or not built["recorded"].equals(recorded):
        built |= {"recorded": recorded, "grants": _grants(run, recorded)}
    found: policy.Grants = built["grants"]
    return found


def let_grants_go(run: Run) -> None:
    """What ``grants`` keeps in memory; who asks again has it made anew."""
    run.once("grants", dict[str, Any]).clear()
    pa.default_memory_pool().release_unused()


def _grants(run: Run, recorded: pa.Table) -> policy.Grants:
    consents = clean_of(run, SourceKind.CONSENTS)
    at = pc.index_in(consents["consent_id"].combine_chunks(), value_set=recorded["consent_id"].combine_chunks())
    withdrawn = pc.coalesce(
        recorded["withdrawn_at"].combine_chunks().take(at), consents["withdrawn_at"].combine_chunks()
    )
    consents = consents.set_column(consents.schema.get_field_index("withdrawn_at"), "withdrawn_at", withdrawn)
    return policy.Grants.build(consents, purpose=run.site.deployment.purpose, at=run.at)


def _save_grants(run: Run, consents: pa.Table) -> None:
    """The third gate asks the store: tokens, scopes and times, no name and no number."""
    token = run.site.keys.tokens
    grants = consents.drop_columns(["customer_no", "id_number"])
    grants = grants.append_column("customer_token", token("customer_no", consents["customer_no"].combine_chunks()))
    grants = grants.append_column("id_token", token("id_number", consents["id_number"].combine_chunks()))
    run.site.store.save_grants(grants, run_key=run.key)


def clean_of(run: Run, kind: SourceKind) -> pa.Table:
    """The clean rows of all sources of this kind that worked."""
    names = [s.name for s in run.site.deployment.of_kind(kind) if run.site.stage.exists(run.key, STEP, s.name)]
    tables = [run.site.stage.read(run.key, STEP, name) for name in names]
    return pa.concat_tables(tables) if tables else schemas.empty(_SCHEMA.get(kind, schemas.CLEAN_SIGNALS))


def third_parties(run: Run) -> pa.Table:
    """The quarantined emergency contacts of all registries, schema THIRD_PARTIES: tokens only."""
    names = [s.name for s in run.site.deployment.of_kind(SourceKind.DECLARED_CONTACTS)]
    stage = run.site.stage
    tables = [stage.read(run.key, THIRD_PARTIES, n) for n in names if stage.exists(run.key, THIRD_PARTIES, n)]
    return pa.concat_tables(tables) if tables else schemas.empty(schemas.THIRD_PARTIES)
