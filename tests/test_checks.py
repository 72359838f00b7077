"""Layers against each other: k planted disagreements give exactly k faults."""

from functools import cache

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from gis.checks import check_project, missing_layers, resolve_names
from gis.faults import errors
from gis.layers import SCHEMAS
from gis.schema import validate
from gis.words import Words


def layer(name, rows, geometry=None):
    frame = pd.DataFrame(rows)
    frame = frame if geometry is None else gpd.GeoDataFrame(frame, geometry=geometry, crs=4546)
    return validate(frame, SCHEMAS[name])


@cache
def agreeing():
    """Return six units in a row, a primary and a nine-year school, and tables that agree."""
    units = [{"unit_id": f"U{i}", "name": f"小区{i}", "district": "东区"} for i in range(6)]
    schools = [
        {
            "school_id": "S1",
            "name": "一小",
            "kind": "primary",
            "provider": "public",
            "district": "东区",
            "lowest_grade": 1,
            "highest_grade": 6,
        },
        {
            "school_id": "S2",
            "name": "二校",
            "kind": "nine_year",
            "provider": "public",
            "district": "东区",
            "lowest_grade": 1,
            "highest_grade": 9,
        },
    ]
    sizes = [("S1", 1, 40), ("S1", 2, 45), ("S2", 1, 50), ("S2", 7, 48)]
    classes = [
        {"school_id": s, "year": 2026, "grade": g, "class_no": str(k), "pupils": n}
        for s, g, n in sizes
        for k in (1, 2)
    ]
    enrolment = [
        {"school_id": s, "year": y, "grade": g, "pupils": 2 * n}
        for s, g, n in sizes
        for y in (2024, 2025, 2026)
    ]
    plan = [
        {
            "stage": stage,
            "from_year": 2026,
            "unit_id": f"U{i}",
            "zone_id": "S1" if stage == "primary" and i < 3 else "S2",
        }
        for stage in ("primary", "junior")
        for i in range(6)
    ]
    return {
        "units": layer("units", units, [box(i * 100, 0, i * 100 + 100, 100) for i in range(6)]),
        "schools": layer("schools", schools, [Point(50, 50), Point(450, 50)]),
        "classes": layer("classes", classes),
        "enrolment": layer("enrolment", enrolment),
        "children": layer(
            "children", [{"unit_id": f"U{i}", "cohort": 2026, "children": 9} for i in range(6)]
        ),
        "births": layer("births", [{"year": y, "births": 100, "district": "东区"} for y in (2023, 2024)]),
        "areas": layer(
            "areas", [{"area_id": "A", "name": "东区", "level": "district"}], [box(0, 0, 600, 100)]
        ),
        "catchments": layer("catchments", plan),
    }


def project():
    return dict(agreeing())


def kinds(faults):
    return sorted(f.kind for f in faults)


def test_a_project_that_agrees_has_no_faults():
    assert check_project(project()) == []
    assert check_project({}) == []
    assert check_project({"schools": project()["schools"]}) == []


def put(name, row, column, value):
    def change(layers):
        frame = layers[name].copy()
        frame.loc[row, column] = value
        layers[name] = frame

    return change


def drop(name, row):
    def change(layers):
        layers[name] = layers[name].drop(index=row).reset_index(drop=True)

    return change


def move(name, row, x, y):
    def change(layers):
        frame = layers[name].copy()
        frame.loc[row, "geometry"] = Point(x, y)
        layers[name] = frame

    return change


