"""What is read: every page is one GET, behind one permission."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from pipeline import shared
from pipeline.services.cases import Cases
from pipeline.services.debtors import PER_PAGE, SORTS, Wanted
from pipeline.services.verdicts import PROPOSAL_REASONS, REASONS, Verdict
from workbench import tiles, views
from workbench.roles import May
from workbench.session import Visitor, needs, workbench_of

router = APIRouter()

DebtorReader = Annotated[Visitor, Depends(needs(May.SEE_DEBTORS))]
RunReader = Annotated[Visitor, Depends(needs(May.SEE_RUNS))]
PolicyReader = Annotated[Visitor, Depends(needs(May.SEE_POLICY))]
AuditReader = Annotated[Visitor, Depends(needs(May.SEE_AUDIT))]
RequestReader = Annotated[Visitor, Depends(needs(May.SEE_REQUESTS))]
Decider = Annotated[Visitor, Depends(needs(May.DECIDE))]


def by_province(regions: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The map's shares, the largest first."""
    found = tiles.by_province((r["value"], r["probability"]) for r in regions)
    return dict(sorted(found.items(), key=lambda s: -s[1]))


def grouped(outlook: Mapping[str, Mapping[str, Any]]) -> list[tuple[list[str], Mapping[str, Any]]]:
    """The channels of one candidate, those with the same answer together."""
    out: list[tuple[list[str], Mapping[str, Any]]] = []
    for channel, answer in outlook.items():
        same = next((channels for channels, other in out if other == answer), None)
        if same is None:
            out.append(([channel], answer))
        else:
            same.append(channel)
    return out


