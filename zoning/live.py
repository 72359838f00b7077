"""A model kept alive in HiGHS: rows are added and dropped, pairs close, and each run starts from the last.

The bounds it gives rest on the prices of the rows alone, made to have the right sign, so that they hold
whatever the solver's tolerances (Neumaier and Shcherbina 2004).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, vstack

from zoning.core import Core, Cuts, Part
from zoning.problem import Problem
from zoning.solver import Limits, Model, Outcome, load, outcome, solve

IDLE = 10
"""Runs after which a connection row that did not bind is dropped."""

SAFETY = 1e-9
"""Relative slack taken off each bound against rounding."""


RowKey = tuple[int, int, bytes]


@dataclass(frozen=True)
class Relaxed:
    """A solution of the linear model.

    Parameters
    ----------
    value
        Lower bound on the cost of every plan of the model, held units included; ``inf`` if there is none.
    share
        The solution, shape (n, m), held units included.
    reduced
        Cost of each pair less the prices of its rows, shape (pairs,).
    price
        Price of each free unit, shape (n,), 0 elsewhere.
    cost
        Cost of each pair less the prices of all rows but those of units and seats, shape (pairs,).
    extra
        What those prices add to the cost of every plan, at most: 0 without forced rows and a limit.
    joined
        Cost of each pair less the prices of connection rows alone, shape (pairs,).
    """

    value: float
    share: np.ndarray
    reduced: np.ndarray
    price: np.ndarray
    cost: np.ndarray
    extra: float
    joined: np.ndarray


class Live:
    """The linear model of a part of the problem with the connection rows known.

    Parameters
    ----------
    problem, part
        What the model is of.
    cuts
        Connection rows, read again before each run; those long idle are dropped from them.
    weight
        A weight of each pair, shape (n, m), which :meth:`limit` limits the sum of.
    idle
        Runs after which a row that did not bind is dropped.
    seed
        Random seed of the solver.
    """

    def __init__(
        self,
        problem: Problem,
        part: Part,
        cuts: Cuts,
        *,
        weight: np.ndarray | None = None,
        idle: int = IDLE,
        seed: int = 0,
    ) -> None:
        self.core, self.cuts, self.patience, self.seed = Core(problem, part, Cuts()), cuts, idle, seed
        self.base = self.core.base
        model = self.core.model(True)
        weigh = np.zeros(len(model.cost)) if weight is None else weight[self.core.unit, self.core.zone]
        held = np.flatnonzero(~self.core.free)
        self.spent = 0.0 if weight is None else float(weight[held, part.zone[held]].sum())
        shape = (len(model.row_lower), len(model.cost))
        matrix = csc_matrix((model.value, model.index, model.start), shape=shape)
        self.matrix = vstack([matrix, csr_matrix(weigh.astype(float)[None, :])], format="csr")
        self.low, self.high = np.append(model.row_lower, -np.inf), np.append(model.row_upper, np.inf)
        self.cost, self.upper = model.cost, model.upper.copy()
        self.first = len(self.low)
        self.rows: list[RowKey | None] = []  # None for a row that is no connection row
        self.held: set[RowKey] = set()
        self.idle = np.zeros(0, dtype=np.int64)
        self.highs = load(self._model(whole=False), seed)

    def limit(self, most: float) -> None:
        """Let the weights of the pairs used, held units included, sum up to ``most`` at most."""
        self.high[self.first - 1] = most - self.spent
        self.highs.changeRowBounds(self.first - 1, -np.inf, most - self.spent)

    def keep(self, allowed: np.ndarray) -> None:
        """Close the pairs that are not in ``allowed``, shape (n, m), and open the others."""
        upper = allowed[self.core.unit, self.core.zone].astype(float)
        columns = np.flatnonzero(upper != self.upper).astype(np.int32)
        self.upper = upper
        self.highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), upper[columns])

    def solve(self, limits: Limits) -> Relaxed | None:
        """Solve the linear model from where the last run ended; None when it was stopped before the end."""
        self._drop()
        self._add()
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + limits.solver_seconds)
        self.highs.run()
        found = outcome(self.highs, False)
        if found.infeasible:
            nothing = np.zeros(0)
            return Relaxed(math.inf, nothing, nothing, nothing, nothing, 0.0, nothing)
        if found.x is None or not found.optimal or found.duals is None:
            return None
        dual = np.where(np.isfinite(self.high), found.duals, np.maximum(found.duals, 0.0))
        dual = np.where(np.isfinite(self.low), dual, np.minimum(dual, 0.0))
        self.idle = np.where(dual[self.first :] > 0.0, 0, self.idle + 1)
        return self._relaxed(found.x, dual)

    def whole(self, limits: Limits, start: np.ndarray | None, *, effort: int | None) -> Outcome:
        """Solve the whole-number model, from the plan ``start`` if it fits; costs without :attr:`base`."""
        self._add()
        hint = None if start is None else self._hint(start)
        return solve(self._model(whole=True), limits, effort=effort, hint=hint, seed=self.seed)

    def _relaxed(self, x: np.ndarray, dual: np.ndarray) -> Relaxed:
        rest = dual.copy()
        rest[: self.first - 1] = 0.0
        ends = np.where(dual > 0.0, self.low, self.high)
        paid = np.where(dual == 0.0, 0.0, dual * np.where(np.isfinite(ends), ends, 0.0))
        reduced = self.cost - self.matrix.T @ dual
        value = paid.sum() + np.minimum(reduced, 0.0) @ self.upper + self.base
        price = np.zeros(self.core.problem.n_units)
        units = np.flatnonzero(self.core.free)
        price[units] = dual[: len(units)]
        extra = float(paid[self.first - 1 :].sum())
        left = self.cost - self.matrix.T @ rest
        rest[self.first - 1 :][[True, *(key is None for key in self.rows)]] = 0.0
        joined = self.cost - self.matrix.T @ rest
        low = float(value) - SAFETY * abs(value)
        return Relaxed(low, self.core.shares(x), reduced, price, left, extra, joined)

    def most(self, zone: int, gain: np.ndarray, most: float) -> None:
        """Add the row that the pairs of a zone gain ``most`` at most; ``gain`` has shape (pairs,)."""
        column = np.flatnonzero((self.core.zone == zone) & (np.abs(gain) > 1e-9))
        scale = np.abs(gain[column]).max(initial=1e-9)
        self.rows.append(None)
        self._append([-most / scale], [column], [-gain[column] / scale])

    def _add(self) -> None:
        """Put the rows into the model that are new."""
        fresh = [(key, row) for key, row in self.cuts.rows.items() if key not in self.held]
        self.held.update(key for key, _ in fresh)
        lows: list[float] = []
        columns: list[np.ndarray] = []
        values: list[np.ndarray] = []
        for key, row in fresh:
            _, column, value, low = self.core.entries([row])
            if len(low):
                self.rows.append(key)
                lows.append(low[0])
                columns.append(column)
                values.append(value)
        if lows:
            self._append(lows, columns, values)

    def _append(self, lows: list[float], columns: list[np.ndarray], values: list[np.ndarray]) -> None:
        """Put rows into the solver that are ``lows`` at least."""
        start = np.concatenate([[0], np.cumsum([len(column) for column in columns])])
        index, entries = np.concatenate(columns), np.concatenate(values)
        none = np.full(len(lows), np.inf)
        added = csr_matrix((entries, index, start), shape=(len(lows), len(self.cost)))
        self.matrix = vstack([self.matrix, added], format="csr")
        self.low, self.high = np.append(self.low, lows), np.append(self.high, none)
        self.idle = np.append(self.idle, np.zeros(len(lows), dtype=np.int64))
        starts = start[:-1].astype(np.int32)
        self.highs.addRows(
            len(lows), np.array(lows), none, len(entries), starts, index.astype(np.int32), entries
        )

    def _drop(self) -> None:
        """Take the rows out of the model, and forget them, that have long been idle."""
        gone = np.flatnonzero(self.idle > self.patience)
        if len(gone) <= len(self.idle) // 10:
            return
        stay = np.ones(len(self.low), dtype=bool)
        stay[self.first + gone] = False
        basis = self.highs.getBasis()
        self.highs.deleteRows(len(gone), (self.first + gone).astype(np.int32))
        basis.row_status = [s for s, kept in zip(basis.row_status, stay, strict=True) if kept]
        self.highs.setBasis(basis)
        for key in (self.rows[k] for k in gone):
            if key is not None:
                self.held.discard(key)
                self.cuts.rows.pop(key, None)
        self.rows = [key for key, kept in zip(self.rows, stay[self.first :], strict=True) if kept]
        self.idle = self.idle[stay[self.first :]]
        self.matrix, self.low, self.high = self.matrix[stay], self.low[stay], self.high[stay]

    def _model(self, *, whole: bool) -> Model:
        columns = self.matrix.tocsc()
        integer = np.ones(len(self.cost), dtype=bool) if whole else None
        return Model(
            self.cost, self.upper, self.low, self.high, columns.indptr, columns.indices, columns.data, integer
        )

    def _hint(self, plan: np.ndarray) -> np.ndarray | None:
        """Return a plan as a solution, if the model allows it."""
        core = self.core
        at = core.number[np.arange(len(plan)), np.maximum(plan, 0)]
        x = np.zeros(len(self.cost))
        if (plan < 0).any() or (at[core.free] < 0).any():
            return None
        x[at[core.free]] = 1.0
        used = self.matrix @ x
        fits = (
            (x <= self.upper).all() and (used >= self.low - 1e-9).all() and (used <= self.high + 1e-9).all()
        )
        return x if fits else None
