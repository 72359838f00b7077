"""Optional rules on top of a catchment problem: each turns a problem into another, the search stays as it is.

What a rule cannot ask of a unit (no school within the longest walk, every way over a barrier) is not dropped
silently: the unit is *spared*, kept at its nearest school, and named in :attr:`zoning.posed.Posed.spared`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from gis.faults import Fault, FaultError, register_kinds
from zoning.grouping import grouped
from zoning.posed import Posed
from zoning.problem import Problem, adjacency_arrays
from zoning.sides import Sides, attribute

register_kinds(
    {
        "zoning_option_number": (
            "可选规则“{found}”的数值不合适：应为{wanted}。请改正。",
            'the optional rule "{found}" has a value that cannot be: {wanted} is expected. Mend it.',
        ),
        "zoning_option_unit": (
            "可选规则提到的单元“{found}”不在单元表中。请改正编号。",
            'unit "{found}" of an optional rule is not in the table of units. Mend the id.',
        ),
        "zoning_option_zone": (
            "可选规则提到的片区“{found}”不在学校（片区）表中。请改正编号。",
            'zone "{found}" of an optional rule is not in the table of schools (zones). Mend the id.',
        ),
    }
)

TIGHTENING = ("max_metres", "barred", "stay", "together", "feeders", "least", "share", "balance", "compact")
"""Options that only take plans away, or only steer: none of them can make the best plan shorter."""

STEERING = ("stay", "compact")
"""The options that forbid nothing and only make moving, or long borders, dear."""

AIDS = ("present", "leasts", "small", "deviation", "borders")
"""Fields that say more about an option and are none themselves."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Options:
    """The optional rules a planner has chosen; all are off by default.

    Parameters
    ----------
    max_metres
        Longest walk, metres.
    barred
        Pairs (unit, zone) whose way crosses what pupils must not cross.
    stay
        Price of a pupil who changes zone against ``present``, in metres of walk a pupil. It steers the
        search; the cost that is reported is walked metres alone.
    present
        The plan in force, unit_id -> zone_id; units without a zone of the problem are free.
    together
        Groups of units that stay in one zone (社区, 镇街).
    feeders
        Primary zones that go whole to one junior zone (对口直升), see :func:`zoning.feeders.feeders`.
    enclaves
        Pairs (unit, zone) that may be cut off (认可的飞地). Approximation: the unit counts as a neighbour of
        the zone's first school, so that it may also tie its own neighbours to that zone.
    least
        Fewest pupils of a zone.
    leasts
        Zones with a fewest of their own, and that number; of no effect without ``least``.
    small
        Zones that neither ``least`` nor ``balance`` is asked of, such as those of teaching points (教学点).
    share
        Most of its capacity that a zone may fill, over 0 up to 1 (rounded down to pupils).
    balance
        An attribute of units, unit_id -> value, such as the share of migrant children: the mean of every
        zone, weighted by pupils, shall be near that of all. Units without a value count as the mean.
    deviation
        Most that the mean of a zone may differ from that of all, in the unit of ``balance``.
    compact
        Price of the border between zones, pupil-kilometres a kilometre. It steers the search; the cost that
        is reported is walked kilometres alone.
    borders
        Columns ``a``, ``b``, ``metres``: length of the border of neighbouring units.
    """

    max_metres: float | None = None
    barred: tuple[tuple[str, str], ...] = ()
    stay: float = 0.0
    present: pd.Series | None = None
    together: tuple[tuple[str, ...], ...] = ()
    feeders: tuple[tuple[str, ...], ...] = ()
    enclaves: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    leasts: tuple[tuple[str, int], ...] = ()
    small: tuple[str, ...] = ()
    share: float | None = None
    balance: pd.Series | None = None
    deviation: float | None = None
    compact: float = 0.0
    borders: pd.DataFrame | None = None

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the options that are on and change the search, in the order of the fields."""
        return tuple(f.name for f in fields(self) if f.name not in AIDS and self._on(f.name))

    def only(self, name: str) -> Options:
        """Return the options with one of them alone."""
        return Options(**{each: getattr(self, each) for each in (name, *AIDS)})

    def _on(self, name: str) -> bool:
        value = getattr(self, name)
        if isinstance(value, tuple) or name in (*STEERING, "least"):
            return bool(value)
        return value is not None

    def apply(self, problem: Problem) -> Posed:
        """Return the problem with the options in it.

        Raises
        ------
        FaultError
            With every fault: values that cannot be, unknown ids, groups that cannot stay whole.
        """
        faults = [*_numbers(self), *_strangers(self, problem)]
        if faults:
            raise FaultError(faults)
        wide = _capped(_joined(problem, self.enclaves), self.share)
        group = grouped(wide, _whole(self))
        far = np.zeros(problem.forbidden.shape, dtype=bool)
        if self.max_metres is not None:
            far = np.isfinite(problem.metres) & (problem.metres > self.max_metres)
        barred = np.zeros_like(far)
        at = _positions(problem, self.barred)
        barred[at[:, 0], at[:, 1]] = True
        small = group.merged(wide)
        far, barred = group.any(far), group.any(barred)
        banned, spared = _spare(small, far, barred)
        added = banned[group.of]
        full = replace(wide, forbidden=problem.forbidden | added)
        extra = _penalty(problem, self.present, self.stay)
        steered = group.merged(replace(full, metres=problem.metres + extra))
        away = pd.Index(problem.unit_ids[np.isin(group.of, spared)])
        every = np.ones(problem.n_zones, dtype=bool)
        spared_units = tuple(map(str, away))
        return Posed(
            self, problem, full, steered, group, far[group.of], spared_units, every, _sides(self, problem)
        )


def _numbers(options: Options) -> Iterable[Fault]:
    """Yield a fault for each value that cannot be."""
    sound = {
        "max_metres": (options.max_metres is None or 0 < options.max_metres < np.inf, "> 0"),
        "stay": (0 <= options.stay < np.inf, ">= 0"),
        "present": (options.stay == 0 or options.present is not None, "unit_id,school_id"),
        "least": (options.least is None or options.least >= 0, ">= 0"),
        "share": (options.share is None or 0 < options.share <= 1, "0-1"),
        "deviation": (options.balance is None or 0 < (options.deviation or 0) < np.inf, "> 0"),
        "compact": (0 <= options.compact < np.inf, ">= 0"),
        "borders": (options.compact == 0 or options.borders is not None, "a,b,metres"),
    }
    for name, (good, wanted) in sound.items():
        if not good:
            yield Fault("zoning_option_number", found=name, params={"wanted": wanted})


def _strangers(options: Options, problem: Problem) -> Iterable[Fault]:
    """Yield a fault for each unit and zone that the problem does not have."""
    pairs = [*options.barred, *options.enclaves]
    grouped_units = (unit for group in (*options.together, *options.feeders) for unit in group)
    units = {*(u for u, _ in pairs), *grouped_units}
    zones = {*(z for _, z in pairs), *(z for z, _ in options.leasts), *options.small}
    for kind, named, known in (
        ("zoning_option_unit", units, problem.unit_ids),
        ("zoning_option_zone", zones, problem.zone_ids),
    ):
        yield from (Fault(kind, found=str(name)) for name in sorted(named.difference(known)))


def _whole(options: Options) -> list[tuple[str, ...]]:
    """Return the groups that stay in one zone; a feeder and the towns that it shares units with are one."""
    towns = [dict.fromkeys(group) for group in options.together]
    free: list[dict[str, None]] = []
    for feeder in options.feeders:
        met = [town for town in towns if not town.keys().isdisjoint(feeder)]
        towns = [town for town in towns if town not in met]
        (towns if met else free).append(dict.fromkeys([*feeder, *(unit for town in met for unit in town)]))
    return [tuple(group) for group in (*towns, *free)]


def _positions(problem: Problem, pairs: tuple[tuple[str, str], ...]) -> np.ndarray:
    """Return pairs of ids as positions, shape (k, 2)."""
    unit, zone = ({name: n for n, name in enumerate(ids)} for ids in (problem.unit_ids, problem.zone_ids))
    return np.array([(unit[u], zone[z]) for u, z in pairs], dtype=np.int64).reshape(-1, 2)


def _joined(problem: Problem, enclaves: tuple[tuple[str, str], ...]) -> Problem:
    """Return the problem with each enclave a neighbour of its zone's first school."""
    at = _positions(problem, enclaves)
    schools = np.array([problem.anchors[z][0] for _, z in at], dtype=np.int64)
    apart = at[:, 0] != schools
    if not apart.any():
        return problem
    owner = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
    a = np.concatenate([owner, at[apart, 0]])
    b = np.concatenate([problem.indices, schools[apart]])
    indptr, indices = adjacency_arrays(problem.n_units, a, b)
    return replace(problem, indptr=indptr, indices=indices)


