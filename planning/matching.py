"""Next year's schools and units against this year's: which are the same, what may have become of the others.

Only equal ids count as the same by themselves. Everything else is a proposal with a score and a reason that
the planner keeps, edits or drops; none is applied in silence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from gis.faults import Words
from gis.values import fold
from planning import lineage
from planning.lineage import COLUMNS

#: Least likeness of two names, 0 to 100, that is worth proposing.
LIKELY: Final = 70.0
#: Least score of one id under two names: the id speaks for one school, the names may not.
SAME_ID: Final = 80.0
#: Metres within which two points are taken for one place.
SAME_PLACE: Final = 30.0
#: Least part of an area that must lie in another for the one to have become (part of) the other.
MOST: Final = 0.5

_IDS: Final = {"school": "school_id", "unit": "unit_id"}
_DIGITS: Final = str.maketrans("一二三四五六七八九两", "1234567892")
_MARKS: Final = re.compile(r"[\W_]+")
_COMMON: Final = re.compile(
    r"(小学校|小学|初级中学|初中|中学|学校|小区|住宅区|社区|行政村|嘎查|村民委员会|村)"
)
_NUMBERS: Final = re.compile(r"\d+|[东南西北中上下前后左右]|[甲乙丙丁]")


@dataclass(frozen=True)
class Matching:
    """How this year's ids stand to next year's.

    Attributes
    ----------
    pairs : DataFrame
        old_id, old_name, new_id, new_name, how (id, lineage, gone, new), renamed (bool): one row for each
        pair of the same id or of the lineage table, each id that is gone, each that is new.
    proposals : DataFrame
        The columns of the lineage table, score (0 to 100) and why (`Words`), best first: what may have become
        of those that are gone, where those that are new may come from, and names that changed under one id.
    """

    pairs: pd.DataFrame
    proposals: pd.DataFrame


def plain_name(name: str) -> str:
    """Return a name for comparing: no spaces, marks or letter case; Chinese digits as digits.

    Examples
    --------
    >>> plain_name("第 一 小学（东校区）")
    '第1小学东校区'
    """
    return _MARKS.sub("", fold(name)).translate(_DIGITS)


def likeness(one: str, other: str) -> float:
    """Return how alike two names are, 0 to 100.

    Words that most names share (小学, 小区 ...) do not count, and names with different numbers or sides
    (第一小学 and 第二小学, 东区 and 西区) are not alike.

    Examples
    --------
    >>> likeness("东胜区实验小学", "实验小学") > 70, likeness("第一小学", "第二小学")
    (True, 0.0)
    """
    a, b = plain_name(one), plain_name(other)
    if a == b:
        return 100.0
    numbers = [_NUMBERS.findall(name) for name in (a, b)]
    if numbers[0] != numbers[1] and not (a in b or b in a):
        return 0.0
    core = (_core(a), _core(b))
    return max(fuzz.ratio(*core), 90.0 * _contained(*core))


def _core(plain: str) -> str:
    """Return what sets a name apart, without the words that most names share."""
    return _COMMON.sub("", plain) or plain


def _contained(one: str, other: str) -> float:
    short, long = sorted((one, other), key=len)
    return float(len(short) >= 2 and short in long)


def match(
    old: pd.DataFrame,
    new: pd.DataFrame,
    *,
    subject: str,
    year: int,
    known: pd.DataFrame | None = None,
) -> Matching:
    """Match next year's schools or units against this year's.

    Parameters
    ----------
    old, new : DataFrame or GeoDataFrame
        The layer of this and of next year, in one coordinate system in metres.
    subject : {"school", "unit"}
        Which.
    year : int
        Next year.
    known : DataFrame, optional
        The lineage table as far as it is known; what it says is not proposed again.

    Returns
    -------
    Matching
    """
    given = lineage.empty() if known is None else known
    own = given[(given["subject"] == subject) & (given["year"] == year)]
    names = (_names(old, subject), _names(new, subject))
    pairs = _pairs(*names, own)
    gone = _left(pairs, "gone", "old_id")
    added = _left(pairs, "new", "new_id")
    links = [*_by_name(*names, gone, added), *_by_place(old, new, subject, gone, added)]
    rows = [*_resolved(_best(links), gone, added, _weights(old, new, subject)), *_renamed(pairs, own)]
    return Matching(pairs, _proposals(rows, names, subject, year))


def _names(frame: pd.DataFrame, subject: str) -> dict[str, str]:
    return {str(i): str(n) for i, n in zip(frame[_IDS[subject]], frame["name"].fillna(""), strict=True)}


def _pairs(old: Mapping[str, str], new: Mapping[str, str], known: pd.DataFrame) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    told = known.dropna(subset=["from_id", "to_id"])
    links = [(a, b) for a, b in zip(told["from_id"], told["to_id"], strict=True) if a in old and b in new]
    linked = {a for a, _ in links}
    said = set(known["from_id"].dropna()) | linked
    reached = set(known["to_id"].dropna())
    for i, name in old.items():
        if i in new and i not in linked:
            rows.append((i, name, i, new[i], "id", plain_name(name) != plain_name(new[i])))
        elif i not in said:
            rows.append((i, name, None, None, "gone", False))
    rows += [(a, old[a], b, new[b], "lineage", plain_name(old[a]) != plain_name(new[b])) for a, b in links]
    rows += [(None, None, i, name, "new", False) for i, name in new.items() if i not in {*old, *reached}]
    columns = ["old_id", "old_name", "new_id", "new_name", "how", "renamed"]
    text = dict.fromkeys(columns[:5], "str")
    return pd.DataFrame(rows, columns=columns).astype({**text, "renamed": "bool"})


def _left(pairs: pd.DataFrame, how: str, column: str) -> list[str]:
    return pairs.loc[pairs["how"] == how, column].tolist()


_Link = tuple[str, str, float, Words]


def _by_name(
    old: Mapping[str, str], new: Mapping[str, str], gone: list[str], added: list[str]
) -> list[_Link]:
    """Return links from ids that are gone to ids that are new with a like name."""
    if not gone or not added:
        return []
    same = _same_name({i: old[i] for i in gone}, {i: new[i] for i in added})
    links = [_name_link((i, old[i]), (j, new[j]), 100.0) for i, j in same.items()]
    taken = set(same.values())
    gone, added = [i for i in gone if i not in same], [j for j in added if j not in taken]
    for a, b in _candidates([old[i] for i in gone], [new[j] for j in added]):
        score = likeness(old[gone[a]], new[added[b]])
        if score >= LIKELY:
            links.append(_name_link((gone[a], old[gone[a]]), (added[b], new[added[b]]), score))
    return links


def _same_name(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return ids that share a name which nobody else has in either year."""
    once = []
    for names in (old, new):
        plain = pd.Series({i: plain_name(name) for i, name in names.items()}, dtype="str")
        once.append(plain[(plain != "") & ~plain.duplicated(keep=False)])
    back = {name: i for i, name in once[1].items()}
    return {str(i): str(back[name]) for i, name in once[0].items() if name in back}


