"""match: admitted signals ↔ debtors, then the second consent gate. ``admitted = linked + unmatched + withheld``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

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
from pipeline import addresses, admit, advance, ahead, check
from pipeline.facts import ALL
from pipeline.run import Run
from store.stage_folder import write_whole

STEP = "match"
LINKED = "linked_signals"
# Above one half at most one person can be it: a signal is never given to two people.
MIN_LINK_PROBABILITY = 0.5


def match(run: Run) -> Ref:
    """Link every admitted signal to the person it is about, expand to that person's open cases, ask the second gate."""
    registry = with_person(open_cases(run))
    sources = admitted_sources(run)
    addresses.read_ahead(run, registry, sources)
    ahead.ask(run, "pipeline.comparison:declared")  # of no link: what it costs need not wait for them
    ahead.finish(run)
    model, index = prepare(run, registry, sources)
    linked_signals: list[pa.Table] = []
    cases = siblings(registry)
    gate = _Gate(run, registry, check.grants(run))
    person = dict(zip(registry["case_id"].to_pylist(), registry["person"].to_pylist(), strict=True))

    def links() -> Iterator[pa.Table]:
        yield schemas.empty(schemas.LINKS)
        for source in sources:
            with run.step(STEP, source) as log:
                tally: Counter[tuple[str, str]] = Counter()
                accounts = Accounts(person)
                for batch in run.site.stage.iter_batches(run.key, admit.STEP, source):
                    admitted = Admitted(pa.table(batch))
                    run.progress(STEP, source, admitted.table.num_rows)
                    found = every_case(matching.link(index, admitted.table, model, MIN_LINK_PROBABILITY), cases)
                    accounts.learn(found, admitted.table)
                    kept = gate.allowed(admitted, found, tally)
                    linked_signals.append(
                        admitted.table.filter(pc.is_in(admitted.table["signal_id"], value_set=_ids(kept)))
                    )
                    yield kept
                for signals, kept in _by_account(run, source, accounts, registry, gate, tally):
                    linked_signals.append(signals)
                    yield kept
                log.count("admitted", sum(tally.values()))
                for (name, rule), n in sorted(tally.items()):
                    log.count(name, n, rule)

    ref = run.site.stage.write(run.key, STEP, ALL, links())
    signals = pa.concat_tables(linked_signals) if linked_signals else schemas.empty(schemas.ADMITTED)
    run.site.stage.write(run.key, LINKED, ALL, signals)
    run.event(EventName.SIGNALS_MATCHED, links=ref.rows, model=model.spec_digest)
    return ref


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
    spec = matching.shipped(f"trace-{run.site.deployment.jurisdiction}")
    index = matching.Index.build(registry, spec)
    path = run.site.models / f"{spec.name}-{spec.digest[:12]}.json"  # another spec, another model
    if path.is_file():
        return matching.Model.load(path), index
    sample = _training_sample(run, sources)
    model = matching.train(sample, index, provenance={"run": run.key, "deployment": run.site.deployment.deployment})
    write_whole(path, model.to_json())
    return model, index


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
    registry: pa.Table,
    gate: _Gate,
    tally: Counter[tuple[str, str]],
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """(signals, links): what only its account links, batch by batch, through the same second gate."""
    cases = siblings(registry)
    for batch in run.site.stage.iter_batches(run.key, admit.STEP, source):
        if not (signals := accounts.loose(pa.table(batch))).num_rows:
            continue
        found = every_case(accounts.links(signals), cases)
        signals = signals.filter(pc.is_in(signals["signal_id"], value_set=_ids(found)))
        tally["unmatched", ""] -= signals.num_rows
        kept = gate.allowed(Admitted(signals), found, tally)
        yield signals.filter(pc.is_in(signals["signal_id"], value_set=_ids(kept))), kept


class _Gate:
    """The second gate of one run: what each source's debtors agreed to is found once, whatever number of links asks for it."""

    def __init__(self, run: Run, registry: pa.Table, grants: policy.Grants) -> None:
        self.run, self.registry, self.grants = run, registry, grants
        self.debtors: dict[str, pa.Table] = {}

    def allowed(self, admitted: Admitted, links: pa.Table, tally: Counter[tuple[str, str]]) -> pa.Table:
        """Those of a batch's links that the matched debtor's consent supports; every signal counted once."""
        signals = admitted.table.select(["signal_id", "source", "kind"])
        answer = policy.admit_links(
            links.select(["signal_id", "case_id"]),
            signals,
            self.registry,
            self.grants,
            sources=self.run.site.deployment.signal_sources,
            pack=self.run.site.pack,
            at=self.run.at,
            known_debtors=self.debtors,
        )
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
