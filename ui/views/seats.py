"""What the page 学位 shows: the need in four parts, the gap by zone and year, and seats left empty."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from gis.layers import zone_of
from planning import need, outlook, policy, seats, stages
from planning.forecasts import Settings
from planning.project import Project
from planning.seats import Mode
from ui.state import Context, draft_state
from ui.views import forecast as forecasts
from ui.views import plan as plans

#: What each part of the need is measured with: metric of the rule packs, and the value where none gives one.
MEASURES = {
    "standard": ("class_size", need.STANDARD),
    "caps": ("school_size", need.CAPS),
    "area": ("teaching_area", need.AREA),
}
KEYS = ["district", "stage"]
NUMBERS = ["growth", "growth_low", "growth_high", *need.PARTS[1:], "total", "total_low", "total_high"]


@dataclass(frozen=True)
class Need:
    """The seats to add (需新增学位) by district and stage, and by school what is to be relieved.

    Attributes
    ----------
    table : DataFrame
        district, stage and `NUMBERS`; the bounds are those of growth, the other parts are counts of today.
    schools : DataFrame
        school_id, name, district, stage, pupils, class_relief, school_relief, facility, of schools with any.
    now, roster : int
        Year growth is counted from; year of the classes and pupils that relief is counted on.
    no_area : int
        Schools whose floor area is not stated: their part is 0.
    later : DataFrame
        stage, year, more: stages whose peak comes after the years growth looks at, and by how many pupils
        it is above the peak within them.
    adopted : str
        Not empty where adopted values stand in the forecast (`planning.planned.applied`).
    """

    table: pd.DataFrame
    schools: pd.DataFrame
    now: int
    roster: int
    no_area: int
    later: pd.DataFrame
    adopted: str = ""

    @property
    def then(self) -> int:
        """The last year in which the peak is looked for."""
        return self.now + need.PEAK_YEARS

    def of(self, stage: str | None) -> pd.DataFrame:
        """Return the rows of a stage, or of both where it is None."""
        return self.table if stage is None else self.table[self.table["stage"] == stage]


def rules(project: Project, year: int) -> tuple[policy.Rule, ...]:
    """Return the rules in force on 1 September of a year that the need is measured with."""
    metrics = [metric for metric, _default in MEASURES.values()]
    found = policy.in_force(project.packs, on=policy.school_year_day(year))
    return tuple(rule for rule in found if rule.metric in metrics and rule.value is not None)


def thresholds(found: tuple[policy.Rule, ...]) -> dict[str, dict[str, float]]:
    """Return standard, caps and area by stage from the rules, the national values where they give none."""
    return {
        name: {stage: policy.threshold(found, metric, stage) or value for stage, value in usual.items()}
        for name, (metric, usual) in MEASURES.items()
    }


def need_of(context: Context, frame: pd.DataFrame) -> Need:
    """Return the seats to add under the rules in force; `frame` is the current forecast."""
    return _need(_key(context, frame), forecasts.settings(context), context.project, frame)


def by_provider(context: Context, frame: pd.DataFrame, found: Need) -> pd.DataFrame:
    """Return the need of public and of private schools (公办、民办) of the stage, each told by itself.

    Returns
    -------
    DataFrame
        Index public, private; growth (peak within `planning.need.PEAK_YEARS` above the pupils now), relief,
        facility: seats. Empty where the forecast does not tell them apart, or adopted values stand in it.
    """
    if not has_private(frame) or found.adopted:
        return pd.DataFrame()
    private = forecasts.private_schools(context.project)
    past = forecasts.history(context.project.key, context.project)
    now = past[(past["year"] == found.now) & (past["stage"] == context.stage)]
    near = frame["year"].between(found.now + 1, found.now + need.PEAK_YEARS)
    of_stage = (frame["level"] == "provider_stage") & (frame["stage"] == context.stage)
    ahead = frame[of_stage & near & (frame["scenario"] == forecasts.MIDDLE)]
    peak = ahead.groupby("group")["mean"].max()
    pupils = now.groupby(_provider(now["school"], private))["enrolment"].sum()
    schools = found.schools[found.schools["stage"] == context.stage]
    parts = schools.groupby(_provider(schools["school_id"], private))[list(need.PARTS[1:])].sum()
    rows = parts.reindex(["public", "private"]).fillna(0.0)
    growth = (peak - pupils).reindex(rows.index).fillna(0.0).clip(lower=0.0)
    relief = rows["class_relief"] + rows["school_relief"]
    table = pd.DataFrame({"growth": growth, "relief": relief, "facility": rows["facility"]})
    return table.round(6).apply(np.ceil).astype("int64")


def _provider(schools: pd.Series, private: pd.Series) -> pd.Series:
    return schools.isin(private).map({True: "private", False: "public"})


def _key(context: Context, frame: pd.DataFrame) -> str:
    """Return what caches go by: the data version, and the adopted values that stand in the forecast."""
    return f"{context.project.key}{frame.attrs.get('adopted', '')}"


@st.cache_resource(max_entries=6, show_spinner=False)
def _need(key: str, chosen: Settings, _project: Project, _frame: pd.DataFrame) -> Need:
    layers = _project.layers
    roster = int(layers["classes"]["year"].max())
    relieved = need.relief(
        layers["schools"],
        layers["classes"],
        year=roster,
        system=_project.stage_system,
        enrolment=layers.get("enrolment"),
        **thresholds(rules(_project, roster)),
    )
    ahead = pupils_ahead(key, chosen, _project, _frame)
    now = int(ahead["year"].min())
    grown = {name: _grown(ahead, name, now) for name in ("mean", "low", "high")}
    table = _with_range({name: need.need(relieved, part) for name, part in grown.items()})
    mark = str(_frame.attrs.get("adopted", ""))
    lacking = int((~relieved.drop_duplicates("school_id")["facility_known"]).sum())
    return Need(table, _by_school(relieved, _project), now, roster, lacking, _later(ahead, now), mark)


def _later(ahead: pd.DataFrame, now: int) -> pd.DataFrame:
    """Return the stages that peak after the years in which growth is looked for; means add up."""
    last = now + need.PEAK_YEARS
    wide = ahead.groupby(["stage", "year"])["mean"].sum().unstack("year")
    soon = wide.loc[:, wide.columns.astype(int) <= last].max(axis=1)
    top = wide.max(axis=1)
    found = pd.DataFrame({"year": wide.idxmax(axis=1), "more": top - soon})
    return found[found["year"] > last].reset_index()


@st.cache_resource(max_entries=6, show_spinner=False)
def pupils_ahead(key: str, chosen: Settings, _project: Project, _frame: pd.DataFrame) -> pd.DataFrame:
    """Return pupils by district, stage and year with their range: the last year at school, then ahead."""
    past = forecasts.history(_project.key, _project)
    return outlook.outlook(_frame, past, system=_project.stage_system)


def _grown(ahead: pd.DataFrame, column: str, now: int) -> pd.DataFrame:
    return need.growth(ahead.assign(mean=ahead[column]), now=now)


def _with_range(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    table = found["mean"].set_index(KEYS)
    for name in ("low", "high"):
        bound = found[name].set_index(KEYS).reindex(table.index)
        table[f"growth_{name}"], table[f"total_{name}"] = bound["growth"], bound["total"]
    return table[NUMBERS].reset_index()


def _by_school(relieved: pd.DataFrame, project: Project) -> pd.DataFrame:
    parts = list(need.PARTS[1:])
    rows = relieved[relieved[parts].sum(axis=1).gt(0)].copy()
    rows["total"] = rows[parts].sum(axis=1)
    rows[[*parts, "total"]] = rows[[*parts, "total"]].round().astype("int64")
    names = project.layers["schools"].set_index("school_id")["name"]
    rows.insert(1, "name", rows["school_id"].map(names))
    columns = ["school_id", "name", "district", "stage", "pupils", *parts, "total"]
    return rows.sort_values("total", ascending=False, ignore_index=True)[columns]


def summed(table: pd.DataFrame) -> pd.Series:
    """Return the need of several rows as one: bounds are added too, as if all errors went one way."""
    return table[NUMBERS].sum()


def plans_by_year(context: Context) -> dict[int, pd.Series]:
    """Return the plan of each year from now to five years on: the draft's, else the one in force."""
    state = draft_state(context)
    found = {}
    for year in context.years:
        plan = state.plan(context.stage, year) if state else pd.Series(dtype="str")
        found[year] = plan if len(plan) else plans.in_force(context.project, context.stage, year)
    return found


