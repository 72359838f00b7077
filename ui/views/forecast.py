"""What the page 预测 shows: pupils to come by stage, grade, school and unit, with their ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd
import streamlit as st

from planning import assumed, bornshares, forecasts, lineage, need, outlook, policy, stages
from planning.forecasts import Settings
from planning.project import Project
from ui import naming, widgets
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import plan as plans

MIDDLE = "中"
AHEAD = 9
TOWARDS = 3
#: Smallest oversized class (大班额) where no rule in force gives one, and the metric of the rules that do.
LARGE: Final = 56
_OVERSIZED: Final = "class_count_over"


def settings(context: Context) -> Settings:
    """Return the settings of the forecast that this tab looks at."""
    stated = outlook.states_share(context.project)
    counted = st.session_state.get("estates-on", stated)
    share = st.session_state.get("from-outside", 50) / 100 if counted and not stated else None
    plain = Settings(until=context.project.year + AHEAD, estates=counted, from_outside=share)
    return plain.under(assumed.in_force(context.project)).marked(context.project)


def current(context: Context) -> pd.DataFrame | None:
    """Return the forecast with the chosen settings, None where it is not made yet."""
    chosen = settings(context)
    if not forecasts.exists(context.project, chosen):
        return None
    return _read(context.project.key, chosen, context.project)


@st.cache_resource(max_entries=6, show_spinner=False)
def _read(key: str, chosen: Settings, _project: Project) -> pd.DataFrame | None:
    return forecasts.stored(_project, chosen)


@st.cache_resource(max_entries=4, show_spinner=False)
def history(key: str, _project: Project) -> pd.DataFrame:
    """Return the enrolment history with the stage of each grade."""
    past = outlook.history(_project)
    grade = past["grade"].astype(int)
    return past.assign(grade=grade, stage=[stages.stage_of(_project.stage_system, g) for g in grade])


def base_year(project: Project) -> int:
    """Return the newest school year of the history: the year that the forecast stands on."""
    return int(history(project.key, project)["year"].max())


def stands_on(context: Context) -> str:
    """Say which years the forecast goes from and to, whatever year the sidebar shows."""
    return _(
        "预测以 {base} 学年的在校生为起点,推算到 {until} 学年;侧栏所选的学年不改变这里的数字。",
        base=base_year(context.project),
        until=settings(context).until,
    )


def ranged(mean: float, low: float, high: float) -> str:
    """Return a forecast with its range, in whole pupils: 412(380–447)."""
    return _("{mean}({span})", mean=widgets.whole(mean), span=widgets.span(low, high))


def passed(high: float, now: float) -> bool:
    """Tell whether a peak is past: even its upper bound is below today, in whole pupils as shown."""
    return round(high) < round(now)


def stage_line(context: Context) -> str:
    """Say which stage a file is of."""
    return _("学段:{stage}。", stage=stage_word(context.stage))


def places(project: Project) -> dict[str, str]:
    """Return the districts and townships by the names other layers state, in the page's language."""
    if not project.has("areas"):
        return {}
    given = naming.stored(project)["areas"]["name"]
    return dict(zip(map(str, given), map(str, project.layers["areas"]["name"]), strict=True))


def named(project: Project, text: str) -> str:
    """Return a sentence kept with the forecast with the names of schools and scenarios the page uses."""
    schools = naming.stored(project)["schools"]["name"].astype("str")
    names = dict(zip(schools, project.layers["schools"]["name"].astype("str"), strict=True))
    if language() == "en":
        names |= {'"低"': '"Low"', '"高"': '"High"'}
    for given in sorted(names, key=len, reverse=True):  # a name may hold a shorter one
        text = text.replace(given, names[given])
    return text[:1].upper() + text[1:]