CaseId = Annotated[str, Path(max_length=100)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Search = Annotated[str, Query(max_length=100)]

VERDICTS = {v: REASONS[v] for v in (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNSURE)}


@router.get("/sign-in")
def sign_in(request: Request) -> Response:
    return views.page(request, "sign_in.html", None, failed=False)


@router.get("/")
def home(request: Request, who: Annotated[Visitor, Depends(needs(May.BE_HERE))]) -> Response:
    return RedirectResponse(views.link(request, "/queue" if who.may(May.SEE_DEBTORS) else "/runs"), status_code=303)


@router.get("/queue")
def queue(
    request: Request,
    who: DebtorReader,
    state: Literal["todo", "done", "all"] = "todo",
    portfolio: Search = "",
    search: Search = "",
    sort: Annotated[str, Query(pattern=f"^({'|'.join(SORTS)})$")] = "priority",
    offset: Offset = 0,
) -> Response:
    workbench = workbench_of(request)
    wanted = Wanted("" if state == "all" else state, portfolio, search.strip(), sort, offset, PER_PAGE)
    rows, total = workbench.queue(wanted)
    return views.page(
        request, "queue.html", who, rows=rows, total=total, state=state, wanted=wanted, sorts=SORTS,
        portfolios=workbench.portfolios(), per_page=PER_PAGE,
    )  # fmt: skip


@router.get("/next")
def next_case(request: Request, _who: DebtorReader, after: Search = "") -> Response:
    found = workbench_of(request).next_case(after)
    return RedirectResponse(views.link(request, f"/cases/{quote(found)}" if found else "/queue"), status_code=303)


@router.get("/cases/{case_id:path}")
def case(request: Request, who: DebtorReader, case_id: CaseId, offset: Offset = 0, said: Search = "") -> Response:
    return show_case(request, who, case_id, offset=offset, said=said if said in {"saved", "undone"} else "")


@router.get("/compare/{candidate_id}")
def compare(request: Request, who: DebtorReader, candidate_id: Annotated[str, Path(max_length=64)]) -> Response:
    candidate, signals = workbench_of(request).compare(candidate_id, who.actor)
    return views.page(request, "compare.html", who, candidate=candidate, signals=signals)


def show_case(
    request: Request, who: Visitor, case_id: str, *, offset: int = 0, said: str = "", problem: str = "",
    revealed: tuple[str, str] | None = None, stopped: Any = None, status: int = 200,
) -> Response:  # fmt: skip
    """The debtor page; after a reveal, with the one value that was asked for."""
    workbench = workbench_of(request)
    found = workbench.case(case_id, who.actor, offset)
    return views.page(
        request, "case.html", who, status=status, case=found, case_id=case_id, declared=workbench.declared(case_id, found.now),
        outlooks={k: grouped(o) for k, o in workbench.outlooks(case_id, found.candidates).items()}, seen=workbench.seen(case_id), by_province=by_province,
        offset=offset, per_page=PER_PAGE, said=said, problem=problem, revealed=revealed, stopped=stopped, verdicts=VERDICTS,
        proposal_reasons=PROPOSAL_REASONS, duties=workbench.duties("permitted_hours", "cap"),
    )  # fmt: skip


@router.get("/batch")
def batch(request: Request, who: Decider, saved: Annotated[int, Query(ge=0, le=1000)] = 0) -> Response:
    rows = workbench_of(request).doubtful(who.actor)
    return views.page(request, "batch.html", who, rows=rows, verdicts=VERDICTS, saved=saved)


@router.get("/proposals")
def proposals(request: Request, who: DebtorReader) -> Response:
    workbench = workbench_of(request)
    cases = Cases(workbench.site, workbench.clock)
    return views.page(
        request, "proposals.html", who, rows=cases.waiting(), settled=cases.settled(), reasons=PROPOSAL_REASONS
    )


def _for(request: Request, who: Visitor, coarse: Callable[[Any, int], Any], figures: Any) -> Any:
    """These figures as this visitor may see them: without small cells for whoever is outside operations."""
    if who.may(May.SEE_SMALL_CELLS):
        return figures
    return coarse(figures, workbench_of(request).site.deployment.min_cell)


@router.get("/runs")
def runs(request: Request, who: RunReader) -> Response:
    return views.page(request, "runs.html", who, rows=_for(request, who, shared.runs, workbench_of(request).runs()))


@router.get("/runs/{run_key}")
def run(request: Request, who: RunReader, run_key: Annotated[str, Path(max_length=40)]) -> Response:
    found = workbench_of(request).run(run_key)
    return views.page(request, "run.html", who, run=_for(request, who, shared.report, found))


@router.get("/quality")
def quality(request: Request, who: RunReader) -> Response:
    workbench = workbench_of(request)
    rows = _for(request, who, shared.quality, workbench.quality())
    scores = _for(request, who, shared.scorecard, workbench.scorecard())
    return views.page(request, "quality.html", who, rows=rows, scores=scores)


@router.get("/model")
def model(request: Request, who: RunReader, version: Search = "", said: Search = "") -> Response:
    return show_model(request, who, version, said="promoted" if said == "promoted" else "")


def show_model(
    request: Request, who: Visitor, version: str = "", *, said: str = "", problem: str = "", status: int = 200
) -> Response:
    """The models; with ``version``, what would be other if that one were in force."""
    workbench = workbench_of(request)
    return views.page(
        request, "model.html", who, status=status, model=workbench.model(),
        calibration=_for(request, who, shared.calibration, workbench.calibration()), versions=workbench.versions(),
        version=version, differences=workbench.differences(version) if version else [], said=said, problem=problem,
    )  # fmt: skip


@router.get("/policy")
def policy(request: Request, who: PolicyReader) -> Response:
    return views.page(request, "policy.html", who, pack=workbench_of(request).pack())


@router.get("/requests")
def requests(request: Request, who: RequestReader) -> Response:
    return views.page(request, "requests.html", who, rows=workbench_of(request).requests())


@router.get("/audit")
def audit(
    request: Request, who: AuditReader, event: Search = "", by: Search = "", about: Search = "",
    before: Annotated[int | None, Query(ge=1)] = None, check: bool = False,
) -> Response:  # fmt: skip
    workbench = workbench_of(request)
    rows = workbench.audit(who.actor, event=event, by=by, about=about.strip(), before=before)
    return views.page(
        request, "audit.html", who, rows=rows, event=event, by=by, about=about, names=workbench.event_names(),
        chain=workbench.chain() if check else None, facts_of=partial(views.facts_of, views.language(request)),
    )  # fmt: skip
