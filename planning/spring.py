"""The spring forecast (春季预测), written down so that September can be compared with what was really said.

A record is a frozen copy: the numbers as they stood, with the data and settings they were made of. Records
are only added (`spring.jsonl`), never made again or changed, and none is taken of a year already known.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import uuid4

import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from gis.layers import zone_of
from planning import journal, newyear, outlook
from planning.forecasts import Settings
from planning.project import Project

SPRING_FILE: Final = "spring.jsonl"
#: Levels of a forecast that are kept, and their columns.
LEVELS: Final = ("cell", "school_stage", "zone_id_stage", "area_grade", "area_stage")
COLUMNS: Final = ("level", "school", "group", "stage", "grade", "mean", "low", "high")

register_kinds(
    {
        "spring_known": (
            "{found} 学年的在校生已经导入，不能再记下对它的预测：事后记下的预测不能用来核对。",
            "the pupils of {found} are imported already; a forecast written down afterwards proves nothing.",
        ),
        "spring_beyond": (
            "预测里没有 {found} 学年。请先把预测做到这一年。",
            "the forecast does not reach {found}. Make it for that year first.",
        ),
    }
)


@dataclass(frozen=True)
class Record:
    """One spring forecast as it was written down.

    Attributes
    ----------
    id : str
        Its own, in whatever project it is read.
    at : str
        When, UTC, ISO 8601.
    year : int
        School year it speaks of.
    known : int
        Last school year whose pupils were known then.
    project, project_year, version : str, int, int
        The project it was made in, that project's planning year and data version.
    by, note : str
        Who wrote it down, and why.
    settings : mapping
        `planning.forecasts.Settings`.
    zones : mapping of str to str
        School -> zone then.
    frame : DataFrame
        `COLUMNS`: mean and 80 % range; ids as they were then.
    """

    id: str
    at: str
    year: int
    known: int
    project: str
    project_year: int
    version: int
    by: str
    note: str
    settings: dict[str, Any]
    zones: dict[str, str]
    frame: pd.DataFrame


def next_unknown(project: Project) -> int:
    """Return the first school year whose pupils are not known yet: the one to write a forecast down for.

    Raises
    ------
    FaultError
        If there is no enrolment at all.
    """
    return int(outlook.history(project)["year"].max()) + 1


def write_down(
    project: Project, forecast: pd.DataFrame, settings: Settings, *, year: int, by: str = "", note: str = ""
) -> Record:
    """Write the forecast of a year down for good.

    Parameters
    ----------
    project : Project
        The project it was made from.
    forecast : DataFrame
        From `planning.forecasts`; its first scenario (中) is kept.
    settings : Settings
        What it was made with.
    year : int
        School year wanted.
    by, note : str
        Who, and what should be remembered with it.

    Returns
    -------
    Record
        On disk when this returns.

    Raises
    ------
    FaultError
        If that year's pupils are known already, or the forecast does not reach it.
    """
    known = next_unknown(project) - 1
    if year <= known:
        raise FaultError([Fault("spring_known", found=str(year))])
    rows = forecast[(forecast["year"] == year) & forecast["level"].isin(LEVELS)]
    if not len(rows):
        raise FaultError([Fault("spring_beyond", found=str(year))])
    middle = rows[rows["scenario"] == forecast["scenario"].iloc[0]]
    schools = project.layers["schools"]
    zones = zone_of(schools).set_axis(schools["school_id"]).dropna()
    line = journal.append(
        project.folder / SPRING_FILE,
        {
            "id": uuid4().hex,
            "year": year,
            "known": known,
            "project": project.id,
            "project_year": project.year,
            "version": project.version,
            "by": by,
            "note": note,
            "settings": asdict(settings),
            "zones": {str(school): str(zone) for school, zone in zones.items()},
            "columns": list(COLUMNS),
            "rows": middle[list(COLUMNS)].round(3).to_numpy(dtype=object).tolist(),
        },
    )
    return _record(line)


def records(project: Project) -> list[Record]:
    """Return what was written down in this project and in those it was rolled forward from, oldest first."""
    lines: dict[str, dict[str, Any]] = {}
    place: Project | None = project
    seen: set[str] = set()
    while place is not None and place.id not in seen:
        seen.add(place.id)
        for line in journal.read(place.folder / SPRING_FILE):
            lines.setdefault(line["id"], line)
        place = newyear.parent(place)
    return sorted((_record(line) for line in lines.values()), key=lambda record: record.at)


def _record(line: dict[str, Any]) -> Record:
    frame = pd.DataFrame(line["rows"], columns=line["columns"])
    text = dict.fromkeys(("level", "school", "group", "stage", "grade"), "str")
    frame = frame.astype({**text, **dict.fromkeys(("mean", "low", "high"), "float64")})
    names = [name for name in Record.__dataclass_fields__ if name != "frame"]
    return Record(**{name: line[name] for name in names}, frame=frame)
