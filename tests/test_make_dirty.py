"""The dirty county is the same every time, and as dirty as it says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from data.dirty import maps, offices, returns
from data.make_dirty import CORRECTIONS_FILE, INCOMING, LAYERS, TRUTH, TRUTH_FILE, make_dirty, truth
from planning import layerfile


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dirty")
    make_dirty(place)
    return place


def files(folder: Path) -> dict[str, bytes]:
    """Return the files that hold no time of their own: a GeoPackage keeps when it was written."""
    found = sorted((folder / INCOMING).rglob("*.*"))
    return {path.name: path.read_bytes() for path in found if path.suffix != ".gpkg"}


def test_it_is_the_same_every_time(folder, tmp_path):
    make_dirty(tmp_path)
    assert files(folder) == files(tmp_path)
    assert len(files(folder)) > 15


def test_the_corrections_are_listed_for_people(folder):
    listed = pd.read_csv(folder / TRUTH / CORRECTIONS_FILE)
    assert len(listed) == len(make_dirty(folder))
    assert (listed["应为"] == "（删去此行）").sum() == 7
    assert set(listed["文件"]) >= {maps.UNITS, offices.SCHOOLS, offices.CHILDREN, returns.NOW}


def test_the_truth_holds_every_layer(folder):
    clean = truth()
    assert tuple(clean) == LAYERS
    for name, frame in clean.items():
        assert len(layerfile.read(folder / TRUTH / TRUTH_FILE, name)) == len(frame)


def test_the_shapefile_says_neither_its_encoding_nor_its_place(folder):
    shapefile = folder / INCOMING / maps.UNITS
    assert not shapefile.with_suffix(".cpg").exists()
    assert not shapefile.with_suffix(".prj").exists()
    assert "小区".encode("gbk") in shapefile.with_suffix(".dbf").read_bytes()
    assert shapefile.with_suffix(".dbf").read_bytes()[29] == 0


def test_tables_are_in_gbk_and_the_workbook_is_html(folder):
    schools = (folder / INCOMING / offices.SCHOOLS).read_bytes()
    assert "学校标识码" in schools.decode("gbk")
    with pytest.raises(UnicodeDecodeError):
        schools.decode("utf-8")
    assert b"<table" in (folder / INCOMING / returns.PAST).read_bytes()


def test_synthetic_data_say_so(folder):
    assert "合成数据" in (folder / INCOMING / offices.SCHOOLS).read_bytes().decode("gbk")
