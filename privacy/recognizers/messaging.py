"""WeChat and QQ ids: only their label tells them from any other word or number."""

from __future__ import annotations

import re

from privacy.recognizers.recognizer import Recognizer

APP = r"微信|微\s?信|weixin|wechat|企业微信|(?<![A-Za-z])(?:wx|vx)(?![A-Za-z])|V信|v信|薇信|威信|QQ|qq|扣扣|企鹅号?|whats\s?app|telegram|line\s?id"
# what may stand between the label and the id; it holds no clause mark, so the id belongs to the label
_BETWEEN = (
    r"(?:\s|[:：=]|号码|号|帐号|账号|ID|id|number|handle|address|名|是|为|改为|改成|换成|换为|更换为|变更为|更新为|新的?|旧的?|也|都|现在|目前|"
    r"原来的?|以前的?|用的?|用|叫|吧|下|这个|搜|搜索|加|我|他|她|的|已|请|可以?|is|was|now|my|new|changed|to|on|at|搜一下|：“|“|\"|‘|「|\(|（){0,6}"
)

_ID = r"(?=[A-Za-z0-9_\-]*[0-9_\-])[A-Za-z][A-Za-z0-9_\-]{4,19}"
_END = r"(?![\w@.*元块万])(?!\s?(?:元|块|万))"
_AGAIN = r"自己的|本人的|现在的|现在用的|现用的?|目前的|如今的|最新的|正确的|原来的?|旧的|旧号|之前的?|以前的?|新的|新号|改成|改为|换成|换为|变更为|更新为|另一个|备用|或者?|和|not|old one|instead|from|to|or|and"

_OTHER_CODE = "订单|单号|编号|工号|车牌|型号|流水|合同|卡号|尾号|版本|航班|券"

RECOGNIZERS = (
    Recognizer(  # 微信推送：…, 微信找我…: a few words of the same clause
        entity="MESSAGING_ID_AFTER_COLON",
        kind="messaging",
        pattern=rf"(?:{APP})(?:(?!{_OTHER_CODE})[㐀-鿿 ]){{0,8}}[:：]?\s?(?P<value>{_ID}){_END}",
        score=0.905,
        trigger=r"(?i)信|x|q|扣|企|chat|app|telegram|line",
        flags=re.ASCII | re.IGNORECASE,
    ),
    Recognizer(
        entity="MESSAGING_ID",
        kind="messaging",
        pattern=rf"(?:{APP}){_BETWEEN}(?P<value>{_ID}|(?<=[号：:是为叫成])[a-z]{{6,20}}|[1-9]\d{{4,10}}){_END}",
        score=0.9,
        trigger=r"(?i)信|x|q|扣|企|chat|app|telegram|line",
        flags=re.ASCII | re.IGNORECASE,
    ),
    Recognizer(
        entity="MESSAGING_ID_JOINED",
        kind="messaging",
        pattern=rf"(?<![A-Za-z0-9])(?:(?:wx|vx|v|wechat|qq)\s?[:：]\s?|(?=wxid_))(?P<value>[A-Za-z0-9][A-Za-z0-9_\-]{{4,19}}){_END}",
        score=0.89,
        trigger="[xXvVtTqQ]",
        flags=re.ASCII | re.IGNORECASE,
    ),
    Recognizer(  # QQ号换了，1000…: a number of its own clause, behind a few words
        entity="QQ_NUMBER_AFTER_CLAUSE",
        kind="messaging",
        pattern=rf"(?:QQ|扣扣)号?(?:(?!{_OTHER_CODE}|手机|电话|[0-9，,。；;]).){{0,8}}[，,:：]\s?(?:新的|现在)?(?:是|为)?\s?(?P<value>(?!1[3-9]\d{{9}})[1-9]\d{{5,10}}){_END}",
        score=0.73,
        trigger="[qQ扣]",
        flags=re.ASCII | re.IGNORECASE,
    ),
    Recognizer(  # an id further from its label: 微信换了，新的是…，原来的…被封了
        entity="MESSAGING_ID_AGAIN",
        kind="messaging",
        pattern=rf"(?:{_AGAIN})\s?(?:的|是|为|号|is|was)?\s?[:：]?\s?(?P<value>{_ID}){_END}",
        score=0.74,
        trigger=r"(?i)信|x|q|扣|企|chat|app|telegram|line",
        needs=APP,
        needs_within=60,
        flags=re.ASCII | re.IGNORECASE,
    ),
)
