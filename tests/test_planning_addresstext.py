"""Addresses taken apart, traditional characters, sounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.addresstext import Address, Reader
from planning.simplified import simplified
from planning.syllables import sound, sounds

READER = Reader(
    districts=["东岭县"],
    towns=["河西街道", "青石镇"],
    cities=["云州市"],
    streets=["人民路"],
)


@pytest.mark.parametrize(
    "text",
    [
        "河西街道阳光花园小区3号楼2单元501室",
        "江北省云州市东岭县河西街道阳光花园三号楼五单元",
        "東嶺縣河西街道陽光花園小區３號樓",
        "河西办阳光花园 B3-2-1102",
        "河西街道办事处 阳光花园12#楼",
        "  阳光花园小区，河西街道 ",
    ],
)
def test_estate_is_found_and_the_house_left_out(text: str) -> None:
    found = READER.read(text)
    assert "阳光花园" in found.parts
    assert found.elsewhere is False
    assert found.town in ("河西街道", "")
    assert not any(character.isdigit() for part in found.parts for character in part)


@pytest.mark.parametrize("text", ["青石镇石桥村三组", "青石镇石桥村第3村民小组15号", "石桥村村民委员会3社"])
def test_group_of_a_village(text: str) -> None:
    found = READER.read(text)
    assert (found.village, found.group) == ("石桥村", "石桥村3组")


def test_door_number() -> None:
    found = READER.read("东岭县人民路12号院2号楼")
    assert (found.street, found.number) == ("人民路", 12)


@pytest.mark.parametrize("text", ["江北省云州市西岭县城关镇幸福里", "西岭县城关镇幸福里小区"])
def test_another_county_is_told(text: str) -> None:
    assert READER.read(text).elsewhere


@pytest.mark.parametrize("text", ["江北省云州市东岭县青石镇", "东岭县青石镇石桥村", "阳光花园"])
def test_own_county_is_not_elsewhere(text: str) -> None:
    assert not READER.read(text).elsewhere


def test_near_something_is_vague() -> None:
    assert READER.read("阳光花园对面").vague


def test_phase_in_brackets_is_part_of_the_name() -> None:
    assert READER.read("阳光花园（二期）三号楼").parts == ("阳光花园2期",)


def test_long_numbers_are_left_out() -> None:
    found = READER.read("阳光花园 13812345678 110101201201011234")
    assert found == Address(parts=("阳光花园",), pieces=("阳光花园",))


@given(st.text(max_size=40))
def test_any_text_can_be_read(text: str) -> None:
    found = READER.read(text)
    assert all(len(part) > 1 and not part.isdecimal() for part in (*found.parts, *found.pieces))
    assert bool(found.street) == bool(found.number) or found.number == 0


def test_traditional_and_sound() -> None:
    assert simplified("東勝區") == "东胜区"
    assert simplified("东胜区") == "东胜区"
    assert sounds("阳光花园") == sounds("阳光花圆")
    assert sound("园") != sound("家")
    assert sound("Z") == "Z"
