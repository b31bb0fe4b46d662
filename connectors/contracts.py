"""A source's contract: which columns it has and what type their values are; and how a live source differs from it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors import shape
from connectors.batches import transport_of
from connectors.findings import Finding
from connectors.request import Request
from connectors.secrets import Secrets
from connectors.shape import Shape
from core.deployment import SourceSpec
from core.errors import SourceUnusable

VERSION = 1
_SAMPLE = 20_000
_RETYPED = 0.5  # less than this share of the values is still of the type that nearly all were
_WORDS = {
    "resident_id": "ids",
    "phone": "phone numbers",
    "email": "e-mail addresses",
    "date": "dates",
    "number": "numbers",
}


@dataclass(frozen=True, slots=True)
class Contract:
    """``columns`` maps each column to its type (a name of ``shape.TYPES``, text or empty); kept as a small JSON file."""

    source: str
    columns: Mapping[str, str]

    def to_json(self) -> str:
        """For a file beside the deployment, to be reviewed and versioned with it."""
        state = {"version": VERSION, "source": self.source, "columns": dict(self.columns)}
        return json.dumps(state, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Contract:
        """Raises SourceUnusable for a text that is no contract."""
        try:
            state = json.loads(text)
            if state["version"] != VERSION:
                raise SourceUnusable(str(state["source"]), "its contract is of another version: renew it")
            return cls(str(state["source"]), {str(k): str(v) for k, v in state["columns"].items()})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise SourceUnusable("contract", "the file is no contract of a source") from None


@dataclass(frozen=True, slots=True)
class Seen:
    """A source's columns as they are now: their shapes, from a sample of its first rows."""

    source: str
    shapes: Mapping[str, Shape]

    @property
    def contract(self) -> Contract:
        return Contract(self.source, {name: s.type for name, s in self.shapes.items()})


def contract(
    spec: SourceSpec,
    *,
    base: Path,
    environ: Mapping[str, str],
    secrets: Secrets | None = None,
    sample_rows: int = _SAMPLE,
) -> Contract:
    """The contract a source keeps today. Raises SourceUnusable or Transient."""
    return look(spec, base=base, environ=environ, secrets=secrets, sample_rows=sample_rows).contract


def look(
    spec: SourceSpec,
    *,
    base: Path,
    environ: Mapping[str, str],
    secrets: Secrets | None = None,
    sample_rows: int = _SAMPLE,
) -> Seen:
    """The columns of a live source, mapped or not, and what their values look like. Raises SourceUnusable or Transient."""
    request = Request(
        spec.name, spec.location, dict(spec.options), {}, frozenset(), base,
        batch_rows=sample_rows, environ=environ, secrets=secrets, everything=True,
    )  # fmt: skip
    block = next(iter(transport_of(request, spec.transport).read(request)), None)
    if block is None:
        raise SourceUnusable(spec.name, "it has no rows to tell its columns from")
    return Seen(spec.name, {name: shape.of(values.slice(0, sample_rows)) for name, values in block.columns.items()})


def drift(spec: SourceSpec, known: Contract, seen: Seen) -> list[Finding]:
    """How the source differs from its contract: an error where a mapped column is gone or holds something else."""
    fed = _fed(spec)
    gone = [c for c in known.columns if c not in seen.shapes]
    new = [c for c in seen.shapes if c not in known.columns]
    found = [_gone(spec, c, fed.get(c), new, known, seen) for c in gone]
    found += [_retyped(spec, c, fed.get(c), known.columns[c], seen.shapes[c]) for c in _changed(known, seen)]
    found += [_new(spec, c, seen.shapes[c]) for c in new]
    return found or [
        Finding(spec.name, "columns", "ok", f"its {len(known.columns)} columns are as its contract has them")
    ]


def require(spec: SourceSpec, known: Contract, seen: Seen) -> list[Finding]:
    """The findings of ``drift``; raises SourceUnusable with the first that stops the source."""
    found = drift(spec, known, seen)
    for finding in found:
        if finding.level == "error":
            raise SourceUnusable(spec.name, finding.message)
    return found


def _fed(spec: SourceSpec) -> dict[str, str]:
    """Each mapped column and the field it feeds."""
    out: dict[str, str] = {}
    for name, how in spec.fields.items():
        for column in (how.column, how.path, *(how.columns or ())):
            if column is not None:
                out.setdefault(column, name)
    return out


def _changed(known: Contract, seen: Seen) -> list[str]:
    return [
        column
        for column, kind in known.columns.items()
        if column in seen.shapes and kind in shape.TYPES and seen.shapes[column].filled
        and seen.shapes[column].shares.get(kind, 0) < _RETYPED
    ]  # fmt: skip


def _gone(spec: SourceSpec, column: str, fed: str | None, new: list[str], known: Contract, seen: Seen) -> Finding:
    if fed is None:
        return Finding(spec.name, "columns", "warning", f"column {column!r} is gone; it was not mapped")
    alike = difflib.get_close_matches(column, new, 1, 0.5)
    same_type = [c for c in new if seen.shapes[c].type == known.columns[column]]
    perhaps = alike or (same_type if len(same_type) == 1 else [])
    hint = (
        f"is it {perhaps[0]!r} now? then map fields.{fed} to it" if perhaps else f"map fields.{fed} to another column"
    )
    message = f"column {column!r} (field {fed}) is gone: {hint}, or have the source put right; then renew its contract: skiptrace sources accept"
    return Finding(spec.name, "columns", "error", message)


def _retyped(spec: SourceSpec, column: str, fed: str | None, was: str, now: Shape) -> Finding:
    held = f"held {_WORDS[was]} and now holds {_WORDS.get(now.type, 'something else')}"
    if fed is None:
        return Finding(spec.name, "columns", "warning", f"column {column!r} {held}; it is not mapped")
    message = (
        f"column {column!r} (field {fed}) {held}: map fields.{fed} to the right column, or have the source put right; "
    )
    return Finding(
        spec.name, "columns", "error", message + "if it is meant, renew its contract: skiptrace sources accept"
    )


def _new(spec: SourceSpec, column: str, now: Shape) -> Finding:
    kind = _WORDS.get(now.type, now.type)
    message = f"column {column!r} ({kind}) is new: map it, or leave it unread; then renew its contract: skiptrace sources accept"
    return Finding(spec.name, "columns", "warning", message)
