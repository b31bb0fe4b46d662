"""What personal data looks like: one small file a kind, discovered by being here.

Each file defines ``RECOGNIZERS``. The same objects serve the fast path (``privacy.text``, ``privacy.screening``) and, as
Presidio recognisers, an ``AnalyzerEngine`` (``privacy.recognizers.engine``).
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from privacy.recognizers.recognizer import Recognizer


@cache
def discover() -> tuple[Recognizer, ...]:
    """Every recogniser of this folder, strongest first: where two find the same place, the first keeps it."""
    found: list[Recognizer] = []
    for module in pkgutil.iter_modules(__path__):
        if module.name == "engine":  # imports presidio, which takes seconds, and holds no recogniser
            continue
        found += getattr(importlib.import_module(f"{__name__}.{module.name}"), "RECOGNIZERS", ())
    return tuple(sorted(found, key=lambda r: (-r.score, r.entity)))


__all__ = ["Recognizer", "discover"]
