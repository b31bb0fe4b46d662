"""Which transports there are: whatever stands in ``connectors/transport``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import connectors.transport
from connectors.transport import Transport


@cache
def transports() -> Mapping[str, Transport]:
    """Every transport by the name a deployment uses for it."""
    found: dict[str, Transport] = {}
    for module in pkgutil.iter_modules(connectors.transport.__path__):
        loaded = importlib.import_module(f"connectors.transport.{module.name}")
        found |= {transport.name: transport for transport in loaded.TRANSPORTS}
    return MappingProxyType(dict(sorted(found.items())))
