import numpy as np
import pandas as pd
import pytest

from forecasting import (
    backtest,
    classes,
    cohort,
    entrants,
    history,
    intervals,
    methods,
    panel,
    peaks,
    shocks,
    tuning,
)
from forecasting.errors import Past
from forecasting.families import Mix

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


def kept(frame, **options):
    current = pd.DataFrame({"school": ["s", "s"], "grade": ["1", "2"], "classes": [3, 1]})
    return classes.classes(frame, standard={"primary": 45}, rule="keep", current=current, **options)


def test_a_cohort_keeps_its_classes_however_full_they_become():
    both = pd.concat([cells([90, 90], grade="1"), cells([100, 100], grade="2")], ignore_index=True)
    table = kept(both).set_index(["grade", "year"])
    assert table.loc[("1", 2024), "classes"] == 2  # entrants are formed by the standard
    assert table.loc[("2", 2024), "classes"] == 3  # last year's three classes of grade 1 move up
    assert table.loc[("2", 2025), "classes"] == 2
    full = kept(cells([100], grade="3", spread=0.01)).iloc[0]
    assert (full["classes"], full["size"]) == (1, 100)
    assert full["p_oversized"] > 0.99 and full["extra"] == 1  # two classes of 50 are below 56
    with pytest.raises(ValueError, match="keep"):
        classes.classes(both, standard={"primary": 45}, rule="keep")
    with pytest.raises(ValueError, match="grades 1"):
        classes.classes(both, standard={"junior": 50})


def test_a_new_stage_is_formed_anew_also_in_a_school_of_nine_years():
    last = cells([90, 90], grade="6")
    junior = pd.concat([cells([98, 98], grade=grade) for grade in ("7", "8")]).assign(stage="junior")
    current = pd.DataFrame({"school": "s", "grade": ["5", "6", "7"], "classes": [2, 5, 3]})
    both = pd.concat([last, junior], ignore_index=True)
    sizes = {"primary": 45, "junior": 50}
    made = classes.classes(both, standard=sizes, rule="keep", current=current)
    assert made.groupby("grade")["classes"].apply(list).to_dict() == {"6": [2, 2], "7": [2, 2], "8": [3, 2]}


def test_a_roster_without_rows_forms_every_class_by_the_standard():
    none = pd.DataFrame({"school": ["s"], "grade": ["1"], "classes": [1]}).iloc[:0].astype({"grade": "str"})
    made = classes.classes(cells([100]), standard={"primary": 45}, rule="keep", current=none)
    assert made["classes"].tolist() == [3]


def test_kept_classes_have_no_range_and_those_of_entrants_keep_theirs():
    both = pd.concat([cells([88, 88], grade="1"), cells([300, 88], grade="2")], ignore_index=True)
    table = kept(both).set_index(["grade", "year"])
    assert (table["pupils_low"] < table["pupils"]).all() and (table["pupils"] < table["pupils_high"]).all()
    ranges = table[["low", "classes", "high"]]
    assert ranges.loc[("2", 2024)].tolist() == [3, 3, 3]
    assert ranges.loc[("1", 2024)].tolist() == ranges.loc[("2", 2025)].tolist() == [2, 2, 3]
    assert table.loc[("2", 2024), "extra"] == 3  # six classes of 50


def test_more_classes_are_wanted_only_from_the_oversize_limit_on():
    assert kept(cells([55.0], grade="3"))["extra"].tolist() == [0]
    assert kept(cells([55.1], grade="3"))["extra"].tolist() == [1]
    assert kept(cells([55.1], grade="3"), large=66)["extra"].tolist() == [0]
    assert classes.classes(cells([45, 300]), standard={"primary": 45})["extra"].tolist() == [0, 0]
    # Three classes of 56 or more: the standard itself may be larger than the limit.
    assert classes.classes(cells([180]), standard={"primary": 60})["extra"].tolist() == [1]


def test_a_cohort_of_unknown_classes_is_formed_by_the_standard_and_an_empty_one_has_none():
    made = kept(pd.concat([cells([100], grade="4"), cells([0], grade="2")], ignore_index=True))
    assert made["classes"].tolist() == [3, 0] and made["p_oversized"].tolist()[1] == 0


def test_peak_and_what_follows_it():
    frame = cells([100, 140, 120, 60], spread=0.01).assign(group="")
    made = peaks.peaks(frame)
    row = made.iloc[0]
    assert (row["peak_year"], row["mean"], row["last_year"], row["empty_after"]) == (2025, 140, 2027, 80)
    assert row["low"] <= 140 <= row["high"] and (row["year_low"], row["year_high"]) == (2025, 2025)
    pd.testing.assert_frame_equal(made, peaks.peaks(frame))
    unsure = peaks.peaks(cells([100, 101, 102, 101], spread=0.2).assign(group="")).iloc[0]
    assert unsure["year_low"] < unsure["year_high"] and unsure["high"] > 102