def _candidates(one: list[str], other: list[str]) -> list[tuple[int, int]]:
    """Return the places of names that may be alike: a quick look before `likeness`, which is slow."""
    a, b = ([_core(plain_name(name)) for name in names] for names in (one, other))
    near = process.cdist(a, b, scorer=fuzz.ratio, score_cutoff=LIKELY, dtype=np.uint8) > 0
    near |= process.cdist(a, b, scorer=fuzz.partial_ratio, score_cutoff=99, dtype=np.uint8) > 0
    return [(int(row), int(column)) for row, column in zip(*near.nonzero(), strict=True)]


def _name_link(one: tuple[str, str], other: tuple[str, str], score: float) -> _Link:
    same = score >= 100
    why = Words(
        "名称相同" if same else f"名称相近（{one[1]} → {other[1]}）",
        "same name" if same else f"like names ({one[1]} → {other[1]})",
    )
    return one[0], other[0], score, why


def _by_place(
    old: pd.DataFrame, new: pd.DataFrame, subject: str, gone: list[str], added: list[str]
) -> list[_Link]:
    """Return links by place: points on one spot, areas that lie in one another."""
    if not isinstance(old, gpd.GeoDataFrame) or not isinstance(new, gpd.GeoDataFrame):
        return []
    key = _IDS[subject]
    before = gpd.GeoDataFrame(old[[key, old.geometry.name]].dropna())
    after = gpd.GeoDataFrame(new[[key, new.geometry.name]].dropna())
    return [
        *_near(before[before[key].isin(gone)], after[after[key].isin(added)], key),
        *_within(before, after, key, set(gone), set(added)),
    ]


