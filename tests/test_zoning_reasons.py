"""Proofs carry what they are about as data; the words are made from it, with names where they are known."""

import pytest

from tests.zoning_maps import six_in_a_row
from zoning.optimise import optimise
from zoning.options import Options
from zoning.prices import solve
from zoning.reasons import WORDS, Reason


def test_words_are_made_from_the_fields_with_names_for_ids():
    (reason,) = (r for r in optimise(six_in_a_row(left=20, right=20)).reasons if r.kind == "seats_in_all")
    assert (reason.numbers, reason.short) == ({"pupils": 60, "seats": 40}, 20)
    about = Reason("least_of_zone", zones=(0,), schools=("L",), numbers={"most": 20, "least": 30})
    assert "“L”" in about.zh and '"L"' in about.en
    assert about.text("zh", zones={"L": "东关小学"}).startswith("片区“东关小学”")
    assert about.text("en", zones={"L": 'a "quoted" school'}).startswith('Zone "a "quoted" school"')


@pytest.mark.parametrize("kind", WORDS)
def test_both_languages_of_a_kind_speak_of_the_same(kind):
    import string

    fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in WORDS[kind]]
    assert fields[0] == fields[1]


def test_a_proof_about_a_group_names_it_and_counts_all_its_units():
    problem = six_in_a_row(left=15, right=60)
    banned = tuple((unit, "R") for unit in "BC")
    options = Options(together=(("B", "C"),), barred=banned)
    none = solve(problem, options, lambda posed, start: optimise(posed, start, work=100)).result
    assert none.feasible is False
    named = [reason for reason in none.reasons if reason.units]
    assert named and all(set(reason.units) <= set(range(6)) for reason in named)
    one = Reason("unit_too_large", (1,), unit="B", numbers={"pupils": 20})
    (told,) = options.apply(problem).proofs([one])
    assert (told.units, told.whole) == ((1, 2), 2)
    assert "B等 2 个整体划入的单元" in told.zh
    assert "B and what is kept whole with it (2 units in all)" in told.en
