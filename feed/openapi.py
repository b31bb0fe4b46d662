"""The contract as documents: OpenAPI of the application, JSON Schema of a delta. ``python -m feed.export`` writes them."""

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
    "409": "The Idempotency-Key was used for another request, or its request is being worked on",
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


def breaks(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What a consumer of ``before`` would miss in ``now``: routes, answers and fields gone, new duties, narrower values."""
    found: list[str] = []
    for path, methods in before["paths"].items():
        for method, old in methods.items():
            new = now["paths"].get(path, {}).get(method)
            name = f"{method.upper()} {path}"
            if new is None:
                found.append(f"{name} is gone")
                continue
            found += [f"{name}: answer {code} is gone" for code in old["responses"] if code not in new["responses"]]
            found += _new_duties(name, old.get("parameters", []), new.get("parameters", []))
    asked = _reached(before, "requestBody")
    for name, old in before["components"]["schemas"].items():
        found += _narrower(name, old, now["components"]["schemas"].get(name), is_asked=name in asked)
    return found


def _new_duties(name: str, before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[str]:
    had = {p["name"]: p for p in before}
    out = [f"{name}: parameter {n} is gone" for n in had if n not in {p["name"] for p in now}]
    is_duty = (p["name"] for p in now if p.get("required") and not had.get(p["name"], {}).get("required"))
    return out + [f"{name}: parameter {n} is mandatory now" for n in is_duty]


def _narrower(name: str, before: dict[str, Any], now: dict[str, Any] | None, *, is_asked: bool) -> list[str]:
    if now is None:
        return [f"schema {name} is gone"]
    old, new = before.get("properties", {}), now.get("properties", {})
    out = [f"{name}.{f} is gone" for f in old if f not in new]
    out += [f"{name}.{f} is of another type" for f in old if f in new and _type(old[f]) != _type(new[f])]
    if is_asked:
        out += [f"{name}.{f} is mandatory now" for f in set(now.get("required", [])) - set(before.get("required", []))]
        out += [f"{name}: {v} is not accepted now" for v in set(before.get("enum", [])) - set(now.get("enum", []))]
    else:
        out += [f"{name}.{f} may be absent now" for f in set(before.get("required", [])) - set(now.get("required", []))]
        out += [f"{name}: {v} may be answered now" for v in set(now.get("enum", [])) - set(before.get("enum", []))]
    return out


def _type(schema: dict[str, Any]) -> str:
    kinds = ("type", "$ref", "anyOf", "items", "enum", "const")
    return json.dumps({k: schema[k] for k in kinds if k in schema}, sort_keys=True)


def _reached(document_: dict[str, Any], key: str) -> set[str]:
    """Names of the schemas that requests are made of."""
    schemas = document_["components"]["schemas"]
    text = json.dumps([op.get(key) for methods in document_["paths"].values() for op in methods.values()])
    names: set[str] = set()
    while True:
        more = {n for n in schemas if f'"#/components/schemas/{n}"' in text} - names
        if not more:
            return names
        names |= more
        text = json.dumps([schemas[n] for n in more])
