"""Matching: pure, arrays in, evidence out. Whether a signal is really the debtor's (Fellegi-Sunter, in bits).

``matching.accounts`` stands beside: it alone loads pandas.
"""

from __future__ import annotations

from core.machine import prefer_quick_sorts

prefer_quick_sorts()  # before numpy is loaded by what follows

# ruff: noqa: E402
from matching.explain import Explanation, explain
from matching.files import explain_files, link_files
from matching.index import Index
from matching.link import Linker, link, link_one, link_tables, stream
from matching.model import Model
from matching.propose import propose_spec
from matching.spec import Spec, of_traces, shipped
from matching.train import train

__all__ = [
    "Explanation",
    "Index",
    "Linker",
    "Model",
    "Spec",
    "explain",
    "explain_files",
    "link",
    "link_files",
    "link_one",
    "link_tables",
    "of_traces",
    "propose_spec",
    "shipped",
    "stream",
    "train",
]
