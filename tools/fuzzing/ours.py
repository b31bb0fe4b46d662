"""Parsers of files and settings that people and other programs give this installation: YAML, CSV lists, backups, keys, tokens."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from core.errors import ConfigError, Fatal, SourceUnusable, Transient
from fuzzing.damage import ANYTHING, Parser, damaged, encoded, lightly, torn

ROOT = Path(__file__).resolve().parent.parent.parent
_AT = datetime(2026, 11, 27, tzinfo=UTC)


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()][:60]


_BOMB = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [{','.join(f'*{a}' for _ in range(8))}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))  # fmt: skip
_YAML_PIECES = (": ", "- ", "*a", "&a ", "<<: *a", "!!binary YQ==", "!!set {a}", "!!timestamp 2026-01-01", "0o17", "1_000", ".inf", ".nan", "~", "${HOME:-x}", "${X", "? [1]\n: 2", "| \n  x", "'", "{a: 1}", "pattern: 'a{99999999999}'", "date_format: '%d %d'")  # fmt: skip


def _deployment(text: str) -> None:
    """A deployment reads the same twice."""
    from core.deployment import parse

    found = parse(text, environ={})
    assert found == parse(text, environ={})


def _pack(text: str) -> None:
    from policy.pack import parse

    assert parse(text) == parse(text)


# --- lists that people keep in CSV files -------------------------------------------------------------------------------------------

_PEOPLE = (
    "case_id,customer_no,id_number,scopes\nTEST-0001,,,\n,TEST-1,,delivery_address|phone_update\n,,110101199001010015,\n",
    "case_id\nTEST-0001\nTEST-0002\n",
    'customer_no,scopes\n"TEST-1"," a | b |"\n',
)
_TRUTH = (
    "case_id,phone,city\nTEST-0001,19900001234,330200\nTEST-0002,,\n",
    '"case_id","contact_value","disposition","at"\nTEST-0001,0199,right_party,2026-11-01\n',
)


def _of_bytes(name: str, call: Callable[[Path], Any]) -> Callable[[bytes], None]:
    def check(body: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
            path = Path(folder) / name
            path.write_bytes(body)
            path.chmod(0o600)
            call(path)

    return check


def _withdrawals(path: Path) -> None:
    """Whoever is named is named by exactly one key, and no row is passed over."""
    from pipeline.withdraw import named_in

    for at, (row, person, scopes) in enumerate(named_in(path), 1):
        assert row == at
        assert scopes is None or (scopes and all(s == s.strip() != "" for s in scopes))
        assert sum(v is not None for v in (person.case_id, person.customer_no, person.id_number)) == 1


def _truth(path: Path) -> None:
    """Every column is text, as it is written: no leading zero is lost."""
    from pipeline.evaluate import read_csv

    found = read_csv(path)
    assert all(kind == pa.string() for kind in found.schema.types)
    found.validate(full=True)


# --- files of our own, on their way back in ----------------------------------------------------------------------------------------


def _token(kind: str, value: str) -> str:
    import hashlib

    return "t1_" + hashlib.sha256(f"{kind}\x1f{value}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _site(folder: Path) -> Any:
    """As much of a site as reading these files asks for."""
    deployment = SimpleNamespace(tombstones="tombstones.jsonl", store="sqlite:///s.db")
    return SimpleNamespace(
        folder=folder, deployment=deployment, token=_token, keys=key_ring(), models=folder / "models", environ={}
    )


@cache
def key_ring() -> Any:
    from core.deployment import Keys
    from privacy.keys import load

    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        return load(Keys(path="keys.json"), Path(folder), {})


@cache
def ring_file() -> str:
    from core.deployment import Keys
    from privacy.keys import load

    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        load(Keys(path="keys.json"), Path(folder), {})
        return (Path(folder) / "keys.json").read_text()


def _keys(path: Path) -> None:
    """A ring that loads seals what it opens."""
    from core.deployment import Keys
    from privacy.keys import load

    ring = load(Keys(path=path.name), path.parent, {})
    assert ring.open(ring.seal("x", "a"), "a") == "x"


def _sealed(given: tuple[bytes, str]) -> None:
    """A value that was altered does not open."""
    blob, aad = given
    ring = key_ring()
    assert ring.open(blob, aad) == "示例"


def _sealed_file(body: bytes) -> None:
    """A file that was altered or cut off does not open, and one that is whole does."""
    import io

    from privacy.cipher import FileCipher
    from store.encrypted_file import EncryptedReader

    reader = EncryptedReader(io.BytesIO(body), FileCipher(key_ring()), "s")
    assert reader.read() == _PLAIN


_PLAIN = b"plain" * 9


@cache
def sealed_seed() -> bytes:
    import io

    from privacy.cipher import FileCipher
    from store.encrypted_file import EncryptedWriter

    out = io.BytesIO()
    writer = EncryptedWriter(out, FileCipher(key_ring()), "s")
    writer.write(_PLAIN)
    writer.finish()
    return out.getvalue()


def _told_file() -> str:
    from pipeline import tombstones
    from store.erasure import Subject

    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        site = _site(Path(folder))
        tombstones.withdrawn(site, [Subject(("t1_a",), ("TEST-0001",))], None, _AT)
        tombstones.closed(site, ["TEST-0002"], "paid", _AT)
        return (Path(folder) / "tombstones.jsonl").read_text()


def _tombstones(path: Path) -> None:
    """What is read back is a chain from its first line on, and goes on where it ended."""
    from pipeline import tombstones

    site = _site(path.parent)
    before = tombstones.mark(site)
    assert len(tombstones.since(site, tombstones.Mark())) == before.lines
    tombstones.closed(site, ["TEST-0003"], "paid", _AT)
    assert tombstones.mark(site).lines == before.lines + 1


def _appended(path: Path) -> None:
    """What is told next is the line after the last, or the file is said to be altered."""
    from pipeline import tombstones

    site, before = _site(path.parent), path.read_bytes()
    tombstones.closed(site, ["TEST-0003"], "paid", _AT)
    assert path.read_bytes().startswith(before[: before.rfind(b"\n") + 1])


def _backup(given: tuple[bytes, bytes | None]) -> None:
    """A backup verifies only as it was made."""
    from pipeline import backup

    manifest, data = given
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        (Path(folder) / backup.MANIFEST).write_bytes(manifest)
        if data is not None:
            (Path(folder) / backup.DATA).write_bytes(data)
        backup.verify(_site(Path(folder)), Path(folder))


@cache
def _manifest() -> str:
    from pipeline import backup

    made = {"format": 1, "made_at": _AT.isoformat(), "backend": "sqlite", "schema": "1", "key": key_ring().active, "bytes": 5, "sha256": "0" * 64, "tombstones": 0, "tombstones_hash": ""}  # fmt: skip
    return json.dumps(made | {"mac": backup._mac(_site(Path()), made)})  # noqa: SLF001 - a manifest as backup writes it


def _learned(path: Path) -> None:
    from pipeline.learn import load

    assert load(path) == load(path)


def _history(path: Path) -> None:
    from pipeline import learn

    learn.history(SimpleNamespace(models=path.parent))  # type: ignore[arg-type]


def _contract(path: Path) -> None:
    """A contract is what it was written from."""
    from connectors import Contract
    from pipeline import drift

    folder = path.parent / drift.FOLDER
    folder.mkdir()
    path.rename(folder / "s.json")
    found = drift.known(SimpleNamespace(folder=path.parent), "s")  # type: ignore[arg-type]
    assert found is None or Contract.from_json(found.to_json()) == found


def _cursor(given: tuple[str, str]) -> None:
    """A stored cursor that is none is refused by the source, not by Python."""
    import sqlite3

    from connectors import cursor
    from fuzzing.source import rows_of, spec

    transport, text = given
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        (Path(folder) / "s.csv").write_text("id,name,phone,day\nT1,x,1,2\n")
        made = sqlite3.connect(Path(folder) / "s.db")
        made.executescript("create table t (id, name, phone, day); insert into t values ('T1', 'x', '1', '2026-11-01')")
        made.close()
        if transport == "csv":
            rows_of(spec("csv", "s.csv", {}), Path(folder), since=text)
        else:
            options = {"table": "t", "watermark": {"column": "day", "lag": "2h"}}
            rows_of(spec("sqlite", "s.db", options), Path(folder), since=text)
    assert cursor is not None


_CURSORS = (
    '{"v":1,"kind":"files","done":{"s.csv":[26,"1"]},"half":{"key":"s.csv","mark":[26,"1"],"row":1}}',
    '{"v":1,"kind":"sql","watermark":["str","2026-11-01"],"whole":true}',
    '{"v":1,"kind":"sql","watermark":["datetime","2026-11-01T00:00:00"],"whole":false}',
)


def _states() -> st.SearchStrategy[str]:
    """Cursors whose text is JSON, and whose parts are anything."""
    state = st.fixed_dictionaries({"v": st.just(1), "kind": st.sampled_from(["files", "sql"])}, optional={"done": ANYTHING, "half": ANYTHING, "watermark": st.one_of(ANYTHING, st.tuples(st.sampled_from(["str", "int", "date", "datetime", "x"]), st.sampled_from(["1", "2026-11-01", "x"]))), "whole": ANYTHING})  # fmt: skip
    return state.map(json.dumps)


def parsers() -> dict[str, Parser]:
    """By name."""
    import ranking

    example = _text("examples/portfolio/deployment.yaml")
    packs = [_text(f"policy/packs/{name}.yaml") for name in ("cn", "us", "uk")]
    params = ranking.default_params().model_dump_json(indent=1)
    ring = key_ring()
    csv_files = encoded(damaged(*_PEOPLE))
    promotions = '[{"version": "v1", "before": "v0", "actor": "user:a", "at": "2026-11-01T00:00:00+00:00", "reason": "it is better"}]'
    return {
        "yaml": Parser(st.one_of(lightly(example, *_lines(example), *_YAML_PIECES), damaged(example, *_lines(example), *_YAML_PIECES, _BOMB)), _deployment, (ConfigError,)),
        "policy packs": Parser(st.one_of(lightly(*packs, *_lines(packs[0]), *_YAML_PIECES), damaged(*packs, _BOMB)), _pack, (ConfigError,)),
        "withdrawal lists": Parser(csv_files, _of_bytes("w.csv", _withdrawals), (ConfigError,)),
        "truth lists": Parser(encoded(damaged(*_TRUTH)), _of_bytes("t.csv", _truth), (ConfigError,)),
        "key rings": Parser(encoded(st.one_of(lightly(ring_file()), damaged(ring_file()))), _of_bytes("keys.json", _keys), (Fatal,)),
        "sealed values": Parser(st.tuples(torn(st.just(ring.seal("示例", "a"))), st.sampled_from(["a", "b"])), _sealed, (Fatal,)),
        "sealed files": Parser(torn(st.just(sealed_seed())), _sealed_file, (Fatal,)),
        "tombstones": Parser(torn(st.just(_told_file().encode())), _of_bytes("tombstones.jsonl", _tombstones), (Fatal, Transient)),
        "told next": Parser(torn(st.sampled_from([_told_file().encode(), _told_file().encode() + b"x" * 70_000])), _of_bytes("tombstones.jsonl", _appended), (Fatal, Transient)),
        "backups": Parser(st.tuples(encoded(st.one_of(lightly(_manifest()), damaged(_manifest()))), st.one_of(st.none(), torn(st.just(sealed_seed())))), _backup, (Fatal,)),
        "learned": Parser(encoded(st.one_of(lightly(params), damaged(params))), _of_bytes("ranking.json", _learned), (ConfigError,)),
        "promotions": Parser(encoded(damaged(promotions)), _of_bytes("ranking-history.json", _history), (Fatal,)),
        "contracts": Parser(encoded(damaged('{"version": 1, "source": "s", "columns": {"a": "phone"}}')), _of_bytes("c.json", _contract), (SourceUnusable,)),
        "cursors": Parser(st.tuples(st.sampled_from(["csv", "sqlite"]), st.one_of(lightly(*_CURSORS), damaged(*_CURSORS), _states())), _cursor, (SourceUnusable,)),
    }  # fmt: skip
