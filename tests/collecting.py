"""A drawn county of three schools in two towns, and forms filled in as a school would."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import python_calamine
import xlsxwriter
from shapely.geometry import Point

from planning.formbook import HIDDEN
from planning.project import Project, create_project

# 东胜: CGCS2000 three-degree zone, central meridian 111 E.
EPSG, EAST, NORTH = 4546, 420_000, 4_410_000


def county(folder: Path, **more: pd.DataFrame) -> Project:
    """Return a project: two towns, four units in a row, a primary, a junior and a nine-year school."""
    places = [Point(EAST + 500 * n, NORTH) for n in range(4)]
    units = gpd.GeoDataFrame(
        {
            "unit_id": ["U1", "U2", "U3", "U4"],
            "name": ["花园小区", "河东村", "花园小区", "北山村"],
            "town": ["城关镇", "城关镇", "北山镇", "北山镇"],
        },
        geometry=places,
        crs=EPSG,
    )
    schools = gpd.GeoDataFrame(
        {
            "school_id": ["S1", "S2", "S3"],
            "name": ["第一小学", "第二中学", "北山学校"],
            "kind": ["primary", "junior", "nine_year"],
            "provider": ["public", "public", "private"],
            "boarding": [False, False, True],
            "town": ["城关镇", "城关镇", "北山镇"],
            "lowest_grade": [1, 7, 1],
            "highest_grade": [6, 9, 9],
            "classrooms": [12, 18, None],
        },
        geometry=places[:3],
        crs=EPSG,
    )
    schools["classrooms"] = schools["classrooms"].astype("Int64")
    rows = [(s, 2025, g, str(c), 40 + g + c) for s, first, last in SPANS for g in range(first, last + 1)
            for c in (1, 2)]  # fmt: skip
    classes = pd.DataFrame(rows, columns=["school_id", "year", "grade", "class_no", "pupils"])
    enrolment = classes.groupby(["school_id", "year", "grade"], as_index=False)["pupils"].sum()
    layers = {"units": units, "schools": schools, "classes": classes, "enrolment": enrolment, **more}
    return create_project(layers, id="county", name="某县", year=2026, epsg=EPSG, folder=folder)


#: School, lowest and highest grade.
SPANS = (("S1", 1, 6), ("S2", 7, 9), ("S3", 1, 9))


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    """Return the cells of every sheet of a workbook."""
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        return {n: book.get_sheet_by_name(n).to_python(skip_empty_area=False) for n in book.sheet_names}


def fill(form: bytes, path: Path, *, change: Callable[[list[list[Any]]], None], marked: bool = True) -> Path:
    """Write a form back as a spreadsheet program saves it, with what `change` does to the cells."""
    cells = sheets(form)
    first = next(iter(cells))
    change(cells[first])
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        for name, rows in cells.items():
            if name == HIDDEN and not marked:
                continue
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for at, cell in enumerate(row):
                    sheet.write(number, at, None if cell == "" else cell)
            if name == HIDDEN:
                sheet.hide()
    return path


def counts(numbers: Sequence[int | None], column: int) -> Callable[[list[list[Any]]], None]:
    """Return a change that writes numbers down a column of the rows below the header."""

    def change(cells: list[list[Any]]) -> None:
        for row, number in zip(cells[2:], numbers, strict=False):
            row[column] = "" if number is None else number

    return change


def inside(data: bytes) -> dict[str, bytes]:
    """Return the files of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
