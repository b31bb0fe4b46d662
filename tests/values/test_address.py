"""Chinese addresses: parts, key, agreement."""

from __future__ import annotations

import importlib
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.address_parts import PARTS, cases
from values import address, divisions
from values.address import Address, aside
from values.address.numerals import arabic
from values.divisions_table import table
from values.text import plain

HERE = Path(__file__).parent
DEVELOPMENT = cases(HERE / "address_development.txt")
DISTRICTS = sorted(code for code, entry in table().current.items() if entry.level == "district")
HOME = "陕西省西安市雁塔区复兴街111号和谐家园6号楼4单元403室"


@pytest.mark.parametrize(("text", "expected"), DEVELOPMENT, ids=range(len(DEVELOPMENT)))
def test_every_part_of_a_written_out_address_is_found(text: str, expected: dict[str, object]) -> None:
    parsed = address.parse(text)
    assert {p: getattr(parsed, p) or "" for p in PARTS} == {p: expected.get(p) or "" for p in PARTS}


@pytest.mark.parametrize("file", ["address_held_out.txt", "address_fresh.txt"])
def test_nearly_all_parts_of_addresses_written_apart_from_the_grammar_are_found(file: str) -> None:
    rows = cases(HERE / file)
    parsed = [(address.parse(text), expected) for text, expected in rows]
    right = sum((getattr(a, p) or "") == (e.get(p) or "") for a, e in parsed for p in PARTS)
    assert right / (len(rows) * len(PARTS)) >= 0.97


@pytest.mark.parametrize(
    "text",
    [
        "陕西西安雁塔区复兴街111号和谐家园6栋4单元403",
        "西安雁塔复兴街111号和谐家园6-4-403",
        "陕西省 西安市 雁塔区 复兴街１１１号 和谐家园 6 栋 4 单元 403 室",
        "陕西省西安市雁塔区复兴街一百一十一号和谐家园小区六号楼四单元403室",
        "陕西省西安市雁塔区复兴街111号6幢4单元403房",
        "陝西省西安市雁塔區復興街111號和諧家園6棟4單元403室",
        "陕西省西安市雁塌区复兴街111号和谐家园6#4单元403",
        "收货地址：陕西省西安市雁塔区复兴街111号和谐家园6栋4单元403室（放门口）",
    ],
)
def test_spellings_of_one_home_share_a_key(text: str) -> None:
    assert address.canonical(address.parse(text)) == address.canonical(address.parse(HOME))
    assert address.same_place(address.parse(text), address.parse(HOME)) == 1.0


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ("雁塔区和谐家园小区6栋4单元403", "room"),
        ("陕西省西安市雁塔区复兴街111号和谐家园6栋4单元404", "building"),
        ("陕西省西安市雁塔区复兴街111号和谐家园6栋3单元403", "building"),
        ("陕西省西安市雁塔区复兴街111号和谐家园7栋4单元403", "estate_or_number"),
        ("陕西省西安市雁塔区复兴街111号", "estate_or_number"),
        ("陕西省西安市雁塔区复兴街113号", "road"),
        ("陕西省西安市雁塔区和平路111号", "district"),
        ("陕西省西安市碑林区复兴街111号和谐家园6栋4单元403", "city"),
        ("陕西省宝鸡市", "province"),
        ("浙江省宁波市", "none"),
        ("", "none"),
    ],
)
def test_agreement_ends_at_the_first_part_that_differs(other: str, level: str) -> None:
    assert address.agreement(address.parse(HOME), address.parse(other)) == level


def test_another_room_scores_less_than_no_room_at_all() -> None:
    home, other_room, no_room = map(address.parse, (HOME, HOME.replace("403", "404"), HOME.removesuffix("4单元403室")))
    assert address.same_place(home, other_room) < 0.3 < address.same_place(home, no_room)


def test_two_people_of_one_city_are_not_at_one_place() -> None:
    city = address.parse("陕西省西安市")
    assert address.same_place(city, city) < 0.2


def test_an_old_district_is_the_same_place_as_its_successor() -> None:
    old, new = map(address.parse, ("上海市闸北区共和新路1301号C座110室", "上海市静安区共和新路1301号C座110室"))
    assert address.same_place(old, new) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "杭州市西湖区文三路1号菜鸟驿站",
        "杭州市西湖区文三路1号丰巢柜",
        "杭州市西湖区文三路1号门卫",
        "杭州市西湖区文三路1号(自提点)",
        "杭州市西湖区文三路1号腾云大厦前台",
    ],
)
def test_a_pickup_point_is_nobodys_home(text: str) -> None:
    assert address.parse(text).pickup


@pytest.mark.parametrize("text", ["杭州市西湖区文三路1号3幢402", "芜湖市镜湖区驿站路8号", "南京市鼓楼区门卫路3号"])
def test_a_home_is_no_pickup_point(text: str) -> None:
    assert not address.parse(text).pickup


def test_what_is_no_part_of_the_place_is_kept_aside() -> None:
    parsed = address.parse("张样本 13800000000 浙江省杭州市西湖区文三路478号3幢402室（请打电话）")
    assert (parsed.district, parsed.number, parsed.building, parsed.room) == ("西湖区", "478", "3", "402")
    assert all(part in (parsed.rest or "") for part in ("张样本", "13800000000", "请打电话"))


def test_a_district_name_of_several_cities_stands_without_a_code() -> None:
    parsed = address.parse("鼓楼区中山北路12号")
    assert (parsed.city, parsed.district, parsed.road, parsed.division_code) == (None, "鼓楼区", "中山北路", None)


