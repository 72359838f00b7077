from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import cohort, entrants, fitting, history, panel
from forecasting.commands import OUT_COLUMNS, run
from forecasting.forecast import forecast
from forecasting.scenarios import LOW_MIDDLE_HIGH, Scenario
from gis.faults import FaultError

BENCH = Path(__file__).parents[2] / "shared" / "bench" / "forecast"


def two_schools(years=range(2015, 2024), pupils=lambda s, g, y: 40 + 10 * s):
    """Two schools of one district with grades 1 to 6."""
    rows = [
        (y, "东区", f"{s + 1}小", str(g), pupils(s, g, y))
        for y in years
        for s in range(2)
        for g in range(1, 7)
    ]
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def noisy(seed=0, years=range(2013, 2024), growth=0.0):
    rng = np.random.default_rng(seed)
    return two_schools(years, lambda s, g, y: int(rng.poisson((40 + 10 * s) * (1 + growth) ** (y - 2013))))


def rows(made, level):
    return made[made["level"] == level]


def test_steady_numbers_stay():
    made = forecast(two_schools(), until=2027)
    assert (rows(made, "cell")["mean"].unique() == [40, 50]).all()
    assert (rows(made, "district")["mean"] == 6 * 90).all()


def test_a_cohort_moves_up_at_its_known_ratio():
    # Each cohort grows by a tenth from grade to grade, everywhere and always: no shrinkage can move that.
    base = two_schools(pupils=lambda s, g, y: round(1000 * 1.1 ** (g - 1)))
    one = cohort.pooled_ratios(panel.from_frame(history.read(base)), cohort.Settings())
    assert np.allclose(one, 1.1, atol=2e-3)
    base.loc[(base["year"] == 2023) & (base["grade"] == "1") & (base["school"] == "1小"), "enrolment"] = 2000
    made = forecast(base, until=2024, settings=cohort.Settings(school_pull=1.0))
    cell = made[(made["level"] == "cell") & (made["school"] == "1小") & (made["grade"] == "2")]
    assert cell["mean"].item() == pytest.approx(2200, rel=5e-3)


def test_shrinkage_by_hand():
    # One transition, 100 to 120 in one school and 100 to 80 in the other: pooled 1, own 1.2.
    data = two_schools((2022, 2023), lambda s, g, y: 100 if y == 2022 else (120 if s == 0 else 80))
    made = panel.from_frame(history.read(data))
    chosen = cohort.Settings(cell_evidence=300, school_evidence=1e12)
    ratio = cohort.school_ratios(made, chosen)
    assert ratio[0] == pytest.approx((120 + 300) / (100 + 300))
    assert ratio[1] == pytest.approx((80 + 300) / (100 + 300))


def test_births_of_two_years_meet_in_one_school_year():
    births = pd.DataFrame({"year": [2016, 2017], "district": "东区", "births": [300, 600]})
    made = panel.from_frame(history.read(two_schools()))
    driver = entrants.from_births(births, made)
    # Entrants of autumn 2023: born September 2016 to August 2017.
    assert driver.first_year == 2023
    assert driver.children[0, 0] == pytest.approx(300 * 4 / 12 + 600 * 8 / 12)


def test_entrants_follow_births_and_say_so():
    births = pd.DataFrame({"year": range(2006, 2021), "district": "东区", "births": 200})
    births.loc[births["year"] >= 2019, "births"] = 100
    made = forecast(two_schools(), births=births, until=2028, settings=cohort.Settings(school_pull=1.0))
    first = made[(made["level"] == "cell") & (made["grade"] == "1") & (made["school"] == "1小")]
    first = first.set_index("year")
    # 2025: born September 2018 to August 2019, a third before the fall.
    assert first.loc[2024, "mean"] == pytest.approx(40, abs=0.1)
    assert first.loc[2025, "mean"] == pytest.approx(40 * (200 / 3 + 100 * 2 / 3) / 200, abs=0.1)
    assert first.loc[2026, "mean"] == pytest.approx(20, abs=0.1)
    assert first["basis"].tolist() == ["born", "born", "born", "assumed", "assumed"]
    district = rows(made, "district").set_index("year")
    assert district.loc[2026, "basis"] == "born" and district.loc[2028, "basis"] == "assumed"


