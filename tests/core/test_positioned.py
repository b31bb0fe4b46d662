"""A reader at any position says of itself what a file in memory says."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.positioned import PositionedReader

WHOLE = bytes(range(100))
MOVES = st.tuples(st.integers(0, 120), st.just(io.SEEK_SET)) | st.tuples(st.integers(-20, 20), st.sampled_from((1, 2)))


class Held(PositionedReader):
    def __init__(self, size):
        super().__init__()
        self._size = size

    def _end(self):
        if self._size is None:
            raise io.UnsupportedOperation
        return self._size

    def readinto(self, buffer):
        got = WHOLE[self._position : self._position + len(buffer)]
        buffer[: len(got)] = got
        self._position += len(got)
        return len(got)


@given(st.lists(st.tuples(MOVES, st.integers(0, 50))))
def test_it_stands_and_reads_where_a_file_in_memory_does(steps):
    ours, theirs = Held(len(WHOLE)), io.BytesIO(WHOLE)
    for (offset, whence), size in steps:
        assert ours.seek(offset, whence) == theirs.seek(offset, whence) == ours.tell()
        assert ours.read(size) == theirs.read(size)


def test_an_end_that_is_not_known_is_no_place_to_go_from():
    reader = Held(None)
    assert reader.seek(7) == 7
    with pytest.raises(io.UnsupportedOperation):
        reader.seek(0, io.SEEK_END)
    assert reader.tell() == 7
