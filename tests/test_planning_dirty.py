"""The dirty county, taken to a clean project through the planning functions, with only what they say."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from data.make_dirty import INCOMING, make_dirty, truth
from gis.faults import FaultError
from gis.mending import DELETE, DO, FILE, ROW
from planning import gathering, importlog, imports, mending
from planning.preview import Choice, preview, source_of
from planning.project import open_project

YEAR = 2026
MEANT = {"kind": {"安置及商品房小区": "estate"}, "area": {"111": "urban", "121": "town", "220": "rural"}}
KEYS = {
    "units": ["unit_id"], "schools": ["school_id"], "children": ["unit_id", "cohort"],
    "classes": ["school_id", "year", "grade", "class_no"], "enrolment": ["school_id", "year", "grade"],
    "births": ["year", "town"], "estates": ["estate_id"], "roads": ["road_id"],
    "barriers": ["barrier_id"], "areas": ["area_id"], "catchments": ["stage", "from_year", "unit_id"],
}  # fmt: skip
STATED = {"学校基本情况（百度坐标）.csv": "BD-09", "新建小区（自然资源局）.xlsx": "EPSG:4546"}


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    return folder / INCOMING, make_dirty(folder)


def corrected(rows: pd.DataFrame, corrections) -> pd.DataFrame:
    """Do by the list of corrections what a planner does by hand in the workbook of faulty rows."""
    done = rows.astype(object)
    for at, row in enumerate(rows.to_dict("records")):
        for one in corrections:
            if (Path(one.file).name, one.row) != (row[FILE], int(row[ROW])):
                continue
            heads = [head for head in rows.columns if head == one.column or head.endswith(f"·{one.column}")]
            value, head = (DELETE, DO) if one.clean is None else (one.clean, heads[0])
            done.iat[at, list(rows.columns).index(head)] = value
    return done


def sources(folder: Path, home: Path):
    files, left = gathering.files_in(folder)
    assert not left
    first = preview(files, home=home)
    choices = {}
    for table in first:
        words = {name: meant for name, meant in MEANT.items() if name in table.unknown}
        choices[table.key] = Choice(
            table.guess, STATED.get(table.file, ""), words=words or None, as_of="2026-09-01"
        )
    second = {table.key: table for table in preview(files, choices=choices, home=home)}
    found = {}
    for key, choice in choices.items():
        found.setdefault(choice.layer, []).append(source_of(second[key], choice))
    return first, found


def compared(frame: pd.DataFrame, wanted: pd.DataFrame, keys: list[str]) -> None:
    """Check that a layer holds what it should: the same keys, the same cells, places within a metre."""
    frame, wanted = (f.sort_values(keys, ignore_index=True) for f in (frame, wanted))
    assert len(frame) == len(wanted)
    for column in wanted.columns.drop("geometry", errors="ignore"):
        mine, theirs = (f[column].astype(object).where(f[column].notna(), None) for f in (frame, wanted))
        assert mine.tolist() == theirs.tolist(), column
    if isinstance(wanted, gpd.GeoDataFrame):
        there = wanted.geometry.to_crs(frame.crs)
        away = frame.geometry.representative_point().distance(there.representative_point())
        assert (frame.geometry.hausdorff_distance(there, align=False) < 1).all(), away.max()


def test_the_dirty_county_becomes_the_clean_one(dirty, tmp_path):
    folder, corrections = dirty
    first, found = sources(folder, tmp_path)
    asked = {table.file for table in first if table.state == "ask"}
    assert {"小区图斑.shp", "新建小区（自然资源局）.xlsx", "学校基本情况（百度坐标）.csv"} <= asked
    mended, rounds = None, 0
    wanted = {"home": tmp_path, "year": YEAR, "name": "脏数据县", "stage_system": "6-3"}
    while True:
        rounds += 1
        try:
            report = imports.import_files("dirty", found, mended=mended, check_only=True, **wanted)
            faults, sound = report["faults"], True
        except FaultError as error:
            faults, sound = error.faults, False
        rows = mending.tables(found, faults, mended=mended)
        back = tmp_path / f"{rounds}.xlsx"
        back.write_bytes(mending.workbook({k: corrected(v, corrections) for k, v in rows.items()}))
        before, mended = mended, mending.together(mended, mending.read(back)) if rows else mended
        if sound and (before is not None and len(before) == len(mended)):
            break
        assert rounds < 5
    report = imports.import_files("dirty", found, mended=mended, **wanted)
    made = open_project(tmp_path / "dirty")
    clean = truth()
    # A class number is text: there are classes called 1(2).
    clean["classes"] = clean["classes"].astype({"class_no": str})
    assert set(made.layers) == set(clean)
    for layer, frame in clean.items():
        compared(made.layers[layer], frame, KEYS[layer])
    gone = {(one["file"], int(one["row"])) for one in importlog.read(made.folder)[-1]["left_out"]}
    assert gone == {(Path(c.file).name, c.row) for c in corrections if c.clean is None}
    assert len(report["layers"]) == len(clean)