def test_registered_children_go_before_births():
    births = pd.DataFrame({"year": range(2006, 2022), "district": "东区", "births": 200})
    register = pd.DataFrame({"year": range(2018, 2026), "district": "东区", "children": 100})
    register.loc[register["year"] == 2025, "children"] = 50
    made = forecast(two_schools(), births=births, entrants=register, until=2027)
    first = made[(made["level"] == "district_grade") & (made["grade"] == "1")]
    assert first.empty  # only asked-for levels are made
    made = forecast(
        two_schools(), births=births, entrants=register, until=2027, extra_levels=("district_grade",)
    )
    first = made[(made["level"] == "district_grade") & (made["grade"] == "1")].set_index("year")
    assert first["basis"].tolist() == ["registered", "registered", "born", "born"]
    assert first.loc[2024, "mean"] == pytest.approx(90, abs=0.5)
    assert first.loc[2025, "mean"] == pytest.approx(45, abs=0.5)
    assert first.loc[2026, "mean"] == pytest.approx(90, abs=0.5)


def test_registers_by_school_go_to_their_school():
    register = pd.DataFrame(
        [(y, "东区", f"{s}小", n) for y in range(2018, 2025) for s, n in ((1, 40), (2, 50))],
        columns=["year", "district", "school", "children"],
    )
    register.loc[(register["year"] == 2024) & (register["school"] == "1小"), "children"] = 80
    made = forecast(two_schools(), entrants=register, until=2024, settings=cohort.Settings(school_pull=1.0))
    first = made[(made["level"] == "cell") & (made["grade"] == "1")]
    assert first["mean"].tolist() == pytest.approx([80, 50], abs=0.1)


def test_junior_entrants_follow_the_leavers_below():
    def pupils(s, g, y):
        return 60 if g + 2030 - y == 12 else 30

    primary = two_schools(pupils=pupils)
    junior = primary[primary["grade"].isin(["1", "2", "3"])].copy()
    junior["grade"] = (junior["grade"].astype(int) + 6).astype(str)
    junior["enrolment"] = [
        60 if int(g) + 2030 - y == 12 else 30 for g, y in zip(junior["grade"], junior["year"])
    ]
    junior["school"] = junior["school"] + "中"
    both = pd.concat([primary, junior])
    made = forecast(both, until=2026, settings=cohort.Settings(leaver_weight=1.0, school_pull=1.0))
    seventh = made[(made["level"] == "cell") & (made["grade"] == "7") & (made["school"] == "1小中")]
    # The double cohort is in grade 5 in 2023 and reaches grade 7 in 2025.
    assert seventh["mean"].round().tolist() == [30, 60, 30]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_means_add_up_exactly_over_levels(seed, years):
    made = forecast(noisy(seed, range(2023 - years, 2024)), until=2026, settings=cohort.Settings())
    for year, cells in rows(made, "cell").groupby("year"):
        district = rows(made, "district").set_index("year").loc[year, "mean"]
        schools = rows(made, "school").query("year == @year")
        assert cells["mean"].sum() == district == schools["mean"].sum()
        assert (
            cells.groupby("school")["mean"].sum().to_numpy() == schools.sort_values("school")["mean"]
        ).all()
    assert (made["low"] <= made["median"]).all() and (made["median"] <= made["high"]).all()
    assert (made["low"] >= 0).all() and np.isfinite(made[["mean", "low", "high"]].to_numpy()).all()


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(random):
    data = noisy(3)
    order = list(range(len(data)))
    random.shuffle(order)
    chosen = cohort.Settings(school_pull=0.5)
    tables = [forecast(d, until=2025, settings=chosen) for d in (data, data.iloc[order])]
    pd.testing.assert_frame_equal(*tables)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([2, 10, 64]))
