"""lineage: what each step of a run read and wrote, as OpenLineage events: datasets by name, rows, and how contracts came out.

Told once, from the report, when the run has ended: a receiver that is slow or away can hold up nothing. Names of sources, steps, tables,
columns and contracts, times and counts; never a value, a path or an address of a source.

Sent where OpenLineage's own settings say (OPENLINEAGE_URL, OPENLINEAGE_CONFIG, OPENLINEAGE__TRANSPORT…), by its own client: the extra
`openlineage`. See docs/howto/lineage.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from core.deployment import Deployment
from core.kinds import SourceKind
from pipeline.report import Report

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

Emit = Callable[["RunEvent"], None]
JOB = "trace"
DEFAULT_NAMESPACE = "skiptrace"
_DRAIN_SECONDS = 4.0
_SETTINGS = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT")


@dataclass(frozen=True, slots=True)
class Parent:
    """The job and run of another that this run is a part of: an Airflow task."""

    namespace: str
    job: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended: its report, and from when to when it ran (aware)."""

    report: Report
    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class _Port:
    """A dataset of a step, and the names under which its rows are counted there. ``{}`` is the source."""

    dataset: str
    names: tuple[str, ...]
    is_asserted: bool = False  # what the step's contract speaks of


# step → what it reads, what it writes. Tables are the store's own names.
_FLOWS: Mapping[str, tuple[tuple[_Port, ...], tuple[_Port, ...]]] = {
    "pull": (
        (_Port("source/{}", ("read",)),),
        (_Port("stage/pull/{}", ("pulled",)), _Port("store/quarantine", ("unreadable",))),
    ),
    "check": (
        (_Port("stage/pull/{}", ("pulled",), is_asserted=True),),
        (_Port("stage/check/{}", ("clean",)), _Port("store/quarantine", ("quarantined",))),
    ),
    "admit": (
        (_Port("stage/check/{}", ("clean",)), _Port("store/kept_signals", ("kept",)), _Port("store/grants", ())),
        (_Port("stage/admit/{}", ("admitted",)), _Port("store/withheld", ())),
    ),
    "advance": ((_Port("store/case_events", ()),), (_Port("store/case_states", ("cases",)),)),
    "match": ((_Port("stage/admit/{}", ("admitted",)),), (_Port("stage/match", ("linked",)),)),
    "rank": ((_Port("stage/match", ("links",)),), (_Port("stage/rank", ()),)),
    "publish": (
        (_Port("stage/rank", ("candidates",), is_asserted=True),),
        (_Port("store/candidates", ("published",)), _Port("store/deltas", ("deltas",)), _Port("store/cases", ())),
    ),
}
_WHO_IS_TRACED = ("advance", "match", "publish")  # these read the registry too
_ALSO_WRITES = {("check", SourceKind.CONSENTS): _Port("store/grants", ("clean",))}


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Whether OpenLineage's settings name somebody to tell."""
    is_off = environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true"
    return not is_off and any(name.startswith(_SETTINGS) and value for name, value in environ.items())


def send(events: Iterable[RunEvent]) -> None:
    """To whom OpenLineage's settings name. Raises whatever its client raises, at the first event that does not go."""
    from openlineage.client import OpenLineageClient

    # It would add the address of the checkout that the process happens to stand in.
    client = OpenLineageClient(config={"facets": {"source_code_location": {"disabled": True}}})
    for event in events:
        client.emit(event)
    client.close(timeout=_DRAIN_SECONDS)


def events(
    ended: Ended, deployment: Deployment, *, namespace: str = DEFAULT_NAMESPACE, parent: Parent | None = None
) -> Iterator[RunEvent]:
    """Start and end of the run and, between them, of every step that left its counts, in order of the path."""
    from openlineage.client.event_v2 import RunState

    maker = _Maker(ended, deployment, namespace)
    above = None if parent is None else maker.parent(parent.namespace, parent.job, parent.run_id)
    facets = ({} if above is None else {"parent": above}) | maker.nominal()
    is_done = ended.report["status"] == "done"
    yield maker.event(RunState.START, ended.began, "", facets)
    for step in ended.report["steps"]:
        yield from maker.step(step)
    yield maker.event(RunState.COMPLETE if is_done else RunState.FAIL, ended.ended, "", facets)


