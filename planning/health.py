"""Whether this machine can do the work (`cli.py doctor`): packages, files, solver, maps, projects.

Every check runs a small real piece of work, so that "installed" is not mistaken for "works".
"""

import platform
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from gis.faults import Words
from planning import jobs
from planning.project import broken_projects, home, list_projects

OLDEST: Final = (3, 11)
NEWEST: Final = (3, 13)
ROOM_MB: Final = 500
PACKAGES: Final = (
    "geopandas", "shapely", "pyogrio", "pyproj", "folium", "XStatic-Leaflet", "pylopdf-fonts-zh-cn",
    "scikit-learn", "scipy", "numba", "highspy", "streamlit", "altair", "sqlalchemy", "python-calamine",
    "xlsxwriter", "psutil",
)  # fmt: skip
# What a check may die of when its part of the machine is missing or broken.
_BROKEN: Final = (ImportError, AttributeError, LookupError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    ok : bool
        Whether this part works.
    said : Words
        What was found and, where it does not work, what to do.
    """

    ok: bool
    said: Words


def report() -> dict[str, Any]:
    """Check this machine and the projects on it.

    Returns
    -------
    dict
        Fit for JSON: `ok` (every check passed), `version`, `python`, `platform`, `home`, `projects`
        (id, name, layers, version), `packages` (name -> version or None) and `checks` (name -> ok, zh, en).
    """
    checks = {name: _run(check) for name, check in _CHECKS.items()}
    return {
        "ok": all(found.ok for found in checks.values()),
        "version": _own_version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "home": str(home()),
        "projects": [
            {"id": p.id, "name": p.name, "layers": len(p.layers), "version": p.version}
            for p in list_projects()
        ],
        "packages": {name: _version(name) for name in PACKAGES},
        "checks": {n: {"ok": f.ok, "zh": f.said.zh, "en": f.said.en} for n, f in checks.items()},
    }


def _run(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except _BROKEN as error:
        reason = f"{type(error).__name__}: {error}"
        return Finding(
            False,
            Words(
                f"没有通过:{reason}。请重新运行 python run.py setup。",
                f"failed: {reason}. Run python run.py setup again.",
            ),
        )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _own_version() -> str:
    # The project is run from its folder, not installed as a package.
    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def check_python() -> Finding:
    """Tell whether this Python is one the project is tested with, and 64-bit."""
    good = OLDEST <= sys.version_info[:2] <= NEWEST and sys.maxsize > 2**32
    found = f"{platform.python_version()}, {64 if sys.maxsize > 2**32 else 32} bit"
    wanted = f"{OLDEST[0]}.{OLDEST[1]} - {NEWEST[0]}.{NEWEST[1]}, 64 bit"
    return Finding(good, Words(f"Python {found}(可用:{wanted})", f"Python {found} (usable: {wanted})"))


def check_packages() -> Finding:
    """Tell whether every package the work needs is installed."""
    missing = [name for name in PACKAGES if _version(name) is None]
    if missing:
        names = ", ".join(missing)
        return Finding(
            False,
            Words(
                f"缺少软件包:{names}。请运行 python run.py setup。",
                f"packages are missing: {names}. Run python run.py setup.",
            ),
        )
    return Finding(True, Words(f"{len(PACKAGES)} 个软件包齐全", f"all {len(PACKAGES)} packages are there"))


def check_home() -> Finding:
    """Tell whether the folder of projects can be written to and has room."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as scratch:
        (Path(scratch) / "a").write_text("1", encoding="utf-8")
    free = shutil.disk_usage(folder).free // 2**20
    return Finding(
        free >= ROOM_MB,
        Words(
            f"项目文件夹可写,剩余 {free:,} MB(至少需要 {ROOM_MB} MB)",
            f"the folder of projects can be written to; {free:,} MB free (at least {ROOM_MB} MB needed)",
        ),
    )


def check_projects() -> Finding:
    """Tell whether every project opens and its layer file can be read."""
    from planning import unfinished

    left = [fault for project in list_projects() for fault in unfinished.settle(project)]
    faults = [*broken_projects(), *left]
    if faults:
        return Finding(
            False, Words(" ".join(f.text("zh") for f in faults), " ".join(f.text("en") for f in faults))
        )
    count = len(list_projects())
    return Finding(True, Words(f"{count} 个项目,都能打开", f"{count} projects, all of them open"))


def check_layers() -> Finding:
    """Write a layer to a GeoPackage, read it back, and change its coordinate system."""
    import geopandas as gpd
    from shapely.geometry import Point

    from planning import layerfile

    # 东胜 in the 3-degree zone of 111 E; the zone's false easting puts its meridian at x = 500 km.
    drawn = gpd.GeoDataFrame({"name": ["东胜"]}, geometry=[Point(500_000, 4_400_000)], crs=4546)
    with tempfile.TemporaryDirectory(prefix="huapian-doctor-") as scratch:
        path = Path(scratch) / "a.gpkg"
        layerfile.write(path, {"a": drawn})
        back = layerfile.read(path, "a")
    placed = gpd.GeoDataFrame(back).to_crs(4490).geometry.iloc[0]
    good = back["name"].tolist() == ["东胜"] and abs(placed.x - 111) < 1e-6
    return Finding(
        good,
        Words(
            "图层能写、能读,坐标能换算" if good else "图层写读或坐标换算的结果不对",
            "layers are written, read and reprojected" if good else "a layer came back changed or misplaced",
        ),
    )


def check_solver() -> Finding:
    """Divide six units in a row between two schools; the best plan is known."""
    import pandas as pd

    from zoning.optimise import optimise
    from zoning.problem import Problem

    ids = [f"u{n}" for n in range(6)]
    travel = pd.DataFrame(
        [(u, z, 100.0 * abs(n - at)) for n, u in enumerate(ids) for z, at in (("a", 0), ("b", 5))],
        columns=["unit_id", "zone_id", "metres"],
    )
    problem = Problem.from_frames(
        pd.Series(10, index=pd.Index(ids, name="unit_id"), name="demand"),
        pd.DataFrame({"zone_id": ["a", "b"], "capacity": [30, 30], "unit_id": ["u0", "u5"]}),
        travel,
        pd.DataFrame({"a": ids[:-1], "b": ids[1:]}),
    )
    result = optimise(problem, work=1, seed=0)
    good = bool(result.feasible) and result.zones.tolist() == ["a"] * 3 + ["b"] * 3
    return Finding(
        good,
        Words(
            "求解器算出了六个单元的最优划片" if good else "求解器没有算出六个单元的最优划片",
            "the solver found the best plan of six units" if good else "the solver missed the best plan",
        ),
    )


def check_maps() -> Finding:
    """Draw a one-file map that asks nothing of the network."""
    import geopandas as gpd
    from shapely.geometry import box

    from gis import maps

    area = gpd.GeoDataFrame({"name": ["a"]}, geometry=[box(499e3, 4.4e6, 501e3, 4.401e6)], crs=4546)
    text = maps.html(maps.base(area, title="a"))
    # `html` itself raises ValueError when anything on the page would load from a network.
    good = "leaflet" in text.lower()
    return Finding(
        good,
        Words(
            "地图是单个文件,不需要网络" if good else "地图里没有 Leaflet",
            "maps are one file and ask nothing of the network" if good else "a map came out without Leaflet",
        ),
    )


def check_fonts() -> Finding:
    """Tell whether the Chinese font of the app and its papers is there."""
    import pylopdf_fonts_zh_cn as fonts

    good = Path(fonts.sans_path()).is_file()
    return Finding(
        good,
        Words(
            "中文字体在" if good else "缺中文字体", "the Chinese font is there" if good else "no Chinese font"
        ),
    )


def check_jobs() -> Finding:
    """Run a small function in a worker process."""
    with jobs.start("planning.stages:primary_years", system="6-3", time_limit=60) as job:
        state = job.wait(60)
    good = state.status == "done" and state.result == 6
    return Finding(
        good,
        Words(
            "后台计算进程可用" if good else f"后台计算进程不可用:{state.detail or state.status}",
            "worker processes run"
            if good
            else f"worker processes do not run: {state.detail or state.status}",
        ),
    )


_CHECKS: Final[dict[str, Callable[[], Finding]]] = {
    "python": check_python,
    "packages": check_packages,
    "home": check_home,
    "projects": check_projects,
    "layers": check_layers,
    "solver": check_solver,
    "maps": check_maps,
    "fonts": check_fonts,
    "jobs": check_jobs,
}