def test_a_column_is_parsed_row_by_row_with_nulls_where_absent() -> None:
    found = address.parse_column(pa.array([HOME, None, HOME, " "]))
    assert found.column("room").to_pylist() == ["403", None, "403", None]
    assert found.column("pickup").to_pylist() == [False, None, False, None]


@given(st.text(max_size=60))
def test_parsing_never_raises_on_any_text(text: str) -> None:
    address.canonical(address.parse(text))


_FRAGMENTS = st.sampled_from(
    [
        *"号楼栋幢座单元层室弄村镇路街-#()（ ,0123456789三十B东",
        "鼓楼",
        "南京市",
        "朝阳",
        "大道",
        "小区",
        "驿站",
        "13800000000",
    ]
)


@given(st.lists(_FRAGMENTS, max_size=25).map("".join))
def test_parsing_never_raises_on_scrambled_addresses(text: str) -> None:
    parsed = address.parse(text)
    assert address.same_place(parsed, parsed) <= 1.0


@st.composite
def homes(draw: st.DrawFn) -> Address:
    """A home with a number, an estate, or both, somewhere in China."""
    code = draw(st.sampled_from(DISTRICTS))
    place = divisions.division(code)
    assert place is not None
    figure = st.integers(1, 60).map(str)
    road = draw(st.none() | st.sampled_from(["人民中路", "解放大道", "建设二路", "朝阳街"]))
    poi = draw(st.sampled_from(["怡景花园", "金桂苑", "远洋大厦"]) if road is None else st.none() | st.just("怡景花园"))
    return Address(
        place.province,
        place.city,
        place.district,
        road=road,
        number=draw(figure) if road else None,
        poi=poi,
        building=(building := draw(st.none() | figure | st.sampled_from("ABC"))),
        unit=draw(st.none() | figure) if building else None,
        room=draw(st.none() | st.integers(101, 3299).map(str)),
        division_code=code,
    )


@given(homes())
def test_writing_an_address_and_reading_it_again_gives_the_same_parts_and_key(home: Address) -> None:
    again = address.parse(address.written(home))
    assert address.canonical(again) == address.canonical(home)
    assert again == home


@given(homes(), homes())
def test_same_place_is_symmetric_and_one_on_itself(a: Address, b: Address) -> None:
    assert address.same_place(a, b) == address.same_place(b, a)
    assert address.agreement(a, b) == address.agreement(b, a)
    assert address.same_place(a, a) == 1.0


@given(homes(), st.integers(101, 3299).map(str))
def test_another_room_is_never_the_same_place(home: Address, room: str) -> None:
    other = address.parse(address.written(home))
    if home.room and home.room != room:
        from dataclasses import replace

        assert address.same_place(home, replace(other, room=room)) < 0.5


@pytest.mark.parametrize(
    ("han", "figures"), [("二十一", "21"), ("十", "10"), ("一百零三", "103"), ("一二〇三", "1203"), ("三十", "30")]
)
def test_numerals_become_figures(han: str, figures: str) -> None:
    assert arabic(han) == figures


def test_the_same_side_of_another_floor_is_another_home() -> None:
    third, fifth = (address.parse(f"宁波市海曙区中山路1号2幢3单元{floor}楼西户") for floor in (3, 5))
    assert address.canonical(third) != address.canonical(fifth)
    assert address.same_place(third, fifth) < 0.5


@pytest.mark.parametrize("text", ["重庆" * 500, "(" * 2000, "1-" * 2000, "朝阳区" * 300, "路" * 3000])
def test_a_long_text_is_read_in_a_moment(text: str) -> None:
    import time

    start = time.perf_counter()
    address.parse(text)
    assert time.perf_counter() - start < 1


# --- quick answers are right answers ----------------------------------------------------------------------------------
grammar = importlib.import_module("values.address.parse")
_WORDS = st.lists(
    st.sampled_from(
        [
            "收货人",
            "联系电话",
            ":",
            "张三",
            "13812345678",
            "010-62345678",
            "100080",
            "(",
            ")",
            "3栋",
            "请",
            "务必",
            "放",
            "门口",
            "送到",
            "菜鸟",
            "驿站",
            "快递",
            "柜",
            "前台",
            "传达室",
            "保安亭",
            "值班室",
            "收发室",
            "代收点",
            "自提柜",
            "丰巢",
            "近邻宝",
            "速递易",
            "兔喜",
            "高新区",
            "林场",
            "街道",
            "街镇",
            "街办",
            "办事处",
            "镇",
            "乡",
            "苏木",
            "柳树村",
            "村委会",
            "社区",
            "屯",
            "嘎查",
            "3组",
            "二队",
            "建设路",
            "tel",
            "PHONE",
            "邮编",
            "138",
            "****",
            "5678",
            "姓名",
            ",",
            "12号",
        ]
    ),
    max_size=9,
).map("".join)
_GATES = [(pattern, needed) for pattern, needed in aside._TAKEN if needed is not None] + [
    (grammar._ZONE, grammar._IN_ZONES),
    (grammar._TOWN, grammar._IN_TOWNS),
    (grammar._VILLAGE, grammar._IN_VILLAGES),
]


@given(_WORDS)
def test_whatever_a_pattern_finds_holds_a_character_its_gate_asks_for(text: str) -> None:
    for pattern, needed in _GATES:
        for found in pattern.finditer(text):
            assert not found[0] or needed & set(found[0])
    for pattern in (aside._PHONE, aside._POSTCODE):
        assert not pattern.search(text) or aside._IN_FIGURES.search(text)


@given(st.text())
def test_tidy_text_is_left_as_it_is(text: str) -> None:
    tidied = plain(text)
    assert plain(tidied) == tidied
    assert "\u200b" not in tidied
    assert "  " not in tidied
