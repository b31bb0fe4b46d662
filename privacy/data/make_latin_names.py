"""Makes ``latin_names.txt.gz``: given names in Latin letters, of many countries, out of faker's lists (MIT; ``NOTICE.md``)."""

from __future__ import annotations

import gzip
import importlib
import pkgutil
import re
import unicodedata
from pathlib import Path
from typing import Any

import faker.providers.person as lists

OUT = Path(__file__).with_name("latin_names.txt.gz")
_LISTS = ("first_names", "first_names_male", "first_names_female", "first_names_nonbinary")
_NAME = re.compile("[A-Z][a-z]{2,}")


def main() -> None:
    found = {
        name
        for module in pkgutil.iter_modules(lists.__path__)
        for each in _LISTS
        for name in _plain(getattr(importlib.import_module(f"{lists.__name__}.{module.name}").Provider, each, ()))
    }
    with gzip.GzipFile(OUT, "wb", mtime=0) as file:
        file.write("\n".join(sorted(found)).encode())


def _plain(names: Any) -> set[str]:
    """Those without accents, whole; a list may be computed, and is then left."""
    if not isinstance(names, (tuple, list, dict, set)):
        return set()
    texts = (
        unicodedata.normalize("NFKD", str(n)).encode("ascii", "ignore").decode() for n in names if str(n)[:1] < "ɏ"
    )
    return {t for t in texts if _NAME.fullmatch(t)}


if __name__ == "__main__":
    main()
