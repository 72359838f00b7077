"""Units of a project derived from its points and from a table of address points."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from pyproj import Transformer
from shapely.geometry import Point, box

from gis.faults import FaultError
from planning.pointunits import derive_job, derived_units, read_points
from planning.project import Project, create_project, open_project

X, Y = 500_000, 4_400_000
TO_DEGREES = Transformer.from_crs("EPSG:4547", "EPSG:4490", always_xy=True)


def degrees(x: float, y: float) -> tuple[float, float]:
    return TO_DEGREES.transform(X + x, Y + y)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a town with one estate drawn as a polygon and two villages that are points."""
    shapes = [box(X, Y, X + 100, Y + 100), Point(X + 300, Y + 50), Point(X + 500, Y + 50)]
    units = gpd.GeoDataFrame(
        {
            "unit_id": ["U1", "V1", "V2"],
            "name": ["花园", "石桥村", "柳树村"],
            "kind": ["estate", "village", "village"],
            "town": "甲镇",
            "residents": pd.array([900, 300, 200], "Int64"),
        },
        geometry=shapes,
        crs="EPSG:4547",
    )
    areas = gpd.GeoDataFrame(
        {"area_id": ["T"], "name": ["甲镇"], "level": ["town"]},
        geometry=[box(X - 1000, Y - 100, X + 2000, Y + 400)],
        crs="EPSG:4547",
    )
    layers = {"units": units, "areas": areas}
    return create_project(layers, name="甲县", year=2026, epsg=4547, folder=tmp_path)


def table(*rows: tuple[str, str, float, float]) -> bytes:
    cells = [(name, town, *degrees(x, y), "77号") for name, town, x, y in rows]
    frame = pd.DataFrame(cells, columns=["小区名称", "镇街", "经度", "纬度", "门牌号"])
    return frame.to_csv(index=False).encode("gb18030")


def test_points_become_polygons_and_polygons_stay(project: Project) -> None:
    before = project.layers["units"]
    found = derived_units(project)
    assert found["unit_id"].tolist() == ["U1", "V1", "V2"]
    assert found["derived"].fillna(False).tolist() == [False, True, True]
    assert found.geometry.iloc[0].equals(before.geometry.iloc[0])
    assert found["residents"].tolist() == [900, 300, 200]
    assert found.geometry.iloc[1].bounds[2] == pytest.approx(X + 400, abs=0.01)
    assert found.geometry.iloc[1].bounds[1] == pytest.approx(Y - 100, abs=0.01)  # the town's border
    assert not found.geometry.iloc[1].overlaps(found.geometry.iloc[0])


def test_address_points_are_grouped_by_name_and_hold_no_door(project: Project) -> None:
    data = table(("幸福里", "甲镇", 900, 0), ("幸福里", "甲镇", 960, 0), ("石桥村", "甲镇", 300, 90))
    points = read_points("points.csv", data, project)
    assert "77号" not in points.to_csv()
    found = derived_units(project, points)
    assert found["unit_id"].tolist() == ["U1", "V1", "V2", "幸福里"]
    assert found["derived"].fillna(False).tolist() == [False, True, True, True]
    inside = found.set_index("unit_id").geometry["幸福里"]
    assert inside.contains(Point(X + 900, Y)) and inside.contains(Point(X + 960, Y))


def test_the_job_saves_or_leaves_everything(project: Project) -> None:
    files = [("points.csv", table(("幸福里", "甲镇", 900, 0)))]
    assert derive_job(project.folder, files, cancelled=lambda: True) == {}
    assert open_project(project.folder).version == project.version
    assert derive_job(project.folder, files) == {"units": 3}
    saved = open_project(project.folder)
    assert saved.layers["units"]["derived"].fillna(False).sum() == 3
    answer = derive_job(project.folder, [("points.csv", table(("假名", "甲镇", 50, 50)))], reach=10)
    assert [fault.kind for fault in answer["faults"]] == ["points_lost"]
    assert open_project(project.folder).version == saved.version


def test_without_points_there_is_nothing_to_derive(project: Project, tmp_path: Path) -> None:
    units = project.layers["units"].iloc[:1]
    drawn = create_project({"units": units}, name="乙县", year=2026, epsg=4547, folder=tmp_path, id="b")
    with pytest.raises(FaultError) as raised:
        derived_units(drawn)
    assert [fault.kind for fault in raised.value.faults] == ["points_none"]


def test_a_table_without_coordinates_is_refused(project: Project) -> None:
    data = pd.DataFrame({"小区名称": ["幸福里"]}).to_csv(index=False).encode()
    with pytest.raises(FaultError):
        read_points("points.csv", data, project)
