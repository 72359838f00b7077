"""What the planner assumes (设定) for a forecast: scenarios, cut-off, estates, stated rates and shares.

Kept in a file that only grows (`assumed.jsonl`), each entry whole, with its source, author and time; the last
one is in force, and a reset is an entry of the defaults. Scenarios say what if; they never change a range.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from forecasting.scenarios import LOW_MIDDLE_HIGH, Scenario
from gis.faults import Fault, FaultError, Words, register_kinds
from planning import journal
from planning.project import Project
from planning.statedvalues import BuildUp, Slip, Stated, build_up_faults, slip_faults, stated, stated_faults

ASSUMED_FILE: Final = "assumed.jsonl"
#: Name of the scenario that adds nothing to history and register, and is not edited.
MIDDLE: Final = "中"
#: 31 August.
CUTOFF_MONTH: Final = 8
#: Most pupils per household, as in the layer of estates.
MOST_A_HOUSEHOLD: Final = 5.0
#: What can be set, in words and with bounds; a share is per year.
_BOUNDS: Final[dict[str, tuple[float, float, Words]]] = {
    "births": (0.0, 3.0, Words("出生系数", "the factor on births")),
    "migration": (-0.2, 0.2, Words("年净迁入", "net migration a year")),
    "estate_delay": (0, 20, Words("小区延期（年）", "the delay of estates (years)")),
    "primary": (0.0, MOST_A_HOUSEHOLD, Words("小学生/户", "primary pupils per household")),
    "junior": (0.0, MOST_A_HOUSEHOLD, Words("初中生/户", "junior pupils per household")),
    "cutoff_month": (1, 12, Words("入学截止月份", "the month of the cut-off")),
}
_WHOLE: Final = ("estate_delay", "cutoff_month")

register_kinds(
    {
        "assumed_value": (
            "{where}的{what}是“{found}”，应为 {low} 至 {high} 的{kind}。请改正。",
            '{what} of {where} is "{found}"; expected a {kind} from {low} to {high}. Correct it.',
        ),
        "assumed_blank": (
            "没有填写{where}的{what}；应为 {low} 至 {high} 的{kind}。请填写。",
            "{what} of {where} is not filled in; expected a {kind} from {low} to {high}. Fill it in.",
        ),
        "assumed_source": (
            "没有填写{what}。设定须注明，以便日后说明由来。",
            "{what} is missing. An assumption must state it, so that it can be explained later.",
        ),
        "assumed_estate": (
            "“{found}”的学生系数没有写来源。系数没有默认值，请写明出自哪里。",
            'the yields of "{found}" state no source. There is no default; say where they come from.',
        ),
    }
)


@dataclass(frozen=True)
class Yield:
    """Pupils per household of one estate, at maturity, as the planner set them.

    Attributes
    ----------
    estate_id : str
        The estate.
    primary, junior : float
        Pupils per household.
    source, by : str
        Where they come from, and who set them.
    """

    estate_id: str
    primary: float
    junior: float
    source: str
    by: str = ""


@dataclass(frozen=True)
class Assumed:
    """One set of assumptions.

    Attributes
    ----------
    scenarios : tuple of Scenario
        低, 中, 高; 中 is always the plain one.
    cutoff_month : int
        Children who reach the age of entrance by the end of this month enter (8 = 31 August).
    yields : tuple of Yield
        They take the place of the estates table's.
    source, by, at : str
        Where they come from, who set them and when (UTC); "" for the defaults.
    build_up : BuildUp or None
        How estates fill; None: the start of `forecasting.estates.BUILD_UP`.
    slips : tuple of Slip
        Delays of single estates.
    stated : tuple of Stated
        Transfers, repeaters and shares of pupils.
    """

    scenarios: tuple[Scenario, ...] = LOW_MIDDLE_HIGH
    cutoff_month: int = CUTOFF_MONTH
    yields: tuple[Yield, ...] = ()
    source: str = ""
    by: str = ""
    at: str = ""
    build_up: BuildUp | None = None
    slips: tuple[Slip, ...] = ()
    stated: tuple[Stated, ...] = ()

    @property
    def cases(self) -> tuple[Scenario, ...]:
        """The scenarios with the slips of single estates."""
        parts = dict(zip((s.name for s in LOW_MIDDLE_HIGH), ("low", "middle", "high"), strict=True))
        return tuple(
            replace(s, slips=tuple((one.estate_id, int(getattr(one, parts[s.name]))) for one in self.slips))
            for s in self.scenarios
        )


def in_force(project: Project) -> Assumed:
    """Return the assumptions that stand; the file goes along when a year is opened, and is then its own."""
    lines = journal.read(project.folder / ASSUMED_FILE)
    return _read(lines[-1]) if lines else Assumed()


def history(project: Project) -> list[Assumed]:
    """Return every set this project was given, oldest first."""
    return [_read(line) for line in journal.read(project.folder / ASSUMED_FILE)]


def save(
    project: Project,
    *,
    scenarios: Sequence[dict[str, Any]],
    cutoff_month: int = CUTOFF_MONTH,
    yields: Sequence[dict[str, Any]] | None = None,
    source: str,
    by: str,
) -> Assumed:
    """Write a set of assumptions down; it is in force from now on.

    Parameters
    ----------
    project : Project
        The project.
    scenarios : sequence of dict
        name, births, migration, estate_delay of 低 and 高, as in `forecasting.scenarios.Scenario`.
    cutoff_month : int
        See `Assumed`.
    yields : sequence of dict, optional
        estate_id, primary, junior, source; without them those in force stay.
    source, by : str
        Where the scenarios come from, and who sets them.

    Raises
    ------
    FaultError
        With every fault; nothing is written then.
    """
    faults = _said(source, by) + _faults(scenarios, cutoff_month, yields or ())
    if faults:
        raise FaultError(faults)
    moved = {str(row["name"]): _scenario(row) for row in scenarios}
    chosen = tuple(s if s.name == MIDDLE else moved.get(s.name, s) for s in LOW_MIDDLE_HIGH)
    now = in_force(project)
    given = now.yields if yields is None else tuple(map(_yield, yields))
    moved_on = replace(now, scenarios=chosen, cutoff_month=int(cutoff_month), yields=given)
    made = replace(moved_on, source=source.strip(), by=by.strip())
    return _append(project, made)


def set_yield(
    project: Project, *, estate_id: str, primary: float, junior: float, source: str, by: str
) -> Assumed:
    """Set the yields of one estate, and leave everything else as it is.

    Parameters
    ----------
    project : Project
        The project.
    estate_id, primary, junior, source
        As in `Yield`.
    by : str
        Who sets them.

    Raises
    ------
    FaultError
        With every fault; nothing is written then.
    """
    given = {"estate_id": estate_id, "primary": primary, "junior": junior, "source": source}
    return set_yields(project, [given], by=by)


def set_yields(project: Project, rows: Sequence[dict[str, Any]], *, by: str) -> Assumed:
    """Set the yields of several estates in one entry, and leave everything else as it is.

    Parameters
    ----------
    project : Project
        The project.
    rows : sequence of dict
        estate_id, primary, junior, source, as in `Yield`.
    by : str
        Who sets them.

    Raises
    ------
    FaultError
        With every fault; nothing is written then.
    """
    given = [{**row, "by": by} for row in rows]
    if faults := _said("-", by) + _faults((), CUTOFF_MONTH, given):
        raise FaultError(faults)
    now, named = in_force(project), {str(row["estate_id"]) for row in given}
    others = tuple(y for y in now.yields if y.estate_id not in named)
    return _append(project, replace(now, yields=(*others, *map(_yield, given))))


def reset(project: Project, *, by: str) -> Assumed:
    """Go back to the scenarios and the cut-off of the start by a further entry; yields stay.

    Raises
    ------
    FaultError
        If nobody is named.
    """
    if faults := _said("-", by):
        raise FaultError(faults)
    start = Assumed(by=by.strip())
    kept = replace(in_force(project), scenarios=start.scenarios, cutoff_month=start.cutoff_month)
    return _append(project, replace(kept, source="", by=start.by))


def set_build_up(project: Project, shares: Sequence[float], *, source: str, by: str) -> Assumed:
    """State how estates fill (share of maturity by years since handover); an empty one takes it back.

    Raises
    ------
    FaultError
        With every fault; nothing is written then.
    """
    faults = _said("-", by) + (build_up_faults(shares, source) if len(shares) else [])
    if faults:
        raise FaultError(faults)
    told = BuildUp(tuple(map(float, shares)), source.strip(), by.strip()) if len(shares) else None
    return _append(project, replace(in_force(project), build_up=told))


def set_slip(project: Project, row: dict[str, Any], *, by: str) -> Assumed:
    """State by how many years one estate is late in each scenario; no delay at all takes the entry away.

    Parameters
    ----------
    project : Project
        The project.
    row : dict
        estate_id, low, middle, high, source, as in `Slip`.
    by : str
        Who states it.

    Raises
    ------
    FaultError
        With every fault; nothing is written then. Delays that the scenarios contradict, and those of estates
        that were handed over before the project's year, are faults.
    """
    if faults := _said("-", by) + slip_faults(project, row):
        raise FaultError(faults)
    low, middle, high = (int(row[name]) for name in ("low", "middle", "high"))
    now = in_force(project)
    others = tuple(s for s in now.slips if s.estate_id != str(row["estate_id"]))
    mine = (Slip(str(row["estate_id"]), low, middle, high, str(row["source"]).strip(), by.strip()),)
    return _append(project, replace(now, slips=others + mine))


def drop_slip(project: Project, estate_id: str, *, by: str) -> Assumed:
    """Take the slip of one estate back by a further entry; the delay of the scenario holds for it again.

    Raises
    ------
    FaultError
        If there is none, or nobody is named.
    """
    now = in_force(project)
    others = tuple(s for s in now.slips if s.estate_id != estate_id)
    return _without(project, now, by, replace(now, slips=others), estate_id)


def set_stated(project: Project, rows: Sequence[dict[str, Any]], *, by: str) -> Assumed:
    """State transfers, repeaters or shares; each takes the place of one with the same key.

    Parameters
    ----------
    project : Project
        The project.
    rows : sequence of dict
        what, first_grade, last_grade, schools, value, from_year, source, as in `Stated`.
    by : str
        Who states them.

    Raises
    ------
    FaultError
        With every fault, schools of which there are none among them; nothing is written then.
    """
    if faults := _said("-", by) + [fault for row in rows for fault in stated_faults(project, row)]:
        raise FaultError(faults)
    now, told = in_force(project), [stated(row, by) for row in rows]
    keys = {one.key for one in told}
    others = tuple(one for one in now.stated if one.key not in keys)
    return _append(project, replace(now, stated=(*others, *told)))


def drop_stated(project: Project, one: Stated, *, by: str) -> Assumed:
    """Take a stated value back by a further entry.

    Raises
    ------
    FaultError
        If it does not stand, or nobody is named.
    """
    now = in_force(project)
    others = tuple(s for s in now.stated if s.key != one.key)
    return _without(project, now, by, replace(now, stated=others), one.what)


def _without(project: Project, now: Assumed, by: str, made: Assumed, what: str) -> Assumed:
    faults = _said("-", by) + ([Fault("stated_nothing", found=what)] if made == now else [])
    if faults:
        raise FaultError(faults)
    return _append(project, made)


def _scenario(row: dict[str, Any]) -> Scenario:
    births, migration = float(row["births"]), float(row["migration"])
    return Scenario(str(row["name"]), births, migration, int(row["estate_delay"]))


def _yield(row: dict[str, Any]) -> Yield:
    primary, junior = float(row["primary"]), float(row["junior"])
    source, by = (str(row.get(name) or "").strip() for name in ("source", "by"))
    return Yield(str(row["estate_id"]), primary, junior, source, by)


def _append(project: Project, chosen: Assumed) -> Assumed:
    line = {name: value for name, value in asdict(chosen).items() if name != "at"}
    return _read(journal.append(project.folder / ASSUMED_FILE, line))


def _read(line: dict[str, Any]) -> Assumed:
    curve = line.get("build_up")
    return Assumed(
        scenarios=tuple(Scenario(**{**row, "slips": ()}) for row in line["scenarios"]),
        cutoff_month=int(line["cutoff_month"]),
        yields=tuple(Yield(**row) for row in line["yields"]),
        source=line["source"],
        by=line["by"],
        at=line["at"],
        build_up=BuildUp(**{**curve, "shares": tuple(curve["shares"])}) if curve else None,
        slips=tuple(Slip(**row) for row in line.get("slips", ())),
        stated=tuple(Stated(**row) for row in line.get("stated", ())),
    )


def _said(source: str, by: str) -> list[Fault]:
    asked = ((source, Words("来源", "the source")), (by, Words("经办人", "the author")))
    return [Fault("assumed_source", params={"what": words}) for text, words in asked if not text.strip()]


def _faults(
    scenarios: Sequence[dict[str, Any]], cutoff_month: float, yields: Sequence[dict[str, Any]]
) -> list[Fault]:
    places: list[tuple[dict[str, Any], str, tuple[str, ...]]]
    places = [(row, str(row["name"]), ("births", "migration", "estate_delay")) for row in scenarios]
    places += [(row, str(row["estate_id"]), ("primary", "junior")) for row in yields]
    entrance = Words("入学", "entrance")
    found = [_check(row[name], name, place) for row, place, names in places for name in names]
    found.append(_check(cutoff_month, "cutoff_month", entrance))
    blank = [
        Fault("assumed_estate", found=str(y["estate_id"]))
        for y in yields
        if not str(y["source"] or "").strip()
    ]
    return [fault for fault in found if fault is not None] + blank


def _check(value: Any, name: str, where: str | Words) -> Fault | None:
    low, high, words = _BOUNDS[name]
    number = float("nan") if value is None else float(value)
    whole = name in _WHOLE
    if math.isfinite(number) and low <= number <= high and (number.is_integer() or not whole):
        return None
    kind = Words("整数", "whole number") if whole else Words("数", "number")
    params = {"where": where, "what": words, "low": low, "high": high, "kind": kind}
    if math.isnan(number):
        return Fault("assumed_blank", params=params)
    return Fault("assumed_value", found=str(value), params=params)
