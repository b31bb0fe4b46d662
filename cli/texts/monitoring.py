"""The deployment's state as gauges."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "run_metrics": (
        "Print or write the state of the deployment as Prometheus gauges: runs, rows, quarantine, what is late. No values.",
        "以 Prometheus 指标输出部署状态：运行、行数、隔离、逾期事项；不含任何值。",
    ),
}
