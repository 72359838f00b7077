"""Seats (学位): how many there are, who needs them in which year, and where they are short.

By default a plan is for the entrants (入学人数) of a year against that year's intake plan (招生计划), because
pupils already at school stay (老生老办法). "Enrolment" is the other mode: all grades against all seats.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import pandas as pd

from gis.layers import zone_of
from planning import stages

Mode = Literal["intake", "enrolment"]
MODES: Final[tuple[Mode, ...]] = ("intake", "enrolment")
YEARS_AHEAD: Final = 5
#: Loads in per cent from which a zone is yellow and red (学位预警): 红 >= 100, 黄 90-100, 绿 < 90.
BANDS: Final = (90.0, 100.0)


def teaches(schools: pd.DataFrame, stage: str, *, system: str = "6-3", mode: Mode = "intake") -> pd.Series:
    """Tell which schools take part in a stage.

    Parameters
    ----------
    schools : DataFrame
        lowest_grade, highest_grade.
    stage : {"primary", "junior"}
        School stage (学段).
    system : {"6-3", "5-4"}
        Stage system.
    mode : {"intake", "enrolment"}
        Intake asks for the entry grade, enrolment for any grade of the stage. A teaching point (教学点) for
        grades 1-3 takes entrants too.

    Returns
    -------
    Series of bool
        On the index of `schools`.
    """
    grades = stages.grades(system, stage)
    last = grades[0] if mode == "intake" else grades[-1]
    return (schools["lowest_grade"] <= last) & (schools["highest_grade"] >= grades[0])


def zoned(
    schools: pd.DataFrame, stage: str, *, system: str = "6-3", mode: Mode = "intake", private: bool = False
) -> pd.DataFrame:
    """Return the schools that catchments of a stage are drawn for, with `zone_id` filled.

    Private schools (民办) are left out unless `private`: they have no catchment. A school whose provider
    is not stated counts as public. Nor has a boarding school that states no zone (`gis.layers.zone_of`).
    """
    zone = zone_of(schools)
    take = zone.notna() & teaches(schools, stage, system=system, mode=mode).fillna(False).astype(bool)
    if not private and "provider" in schools:
        take &= ~schools["provider"].eq("private").fillna(False).astype(bool)
    return schools[take].assign(zone_id=zone[take])


def capacity(
    schools: pd.DataFrame,
    stage: str,
    mode: Mode = "intake",
    *,
    system: str = "6-3",
    private: bool = False,
) -> pd.Series:
    """Return the seats of each zone.

    Formula: the sum over the zone's schools (campuses, 多校划片) of the intake plan (招生计划,
    `<stage>_intake`) or of the design seats (学位, `<stage>_seats`).

    Parameters
    ----------
    schools : DataFrame
        Layer schools.
    stage, mode, system, private
        As in `zoned`.

    Returns
    -------
    Series of Int64
        Index zone_id; missing where any of the zone's schools does not state its number: part of a zone's
        seats is not its capacity.

    Raises
    ------
    ValueError
        If the mode is unknown.
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {MODES}, not {mode!r}")
    column = f"{stage}_intake" if mode == "intake" else f"{stage}_seats"
    fit = zoned(schools, stage, system=system, mode=mode, private=private)
    stated = fit[column] if column in fit else pd.Series(pd.NA, index=fit.index)
    numbers = pd.to_numeric(stated).astype("Int64")
    groups = numbers.groupby(fit["zone_id"])
    total = groups.sum(min_count=1).where(groups.count() == groups.size())
    return total.astype("Int64").rename("seats").rename_axis("zone_id")


def entrants(children: pd.DataFrame, stage: str, year: int, *, system: str = "6-3") -> pd.Series | None:
    """Return the entrants (入学人数) of each unit in a year.

    Formula: registered children whose cohort enters the stage that year: cohort Y for primary, Y - 6 (Y - 5
    under 5-4) for junior. Moves, repeating and leaving are ignored; the forecast has them.

    Parameters
    ----------
    children : DataFrame
        Layer children: unit_id, cohort, children.
    stage, year, system
        School stage, school year (学年), stage system.

    Returns
    -------
    Series of int or None
        Index unit_id, every unit of the layer; None where the register holds no child of that cohort at
        all, which is not the same as nobody.
    """
    return _register(children, cohorts(stage, year, "intake", system=system))


def enrolled(children: pd.DataFrame, stage: str, year: int, *, system: str = "6-3") -> pd.Series | None:
    """Return the children of each unit in all grades of a stage in a year (在校年龄段人数).

    As `entrants`, for every cohort of the stage; None where one of the cohorts is not registered.
    """
    return _register(children, cohorts(stage, year, "enrolment", system=system))


def cohorts(stage: str, year: int, mode: Mode = "intake", *, system: str = "6-3") -> tuple[int, ...]:
    """Return the cohorts that a mode counts in a stage and year."""
    if mode == "intake":
        return (stages.entry_cohort(system, stage, year),)
    return stages.cohorts(system, stage, year)


def demand(
    children: pd.DataFrame, stage: str, year: int, mode: Mode = "intake", *, system: str = "6-3"
) -> pd.Series | None:
    """Return what a mode counts: `entrants` for intake, `enrolled` for enrolment."""
    count = entrants if mode == "intake" else enrolled
    return count(children, stage, year, system=system)


