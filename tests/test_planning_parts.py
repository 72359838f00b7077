"""One layer out of files that differ in their coordinate system, encoding or headers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer

from gis.datum import SevenParameters, with_seven
from gis.faults import FaultError
from gis.webmaps import wgs84_to_bd09
from planning.imports import Source, import_files
from planning.project import open_project

# Six units in a row in 东胜, 300 m apart: plane metres (central meridian 111 E) and degrees.
PLANE = np.array([[420_000.0 + 300 * n, 4_410_000.0] for n in range(6)])
LONLAT = np.column_stack(Transformer.from_crs(4546, 4490, always_xy=True).transform(*PLANE.T))


def units(path: Path, xy, numbers, heads=("小区编号", "小区名称", "x", "y"), encoding="utf-8") -> Path:
    rows = [f"U{n},小区{n},{x:.9f},{y:.9f}" for n, (x, y) in zip(numbers, xy, strict=True)]
    path.write_text("\n".join([",".join(heads), *rows]), encoding=encoding)
    return path


def read(tmp_path: Path, *sources: Source, **more):
    report = import_files("row", {"units": sources}, year=2026, home=tmp_path / "home", **more)
    frame = open_project(tmp_path / "home" / "row").layers["units"].to_crs(4546)
    return report, frame.set_index("unit_id").sort_index()


def away(frame) -> float:
    """Return how far the units lie from where they are, at most."""
    return float(np.hypot(frame.geometry.x - PLANE[:, 0], frame.geometry.y - PLANE[:, 1]).max())


def test_each_file_is_read_in_its_own_system(tmp_path):
    first = units(tmp_path / "甲镇.csv", wgs84_to_bd09(LONLAT[:2]), range(2), encoding="gb18030")
    second = units(tmp_path / "乙镇.csv", PLANE[2:4], range(2, 4), heads=("编码", "小区名称", "东", "北"))
    third = units(tmp_path / "丙镇.csv", LONLAT[4:], range(4, 6))
    mapping = {"编码": "unit_id", "东": "x", "北": "y"}
    report, frame = read(
        tmp_path,
        Source(first, crs="BD-09"),
        Source(second, crs="EPSG:4546", mapping=mapping, as_of="2026-09-01"),
        Source(third),
    )
    assert len(frame) == 6 and away(frame) < 0.5
    assert report["layers"][0]["files"] == ["甲镇.csv", "乙镇.csv", "丙镇.csv"]
    said = " ".join(line["zh"] for line in report["assumed"])
    assert "甲镇.csv：由 BD-09" in said and "乙镇.csv" in said and "丙镇.csv" in said


def test_a_key_that_two_files_share_is_found(tmp_path):
    first = units(tmp_path / "甲镇.csv", PLANE[:3], range(3))
    second = units(tmp_path / "乙镇.csv", LONLAT[2:], range(2, 6))
    with pytest.raises(FaultError) as caught:
        read(tmp_path, Source(first, crs="EPSG:4546"), Source(second, crs="EPSG:4490"))
    (fault,) = (fault for fault in caught.value.faults if fault.kind == "key_duplicate")
    assert (fault.file, fault.row, fault.found) == ("乙镇.csv", 2, "U2")


def test_faults_of_all_groups_come_at_once(tmp_path):
    first = units(tmp_path / "甲镇.csv", PLANE[:3], [0, 1, 0])
    second = units(tmp_path / "乙镇.csv", LONLAT[3:], [3, 4, 3])
    with pytest.raises(FaultError) as caught:
        read(tmp_path, Source(first, crs="EPSG:4546"), Source(second, crs="EPSG:4490"))
    found = {fault.file for fault in caught.value.faults if fault.kind == "key_duplicate"}
    assert found == {"甲镇.csv", "乙镇.csv"}


def test_a_grid_fitted_by_control_points_is_put_on_the_earth(tmp_path):
    path = units(tmp_path / "独立坐标.csv", PLANE - [400_000, 4_400_000], range(6))
    report, frame = read(tmp_path, Source(path, crs="local fitted EPSG:4546 1 0 400000 0 1 4400000"))
    assert away(frame) < 0.01 and report["crs"]["epsg"] == 4546
    assert "控制点" in " ".join(line["zh"] for line in report["assumed"])


def test_seven_parameters_are_used_as_given(tmp_path):
    """A shift of the centre by 100 m along X moves places by that much in degrees, and nowhere else."""
    path = units(tmp_path / "西安80.csv", PLANE, range(6))
    none = with_seven("EPSG:2382", SevenParameters(0, 0, 0, 0, 0, 0, 0, "CF"))
    moved = with_seven("EPSG:2382", SevenParameters(100, 0, 0, 0, 0, 0, 0, "CF"))
    _, plain = read(tmp_path / "a", Source(path, crs=none))
    _, other = read(tmp_path / "b", Source(path, crs=moved))
    shift = np.hypot(other.geometry.x - plain.geometry.x, other.geometry.y - plain.geometry.y)
    lon, lat = np.radians(LONLAT[0])
    expected = 100 * np.hypot(np.sin(lon), np.sin(lat) * np.cos(lon))
    assert shift.to_numpy() == pytest.approx(expected, rel=0.01)


def test_a_local_grid_does_not_mix_with_places_on_earth(tmp_path):
    first = units(tmp_path / "甲镇.csv", PLANE[:3] - [400_000, 4_400_000], range(3))
    second = units(tmp_path / "乙镇.csv", LONLAT[3:], range(3, 6))
    with pytest.raises(FaultError, match="独立坐标"):
        read(tmp_path, Source(first, crs="local"), Source(second))
    assert not (tmp_path / "home" / "row").exists()


def test_years_and_dates_of_a_layer_are_kept(tmp_path):
    path = units(tmp_path / "小区.csv", LONLAT, range(6))
    rows = "".join(f"S{n % 2},{year},1,{n},40\n" for n, year in enumerate((2024, 2024, 2026, 2026)))
    classes = tmp_path / "班额.csv"
    classes.write_text(f"学校代码,学年,年级,班号,班额\n{rows}", encoding="utf-8")
    files = {"units": Source(path, as_of="2026-03-01"), "classes": Source(classes)}
    import_files("row", files, year=2026, home=tmp_path)
    stated = open_project(tmp_path / "row").sources.set_index("layer")
    assert stated.loc["units", ["as_of", "year"]].tolist() == ["2026-03-01", "2025"]
    assert stated.loc["classes", "year"] == "2024–2026"
