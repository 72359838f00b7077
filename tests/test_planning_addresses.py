"""Addresses matched to a small drawn town, and to the generated county of the benchmark."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.addresses import county, generate, scores
from planning.addresses import CONFIDENCE, KINDS, MATCHED, match, place_word, rates
from planning.gazetteer import Gazetteer, gazetteer, stem

UNITS = pd.DataFrame(
    [
        ("U1", "阳光花园小区", "estate", "河西街道"),
        ("U2", "锦绣家园一期", "estate", "河西街道"),
        ("U3", "锦绣家园二期", "estate", "河西街道"),
        ("U4", "石桥村", "village", "青石镇"),
        ("U5", "柳树村三组", "group", "青石镇"),
        ("U6", "幸福里", "estate", "河西街道"),
        ("U7", "幸福里", "estate", "河东街道"),
        ("U8", "天骄社区", "block", "河西街道"),
        ("U9", "金水湾雅居", "estate", "河东街道"),
    ],
    columns=["unit_id", "name", "kind", "town"],
).assign(district="东岭县")
ALIASES = pd.DataFrame({"alias": ["老棉纺厂家属院"], "town": [None], "unit_id": ["U9"]})
DOORS = pd.DataFrame(
    {
        "street": ["人民路", "人民路"],
        "first": [1, 2],
        "last": [99, 98],
        "parity": ["odd", "even"],
        "unit_id": ["U1", "U6"],
    }
)


@pytest.fixture(scope="module")
def names() -> Gazetteer:
    return gazetteer({"units": UNITS, "aliases": ALIASES, "doorplates": DOORS})


@pytest.mark.parametrize(
    ("text", "unit", "kind"),
    [
        ("东岭县河西街道阳光花园3号楼2单元501室", "U1", "name"),
        ("陽光花園小區３號樓", "U1", "name"),
        ("阳光花圆5栋", "U1", "sound"),
        ("锦绣家园（二期）5栋", "U3", "name"),
        ("青石镇石桥村村民委员会", "U4", "name"),
        ("石桥村5组12号", "U4", "name"),
        ("青石镇柳树村第三村民小组", "U5", "group"),
        ("河东街道幸福里8号楼", "U7", "name"),
        ("河东街道老棉纺厂家属院2栋", "U9", "alias"),
        ("人民路15号2单元301", "U1", "door"),
        ("人民路16号", "U6", "door"),
        ("河西街道天骄社区阳光花园7栋", "U1", "name"),
        ("人民路与解放街交叉口金水湾雅居北门", "U9", "within"),
        ("河东街道金水弯雅居2栋", "U9", "sound"),
        ("河东街道金水雅居2栋", "U9", "near"),
    ],
)
def test_home_is_found(names: Gazetteer, text: str, unit: str, kind: str) -> None:
    found = match([text], names).iloc[0]
    assert (found["unit_id"], found["kind"]) == (unit, kind)
    assert 0 < found["confidence"] <= CONFIDENCE[kind]


@pytest.mark.parametrize(
    ("text", "kind", "units"),
    [
        ("幸福里3栋", "ambiguous", "U6,U7"),  # in two towns
        ("锦绣家园5栋", "ambiguous", "U2,U3"),  # which phase?
        ("锦绣家园三期5栋", "ambiguous", "U2,U3"),
        ("柳树村", "ambiguous", "U5"),  # which group?
        ("阳光花园对面", "ambiguous", "U1"),
        ("人民路16号阳光花园", "ambiguous", "U1,U6"),  # the door says another unit than the name
        ("阳光家园3栋", "ambiguous", "U1"),  # 家园 is not 花园
        ("东石桥村", "ambiguous", "U4"),
        ("西岭县城关镇阳光花园", "outside", ""),
        ("人民路150号", "unknown", ""),
        ("河西街道", "unknown", ""),
        ("望江苑2栋", "unknown", ""),
        ("", "blank", ""),
        (None, "blank", ""),
    ],
)
def test_what_is_not_sure_is_not_guessed(names: Gazetteer, text: str | None, kind: str, units: str) -> None:
    found = match([text], names).iloc[0]
    assert pd.isna(found["unit_id"])
    assert (found["kind"], found["units"]) == (kind, units)


def test_another_town_lowers_the_confidence(names: Gazetteer) -> None:
    here, there = match(["河西街道阳光花园", "河东街道阳光花园"], names)["confidence"]
    assert here > there > 0


def test_rates_add_up(names: Gazetteer) -> None:
    found = rates(match(["阳光花园", "石桥村", "望江苑", None], names)["kind"])
    assert found["rows"].sum() == 4
    assert found["share"].sum() == pytest.approx(1)
    assert set(found["kind"]) == {"name", "unknown", "blank"}


def test_cancelled_match_gives_a_row_an_address(names: Gazetteer) -> None:
    found = match(["阳光花园", "石桥村"], names, cancelled=lambda: True)
    assert list(found["kind"]) == ["unknown", "unknown"]


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=5))
def test_every_address_gets_one_answer(texts: list[str | None]) -> None:
    found = match(texts, gazetteer({"units": UNITS}))
    assert len(found) == len(texts)
    assert set(found["kind"]) <= set(KINDS)
    assert (found["unit_id"].notna() == found["kind"].isin(MATCHED)).all()


def test_place_word_has_no_house(names: Gazetteer) -> None:
    assert place_word(names.reader.read("望江苑2栋3单元501室")) == "望江苑"
    assert place_word(names.reader.read("人民路150号")) == ""


def test_stem() -> None:
    assert [stem(name) for name in ("锦绣家园1期", "柳树村3组", "阳光花园a区", "阳光花园")] == [
        "锦绣家园", "柳树村", "阳光花园", "阳光花园",
    ]  # fmt: skip


def test_generated_county_is_matched_well() -> None:
    made = county(800, seed=5)
    rows = generate(made, 3000, seed=6)
    found = match(rows["text"], gazetteer(made.layers))
    reached = scores(rows["unit_id"], found["unit_id"])
    assert reached["precision"] > 0.99
    assert reached["recall"] > 0.93
