"""Births to entrants: the learned share, and survival and net migration stated apart from it."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import entered, entrants, history, panel
from forecasting.cohort import Settings
from forecasting.forecast import forecast
from forecasting.rates import MIGRATION, SURVIVAL, Rate, kept

BASE = 2023
BIRTHS = pd.DataFrame({"year": range(2005, 2020), "district": "甲", "births": 1000})


def county() -> pd.DataFrame:
    """One school of six grades: 900 of each 1,000 born enter, year by year."""
    years, grades = range(2014, BASE + 1), range(1, 7)
    rows = [(year, "甲", "一小", str(grade), 900) for year in years for grade in grades]
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def stated(what: str, value: float, year: int) -> Rate:
    return Rate(what, value, ("1",), year)


def first(*told: Rate, **more) -> pd.Series:
    given_births = more.pop("births", BIRTHS)
    made = forecast(
        county(), until=BASE + 5, births=given_births, stated=told, settings=Settings(school_pull=1), **more
    )
    return made[(made["level"] == "cell") & (made["grade"] == "1")].set_index("year")["mean"]


@settings(max_examples=8, deadline=None)
@given(st.floats(0.6, 1.0), st.floats(-0.5, 1.0), st.integers(2000, 2030))
def test_what_is_the_same_in_past_and_future_changes_nothing(survival, migration, year):
    told = stated(SURVIVAL, survival, year), stated(MIGRATION, migration, year)
    assert first(*told).tolist() == pytest.approx([900] * 5, abs=1 / 64)


def test_a_change_to_come_moves_the_entrants_from_its_year_on():
    change = stated(MIGRATION, 0.0, 2010), stated(MIGRATION, 0.10, 2025)
    moved = first(*change)
    # 2027 and 2028 are not born yet: the last births known are held, and the change holds for them as well.
    assert moved.tolist() == pytest.approx([900, 990, 990, 990, 990], abs=0.1)
    back = first(*change, stated(MIGRATION, -0.5, 2027))
    assert back.tolist() == pytest.approx([900, 990, 990, 450, 450], abs=0.1)


def test_registered_years_are_left_alone_and_births_are_asked_for():
    change = stated(MIGRATION, 0.0, 2010), stated(MIGRATION, 0.10, 2024)
    register = pd.DataFrame({"year": range(2015, 2026), "district": "甲", "children": 1000})
    assert first(*change, entrants=register).tolist() == pytest.approx([900, 900, 990, 990, 990], abs=0.1)
    made = forecast(county(), until=BASE + 1, stated=change)
    assert any("no births" in said["en"] for said in made.attrs["warnings"])


def test_statements_hold_from_their_year_and_multiply():
    told = [stated(SURVIVAL, 0.9, 2020), stated(MIGRATION, 0.5, 2022), stated(SURVIVAL, 1.0, 2024)]
    assert dict(kept(told)) == pytest.approx({2020: 1.35, 2022: 1.35, 2024: 1.5})
    assert kept([]) == ()
    driver = entrants.Driver("born", 2020, None, None, 1, steps=kept(told))  # type: ignore[arg-type]
    assert driver.kept(pd.Index([2000, 2023, 2024, 2030]).to_numpy()).tolist() == pytest.approx(
        [1.35, 1.35, 1.5, 1.5]
    )


def test_the_learned_share_stands_year_by_year_beside_what_is_stated():
    known = panel.from_frame(history.read(county()))
    born = entrants.from_births(BIRTHS, known)
    plain = entered.shares(known, born)
    assert plain["year"].tolist() == list(range(2014, BASE + 1))
    assert plain["share"].tolist() == pytest.approx([0.9] * 10) and plain["survival"].isna().all()
    told = entered.shares(known, born, [stated(SURVIVAL, 0.99, 2014), stated(MIGRATION, 0.2, 2020)])
    assert told["enrolled"].tolist() == pytest.approx([0.9 / (0.99 * 1.2)] * 10)
