"""Match 100,000 addresses to the units of a made-up county, as parents and clerks write them.

The names, the addresses and every way of spoiling them are made here from lists of their own, with a
seed, and share nothing with the matcher. The truth is known, so precision and recall are, too.

    python -m benchmarks.addresses [--count 100000] [--units 5000] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

CITY: Final = ("河东省", "云州市", "岭南区")
OTHER_COUNTIES: Final = ("岭北区", "白水县", "清源县", "左山旗")
STREETS_FIRST: Final = (
    "人民 解放 建设 和平 文化 新华 迎宾 育才 滨河 中山 振兴 胜利 民族 长征 光明 团结 友谊 青年 东风 朝阳"
)
STREET_KINDS: Final = ("路", "大街", "街", "大道", "北路", "南路", "东街", "西街")
ESTATE_FIRST: Final = (
    "阳光 锦绣 金色 恒盛 万和 天骄 御景 碧水 龙湖 翠园 华府 世纪 学府 祥和 福临 嘉和 盛世 东方 绿洲 紫金 "
    "江南 凯旋 丽都 尚品 鼎盛 荣华 润泽 怡景 星河 银河 枫林 梧桐 香樟 海棠 玉兰 云顶 明珠 帝景 家和 融创 "
    "中梁 保利 万科 绿地 富力 鸿坤 新城 永泰 宏远 亿利 康巴 兴胜 巨力 博源 九州 华研 蒙欣 天佐 维邦 团结"
)
ESTATE_MIDDLE: Final = "美 丰 雅 悦 宏 景 泰 源 秀 瑞 颐 亭 岸 澜 宸 樾 御 晟 铂 晶"
ESTATE_LAST: Final = (
    "花园 家园 小区 佳苑 雅居 名邸 华庭 新村 公馆 国际 广场 尚城 水岸 豪庭 嘉园 新苑 丽景 绿苑"
)
VILLAGE_FIRST: Final = (
    "石桥 柳树 大营 小营 前进 王家 李家 张家 刘家 赵家 孙家 马家 白家 高家 杨树 黑水 红旗 新民 永丰 太平 "
    "双井 三道 五里 七星 八里 沙河 清水 泉子 羊场 牛圈 铁匠 瓦窑 砖厂 官地 公主 头道 二道 东升 西沟 南梁 "
    "韩家 周家 吴家 郑家 冯家 陈家 褚家 卫家 蒋家 沈家 曹家 严家 华家 金家 魏家 陶家 姜家 戚家 谢家 邹家"
)
VILLAGE_LAST: Final = "沟 梁 湾 庄 屯 堡 营 坡 塔 圪旦 窑子 滩 坪 岭 店"
TOWNS: Final = (
    "城关街道 东湖街道 西苑街道 北辰街道 南屏街道 河滨街道 "
    "青石镇 白塔镇 红山镇 三岔镇 大坝乡 柳林乡 沙井镇 石门乡"
)
SAME_SOUND: Final = (
    "园圆院 阳扬杨洋 光广 华花 福富付 景井锦 城成诚 和河合 嘉家佳 丽利力 世士市 纪记季 祥详翔 盛胜圣 万宛 "
    "府福 龙隆 湖胡 翠脆 学雪 金今 恒横 御玉裕 水 江将 凯楷 品频 荣容 润闰 怡宜 星兴 枫丰 明名 珠株 桥乔 柳 "
    "营迎 前钱 进近 石时 沙莎 清青 泉全 羊阳 官关 梁凉良 湾弯 庄装 堡保 坡泼 岭领 东冬 升声 雅亚 居鞠 苑院 "
    "庭亭廷 村 际济 公工 馆管 新心欣 悦月 宏红 泰太 源元 瑞锐 佐左 维唯 利丽 博波 源原"
)
LIKE_SHAPE: Final = (
    "阳阴 未末 士土 日曰 王玉 石右 泉皇 金全 洲州 绿缘 棠裳 悦说 岸崖 亭享 晶品 领岭 梧悟 樟障 柳抑 杨扬 恒桓"
)
TRADITIONAL: Final = (
    "园園 阳陽 华華 东東 龙龍 湾灣 国國 庄莊 万萬 绿綠 锦錦 学學 丽麗 泽澤 银銀 云雲 兰蘭 号號 "
    "楼樓 单單 县縣 区區 镇鎮 乡鄉 岭嶺 沟溝 桥橋 树樹 营營 宝寶 鸿鴻 亿億 广廣 馆館 际際 红紅 门門 "
    "马馬 刘劉 赵趙 孙孫 杨楊"
)
FULL: Final = str.maketrans("0123456789", "０１２３４５６７８９")
HANZI: Final = "零一二三四五六七八九"


@dataclass(frozen=True)
class Home:
    """Where a made-up child lives: the unit (empty for a place that is not in the list) and its name."""

    unit_id: str
    name: str
    kind: str
    town: str
    street: str = ""
    number: int = 0


@dataclass(frozen=True)
class County:
    """The made-up county: its layers, and homes to draw from."""

    layers: dict[str, pd.DataFrame]
    homes: list[Home]
    strangers: list[Home]


def county(count: int, *, seed: int) -> County:
    """Return a county of `count` units: estates (some in phases), villages, groups, doors and aliases."""
    draw = random.Random(seed)
    towns = TOWNS.split()
    urban, rural = [t for t in towns if t.endswith("街道")], [t for t in towns if not t.endswith("街道")]
    estates = _estates(draw)
    villages = [a + b + "村" for a in VILLAGE_FIRST.split() for b in VILLAGE_LAST.split()]
    draw.shuffle(villages)
    homes: list[Home] = []
    wanted = int(count * 0.6)
    while len(homes) < wanted:
        name, town = estates.pop(), draw.choice(urban)
        phases = ("一期", "二期", "三期")[: draw.randint(2, 3)] if draw.random() < 0.08 else ("",)
        street = draw.choice(STREETS_FIRST.split()) + draw.choice(STREET_KINDS)
        homes += [Home("", name + phase, "estate", town, street, draw.randint(1, 400)) for phase in phases]
    while len(homes) < count:
        name, town = villages.pop(), draw.choice(rural)
        groups = [f"{HANZI[n]}组" for n in range(1, draw.randint(3, 10))] if draw.random() < 0.5 else [""]
        homes += [Home("", name + group, "group" if group else "village", town) for group in groups]
    homes = [_numbered(home, n) for n, home in enumerate(homes[:count])]
    strangers = [Home("", name, "estate", draw.choice(urban)) for name in estates[: count // 20]]
    strangers += [Home("", name, "village", draw.choice(rural)) for name in villages[: count // 40]]
    return County(_layers(homes, draw), homes, strangers)


def _numbered(home: Home, number: int) -> Home:
    return Home(f"U{number:05d}", home.name, home.kind, home.town, home.street, home.number)


def _estates(draw: random.Random) -> list[str]:
    first, middle, last = ESTATE_FIRST.split(), ["", *ESTATE_MIDDLE.split()], ESTATE_LAST.split()
    names = [a + b + c for a in first for b in middle for c in last]
    draw.shuffle(names)
    return names


def _layers(homes: Sequence[Home], draw: random.Random) -> dict[str, pd.DataFrame]:
    units = pd.DataFrame(
        {
            "unit_id": [h.unit_id for h in homes],
            "name": [h.name for h in homes],
            "kind": [h.kind for h in homes],
            "town": [h.town for h in homes],
            "district": CITY[2],
        }
    )
    doors = [h for h in homes if h.street and draw.random() < 0.3]
    doorplates = pd.DataFrame(
        {
            "street": [h.street for h in doors],
            "first": [h.number for h in doors],
            "last": [h.number for h in doors],
            "parity": "all",
            "town": [h.town for h in doors],
            "unit_id": [h.unit_id for h in doors],
        }
    )
    named = [h for h in homes if h.kind == "estate" and draw.random() < 0.05]
    aliases = pd.DataFrame(
        {
            "alias": [f"{h.name[:2]}{draw.choice('厂矿局院站')}家属院{h.unit_id[1:]}" for h in named],
            "town": [h.town for h in named],
            "unit_id": [h.unit_id for h in named],
        }
    )
    areas = pd.DataFrame({"name": [CITY[1], CITY[2]], "level": ["city", "district"]})
    return {"units": units, "doorplates": doorplates, "aliases": aliases, "areas": areas}


def _pairs(text: str, *, both: bool = True) -> dict[str, str]:
    out: dict[str, str] = {}
    for group in text.split():
        for character in group:
            others = group.replace(character, "")
            if others and (both or character == group[0]):
                out[character] = out.get(character, "") + others
    return out


class Spoiler:
    """Writes homes as people do, each in its own way, and spoils what they write."""

    def __init__(self, made: County, *, seed: int) -> None:
        self.draw = random.Random(seed)
        self.made = made
        self.sounds, self.shapes = _pairs(SAME_SOUND), _pairs(LIKE_SHAPE)
        self.traditional = str.maketrans({p[0]: p[1] for p in TRADITIONAL.split()})
        doors = made.layers["doorplates"]
        self.doors = set(doors["unit_id"])
        self.aliases = made.layers["aliases"].set_index("unit_id")["alias"].to_dict()
        self.shared = made.layers["units"]["name"].value_counts()

    def address(self) -> tuple[str, str, str]:
        """Return an address, the unit it means (empty for none in the list), and how it was spoilt."""
        roll = self.draw.random()
        if roll < 0.03:
            return (
                self._written(self.draw.choice(self.made.homes), county=self.draw.choice(OTHER_COUNTIES)),
                "",
                "other county",
            )
        if roll < 0.07:
            return self._written(self.draw.choice(self.made.strangers)), "", "not in the list"
        home = self.draw.choice(self.made.homes)
        noise: list[tuple[float, str, Callable[[Home], str]]] = [
            (0.30, "plain", self._written),
            (0.02, "beside a landmark", self._landmark),
            (0.02, "phase added or left out", self._phase),
            (0.08, "no 小区 or town", self._bare),
            (0.07, "traditional", lambda h: self._written(h).translate(self.traditional)),
            (0.08, "full-width", lambda h: self._written(h).translate(FULL)),
            (0.06, "blanks and marks", self._marked),
            (0.10, "same sound", lambda h: self._written(self._swapped(h, self.sounds))),
            (0.05, "like shape", lambda h: self._written(self._swapped(h, self.shapes))),
            (0.04, "character lost", lambda h: self._written(self._lost(h))),
            (0.05, "wrong town", self._moved),
            (0.05, "door number", self._door),
            (0.03, "alias", self._alias),
            (0.05, "with community", self._community),
        ]
        _, kind, write = self.draw.choices(noise, [n[0] for n in noise])[0]
        return write(home), home.unit_id, kind

    def _written(self, home: Home, *, county: str = "", town: str = "", name: str = "") -> str:
        draw = self.draw
        outer = draw.choice(("", CITY[2], CITY[1] + CITY[2], "".join(CITY)))
        if county:
            outer = CITY[0] + CITY[1] + county
        place = town or draw.choice((home.town, home.town, home.town, ""))
        if place.endswith("街道") and draw.random() < 0.2:
            place += "办事处"
        road = f"{home.street}{home.number}号" if home.street and draw.random() < 0.2 else ""
        return outer + place + road + (name or self._name(home)) + self._house(home)

    def _name(self, home: Home) -> str:
        draw, name = self.draw, home.name
        if home.kind == "group":
            village, number = name[:-2], HANZI.index(name[-2])
            word = draw.choice(
                (f"{number}组", f"{HANZI[number]}社", f"第{HANZI[number]}村民小组", f"{HANZI[number]}组")
            )
            return village + draw.choice(("", "", "民委员会")) + word
        if home.kind == "village":
            return name + draw.choice(("", "", "委会", "民委员会"))
        if name[-1] == "期":
            name = draw.choice((name, f"{name[:-2]}（{name[-2:]}）", f"{name[:-2]}{HANZI.index(name[-2])}期"))
        return name + ("小区" if not name.endswith(("小区", "期", "）")) and draw.random() < 0.4 else "")

    def _house(self, home: Home) -> str:
        draw = self.draw
        house, flat, floor = (
            draw.randint(1, 40),
            draw.randint(1, 4),
            draw.randint(1, 18) * 100 + draw.randint(1, 4),
        )
        if home.kind != "estate":
            return draw.choice(("", f"{house}号", f"{HANZI[house % 9 + 1]}号"))
        return draw.choice(
            (
                f"{house}号楼{flat}单元{floor}室", f"{house}栋{flat}单元{floor}", f"{house}-{flat}-{floor}",
                f"{house}#楼{floor}", f"{house}幢{floor}室", f"{HANZI[house % 9 + 1]}号楼",
                "", f"B{house}座{floor}",
            )
        )  # fmt: skip

    def _bare(self, home: Home) -> str:
        name = home.name.removesuffix("小区") if len(home.name) > 4 else home.name
        return name + self._house(home)

    def _marked(self, home: Home) -> str:
        draw = self.draw
        parts = [CITY[2], home.town, self._name(home), self._house(home)]
        return draw.choice((" ", "，", "　", "-", "、")).join(parts)

    def _swapped(self, home: Home, pairs: dict[str, str]) -> Home:
        at = [i for i, c in enumerate(home.name) if c in pairs]
        if not at:
            return home
        place = self.draw.choice(at)
        wrong = self.draw.choice(pairs[home.name[place]])
        return _named(home, home.name[:place] + wrong + home.name[place + 1 :])

    def _lost(self, home: Home) -> Home:
        body = len(home.name) - (2 if home.name[-1] in "期组" else 0)
        if body < 4:
            return home
        place = self.draw.randrange(body - 1)
        return _named(home, home.name[:place] + home.name[place + 1 :])

    def _moved(self, home: Home) -> str:
        others = [t for t in TOWNS.split() if t != home.town]
        return self._written(home, town=self.draw.choice(others))

    def _door(self, home: Home) -> str:
        if home.unit_id not in self.doors:
            return self._written(home)
        return f"{CITY[2]}{home.street}{home.number}号{self._house(home)}"

    def _alias(self, home: Home) -> str:
        name = self.aliases.get(home.unit_id, "")
        return self._written(home, name=name)

    def _landmark(self, home: Home) -> str:
        if home.kind != "estate":
            return self._written(home)
        one, two = self.draw.sample(STREETS_FIRST.split(), 2)
        gate = self.draw.choice(("", "东门", "北门", "底商", "物业"))
        return f"{CITY[2]}{home.town}{one}路与{two}街交叉口{home.name}{gate}"

    def _phase(self, home: Home) -> str:
        if home.kind != "estate":
            return self._written(home)
        return self._written(home, name=home.name[:-2] if home.name[-1] == "期" else f"{home.name}一期")

    def _community(self, home: Home) -> str:
        if home.kind != "estate":
            return self._written(home)
        community = self.draw.choice(("兴盛", "惠民", "康乐", "福源"))
        return f"{home.town}{community}社区{self._name(home)}{self._house(home)}"


def _named(home: Home, name: str) -> Home:
    return Home(home.unit_id, name, home.kind, home.town, home.street, home.number)


def generate(made: County, count: int, *, seed: int) -> pd.DataFrame:
    """Return `count` addresses with the truth: text, unit_id (empty for none), noise."""
    spoiler = Spoiler(made, seed=seed)
    return pd.DataFrame([spoiler.address() for _ in range(count)], columns=["text", "unit_id", "noise"])


def scores(truth: pd.Series, found: pd.Series) -> dict[str, float]:
    """Return precision (right of those matched) and recall (right of those whose unit is in the list)."""
    matched = found.notna()
    right = matched & (found.astype("object") == truth.astype("object"))
    inside = truth != ""
    return {
        "rows": float(len(truth)),
        "matched": float(matched.mean()),
        "precision": float(right.sum() / max(matched.sum(), 1)),
        "recall": float(right.sum() / inside.sum()) if inside.any() else float("nan"),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    from planning.addresses import match
    from planning.gazetteer import gazetteer

    parser = argparse.ArgumentParser(prog="python -m benchmarks.addresses", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--units", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", type=int, default=0, help="show this many wrong matches and misses")
    given = parser.parse_args(arguments)
    made = county(given.units, seed=given.seed)
    rows = generate(made, given.count, seed=given.seed + 1)
    began, busy = time.perf_counter(), time.process_time()
    names = gazetteer(made.layers)
    found = match(rows["text"], names)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    print(f"{given.count:,} addresses, {given.units:,} units: {seconds:.1f} s, {busy:.1f} s of processor")
    print(scores(rows["unit_id"], found["unit_id"]))
    for column, by in (("noise", rows["noise"]), ("kind", found["kind"])):
        table = {
            key: scores(rows.loc[at, "unit_id"], found.loc[at, "unit_id"])
            for key, at in rows.groupby(by).groups.items()
        }
        print(pd.DataFrame(table).T.rename_axis(column).round(4).to_string())
    _show(rows.assign(**found.add_prefix("found_")), made, given.wrong)
    return 0


def _show(rows: pd.DataFrame, made: County, count: int) -> None:
    names = made.layers["units"].set_index("unit_id")["name"]
    wrong = rows[rows["found_unit_id"].notna() & (rows["found_unit_id"] != rows["unit_id"])]
    missed = rows[rows["found_unit_id"].isna() & (rows["unit_id"] != "")]
    for part in (wrong, missed):
        for row in part.sample(min(count, len(part)), random_state=1).itertuples():
            print(
                row.text,
                "|",
                names.get(row.unit_id, "-"),
                "|",
                row.found_kind,
                names.get(row.found_unit_id, "-"),
                "|",
                row.noise,
            )


if __name__ == "__main__":
    sys.exit(main())