def fingerprint(by_year: Mapping[int, pd.Series]) -> str:
    """Return a short text that is the same for the same plans, to go by in caches."""
    made = hashlib.sha256()
    for year, plan in by_year.items():
        made.update(f"{year}:{'|'.join(f'{unit}={zone}' for unit, zone in plan.items())}".encode())
    return made.hexdigest()[:16]


def gaps(context: Context, by_year: Mapping[int, pd.Series], mode: Mode) -> pd.DataFrame:
    """Return the balance by zone and year (`planning.seats.balance`) with zone and district named."""
    return _gaps(
        context.project.key, context.stage, mode, fingerprint(by_year), dict(by_year), context.project
    )


@st.cache_resource(max_entries=24, show_spinner=False)
def _gaps(
    key: str, stage: str, mode: Mode, plan: str, _by_year: dict[int, pd.Series], _project: Project
) -> pd.DataFrame:
    layers, system = _project.layers, _project.stage_system
    rows = seats.balance(
        _by_year, layers["children"], layers["schools"], _by_year, stage=stage, mode=mode, system=system
    )
    names = plans.zone_names(key, stage, _project)
    own = seats.zoned(layers["schools"], stage, system=system)
    districts = own.groupby("zone_id")["district"].first() if "district" in own else pd.Series(dtype="str")
    return rows.assign(zone=rows["zone_id"].map(names), district=rows["zone_id"].map(districts))


