"""A deployment as data: one ``deployment.yaml`` says where the lender's sources are and what their columns mean.

``parse`` turns its text into frozen models, or raises ``ConfigError`` naming the key and the line. Pure: reading the file
and the environment is the caller's (``pipeline.deployment``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from itertools import count
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from core import schemas
from core.errors import ConfigError
from core.kinds import SourceKind
from core.yaml_text import UNREADABLE

_Model = ConfigDict(extra="forbid", frozen=True)


def _wrong(message: str, *below: str) -> PydanticCustomError:
    """An error at a key below the model that is being validated, so that its line can be told."""
    return PydanticCustomError("deployment", "{message}", {"message": message, "below": ",".join(below)})


FIELDS_BY_KIND: dict[SourceKind, tuple[str, ...]] = {
    kind: schemas.SIGNAL_FIELDS if kind.is_signal else () for kind in SourceKind
} | {
    SourceKind.DECLARED_CONTACTS: schemas.REGISTRY_FIELDS,
    SourceKind.CONSENTS: schemas.CONSENT_FIELDS,
    SourceKind.OUTCOMES: schemas.OUTCOME_FIELDS,
}

# What a source of each kind must map; one of a nested tuple is enough. Anything else is optional.
REQUIRED_BY_KIND: dict[SourceKind, tuple[str | tuple[str, ...], ...]] = {
    SourceKind.DECLARED_CONTACTS: ("case_id", "name"),
    SourceKind.DELIVERIES: ("observed_at", ("contact_phone", "contact_address")),
    SourceKind.PHONE_UPDATES: ("observed_at", "contact_phone"),
    SourceKind.TRANSACTION_REGIONS: ("observed_at", "region"),
    SourceKind.SERVICE_NOTES: ("observed_at", "text"),
    SourceKind.APP_REGIONS: ("observed_at", "region"),
    SourceKind.CONSENTS: (("customer_no", "id_number"), "purpose", "scope", "granted_at"),
    SourceKind.OUTCOMES: ("case_id", "contact_value", "disposition", "at"),
}


class FieldMap(BaseModel):
    """How one canonical field is made from a source row. Exactly one of column, columns, path, constant.

    ``path`` is a dotted JSON path (``cust.no``, ``items[0].city``). Then, in this order: strip, pattern (its first group, or
    the whole match), date_format (strptime, to ISO), values (a map; a value not in it stays unless ``strict``), default.
    """

    model_config = _Model
    column: str | None = None
    columns: tuple[str, ...] | None = None
    path: str | None = None
    constant: str | None = None
    join: str = ""
    strip: str | bool = True
    pattern: str | None = None
    date_format: str | None = None
    values: dict[str, str] | None = None
    strict: bool = False
    default: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> FieldMap:
        given = [k for k in ("column", "columns", "path", "constant") if getattr(self, k) is not None]
        if len(given) != 1:
            raise _wrong("give exactly one of column, columns, path, constant")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as e:
                raise _wrong(f"pattern is not a regular expression: {e.msg}", "pattern") from None
            except (OverflowError, RecursionError):
                raise _wrong("pattern is not a regular expression: it repeats or nests too much", "pattern") from None
        if self.date_format is not None and not _is_date_format(self.date_format):
            raise _wrong(
                "date_format is no format of a date: an unknown %-code, or one that stands twice", "date_format"
            )
        return self


_NO_MATCH = "time data"  # how strptime begins to say that the text, not the format, is at fault


def _is_date_format(text: str) -> bool:
    """Whether strptime takes it as a format at all."""
    try:
        datetime.strptime("", text)  # noqa: DTZ007 - it is not read for its time
    except re.error:  # a part that stands twice
        return False
    except ValueError as e:
        return str(e).startswith(_NO_MATCH)
    return True


class Freshness(BaseModel):
    """The newest row may be this old; older than that warns, or stops the source."""

    model_config = _Model
    max_age_days: Annotated[int, Field(ge=0)]
    on_stale: Literal["warn", "stop"] = "warn"


class Volume(BaseModel):
    """Fewer rows than this warns, or stops the source."""

    model_config = _Model
    min_rows: Annotated[int, Field(ge=0)]
    on_low: Literal["warn", "stop"] = "warn"


class Load(StrEnum):
    """How a source is read in a run, and what its silence about a row means."""

    FULL = "full"  # all of it, every time: a row that is not there any more is gone
    INCREMENTAL = "incremental"  # what came since the last published run; linked rows are kept, silence says nothing
    SNAPSHOT = (
        "snapshot"  # all of it, but only new and changed rows go further: a row that is not there any more is gone
    )


class SourceSpec(BaseModel):
    """One source: what it is about, how to get it, what its columns mean, under which consent it may be used.

    ``load`` is incremental where a watermark is declared, else full. ``lookback_days``: how far an incremental source is
    read again when somebody new is traced (whole where it is not given, not at all when 0). ``deletions: compare`` asks
    for the ids of all its rows in every run, to see which are gone.
    """

    model_config = _Model
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    kind: SourceKind
    transport: str
    location: str
    options: dict[str, Any] = Field(default_factory=dict)
    fields: dict[str, FieldMap]
    consent_scopes: tuple[str, ...] = ()
    freshness: Freshness | None = None
    volume: Volume | None = None
    load: Load = Load.FULL
    lookback_days: Annotated[int | None, Field(ge=0)] = None
    deletions: Literal["compare"] | None = None
    required: bool = False
    line: int | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        out = dict(data)
        if isinstance(out.get("fields"), Mapping):
            out["fields"] = {k: {"column": v} if isinstance(v, str) else v for k, v in out["fields"].items()}
        if "consent_scope" in out:
            out["consent_scopes"] = (out.pop("consent_scope"),)
        if "load" not in out and isinstance(out.get("options"), Mapping) and "watermark" in out["options"]:
            out["load"] = Load.INCREMENTAL
        return out

    @model_validator(mode="after")
    def _fields_fit_kind(self) -> SourceSpec:
        known = FIELDS_BY_KIND[self.kind]
        unknown = sorted(set(self.fields) - set(known))
        if unknown:
            raise _wrong(
                f"fields {', '.join(unknown)} are not fields of kind {self.kind}; known: {', '.join(known)}",
                "fields",
                unknown[0],
            )
        for need in REQUIRED_BY_KIND[self.kind]:
            options = (need,) if isinstance(need, str) else need
            if not any(o in self.fields for o in options):
                raise _wrong(f"kind {self.kind} needs the field {' or '.join(options)}", "fields")
        if self.kind.is_signal and not self.consent_scopes:
            raise _wrong("consent_scope is missing: a signal source without a consent scope may not be used")
        return self

    @model_validator(mode="after")
    def _load_fits(self) -> SourceSpec:
        if self.load is not Load.FULL and not self.kind.is_signal:
            raise _wrong(f"kind {self.kind} is always read whole: without all of it nothing is published", "load")
        if self.load is not Load.FULL and "record_id" not in self.fields:
            raise _wrong(f"load {self.load} needs the field record_id: only with ids are rows told apart", "fields")
        if self.load is not Load.INCREMENTAL and (self.deletions or self.lookback_days is not None):
            raise _wrong("deletions and lookback_days are for load: incremental; other loads see all rows", "load")
        return self


class ImpactAssessment(BaseModel):
    """The impact assessment (PIA/DPIA) under which tracing runs; none valid, no run."""

    model_config = _Model
    id: str
    valid_until: str


class Agency(BaseModel):
    """A collection agency under contract (PIPL 21): used while the contract runs and for a year after each evaluation."""

    model_config = _Model
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    contract_until: date
    evaluated_on: date
    may_sub_entrust: bool = False


class Casework(BaseModel):
    """What may be done about cases, each thing by a person: every gate is off unless it is named here."""

    model_config = _Model
    gates: tuple[
        Literal["relay", "visit", "lawyer_letter", "entrust", "evidence", "voice_bot", "messaging", "volunteered"], ...
    ] = ()
    trace_opening: Literal["declared", "approved"] = "declared"
    reachable_days: Annotated[int, Field(ge=1)] = 30
    letter_min_balance: Annotated[float, Field(ge=0)] | None = None
    agencies: tuple[Agency, ...] = ()


class Keys(BaseModel):
    """Who wraps the data keys that lie in ``path``.

    ``file``: a master key in the same file (made with mode 0600 when absent); ``env``: base64 in <prefix>_MASTER; ``command``:
    a program that asks your KMS; ``transit``: a KMS by Vault's transit protocol at ``url`` with the key named ``key`` and
    the token in <prefix>_TOKEN.
    """

    model_config = _Model
    provider: Literal["file", "env", "command", "transit"] = "file"
    path: str = "state/keys.json"
    prefix: str = "SKIPTRACE_KEY"
    command: tuple[str, ...] = ()
    url: str | None = None
    key: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Keys:
        if (self.provider == "command") != bool(self.command):
            raise _wrong("provider command needs a command, and only it has one", "command")
        if (self.provider == "transit") != (bool(self.url) and bool(self.key)):
            raise _wrong("provider transit needs url and key, and only it has them", "url")
        return self


class IssuerSpec(BaseModel):
    """An OpenID issuer. ``audience`` is our name with it (the client id); ``roles``: the claim's value → a role of the workbench.

    For the feed ``roles`` is not asked: a token says ``scope`` and ``portfolios`` (a list, or "*").
    """

    model_config = _Model
    issuer: Annotated[str, Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])")]
    audience: Annotated[str, Field(min_length=1, max_length=200)]
    client_secret: SecretStr | None = None
    role_claim: str = "roles"
    roles: Mapping[str, Literal["analyst", "supervisor", "privacy_officer", "auditor", "operator"]] = {}
    rate_per_minute: Annotated[int, Field(ge=1)] = 600


class Deployment(BaseModel):
    """Everything about one lender's installation. Paths are relative to ``root`` (locations) or the folder (the rest)."""

    model_config = _Model
    deployment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    jurisdiction: Literal["cn", "us", "uk"]
    purpose: str
    impact_assessment: ImpactAssessment
    root: str = "."
    store: str = "sqlite:///state/skiptrace.db"
    stage: str = "state/stage"
    tombstones: str = "state/tombstones.jsonl"
    keys: Keys = Keys()
    casework: Casework = Casework()
    min_probability: Annotated[float, Field(ge=0, le=1)] = 0.05
    min_cell: Annotated[int, Field(ge=2, le=1000)] = 10
    max_candidates_per_kind: Annotated[int, Field(ge=1)] = 5
    workbench_issuer: IssuerSpec | None = None
    feed_issuer: IssuerSpec | None = None
    sources: Annotated[tuple[SourceSpec, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _sources_fit_together(self) -> Deployment:
        names = [s.name for s in self.sources]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise _wrong(f"sources named twice: {', '.join(twice)}", "sources")
        for kind in (SourceKind.DECLARED_CONTACTS, SourceKind.CONSENTS):
            if not self.of_kind(kind):
                raise _wrong(f"no source of kind {kind}: without it nothing may be traced", "sources")
        return self

    def source(self, name: str) -> SourceSpec:
        """The source of this name; KeyError when there is none."""
        return next(s for s in self.sources if s.name == name)

    def of_kind(self, kind: SourceKind) -> tuple[SourceSpec, ...]:
        return tuple(s for s in self.sources if s.kind is kind)

    @property
    def signal_sources(self) -> tuple[SourceSpec, ...]:
        return tuple(s for s in self.sources if s.kind.is_signal)


_DEEPEST, _MOST_VALUES = 40, 250_000
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def parse(text: str, *, environ: Mapping[str, str], file: str = "deployment.yaml") -> Deployment:
    """The deployment of this YAML text. ``${NAME:-default}`` is read from ``environ``. Raises ConfigError."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else None
        raise ConfigError(f"not YAML: {e.problem}", file=file, line=line) from None
    except yaml.reader.ReaderError as e:
        line = text.count("\n", 0, e.position) + 1
        raise ConfigError(
            "not YAML: a character that no text has (a control character)", file=file, line=line
        ) from None
    except UNREADABLE as e:
        raise ConfigError(f"not YAML: a value cannot be read ({type(e).__name__})", file=file) from None
    if not isinstance(data, dict):
        raise ConfigError("expected a mapping at the top", file=file, line=1)
    data = _substitute(data, environ, file, node, count())
    try:
        return Deployment.model_validate(data)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        below = first.get("ctx", {}).get("below", "")
        path = (*first["loc"], *(below.split(",") if below else ()))
        raise ConfigError(first["msg"], file=file, key=_dotted(path), line=_line(node, path)) from None


def _substitute(
    value: Any,
    environ: Mapping[str, str],
    file: str,
    root: yaml.Node | None,
    seen: Iterator[int],
    path: tuple[Any, ...] = (),
) -> Any:
    if next(seen) > _MOST_VALUES:
        raise ConfigError("too much: its anchors say far more than stands in it", file=file, line=_line(root, path[:1]))
    if len(path) > _DEEPEST:  # an anchor within itself has no end
        raise ConfigError("too deep", file=file, key=_dotted(path[:2]), line=_line(root, path[:2]))
    if isinstance(value, dict):
        return {k: _substitute(v, environ, file, root, seen, (*path, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [_substitute(v, environ, file, root, seen, (*path, i)) for i, v in enumerate(value)]
    if not isinstance(value, str):
        # YAML reads 2026-11-01 as a date and 5 as a number; our models hold text and let pydantic convert numbers.
        return value.isoformat() if hasattr(value, "isoformat") else value

    def lookup(m: re.Match[str]) -> str:
        found = environ.get(m[1], m[2])
        if found is None:
            raise ConfigError(
                f"environment variable {m[1]} is not set", file=file, key=_dotted(path), line=_line(root, path)
            )
        return found

    return _VARIABLE.sub(lookup, value)


def _dotted(path: tuple[Any, ...]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else (f".{p}" if i else str(p)) for i, p in enumerate(path))


def _line(node: yaml.Node | None, path: tuple[Any, ...]) -> int | None:
    """The 1-based line of the deepest node on this path that exists (a missing key: its parent)."""
    line = None if node is None else node.start_mark.line + 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
