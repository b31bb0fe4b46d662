from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from values import email


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Zhang.San@EXAMPLE.com", "Zhang.San@example.com"),
        ("ｚｓ＠ｅｘａｍｐｌｅ．ｃｏｍ", "zs@example.com"),
        ("Wang Wu <ww@example.cn>", "ww@example.cn"),
        ("mailto:a+b@mail.example.co.uk", "a+b@mail.example.co.uk"),
        ("邮箱：a@b.test", "a@b.test"),
        ("a@b.invalid;", "a@b.invalid"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(text, canonical):
    assert email.parse(text) == (canonical, "address")


def test_a_masked_address_stays_masked():
    assert email.parse("zh●●●@QQ.com") == ("zh***@qq.com", "masked")


@pytest.mark.parametrize(
    "text",
    [
        "a@b",
        "a b@c.com",
        "a..b@c.com",
        ".a@c.com",
        "@c.com",
        "a@-b.com",
        "a@b..com",
        "x" * 65 + "@c.com",
        "13800138000",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadInput):
        email.parse(text)


def test_a_column_gives_values_and_reasons():
    n = email.normalise(pa.array(["a@B.test", None, "x"]))
    assert (n.values.to_pylist(), n.reasons.to_pylist()) == (["a@b.test", None, None], [None, None, "not_an_email"])


@given(st.one_of(st.emails(), st.text("ab@.-*<> ", max_size=15)))
def test_any_text_gives_an_address_that_reads_as_itself_or_bad_input(text):
    try:
        canonical, kind = email.parse(text)
    except BadInput:
        return
    assert email.parse(canonical) == (canonical, kind)