def _near(gone: gpd.GeoDataFrame, added: gpd.GeoDataFrame, key: str) -> list[_Link]:
    a, b = (frame[frame.geom_type == "Point"].reset_index(drop=True) for frame in (gone, added))
    left, right = b.sindex.query(a.geometry, predicate="dwithin", distance=SAME_PLACE)
    links = []
    for i, j in zip(left, right, strict=True):
        metres = float(a.geometry.iloc[i].distance(b.geometry.iloc[j]))
        why = Words(f"位置相同（相距 {metres:.0f} 米）", f"same place ({metres:.0f} m apart)")
        links.append((str(a[key].iloc[i]), str(b[key].iloc[j]), 85.0, why))
    return links


def _within(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, key: str, gone: set[str], added: set[str]
) -> list[_Link]:
    """Return links between areas: most of one that is gone, or most of one that is new, lies in the other."""
    a, b = (frame[frame.geom_type.isin(["Polygon", "MultiPolygon"])] for frame in (before, after))
    a, b = a.reset_index(drop=True), b.reset_index(drop=True)
    left, right = b.sindex.query(a.geometry, predicate="intersects")
    links = []
    for i, j in zip(left, right, strict=True):
        one, other = str(a[key].iloc[i]), str(b[key].iloc[j])
        if one == other or not (one in gone or other in added):
            continue
        shared = a.geometry.iloc[i].intersection(b.geometry.iloc[j]).area
        parts = (shared / a.geometry.iloc[i].area, shared / b.geometry.iloc[j].area)
        if (one in gone and parts[0] >= MOST) or (other in added and parts[1] >= MOST):
            why = Words(
                f"原范围的 {parts[0]:.0%} 在其中，占现范围的 {parts[1]:.0%}",
                f"{parts[0]:.0%} of the former area, {parts[1]:.0%} of the present one",
            )
            links.append((one, other, round(100 * float(max(parts)), 1), why))
    return links


def _best(links: list[_Link]) -> dict[tuple[str, str], tuple[float, Words]]:
    """Return one link for each pair: the highest score, all reasons."""
    found: dict[tuple[str, str], tuple[float, Words]] = {}
    for one, other, score, why in links:
        had = found.get((one, other))
        joined = why if had is None else Words(f"{had[1].zh}；{why.zh}", f"{had[1].en}; {why.en}")
        found[one, other] = (score if had is None else max(score, had[0]), joined)
    return _sharpened(found)


def _sharpened(links: dict[tuple[str, str], tuple[float, Words]]) -> dict[tuple[str, str], Any]:
    """Leave out weak links of an id that has a near certain one, so that like names make no false splits."""
    ends = ({a: 0.0 for a, _ in links}, {b: 0.0 for _, b in links})
    for (a, b), (score, _) in links.items():
        ends[0][a], ends[1][b] = max(ends[0][a], score), max(ends[1][b], score)
    return {
        (a, b): link
        for (a, b), link in links.items()
        if link[0] >= 95 or (ends[0][a] < 95 and ends[1][b] < 95)
    }


