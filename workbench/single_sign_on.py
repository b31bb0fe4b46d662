"""Signing in by the institution's own issuer: away with a state and a challenge, back with a code, in with a role.

What a sign-in in progress needs is in a cookie of its own, keyed, for ten minutes: nothing is kept for who never comes back.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from pipeline.issuers import Issuer, NotVouchedFor
from workbench import accounts, session, views
from workbench.session import workbench_of

COOKIE = "wb_sign_in"
SECONDS = 600
router = APIRouter()
Given = Annotated[str, Query(max_length=2000)]


def issuer_of(request: Request) -> Issuer:
    """The issuer of this deployment. Raises NotVouchedFor when there is none."""
    found: Issuer | None = request.app.state.issuer
    if found is None:
        raise NotVouchedFor("none")
    return found


@router.get("/sso")
def away(request: Request) -> Response:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    response = RedirectResponse(issuer_of(request).sign_in_at(_back(request), state, nonce, verifier), status_code=303)
    until = int(workbench_of(request).clock().timestamp()) + SECONDS
    said = f"{state}.{nonce}.{verifier}.{until}"
    response.set_cookie(
        COOKIE,
        f"{said}.{_keyed(request, said)}",
        max_age=SECONDS,
        path=_here(request),
        httponly=True,
        samesite="lax",  # it has to come back with a link from the issuer's site
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/sso/back")
def back(request: Request, code: Given = "", state: Given = "") -> Response:
    """In, or refused. The page goes on by itself: a strict cookie is not sent with a redirect that another site began."""
    nonce, verifier = _begun(request, state)
    claims = issuer_of(request).redeem(code, _back(request), verifier, nonce)
    name, role = _person(request, claims)
    if not accounts.vouched(workbench_of(request), name, role):
        raise NotVouchedFor("account")
    response = views.page(request, "signed_in.html", None)
    response.delete_cookie(COOKIE, path=_here(request))
    session.begin(request, response, name)
    return response


def _begun(request: Request, state: str) -> tuple[str, str]:
    """Nonce and verifier of the sign-in that this browser began. Raises NotVouchedFor."""
    said, _, keyed = request.cookies.get(COOKIE, "").rpartition(".")
    parts = said.split(".")
    if len(parts) != 4 or not secrets.compare_digest(keyed.encode(), _keyed(request, said).encode()):
        raise NotVouchedFor("state")
    now: datetime = workbench_of(request).clock()
    if not secrets.compare_digest(parts[0].encode(), state.encode()) or int(parts[3]) < now.timestamp():
        raise NotVouchedFor("state")
    return parts[1], parts[2]


def _person(request: Request, claims: dict[str, Any]) -> tuple[str, str]:
    """The account's name, which no local account can have, and the role the issuer's claim stands for."""
    spec = issuer_of(request).spec
    said = claims.get(spec.role_claim)
    groups = said if isinstance(said, list) else [said]
    role = next((r for value, r in spec.roles.items() if value in groups), None)
    if role is None:
        raise NotVouchedFor("role")
    name = re.sub(r"[^a-z0-9._-]", "-", str(claims.get("preferred_username") or claims["sub"]).lower())[:60]
    return f"sso:{name}", role


def _keyed(request: Request, text: str) -> str:
    return workbench_of(request).site.token("sign_in", text)


def _back(request: Request) -> str:
    return str(request.url_for("back"))


def _here(request: Request) -> str:
    return str(request.scope.get("root_path") or "/")
