"""Whole-number models of the problem or a part of it, with connection added where a solution breaks it.

The model holds one variable for each open pair of a free unit and a zone. Connection is left out at first;
for every piece that a solution cuts off, rows say that a unit of it may join the zone only if one of the
units that separate it from the zone's schools joins too (a, b-separators; Oehrlein and Haunert 2017). Such a
row is valid for the whole problem, so all parts share one store of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from zoning.check import cost as plan_cost
from zoning.check import cut_off, pieces
from zoning.problem import Problem
from zoning.solver import Limits, Model, Outcome, solve

CUTS_A_PIECE = 8
"""Most rows for one cut-off piece: its units with most pupils, or with the largest shares."""

CHECK = 30
"""Simplex iterations that a stop check of the solver is taken for."""

PART_WORK = 100
"""What building the model of a part counts as work, beside two for each simplex iteration."""

Row = tuple[int, int, np.ndarray]
"""A unit, a zone, and the units that separate the unit from the zone's schools."""


@dataclass
class Cuts:
    """Rows ``x[unit, zone] <= sum of x[v, zone] over the separator``, each kept once."""

    rows: dict[tuple[int, int, bytes], Row] = field(default_factory=dict)

    def add(self, unit: int, zone: int, separator: np.ndarray) -> bool:
        """Keep a row; return whether it is new."""
        key = (unit, zone, separator.tobytes())
        fresh = key not in self.rows
        self.rows.setdefault(key, (unit, zone, separator))
        return fresh

    def __len__(self) -> int:
        return len(self.rows)


def separate(problem: Problem, allowed: np.ndarray, zone: np.ndarray, cuts: Cuts) -> int:
    """Add rows against every piece of a plan that is cut off; return how many are new.

    ``allowed`` must hold every pair that the rows shall be valid for.
    """
    piece = pieces(problem, zone)
    new = 0
    for number in np.unique(piece[cut_off(problem, zone)]):
        units = np.flatnonzero(piece == number)
        largest = units[np.argsort(-problem.demand[units], kind="stable")]
        new += _against(problem, allowed, cuts, largest, int(zone[units[0]]))
    return new


def separate_shares(problem: Problem, allowed: np.ndarray, share: np.ndarray, cuts: Cuts) -> int:
    """Add rows against the parts of a shared solution, shape (n, m), that hang on no school."""
    new = 0
    for z in range(problem.n_zones):
        plan = np.where(share[:, z] > 1e-6, z, -1)
        piece = pieces(problem, plan)
        for number in np.unique(piece[cut_off(problem, plan)]):
            units = np.flatnonzero(piece == number)
            new += _against(problem, allowed, cuts, units[np.argsort(-share[units, z], kind="stable")], z)
    return new


def _against(problem: Problem, allowed: np.ndarray, cuts: Cuts, units: np.ndarray, zone: int) -> int:
    """Add rows for the first units of a piece."""
    separator = _separator(problem, allowed[:, zone], units, zone)
    return sum(cuts.add(int(u), zone, separator) for u in units[:CUTS_A_PIECE])


def _separator(problem: Problem, open_units: np.ndarray, piece: np.ndarray, zone: int) -> np.ndarray:
    """Return the open units beside a piece that the zone's schools reach without passing such a unit."""
    inside = np.zeros(problem.n_units, dtype=bool)
    inside[piece] = True
    border = np.zeros(problem.n_units, dtype=bool)
    for u in piece:
        border[problem.neighbours(u)] = True
    border &= ~inside & open_units
    seen = np.zeros(problem.n_units, dtype=bool)
    stack = [int(u) for u in np.flatnonzero(problem.roots[:, zone] & (open_units | _anchor(problem, zone)))]
    met = np.zeros(problem.n_units, dtype=bool)
    seen[stack] = True
    while stack:
        u = stack.pop()
        if border[u]:
            met[u] = True
            continue
        for v in problem.neighbours(u):
            if not seen[v] and open_units[v] and not inside[v]:
                seen[v] = True
                stack.append(int(v))
    return np.flatnonzero(met)


def _anchor(problem: Problem, zone: int) -> np.ndarray:
    mask = np.zeros(problem.n_units, dtype=bool)
    mask[problem.anchors[zone]] = True
    return mask


@dataclass(frozen=True)
class Part:
    """A part of the problem to solve: the pairs open in it, and the plan that holds elsewhere.

    ``open_pairs`` has shape (n, m); a unit without an open pair stays in its zone of ``zone``. With
    ``over_price`` a seat too many costs that much instead of being ruled out.
    """

    open_pairs: np.ndarray
    zone: np.ndarray
    over_price: float | None = None


