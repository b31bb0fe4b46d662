"""Parsers of what stands in one cell: names, numbers, addresses, regions, dates, notes; and of whole rows of such cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from fuzzing.damage import Parser, damaged

# What parsers meet in earnest; damaged below. Everybody in it is made up.
_ADDRESSES = (
    "浙江省宁波市海曙区测试路100号2栋1单元301室",
    "江苏省南京市玄武区示例街8-1号",
    "重庆市两江新区样板大道1号A座12楼",
    "朝阳区某某村三组（近小学）旁边",
    "上海市浦东新区样例路500弄（示例苑）12号楼B座0801室 请放丰巢柜",
    "广东省东莞市示例镇第二工业区宿舍楼三楼",
)
_WESTERN = (
    "12 Sample St Apt 4B, Springfield, IL 62701",
    "Flat 2, 10 Example Road, Leeds LS1 1AA",
    "PO Box 12, Nowhere TX 75001-1234",
    "c/o Somebody, Unit 7 The Old Mill, Example Lane, Otley, West Yorkshire, LS21 1AA",
    "1600 1/2 N Main Hwy 35 Ste #210, St. Louis, Missouri",
)
PLACES = (
    "LEEDS",
    "NEW YORK NY",
    "St. Louis, MO",
    "US-TX",
    "GB-WYK-2644688",
    "US-TX-4671654",
    "Richmond TW9 1AA",
    "Headingley, Leeds",
    "AUSTIN TX 78701-1234",
    "City of London",
    "Brooklyn, New York City, New York",
    "浙江省宁波市",
    "330200",
    "PORTLAND     ",
    "WESTMINSTER, LONDON GB",
)
NAMES = ("张三", "欧阳测试", "阿不都·买买提", "Smith, John Q. Jr.", "李*", "王某某女士", "Ōta-Müller, Zoë", "MR J. DOE", "收货人：陈 先生（代收）")  # fmt: skip
IDS = (
    "110101199001010015",
    "11010119900101001X",
    "110101900101001",
    "1101**********0015",
    "３３０２００１９９００１０１００１Ｘ",
    "1.10101E+17",
)
PHONES = ("19900001234", "+86 199-0000-1234", "0574-87654321转801", "199****1234", "(555) 010-0199", "+44 7700 900123", "尾号1234", "1.99E+10", "0086(199)00001234/19900005678", "tel: 020 7946 0018 x12")  # fmt: skip
DATES = (
    "2026-11-01",
    "2026年11月1日 下午3:05",
    "20261101",
    "1/11/26",
    "Thu, 01 Jan 2026 16:00:00 GMT",
    "1767225600000",
    "二〇二六年一月一日",
    "2026-11-01T08:00:00.123456+08:00",
    "45962.5",
    "Nov 1st, 2026 3 PM",
    "0001-01-01",
    "2200-12-31 23:59:59-12",
)
NUMBERS = ("1,234.56", "¥1.2万", "(100.00)", "1e3", "-0", "３００", "1.234,56", "9e300", "5%", "人民币壹佰元")
MAILS = ("someone@example.com", "a.b+c@sub.example.co.uk", "someone＠example。com", "Name <s*****e@example.com>", "mailto:x@例子.test")  # fmt: skip
_NOTES = (
    "客户说换了新号19900001234，旧的19900005678停机了，现住宁波海曙测试路1号",
    "他妈妈接的，号码一三八零零零零一二三四，不方便",
    "客户本人；新地址：杭州市西湖区示例路2号。",
    "no such number, call wife at (555) 010-0199",
    "微信号test_wx_01，邮箱 someone@example.com，身份证110101199001010015",
    "Moved to 12 Sample St Apt 4B, Springfield, IL 62701 - new cell (555) 010-0142, old one disconnected. SSN 900-00-0001",
    "Speaking to Zoë (daughter): mum's at Flat 2, 10 Example Road, Leeds LS1 1AA; 07700 900123",
)
_CODES = ("330200", "US-TX", "GB-WYK", "US-TX-4671654", "GB-WYK-2644688", "110101", "500103")


def _twice(parse: Callable[[str], Any]) -> Callable[[str], None]:
    """The same text has the same answer."""

    def check(text: str) -> None:
        assert parse(text) == parse(text)

    return check


def _stable(parse: Callable[[str], Any], written: Callable[[Any], str]) -> Callable[[str], None]:
    """What was made canonical stays as it is."""

    def check(text: str) -> None:
        found = parse(text)
        once = written(found)
        again = written(parse(once))
        assert again == once, "its canonical form is read as another"

    return check


def _phones() -> dict[str, Parser]:
    from values import phone

    def check(country: str) -> Callable[[str], None]:
        def of(text: str) -> None:
            found = phone.parse(text, country)
            again = phone.parse(found.canonical, country)
            assert again.canonical == found.canonical, "its canonical form is read as another"
            assert phone.mask_fits(found.canonical, found.canonical)

        return of

    return {f"phones {c.lower()}": Parser(damaged(*PHONES), check(c)) for c in ("CN", "US", "GB")}


def _name(text: str) -> None:
    """A person's canonical name is read as itself. What has more remarks around it than anybody writes is nobody's."""
    from values import name

    found = name.parse(text)
    if found.kind != "not_a_person":
        assert name.parse(found.canonical).canonical == found.canonical


def _address(country: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        from values.address.compare import canonical, same_place
        from values.address.parse import parse

        found = parse(text, country)
        assert found == parse(text, country)
        assert same_place(found, found) >= same_place(found, parse("", country)) if text.strip() else True
        assert isinstance(canonical(found), str)

    return check


# --- notes and masks ---------------------------------------------------------------------------------------------------------


@cache
def _written_notes() -> tuple[str, ...]:
    """Notes as the sample's agents write them."""
    from sample.vocabulary import words

    said = {"p": "19900001234", "a": _ADDRESSES[0], "c": "宁波市", "n": "张三", "r": "妈妈", "x": "1234567"}
    return tuple(text.format(**said) for texts in words()["notes"].values() for text in texts)


