"""Share the units of one zone out among its schools, by walking and within seats, each unit whole."""

from __future__ import annotations

import numpy as np
import pandas as pd


def share_out(demand: pd.Series, metres: pd.DataFrame, seats: pd.Series) -> pd.Series:
    """Return the school of every unit: fewest pupils over seats first, then least walking.

    Formula: minimise the pupils over seats, summed over the schools; among the plans that reach it, minimise
    the sum of pupils x metres. Both are proven (a small integer programme). Units without pupils take no seat
    and go to their nearest school. Catchments within a zone need not hang together.

    Parameters
    ----------
    demand : Series
        Pupils by unit_id.
    metres : DataFrame
        Walks, index unit_id (that of `demand`), a column a school; inf or NaN where there is no way.
    seats : Series
        Seats by school, for the columns of `metres`.

    Returns
    -------
    Series
        School by unit_id; missing where no school can be reached.

    Examples
    --------
    >>> walks = pd.DataFrame({"a": [10.0, 20.0], "b": [30.0, 90.0]}, index=["u", "v"])
    >>> share_out(pd.Series({"u": 5, "v": 5}), walks, pd.Series({"a": 5, "b": 5})).to_dict()
    {'u': 'b', 'v': 'a'}
    """
    walks = metres.reindex(index=demand.index, columns=list(seats.index)).astype("float64")
    finite = walks.where(np.isfinite(walks))
    reached = finite.notna().any(axis=1)
    found = pd.Series(pd.NA, index=demand.index, dtype="object", name="school_id")
    found[reached] = finite[reached].idxmin(axis=1)
    placed = reached & demand.gt(0)
    load = demand[placed].groupby(found[placed]).sum().reindex(seats.index, fill_value=0)
    if (load > seats).any() and len(seats) > 1:
        chosen = _solve(demand[placed].to_numpy(float), finite[placed].to_numpy(), seats.to_numpy(float))
        found[placed] = np.asarray(seats.index, dtype=object)[chosen]
    return found


def _solve(pupils: np.ndarray, metres: np.ndarray, seats: np.ndarray) -> np.ndarray:
    """Return the column chosen for each row: least overload, then least walking."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_array, csr_array, eye_array, kron

    n, m = metres.shape
    once = block_array([[kron(eye_array(n), np.ones((1, m))), csr_array((n, m))]], format="csr")
    room = block_array([[kron(pupils[None, :], eye_array(m)), -eye_array(m)]], format="csr")
    upper = np.concatenate([np.isfinite(metres).ravel().astype(float), np.full(m, np.inf)])
    over = np.concatenate([np.zeros(n * m), np.ones(m)])
    cost = np.concatenate([(pupils[:, None] * np.nan_to_num(metres)).ravel() / 1000, np.zeros(m)])
    kept = [LinearConstraint(once, 1, 1), LinearConstraint(room, -np.inf, seats)]
    whole = np.concatenate([np.ones(n * m), np.zeros(m)])
    options = {"mip_rel_gap": 0.0}
    first = milp(over, constraints=kept, integrality=whole, bounds=Bounds(0, upper), options=options)
    limit = LinearConstraint(over[None, :], -np.inf, round(first.fun) + 0.5)
    best = milp(cost, constraints=[*kept, limit], integrality=whole, bounds=Bounds(0, upper), options=options)
    return np.asarray(best.x[: n * m].reshape(n, m).argmax(axis=1))
