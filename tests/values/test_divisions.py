"""Divisions of China: names, codes, and what old ones became."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reasons import Reason
from values import divisions, divisions_path
from values.divisions_table import short_name, table

CURRENT = sorted(table().current)
PAST = sorted(table().past)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("宁波", "330200"),
        ("浙江宁波", "330200"),
        ("浙江省宁波市", "330200"),
        ("浙江省 宁波市 海曙区", "330203"),
        ("上海上海", "310100"),
        ("上海市", "310100"),
        ("北京朝阳", "110105"),
        ("南京鼓楼区", "320106"),
        ("大理", "532900"),
        ("大理市", "532901"),
        ("恩施州", "422800"),
        ("吉林", "220000"),
        ("吉林吉林", "220200"),
        ("广西省南宁市", "450100"),
        ("河南省省直辖县级行政区划济源市", "419001"),
        ("海南文昌", "469005"),
        ("东莞", "441900"),
        ("儋州", "460400"),
        ("新疆石河子", "659001"),
        ("台州路桥", "331004"),
        ("香港", "810000"),
        ("台湾台北", "710000"),
        ("廣東廣州", "440100"),
        ("宁波那边", "330200"),
        ("西安市高新区", "610100"),
        ("330200", "330200"),
        ("伊犁哈萨克自治州塔城地区", "654200"),
        ("宁波市海曙区月湖街道", "330203"),
        ("上海-上海市-浦东新区", "310115"),
        ("Xian", "610100"),
        ("Shanghai Shi Pudong Xinqu", "310115"),
        ("Ningbo", "330200"),
        ("ZHEJIANG NINGBO SHI", "330200"),
        ("Suzhou, Jiangsu", "320500"),
        ("Shaanxi", "610000"),
    ],
)
def test_a_region_is_found_however_it_is_written(text: str, code: str) -> None:
    found = divisions.resolve(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("上海闸北", "310106"),
        ("北京市崇文区", "110101"),
        ("湖北襄樊", "420600"),
        ("湖北省襄樊市襄阳区", "420607"),
        ("安徽省巢湖市无为县", "340281"),
        ("四川重庆江北区", "500157"),
        ("重庆市渝北区", "500157"),
        ("哲里木盟", "150500"),
        ("莱芜", "370116"),
        ("510200", "500100"),
    ],
)
def test_an_old_name_or_code_answers_with_what_it_became(text: str, code: str) -> None:
    found = divisions.resolve(text)
    assert found is not None
    assert found.code == code


def test_a_division_that_was_split_answers_with_what_holds_its_parts_and_lists_them() -> None:
    found = divisions.resolve("巢湖地区")
    assert found is not None
    assert (found.code, set(found.successors)) == ("340000", {"340100", "340200", "340500"})


@pytest.mark.parametrize("text", ["鼓楼区", "朝阳", "Suzhou", "通州区"])
def test_a_name_of_several_places_is_left_open_with_its_candidates(text: str) -> None:
    assert divisions.resolve(text) is None
    assert len(divisions.candidates(text)) > 1


def test_context_settles_a_name_of_several_places() -> None:
    found = divisions.resolve("鼓楼区", within="350100")
    assert found is not None
    assert found.code == "350102"


@pytest.mark.parametrize("text", ["火星", "", "12", "999999", "张三", "杭州市江北区", "北京西路"])
def test_what_is_no_region_is_none(text: str) -> None:
    assert divisions.resolve(text) is None


@pytest.mark.parametrize(
    ("text", "code"), [("陕西省西安市雁塌区", "610113"), ("浙江省宁坡市", "330200"), ("江苏省南市鼓楼区", "320106")]
)
def test_one_wrong_or_lost_character_is_read_over_where_only_one_place_fits(text: str, code: str) -> None:
    found = divisions.resolve(text)
    assert found is not None
    assert found.code == code


def test_a_misspelling_that_fits_two_places_is_not_guessed() -> None:
    assert divisions.resolve("江苏省苏州市吴区") is None  # 吴中区 or 吴江区


def test_a_column_gives_codes_levels_and_reasons() -> None:
    found = divisions.normalise(pa.array(["宁波", None, "火星", "浙江", "宁波"]))
    assert found.values.to_pylist() == ["330200", None, None, "330000", "330200"]
    assert found.kinds.to_pylist() == ["city", None, None, "province", "city"]
    assert found.reasons.to_pylist() == [None, None, Reason.NOT_A_REGION, None, None]


def test_codes_know_their_names_and_what_holds_them() -> None:
    assert divisions.name_of("330203") == "海曙区"
    assert divisions.name_of("330200", "en") == "Ningbo"
    assert divisions.parent("330203") == "330200"
    assert divisions.province_of("330203") == "330000"
    assert divisions.city_of("330203") == "330200"
    assert divisions.city_of("110105") == "110100"
    assert divisions.city_of("419001") == "419001"
    assert divisions.city_of("330000") is None
    assert divisions.successors("310108") == ("310106",)
    assert divisions.successors("330200") == ()
    assert divisions.name_of("000000") is None


@given(st.sampled_from(CURRENT))
def test_every_current_division_is_found_by_its_full_path(code: str) -> None:
    found = divisions.division(code)
    assert found is not None
    path = "".join(part for part in (found.province, found.city, found.district) if part)
    again = divisions.resolve(path)
    assert again is not None
    assert again.code == code or (divisions.name_of(code) == again.province == again.city)  # 上海市 is its own city


@given(st.sampled_from(PAST))
def test_every_old_code_leads_to_a_division_of_today(code: str) -> None:
    found = divisions.division(code)
    assert found is not None
    assert found.code in table().current
    assert all(heir in table().current for heir in divisions.successors(code))


@given(st.text(max_size=40))
def test_resolving_never_raises(text: str) -> None:
    divisions.resolve(text)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("宁波市", "宁波"),
        ("大理白族自治州", "大理"),
        ("广西壮族自治区", "广西"),
        ("克孜勒苏柯尔克孜自治州", "克孜勒苏"),
        ("积石山保安族东乡族撒拉族自治县", "积石山"),
        ("东乡族自治县", "东乡"),
        ("郫县", "郫县"),
        ("浦东新区", "浦东"),
    ],
)
def test_a_short_name_drops_the_kind_and_the_peoples(name: str, short: str) -> None:
    assert short_name(name) == short


# --- what was read is kept, and must never be taken for something else ------------------------------------------------
_HEADS = [
    "湖北省武汉市洪山区",
    "湖北武汉洪山",
    "北京朝阳",
    "重庆市江北区",
    "吉林",
    "大理",
    "四川成都青羊区",
    "武汉市洪山",
    "江西兴国县",
    "杭州市西湖",
]
_TAILS = [
    "黄河路",
    "向阳街",
    "县",
    "市辖区",
    "中山路",
    "区",
    "路",
    "",
    "-",
    "新村",
    "区民主路",
    "洪山区",
    "高陵区",
    "1",
    "省",
]


@given(
    st.lists(st.tuples(st.sampled_from(_HEADS), st.lists(st.sampled_from(_TAILS), max_size=3)), min_size=2, max_size=12)
)
def test_a_text_reads_the_same_whatever_was_read_before_it(texts: list[tuple[str, list[str]]]) -> None:
    for head, tails in texts:
        text = head + "".join(tails)
        assert divisions_path.read(text) == divisions_path._Reader(text).read(())


def test_many_addresses_of_one_district_are_read_from_one_beginning() -> None:
    divisions_path._ENDING.found.clear()
    divisions_path._ENDING.lengths.clear()
    for road in ("黄河路", "民主路", "学府街", "胜利路"):
        divisions.scan("湖北省武汉市洪山区" + road)
    assert list(divisions_path._ENDING.found) == ["湖北省武汉市洪山区"]
