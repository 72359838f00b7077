"""A project's layers as the forecast wants them, and its answer as seats and need want it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from planning import lineage, need, seats, stages
from planning.project import Project

#: Raised when the same data and settings would be forecast otherwise: what is kept is made anew.
METHOD: Final = 10

register_kinds(
    {
        "outlook_no_history": (
            "没有在校生历史数据，无法预测。请导入“在校生”（学校、学年、年级、人数）。",
            "there is no enrolment history to forecast from. Import the enrolment "
            "(school, year, grade, pupils).",
        ),
    }
)

register_kinds(
    {
        "outlook_estates_out": (
            "{found} 个新建小区没有计入预测：还没有设定其学生来自本地以外的比例。请在预测设置中填写。",
            "{found} new estates are not in the forecast: the share of their pupils who come from outside "
            "the area is not set. Enter it in the forecast settings.",
        ),
        "outlook_estates_unplaced": (
            "这些新建小区没有计入预测，因为所在单元没有划入学校：{found}。请补充所属单元或现行片区。",
            "these new estates are not in the forecast, because their unit has no school: {found}. "
            "Add their unit, or the catchments in force.",
        ),
    },
    level="warning",
)

#: Levels asked for beside cell, school and district.
LEVELS: Final = ("school_stage", "district_grade", "district_stage", "area_grade", "area_stage")


def history(project: Project) -> pd.DataFrame:
    """Return the enrolment history: year, district, school, grade, enrolment.

    Years that only the classes (班级) cover are summed from them. The district is that of the school, which
    keeps a school in one district through all years.

    Raises
    ------
    FaultError
        If the project has neither.
    """
    columns = ["school_id", "year", "grade", "pupils"]
    frames = [project.layers[n][columns] for n in ("enrolment", "classes") if n in project.layers]
    if not any(len(frame) for frame in frames):
        raise FaultError([Fault("outlook_no_history", layer="enrolment")])
    summed = [frame.groupby(columns[:3], as_index=False)[["pupils"]].sum() for frame in frames]
    whole = pd.concat(summed, ignore_index=True).drop_duplicates(columns[:3], keep="first")
    districts = _districts(project.layers["schools"], "school_id")
    return whole.assign(district=_looked_up(whole["school_id"], districts)).rename(
        columns={"school_id": "school", "pupils": "enrolment"}
    )


def joined(project: Project) -> pd.DataFrame:
    """Return the checked history with the schools of the lineage table (沿革) joined; see `history`.

    Enrolment is fractional in the years before a school was split. Grades are text. Rows of the table that
    were not used, and why, are said in ``attrs["warnings"]``, a list of {zh, en} as a forecast has.
    """
    from forecasting import history as past
    from forecasting import lineage as changes

    rows = past.read(history(project))
    found, faults = changes.joined(rows, school_changes(project))
    found.attrs["warnings"] = [{"zh": f.text("zh"), "en": f.text("en")} for f in faults]
    return found


def attended(project: Project, counts: Sequence[str] = ("pupils",)) -> pd.DataFrame:
    """Return the rolls (学籍汇总) with the schools of the lineage table joined, as the history is.

    Parameters
    ----------
    project : Project
        The project; it has rolls.
    counts : sequence of str
        Columns shared out over the parts of a split, then fractional.
    """
    from forecasting import history as past
    from forecasting import lineage as changes

    rows = project.layers["attendance"]
    if not (lineage.stored(project.folder)["subject"] == "school").any():
        return rows
    clean = past.check(history(project))[0]
    told = rows.rename(columns={"school_id": "school"}).assign(
        grade=rows["grade"].astype("int64").astype("str")
    )
    moved = changes.carried(told, school_changes(project), clean, counts)
    return moved.assign(grade=moved["grade"].astype("int64")).rename(columns={"school": "school_id"})


def school_changes(project: Project) -> pd.DataFrame:
    """Return the rows of the lineage table (沿革) that past rolls have not gone through already."""
    from planning import newyear  # opening a year is no part of a forecast

    opened = {int(row["year"]) for row in newyear.history(project)}
    return lineage.uncarried(project.folder, opened=opened)


def births(project: Project, *, by_town: bool = False) -> pd.DataFrame | None:
    """Return births by calendar year and district; None where there are none.

    Towns are summed, or told apart in a column `town` where asked for and where every row states one.
    """
    if not project.has("births"):
        return None
    rows = project.layers["births"]
    keys = ["year", "district", *(["town"] if by_town and _all_stated(rows, "town") else [])]
    return _named(project, rows).groupby(keys, as_index=False)[["births"]].sum()


def kindergarten(project: Project, *, base: int | None = None) -> pd.DataFrame | None:
    """Return children on kindergarten rolls (在园幼儿) by school year, district and class; None without.

    Parameters
    ----------
    project : Project
        The project.
    base : int, optional
        Newest school year that is known.

    Returns
    -------
    DataFrame or None
        year, district, grade (K, PK, PK3: 大班、中班、小班), children.
    """
    if not project.has("kindergarten"):
        return None
    rows = project.layers["kindergarten"]
    rows = rows if base is None else rows[rows["year"] <= base]
    summed = _named(project, rows).groupby(["year", "district", "grade"], as_index=False)[["children"]].sum()
    return summed if len(summed) else None


def registered(project: Project, *, by_town: bool = False) -> pd.DataFrame | None:
    """Return registered children by the autumn they reach grade 1 and district; None where there are none.

    Towns are told apart in a column `town` where asked for and where every unit states one.
    """
    if not project.has("children"):
        return None
    rows, units = project.layers["children"], project.layers["units"]
    district = _looked_up(rows["unit_id"], _districts(units, "unit_id"))
    named = _named(project, rows.assign(district=district)).rename(columns={"cohort": "year"})
    keys = ["year", "district"]
    if by_town and _all_stated(units, "town"):
        named = named.assign(
            town=named["unit_id"].map(dict(zip(units["unit_id"], units["town"], strict=True)))
        )
        keys.append("town")
    return named.groupby(keys, as_index=False)[["children"]].sum()


def estates(
    project: Project,
    *,
    from_outside: float | None = None,
    yields: Mapping[str, tuple[float, float]] | None = None,
) -> pd.DataFrame | None:
    """Return the new estates (新建小区) with the schools that serve them.

    An estate belongs to the zone of its unit in the plan in force, and to that zone's first school of each
    stage; it becomes one row a stage.

    Parameters
    ----------
    project : Project
        The project.
    from_outside : float, optional
        Assumed share of an estate's pupils who come from outside the area, 0 to 1, where the layer does not
        state its own (`states_share`). It is an assumption (设定): without one the estates are left out.
    yields : mapping of str to (float, float), optional
        Primary and junior pupils per household by estate, in place of the layer's.

    Returns
    -------
    DataFrame or None
        The layer with `school` and `from_outside`, one row an estate and stage; None where there is none or
        nothing is assumed. Estates without a school are left out (see `estate_faults`).
    """
    if not project.has("estates", "catchments"):
        return None
    rows = pd.DataFrame(project.layers["estates"].drop(columns="geometry", errors="ignore"))
    if not states_share(project):
        if from_outside is None:
            return None
        rows = rows.assign(from_outside=float(from_outside))
    rows = _with_yields(rows, yields or {})
    return pd.concat([_served(project, rows, stage) for stage in stages.STAGES], ignore_index=True)


def states_share(project: Project) -> bool:
    """Tell whether the estates state themselves which share of their pupils comes from outside the area."""
    return project.has("estates") and "from_outside" in project.layers["estates"]


def estate_faults(project: Project, placed: pd.DataFrame | None) -> list[Fault]:
    """Return a warning for the estates that a forecast leaves out, given what `estates` returned."""
    if not project.has("estates"):
        return []
    ids = project.layers["estates"]["estate_id"]
    if placed is None:
        return [Fault("outlook_estates_out", layer="estates", found=str(len(ids)))]
    lost = sorted(set(ids) - set(placed["estate_id"]))
    return [Fault("outlook_estates_unplaced", layer="estates", found="、".join(lost))] if lost else []


def grades_taught(project: Project) -> pd.DataFrame:
    """Return what each school teaches: school, name, district, lowest_grade, highest_grade."""
    schools = project.layers["schools"]
    district = _looked_up(schools["school_id"], _districts(schools, "school_id"))
    table = pd.DataFrame(schools[["school_id", "name", "lowest_grade", "highest_grade"]])
    return table.assign(district=district).rename(columns={"school_id": "school"})


def groups(plan: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return schools with the zone, and the town and provider if stated, that the forecast is summed by.

    The provider is public or private, and is there only where both are; one that is not stated is public.
    """
    if plan is None:
        return None
    columns = ["school_id", "zone_id", *(["town"] if "town" in plan else [])]
    found = pd.DataFrame(plan[columns]).rename(columns={"school_id": "school"})
    private = plan["provider"].eq("private").fillna(False).astype(bool) if "provider" in plan else None
    if private is None or not private.any() or private.all():
        return found
    return found.assign(provider=private.map({True: "private", False: "public"}))