def _note(text: str) -> None:
    """Spans lie in the text, in order and apart; what they cover is masked, what they leave stands."""
    from privacy.masking import MASKS
    from privacy.text import heard, read

    found = read(text)
    assert found == read(text)
    at, rest = 0, []
    for span in found.spans:
        assert at <= span.start < span.end <= len(text)
        assert span.type in MASKS
        rest.append(text[at : span.start])
        at = span.end
    for part in [*rest, text[at:]]:
        assert part in found.masked
    for signal in found.signals:
        assert 0 <= signal.start <= signal.end <= len(text)
        assert 0 <= signal.confidence <= 1
    assert heard(pa.array([text, None, text])).num_rows == 2 * len(found.signals)


def _long_note(given: tuple[str, str, int]) -> None:
    """A note of any length is read: in pieces, it shows no number that it hides alone."""
    one, other, times = given
    _note((one + "。" + other + "\n") * times)


_PERSONAL = ("phone", "id_number", "card", "email", "ssn")


def _mask(given: tuple[str, str]) -> None:
    """Masking twice changes nothing, and what is long shows less than half of itself."""
    from privacy.masking import mask

    kind, text = given
    once = mask(kind, text)
    assert mask(kind, once) == once, "masked twice it is another"
    plain = text.strip()
    if kind in _PERSONAL and len(plain) > 8 and plain.isascii() and plain.isalnum():
        assert plain not in once


def _screening(given: tuple[str, str | None]) -> None:
    """The answer is the same for the value and for a column of it."""
    from privacy.screening import has_personal_data, shows_a_person

    text, hint = given
    assert has_personal_data(pa.array([text, None]), hint).to_pylist() == [shows_a_person(text, hint), False]  # type: ignore[arg-type]


# --- regions -----------------------------------------------------------------------------------------------------------------


def _places(text: str) -> None:
    """A place is found again by its code, and lies in its province."""
    from values import places

    for home in ("US", "GB", None):
        for found in places.candidates(text, home=home):
            assert places.full_name(found.code)
            assert places.resolve(found.code) == found
            upper = places.province_of(found.code)
            assert upper is None or places.is_within(found.code, upper)