@dataclass(frozen=True)
class _Maker:
    """Makes the events of one run."""

    ended: Ended
    deployment: Deployment
    namespace: str

    @property
    def _name(self) -> str:
        return f"{self.deployment.deployment}.{JOB}"

    @property
    def _told_by(self) -> str:
        return f"urn:skiptrace:pipeline:{version('skiptrace')}"

    def _id(self, part: str) -> str:
        """The same run and step have the same id however often they are told."""
        from openlineage.client.uuid import generate_static_uuid

        said = "\x1f".join((self.namespace, self._name, self.ended.report["run_key"], part))
        return str(generate_static_uuid(self.ended.began, said.encode()))

    def nominal(self) -> dict[str, Any]:
        """The time whose rows were asked for."""
        from openlineage.client.facet_v2 import nominal_time_run

        start, end = self.ended.report["interval"]
        return {"nominalTime": nominal_time_run.NominalTimeRunFacet(start, end, producer=self._told_by)}

    def parent(self, namespace: str, job: str, run_id: str) -> Any:
        """What makes a run a part of another."""
        from openlineage.client.facet_v2 import parent_run

        return parent_run.ParentRunFacet(
            run=parent_run.Run(runId=run_id), job=parent_run.Job(namespace, job), producer=self._told_by
        )

    def event(
        self,
        state: Any,
        at: datetime,
        part: str,
        facets: Mapping[str, Any],
        ports: tuple[list[Any], list[Any]] = ([], []),
    ) -> RunEvent:
        """One event; ``part`` names a step and its source, or is empty for the run."""
        from openlineage.client.event_v2 import Job, Run, RunEvent
        from openlineage.client.facet_v2 import job_type_job

        kind = job_type_job.JobTypeJobFacet("BATCH", "SKIPTRACE", "STEP" if part else "RUN", producer=self._told_by)
        return RunEvent(
            eventType=state,
            eventTime=at.isoformat(),
            run=Run(self._id(part), dict(facets)),
            job=Job(self.namespace, f"{self._name}.{part}" if part else self._name, {"jobType": kind}),
            inputs=ports[0],
            outputs=ports[1],
            producer=self._told_by,
        )

    def step(self, step: Mapping[str, Any]) -> Iterator[RunEvent]:
        """Start and end of one step of one source."""
        from openlineage.client.event_v2 import RunState

        if step["step"] not in _FLOWS:
            return
        part = ".".join(filter(None, (step["step"], step["source"])))
        facets = {"parent": self.parent(self.namespace, self._name, self._id(""))} | self.nominal()
        end = datetime.fromisoformat(step["ended"]) if step.get("ended") else self.ended.ended
        ports = self._inputs(step), self._outputs(step)
        is_ok = step["status"] == "ok"
        yield self.event(RunState.START, end - timedelta(seconds=step["seconds"]), part, facets)
        yield self.event(RunState.COMPLETE if is_ok else RunState.FAIL, end, part, facets, ports if is_ok else ([], []))

    def _inputs(self, step: Mapping[str, Any]) -> list[Any]:
        from openlineage.client.event_v2 import InputDataset
        from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality
        from openlineage.client.facet_v2 import input_statistics_input_dataset as statistics

        found = []
        for port in (*_FLOWS[step["step"]][0], *self._registries(step["step"])):
            facets: dict[str, Any] = {}
            rows = _rows(step, port.names)
            if rows is not None:
                facets["inputStatistics"] = statistics.InputStatisticsInputDatasetFacet(rows, producer=self._told_by)
            if port.is_asserted and step["measures"]:
                facets["dataQualityAssertions"] = quality.DataQualityAssertionsDatasetFacet(
                    [_assertion(m) for m in step["measures"]], producer=self._told_by
                )
            found.append(InputDataset(self._place, port.dataset.format(step["source"]), inputFacets=facets))
        return found

    def _outputs(self, step: Mapping[str, Any]) -> list[Any]:
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

        found = []
        for port in (*_FLOWS[step["step"]][1], *self._also(step)):
            facets: dict[str, Any] = {}
            rows = _rows(step, port.names)
            if rows is not None:
                facets["outputStatistics"] = statistics.OutputStatisticsOutputDatasetFacet(rows, producer=self._told_by)
            found.append(OutputDataset(self._place, port.dataset.format(step["source"]), outputFacets=facets))
        return found

    @property
    def _place(self) -> str:
        """The namespace of datasets: the deployment, and nothing of where it is."""
        return f"skiptrace://{self.deployment.deployment}"

    def _registries(self, step: str) -> list[_Port]:
        if step not in _WHO_IS_TRACED:
            return []
        registries = self.deployment.of_kind(SourceKind.DECLARED_CONTACTS)
        return [_Port(f"stage/check/{spec.name}", ()) for spec in registries]

    def _also(self, step: Mapping[str, Any]) -> list[_Port]:
        kinds = {spec.name: spec.kind for spec in self.deployment.sources}
        port = _ALSO_WRITES.get((step["step"], kinds.get(step["source"])))  # type: ignore[arg-type]  # None is no key
        return [] if port is None else [port]


def _rows(step: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Rows counted under these names; None where the step counts none for this dataset."""
    return sum(rows for name, rows, _ in step["counts"] if name in names) if names else None


def _assertion(measure: Mapping[str, Any]) -> Any:
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality

    return quality.Assertion(
        assertion=measure["expectation"],
        success=measure["failed"] == 0,
        column=measure["column"] or None,
        severity="error" if measure["severity"] == "critical" else "warn",
        name=measure["contract"],
        expected="0",
        actual=str(measure["failed"]),
    )
