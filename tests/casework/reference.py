"""The state machine once more, one case and one event at a time, in plain Python: what the arrays are held against.

Only what a reader of the guide would write down: points, life, trace, closing, approvals' order. No vectors, no shared code.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FAILS = {"no_answer": "unanswered", "disconnected": "invalid", "wrong_party": "wrong_party"}
REACHES = {"right_party": "reachable", "refused": "refused"}


@dataclass
class Point:
    state: str = "unverified"
    fails: int = 0
    declared: bool = False
    volunteered: bool = False

    @property
    def exhausted(self):
        return self.state in {"invalid", "wrong_party"} or (self.state == "unanswered" and self.fails >= 3)

    @property
    def reached(self):
        return self.state in {"reachable", "refused"}


@dataclass
class Case:
    points: dict = field(default_factory=dict)
    tracing: bool = False
    trace_asked_by: str | None = None
    closed: bool = False
    forborne_until: object = None
    complaints: int = 0
    paid: bool = False
    agreement: bool = False
    instalment: bool = False
    legal: bool = False
    volunteered: bool = False  # approved and not yet used
    asked_volunteered: str | None = None

    @property
    def lost(self):
        own = [p for p in self.points.values() if p.declared]
        return bool(own) and all(p.exhausted for p in own) and not any(p.reached for p in self.points.values())

    @property
    def life(self):
        return "closed" if self.closed else "tracing" if self.tracing else "lost" if self.lost else "contacting"

    def _free(self, e):
        return not self.complaints and not (self.forborne_until is not None and self.forborne_until > e["at"])

    def apply(self, e):
        kind, code = e["kind"], e["code"]
        point = self.points.setdefault(e["point_id"], Point()) if e["point_id"] else None
        if kind == "attempt" and point and e["party"] != "third_party" and not point.volunteered:
            point.state = REACHES.get(code) or FAILS[code]
            point.fails = 0 if code in REACHES else point.fails + 1
        elif kind == "declared" and point and not point.declared:
            point.declared, point.volunteered = True, False
        elif kind == "undeclared" and point:
            point.declared = False
        elif kind == "complaint":
            self.complaints += 1
        elif kind == "answered":
            self.complaints = max(0, self.complaints - 1)
        elif not self.closed:
            self._while_open(e, kind, code, point)
        if self.tracing and not self.lost:
            self.tracing = False

    def _while_open(self, e, kind, code, point):
        if kind == "requested" and code == "trace" and self._free(e) and self.lost and e["ref"]:
            if not self.tracing and self.trace_asked_by is None:
                self.trace_asked_by = e["actor"]
        elif kind == "declined" and code == "trace":
            self.trace_asked_by = None
        elif kind == "approved" and code == "trace" and self._free(e) and self.lost:
            if self.trace_asked_by not in {None, e["actor"]}:
                self.tracing, self.trace_asked_by = True, None
        elif kind == "requested" and code == "volunteered" and self._free(e):
            if self.asked_volunteered is None and not self.volunteered:
                self.asked_volunteered = e["actor"]
        elif kind == "declined" and code == "volunteered":
            self.asked_volunteered = None
        elif kind == "approved" and code == "volunteered" and self._free(e):
            if self.asked_volunteered not in {None, e["actor"]}:
                self.volunteered, self.asked_volunteered = True, None
        elif kind == "volunteered" and point and self.volunteered:
            self.volunteered = False
            point.volunteered = not (point.declared or point.reached)
        elif kind == "confirmed" and point:
            point.volunteered = False
        elif kind == "trace_ended":
            self.tracing = False
        elif kind == "forbearance" and e["until"] > e["at"]:
            self.forborne_until = max(self.forborne_until or e["until"], e["until"])
            self._void()
        elif kind == "payment" and (e["amount"] or 0) > 0:
            self.paid |= code == "full"
            self.instalment |= code != "part" and self.agreement
        elif kind == "agreement":
            self.agreement, self.instalment = True, False
        elif kind == "legal":
            self.legal = True
        elif kind == "closed":
            met = {"paid": self.paid, "agreement": self.agreement and self.instalment, "legal": self.legal}[code]
            if met:
                self.closed = True
                self._void()

    def _void(self):
        self.tracing, self.trace_asked_by, self.volunteered, self.asked_volunteered = False, None, False, None
