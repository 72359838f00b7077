"""From a project to territories, walks, the catchment problem and the forecast, on six units in a row."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box

from gis.faults import FaultError
from planning import measured, need, outlook, spatial, tasks, zoneproblem
from planning.project import create_project, open_project, save_layers, save_settings
from planning.walkbook import WalkBook
from zoning.check import check

EPSG, YEAR = 4545, 2026
UNITS = [f"u{n}" for n in range(6)]
LEFT, BASE = 400_000, 4_400_000


def units() -> gpd.GeoDataFrame:
    shapes = [box(LEFT + 500 * n, BASE, LEFT + 500 * (n + 1), BASE + 500) for n in range(6)]
    return gpd.GeoDataFrame({"unit_id": UNITS, "name": UNITS, "district": "甲"}, geometry=shapes, crs=EPSG)


def schools() -> gpd.GeoDataFrame:
    frame = {
        "school_id": ["东", "西", "民办", "一中"],
        "name": ["东小", "西小", "民办", "一中"],
        "kind": ["primary", "primary", "primary", "junior"],
        "provider": ["public", "public", "private", "public"],
        "district": "甲",
        "lowest_grade": [1, 1, 1, 7],
        "highest_grade": [6, 6, 6, 9],
        "primary_intake": pd.array([40, 30, 90, None], dtype="Int64"),
        "junior_intake": pd.array([None, None, None, 70], dtype="Int64"),
        "primary_seats": pd.array([240, 180, 540, None], dtype="Int64"),
        "teaching_area": [1000.0, 800.0, 3000.0, 2000.0],
    }
    places = [Point(LEFT + 2750, BASE + 250), Point(LEFT + 250, BASE + 250), Point(LEFT + 1300, BASE + 100)]
    places.append(Point(LEFT + 3200, BASE + 250))  # beyond the last unit
    return gpd.GeoDataFrame(frame, geometry=places, crs=EPSG)


def children() -> pd.DataFrame:
    rows = [(unit, cohort, 10) for unit in UNITS for cohort in range(2018, 2031)]
    return pd.DataFrame(rows, columns=["unit_id", "cohort", "children"])


def enrolment() -> pd.DataFrame:
    grades = {"东": range(1, 7), "西": range(1, 7), "一中": range(7, 10)}
    rows = [(s, y, g, 30 + (y + g) % 3) for s in grades for y in range(2018, 2026) for g in grades[s]]
    return pd.DataFrame(rows, columns=["school_id", "year", "grade", "pupils"])


def estates() -> gpd.GeoDataFrame:
    frame = {"estate_id": ["e1", "e2"], "name": ["新城", "别院"], "unit_id": ["u4", None], "district": "甲"}
    frame |= {"households": 500, "handover_year": 2026, "primary_yield": 0.3, "junior_yield": 0.1}
    return gpd.GeoDataFrame(frame, geometry=[Point(LEFT, BASE)] * 2, crs=EPSG)


def catchments() -> pd.DataFrame:
    rows = [("primary", y, u, z) for y, z in ((2020, "西"), (2024, "东")) for u in UNITS]
    rows += [("junior", 2020, u, "一中") for u in UNITS]
    return pd.DataFrame(rows, columns=["stage", "from_year", "unit_id", "zone_id"])


@pytest.fixture
def project(tmp_path):
    layers = {
        "units": units(),
        "schools": schools(),
        "children": children(),
        "enrolment": enrolment(),
        "estates": estates(),
        "catchments": catchments(),
    }
    return create_project(layers, name="六单元", year=YEAR, epsg=EPSG, folder=tmp_path)


def test_everything_derived_is_stored_once(project):
    assert not spatial.ready(project)
    said = []
    done = spatial.derive(project, lang="en", progress=lambda share, word: said.append((share, word)))
    assert done == {
        "territories": 6, "adjacency": 5, "graph": 0, "travel_primary": 18, "travel_junior": 6,
    }  # fmt: skip
    assert said[0] == (0.0, "territories of the units") and len(said) == 5
    assert spatial.ready(project)
    before = {p: p.stat().st_mtime_ns for p in (project.folder / "derived").iterdir()}
    pairs = spatial.adjacency(project)
    assert list(zip(pairs["a"], pairs["b"], strict=True)) == [(f"u{n}", f"u{n + 1}") for n in range(5)]
    spatial.travel(project, "primary")
    assert {p: p.stat().st_mtime_ns for p in (project.folder / "derived").iterdir()} == before


def test_new_data_and_new_settings_compute_anew(project):
    near = spatial.travel(project, "primary")["metres"]
    farther = spatial.travel(save_settings(project, detour=2.0), "primary")["metres"]
    np.testing.assert_allclose(farther, near * 2.0 / 1.3)
    back = save_settings(project, detour=1.3)
    spatial.derive(back)
    assert spatial.ready(save_layers(back, {"children": children()}), "primary")  # walks need no children
    moved = save_layers(open_project(project.folder), {"units": units()})
    assert not spatial.ready(moved, "primary")
    spatial.territories(save_layers(moved, {"units": units()}))
    kept = {path.name.split("-")[1] for path in (project.folder / "derived").glob("territories*")}
    assert kept <= {"v3", "v4"}


def test_cancelling_stops_between_steps(project):
    done = spatial.derive(project, cancelled=(project.folder / "derived").exists)
    assert list(done) == ["territories"]


def test_roads_are_used_where_there_are_some(project):
    line = LineString([(LEFT, BASE + 250), (LEFT + 3500, BASE + 250)])
    roads = gpd.GeoDataFrame({"road_class": ["local"]}, geometry=[line], crs=EPSG)
    saved = save_layers(project, {"roads": roads})
    walk = spatial.travel(saved, "primary").set_index(["unit_id", "school_id"])
    assert walk.loc[("u0", "东"), "metres"] == pytest.approx(2500)
    assert not walk.loc[("u0", "东"), "estimate"]
    assert spatial.travel(project, "primary")["estimate"].all()
    assert spatial.road_graph(project) is None


def test_edited_links_count_as_soon_as_they_are_kept(project):
    spatial.derive(project)
    edits = pd.DataFrame({"a": ["u5", "u1"], "b": ["u0", "u2"], "action": ["link", "cut"], "reason": "渡口"})
    saved = save_layers(project, {"links": edits})
    assert spatial.ready(saved)  # nothing is computed anew
    found = spatial.adjacency(saved)
    added = found[found["source"] == "manual"]
    assert added[["a", "b"]].to_numpy().tolist() == [["u0", "u5"]]
    assert ("u1", "u2") not in set(zip(found["a"], found["b"], strict=True)) and len(found) == 5
    assert len(spatial.neighbours(saved)) == 5
    pd.testing.assert_frame_equal(
        spatial.adjacency(save_layers(saved, {"links": None})), spatial.neighbours(saved)
    )


def test_borders_count_from_the_length_that_the_project_states(project):
    assert len(spatial.adjacency(project)) == 5
    assert not spatial.ready(changed := save_settings(project, min_shared=200.0))
    lower = units().set_geometry(
        [shape.intersection(box(0, 0, 9e9, BASE + 150)) for shape in units().geometry]
    )
    assert spatial.adjacency(save_layers(changed, {"units": lower})).empty


def test_rides_are_told_for_rural_units_and_long_walks(project):
    line = LineString([(LEFT - 9000, BASE + 250), (LEFT + 3500, BASE + 250)])
    roads = gpd.GeoDataFrame({"road_class": ["arterial"]}, geometry=[line], crs=EPSG)
    area = ["rural", *["urban"] * 5]
    saved = save_layers(project, {"roads": roads, "units": units().assign(area=area)})
    found = spatial.travel(saved, "primary").set_index(["unit_id", "school_id"])
    assert found.loc[("u0", "东"), "ride_minutes"] == pytest.approx(2500 / 40_000 * 60)
    told = found["ride_minutes"].notna()
    assert (told == ((found.index.get_level_values(0) == "u0") | (found["metres"] > 30 * 60))).all()
    quick = spatial.travel(save_settings(saved, walk_speed=100.0), "primary")
    assert quick.loc[quick["ride_metres"].notna(), "unit_id"].unique().tolist() == ["u0"]
    assert {"way", "off_road", "ride_metres", "ride_minutes"} <= set(spatial.zone_travel(saved, "primary"))
    assert spatial.travel(project, "primary")["ride_metres"].isna().all()


def test_snaps_tell_how_far_places_lie_from_roads(project):
    assert spatial.snaps(project).empty
    line = LineString([(LEFT, BASE + 250), (LEFT + 3500, BASE + 250)])
    roads = gpd.GeoDataFrame({"road_class": ["local"]}, geometry=[line], crs=EPSG)
    found = spatial.snaps(save_layers(project, {"roads": roads})).set_index("id")["snap_m"]
    assert found["民办"] == pytest.approx(150) and found["u3"] == pytest.approx(0)


def test_zones_leave_private_schools_out_and_keep_the_nearest_campus(project):
    frame = spatial.zone_travel(project, "primary")
    assert set(frame["zone_id"]) == {"东", "西"} and len(frame) == 12
    joined = save_layers(project, {"schools": schools().assign(zone_id=["联合", "联合", None, None])})
    both = spatial.zone_travel(joined, "primary").set_index("unit_id")
    assert both["school_id"].to_dict() == {u: ("西" if n < 3 else "东") for n, u in enumerate(UNITS)}


def test_a_school_beyond_the_units_stands_in_the_nearest(project):
    found = zoneproblem.anchors(project, "junior").set_index("zone_id")["unit_id"]
    assert found.to_dict() == {"一中": "u5"}


def test_the_problem_is_the_years_entrants_against_the_intake_plan(project):
    problem = zoneproblem.build(project, "primary", YEAR)
    assert problem.demand.sum() == 60
    assert dict(zip(problem.zone_ids, problem.capacity, strict=True)) == {"东": 40, "西": 30}
    assert zoneproblem.build(project, "primary", 2023, mode="enrolment").demand.sum() == 360


def test_locks_and_capacities_of_a_scenario(project):
    locks = pd.Series({"u1": "东"})
    room = pd.Series({"东": 60, "西": 0}, dtype="Int64")
    assert zoneproblem.build(project, "primary", YEAR, locks=locks).locked.max() == 0
    assert list(zoneproblem.build(project, "primary", YEAR, capacity=room).zone_ids) == ["东"]


def test_what_the_data_lack_is_said(project):
    with pytest.raises(FaultError, match="2035"):
        zoneproblem.build(project, "primary", 2035)
    unstated = save_layers(project, {"schools": schools().assign(primary_intake=pd.NA)})
    with pytest.raises(FaultError) as caught:
        zoneproblem.build(unstated, "primary", YEAR)
    assert [fault.found for fault in caught.value.faults] == ["东", "西"]
    assert "primary intake plan" in caught.value.text("en")
    none = save_layers(unstated, {"schools": schools().assign(primary_intake=0)})
    with pytest.raises(FaultError, match="没有可以划片的小学"):
        zoneproblem.build(none, "primary", YEAR)


def test_a_plan_is_cut_to_the_problem(project):
    problem = zoneproblem.build(project, "primary", YEAR)
    old = pd.Series({"u0": "西", "u1": "停办", "别处": "东"}, name="zone_id")
    cut = zoneproblem.fitting(problem, old)
    assert cut.dropna().to_dict() == {"u0": "西"}
    assert list(cut.index) == UNITS


def test_walks_under_a_plan(project):
    plan = pd.Series(dict.fromkeys(UNITS[:5], "西"), name="zone_id")
    found = spatial.walks(project, plan, "primary").set_index("unit_id")
    assert found["pupils"].to_list() == [10] * 5
    assert found.loc["u4", "straight"] == pytest.approx(2000)
    assert found.loc["u4", "metres"] == pytest.approx(2600)


@pytest.mark.parametrize("stage", ["primary", "junior"])
def test_walks_looked_up_are_those_found_by_searching(project, stage):
    zones = zoneproblem.zones(project, stage)["zone_id"].unique()
    plan = pd.Series(np.resize(zones, len(UNITS)), index=pd.Index(UNITS, name="unit_id"), dtype="str")
    plan.iloc[0], plan.iloc[1] = pd.NA, "no such zone"
    travel = WalkBook.of(project, stage).under(plan)
    quick = spatial.walks(project, plan, stage, travel=travel)
    pd.testing.assert_frame_equal(quick, spatial.walks(project, plan, stage))
    assert len(travel) == len(UNITS) - 2 and quick["metres"].isna().sum() == 1


def test_the_optimise_job_finds_a_plan_that_passes(project):
    pytest.importorskip("zoning.optimise")
    start = catchments().query("stage == 'primary' and from_year == 2024").set_index("unit_id")["zone_id"]
    result = tasks.optimise_job(project.folder, "primary", YEAR, start=start, seconds=None, work=50)
    assert result.feasible
    assert check(zoneproblem.build(project, "primary", YEAR), result.zones).empty


def test_history_births_and_register_as_the_forecast_wants_them(project):
    past = outlook.history(project)
    assert set(past["district"]) == {"甲"} and past["enrolment"].sum() == enrolment()["pupils"].sum()
    more = enrolment().query("school_id == '东' and year == 2025").assign(year=2026, class_no="1")
    with_classes = save_layers(project, {"classes": more})
    assert outlook.history(with_classes)["year"].max() == 2026
    assert outlook.births(project) is None
    assert outlook.registered(project).set_index("year").loc[2026, "children"] == 60
    towns = pd.DataFrame({"year": 2020, "births": [5, 6], "district": "甲", "town": ["一", "二"]})
    assert outlook.births(save_layers(with_classes, {"births": towns}))["births"].to_list() == [11]
    bare = save_layers(open_project(project.folder), {"enrolment": None, "classes": None})
    with pytest.raises(FaultError, match="在校生"):
        outlook.history(bare)


def test_estates_go_to_the_schools_of_their_zone_in_force(project):
    assert outlook.estates(project) is None
    placed = outlook.estates(project, from_outside=0.5)
    assert placed[["estate_id", "school"]].to_numpy().tolist() == [["e1", "东"], ["e1", "一中"]]
    assert placed["primary_yield"].to_list() == [0.3, 0.0]
    assert [f.found for f in outlook.estate_faults(project, placed)] == ["e2"]
    assert [f.kind for f in outlook.estate_faults(project, None)] == ["outlook_estates_out"]


def test_the_forecast_job_leads_to_the_need(project):
    frame = tasks.forecast_job(project.folder, 2029, from_outside=0.5)
    assert {"district_stage", "zone_id_stage", "cell"} <= set(frame["level"])
    assert any("e2" in said["zh"] for said in frame.attrs["warnings"])
    past = outlook.history(project)
    ahead = outlook.outlook(frame, past)
    assert sorted(ahead["year"].unique()) == [2025, 2026, 2027, 2028, 2029]
    now = ahead[ahead["year"] == 2025]
    assert now["mean"].sum() == past[past["year"] == 2025]["enrolment"].sum()
    with_classes = save_layers(project, {"classes": crowded()})
    needed = outlook.project_need(with_classes, frame).set_index("stage")
    assert needed.loc["primary", "class_relief"] == 15
    assert (needed[list(need.PARTS)].sum(axis=1) == needed["total"]).all()


def test_each_zone_has_its_peak_and_its_empty_seats(project):
    frame = tasks.forecast_job(project.folder, 2029, from_outside=0.5)
    past = outlook.history(project)
    rows = measured.zone_peaks(project, frame, past, "primary").set_index("zone_id")
    assert set(rows.index) >= {"东", "西"}
    assert rows.loc["东", "seats"] == 240 and rows.loc["西", "seats"] == 180
    for zone in ("东", "西"):
        own = frame[
            (frame["level"] == "zone_id_stage") & (frame["group"] == zone) & (frame["stage"] == "primary")
        ]
        now = past[(past["school"] == zone) & (past["year"] == 2025)]["enrolment"].sum()
        row, last = rows.loc[zone], own.loc[own["year"] == 2029, "mean"].item()
        assert row["pupils"] == now and row["mean"] == own["mean"].max()
        assert row["low"] <= row["mean"] <= row["high"] and row["year_low"] <= row["peak_year"]
        np.testing.assert_allclose(row["gap"], row["mean"] - row["seats"])
        np.testing.assert_allclose(row["empty"], row["seats"] - last)


def crowded() -> pd.DataFrame:
    return pd.DataFrame(
        {"school_id": ["东"], "year": [2025], "grade": [1], "class_no": ["1"], "pupils": [60]}
    )


def test_an_estate_over_the_border_goes_with_the_district_of_its_school(project):
    schools = project.layers["schools"].assign(district="甲区")
    estates = project.layers["estates"].assign(district="乙县")
    mixed = save_layers(project, {"schools": schools, "estates": estates})
    assert set(outlook.estates(mixed, from_outside=0.5)["district"]) == {"甲区"}
    assert len(tasks.forecast_job(mixed.folder, 2028, from_outside=0.5))