def test_a_peak_whose_year_is_sure_has_the_range_of_that_year_and_another_is_no_lower_than_any_year():
    frame = cells([100, 140, 120, 60], spread=0.05).assign(group="")
    made = peaks.peaks(frame).iloc[0]
    assert (made["year_low"], made["year_high"]) == (2025, 2025)
    assert (made["low"], made["high"]) == tuple(frame.loc[frame["year"] == 2025, ["low", "high"]].iloc[0])
    even = cells([100, 101, 102, 101]).assign(group="", high=lambda f: f["high"] + 9 * (f["year"] == 2027))
    unsure = peaks.peaks(even, draws=50).iloc[0]
    assert unsure["year_low"] < unsure["year_high"]
    assert unsure["high"] >= even["high"].max() and even["low"].max() <= unsure["low"] <= 102


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
    assert model.parts["cell"].tolist() == shocks.PRIOR["cell"].tolist()


def past_forecasts(spreads, seed=0):
    """Forecasts of 50 pupils a cell one year ahead, from one year after another, and what came."""
    rng = np.random.default_rng(seed)
    told, every, none = np.full((4, 6), 50.0), np.ones((4, 6), bool), np.zeros((4, 6), bool)
    return [
        Past(2012 + n, 1, told, told + rng.normal(0, spread, (4, 6)), every, none)
        for n, spread in enumerate(spreads)
    ]


def test_widths_of_schools_answer_for_the_ranges_that_past_years_would_have_been_given():
    made = made_panel()
    steady, wilder, calmer = (
        intervals.fit(past_forecasts(spreads), made)
        for spreads in ([6] * 8, [3] * 4 + [9] * 4, [9] * 4 + [3] * 4)
    )
    for level in intervals.OFTEN:
        width, more, less = (float(model.width(level, 1, 1)[0]) for model in (steady, wilder, calmer))
        assert less < 0.8 * width and 1.2 * width < more


def test_worst_schools_are_ranked():
    frame = backtest.backtest(made_panel(), cutoffs=[2020, 2021], horizons=1)
    worst = backtest.worst_schools(frame, count=2)
    assert len(worst) == 2 and worst["wape"].is_monotonic_decreasing


def outcomes(level, inside):
    """Forecasts one year ahead of 100, of which `inside` by base year were held."""
    rows = [
        ("cohort", cutoff, 1, level, "d", 100.0, 90.0, 110.0, 100.0 if hit else 200.0)
        for cutoff, hits in inside.items()
        for hit in hits
    ]
    names = ["method", "cutoff", "horizon", "level", "district", "mean", "low", "high", "actual"]
    return pd.DataFrame(rows, columns=names)


def test_how_often_ranges_of_totals_hold_is_as_unsure_as_throws_of_so_many_years():
    few = backtest.held(outcomes("district", {2020: [1], 2021: [0], 2022: [0], 2023: [0]})).iloc[0]
    assert (few["base_years"], few["count"], few["inside"], few["covered"]) == (4, 4, 1, 0.25)
    # One of four, 90 %: p with P(X >= 1) = 5 % and with P(X <= 1) = 5 %.
    assert few["low"] == pytest.approx(1 - 0.95**0.25)
    missed = 1 - few["high"]
    assert missed**4 + 4 * few["high"] * missed**3 == pytest.approx(0.05)
    assert few["short"] and few["few"]
    unsure = backtest.held(outcomes("district", {y: [y != 2020] for y in range(2020, 2026)})).iloc[0]
    assert unsure["covered"] == pytest.approx(5 / 6) and not unsure["short"] and unsure["few"]
    every = backtest.held(outcomes("district", {y: [1] for y in range(2010, 2022)})).iloc[0]
    assert every["high"] == 1 and 0.7 < every["low"] < 0.8 and not every["few"]


def test_how_often_ranges_of_schools_hold_goes_by_the_years_they_share():
    alike = {y: [1] * 8 + [0] * 2 for y in range(2018, 2024)}
    steady = backtest.held(outcomes("school", alike)).iloc[0]
    assert (steady["low"], steady["high"], steady["count"]) == (pytest.approx(0.8), pytest.approx(0.8), 60)
    shocked = {y: [int(y % 3 > 0)] * 10 for y in range(2018, 2024)}
    wild = backtest.held(outcomes("school", shocked)).iloc[0]
    assert wild["covered"] == pytest.approx(2 / 3) and wild["high"] == 1 and not wild["short"]
    single = backtest.held(outcomes("school", {2020: [1, 0]})).iloc[0]
    assert (single["low"], single["high"]) == (0, 1)
    assert backtest.held(outcomes("school", {2020: [0] * 9, 2021: [0] * 9})).iloc[0]["short"]
