"""What a transport is asked for: which source, where, how, and which of its columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.deployment import REQUIRED_BY_KIND, SourceSpec
from core.errors import SourceUnusable

_LOOKS_LIKE_DATA = re.compile(r"\d{3}|@|^\d+$|.{41}", re.DOTALL)

# Options every transport takes, read by the mapping rather than by the transport.
COMMON_OPTIONS: Mapping[str, str] = {
    "null_values": "texts that mean 'no value' besides the empty one, e.g. ['NULL', '-']",
}


@dataclass(frozen=True)
class Request:
    """One reading of one source. ``wanted`` maps each needed column or path to the canonical field it feeds."""

    source: str
    location: str
    options: Mapping[str, Any]
    wanted: Mapping[str, str]
    required: frozenset[str]
    base: Path
    batch_rows: int = 65_536
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, spec: SourceSpec, *, base: Path, environ: Mapping[str, str], batch_rows: int) -> Request:
        return cls(
            source=spec.name,
            location=spec.location,
            options=spec.options,
            wanted=_wanted(spec),
            required=_required(spec),
            base=base,
            batch_rows=batch_rows,
            environ=environ,
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
        """The option's value, or the default; SourceUnusable when it is of another type."""
        value = self.options.get(name, default)
        if value is not None and not isinstance(value, kind):
            expected = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
            raise self.unusable(f"option {name} must be {expected}")
        return value

    def check_options(self, known: Mapping[str, str], transport: str) -> None:
        """Raise SourceUnusable for an option this transport does not have."""
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
    return wanted


def _required(spec: SourceSpec) -> frozenset[str]:
    """The mapped fields without which no row of this kind can be used."""
    needs = REQUIRED_BY_KIND[spec.kind]
    return frozenset(need for need in needs if isinstance(need, str))
