"""A linkage spec: which columns are compared, how, and by which keys records meet. Data a domain expert can review."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from core.errors import ConfigError
from core.yaml_text import UNREADABLE
from matching import compare

# what else than identity makes two records agree: people of one household, of one place, of one name
RELATIONS = ("household", "neighbour", "namesake")
_KEYS = {"name", "left", "right", "comparisons", "blocking", "one_match_per_left", "match_rate"}
_COMPARISON_KEYS = {"name", "kind", "left", "right", "column", "term_frequency", "shared_by", "swapped_with", "m", "u"}
_BLOCKING_KEYS = {"rules", "propose", "max_block", "candidates_per_signal"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field compared: the best agreement of any left column with any right column."""

    name: str
    kind: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    term_frequency: bool = True
    shared_by: tuple[str, ...] = ()
    swapped_with: str = ""  # comparison whose value may stand in this one's place (given name and surname)
    m: tuple[float, ...] = ()  # fixed parameters, from the level of least agreement upwards; empty: learned
    u: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocking:
    """``rules``: tuples of ``comparison.key``. With ``propose`` more rules are chosen from the data."""

    rules: tuple[tuple[str, ...], ...] = ()
    propose: bool = True
    max_block: int = 500
    candidates_per_signal: float = 20.0


@dataclass(frozen=True, slots=True)
class Spec:
    """``left``: signals, ``right``: the registry. ``right_entity``: rows of one entity are no rivals of each other."""

    name: str
    left_id: str
    right_id: str
    comparisons: tuple[Comparison, ...]
    blocking: Blocking = field(default_factory=Blocking)
    right_entity: str = ""
    one_match_per_left: bool = True
    match_rate: float = 0.3  # prior belief: share of left rows that have a match

    @property
    def digest(self) -> str:
        """Twelve hex digits: a model says which spec it belongs to."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    @property
    def left_columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for k in self.comparisons for c in k.left))

    @property
    def places(self) -> tuple[int, ...]:
        """Which comparisons change all at once when a person moves: none where only one would."""
        found = [n for n, c in enumerate(self.comparisons) if _is_of_home(c)]
        return tuple(found) if len(found) > 1 else ()

    @property
    def right_columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for k in self.comparisons for c in k.right))

    @classmethod
    def load(cls, path: Path | str) -> Spec:
        """Read a YAML file. Raises ConfigError naming the file and the key."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise ConfigError("cannot be read", file=path.name) from None
        return cls.parse(text, file=path.name)

    @classmethod
    def parse(cls, text: str, *, file: str = "spec.yaml") -> Spec:
        """Read YAML text."""
        try:
            raw = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise ConfigError("not YAML", file=file, line=mark.line + 1 if mark else None) from None
        except UNREADABLE:
            raise ConfigError("not YAML: a value cannot be read", file=file) from None
        return _Reader(file).spec(raw)

    def dump(self) -> str:
        """The YAML that ``parse`` reads back to an equal spec."""
        return yaml.safe_dump(_plain(self), sort_keys=False, allow_unicode=True, width=120)


def _is_of_home(c: Comparison) -> bool:
    """Shared by those who live together, not because they are of one family."""
    lived_in = "household" in c.shared_by or "neighbour" in c.shared_by
    return lived_in and "namesake" not in c.shared_by and compare.kinds()[c.kind].stays_behind


def of_traces(jurisdiction: str) -> Spec:
    """The shipped spec by which signals are compared with the debtors of this jurisdiction."""
    return shipped(f"trace-{jurisdiction}")


def shipped(name: str) -> Spec:
    """A spec that comes with the product: ``trace-cn``."""
    file = name.replace("-", "_") + ".yaml"
    try:
        text = resources.files("matching").joinpath("specs", file).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError("no such shipped spec", file=file) from None
    return Spec.parse(text, file=file)


