"""Long texts: read in pieces, with the same outcome, in time that grows no faster than they do."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.text import read
from privacy.text.pieces import PIECE, pieces

NOTE = "客户问了余额，别的没说。"


def test_a_number_is_found_wherever_a_cut_would_go_through_it():
    for before in range(PIECE - 14, PIECE + 3):
        text = "字" * before + "19900000107" + "字" * PIECE
        reading = read(text)
        assert [(s.start, s.end) for s in reading.spans] == [(before, before + 11)]
        assert "19900000107" not in reading.masked
        assert [s.start for s in reading.signals] == [before]


def test_whose_it_is_is_known_across_a_cut():
    text = NOTE * (PIECE // len(NOTE)) + "我妈换号了。" + "她让我说一声。" * 3 + "她的新号是19900000107。" + NOTE * 400
    assert {s.owner for s in read(text).signals} == {"mother"}


def test_each_piece_begins_where_the_one_before_ends():
    found = list(pieces((NOTE + "\n") * 3000))
    assert found[0].own == 0
    assert [p.own for p in found[1:]] == [p.end for p in found[:-1]]
    assert all(p.start <= p.own < p.end <= p.own + PIECE for p in found)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from(["19900000107", "，", "我妈", "字字字", "，a@example.com，", " ", "新号"]), max_size=30)
)
def test_positions_fit_the_text(parts):
    text = "".join(parts) * 60
    reading = read(text)
    assert all(a.end <= b.start for a, b in zip(reading.spans, reading.spans[1:], strict=False))
    assert {text[s.start : s.end] for s in reading.spans if s.type == "email"} <= {"a@example.com"}


def test_ten_times_the_text_takes_no_more_than_some_twenty_times_the_time():
    def seconds(times: int) -> float:
        start = time.process_time()
        read("我换号了，19900000107。" * times)
        return time.process_time() - start

    seconds(10)
    assert seconds(4000) < 25 * max(seconds(400), 0.01)