class Core:
    """The model of a part, rebuilt whenever rows are added."""

    def __init__(self, problem: Problem, part: Part, cuts: Cuts) -> None:
        self.problem, self.part, self.cuts = problem, part, cuts
        self.unit, self.zone = np.nonzero(part.open_pairs)
        self.free = np.asarray(part.open_pairs.any(axis=1))
        self.number = np.full(part.open_pairs.shape, -1, dtype=np.int64)
        self.number[self.unit, self.zone] = np.arange(len(self.unit))
        held = ~self.free
        load = np.bincount(part.zone[held], problem.demand[held], problem.n_zones).astype(np.int64)
        self.room = problem.capacity - load
        self.base = plan_cost(problem, np.where(held, part.zone, -1))

    def run(self, limits: Limits, *, whole: bool, effort: int | None = None, seed: int = 0) -> Outcome:
        """Solve the model with the rows known now."""
        hint = self._hint() if whole else None
        return solve(self.model(whole), limits, effort=effort, hint=hint, seed=seed)

    def plan(self, x: np.ndarray) -> np.ndarray:
        """Return the plan of a whole solution."""
        zone = self.part.zone.copy()
        for k in np.flatnonzero(x[: len(self.unit)] > 0.5):
            zone[self.unit[k]] = self.zone[k]
        return zone

    def shares(self, x: np.ndarray) -> np.ndarray:
        """Return a solution as shares, shape (n, m), fixed units included."""
        share = np.zeros(self.part.open_pairs.shape)
        held = np.flatnonzero(~self.free)
        share[held, self.part.zone[held]] = 1.0
        share[self.unit, self.zone] = x[: len(self.unit)]
        return share

    def model(self, whole: bool) -> Model:
        """Return the model with the rows known now."""
        problem, pairs, m = self.problem, len(self.unit), self.problem.n_zones
        units = np.flatnonzero(self.free)
        row_of = np.cumsum(self.free) - 1
        need = problem.demand[self.unit]
        rows = [row_of[self.unit], self.zone + len(units)]
        columns = [np.arange(pairs), np.arange(pairs)]
        values = [np.ones(pairs), need.astype(float)]
        soft = self.part.over_price is not None
        if soft:
            rows.append(np.arange(m) + len(units))
            columns.append(np.arange(m) + pairs)
            values.append(np.full(m, -1.0))
        first = len(units) + m
        cut_rows, cut_columns, cut_values, lows = self.entries(self.cuts.rows.values(), first)
        cost = problem.cost[self.unit, self.zone]
        if soft:
            cost = np.concatenate([cost, np.full(m, self.part.over_price)])
        integer = np.concatenate([np.ones(pairs, dtype=bool), np.zeros(m * soft, dtype=bool)])
        return Model.from_triplets(
            cost,
            np.concatenate([np.ones(pairs), np.full(m * soft, np.inf)]),
            np.concatenate([np.ones(len(units)), np.full(m, -np.inf), lows]),
            np.concatenate(
                [
                    np.ones(len(units)),
                    self.room,
                    np.full(len(lows), np.inf),
                ]
            ),
            np.concatenate([*rows, cut_rows]),
            np.concatenate([*columns, cut_columns]),
            np.concatenate([*values, cut_values]),
            integer=integer if whole else None,
        )

    def entries(
        self, known: Iterable[Row], first: int = 0
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the entries and lower bounds of the rows that say something about the part.

        ``first`` is the number of the first row; the entries come as rows, columns and values.
        """
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        lows: list[float] = []
        for unit, zone, separator in known:
            held = separator[~self.free[separator]]
            if np.any(self.part.zone[held] == zone):
                continue
            own = self.number[unit, zone]
            forced = not self.free[unit] and self.part.zone[unit] == zone
            if own < 0 and not forced:
                continue
            others = self.number[separator, zone]
            others = others[others >= 0]
            entries = [int(k) for k in others] + ([int(own)] if own >= 0 else [])
            rows += [first + len(lows)] * len(entries)
            columns += entries
            values += [1.0] * len(others) + ([-1.0] if own >= 0 else [])
            lows.append(1.0 if forced else 0.0)
        return np.array(rows, dtype=int), np.array(columns, dtype=int), np.array(values), np.array(lows)

    def _hint(self) -> np.ndarray | None:
        """Return the plan that holds now as a solution, if the part allows it."""
        now = self.number[np.arange(self.problem.n_units), np.maximum(self.part.zone, 0)]
        if (now[self.free] < 0).any():
            return None
        x = np.zeros(len(self.unit))
        x[now[self.free]] = 1.0
        if self.part.over_price is None:
            return x
        load = np.bincount(self.part.zone, self.problem.demand, self.problem.n_zones)
        return np.concatenate([x, np.maximum(load - self.problem.capacity, 0.0)])


@dataclass(frozen=True)
class Improved:
    """What the model of a part led to.

    ``zone`` is the whole plan, None where no connected one, or none that was asked for, was found; ``solved``
    tells whether the part was solved to the end, so that it holds nothing better; ``iterations`` are those of
    the simplex.
    """

    zone: np.ndarray | None
    solved: bool
    iterations: int

    @property
    def work(self) -> int:
        """What the model counts as work: building it takes time even where it needs no iteration."""
        return PART_WORK + 2 * self.iterations


def improve(
    problem: Problem,
    allowed: np.ndarray,
    part: Part,
    cuts: Cuts,
    limits: Limits,
    *,
    most: int,
    rounds: int = 8,
    seed: int = 0,
) -> Improved:
    """Re-optimise a part of a plan; the plan returned is connected, and None if no connected one was found.

    Parameters
    ----------
    allowed
        Pairs of the whole problem, for which new rows must be valid, shape (n, m).
    most
        Simplex iterations allowed, about, over all rounds: a stop check of the solver, which it may be asked
        to end at, is taken for ``CHECK`` of them.
    rounds
        Most rounds of solving and adding rows.
    """
    iterations = 0
    for _ in range(rounds):
        core, effort = Core(problem, part, cuts), max(math.ceil((most - iterations) / CHECK), 1)
        found = core.run(limits, whole=True, effort=effort, seed=seed)
        iterations += found.iterations
        if found.x is None or limits.left <= 0:
            break
        zone = core.plan(found.x)
        if not cut_off(problem, zone).any():
            return Improved(zone, found.optimal, iterations)
        if not separate(problem, allowed, zone, cuts) or iterations >= most:
            break
    return Improved(None, False, iterations)
