"""increments: which rows of a source a run asks for, and what it commits of them together with its candidates.

A source that is read whole needs nothing of this. Of the others only linked signals outlive a run (``pipeline.kept``): when
somebody new is traced, or a consent is new, what was passed over may matter now, and the source is read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

import matching
import store
from core import schemas
from core.deployment import Load, SourceSpec
from core.kinds import SourceKind
from pipeline import check, facts, kept, match, parts, quarantine
from pipeline.run import Run

_IDENTITY = (
    "customer_no", "name", "id_number", "birth_date", "phone", "phone_alt", "address", "address_alt", "email", "messaging",
)  # fmt: skip
_GROUND = (SourceKind.DECLARED_CONTACTS, SourceKind.CONSENTS)
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked of a source: what came after ``since``, or all of the time from ``start`` to ``end``.

    ``cause`` is first, new, changed (the declaration, the policy or the matching is another), new_cases or backfill.
    """

    cause: str
    basis: str
    since: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """True when rows that are as they were count again."""
        return self.cause != "new"

    @property
    def key(self) -> str:
        """The same for an attempt that may go on where another broke off."""
        return json.dumps([self.cause, self.basis, self.since, str(self.start), str(self.end)])


def is_partial(spec: SourceSpec) -> bool:
    """True for sources of which a run sees only some rows."""
    return spec.load is not Load.FULL


def partial_sources(run: Run) -> list[SourceSpec]:
    """The sources of which a run sees only some rows."""
    return [s for s in run.site.deployment.signal_sources if is_partial(s)]


def begin(run: Run) -> None:
    """Note which publication this run is made from: it may be committed only on top of that one."""
    facts.note(run.site.stage, run.key, "from", {"publications": run.site.store.publications()})


def plan(run: Run, spec: SourceSpec) -> Reading:
    """What this run asks of a source. The registry and the consents are clean by now."""
    basis = _basis(run, spec)
    known = run.site.store.cursor(spec.name)
    if run.backfill is not None:
        return Reading("backfill", basis, start=run.backfill.start, end=run.backfill.end)
    if known is None or (known.cursor is None and spec.load is Load.INCREMENTAL):
        return Reading("first", basis, start=_lookback(run, spec))
    if known.basis != basis:
        return Reading("changed", basis, start=_lookback(run, spec))
    if spec.lookback_days != 0 and (known.is_behind or _has_newcomers(run)):
        return Reading("new_cases", basis, start=_lookback(run, spec))
    return Reading("new", basis, since=known.cursor if spec.load is Load.INCREMENTAL else None)


def _lookback(run: Run, spec: SourceSpec) -> datetime | None:
    return run.at - timedelta(days=spec.lookback_days) if spec.lookback_days else None


