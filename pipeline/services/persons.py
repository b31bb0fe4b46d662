"""What persons ask for, through the feed: entered with due dates, kept in a queue, done. Each case only for who may see it."""

from __future__ import annotations

from typing import Any, Literal

from core.errors import BadInput
from pipeline import rights, withdraw
from pipeline.services.gate import Gate
from pipeline.services.readers import NotVisible, NotYours, Reader

_TOLD = ("id", "kind", "case_id", "received_at", "acknowledge_by", "due_at", "outer_due_at", "rule_id", "status")


def receive(gate: Gate, reader: Reader, case_id: str, kind: str) -> dict[str, Any]:
    """Enter a request or a complaint. Raises NotYours, NotVisible."""
    gate.case(reader, case_id)
    row = rights.receive(gate.site, kind, case_id, received_at=gate.clock(), actor=reader.actor)
    return {n: row[n] for n in (*_TOLD, "is_provisional")} | {"is_overdue": False}


def queue(gate: Gate, reader: Reader) -> list[dict[str, Any]]:
    """What is open in this reader's portfolios, the earliest due first."""
    rows = rights.queue(gate.site).to_pylist()
    cases = gate.store.cases_of(case_ids=[r["case_id"] for r in rows]).to_pylist()
    portfolios = {c["case_id"]: c["portfolio"] for c in cases}
    mine = [r for r in rows if reader.sees(portfolios.get(r["case_id"]))]
    now = gate.clock()
    return [{n: r[n] for n in (*_TOLD, "is_provisional")} | {"is_overdue": r["due_at"] < now} for r in mine]


def answer(gate: Gate, reader: Reader, request_id: str, status: Literal["answered", "refused"]) -> None:
    """Close a request. Raises NotYours, NotVisible when there is no open one."""
    found = next((r for r in queue(gate, reader) if r["id"] == request_id), None)
    if found is None or not rights.answer(gate.site, request_id, status, at=gate.clock(), actor=reader.actor):
        raise NotYours if reader.portfolios is not None else NotVisible


def export(gate: Gate, reader: Reader, case_id: str) -> dict[str, Any]:
    """Access: everything held of this person. Raises NotYours, NotVisible; NotYours where a case of theirs is another's."""
    _whole(gate, reader, case_id)
    return rights.export(gate.site, case_id, actor=reader.actor)


def explain(gate: Gate, reader: Reader, case_id: str) -> list[dict[str, Any]]:
    """Why what stands there stands there, masked."""
    gate.case(reader, case_id)
    return rights.explain(gate.site, case_id, actor=reader.actor)


def delete(gate: Gate, reader: Reader, case_id: str) -> withdraw.Withdrawn:
    """Deletion of everything of the person."""
    gate.case(reader, case_id)
    return rights.delete(gate.site, case_id, actor=reader.actor)


def object_to(gate: Gate, reader: Reader, case_id: str) -> withdraw.Withdrawn:
    """Objection to automated processing: the person is not traced any more."""
    gate.case(reader, case_id)
    return rights.object_to(gate.site, case_id, actor=reader.actor)


def correct(gate: Gate, reader: Reader, case_id: str, candidate_id: str) -> withdraw.Withdrawn:
    """A contact that is not theirs. Raises NotVisible when it is not one of this case."""
    gate.case(reader, case_id)
    try:
        return rights.correct(gate.site, case_id, candidate_id, actor=reader.actor)
    except BadInput:
        raise NotVisible from None


def _whole(gate: Gate, reader: Reader, case_id: str) -> None:
    """What is handed out is the person's, over all their cases: the reader must see each of them."""
    gate.case(reader, case_id)
    who = gate.site.store.subjects.find(case_id=case_id)
    cases = gate.store.cases_of(case_ids=list(who.case_ids)).to_pylist()
    if not all(reader.sees(c["portfolio"]) for c in cases):
        raise NotYours
