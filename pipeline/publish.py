"""publish: ranked candidates → the store, as ADD/MOD/DEL deltas against what was published last, numbered without gaps."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

import store
from core.kinds import SourceKind
from pipeline import advance, check, comparison, contact, increments, lease, masked, rank
from pipeline.run import Run

STEP = "publish"


def publish(run: Run) -> store.PublishResult:
    """Seal, mask, check the masked feed, and publish in one transaction. ``candidates = published + not_published``."""
    candidates = rank.candidates(run)
    with run.step(STEP) as log:
        save_cases(run)
        rows = sealed(run, candidates)
        safe = masked.require_masked(run, rows, log)
        carried = _carried(run)
        learned = increments.increment(run)
        result = run.site.store.publish(
            safe,
            run_key=run.key,
            at=run.at,
            carried=carried,
            increment=learned,
            lease=(lease.RUN, run.holder),
            actor=run.actor,
        )
        signal_ids = candidates["signal_ids"].filter(
            pc.is_in(rows["candidate_id"], value_set=safe["candidate_id"].combine_chunks())
        )
        comparison.keep(run, safe.select(["candidate_id", "case_id"]).append_column("signal_ids", signal_ids))
        run.progress(STEP, "", candidates.num_rows)
        log.count("candidates", candidates.num_rows)
        log.count("published", safe.num_rows - result.refused)
        log.count("not_published", candidates.num_rows - safe.num_rows, "masking")
        log.count("not_published", result.refused, "withdrawn meanwhile")
        for kind in pc.value_counts(safe["kind"]):
            log.count("by_kind", kind["counts"].as_py(), kind["values"].as_py())
        for name, n in (("ADD", result.added), ("MOD", result.modified), ("DEL", result.deleted)):
            log.count("deltas", n, name)
        if carried - advance.reached_points(run):
            log.note("warning", f"{len(carried)} candidates carried over: a source they rest on failed in this run")
    return result


def save_cases(run: Run) -> None:
    """Cases as the read-time gate needs them: tokens, state and queue facts."""
    registry = check.clean_of(run, SourceKind.DECLARED_CONTACTS)
    token = run.site.keys.tokens
    cases = registry.select(["case_id", "portfolio", "days_past_due", "balance", "lost_since"])
    cases = cases.append_column("status", registry["case_status"])
    cases = cases.append_column("customer_token", token("customer_no", registry["customer_no"].combine_chunks()))
    cases = cases.append_column("id_token", token("id_number", registry["id_number"].combine_chunks()))
    run.site.store.save_cases(cases, run_key=run.key)


def sealed(run: Run, candidates: pa.Table) -> pa.Table:
    """Candidates with stable ids and without a plain value: sealed for the store, masked for people."""
    kinds, values = candidates["kind"].to_pylist(), candidates["value"].to_pylist()
    ids = [candidate_id(run, *key) for key in zip(candidates["case_id"].to_pylist(), kinds, values, strict=True)]
    blobs = [run.site.keys.seal(v, f"candidate:{i}") for v, i in zip(values, ids, strict=True)]
    shown = [contact.masked(k, v) for k, v in zip(kinds, values, strict=True)]
    table = candidates.drop_columns(["value", "signal_ids"])
    for name, column in (
        ("candidate_id", pa.array(ids, pa.string())),
        ("value_sealed", pa.array(blobs, pa.binary())),
        ("value_masked", pa.array(shown, pa.string())),
    ):
        table = table.append_column(name, column)
    return table


def candidate_id(run: Run, case_id: str, kind: str, value: str) -> str:
    """The same contact of the same case has the same id in every run, and the id says nothing about it."""
    return run.site.token("candidate", f"{case_id}\x1f{kind}\x1f{contact.identity(kind, value)}").rsplit("_", 1)[-1]


def _carried(run: Run) -> frozenset[str]:
    """Published candidates that rest on a source which failed in this run: its silence is not evidence of absence. And the
    points at which somebody answers who is therefore not traced any more.
    """
    stage = run.site.stage
    reached = advance.reached_points(run)
    failed = {s.name for s in run.site.deployment.signal_sources if not stage.exists(run.key, "admit", s.name)}
    if not failed:
        return reached
    current = run.site.store.candidates(at=run.at)
    pairs = zip(current["candidate_id"].to_pylist(), current["sources"].to_pylist(), strict=True)
    return reached | frozenset(i for i, sources in pairs if failed & set(sources))