def of_stage(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the years of the stage in the whole area, every scenario."""
    return frame[(frame["level"] == "area_stage") & (frame["stage"] == context.stage)]


def entrants(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the years of the stage's first grade in the whole area, every scenario."""
    first = str(context.project.entry_grade(context.stage))
    return frame[(frame["level"] == "area_grade") & (frame["grade"] == first)]


def past_totals(context: Context, *, entry: bool = False, public: bool = False) -> pd.DataFrame:
    """Return year and pupils of the stage, or of its first grade or public schools, in the past."""
    past = history(context.project.key, context.project)
    rows = past[past["stage"] == context.stage]
    if public:
        rows = rows[~rows["school"].isin(private_schools(context.project))]
    if entry:
        rows = rows[rows["grade"] == context.project.entry_grade(context.stage)]
    return rows.groupby("year", as_index=False)[["enrolment"]].sum().rename(columns={"enrolment": "pupils"})


def private_schools(project: Project) -> pd.Series:
    """Return the ids of private schools (民办), with the former ids of those that became private ones."""
    schools = project.layers["schools"]
    if "provider" not in schools:
        return schools["school_id"].iloc[:0]
    private = schools.loc[schools["provider"].eq("private").fillna(False).astype(bool), "school_id"]
    own, known = set(private), set(schools["school_id"])
    former = [one for one, heirs in _successors(project).items() if one not in known and heirs <= own]
    return pd.concat([private, pd.Series(former, dtype=private.dtype)], ignore_index=True)


def gone_schools(context: Context) -> int:
    """Return how many schools of the stage's past are no longer in the layer, nor became one that is."""
    past = history(context.project.key, context.project)
    names = past.loc[past["stage"] == context.stage, "school"]
    known = set(context.project.layers["schools"]["school_id"])
    known |= {one for one, heirs in _successors(context.project).items() if heirs <= known}
    return int(names[~names.isin(known)].nunique())


def _successors(project: Project) -> dict[str, frozenset[str]]:
    return lineage.successors(lineage.stored(project.folder))


@st.cache_resource(max_entries=8, show_spinner=False)
def peaks(key: str, chosen: Settings, stage: str, _project: Project, _frame: pd.DataFrame) -> pd.Series:
    """Return the peak of the stage in the whole area: pupils, year, and the range of both."""
    from forecasting.peaks import peaks as find

    rows = _frame[
        (_frame["level"] == "area_stage") & (_frame["stage"] == stage) & (_frame["scenario"] == MIDDLE)
    ]
    return find(rows).iloc[0]


def by_school(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the schools of the stage: pupils now and in three years, largest change first.

    Returns
    -------
    DataFrame
        school_id, school (name), pupils (of the base year), mean, low, high, change.
    """
    past = history(context.project.key, context.project)
    last = past["year"].max()
    now = past[(past["year"] == last) & (past["stage"] == context.stage)].groupby("school")["enrolment"].sum()
    rows = frame[
        (frame["level"] == "school_stage")
        & (frame["stage"] == context.stage)
        & (frame["scenario"] == MIDDLE)
        & (frame["year"] == last + TOWARDS)
    ]
    names = context.project.layers["schools"].set_index("school_id")["name"]
    ids = rows["school"].reset_index(drop=True)
    ahead = rows[["mean", "low", "high"]].reset_index(drop=True)
    table = pd.DataFrame({"school_id": ids, "school": ids.map(names), "pupils": ids.map(now)}).join(ahead)
    table["change"] = table["mean"] - table["pupils"]
    return table.sort_values("change", key=lambda c: -c.abs()).reset_index(drop=True)


def zone_names(context: Context) -> pd.Series:
    """Return zone_id -> name; a zone that nobody is assigned to (a private school) has its school's."""
    named = plans.zone_names(context.project.key, context.stage, context.project)
    schools = context.project.layers["schools"].set_index("school_id")["name"]
    return named.combine_first(schools)


@dataclass(frozen=True)
class Limits:
    """Class sizes (班额) of one stage that classes are forecast by.

    Attributes
    ----------
    standard : int
        Pupils a class at most (标准班额).
    large : int
        Smallest class that is oversized (大班额).
    sources : tuple of str
        Where the rules in force give them; empty where none does, and the national values stand.
    """

    standard: int
    large: int
    sources: tuple[str, ...] = ()


def class_limits(project: Project, stage: str) -> Limits:
    """Return the class sizes of a stage by the rules in force; of several definitions the strictest."""
    found = policy.in_force(project.packs, on=policy.school_year_day(project.year))
    mine = [rule for rule in found if rule.stage in (stage, "both")]
    sizes = [rule for rule in mine if rule.metric == "standard_class" and rule.value is not None]
    over = [rule for rule in mine if rule.metric == _OVERSIZED and rule.at is not None]
    standard = min((int(rule.value or 0) for rule in sizes), default=int(need.STANDARD[stage]))
    large = min((int(rule.at or 0) for rule in over), default=LARGE)
    used = [next((rule.source for rule in sizes if rule.value == standard), None)]
    used.append(next((rule.source for rule in over if rule.at == large), None))
    return Limits(standard, large, tuple(dict.fromkeys(source for source in used if source)))


def class_years(context: Context, frame: pd.DataFrame) -> list[int]:
    """Return the forecast years that classes can be told for."""
    last = base_year(context.project)
    return [year for year in sorted(map(int, frame["year"].unique())) if year > last]


def knows_classes(context: Context) -> bool:
    """Return whether the classes of the year that the forecast starts from are known, to be kept."""
    return bool((context.project.layers["classes"]["year"] == base_year(context.project)).any())


def classes_ahead(context: Context, frame: pd.DataFrame, *, rule: str) -> pd.DataFrame:
    """Return classes to open and the chance of 大班额 by school, grade and year, in the middle scenario.

    Its ``attrs["unknown"]`` counts the cohorts whose classes of today the roster does not have.
    """
    project = context.project
    return _classes_ahead(project.key, settings(context), context.stage, rule, context, frame)


@st.cache_resource(max_entries=8, show_spinner=False)
def _classes_ahead(
    key: str, chosen: Settings, stage: str, rule: str, _context: Context, _frame: pd.DataFrame
) -> pd.DataFrame:
    from forecasting.classes import classes

    last, project = base_year(_context.project), _context.project
    cells = (_frame["scenario"] == MIDDLE) & (_frame["level"] == "cell") & (_frame["stage"] != "")
    roster = project.layers["classes"]
    counted = roster[roster["year"] == last].groupby(["school_id", "grade"], as_index=False).size()
    limits = {each: class_limits(project, each) for each in stages.STAGES}
    table = classes(
        _frame[cells],
        standard={each: own.standard for each, own in limits.items()},
        large={each: own.large for each, own in limits.items()},
        rule=rule,
        current=counted.rename(columns={"school_id": "school", "size": "classes"}),
    )
    rows = table[table["stage"] == stage]
    names = project.layers["schools"].set_index("school_id")["name"]
    named = rows.assign(school_id=rows["school"], school=rows["school"].map(names))
    result = named.sort_values(["year", "p_oversized"], ascending=[True, False], ignore_index=True)
    result.attrs["unknown"] = _without_classes(_context, counted)
    return result


def _without_classes(context: Context, counted: pd.DataFrame) -> int:
    """Return how many schools' grades have pupils today but no class in the roster, where they move up."""
    past = history(context.project.key, context.project)
    up = past["grade"] < max(context.project.grades(context.stage))
    here = past[(past["year"] == past["year"].max()) & (past["stage"] == context.stage) & up]
    schooled = pd.MultiIndex.from_frame(here.loc[here["enrolment"] > 0, ["school", "grade"]])
    known = pd.MultiIndex.from_frame(counted[["school_id", "grade"]].astype({"grade": int}))
    return len(schooled.difference(known))


def growth_by_unit(context: Context) -> gpd.GeoDataFrame:
    """Return the units with the entrants registered now and in three years, and the change."""
    return _growth(context.project.key, context.stage, context.project)


@st.cache_resource(max_entries=6, show_spinner=False)
def _growth(key: str, stage: str, _project: Project) -> gpd.GeoDataFrame:
    units = plans.units_on_the_ground(key, _project)
    children = _project.layers["children"]
    for column, year in (("now", _project.year), ("then", _project.year + TOWARDS)):
        cohort = _project.entry_cohort(stage, year)
        count = children[children["cohort"] == cohort].groupby("unit_id")["children"].sum()
        units = units.assign(**{column: units["unit_id"].map(count).fillna(0).astype(int)})
    return units.assign(change=units["then"] - units["now"])


@st.cache_data(max_entries=8, show_spinner=False)
def growth_map(key: str, stage: str, lang: str, _context: Context) -> str:
    """Return the one-file map of `growth_by_unit`, once for each version of the data and language."""
    from ui.maps import forecast as drawing

    year = _context.project.year
    return drawing.growth(_context, growth_by_unit(_context), now=year, then=year + TOWARDS)


def born_shares(context: Context) -> pd.DataFrame | None:
    """Return what became of births, as `planning.bornshares.by_year`."""
    return _born_shares(context.project.key, settings(context), context.project)


@st.cache_resource(max_entries=4, show_spinner=False)
def _born_shares(key: str, chosen: Settings, _project: Project) -> pd.DataFrame | None:
    return bornshares.by_year(_project)
