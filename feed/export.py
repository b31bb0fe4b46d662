"""``python -m feed.export``: write the contract's documents, from the application of an empty deployment."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from feed import openapi
from feed.app import create_app
from pipeline.sample import write_sample
from pipeline.site import open_site


def main() -> None:
    """Write docs/reference/feed."""
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder), world="demo", debtors=10, seed=1)
        openapi.write(create_app(open_site(folder)))
    sys.stdout.write("written\n")


if __name__ == "__main__":
    main()
