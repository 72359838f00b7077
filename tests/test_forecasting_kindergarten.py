"""Kindergarten rolls as evidence of entrants: used where they were nearer than births, and marked apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting import backtest, entrants, history, kindergarten, panel
from forecasting.cohort import Settings
from forecasting.fitting import learn
from forecasting.forecast import forecast
from gis.faults import FaultError

BASE = 2023
ENTER = {year: int(n) for year, n in zip(range(2010, 2030), np.random.default_rng(3).integers(60, 140, 20))}


def county() -> pd.DataFrame:
    """One district, two schools; who enters grade 1 swings from year to year, two thirds to the first."""
    rows = []
    for year in range(2013, BASE + 1):
        for grade in range(1, 7):
            came = ENTER[max(year - grade + 1, 2010)]
            rows += [(year, "甲", "一小", str(grade), 2 * came), (year, "甲", "二小", str(grade), came)]
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def rolls(noise: float = 0.0) -> pd.DataFrame:
    """Nine tenths of those who will enter are in a kindergarten, in three classes."""
    rng = np.random.default_rng(1)
    rows = [
        (year, "甲", name, int(2.7 * ENTER[year + ahead] * rng.uniform(1 - noise, 1 + noise)))
        for year in range(2012, BASE + 1)
        for name, ahead in (("大班", 1), ("中班", 2), ("小班", 3))
    ]
    return pd.DataFrame(rows, columns=["year", "district", "grade", "children"])


BIRTHS = pd.DataFrame({"year": range(2003, BASE), "district": "甲", "births": 300})


def first(**more) -> pd.DataFrame:
    made = forecast(county(), until=BASE + 5, settings=Settings(school_pull=1), **more)
    rows = made[(made["level"] == "cell") & (made["grade"] == "1") & (made["school"] == "一小")]
    return rows.set_index("year")[["mean", "basis"]]


def test_each_class_tells_of_its_own_year_and_is_marked_apart():
    plain, told = first(births=BIRTHS), first(births=BIRTHS, kindergarten=rolls())
    assert told["basis"].tolist() == ["kindergarten"] * 3 + ["born"] * 2
    true = [2 * ENTER[BASE + ahead] for ahead in (1, 2, 3)]
    assert told["mean"].iloc[:3].tolist() == pytest.approx(true, rel=0.03)
    assert (plain["mean"].iloc[:3] - true).abs().max() > 20
    assert set(plain["basis"]) <= {"born", "assumed"}


def test_a_class_that_was_no_nearer_than_births_is_left_out_and_said():
    steady = county().assign(enrolment=100)
    wild = rolls(noise=0.9)
    made = forecast(steady, until=BASE + 3, births=BIRTHS, kindergarten=wild)
    pd.testing.assert_frame_equal(made, forecast(steady, until=BASE + 3, births=BIRTHS))
    assert sum("so it is not used" in note["en"] for note in made.attrs["notes"]) == 3
    short = forecast(county(), until=BASE + 1, births=BIRTHS, kindergarten=rolls().query("year > 2021"))
    assert any("too few past years" in note["en"] for note in short.attrs["notes"])


def test_registered_children_go_before_kindergarten_rolls():
    register = pd.DataFrame({"year": range(2014, BASE + 2), "district": "甲", "children": 300})
    assert first(kindergarten=rolls(), entrants=register)["basis"].tolist()[:3] == [
        "registered", "kindergarten", "kindergarten",
    ]  # fmt: skip


def test_the_back_test_knows_only_the_rolls_of_then_and_chooses_anew():
    known = panel.from_frame(history.read(county()))
    checked, faults = history.check_kindergarten(rolls())
    assert not faults
    told = kindergarten.drivers(checked, known)
    assert [driver.known_in(2020).children.shape[1] for driver in told] == [9, 9, 9]  # rolls of 2012 to 2020
    early = learn(known.until(2015), [d.known_in(2015) for d in told])
    assert np.isnan(early.classes[3]).all() and not [d for d in early.drivers if d.lead == 3]
    frame = backtest.backtest(known, told, cutoffs=[2021], horizons=2)
    own = frame[(frame["method"] == "cohort") & (frame["level"] == "cell") & (frame["grade"] == "1")]
    assert (own["mean"] / own["actual"]).tolist() == pytest.approx([1] * len(own), abs=0.05)
    plain = backtest.backtest(known, [], cutoffs=[2021], horizons=2)
    rest = plain[(plain["method"] == "cohort") & (plain["level"] == "cell") & (plain["grade"] == "1")]
    assert (rest["mean"] - rest["actual"]).abs().sum() > 5 * (own["mean"] - own["actual"]).abs().sum()


def test_rolls_of_single_kindergartens_are_summed_and_every_fault_is_said():
    parts = pd.concat([rolls().assign(school=name) for name in ("红星", "蓝天")], ignore_index=True)
    parts = parts.rename(columns={"children": "pupils"}).assign(year=lambda f: f["year"].astype(str))
    known = panel.from_frame(history.read(county()))
    (single, double) = (
        kindergarten.drivers(history.check_kindergarten(table)[0], known)[0].children
        for table in (rolls(), parts)
    )
    assert (double == 2 * single).all()
    bad = rolls().astype("object")
    bad.loc[0, "grade"], bad.loc[1, "children"], bad.loc[3, "year"] = "托班", "很多", "去年"
    with pytest.raises(FaultError) as error:
        forecast(county(), until=BASE + 1, kindergarten=bad)
    assert sorted(f.kind for f in error.value.faults) == ["fc_class", "fc_not_number", "fc_year"]


@pytest.mark.parametrize("lowest", ["K", "2"])
def test_a_history_without_grade_1_below_is_forecast_without_the_rolls_and_says_so(lowest):
    rows = county()
    own = rows.query("grade == '1'").assign(grade="K")
    rows = pd.concat([rows, own]) if lowest == "K" else rows.query("grade != '1'")
    made, plain = (forecast(rows, until=BASE + 2, kindergarten=given) for given in (rolls(), None))
    pd.testing.assert_frame_equal(made, plain)
    said = [line for line in made.attrs["warnings"] if line not in plain.attrs["warnings"]]
    assert len(said) == 1 and f"最低年级是 {lowest}" in said[0]["zh"] and "not used" in said[0]["en"]


def test_bases_go_from_best_to_weakest():
    assert (
        entrants.BASES.index("registered")
        < entrants.BASES.index(kindergarten.BASIS)
        < entrants.BASES.index("born")
    )