def balance(
    plan: pd.Series | Mapping[int, pd.Series],
    children: pd.DataFrame,
    schools: pd.DataFrame,
    years: Iterable[int],
    *,
    stage: str,
    mode: Mode = "intake",
    system: str = "6-3",
    seats: pd.Series | None = None,
    bands: tuple[float, float] = BANDS,
    private: bool = False,
    counts: Mapping[int, pd.Series | None] | None = None,
) -> pd.DataFrame:
    """Balance seats by zone and year under one plan.

    Formulas: gap (学位缺口) = pupils - seats; load = pupils / seats x 100 %. Level (预警等级): red from
    100 %, yellow from 90 %, green below (浙江 practice; `bands` moves the lines).

    Parameters
    ----------
    plan : Series or mapping of year to Series
        Unit_id -> zone_id, for all years or one for each.
    children, schools : DataFrame
        Layers.
    years : iterable of int
        School years, usually the planning year Y to Y + 5.
    stage, mode, system, private
        As in `capacity`.
    seats : Series, optional
        Seats by zone_id instead of `capacity`, such as those of a scenario.
    bands : tuple of float
        Per cent where yellow and red begin.
    counts : mapping of int to Series or None, optional
        `demand` of each year, where it is at hand: it does not depend on the plan.

    Returns
    -------
    DataFrame
        stage, mode, year, zone_id, entrants, seats, gap, load (%), level (red, yellow, green or missing). In
        enrolment mode `entrants` holds the pupils of all grades. One row has no zone_id wherever children
        live in units without a zone: entrants are conserved, their sum over the rows of a year is that of
        the register. A year the register does not reach has missing entrants, not zero.
    """
    room = capacity(schools, stage, mode, system=system, private=private) if seats is None else seats
    room = room.astype("Int64")
    parts = []
    for year in years:
        zones = plan[year] if isinstance(plan, Mapping) else plan
        count = demand(children, stage, year, mode, system=system) if counts is None else counts[year]
        part = _by_zone(zones, count, room).assign(year=year)
        parts.append(part)
    columns = ["stage", "mode", "year", "zone_id", "entrants", "seats", "gap", "load", "level"]
    if not parts:
        return pd.DataFrame(columns=columns)
    whole = pd.concat(parts, ignore_index=True).assign(stage=stage, mode=mode)
    whole["gap"] = whole["entrants"] - whole["seats"]
    whole["load"] = _load(whole["entrants"], whole["seats"])
    whole["level"] = levels(whole["load"], bands=bands)
    return whole[columns]


def levels(load: pd.Series, *, bands: tuple[float, float] = BANDS) -> pd.Series:
    """Return the warning level (学位预警) of each load in per cent; missing where the load is."""
    yellow, red = bands
    level = pd.Series("green", index=load.index, dtype="str")
    return level.mask(load >= yellow, "yellow").mask(load >= red, "red").where(load.notna())


def totals(balanced: pd.DataFrame, *, bands: tuple[float, float] = BANDS) -> pd.DataFrame:
    """Return a balance by stage and year: entrants, seats, and the sum of the zones' gaps.

    Returns
    -------
    DataFrame
        stage, mode, year, entrants, seats, short (seats lacking, over zones that lack some), spare (seats
        over), red, yellow (zones of that level), unplaced (entrants without a zone). Room in one zone does
        not help another: short and spare are not netted. Zones with unknown seats count in neither.
    """
    frame = balanced.assign(
        short=balanced["gap"].clip(lower=0),
        spare=(-balanced["gap"]).clip(lower=0),
        red=balanced["level"].eq("red"),
        yellow=balanced["level"].eq("yellow"),
        unplaced=balanced["entrants"].where(balanced["zone_id"].isna(), 0),
    )
    frame["entrants"] = frame["entrants"].astype("Int64")
    names = ["entrants", "seats", "short", "spare", "red", "yellow", "unplaced"]
    return frame.groupby(["stage", "mode", "year"], as_index=False)[names].sum(min_count=1)


def _register(children: pd.DataFrame, cohorts: Iterable[int]) -> pd.Series | None:
    wanted = list(cohorts)
    if not set(wanted) <= set(children["cohort"].unique()):
        return None
    units = pd.Index(children["unit_id"].unique(), name="unit_id")
    found = children[children["cohort"].isin(wanted)].groupby("unit_id")["children"].sum()
    return found.reindex(units, fill_value=0).astype("int64").rename("entrants")


def _by_zone(zones: pd.Series, count: pd.Series | None, room: pd.Series) -> pd.DataFrame:
    """Sum the units' pupils by zone: every zone with seats or units, and the units without a zone."""
    if count is None:
        names = room.index.union(pd.Index(zones.dropna().unique()))
        frame = pd.DataFrame({"zone_id": names, "entrants": pd.array([pd.NA] * len(names), dtype="Int64")})
    else:
        placed = zones.reindex(count.index)
        found = count.groupby(placed).sum()
        names = room.index.union(found.index).union(pd.Index(zones.dropna().unique()))
        known = found.reindex(names, fill_value=0)
        frame = pd.DataFrame({"zone_id": names, "entrants": known.to_numpy()})
        loose = int(count[placed.isna()].sum())
        if loose:
            row = pd.DataFrame({"zone_id": [None], "entrants": [loose]})
            frame = pd.concat([frame.astype({"zone_id": "str"}), row.astype({"zone_id": "str"})])
    seats = frame["zone_id"].map(room.to_dict())
    return frame.assign(
        zone_id=frame["zone_id"].astype("str"),
        entrants=frame["entrants"].astype("Int64"),
        seats=seats.astype("Int64"),
    )


def _load(entrants: pd.Series, seats: pd.Series) -> pd.Series:
    """Per cent; infinite where pupils meet no seat at all, 0 where neither are there."""
    load = entrants.astype("Float64") / seats.astype("Float64") * 100
    none = seats.eq(0).fillna(False)
    load = load.mask(none & entrants.gt(0).fillna(False), float("inf"))
    return load.mask(none & entrants.eq(0).fillna(False), 0.0).astype("float64")
