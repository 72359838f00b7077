"""Nothing written anywhere holds a name, an ID number, a phone number or a house number of the inputs.

Markers stand in rolls and in ordinary tables. The whole way is gone with the home of projects, the temporary
folder and the user's folder inside one watched folder; afterwards every byte in it is searched, inside
workbooks, archives, databases and column files too.
"""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gis import export
from gis.faults import to_frame
from gis.layers import SCHEMAS
from planning import imports, jobs, rolllayers
from planning.project import Project, list_projects, open_project
from planning.rolljobs import count_roll

NAMES = ("欧阳麒麟", "上官鹳雀", "Zyx Qwertyson", "慕容犀犇")
NUMBERS = ("150602201905037731", "150602201811127742", "13987654321", "0477-8899776")
IDS = tuple(f"15060220190503{7731 + number}" for number in range(6))
HOUSES = ("77栋7单元7707", "麒麟巷9913号", "Q7-7-7709")
MARKERS = (*NAMES, *NUMBERS, *IDS, *HOUSES, "欧阳麒麟家")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")


def searched() -> list[bytes]:
    """Return every marker in every encoding."""
    return [marker.encode(encoding) for marker in MARKERS for encoding in ENCODINGS]


def contents(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of a file, and those inside it."""
    yield name, data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.namelist():
                yield from contents(f"{name}!{entry}", archive.read(entry))
    if data[:4] == b"PAR1":
        frame = pd.read_parquet(io.BytesIO(data))
        yield f"{name}!rows", frame.to_csv().encode()
    if data[:6] == b"SQLite":
        yield f"{name}!rows", _rows(data)


def _rows(data: bytes) -> bytes:
    """Return all rows of a SQLite file as text: long cells are spread over pages in the raw bytes."""
    with contextlib.closing(sqlite3.connect(":memory:")) as base:
        # a file with a write-ahead log beside it opens in memory only as one without
        base.deserialize(data[:18] + b"\x01\x01" + data[20:])
        tables = [row[0] for row in base.execute("select name from sqlite_master where type = 'table'")]
        rows = [repr(row) for table in tables for row in base.execute(f'select * from "{table}"')]
    return "\n".join(rows).encode()


def found_in(folder: Path) -> list[str]:
    """Return where markers stand, in names of files and in what they hold."""
    wanted = searched()
    hits = []
    for path in sorted(folder.rglob("*")):
        if any(marker in path.name for marker in MARKERS):
            hits.append(f"name of {path}")
        if path.is_file():
            for place, data in contents(str(path.relative_to(folder)), path.read_bytes()):
                hits += [f"{place}: {marker!r}" for marker in wanted if marker in data]
    return hits


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which everything that is written lands."""
    folder = tmp_path / "watched"
    for name in ("home", "tmp", "user", "out"):
        (folder / name).mkdir(parents=True)
    monkeypatch.setenv("HUAPIAN_HOME", str(folder / "home"))
    monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
    monkeypatch.setenv("HOME", str(folder / "user"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def demo(watched: Path) -> Project:
    """Return the demo county in the watched home."""
    from data.make_demo import make_demo

    make_demo(watched / "home", which="county")
    return list_projects()[0]


def roll(project: Project) -> bytes:
    """Return a school register full of markers, in GB18030; some homes are found, some are not."""
    units, schools = project.layers["units"], project.layers["schools"]
    school, unit = schools["name"].iloc[0], units.iloc[0]
    places = [
        f"{unit['town']}{unit['name']}{HOUSES[0]}室",
        f"{unit['town']}{HOUSES[1]}",
        f"{unit['town']}瑶池别苑{HOUSES[2]}",
        f"{unit['town']}瑶池别苑{HOUSES[0]}",
        "欧阳麒麟家",
        f"{unit['name']} {NAMES[1]} {NUMBERS[2]}",
    ]
    rows = [
        (
            school,
            "一年级",
            "1班",
            NAMES[n % 4],
            IDS[n],
            place,
            NAMES[(n + 1) % 4],
            NUMBERS[2],
            NUMBERS[3],
        )
        for n, place in enumerate(places)
    ]
    rows += [(school, NAMES[0], "1班", NAMES[0], "", places[0], NAMES[1], NUMBERS[2], "")]
    heads = ["学校名称", "年级", "班级", "姓名", "身份证件号", "现住址", "监护人姓名", "联系电话", "家庭电话"]
    return pd.DataFrame(rows, columns=heads).to_csv(index=False).encode("gb18030")


def classes(project: Project, path: Path) -> Path:
    """Write the class tables of a school with the teachers' names and phones all over them."""
    kept = project.layers["classes"]
    rows = kept[kept["year"] == kept["year"].max()].head(40)
    cells = [
        [
            r.school_id,
            int(r.year),
            int(r.grade),
            r.class_no,
            int(r.pupils),
            NAMES[0],
            NUMBERS[2],
            NAMES[1],
            NUMBERS[3],
            NUMBERS[0],
        ]
        for r in rows.itertuples()
    ]
    head = ["学校代码", "学年", "年级", "班号", "班额", "班主任", "联系电话", "教师", "办公室", "编号2"]
    table = [["2026学年班级情况"], [f"填表人：{NAMES[2]}", f"联系电话：{NUMBERS[2]}"], head, *cells]
    table += [[f"填表人：{NAMES[0]}", "", "", f"审核人：{NAMES[3]} {NUMBERS[2]}"]]
    table[4] = [*table[4], NAMES[3]]  # a cell beyond the last header
    table = [[*row, *[None] * (11 - len(row))] for row in table]
    pd.DataFrame(table).to_excel(path, index=False, header=False, engine="xlsxwriter")
    return path


def run(function: str, **arguments: Any) -> Any:
    """Run a job as the app does, and return what it gave."""
    with jobs.start(function, **arguments) as job:
        state = job.wait(300)
    assert state.status == "done", (state.error, state.detail)
    return state.result


def export_everything(project: Project, folder: Path) -> None:
    """Write every layer in every format that the app offers."""
    layers = dict(project.layers)
    (folder / "layers.xlsx").write_bytes(export.to_excel(layers))
    (folder / "layers.gpkg").write_bytes(export.to_geopackage(layers))
    for name, frame in layers.items():
        (folder / f"{name}.csv").write_bytes(export.to_csv(frame))
        if "geometry" in frame:
            (folder / f"{name}.geojson").write_bytes(export.to_geojson(frame))


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(export.to_excel({"a": pd.DataFrame({"b": [NAMES[0]]})}))
    (tmp_path / "b.gpkg").write_bytes(
        export.to_geopackage({"a": pd.DataFrame({"b": ["x" * 9000 + NUMBERS[0]]})})
    )
    pd.DataFrame({"b": [HOUSES[0]]}).to_parquet(tmp_path / "c.parquet")
    (tmp_path / "d.txt").write_bytes(NAMES[1].encode("gbk"))
    (tmp_path / "e.txt").write_bytes(NUMBERS[2].encode("utf-16"))
    assert {hit.split("!")[0].split(":")[0] for hit in found_in(tmp_path)} == {
        "a.xlsx", "b.gpkg", "c.parquet", "d.txt", "e.txt",
    }  # fmt: skip


def test_nothing_written_holds_a_person(
    watched: Path, demo: Project, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Import, rolls, planning and export of everything, with every job in its own process."""
    source = classes(demo, tmp_path / "classes.xlsx")
    report = run("planning.imports:attempt", project_id=demo.id, files={"classes": str(source)})
    assert report["saved"], report
    found = run(
        "planning.rolljobs:count_roll",
        folder=str(demo.folder),
        files=[("学籍.csv", roll(demo))],
        roll="enrolled",
        year=2026,
    )
    counted = found["counted"]
    assert len(counted.places)
    homes = dict.fromkeys(counted.places["place"], str(demo.layers["units"]["unit_id"].iloc[1]))
    saved = rolllayers.save(open_project(demo.folder), counted, homes=homes)
    assert saved.layers["attendance"]["pupils"].sum() >= 2
    assert saved.layers["aliases"]["alias"].tolist() == ["瑶池别苑"]
    (watched / "out" / "faults.xlsx").write_bytes(export.to_excel({"faults": to_frame(counted.faults)}))
    headless = roll(demo).split(b"\n", 1)[1]
    refused = count_roll(demo.folder, [("x.csv", headless)], "enrolled", year=2026)
    (watched / "out" / "refused.xlsx").write_bytes(export.to_excel({"faults": to_frame(refused["faults"])}))
    with jobs.start(
        "planning.rolljobs:count_roll",
        folder="nowhere",
        files=[("x.csv", roll(demo))],
        roll="enrolled",
        year=2026,
    ) as job:
        failed = job.wait(60)
    (watched / "out" / "failed.txt").write_text(f"{failed.error}\n{failed.detail}", encoding="utf-8")
    run(
        "planning.tasks:optimise_job",
        folder=str(saved.folder),
        stage="primary",
        year=saved.year,
        seconds=None,
        work=1,
    )
    run("planning.tasks:forecast_job", folder=str(saved.folder), until=saved.year + 2)
    export_everything(open_project(demo.folder), watched / "out")
    captured = capfd.readouterr()
    (watched / "out" / "log.txt").write_text(captured.out + captured.err, encoding="utf-8")
    assert found_in(watched) == []


def test_a_cell_in_the_wrong_column_is_not_kept_with_a_refused_import(
    watched: Path, demo: Project, tmp_path: Path
) -> None:
    path = tmp_path / "classes.csv"
    path.write_text(
        f"学校代码,学年,年级,班号,班额\nX,2026,1,1,{NAMES[0]}\nX,2026,1,{NUMBERS[2]},40\n", encoding="utf-8"
    )
    report = imports.attempt(project_id=demo.id, files={"classes": str(path)})
    assert not report["saved"]
    assert found_in(watched) == []


def test_a_roll_opens_no_file_for_writing(demo: Project) -> None:
    """Reading and adding up a roll touches no file at all but the project's, which it reads."""
    data = roll(demo)
    opened: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "open" and isinstance(arguments[0], str):
            mode, flags = arguments[1] or "", arguments[2] or 0
            if set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                opened.append(arguments[0])

    sys.addaudithook(hook)
    answer = count_roll(demo.folder, [("学籍.csv", data)], "enrolled", year=2026)
    watching = False
    assert answer["counted"].rows
    assert [
        path for path in opened if not path.endswith((".pyc", ".nbi", ".nbc")) and "__pycache__" not in path
    ] == []


def test_layers_have_no_place_for_a_person() -> None:
    """No column of any layer is made for what names a person."""
    words = ("姓名", "电话", "证件", "身份证", "监护")
    assert not [
        (layer, column.name)
        for layer, schema in SCHEMAS.items()
        for column in schema.columns
        if any(word in text for word in words for text in (column.zh, *column.aliases))
    ]
