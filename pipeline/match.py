"""match: admitted signals ↔ debtors, then the second consent gate. ``admitted = linked + unmatched + withheld``."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import matching
import policy
import values.persons
from core import schemas
from core.errors import Fatal
from core.events import EventName
from core.kinds import CaseStatus, SourceKind
from core.types import Admitted, Ref
from matching.accounts import Accounts
from pipeline import addresses, admit, advance, ahead, check, turns
from pipeline.facts import ALL
from pipeline.run import Run
from store.stage_folder import write_whole

STEP = "match"
LINKED = "linked_signals"
_ROWS = 32_768  # linked at a time: the pairs of a batch are what takes most memory, in each process
_READY = "pipeline.match:ready"
# What publishing will need, masked: the other process makes it while this one ranks.
_MASKED = tuple(f"pipeline.comparison:{name}" for name in ("signals_of_links", "debtors_of_links", "declared"))
# Above one half at most one person can be it: a signal is never given to two people.
MIN_LINK_PROBABILITY = 0.5


def match(run: Run) -> Ref:
    """Link every admitted signal to the person it is about, expand to that person's open cases, ask the second gate."""
    registry = with_person(open_cases(run))
    sources = admitted_sources(run)
    addresses.read_ahead(run, registry, admit.STEP, sources)
    ahead.ask(run, _READY)
    debtors = _second_gate(run, registry)
    model, index = prepare(run, registry, sources)
    linked_signals: list[pa.Table] = []
    cases = siblings(registry)
    person = dict(zip(registry["case_id"].to_pylist(), registry["person"].to_pylist(), strict=True))

    def linked(signals: pa.Table) -> pa.Table:
        return matching.link(index, signals, model, MIN_LINK_PROBABILITY)

    found_of = turns.in_turn(run, "pipeline.match:linked_there", _batches(run, sources), linked, ready=_READY)
    found_by_source = itertools.groupby(found_of, key=itemgetter(0))

    def links() -> Iterator[pa.Table]:
        yield schemas.empty(schemas.LINKS)
        for source, batches in found_by_source:
            with run.step(STEP, source) as log:
                tally: Counter[tuple[str, str]] = Counter()
                accounts = Accounts(person)
                for _, signals, found_here in batches:
                    admitted = Admitted(signals)
                    run.progress(STEP, source, signals.num_rows)
                    found = every_case(found_here, cases)
                    accounts.learn(found, signals)
                    kept = _allowed(debtors, admitted, found, tally)
                    linked_signals.append(signals.filter(pc.is_in(signals["signal_id"], value_set=_ids(kept))))
                    yield kept
                for signals, kept in _by_account(run, source, accounts, cases, debtors, tally):
                    linked_signals.append(signals)
                    yield kept
                log.count("admitted", sum(tally.values()))
                for (name, rule), n in sorted(tally.items()):
                    log.count(name, n, rule)

    ref = run.site.stage.write(run.key, STEP, ALL, links())
    signals = pa.concat_tables(linked_signals) if linked_signals else schemas.empty(schemas.ADMITTED)
    run.site.stage.write(run.key, LINKED, ALL, signals)
    ahead.renew(run)  # the index is needed no more, there nor here
    for function in _MASKED:
        ahead.ask(run, function)
    ahead.finish(run)
    run.event(EventName.SIGNALS_MATCHED, links=ref.rows, model=model.spec_digest)
    return ref


def _batches(run: Run, sources: list[str]) -> Iterator[tuple[str, pa.Table]]:
    """(source, signals), batch by batch; of a source of which nothing was admitted, one of no rows."""
    for source in sources:
        batch = None
        for batch in run.site.stage.iter_batches(run.key, admit.STEP, source, batch_rows=_ROWS):
            yield source, pa.table(batch)
        if batch is None:
            yield source, schemas.empty(schemas.ADMITTED)


def ready(run: Run, _: pa.Table) -> pa.Table:
    """In the other process: the same index and the model in force. Raises ConfigError where there is none yet."""
    _prepared(run)
    return pa.table({})


def linked_there(run: Run, signals: pa.Table) -> pa.Table:
    """In the other process: the links of a batch of signals, as they would be found here."""
    model, index = _prepared(run)
    return matching.link(index, signals, model, MIN_LINK_PROBABILITY)


def _prepared(run: Run) -> tuple[matching.Model, matching.Index]:
    def prepared() -> tuple[matching.Model, matching.Index]:
        spec, path = _model_of(run)
        model = matching.Model.load(path)
        return model, matching.Index.build(with_person(open_cases(run)), spec)

    return run.once("linking", prepared)


def open_cases(run: Run) -> pa.Table:
    """The debtors being traced: neither closed cases nor people who can be reached. No registry, no run."""
    registry = check.clean_of(run, SourceKind.DECLARED_CONTACTS)
    if not registry.num_rows:
        raise Fatal("no debtor could be read from the registry: there is nobody to trace")
    _, frozen = run.site.store.subjects.forgotten()
    is_frozen = pc.is_in(registry["case_id"], value_set=pa.array(sorted(frozen), pa.string()))
    registry = registry.filter(pc.and_(pc.equal(registry["case_status"], CaseStatus.OPEN.value), pc.invert(is_frozen)))
    held_back = pa.array(sorted(advance.suppressed(run)), pa.string())
    return registry.filter(pc.invert(pc.is_in(registry["case_id"], value_set=held_back)))


def admitted_sources(run: Run) -> list[str]:
    return [s.name for s in run.site.deployment.signal_sources if run.site.stage.exists(run.key, admit.STEP, s.name)]


def with_person(registry: pa.Table) -> pa.Table:
    """``person``: the same for all cases of one customer, by customer number and by full id number; else the case alone."""
    codes = values.persons.codes([registry["customer_no"], values.persons.full_ids(registry["id_number"])])
    return registry.append_column("person", pa.array(codes.astype(str), pa.string()))


