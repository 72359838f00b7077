"""The settings file of a project, project.toml: what may stand in it, read and written."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis.faults import Fault, FaultError, Words, register_kinds
from planning import toml

PROJECT_FILE: Final = "project.toml"
UNFINISHED_FILE: Final = "edit-unfinished.json"  # of `planning.unfinished`
SETTINGS: Final = (
    "id",
    "name",
    "name_en",
    "year",
    "stage_system",
    "epsg",
    "detour",
    "walk_speed",
    "ride_speed",
    "min_shared",
    "synthetic",
    "packs",
    "version",
)
#: `epsg` of a project on a local grid: plane metres with no stated relation to the earth.
LOCAL_EPSG: Final = 0
LOCAL_WORDS: Final = Words("独立坐标（米）", "a local grid (metres)")
_NEEDED: Final = ("id", "name", "year", "epsg", "version")
_SAFE_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
_RESERVED: Final = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}

register_kinds(
    {
        "project_missing": (
            "这里没有项目（找不到 project.toml）。请检查文件夹，或重新导入数据。",
            "no project here (project.toml is missing). Check the folder, or import the data again.",
        ),
        "project_unreadable": (
            "项目设置无法读取：{found}。请从备份恢复该文件，或重新导入数据。",
            "the project settings cannot be read: {found}. Restore the file from a backup, "
            "or import the data again.",
        ),
        "project_setting": (
            "项目设置的值是“{found}”，应为{expected}。请改正后重试。",
            'this setting of the project is "{found}"; expected {expected}. Correct it and try again.',
        ),
        "project_crs": (
            "坐标系是 {found}，项目用的是 {expected}。请先转换坐标系。",
            "the coordinate system is {found}, the project uses {expected}. Convert it first.",
        ),
        "project_exists": (
            "同名项目已经存在。请换一个编号。",
            "a project with this id exists already. Choose another id.",
        ),
        "project_changed": (
            "项目在您打开之后已被更新（您看到的是第 {found} 版，现在是第 {now} 版），没有保存。"
            "请重新打开后再改。",
            "the project was updated after you opened it (you see version {found}, it is now {now}); "
            "nothing was saved. Open it again, then make the change.",
        ),
    }
)

# Kind, words for the fault in both languages, and a test beyond the kind.
_EXPECTED: Final[dict[str, tuple[type | tuple[type, ...], str, str]]] = {
    "id": (str, "小写字母、数字、- 或 _", "lower-case letters, digits, - or _"),
    "name": (str, "不为空的文字", "text that is not empty"),
    "name_en": (str, "文字", "text"),
    "year": (int, "1990 至 2100 的学年", "a school year from 1990 to 2100"),
    "stage_system": (str, "6-3 或 5-4", "6-3 or 5-4"),
    "epsg": (
        int,
        "以米为单位的投影坐标系编号，独立坐标为 0",
        "the code of a projected CRS in metres, 0 for a local grid",
    ),
    "detour": ((int, float), "1 至 5 的数", "a number from 1 to 5"),
    "walk_speed": ((int, float), "10 至 200 的数（米/分）", "a number from 10 to 200 (m/min)"),
    "ride_speed": ((int, float), "10 至 80 的数（公里/时）", "a number from 10 to 80 (km/h)"),
    "min_shared": ((int, float), "0.1 至 200 的数（米）", "a number from 0.1 to 200 (metres)"),
    "synthetic": (bool, "true 或 false", "true or false"),
    "packs": (tuple, "规则包编号的列表", "a list of rule pack ids"),
    "version": (int, "正整数", "a positive whole number"),
}
_RANGES: Final = {
    "year": (1990, 2100),
    "detour": (1, 5),
    "walk_speed": (10, 200),
    "ride_speed": (10, 80),
    "min_shared": (0.1, 200),
    "version": (0, 10**9),
}


def safe_id(text: str) -> str:
    """Return an id made of a name: its Latin letters and digits, in lower case.

    Parameters
    ----------
    text : str
        A name, perhaps Chinese.

    Returns
    -------
    str
        A folder name that is safe on Windows too; "project" where nothing Latin is left.

    Examples
    --------
    >>> safe_id("Ordos (demo)"), safe_id("鄂尔多斯"), safe_id("CON")
    ('ordos-demo', 'project', 'con-1')
    """
    slug = re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:48] or "project"
    return f"{slug}-1" if slug in _RESERVED else slug


def read(folder: Path) -> dict:
    """Read a project's settings.

    Returns
    -------
    dict
        The settings, `layers` (rows by layer), `revisions` (version by layer) and `sources` (list of tables),
        unchecked.

    Raises
    ------
    FaultError
        If there is no project, the file is no TOML, or a needed setting is missing.
    """
    path = folder / PROJECT_FILE
    if not path.is_file():
        raise FaultError([Fault("project_missing", file=folder.name)])
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultError([Fault("project_unreadable", file=_place(path), found=str(error))]) from error
    missing = [name for name in _NEEDED if name not in settings]
    if missing:
        raise FaultError([Fault("project_unreadable", file=_place(path), found=f"{', '.join(missing)} = ?")])
    if not isinstance(settings["version"], int):
        raise FaultError([_fault(path, "version", settings["version"])])
    return settings


def write(
    folder: Path,
    settings: Mapping[str, object],
    *,
    rows: Mapping[str, int],
    revisions: Mapping[str, int],
    sources: pd.DataFrame,
) -> None:
    """Write a project's settings, whole or not at all.

    Parameters
    ----------
    folder : Path
        The project's folder.
    settings : mapping
        A value for each of `SETTINGS`.
    rows : mapping of str to int
        Rows by layer.
    revisions : mapping of str to int
        Version of the project that each layer was last changed in.
    sources : DataFrame
        Sources of the layers; missing values are left out.
    """
    document: dict[str, object] = {name: settings[name] for name in SETTINGS}
    document["layers"] = dict(rows)
    document["revisions"] = dict(revisions)
    document["sources"] = sources.astype(object).where(sources.notna(), None).to_dict("records")
    path = folder / PROJECT_FILE
    scratch = path.with_suffix(".toml.writing")
    with scratch.open("w", encoding="utf-8", newline="\n") as file:
        file.write(toml.dumps(document))
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def check(settings: Mapping[str, object], *, folder: Path) -> None:
    """Check every setting.

    Raises
    ------
    FaultError
        With one fault for each wrong setting.
    """
    path = folder / PROJECT_FILE
    faults = [_fault(path, name, settings[name]) for name in _EXPECTED if not _good(name, settings[name])]
    if faults:
        raise FaultError(faults)


def _good(name: str, value: object) -> bool:
    kind = _EXPECTED[name][0]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return False
    if name == "id":
        return bool(_SAFE_ID.fullmatch(str(value))) and value not in _RESERVED
    if name in _RANGES and isinstance(value, int | float):
        return _RANGES[name][0] <= value <= _RANGES[name][1]
    if name == "packs" and isinstance(value, tuple):
        return all(isinstance(pack, str) for pack in value)
    tests = {
        "name": lambda v: bool(v.strip()),
        "stage_system": lambda v: v in ("6-3", "5-4"),
        "epsg": _metric,
    }
    return tests[name](value) if name in tests else True


def same_crs(crs: Any, epsg: int) -> bool:
    """Tell whether a frame's CRS is the project's; code 0 stands for a local grid (独立坐标)."""
    from gis.systems import is_local

    if crs is None:
        return False
    return is_local(crs) if epsg == LOCAL_EPSG else crs.to_epsg() == epsg


def _metric(epsg: int) -> bool:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if epsg == LOCAL_EPSG:
        return True
    try:
        crs = CRS.from_epsg(epsg)
    except CRSError:
        return False
    return crs.is_projected and crs.axis_info[0].unit_name == "metre"


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _fault(path: Path, name: str, value: object) -> Fault:
    _, zh, en = _EXPECTED[name]
    params = {"expected": Words(zh, en)}
    return Fault("project_setting", file=_place(path), column=name, found=str(value), params=params)
