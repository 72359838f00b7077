"""Folders of returns and archives: what can be read is found, the rest is said, and nothing gets out."""

import stat
import zipfile

import pytest

from gis.archives import expand, members
from gis.faults import FaultError

CSV = "年份,出生人数\n2024,10\n".encode()


def kinds(error):
    return [f.kind for f in error.value.faults]


def packed(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def gbk(path, name, data):
    """Write an archive as Chinese Windows does: the name in GBK, no mark of UTF-8."""
    stand_in = "n" * len(name.encode("gbk"))
    packed(path, {stand_in: data})
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), name.encode("gbk")))
    return path


def test_a_folder_of_returns(tmp_path):
    folder = tmp_path / "来件"
    (folder / "班额").mkdir(parents=True)
    names = (
        "班额/A镇.csv",
        "班额/B镇.csv",
        "班额/~$A镇.xlsx",
        "老表.et",
        "图.dwg",
        "说明.md",
        ".DS_Store",
        "孤.dbf",
    )
    for name in names:
        (folder / name).write_bytes(CSV)
    for ending in (".shp", ".shx", ".dbf", ".shp.xml"):
        (folder / f"小区{ending}").write_bytes(b"")
    (folder / "镇.gdb").mkdir()
    (folder / "镇.gdb" / "a00000001.gdbtable").write_bytes(b"")
    found = expand(folder)
    assert [p.relative_to(folder).as_posix() for p in found.files] == [
        "小区.shp", "班额/A镇.csv", "班额/B镇.csv", "镇.gdb",
    ]  # fmt: skip
    said = {f.found: f for f in found.faults}
    assert set(said) == {".DS_Store", "图.dwg", "孤.dbf", "班额/~$A镇.xlsx", "老表.et", "说明.md"}
    assert "另存为" in said["老表.et"].text() and "Save As" in said["老表.et"].text("en")
    assert "DXF" in said["图.dwg"].text() and ".shp" in said["孤.dbf"].text()
    assert {f.level for f in found.faults} == {"warning"}


def test_an_archive_with_names_in_gbk(tmp_path):
    path = gbk(tmp_path / "a.zip", "班额表_康泰街道.csv", CSV)
    found = expand(path, into=tmp_path / "out")
    assert [p.name for p in found.files] == ["班额表_康泰街道.csv"]
    assert found.files[0].read_bytes() == CSV and not found.faults
    utf8 = packed(tmp_path / "b.zip", {"镇/班额表.csv": CSV, "__MACOSX/x.csv": b"x"})
    found = expand(utf8, into=tmp_path / "out2")
    assert [p.relative_to(tmp_path / "out2").as_posix() for p in found.files] == ["镇/班额表.csv"]
    assert [f.found for f in found.faults] == ["__MACOSX/x.csv"]
    assert [(m.name, m.data) for m in members(utf8)] == [("镇/班额表.csv", CSV)]


def test_archives_in_a_folder_are_unpacked_once(tmp_path):
    inner = packed(tmp_path / "inner.zip", {"c.csv": CSV}).read_bytes()
    folder = tmp_path / "f"
    folder.mkdir()
    packed(folder / "a.zip", {"b.csv": CSV, "inner.zip": inner})
    found = expand(folder, into=tmp_path / "out")
    assert [p.name for p in found.files] == ["b.csv"] and [f.found for f in found.faults] == ["inner.zip"]
    assert not expand(folder).files, "without a place to unpack to, the archive is said to be left"
    (folder / "bad.zip").write_bytes(b"PK\x03\x04nothing")
    again = expand(folder, into=tmp_path / "out3")
    assert [p.name for p in again.files] == ["b.csv"], "one bad archive does not hide the others"
    assert {f.kind for f in again.faults} == {"file_left", "file_unreadable"}


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "C:\\a.csv", "..\\a.csv"])
def test_a_path_out_of_the_folder_is_refused_whole(tmp_path, name):
    path = packed(tmp_path / "a.zip", {"good.csv": CSV, name: CSV})
    with pytest.raises(FaultError) as error:
        expand(path, into=tmp_path / "deep" / "out")
    assert kinds(error) == ["archive_path"]
    assert not (tmp_path / "deep").exists() and not (tmp_path / "a.csv").exists()


def test_links_are_not_followed(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("good.csv", CSV)
    found = expand(path, into=tmp_path / "out")
    assert [p.name for p in found.files] == ["good.csv"] and [f.found for f in found.faults] == ["link.csv"]
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "x.csv").symlink_to("/etc/passwd")
    assert not expand(folder).files and expand(folder).faults[0].found == "x.csv"


def test_bounds_and_passwords(tmp_path):
    bomb = packed(tmp_path / "bomb.zip", {"a.csv": b"\0" * 6_000_000})
    with pytest.raises(FaultError) as error:
        expand(bomb, into=tmp_path / "out", max_mb=1)
    assert kinds(error) == ["file_too_large"] and not (tmp_path / "out").exists()
    many = packed(tmp_path / "many.zip", {f"{i}.csv": b"" for i in range(2001)})
    with pytest.raises(FaultError) as error:
        members(many)
    assert kinds(error) == ["archive_too_many"]
    locked = packed(tmp_path / "locked.zip", {"a.csv": CSV})
    data = bytearray(locked.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    locked.write_bytes(bytes(data))
    with pytest.raises(FaultError) as error:
        expand(locked, into=tmp_path / "out")
    assert kinds(error) == ["archive_locked"]


def test_an_entry_longer_than_it_says_is_not_believed(tmp_path):
    path = packed(tmp_path / "a.zip", {"a.csv": b"x" * 100_000})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(FaultError) as error:
        members(path)
    assert kinds(error) == ["file_unreadable"]


def test_what_is_no_archive_and_what_holds_nothing(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    for path, kind in ((tmp_path / "a.zip", "file_unreadable"), (tmp_path / "none", "file_missing")):
        with pytest.raises(FaultError) as error:
            expand(path, into=tmp_path / "out")
        assert kinds(error) == [kind]
    empty = packed(tmp_path / "b.zip", {"a.et": b"x"})
    with pytest.raises(FaultError) as error:
        expand(empty, into=tmp_path / "out")
    assert kinds(error) == ["archive_empty", "file_left"]
    single = tmp_path / "a.csv"
    single.write_bytes(CSV)
    assert expand(single).files == (single,)
