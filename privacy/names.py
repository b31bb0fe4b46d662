"""Han surnames and forms of address, and the words that look like a surname and are not. Data for masking and recognising."""

from __future__ import annotations

from values.surnames import COMPOUND

# Not values.surnames.SINGLE: its rare ones (和, 由, 都, 但) begin ordinary words far more often than names in a sentence.
# Ministry of Public Security, 全国姓名报告 (2020, 2021): the surnames of about 98 % of people, then rarer ones.
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛段郝顾龚邵万覃武钱戴严欧莫孔向常汤康易乔赖文樊牛葛邢安齐温关盛柳单游倪"
    "殷管霍詹柯章俞耿岑鲁伍路涂靳祝项申尚柴尤聂岳柏卜焦骆芦宁成申季车左包裴凌解佟娄褚翁庄华苗翟冉甘饶梅辛瞿简蒲管路屈司祁"
    "阮娄蓝古穆刁全丛阎傅桂房卫牟桑窦匡童庞丘粟楚占符滕晏苟鲍臧连池米艾隋谷麦班冼苑商戚仇党巫闵毕桑占栾冷卓时邬缪宗敖明燕郎"
)
COMPOUND_SURNAMES = frozenset(COMPOUND)
TITLES = ("先生", "女士", "小姐", "太太", "师傅", "老师", "经理", "阿姨", "叔叔", "大哥", "大姐")

# Two or three characters that begin with a surname and after 客户/本人/我叫 are ordinary words, not a name.
NOT_NAMES = frozenset(
    """关联 车牌 车子 车主 车位 张口 张嘴 房号 房屋 房间 房价 方便 高兴 常年 常常 常用 于是 于今 时常 时间 任何 任意 安排 安全 单位 单独 单号 何时 何地 关机 关于 关注 关闭 向我 向其 温馨 成功 成都 成立 成年 江苏
    江西 安徽 宁波 宁夏 广东 石家 金额 金融 司机 司法 车辆 车贷 全部 全额 全家 连续 连连 明确 明天 明年 明白 万一 万元 易于 管理 路上 路过 祝福 解释 解决
    解约 古镇 时候 章程 房东 房贷 房租 房子 房产 华为 马上 马来 高中 高峰 白天 钱款 钱不 莫名 项目 申请 申诉 申报 左右 包括 包裹 文件 文字 程序 季度 简单
    商量 商户 商家 商业 商品 党员 别的 支付 应该 经济 经常 经过 原来 原因 习惯 严重 严格 尚未 尚欠 尚有 贺卡 龙华 武汉 温州 黄山 秦皇 常州 常德 徐州 苏州
    郑州 梁山 唐山 广州 韦州 关心 明显 成员 管家 计划 计算 权益 平时 平台 平安 水电 班上 时效 符合 童年 解除 谷歌 麦当 连接 燕郊 麻烦 干活 池州 沈阳 余额
    余款 段时 段日 许可 许多 许诺 卫生 冷静 付款 付清 付不 付了 付钱 付息 付出 白条 陆续 牛奶 向客 向银 应付 相关 都说 和我 和其 毛病 乔迁 宗旨 温和 宁可
    宁愿 曾经 曾在 曾用 曾说 游戏 游客 全国 章丘 史上 邓州 汤圆 戴着 田地 项下 路费 白跑""".split()  # noqa: SIM905  a table of words reads better
)
