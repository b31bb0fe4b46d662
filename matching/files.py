"""Linking files: any two tables on disk, the pairs as Parquet, written in batches."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from core import schemas
from core.errors import ConfigError, SourceUnusable
from matching.column import Column, encode
from matching.explain import Explanation, explain
from matching.hashing import U64
from matching.index import Index
from matching.link import PAIRS, Linker, prepare, prepare_keys, stream
from matching.model import Model
from matching.propose import propose_spec
from matching.records import Records, registry_of, require_columns, right_names, signals_of, unique_ids
from matching.spec import Spec
from matching.train import train

THREADS = 2
_CODED_BYTES = 4  # a row: a file that takes no more keeps codes of few distinct values
# ids repeat little and numbers do not compress: half the time, and no larger a file
_UNREPEATED: dict[str, Any] = {
    "use_dictionary": False,
    "compression": {"id_l": "snappy", "id_r": "snappy", "score": "none", "prob": "none"},
}
_NO_RULE = "no blocking rule keeps its blocks small enough to follow: no pair was compared"


def read(path: Path | str, columns: Sequence[str] = ()) -> pa.Table:
    """A table from .csv, .tsv, .jsonl/.ndjson or .parquet; only these columns, if any are named and it has them.

    Raises SourceUnusable without its contents.
    """
    path = Path(path)
    try:
        table = _READERS[path.suffix.casefold()](path, columns)
    except KeyError:
        raise SourceUnusable(path.name, f"a table is one of {', '.join(_READERS)}") from None
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        why = "is not UTF-8" if "UTF8" in str(error) else "cannot be read as the table its name says it is"
        raise SourceUnusable(path.name, why) from None
    pa.default_memory_pool().release_unused()  # what decoding took
    _require_plain(table.schema, path.name, columns)
    return table.select([c for c in columns if c in table.column_names]) if columns else table


def _require_plain(schema: pa.Schema, file: str, columns: Sequence[str]) -> None:
    """Raise SourceUnusable where two columns have one name, or a column to compare holds more than one value a row."""
    if len(set(schema.names)) < len(schema):
        raise SourceUnusable(file, "two columns have the same name")
    nested = next((f.name for f in schema if f.name in columns and pa.types.is_nested(f.type)), None)
    if nested:
        raise SourceUnusable(file, f"column {nested} holds lists or records: one value a row can be compared")


def _load(
    left_path: Path | str, right_path: Path | str, spec: Spec, pool: ThreadPoolExecutor
) -> tuple[Records, Records]:
    """Both tables, coded. Columns of Parquet files are read and coded each by itself, the largest first."""
    sides = (
        (Path(left_path), spec.left_id, spec.left_columns, "left"),
        (Path(right_path), spec.right_id, right_names(spec), "right"),
    )
    begun = [
        _begin(path, id_column, names, spec, side, pool)
        if path.suffix.casefold() == ".parquet"
        else pool.submit(_whole, path, (id_column, *names), spec, side)
        for path, id_column, names, side in sides
    ]
    left, right = (b.result() if isinstance(b, Future) else b() for b in begun)
    return left, right


def _give_back() -> None:
    """Memory that was taken on the way and is free."""
    pa.default_memory_pool().release_unused()


def _whole(path: Path, names: Sequence[str], spec: Spec, side: str) -> Records:
    table = read(path, names)
    return signals_of(table, spec) if side == "left" else registry_of(table, spec)


def _begin(
    path: Path, id_column: str, names: Sequence[str], spec: Spec, side: str, pool: ThreadPoolExecutor
) -> Callable[[], Records]:
    """Start reading; what is returned waits for the end of it."""
    try:
        known = pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        raise _unreadable(path) from None
    _require_plain(known.schema.to_arrow_schema(), path.name, (id_column, *names))
    require_columns(known.schema.to_arrow_schema(), (id_column, *names), spec, side)
    sizes = {n: _stored(known, n) for n in names}
    ids = pool.submit(_id_column, path, id_column, side)
    columns = {
        n: pool.submit(_column, path, n, distinct=side == "right", is_coded=sizes[n] <= _CODED_BYTES * known.num_rows)
        for n in sorted(names, key=lambda n: -sizes[n])
    }
    return lambda: Records(*ids.result(), {n: columns[n].result() for n in names})


def _stored(known: pq.FileMetaData, name: str) -> int:
    """Bytes that the values of a column take in the file, before compression."""
    total = 0
    for group in range(known.num_row_groups):
        columns = known.row_group(group)
        total += sum(
            columns.column(n).total_uncompressed_size
            for n in range(columns.num_columns)
            if columns.column(n).path_in_schema == name
        )
    return total


def _column(path: Path, name: str, *, distinct: bool, is_coded: bool) -> Column:
    """``is_coded``: the file keeps its values as codes, which are taken over."""
    return encode(_one_column(path, name, [name] if is_coded else None), distinct=distinct)


def _id_column(path: Path, name: str, side: str) -> tuple[pa.Array, U64]:
    return unique_ids(_one_column(path, name, None), name, side)


def _one_column(path: Path, name: str, coded: list[str] | None) -> pa.ChunkedArray:
    try:
        # not pq.read_table: it takes partitions for columns where a folder is called key=value
        with pq.ParquetFile(path, read_dictionary=coded, pre_buffer=False) as file:
            return file.read([name], use_threads=False).column(0)
    except (OSError, pa.ArrowException):
        raise _unreadable(path) from None


def _unreadable(path: Path) -> SourceUnusable:
    return SourceUnusable(path.name, "cannot be read as the table its name says it is")


def link_files(
    left_path: Path | str,
    right_path: Path | str,
    spec_path: Path | str | None,
    out: Path | str,
    model_path: Path | str | None = None,
    stats_path: Path | str | None = None,
    *,
    labels_path: Path | str | None = None,
    charts_folder: Path | str | None = None,
    evidence: bool = False,
    threshold: float = 0.0,
    threads: int = THREADS,
    lang: str = "en",
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """Link two files; the pairs go to ``out`` (id_l, id_r, score, prob, evidence on request). Returns the statistics.

    Without a spec one is proposed. A model file that is there is used, else the one learned is written to it.
    ``labels_path``: pairs that people decided (id_l, id_r, is_match), to learn from. ``charts_folder``: the pictures of
    the model and its scores are written there, as Vega-Lite and as one page, in the language ``lang``.
    ``clock``: seconds, for the statistics only: nothing else here knows the time.
    """
    began = clock()
    spec = Spec.load(spec_path) if spec_path else propose_spec(read(left_path), read(right_path))
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        left, right = _load(left_path, right_path, spec, pool)
    n_left, n_right = len(left), len(right)
    _give_back()
    loaded = clock()
    with ThreadPoolExecutor(1) as aside:  # what the cores have time for while rules and parameters are sought
        ahead = aside.submit(prepare, spec, left, right)
        index = Index.build(right, spec, signals=left, threads=threads)
        del right  # the index holds what is needed of it
        _give_back()
        built = clock()
        ahead.result()
        ahead = aside.submit(prepare_keys, index, left)
        labels = read_labels(labels_path) if labels_path else None
        model = _model(model_path, left, index, labels, threads)
        ahead.result()
    _give_back()
    trained = clock()
    linker = Linker(index, model)
    pairs, capped = _write(linker, left, Path(out), threshold, threads, with_evidence=evidence)
    if charts_folder:
        from matching import pictures  # noqa: PLC0415 - Altair is heavy, and most runs draw nothing

        pictures.of_run(Path(charts_folder), linker, left, Path(out), labels, lang)
    stats = {
        "n_left": n_left,
        "n_right": n_right,
        "n_out": pairs,
        "load_s": loaded - began,
        "index_s": built - loaded,
        "train_s": trained - built,
        "predict_s": clock() - trained,
        "peak_mb": peak_memory_mb(),
        "rules": [" + ".join(rule) for rule in index.plan.rules],
        "pairs_completeness_estimated": index.plan.pairs_completeness,
        "capped": dict(capped),
        "warnings": [*model.warnings, *([] if index.blocks else [_NO_RULE])],
        "spec": spec.name,
        "spec_digest": spec.digest,
        "is_spec_proposed": spec_path is None,
    }
    if stats_path:
        Path(stats_path).write_text(json.dumps(stats, indent=1) + "\n", encoding="utf-8")
    return stats


def explain_files(
    left_path: Path | str,
    right_path: Path | str,
    id_l: str,
    id_r: str,
    spec_path: Path | str | None = None,
    model_path: Path | str | None = None,
) -> Explanation:
    """Why two records of two files are, or are not, held to be the same."""
    left, right = read(left_path), read(right_path)
    spec = Spec.load(spec_path) if spec_path else propose_spec(left, right)
    index = Index.build(right, spec, signals=left)
    return explain(Linker(index, _model(model_path, left, index)), left, id_l, id_r)


def peak_memory_mb() -> float:
    """Of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def read_labels(path: Path | str) -> pa.Table:
    """What people decided: id_l, id_r, is_match (true or false, 1 or 0). Raises ConfigError naming the column."""
    table = read(path)
    for name in ("id_l", "id_r", "is_match"):
        if name not in table.column_names:
            raise ConfigError("labels have the columns id_l, id_r, is_match", file=Path(path).name, key=name)
    told = pc.utf8_lower(table.column("is_match").cast(pa.string()))
    is_match = pc.is_in(told, value_set=pa.array(["true", "1"]))
    unclear = table.num_rows - pc.sum(pc.is_in(told, value_set=pa.array(["true", "1", "false", "0"]))).as_py()
    if unclear:
        raise ConfigError(f"{unclear} labels are neither true nor false", file=Path(path).name, key="is_match")
    return pa.table(
        {"id_l": table["id_l"].cast(pa.string()), "id_r": table["id_r"].cast(pa.string()), "is_match": is_match}
    )


