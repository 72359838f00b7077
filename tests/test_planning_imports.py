"""Files into projects: six units in a row, written as people write them, read whole or not at all."""

import json
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter
from shapely.geometry import LineString, Point, box

from gis import crs as systems
from gis.export import to_geojson
from gis.faults import FaultError
from planning import importlog, jobs
from planning.imports import Source, attempt, check_layers, free_id, import_files
from planning.personal import PERSONAL
from planning.preview import Choice, preview
from planning.project import list_projects, open_project
from planning.reading import storable

ROOT = Path(__file__).parents[1]
# 东胜: 6-degree zone 19, central meridian 111 E.
EAST, NORTH = 19_420_000, 4_410_000


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def unit_rows() -> list[list[object]]:
    head = ["小区编号", "小区名称", "类别", "X坐标", "Y坐标"]
    return [head, *([f"U{n}", f"小区{n}", "小区", EAST + 300 * n, NORTH] for n in range(6))]


def school_rows() -> list[list[object]]:
    head = ["学校代码", "学校名称", "办学类型", "公办民办", "小学招生计划", "X坐标", "Y坐标"]
    first, last = ("S1", "一小", EAST), ("S2", "二小", EAST + 1500)
    return [head, *([code, name, "小学", "公办", 90, x, NORTH] for code, name, x in (first, last))]


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return workbook(tmp_path / "小区.xlsx", {"Sheet1": unit_rows()})


@pytest.fixture
def schools(tmp_path: Path) -> Path:
    return workbook(tmp_path / "学校.xlsx", {"Sheet1": school_rows()})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def made(units, schools, home) -> Path:
    import_files("row", {"units": units, "schools": schools}, name="一行", year=2026, home=home)
    return home / "row"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def kinds(error: FaultError) -> set[str]:
    return {fault.kind for fault in error.faults}


def test_six_units_in_a_row_become_a_project(units, schools, home):
    report = import_files("row", {"units": units, "schools": schools}, name="一行", year=2026, home=home)
    project = open_project(home / "row")
    assert (report["saved"], report["new"], report["version"]) == (True, True, 1)
    assert [(row["layer"], row["rows"]) for row in report["layers"]] == [("units", 6), ("schools", 2)]
    assert (project.name, project.year, project.stage_system) == ("一行", 2026, "6-3")
    assert project.layers["units"]["unit_id"].tolist() == [f"U{n}" for n in range(6)]
    json.dumps(report)


def test_the_coordinate_system_goes_by_longitude_and_is_said(made):
    project = open_project(made)
    assert project.epsg == systems.gauss_kruger(111).to_epsg()
    xs = project.layers["units"].geometry.x
    assert xs.diff().dropna().round(0).tolist() == [300] * 5
    assert xs.iloc[0] == pytest.approx(420_000, abs=1)
    said = " ".join(line["zh"] for line in importlog.read(made)[-1]["assumed"])
    assert "EPSG:4546" in said and "带号 19" in said and "6-3" in said and "1.3" in said


def test_faults_of_several_files_come_at_once_and_nothing_is_there(tmp_path, home):
    bad_units = unit_rows()
    bad_units[2][0], bad_units[4][3] = "U0", "abc"
    bad_schools = school_rows()
    bad_schools[1][4] = -5
    files = {
        "units": workbook(tmp_path / "a.xlsx", {"S": bad_units}),
        "schools": workbook(tmp_path / "b.xlsx", {"S": bad_schools}),
        "births": tmp_path / "nowhere.csv",
    }
    with pytest.raises(FaultError) as caught:
        import_files("row", files, year=2026, home=home)
    wanted = {"key_duplicate", "coordinate_not_number", "value_negative", "file_missing"}
    assert wanted <= kinds(caught.value)
    assert {"a.xlsx", "b.xlsx"} <= {fault.file for fault in caught.value.faults}
    assert not list_projects(home)


def test_a_fault_leaves_the_project_byte_for_byte(made, home, tmp_path):
    before = snapshot(made)
    rows = unit_rows()
    rows[3][1] = ""
    with pytest.raises(FaultError):
        import_files("row", {"units": workbook(tmp_path / "b.xlsx", {"S": rows})}, home=home)
    assert snapshot(made) == before


