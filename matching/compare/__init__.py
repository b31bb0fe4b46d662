"""Comparisons, one file each. A file here that defines a ``Kind`` adds a comparison; nothing else is to be touched."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from matching.compare.kind import Kind


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of comparison, by name."""
    found: dict[str, Kind] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        for item in vars(importlib.import_module(f"{__name__}.{module}")).values():
            if isinstance(item, type) and issubclass(item, Kind) and "name" in vars(item):
                found[item.name] = item()
    return found
