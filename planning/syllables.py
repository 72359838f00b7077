"""Characters by their sound: most wrong characters in typed Chinese sound like the right ones.

The 3,755 characters of the first level of GB 2312 stand in the order of their pinyin, so the first character
of each syllable is all that is needed; of a character with several readings the standard's place decides.
"""

from bisect import bisect_right
from functools import lru_cache
from typing import Final

#: The first character of each syllable in the order of GB 2312, 啊 (a) to 昨 (zuo).
_FIRSTS: Final = (
    "啊埃鞍肮凹芭白斑邦苞杯奔崩逼鞭标鳖彬兵玻捕擦猜餐苍操厕层插拆搀昌超车郴撑吃充抽初揣川疮吹春戳疵聪凑粗蹿摧村磋"
    "搭大耽当刀德蹬堤颠碉跌丁丢东兜都端堆墩掇蛾恩而发藩坊菲芬丰佛否夫噶该干冈篙哥给根耕工钩辜刮乖棺光瑰辊锅"
    "哈骸酣夯壕呵嘿痕哼轰喉呼花槐欢荒灰荤豁击嘉歼僵蕉揭巾劲炯揪鞠捐撅均喀开刊康考坷肯坑空抠枯夸块宽匡亏坤括"
    "垃莱蓝琅捞勒雷棱厘俩联粮撩列琳拎溜龙楼芦驴峦掠抡萝妈埋瞒芒猫么玫门萌眯棉苗蔑民明谬摸谋拇拿氖南囊挠呢馁嫩能"
    "妮蔫娘鸟捏您柠牛脓奴女暖虐挪哦欧啪拍攀乓抛呸喷砰坯篇飘撇拼聘坡扑期掐牵枪橇切钦青琼秋趋圈缺裙然瓤饶惹壬扔日"
    "戎揉肉软蕊闰若撒腮三桑搔瑟森僧莎筛珊墒梢奢砷声师收蔬刷摔栓霜谁吮说斯松搜苏酸虽孙蓑塌胎坍汤掏特藤梯天挑贴厅"
    "通偷凸湍推吞拖挖歪豌汪威瘟嗡挝巫昔瞎掀相萧楔薪星兄休墟轩靴勋压焉殃邀椰一茵英哟拥幽迂鸳曰耘匝栽咱赃遭责贼怎"
    "增扎摘瞻樟招遮珍蒸芝中舟珠抓拽专桩椎谆捉兹鬃邹租钻嘴尊昨"
)
_LEVEL_ONE: Final = (0xB0A1, 0xD7F9)
#: Sounds are written as characters of the private use area, so that they compare like text.
_PRIVATE: Final = 0xE000


def _code(character: str) -> int:
    return int.from_bytes(character.encode("gb2312", "ignore"), "big")


_STARTS: Final = tuple(map(_code, _FIRSTS))


@lru_cache(maxsize=8192)
def sound(character: str) -> str:
    """Return a character's syllable as one character; one without a known sound as it is.

    Examples
    --------
    >>> sound("园") == sound("圆"), sound("园") == sound("家")
    (True, False)
    """
    code = _code(character)
    if not _LEVEL_ONE[0] <= code <= _LEVEL_ONE[1]:
        return character
    return chr(_PRIVATE + bisect_right(_STARTS, code))


def sounds(text: str) -> str:
    """Return the sounds of a text, one character each.

    Examples
    --------
    >>> sounds("阳光花园") == sounds("阳光花圆")
    True
    """
    return "".join(map(sound, text))
