"""Which part of a stream is the last."""

import pytest

from connectors.last import with_last


@pytest.mark.parametrize(
    ("parts", "told"), [("", []), ("a", [("a", True)]), ("abc", [("a", False), ("b", False), ("c", True)])]
)
def test_the_last_part_is_told_and_no_other(parts, told):
    assert list(with_last(parts)) == told


def test_an_empty_part_is_a_part():
    assert list(with_last([b"", b""])) == [(b"", False), (b"", True)]