def _basis(run: Run, spec: SourceSpec) -> str:
    """A digest of what decides which rows of a source are kept: with another one, what was passed over may count now."""
    declared = spec.model_dump(
        mode="json", include={"kind", "transport", "location", "fields", "consent_scopes", "load"}
    )
    declared["options"] = {k: v for k, v in spec.options.items() if k != "credentials"}
    rules = [run.site.pack.version, matching.of_traces(run.site.deployment.jurisdiction).digest]
    text = json.dumps([declared, run.site.deployment.purpose, rules], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# --- for whom it was read -----------------------------------------------------------------------------------------------


def traced(run: Run) -> pa.Table:
    """Who is traced now (store.TRACED): keyed tokens of what each case is known by, and the consents that stand."""
    registry = match.open_cases(run)
    parts_ = [pc.fill_null(pc.cast(registry[name], pa.string()), "") for name in _IDENTITY]
    joined = pc.binary_join_element_wise(*parts_, _SEPARATOR)
    identity = run.site.keys.tokens("traced", joined.combine_chunks())
    columns = {"case_id": registry["case_id"], "identity": identity, "scopes": _scopes(run, registry)}
    return schemas.conform(pa.table(columns), store.TRACED)


def _scopes(run: Run, registry: pa.Table) -> pa.Array:
    """The purposes and scopes each debtor agrees to at this time, by either key, as one text."""
    consents = check.clean_of(run, SourceKind.CONSENTS)
    at = pa.scalar(run.at, consents.schema.field("granted_at").type)
    stands = pc.and_(
        pc.less_equal(consents["granted_at"], at),
        pc.and_(
            pc.fill_null(pc.greater(consents["expires_at"], at), fill_value=True),
            pc.fill_null(pc.greater(consents["withdrawn_at"], at), fill_value=True),
        ),
    )
    consents = consents.filter(pc.fill_null(stands, fill_value=False))
    by_key: dict[str, set[str]] = {}
    for name in ("customer_no", "id_number"):
        theirs = consents.filter(pc.is_in(consents[name], value_set=registry[name].combine_chunks().drop_null()))
        scope = pc.binary_join_element_wise(theirs["purpose"], theirs["scope"], "/").to_pylist()
        for key, one in zip(theirs[name].to_pylist(), scope, strict=True):
            by_key.setdefault(f"{name}:{key}", set()).add(one or "")
    keys = zip(registry["customer_no"].to_pylist(), registry["id_number"].to_pylist(), strict=True)
    nothing: set[str] = set()
    found = (by_key.get(f"customer_no:{c}", nothing) | by_key.get(f"id_number:{i}", nothing) for c, i in keys)
    return pa.array([",".join(sorted(scopes)) for scopes in found], pa.string())


def _has_newcomers(run: Run) -> bool:
    """Whether a case is open that was not, is known by something else now, or has a consent it had not."""
    return run.once("newcomers", lambda: _newcomers(run) > 0)


def _newcomers(run: Run) -> int:
    if not all(
        run.site.stage.exists(run.key, check.STEP, s.name) for s in run.site.deployment.sources if s.kind in _GROUND
    ):
        return 0  # the run stops anyway
    before = {c: (i, set(s.split(","))) for c, i, s in _triples(run.site.store.traced())}
    unknown = ("", set[str]())
    return sum(
        identity != before.get(case, unknown)[0] or not set(scopes.split(",")) <= before[case][1]
        for case, identity, scopes in _triples(traced(run))
    )


def _triples(rows: pa.Table) -> Iterator[tuple[str, str, str]]:
    return zip(*(rows[name].to_pylist() for name in ("case_id", "identity", "scopes")), strict=True)


# --- what is committed --------------------------------------------------------------------------------------------------


def increment(run: Run) -> store.Increment:
    """Everything to be committed with this run's candidates: kept rows by their difference, cursors, for whom they were read."""
    noted = facts.noted(run.site.stage, run.key, "from") or {"publications": run.site.store.publications()}
    specs = partial_sources(run)
    behind = bool(specs) and _has_newcomers(run)
    changes = [kept.changes(run, s.name) for s in specs if _came_through(run, s)]
    return store.Increment(
        after=noted["publications"],
        kept=pa.concat_tables([store.KEPT.empty_table(), *[c.rows for c in changes]]),
        dropped=pa.array([i for c in changes for i in c.dropped] + _of_others(run), pa.string()),
        versions=pa.concat_tables([store.VERSIONS.empty_table(), *[c.versions for c in changes]]),
        cursors=[c for s in specs if (c := _cursor(run, s, behind=behind)) is not None],
        traced=traced(run) if specs else store.TRACED.empty_table(),
        settled=[e for s in specs if _came_through(run, s) for e in quarantine.taken_up(run, s.name)],
    )


def _came_through(run: Run, spec: SourceSpec) -> bool:
    return run.site.stage.exists(run.key, "admit", spec.name)


def _of_others(run: Run) -> list[str]:
    """Kept rows of sources that are not read by increments any more."""
    names = pa.array([s.name for s in partial_sources(run)], pa.string())
    keys = run.site.store.kept_keys()
    ids: list[str] = keys.filter(pc.invert(pc.is_in(keys["source"], value_set=names)))["kept_id"].to_pylist()
    return ids


def _cursor(run: Run, spec: SourceSpec, *, behind: bool) -> store.Cursor | None:
    """Where the source stands after this run. One that failed stays where it was, and is behind when somebody is new."""
    before = run.site.store.cursor(spec.name)
    if not _came_through(run, spec):
        if before is None or not behind:
            return None
        return store.Cursor(**{n: getattr(before, n) for n in _CURSOR} | {"is_behind": True})
    done = parts.finished(run, spec.name)
    if run.backfill is not None:
        return _after_backfill(before, behind=behind)
    return store.Cursor(
        source=spec.name,
        cursor=done.cursor
        if done.cursor is not None
        else before.cursor
        if before and before.basis == done.basis
        else None,
        basis=done.basis,
        run_key=run.key,
        at=run.at,
        newest=_later(kept.newest(run, spec.name), None if before is None else before.newest),
        digests=parts.digests(run, spec.name),
    )


def _later(*times: datetime | None) -> datetime | None:
    return max((t for t in times if t is not None), default=None)


_CURSOR = ("source", "cursor", "basis", "run_key", "at", "is_behind", "newest", "digests")


def _after_backfill(before: store.Cursor | None, *, behind: bool) -> store.Cursor | None:
    """A backfill moves no cursor; whoever is new in it was read for in its interval only."""
    if before is None or not behind:
        return None
    return store.Cursor(**{n: getattr(before, n) for n in _CURSOR} | {"is_behind": True})