def outlook(forecast: pd.DataFrame, past: pd.DataFrame, *, system: str = "6-3") -> pd.DataFrame:
    """Return pupils by district, stage and year: the last year at school, then the forecast.

    Parameters
    ----------
    forecast : DataFrame
        From `forecasting.forecast.forecast` with the level district_stage; of several scenarios, the first.
    past : DataFrame
        From `history`.
    system : {"6-3", "5-4"}
        Stage system.

    Returns
    -------
    DataFrame
        district, stage, year, mean, low, high, as `planning.need.growth` wants it; the last year at school
        has low = high = mean.
    """
    columns = ["district", "stage", "year", "mean", "low", "high"]
    scenario = forecast["scenario"].iloc[0]
    ahead = forecast[(forecast["level"] == "district_stage") & (forecast["scenario"] == scenario)][columns]
    last = past[past["year"] == past["year"].max()]
    stage = last["grade"].astype(int).map(lambda grade: stages.stage_of(system, grade))
    now = last.assign(stage=stage).groupby(["district", "stage", "year"], as_index=False)[["enrolment"]].sum()
    now = now.rename(columns={"enrolment": "mean"}).astype({"mean": "float64"})
    whole = pd.concat([now.assign(low=now["mean"], high=now["mean"]), ahead], ignore_index=True)
    return whole[columns].sort_values(columns[:3], ignore_index=True)