def test_layers_that_disagree_stop_the_import(made, home, tmp_path):
    before = snapshot(made)
    path = tmp_path / "儿童.csv"
    path.write_text("小区编号,入学年份,适龄儿童数\nU0,2026,10\nU9,2026,3\n", encoding="utf-8")
    with pytest.raises(FaultError, match="U9"):
        import_files("row", {"children": path}, home=home)
    assert snapshot(made) == before


def test_layers_are_replaced_one_at_a_time(made, home, tmp_path):
    path = tmp_path / "儿童.csv"
    path.write_text("小区编号,入学年份,适龄儿童数\nU0,2026,10\nU1,2026,3\n", encoding="gb18030")
    given = Source(path, as_of="2026-03-01", source="摸底")
    report = import_files("row", {"children": given}, home=home)
    project = open_project(made)
    assert (report["new"], report["version"], sorted(project.layers)) == (
        False,
        2,
        ["children", "schools", "units"],
    )
    stated = project.sources.set_index("layer").loc["children"]
    assert (stated["as_of"], stated["source"], stated["rows"]) == ("2026-03-01", "摸底", 2)
    assert list(importlog.latest(made)) == ["units", "schools", "children"]


def test_names_become_ids(made, home, tmp_path):
    path = tmp_path / "片区.csv"
    rows = "".join(f"小学,2026,小区{n},{'一小' if n < 3 else 'S2'}\n" for n in range(6))
    path.write_text(f"学段,学年,小区,学校\n{rows}", encoding="utf-8")
    report = import_files("row", {"catchments": path}, home=home)
    plan = open_project(made).layers["catchments"]
    assert plan["unit_id"].tolist() == [f"U{n}" for n in range(6)]
    assert plan["zone_id"].tolist() == ["S1"] * 3 + ["S2"] * 3
    assert {"reference_by_name"} <= {warning["kind"] for warning in report["warnings"]}


def test_names_wait_for_the_layer_they_name(schools, units, home, tmp_path):
    path = tmp_path / "片区.csv"
    path.write_text("学段,学年,小区,学校\n小学,2026,小区0,一小\n", encoding="utf-8")
    given = Source(path, source="教育局", as_of="2025-05")
    import_files("row", {"units": units, "catchments": given}, year=2026, home=home)
    assert open_project(home / "row").layers["catchments"]["zone_id"].tolist() == ["一小"]
    import_files("row", {"schools": schools}, home=home)
    project = open_project(home / "row")
    assert project.layers["catchments"]["zone_id"].tolist() == ["S1"]
    stated = project.sources.set_index("layer").loc["catchments"]
    assert (stated["source"], stated["as_of"], stated["rows"]) == ("教育局", "2025-05", 1)


def test_geojson_and_geopackage_come_together(units, home, tmp_path):
    """Degrees in one file and a projected system in another end in the same metres."""
    import_files("row", {"units": units}, year=2026, home=home)
    line = gpd.GeoDataFrame(
        {"名称": ["一路"]}, geometry=[LineString([(EAST, NORTH - 50), (EAST + 1500, NORTH - 50)])], crs=4497
    )
    line.to_file(tmp_path / "路.gpkg", layer="roads", driver="GPKG")
    area = gpd.GeoDataFrame(
        {"代码": ["150602"], "名称": ["东胜区"]}, geometry=[box(419_000, 4.409e6, 423_000, 4.411e6)], crs=4546
    )
    (tmp_path / "区.geojson").write_bytes(to_geojson(area))
    import_files("row", {"roads": tmp_path / "路.gpkg", "areas": tmp_path / "区.geojson"}, home=home)
    project = open_project(home / "row")
    assert {frame.crs.to_epsg() for frame in map(project.layers.get, ("units", "roads", "areas"))} == {4546}
    assert project.layers["roads"].distance(project.layers["units"].geometry[0]).iloc[0] == pytest.approx(
        50, abs=0.1
    )
    assert project.layers["areas"].covers(project.layers["units"].geometry[5]).all()


