"""The living table of the operations guide, made from the rows and from the tests that carry its marker.

    @pytest.mark.guide("R19")               proves that the row works
    @pytest.mark.guide("R20", "off")        proves that its gate is off by default
    @pytest.mark.guide("R20", "approved")   proves that it works when it is switched on and approved
    @pytest.mark.guide("R38", "refusal")    proves that it is refused

Write the page anew with ``python -m tests.docs.guide_table``.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "reference" / "guide.md"
HOW = ("works", "off", "approved", "refusal")
NEEDS = {"IN": ("works",), "LOG": ("works",), "GATE": ("off", "approved"), "OUT": ("refusal",)}
_TITLES = {"works": "works", "off": "off by default", "approved": "works when approved", "refusal": "refused"}


def rows():
    """(row, scopes, phrase, English, where), in order."""
    return [tuple(r) for r in yaml.safe_load((Path(__file__).parent / "guide_rows.yaml").read_text(encoding="utf-8"))]


def proofs() -> dict[str, dict[str, list[str]]]:
    """Row → how → the tests that say so, as ``path::name``, by reading the tests' source."""
    out: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for row, how in _marks(node):
                    out[row][how].append(f"{file.relative_to(ROOT).as_posix()}::{node.name}")
    return out


def _marks(node: ast.FunctionDef):
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.guide":
            said = [a.value for a in one.args if isinstance(a, ast.Constant)]
            yield said[0], said[1] if len(said) > 1 else "works"


def page() -> str:
    """The whole page as Markdown."""
    found = proofs()
    lines = [_row(*r, found[r[0]]) for r in rows()]
    tests = sum(len(t) for how in found.values() for t in how.values())
    return f"""# The operations guide, row by row

Made by `python -m tests.docs.guide_table` from the tests that carry the marker `guide`; do not edit. A test fails when this page is stale, when an
IN row has no test that it works, an OUT row none that it is refused, a GATE row not both: off by default, and working when approved.

Scopes: **IN** works · **GATE** a person approves it, off unless `casework.gates` names it ([deployment](deployment.md)) · **LOG** the artefact is
recorded · **OUT** refused, with the lawful substitute ([rules](rules.md)). {len(lines)} rows, {tests} proofs.

| row | scope | the guide | here | where | proven by |
|---|---|---|---|---|---|
{chr(10).join(lines)}
"""


def _row(row, scopes, phrase, english, where, how) -> str:
    told = "<br>".join(f"{_TITLES[h]}: {_tests(how[h])}" for h in HOW if how.get(h))
    return f"| {row} | {', '.join(scopes)} | {phrase} | {english} | `{where}` | {told} |"


def _tests(names) -> str:
    return ", ".join(f"`{n}`" for n in sorted(names))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