def siblings(registry: pa.Table) -> pd.DataFrame:
    """case_id, person, name of the cases whose person has another one of the same name. ``registry`` has ``person``."""
    cases: pd.DataFrame = registry.select(["case_id", "person", "name"]).to_pandas()
    return cases[cases.name.notna() & cases.duplicated(["person", "name"], keep=False)]


def every_case(links: pa.Table, cases: pd.DataFrame) -> pa.Table:
    """The links, and the same ones to the other cases of the same person (``cases``: ``siblings``).

    A case that lacks the key a signal came with is found by the person's other case.
    """
    rows = pd.DataFrame({n: links[n].to_pandas() for n in ("signal_id", "case_id")}).assign(at=range(links.num_rows))
    rows = rows.merge(cases, on="case_id").merge(cases, on=["person", "name"], suffixes=("", "_other"))
    known = pd.MultiIndex.from_arrays([links["signal_id"].to_pandas(), links["case_id"].to_pandas()])
    rows = rows[~pd.MultiIndex.from_frame(rows[["signal_id", "case_id_other"]]).isin(known)]
    rows = rows.drop_duplicates(["signal_id", "case_id_other"])
    if rows.empty:
        return links
    at = links.schema.get_field_index("case_id")
    others = links.take(pa.array(rows["at"])).set_column(at, "case_id", pa.array(rows.case_id_other, pa.string()))
    return pa.concat_tables([links, others])


def prepare(run: Run, registry: pa.Table, sources: list[str]) -> tuple[matching.Model, matching.Index]:
    """The index of this registry and the model in force; the first run of a deployment trains one, without labels."""
    spec, path = _model_of(run)
    index = matching.Index.build(registry, spec)
    if path.is_file():
        return matching.Model.load(path), index
    sample = _training_sample(run, sources)
    model = matching.train(sample, index, provenance={"run": run.key, "deployment": run.site.deployment.deployment})
    write_whole(path, model.to_json())
    return model, index


def _model_of(run: Run) -> tuple[matching.Spec, Path]:
    """What signals are compared by here, and where the model of it is kept: another spec, another model."""
    spec = matching.of_traces(run.site.deployment.jurisdiction)
    return spec, run.site.models / f"{spec.name}-{spec.digest[:12]}.json"


def _training_sample(run: Run, sources: list[str], rows: int = 200_000) -> pa.Table:
    """Admitted signals to learn from, the first of each source: bounded whatever the portfolio's size."""
    parts: list[pa.Table] = []
    for source in sources:
        taken = 0
        for batch in run.site.stage.iter_batches(run.key, admit.STEP, source):
            parts.append(pa.table(batch).slice(0, rows - taken))
            taken += parts[-1].num_rows
            if taken >= rows:
                break
    return pa.concat_tables(parts) if parts else schemas.empty(schemas.ADMITTED)


def _by_account(
    run: Run,
    source: str,
    accounts: Accounts,
    cases: pd.DataFrame,
    debtors: policy.Debtors,
    tally: Counter[tuple[str, str]],
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """(signals, links): what only its account links, batch by batch, through the same second gate."""
    for batch in run.site.stage.iter_batches(run.key, admit.STEP, source):
        if not (signals := accounts.loose(pa.table(batch))).num_rows:
            continue
        found = every_case(accounts.links(signals), cases)
        signals = signals.filter(pc.is_in(signals["signal_id"], value_set=_ids(found)))
        tally["unmatched", ""] -= signals.num_rows
        kept = _allowed(debtors, Admitted(signals), found, tally)
        yield signals.filter(pc.is_in(signals["signal_id"], value_set=_ids(kept))), kept


def _second_gate(run: Run, registry: pa.Table) -> policy.Debtors:
    """Judged before anything is linked: linking takes most memory, and the consents are not needed from here on."""
    site = run.site
    debtors = policy.Debtors.judged(
        registry, check.grants(run), sources=site.deployment.signal_sources, pack=site.pack, at=run.at
    )
    check.let_grants_go(run)
    return debtors


def _allowed(debtors: policy.Debtors, admitted: Admitted, links: pa.Table, tally: Counter[tuple[str, str]]) -> pa.Table:
    """Those of a batch's links that the matched debtor's consent supports; every signal counted once."""
    signals = admitted.table.select(["signal_id", "source"])
    answer = debtors.admit(links.select(["signal_id", "case_id"]), signals)
    granted = pc.equal(answer["outcome"], "granted")
    kept = links.filter(granted)
    at = kept.schema.get_field_index("consent_id")
    kept = kept.set_column(at, "consent_id", answer["consent_id"].filter(granted))
    _count(tally, signals["signal_id"], kept, answer.filter(pc.invert(granted)))
    return schemas.conform(kept, schemas.LINKS)


def _ids(links: pa.Table) -> pa.Array:
    return pc.unique(links["signal_id"])


def _count(tally: Counter[tuple[str, str]], signal_ids: pa.ChunkedArray, kept: pa.Table, denied: pa.Table) -> None:
    """Linked if any link holds, else withheld by the first rule that denied, else unmatched."""
    linked = set(kept["signal_id"].to_pylist())
    rules: dict[str, str] = {}
    for signal_id, rule in zip(denied["signal_id"].to_pylist(), denied["rule_id"].to_pylist(), strict=True):
        rules.setdefault(signal_id, rule)
    withheld = Counter(rule for signal_id, rule in rules.items() if signal_id not in linked)
    tally["linked", ""] += len(linked)
    for rule, n in withheld.items():
        tally["withheld", rule] += n
    tally["unmatched", ""] += len(signal_ids) - len(linked) - sum(withheld.values())