def _divisions(text: str) -> None:
    """A division of today is found again by its code."""
    from values import divisions

    found = divisions.resolve(text)
    assert found is None or divisions.name_of(found.code)
    assert found is None or divisions.resolve(found.code) == found
    line = divisions.prepare(text)
    assert 0 <= divisions.scan(line).end <= len(line)


def _regions(text: str) -> None:
    """A region's code means that region, in every country; columns say what scalars say."""
    from values import regions

    for country in regions.COUNTRIES:
        found = regions.resolve(text, country)
        column = regions.normalise(pa.array([text]), country)
        if found is None:
            assert column.values.to_pylist() == [None]
            continue
        assert regions.resolve(found.code, country) == found
        assert regions.full_name(found.code)
        for upper in (regions.province_of(found.code), regions.city_of(found.code)):
            assert upper is None or regions.is_within(found.code, upper)
        regions.is_nation(found.code)


def _region_parts(given: tuple[str, str, str]) -> None:
    """Names told apart mean one division or none."""
    from values import regions

    for country in regions.COUNTRIES:
        found = regions.resolve_parts(*given, country)
        assert found is None or regions.division(found.code) is not None
    for code in given:
        regions.division(code)
        regions.city_of(code)
        regions.province_of(code)
        regions.is_within(code, given[0])
        regions.full_name(code)


def _number(text: str) -> None:
    from values import numbers

    found = numbers.parse(text)
    assert math.isfinite(found)
    assert numbers.normalise(pa.array([text]))[0].to_pylist() == [found] or text.strip().lower() in _nothing()


@cache
def _nothing() -> frozenset[str]:
    from values.columns import NOTHING

    return NOTHING


def _dates(text: str) -> None:
    """A moment is one of UTC, and is read again from its own ISO form."""
    from values import dates

    found = dates.parse(text)
    assert dates.parse(found.isoformat()) == found
    day = dates.parse_date(text)
    assert dates.parse_date(day.isoformat()) == day


def parsers() -> dict[str, Parser]:
    """By name."""
    from privacy.masking import MASKS
    from values import email, merchant, resident_id

    notes = damaged(*_NOTES, *_written_notes())
    regions = damaged(*PLACES, *_CODES)
    any_value = damaged(*NAMES, *IDS, *PHONES, *MAILS, *_ADDRESSES, *_WESTERN)
    return _phones() | {
        "notes": Parser(notes, _note),
        "long notes": Parser(st.tuples(notes, notes, st.integers(1, 60)), _long_note),
        "masks": Parser(st.tuples(st.sampled_from(sorted(MASKS)), any_value), _mask),
        "screening": Parser(st.tuples(st.one_of(any_value, notes), st.sampled_from(["name", "address", "region", "id", "date", "number", "text", None])), _screening),
        "addresses cn": Parser(damaged(*_ADDRESSES), _address("CN")),
        "addresses us": Parser(damaged(*_WESTERN), _address("US")),
        "addresses gb": Parser(damaged(*_WESTERN), _address("GB")),
        "ids": Parser(damaged(*IDS), _stable(resident_id.parse, lambda i: i.canonical)),
        "id tails": Parser(damaged(*IDS), _stable(resident_id.parse_tail, str)),
        "names": Parser(damaged(*NAMES), _name),
        "mail": Parser(damaged(*MAILS), _stable(email.parse, lambda m: m[0])),
        "dates": Parser(damaged(*DATES), _dates),
        "numbers": Parser(damaged(*NUMBERS), _number),
        "merchants": Parser(damaged("5812", "05411.0", "7995", *NUMBERS), _twice(merchant.group)),
        "places": Parser(regions, _places),
        "divisions": Parser(damaged(*_ADDRESSES, *_CODES), _divisions),
        "regions": Parser(regions, _regions),
        "region parts": Parser(st.tuples(regions, regions, regions), _region_parts),
    }  # fmt: skip
