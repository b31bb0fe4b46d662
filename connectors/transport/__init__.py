"""The ways rows travel: one file a transport, each with ``TRANSPORTS``, found by ``connectors.discovery``.

A new transport is a new file here; ``tests/connectors/test_transport_contract.py`` then asks for an example of it and holds it to
the contract below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from connectors.block import Block
from connectors.request import Request


class Transport(Protocol):
    """Reads one kind of file or server. Stateless: everything about a reading is in the Request.

    ``options`` maps each option a deployment may give to a sentence about it.
    """

    @property
    def name(self) -> str: ...

    @property
    def options(self) -> Mapping[str, str]: ...

    def read(self, request: Request) -> Iterator[Block]:
        """The source's rows: every row exactly once, in a bounded number of blocks' worth of memory.

        Where the transport can go on later, each block carries the cursor that covers it and all before it, and
        ``request.since`` is such a cursor. With ``request.everything`` a block holds every column there is.

        Raises SourceUnusable (absent, broken, a wanted column missing) or Transient, before or between blocks.
        """
        ...
