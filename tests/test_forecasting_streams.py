"""What a forecast is shared into: yields of estates, flows between towns, home units, migrant children."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting import cohort, flows, migrants, sharing, yields
from forecasting.forecast import forecast
from gis.faults import FaultError

STAGES = {g: "primary" if g <= 6 else "junior" for g in range(1, 10)}
BUILD = (0.5, 1.0)


def estates(*rows):
    columns = ["unit_id", "housing_type", "households", "handover_year"]
    return pd.DataFrame(rows, columns=columns)


def living(pupils, *, year=2024, stage="primary"):
    return pd.DataFrame(
        [(unit, year, stage, n) for unit, n in pupils.items()], columns=["unit_id", "year", "stage", "pupils"]
    )


def test_delivered_estates_meet_the_pupils_of_their_unit():
    given = estates(
        ("u1", "高层", 300, 2020),
        ("u1", "高层", 100, 2024),
        ("u2", "多层", 100, 2025),
        ("u3", None, 50, 2023),
    )
    seen = yields.observed(given, living({"u1": 80, "u2": 9, "u3": 5})).set_index("unit_id")
    assert list(seen.index) == ["u1", "u3"]  # u2 is not handed over yet
    assert seen.loc["u1", ["households", "age", "pupils"]].tolist() == [400, 3, 80]  # phases are one estate
    assert seen.loc["u3", "housing_type"] == ""


def test_yields_are_pulled_towards_all_types_and_say_what_they_rest_on():
    given = estates(*[(f"u{n}", "高层" if n < 3 else "多层", 500, 2010) for n in range(4)])
    seen = yields.observed(given, living({"u0": 100, "u1": 120, "u2": 140, "u3": 180}))
    found = yields.calibrate(seen, build_up=BUILD, evidence=500.0)
    table = found.yields.set_index("housing_type")
    assert table.loc["高层", "own"] == pytest.approx(360 / 1500)
    assert table.loc["高层", "pupils_per_household"] == pytest.approx((360 + 500 * 540 / 2000) / 2000)
    assert table.loc["多层", "weight"] == pytest.approx(0.5)
    assert 0.2 <= table.loc["高层", "low"] < 0.24 < table.loc["高层", "high"] <= 0.28
    assert np.isnan(table.loc["多层", "low"])  # one estate has no range
    assert table["estates"].tolist() == [1, 3] or table["estates"].to_dict() == {"多层": 1, "高层": 3}
    assert found.build_up[-1] == 1.0


def test_how_estates_fill_is_learned_with_their_yield():
    rng, share = np.random.default_rng(1), (0.2, 0.5, 0.8, 1.0)
    given = estates(*[(f"u{n}", "高层", 800, 2024 - n % 4) for n in range(80)])
    pupils = {f"u{n}": int(rng.poisson(800 * 0.3 * share[n % 4])) for n in range(80)}
    found = yields.calibrate(yields.observed(given, living(pupils)), build_up=(0.4, 0.6, 0.7, 1.0))
    assert np.allclose(found.build_up, share, atol=0.03)
    assert found.yields["pupils_per_household"].iloc[0] == pytest.approx(0.3, abs=0.01)
    ages = found.ages.set_index("age")
    assert ages.loc[0, "observed"] == pytest.approx(0.06, abs=0.01)
    assert (ages["estates"] == 20).all()


def test_an_estate_seen_twice_counts_once():
    given = estates(("u1", "高层", 500, 2010))
    once = living({"u1": 100})
    twice = pd.concat([once, living({"u1": 100}, year=2023)])
    kept = [yields.calibrate(yields.observed(given, rows)).yields["weight"].iloc[0] for rows in (once, twice)]
    assert kept[0] == pytest.approx(kept[1])


def test_entrants_follow_the_births_of_the_towns_they_come_from():
    schools = ("城小", "乡小")
    history = pd.DataFrame(
        [(y, "东区", s, str(g), 60) for y in range(2015, 2024) for s in schools for g in range(1, 4)],
        columns=["year", "district", "school", "grade", "enrolment"],
    )
    births = pd.DataFrame(
        [
            (y, "东区", t, 100 if t == "城" or y < 2018 else 50)
            for y in range(2006, 2021)
            for t in ("城", "乡")
        ],
        columns=["year", "district", "town", "births"],
    )
    flow = pd.DataFrame([("城", "城小", 0.4), ("乡", "城小", 0.2), ("乡", "乡小", 0.6)])
    flow = flow.set_axis(["town", "school", "share"], axis=1)
    keep = cohort.Settings(school_pull=1.0)

    def entering(**options):
        made = forecast(history, births=births, until=2026, settings=keep, **options)
        first = made[(made["level"] == "cell") & (made["grade"] == "1") & (made["year"] == 2026)]
        assert set(first["basis"]) == {"born"}
        return first.set_index("school")["mean"]

    # The country's births halve: its own school loses half, the town's the third that came from there.
    assert entering(flow=flow).to_dict() == pytest.approx({"乡小": 30, "城小": 50}, abs=0.1)
    assert entering().to_dict() == pytest.approx({"乡小": 45, "城小": 45}, abs=0.1)
    # Of registered children the flow only divides what the district is to get: 90, as 54 is to 30.
    register = births.assign(year=births["year"] + 6).rename(columns={"births": "children"})
    made = forecast(history, entrants=register, flow=flow, until=2026, settings=keep)
    first = made[(made["level"] == "cell") & (made["grade"] == "1") & (made["year"] == 2026)]
    assert set(first["basis"]) == {"registered"}
    divided = {"乡小": 90 * 30 / 84, "城小": 90 * 54 / 84}
    assert first.set_index("school")["mean"].to_dict() == pytest.approx(divided, abs=0.1)
    bad = pd.concat([flow, flow.iloc[[0]]]).assign(share=["x", -0.1, 0.6, 0.4])
    with pytest.raises(FaultError) as raised:
        forecast(history, births=births, flow=bad, until=2026)
    assert [f.kind for f in raised.value.faults] == ["fc_share", "fc_share", "fc_duplicate"]


def test_a_unit_with_other_homes_teaches_no_yield():
    given = estates(*[(f"u{n}", "高层", 500, 2010) for n in range(3)])
    people = {"u0": 1300.0, "u1": 1500.0, "u2": 2600.0}
    seen = yields.observed(given, living({"u0": 100, "u1": 120, "u2": 400}), residents=people)
    assert seen["shared"].tolist() == [False, False, True]
    row = yields.calibrate(seen, build_up=BUILD).yields.iloc[0]
    assert row["estates"] == 2 and row["pupils_per_household"] == pytest.approx(220 / 1000)


def test_nothing_delivered_teaches_nothing():
    found = yields.calibrate(yields.observed(estates(("u1", "高层", 500, 2030)), living({"u1": 3})))
    assert found.yields.empty and found.ages.empty
    assert found.build_up == yields.BUILD_UP


def attended(rows):
    columns = ["home", "unit_id", "school_id", "year", "grade", "pupils"]
    return pd.DataFrame(rows, columns=columns)


HOMES, SCHOOLS = {"u1": "城关", "u2": "柳镇"}, {"s1": "城关", "s2": "柳镇"}


def test_a_town_whose_children_go_to_the_city_has_a_net_outflow():
    rows = attended(
        [
            ("unit", "u1", "s1", 2024, 1, 100),
            ("unit", "u2", "s2", 2024, 1, 30),
            ("unit", "u2", "s1", 2024, 1, 20),
            ("outside", None, "s1", 2024, 1, 5),
            ("unknown", None, "s2", 2024, 7, 2),
        ]
    )
    table = flows.matrix(rows, homes=HOMES, schools=SCHOOLS, stages=STAGES)
    assert table["pupils"].sum() == 157
    balance = flows.net(table).set_index(["stage", "town"])
    assert balance.loc[("primary", "柳镇"), ["living", "attending", "out", "net"]].tolist() == [
        50,
        30,
        20,
        -20,
    ]
    assert balance.loc[("primary", "城关"), ["attending", "into", "from_outside", "net"]].tolist() == [
        125,
        20,
        5,
        20,
    ]
    assert balance.loc[("junior", "柳镇"), "from_outside"] == 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["unit", "outside", "unknown"]),
            st.sampled_from(["u1", "u2", "u9"]),
            st.sampled_from(["s1", "s2", "s9"]),
            st.integers(2020, 2022),
            st.integers(1, 9),
            st.integers(0, 50),
        ),
        min_size=1,
    )
)
def test_no_pupil_is_lost_between_towns(rows):
    table = flows.matrix(attended(rows), homes=HOMES, schools=SCHOOLS, stages=STAGES)
    balance = flows.net(table)
    assert table["pupils"].sum() == balance["attending"].sum() == sum(row[-1] for row in rows)
    assert (balance.groupby(["year", "stage"])["net"].sum() == 0).all()


def test_births_follow_survival_and_flow_to_the_schools():
    births = pd.DataFrame(
        [(year, town, n) for year in range(2015, 2019) for town, n in (("城关", 1200), ("柳镇", 600))],
        columns=["year", "town", "births"],
    )
    entering = pd.DataFrame(
        {"home": ["城关", "柳镇", "柳镇"], "school": ["s1", "s1", "s2"], "pupils": [2400, 400, 400]}
    )
    here = pd.DataFrame(
        {"year": [2023, 2024] * 2, "town": ["城关"] * 2 + ["柳镇"] * 2, "pupils": [1200] * 2 + [400] * 2}
    )
    kept = flows.survival(births, here, evidence=0.0).set_index("town")["ratio"]
    assert kept["城关"] == pytest.approx(1.0) and kept["柳镇"] == pytest.approx(2 / 3)
    going = flows.shares(entering)
    assert np.allclose(going.groupby("home")["share"].sum(), 1.0)
    flow = flows.to_schools(kept.reset_index(), going)
    per_school = flow["share"] * flow["town"].map({"城关": 1200, "柳镇": 600})
    table = per_school.groupby(flow["school"]).sum()
    assert table.sum() == pytest.approx(1600)
    assert table["s1"] == pytest.approx(1400, rel=0.05)  # all of the town's, half of the village's


def cells(**more):
    rows = [
        ("s1", str(g), "primary", 2025, 60.0, 50.0, 70.0, "中") for g in range(1, 7)
    ] + [("s2", str(g), "primary", 2025, 30.0, 22.0, 38.0, "中") for g in range(1, 7)]  # fmt: skip
    names = ["school", "grade", "stage", "year", "mean", "low", "high", "scenario"]
    return pd.DataFrame(rows, columns=names).assign(**more)


def homes():
    rows = [("s1", "u1", g, 45) for g in range(1, 7)] + [("s1", "u2", g, 15) for g in range(1, 7)]
    return pd.DataFrame(rows, columns=["school", "unit_id", "grade", "pupils"])


def test_units_add_up_to_their_schools_and_to_any_plan():
    units = sharing.by_unit(cells(), homes(), base_year=2024)
    assert units["mean"].sum() == pytest.approx(540)
    found = sharing.ranged(units, ["unit_id"]).set_index("unit_id")
    assert found.loc["u1", "mean"] == pytest.approx(270) and found.loc["u2", "mean"] == pytest.approx(90)
    assert found.loc[sharing.ELSEWHERE, "mean"] == pytest.approx(180)  # homes of s2 are not known
    assert (found["low"] < found["mean"]).all() and (found["mean"] < found["high"]).all()
    other = units.assign(zone_id=units["unit_id"].map({"u1": "z1", "u2": "z2"}).fillna(""))
    assert sharing.ranged(other, ["zone_id"])["mean"].sum() == pytest.approx(540)


def test_a_unit_that_fills_sends_more_of_those_who_enter_and_not_of_those_at_school():
    children = pd.DataFrame(
        [(u, c, 30 if u == "u2" and c == 2025 else 10) for u in ("u1", "u2") for c in range(2019, 2026)],
        columns=["unit_id", "cohort", "children"],
    )
    units = sharing.by_unit(cells(), homes(), children, base_year=2024).set_index(["unit_id", "grade"])[
        "mean"
    ]
    assert units["u2", 1] > 1.3 * 15
    assert units["u2", 2] == pytest.approx(15)
    assert units["u1", 1] + units["u2", 1] == pytest.approx(60)


def history():
    rng = np.random.default_rng(3)
    rows = [
        (y, "d", s, str(g), int(rng.poisson(60)))
        for y in range(2016, 2025) for s in ("s0", "s1") for g in range(1, 7)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def test_migrant_children_add_up_to_the_total_at_every_level():
    groups = pd.DataFrame({"school": ["s0", "s1"], "zone_id": ["z0", "z1"]})
    made = forecast(history(), until=2027, groups=groups, extra_levels=("area_stage",))
    recent = pd.DataFrame(
        [(s, g, 60, 30 if s == "s0" else 6) for s in ("s0", "s1") for g in range(1, 7)],
        columns=["school", "grade", "pupils", "migrant"],
    )
    rows = made[made["level"] == "cell"]
    found = migrants.split(
        made, migrants.cell_shares(rows, recent, base_year=2024), groups=groups, names=["zone_id"]
    )
    assert len(found) == len(made) and found.attrs["notes"] == made.attrs["notes"]
    assert (found["migrant"] + found["local"] == found["mean"]).all()
    sums = found[found["year"] == 2027].groupby("level")["migrant"].sum()
    assert sums.nunique() == 1
    zones = found[(found["level"] == "zone_id") & (found["year"] == 2025)].set_index("group")
    assert zones.loc["z0", "migrant"] > 3 * zones.loc["z1", "migrant"]


def test_a_cohort_keeps_its_share_and_those_to_come_have_that_of_the_register():
    rows = pd.DataFrame({"school": "s0", "grade": ["3", "1"], "year": [2026, 2026]})
    recent = pd.DataFrame({"school": "s0", "grade": [1, 2], "pupils": [1e6, 1e6], "migrant": [4e5, 1e5]})
    register = pd.DataFrame({"cohort": [2024, 2026], "children": [100, 100], "migrant": [25, 50]})
    share = migrants.cell_shares(rows, recent, register, base_year=2024)
    assert share.tolist() == pytest.approx([0.4, 0.5], abs=1e-3)
    assert migrants.cell_shares(rows, None, register, base_year=2024).tolist() == [0.25, 0.5]
    with pytest.raises(ValueError, match="neither"):
        migrants.cell_shares(rows, None, None, base_year=2024)
