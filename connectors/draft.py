"""``infer``: a draft of a source's YAML entry from a file, by its columns' names and by what their values look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from connectors import headers, shape, table
from connectors.discovery import transports
from connectors.headers import Header
from connectors.request import Request
from connectors.shape import Shape
from core.deployment import FIELDS_BY_KIND, REQUIRED_BY_KIND
from core.errors import SourceUnusable
from core.kinds import SourceKind

_SAMPLE = 5_000
_LONGEST_NAME = 40
_ENOUGH = 0.4  # less than this is no more than a guess, and is left out

# What most values of a concept's column are: shape and the least share of it; and whether the shape says it without a name.
_VALUES: Mapping[str, tuple[str, float, float]] = {
    "phone": ("phone", 0.5, 0.55),
    "phone_alt": ("phone", 0.5, 0),
    "emergency_phone": ("phone", 0.5, 0),
    "contact_value": ("phone", 0.3, 0.45),
    "id_number": ("resident_id", 0.3, 0.6),
    "id_tail": ("tail", 0.6, 0),
    "email": ("email", 0.6, 0.6),
    "address": ("address", 0.3, 0.6),
    "address_alt": ("address", 0.3, 0),
    "birth_date": ("birth", 0.6, 0.5),
    "time": ("serial", 0.6, 0.45),
    "granted_at": ("serial", 0.6, 0),
    "expires_at": ("serial", 0.6, 0),
    "withdrawn_at": ("serial", 0.6, 0),
    "lost_since": ("serial", 0.6, 0),
    "mcc": ("mcc", 0.6, 0),
    "amount": ("number", 0.8, 0),
    "balance": ("number", 0.8, 0),
    "days_past_due": ("whole", 0.8, 0),
    "name": ("name", 0.2, 0.5),
    "emergency_name": ("name", 0.2, 0),
    "text": ("prose", 0.2, 0.55),
    "region": ("region", 0.0, 0.5),
    "record_id": ("code", 0.5, 0),
}
# What a value of one of these shapes cannot be, whatever its name says.
_NEVER: Mapping[str, tuple[str, ...]] = {
    "name": ("phone", "date", "number", "resident_id", "address", "prose"),
    "emergency_name": ("phone", "date", "number", "resident_id"),
    "record_id": ("date", "prose", "address"),
    "customer_no": ("date", "prose", "address", "name"),
    "account_id": ("date", "prose", "address", "name"),
    "case_id": ("date", "prose", "address", "name"),
    "region": ("phone", "date", "prose", "resident_id"),
    "text": ("phone", "date", "number", "resident_id", "email", "code"),
    "address": ("phone", "date", "number", "resident_id", "email"),
    "time": ("resident_id",),
    "scope": ("date", "number", "phone", "code"),
    "purpose": ("date", "number", "phone"),
    "disposition": ("date", "phone", "prose", "address"),
    "contact_source": ("date", "phone", "number", "prose", "address"),
    "case_status": ("date", "phone", "prose", "address"),
    "evidence_id": ("date", "phone"),
    "notice_version": ("phone",),
}
_UNIQUE = 0.9

# Whose a thing is held to be where its name does not say so.
_OBSERVED_BY_DEFAULT: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.DELIVERIES: ("name", "phone", "address", "email"),
    SourceKind.PHONE_UPDATES: ("phone", "email"),
}
_OBSERVABLE = ("name", "phone", "address", "email", "messaging")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what its name says and what its values look like."""

    name: str
    header: Header
    shape: Shape

    def confidence(self, concept: str) -> float:
        """How sure it is that the column is of this concept: 0 … about 1."""
        named = min(self.header.concepts.get(concept, 0), 1.25) / 1.25
        is_empty = not self.shape.shares
        needed, least, alone = _VALUES.get(concept, ("", 0, 0))
        share = self.shape.shares.get(needed, 0) if needed else 0
        if not is_empty and any(self.shape.shares.get(s, 0) > 0.8 for s in _NEVER.get(concept, ())):
            return 0
        if named:
            if needed and share < least and not is_empty:
                return 0
            sure = 0.75 * named + 0.25 * (share if needed else named)
            return sure * (0.6 if concept == "record_id" and self.shape.distinct < _UNIQUE and not is_empty else 1)
        is_time = concept == "time" and self.shape.shares.get("date", 0) < 0.8
        return 0 if is_time or share < 0.8 else alone * share


