"""The words around names, as data: forms of address, relatives, what deliveries write, and what names no person.

No list of such words is complete. They were gathered by what they are (every form of address in common use, every place that
takes parcels in), not from any one file.
"""

from __future__ import annotations

# Characters of Han script, as a regular expression's class.
HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af〇"

TITLES = (
    "先生|女士|小姐|太太|夫人|同志|老师|师傅|阿姨|叔叔|大哥|大姐|大爷|大妈|大叔|大嫂|老板|老板娘|经理|总经理|董事长|主任|局长|处长|科长"
    "|院长|校长|医生|大夫|护士|律师|教授|博士|警官|会计|工程师|同学|男士|女生|男生|美女|帅哥|小哥|店长|队长|书记|村长|厂长"
)
SHORT_TITLES = "总|哥|姐|姨|叔|工|嫂|婶|伯|爷|奶|董|处|队"  # only right after a surname
RELATIVES = (
    "家属|家人|妈妈|爸爸|妈|爸|母亲|父亲|老婆|老公|妻子|丈夫|爱人|儿子|女儿|孩子|朋友|同事|邻居|亲戚|姐姐|哥哥|弟弟|妹妹|爷爷|奶奶|外公|外婆"
    "|室友|助理|秘书"
)

_WORDS_FOR_NOBODY = """
家人 本人 自己 亲 宝宝 宝妈 某人 某某 某 姓名 收 代收 同上 见备注 你好 不知道 保密 不愿透露 拒绝透露 测试 匿名 匿名用户 无名 无名氏
客户 顾客 用户 新用户 会员 游客 访客 管理员 收件人 收货人 联系人 房东 租客 老板 店主 店长 邻居 朋友 同事 亲戚 家属 先生 女士 小姐 太太
妈妈 爸爸 父亲 母亲 妻子 丈夫 老婆 老公 儿子 女儿 姐姐 哥哥 弟弟 妹妹 爷爷 奶奶 孩子
前台 门卫 门房 保安 保安室 保安亭 值班室 收发室 传达室 物业 仓库 宿管 宿舍 超市 便利店 小卖部 快递 快递员 快递柜 外卖 丰巢 菜鸟 菜鸟驿站 驿站
自提 自提点 自提柜 代收点
"""
NOBODY = frozenset(_WORDS_FOR_NOBODY.split())

_WORDS_FOR_NOBODY_LATIN = """
customer guest user member anonymous test tester admin administrator reception frontdesk concierge security occupant resident
homeowner tenant name receiver recipient none unknown self n/a null mr mrs ms miss sir madam
"""
NOBODY_LATIN = frozenset(_WORDS_FOR_NOBODY_LATIN.split()) | {
    "front desk",
    "test user",
    "the occupier",
    "mail room",
    "current resident",
}

# In a text of four characters or more, these say that it is an organisation or a place.
ORGANISATIONS = (
    "公司|集团|商行|商店|商铺|商城|超市|便利店|工作室|酒店|宾馆|旅馆|饭店|餐厅|银行|支行|分行|学校|小学|中学|大学|学院|幼儿园|医院|诊所|中心"
    "|工厂|物业|事务所|合作社|驿站|快递柜|自提柜|自提点|代收点|服务站|服务部|经营部|门市部|营业部|营业厅|办事处|委员会|居委会|村委会|派出所"
    "|收发室|传达室|门卫|保安|前台|仓库|管理处|俱乐部|专卖店|旗舰店|药店|药房|网吧|花店|理发店|茶馆|食堂|协会|基金会|研究所|研究院|有限责任"
)
ORGANISATION_ENDS = "店|厂|局|站|馆|部|柜|室|处|所|行|社|铺|吧"
# No word that is a surname too (Hall, Church).
ORGANISATIONS_LATIN = (
    "ltd|limited|inc|llc|llp|plc|gmbh|corp|corporation|company|co|bank|hotel|school|hospital|university|store|shop|reception|and"
    "|group|holdings|partners|associates|sons|trust|agency|clinic|academy|college|restaurant|office|department|services"
    "|logistics|warehouse"
)
