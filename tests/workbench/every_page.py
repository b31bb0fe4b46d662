"""Every page of the workbench, from its routes: what the browser looks at. A route that is not a page says so here; a new one is one."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.routing import APIRoute

from workbench import actions, case_pages, pages, single_sign_on
from workbench.roles import Role

# Answered by another place or another host, never by a page of their own.
NO_PAGE = {"/", "/next", "/sso", "/sso/back"}


@dataclass(frozen=True)
class Page:
    """A page: its route, the address to open, the name of its picture, and who may see it (None: nobody is signed in)."""

    route: str
    address: str
    name: str
    role: Role | None


def routes() -> list[str]:
    """The path of every route that answers GET with a page."""
    routers = (pages.router, case_pages.router, actions.router, single_sign_on.router)
    found = {r.path for router in routers for r in router.routes if isinstance(r, APIRoute) and "GET" in r.methods}
    return sorted(found - NO_PAGE)


def every(case_id: str, candidate_id: str, run_key: str) -> list[Page]:
    """The pages, with these in the place of what a path leaves open."""
    named = {"case_id": case_id, "candidate_id": candidate_id, "run_key": run_key}
    return [Page(r, r.replace(":path", "").format(**named), _name(r), _role(r)) for r in routes()]


def _name(route: str) -> str:
    """``/casework/{case_id:path}`` → casework-case-id."""
    return "-".join(part.strip("{}").partition(":")[0].replace("_", "-") for part in route.strip("/").split("/"))


def _role(route: str) -> Role | None:
    """Somebody who may see it, by the table of who may what."""
    from tests.workbench.test_routes import WHO

    allowed = WHO.get(("GET", route))
    return None if allowed is None else Role.SUPERVISOR if Role.SUPERVISOR in allowed else min(allowed)
