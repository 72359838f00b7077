"""Limits on what each zone of a plan sums up to beside its seats, and a price on the borders between zones.

A smallest zone and the balance of an attribute are rows that are linear in who goes where: for weights of the
units, the sum over a zone lies between two values. They stand in the search as penalties, in models as rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csc_matrix, csr_matrix, hstack, vstack

from zoning.core import Core
from zoning.grouping import Grouping
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.reasons import Reason
from zoning.solver import Model

SLACK = 1e-6
"""Amounts by which a row may be missed: rounding."""


@dataclass(frozen=True, eq=False)
class Sides:
    """Rows ``low[k, z] <= sum of weight[k, u] over the units u of zone z <= high[k, z]``, and border prices.

    Attributes
    ----------
    kinds
        What each row is about, shape (k,).
    weight
        Weights, in pupils or of that size, shape (k, n).
    low, high
        Limits, shape (k, m); infinite where there is none.
    border
        Price of the border between two units in different zones, pupil-km, symmetric, shape (n, n).
    """

    kinds: tuple[str, ...]
    weight: np.ndarray
    low: np.ndarray
    high: np.ndarray
    border: csr_matrix

    @property
    def idle(self) -> bool:
        """Whether nothing is asked for."""
        return not len(self.kinds) and not self.border.nnz

    def merged(self, grouping: Grouping) -> Sides:
        """Return the same for merged units."""
        k, n = len(grouping.first), len(grouping.of)
        into = csr_matrix((np.ones(n), (np.arange(n), grouping.of)), shape=(n, k))
        border = csr_matrix(into.T @ self.border @ into)
        border.setdiag(0.0)
        border.eliminate_zeros()
        return replace(self, weight=np.asarray(self.weight @ into), border=border)

    def totals(self, zone: np.ndarray) -> np.ndarray:
        """Return what each row sums up to in a plan, shape (k, m)."""
        given = zone >= 0
        rows = [np.bincount(zone[given], w[given], self.low.shape[1]) for w in self.weight]
        return np.array(rows).reshape(self.low.shape)

    def missed(self, zone: np.ndarray) -> np.ndarray:
        """Return by how much a plan misses each row, shape (k, m); 0 where it is kept."""
        total = self.totals(zone)
        gap = np.maximum(np.maximum(self.low - total, total - self.high), 0.0)
        return np.where(gap > SLACK, gap, 0.0)

    def prices(self, problem: Problem) -> np.ndarray:
        """Return the border price of each entry of the neighbour lists, shape of ``problem.indices``."""
        owner = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
        if not self.border.nnz or not len(owner):
            return np.zeros(len(owner))
        return np.asarray(self.border[owner, problem.indices], dtype=float).ravel()

    def toll(self, problem: Problem, zone: np.ndarray) -> float:
        """Return what the borders of a plan cost, pupil-km."""
        owner = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
        return float(self.prices(problem)[zone[owner] != zone[problem.indices]].sum() / 2)

    def model(self, core: Core, *, whole: bool, price: float | None = None) -> Model:
        """Return the model of a part with the rows in it; ``price`` of a unit missed, else rows are hard."""
        model = core.model(whole)
        columns = len(model.cost)
        rows = np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high))
        k, z = np.divmod(rows, self.low.shape[1])
        held = self.totals(np.where(core.free, -1, core.part.zone))[k, z]
        more = self._entries(core, rows, columns)
        old = csc_matrix((model.value, model.index, model.start), shape=(len(model.row_lower), columns))
        both = vstack([old, more], format="csc")
        slacks = 0 if price is None else 2 * len(rows)
        if slacks:
            eye = csr_matrix((np.ones(len(rows)), (np.arange(len(rows)), np.arange(len(rows)))))
            empty = csr_matrix((old.shape[0], slacks))
            both = hstack([both, vstack([empty, hstack([eye, -eye])])], format="csc")
        whole_numbers = model.integer
        if whole_numbers is not None:
            whole_numbers = np.concatenate([whole_numbers, np.zeros(slacks, dtype=bool)])
        return Model(
            np.concatenate([model.cost, np.full(slacks, price or 0.0)]),
            np.concatenate([model.upper, np.full(slacks, np.inf)]),
            np.concatenate([model.row_lower, self.low[k, z] - held]),
            np.concatenate([model.row_upper, self.high[k, z] - held]),
            both.indptr,
            both.indices,
            both.data,
            whole_numbers,
        )

    def _entries(self, core: Core, rows: np.ndarray, columns: int) -> csr_matrix:
        """Return the entries of some rows, numbered as in a flat (k, m), in the pairs of a part."""
        place = np.full(self.low.size, -1)
        place[rows] = np.arange(len(rows))
        number = place[np.arange(len(self.kinds))[:, None] * self.low.shape[1] + core.zone]
        k, pair = np.nonzero(number >= 0)
        values = self.weight[k, core.unit[pair]]
        return csr_matrix((values, (number[k, pair], pair)), shape=(len(rows), columns))


def attribute(problem: Problem, balance: pd.Series) -> tuple[np.ndarray, float]:
    """Return an attribute by unit, and its mean weighted by pupils, which stands in where it is not known."""
    value = balance.reindex(problem.unit_ids).to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(value)
    pupils = problem.demand[known]
    mean = float(np.average(value[known], weights=pupils)) if pupils.sum() else 0.0
    return np.where(known, value, mean), mean


def proofs(problem: Problem, tight: Reach, sides: Sides) -> tuple[Reason, ...]:
    """Return plain proofs that no plan has zones large enough: in all, or one that cannot have the pupils."""
    found = []
    for k in (k for k, kind in enumerate(sides.kinds) if kind == "least"):
        least, pupils = sides.low[k], int(problem.demand.sum())
        asked = int(least[np.isfinite(least)].sum())
        if asked > pupils:
            found.append(_in_all(asked, pupils))
        for z in np.flatnonzero(np.isfinite(least)):
            most = int(problem.demand[tight.allowed[:, z]].sum())
            if most < least[z]:
                found.append(_of_zone(problem, int(z), most, int(least[z])))
            elif problem.capacity[z] < least[z]:
                found.append(_of_zone(problem, int(z), int(problem.capacity[z]), int(least[z])))
    return tuple(found)


def _in_all(asked: int, pupils: int) -> Reason:
    return Reason("least_in_all", numbers={"asked": asked, "pupils": pupils})


def _of_zone(problem: Problem, zone: int, most: int, least: int) -> Reason:
    return Reason(
        "least_of_zone",
        zones=(zone,),
        schools=(str(problem.zone_ids[zone]),),
        numbers={"most": most, "least": least},
    )


def shared() -> Reason:
    """Return the reason to give where even shared units could not keep the rows."""
    return Reason("sides_together")