def test_a_stated_system_is_for_the_files_that_do_not_state_theirs(home, tmp_path):
    plain = unit_rows()
    for row in plain[1:]:
        row[3] = int(row[3]) - 19_000_000
    path = workbook(tmp_path / "a.xlsx", {"S": plain})
    with pytest.raises(FaultError) as caught:
        import_files("row", {"units": path}, year=2026, home=home)
    assert "crs_unknown" in kinds(caught.value)
    area = gpd.GeoDataFrame({"名称": ["区"]}, geometry=[box(419_000, 4.409e6, 423_000, 4.411e6)], crs=4546)
    area.to_crs(4490).to_file(tmp_path / "区.gpkg", layer="areas", driver="GPKG")
    files = {"units": path, "areas": tmp_path / "区.gpkg"}
    import_files("row", files, year=2026, crs="EPSG:4546", home=home)
    layers = open_project(home / "row").layers
    assert layers["areas"].covers(layers["units"].geometry[0]).all()


def test_a_local_grid_stays_one(home, tmp_path):
    rows = unit_rows()
    for number, row in enumerate(rows[1:]):
        row[3], row[4] = 100 + 300 * number, 200
    path = workbook(tmp_path / "a.xlsx", {"S": rows})
    report = import_files("row", {"units": path}, year=2026, crs="local", home=home)
    project = open_project(home / "row")
    assert (project.epsg, report["crs"]["epsg"]) == (0, 0)
    assert project.layers["units"].geometry.x.iloc[0] == 100
    far = workbook(tmp_path / "b.xlsx", {"S": school_rows()})
    with pytest.raises(FaultError) as caught:
        import_files("row", {"schools": far}, home=home)
    assert kinds(caught.value) == {"crs_local"}
    assert caught.value.faults[0].file == "b.xlsx"


def test_every_wrong_setting_is_named_at_once(units, home):
    with pytest.raises(FaultError) as caught:
        import_files("../x", {"units": units, "rivers": units}, stage_system="7-2", home=home)
    assert kinds(caught.value) == {"import_layer_unknown", "import_year_missing", "project_setting"}
    assert {f.column for f in caught.value.faults if f.kind == "project_setting"} == {"id", "stage_system"}
    with pytest.raises(FaultError, match="没有要导入"):
        import_files("row", {}, year=2026, home=home)