def _model(
    path: Path | str | None,
    left: pa.Table | Records,
    index: Index,
    labels: pa.Table | None = None,
    threads: int = THREADS,
) -> Model:
    if path and Path(path).exists():
        if labels is not None:
            raise ConfigError("the model is there already: labels would not change it", file=Path(path).name)
        return Model.load(path)
    model = train(left, index, labels=labels, threads=threads)
    if path:
        model.save(path)
    return model


def _write(
    linker: Linker, left: Records, out: Path, threshold: float, threads: int, *, with_evidence: bool
) -> tuple[int, dict[str, int]]:
    """To a temporary name first: a file under its own name is whole."""
    schema = PAIRS.append(pa.field("evidence", schemas.EVIDENCE)) if with_evidence else PAIRS
    partial = out.with_name(out.name + ".partial")
    rows = 0
    try:
        with pq.ParquetWriter(partial, schema, **({} if with_evidence else _UNREPEATED)) as writer:
            for batch in stream(linker, left, threshold, with_evidence=with_evidence, threads=threads):
                writer.write_table(batch.cast(schema))
                rows += batch.num_rows
    except OSError:
        raise ConfigError("cannot be written", file=out.name) from None
    partial.replace(out)
    return rows, linker.capped


def _csv(delimiter: str) -> Callable[[Path, Sequence[str]], pa.Table]:
    def reader(path: Path, _columns: Sequence[str]) -> pa.Table:
        parse = pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
        with pyarrow.csv.open_csv(path, parse_options=parse) as head:
            names = head.schema.names
        text = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        )
        return pyarrow.csv.read_csv(path, parse_options=parse, convert_options=text)

    return reader


def _jsonl(path: Path, _columns: Sequence[str]) -> pa.Table:
    """Dates stay the text they are written as."""
    inferred = pyarrow.json.read_json(path)
    texts = [pa.field(f.name, pa.string()) for f in inferred.schema if pa.types.is_temporal(f.type)]
    if not texts:
        return inferred
    parse = pyarrow.json.ParseOptions(explicit_schema=pa.schema(texts))
    return pyarrow.json.read_json(path, parse_options=parse)


def _parquet(path: Path, columns: Sequence[str]) -> pa.Table:
    with pq.ParquetFile(path, pre_buffer=False) as file:
        known = set(file.schema_arrow.names)
        return file.read([c for c in columns if c in known] if columns else None)


_READERS: dict[str, Callable[[Path, Sequence[str]], pa.Table]] = {
    ".csv": _csv(","),
    ".tsv": _csv("\t"),
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
}
