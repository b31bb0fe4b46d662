"""What is done: every change is one POST from our own form, behind one permission."""

from __future__ import annotations

import time
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from pipeline.services.cases import Stopped
from pipeline.services.deciding import Stale
from pipeline.services.verdicts import Refused, Verdict
from workbench import accounts, session, texts, views
from workbench.pages import CaseId, show_case, show_model
from workbench.roles import May
from workbench.session import Visitor, from_our_pages, needs, own_form, workbench_of

router = APIRouter()
OwnForm = [Depends(own_form)]
Text = Annotated[str, Form(max_length=400)]
CandidateId = Annotated[str, Form(max_length=64)]
Version = Annotated[int, Form(ge=0)]


@router.post("/sign-in", dependencies=[Depends(from_our_pages)])
def sign_in(request: Request, name: Text, password: Annotated[str, Form(max_length=1024)]) -> Response:
    address = request.client.host if request.client else ""
    workbench = workbench_of(request)
    if not request.app.state.brake.allows(address, time.monotonic()):
        return views.page(request, "sign_in.html", None, status=429, failed=True)
    if not accounts.check(workbench, name.strip().lower(), password):
        return views.page(request, "sign_in.html", None, status=401, failed=True)
    response = RedirectResponse(views.link(request, "/"), status_code=303)
    session.begin(request, response, name.strip().lower())
    return response


@router.post("/sign-out", dependencies=OwnForm)
def sign_out(request: Request, _who: Annotated[Visitor, Depends(needs(May.BE_HERE))]) -> Response:
    response = RedirectResponse(views.link(request, "/sign-in"), status_code=303)
    session.end(request, response)
    return response


@router.post("/preferences", dependencies=[Depends(from_our_pages)])
def preferences(
    request: Request,
    lang: Annotated[str, Form(max_length=2)] = "",
    theme: Annotated[str, Form(max_length=5)] = "",
    back: Annotated[str, Form(max_length=200)] = "/",
) -> Response:
    """Language and theme are no secrets: cookies, before signing in too. ``back`` is a path of ours."""
    is_ours = back.startswith("/") and not back.startswith(("//", "/\\"))
    response = RedirectResponse(views.link(request, back if is_ours else "/"), status_code=303)
    where = request.scope.get("root_path") or "/"
    if lang in texts.LANGUAGES:
        response.set_cookie("wb_lang", lang, max_age=31_536_000, path=where, samesite="strict", httponly=True)
    if theme in {"light", "dark", "auto"}:
        response.set_cookie("wb_theme", theme, max_age=31_536_000, path=where, samesite="strict", httponly=True)
    return response


@router.post("/cases/{case_id:path}/reveal", dependencies=OwnForm)
def reveal(
    request: Request,
    who: Annotated[Visitor, Depends(needs(May.REVEAL))],
    case_id: CaseId,
    candidate_id: CandidateId,
    reason: Text,
    offset: Version = 0,
) -> Response:
    """The value is in this answer only: not in an address, a title, a log or a cache."""
    try:
        value = workbench_of(request).reveal(case_id, candidate_id, who.actor, reason)
    except Refused as e:
        return show_case(request, who, case_id, offset=offset, problem=e.code, status=422)
    return show_case(request, who, case_id, offset=offset, revealed=(candidate_id, value))


@router.post("/cases/{case_id:path}/decide", dependencies=OwnForm)
def decide(
    request: Request,
    who: Annotated[Visitor, Depends(needs(May.DECIDE))],
    case_id: CaseId,
    candidate_id: CandidateId,
    decision: Text,
    version: Version,
    offset: Version = 0,
) -> Response:
    verdict, reason = _parsed(decision)
    try:
        workbench_of(request).decide(candidate_id, verdict, reason, case_id=case_id, version=version, actor=who.actor)
    except (Stale, Refused) as e:
        code, status = ("stale", 409) if isinstance(e, Stale) else (e.code, 422)
        return show_case(request, who, case_id, offset=offset, problem=code, status=status)
    said = "undone" if verdict is Verdict.UNDONE else "saved"
    return RedirectResponse(
        views.link(request, f"/cases/{quote(case_id)}?said={said}&offset={offset}#c-{candidate_id}"), status_code=303
    )


@router.post("/batch", dependencies=OwnForm)
async def batch(request: Request, who: Annotated[Visitor, Depends(needs(May.DECIDE))]) -> Response:
    """Fields ``case|candidate|version`` → ``verdict:reason``; empty ones are left for later."""
    told = []
    for key, value in (await request.form()).items():
        parts = key.split("|")
        if len(parts) == 3 and isinstance(value, str) and value and parts[2].isdigit():
            told.append((parts[0], parts[1], *_parsed(value), int(parts[2])))
    workbench_of(request).decide_all(told[:200], who.actor)
    return RedirectResponse(views.link(request, f"/batch?saved={len(told)}"), status_code=303)


@router.post("/cases/{case_id:path}/propose", dependencies=OwnForm)
def propose(
    request: Request,
    who: Annotated[Visitor, Depends(needs(May.PROPOSE))],
    case_id: CaseId,
    candidate_id: CandidateId,
    action: Text,
    reason: Text,
) -> Response:
    try:
        workbench_of(request).propose(case_id, candidate_id, action, reason, who.actor)
    except Refused as e:
        return show_case(request, who, case_id, problem=e.code, status=422)
    except Stopped as e:
        return show_case(request, who, case_id, stopped=e.rule, status=422)
    return RedirectResponse(
        views.link(request, f"/cases/{quote(case_id)}?said=saved#c-{candidate_id}"), status_code=303
    )


@router.post("/model", dependencies=OwnForm)
def promote(
    request: Request, who: Annotated[Visitor, Depends(needs(May.PROMOTE))], version: Text, seen: Text
) -> Response:
    try:
        workbench_of(request).promote(version, seen=seen, actor=who.actor)
    except Refused as e:
        return show_model(request, who, problem=e.code, status=409)
    return RedirectResponse(views.link(request, "/model?said=promoted"), status_code=303)


def _parsed(decision: str) -> tuple[Verdict, str]:
    verdict, _, reason = decision.partition(":")
    if verdict not in set(Verdict):
        raise Refused("reason_unknown")
    return Verdict(verdict), reason
