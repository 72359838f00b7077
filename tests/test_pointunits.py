"""Units derived from points: apart, whole, on their side of roads and bounds, within reach."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from gis.faults import FaultError
from gis.pointunits import REACH, units_from_points

CRS = "EPSG:4547"


def points(*rows: tuple[str, float, float], town: str = "甲镇") -> gpd.GeoDataFrame:
    names = [row[0] for row in rows]
    shapes = [Point(500_000 + x, 4_000_000 + y) for _, x, y in rows]
    return gpd.GeoDataFrame({"name": names, "town": town}, geometry=shapes, crs=CRS)


def moved(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([500_000, 4_000_000]))


ROW = points(("一", 0, 0), ("二", 200, 0), ("三", 400, 0), ("四", 600, 0), ("五", 800, 0), ("六", 1000, 0))


def test_a_row_of_six_points_becomes_six_units_marked_derived() -> None:
    found = units_from_points(ROW)
    assert found["unit_id"].tolist() == ["一", "二", "三", "四", "五", "六"]
    assert found["derived"].all()
    assert found.geometry.is_valid.all() and (found.geometry.geom_type == "Polygon").all()
    assert all(shape.contains(point) for shape, point in zip(found.geometry, ROW.geometry))
    middle = found.geometry.iloc[2].bounds
    assert (middle[0], middle[2]) == pytest.approx((500_300, 500_500), abs=0.01)


def test_points_of_one_name_are_one_unit_and_of_two_towns_two() -> None:
    found = units_from_points(points(("花园", 0, 0), ("花园", 0, 100), ("里", 400, 0)))
    assert found["unit_id"].tolist() == ["花园", "里"]
    assert found.attrs["points"] == [2, 1]
    both = ROW.iloc[:2].assign(name="花园", town=["甲镇", "乙镇"])
    assert units_from_points(both)["unit_id"].tolist() == ["花园·甲镇", "花园·乙镇"]


def test_a_main_road_is_not_crossed() -> None:
    road = gpd.GeoDataFrame(
        {"road_class": ["arterial"]}, geometry=[moved(LineString([(60, -900), (60, 900)]))], crs=CRS
    )
    west = units_from_points(ROW.iloc[:2], roads=road).geometry.iloc[0]
    assert west.bounds[2] == pytest.approx(500_060, abs=0.01)
    assert units_from_points(ROW.iloc[:2]).geometry.iloc[0].bounds[2] == pytest.approx(500_100, abs=0.01)


def test_bounds_of_villages_are_not_crossed() -> None:
    bounds = gpd.GeoDataFrame(
        geometry=[
            moved(box(-500, -500, 50, 500)),
            moved(box(50, -500, 500, 500)),
            moved(box(-5000, -5000, 5000, 5000)),
        ],
        crs=CRS,
    )
    found = units_from_points(ROW.iloc[:2], bounds=bounds)
    assert found.geometry.iloc[0].bounds[2] == pytest.approx(500_050, abs=0.01)
    assert found.geometry.iloc[1].bounds[0] == pytest.approx(500_050, abs=0.01)


def test_no_unit_reaches_farther_than_its_reach() -> None:
    found = units_from_points(points(("一", 0, 0), ("二", 5000, 0)), reach=100)
    assert found.area.tolist() == pytest.approx([np.pi * 100**2] * 2, rel=0.01)


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(st.sampled_from("甲乙丙丁"), st.integers(0, 900), st.integers(0, 900)),
        min_size=1,
        max_size=12,
        unique_by=lambda row: (row[1] // 25, row[2] // 25),
    )
)
def test_units_do_not_overlap_and_lie_within_reach(rows: list[tuple[str, int, int]]) -> None:
    given_points = points(*((name, float(x), float(y)) for name, x, y in rows))
    found = units_from_points(given_points)
    whole = shapely.union_all(found.geometry.to_numpy())
    assert found.area.sum() == pytest.approx(shapely.area(whole), abs=1.0)
    reach = shapely.union_all(given_points.buffer(REACH + 0.01).to_numpy())
    assert shapely.area(shapely.difference(whole, reach)) < 1.0
    assert set(found["name"]) == {name for name, _, _ in rows}


def test_degrees_are_refused() -> None:
    with pytest.raises(FaultError):
        units_from_points(ROW.to_crs(4326))
