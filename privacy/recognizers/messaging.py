"""WeChat and QQ ids: only their label tells them from any other word or number."""

from __future__ import annotations

import re

from privacy.recognizers.recognizer import Recognizer

APP = r"微信|微\s?信|weixin|wechat|企业微信|(?<![A-Za-z])(?:wx|vx)(?![A-Za-z])|V信|v信|薇信|威信|QQ|qq|扣扣|企鹅号|whats\s?app|telegram|line\s?id"
# what may stand between the label and the id; it holds no clause mark, so the id belongs to the label
_BETWEEN = (
    r"(?:\s|[:：=]|号码|号|帐号|账号|ID|id|number|handle|address|名|是|为|改为|改成|换成|换为|更换为|变更为|更新为|新的?|旧的?|也|都|现在|目前|"
    r"原来的?|以前的?|用的?|用|叫|搜|搜索|加|我|他|她|的|已|请|可以?|is|was|now|my|new|changed|to|on|at|搜一下|：“|“|\"|‘|「|\(|（){0,6}"
)

RECOGNIZERS = (
    Recognizer(
        entity="MESSAGING_ID",
        kind="messaging",
        pattern=rf"(?:{APP}){_BETWEEN}(?P<value>(?=[A-Za-z0-9_\-]*[0-9_\-])[A-Za-z][A-Za-z0-9_\-]{{5,19}}|[a-z]{{6,20}}(?![A-Za-z]*\s[A-Za-z])|[1-9]\d{{4,10}})(?![\w@.*])",
        score=0.9,
        trigger=r"(?i)信|x|q|扣|企|whats|telegram|line",
        flags=re.ASCII,
    ),
    Recognizer(
        entity="MESSAGING_ID_JOINED",
        kind="messaging",
        pattern=r"(?<![A-Za-z0-9])(?:(?:wx|vx|WX|VX|v|V|wechat)\s?[:：]\s?|wxid_)(?P<value>[A-Za-z0-9][A-Za-z0-9_\-]{4,19})(?![\w@.*])",
        score=0.89,
        trigger="[xXvVt]",
        flags=re.ASCII,
    ),
)
