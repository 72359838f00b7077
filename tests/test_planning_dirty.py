"""The dirty county, taken to a clean project through the planning functions, with only what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.make_dirty import INCOMING, make_dirty
from gis.faults import FaultError
from planning import gathering, importlog, imports, mending
from planning.preview import Choice, preview, source_of
from planning.project import open_project
from tests.dirty import check_clean, corrected, left_out

YEAR = 2026
MEANT = {"kind": {"安置及商品房小区": "estate"}, "area": {"111": "urban", "121": "town", "220": "rural"}}
STATED = {"学校基本情况（百度坐标）.csv": "BD-09", "新建小区（自然资源局）.xlsx": "EPSG:4546"}


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    return folder / INCOMING, make_dirty(folder)


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
    check_clean(made.layers)
    gone = {(one["file"], int(one["row"])) for one in importlog.read(made.folder)[-1]["left_out"]}
    assert gone == left_out(corrections)
    assert len(report["layers"]) == len(made.layers)
