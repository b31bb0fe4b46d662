from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from values import name


@pytest.mark.parametrize(
    ("text", "canonical", "kind"),
    [
        ("张三", "张三", "person"),
        ("张 三", "张三", "person"),
        ("張三豐", "张三丰", "person"),
        ("欧阳锋", "欧阳锋", "person"),
        ("欧阳知行", "欧阳知行", "person"),
        ("王小明（收）", "王小明", "person"),
        ("收件人：王小明", "王小明", "person"),
        ("王小明收", "王小明", "person"),
        ("张秋收", "张秋收", "person"),
        ("王小明先生", "王小明", "person"),
        ("王小明[1234]", "王小明", "person"),
        ("王小明13800138000", "王小明", "person"),
        ("王小明 Wang Xiaoming", "王小明", "person"),
        ("王小明/李四", "王小明", "person"),
        ("王先生", "王先生", "titled"),
        ("張小姐", "张小姐", "titled"),
        ("王阿姨", "王阿姨", "titled"),
        ("陈总", "陈总", "titled"),
        ("欧阳女士", "欧阳女士", "titled"),
        ("王（先生）", "王先生", "titled"),
        ("小李", "小李", "titled"),
        ("张*", "张*", "masked"),
        ("张＊＊", "张**", "masked"),
        ("张••", "张**", "masked"),
        ("张某某", "张**", "masked"),
        ("王*生", "王*生", "masked"),
        ("王•明", "王*明", "masked"),
        ("王小妹", "王小妹", "person"),
        ("*小明", "*小明", "masked"),
        ("张XX", "张**", "masked"),
        ("买买提•艾力", "买买提·艾力", "person"),
        ("买买提.艾力", "买买提·艾力", "person"),
        ("阿布都・艾力", "阿布都·艾力", "person"),
        ("SMITH, John", "John Smith", "person"),
        ("Mr. john o’brien Jr.", "John O'Brien", "person"),
        ("ＺＨＡＮＧ　ＳＡＮ", "Zhang San", "person"),
        ("J*** S****", "J*** S****", "masked"),
        ("MR SMITH", "Mr Smith", "titled"),
        ("José García", "José García", "person"),
        ("Diana Hall", "Diana Hall", "person"),
    ],
)
def test_a_name_is_the_same_however_it_is_written(text, canonical, kind):
    parsed = name.parse(text)
    assert (parsed.canonical, parsed.kind) == (canonical, kind)


@pytest.mark.parametrize(
    "text",
    ["家人", "前台", "门卫", "快递柜", "丰巢快递柜", "示例科技有限公司", "菜鸟驿站", "小区南门超市", "客户8899", "123", "***", "!!!", "Front Desk",
     "Example Ltd", "Smith & Jones", "Customer", "这是一个很长的备注文字"],
)  # fmt: skip
def test_what_names_no_person_is_said_to(text):
    assert name.parse(text).kind == "not_a_person"


@pytest.mark.parametrize(
    "text",
    [
        "王小明(代收)",
        "王小明（李四代收）",
        "王小明 代收",
        "王小明家属",
        "王小明的妈妈",
        "王小明（妈妈）",
        "王小明转李四",
    ],
)
def test_when_somebody_else_receives_the_name_says_so(text):
    parsed = name.parse(text)
    assert (parsed.canonical, parsed.is_proxy) == ("王小明", True)


@pytest.mark.parametrize("text", ["王小明", "王小明（收）", "王先生", "转小明"[1:]])
def test_an_ordinary_receiver_is_no_proxy(text):
    assert not name.parse(text).is_proxy


def test_surname_and_given_name_are_told_apart():
    parsed = [name.parse(t) for t in ("诸葛亮", "王小明", "John Smith", "*小明", "买买提·艾力")]
    assert [(p.surname, p.given) for p in parsed] == [
        ("诸葛", "亮"), ("王", "小明"), ("Smith", "John"), ("", "*小明"), ("", "买买提·艾力"),
    ]  # fmt: skip
    assert name.parse("王先生").title == "先生"
    assert name.parse("王小明女士").title == "女士"
    assert name.parse("张*").mask


@pytest.mark.parametrize(
    ("a", "b", "level"),
    [
        ("张三", "張三", "exact"),
        ("张三", "章三", "pinyin_tone"),
        ("张伟", "张威", "pinyin"),
        ("单雄", "善雄", "pinyin_tone"),
        ("张*", "张三", "masked"),
        ("张*", "张三丰", "masked"),
        ("张**", "张三丰", "masked"),
        ("张*", "张**", "masked"),
        ("张*丰", "张三*", "masked"),
        ("*小明", "王小明", "masked"),
        ("张*", "李四", None),
        ("王*生", "王小明", None),
        ("王先生", "王小明", "title"),
        ("王先生", "王先生", "title"),
        ("王先生", "王*", "title"),
        ("小李", "李四", "title"),
        ("王先生", "李四", None),
        ("Zhang San", "张三", "romanised"),
        ("San ZHANG", "张三", "romanised"),
        ("Zhang Xiao-Ming", "张小明", "romanised"),
        ("Ouyang Feng", "欧阳锋", "romanised"),
        ("Lyu Bu", "吕布", "romanised"),
        ("Shan Xiong", "单雄", "romanised"),
        ("Zhang Si", "张三", None),
        ("John Smith", "SMITH, John", "exact"),
        ("José García", "Jose Garcia", "exact"),
        ("J. Smith", "John Smith", "masked"),
        ("John A. Smith", "John Smith", "masked"),
        ("Jane Smith", "John Smith", None),
        ("Mr Smith", "John Smith", "title"),
        ("J*** S****", "John Smith", "masked"),
        ("张三", "李四", None),
        ("张三", "张三丰", None),
        ("家人", "家人", None),
        ("买买提·艾力", "买买提艾力", "exact"),
    ],
)
def test_two_names_agree_at_their_highest_level_in_either_order(a, b, level):
    assert name.compatible(a, b) == name.compatible(b, a) == level


def test_a_column_of_names_has_kinds_and_no_reasons():
    column = pa.array(["张三", None, "王先生", "前台", "张*", "王小明(代收)"])
    n = name.normalise(column)
    assert n.values.to_pylist() == ["张三", None, "王先生", "前台", "张*", "王小明"]
    assert n.kinds.to_pylist() == ["person", None, "titled", "not_a_person", "masked", "person"]
    assert n.reasons.null_count == len(column)
    assert name.is_proxy(column).to_pylist() == [False, None, False, False, False, True]


PIECES = st.lists(
    st.sampled_from(
        [*list("张王李欧阳小明三四·*某收代转先生女士总（）()[] ,.-/1XJohnSmith家的妈"), "欧阳", "先生", "代收", "Mr "]
    ),
    max_size=9,
).map("".join)


@given(st.one_of(PIECES, st.text(max_size=12)))
def test_any_text_gives_a_name_that_reads_as_itself_or_bad_input(text):
    try:
        parsed = name.parse(text)
    except BadInput:
        return
    again = name.parse(parsed.canonical)
    assert (again.canonical, again.kind) == (parsed.canonical, parsed.kind)


@given(PIECES, PIECES)
def test_agreement_is_symmetric(a, b):
    assert name.compatible(a, b) == name.compatible(b, a)


@given(st.text("张王李赵欧阳单于诸葛伟芳明强收秋某先生师老小张大", min_size=2, max_size=3))
def test_the_shortcut_for_ordinary_names_agrees_with_the_whole_road(text):
    short = name._ordinary(text)
    assert short is None or short == name._once(text)
