import numpy as np
import pandas as pd
import pytest

from forecasting import (
    backtest,
    classes,
    cohort,
    entrants,
    estates,
    history,
    intervals,
    methods,
    panel,
    peaks,
    tuning,
)
from forecasting.families import Mix
from forecasting.forecast import forecast
from gis.faults import FaultError

STAGES = {"primary": tuple("123456"), "junior": tuple("789")}


def made_history(seed=0, years=range(2012, 2024), schools=4):
    rng = np.random.default_rng(seed)
    rows = [
        (y, f"d{s % 2}", f"s{s}", str(g), int(rng.poisson(50 + 10 * s)))
        for y in years
        for s in range(schools)
        for g in range(1, 7)
    ]
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def made_panel(**options):
    return panel.from_frame(history.read(made_history(**options)))


def estate(**changes):
    row = {
        "estate_id": "E1",
        "households": 1000,
        "handover_year": 2024,
        "primary_yield": 0.3,
        "junior_yield": 0.1,
        "school": "s0",
        "from_outside": 0.5,
    }
    return pd.DataFrame([row | changes])


def test_estates_build_up_to_their_yield():
    made = estates.pupils(estate(), range(2023, 2032), build_up=(0.5, 1.0))
    primary = made[made["stage"] == "primary"].set_index("year")["pupils"]
    assert primary.loc[[2023, 2024, 2025, 2031]].tolist() == [0, 150, 300, 300]
    assert made[made["stage"] == "junior"]["pupils"].max() == 100
    late = estates.pupils(estate(), [2024, 2025], build_up=(0.5, 1.0), delay=1)
    assert late[late["stage"] == "primary"]["pupils"].tolist() == [0, 150]


def test_yields_by_housing_type_fill_in_and_never_override():
    table = pd.DataFrame({"housing_type": ["高层"], "stage": ["primary"], "pupils_per_household": [0.2]})
    two = pd.concat([estate(primary_yield=np.nan, housing_type="高层"), estate(housing_type="高层")])
    made = estates.pupils(two.reset_index(drop=True), [2040], table)
    assert made[made["stage"] == "primary"]["pupils"].tolist() == [200, 300]


def test_an_estate_without_date_or_yield_is_a_fault():
    bad = pd.concat([estate(handover_year=np.nan), estate(junior_yield=np.nan, households=-1)])
    with pytest.raises(FaultError) as raised:
        estates.pupils(bad.reset_index(drop=True), [2025])
    assert [f.kind for f in raised.value.faults] == ["fc_estate_date", "fc_negative", "fc_estate_yield"]
    with pytest.raises(FaultError) as raised:
        forecast(made_history(), until=2026, estates=estate(from_outside=np.nan, school="nowhere"))
    assert [f.kind for f in raised.value.faults] == ["fc_estate_school", "fc_estate_outside"]


def test_only_pupils_from_outside_add_to_the_district():
    plain = forecast(made_history(), until=2030)
    more = forecast(made_history(), until=2030, estates=estate())

    def gain(level, name):
        tables = [
            f[(f["level"] == level) & (f["year"] == 2030)].set_index(level)["mean"] for f in (plain, more)
        ]
        return (tables[1] - tables[0])[name]

    # 300 primary pupils of grades 1 to 6, half of them from outside.
    assert gain("district", "d0") == pytest.approx(150, abs=1)
    assert gain("district", "d1") == pytest.approx(0, abs=1)
    assert gain("school", "s2") < 0
    assert gain("school", "s0") + gain("school", "s2") == pytest.approx(150, abs=1)


def cells(means, *, spread=0.1, grade="1"):
    frame = pd.DataFrame({"mean": means, "year": range(2024, 2024 + len(means))}, dtype=float)
    frame = frame.assign(low=frame["mean"] * (1 - spread), high=frame["mean"] * (1 + spread))
    return frame.assign(
        level="cell",
        district="d",
        school="s",
        grade=grade,
        stage="primary",
        scenario="中",
        year=frame["year"].astype(int),
    )


def test_classes_by_the_standard_size():
    made = classes.classes(cells([45, 46, 90, 91, 0]), standard={"primary": 45})
    assert made["classes"].tolist() == [1, 2, 2, 3, 0]
    assert (made["low"] <= made["classes"]).all() and (made["classes"] <= made["high"]).all()


def test_chance_of_oversize_classes_by_hand():
    made = classes.classes(cells([100, 110, 120]), standard={"primary": 60}, large=56)
    # Two classes hold 110 before one reaches 56: 100 is likely below, 120 likely above, 110 an even chance.
    assert made["classes"].tolist() == [2, 2, 2]
    assert (
        made["p_oversized"].iloc[0]
        < 0.2
        < 0.45
        < made["p_oversized"].iloc[1]
        < 0.55
        < made["p_oversized"].iloc[2]
    )


