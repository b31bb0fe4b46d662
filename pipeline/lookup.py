"""One signal looked up now, against an index of the open cases that lives in memory only.

No identifier is stored in plain, so the registry is read again from the lender's own source, at most every quarter of an hour.
The second gate is asked with the consents as the store has them at this moment, by the tokens of the matched debtor.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import connectors
import matching
import policy
from core import schemas
from core.deployment import SourceSpec
from core.errors import BadInput, SourceUnusable
from core.kinds import CaseStatus, SourceKind
from pipeline import match, normalise
from pipeline.site import Site

MAX_AGE_SECONDS = 900.0
SIGNAL_ID = "looked-up"


class NotPossible(RuntimeError):
    """An installation cannot answer that; the text says why, without a value."""


@dataclass(frozen=True)
class _Built:
    """An index and what was built with it."""

    linker: matching.Linker
    at: float


class Lookup:
    """A matching index of the open cases, built on first use."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._built: _Built | None = None

    def match(self, source: str, fields: Mapping[str, str], at: datetime) -> list[dict[str, Any]]:
        """Links of one signal of this source that the first two gates let through, best first.

        Raises KeyError (no such signal source), BadInput (a field cannot be used), NotPossible.
        """
        spec = self._spec(source)
        clean = self._clean(spec, fields, at)
        if not self._is_admitted(spec, clean, at):
            return []
        links = matching.link_one(self._linker().linker, clean.to_pylist()[0], match.MIN_LINK_PROBABILITY)
        return [told for link in links for told in self._granted(spec, clean, link, at)]

    def _spec(self, source: str) -> SourceSpec:
        found = [s for s in self._site.deployment.signal_sources if s.name == source]
        if not found:
            raise KeyError(source)
        return found[0]

    def _clean(self, spec: SourceSpec, fields: Mapping[str, str], at: datetime) -> pa.Table:
        """The one signal, normalised as a run would."""
        keys = {"signal_id": SIGNAL_ID, "source": spec.name, "kind": spec.kind.value, "record_id": SIGNAL_ID}
        row = {f.name: pa.array([None], f.type) for f in schemas.PULLED_SIGNALS}
        row |= {n: pa.array([v], pa.string()) for n, v in {**fields, **keys}.items()}
        row["row"] = pa.array([1], pa.int64())
        parsed = normalise.signals(
            schemas.conform(pa.table(row), schemas.PULLED_SIGNALS), spec.kind, self._site.deployment.jurisdiction, at
        )
        if parsed.failed.any():
            raise BadInput(str(parsed.fields[0]), str(parsed.reasons[0]))
        return normalise.clean_table(parsed, schemas.CLEAN_SIGNALS)

    def _is_admitted(self, spec: SourceSpec, clean: pa.Table, at: datetime) -> bool:
        """The first gate, about the source and the signal's age; its subject is asked about at the second."""
        keyless = clean
        for name in ("customer_no", "id_number"):
            keyless = keyless.set_column(keyless.schema.get_field_index(name), name, pa.nulls(1, pa.string()))
        nothing = policy.Grants.build(
            schemas.empty(schemas.CLEAN_CONSENTS), purpose=self._site.deployment.purpose, at=at
        )
        answer = policy.admit(keyless, nothing, source=spec, pack=self._site.pack, at=at)
        return bool(answer["outcome"][0].as_py() != policy.WITHHELD)

    def _granted(
        self, spec: SourceSpec, clean: pa.Table, link: Mapping[str, Any], at: datetime
    ) -> list[dict[str, Any]]:
        """The second gate: by the grants that the store has of this debtor now. A grant of two people is no grant."""
        tokens = self._site.store.cases(status=CaseStatus.OPEN.value).filter(pc.field("case_id") == link["case_id"])
        if not tokens.num_rows:
            return []
        case = tokens.to_pylist()[0]
        grants = self._grants(case, at)
        registry = {"case_id": link["case_id"], "customer_no": "subject", "case_status": CaseStatus.OPEN.value}
        debtors = policy.Debtors.judged(
            schemas.conform(pa.table({k: [v] for k, v in registry.items()}), schemas.CLEAN_REGISTRY),
            grants,
            sources=[spec],
            pack=self._site.pack,
            at=at,
        )
        links = pa.table({"signal_id": [SIGNAL_ID], "case_id": [link["case_id"]]})
        answer = debtors.admit(links, clean.select(["signal_id", "source"])).to_pylist()[0]
        if answer["outcome"] != policy.GRANTED:
            return []
        names = ("case_id", "probability", "weight_bits", "evidence")
        return [{n: link[n] for n in names} | {"consent_id": answer["consent_id"], "rule_id": answer["rule_id"]}]

    def _grants(self, case: Mapping[str, Any], at: datetime) -> policy.Grants:
        rows: dict[str, dict[str, Any]] = {}
        for token in (case["customer_token"], case["id_token"]):
            if token:
                rows |= {g["consent_id"]: g for g in self._site.store.grants(token).to_pylist()}
        own = [g for g in rows.values() if _is_one_person(g, case)]
        table = pa.Table.from_pylist([{**g, "customer_no": "subject"} for g in own], schema=_GRANTS)
        return policy.Grants.build(table, purpose=self._site.deployment.purpose, at=at)

    def _linker(self) -> _Built:
        with self._lock:
            if self._built is None or time.monotonic() - self._built.at > MAX_AGE_SECONDS:
                self._built = _Built(self._build(), time.monotonic())
            return self._built

    def _build(self) -> matching.Linker:
        spec = matching.of_traces(self._site.deployment.jurisdiction)
        path = self._site.models / f"{spec.name}-{spec.digest[:12]}.json"
        if not path.is_file():
            raise NotPossible("there is no model yet: the first run makes one")
        registry = self._registry()
        if not registry.num_rows:
            raise NotPossible("the registry has no open case")
        return matching.Linker(matching.Index.build(match.with_person(registry), spec), matching.Model.load(path))

    def _registry(self) -> pa.Table:
        """The open cases, read from the lender's own list into memory. Nothing of them is written."""
        parts = [schemas.empty(schemas.CLEAN_REGISTRY)]
        try:
            for spec in self._site.deployment.of_kind(SourceKind.DECLARED_CONTACTS):
                pulled = connectors.pull(spec, base=self._site.base, environ=self._site.environ)
                rows = pa.concat_tables([connectors.pulled_schema(spec.kind).empty_table(), *[b.rows for b in pulled]])
                parsed = normalise.registry(rows, self._site.deployment.jurisdiction)
                clean = normalise.clean_table(parsed, schemas.CLEAN_REGISTRY)
                parts.append(clean.filter(pa.array(~parsed.failed)))
        except SourceUnusable:
            raise NotPossible("the registry cannot be read") from None
        registry = pa.concat_tables(parts)
        return registry.filter(pc.equal(registry["case_status"], CaseStatus.OPEN.value)).combine_chunks()


_GRANTS = schemas.CLEAN_CONSENTS


def _is_one_person(grant: Mapping[str, Any], case: Mapping[str, Any]) -> bool:
    pairs = [(grant[k], case[k]) for k in ("customer_token", "id_token")]
    return all(a is None or b is None or a == b for a, b in pairs)
