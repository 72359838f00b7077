"""Zone from the plain tables of published instances: units, schools and adjacency as CSV, a plan as CSV."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError
from zoning import rulefile
from zoning.building import Collector
from zoning.options import Options
from zoning.problem import Problem, ids
from zoning.result import Result
from zoning.rulefile import RuleFile

Progress = Callable[[float, float, float], None]

ENCODINGS = ("utf-8-sig", "gb18030")


def read_bench(units: str | Path, schools: str | Path, adjacency: str | Path) -> Problem:
    """Read a problem from three CSV files, reporting every fault of all three at once.

    Parameters
    ----------
    units
        Columns ``id, x, y, demand`` (metres, pupils).
    schools
        Columns ``id, unit, x, y, capacity``: the unit the school stands in, and its seats.
    adjacency
        Columns ``a, b``: units beside each other.

    Returns
    -------
    Problem
        Walks are straight lines between the given points; each school is a zone.

    Raises
    ------
    FaultError
        With every fault, each with its file, row and column.
    """
    check = Collector()
    homes = _read(check, units, ("id", "x", "y", "demand"))
    places = _read(check, schools, ("id", "unit", "x", "y", "capacity"))
    edges = _read(check, adjacency, ("a", "b"), may_be_empty=True)
    if homes is None or places is None or edges is None:
        check.done()
        raise AssertionError("unreachable: a table that could not be read is a fault")
    unit_ids, zone_ids = ids(homes["id"]), ids(places["id"])
    check.unique(unit_ids, _name(units), "id")
    check.unique(zone_ids, _name(schools), "id")
    demand = check.counts(homes["demand"], _name(units))
    capacity = check.counts(places["capacity"], _name(schools))
    metres = _distances(check, homes, places, _name(units), _name(schools))
    at = check.units(unit_ids, places["unit"], _name(schools))
    indptr, indices = check.neighbours(unit_ids, edges, _name(adjacency))
    check.done()
    anchors = tuple(np.array([u], dtype=np.int32) for u in at)
    locked = np.full(len(unit_ids), -1, dtype=np.int32)
    banned = np.zeros(metres.shape, dtype=bool)
    return Problem(unit_ids, zone_ids, demand, metres, capacity, anchors, indptr, indices, locked, banned)


def write_plan(zones: pd.Series, path: str | Path) -> None:
    """Write a plan as CSV with the columns ``unit_id, school_id``."""
    frame = zones.rename("school_id").rename_axis("unit_id").reset_index()
    frame.to_csv(path, index=False, encoding="utf-8")


def read_plan(path: str | Path) -> pd.Series:
    """Read a plan that :func:`write_plan` has written, unit_id -> school id.

    Raises
    ------
    FaultError
        If it cannot be read, or names a unit twice.
    """
    check = Collector()
    frame = _read(check, path, ("unit_id", "school_id"), may_be_empty=True)
    if frame is not None:
        check.unique(ids(frame["unit_id"]), _name(path), "unit_id")
    check.done()
    if frame is None:
        raise AssertionError("unreachable: a table that could not be read is a fault")
    named = pd.Series(ids(frame["school_id"]), index=ids(frame["unit_id"]), name="zone_id")
    return named[named != ""]


def run(
    units: str | Path,
    schools: str | Path,
    adjacency: str | Path,
    *,
    seconds: float | None = None,
    work: int | None = None,
    exact: bool = False,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    max_metres: float | None = None,
    stay: float = 0.0,
    present: str | Path | None = None,
    rules: str | Path | None = None,
) -> dict[str, object]:
    """Read tables, make the best plan in time, write it, and return the figures of the run.

    Parameters
    ----------
    units, schools, adjacency
        Files as in :func:`read_bench`.
    seconds
        Time allowed, counted from the start of this process; the run ends a little before.
    work, exact, seed, progress
        As in :func:`zoning.optimise.optimise`.
    out
        Where to write the plan: columns ``unit_id, school_id``. Nothing is written when there is no plan.
    max_metres, stay
        As in :class:`zoning.options.Options`.
    present
        The plan in force that ``stay`` looks at: columns ``unit_id, school_id``.
    rules
        A file of optional rules (:func:`zoning.rulefile.read`); ``max_metres`` and ``stay`` go before its
        own.

    Returns
    -------
    dict
        ``cost, bound, gap, feasible, seconds, work, violations``, and ``reasons`` (Chinese and English) when
        it is proven that there is no plan. Numbers that do not exist are None. Under options also ``spared``
        (units that a rule could not be asked of) and ``moved`` (pupils).

    Raises
    ------
    FaultError
        With every fault of the three tables, or of the options.
    """
    from zoning import prices

    problem, file, before = _inputs(units, schools, adjacency, rules, present)
    given = {"max_metres": max_metres, "stay": stay or None}
    values = {**file.values, **{name: value for name, value in given.items() if value is not None}}
    options = Options(**values, **_columns(file, units, adjacency), present=before)

    def by(posed: Problem, start: pd.Series | None) -> Result:
        return solve(posed, seconds=seconds, work=work, exact=exact, seed=seed, progress=progress)

    if file.most_moved is not None:
        options = _limited(problem, options, file.most_moved, seconds=seconds, work=work, seed=seed)
    optioned = prices.solve(problem, options, by, seed=seed) if options.active or rules is not None else None
    result = by(problem, None) if optioned is None else optioned.result
    if out is not None and result.feasible is not False:
        write_plan(result.zones, out)
    record: dict[str, object] = {
        "cost": _finite(result.cost) if result.feasible is not False else None,
        "bound": _finite(result.bound),
        "gap": _finite(result.gap),
        "feasible": result.feasible,
        "seconds": round(elapsed(), 3),
        "work": result.work,
        "violations": result.violations,
    }
    if optioned is not None:
        posed = optioned.posed
        moved = posed.moved(result.zones)
        record |= {"spared": list(posed.spared), "moved": moved}
        if file.most_moved is not None and moved > file.most_moved:
            # The limit is a heuristic of prices: nothing is proven, but the plan found does not keep it.
            record |= {"feasible": record["feasible"] and None, "violations": result.violations + 1}
    if result.reasons:
        record["reasons"] = [{"zh": reason.zh, "en": reason.en} for reason in result.reasons]
    return record


def _inputs(
    units: str | Path,
    schools: str | Path,
    adjacency: str | Path,
    rules: str | Path | None,
    present: str | Path | None,
) -> tuple[Problem, RuleFile, pd.Series | None]:
    """Read everything, so that the faults of all files are told at once."""
    faults: list[Fault] = []
    problem, file, before = None, RuleFile(), None
    try:
        problem = read_bench(units, schools, adjacency)
    except FaultError as error:
        faults += error.faults
    try:
        file = RuleFile() if rules is None else rulefile.read(rules)
    except FaultError as error:
        faults += error.faults
    try:
        before = None if present is None else read_plan(present)
    except FaultError as error:
        faults += error.faults
    if file.most_moved is not None and present is None:
        faults.append(
            Fault(
                "zoning_option_number", found="most_moved", params={"wanted": "--present unit_id,school_id"}
            )
        )
    if faults or problem is None:
        raise FaultError(faults)
    return problem, file, before


def _columns(file: RuleFile, units: str | Path, adjacency: str | Path) -> dict[str, Any]:
    """Return what rules take out of further columns of the tables."""
    found: dict[str, Any] = {}
    if file.balance is not None:
        table = rulefile.column(units, file.balance, ["id"], "balance")
        found["balance"] = pd.Series(table[file.balance].to_numpy(), index=ids(table["id"]))
    if file.values.get("compact"):
        found["borders"] = rulefile.column(adjacency, "metres", ["a", "b"], "compact")
    return found


def _limited(
    problem: Problem, options: Options, most: int, *, seconds: float | None, work: int | None, seed: int
) -> Options:
    """Return options with a price of moving that keeps a limit; half of the time goes to that."""
    from zoning import prices
    from zoning.optimise import optimise

    each = None if seconds is None else max(seconds - elapsed(), 1.0) / 2 / prices.DEAREST
    some = None if work is None else max(work // 4, 1)

    def by(posed: Problem, start: pd.Series | None) -> Result:
        return optimise(posed, start, seconds=each, work=some, seed=seed)

    return prices.limit_moved(problem, options, most, by, seed=seed)


def solve(
    problem: Problem,
    *,
    seconds: float | None = None,
    work: int | None = None,
    exact: bool = False,
    seed: int = 0,
    progress: Progress | None = None,
    cpu: bool = False,
) -> Result:
    """Optimise as :func:`zoning.optimise.optimise` does, ending before the process is ``seconds`` old.

    With ``cpu`` the age is the seconds that the process has worked, whatever else the machine had to do.
    """
    from zoning.optimise import optimise

    clock = _worked() if cpu else time.monotonic
    left = None if seconds is None else max(seconds - elapsed(cpu=cpu) - margin(seconds), 0.05)
    return optimise(problem, seconds=left, work=work, seed=seed, exact=exact, progress=progress, clock=clock)


def _worked() -> Callable[[], float]:
    """Return a clock of the seconds this process has worked, asked of the system every hundredth of a second.

    Asking may take a third of a millisecond, and the solver asks many thousand times.
    """
    asked, worked = -math.inf, 0.0

    def clock() -> float:
        nonlocal asked, worked
        now = time.monotonic()
        if now - asked >= 0.01:
            asked, worked = now, time.process_time()
        return worked

    return clock


def exit_code(record: dict[str, object]) -> int:
    """Return the exit status that a record of :func:`run` asks for: 0 feasible, 3 infeasible, 4 undecided."""
    return {True: 0, False: 3, None: 4}[record["feasible"]]  # type: ignore[index]


def margin(seconds: float) -> float:
    """Return the seconds kept back from a time limit for the last step, checks and writing."""
    return min(1.3 + 0.02 * seconds, 0.3 * seconds)


def elapsed(*, cpu: bool = False) -> float:
    """Return the age of this process in seconds; with ``cpu`` those it has worked."""
    import psutil

    if cpu:
        return time.process_time()
    return time.time() - float(psutil.Process().create_time())


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def to_json(record: dict[str, object]) -> str:
    """Return a record as one line of JSON."""
    return json.dumps(record, ensure_ascii=False)


def _name(path: str | Path) -> str:
    return Path(path).name


def _read(
    check: Collector, path: str | Path, columns: tuple[str, ...], *, may_be_empty: bool = False
) -> pd.DataFrame | None:
    """Read a CSV as text, or note why it cannot be read and return None."""
    for encoding in ENCODINGS:
        try:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)
        except UnicodeDecodeError:
            continue
        except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            check.add("zoning_file_unreadable", _name(path), found=type(error).__name__)
            return None
        frame.columns = frame.columns.str.strip()
        frame = frame.apply(lambda column: column.str.strip())
        if not check.columns(frame, columns, _name(path)):
            return None
        if not len(frame) and not may_be_empty:
            check.add("zoning_empty", _name(path))
        return frame
    check.add("zoning_file_unreadable", _name(path), found="UnicodeDecodeError")
    return None


def _distances(
    check: Collector, homes: pd.DataFrame, places: pd.DataFrame, units: str, schools: str
) -> np.ndarray:
    """Return straight-line distances in metres, shape (units, schools)."""
    dx = check.numbers(homes["x"], units)[:, None] - check.numbers(places["x"], schools)[None]
    dy = check.numbers(homes["y"], units)[:, None] - check.numbers(places["y"], schools)[None]
    return np.hypot(dx, dy)
