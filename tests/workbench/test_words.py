"""Nobody reads a code, or a word of the other language: every code has its words, every page is swept for what was forgotten."""

from __future__ import annotations

import html
import re

import pytest

from core.events import EventName
from core.kinds import ContactKind, DeltaOp, SourceKind
from core.ledger import SUMS
from core.reasons import Reason
from core.schemas import CLEAN_REGISTRY, CONSENT_FIELDS, OUTCOME_FIELDS, SIGNAL_FIELDS
from expectations.contract import Line
from matching import compare
from pipeline.site import open_site
from ranking.reasons import RankReason
from tests.support import copy_of
from tests.workbench.conftest import Person
from workbench import accounts, texts
from workbench.app import create_app
from workbench.roles import Role

READERS = (Role.SUPERVISOR, Role.AUDITOR)

CODES = {
    "ev_": [*EventName],
    "st_": [*SUMS],
    "cn_": [name for into, out in SUMS.values() for name in (*into, *out)],
    "q_": [*Reason],
    "ex_": [*Line.model_fields["expect"].annotation.__args__],
    "sev_": [*Line.model_fields["severity"].annotation.__args__],
    "lv_": [level for kind in compare.kinds().values() for level in kind.levels],
    "field_": [*SIGNAL_FIELDS, *CLEAN_REGISTRY.names, *CONSENT_FIELDS, *OUTCOME_FIELDS],
    "op_": [*DeltaOp],
    "k_": [*ContactKind],
    "s_": [*SourceKind],
}
# What stands on a Chinese page as it is: names that a deployment gave, ids, and what has no other name.
KEPT = re.compile(
    r"[\w.%+-]+@\S+|\b[A-Z]{2,3}-[A-Z]+-\d+\b|\b[0-9a-f]{8,}\b|\b\w+\.\w+\b|\bWA\d+|\b\d{8}T\d+Z\b|\bt1_\w+"
    r"|service:test|\bcli\b|workbench|English|Enter|APP|JSON|log2|GB/T|JR/T|OTP|\bCW-\w+-\d+|trace-cn\S*|priors-\S*|sample-demo|deployment\.yaml|casework\.gates"
)


@pytest.mark.parametrize("prefix", CODES)
def test_every_code_has_its_words(prefix):
    assert not [c for c in CODES[prefix] if prefix + c not in texts.texts()]


def test_every_reason_of_the_ranking_has_its_words():
    said = texts.texts()
    assert not [r for r in RankReason if f"r_{r}" not in said and not any(k.startswith(f"r_{r}:") for k in said)]


def test_codes_of_a_report_are_read_out():
    assert texts.code("zh", "observed_at: not_a_date") == "观测时间：不是日期"
    assert texts.code("en", "observed_at: not_a_date") == "observed at: not a date"
    assert texts.code("zh", "CN-CONSENT-02") == "CN-CONSENT-02"


def test_doubts_about_a_model_are_told_in_both_languages():
    said = "birth_date: no candidate pair has it on both sides"
    assert texts.warning("en", said) == "date of birth: no candidate pair has it on both sides"
    assert texts.warning("zh", said) == "出生日期：没有候选对两侧都有该字段"
    assert texts.warning("zh", "something new") == "something new"


@pytest.mark.parametrize(
    ("ref", "chinese"),
    [
        ("PIPL 55-56", "《个人信息保护法》第55-56条"),
        ("R41; PIPL 24", "操作指南R41；《个人信息保护法》第24条"),
        ("aligned to NDSR 12 and PIPL 56", "参照《网络数据安全管理条例》第12条、《个人信息保护法》第56条"),
    ],
)
def test_laws_are_cited_as_their_readers_know_them(ref, chinese):
    assert texts.citation("zh", ref) == chinese
    assert not re.search(r"[一-鿿]", texts.citation("en", "信用卡办法 Art.68"))


@pytest.fixture(scope="module")
def own(as_run, tmp_path_factory):
    """A site as a run leaves it, and its supervisor and auditor: what other tests put in is not for this sweep."""
    site = open_site(copy_of(as_run[0], tmp_path_factory.mktemp("words")))
    app = create_app(site)
    return site, {r: Person(app, f"demo.{r}", accounts.create(site, f"demo.{r}", r)) for r in READERS}


def words(page: str) -> list[str]:
    """What a person reads on a page or hears of it, piece by piece; parts marked as another language's left out."""
    page = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r'<(\w+) [^>]*lang="(?:en|zh-CN)"[^>]*>[^<]*</\1>', "", page)
    page = re.sub(r'<(\w+) [^>]*translate="no"[^>]*>[^<]*</\1>', "", page)
    pieces = re.findall(r">([^<]+)<", page) + re.findall(r'(?:aria-label|title|placeholder)="([^"]+)"', page)
    return [html.unescape(p).strip() for p in pieces]


def shown(own, lang):
    """Each page of a role that may see it, in this language."""
    site, people = own
    rows = site.store.snapshot().rows
    case, candidate = rows["case_id"][0].as_py(), rows["candidate_id"][0].as_py()
    seen = ["/queue", "/batch", "/proposals", "/casework", "/runs", "/runs/20261102T000000Z", "/quality", "/model", "/policy",
            "/requests", "/nothing", f"/cases/{case}", f"/casework/{case}", f"/compare/{candidate}"]  # fmt: skip
    for path, role in [*((p, Role.SUPERVISOR) for p in seen), ("/audit", Role.AUDITOR)]:
        yield path, people[role].get(path, headers={"accept-language": lang}).text


def test_no_chinese_page_has_an_english_word(own):
    site, people = own
    given = {s.name for s in site.deployment.sources} | {p.name for p in people.values()}
    left = {}
    for path, page in shown(own, "zh"):
        for piece in words(page):
            for known in sorted(given, key=len, reverse=True):
                piece = piece.replace(known, "")
            if found := re.findall(r"[A-Za-z][a-z_]{2,}", KEPT.sub("", piece)):
                left.setdefault(path, set()).update(found)
    assert left == {}


def test_no_english_page_has_a_chinese_word_but_what_the_lender_wrote(own):
    """Portfolios, regions and what is masked are the lender's; provinces of the map have the names they have."""
    given = {p for p in own[0].store.cases()["portfolio"].to_pylist() if p}
    left = {}
    for path, page in shown(own, "en"):
        if path.startswith(("/cases", "/compare")):
            continue
        for piece in words(page):
            if re.search(r"[一-鿿]", piece) and piece not in given:
                left.setdefault(path, set()).add(piece)
    assert left == {}
