"""Stated transfers, repeaters and shares: what each does, and that sums stay exact."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.cohort import Settings
from forecasting.fitting import fit
from forecasting.forecast import expected, forecast
from forecasting.history import read
from forecasting.panel import from_frame
from forecasting.rates import KINDS, Rate, applied, shares
from forecasting.scenarios import LOW_MIDDLE_HIGH, Scenario
from gis.faults import FaultError

PRIMARY, JUNIOR = tuple("123456"), tuple("789")
BASE = 2023


def county() -> pd.DataFrame:
    """Three primary schools, one of them private, and a junior school; steady numbers."""
    taught = {"东小": PRIMARY, "西小": PRIMARY, "民小": PRIMARY, "一中": JUNIOR}
    size = {"东小": 60, "西小": 40, "民小": 20, "一中": 120}
    rows = [
        (year, "甲", school, grade, size[school])
        for year in range(2019, BASE + 1)
        for school, grades in taught.items()
        for grade in grades
    ]
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


GROUPS = pd.DataFrame(
    {"school": ["东小", "西小", "民小", "一中"], "provider": ["public", "public", "private", "public"]}
)


def made(*stated: Rate, **more) -> pd.DataFrame:
    return forecast(
        county(), until=BASE + 3, stated=stated, groups=GROUPS, extra_levels=("area_stage", "area"), **more
    )


def cell(frame: pd.DataFrame, school: str, grade: str, year: int) -> float:
    rows = frame[(frame["level"] == "cell") & (frame["school"] == school) & (frame["grade"] == grade)]
    return rows.loc[rows["year"] == year, "mean"].item()


def test_transfers_are_carried_by_the_cohort_and_reach_the_junior_school():
    frame = made(Rate("transfers", 0.1, ("5", "6")))
    assert cell(frame, "东小", "4", 2024) == 60
    assert cell(frame, "东小", "5", 2024) == pytest.approx(66, abs=0.1)
    assert cell(frame, "东小", "6", 2024) == pytest.approx(66, abs=0.1)
    assert cell(frame, "东小", "6", 2025) == pytest.approx(60 * 1.21, abs=0.1)
    assert cell(frame, "一中", "7", 2024) == pytest.approx(120, abs=0.1)
    assert cell(frame, "一中", "7", 2025) == pytest.approx(132, abs=0.2)


def test_repeaters_stay_where_they_are_and_are_missed_above():
    frame = made(Rate("repeat", 0.05, ("3",), from_year=2025))
    assert cell(frame, "东小", "3", 2024) == 60 and cell(frame, "东小", "4", 2024) == 60
    assert cell(frame, "东小", "3", 2025) == pytest.approx(63, abs=0.1)
    assert cell(frame, "东小", "4", 2025) == pytest.approx(57, abs=0.1)
    plain = made()
    total = [f.loc[(f["level"] == "area") & (f["year"] == 2025), "mean"].item() for f in (frame, plain)]
    assert total[0] == pytest.approx(total[1], abs=0.1)  # nobody is lost


def test_nobody_repeats_a_grade_that_is_closing():
    panel = from_frame(read(county()))
    third = panel.grades.index("3")
    mean = np.repeat(panel.counts[:, :, -1:], 2, axis=2)
    mean[panel.schools["school"] == "东小", third] = np.nan
    told = applied(panel, mean, [Rate("repeat", 0.1, ("3",))])
    own = dict(zip(panel.schools["school"], told[:, third + 1, 0], strict=True))
    assert own["东小"] == 60 and own["西小"] == pytest.approx(36)


def test_a_private_share_moves_estates_with_the_other_pupils():
    estate = {"estate_id": "e1", "households": 500, "handover_year": BASE, "primary_yield": 0.3}
    rows = pd.DataFrame([{**estate, "junior_yield": 0.1, "school": "民小", "from_outside": 1.0}])
    fitted = fit(county(), until=BASE + 3, estates=rows)
    share = Rate("private", 0.05, PRIMARY, schools=("民小",))
    parts = [expected(fitted, 3, estate_rows=rows, stated=given) for given in ((), (share,))]
    mine = (fitted.panel.schools["school"] == "民小").to_numpy()
    grown = [
        np.nansum(added[mine][:, :6, -1]) / np.nansum(mean[mine][:, :6, -1]) for mean, _, added, _ in parts
    ]
    assert grown[0] > 0.3 and grown[1] == pytest.approx(grown[0], rel=1e-3)


def test_a_private_share_moves_pupils_and_keeps_the_total():
    plain, frame = made(), made(Rate("private", 0.05, PRIMARY, from_year=2025, schools=("民小",)))
    keys = ["level", "stage", "group", "year"]
    before, after = (f.set_index(keys)["mean"].sort_index() for f in (plain, frame))
    assert after["provider_stage", "primary", "private", 2024].item() == 120
    assert after["provider_stage", "primary", "private", 2025].item() == pytest.approx(36, abs=0.2)
    assert after["provider_stage", "primary", "public", 2025].item() == pytest.approx(684, abs=0.2)
    assert after["area_stage", "primary", "", 2025].item() == pytest.approx(
        before["area_stage", "primary", "", 2025].item(), abs=0.2
    )
    assert after["provider_stage", "junior", "public", 2025].item() == 360


def test_a_private_share_without_private_schools_is_a_fault():
    with pytest.raises(FaultError, match="民办"):
        made(Rate("private", 0.05, JUNIOR, schools=("民小",)))


def test_the_last_stated_share_of_a_cell_stands():
    cells = pd.DataFrame({"school": ["a", "b", "a"], "grade": ["7", "7", "6"], "year": [2024, 2024, 2026]})
    given = [Rate("boarding", 0.3, JUNIOR), Rate("boarding", 0.6, JUNIOR, schools=("b",))]
    assert shares(cells, given, "boarding").tolist() == [0.3, 0.6, 0.0]
    assert shares(cells, given, "from_outside").tolist() == [0.0, 0.0, 0.0]


def test_estates_slip_one_by_one():
    estates = pd.DataFrame(
        {
            "estate_id": ["e1", "e2"],
            "households": 500,
            "handover_year": 2023,
            "primary_yield": 0.3,
            "junior_yield": 0.1,
            "school": ["东小", "西小"],
            "from_outside": 1.0,
        }
    )
    late = Scenario("低", slips=(("e2", 9),))
    full = forecast(county(), until=2026, estates=estates, scenarios=(LOW_MIDDLE_HIGH[1], late))
    rows = full[(full["level"] == "school") & (full["year"] == 2026)].set_index(["school", "scenario"])[
        "mean"
    ]
    assert rows["东小", "低"] == rows["东小", "中"] > 360
    assert rows["西小", "低"] == pytest.approx(240, abs=0.5) and rows["西小", "中"] > 260
    quick = forecast(county(), until=2024, estates=estates.assign(handover_year=2024), build_up=(1.0,))
    gained = quick[(quick["level"] == "school") & (quick["school"] == "东小")]["mean"].item()
    assert gained == pytest.approx(360 + 150, abs=0.5)


RATES = st.builds(
    Rate,
    what=st.sampled_from([k for k in KINDS if k != "private"]),
    value=st.floats(-0.2, 0.2),
    grades=st.sets(st.sampled_from("123456789"), min_size=1).map(tuple),
    from_year=st.integers(2022, 2027),
    schools=st.sampled_from([None, ("东小",), ("民小", "一中")]),
)
PRIVATES = st.floats(0.0, 0.9).map(lambda share: Rate("private", share, PRIMARY, schools=("民小",)))


@settings(max_examples=8, deadline=None)
@given(st.lists(RATES, max_size=4), st.lists(PRIVATES, max_size=1))
def test_means_add_up_exactly_under_any_rates(several, private):
    frame = made(*several, *private, scenarios=LOW_MIDDLE_HIGH, settings=Settings())
    sums = frame.groupby(["scenario", "year", "level"])["mean"].sum().unstack("level")
    for level in sums.columns:
        assert (sums[level] == sums["cell"]).all()
    assert (frame["mean"] >= 0).all() and (frame["low"] <= frame["high"]).all()
