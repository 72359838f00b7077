"""The migrant stream tried on the planner's own rolls: how many outcomes its ranges held, and how wide to be.

From every base year with rolls the schools are forecast with what was known then and their migrant children
split off by the shares of then; the rolls of later years say what came. Registers of children keep no record
of what they said then and take no part.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from forecasting import migrants
from gis.layers import zone_of
from planning import adopted, assumed, derived, lineage, outlook, unitcheck
from planning.project import Project

#: Columns of `tried`.
COLUMNS: Final = ("level", "place", "stage", "year", "base", "horizon", "mean", "low", "high", "actual")
#: Schools by who runs them (公办, 民办): a grouping of the forecast.
PROVIDER: Final = "provider"
_KEYS: Final = ["level", "place", "stage", "year"]
#: A place takes part in a year whose rolls count its pupils to within this share of the enrolment (设定).
_WHOLE: Final = 0.05
#: Base years below which a level gets no range: one cannot be checked on another.
_LEAST: Final = 2
#: Half of an 80 % range in standard deviations.
_REACH: Final = 1.2816


def place(project: Project, *, cutoff_month: int | None = None) -> Path:
    """Return the file of the outcomes tried for this version and a cut-off, by default that in force."""
    month = assumed.in_force(project).cutoff_month if cutoff_month is None else cutoff_month
    told = lineage.stored(project.folder).to_csv()
    made = (outlook.METHOD, unitcheck.HORIZONS, month, project.stage_system, told)
    return derived.path(project, "streamcheck", *made)


def widths(project: Project) -> pd.DataFrame | None:
    """Return by level and horizon how wide the ranges must be; None before the back-test or with short rolls.

    Returns
    -------
    DataFrame or None
        level and the columns of `unitcheck.table`, for levels tried from two base years or more.
    """
    path = place(project)
    if not path.exists():
        return None
    found = pd.read_parquet(path)
    parts = [unitcheck.table(part).assign(level=level) for level, part in found.groupby("level")]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"bases": []})
    known = table[table["bases"] >= _LEAST]
    return None if known.empty else known


def tried(
    project: Project, *, cutoff_month: int = 8, progress: Callable[[float], None] | None = None
) -> pd.DataFrame:
    """Forecast migrant children again from past rolls.

    Parameters
    ----------
    project : Project
        The project.
    cutoff_month : int
        Cut-off of entrance.
    progress : callable, optional
        Told the share done, 0 to 1.

    Returns
    -------
    DataFrame
        `COLUMNS`, migrant pupils by level (`adopted.LEVELS`), place and stage; empty where rolls that state
        them for two years, or the history before them, lack.
    """
    rolls = _stated(project)
    past = outlook.joined(project)
    bases = [base for base in unitcheck.bases(project) if (rolls["year"] == base).any()]
    parts = []
    for done, base in enumerate(bases, start=1):
        frame = unitcheck.again(
            project, base, cutoff_month=cutoff_month, groups=groups(project), extra_levels=outlook.LEVELS
        )
        known = split(project, frame, rolls[rolls["year"] == base], None, base=base)
        parts.append(_beside(known, rolls, past, groups(project), base))
        if progress is not None:
            progress(done / len(bases))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def split(
    project: Project,
    forecast: pd.DataFrame,
    recent: pd.DataFrame | None,
    register: pd.DataFrame | None,
    *,
    base: int,
) -> pd.DataFrame:
    """Return a forecast split by the shares of `forecasting.migrants.cell_shares`."""
    cells = forecast[forecast["level"] == "cell"]
    shares = migrants.cell_shares(cells, recent, register, base_year=base)
    names = [name for name in ("zone_id", "town", PROVIDER) if name in set(forecast["level"])]
    return migrants.split(forecast, shares, groups=groups(project), names=names)


def ranged(forecast: pd.DataFrame, found: pd.DataFrame, *, base: int) -> pd.DataFrame:
    """Return a split forecast with `migrant_low` and `migrant_high`, as wide as past errors ask.

    Parameters
    ----------
    forecast : DataFrame
        From `split`.
    found : DataFrame
        From `widths`; rows of levels not in it get no range (missing). Beyond the last horizon tried the
        width is that of the last.
    base : int
        Newest year of the history.
    """
    result = forecast.assign(migrant_low=np.nan, migrant_high=np.nan)
    for level, table in found.groupby("level"):
        rows = forecast[forecast["level"] == adopted.LEVELS[str(level)][0]]
        made = unitcheck.widened(_plain(rows), table, base=base)
        result.loc[rows.index, "migrant_low"] = made["low"]
        result.loc[rows.index, "migrant_high"] = made["high"].clip(upper=rows["high"])
    result.attrs = forecast.attrs
    return result


def recent(project: Project, year: int) -> pd.DataFrame | None:
    """Return school, grade, pupils and migrant of a year, from the rolls; None where they do not state it."""
    rows = _stated(project)
    rows = rows[rows["year"] == year]
    return None if rows.empty else rows[["school", "grade", "pupils", "migrant"]]


def groups(project: Project) -> pd.DataFrame | None:
    """Return the schools of the history with the zone and town they are summed by."""
    schools = project.layers["schools"]
    known = schools[schools["school_id"].isin(outlook.history(project)["school"])]
    return outlook.groups(known.assign(zone_id=zone_of(known)))


def _stated(project: Project) -> pd.DataFrame:
    columns = ["school", "year", "grade", "pupils", "migrant"]
    if not project.has("attendance") or "migrant" not in project.layers["attendance"]:
        return pd.DataFrame(columns=columns)
    rows = outlook.attended(project, ["pupils", "migrant"])
    return rows[rows["migrant"].notna()].rename(columns={"school_id": "school"})[columns]


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the stream of rows with the range of the total and of chance alone: year, mean, low, high."""
    share = rows["migrant"] / rows["mean"].clip(lower=1e-9)
    total = share * (rows["high"] - rows["low"]) / 2.0
    reach = np.sqrt(total**2 + _REACH**2 * rows["migrant"] * (1.0 - share))
    low = (rows["migrant"] - reach).clip(lower=0.0)
    return rows[["year"]].assign(mean=rows["migrant"], low=low, high=rows["migrant"] + reach)


