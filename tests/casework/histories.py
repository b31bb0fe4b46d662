"""Random histories of cases, many at once, and the ways tests take them apart."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

import casework
from casework.terms import Agency, Cap, Hours, Terms
from casework.vocabulary import CODES, GATES, Action, EventKind

DAY = 86_400_000_000
_TIME = pa.timestamp("us", tz="UTC")
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
    """``n`` cases of all sorts: every other one about ``mean`` events drawn from the whole vocabulary, most of them senseless, as in
    life; the rest a story that leads somewhere (_stories) with a few such events between.
    """
    rng = np.random.default_rng(seed)
    is_story = np.arange(n) % 2 == 1
    case = np.repeat(np.arange(n), rng.poisson(np.where(is_story, 1, mean)) + ~is_story)
    table = pa.concat_tables([_noise(case, rng, days), _stories(np.flatnonzero(is_story), rng, days)])
    names = pa.array([f"C{i}" for i in range(n)], pa.string()).take(table["case"].combine_chunks())
    table = table.append_column("case_id", names).append_column("seq", pa.array(np.arange(table.num_rows)))
    return casework.events.conform(table.take(pa.array(rng.permutation(table.num_rows))))


def _noise(case: np.ndarray, rng: np.random.Generator, days: int) -> pa.Table:
    """An event a row of these cases, each column drawn by itself."""
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

    return pa.table(
        {
            "case": pa.array(case, pa.int64()),
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


ENDS = ("none", "none", "found", "forborne", "paid", "agreement", "legal", "vulnerable", "complaint")
_FILED = (
    "contact_log",
    "payment_proof",
    "agreement_text",
    "court_paper",
    "trace_log",
    "recording",
    "visit_notice",
    "visit_photo",
)


def _stories(cases: np.ndarray, rng: np.random.Generator, days: int) -> pa.Table:
    """What a reader of the guide expects: lost, traced, an action asked for, settled and done, and an end. What comes is drawn by case."""
    n = len(cases)
    action = rng.integers(0, len(Action), n)
    is_lost, is_traced = rng.random(n) < 0.8, rng.random(n) < 0.6
    settled, is_done, end, is_filed = (
        rng.random(n),
        rng.random(n) < 0.8,
        rng.integers(0, len(ENDS), n),
        rng.random(n) < 0.5,
    )
    parts: list[tuple[np.ndarray, dict]] = []

    def tell(mask: np.ndarray, **columns: object) -> None:
        parts.append((np.flatnonzero(mask), {"actor": "user:a"} | columns))

    everyone = np.ones(n, dtype=bool)
    tell(everyone, kind="declared", code="phone", point_id="p0", actor="registry")
    for _ in range(3):
        tell(is_lost, kind="attempt", code="no_answer", point_id="p0", channel="voice", party="debtor")
    decided = {"days_past_due": 200, "balance": 60_000.0, "origins": 2, "lost_since": date(2025, 1, 1)}
    tell(is_traced, kind="requested", code="trace", ref="PIA-1", **decided)
    tell(is_traced, kind="approved", code="trace", actor="user:b")
    for i, own in enumerate(Action):
        mine = action == i
        if own is Action.ENTRUST:
            tell(mine, kind="requested", code="high_risk", ref="high", **decided)
            tell(mine, kind="approved", code="high_risk", actor="user:b")
        if own is Action.EVIDENCE:
            tell(mine, kind="artefact", code="evidence")
        point = {"point_id": "p0"} if own in (Action.VOICE_BOT, Action.LETTER) else {}
        ref = {Action.ENTRUST: "agency-a", Action.HIGH_RISK: "high"}.get(own, "PIA-1")
        tell(mine, kind="requested", code=str(own), ref=ref, **point, **decided)
        tell(mine & (settled < 0.7), kind="approved", code=str(own), actor="user:b")
        tell(mine & (settled > 0.85), kind="declined", code=str(own), actor="user:b")
        if own is Action.VOLUNTEERED:
            tell(mine & is_done, kind="volunteered", point_id="p2")
            tell(mine & is_done & is_filed, kind="confirmed", point_id="p2")
        tell(mine & is_done, kind="done", code=str(own), agents=2, actor="user:c")
        if own is Action.RELAY:
            tell(mine & ~is_done, kind="third_party_refused")

    def ends(*names: str) -> np.ndarray:
        return np.isin(end, [i for i, name in enumerate(ENDS) if name in names])

    tell(ends("found"), kind="attempt", code="right_party", point_id="p1", channel="voice", party="debtor")
    tell(ends("forborne"), kind="forbearance", until=START + (days + 30) * DAY)
    tell(ends("vulnerable"), kind="vulnerable")
    tell(ends("complaint"), kind="complaint", code="wording")
    tell(ends("complaint") & is_filed, kind="answered")
    tell(ends("paid"), kind="payment", code="full", amount=500.0)
    tell(ends("agreement"), kind="agreement")
    tell(ends("agreement"), kind="payment", code="instalment", amount=10.0)
    tell(ends("legal"), kind="legal")
    for name in ("paid", "agreement", "legal"):
        tell(ends(name), kind="closed", code=name)
    for artefact in _FILED:
        tell(ends("paid", "agreement", "legal") & is_filed, kind="artefact", code=artefact)
    tell(ends("paid", "agreement", "legal"), kind="archived")
    begins, gap = rng.integers(0, days * DAY // 3, n), rng.integers(DAY // 48, days * DAY // 60, n)
    tables = [_told(cases[rows], START + begins[rows] + i * gap[rows], said) for i, (rows, said) in enumerate(parts)]
    return pa.concat_tables(tables)


def bursts(n: int, seed: int, *, at: int) -> pa.Table:
    """Attempts of the last two days before ``at`` at every third of ``n`` cases, as many as caps and cool-downs are about."""
    rng = np.random.default_rng(seed)
    case = np.repeat(np.arange(0, n, 3), rng.poisson(3, len(range(0, n, 3))))
    m = len(case)

    def pick(values):
        return pa.array(values, pa.string()).take(pa.array(rng.integers(0, len(values), m)))

    told = {
        "case_id": pa.array([f"C{i}" for i in range(n)], pa.string()).take(pa.array(case)),
        "seq": pa.array(np.arange(m) + (1 << 40)),
        "at": pa.array(at - rng.integers(0, 2 * DAY, m), _TIME),
        "kind": pa.repeat("attempt", m),
        "code": pick(["no_answer", "no_answer", "no_answer", "right_party"]),
        "point_id": pick(["p0", "p1"]),
        "channel": pick(["voice", "voice", "sms"]),
        "actor": pa.repeat("user:a", m),
    }
    return casework.events.conform(pa.table(told))


def _told(case: np.ndarray, at: np.ndarray, said: dict) -> pa.Table:
    """One event for each of these cases, the same but for its time."""
    columns = {"case": pa.array(case, pa.int64()), "at": pa.array(at, _TIME)}
    for name in ("kind", "code", "point_id", "channel", "party", "until", "amount", "days_past_due", "balance", "origins",
                 "lost_since", "agents", "actor", "ref"):  # fmt: skip
        value = pa.scalar(said.get(name), casework.EVENTS.field(name).type)
        columns[name] = pa.repeat(value, len(case))
    return pa.table(columns)


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
