"""Plausible invented names, each used once, with a transliteration."""

from collections.abc import Iterator
from typing import Final

import numpy as np

_SPELLING: Final = (
    "金:jin 瑞:rui 鼎:ding 盛:sheng 恒:heng 泰:tai 嘉:jia 锦:jin 华:hua 景:jing 东:dong 万:wan "
    "天:tian 宏:hong 祥:xiang 福:fu 安:an 和:he 润:run 星:xing 云:yun 凤:feng 龙:long 翠:cui "
    "碧:bi 清:qing 兰:lan 桂:gui 枫:feng 康:kang 永:yong 兴:xing 宁:ning 平:ping 顺:shun 丰:feng "
    "庆:qing 德:de 文:wen 昌:chang 柳:liu 白:bai 泥:ni 青:qing 石:shi 黄:huang 沙:sha 红:hong "
    "黑:hei 杨:yang 榆:yu 槐:huai 羊:yang 马:ma 牛:niu 高:gao 大:da 小:xiao 长:chang 西:xi "
    "南:nan 北:bei 上:shang 下:xia 新:xin 老:lao 树:shu 梁:liang 沟:gou 湾:wan 滩:tan 渠:qu "
    "畔:pan 圪:ge 塔:ta 河:he 泉:quan 井:jing 坡:po 桥:qiao 庄:zhuang 明:ming 启:qi 博:bo 雅:ya "
    "弘:hong 致:zhi 远:yuan 思:si 源:yuan 求:qiu 真:zhen 尚:shang 学:xue 知:zhi 行:xing 晨:chen "
    "曦:xi 帆:fan 禾:he 正:zheng 笃:du 春:chun 晖:hui 向:xiang 阳:yang 百:bai 川:chuan 礼:li "
    "鸿:hong 志:zhi 立:li 言:yan 育:yu 英:ying 人:ren 怀:huai 乐:le 善:shan 若:ruo 水:shui "
    "光:guang 海:hai 雨:yu 松:song 竹:zhu 梅:mei 草:cao 原:yuan 鹿:lu 鸣:ming 旭:xu 日:ri "
    "同:tong 心:xin 静:jing 成:cheng 才:cai 茂:mao 林:lin 山:shan 风:feng 月:yue 信:xin 义:yi "
    "仁:ren 勤:qin 朗:lang 棠:tang 齐:qi 馨:xin 桐:tong 雁:yan 迎:ying 宾:bin 业:ye 朝:chao "
    "团:tuan 结:jie 建:jian 绣:xiu 苑:yuan 环:huan 旗:qi 民:min 生:sheng 富:fu 强:qiang 友:you "
    "谊:yi 胜:sheng 利:li 岭:ling"
)
_SOUNDS: Final = dict(pair.split(":") for pair in _SPELLING.split())
_ESTATE_A: Final = "金瑞鼎盛恒泰嘉锦华景东万天宏祥福安和润星云凤龙翠碧清兰桂枫康"
_ESTATE_B: Final = "永兴宁平顺丰庆德昌文祥福安和润泰华景源信仁"
_ESTATE_TAIL: Final = (
    ("家园", "Homes"), ("小区", "Estate"), ("花园", "Garden"), ("苑", "Court"), ("名邸", "Residence"),
    ("府", "Mansion"), ("佳苑", "Gardens"), ("新城", "New Town"), ("城", "City"), ("湾", "Bay"),
    ("丽景", "View"), ("国际", "International"), ("雅居", "Place"), ("公馆", "House"),
)  # fmt: skip
_VILLAGE_A: Final = "柳白青石黄沙红黑杨榆槐羊马牛高大小长西南北上下新老"
_VILLAGE_B: Final = "泥石树柳杨沙水井羊马草林山"
_VILLAGE_TAIL: Final = "梁沟湾滩渠畔塔河泉井坡桥庄"
_PASTURE_A: Final = (
    ("巴音", "Bayan"), ("乌兰", "Ulaan"), ("查干", "Tsagaan"), ("哈日", "Khar"), ("陶日", "Toor"),
    ("额尔", "Erd"), ("布日", "Bur"), ("阿日", "Ar"), ("浩雅", "Khoyor"), ("图古", "Tug"),
    ("呼和", "Khukh"), ("达布", "Dav"), ("沙日", "Shar"), ("锡拉", "Shil"), ("毛盖", "Mogoi"),
    ("伊克", "Ikh"),
)  # fmt: skip
_PASTURE_B: Final = (
    ("淖尔", "nuur"), ("陶勒盖", "tolgoi"), ("布拉格", "bulag"), ("希里", "shil"), ("敖包", "ovoo"),
    ("柴达木", "tsaidam"), ("乌素", "us"), ("高勒", "gol"), ("塔拉", "tal"), ("音温都", "undur"),
)  # fmt: skip
_SCHOOL_WORDS: Final = (
    "启明 博雅 弘文 致远 明德 思源 求真 尚学 知行 晨曦 云帆 青禾 雅正 笃行 春晖 向阳 星河 百川 "
    "礼和 景行 鸿志 立言 新育 育英 树人 怀德 乐善 若水 晨光 海棠 松竹 草原 鹿鸣 旭日 同心 静思 "
    "成才 茂林 山月 信义 仁和 勤学 朗月 文华 清源 远志 学林 思齐 向学 德馨 明志 雨桐"
)
_SCHOOL: Final = _SCHOOL_WORDS.split()
_TOWN_A: Final = "青石白泥柳树红泉高梁长滩大川新河沙湾榆林杨桥黄渠东岭西梁南坡北塔上井下庄"
_STREET_WORDS: Final = (
    "鸿雁 文华 永和 康泰 迎宾 长青 安平 兴业 朝阳 团结 建业 锦绣 乐业 金桥 福安 泰和 天山 瑞云 "
    "松林 育才 星光 碧水 龙泉 清河 南山 北苑 东环 西环 和平 光明 春风 白云 红旗 平安 民生 富强 "
    "友谊 胜利 新华 人和"
)
_STREET: Final = _STREET_WORDS.split()