PLANTS = {
    "unknown unit of children": (put("children", 2, "unit_id", "U99"), ["reference_unknown"]),
    "unknown school of enrolment": (put("enrolment", 0, "school_id", "S9"), ["reference_unknown"]),
    "unknown centre school": (put("schools", 0, "parent_id", "S7"), ["reference_unknown"]),
    "unit in no catchment": (drop("catchments", 0), ["unit_unassigned"]),
    "catchment of nobody": (put("catchments", 11, "zone_id", "Z9"), ["zone_unknown"]),
    "junior catchment of a primary school": (put("catchments", 11, "zone_id", "S1"), ["zone_without_stage"]),
    "private catchment": (put("schools", 1, "provider", "private"), ["zone_private"]),
    "school outside": (move("schools", 0, 5000, 50), ["outside_area"]),
    "sum differs": (put("enrolment", 2, "pupils", 81), ["class_sum_differs"]),
    "grade not taught": (put("enrolment", 0, "grade", 8), ["grade_not_taught"]),
    "kind differs": (put("schools", 1, "kind", "primary"), ["kind_differs"]),
    "same place": (move("schools", 0, 450, 50), ["same_place"]),
    "district misspelt": (put("births", 0, "district", "东 区"), ["district_unknown"]),
    "year missing": (put("births", 0, "year", 2022), ["years_missing"]),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_each_disagreement_is_found_and_nothing_else(plant):
    layers = project()
    change, expected = PLANTS[plant]
    change(layers)
    faults = check_project(layers)
    assert kinds(faults) == expected
    for fault in faults:
        assert fault.text() and fault.text("en") and fault.layer


INDEPENDENT = [
    "unknown unit of children",
    "unknown centre school",
    "unit in no catchment",
    "sum differs",
    "year missing",
    "district misspelt",
]


@settings(deadline=None, max_examples=30)
@given(st.sets(st.sampled_from(INDEPENDENT)))
def test_k_planted_disagreements_give_k_faults(plants):
    layers = project()
    for plant in plants:
        PLANTS[plant][0](layers)
    assert kinds(check_project(layers)) == sorted(k for p in plants for k in PLANTS[p][1])


def test_odd_class_sizes_and_crs():
    layers = project()
    layers["classes"] = layers["classes"].assign(pupils=[95, 0, 45, 45, 50, 50, 48, 48])
    layers["schools"] = layers["schools"].to_crs(4547)
    found = check_project({n: layers[n] for n in ("classes", "schools", "units")})
    assert kinds(found) == ["class_size_unlikely", "class_size_unlikely", "crs_differs"]
    assert any("一小 2026 一年级 1" in f.text() for f in found)


def test_campuses_of_one_school_may_share_a_place():
    layers = project()
    move("schools", 0, 450, 50)(layers)
    put("schools", 0, "parent_id", "S2")(layers)
    assert check_project(layers) == []


def test_five_four_systems_have_their_own_stages():
    layers = project()
    layers["schools"] = layers["schools"].assign(
        lowest_grade=[1, 6], highest_grade=[5, 9], kind=["primary", "junior"]
    )
    only = {n: layers[n] for n in ("schools", "catchments")}
    assert kinds(check_project(only, stage_system="5-4")) == ["zone_without_stage"]
    assert check_project(only, stage_system="6-3") == []


def test_names_are_turned_into_ids_and_said():
    layers = project()
    layers["classes"] = layers["classes"].assign(
        school_id=layers["classes"]["school_id"].map({"S1": "一小", "S2": "二校"})
    )
    layers["children"] = layers["children"].assign(unit_id=[f"小区{i}" for i in range(5)] + ["不详"])
    layers["catchments"] = layers["catchments"].assign(zone_id=["一小"] * 6 + ["二校"] * 6)
    resolved, faults = resolve_names(layers)
    assert set(kinds(faults)) == {"reference_by_name"} and len(faults) == 2 + 5 + 2
    assert set(resolved["classes"]["school_id"]) == {"S1", "S2"}
    assert resolved["catchments"]["zone_id"].tolist() == ["S1"] * 6 + ["S2"] * 6
    assert kinds(errors(check_project(resolved))) == ["reference_unknown"]
    assert resolved["units"] is layers["units"]


def test_a_name_of_two_schools_is_not_chosen_between():
    layers = project()
    layers["schools"] = layers["schools"].assign(name="希望小学")
    layers["classes"] = layers["classes"].assign(school_id="希望小学")
    resolved, faults = resolve_names(layers)
    assert kinds(errors(faults)) == ["reference_ambiguous"] and "S1、S2" in faults[0].text()
    assert set(resolved["classes"]["school_id"]) == {"希望小学"}


def test_layers_that_are_needed_are_named_with_their_purpose():
    faults = missing_layers(
        project(), {"roads": Words("步行距离", "walking distances"), "units": Words("划片", "zoning")}
    )
    assert kinds(faults) == ["layer_missing"] and "步行距离" in faults[0].text()
