"""rank: links → candidates, every factor shown. ``links = supporting + third_party + unusable``."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

import ranking
from core import schemas
from core.events import EventName
from core.kinds import SourceKind
from core.reasons import Reason
from core.types import Ref
from pipeline import check, heard, learn, match, quarantine
from pipeline.facts import ALL
from pipeline.run import Run

STEP = "rank"


def rank(run: Run) -> Ref:
    """Stage the ranked candidates of every debtor who has one."""
    links = run.site.stage.read(run.key, match.STEP, ALL)
    signals = run.site.stage.read(run.key, match.LINKED, ALL)
    with run.step(STEP) as log:
        result = ranking.rank(
            links,
            signals,
            match.open_cases(run),
            outcomes(run),
            is_emergency_contact(run, links, signals),
            as_of=run.at,
            params=learn.params_in_force(run.site),
            min_probability=run.site.deployment.min_probability,
            max_per_kind=run.site.deployment.max_candidates_per_kind,
        )
        run.progress(STEP, "", links.num_rows)
        log.count("links", links.num_rows)
        for item in pc.value_counts(result.fates["fate"]):
            log.count(item["values"].as_py(), item["counts"].as_py())
        ref = run.site.stage.write(run.key, STEP, ALL, result.candidates)
    run.event(EventName.CANDIDATES_RANKED, candidates=ref.rows)
    return ref


def is_emergency_contact(run: Run, links: pa.Table, signals: pa.Table) -> pa.Array:
    """Per link: is the number it carries the emergency contact's of the same case? Compared as keyed tokens."""
    quarantined = check.third_parties(run)
    at = pc.index_in(links["signal_id"], value_set=signals["signal_id"].combine_chunks())
    phone = run.site.keys.tokens("phone", signals["contact_phone"].combine_chunks()).take(at.combine_chunks())
    pair = pc.binary_join_element_wise(links["case_id"].combine_chunks(), phone, "|")
    known = pc.binary_join_element_wise(quarantined["case_id"], quarantined["phone_token"], "|")
    return pc.fill_null(pc.is_in(pair, value_set=known.combine_chunks().drop_null()), fill_value=False)


def outcomes(run: Run) -> pa.Table:
    """Earlier attempts (CLEAN_OUTCOMES), from files and as told to the feed, at cases that exist.

    Those of a case nobody knows go to quarantine. What people decided needs no model: it holds whatever this ranking says
    (``store.reviews``).
    """
    registry = check.clean_of(run, SourceKind.DECLARED_CONTACTS)
    for spec in run.site.deployment.of_kind(SourceKind.OUTCOMES):
        _quarantine_unknown(run, spec.name, registry["case_id"])
    found = pa.concat_tables([check.clean_of(run, SourceKind.OUTCOMES), heard.attempts(run.site)])
    return found.filter(pc.is_in(found["case_id"], value_set=registry["case_id"].combine_chunks()))


def _quarantine_unknown(run: Run, source: str, known: pa.ChunkedArray) -> None:
    if not run.site.stage.exists(run.key, check.STEP, source):
        return
    rows = run.site.stage.read(run.key, check.STEP, source)
    strange = rows.filter(pc.invert(pc.is_in(rows["case_id"], value_set=known.combine_chunks())))
    facts = {"source": source, "record_id": None, "field": "case_id", "reason": Reason.UNKNOWN_CASE.value}
    keys = pa.table({n: pa.repeat(pa.scalar(v, pa.string()), strange.num_rows) for n, v in facts.items()})
    keys = schemas.conform(keys.append_column("row", strange["row"]), schemas.QUARANTINE)
    quarantine.keep(run, source, keys, payload=None)


def candidates(run: Run) -> pa.Table:
    """The ranked candidates of this run, schema CANDIDATES."""
    return schemas.conform(run.site.stage.read(run.key, STEP, ALL), schemas.CANDIDATES)
