"""September compared (九月对账): what was forecast in spring, who registered, who is there.

The forecast is the record of `planning.spring`, never one made again. Ids of then are led over to those of
now by the lineage table; where schools or zones merged or split since, the range of the whole is not known
and none is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from gis.layers import zone_of
from planning import lineage, newyear, outlook, seats, stages
from planning.project import Project
from planning.rebasing import Turn
from planning.spring import Record

Scope = Literal["school", "zone", "area"]
SCOPES: Final[tuple[Scope, ...]] = ("area", "zone", "school")
#: What can be said of a row: above, below or within the 80 % range; no range is known; nothing was forecast
#: (new school); nobody was counted (no return yet, closed, or a zone that was split).
VERDICTS: Final = ("above", "below", "inside", "no_range", "not_forecast", "not_present")
COLUMNS: Final = (
    "id", "name", "mean", "low", "high", "registered", "present", "error", "verdict",
)  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """How far off the forecast was, over the rows that were both forecast and counted.

    Attributes
    ----------
    rows : int
        How many.
    forecast, present : float
        Pupils.
    error : float
        present - forecast: pupils.
    wape : float
        Sum of the rows' absolute errors in per cent of the pupils present; NaN where nobody is.
    ranged, inside : int
        Rows with a range, and how many of these lie within it.
    registered : float
        Registered children; NaN where they are not asked for or not known.
    left_out : int
        Rows that were only forecast or only counted.
    """

    rows: int
    forecast: float
    present: float
    error: float
    wape: float
    ranged: int
    inside: int
    registered: float
    left_out: int


def compare(
    project: Project, record: Record, *, scope: Scope, stage: str, grade: int | None = None
) -> pd.DataFrame:
    """Set a spring forecast, registered children and pupils present side by side.

    Parameters
    ----------
    project : Project
        The project with the pupils of September.
    record : Record
        What was said in spring.
    scope : {"area", "zone", "school"}
        A row for the whole area, for each zone or for each school.
    stage : {"primary", "junior"}
        School stage.
    grade : int, optional
        One grade; default the whole stage.

    Returns
    -------
    DataFrame
        `COLUMNS`, largest error first: pupils; error = present - mean; registered only for the entry grade,
        for schools only where a zone has one school. Missing values mean not known, never none.
    """
    forecast = _forecast(project, record, scope, stage, grade)
    present = _present(project, record.year, scope, stage, grade)
    whole = forecast.join(present.rename("present"), how="outer")
    registered = _registered(project, record.year, scope, stage, grade)
    whole["registered"] = registered.reindex(whole.index)
    whole["error"] = whole["present"] - whole["mean"]
    whole["verdict"] = [_verdict(*row) for row in whole[["mean", "low", "high", "present"]].to_numpy()]
    whole["name"] = _names(project, whole.index, scope)
    order = whole["error"].abs().sort_values(ascending=False, na_position="last").index
    return whole.loc[order].rename_axis("id").reset_index()[list(COLUMNS)]


def summary(rows: pd.DataFrame) -> Summary:
    """Return how far off the forecast was (see `Summary`), given what `compare` returned."""
    both = rows.dropna(subset=["mean", "present"])
    ranged = both.dropna(subset=["low", "high"])
    present = float(both["present"].sum())
    off = float(both["error"].abs().sum())
    return Summary(
        rows=len(both),
        forecast=float(both["mean"].sum()),
        present=present,
        error=float(both["error"].sum()),
        wape=100 * off / present if present > 0 else float("nan"),
        ranged=len(ranged),
        inside=int(ranged["verdict"].eq("inside").sum()),
        registered=float(rows["registered"].sum(min_count=1)),
        left_out=len(rows) - len(both),
    )


def is_counted(project: Project, year: int) -> bool:
    """Tell whether the project has pupils of a school year."""
    if not project.has("enrolment") and not project.has("classes"):
        return False
    return bool(outlook.history(project)["year"].eq(year).any())


def _verdict(mean: float, low: float, high: float, present: float) -> str:
    if pd.isna(mean):
        return "not_forecast"
    if pd.isna(present):
        return "not_present"
    if pd.isna(low) or pd.isna(high):
        return "no_range"
    return "below" if present < low else "above" if present > high else "inside"


def _forecast(project: Project, record: Record, scope: Scope, stage: str, grade: int | None) -> pd.DataFrame:
    """Return mean, low and high under the ids of now."""
    rows = record.frame[record.frame["stage"].isin([stage, ""])]
    if grade is not None:
        rows = rows[rows["grade"] == str(grade)]
        level = "area_grade" if scope == "area" else "cell"
    else:
        level = {"school": "school_stage", "zone": "zone_id_stage", "area": "area_stage"}[scope]
    rows = rows[rows["level"] == level]
    if scope == "area":
        return rows[["mean", "low", "high"]].set_axis([""] * len(rows))
    # a zone's entrants are the sum of its schools as they were zoned then
    ids = rows["group"] if level == "zone_id_stage" else rows["school"]
    if scope == "zone" and level == "cell":
        ids = ids.map(record.zones)
    values = zip(ids, rows["mean"], rows["low"], rows["high"], strict=True)
    return _summed([row for row in values if pd.notna(row[0])], _led(project, record, scope, stage))


def _summed(
    values: Iterable[tuple[str, float, float, float]], led: Mapping[str, tuple[tuple[str, float], ...]]
) -> pd.DataFrame:
    """Add means up under new ids; a range survives only where one whole row becomes one.

    What has no successor keeps its own id, so that what was forecast for it is not lost.
    """
    rows = [
        (to, mean * share, low if share == 1 else None, high if share == 1 else None)
        for one, mean, low, high in values
        for to, share in led.get(one) or ((one, 1.0),)
    ]
    frame = pd.DataFrame(rows, columns=["id", "mean", "low", "high"]).astype(
        {"id": "str", "mean": "float64", "low": "float64", "high": "float64"}
    )
    groups = frame.groupby("id")
    one = groups.size().eq(1)
    summed = groups[["mean"]].sum()
    return summed.assign(**{name: groups[name].first().where(one) for name in ("low", "high")})


def _led(project: Project, record: Record, what: str, stage: str) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return what became of ids since the record was made, year by year."""
    steps = [
        step for step in newyear.history(project) if record.project_year < int(step["year"]) <= project.year
    ]
    led: dict[str, tuple[tuple[str, float], ...]] = {}
    for step in steps:
        led = _then(led, _became(project, step, what, stage))
    return led


