"""Next year's schools and units beside this year's: equal ids match, everything else is only proposed."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from planning import lineage, matching

CRS = 4546


def schools(*rows):
    return pd.DataFrame(rows, columns=["school_id", "name"])


def units(**boxes):
    shapes = [box(left, 0, right, 1000) for left, right in boxes.values()]
    frame = {"unit_id": list(boxes), "name": [f"{i}小区" for i in boxes]}
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


def changes(found):
    frame = found.proposals
    rows = zip(frame["change"], frame["from_id"], frame["to_id"], frame["share"], strict=True)
    return {(c, *(None if pd.isna(v) else v for v in (a, b, s))) for c, a, b, s in rows}


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("东胜区实验小学", "实验小学", 70, 100),
        ("第一小学", "第 1 小学", 100, 100),
        ("第一小学", "第二小学", 0, 0),
        ("东区小学", "西区小学", 0, 0),
        ("铁西小学", "康巴什小学", 0, 60),
    ],
)
def test_names_are_alike_by_what_sets_them_apart(one, other, least, most):
    assert least <= matching.likeness(one, other) <= most


def test_the_same_id_is_the_same_school_and_nothing_is_proposed():
    one = schools(("s1", "实验小学"), ("s2", "二小"))
    found = matching.match(one, one, subject="school", year=2027)
    assert list(found.pairs["how"]) == ["id", "id"] and not len(found.proposals)


def test_a_new_code_a_new_name_a_closing_and_an_opening_are_told_apart():
    old = schools(("s1", "实验小学"), ("s2", "铁西学校"), ("s3", "阿镇教学点"))
    new = schools(("s1", "第一实验小学"), ("n2", "铁西学校"), ("n4", "康巴什小学"))
    found = matching.match(old, new, subject="school", year=2027)
    assert changes(found) == {
        ("renamed", "s1", "s1", None),
        ("renamed", "s2", "n2", None),
        ("closed", "s3", None, None),
        ("opened", None, "n4", None),
    }
    assert found.proposals["score"].between(0, 100).all()
    assert all(why.zh and why.en for why in found.proposals["why"])


def test_a_unit_cut_in_two_is_a_split_by_area():
    found = matching.match(
        units(u1=(0, 100), u2=(100, 200)),
        units(u1=(0, 100), a=(100, 175), b=(175, 200)),
        subject="unit",
        year=2027,
    )
    assert changes(found) == {("split", "u2", "a", 0.75), ("split", "u2", "b", 0.25)}


def test_a_unit_that_gives_a_part_away_keeps_the_rest():
    found = matching.match(
        units(u1=(0, 100), u2=(100, 200)),
        units(u1=(0, 100), u2=(100, 160), b=(160, 200)),
        subject="unit",
        year=2027,
    )
    assert changes(found) == {("split", "u2", "b", 0.4), ("split", "u2", "u2", 0.6)}


def test_two_units_in_one_are_a_merger():
    found = matching.match(
        units(u1=(0, 100), u2=(100, 200), u3=(200, 300)),
        units(u1=(0, 200), u3=(200, 300)),
        subject="unit",
        year=2027,
    )
    assert changes(found) == {("merged", "u2", "u1", None)}


def test_what_the_table_says_is_not_proposed_again():
    old, new = (
        schools(("s1", "实验小学"), ("s2", "铁西学校")),
        schools(("s1", "实验小学"), ("n2", "铁西学校")),
    )
    first = matching.match(old, new, subject="school", year=2027)
    known = lineage.frame_of(first.proposals)
    again = matching.match(old, new, subject="school", year=2027, known=known)
    assert not len(again.proposals)
    assert set(again.pairs["how"]) == {"id", "lineage"}
    other_year = matching.match(old, new, subject="school", year=2028, known=known)
    assert len(other_year.proposals) == 1


def test_accepting_all_proposals_gives_a_sound_table():
    old = units(u1=(0, 100), u2=(100, 200), u3=(200, 300), u4=(300, 400), u5=(400, 500))
    new = units(u1=(0, 100), a=(100, 150), b=(150, 200), c=(200, 400), n=(900, 950))
    found = matching.match(old, new, subject="unit", year=2027)
    ids = [{"unit": frozenset(f["unit_id"]), "school": frozenset[str]()} for f in (old, new)]
    assert lineage.check(lineage.frame_of(found.proposals), year=2027, old=ids[0], new=ids[1]) == []
    assert set(lineage.fates(found.proposals, "unit", 2027)) == {"u2", "u3", "u4", "u5"}


def test_all_codes_changed_at_once_are_matched_by_name():
    names = [f"{a}{b}{c}小区" for a in "东西南北" for b in "春夏秋冬" for c in "花园苑庭"]
    old = schools(*((f"a{n}", name) for n, name in enumerate(names)))
    new = schools(*((f"b{n}", name) for n, name in enumerate(names)))
    found = matching.match(old, new, subject="school", year=2027).proposals
    assert (found["change"] == "renamed").all() and len(found) == len(names)
    assert (found["from_name"] == found["to_name"]).all()
