"""OpenTelemetry as a collector gets it, over HTTP and gRPC: a trace of the run, its gauges, nothing of a person; and nobody waits."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent import futures

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as traces_grpc

from pipeline import metrics, telemetry, telling
from pipeline.site import open_site
from pipeline.walk import walk
from tests.servers.heard import receiver
from tests.support import ROOT, copy_of, run_of


@pytest.fixture(scope="module")
def ran(as_run, tmp_path_factory):
    """A site and the report of its only run: others may run the session's again."""
    return open_site(copy_of(as_run[0], tmp_path_factory.mktemp("told"))), as_run[1]


@pytest.fixture
def ear(monkeypatch):
    for name in ("PROTOCOL", "HEADERS"):
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)
    with receiver() as told:
        monkeypatch.setenv(telemetry.ENDPOINT, told.url)
        yield told


def bodies(ear, path, kind):
    return [kind.FromString(body) for at, body in ear.posts if at == path]


def spans_of(ear):
    return [
        s
        for request in bodies(ear, "/v1/traces", traces.ExportTraceServiceRequest)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for s in scope.spans
    ]


def attributes(thing):
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in thing.attributes}


def test_a_run_is_one_trace_with_a_span_for_each_step_of_each_source(ran, ear):
    site, report = ran
    telling.tell(run_of(open_site(site.folder)))
    spans = spans_of(ear)
    (whole,) = [s for s in spans if not s.parent_span_id]
    assert attributes(whole) == {"skiptrace.run": report["run_key"], "skiptrace.status": "done"}
    rest = [s for s in spans if s is not whole]
    assert {s.parent_span_id for s in rest} == {whole.span_id}
    assert {s.trace_id for s in rest} == {whole.trace_id}
    assert sorted((s.name, attributes(s)["skiptrace.source"]) for s in rest) == sorted(
        (s["step"], s["source"]) for s in report["steps"]
    )
    (published,) = [attributes(s) for s in rest if s.name == "publish"]
    assert published["skiptrace.rows.published"] == sum(report["candidates"].values())
    for span, step in zip(rest, report["steps"], strict=True):
        assert abs(span.end_time_unix_nano - span.start_time_unix_nano - step["seconds"] * 1e9) < 1e6
    (request,) = bodies(ear, "/v1/traces", traces.ExportTraceServiceRequest)
    named = attributes(request.resource_spans[0].resource)
    assert named["service.name"] == "skiptrace-pipeline"
    assert named["skiptrace.deployment"] == site.deployment.deployment


def test_gauges_over_otlp_are_those_of_prometheus(ran, ear):
    site = open_site(ran[0].folder)
    telling.tell(run_of(site))
    (request,) = bodies(ear, "/v1/metrics", ExportMetricsServiceRequest)
    got = {
        m.name: {(tuple(sorted(attributes(p).items())), p.as_double) for p in m.gauge.data_points}
        for m in request.resource_metrics[0].scope_metrics[0].metrics
    }
    wanted = {
        name: {(tuple(sorted(labels.items())), float(v)) for labels, v in samples}
        for name, samples in metrics.samples_of(site).items()
    }
    assert got == {n: s for n, s in wanted.items() if s}


def test_no_value_and_no_place_is_told(ran, ear, canaries):
    telling.tell(run_of(open_site(ran[0].folder)))
    raw = b"".join(body for _, body in ear.posts)
    assert raw
    assert [c for c in canaries if c.encode() in raw] == []
    assert str(ran[0].folder).encode() not in raw


@pytest.mark.parametrize(("off", "left"), [("TRACES", "/v1/metrics"), ("METRICS", "/v1/traces")])
def test_a_signal_can_be_left_out(ran, ear, monkeypatch, off, left):
    monkeypatch.setenv(f"OTEL_{off}_EXPORTER", "none")
    telling.tell(run_of(open_site(ran[0].folder)))
    assert {path for path, _ in ear.posts} == {left}


@pytest.mark.parametrize(
    "environ", [{}, {telemetry.ENDPOINT: ""}, {telemetry.ENDPOINT: "x", "OTEL_SDK_DISABLED": "true"}]
)
def test_nobody_is_told_unless_asked_for(environ):
    assert not telemetry.is_asked_for(environ)


def test_the_sdk_is_not_loaded_unless_asked_for():
    code = "import sys, pipeline.walk, feed.app; print(sorted(m for m in sys.modules if m.startswith(('opentelemetry.sdk', 'openlineage'))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_grpc_is_spoken_where_it_is_asked_for(ran, monkeypatch):
    heard = []

    class Ear(traces_grpc.TraceServiceServicer):
        def Export(self, request, _context):
            heard.append(request)
            return traces.ExportTraceServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(1))
    traces_grpc.add_TraceServiceServicer_to_server(Ear(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        for name, value in (("ENDPOINT", f"http://127.0.0.1:{port}"), ("PROTOCOL", "grpc")):
            monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{name}", value)
        monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
        telling.tell(run_of(open_site(ran[0].folder)))
    finally:
        server.stop(None)
    assert sum(len(s.spans) for r in heard[0].resource_spans for s in r.scope_spans) == len(ran[1]["steps"]) + 1


def test_a_collector_that_never_answers_is_left_alone(ran, ear, caplog):
    ear.is_deaf = True
    telling.tell(run_of(open_site(ran[0].folder)), limit=0.3)
    assert "telemetry of the run not told: no answer within" in caplog.text


def test_a_night_is_published_when_the_collector_is_away(fresh, monkeypatch, caplog):
    monkeypatch.setenv(telemetry.ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2")
    monkeypatch.setattr(telling, "LIMIT", 0.5)
    site = open_site(fresh)
    assert walk(run_of(site))["status"] == site.store.last_run().status == "done"
    assert "telemetry of the run not told" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_source_that_failed_is_an_error_in_the_trace(ran, ear):
    site, report = ran
    broken = report | {
        "status": "failed",
        "steps": [
            s | {"status": "failed" if (s["step"], s["source"]) == ("pull", "crm") else "ok"} for s in report["steps"]
        ],
    }
    known = site.store.run(report["run_key"])
    telemetry.tell_run(open_site(site.folder), broken, known.started_at, known.finished_at)
    wrong = {(s.name, attributes(s).get("skiptrace.source", "")) for s in spans_of(ear) if s.status.code == 2}
    assert wrong == {("trace", ""), ("pull", "crm")}


def test_the_feed_tells_of_requests_by_route_and_of_no_case(ran, ear):
    from fastapi.testclient import TestClient

    from feed.app import create_app

    with TestClient(create_app(open_site(ran[0].folder))) as client:
        case_id = ran[0].store.snapshot().rows["case_id"][0].as_py()
        assert client.get(f"/v1/cases/{case_id}/candidates").status_code == 401
        assert client.request("BREW", f"/v1/{case_id}").status_code in (404, 405)
    assert {s.name for s in spans_of(ear)} == {"GET /v1/cases/{case_id}/candidates", "_OTHER -"}
    (span,) = [s for s in spans_of(ear) if s.name.startswith("GET")]
    assert attributes(span)["http.response.status_code"] == 401
    raw = b"".join(body for _, body in ear.posts)
    assert case_id.encode() not in raw
    (request,) = bodies(ear, "/v1/metrics", ExportMetricsServiceRequest)
    (told,) = [
        m for m in request.resource_metrics[0].scope_metrics[0].metrics if m.name == "http.server.request.duration"
    ]
    assert sum(p.count for p in told.histogram.data_points) == 2
    assert "BREW" not in json.dumps([attributes(p) for p in told.histogram.data_points])
