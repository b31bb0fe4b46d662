"""What a transport is asked for: which source, where, how, since when, and which of its columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any

from connectors import cursor, deletion, secrets
from connectors.secrets import Credentials, Secrets
from core.deployment import REQUIRED_BY_KIND, SourceSpec
from core.errors import SourceUnusable

_LOOKS_LIKE_DATA = re.compile(r"\d{3}|@|^\d+$|.{41}", re.DOTALL)

_PASSWORD_IN_URL = re.compile(
    r"[\w+.-]+://[^/@?#]*:[^/@?#]+@|.*[?&](password|passwd|secret|token|sig|signature)=", re.IGNORECASE
)

# Options every transport takes, read by the mapping rather than by the transport.
COMMON_OPTIONS: Mapping[str, str] = {
    "null_values": "texts that mean 'no value' besides the empty one, e.g. ['NULL', '-']",
    "version": "the column that tells which of several rows of one record id is the newest; that one is kept",
    "deleted": "the column by which the source says that a row is gone: {column, values}; values are 1, t, true, y, yes where "
    "they are not given",
    "credentials": "where the login is: env:NAME, or airflow:CONN_ID where a run is Airflow's; never the login itself",
}


@dataclass(frozen=True)
class Request:
    """One reading of one source. ``wanted`` maps each needed column or path to the canonical field it feeds.

    ``since`` is the cursor of an earlier reading: only what came after it is asked for. ``start`` and ``end`` say which
    time is asked for; a transport that cannot tell gives more. With ``everything``, all columns are wanted (a look at a
    source that is not mapped yet). ``has_ids``: whether the field record_id is mapped.
    """

    source: str
    location: str
    options: Mapping[str, Any]
    wanted: Mapping[str, str]
    required: frozenset[str]
    base: Path
    batch_rows: int = 65_536
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Secrets | None = field(default=None, repr=False)
    since: str | None = None
    everything: bool = False
    has_ids: bool = True
    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def of(
        cls,
        spec: SourceSpec,
        *,
        base: Path,
        environ: Mapping[str, str],
        batch_rows: int,
        secrets: Secrets | None = None,
        since: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Request:
        return cls(
            source=spec.name,
            location=spec.location,
            options=spec.options,
            wanted=_wanted(spec),
            required=_required(spec),
            base=base,
            batch_rows=batch_rows,
            environ=environ,
            secrets=secrets,
            since=since,
            has_ids="record_id" in spec.fields,
            start=start,
            end=end,
        )

    def columns(self, there: Collection[str]) -> list[str]:
        """The columns to read of those there: the wanted ones, or all."""
        return list(dict.fromkeys(there)) if self.everything else list(self.wanted)

    def state(self, kind: str) -> dict[str, Any] | None:
        """What ``since`` says, None where everything is asked for. SourceUnusable for a cursor of something else."""
        if self.since is None:
            return None
        try:
            return cursor.read(kind, self.since)
        except cursor.BadCursor as e:
            raise self.no_cursor(e) from None

    def no_cursor(self, why: Exception) -> SourceUnusable:
        """What is said of a stored cursor that is none."""
        return self.unusable(f"its stored cursor cannot be used: {why}; read the source anew from its start")

    def credentials(self) -> Credentials:
        """The login that ``options.credentials`` refers to; an empty one where it refers to none."""
        return self.referred("credentials", "login") or Credentials()

    def referred(self, option: str, what: str) -> Credentials | None:
        """What an option refers to; None where it is not given. Raises SourceUnusable for what is no reference."""
        reference = self.option(option, str)
        if reference is None:
            return None
        if not secrets.is_reference(reference):
            raise self.unusable(f"option {option} must say where the {what} is, e.g. env:NAME, not what it is")
        try:
            return (self.secrets or secrets.of_environ(self.environ))(reference)
        except LookupError as e:
            said = e.args[0] if isinstance(e, secrets.UnknownReference) else "its resolver does not know it"
            raise self.unusable(f"option {option}: {said}") from None

    def refuse_literal_secrets(self) -> None:
        """Raise SourceUnusable where the deployment holds a secret itself, in an option or in the location."""
        held = secrets.literals(self.options)
        if _PASSWORD_IN_URL.match(self.location):
            held.append("location")
        if held:
            raise self.unusable(
                f"{', '.join(held)} holds a password or key: take it out, and name where it is with credentials: env:NAME"
            )

    def unusable(self, reason: str, *, row: int | None = None, field: str | None = None) -> SourceUnusable:
        return SourceUnusable(self.source, reason, row=row, field=field)

    def require(self, there: Collection[str], where: str) -> None:
        """Raise SourceUnusable naming the first wanted column that is not among those there."""
        for column, canonical in self.wanted.items():
            if column not in there:
                raise self.missing(column, canonical, there, where)

    def missing(self, column: str, canonical: str, there: Collection[str], where: str) -> SourceUnusable:
        return self.unusable(f"{where} has no column {column!r}; {self._listing(there)}", field=canonical)

    def _listing(self, there: Collection[str]) -> str:
        # A file without a header row would have its first customer listed here, hence the look at the names.
        if any(_LOOKS_LIKE_DATA.search(name) for name in there) and not any(name in there for name in self.wanted):
            return f"its first row of {len(there)} columns looks like data, not like a header"
        return "columns there: " + (", ".join(there) or "none")

    def option(self, name: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """The option's value, or the default where it is absent or null; SourceUnusable when it is of another type."""
        value = self.options.get(name)
        if value is None:
            return default
        if not isinstance(value, kind):
            expected = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
            raise self.unusable(f"option {name} must be {expected}")
        return value

    def check_options(self, known: Mapping[str, str], transport: str) -> None:
        """Raise SourceUnusable for an option this transport does not have."""
        if "deleted" in self.options and deletion.of(self.options) is None:
            raise self.unusable("option deleted must name a column, or be {column: …, values: […]}")
        if not isinstance(self.options.get("version"), (str, NoneType)):
            raise self.unusable("option version must name a column")
        unknown = sorted(set(self.options) - set(known) - set(COMMON_OPTIONS))
        if unknown:
            names = ", ".join(sorted({*known, *COMMON_OPTIONS}))
            raise self.unusable(f"transport {transport} has no option {', '.join(unknown)}; it has: {names}")


def _wanted(spec: SourceSpec) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for name, how in spec.fields.items():
        for column in (how.column, how.path, *(how.columns or ())):
            if column is not None:
                wanted.setdefault(column, name)
    if (version := spec.options.get("version")) is not None:
        wanted.setdefault(str(version), "version")
    if (deleted := deletion.of(spec.options)) is not None:
        wanted.setdefault(deleted.column, "deleted")
    return wanted


def _required(spec: SourceSpec) -> frozenset[str]:
    """The mapped fields without which no row of this kind can be used."""
    needs = REQUIRED_BY_KIND[spec.kind]
    return frozenset(need for need in needs if isinstance(need, str))
