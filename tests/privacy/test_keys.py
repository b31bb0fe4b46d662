from __future__ import annotations

import base64
import json
import stat
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.deployment import Keys
from core.errors import Fatal
from privacy.keys import KeyRing, load, rotate

MASTER = {"SKIPTRACE_KEY_MASTER": base64.b64encode(bytes(range(32))).decode()}
OTHER = {"SKIPTRACE_KEY_MASTER": base64.b64encode(bytes(range(1, 33))).decode()}
ENV = Keys(provider="env")
FILE = Keys()
RING = KeyRing(active="k1", sealing={"k1": bytes(32)}, token_id="t1", token_key=bytes(32))


def test_an_absent_ring_is_made_private_and_read_again(tmp_path: Path) -> None:
    first, second = load(FILE, tmp_path, {}), load(FILE, tmp_path, {})
    assert stat.S_IMODE((tmp_path / FILE.path).stat().st_mode) == 0o600
    assert first.token("phone", "138") == second.token("phone", "138")
    assert second.open(first.seal("secret", "row 1"), "row 1") == "secret"
    assert [p.name for p in (tmp_path / "state").iterdir()] == ["keys.json"]


def test_a_ring_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load(FILE, tmp_path, {})
    (tmp_path / FILE.path).chmod(0o640)
    with pytest.raises(Fatal, match="0600"):
        load(FILE, tmp_path, {})


def test_the_ring_file_of_an_env_master_does_not_hold_the_master(tmp_path: Path) -> None:
    load(ENV, tmp_path, MASTER)
    assert "master" not in json.loads((tmp_path / ENV.path).read_text())
    with pytest.raises(Fatal, match="does not open the key ring"):
        load(ENV, tmp_path, OTHER)


@pytest.mark.parametrize("master", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_a_bad_master_stops_the_run_and_leaves_no_file(tmp_path: Path, master: str) -> None:
    with pytest.raises(Fatal, match="SKIPTRACE_KEY_MASTER"):
        load(ENV, tmp_path, {"SKIPTRACE_KEY_MASTER": master})
    assert not (tmp_path / ENV.path).exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1, "active": "k1", "token": "t1"}'])
def test_a_broken_ring_file_is_fatal(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(Fatal):
        load(Keys(provider="env", path="keys.json"), tmp_path, MASTER)


def test_after_a_rotation_old_values_open_and_tokens_still_join(tmp_path: Path) -> None:
    before = load(FILE, tmp_path, {})
    blob, token = before.seal("secret", "a"), before.token("name", "x")
    after = rotate(FILE, tmp_path, {})
    assert after.active == "k2" != before.active
    assert after.open(blob, "a") == "secret"
    assert after.token("name", "x") == token
    assert stat.S_IMODE((tmp_path / FILE.path).stat().st_mode) == 0o600
    assert before.open(after.seal("new", "a"), "a") == "new", "a ring loaded before fetches the new key"
    with pytest.raises(Fatal, match="k2 is not in the key ring"):
        replace(before, again=None).open(after.seal("new", "a"), "a")


def test_tokens_differ_by_kind_value_and_ring(tmp_path: Path) -> None:
    ring = load(FILE, tmp_path, {})
    tokens = {ring.token("phone", "1"), ring.token("name", "1"), ring.token("phone", "2"), RING.token("phone", "1")}
    assert len(tokens) == 4


def test_a_column_of_tokens_is_the_token_of_each_value() -> None:
    column = pa.chunked_array([["a", None], ["b", "a"]])
    assert RING.tokens("phone", column).to_pylist() == [
        RING.token("phone", "a"), None, RING.token("phone", "b"), RING.token("phone", "a")
    ]  # fmt: skip


@given(kind=st.text(), value=st.text(), key=st.binary(min_size=1, max_size=100))
def test_a_column_that_is_made_quickly_has_the_same_tokens(kind: str, value: str, key: bytes) -> None:
    ring = replace(RING, token_key=key)
    column = pa.array([value, None, value])
    assert ring.tokens(kind, column) == ring.tokens_each(kind, column)
    assert ring.tokens(kind, column).to_pylist() == [ring.token(kind, value), None, ring.token(kind, value)]


@settings(deadline=None)  # the tables load on first use
@given(text=st.text(), aad=st.text())
def test_what_is_sealed_opens_to_the_same_text(text: str, aad: str) -> None:
    assert RING.open(RING.seal(text, aad), aad) == text


@settings(deadline=None)  # the tables load on first use
@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_any_altered_byte_is_noticed_and_the_value_not_told(position: int, flip: int) -> None:
    blob = bytearray(RING.seal("secret-value", "a"))
    blob[position % len(blob)] ^= flip
    with pytest.raises(Fatal) as raised:
        RING.open(bytes(blob), "a")
    assert "secret" not in str(raised.value)


def test_a_sealed_value_does_not_open_in_another_place() -> None:
    with pytest.raises(Fatal, match="does not open"):
        RING.open(RING.seal("secret", "row 1"), "row 2")


def test_a_sealed_column_opens_and_equal_texts_look_different() -> None:
    column = pa.array(["a", None, "a"])
    sealed = RING.seal_column(column, "x")
    assert sealed[0].as_py() != sealed[2].as_py()
    assert RING.open_column(sealed, "x").to_pylist() == ["a", None, "a"]


def test_a_ring_never_prints_its_keys() -> None:
    assert "x00" not in repr(RING)
