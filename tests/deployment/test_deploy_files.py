"""Container, compose and Helm files name only what is there: commands, options, packages, variables, files."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from typer.main import get_command

from cli.main import app
from tests.support import ROOT

DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]


def called(words: list[str]) -> list[list[str]]:
    """The skiptrace commands in a service's command."""
    text = words[-1] if words[0] == "sh" else " ".join(words)
    return [part.split()[1:] for part in text.split("&&") if part.split()[0] == "skiptrace"]


def test_every_command_of_compose_and_container_is_one_with_its_options(services):
    commands = [c for s in services.values() if "command" in s for c in called(s["command"])]
    last = re.search(r"^CMD (\[.*\])$", (DEPLOY / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)
    commands += called(yaml.safe_load(last[1]))
    assert len(commands) == 8
    for words in commands:
        command = get_command(app)
        rest = list(words)
        while hasattr(command, "commands"):
            command = command.commands[rest.pop(0)]
        command.make_context("skiptrace", rest, resilient_parsing=False)  # raises on an unknown option


def test_every_service_but_the_store_is_confined_and_has_a_login_of_its_own(services):
    ours = {n: s for n, s in services.items() if n != "store"}
    assert all(s["read_only"] and s["cap_drop"] == ["ALL"] for s in ours.values())
    stores = {n: s["environment"]["SKIPTRACE_STORE"] for n, s in ours.items()}
    assert stores["upgrade"] == stores["purge"]
    assert len({stores[n] for n in ("upgrade", "run", "feed", "workbench", "metrics")}) == 5
    assert all(port.startswith("127.0.0.1:") for s in services.values() for port in s.get("ports", ()))


def test_no_file_holds_a_secret_or_takes_one_along(services):
    for service in services.values():
        for name, value in service["environment"].items():
            if any(w in name for w in ("PASSWORD", "STORE", "MASTER", "TOKEN", "SECRET")):
                assert "${" in value, name
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {"**/state", "**/keys.json", "**/*.db", ".git"} <= set(left_out)


def test_the_container_copies_what_is_there_and_its_settings_name_what_is_there():
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert (ROOT / "requirements.lock").is_file()
    assert "--require-hashes" in text
    (backend,) = re.findall(r"XCOM_BACKEND=(\S+)", text)
    assert _is_there(backend)
    values = yaml.safe_load((DEPLOY / "values.yaml").read_text(encoding="utf-8"))
    assert values["config"]["core"]["xcom_backend"] == backend
    assert values["uid"] == int(re.search(r"--uid (\d+)", text)[1])
    assert (ROOT / values["config"]["core"]["dags_folder"].removeprefix("/opt/skiptrace/")).is_dir()
    assert yaml.safe_load(values["extraEnvFrom"]) == [{"secretRef": {"name": "skiptrace"}}]


def test_executors_that_are_named_have_an_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = set(re.findall(r"(\w+)Executor", (DEPLOY / "values.yaml").read_text(encoding="utf-8")))
    assert {n.lower() for n in named} <= set(extras)


def _is_there(path: str) -> bool:
    module, _, name = path.rpartition(".")
    return name in (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
