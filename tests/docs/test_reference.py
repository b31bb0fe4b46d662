"""Documentation cannot drift: what exists is listed, and what is listed exists."""

import re

import pytest
from typer.main import get_command

from cli.main import app
from core.deployment import FIELDS_BY_KIND, Deployment, SourceSpec
from core.events import EventName
from core.kinds import Disposition, SourceKind
from core.reasons import Reason
from tests.support import ROOT

REFERENCE = ROOT / "docs" / "reference"


def text(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_events_are_those_documented():
    assert set(re.findall(r"^\| `([a-z_.]+)`", text("events.md"), re.MULTILINE)) == {e.value for e in EventName}


def test_quarantine_reasons_are_those_documented():
    assert set(re.findall(r"^\| `([a-z_]+)`", text("quarantine.md"), re.MULTILINE)) == {r.value for r in Reason}


@pytest.mark.parametrize("model", [Deployment, SourceSpec])
def test_every_key_of_a_deployment_is_documented(model):
    page = text("deployment.md")
    assert [k for k in model.model_fields if k != "line" and f"`{k}`" not in page] == []


def test_every_kind_field_and_disposition_is_documented():
    page = text("deployment.md")
    words = {k.value for k in SourceKind} | {f for fields in FIELDS_BY_KIND.values() for f in fields} | {d.value for d in Disposition}  # fmt: skip
    assert [w for w in sorted(words) if w not in page] == []


def test_every_command_is_documented():
    page = text("commands.md")

    def names(command, prefix=""):
        for name, sub in getattr(command, "commands", {}).items():
            yield from names(sub, f"{prefix} {name}") if hasattr(sub, "commands") else [f"{prefix} {name}".strip()]

    assert [n for n in names(get_command(app)) if f"skiptrace {n}" not in page] == []


def test_links_of_the_readme_and_docs_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = [(p, t) for p in pages for t in re.findall(r"\]\(([^)#]+)\)", p.read_text(encoding="utf-8"))]
    assert [f"{p.name}: {t}" for p, t in links if not t.startswith("http") and not (p.parent / t).exists()] == []


def test_every_picture_is_shown():
    shown = "".join(p.read_text(encoding="utf-8") for p in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    assert [f.name for f in (ROOT / "docs" / "images").iterdir() if f.name not in shown] == []
