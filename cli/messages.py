"""A text of the terminal in the language of the session: ``SKIPTRACE_LANG`` or the locale chooses."""

from __future__ import annotations

import os

from cli.texts import TEXTS


def language() -> str:
    """``zh`` or ``en``: SKIPTRACE_LANG first, then the locale."""
    chosen = os.environ.get("SKIPTRACE_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    return "zh" if chosen.lower().startswith("zh") else "en"


def t(key: str, **values: object) -> str:
    """The text of this key in the language of the session; KeyError when nobody wrote it."""
    english, chinese = TEXTS[key]
    return (chinese if language() == "zh" else english).format(**values)


def keys() -> frozenset[str]:
    return frozenset(TEXTS)


def reason(code: str) -> str:
    """A ranking reason code in words: ``origins:3`` → "3 distinct origins"."""
    if "r_" + code in TEXTS:
        return t("r_" + code)
    name, _, n = code.partition(":")
    return t("r_" + name, n=n) if "r_" + name in TEXTS else code
