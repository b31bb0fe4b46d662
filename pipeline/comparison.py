"""compare: the signals behind a candidate and what its debtor declared, side by side, masked; and how declared contacts fare.

Made when a candidate is published, for when the run ends nothing of its signals is left. Masked at once: no value is kept. It
goes with its candidate, whatever takes that out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import matching
import privacy.masking
import store
from core.kinds import ContactKind, Disposition
from core.schemas import TIME
from pipeline import advance, ahead, match, rank
from pipeline.facts import ALL
from pipeline.run import Run
from store import arrow_json

MOST = 3  # signals a candidate, the most certain first
KIND_OF = {
    "name": "name", "id_number": "id_number", "id_tail": "id_number", "phone": "phone", "phone_alt": "phone",
    "contact_phone": "phone", "address": "address", "address_alt": "address", "contact_address": "address",
    "email": "email", "contact_email": "email",
}  # fmt: skip
DECLARED = {
    "phone": ContactKind.PHONE, "phone_alt": ContactKind.PHONE, "address": ContactKind.ADDRESS,
    "address_alt": ContactKind.ADDRESS, "email": ContactKind.EMAIL, "messaging": ContactKind.MESSAGING,
}  # fmt: skip
FAILED = (Disposition.NO_ANSWER.value, Disposition.DISCONNECTED.value, Disposition.WRONG_PARTY.value)


def keep(run: Run, published: pa.Table) -> None:
    """Store the comparisons of what this run changed (``published``: candidate_id, case_id, signal_ids), and declared contacts."""
    fresh = run.site.store.changed_by(run.key)
    chosen = published.filter(pc.is_in(published["candidate_id"], value_set=pa.array(sorted(fresh), pa.string())))
    run.site.store.save_comparisons(comparisons(run, chosen))
    known = ahead.answer(run, "pipeline.comparison:declared")
    run.site.store.save_declared(declared(run) if known is None else known)


def comparisons(run: Run, published: pa.Table) -> pa.Table:
    """Up to MOST signals of each candidate (store.COMPARISONS)."""
    links = run.site.stage.read(run.key, match.STEP, ALL).combine_chunks()
    signals = run.site.stage.read(run.key, match.LINKED, ALL).combine_chunks()
    pairs = _best(_pairs(published, links, signals))
    signal, link = pairs["signal"], links.take(pairs["link"])
    of_signals = ahead.answer(run, "pipeline.comparison:signals_of_links")
    of_debtors = ahead.answer(run, "pipeline.comparison:debtors_of_links")
    if of_signals is None or of_debtors is None:
        of_signals, of_debtors = _signals(run, signals.take(signal.unique())), _debtors(run, pairs["case_id"].unique())
    return pa.table(
        {
            "candidate_id": pairs["candidate_id"],
            "signal_id": link["signal_id"],
            "source": signals["source"].take(signal),
            "observed_at": signals["observed_at"].take(signal),
            "weight_bits": link["weight_bits"],
            "probability": link["probability"],
            "evidence": link["evidence"],
            "signal": _text_of(of_signals, link["signal_id"]),
            "debtor": _text_of(of_debtors, pairs["case_id"]),
        },
        schema=store.COMPARISONS,
    )


def signals_of_links(run: Run, _: pa.Table) -> pa.Table:
    """Of every linked signal what it gives to compare: ``id``, ``text`` (masked, a JSON object)."""
    return _signals(run, run.site.stage.read(run.key, match.LINKED, ALL))


def debtors_of_links(run: Run, _: pa.Table) -> pa.Table:
    """Of every debtor whom a link names what he declared to compare: ``id``, ``text`` (masked, a JSON object)."""
    return _debtors(run, run.site.stage.read(run.key, match.STEP, ALL, columns=["case_id"])["case_id"].unique())


def _signals(run: Run, signals: pa.Table) -> pa.Table:
    names = sorted({c for k in _spec(run).comparisons for c in k.left})
    return pa.table({"id": signals["signal_id"].combine_chunks(), "text": _masked(signals, names)})


def _debtors(run: Run, cases: pa.Array) -> pa.Table:
    registry = match.open_cases(run)
    debtors = registry.filter(pc.is_in(registry["case_id"], value_set=cases))
    names = sorted({c for k in _spec(run).comparisons for c in k.right})
    return pa.table({"id": debtors["case_id"].combine_chunks(), "text": _masked(debtors, names)})


def _spec(run: Run) -> matching.Spec:
    return matching.of_traces(run.site.deployment.jurisdiction)


def _text_of(masked: pa.Table, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    return masked["text"].take(pc.index_in(ids, value_set=masked["id"].combine_chunks()))


def declared(run: Run, _: pa.Table | None = None) -> pa.Table:
    """Every declared contact of an open case (store.DECLARED), masked, with what attempts at it came to."""
    registry = match.open_cases(run)
    tried = _tried(run)
    parts = []
    for field, kind in DECLARED.items():
        rows = registry.select(["case_id", field]).filter(pc.is_valid(registry[field]))
        attempts = [tried.get(k, []) for k in zip(rows["case_id"].to_pylist(), rows[field].to_pylist(), strict=True)]
        last = [max(a) if a else (None, None) for a in attempts]
        kinds = pa.chunked_array([pa.repeat(pa.scalar(kind.value), rows.num_rows)])
        columns = {
            "case_id": rows["case_id"],
            "field": pa.repeat(pa.scalar(field), rows.num_rows),
            "kind": kinds,
            "point_id": advance.point_ids(run, rows["case_id"], kinds, rows[field]),
            "value_masked": privacy.masking.mask_column(kind.value, rows[field]),
            "attempts": pa.array([len(a) for a in attempts], pa.int32()),
            "last_at": pa.array([at for at, _ in last], TIME),
            "last_outcome": pa.array([d for _, d in last], pa.string()),
            "failures": pa.array([_failures_in_a_row(sorted(a)) for a in attempts], pa.int32()),
        }
        parts.append(pa.table({n: columns[n] for n in store.DECLARED.names}, schema=store.DECLARED))
    return pa.concat_tables(parts)


def _tried(run: Run) -> dict[tuple[str, str], list[tuple[object, str]]]:
    """When each contact of a case was tried, and with what outcome."""
    out: dict[tuple[str, str], list[tuple[object, str]]] = {}
    rows = rank.outcomes(run).select(["case_id", "contact_value", "at", "disposition"])
    for row in rows.filter(pc.and_(pc.is_valid(rows["at"]), pc.is_valid(rows["disposition"]))).to_pylist():
        out.setdefault((row["case_id"], row["contact_value"]), []).append((row["at"], row["disposition"]))
    return out


def _failures_in_a_row(attempts: Sequence[tuple[object, str]]) -> int:
    """How many of the last attempts failed, with none between them that did not."""
    n = 0
    for _, disposition in reversed(attempts):
        if disposition not in FAILED:
            return n
        n += 1
    return n


def _pairs(published: pa.Table, links: pa.Table, signals: pa.Table) -> pa.Table:
    """Each candidate with each of its signals: candidate_id, case_id, and the rows of link and signal."""
    lists = published["signal_ids"].combine_chunks()
    owner = pc.list_parent_indices(lists)
    ids, case = pc.list_flatten(lists), published["case_id"].combine_chunks().take(owner)
    key = pc.binary_join_element_wise(ids, case, "\x1f")
    known = pc.binary_join_element_wise(links["signal_id"].combine_chunks(), links["case_id"].combine_chunks(), "\x1f")
    pairs = pa.table(
        {
            "candidate_id": published["candidate_id"].combine_chunks().take(owner),
            "case_id": case,
            "link": pc.index_in(key, value_set=known),
            "signal": pc.index_in(ids, value_set=signals["signal_id"].combine_chunks()),
        }
    )
    is_whole = pc.and_(pc.is_valid(pairs["link"]), pc.is_valid(pairs["signal"]))
    pairs = pairs.filter(is_whole).combine_chunks()
    return pairs.append_column("probability", links["probability"].combine_chunks().take(pairs["link"])).append_column(
        "observed_at", signals["observed_at"].combine_chunks().take(pairs["signal"])
    )


def _best(pairs: pa.Table) -> pa.Table:
    """The MOST most certain signals of each candidate; of equal ones the newest."""
    order = [("candidate_id", "ascending"), ("probability", "descending"), ("observed_at", "descending")]
    pairs = pairs.sort_by(order).combine_chunks()
    codes = np.asarray(pairs["candidate_id"].combine_chunks().dictionary_encode().indices)
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    place = np.arange(len(codes)) - np.repeat(first, np.diff(first, append=len(codes)))
    return pairs.filter(pa.array(place < MOST)).combine_chunks()


def _masked(rows: pa.Table, names: Sequence[str]) -> pa.Array:
    """The masked texts of these columns, as JSON objects."""
    columns = [_mask(name, rows[name].combine_chunks()) for name in names]
    return arrow_json.dumps(pa.StructArray.from_arrays(columns, names=list(names))).cast(pa.string())


def _mask(name: str, values: pa.Array) -> pa.Array:
    if pa.types.is_date(values.type):
        return pc.strftime(values, "%Y-**-**")
    return privacy.masking.mask_column(KIND_OF.get(name, "text"), values)
