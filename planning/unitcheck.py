"""The ranges of home units tried on the planner's own rolls: how many outcomes they held, and how wide to be.

From every base year with rolls the schools are forecast with what was known then, shared out over the homes
of then, and set beside the rolls of later years. Registers of children keep no record of what they said then
and take no part, so that units whose children were known to change look worse here than they are.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from forecasting import sharing
from planning import assumed, derived, lineage, outlook, townflow
from planning.project import Project

#: Columns of `tried`.
COLUMNS: Final = ("base", "horizon", "unit_id", "stage", "mean", "low", "high", "actual")
#: Columns of `table`.
TABLE: Final = ("horizon", "held", "held_apart", "width", "count", "bases")
HORIZONS: Final = 3
#: Years of history below which no base year is tried.
_LEAST: Final = 3
COVERAGE: Final = 0.8


def place(project: Project, *, cutoff_month: int | None = None) -> Any:
    """Return the file of the outcomes tried for this version and a cut-off, by default that in force."""
    month = assumed.in_force(project).cutoff_month if cutoff_month is None else cutoff_month
    told = lineage.stored(project.folder).to_csv()
    return derived.path(project, "unitcheck", outlook.METHOD, HORIZONS, month, project.stage_system, told)


def stored(project: Project) -> pd.DataFrame | None:
    """Return what `tried` found at the last back-test under the cut-off in force, None before it."""
    path = place(project)
    return pd.read_parquet(path) if path.exists() else None


def tried(
    project: Project, *, cutoff_month: int = 8, progress: Callable[[float], None] | None = None
) -> pd.DataFrame:
    """Forecast units again from past rolls.

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
        `COLUMNS`, pupils by unit and stage; empty where rolls of two years, or the history before them, lack.
    """
    years = bases(project)
    parts = []
    for done, base in enumerate(years, start=1):
        parts.append(_from_one(project, base, cutoff_month))
        if progress is not None:
            progress(done / len(years))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def bases(project: Project) -> list[int]:
    """Return the years with rolls, and history enough before them, that later rolls can judge."""
    past = outlook.history(project)
    years = sorted(project.layers["attendance"]["year"].unique()) if project.has("attendance") else []
    return [int(b) for b in years[:-1] if past.loc[past["year"] <= b, "year"].nunique() >= _LEAST]


def again(project: Project, base: int, *, cutoff_month: int, **more: Any) -> pd.DataFrame:
    """Forecast up to `HORIZONS` years from a base year with what was known then, schools joined as of today.

    Parameters
    ----------
    project : Project
        The project.
    base : int
        Year with rolls.
    cutoff_month : int
        Cut-off of entrance.
    **more
        Of `forecasting.forecast.forecast`: groups, extra_levels.
    """
    from forecasting.forecast import forecast

    past = outlook.joined(project)
    past = _whole(past)
    told = townflow.known(project, base=base, cutoff_month=cutoff_month)
    births = None if told.births is None else told.births[told.births["year"] < base]
    return forecast(
        past[past["year"] <= base],
        until=min(base + HORIZONS, int(project.layers["attendance"]["year"].max())),
        births=births if births is not None and len(births) else None,
        flow=told.flow,
        kindergarten=outlook.kindergarten(project, base=base),
        cutoff_month=cutoff_month,
        system=project.stage_system,
        **more,
    )


def _whole(past: pd.DataFrame) -> pd.DataFrame:
    """Round the pupils of split schools so that those of a year and grade still add up to what they were.

    Running totals are rounded, half up: whole numbers stay, and what one part loses the next one has.
    """
    rows = past.sort_values(["year", "grade", "district", "school"], ignore_index=True)
    total = np.floor(rows.groupby(["year", "grade"])["enrolment"].cumsum() + 0.5 + 1e-6)
    before = total.groupby([rows["year"], rows["grade"]]).shift(fill_value=0.0)
    return rows.assign(enrolment=(total - before).astype("int64"))


def table(found: pd.DataFrame, *, coverage: float = COVERAGE) -> pd.DataFrame:
    """Return by horizon what the ranges held, and the width that makes them hold what they should.

    Parameters
    ----------
    found : DataFrame
        From `tried`.
    coverage : float
        Share of outcomes the ranges should hold.

    Returns
    -------
    DataFrame
        `TABLE`: held = share of outcomes inside the range as it is; width = factor on the range's half;
        held_apart = share inside when the width is learned on the other base years only (missing with one).
    """
    reach = (found["high"] - found["mean"]).clip(lower=1e-9)
    rows = found.assign(off=(found["actual"] - found["mean"]).abs() / reach)
    result = []
    for horizon, part in rows.groupby("horizon"):
        apart = [_apart(part, base, coverage) for base in sorted(part["base"].unique())]
        held = np.concatenate(apart) if len(apart) > 1 else np.array([np.nan])
        width = float(part["off"].quantile(coverage))
        inside = float((part["off"] <= 1).mean())
        result.append((horizon, inside, float(held.mean()), width, len(part), part["base"].nunique()))
    return pd.DataFrame(result, columns=list(TABLE))


def widened(units: pd.DataFrame, widths: pd.DataFrame, *, base: int) -> pd.DataFrame:
    """Return units with ranges as wide as their past errors ask; beyond the last horizon tried, as for it.

    Parameters
    ----------
    units : DataFrame
        From `forecasting.sharing.ranged`: year, mean, low, high.
    widths : DataFrame
        From `table`.
    base : int
        Newest year of the history.
    """
    factor = widths.set_index("horizon")["width"]
    ahead = (units["year"] - base).clip(int(factor.index.min()), int(factor.index.max()))
    reach = (units["high"] - units["mean"]) * ahead.map(factor)
    return units.assign(low=(units["mean"] - reach).clip(lower=0.0), high=units["mean"] + reach)


def _apart(part: pd.DataFrame, base: int, coverage: float) -> np.ndarray:
    """Tell which outcomes of a base year the width of the other years holds."""
    others, own = part[part["base"] != base]["off"], part[part["base"] == base]["off"]
    return (own <= others.quantile(coverage)).to_numpy(float) if len(others) else np.array([])


def _from_one(project: Project, base: int, cutoff_month: int) -> pd.DataFrame:
    from forecasting.forecast import STAGE_SYSTEMS

    rolls = outlook.attended(project)
    frame = again(project, base, cutoff_month=cutoff_month)
    cells = frame[(frame["level"] == "cell") & (frame["scenario"] == frame["scenario"].iloc[0])]
    shared = sharing.by_unit(cells, homes(rolls, base), None, base_year=base)
    units = sharing.ranged(shared, ["unit_id", "stage", "year"])
    grades = {int(g): stage for stage, own in STAGE_SYSTEMS[project.stage_system].items() for g in own}
    came = rolls[(rolls["home"] == "unit") & rolls["year"].between(base + 1, base + HORIZONS)]
    came = came.assign(stage=came["grade"].astype(int).map(grades))
    actual = came.groupby(["unit_id", "stage", "year"])["pupils"].sum().rename("actual")
    known = units[(units["unit_id"] != sharing.ELSEWHERE) & units["year"].isin(came["year"])]
    beside = known.merge(actual.reset_index(), on=["unit_id", "stage", "year"], how="left")
    beside = beside.fillna({"actual": 0}).assign(base=base, horizon=beside["year"] - base)
    return beside[list(COLUMNS)]


def homes(rolls: pd.DataFrame, base: int) -> pd.DataFrame:
    """Return the homes of the pupils of a year as `forecasting.sharing.by_unit` takes them."""
    rows = rolls[rolls["year"] == base]
    unit = rows["unit_id"].astype("str").where(rows["home"] == "unit", sharing.ELSEWHERE)
    named = rows.assign(unit_id=unit.fillna(sharing.ELSEWHERE)).rename(columns={"school_id": "school"})
    return named[["school", "unit_id", "grade", "pupils"]]
