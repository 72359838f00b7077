"""Seats by adopted values (规划取值): the forecast with them in its place, and each of them against seats.

The forecast itself is never changed: what is made here is another frame, whose rows say so (basis `ADOPTED`).
"""

import hashlib
from typing import Final

import pandas as pd

from gis.layers import zone_of
from planning import adopted, seats
from planning.project import Project

#: Basis of a row that an adopted value stands in or moves.
ADOPTED: Final = "adopted"
_NUMBERS: Final = ["mean", "low", "high"]
#: Columns of `against_seats`.
AGAINST: Final = (
    "level", "place", "year", "value", "mean", "low", "high", "outside", "seats", "gap", "gap_mean", "reason",
    "by",
)  # fmt: skip


def applied(project: Project, forecast: pd.DataFrame) -> pd.DataFrame:
    """Return the forecast with the values in force in place of its middle scenario's numbers.

    A value stands without a range: mean, low and high are the value. Values of zones also move the totals of
    their district and of the whole area, with their ranges, by what they differ from the forecast. A value
    of the whole area takes the place of its total, and of the district's where there is but one. Values of
    schools and towns move nothing else: they may speak of the same pupils.

    Parameters
    ----------
    project : Project
        The project.
    forecast : DataFrame
        From `planning.forecasts`; left as it is.

    Returns
    -------
    DataFrame
        The same rows; ``attrs["adopted"]`` is a text that is the same for the same values.
    """
    values = adopted.in_force(project)
    found = forecast.copy()
    found.attrs = {**forecast.attrs, "adopted": hashlib.sha256("".join(values["id"]).encode()).hexdigest()}
    middle = forecast["scenario"] == forecast["scenario"].iloc[0]
    schools = project.layers["schools"]
    district = schools["district"].astype("str").fillna("") if "district" in schools else ""
    of_zone = dict(zip(zone_of(schools), pd.Series(district, index=schools.index), strict=True))
    one = forecast.loc[forecast["level"] == "district_stage", "district"].nunique() == 1
    last = values.sort_values("level", key=lambda level: level == "area")
    for row in last.to_dict("records"):
        here = middle & (forecast["stage"] == row["stage"]) & (forecast["year"] == row["year"])
        level, column = adopted.LEVELS[row["level"]]
        at = here & (forecast["level"] == level) & (forecast[column].astype("str") == row["place"])
        value, total = float(row["value"]), forecast["level"] == "area_stage"
        if row["level"] == "zone" and at.any():
            mine = forecast["district"] == of_zone.get(row["place"], "")
            moved = here & (total | (forecast["level"] == "district_stage") & mine)
            more = value - float(forecast.loc[at, "mean"].to_numpy()[0])
            for name in _NUMBERS:
                found.loc[moved, name] += more
            found.loc[moved, "basis"] = ADOPTED
        if row["level"] == "area" and one:
            at = at | here & (forecast["level"] == "district_stage")
        for name in _NUMBERS:
            found.loc[at, name] = value
        found.loc[at, "basis"] = ADOPTED
    return found


def against_seats(project: Project, forecast: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Return the values in force of a stage beside the forecast and the design seats (设计学位) of the place.

    Returns
    -------
    DataFrame
        `AGAINST`: gap = value - seats and gap_mean = mean - seats (above 0: seats lacking); seats, and so
        the gaps, are missing where a school of the place does not state them.
    """
    values, parts = adopted.in_force(project), []
    for level in adopted.LEVELS:
        rows = adopted.rows_of(forecast, level, stage)
        beside = adopted.beside(rows, values, level=level, stage=stage).dropna(subset="value")
        parts.append(beside.assign(level=level, seats=beside["place"].map(_seats(project, level, stage))))
    whole = pd.concat(parts, ignore_index=True)
    room = whole["seats"].astype("Float64")
    gaps = {"gap": whole["value"].astype("Float64") - room, "gap_mean": whole["mean"] - room}
    return whole.assign(seats=room.astype("Int64"), **gaps)[list(AGAINST)]


def _seats(project: Project, level: str, stage: str) -> dict[str, int]:
    """Return the design seats of every place of a level whose schools all state them."""
    # the whole area as under 逐年供需 on the page 学位: boarding schools without a zone are not in it
    every = project.layers["schools"] if level == "area" else _all_zoned(project)
    own = seats.zoned(every, stage, system=project.stage_system, mode="enrolment", private=True)
    column = f"{stage}_seats"
    stated = pd.to_numeric(own[column]) if column in own else pd.Series(float("nan"), index=own.index)
    keys = {"zone": own["zone_id"], "school": own["school_id"], "town": own.get("town"), "area": ""}
    place = keys[level]
    if place is None:
        return {}
    groups = stated.groupby(pd.Series(place, index=own.index).astype("str"))
    known = groups.sum()[groups.count() == groups.size()]
    return {str(name): int(count) for name, count in known.items()}


def _all_zoned(project: Project) -> pd.DataFrame:
    """Return the schools, those of no zone under their own id: their pupils and seats count too."""
    schools = project.layers["schools"]
    zone = zone_of(schools)
    return schools.assign(zone_id=zone.where(zone.notna(), schools["school_id"]))