def test_a_new_project_needs_a_place_and_keeps_its_stage_system(made, home, tmp_path):
    births = tmp_path / "b.csv"
    births.write_text("年份,出生人数\n2020,100\n", encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        import_files("other", {"births": births}, year=2026, home=home)
    assert kinds(caught.value) == {"import_no_location"}
    with pytest.raises(FaultError) as caught:
        import_files("row", {"births": births}, stage_system="5-4", home=home)
    assert kinds(caught.value) == {"import_system_fixed"}


def test_personal_columns_are_not_saved(home, tmp_path):
    rows = unit_rows()
    rows[0] += ["联系人电话", "物业"]
    for row in rows[1:]:
        row += ["13800000000", "甲物业"]
    path = workbook(tmp_path / "a.xlsx", {"S": rows})
    report = import_files("row", {"units": path}, year=2026, home=home)
    frame = open_project(home / "row").layers["units"]
    assert "物业" in frame and "联系人电话" not in frame
    assert "import_personal" in {warning["kind"] for warning in report["warnings"]}
    assert b"13800000000" not in b"".join(snapshot(home / "row").values())
    assert all(word == word.lower() for word in PERSONAL)


def test_odd_columns_fit_a_geopackage():
    frame = pd.DataFrame({"name": ["a"], "Name": ["b"], "fid": ["x"], "混": pd.Series([1], dtype=object)})
    kept = storable(frame)
    assert list(kept.columns) == ["name", "Name_2", "fid_2", "混"]
    assert kept["混"].tolist() == ["1"]


def test_odd_columns_survive_an_import(home, tmp_path):
    frame = gpd.GeoDataFrame(
        {"unit_id": ["a", "b"], "name": ["甲", "乙"], "geom": [1, 2], "Kind of place": ["x", None]},
        geometry=[Point(109.9, 39.8), Point(109.91, 39.8)],
        crs=4490,
    )
    text = json.loads(frame.to_json(drop_id=True))
    for number, feature in enumerate(text["features"]):
        feature["properties"]["fid"] = 7
        feature["properties"]["mixed"] = [1, "b"][number]
    path = tmp_path / "u.geojson"
    path.write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
    import_files("row", {"units": path}, year=2026, home=home)
    saved = open_project(home / "row").layers["units"]
    assert saved["fid_2"].astype(str).tolist() == ["7", "7"]
    assert saved["geom_2"].astype(int).tolist() == [1, 2]
    assert saved["mixed"].tolist() == ["1", "b"]


def test_progress_goes_up_and_a_cancel_saves_nothing(units, schools, home):
    shares: list[float] = []
    files = {"units": units, "schools": schools}
    report = import_files(
        "row",
        files,
        year=2026,
        home=home,
        progress=lambda share, _: shares.append(share),
        cancelled=lambda: 0.8 in shares,
    )
    assert not report["saved"]
    assert not list_projects(home)
    import_files("row", files, year=2026, home=home, progress=lambda share, _: shares.append(share))
    assert shares[-1] == 1 and shares[-5:] == [0.0, 0.375, 0.8, 0.9, 1.0]


def test_a_job_hands_back_faults_as_data(home, tmp_path):
    with jobs.start(
        "planning.imports:attempt",
        project_id="row",
        files={"units": tmp_path / "no.csv"},
        year=2026,
        home=home,
    ) as job:
        state = job.wait(60)
    assert state.status == "done"
    assert [fault.kind for fault in state.result["faults"]] == ["file_missing"]
    assert attempt(project_id="row", files={}, year=2026, home=home)["saved"] is False


def test_a_job_killed_while_reading_changes_nothing(made, home, tmp_path):
    before = snapshot(made)
    path = tmp_path / "儿童.csv"
    path.write_text("小区编号,入学年份,适龄儿童数\nU0,2026,10\n", encoding="utf-8")
    job = jobs.start("planning.imports:attempt", project_id="row", files={"children": path}, home=home)
    time.sleep(0.1)
    job.process.kill()
    job.wait(30)
    assert snapshot(made) == before


def test_ids_are_free(made, home):
    assert free_id("row", home) == "row-2"
    assert free_id("东胜", home) == "project"


def test_a_preview_says_what_each_table_is(tmp_path, units):
    book = workbook(
        tmp_path / "全部.xlsx",
        {
            "学校": school_rows(),
            "出生": [["年份", "出生人数", "备注"], [2020, 100, "a"]],
            "别的": [["甲", "乙"], [1, 2]],
        },
    )
    found = preview([units, book, tmp_path / "no.csv"])
    assert [(p.file, p.table, p.guess, p.rows) for p in found[:4]] == [
        ("小区.xlsx", "Sheet1", "units", 6),
        ("全部.xlsx", "学校", "schools", 2),
        ("全部.xlsx", "出生", "births", 1),
        ("全部.xlsx", "别的", "", 1),
    ]
    assert found[2].columns["备注"] is None and found[2].columns["出生人数"].zh == "出生人数"
    assert found[0].columns["X坐标"].zh == "位置" and "19" in found[0].crs_note.zh
    assert found[0].head["unit_id"].tolist() == [f"U{n}" for n in range(6)]
    assert [p.sound for p in found] == [True, True, True, False, False]
    assert found[4].faults[0].kind == "file_missing"


def test_a_preview_follows_the_users_choices(tmp_path):
    rows = [["编号", "名称", "x", "y"], *([f"a{n}", f"甲{n}", 420_000 + 300 * n, NORTH] for n in range(6))]
    path = workbook(tmp_path / "a.xlsx", {"S": rows})
    (first,) = preview([path], choices={(str(path), "S"): Choice("units")})
    assert first.crs_needed and not first.sound
    (second,) = preview([path], choices={(str(path), "S"): Choice("units", "EPSG:4546")})
    assert second.sound and not second.crs_needed
    (third,) = preview([path], choices={(str(path), "S"): Choice("classes")})
    assert "班额" in [words.zh for words in third.missing]
    assert preview([path], cancelled=lambda: True) == []


def test_the_log_counts_what_it_does_not_list(made, monkeypatch):
    found = check_layers({"births": pd.DataFrame({"year": [2018, 2020, 2022], "births": [1, 1, 1]})})
    monkeypatch.setattr(importlog, "LIMIT", 1)
    lines = importlog.records(found * 3)
    assert len(lines) == 2 and "2" in lines[1]["zh"] and "2" in lines[1]["en"]
    (made / importlog.LOG_FILE).open("a").write('{"at": "cut off')
    assert len(importlog.read(made)) == 1
