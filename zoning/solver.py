"""One way to call HiGHS: a sparse model in, an outcome with bounds out; stops on effort, time or wish."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Limits:
    """When a run must end.

    Parameters
    ----------
    deadline
        Value of the clock not to be passed, seconds.
    cancelled
        Polled now and then; True ends the run.
    clock
        What time is: seconds of the day by default, seconds of work of this process when measuring on a
        machine that others use too.
    """

    deadline: float = math.inf
    cancelled: Callable[[], bool] = field(default=lambda: False)
    clock: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds left, 0 when the run must end."""
        return 0.0 if self.cancelled() else max(self.deadline - self.clock(), 0.0)

    def share(self, part: float) -> Limits:
        """Return limits that end after ``part`` of the time left."""
        if not math.isfinite(self.deadline):
            return self
        return replace(self, deadline=self.clock() + part * self.left)

    @property
    def solver_seconds(self) -> float:
        """Seconds to allow a solver that counts by the wall: without limit where the clock is another."""
        timed = math.isfinite(self.deadline) and self.clock is time.monotonic
        return max(self.left, 0.01) if timed else math.inf


@dataclass(frozen=True)
class Model:
    """A linear model in columns: minimise ``cost`` x, ``row_lower`` <= A x <= ``row_upper``, bounds on x.

    ``start``, ``index`` and ``value`` hold A by columns, as in compressed sparse columns.
    """

    cost: np.ndarray
    upper: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray
    start: np.ndarray
    index: np.ndarray
    value: np.ndarray
    integer: np.ndarray | None = None

    @staticmethod
    def from_triplets(
        cost: np.ndarray,
        upper: np.ndarray,
        row_lower: np.ndarray,
        row_upper: np.ndarray,
        row: np.ndarray,
        column: np.ndarray,
        value: np.ndarray,
        *,
        integer: np.ndarray | None = None,
    ) -> Model:
        """Build a model from the entries of A in any order."""
        order = np.argsort(column, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(cost)))])
        return Model(cost, upper, row_lower, row_upper, start, row[order], value[order], integer)


@dataclass(frozen=True)
class Outcome:
    """What HiGHS found.

    ``x`` is None without a solution; ``bound`` is the dual bound of a whole-number model (-inf if unknown);
    ``optimal`` and ``infeasible`` are proofs up to the solver's tolerances; ``duals`` are those of the rows;
    ``iterations`` are those of the simplex, which time follows closely.
    """

    x: np.ndarray | None
    objective: float
    bound: float
    optimal: bool
    infeasible: bool
    duals: np.ndarray | None = None
    iterations: int = 0


def solve(
    model: Model,
    limits: Limits,
    *,
    effort: int | None = None,
    hint: np.ndarray | None = None,
    seed: int = 0,
) -> Outcome:
    """Solve a model with one thread.

    Parameters
    ----------
    model
        The model; columns with ``integer`` true take whole numbers.
    limits
        Time and wish to stop.
    effort
        How many of the solver's own stop checks may pass in a whole-number model: a measure of work that is
        the same on every machine.
    hint
        A solution to start from.
    seed
        Random seed of the solver.
    """
    import highspy

    highs = load(model, seed)
    whole = model.integer is not None and bool(model.integer.any())
    highs.setOptionValue("time_limit", limits.solver_seconds)
    if whole:
        checks = _Checks(effort, limits)
        highs.cbMipInterrupt.subscribe(checks)
        if hint is not None:
            solution = highspy.HighsSolution()
            solution.col_value = hint
            highs.setSolution(solution)
    highs.run()
    return outcome(highs, whole)


@dataclass
class _Checks:
    """Counts the stop checks of a run and asks it to end when they are used up or its limits are met."""

    effort: int | None
    limits: Limits
    count: int = 0

    def __call__(self, event: Any) -> None:
        self.count += 1
        if (self.effort is not None and self.count >= self.effort) or self.limits.left <= 0:
            event.data_in.user_interrupt = True


def load(model: Model, seed: int) -> Any:
    """Return the solver with a model in it, ready to run with one thread."""
    import highspy

    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("random_seed", seed % 2**31)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 1e-6)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.cost), len(model.row_lower)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, np.zeros(len(model.cost)), model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = model.start.astype(np.int32)
    lp.a_matrix_.index_ = model.index.astype(np.int32)
    lp.a_matrix_.value_ = model.value.astype(float)
    if model.integer is not None:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(i)] for i in model.integer]
    highs.passModel(lp)
    return highs


def outcome(highs: Any, whole: bool) -> Outcome:
    """Return what the last run of the solver found."""
    import highspy

    status = highs.getModelStatus()
    info = highs.getInfo()
    solution = highs.getSolution()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Outcome(
        x=np.array(solution.col_value) if found else None,
        objective=float(info.objective_function_value) if found else math.inf,
        bound=float(info.mip_dual_bound) if whole else -math.inf,
        optimal=status == highspy.HighsModelStatus.kOptimal,
        infeasible=status == highspy.HighsModelStatus.kInfeasible,
        duals=None if whole or not solution.dual_valid else np.array(solution.row_dual),
        iterations=max(int(info.simplex_iteration_count), 0),
    )
