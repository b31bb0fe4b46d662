"""What texts may not say, in both languages; and that our own scripts keep to it."""

from __future__ import annotations

import pytest

from casework.rules import rules
from casework.wording import Audience, bans, lint, scripts

THREATS = [
    "再不还钱就让你坐牢",
    "你 再 不 还 就 抓 你",
    "后*果*自*负",
    "pay or you will go to jail",
    "We know where you live",
    "后果自负，等着瞧",
]
EXPOSURES = [
    "我们会通知你的单位",
    "要告诉你父母和同事",
    "把你曝光到朋友圈",
    "we will tell your employer",
    "everyone will know",
]
FALSE = ["我是公安局的", "法院已经判决", "this is the court", "a warrant has been issued", "已立案，等待强制执行"]
EXAGGERATED = [
    "永远不能贷款",
    "全家上黑名单",
    "你的子女不能上学",
    "this is your final warning",
    "you will never be able to get a loan",
]
DEBT = [
    "您的贷款已逾期",
    "请尽快还款",
    "欠 款 5000 元",
    "ｄｅｂｔ",
    "your loan is overdue",
    "You owe us",
    "balance due",
    "信用卡账单",
]
CLEAN = [
    "请您方便时联系测试银行，电话400-000-0000。",
    "Please call Test Bank on 555-0100 when it suits you.",
    "您好，请问是张三本人吗？",
    "We would like to arrange a time to talk.",
]


def rules_of(text, audience):
    return [f.rule_id for f in lint(text, audience)]


@pytest.mark.guide("R14")
@pytest.mark.guide("R57")
@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        (THREATS, "WORD-THREAT-01"),
        (EXPOSURES, "WORD-EXPOSE-01"),
        (FALSE, "WORD-FALSE-01"),
        (EXAGGERATED, "WORD-EXAGGERATE-01"),
    ],
)
def test_what_is_said_to_nobody(texts, rule):
    for audience in Audience:
        assert [t for t in texts if rule not in rules_of(t, audience)] == []


@pytest.mark.guide("R36")
def test_not_a_word_of_a_debt_to_a_number_that_may_be_reissued():
    assert [t for t in DEBT if "WORD-DEBT-01" not in rules_of(t, Audience.UNVERIFIED)] == []
    assert [t for t in DEBT if "WORD-DEBT-01" not in rules_of(t, Audience.THIRD_PARTY)] == []


@pytest.mark.guide("R06")
def test_facts_of_the_debt_are_told_to_the_verified_debtor_only():
    facts = scripts()["facts_and_offer"].text
    assert lint(facts.zh, Audience.DEBTOR) == lint(facts.en, Audience.DEBTOR) == []
    assert "WORD-DEBT-01" in rules_of(facts.zh, Audience.UNVERIFIED)
    assert "WORD-DEBT-01" in rules_of(facts.en, Audience.THIRD_PARTY)


def test_ordinary_words_are_left_alone():
    assert [t for t in CLEAN if lint(t, Audience.UNVERIFIED)] == []


@pytest.mark.guide("R13")
@pytest.mark.guide("R14")
@pytest.mark.guide("R36")
@pytest.mark.parametrize("script", list(scripts()))
def test_our_own_scripts_keep_to_it(script):
    one = scripts()[script]
    assert lint(one.text.zh, one.audience) == lint(one.text.en, one.audience) == []
    filled = {
        "institution": "测试银行",
        "agent": "李",
        "agent2": "王",
        "badge": "A-001",
        "badge2": "A-002",
        "callback": "400-000-0000",
        "name": "张三",
    }
    rest = {"contract": "T1", "day": "11月1日", "amount": "100", "principal": "90", "interest": "5", "penalty": "5"}
    assert lint(one.text.zh.format(**filled, **rest), one.audience) == []


@pytest.mark.guide("R13")
def test_an_opening_names_the_institution_the_agent_the_recording_and_asks_who_it_is_first():
    for name in ("opening_call", "opening_call_unverified"):
        text = scripts()[name].text
        assert all(f in text.zh and f in text.en for f in ("{institution}", "{agent}", "{badge}"))
        assert "录音" in text.zh
        assert "本人" in text.zh
        assert "recorded" in text.en


@pytest.mark.guide("R47", "approved")
def test_a_bot_says_that_it_is_one():
    assert "机器人" in scripts()["bot_opening"].text.zh
    assert "automated" in scripts()["bot_opening"].text.en


@pytest.mark.guide("R37", "refusal")
@pytest.mark.parametrize(
    "text", ["请转告张三尽快联系我们", "他是不是在深圳上班？", "Could you tell me where he works?", "请转告张三还款"]
)
def test_a_third_party_hears_the_fixed_text_or_nothing(text):
    assert "WORD-THIRD-01" in rules_of(text, Audience.THIRD_PARTY)


@pytest.mark.parametrize("table", [rules(), bans()])
def test_every_rule_is_in_both_languages_and_cites_its_source(table):
    for rule in table.values():
        assert rule.text.zh
        assert rule.text.en
        assert rule.text.zh != rule.text.en
        assert rule.ref or rule.basis == "choice"