def test_scaling_pupils_and_evidence_scales_the_forecast(seed, times):
    data = noisy(seed)
    more = data.assign(enrolment=data["enrolment"] * times)
    small = cohort.Settings(cell_evidence=50, school_evidence=100)
    large = cohort.Settings(cell_evidence=50 * times, school_evidence=100 * times)
    results = []
    for table, chosen in ((data, small), (more, large)):
        made = panel.from_frame(history.read(table))
        entry = entrants.plan(made, [], years_ahead=4, settings=chosen)
        results.append(cohort.project(made, entry, years_ahead=4, settings=chosen))
    assert np.allclose(results[0] * times, results[1])


def test_ranges_widen_with_the_years_and_shrink_with_the_sum():
    rng = np.random.default_rng(0)
    size = {(s, c): 60.0 for s in range(2) for c in range(1990, 2040)}

    def pupils(s, g, y):  # every cohort wanders as it moves up
        size[s, y - g] *= rng.normal(1, 0.05)
        return int(size[s, y - g])

    made = forecast(two_schools(range(2008, 2024), pupils), until=2028)
    for level in ("cell", "school", "district"):
        width = rows(made, level).assign(w=lambda f: (f["high"] - f["low"]) / f["mean"])
        by_year = width.groupby("year")["w"].mean()
        assert by_year.iloc[-1] > by_year.iloc[0]
    relative = made.assign(w=(made["high"] - made["low"]) / made["mean"]).groupby("level")["w"].mean()
    assert relative["cell"] > relative["school"] > relative["district"]


def test_scenarios_are_their_own_rows():
    made = forecast(noisy(2), until=2032, scenarios=LOW_MIDDLE_HIGH)
    total = rows(made, "district").pivot(index="year", columns="scenario", values="mean")
    assert (total["低"] < total["中"]).all() and (total["中"] < total["高"]).all()
    assert len(made) == 3 * len(forecast(noisy(2), until=2032))
    assert any("低" in note["zh"] for note in made.attrs["notes"])


def test_groups_and_stages_are_summed_with_their_own_range():
    zones = pd.DataFrame({"school": ["1小", "2小"], "zone_id": ["Z", "Z"]})
    made = forecast(noisy(4), until=2026, groups=zones, extra_levels=("district_stage", "area"))
    zone, district = rows(made, "zone_id"), rows(made, "district")
    assert zone["group"].unique().tolist() == ["Z"]
    assert zone["mean"].tolist() == district["mean"].tolist() == rows(made, "area")["mean"].tolist()
    assert rows(made, "district_stage")["stage"].unique().tolist() == ["primary"]
    assert rows(made, "zone_id_stage")["mean"].tolist() == zone["mean"].tolist()


def test_a_new_school_opens_its_grades_one_by_one():
    data = two_schools()
    new = pd.DataFrame(
        {
            "year": [2022, 2023, 2023],
            "district": "东区",
            "school": "新小",
            "grade": ["1", "1", "2"],
            "enrolment": 40,
        }
    )
    plans = pd.DataFrame({"school": ["新小"], "lowest_grade": [1], "highest_grade": [6]})
    made = forecast(pd.concat([data, new]), until=2028, schools=plans)
    third = made[(made["level"] == "cell") & (made["school"] == "新小") & (made["grade"] == "4")]
    assert third["mean"].iloc[0] == 0 and third["mean"].iloc[1:].to_numpy() == pytest.approx(40, abs=1)
    without = forecast(pd.concat([data, new]), until=2028)
    assert without[(without["school"] == "新小") & (without["grade"] == "3")].empty


def test_warnings_name_schools_as_people_know_them():
    data = two_schools()
    closed = data[(data["school"] == "1小") | (data["year"] < 2022)]
    told = pd.DataFrame({"school": ["2小"], "name": ["河东小学"], "lowest_grade": [1], "highest_grade": [6]})
    warned = [
        [said["en"] for said in forecast(closed, until=2024, schools=schools).attrs["warnings"]]
        for schools in (told, None, told.assign(name=None))
    ]
    assert any("河东小学 (2小)" in text for text in warned[0])
    assert warned[1] == warned[2] and not any("河东小学" in text for text in warned[1])


