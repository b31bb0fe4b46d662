"""Pages: one template environment, every text through the catalogue, links that hold under any mount point."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from workbench import charts, texts
from workbench.session import Visitor

FOLDER = Path(__file__).parent
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ZONES = {"cn": "Asia/Shanghai", "uk": "Europe/London", "us": "America/New_York"}
_THEMES = ("auto", "light", "dark")


def language(request: Request) -> str:
    """The visitor's choice, else what their browser prefers."""
    chosen = request.cookies.get("wb_lang")
    if chosen in texts.LANGUAGES:
        return str(chosen)
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def theme(request: Request) -> str:
    chosen = request.cookies.get("wb_theme", "auto")
    return chosen if chosen in _THEMES else "auto"


def link(request: Request, path: str) -> str:
    """A path of ours, under wherever we are mounted."""
    return str(request.scope.get("root_path", "")).rstrip("/") + path


def page(request: Request, name: str, who: Visitor | None, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of this template. Never cached: what may be seen is asked again at every read."""
    lang = language(request)
    site = request.app.state.workbench.site.deployment
    zone = ZoneInfo(_ZONES[site.jurisdiction])
    context: dict[str, Any] = {
        "t": partial(texts.t, lang),
        "known": partial(texts.known, lang),
        "reason": partial(texts.reason, lang),
        "code": partial(texts.code, lang),
        "doubt": partial(texts.warning, lang),
        "actor": partial(texts.actor, lang),
        "cite": partial(texts.citation, lang),
        "zone": texts.t(lang, f"zone_{site.jurisdiction}"),
        "u": partial(link, request),
        "lang": lang,
        "theme": theme(request),
        "who": who,
        "charts": charts,
        "percent": percent,
        "money": money,
        "when": partial(when, zone),
        "day": day,
        "deployment": site.deployment,
        "has_issuer": site.workbench_issuer is not None,
        "here": request.url.path.removeprefix(str(request.scope.get("root_path", ""))),
        "mark": charts.watermark(f"{who.name} {datetime.now(zone):%Y-%m-%d %H:%M}") if who else "",
    }
    return HTMLResponse(_ENVIRONMENT.get_template(name).render(context | values), status_code=status)


def percent(p: float | None) -> str:
    """Never a certainty that is not one: 0.996 is "99%", as 0.004 is "<1%"."""
    if p is None:
        return "–"
    whole = min(int(p * 100 + 0.5), 99)
    return f"{whole}%" if whole else "<1%"


def money(amount: float | None) -> str:
    return "–" if amount is None else f"{amount:,.0f}"


def when(zone: ZoneInfo, at: datetime | None) -> str:
    return "–" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def day(at: Any) -> str:
    return "–" if at is None else f"{at:%Y-%m-%d}"


def facts_of(lang: str, facts: Mapping[str, Any]) -> str:
    """The facts of an event, their names in words and their values as they were recorded."""

    def name(k: str) -> str:
        return texts.known(lang, "fk_" if f"fk_{k}" in texts.texts() else "field_", k)

    return " · ".join(f"{name(k)} {texts.code(lang, str(v))}" for k, v in facts.items())
