"""Casework in the workbench: where a case stands, what may come next, asking for it and the second person's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from core.errors import BadInput
from pipeline.services.cases import Action, Cases, NoCase, Stopped, rungs, script
from pipeline.services.improving import Improvements
from pipeline.services.verdicts import NotFound
from workbench import texts, views
from workbench.roles import May
from workbench.session import Visitor, needs, own_form, workbench_of

router = APIRouter()
OwnForm = [Depends(own_form)]
Reader = Annotated[Visitor, Depends(needs(May.SEE_DEBTORS))]
CaseId = Annotated[str, Path(max_length=100)]
LIVES = ("contacting", "lost", "tracing", "closed", "archived")


def cases_of(request: Request) -> Cases:
    workbench = workbench_of(request)
    return Cases(workbench.site, workbench.clock)


@router.get("/casework")
def overview(
    request: Request, who: Reader, life: Annotated[str, Query(pattern=f"^({'|'.join(LIVES)})?$")] = ""
) -> Response:
    cases = cases_of(request)
    return views.page(
        request, "casework.html", who, rows=cases.listed(life=life or None), life=life, lives=LIVES, waiting=cases.waiting(),
        changes=Improvements(cases.site, cases.clock).proposed(),
    )  # fmt: skip


@router.get("/casework/{case_id:path}")
def case(request: Request, who: Reader, case_id: CaseId) -> Response:
    return _show(request, who, case_id)


def _show(
    request: Request, who: Visitor, case_id: str, *, stopped: Stopped | None = None, status: int = 200
) -> Response:
    try:
        view = cases_of(request).view(case_id, who.actor)
    except NoCase:
        raise NotFound from None
    lang = views.language(request)
    text = texts.script(lang, script(view.step["script"], lang)) if view.step["script"] else ""
    open_actions, barred = _sorted(view.actions)
    return views.page(
        request, "casework_case.html", who, status=status, case=view, case_id=case_id, text=text, rungs=rungs(),
        open_actions=open_actions, barred=barred, stopped=None if stopped is None else stopped.rule,
    )  # fmt: skip


def _sorted(
    actions: Sequence[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], list[tuple[Any, list[Mapping[str, Any]]]]]:
    """What can be asked for or is under way; and what one and the same rule stands against, together."""
    is_barred = [a["status"] == "none" and not a["may_be_requested"] and bool(a["rule"]) for a in actions]
    barred: dict[str, list[Mapping[str, Any]]] = {}
    for a, so in zip(actions, is_barred, strict=True):
        if so:
            barred.setdefault(a["rule_id"], []).append(a)
    rest = [a for a, so in zip(actions, is_barred, strict=True) if not so]
    return rest, [(found[0]["rule"], found) for found in barred.values()]


@router.post("/casework/{case_id:path}/request", dependencies=OwnForm)
def ask(
    request: Request,
    who: Annotated[Visitor, Depends(needs(May.PROPOSE))],
    case_id: CaseId,
    action: Annotated[Action, Form()],
    ref: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    try:
        cases_of(request).ask(case_id, action, who.actor, ref=ref.strip() or None)
    except Stopped as e:
        return _show(request, who, case_id, stopped=e, status=422)
    except (BadInput, NoCase):
        raise NotFound from None
    return _back(request, case_id)


@router.post("/casework/{case_id:path}/settle", dependencies=OwnForm)
def settle(
    request: Request,
    who: Annotated[Visitor, Depends(needs(May.SETTLE))],
    case_id: CaseId,
    action: Annotated[Action, Form()],
    status: Annotated[Literal["approved", "declined"], Form()],
) -> Response:
    cases = cases_of(request)
    try:
        (cases.approve if status == "approved" else cases.decline)(case_id, action, who.actor)
    except Stopped as e:
        return _show(request, who, case_id, stopped=e, status=422)
    except NoCase:
        raise NotFound from None
    return _back(request, case_id)


def _back(request: Request, case_id: str) -> Response:
    return RedirectResponse(views.link(request, f"/casework/{quote(case_id)}"), status_code=303)