def _weights(old: pd.DataFrame, new: pd.DataFrame, subject: str) -> dict[str, float]:
    """Return residents, else areas in m², of next year's ids: by what shares of a split are proposed."""
    ids = new[_IDS[subject]].astype("str")
    if subject == "unit" and "residents" in new and new["residents"].notna().all():
        return dict(zip(ids, new["residents"].astype(float), strict=True))
    if isinstance(new, gpd.GeoDataFrame) and (new.geometry.area > 0).all():
        return dict(zip(ids, new.geometry.area, strict=True))
    return {}


def _resolved(
    links: Mapping[tuple[str, str], tuple[float, Words]],
    gone: list[str],
    added: list[str],
    weights: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Turn links into rows: one to one is a new name, one to many a split, many to one a merger."""
    heirs: dict[str, list[str]] = {}
    origins: dict[str, list[str]] = {}
    for one, other in links:
        heirs.setdefault(one, []).append(other)
        origins.setdefault(other, []).append(one)
    rows = []
    for (one, other), (score, why) in links.items():
        stays = one not in gone
        many = len(heirs[one]) + stays > 1
        merged = len(origins[other]) > 1 or other not in added
        change = "split" if many else "merged" if merged else "renamed"
        share = _share(other, [*heirs[one], *([one] if stays else [])], weights) if many else None
        rows.append(_row(change, one, other, share, score, why))
    for one in [i for i in heirs if i not in gone]:
        why = Words("原单元仍在，保留一部分", "the former one stays and keeps a part")
        score = max(score for (a, _), (score, _) in links.items() if a == one)
        rows.append(_row("split", one, one, _share(one, [*heirs[one], one], weights), score, why))
    none = Words("没有找到相近的", "nothing like it was found")
    rows += [_row("closed", one, None, None, 0.0, none) for one in gone if one not in heirs]
    rows += [_row("opened", None, other, None, 0.0, none) for other in added if other not in origins]
    return rows


def _share(one: str, parts: list[str], weights: Mapping[str, float]) -> float:
    total = sum(weights.get(part, 0.0) for part in parts)
    return round(weights[one] / total, 4) if total > 0 and one in weights else round(1 / len(parts), 4)


def _row(
    change: str, one: str | None, other: str | None, share: float | None, score: float, why: Words
) -> dict[str, Any]:
    found = {"change": change, "from_id": one, "to_id": other, "share": share}
    return {**found, "score": score, "why": why}


def _renamed(pairs: pd.DataFrame, known: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each id that stays under another name."""
    said = set(known["from_id"].dropna())
    rows = pairs[(pairs["how"] == "id") & pairs["renamed"] & ~pairs["old_id"].isin(list(said))]
    why = Words("编号相同，名称变了", "same id, another name")
    return [
        _row("renamed", one, one, None, max(SAME_ID, round(likeness(name, other), 1)), why)
        for one, name, other in zip(rows["old_id"], rows["old_name"], rows["new_name"], strict=True)
    ]


def _proposals(
    rows: list[dict[str, Any]], names: tuple[Mapping[str, str], Mapping[str, str]], subject: str, year: int
) -> pd.DataFrame:
    told = [
        {
            **row,
            "subject": subject,
            "year": year,
            "from_name": names[0].get(row["from_id"] or ""),
            "to_name": names[1].get(row["to_id"] or ""),
            "note": row["why"].zh,
        }
        for row in sorted(rows, key=lambda row: (-row["score"], row["from_id"] or "", row["to_id"] or ""))
    ]
    table = lineage.frame_of(told)
    extra = pd.DataFrame({"score": [r["score"] for r in told], "why": [r["why"] for r in told]})
    return pd.concat([table, extra], axis=1)[[*COLUMNS, "score", "why"]]
