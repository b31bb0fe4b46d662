"""telemetry: traces and metrics over OTLP by OpenTelemetry's own SDK, where OTEL_EXPORTER_OTLP_ENDPOINT says whom to tell.

Everything else is said by OpenTelemetry's own settings too (OTEL_EXPORTER_OTLP_PROTOCOL, …_HEADERS, …_CERTIFICATE, OTEL_SERVICE_NAME,
OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_EXPORTER=none, OTEL_SDK_DISABLED). The SDK's global providers are left alone: they are Airflow's.

Names of steps, sources, routes and outcomes, times and counts; never a value, an id of a case, or the text of an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.errors import Transient
from pipeline import metrics
from pipeline.report import Report
from pipeline.site import Site

if TYPE_CHECKING:
    from opentelemetry.metrics import Observation
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SCOPE = "skiptrace"
_NANO = 10**9


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Whether the standard setting names somebody to tell."""
    return bool(environ.get(ENDPOINT)) and environ.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"


def _wants(environ: Mapping[str, str], signal: str) -> bool:
    return environ.get(f"OTEL_{signal}_EXPORTER", "otlp").strip().lower() != "none"


def _resource(site: Site, service: str) -> Resource:
    from opentelemetry.sdk.resources import Resource

    named = {"service.name": site.environ.get("OTEL_SERVICE_NAME") or service}
    return Resource.create(named | {"skiptrace.deployment": site.deployment.deployment})


def _exporters(environ: Mapping[str, str]) -> tuple[Any, Any]:
    """Classes of the exporters of spans and of metrics, for the protocol that is set: http/protobuf unless it is grpc."""
    asked = environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf").strip().lower()
    if asked == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc import metric_exporter, trace_exporter

        return trace_exporter.OTLPSpanExporter, metric_exporter.OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http import metric_exporter as metrics_http
    from opentelemetry.exporter.otlp.proto.http import trace_exporter as traces_http

    return traces_http.OTLPSpanExporter, metrics_http.OTLPMetricExporter


# --- a run, told once when it has ended --------------------------------------------------------------------------------------


def tell_run(site: Site, told: Report, began: datetime, ended: datetime) -> None:
    """One trace, a span a step and source, and the gauges of ``pipeline.metrics``. Raises Transient when they were not taken."""
    spans, gauges = _exporters(site.environ)
    if _wants(site.environ, "TRACES"):
        _send_trace(site, told, began, ended, spans())
    if _wants(site.environ, "METRICS"):
        _send_gauges(site, gauges())


def _send_trace(site: Site, told: Report, began: datetime, ended: datetime, exporter: Any) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=_resource(site, "skiptrace-pipeline"), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer(SCOPE)
    around = trace.get_current_span().get_span_context()
    # where Airflow traces its tasks, the run and the task that tells it lead to each other
    links = [trace.Link(around)] if around.is_valid else []
    whole = tracer.start_span(
        "trace", context=trace.set_span_in_context(trace.INVALID_SPAN), links=links, start_time=_nanoseconds(began)
    )
    whole.set_attributes({"skiptrace.run": told["run_key"], "skiptrace.status": told["status"]})
    for step in told["steps"]:
        _span(tracer, trace.set_span_in_context(whole), step, ended)
    if told["status"] != "done":
        whole.set_status(trace.StatusCode.ERROR)
    whole.end(_nanoseconds(ended))
    if exporter.export(kept.get_finished_spans()) is not SpanExportResult.SUCCESS:
        raise Transient("the receiver of traces did not take them")


def _span(tracer: Any, within: Any, step: Mapping[str, Any], ended: datetime) -> None:
    from opentelemetry.trace import StatusCode

    end = datetime.fromisoformat(step["ended"]) if step.get("ended") else ended
    span = tracer.start_span(
        step["step"], context=within, start_time=_nanoseconds(end - timedelta(seconds=step["seconds"]))
    )
    rows: dict[str, int] = {}
    for name, n, _ in step["counts"]:
        rows[f"skiptrace.rows.{name}"] = rows.get(f"skiptrace.rows.{name}", 0) + n
    span.set_attributes({"skiptrace.step": step["step"], "skiptrace.source": step["source"]} | rows)
    if step["status"] != "ok":
        span.set_status(StatusCode.ERROR)
    span.end(_nanoseconds(end))


def _send_gauges(site: Site, exporter: Any) -> None:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult

    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], _resource(site, "skiptrace-pipeline"), shutdown_on_exit=False)
    meter = provider.get_meter(SCOPE)
    for name, samples in metrics.samples_of(site).items():
        meter.create_observable_gauge(name, [_observing(samples)], description=metrics.NAMES[name])
    if exporter.export(reader.get_metrics_data()) is not MetricExportResult.SUCCESS:
        raise Transient("the receiver of metrics did not take them")


def _observing(samples: metrics.Samples) -> Callable[[Any], Iterable[Observation]]:
    from opentelemetry.metrics import Observation

    return lambda _options: [Observation(float(value), dict(labels)) for labels, value in samples]


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * _NANO)


# --- a server, told all the time ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Serving:
    """What a server tells of its requests, from threads of the SDK: nobody who asks waits for a receiver."""

    spans: TracerProvider | None
    meters: MeterProvider | None
    _tracer: Any
    _seconds: Any

    def request(self, method: str, route: str, status: int, began: int, ended: int) -> None:
        """One answered request, by the template of its route. ``began``, ``ended``: nanoseconds since the epoch."""
        said = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        if self._seconds is not None:
            self._seconds.record((ended - began) / _NANO, said)
        if self._tracer is not None:
            from opentelemetry.trace import SpanKind, StatusCode

            span = self._tracer.start_span(f"{method} {route}", kind=SpanKind.SERVER, start_time=began, attributes=said)
            if status >= 500:
                span.set_status(StatusCode.ERROR)
            span.end(ended)

    def close(self) -> None:
        """Send what is left."""
        for provider in (self.spans, self.meters):
            if provider is not None:
                provider.shutdown()


def serving(site: Site, service: str) -> Serving | None:
    """For a server of this site; None where nobody is to be told."""
    environ = site.environ
    if not is_asked_for(environ):
        return None
    spans = meters = tracer = seconds = None
    span_exporter, metric_exporter = _exporters(environ)
    if _wants(environ, "TRACES"):
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        spans = TracerProvider(resource=_resource(site, service))
        spans.add_span_processor(BatchSpanProcessor(span_exporter()))
        tracer = spans.get_tracer(SCOPE)
    if _wants(environ, "METRICS"):
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        meters = MeterProvider([PeriodicExportingMetricReader(metric_exporter())], _resource(site, service))
        meter = meters.get_meter(SCOPE)
        seconds = meter.create_histogram("http.server.request.duration", "s", "time to answer a request")
    return Serving(spans, meters, tracer, seconds)
