"""Labels that say what a number is when it is nobody's phone, card or id: orders, tickets, contracts, amounts, codes."""

from __future__ import annotations

_WHAT = (
    "订单|工单|运单|快递单|物流单|单|流水|交易流水|合同|借据|案件|保单|发票|凭证|交易|受理|投诉单|退款|批次|批|票|验证码|序列|设备|"
    "账单|报案|受理|业务|任务|申请|会员|商户|产品|案|档案|回执|授权|协议|贷款|借款合同|文号|工"
)
_ANY_NUMBERED = r"(?:编号|流水号?|案号|文号|受理号|回执号|参考号|凭证号|序列号|批号)"
_LINK = (
    r"(?:\s*(?:编号|单号|号码|号|编码|代码|ID|id|No\.?)){0,2}\s*(?:是|为|系)?\s*[:：#=]?\s*[(（「\"]?[A-Za-z]{0,6}[-_]?"
)
_ENGLISH = r"(?:order|ticket|case|invoice|tracking|reference|ref|contract|loan|amount|code|batch|claim|parcel|awb|transaction|account|acct|a/c|policy)"

# directly before the number
NOT_A_PERSONS_NUMBER = rf"(?:{_WHAT}|{_ANY_NUMBERED}){_LINK}|{_ENGLISH}(?:\s*(?:no\.?|number|id|num|code))?\s*(?:is|was|of)?\s*[:#]?\s*[A-Za-z]{{0,4}}[-_]?|[￥¥$£]\s?"

# somewhere in the few characters before the number
PHONE = r"电话|手机|号码|座机|固话|联系|致电|拨打|回拨|新号|旧号|打|tel|phone|call|mobile|cell|number|ring|text|reach"
CARD = r"卡号|银行卡|储蓄卡|信用卡|借记卡|尾号|账号|帐号|还款卡|绑卡|卡|card"
RESIDENT_ID = r"身份证|证件|身份号|ID"