def spell(text: str) -> str:
    """Transliterate characters of the lists here, as one capitalised word.

    Examples
    --------
    >>> spell("明德")
    'Mingde'
    """
    return "".join(_SOUNDS.get(character, "") for character in text).capitalize()


def estates(rng: np.random.Generator, taken: set[str]) -> Iterator[tuple[str, str]]:
    """Yield names of estates (小区) that are not in `taken`, adding each to it."""
    while True:
        first, second = rng.choice(list(_ESTATE_A)), rng.choice(list(_ESTATE_B))
        tail, tail_en = _ESTATE_TAIL[rng.integers(len(_ESTATE_TAIL))]
        name = f"{first}{second}{tail}"
        if first != second and name not in taken:
            taken.add(name)
            yield name, f"{spell(first + second)} {tail_en}"


def villages(rng: np.random.Generator, taken: set[str], *, pastoral: bool) -> Iterator[tuple[str, str]]:
    """Yield names of villages (村, 嘎查) that are not in `taken`, adding each to it."""
    while True:
        if pastoral and rng.random() < 0.7:
            (first, first_en), (last, last_en) = (
                _PASTURE_A[rng.integers(len(_PASTURE_A))],
                _PASTURE_B[rng.integers(len(_PASTURE_B))],
            )
            name, name_en = f"{first}{last}嘎查", f"{first_en}{last_en} Gacha"
        else:
            parts = [rng.choice(list(s)) for s in (_VILLAGE_A, _VILLAGE_B, _VILLAGE_TAIL)]
            kept = "".join(parts) if rng.random() < 0.6 else parts[0] + parts[2]
            name, name_en = f"{kept}村", f"{spell(kept)} Village"
        if len(set(name)) == len(name) and name not in taken:
            taken.add(name)
            yield name, name_en


def towns(rng: np.random.Generator, taken: set[str], *, tail: str) -> Iterator[tuple[str, str]]:
    """Yield names of towns and subdistricts (镇, 苏木, 街道) that are not in `taken`, adding each to it."""
    words = {"镇": "Town", "苏木": "Sumu", "街道": "Subdistrict"}
    while True:
        if tail == "苏木":
            (first, first_en), (last, last_en) = (
                _PASTURE_A[rng.integers(len(_PASTURE_A))],
                _PASTURE_B[rng.integers(len(_PASTURE_B))],
            )
            stem, stem_en = first + last, first_en + last_en
        elif tail == "街道":
            stem = str(rng.choice(_STREET))
            stem_en = street_en(stem)
        else:
            at = 2 * rng.integers(len(_TOWN_A) // 2)
            other = 2 * rng.integers(len(_TOWN_A) // 2) + 1
            stem = _TOWN_A[at] + _TOWN_A[other]
            stem_en = spell(stem)
        name = f"{stem}{tail}"
        if name not in taken:
            taken.add(name)
            yield name, f"{stem_en} {words[tail]}"


def schools(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Yield stems of school names in random order, each once."""
    for stem in rng.permutation(_SCHOOL):
        yield str(stem), spell(str(stem))


def streets(rng: np.random.Generator) -> list[str]:
    """Return stems of street names in random order."""
    return [str(stem) for stem in rng.permutation(_STREET)]


def street_en(stem: str) -> str:
    """Transliterate a stem of a street name."""
    return spell(stem)
