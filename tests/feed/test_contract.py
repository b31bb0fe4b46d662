"""The contract on file is the contract that is served, and nothing a consumer relies on goes away unseen."""

from __future__ import annotations

import copy
import json

import pytest
from fastapi.routing import APIRoute

from feed import case_routes, contract, openapi, routes

ON_FILE = json.loads((openapi.FOLDER / "openapi.json").read_text(encoding="utf-8"))


def test_the_documents_on_file_are_those_of_the_code(app):
    hint = "run `python -m feed.export`, and look whether a consumer could break"
    assert openapi.document(app) == ON_FILE, hint
    schema = json.loads((openapi.FOLDER / "delta.schema.json").read_text(encoding="utf-8"))
    assert openapi.delta_schema() == schema, hint


def test_nothing_that_consumers_rely_on_is_gone(app):
    assert openapi.breaks(ON_FILE, openapi.document(app)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["paths"].pop("/v1/deltas"), "GET /v1/deltas is gone"),
        (lambda d: d["components"]["schemas"]["Delta"]["properties"].pop("seq"), "Delta.seq is gone"),
        (lambda d: d["components"]["schemas"]["Delta"]["required"].remove("seq"), "Delta.seq may be absent now"),
        (lambda d: d["components"]["schemas"]["Closure"]["required"].append("why"), "Closure.why is mandatory now"),
        (lambda d: d["components"]["schemas"]["DeltaOp"]["enum"].append("NEW"), "DeltaOp: NEW may be answered now"),
        (lambda d: d["components"]["schemas"]["Channel"]["enum"].remove("sms"), "Channel: sms is not accepted now"),
    ],
)
def test_a_breaking_change_is_told(change, told):
    now = copy.deepcopy(ON_FILE)
    change(now)
    assert told in openapi.breaks(ON_FILE, now)


def test_every_route_is_in_the_contract():
    every = [*routes.router.routes, *case_routes.router.routes]
    served = {(m.lower(), r.path) for r in every if isinstance(r, APIRoute) for m in r.methods}
    assert served == {(m, p) for p, methods in ON_FILE["paths"].items() for m in methods}


def test_every_route_is_in_the_how_to_or_the_reference():
    text = (openapi.FOLDER / "index.md").read_text(encoding="utf-8")
    for path in ON_FILE["paths"]:
        assert f"`{path}`" in text, path


def test_the_examples_keep_the_contract():
    contract.Delta.model_validate(contract.DELTA)
    contract.Delta.model_validate(contract.DELETED)


def test_a_method_that_is_not_there_is_answered_with_all_that_are(caller):
    answer = caller.http.put("/v1/requests")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
