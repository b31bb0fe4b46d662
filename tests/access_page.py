"""docs/reference/access.md: two tables of what was answered to whom, each kept by the test that asks.

``SKIPTRACE_WRITE_DOCS=1`` writes what was observed instead of comparing with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from tests.support import ROOT

PAGE = ROOT / "docs" / "reference" / "access.md"
HINT = "a route is new, gone, or answers somebody otherwise: look at the change, then SKIPTRACE_WRITE_DOCS=1 writes the table"


def kept(section: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Compare what was observed with this section of the page."""
    lines = [f"| {' | '.join(r)} |" for r in (head, ["---"] * len(head), *rows)]
    table = "\n".join(lines)
    page = PAGE.read_text(encoding="utf-8")
    there = re.search(rf"<!-- {section} -->\n(.*?)\n<!-- /{section} -->", page, re.DOTALL)
    assert there is not None
    if os.environ.get("SKIPTRACE_WRITE_DOCS"):
        PAGE.write_text(page[: there.start(1)] + table + page[there.end(1) :], encoding="utf-8")
        return
    assert there[1] == table, HINT
