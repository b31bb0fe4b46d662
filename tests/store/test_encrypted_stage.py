import secrets

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Fatal
from privacy.cipher import FileCipher
from privacy.keys import KeyRing
from store import encrypted_file
from store.stage import Stage


def ring(*ids):
    return KeyRing(ids[-1], {i: secrets.token_bytes(32) for i in ids}, "t1", secrets.token_bytes(32))


ROWS = pa.table({"name": [f"Testperson {i}" for i in range(50_000)], "n": pa.array(range(50_000))})


@pytest.fixture
def keys():
    return ring("k1")


@pytest.fixture
def stage(tmp_path, keys):
    return Stage(tmp_path / "stage", FileCipher(keys))


def file_of(stage):
    return next(stage.folder.rglob("*.parquet"))


def test_rows_come_back_and_no_value_is_in_the_file(stage):
    ref = stage.write("r1", "pull", "shop", ROWS)
    assert stage.read(ref).equals(ROWS)
    assert stage.read("r1", "pull", "shop", columns=["n"]).equals(ROWS.select(["n"]))
    assert stage.ref("r1", "pull", "shop") == ref
    content = file_of(stage).read_bytes()
    assert b"Testperson" not in content
    assert b"PAR1" not in content


def test_the_same_rows_give_the_same_bytes(stage):
    assert stage.write("r1", "pull", "shop", ROWS) == stage.write("r1", "pull", "shop", ROWS)


def test_a_file_does_not_open_without_its_key_or_without_any(stage):
    stage.write("r1", "pull", "shop", ROWS)
    with pytest.raises(Fatal):
        Stage(stage.folder, FileCipher(ring("k1"))).read("r1", "pull", "shop")
    with pytest.raises(Fatal, match="k1 is not in the key ring"):
        Stage(stage.folder, FileCipher(ring("k9"))).read("r1", "pull", "shop")


def test_a_plain_file_is_not_taken_for_an_encrypted_one(stage):
    Stage(stage.folder).write("r1", "pull", "shop", ROWS)
    with pytest.raises(Fatal, match="not encrypted"):
        stage.read("r1", "pull", "shop")


def test_a_file_written_before_a_rotation_still_opens(tmp_path, keys):
    old = Stage(tmp_path, FileCipher(keys))
    old.write("r1", "pull", "shop", ROWS)
    both = KeyRing("k2", {**keys.sealing, "k2": secrets.token_bytes(32)}, "t1", keys.token_key)
    assert Stage(tmp_path, FileCipher(both)).read("r1", "pull", "shop").equals(ROWS)


@pytest.mark.parametrize("harm", ["flip", "cut", "move"])
def test_a_file_that_was_altered_cut_or_moved_does_not_open(stage, harm, monkeypatch):
    monkeypatch.setattr(encrypted_file, "CHUNK", 4096)
    stage.write("r1", "pull", "shop", ROWS)
    path = file_of(stage)
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif harm == "cut":
        path.write_bytes(content[: 8 + (4096 + FileCipher.overhead) * 2])
    else:
        path.rename(path.with_name("crm.parquet"))
    with pytest.raises((Fatal, pa.ArrowException, OSError)):
        stage.read("r1", "pull", "crm" if harm == "move" else "shop")


@given(size=st.integers(0, 40), parts=st.lists(st.integers(1, 9), max_size=8), seek=st.integers(0, 45))
def test_any_writes_read_back_the_same_at_any_place(size, parts, seek):
    import io
    from unittest.mock import patch

    content, cipher = secrets.token_bytes(size), FileCipher(RING)
    with patch.object(encrypted_file, "CHUNK", 8):
        file = io.BytesIO()
        writer = encrypted_file.EncryptedWriter(file, cipher, "x")
        left = content
        for n in [*parts, size]:
            writer.write(left[:n])
            left = left[n:]
        writer.finish()
        file.seek(0)
        reader = encrypted_file.EncryptedReader(file, cipher, "x")
        reader.seek(seek)
        assert reader.read() == content[seek:]


RING = ring("k1")