def test_stages_may_differ_in_what_counts_as_oversized():
    both = pd.concat([cells([112]), cells([112], grade="7").assign(stage="junior")], ignore_index=True)
    sizes = {"primary": 60, "junior": 60}
    made = classes.classes(both, standard=sizes, large={"primary": 56, "junior": 61})
    junior = classes.classes(both, standard=sizes, large=61).loc[1, "p_oversized"]
    assert made["p_oversized"].tolist() == [made.loc[0, "p_oversized"], junior]
    assert made.loc[0, "p_oversized"] > 0.5 > junior


def test_a_cohort_keeps_its_classes_until_they_burst():
    both = pd.concat([cells([90, 90], grade="1"), cells([100, 100], grade="2")], ignore_index=True)
    current = pd.DataFrame({"school": ["s", "s"], "grade": ["1", "2"], "classes": [3, 1]})
    made = classes.classes(both, standard={"primary": 45}, rule="keep", current=current)
    table = made.set_index(["grade", "year"])["classes"]
    assert table.loc[("1", 2024)] == 2  # entrants are formed by the standard
    assert table.loc[("2", 2024)] == 3  # last year's three classes of grade 1 move up
    assert table.loc[("2", 2025)] == 2
    burst = classes.classes(
        cells([100], grade="2"), standard={"primary": 45}, rule="keep", current=current.assign(classes=1)
    )
    assert burst["classes"].tolist() == [2]
    with pytest.raises(ValueError, match="keep"):
        classes.classes(both, standard={"primary": 45}, rule="keep")
    with pytest.raises(ValueError, match="grades 1"):
        classes.classes(both, standard={"junior": 50})


def test_peak_and_what_follows_it():
    frame = cells([100, 140, 120, 60], spread=0.01).assign(group="")
    made = peaks.peaks(frame)
    row = made.iloc[0]
    assert (row["peak_year"], row["mean"], row["last_year"], row["empty_after"]) == (2025, 140, 2027, 80)
    assert row["low"] <= 140 <= row["high"] and (row["year_low"], row["year_high"]) == (2025, 2025)
    pd.testing.assert_frame_equal(made, peaks.peaks(frame))
    unsure = peaks.peaks(cells([100, 101, 102, 101], spread=0.2).assign(group="")).iloc[0]
    assert unsure["year_low"] < unsure["year_high"] and unsure["high"] > 102