@dataclass(frozen=True)
class Draft:
    """A source as it may be meant. ``fields`` maps our fields to columns, ``sure`` how sure each is, ``unmapped`` the rest."""

    kind: SourceKind
    transport: str
    location: str
    options: Mapping[str, Any]
    fields: Mapping[str, str]
    sure: Mapping[str, float]
    unmapped: tuple[str, ...]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What a source of this kind must map and this one does not."""
        needs = [(n,) if isinstance(n, str) else n for n in REQUIRED_BY_KIND[self.kind]]
        return tuple(" or ".join(need) for need in needs if not any(n in self.fields for n in need))

    def yaml(self, name: str = "") -> str:
        """The entry for ``sources:``, with what is to be looked at in comments. No value of a row is in it."""
        lines = [f"- name: {name or _name_of(self.location)}", f"  kind: {self.kind}", f"  transport: {self.transport}"]
        lines.append(f"  location: {_scalar(self.location)}")
        if self.options:
            lines.append(f"  options: {_scalar(dict(self.options))}")
        if self.kind.is_signal:
            scope = headers.vocabulary()["scopes"][self.kind.value]
            lines.append(f"  consent_scope: {scope} # look: the scope under which your customers agreed to this use")
        lines += ["  fields:", *(f"    {line}" for f in self.fields for line in self._field(f))]
        lines += [f"  # missing: {need}: a source of this kind needs it" for need in self.lacks]
        if self.unmapped:
            names = ", ".join(n if n.isprintable() else _scalar(n) for n in self.unmapped)
            lines.append(f"  # not mapped, so never read: {names}")
        return "\n".join(lines) + "\n"

    def _field(self, name: str) -> Iterator[str]:
        column = self.fields[name]
        key = "path" if self.transport in {"jsonl", "http"} else "column"
        doubt = " # look: this is a guess" if self.sure[name] < 0.6 else ""
        if name not in self.values and key == "column":
            yield f"{name}: {_scalar(column)}{doubt}"
            return
        yield f"{name}:{doubt}"
        yield f"  {key}: {_scalar(column)}"
        if name in self.values:
            yield f"  values: {_scalar(dict(self.values[name]))}"
            yield "  strict: true"


def infer(path: Path, *, base: Path | None = None, options: Mapping[str, Any] | None = None) -> Draft:
    """A draft for this file, its location written relative to ``base``. Raises SourceUnusable where it cannot be read."""
    given = dict(options or {})
    request, transport = table.whole("draft", path, given)
    given = dict(request.options)
    columns = _columns(request, transport)
    kind = _kind(columns, f"{path.parent.name} {path.stem} {given.get('table', '')}")
    assigned = _assigned(kind, columns)
    fields = {name: column.name for name, (column, _) in assigned.items()}
    if kind.is_signal and "record_id" in fields:
        fields = {"record_id": fields.pop("record_id"), "origin_id": assigned["record_id"][0].name} | fields
    sure = {name: score for name, (_, score) in assigned.items()}
    sure.setdefault("origin_id", sure.get("record_id", 0))
    location = str(path.relative_to(base)) if base is not None and path.is_relative_to(base) else str(path)
    unmapped = tuple(c.name for c in columns if c.name not in fields.values())
    return Draft(kind, transport, location, given, fields, sure, unmapped, dict(_vocabularies(assigned)))


def _columns(request: Request, transport: str) -> list[Column]:
    block = next(transports()[transport].read(request), None)
    if block is None or not block.columns:
        raise SourceUnusable("draft", f"{request.location} has no rows to tell from")
    known = frozenset(
        w.lower() for lists in headers.vocabulary()["values"].values() for ws in lists.values() for w in ws
    )
    return [
        Column(name, headers.read(name), shape.of(values.slice(0, _SAMPLE), words=known))
        for name, values in block.columns.items()
    ]


def _kind(columns: list[Column], where: str) -> SourceKind:
    """The kind that most speaks for, among those whose needed fields are there; the best of all where none has them."""
    said = headers.vocabulary()["kinds"]
    words = set(headers.tokens(where))

    def score(kind: SourceKind) -> tuple[bool, float]:
        says = said[kind.value]
        spoken = sum(
            weight * max(c.confidence(concept) for c in columns) for concept, weight in says["concepts"].items()
        )
        named = any(w in words or (not w.isascii() and w in where) for w in says["words"])
        fields = _assigned(kind, columns)
        needs = [(n,) if isinstance(n, str) else n for n in REQUIRED_BY_KIND[kind]]
        is_whole = all(any(n in fields for n in need) for need in needs)
        return is_whole, spoken + (1.5 if named else 0)

    return max(SourceKind, key=score)


def _concepts(kind: SourceKind, column: Column) -> Iterator[tuple[str, float]]:
    """The fields of this kind a column may feed, and how surely."""
    role = column.header.role
    for name in FIELDS_BY_KIND[kind]:
        concept = name.removeprefix("contact_") if kind.is_signal else name
        if name == "observed_at" or name == headers.vocabulary()["times"].get(kind.value):
            sure = max(column.confidence("time"), column.confidence(name) if name != "observed_at" else 0)
        elif name == "contact_value":
            sure = max(column.confidence(name), column.confidence("phone"))
        elif kind.is_signal and concept in _OBSERVABLE:
            sure = column.confidence(concept) * _role_fits(kind, name, concept, role)
        elif name == "origin_id":
            continue
        else:
            sure = column.confidence(concept) * (0.3 if role == "other" and "emergency" not in name else 1)
        yield name, sure


def _role_fits(kind: SourceKind, name: str, concept: str, role: str | None) -> float:
    """1 where the name says so, less where it is only usual for the kind, next to nothing where it says otherwise."""
    is_observed = name.startswith("contact_")
    if role in {"observed", "subject"}:
        return 1.0 if is_observed == (role == "observed") else 0.1
    if role == "other":
        return 0.1
    usual = concept in _OBSERVED_BY_DEFAULT.get(kind, ()) or concept == "messaging"
    return 0.95 if is_observed == usual else 0.6


def _assigned(kind: SourceKind, columns: list[Column]) -> dict[str, tuple[Column, float]]:
    """Each field its column, each column its field: the surest pair first. Ours come in the order fields are declared."""
    pairs = [
        (sure, -column_at, name, column)
        for column_at, column in enumerate(columns)
        for name, sure in _concepts(kind, column)
        if sure >= _ENOUGH
    ]
    out: dict[str, tuple[Column, float]] = {}
    used: set[str] = set()
    for sure, _, name, column in sorted(pairs, key=lambda p: (-p[0], -p[1])):
        if name not in out and column.name not in used:
            out[name] = (column, sure)
            used.add(column.name)
    return {name: out[name] for name in FIELDS_BY_KIND[kind] if name in out}


def _vocabularies(assigned: Mapping[str, tuple[Column, float]]) -> Iterator[tuple[str, dict[str, str]]]:
    """For fields of a closed vocabulary, the words of the column that are known, as they are written, each with ours."""
    for name, meanings in headers.vocabulary()["values"].items():
        if name in assigned:
            ours = {str(word).lower(): meaning for meaning, words in meanings.items() for word in words}
            found = {word: ours[word.lower()] for word in assigned[name][0].shape.words if word.lower() in ours}
            if found:
                yield name, found


def _scalar(value: object) -> str:
    """The value on one line."""
    plain, quoted = (
        yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, default_style=style, width=float("inf"))
        .removesuffix("\n")
        .removesuffix("\n...")
        for style in (None, '"')
    )
    return quoted if len(plain.splitlines()) > 1 else plain


def _name_of(location: str) -> str:
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in Path(location).stem.lower()).strip("_")
    return name[:_LONGEST_NAME] if name[:1].isalpha() else "source"