def _capped(problem: Problem, share: float | None) -> Problem:
    if share is None:
        return problem
    return replace(problem, capacity=np.floor(problem.capacity * share + 1e-9).astype(np.int64))


def _spare(small: Problem, far: np.ndarray, barred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs to forbid, and the units spared: left with their nearest school only.

    A unit without a way that is short and free keeps the nearest that crosses nothing, else the nearest.
    """
    open_, beyond = small.allowed, far | barred
    spared = np.flatnonzero(open_.any(axis=1) & ~(open_ & ~beyond).any(axis=1))
    for unit in spared:
        free = open_[unit] & ~barred[unit]
        left = free if free.any() else open_[unit]
        beyond[unit, np.where(left, small.metres[unit], np.inf).argmin()] = False
    return beyond, spared


def _sides(options: Options, problem: Problem) -> Sides:
    """Return the smallest sizes, the balance and the price of borders of the units as they are."""
    n, m = problem.n_units, problem.n_zones
    kinds: list[str] = []
    weight, low, high = [np.zeros((0, n))], [np.zeros((0, m))], [np.zeros((0, m))]

    def row(kind: str, weights: np.ndarray, least: np.ndarray, most: np.ndarray) -> None:
        kinds.append(kind)
        weight.append(weights[None, :].astype(float))
        low.append(least[None, :].astype(float))
        high.append(most[None, :].astype(float))

    none, free = np.full(m, np.inf), problem.zone_ids.isin(options.small)
    if options.least:
        least = np.full(m, options.least)
        own = problem.zone_ids.get_indexer(pd.Index([z for z, _ in options.leasts], dtype="str"))
        least[own] = [fewest for _, fewest in options.leasts]
        row("least", problem.demand, np.where(free, 0, least), none)
    if options.balance is not None and options.deviation:
        value, mean = attribute(problem, options.balance)
        scale = max(float(np.abs(value - mean).max(initial=0.0)), options.deviation)
        off = problem.demand * (value - mean) / scale
        most = problem.demand * options.deviation / scale
        row("balance", off - most, -none, np.where(free, np.inf, 0.0))
        row("balance", off + most, np.where(free, -np.inf, 0.0), none)
    border = csr_matrix((n, n))
    if options.compact and options.borders is not None:
        border = _lengths(problem, options.borders) * (options.compact / 1000.0)
    return Sides(tuple(kinds), np.vstack(weight), np.vstack(low), np.vstack(high), border)


def _lengths(problem: Problem, borders: pd.DataFrame) -> csr_matrix:
    """Return the length of the border between units, metres, symmetric, shape (n, n)."""
    a = problem.unit_ids.get_indexer(pd.Index(borders["a"].astype("str")))
    b = problem.unit_ids.get_indexer(pd.Index(borders["b"].astype("str")))
    metres = borders["metres"].to_numpy(dtype=float, na_value=0.0)
    kept = (a >= 0) & (b >= 0) & (a != b) & np.isfinite(metres)
    a, b, metres = a[kept], b[kept], metres[kept]
    once = csr_matrix((metres, (np.minimum(a, b), np.maximum(a, b))), shape=(problem.n_units,) * 2)
    return csr_matrix(once + once.T)


def _penalty(problem: Problem, present: pd.Series | None, stay: float) -> np.ndarray:
    """Return the metres that being moved counts, shape (n, m)."""
    extra = np.zeros(problem.metres.shape)
    if present is None or stay == 0:
        return extra
    known = present.reindex(problem.unit_ids)
    home = problem.positions(known.where(known.isin(problem.zone_ids)).astype("str"))
    placed = np.flatnonzero(home >= 0)
    extra[placed] = stay
    extra[placed, home[placed]] = 0.0
    return extra