def heat(rows: pd.DataFrame) -> pd.DataFrame:
    """Return load by zone (rows: district, zone) and year (columns), shortest of seats and soonest first."""
    known = rows.dropna(subset="zone_id")
    wide = known.pivot(index=["district", "zone", "zone_id"], columns="year", values="load")
    first = known[known["level"].eq("red")].groupby("zone_id")["year"].min()
    order = pd.DataFrame(
        {
            "first": first.reindex(wide.index.get_level_values("zone_id")).to_numpy(),
            "worst": -wide.max(axis=1).to_numpy(),
        },
        index=wide.index,
    ).sort_values(["first", "worst"], na_position="last")
    return wide.reindex(order.index).reset_index(level="zone_id", drop=True)


def short_zones(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the zones that get tight or full: the first year of each, and the year that lacks most.

    Returns
    -------
    DataFrame
        zone, first_tight (load from 90 %), first_red (from 100 %), gap (largest), gap_year, load (now),
        district; soonest full first.
    """
    known = rows.dropna(subset=["zone_id", "gap"])
    tight = known[known["level"].isin(["red", "yellow"])]
    firsts = pd.DataFrame(
        {
            "first_tight": tight.groupby("zone_id")["year"].min(),
            "first_red": tight[tight["level"].eq("red")].groupby("zone_id")["year"].min(),
        }
    ).astype("Int64")
    mine = known[known["zone_id"].isin(firsts.index)]
    worst = mine.loc[mine.groupby("zone_id")["gap"].idxmax()].set_index("zone_id")
    today = known[known["year"] == rows["year"].min()].set_index("zone_id")["load"]
    table = worst[["zone"]].join(firsts).assign(gap=worst["gap"], gap_year=worst["year"])
    table = table.assign(load=today.reindex(table.index), district=worst["district"])
    order = table.assign(sooner=table["first_tight"].where(table["first_red"].isna(), 0))
    ranked = order.sort_values(
        ["first_red", "sooner", "gap"], ascending=[True, True, False], na_position="last"
    )
    return ranked.drop(columns="sooner").reset_index(drop=True)


def register_states(context: Context, mode: Mode) -> dict[int, str]:
    """Return for each year whether its children are all registered: all, some (not all born), none.

    Children of cohort C are born by 31 August of C - 6; a register older than that day cannot hold them all.
    """
    children = context.project.layers["children"]
    known = set(children["cohort"].unique())
    as_of = _register_day(context.project)
    states = {}
    for year in context.years:
        wanted = seats.cohorts(context.stage, year, mode, system=context.project.stage_system)
        late = as_of is not None and as_of <= pd.Timestamp(max(wanted) - 6, 8, 31)
        states[year] = "none" if not set(wanted) <= known else "some" if late else "all"
    return states


def _register_day(project: Project) -> pd.Timestamp | None:
    rows = project.sources[project.sources["layer"] == "children"]
    if rows.empty:
        return None
    day = pd.to_datetime(rows["as_of"].iloc[0], errors="coerce")
    return None if pd.isna(day) else day


def stock(project: Project, *, private: bool = True) -> pd.DataFrame:
    """Return design seats (设计学位) by district and stage, and who states none; private ones if wanted.

    Returns
    -------
    DataFrame
        district, stage, seats, schools, unknown.
    """
    parts = []
    for stage in stages.STAGES:
        own = seats.zoned(
            project.layers["schools"], stage, system=project.stage_system, mode="enrolment", private=private
        )
        column = f"{stage}_seats"
        stated = pd.to_numeric(own[column]) if column in own else pd.Series(float("nan"), index=own.index)
        district = own["district"].astype("str").fillna("") if "district" in own else ""
        rows = pd.DataFrame({"district": district, "seats": stated.astype("Float64")}, index=own.index)
        parts.append(rows.assign(stage=stage, unknown=stated.isna(), schools=1))
    found = pd.concat(parts).groupby(KEYS, as_index=False)[["seats", "schools", "unknown"]].sum()
    return found.astype({"seats": "int64", "unknown": "int64"})


def boarding_seats(project: Project, stage: str) -> int:
    """Return the design seats of boarding schools of no zone (寄宿制), which `stock` leaves out."""
    schools = project.layers["schools"]
    column = f"{stage}_seats"
    if "boarding" not in schools or column not in schools:
        return 0
    taught = seats.teaches(schools, stage, system=project.stage_system, mode="enrolment").fillna(False)
    own = schools[taught.astype(bool) & zone_of(schools).isna()]
    return int(pd.to_numeric(own[column]).fillna(0).sum())


def has_private(frame: pd.DataFrame) -> bool:
    """Tell whether a forecast tells public and private schools apart."""
    return bool((frame["level"] == "provider_stage").any())


def years(context: Context, frame: pd.DataFrame, *, public: bool = False) -> pd.DataFrame:
    """Return pupils of the stage by year with their range against all seats of today.

    With `public`, pupils and seats of public schools (公办) alone.

    Returns
    -------
    DataFrame
        year, mean, low, high, seats, gap, gap_low, gap_high (gap > 0: seats lacking), basis.
    """
    rows = forecasts.of_stage(context, frame)
    if public:
        mine = (frame["level"] == "provider_stage") & (frame["group"] == "public")
        rows = frame[mine & (frame["stage"] == context.stage)]
    ahead = rows.loc[rows["scenario"] == forecasts.MIDDLE, ["year", "mean", "low", "high", "basis"]]
    held = stock(context.project, private=not public)
    room = int(held.loc[held["stage"] == context.stage, "seats"].sum())
    found = ahead.assign(seats=room)
    for name, column in (("gap", "mean"), ("gap_low", "low"), ("gap_high", "high")):
        found[name] = found[column] - room
    return found.reset_index(drop=True)


def empty(context: Context, frame: pd.DataFrame, more: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the seats left empty after the peak (`planning.need.empty_after_peak`) by district and stage.

    With `more` (the need), its seats count as built.
    """
    ahead = pupils_ahead(_key(context, frame), forecasts.settings(context), context.project, frame)
    held = stock(context.project).set_index(KEYS)["seats"]
    if more is not None:
        held = held.add(more.set_index(KEYS)["total"], fill_value=0)
    return need.empty_after_peak(ahead, held)


def settings_key(context: Context) -> str:
    """Return the forecast's settings as a short text, to go by in caches."""
    return repr(forecasts.settings(context))
