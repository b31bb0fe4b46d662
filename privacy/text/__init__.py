"""Free text: where personal data stands in it, the text without it, and what it says about reaching the customer."""

from __future__ import annotations

from privacy.text.analyse import SIGNALS, SPANS, Reading, TextFindings, analyse, heard, read, usable

__all__ = ["SIGNALS", "SPANS", "Reading", "TextFindings", "analyse", "heard", "read", "usable"]
