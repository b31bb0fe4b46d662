from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample import identity, places, vocabulary
from sample.places import Kind, Parts, Places, Style
from sample.sources import cards
from sample.timeline import stints

FLAT = Parts("江苏省", "苏州市", "姑苏区", "", "枫桥路", "18", "澜月花园", "12", "2", "1203")


@pytest.mark.parametrize(
    ("style", "written"),
    [
        (Style.FULL, "江苏省苏州市姑苏区枫桥路18号澜月花园12号楼2单元1203室"),
        (Style.BLOCK, "江苏省苏州市姑苏区枫桥路18号澜月花园12栋2单元1203"),
        (Style.BARE, "江苏苏州姑苏枫桥路18号澜月花园12幢2单元1203"),
        (Style.SPACED, "江苏省 苏州市 姑苏区 枫桥路18号澜月花园 12号楼2单元1203室"),
        (Style.COMPACT, "苏州市姑苏区澜月花园12-2-1203"),
        (Style.NUMERALS, "江苏省苏州市姑苏区枫桥路18号澜月花园十二号楼二单元一二〇三室"),
        (Style.NO_DISTRICT, "江苏省苏州市枫桥路18号澜月花园12号楼2单元1203室"),
        (Style.WIDE, "江苏省苏州市姑苏区枫桥路１８号澜月花园１２号楼２单元１２０３室"),
        (Style.NO_PROVINCE, "苏州市姑苏区枫桥路18号澜月花园12号楼2单元1203室"),
    ],
)
def test_an_address_is_written_in_each_style(style, written):
    assert places.text(FLAT, style) == written


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("江苏省", "江苏"),
        ("广西壮族自治区", "广西"),
        ("内蒙古自治区", "内蒙古"),
        ("城区", "城区"),
        ("延边朝鲜族自治州", "延边朝鲜族自治州"),
    ],
)
def test_divisions_are_shortened_as_people_do(name, short):
    assert places.short_division(name) == short


@given(st.integers(1, 99))
def test_a_numeral_reads_back_as_its_number(n):
    tens, _, ones = places.numeral(str(n)).rpartition("十")
    read = {c: i for i, c in enumerate("〇一二三四五六七八九")}
    has_tens = "十" in places.numeral(str(n))
    assert (read.get(tens, 1) * 10 if has_tens else 0) + (read[ones] if ones else 0) == n


@given(st.integers(0, 2**31), st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_no_number_is_handed_out_twice(seed, sizes):
    numbers, rng = identity.Numbers(seed), np.random.default_rng(seed)
    taken = np.concatenate([numbers.take(rng, n) for n in sizes])
    assert len(set(taken.tolist())) == sum(sizes)
    assert all(str(n)[3:5] == "00" and str(n)[5:8] != "000" for n in taken.tolist())


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-99, -1), st.integers(0, 50)), max_size=12), st.integers(-100, 0)
)
def test_a_timeline_answers_with_the_newest_stint_begun_by_that_day(changes, day):
    who, start, value = (np.array([c[i] for c in changes], dtype=np.int64) for i in range(3))
    line = stints(np.arange(4), np.full(4, 77), who, start, value, 100)
    for unit in range(4):
        begun = [(s, v) for u, s, v in changes if u == unit and s <= day]
        newest = max((s for s, _ in begun), default=None)
        allowed = {v for s, v in begun if s == newest} or {77}
        assert int(line.at(np.array([unit]), day)[0]) in allowed


def test_neighbours_share_an_estate_and_an_estate_stands_on_one_road():
    rng, book = np.random.default_rng(1), Places()
    n = 500
    book.homes(rng, np.zeros(n, np.int64), np.zeros(n, np.int64))
    flats = book["kind"] == Kind.FLAT
    sites = set(zip(*(book[c][flats].tolist() for c in ("estate", "road", "number")), strict=True))
    assert len({estate for estate, _, _ in sites}) == len(sites) <= 40


def test_divisions_come_from_all_provinces_of_the_mainland():
    d = vocabulary.divisions()
    assert len(set(d.province)) == 31
    assert len(d.city) > 330
    assert d.weight.sum() == pytest.approx(1)
    assert len(d.district) == d.count.sum()


def test_names_are_chinese_and_canaries_characters_are_their_own():
    rng = np.random.default_rng(3)
    male = rng.random(4000) < 0.5
    names = identity.full_names(rng, identity.surnames(rng, 4000), male)
    assert all(2 <= len(n.replace("·", "")) <= 12 for n in names)
    assert not any(set(n) & set("鹂鹀鹨") for n in names)
    assert len(set(names)) > 3000


@pytest.mark.parametrize(("name", "title"), [("王伟", "王先生"), ("欧阳娜", "欧阳先生")])
def test_a_title_keeps_the_whole_surname(name, title):
    assert identity.titled(name, is_male=True) == title


@pytest.mark.parametrize(
    ("name", "embossed"), [("王小明", "WANG XIAOMING"), ("欧阳娜", "OUYANG NA"), ("扎西·次仁", "ZHA XICIREN")]
)
def test_a_card_carries_its_holders_name_in_latin_letters(name, embossed):
    assert cards.embossed([name]) == [embossed]


def test_a_city_is_never_shortened_to_what_another_place_is_called_too():
    shorts = dict(zip(vocabulary.divisions().city, cards._short_names(), strict=True))
    assert shorts["苏州市"] == "苏州"
    assert shorts["阿里地区"] == "阿里"
    assert shorts["喀什地区"] == "喀什地区"  # 喀什市 lies in it
    assert shorts["上海市"] == "上海"
    assert shorts["吉林市"] == "吉林市"
    assert shorts["朝阳市"] == "朝阳市"