def test_names_belong_to_a_school_of_its_district_and_blank_ones_say_nothing():
    made = panel.from_frame(history.read(pd.concat([two_schools(), two_schools().assign(district="西区")])))
    told = pd.DataFrame(
        {
            "district": ["东区", "西区", "东区"],
            "school": ["1小", "1小", "2小"],
            "name": ["河东小学", "河西小学", ""],
            "lowest_grade": 1,
            "highest_grade": 6,
        }
    )
    named = panel.with_plans(made, told)
    assert sorted(named.called(named.schools)) == sorted(["河东小学 (1小)", "河西小学 (1小)", "2小", "2小"])


def test_a_broken_year_teaches_nothing():
    def pupils(s, g, y):
        return 30 if y == 2020 else 40

    made = forecast(two_schools(pupils=pupils), until=2024)
    assert any("2020" in note["zh"] for note in made.attrs["warnings"])
    assert rows(made, "cell")["mean"].to_numpy() == pytest.approx(40, abs=0.1)


def test_short_histories_are_said_and_one_year_is_a_fault():
    made = forecast(noisy(5, range(2021, 2024)), until=2026)
    assert any("3" in note["zh"] for note in made.attrs["warnings"])
    with pytest.raises(FaultError, match="2023"):
        forecast(two_schools([2023]), until=2026)
    single = forecast(two_schools([2023]), until=2025, allow_single_year=True)
    assert set(rows(single, "cell")["mean"]) == {40, 50}
    assert any("一个学年" in note["zh"] for note in single.attrs["warnings"])


def test_faults_of_all_inputs_come_together():
    births = pd.DataFrame({"year": [2016], "district": "东区", "births": [-3]})
    data = two_schools().assign(enrolment=lambda f: f["enrolment"].mask(f.index == 0, -1))
    with pytest.raises(FaultError) as raised:
        forecast(data, births=births, until=2020)
    assert sorted(f.kind for f in raised.value.faults) == ["fc_negative", "fc_negative", "fc_until"]


def test_every_bad_input_is_refused_in_one_go_and_nothing_is_lost():
    data = two_schools().astype("str").sample(frac=1, random_state=0).reset_index(drop=True)
    bad = ["-4", "31.5", "三十", ""]
    data.loc[range(4), "enrolment"] = bad
    data.loc[4, "grade"] = "大班"
    data = pd.concat([data, data.iloc[[9]]], ignore_index=True)
    births = pd.DataFrame({"year": ["2016", "2016"], "district": "东区", "births": ["300", "310"]})
    estates = pd.DataFrame(
        {
            "estate_id": ["E1", "E2"],
            "households": [800, 500],
            "handover_year": [np.nan, 2025],
            "primary_yield": [0.3, np.nan],
            "junior_yield": 0.1,
            "school": ["1小", "无名小学"],
            "from_outside": 0.4,
        }
    )
    data.attrs["file"], births.attrs["file"], estates.attrs["file"] = "在校生.csv", "出生.csv", "小区.csv"
    with pytest.raises(FaultError) as raised:
        forecast(data, births=births, estates=estates, until=2026)
    found = {(f.file, f.row, f.kind) for f in raised.value.faults}
    numbers = ["fc_negative", "fc_fraction", "fc_not_number", "fc_blank"]
    assert found == {
        *(("在校生.csv", row, kind) for row, kind in enumerate(numbers, start=2)),
        ("在校生.csv", 6, "fc_grade"),
        ("在校生.csv", len(data) + 1, "fc_duplicate"),
        ("出生.csv", 3, "fc_duplicate"),
        ("小区.csv", 2, "fc_estate_date"),
        ("小区.csv", 3, "fc_estate_yield"),
        ("小区.csv", 3, "fc_estate_school"),
    }


