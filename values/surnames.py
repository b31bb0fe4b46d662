"""Chinese family names as data: the common ones, the compound ones, and how the polyphonic ones are read.

Sources: 百家姓 and the commonest names of the 2020 census report for which names there are; 现代汉语词典 (entries marked 姓) for
readings. No list of surnames is complete, so nothing is refused for being absent: the list only decides what is ambiguous
(is 小张 a nickname? is 欧阳 one name or two?).
"""

from __future__ import annotations

SINGLE = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭肖萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方"
    "侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔汤向常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包"
    "宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜"
    "冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟"
    "冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭"
    "况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由竺桓晓弓璩蔚幺越步暨终慎甯仉贲郏邴訾郦滑"
    "钮乜養融笪莘翦扶堵宰璩濮寿通浪庾薊殳蒯厍空曾毋养须巢辟后红益逄隗山哲邢喜斗木藏牧隽乞占钭冒郭励祭经胜琴隐覆"
)

COMPOUND: dict[str, tuple[str, str]] = {
    "欧阳": ("ou1", "yang2"),
    "上官": ("shang4", "guan1"),
    "皇甫": ("huang2", "fu3"),
    "令狐": ("ling2", "hu2"),
    "诸葛": ("zhu1", "ge3"),
    "司徒": ("si1", "tu2"),
    "司马": ("si1", "ma3"),
    "申屠": ("shen1", "tu2"),
    "夏侯": ("xia4", "hou2"),
    "贺兰": ("he4", "lan2"),
    "完颜": ("wan2", "yan2"),
    "慕容": ("mu4", "rong2"),
    "尉迟": ("yu4", "chi2"),
    "长孙": ("zhang3", "sun1"),
    "宇文": ("yu3", "wen2"),
    "鲜于": ("xian1", "yu2"),
    "闾丘": ("lv2", "qiu1"),
    "司空": ("si1", "kong1"),
    "司寇": ("si1", "kou4"),
    "太史": ("tai4", "shi3"),
    "公孙": ("gong1", "sun1"),
    "公冶": ("gong1", "ye3"),
    "公羊": ("gong1", "yang2"),
    "公西": ("gong1", "xi1"),
    "公良": ("gong1", "liang2"),
    "南宫": ("nan2", "gong1"),
    "南门": ("nan2", "men2"),
    "东方": ("dong1", "fang1"),
    "东郭": ("dong1", "guo1"),
    "西门": ("xi1", "men2"),
    "独孤": ("du2", "gu1"),
    "呼延": ("hu1", "yan2"),
    "端木": ("duan1", "mu4"),
    "万俟": ("mo4", "qi2"),
    "百里": ("bai3", "li3"),
    "轩辕": ("xuan1", "yuan2"),
    "赫连": ("he4", "lian2"),
    "澹台": ("tan2", "tai2"),
    "淳于": ("chun2", "yu2"),
    "单于": ("chan2", "yu2"),
    "濮阳": ("pu2", "yang2"),
    "钟离": ("zhong1", "li2"),
    "宗政": ("zong1", "zheng4"),
    "拓跋": ("tuo4", "ba2"),
    "梁丘": ("liang2", "qiu1"),
    "仲孙": ("zhong4", "sun1"),
    "宰父": ("zai3", "fu3"),
    "谷梁": ("gu3", "liang2"),
    "榖梁": ("gu3", "liang2"),
    "闻人": ("wen2", "ren2"),
    "第五": ("di4", "wu3"),
    "乐正": ("yue4", "zheng4"),
    "亓官": ("qi2", "guan1"),
    "巫马": ("wu1", "ma3"),
    "壤驷": ("rang3", "si4"),
    "漆雕": ("qi1", "diao1"),
    "微生": ("wei1", "sheng1"),
    "羊舌": ("yang2", "she2"),
    "子车": ("zi3", "ju1"),
    "颛孙": ("zhuan1", "sun1"),
    "左丘": ("zuo3", "qiu1"),
    "段干": ("duan4", "gan1"),
    "纳兰": ("na4", "lan2"),
    "叶赫": ("ye4", "he4"),
    "爱新": ("ai4", "xin1"),
    "那拉": ("na4", "la1"),
    "哥舒": ("ge1", "shu1"),
    "夹谷": ("jia1", "gu3"),
    "归海": ("gui1", "hai3"),
}

# Families read otherwise than the character usually is.
READINGS: dict[str, str] = {
    "单": "shan4", "仇": "qiu2", "解": "xie4", "查": "zha1", "曾": "zeng1", "任": "ren2", "朴": "piao2", "区": "ou1",
    "盖": "ge3", "葛": "ge3", "华": "hua4", "黑": "he4", "洗": "xian3", "折": "she2", "翟": "zhai2", "乐": "yue4",
    "覃": "qin2", "繁": "po2", "员": "yun4", "贠": "yun4", "缪": "miao4", "么": "yao1", "召": "shao4", "卜": "bu3",
    "牟": "mu4", "秘": "bi4", "都": "du1", "句": "gou1", "种": "chong2", "纪": "ji3", "甯": "ning4", "燕": "yan1",
    "於": "yu1", "那": "na1", "哈": "ha3", "过": "guo1", "撒": "sa4", "佴": "nai4", "能": "nai4", "适": "kuo4",
    "祭": "zhai4", "要": "yao1", "占": "zhan1", "乜": "nie4", "令": "ling2", "炅": "gui4", "干": "gan1", "观": "guan4",
    "角": "jue2", "阚": "kan4", "郇": "xun2", "粘": "nian2", "颉": "xie2", "逢": "pang2", "薄": "bo2", "冠": "guan4",
    "俱": "ju1", "隗": "wei3", "长": "zhang3", "应": "ying1", "车": "che1", "尉": "wei4", "石": "shi2", "冼": "xian3",
    "番": "pan1", "蕃": "bo2", "晟": "cheng2", "莘": "shen1", "仝": "tong2", "宓": "mi4", "幺": "yao1", "谌": "chen2",
}  # fmt: skip

# In a given name too, these are read otherwise than a dictionary's first entry.
GIVEN_READINGS: dict[str, str] = {
    "长": "chang2", "晟": "sheng4", "卜": "bu3", "曾": "zeng1", "为": "wei2", "和": "he2", "少": "shao4", "了": "liao3",
    "都": "du1", "得": "de2", "的": "di4", "地": "di4", "么": "yao1", "翟": "zhai2", "葛": "ge3", "覃": "qin2",
    "薄": "bo2", "还": "huan2", "没": "mo4", "阚": "kan4", "藏": "cang2", "着": "zhuo2", "过": "guo4",
}  # fmt: skip
