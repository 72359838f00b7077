"""The method of each family of series: chosen where the past tells, else left alone, which is said."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import backtest, cohort, entrants, families, history, methods, panel, tuning
from forecasting.families import Mix
from forecasting.forecast import forecast

NAMES = ["year", "district", "school", "grade", "enrolment"]
LAST = 2023
SEED = 1


def drawn(first: int = 2004) -> pd.DataFrame:
    """Grades 4-6 are always full with 60, whoever comes; below, ever more of each cohort leave on the way."""
    size = np.random.default_rng(1).uniform(160, 240, LAST - 2004 + 7)

    def pupils(year: int, grade: int) -> int:
        stay = [1.0 - 0.01 * (year - k - 2004) for k in range(grade - 1)]
        return 60 if grade > 3 else round(size[year - grade - 2004 + 6] * np.prod(stay))

    rows = [
        (year, "d", f"s{school}", str(grade), pupils(year, grade))
        for school in range(4)
        for year in range(first, LAST + 1)
        for grade in range(1, 7)
    ]
    return pd.DataFrame(rows, columns=NAMES)


def chosen(first: int = 2004, drivers: tuple[entrants.Driver, ...] = ()) -> tuning.Choice:
    return tuning.choose(panel.from_frame(history.read(drawn(first))), drivers)


def why(choice: tuning.Choice) -> dict[str, str]:
    return dict(zip(choice.record["family"], choice.record["why"], strict=True))


def test_every_family_gets_the_method_that_was_nearer_in_its_past():
    choice = chosen()
    assert choice.mix.taken == {"to_3": "cohort", "4_to_6": "naive"}
    assert why(choice) == {"to_3": "nearer", "4_to_6": "nearer", "entrants": "alike"}
    record = choice.record[choice.record["family"] == "4_to_6"]
    assert record["horizon"].tolist() == [1, 2, 3] and (record["method"] == "naive").all()
    assert record["naive_wape"].tolist() == record["used_wape"].tolist() == [0, 0, 0]
    assert (record["gpr3_wape"] > 1).all() and (record["cohort_wape"] > 1).all()
    assert record["cells"].tolist() == [12 * n for n in record["years"]]
    made = methods.cohort_survival(choice.settings, mix=choice.mix)(known := known_panel(), [], 3)
    assert np.allclose(made[:, 3:, 0].sum(), 4 * 3 * 60) and known.counts[:, 3:, -1].sum() == 4 * 3 * 60


def test_a_choice_holds_no_further_ahead_than_it_was_judged():
    mix = Mix(0.6, {"4_to_6": "naive", "step": "gpr3"})
    assert [mix.weights("4_to_6", h)[2] for h in (1, 3, 4)] == [1, 1, 0]
    assert mix.weights("4_to_6", 4).tolist() == mix.weights("to_3", 4).tolist() == [0.6, 0.4, 0]
    known = known_panel()
    plain, taken = (
        methods.cohort_survival(mix=Mix(1.0, taken))(known, [], 5) for taken in ({}, {"4_to_6": "naive"})
    )
    assert not np.allclose(plain[:, 5, :3], taken[:, 5, :3])
    assert np.array_equal(plain[:, :, 3:], taken[:, :, 3:])


def test_births_tell_of_entrants_and_not_of_those_already_at_another_school():
    mix = Mix(0.6, {"entrants": "naive", "step": "naive"}, driven=True)
    assert mix.weights("entrants", 1).tolist() == mix.weights("entrants", 9).tolist() == [1, 0, 0]
    assert mix.weights("step", 1).tolist() == [0, 0, 1] and mix.weights("step", 9).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("chances", "clear"),
    [
        ([0.04], ["a"]),  # one comparison needs no correction
        ([0.04, 0.04, 0.04], []),
        ([0.04, 0.01, 0.02], ["b", "c", "a"]),  # 0.05 over 3, over 2, over 1
        ([0.04, 0.02, 0.001], ["c", "b", "a"]),
        ([0.04, 0.03, 0.001], ["c"]),
    ],
)
def test_gains_are_held_against_the_number_of_families_compared(chances, clear):
    gains = {name: ("naive", chance) for name, chance in zip("abc", chances)}
    assert list(families._clear(gains)) == clear


def known_panel(first: int = 2004) -> panel.Panel:
    return panel.from_frame(history.read(drawn(first)))


@pytest.mark.parametrize("first", [2021, 2019])
def test_a_short_past_leaves_the_common_choice_and_says_so(first: int):
    choice = chosen(first)
    assert choice.mix.taken == {} and set(why(choice).values()) == {"short"}
    frame = forecast(drawn(first), until=LAST + 3)
    assert {row["why"] for row in frame.attrs["methods"]} == {"short"}
    assert any("too short a past" in note["en"] for note in frame.attrs["notes"])
    json.dumps(frame.attrs["methods"], allow_nan=False)


def test_entrants_known_from_births_are_never_given_to_a_method_that_knows_none():
    births = pd.DataFrame([(y, "d", 500) for y in range(1990, LAST)], columns=["year", "district", "births"])
    driver = entrants.from_births(births, known_panel())
    choice = chosen(drivers=(driver,))
    assert why(choice)["entrants"] == "known" and "entrants" not in choice.mix.taken


def test_choices_are_made_anew_from_what_was_known_in_each_base_year():
    whole, cut = known_panel(), known_panel().until(LAST - 3)
    later = backtest.backtest(whole, cutoffs=[LAST - 5], horizons=2)
    earlier = backtest.backtest(cut, cutoffs=[LAST - 5], horizons=2)
    pd.testing.assert_frame_equal(later, earlier)


def test_means_add_up_whatever_is_taken():
    frame = forecast(drawn(), until=LAST + 5, extra_levels=("area",))
    assert any(row["method"] == "naive" for row in frame.attrs["methods"])
    sums = frame.groupby(["level", "year"])["mean"].sum().unstack("level")
    for level in ("school", "district", "area"):
        assert sums[level].tolist() == sums["cell"].tolist()


@given(
    own=st.floats(0.0, 1.0),
    taken=st.dictionaries(st.sampled_from(families.NAMES), st.sampled_from(families.CANDIDATES)),
)
@settings(max_examples=25, deadline=None)
def test_every_family_of_a_district_has_the_totals_of_its_mix(own: float, taken: dict[str, str]):
    known, mix = known_panel(2018), Mix(own, taken)
    made = [m(known, [], 3) for m in (methods.cohort_survival(), methods.gpr3, methods.naive)]
    mixed = methods.cohort_survival(mix=mix)(known, [], 3)
    for h in (1, 2, 3):
        code = families.codes(known, known.open_cells, h)
        for family in np.unique(code):
            parts = [cohort.by_district(np.where(code == family, f[:, :, h - 1], 0.0), known) for f in made]
            weights = mix.weights(families.NAMES[family], h)
            wanted = sum(w * part.sum() for w, part in zip(weights, parts, strict=True))
            assert np.where(code == family, mixed[:, :, h - 1], 0.0).sum() == pytest.approx(wanted)


def test_families_by_hand():
    names = tuple("123456789")
    one = panel.from_frame(
        history.read(
            pd.DataFrame(
                [(2020, "d", s, g, 9) for s, grades in (("p", names[:6]), ("j", names[6:])) for g in grades],
                columns=NAMES,
            )
        )
    )
    found = families.codes(one, one.open_cells, 2)
    told = [[families.NAMES[c] if c >= 0 else "" for c in row] for row in found]
    blank = [""] * 6
    assert told[0] == [*blank, "step", "step", "from_7"]
    assert told[1] == ["entrants", "entrants", "to_3", "4_to_6", "4_to_6", "4_to_6", "", "", ""]