def test_gpr3_by_hand():
    rows = [
        (y, "d", "s", g, n)
        for y, ones, twos in ((2020, 10, 20), (2021, 20, 10), (2022, 30, 30))
        for g, n in (("1", ones), ("2", twos))
    ]
    made = panel.from_frame(
        history.read(pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"]))
    )
    # Two transitions: 10 to 10 and 20 to 30, so 40 / 30; entrants are the mean of three years.
    assert methods.gpr3(made, [], 1)[0, :, 0].tolist() == [20, 30 * 40 / 30]


def test_district_totals_lean_on_gpr3_and_schools_keep_their_shares():
    made = made_panel(seed=3)
    ours, theirs = (m(made, [], 3) for m in (methods.cohort_survival(), methods.gpr3))
    leaning = methods.cohort_survival(mix=Mix(0.25))(made, [], 3)
    of_districts = [cohort.by_district(f.sum(axis=1), made) for f in (ours, theirs, leaning)]
    assert np.allclose(of_districts[2], 0.25 * of_districts[0] + 0.75 * of_districts[1])
    first = leaning[:, 0] / ours[:, 0]
    assert np.allclose(first[0], first[1]) and not np.allclose(first[0], first[2])


def test_totals_of_entrants_stay_where_births_say_who_comes():
    made = made_panel(seed=3)
    births = pd.DataFrame([(y, d, 100) for y in range(2000, 2022) for d in ("d0", "d1")])
    driver = entrants.from_births(births.set_axis(["year", "district", "births"], axis=1), made)
    ours, leaning = (methods.cohort_survival(mix=Mix(s))(made, [driver], 2) for s in (1.0, 0.0))
    assert np.allclose(ours[:, 0], leaning[:, 0]) and not np.allclose(ours[:, 2], leaning[:, 2])


def test_the_better_of_two_methods_gets_the_district_totals():
    # Entrants jump each third year: the last year misleads, a mean of three never does.
    rows = [
        (y, "d", f"s{s}", str(g), 60 + 30 * ((y - g) % 3 == 0))
        for y in range(2005, 2024)
        for s in range(3)
        for g in range(1, 4)
    ]
    names = ["year", "district", "school", "grade", "enrolment"]
    steady = tuning.choose(panel.from_frame(history.read(pd.DataFrame(rows, columns=names))), [])
    # Entrants fall by a tenth a year: the mean of three years always lags.
    fallen = [(y, d, s, g, round(1000 * 0.9 ** (y - int(g) - 2002))) for y, d, s, g, _ in rows]
    falling = tuning.choose(panel.from_frame(history.read(pd.DataFrame(fallen, columns=names))), [])
    assert falling.own_share > 0.9 > steady.own_share


def test_late_cells_are_those_not_yet_entered():
    open_cells = np.array([[True, True, True, False], [False, False, True, True]])
    assert cohort.entered_late(open_cells, 1).tolist() == [
        [True, False, False, False],
        [False, False, True, False],
    ]
    assert cohort.entered_late(open_cells, 2).tolist() == [
        [True, True, False, False],
        [False, False, True, True],
    ]


def test_backtest_knows_nothing_of_the_future():
    whole, cut = made_panel(), made_panel().until(2020)
    later = backtest.backtest(whole, cutoffs=[2018], horizons=2)
    earlier = backtest.backtest(cut, cutoffs=[2018], horizons=2)
    pd.testing.assert_frame_equal(later, earlier)
    assert set(later["method"]) == {"cohort", "gpr3", "naive"}
    assert (later["year"] == later["cutoff"] + later["horizon"]).all()


def test_scores_by_hand_and_beside_gpr3():
    frame = pd.DataFrame(
        {
            "method": ["cohort", "cohort", "gpr3", "gpr3"],
            "cutoff": 2020,
            "horizon": 1,
            "level": "school",
            "district": "d",
            "mean": [90.0, 110, 80, 120],
            "low": [85.0, 101, 70, 110],
            "high": [95.0, 115, 90, 130],
            "actual": 100.0,
        }
    )
    made = backtest.score(frame).set_index("method")
    assert made["wape"].tolist() == [10, 20]
    assert made["ratio"].tolist() == [0.5, 1]
    assert made["covered"].tolist() == [0, 0]
    # Width 10, five outside at ten times (2 / 0.2) that; width 14, one outside.
    assert made.loc["cohort", "interval_score"] == pytest.approx((10 + 50 + 14 + 10) / 2)
    drawn = backtest.bootstrap(frame)
    assert drawn["ratio_low"].tolist() == drawn["ratio_high"].tolist() == [0.5, 0.5]
    assert drawn["wape_low"].tolist() == [10, 10] and drawn["covered_high"].tolist() == [0, 0]
    assert drawn["score_low"].tolist() == pytest.approx([84 / 240] * 2)


def test_bootstrap_draws_years_or_places_as_wholes():
    rows = [
        (method, cutoff, 1, level, district, school, 100.0 + error, 90.0, 110.0, 100.0)
        for method, error in (("cohort", 5.0), ("gpr3", 10.0), ("naive", 4.0))
        for cutoff in (2018, 2019, 2020)
        for level, district, school in (("school", "d", "s"), ("school", "e", "s"), ("district", "d", ""))
    ]
    names = ["method", "cutoff", "horizon", "level", "district", "school", "mean", "low", "high", "actual"]
    frame = pd.DataFrame(rows, columns=names)
    blocks = {b: backtest.bootstrap(frame, block=b).groupby("level")["blocks"].max() for b in backtest.BLOCKS}
    assert blocks["cutoff"].to_dict() == {"school": 3, "district": 3}
    assert blocks["place"].to_dict() == {"school": 2, "district": 1}
    assert backtest.bootstrap(frame, rival="naive")["ratio_low"].tolist() == pytest.approx([1.25] * 4)


def test_ranges_hold_about_their_share_where_errors_are_shared():
    rng = np.random.default_rng(0)
    shock = {(y, d): rng.normal(1, 0.06) for y in range(2005, 2024) for d in range(12)}
    rows = [
        (y, f"d{d}", f"s{s}", str(g), int(rng.poisson(60 * shock[y, d])))
        for y in range(2005, 2024)
        for d in range(12)
        for s in range(4)
        for g in range(1, 4)
    ]
    data = pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])
    made = backtest.backtest(panel.from_frame(history.read(data)), cutoffs=range(2017, 2023, 2), horizons=1)
    covered = backtest.score(made).query("method == 'cohort'").set_index("level")["covered"]
    assert covered.between(0.7, 0.9).all()


def test_error_model_without_a_past_is_the_prior():
    made = made_panel(years=range(2022, 2024))
    model = intervals.fit([], made)
    assert model.origins == 0
    assert model.parts["cell"].tolist() == intervals.PRIOR["cell"].tolist()


def test_worst_schools_are_ranked():
    frame = backtest.backtest(made_panel(), cutoffs=[2020, 2021], horizons=1)
    worst = backtest.worst_schools(frame, count=2)
    assert len(worst) == 2 and worst["wape"].is_monotonic_decreasing