def test_mixed_systems_are_warned_of_and_forecast_all_the_same():
    four = two_schools().assign(grade=lambda f: (f["grade"].astype(int) + 5).astype(str))
    four = four[four["grade"].astype(int) <= 9].assign(school=lambda f: f["school"] + "四年制")
    made = forecast(pd.concat([two_schools(), four]), until=2025, extra_levels=("district_stage",))
    assert any("四年制" in note["zh"] and "6-3" in note["zh"] for note in made.attrs["warnings"])
    stages = rows(made, "district_stage").groupby("year")["mean"].sum()
    assert stages.to_numpy() == pytest.approx(rows(made, "district").groupby("year")["mean"].sum())


def test_gaps_zeros_and_closed_schools_are_no_trouble():
    data = noisy(6)
    data = data[(data["year"] != 2018) & ~((data["school"] == "2小") & (data["year"] > 2020))]
    data.loc[(data["grade"] == "3") & (data["school"] == "1小"), "enrolment"] = 0
    made = forecast(data, until=2026)
    assert made[made["level"] == "school"]["school"].unique().tolist() == ["1小"]
    assert np.isfinite(made["mean"]).all()


def test_methods_can_be_compared_and_unknown_ones_refused():
    naive = forecast(noisy(7), until=2026, method="naive")
    last = noisy(7).query("year == 2023")["enrolment"].sum()
    assert (rows(naive, "district")["mean"] == last).all()
    with pytest.raises(ValueError, match="gpr3"):
        fitting.fit(noisy(7), until=2026, method="trend")


def test_scenarios_refuse_nonsense():
    with pytest.raises(ValueError, match="births"):
        Scenario("x", births=-1)


def test_command_writes_the_promised_columns(tmp_path):
    noisy(8).to_csv(tmp_path / "h.csv", index=False)
    births = pd.DataFrame({"year": range(2006, 2021), "district": "东区", "births": 120})
    births.to_csv(tmp_path / "b.csv", index=False)
    said = run(tmp_path / "h.csv", tmp_path / "b.csv", until=2026, out=tmp_path / "f.csv")
    made = pd.read_csv(tmp_path / "f.csv")
    assert tuple(made.columns) == OUT_COLUMNS
    assert said["rows"] == len(made) == 3 * (12 + 2 + 1)
    first = (tmp_path / "f.csv").read_bytes()
    run(tmp_path / "h.csv", tmp_path / "b.csv", until=2026, out=tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_bytes() == first


@pytest.mark.parametrize("content", [b"", b"year,school\n1,2,3\n", b"\xff\xfe\xff", b"year,school\n"])
def test_command_refuses_files_that_are_no_table(tmp_path, content):
    (tmp_path / "h.csv").write_bytes(content)
    with pytest.raises(FaultError, match="h"):
        run(tmp_path / "h.csv", until=2026, out=tmp_path / "f.csv")


def test_command_reads_what_excel_writes_in_china(tmp_path):
    noisy(8).to_csv(tmp_path / "h.csv", index=False, encoding="gb18030")
    run(tmp_path / "h.csv", until=2024, out=tmp_path / "f.csv")
    assert pd.read_csv(tmp_path / "f.csv")["district"].unique().tolist() == ["东区"]


def test_command_names_the_file_and_row_of_a_fault(tmp_path):
    noisy(8).astype({"enrolment": "str"}).replace({"enrolment": {"40": "四十"}}).to_csv(
        tmp_path / "h.csv", index=False
    )
    with pytest.raises(FaultError, match=r"h\.csv"):
        run(tmp_path / "h.csv", until=2026, out=tmp_path / "f.csv")
    assert not (tmp_path / "f.csv").exists()


@pytest.mark.skipif(not BENCH.is_dir(), reason="benchmark data absent")
def test_a_real_district_is_forecast(tmp_path):
    run(BENCH / "ecasd_school_grade.csv", BENCH / "ecasd_births.csv", until=2027, out=tmp_path / "f.csv")
    made = pd.read_csv(tmp_path / "f.csv")
    district = made[made["level"] == "district"]
    assert district["mean"].between(3500, 4300).all()
    cells = made[made["level"] == "cell"].groupby("year")["mean"].sum()
    assert (cells.to_numpy() == district["mean"].to_numpy()).all()