def _became(
    project: Project, step: Mapping[str, object], what: str, stage: str
) -> dict[str, tuple[tuple[str, float], ...]]:
    if what == "school":
        return lineage.fates(lineage.stored(project.folder), "school", int(str(step["year"])))
    turn = Turn.of(step["turn"])  # type: ignore[arg-type]
    # pupils of a zone that was split cannot be told apart: nothing is led on
    return {
        zone: ((tos[0], 1.0),) if len(tos) == 1 else () for zone, tos in turn.zones.get(stage, {}).items()
    }


def _then(
    led: Mapping[str, tuple[tuple[str, float], ...]], step: Mapping[str, tuple[tuple[str, float], ...]]
) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return two years' changes as one."""
    both = {
        one: tuple((to, a * b) for mid, a in heirs for to, b in step.get(mid, ((mid, 1.0),)))
        for one, heirs in led.items()
    }
    return {**{one: heirs for one, heirs in step.items() if one not in led}, **both}


def _present(project: Project, year: int, scope: Scope, stage: str, grade: int | None) -> pd.Series:
    """Return the pupils of a school year; a school that returned other grades has none of this one."""
    past = outlook.history(project)
    now = past[past["year"] == year].astype({"grade": "int64"})
    wanted = (grade,) if grade is not None else stages.grades(project.stage_system, stage)
    own = now[now["grade"].isin(wanted)].groupby("school")["enrolment"].sum()
    schools = project.layers["schools"].set_index("school_id")
    taught = schools[(schools["lowest_grade"] <= wanted[-1]) & (schools["highest_grade"] >= wanted[0])].index
    there = set(now["school"]) & (set(taught) | set(own.index))
    counted = own.reindex(sorted(there)).fillna(0).astype("float64")
    if scope == "school":
        return counted
    if scope == "area":
        return pd.Series([counted.sum()] if len(counted) else [], [""] if len(counted) else [], "float64")
    zones = zone_of(project.layers["schools"]).set_axis(project.layers["schools"]["school_id"])
    return counted.groupby(counted.index.map(zones.to_dict())).sum()


def _registered(project: Project, year: int, scope: Scope, stage: str, grade: int | None) -> pd.Series:
    """Return the registered children who enter the stage that year; empty where they are not known."""
    nothing = pd.Series(dtype="float64")
    if grade != project.entry_grade(stage) or not project.has("children"):
        return nothing
    children = project.layers["children"]
    own = children[children["cohort"] == project.entry_cohort(stage, year)]
    if not len(own):
        return nothing
    if scope == "area":
        return pd.Series([float(own["children"].sum())], [""])
    if not project.has("catchments"):
        return nothing
    plan = project.layers["catchments"]
    plan = plan[(plan["stage"] == stage) & (plan["from_year"] <= year)].sort_values("from_year")
    zone = plan.drop_duplicates("unit_id", keep="last").set_index("unit_id")["zone_id"]
    by_zone = own.groupby(own["unit_id"].map(zone.to_dict()))["children"].sum().astype("float64")
    if scope == "zone":
        return by_zone
    zoned = seats.zoned(project.layers["schools"], stage, system=project.stage_system)
    alone = zoned[~zoned["zone_id"].duplicated(keep=False)]
    return alone.set_index("school_id")["zone_id"].map(by_zone)


def _names(project: Project, ids: pd.Index, scope: Scope) -> list[str]:
    if scope == "area":
        return [project.name for _ in ids]
    schools = project.layers["schools"]
    told = lineage.stored(project.folder)
    former = told[told["subject"] == "school"].dropna(subset=["from_id", "from_name"])
    names = dict(zip(former["from_id"], former["from_name"], strict=True))
    names |= dict(zip(schools["school_id"], schools["name"], strict=True))
    if scope == "zone":
        zones = zone_of(schools)
        lone = {z: n for z, n in zip(zones, schools["name"], strict=True) if (zones == z).sum() == 1}
        names = {**names, **lone}
    return [names.get(str(i), str(i)) for i in ids]
