"""Compile everything that is compiled: the engine on a problem of six units, ways over roads, clusters."""

from __future__ import annotations

import math

import pandas as pd

from zoning.problem import Problem


def warm() -> None:
    """Run every compiled part once, so that its code lies in the cache for later processes."""
    from gis import hotspots, paths
    from zoning import bounds, draft, separators
    from zoning.core import Cuts
    from zoning.mixing import Mixer
    from zoning.optimise import optimise
    from zoning.reach import reach
    from zoning.search import Cooling, Search
    from zoning.solver import Limits

    problem = _six_in_a_row()
    tight, limits = reach(problem), Limits()
    bound = bounds.linear(problem, tight, limits)
    bound = bounds.lagrangian(problem, tight, bound, target=2 * bound.value, rounds=20, limits=limits)
    bounds.close_pairs(problem, tight, bound, 2 * bound.value)
    search = Search(problem, tight, bound, seed=0)
    search.put(draft.grow(problem))
    search.cool(Cooling(2_000), limits)
    search.mend(search.zone.copy(), limits, tries=1, ceiling=math.inf)
    separators.separate_flows(problem, tight.allowed, tight.allowed / 2.0, Cuts())
    list(Mixer(problem, tight, Cuts(), seed=0).draw(bound, limits))
    optimise(problem, work=1)
    _rows_of_catchments(_six_in_a_row(seats=12))
    paths.warm()
    hotspots.warm()


def _rows_of_catchments(problem: Problem) -> None:
    """Look for rows of catchments that half of every pair breaks, as a proof that is asked for does."""
    from dataclasses import replace

    from zoning.core import Cuts, Part
    from zoning.facets import add_facets
    from zoning.live import Live
    from zoning.reach import reach
    from zoning.solver import Limits

    left = reach(problem)
    model = Live(problem, Part(left.allowed & (left.fixed < 0)[:, None], left.fixed), Cuts())
    found = model.solve(Limits())
    if found is not None:
        halves = replace(found, share=left.allowed / 2.0)
        add_facets(problem, left, model, halves, Limits(), nodes=10, steps=2)


def _six_in_a_row(seats: int = 8) -> Problem:
    units = [f"U{k}" for k in range(6)]
    demand = pd.Series([3, 2, 2, 2, 2, 3], index=units)
    zones = pd.DataFrame({"zone_id": ["A", "B"], "capacity": [seats, seats], "unit_id": [units[0], units[5]]})
    travel = pd.DataFrame(
        [(u, z, 100.0 * abs(k - at)) for k, u in enumerate(units) for z, at in (("A", 0), ("B", 5))],
        columns=["unit_id", "zone_id", "metres"],
    )
    return Problem.from_frames(demand, zones, travel, pd.DataFrame({"a": units[:-1], "b": units[1:]}))
