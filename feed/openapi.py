"""The contract as documents: OpenAPI of the application, JSON Schema of a delta. ``python -m feed.openapi`` writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from feed import contract, problems

FOLDER = Path(__file__).parent.parent / "docs" / "reference" / "feed"
PUBLIC = {"/healthz", "/readyz"}
_TITLES = {
    "400": "The header X-Purpose is missing, or the body is no JSON",
    "401": "No valid API key",
    "403": "The key lacks the scope or the portfolio, or the purpose is another",
    "409": "A request of this Idempotency-Key is being worked on",
    "413": "The body is too large",
    "422": "The request cannot be used; fields and codes, no values",
    "429": "Too many requests; see Retry-After",
    "503": "Busy; see Retry-After",
}


def install(app: FastAPI) -> None:
    """Let the application describe itself as ``document`` does."""
    made: dict[str, Any] = {}

    def once() -> dict[str, Any]:
        if not made:
            made.update(document(app))
        return made

    app.openapi = once  # type: ignore[method-assign]  # how FastAPI wants it extended


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI of this application; every error of every route is a problem document."""
    out: dict[str, Any] = get_openapi(title=app.title, version=app.version, routes=app.routes, description=__doc__)
    out["info"]["description"] = "Candidates for case systems. See docs/howto/consume-the-feed.md."
    schemas = out["components"]["schemas"]
    schemas.update(_schemas(problems.ProblemDocument))
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    for path, methods in out["paths"].items():
        for method, operation in methods.items():
            codes = set() if path in PUBLIC else {"400", "401", "403", "422", "429"}
            codes |= {"503"} | ({"409", "413"} if method == "post" else set())
            operation["responses"].pop("422", None)
            for code in sorted(codes):
                operation["responses"][code] = {"description": _TITLES[code], "content": problem}
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "X-Purpose":
                    parameter["required"] = True
                    parameter["schema"] = {"type": "string", "maxLength": 100}
    return out


def delta_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one line of ``/v1/deltas``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **contract.Delta.model_json_schema(mode="serialization"),
    }


def _schemas(model: type[problems.ProblemDocument]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), model.__name__: schema}


def write(app: FastAPI, folder: Path = FOLDER) -> None:
    """Write both documents."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in (("openapi.json", document(app)), ("delta.schema.json", delta_schema())):
        (folder / name).write_text(
            json.dumps(body, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
        )
