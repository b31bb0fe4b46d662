"""Lineage as a receiver gets it: datasets by name with their rows, contracts as they came out, nothing of a person or a place."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import types
import typing

import attr
import pytest
from openlineage.client import event_v2, generated

from core.errors import SkiptraceError
from pipeline import lease, lineage, telling
from pipeline.site import open_site
from pipeline.walk import walk
from store import tables
from tests.servers.heard import receiver
from tests.support import copy_of, run_of


@pytest.fixture(scope="module")
def ran(as_run, tmp_path_factory):
    """A site and the report of its only run: others may run the session's again."""
    return open_site(copy_of(as_run[0], tmp_path_factory.mktemp("told"))), as_run[1]


@pytest.fixture
def ear():
    with receiver() as told:
        yield told


@pytest.fixture
def told(ran, ear, monkeypatch):
    """The events of the session's run, as posted."""
    monkeypatch.setenv("OPENLINEAGE_URL", ear.url)
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "lender")
    telling.tell(run_of(open_site(ran[0].folder)))
    assert {path for path, _ in ear.posts} == {"/api/v1/lineage"}
    return [json.loads(body) for _, body in ear.posts]


def ended(events, part=""):
    """The last event of the run, or of one step."""
    (found,) = [e for e in events if e["job"]["name"].endswith(f".trace{part}") and e["eventType"] != "START"]
    return found


def rows(event):
    """Dataset → rows told of it."""
    found = {}
    for side, facet in (("inputs", "inputStatistics"), ("outputs", "outputStatistics")):
        for d in event[side]:
            facets = d.get(f"{side[:-1]}Facets", {})
            found[side, d["name"]] = facets[facet]["rowCount"] if facet in facets else None
    return found


def test_every_step_of_the_report_begins_and_ends_within_the_run(told, ran):
    site, report = ran
    names = [(e["eventType"], e["job"]["name"]) for e in told]
    run = f"{site.deployment.deployment}.trace"
    parts = [".".join(filter(None, (run, s["step"], s["source"]))) for s in report["steps"]]
    assert names == [
        ("START", run), *[(state, p) for p in parts for state in ("START", "COMPLETE")], ("COMPLETE", run)
    ]  # fmt: skip
    assert {e["job"]["namespace"] for e in told} == {"lender"}
    own = told[0]["run"]["runId"]
    assert {e["run"]["facets"]["parent"]["run"]["runId"] for e in told[1:-1]} == {own}
    assert len({e["run"]["runId"] for e in told}) == len(parts) + 1


def test_rows_are_those_of_the_report(told, ran):
    _, report = ran
    for step in report["steps"]:
        if step["step"] != "check":
            continue
        counted = {
            name: sum(n for c, n, _ in step["counts"] if c == name) for name in ("pulled", "clean", "quarantined")
        }
        found = rows(ended(told, f".check.{step['source']}"))
        assert found["inputs", f"stage/pull/{step['source']}"] == counted["pulled"] > 0
        assert found["outputs", f"stage/check/{step['source']}"] == counted["clean"]
        assert found["outputs", "store/quarantine"] == counted["quarantined"]
    assert rows(ended(told, ".publish"))["outputs", "store/candidates"] == sum(report["candidates"].values())
    assert rows(ended(told, ".publish"))["outputs", "store/deltas"] == sum(report["deltas"].values())
    assert rows(ended(told, ".check.consents"))["outputs", "store/grants"] > 0


def test_what_one_step_writes_the_next_one_reads(told):
    wrote = {d["name"] for e in told for d in e["outputs"]}
    read = {d["name"] for e in told for d in e["inputs"]}
    staged = {n for n in read if n.startswith("stage/")}
    assert staged
    assert staged <= wrote
    assert {n for n in wrote if n.startswith("stage/match")} <= read


def test_datasets_are_named_by_source_step_or_table_and_by_nothing_else(told, ran):
    sources = "|".join(s.name for s in ran[0].deployment.sources)
    known = "|".join(tables.metadata.tables)
    named = re.compile(rf"source/({sources})|stage/(match|rank|(pull|check|admit)/({sources}))|store/({known})")
    datasets = [d for e in told for side in ("inputs", "outputs") for d in e[side]]
    assert [d["name"] for d in datasets if not named.fullmatch(d["name"])] == []
    assert {d["namespace"] for d in datasets} == {f"skiptrace://{ran[0].deployment.deployment}"}


def test_a_contract_is_told_line_by_line(told, ran):
    _, report = ran
    for step in (s for s in report["steps"] if s["measures"]):
        part = f".{step['step']}" + (f".{step['source']}" if step["source"] else "")
        (given,) = [
            d["inputFacets"] for d in ended(told, part)["inputs"] if "dataQualityAssertions" in d["inputFacets"]
        ]
        lines = given["dataQualityAssertions"]["assertions"]
        assert [(a["name"], a["assertion"], a["actual"]) for a in lines] == [
            (m["contract"], m["expectation"], str(m["failed"])) for m in step["measures"]
        ]
        assert [a["success"] for a in lines] == [m["failed"] == 0 for m in step["measures"]]


def test_a_line_that_rows_failed_is_told_as_failed_with_how_many(ran):
    site, report = ran
    (step,) = [s for s in report["steps"] if (s["step"], s["source"]) == ("check", "cards")]
    broken = step | {"measures": [m | {"failed": 3 * (n == 1)} for n, m in enumerate(step["measures"])]}
    known = site.store.run(report["run_key"])
    told = lineage.Ended(report | {"steps": [broken]}, known.started_at, known.finished_at)
    *_, done, _ = lineage.events(told, site.deployment)
    (facet,) = [d.inputFacets["dataQualityAssertions"] for d in done.inputs]
    assert [(a.success, a.actual) for a in facet.assertions][:3] == [(True, "0"), (False, "3"), (True, "0")]


