"""What a project's own data say of where pupils go and when each zone is fullest."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from forecasting import flows
from forecasting.peaks import peaks
from planning import outlook, seats, stages
from planning.project import Project

#: Columns of `zone_peaks`.
PEAKS: Final = (
    "zone_id", "stage", "pupils", "peak_year", "mean", "low", "high", "year_low", "year_high", "seats", "gap",
    "last_year", "empty",
)  # fmt: skip


def flow_table(project: Project) -> pd.DataFrame | None:
    """Return pupils by home town and town attended (`flows.FLOWS`); None without rolls or towns.

    Pupils of schools since renamed, merged or split count where the schools of today stand that took their
    place (`outlook.attended`), as they do in the forecast.
    """
    units, schools = project.layers["units"], project.layers["schools"]
    if not project.has("attendance") or "town" not in units or "town" not in schools:
        return None
    homes, towns = _towns(units, "unit_id"), _towns(schools, "school_id")
    grades = _stage_of(project)
    rolls = _whole(outlook.attended(project), homes=homes, schools=towns, grades=grades)
    return flows.matrix(rolls, homes=homes, schools=towns, stages=grades)


def _whole(
    rolls: pd.DataFrame, *, homes: Mapping[str, str], schools: Mapping[str, str], grades: Mapping[int, str]
) -> pd.DataFrame:
    """Return rolls with whole pupils: the parts of a split school are rounded running on from flow to flow.

    Every flow is then less than one pupil off, and the pupils of every home and year are as many as before.
    """
    flow = {
        "year": rolls["year"],
        "stage": rolls["grade"].astype(int).map(grades),
        "home": rolls["home"].astype("object"),
        "town": rolls["unit_id"].map(homes).astype("object"),
        "attended": rolls["school_id"].map(schools).astype("object"),
    }
    ordered = rolls.loc[pd.DataFrame(flow).sort_values(list(flow), kind="stable").index]
    running = ordered["pupils"].astype("float64").cumsum().round()
    return ordered.assign(pupils=np.diff(running, prepend=0.0).astype("int64"))


def zone_peaks(project: Project, forecast: pd.DataFrame, past: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Return the peak of the schools of each zone, and the seats left empty in the last year.

    Parameters
    ----------
    project : Project
        The project.
    forecast : DataFrame
        From `planning.tasks.forecast_job`, by zone; of several scenarios, the first.
    past : DataFrame
        History: school, year, grade, enrolment.
    stage : {"primary", "junior"}
        School stage.

    Returns
    -------
    DataFrame
        `PEAKS`, largest lack of seats first: pupils now; peak year and pupils with their 80 % ranges; design
        seats of the zone's schools (missing where not all state them); gap = peak - seats; empty = seats -
        mean of the last year.
    """
    rows = forecast[
        (forecast["level"] == "zone_id_stage")
        & (forecast["stage"] == stage)
        & (forecast["group"] != "")
        & (forecast["scenario"] == forecast["scenario"].iloc[0])
    ]
    if rows.empty:
        return pd.DataFrame(columns=list(PEAKS))
    found = peaks(rows).rename(columns={"group": "zone_id"})
    room = seats.capacity(
        project.layers["schools"], stage, "enrolment", system=project.stage_system, private=True
    )
    zone = seats.zoned(
        project.layers["schools"], stage, system=project.stage_system, mode="enrolment", private=True
    ).set_index("school_id")["zone_id"]
    last = past[
        (past["year"] == past["year"].max()) & past["grade"].astype(int).map(_stage_of(project)).eq(stage)
    ]
    now = last.groupby(last["school"].map(zone))["enrolment"].sum()
    table = found.assign(
        pupils=found["zone_id"].map(now).astype("Float64").round().astype("Int64"),
        seats=found["zone_id"].map(room.to_dict()).astype("Int64"),
    )
    table["gap"] = table["mean"] - table["seats"].astype("Float64")
    table["empty"] = table["seats"].astype("Float64") - (table["mean"] - table["empty_after"])
    return table.sort_values("gap", ascending=False, na_position="last", ignore_index=True)[list(PEAKS)]


def _towns(frame: pd.DataFrame, key: str) -> dict[str, str]:
    known = frame.dropna(subset="town")
    return dict(zip(known[key], known["town"].astype("str"), strict=True))


def _stage_of(project: Project) -> dict[int, str]:
    return {g: stage for stage in stages.STAGES for g in project.grades(stage)}