def _beside(
    known: pd.DataFrame, rolls: pd.DataFrame, past: pd.DataFrame, plan: pd.DataFrame | None, base: int
) -> pd.DataFrame:
    """Return the streams forecast in a base year beside what the rolls of later years say."""
    stages = known.loc[known["level"] == "cell"].drop_duplicates("grade").set_index("grade")["stage"]
    came = _sums(rolls, stages, plan, ["pupils", "migrant"])
    there = _sums(past, stages, plan, ["enrolment"])
    actual = came.join(there, how="inner").reset_index()
    whole = (actual["pupils"] - actual["enrolment"]).abs() <= _WHOLE * actual["enrolment"]
    parts = []
    for level, (name, column) in adopted.LEVELS.items():
        rows = known[(known["level"] == name) & (known["scenario"] == known["scenario"].iloc[0])]
        own = _plain(rows).assign(level=level, place=rows[column].astype("str"), stage=rows["stage"])
        parts.append(own[own["place"].ne("") | (level == "area")])
    found = pd.concat(parts, ignore_index=True).astype({"stage": "str"})
    found = found.merge(actual[whole].rename(columns={"migrant": "actual"}), on=_KEYS)
    return found.assign(base=base, horizon=found["year"] - base)[list(COLUMNS)]


def _sums(
    rows: pd.DataFrame, stages: pd.Series, plan: pd.DataFrame | None, counts: list[str]
) -> pd.DataFrame:
    """Return counts by level, place, stage and year."""
    named = rows.assign(stage=rows["grade"].astype(str).map(stages.astype(str)), area="")
    named = named.dropna(subset="stage")
    columns = {"school": "school", "area": "area"}
    if plan is not None:
        named = named.merge(plan, on="school", how="left")
        columns |= {level: name for level, name in (("zone", "zone_id"), ("town", "town")) if name in plan}
    parts = [
        named.assign(level=level, place=named[column].astype("str")).groupby(_KEYS)[counts].sum()
        for level, column in columns.items()
    ]
    return pd.concat(parts)
