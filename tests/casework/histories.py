"""Random histories of cases, many at once, and the ways tests take them apart."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

import casework
from casework.terms import Agency, Cap, Hours, Terms
from casework.vocabulary import CODES, GATES, EventKind

DAY = 86_400_000_000
START = 1_767_225_600_000_000  # 2026-01-01
KINDS = list(EventKind)
WEIGHTS = {
    EventKind.ATTEMPT: 10,
    EventKind.DECLARED: 3,
    EventKind.REQUESTED: 6,
    EventKind.APPROVED: 5,
    EventKind.DONE: 3,
    EventKind.CLOSED: 2,
    EventKind.PAYMENT: 2,
}
# as the pack of China says it; a test of the pipeline holds the two together
TERMS = Terms(
    gates=frozenset(GATES),
    hours=(Hours(480, 1260, "Asia/Shanghai", "CN-HOURS-01"), Hours(480, 1320, "Asia/Shanghai", "CN-HOURS-02")),
    caps=(
        Cap("contact_events_per_customer", 3, None, "Asia/Shanghai", "CN-CAP-01"),
        Cap("effective_voice_conversations", 3, None, "Asia/Shanghai", "CN-CAP-02"),
        Cap("unanswered_attempts_per_point", 6, None, "Asia/Shanghai", "CN-CAP-03"),
        Cap("contact_events_per_customer", 12, 7, None, "CN-CAP-04"),
    ),
    relay=True,
    agencies=(Agency("agency-a", date(2027, 1, 1), date(2027, 1, 1)),),
)


def histories(n: int, seed: int, *, mean: float = 14, days: int = 60) -> pa.Table:
    """``n`` cases with about ``mean`` events each, drawn from the whole vocabulary: most sequences make no sense, as in life."""
    rng = np.random.default_rng(seed)
    case = np.repeat(np.arange(n), rng.poisson(mean, n) + 1)
    m = len(case)
    weights = np.array([WEIGHTS.get(k, 1) for k in KINDS], dtype=float)
    kind = rng.choice(len(KINDS), m, p=weights / weights.sum())
    code = np.empty(m, dtype=object)
    for i, k in enumerate(KINDS):
        if k in CODES:
            own = kind == i
            code[own] = np.array([str(c) for c in CODES[k]], dtype=object)[rng.integers(0, len(CODES[k]), own.sum())]
    at = START + rng.integers(0, days * DAY, m)

    def pick(values, share=1.0):
        return pa.array(values).take(pa.array(rng.integers(0, len(values), m), mask=rng.random(m) > share))

    return casework.events.conform(
        pa.table(
            {
                "case_id": pa.array([f"C{i}" for i in range(n)]).take(pa.array(case)),
                "seq": pa.array(np.arange(m)),
                "at": pa.array(at, pa.timestamp("us", tz="UTC")),
                "kind": pa.array([str(k) for k in KINDS]).take(pa.array(kind)),
                "code": pa.array(code, pa.string()),
                "point_id": pick(["p0", "p1", "p2"], 0.95),
                "channel": pick(["voice", "voice", "sms", "letter"], 0.95),
                "party": pick(["debtor"] * 9 + ["third_party"]),
                "until": pa.array(at + rng.integers(-DAY, 20 * DAY, m), pa.timestamp("us", tz="UTC")),
                "amount": pa.array(rng.choice([0.0, 10.0, 500.0], m)),
                "days_past_due": pick([5, 40, 200], 0.9),
                "balance": pick([1000.0, 60_000.0], 0.9),
                "origins": pick([1, 2, 3], 0.9),
                "lost_since": pick([date(2025, 1, 1), date(2025, 12, 15)], 0.9),
                "agents": pick([1, 2], 0.9),
                "actor": pick(["user:a", "user:b", "user:c"]),
                "ref": pick(["PIA-1", "agency-a", "agency-z", "high"], 0.9),
            }
        )
    )


def prefixes(events: pa.Table) -> pa.Table:
    """Every history cut after each of its events, as cases of their own: ``C7#3`` is what C7 was after three events."""
    events = events.sort_by([("case_id", "ascending"), ("at", "ascending"), ("seq", "ascending")])
    case = events["case_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    starts = np.flatnonzero(np.r_[True, case[1:] != case[:-1]])
    lengths = np.diff(np.r_[starts, len(case)])
    rows, names = [], []
    ids = events["case_id"].to_pylist()
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        for k in range(1, length + 1):
            rows.append(np.arange(start, start + k))
            names.append((f"{ids[start]}#{k}", k))
    table = events.take(pa.array(np.concatenate(rows)))
    told = np.repeat(np.arange(len(names)), [k for _, k in names])
    column = pa.array([n for n, _ in names]).take(pa.array(told))
    return table.set_column(0, "case_id", column)


def case(*rows: dict, start: int = START) -> pa.Table:
    """One case by hand: an hour between events unless ``at`` is given."""
    made = [
        {"case_id": "C1", "seq": i, "at": start + i * DAY // 24, "actor": "user:a"} | row for i, row in enumerate(rows)
    ]
    made = [
        r | {"at": pa.scalar(r["at"], pa.timestamp("us", tz="UTC")).as_py() if isinstance(r["at"], int) else r["at"]}
        for r in made
    ]
    return casework.events.conform(pa.Table.from_pylist(made, casework.EVENTS))


DECLARED = {"kind": "declared", "code": "phone", "point_id": "p0", "actor": "registry"}


def attempt(disposition: str, point: str = "p0", channel: str = "voice", **more) -> dict:
    return {"kind": "attempt", "code": disposition, "point_id": point, "channel": channel} | more


def lost() -> list[dict]:
    """A declared number that is not answered three times."""
    return [DECLARED, *[attempt("no_answer")] * 3]


def asked(action: str, **more) -> list[dict]:
    """Asked for by one person, approved by another."""
    facts = {"ref": "PIA-1", "days_past_due": 60, "balance": 60_000.0, "origins": 2, "lost_since": date(2025, 1, 1)}
    return [
        {"kind": "requested", "code": action, "actor": "user:a"} | facts | more,
        {"kind": "approved", "code": action, "actor": "user:b"},
    ]
