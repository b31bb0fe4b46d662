"""Linking on Spark without an index: signals and registry are shuffled by block key. For a registry no executor can map.

Each table is brought to one writing, keyed, and joined key by key; of each value it is counted in the whole registry how
common it is; then all candidates of a signal come together in one bucket, where the functions of one process weigh them.
Pairs and scores are those of one process with the same rules and model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import ConfigError, Fatal
from matching import agreement, blocking, chance, compare, score
from matching.agreement import Form, Frequencies
from matching.blocking import Keys, Rule
from matching.column import Column, encode
from matching.compare.masked import TAIL, Masked, layouts
from matching.hashing import U64, hash_texts
from matching.model import Model
from matching.spec import Comparison, Spec

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PAIRS = "id_l string, id_r string, score double, prob double"
_KEYS = "rule int, key long, id string"
_FORMS = pa.schema([("form", pa.string()), ("n", pa.int64())])
_PAIRS_A_BUCKET = 400_000  # that come together in one Python process


@dataclass(frozen=True)
class _Side:
    """One table in one writing: ``id``, ``entity`` (right only), and its columns as ``c0``, ``c1`` …"""

    rows: DataFrame
    names: tuple[str, ...]
    side: str

    def column(self, name: str) -> str:
        return f"c{self.names.index(name)}"


def link(signals: DataFrame, registry: DataFrame, spec: Spec, model: Model, threshold: float = 0.0) -> DataFrame:
    """Pairs (id_l, id_r, score, prob) of two Spark tables.

    The spec must write its blocking rules out, as ``skiptrace link --propose`` does: rules chosen from a part of the data
    would not be those of the whole. Raises ConfigError where it does not, or where the model is not the spec's; Fatal
    where ids repeat.
    """
    model.require(spec)
    if spec.blocking.propose or not spec.blocking.rules:
        raise ConfigError(
            "a shuffle needs its rules written out (propose: false)", file=f"{spec.name}.yaml", key="blocking"
        )
    left = _side(signals, spec, "left")
    right = _side(registry, spec, "right")
    for side in (left, right):
        _unique(side)
    entities = right.rows.select("entity").distinct().count()
    tallies = {name: _tally(right, name) for name in right.names}
    usual = agreement.usual_chances(spec)
    rarities = {name: chance.of_tally(*tallies[name], usual[name]) for name in right.names}
    forms = _forms(left, right, spec, Frequencies({}, rarities))
    pairs = _pairs(left, right, spec)
    met = pairs.join(_prefixed(left.rows, "l"), "id_l").join(_prefixed(_with_counts(right), "r"), "id_r")
    return _weigh(
        met, pairs, _Job(spec, model.to_json(), left.names, right.names, rarities, forms, entities, threshold)
    )


def _side(table: DataFrame, spec: Spec, side: str) -> _Side:
    names = spec.left_columns if side == "left" else spec.right_columns
    key = spec.left_id if side == "left" else spec.right_id
    entity = spec.right_entity if side == "right" else ""
    for name in (key, *([entity] if entity else []), *names):
        if name not in table.columns:
            raise ConfigError(f"the {side} table has no such column", file=f"{spec.name}.yaml", key=name)

    def write(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            ids = batch.column(0).cast(pa.string())
            alone = pc.binary_join_element_wise("i", ids, "")
            named = pc.binary_join_element_wise("e", _written(batch.column(1)), "") if entity else alone
            columns = [_written(batch.column(n + 2)) for n in range(len(names))]
            yield pa.RecordBatch.from_arrays([ids, pc.coalesce(named, alone), *columns], fields)

    fields = ["id", "entity", *(f"c{n}" for n in range(len(names)))]
    schema = ", ".join(f"{field} string" for field in fields)
    by_position = table.select(key, (table[entity] if entity else table[key]).alias("__entity"), *names)
    return _Side(by_position.mapInArrow(write, schema).cache(), names, side)


def _written(values: pa.Array) -> pa.Array:
    coded = encode(values)
    return coded.values.take(pa.array(coded.codes, mask=coded.codes < 0))


def _unique(side: _Side) -> None:
    rows, there, different = side.rows.selectExpr("count(*)", "count(id)", "count(distinct id)").first() or (0, 0, 0)
    if rows > there:
        raise Fatal(f"{side.side} table: {rows - there} rows have no id")
    if there > different:
        raise Fatal(f"{side.side} table: {there - different} rows repeat an id")


def _pairs(left: _Side, right: _Side, spec: Spec) -> DataFrame:
    """(id_l, id_r) of every pair that shares a key whose block is small enough, each once."""
    rules = list(spec.blocking.rules)
    first, cut = _meet(
        _keyed(left, spec, rules), _keyed(right, spec, rules), blocking.most(spec.blocking.max_block, is_finer=False)
    )
    finer = [(n, rule) for n, parent in enumerate(rules) for rule in blocking.finer_rules(parent, spec.comparisons)]
    left_again, right_again = (
        _keyed(side, spec, [rule for _, rule in finer], [n for n, _ in finer], cut[side.side]) for side in (left, right)
    )
    more, _ = _meet(left_again, right_again, blocking.most(spec.blocking.max_block, is_finer=True))
    return first.unionByName(more).distinct().cache()


def _keyed(
    side: _Side, spec: Spec, rules: Sequence[Rule], parents: Sequence[int] = (), cut: DataFrame | None = None
) -> DataFrame:
    """(rule, key, id) of every key that rows have; of finer ``rules`` only rows whose key under their parent was ``cut``."""
    names, which = side.names, side.side
    rows = side.rows.drop("entity") if cut is None else cut.join(side.rows.drop("entity"), "id")

    def keys(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            columns = {name: encode(batch.column(f"c{n}")) for n, name in enumerate(names)}
            made = Keys(columns, spec.comparisons, which)
            parent = np.asarray(batch.column("parent")) if parents else None
            for n, rule in enumerate(rules):
                at, hashed = made.rows(rule)
                if parent is not None:
                    kept = parent[at] == parents[n]
                    at, hashed = at[kept], hashed[kept]
                ids = batch.column("id").take(pa.array(at))
                yield pa.RecordBatch.from_arrays(
                    [pa.array(np.full(len(at), n, dtype=np.int32)), pa.array(hashed.view(np.int64)), ids],
                    ["rule", "key", "id"],
                )

    return rows.mapInArrow(keys, _KEYS).cache()


def _meet(left: DataFrame, right: DataFrame, most: int) -> tuple[DataFrame, dict[str, DataFrame]]:
    """Pairs of small blocks, and of each side the (parent, id) whose key has a large one."""
    large = right.groupBy("rule", "key").count().where(f"count > {most}").select("rule", "key").cache()
    small = right.join(large, ["rule", "key"], "left_anti").withColumnRenamed("id", "id_r")
    pairs = left.withColumnRenamed("id", "id_l").join(small, ["rule", "key"]).select("id_l", "id_r")
    cut = {
        name: side.join(large, ["rule", "key"], "left_semi").selectExpr("rule as parent", "id").distinct()
        for name, side in (("left", left), ("right", right))
    }
    return pairs, cut


def _counts(right: _Side, name: str) -> DataFrame:
    """How many entities have each value of a column."""
    column = right.column(name)
    there = right.rows.where(f"{column} is not null").select(column, "entity").distinct()
    return there.groupBy(column).count().withColumnRenamed("count", f"n{column}")


def _tally(right: _Side, name: str) -> tuple[int, int, int]:
    n = f"n{right.column(name)}"
    once, twice, total = _counts(right, name).selectExpr(
        f"count_if({n} = 1)", f"count_if({n} = 2)", f"coalesce(sum({n}), 0)"
    ).first() or (0, 0, 0)
    return int(once), int(twice), int(total)


def _with_counts(right: _Side) -> DataFrame:
    rows = right.rows
    for name in right.names:
        rows = rows.join(_counts(right, name), right.column(name), "left")
    return rows


def _prefixed(rows: DataFrame, side: str) -> DataFrame:
    return rows.select(*(rows[c].alias(f"id_{side}" if c == "id" else f"{side}_{c}") for c in rows.columns))


def _forms(
    left: _Side, right: _Side, spec: Spec, frequencies: Frequencies
) -> dict[Form, tuple[U64, npt.NDArray[np.float64]]]:
    """What ``Frequencies`` would make of the whole registry, for the masks that the signals show."""
    out: dict[Form, tuple[U64, npt.NDArray[np.float64]]] = {}
    for c in spec.comparisons:
        kind = compare.kinds()[c.kind]
        if not isinstance(kind, Masked) or not c.term_frequency:
            continue
        masks = _masks(left, c, kind).cache()
        patterns = [r[0] for r in masks.select("pattern").distinct().collect()]
        for name in c.right:
            hides = right.rows.where(f"{right.column(name)} like '%*%'").limit(1).count() > 0
            for pattern in sorted(patterns):
                if "*" in pattern or len(pattern) <= TAIL or hides:  # a full number fits what the registry hides only
                    shown = next(iter(layouts(pa.array([pattern]))))
                    wanted = masks.where(masks.pattern == pattern).select("form")
                    out[name, *shown] = _form(right, name, kind, shown, wanted, frequencies)
    return out


def _masks(left: _Side, c: Comparison, kind: Masked) -> DataFrame:
    """(form, pattern) of the distinct numbers as the signals write them; of a pattern 0 is shown and * is hidden."""

    def bare(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            forms = kind.bare(pa.concat_arrays([*batch.columns]).drop_null())
            yield pa.RecordBatch.from_arrays(
                [forms, pc.replace_substring_regex(forms, r"[^*]", "0")], ["form", "pattern"]
            )

    columns = left.rows.select(*(left.column(name) for name in c.left))
    return columns.mapInArrow(bare, "form string, pattern string").distinct()


def _form(
    right: _Side,
    name: str,
    kind: Masked,
    shown: tuple[tuple[int, ...], int],
    wanted: DataFrame,
    frequencies: Frequencies,
) -> tuple[U64, npt.NDArray[np.float64]]:
    """The share of the registry's full numbers that fit each wanted form; hashes ascending."""

    def hide(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            hidden = kind.masked_as(batch.column(0).cast(pa.string()), *shown)
            kept = pc.is_valid(hidden)
            yield pa.RecordBatch.from_arrays([hidden.filter(kept), batch.column(1).filter(kept)], ["form", "n"])

    forms = _counts(right, name).mapInArrow(hide, "form string, n long").groupBy("form").sum("n")
    forms = forms.withColumnRenamed("sum(n)", "n").cache()
    once, twice, total = forms.selectExpr("count_if(n = 1)", "count_if(n = 2)", "coalesce(sum(n), 0)").first() or (
        0,
        0,
        0,
    )
    rarity = chance.of_tally(int(once), int(twice), int(total), frequencies.usual_form(name, kind))
    seen = forms.join(wanted, "form", "left_semi").toArrow().cast(_FORMS).combine_chunks()
    hashes = hash_texts(pa.concat_arrays(seen.column("form").chunks or [pa.array([], pa.string())]))
    order = np.argsort(hashes)
    return hashes[order], rarity.shares(np.asarray(seen.column("n"))[order])


@dataclass(frozen=True)
class _Job:
    """What every Python process is told."""

    spec: Spec
    model: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    rarities: Mapping[str, chance.Rarity]
    forms: dict[Form, tuple[U64, npt.NDArray[np.float64]]]
    entities: int
    threshold: float

    def weigh(self, table: pa.Table) -> pa.Table:
        """The pairs of one bucket, which holds all candidates of its signals."""
        table = table.sort_by([("id_l", "ascending"), ("id_r", "ascending")]).combine_chunks()
        model, rows = Model.from_json(self.model), np.arange(table.num_rows, dtype=np.int32)
        left = {name: encode(table.column(f"l_c{n}")) for n, name in enumerate(self.left)}
        right = {name: _counted(table, n) for n, name in enumerate(self.right)}
        frequencies = Frequencies(right, self.rarities, dict(self.forms))
        found = agreement.agree(self.spec, left, right, frequencies, rows, rows)
        before = score.prior_bits(model, self.entities) + score.weigh(self.spec, model, found).total
        signals, entities = (_codes(table.column(c)) for c in ("id_l", "r_entity"))
        bits = before + score.rivals(before, signals, entities, one_match=self.spec.one_match_per_left)
        prob = score.probability(bits)
        chosen = pa.array(np.flatnonzero(prob >= self.threshold))
        out = pa.table({"id_l": table.column("id_l"), "id_r": table.column("id_r"), "score": bits, "prob": prob})
        return out.take(chosen)


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    return np.asarray(pa.concat_arrays(column.chunks).dictionary_encode().indices)


def _counted(table: pa.Table, n: int) -> Column:
    """The column of a bucket, with how many entities of the whole registry have each value."""
    column = encode(table.column(f"r_c{n}"))
    counts = np.zeros(len(column.values), dtype=np.int32)
    there = column.codes >= 0
    counts[column.codes[there]] = np.asarray(table.column(f"r_nc{n}").fill_null(0))[there]
    return replace(column, counts=counts)


def _weigh(met: DataFrame, pairs: DataFrame, job: _Job) -> DataFrame:
    buckets = max(pairs.count() // _PAIRS_A_BUCKET + 1, met.sparkSession.sparkContext.defaultParallelism)
    grouped = met.selectExpr("*", f"pmod(hash(id_l), {buckets}) as bucket").groupBy("bucket")

    def weigh(table: pa.Table) -> pa.Table:  # Spark counts the arguments of a method wrongly
        return job.weigh(table)

    return grouped.applyInArrow(weigh, PAIRS)
