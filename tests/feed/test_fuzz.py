"""schemathesis over the whole contract: whatever is sent, no answer is a fault of ours or outside the contract."""

from __future__ import annotations

import json
import os

import pytest

schemathesis = pytest.importorskip("schemathesis")
from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402

from feed import openapi  # noqa: E402
from tests.feed.conftest import PURPOSE  # noqa: E402

EXAMPLES = int(os.environ.get("SKIPTRACE_FUZZ_EXAMPLES", "6"))
ON_FILE = json.loads((openapi.FOLDER / "openapi.json").read_text(encoding="utf-8"))
# where nothing can be sent, nothing wrong can be sent
OPERATIONS = [
    (path, method.upper(), mode)
    for path, methods in ON_FILE["paths"].items()
    for method, operation in methods.items()
    for mode in ("POSITIVE", "NEGATIVE")
    if mode == "POSITIVE" or operation.get("parameters")
]
COUNTED: list[int] = []


@pytest.fixture(scope="module")
def schema(app):
    return schemathesis.openapi.from_asgi("/v1/openapi.json", app)


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_whatever_is_sent_the_answer_keeps_the_contract(schema, caller, path, method, mode):
    tried = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=schemathesis.GenerationMode[mode]))
    def ask(case):
        case.headers["Authorization"] = f"Bearer {caller.key}"
        if mode == "POSITIVE" and "X-Purpose" in case.headers:
            case.headers["X-Purpose"] = PURPOSE
        if mode == "POSITIVE" and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = (
                f"{path}-{len(tried)}"  # a batch of its own: what comes after the key is tested
            )
        if case.query.get("wait"):
            case.query["wait"] = 0
        case.call_and_validate()
        tried.append(case)

    ask()
    COUNTED.append(len(tried))
    print(f"{sum(COUNTED)} cases so far")
