"""The registry as an index: dictionary-encoded columns and sorted block keys, saved and memory-mapped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.errors import Fatal
from matching import blocking, chance, plan
from matching.agreement import Frequencies
from matching.blocking import Block, Keys
from matching.column import Column, encode
from matching.model import Model
from matching.records import Records, registry_of, require_columns
from matching.spec import Spec
from matching.update import updated

FORMAT = 2


@dataclass(frozen=True)
class Index:
    """What signals are matched against. ``entities``: one code a row; rows of one entity are no rivals."""

    spec: Spec
    ids: pa.Array
    entities: npt.NDArray[np.int32]
    columns: Mapping[str, Column]
    blocks: tuple[Block, ...]
    plan: plan.Plan
    frequencies: Frequencies
    entity_names: pa.Array | None = None  # one a code; null where a row stands for itself

    @property
    def registry(self) -> int:
        """Entities of the registry."""
        return int(self.entities.max(initial=-1)) + 1

    @property
    def n(self) -> int:
        """Rows of the registry."""
        return len(self.ids)

    @property
    def digest(self) -> str:
        """The spec this index is of, by its digest."""
        return self.spec.digest

    @classmethod
    def build(
        cls,
        registry: pa.Table | Records,
        spec: Spec,
        signals: pa.Table | Records | None = None,
        *,
        threads: int = 1,
    ) -> Index:
        """Index the registry. ``signals``: a table to choose blocking rules for (else the registry stands for them).

        Raises ConfigError where the spec names a column that is not there, Fatal where ids repeat or are absent.
        """
        with ThreadPoolExecutor(max(threads, 1)) as pool:
            records = registry if isinstance(registry, Records) else registry_of(registry, spec, pool.map)
            entities = _entities(records, spec)
            counted = pool.map(lambda c: _counted(records.columns[c], entities, spec), spec.right_columns)
            columns = dict(zip(spec.right_columns, counted, strict=True))
            chosen = _plan(spec, columns, signals)
            keys = Keys(columns, spec.comparisons, "right")
            list(pool.map(keys.hashes, sorted({e for rule in chosen.rules for e in rule})))
            pa.default_memory_pool().release_unused()  # what the keys were made from
            first = sorted(chosen.rules, key=keys.ways, reverse=True)  # what takes longest begins first
            begun = {rule: pool.submit(blocking.build, rule, keys) for rule in first}
            blocks = tuple(begun[rule].result() for rule in chosen.rules)
        finer = [f for b in blocks for f in blocking.finer(b, keys, spec.comparisons, spec.blocking.max_block)]
        for column in columns.values():
            column.forget("key")  # the blocks hold what they were for
        blocks = (*blocks, *finer)
        names = _entity_names(records, spec, entities)
        return cls(spec, records.ids, entities, columns, blocks, chosen, Frequencies.of(columns, spec), names)

    def update(
        self,
        changed: pa.Table | None = None,
        *,
        removed: Sequence[str] = (),
        removed_entities: Sequence[str] = (),
        threads: int = 1,
    ) -> Index:
        """The index of the registry after a change; this one stays as it is.

        ``changed``: rows that are new, or take the place of those with their ids. ``removed``: ids of rows, and
        ``removed_entities`` names of entities, that are there no longer; unknown ones are no error. Links are those of an
        index built anew by the same rules; the rules stay, so build anew when the registry has become another.
        """
        return updated(self, changed, removed=removed, removed_entities=removed_entities, threads=threads)

    def save(self, folder: Path | str) -> None:
        """Write the index: Arrow files and arrays that ``open`` maps without reading them.

        An index that stands there is replaced whole; who has it open goes on with the old one.
        """
        with replaced(Path(folder)) as fresh:
            self._write(fresh)

    def _write(self, folder: Path) -> None:
        _write_texts(folder / "ids.arrow", self.ids)
        if self.entity_names is not None:
            _write_texts(folder / "entity_names.arrow", self.entity_names)
        np.save(folder / "entities.npy", self.entities)
        for n, column in enumerate(self.columns.values()):
            _write_texts(folder / f"column{n}.arrow", column.values)
            for part in ("codes", "hashes", "counts"):
                np.save(folder / f"column{n}.{part}.npy", getattr(column, part))
        for n, block in enumerate(self.blocks):
            for part in ("keys", "starts", "rows", "jumps"):
                np.save(folder / f"block{n}.{part}.npy", getattr(block, part))
        meta = {
            "format": FORMAT,
            "spec": self.spec.dump(),
            "columns": [*self.columns],
            "rarity": {name: [r.single, r.total, r.usual] for name, r in self.frequencies.rarities.items()},
            "rules": [{"rule": [*b.rule], "finer_than": [*b.parent] if b.parent else None} for b in self.blocks],
            "plan": {"pairs_completeness": self.plan.pairs_completeness, "candidates": self.plan.candidates_per_signal},
        }
        (folder / "index.json").write_text(json.dumps(meta, ensure_ascii=False, indent=1), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path | str) -> Index:
        """Map a saved index. Raises Fatal where it is of another format or a file is missing."""
        folder = Path(folder)
        try:
            meta = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            if meta["format"] != FORMAT:
                raise Fatal(f"index of format {meta['format']}, this version reads {FORMAT}")
            columns = {name: _open_column(folder, n) for n, name in enumerate(meta["columns"])}
            blocks = tuple(_open_block(folder, n, raw) for n, raw in enumerate(meta["rules"]))
            chosen = plan.Plan(
                tuple(b.rule for b in blocks if b.parent is None),
                meta["plan"]["pairs_completeness"],
                meta["plan"]["candidates"],
            )
            rarities = {name: chance.Rarity(float(a), int(b), float(c)) for name, (a, b, c) in meta["rarity"].items()}
            return cls(
                Spec.parse(meta["spec"], file="index.json"),
                _read_texts(folder / "ids.arrow"),
                _map(folder / "entities.npy"),  # type: ignore[arg-type]
                columns,
                blocks,
                chosen,
                Frequencies(columns, rarities),
                _read_texts(folder / "entity_names.arrow") if (folder / "entity_names.arrow").exists() else None,
            )
        except (OSError, KeyError, ValueError, TypeError, pa.ArrowInvalid):
            raise Fatal("the index is incomplete: build it again") from None

    def link(self, signals: pa.Table, model: Model, threshold: float = 0.5) -> pa.Table:
        """Links of probability ``threshold`` or more, schema ``core.schemas.LINKS``."""
        from matching.link import link  # noqa: PLC0415 - link builds on index

        return link(self, signals, model, threshold)

    def match_one(self, signal: Mapping[str, Any], model: Model, threshold: float = 0.5) -> list[dict[str, Any]]:
        """Links of one signal, best first. Columns the signal has not are absent values."""
        from matching.link import Linker, link_one  # noqa: PLC0415 - link builds on index

        return link_one(Linker(self, model), signal, threshold)


def _plan(spec: Spec, right: Mapping[str, Column], signals: pa.Table | Records | None) -> plan.Plan:
    """The given rules, and those proposed from samples of both tables."""
    given = spec.blocking.rules
    if not spec.blocking.propose:
        return plan.Plan(given, float("nan"), float("nan"))
    if isinstance(signals, Records):
        left = signals.columns
    elif signals is not None:
        require_columns(signals, spec.left_columns, spec, "left")
        rows = np.unique(np.linspace(0, signals.num_rows - 1, min(plan.SAMPLE, signals.num_rows)).astype(np.int64))
        left = {c: encode(signals.column(c).take(pa.array(rows))) for c in spec.left_columns}
    else:
        left = {a: right[c.right[0]] for c in spec.comparisons for a in c.left}
    return plan.propose(spec, left, right, len(signals) if signals is not None else None)


def _entities(records: Records, spec: Spec) -> npt.NDArray[np.int32]:
    if not spec.right_entity:
        return np.arange(len(records), dtype=np.int32)
    codes = records.columns[spec.right_entity].codes
    alone = codes < 0
    return np.where(alone, codes.max(initial=-1) + np.cumsum(alone), codes).astype(np.int32)


def _entity_names(records: Records, spec: Spec, entities: npt.NDArray[np.int32]) -> pa.Array | None:
    if not spec.right_entity:
        return None
    coded = records.columns[spec.right_entity]
    _, first = np.unique(entities, return_index=True)
    codes = coded.codes[first]
    return coded.values.take(pa.array(codes, mask=codes < 0))


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A new folder to write to, which takes the place of the old one when all is written."""
    fresh, old = (folder.with_name(f"{folder.name}.{suffix}") for suffix in ("partial", "old"))
    for left_over in (fresh, old):
        shutil.rmtree(left_over, ignore_errors=True)
    fresh.mkdir(parents=True)
    yield fresh
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _counted(column: Column, entities: npt.NDArray[np.int32], spec: Spec) -> Column:
    """With counts of entities instead of rows: the cases of one customer count once."""
    return replace(column, counts=chance.of_entities(column, entities)) if spec.right_entity else column


def _write_texts(path: Path, values: pa.Array) -> None:
    table = pa.table({"v": values.cast(pa.string())})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=max(len(values), 1))


def _read_texts(path: Path) -> pa.Array:
    with pa.memory_map(str(path)) as source:
        chunks = pa.ipc.open_file(source).read_all().column("v").chunks
    return chunks[0] if chunks else pa.array([], pa.string())


def _map(path: Path) -> npt.NDArray[np.generic]:
    return np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)  # type: ignore[no-any-return]


def _open_column(folder: Path, n: int) -> Column:
    codes, hashes, counts = (_map(folder / f"column{n}.{p}.npy") for p in ("codes", "hashes", "counts"))
    return Column(_read_texts(folder / f"column{n}.arrow"), codes, hashes, counts)  # type: ignore[arg-type]


def _open_block(folder: Path, n: int, raw: Mapping[str, Any]) -> Block:
    keys, starts, rows, jumps = (_map(folder / f"block{n}.{p}.npy") for p in ("keys", "starts", "rows", "jumps"))
    parent = tuple(raw["finer_than"]) if raw["finer_than"] else None
    return Block(tuple(raw["rule"]), keys, starts, rows, jumps, parent)  # type: ignore[arg-type]
