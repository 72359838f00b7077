"""Roads of a project's area out of OpenStreetMap (下载道路): the only use of the network, when asked to."""

from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from gis import osmgraphs
from gis.faults import Fault, FaultError, Words, raise_errors, register_kinds
from gis.layers import SCHEMAS
from gis.schema import check
from planning.progress import Cancelled, Progress, silent
from planning.project import Project, open_project, save_layers
from planning.reading import storable
from planning.settings import LOCAL_EPSG

LAYER: Final = "roads"
SOURCE: Final = "OpenStreetMap (ODbL)"
#: Metres round the units, so that ways along the edge of the area are there.
MARGIN: Final = 2_000.0
_ASKING: Final = Words("向 OpenStreetMap 请求道路", "asking OpenStreetMap for roads")
_SAVING: Final = Words("保存道路", "saving the roads")

register_kinds(
    {
        "roadfetch_local": (
            "项目用的是独立坐标，不知道在地球上哪里，不能下载道路。请改为导入道路文件。",
            "the project is on a local grid and its place on the earth is not known; roads cannot be "
            "downloaded. Import a file of roads instead.",
        ),
        "roadfetch_synthetic": (
            "示例项目的道路是虚构的，不能与真实道路混在一起。请在自己的项目里下载。",
            "the roads of a demo are invented and must not be mixed with real ones. Download them into a "
            "project of your own.",
        ),
        "roadfetch_no_units": (
            "还没有带位置的小区与村，不知道要哪里的道路。请先导入。",
            "there are no units with a place yet, so which roads to ask for is not known. Import them first.",
        ),
    }
)


def extent(project: Project) -> tuple[float, float, float, float]:
    """Return west, south, east and north (degrees) of the units and `MARGIN` metres round them.

    Raises
    ------
    FaultError
        For a demo, a local grid, or a project without units that have a place: all that holds.
    """
    units = project.layers["units"] if "units" in project.layers else pd.DataFrame()
    placed = isinstance(units, gpd.GeoDataFrame) and not units.geometry.dropna().empty
    reasons = {
        "roadfetch_synthetic": project.synthetic,
        "roadfetch_local": project.epsg == LOCAL_EPSG,
        "roadfetch_no_units": not placed,
    }
    if any(reasons.values()):
        raise FaultError([Fault(kind, layer=LAYER) for kind, holds in reasons.items() if holds])
    west, south, east, north = gpd.GeoSeries(units.geometry).total_bounds
    corners = gpd.points_from_xy([west - MARGIN, east + MARGIN], [south - MARGIN, north + MARGIN])
    bounds = gpd.GeoSeries(corners, crs=units.crs).to_crs(4326).total_bounds
    return tuple(float(degree) for degree in bounds)  # type: ignore[return-value]


def fetch(
    project: Project,
    *,
    endpoint: str = "",
    timeout: float = 60,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    lang: str = "zh",
) -> Project:
    """Download the roads of the project's area and save them as its roads, in place of those it has.

    Parameters
    ----------
    project : Project
    endpoint : str
        Address of another Overpass server, without ``/interpreter``.
    timeout : float
        Seconds for one answer.
    progress, cancelled : callable, optional
        Given by a job; a cancel before the save leaves the project as it was.
    lang : {"zh", "en"}
        Of the progress messages.

    Returns
    -------
    Project
        Saved, at the next version; as it was when cancelled.

    Raises
    ------
    FaultError
        See `extent`; without a network or an answer; or if someone saved the project in between.
    """
    tell = progress or silent
    bbox = extent(project)
    tell(0.1, _ASKING.text(lang))
    roads = osmgraphs.download_roads(bbox=bbox, crs=project.epsg, endpoint=endpoint, timeout=timeout)
    frame, faults = check(roads, SCHEMAS[LAYER], file=SOURCE)
    raise_errors(faults)
    if cancelled is not None and cancelled():
        return project
    tell(0.8, _SAVING.text(lang))
    stated = pd.DataFrame([{"layer": LAYER, "as_of": date.today().isoformat(), "source": SOURCE, "file": ""}])
    return save_layers(project, {LAYER: storable(frame)}, sources=stated)


def fetch_job(
    folder: str | Path,
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> int:
    """Run `fetch` as a job (`planning.jobs`); return how many road lines were saved, 0 if cancelled."""
    before = open_project(folder)
    saved = fetch(before, progress=progress, cancelled=cancelled, lang=lang)
    return len(saved.layers[LAYER]) if saved is not before else 0