def test_no_value_and_no_place_is_told(told, ran, canaries):
    text = json.dumps(told, ensure_ascii=False)
    site = ran[0]
    assert [c for c in canaries if c in text] == []
    places = [str(site.folder), str(site.base), site.deployment.store, *[s.location for s in site.deployment.sources]]
    assert [p for p in places if p in text] == []


# Ours, or the client's for what it adds itself: that names Airflow's provider once that has been imported in the process.
_PRODUCERS = ("urn:skiptrace:", "https://github.com/OpenLineage/", "https://github.com/apache/airflow/")


def test_events_are_what_openlineages_own_classes_take(told):
    facets = _facet_classes()
    for event in told:
        assert re.fullmatch(
            r"https://openlineage.io/spec/\d-\d-\d/OpenLineage.json#/\$defs/RunEvent", event["schemaURL"]
        )
        _require_shape(event, event_v2.RunEvent)
        _require_shape(event["run"], event_v2.Run)
        _require_shape(event["job"], event_v2.Job)
        given = [event["run"]["facets"], event["job"]["facets"]]
        for side, kind in (("input", event_v2.InputDataset), ("output", event_v2.OutputDataset)):
            for dataset in event[f"{side}s"]:
                _require_shape(dataset, kind)
                given += [dataset["facets"], dataset[f"{side}Facets"]]
        for facet in (f for those in given for f in those.values()):
            assert facet["_producer"].startswith(_PRODUCERS)
            _require_shape(facet, facets[facet["_schemaURL"]])


def _facet_classes():
    """By the address of their schema, all facets that this version of the client ships."""
    found = {}
    for module in pkgutil.iter_modules(generated.__path__, f"{generated.__name__}."):
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and attr.has(kind) and hasattr(kind, "_get_schema"):
                found[kind._get_schema()] = kind
    return found


def _require_shape(given, kind):
    """The fields of a generated class: no other, none missing that has to be there, each of its plain type."""
    fields = {f.name: f for f in attr.fields(attr.resolve_types(kind))}
    assert given.keys() <= fields.keys()
    assert {n for n, f in fields.items() if f.default is attr.NOTHING} <= given.keys()
    for name, value in given.items():
        plain = [t for t in typing.get_args(fields[name].type) or [fields[name].type] if t in (str, int, bool)]
        if plain and not isinstance(fields[name].type, types.GenericAlias):
            assert isinstance(value, (*plain, type(None))), name


def test_the_file_transport_writes_the_same(ran, ear, told, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENLINEAGE_URL")
    out = tmp_path / "lineage.jsonl"
    for name, value in (("TYPE", "file"), ("LOG_FILE_PATH", str(out)), ("APPEND", "true")):
        monkeypatch.setenv(f"OPENLINEAGE__TRANSPORT__{name}", value)
    telling.tell(run_of(open_site(ran[0].folder)))
    assert [json.loads(line) for line in out.read_text().splitlines()] == told


@pytest.mark.parametrize(
    "environ", [{}, {"OPENLINEAGE_URL": ""}, {"OPENLINEAGE_URL": "x", "OPENLINEAGE_DISABLED": "True"}]
)
def test_nobody_is_told_unless_asked_for(environ):
    assert not lineage.is_asked_for(environ)


def test_a_receiver_that_never_answers_is_left_alone(ran, ear, monkeypatch, caplog):
    ear.is_deaf = True
    monkeypatch.setenv("OPENLINEAGE_URL", ear.url)
    telling.tell(run_of(open_site(ran[0].folder)), limit=0.3)
    assert "no answer within" in caplog.text
    assert len(ear.posts) == 1


def test_a_night_is_published_and_its_end_told_to_nobody_when_the_receiver_is_away(fresh, monkeypatch, caplog):
    monkeypatch.setenv("OPENLINEAGE_URL", "http://user:hunter2@127.0.0.1:1")
    monkeypatch.setattr(telling, "LIMIT", 0.5)
    site = open_site(fresh)
    report = walk(run_of(site))
    assert report["status"] == site.store.last_run().status == "done"
    assert "lineage of the run not told" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_failed_run_is_told_as_failed(fresh, ear, monkeypatch):
    site = open_site(fresh)
    registry = next(s for s in site.deployment.sources if s.name == "registry")
    (site.base / registry.location).unlink()
    monkeypatch.setenv("OPENLINEAGE_URL", ear.url)
    with pytest.raises(SkiptraceError):
        walk(run_of(open_site(fresh)))
    events = [json.loads(body) for _, body in ear.posts]
    assert ended(events)["eventType"] == "FAIL"
    assert ended(events, ".pull.registry")["eventType"] == "FAIL"
    assert ended(events, ".pull.registry")["outputs"] == []
    assert ended(events, ".check.consents")["eventType"] == "COMPLETE"


def test_a_run_that_was_refused_tells_nothing(as_run, tmp_path, ear, monkeypatch):
    monkeypatch.setenv("OPENLINEAGE_URL", ear.url)
    site = open_site(copy_of(as_run[0], tmp_path))
    site.store.take("run", holder="someone", about="2026-11-01", seconds=60)
    with pytest.raises(lease.Busy):
        walk(run_of(site))
    assert ear.posts == []


def test_the_same_run_told_again_has_the_same_ids(told, ran):
    known = ran[0].store.run(ran[1]["run_key"])
    again = lineage.events(
        lineage.Ended(known.report, known.started_at, known.finished_at), ran[0].deployment, namespace="lender"
    )
    assert [e.run.runId for e in again] == [e["run"]["runId"] for e in told]