class _Reader:
    """Turns parsed YAML into a Spec, naming the key that is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file

    def wrong(self, key: str, message: str) -> ConfigError:
        return ConfigError(message, file=self.file, key=key)

    def mapping(self, raw: Any, key: str, known: set[str]) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise self.wrong(key, "must be a mapping")
        unknown = sorted(str(k) for k in raw if k not in known)
        if unknown:
            raise self.wrong(f"{key}.{unknown[0]}" if key else unknown[0], "unknown key")
        return raw

    def names(self, raw: Any, key: str) -> tuple[str, ...]:
        items = [raw] if isinstance(raw, str) else raw
        if not isinstance(items, list) or not items or not all(isinstance(i, str) and i for i in items):
            raise self.wrong(key, "must be a name or a list of names")
        return tuple(items)

    def spec(self, raw: Any) -> Spec:
        raw = self.mapping(raw, "", _KEYS)
        left = self.mapping(raw.get("left", {"id": "id"}), "left", {"id"})
        right = self.mapping(raw.get("right", {"id": "id"}), "right", {"id", "entity"})
        items = raw.get("comparisons")
        if not isinstance(items, list) or not items:
            raise self.wrong("comparisons", "at least one comparison is needed")
        comparisons = tuple(self.comparison(item, f"comparisons[{n}]") for n, item in enumerate(items))
        self.check_names(comparisons)
        rate = self.number(raw.get("match_rate", 0.3), "match_rate", 1e-6, 1.0)
        return Spec(
            name=str(raw.get("name", self.file.removesuffix(".yaml"))),
            left_id=str(left.get("id", "id")),
            right_id=str(right.get("id", "id")),
            right_entity=str(right.get("entity", "") or ""),
            comparisons=comparisons,
            blocking=self.blocking(raw.get("blocking", {}), comparisons),
            one_match_per_left=bool(raw.get("one_match_per_left", True)),
            match_rate=rate,
        )

    def comparison(self, raw: Any, key: str) -> Comparison:
        raw = self.mapping(raw, key, _COMPARISON_KEYS)
        kind = raw.get("kind")
        if kind not in compare.kinds():
            raise self.wrong(f"{key}.kind", f"must be one of {', '.join(sorted(compare.kinds()))}")
        both = raw.get("column")
        left = self.names(raw.get("left", both), f"{key}.left")
        right = self.names(raw.get("right", both), f"{key}.right")
        of_kind = compare.kinds()[kind]
        shared = tuple(raw.get("shared_by", of_kind.shared_by) or ())
        if any(s not in RELATIONS for s in shared):
            raise self.wrong(f"{key}.shared_by", f"must be of {', '.join(RELATIONS)}")
        m, u = (self.distribution(raw.get(p), f"{key}.{p}", len(of_kind.levels)) for p in ("m", "u"))
        tf = bool(raw.get("term_frequency", of_kind.term_frequency))
        swapped = str(raw.get("swapped_with", "") or "")
        return Comparison(str(raw.get("name", left[0])), kind, left, right, tf, shared, swapped, m, u)

    def distribution(self, raw: Any, key: str, levels: int) -> tuple[float, ...]:
        if raw is None or raw == []:
            return ()
        if not isinstance(raw, list) or len(raw) != levels:
            raise self.wrong(key, f"needs {levels} probabilities, one a level")
        return tuple(self.number(p, key, 1e-12, 1.0) for p in raw)

    def number(self, raw: Any, key: str, low: float, high: float) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not low <= raw <= high:
            raise self.wrong(key, f"must be a number between {low:g} and {high:g}")
        return float(raw)

    def check_names(self, comparisons: tuple[Comparison, ...]) -> None:
        names = [c.name for c in comparisons]
        for n, c in enumerate(comparisons):
            if names.count(c.name) > 1:
                raise self.wrong(f"comparisons[{n}].name", "two comparisons have this name")
            if c.swapped_with and c.swapped_with not in names:
                raise self.wrong(f"comparisons[{n}].swapped_with", "no such comparison")

    def blocking(self, raw: Any, comparisons: tuple[Comparison, ...]) -> Blocking:
        raw = self.mapping(raw or {}, "blocking", _BLOCKING_KEYS)
        rules = []
        for n, rule in enumerate(raw.get("rules") or []):
            rules.append(tuple(self.key(part, comparisons, n) for part in self.names(rule, f"blocking.rules[{n}]")))
        return Blocking(
            rules=tuple(rules),
            propose=bool(raw.get("propose", not rules)),
            max_block=int(self.number(raw.get("max_block", 500), "blocking.max_block", 1, 1e6)),
            candidates_per_signal=self.number(
                raw.get("candidates_per_signal", 20.0), "blocking.candidates_per_signal", 0.1, 1e4
            ),
        )

    def key(self, part: str, comparisons: tuple[Comparison, ...], rule: int) -> str:
        """``comparison`` or ``comparison.key``; the key defaults to ``exact``."""
        name, _, key = part.partition(".")
        found = next((c for c in comparisons if c.name == name), None)
        if found is None:
            raise self.wrong(f"blocking.rules[{rule}]", f"no comparison named {name}")
        known = compare.kinds()[found.kind].keys
        if (key or "exact") not in known:
            raise self.wrong(f"blocking.rules[{rule}]", f"{name} has the keys {', '.join(known)}")
        return f"{name}.{key or 'exact'}"


def _plain(spec: Spec) -> dict[str, Any]:
    comparisons = []
    for c in spec.comparisons:
        of_kind = compare.kinds()[c.kind]
        item: dict[str, Any] = {"name": c.name, "kind": c.kind}
        item |= (
            {"column": c.left[0]}
            if c.left == c.right and len(c.left) == 1
            else {"left": [*c.left], "right": [*c.right]}
        )
        if c.term_frequency != of_kind.term_frequency:
            item["term_frequency"] = c.term_frequency
        if c.shared_by != of_kind.shared_by:
            item["shared_by"] = [*c.shared_by]
        if c.swapped_with:
            item["swapped_with"] = c.swapped_with
        item |= {p: [*v] for p, v in (("m", c.m), ("u", c.u)) if v}
        comparisons.append(item)
    b = spec.blocking
    right = {"id": spec.right_id} | ({"entity": spec.right_entity} if spec.right_entity else {})
    blocking: dict[str, Any] = {
        "rules": [[*r] for r in b.rules],
        "propose": b.propose,
        "max_block": b.max_block,
        "candidates_per_signal": b.candidates_per_signal,
    }
    return {
        "name": spec.name,
        "left": {"id": spec.left_id},
        "right": right,
        "one_match_per_left": spec.one_match_per_left,
        "match_rate": spec.match_rate,
        "comparisons": comparisons,
        "blocking": blocking,
    }