def project_need(project: Project, forecast: pd.DataFrame, **thresholds: Any) -> pd.DataFrame:
    """Return the seats to add by district and stage, in four parts (`planning.need.need`).

    Parameters
    ----------
    project : Project
        The project.
    forecast : DataFrame
        From `planning.tasks.forecast_job`.
    **thresholds
        standard, caps, area of `planning.need.relief`, from the rules in force.
    """
    past = history(project)
    now = int(past["year"].max())
    relieved = need.relief(
        project.layers["schools"],
        project.layers["classes"],
        year=now,
        system=project.stage_system,
        enrolment=project.layers.get("enrolment"),
        **thresholds,
    )
    grown = need.growth(outlook(forecast, past, system=project.stage_system), now=now)
    return need.need(relieved, grown)


def _districts(frame: pd.DataFrame, key: str) -> dict[str, str]:
    if "district" not in frame:
        return {}
    return dict(zip(frame[key], frame["district"].astype("str").fillna(""), strict=True))


def _named(project: Project, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the district of each: that of the schools where these are of one and the rows silent.

    A county of one district need not name it in every table.
    """
    district = rows["district"].astype("str").fillna("") if "district" in rows else ""
    named = rows.assign(district=district)
    known = set(_districts(project.layers["schools"], "school_id").values()) or {""}
    silent = named["district"].eq("").all() or (known == {""} and named["district"].nunique() == 1)
    return named.assign(district=known.pop()) if silent and len(known) == 1 else named


def _all_stated(frame: pd.DataFrame, column: str) -> bool:
    return column in frame and bool((frame[column].astype("object").fillna("") != "").all())


def _with_yields(rows: pd.DataFrame, yields: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """Return the estates with the yields the planner set in place of their own."""
    for position, column in enumerate(("primary_yield", "junior_yield")):
        given = rows["estate_id"].map({name: pair[position] for name, pair in yields.items()})
        own = rows[column] if column in rows else float("nan")
        rows = rows.assign(**{column: given.astype("float64").where(given.notna(), own)})
    return rows


def _looked_up(keys: pd.Series, names: dict[str, str]) -> pd.Series:
    """Return the name of every key, "" where there is none; text even when no key has one."""
    return keys.map(names).astype("str").fillna("")


def _served(project: Project, rows: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Return the estates that pupils of a stage come from, with the school of their zone."""
    plan = project.layers["catchments"]
    plan = plan[(plan["stage"] == stage) & (plan["from_year"] <= project.year)]
    latest = plan.sort_values("from_year").drop_duplicates("unit_id", keep="last")
    zone = rows["unit_id"].map(dict(zip(latest["unit_id"], latest["zone_id"], strict=True)))
    own = seats.zoned(project.layers["schools"], stage, system=project.stage_system)
    first = own.sort_values("school_id").drop_duplicates("zone_id")
    school = zone.map(dict(zip(first["zone_id"], first["school_id"], strict=True)))
    other = "junior_yield" if stage == "primary" else "primary_yield"
    # The school's district: an estate just over the border goes with the school that takes its children.
    known = _districts(project.layers["schools"], "school_id")
    district = school.map(known) if known else pd.Series("", index=rows.index)
    return rows.assign(school=school, district=district, **{other: 0.0}).dropna(subset="school")
