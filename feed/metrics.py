"""Counters for Prometheus: routes, statuses, times and rows. No label ever holds a value, an id or a client."""

from __future__ import annotations

import threading
from collections import Counter

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0)
MEDIA_TYPE = "text/plain; version=0.0.4"


class Metrics:
    """What this process counted since it started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._count: Counter[str] = Counter()
        self._deltas = 0

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._count[route] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter adds floats as well
            for bound in BUCKETS:
                if seconds <= bound:
                    self._buckets[route, bound] += 1

    def delivered(self, rows: int) -> None:
        """Deltas that were sent."""
        with self._lock:
            self._deltas += rows

    def text(self, head: int) -> str:
        """The exposition format."""
        with self._lock:
            lines = ["# TYPE skiptrace_feed_requests_total counter"]
            for (method, route, status), n in sorted(self._requests.items()):
                lines.append(
                    f'skiptrace_feed_requests_total{{method="{method}",route="{route}",status="{status}"}} {n}'
                )
            lines.append("# TYPE skiptrace_feed_request_seconds histogram")
            for route, n in sorted(self._count.items()):
                name = "skiptrace_feed_request_seconds"
                lines += [f'{name}_bucket{{route="{route}",le="{b}"}} {self._buckets[route, b]}' for b in BUCKETS]
                lines.append(f'{name}_bucket{{route="{route}",le="+Inf"}} {n}')
                lines.append(f'{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}')
                lines.append(f'{name}_count{{route="{route}"}} {n}')
            lines += ["# TYPE skiptrace_feed_deltas_total counter", f"skiptrace_feed_deltas_total {self._deltas}"]
            lines += ["# TYPE skiptrace_feed_head gauge", f"skiptrace_feed_head {head}"]
        return "\n".join(lines) + "\n"
