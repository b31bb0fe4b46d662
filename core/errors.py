"""What can go wrong, and who carries on.

    SkiptraceError
    ├── BadInput            one row: it goes to quarantine with its reason, the rest carries on
    ├── SourceUnusable      one source: it fails alone, the other sources' run goes on
    ├── Transient           the attempt: Airflow (or the caller) tries again
    └── Fatal               the run: stops, nothing is published
        └── ConfigError     the deployment file is wrong; names key and line

Messages carry field names, row numbers, ids and counts, never a person's value. Raise with ``from None`` around
parsers that echo their input.
"""

from __future__ import annotations


class SkiptraceError(Exception):
    """Root of every error this product raises on purpose."""


class BadInput(SkiptraceError):
    """One row cannot be used. ``field`` is a canonical field name, ``reason`` a code from ``core.reasons``."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class SourceUnusable(SkiptraceError):
    """A whole source cannot be read: absent file, missing column, wrong encoding, broken archive."""

    def __init__(self, source: str, reason: str, *, row: int | None = None, field: str | None = None) -> None:
        self.source = source
        self.reason = reason
        self.row = row
        self.field = field
        where = "".join([f", row {row}" if row is not None else "", f", field {field}" if field else ""])
        super().__init__(f"source {source}{where}: {reason}")


class Transient(SkiptraceError):
    """Worth another attempt: a locked database, a dropped connection, a busy server."""


class Fatal(SkiptraceError):
    """The run stops; nothing is published."""


class ConfigError(Fatal):
    """The deployment (or a spec) is wrong. Names the file, the key and the 1-based line."""

    def __init__(self, message: str, *, file: str = "deployment.yaml", key: str = "", line: int | None = None) -> None:
        self.file = file
        self.key = key
        self.line = line
        where = file + (f":{line}" if line is not None else "") + (f": {key}" if key else "")
        super().__init__(f"{where}: {message}")
