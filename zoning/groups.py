"""Which zones to re-optimise together, and how hard: whatever has gained most for its work."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from zoning.bounds import Bound
from zoning.core import Cuts, Improved
from zoning.found import rank
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.regroup import border, neighbouring, over_price, reoptimise, screened, touching
from zoning.solver import Limits


class Way(NamedTuple):
    """How to choose a group, and how hard to look.

    ``rings`` tells how many rings of units behind a border may cross it, 0 that all units of the zones may
    move; ``share`` is the share of the pairs across borders to choose from, those of least reduced cost;
    ``most`` counts the simplex iterations allowed; ``size`` is about how many pairs a group has at first.
    """

    rings: int
    share: float
    most: int
    size: float


WAYS = tuple(
    Way(rings, share, most, size)
    for rings, share in ((0, 1.0), (1, 1.0), (2, 0.5), (2, 1.0))
    for most, size in ((1_000, 75.0), (20_000, 150.0))
)
"""Whole zones for what a rough plan lacks, units along borders, over many zones at once, for a good one;
both in short tries and in long ones."""

GROW, LEAST = 1.25, 30.0
"""By how much groups grow when one is solved to the end, or shrink when one leads nowhere; least pairs."""

GAIN = 1e-5
"""What each way is thought to gain once more, as a share of the bound, however often it was tried in vain."""

EXPECTED = 0.1
"""Share of the iterations allowed that a way is thought to take before it was tried."""

MOST_GAIN = 1e-3
"""Most that counts of one gain, so that a lucky start does not shut out all other ways."""

FADE = 0.9
"""Share of what a way gained and took that still counts lately after its next try."""

DRAWS = 8
"""Groups drawn of a way before it is taken for exhausted."""


class Groups:
    """Re-optimises touching zones or the borders among them, in the ways that gain most for their work.

    Good plans differ in units along borders that cost little to move, over many zones at once: one model of
    those pairs alone reaches further there than one of all units of a few zones. How many pairs a model may
    have differs from map to map, from 75 to all of them: each way learns its size. While nothing gains, all
    ways get the same work, so that long searches come to their turn the more seldom the more they take.
    Groups known to be the best they can be are not tried again.

    Parameters
    ----------
    problem, tight
        As for :func:`zoning.regroup.regroup`.
    random
        Source of every choice.
    tried
        Groups tried before, and how hard; shared by those who look at the same problem.
    ways
        The ways to choose from.
    """

    def __init__(
        self,
        problem: Problem,
        tight: Reach,
        random: np.random.Generator,
        tried: dict[bytes, float],
        *,
        ways: tuple[Way, ...] = WAYS,
    ) -> None:
        self.problem, self.tight, self.random, self.tried = problem, tight, random, tried
        self.ways = ways
        self.size = np.array([way.size for way in ways])
        self.expected = EXPECTED * np.array([way.most for way in ways])
        self.gained, self.lately, self.taken = np.zeros((3, len(ways)))

    def step(
        self,
        zone: np.ndarray,
        bound: Bound,
        cuts: Cuts,
        limits: Limits,
        *,
        seed: int,
        near: np.ndarray | None = None,
    ) -> Improved | None:
        """Re-optimise one group, of the zones ``near`` some if given; None if no group was left to try.

        The plan is None if it would be no better.
        """
        chosen = self.choose(zone, bound, limits, near=near)
        if chosen is None:
            return None
        way, open_pairs, key = chosen
        known, most = (self.problem, self.tight, bound, zone), self.ways[way].most
        found = reoptimise(*known, open_pairs, cuts, limits, most=most, seed=seed)
        if found.zone is None:
            self.tried[key] = np.inf if found.solved else most
        self.learn(way, self._gain(zone, found.zone, bound), found)
        return found

    def choose(
        self, zone: np.ndarray, bound: Bound, limits: Limits, *, near: np.ndarray | None = None
    ) -> tuple[int, np.ndarray, bytes] | None:
        """Return a way, the pairs to open and their key; None if all that was drawn had been tried before.

        The key leaves out rows and seeds of the solver: what they change is not worth a second try.
        """
        rate = self.gained / np.maximum(self.lately, 1.0) + GAIN / (self.taken + self.expected)
        for way in np.argsort(-rate, kind="stable"):
            for _ in range(DRAWS):
                open_pairs = self._opened(zone, bound, int(way), near)
                parts = np.packbits(open_pairs).tobytes() + zone.astype(np.int32).tobytes()
                key = blake2b(parts, digest_size=16).digest()
                if open_pairs.any() and self.tried.get(key, 0) < self.ways[way].most:
                    return int(way), open_pairs, key
            if limits.left <= 0:
                break
            self.taken[way] += self.expected[way]  # the drawing takes time too
        return None

    def learn(self, way: int, gain: float, found: Improved) -> None:
        """Take note of what a way gained, as a share of the bound, and took; change its size."""
        taken = found.work / 2
        self.gained[way] = FADE * self.gained[way] + min(gain, MOST_GAIN)
        self.lately[way] = FADE * self.lately[way] + taken
        self.taken[way] += taken
        if found.solved:
            self.size[way] = min(self.size[way] * GROW, self.tight.allowed.size)
        elif found.zone is None:
            self.size[way] = max(self.size[way] / GROW, LEAST)

    def _opened(self, zone: np.ndarray, bound: Bound, number: int, near: np.ndarray | None) -> np.ndarray:
        """Return the pairs to open in one group of a way, shape (n, m)."""
        way, known = self.ways[number], (self.problem, self.tight, bound, zone)
        if near is None:
            zones = neighbouring(self.problem, zone, self.problem.n_zones, self.random)
        else:
            first = int(self.random.choice(near))
            zones = touching(self.problem, zone, first, self.problem.n_zones, self.random)
        if way.rings:
            pairs = border(*known, self.random, share=way.share, rings=way.rings)
            return self._across(zone, zones, pairs, self.size[number])
        open_pairs = screened(*known, zones[:2])
        for count in range(3, len(zones) + 1):
            more = screened(*known, zones[:count])
            if more.sum() > self.size[number]:
                break
            open_pairs = more
        return open_pairs

    def _across(self, zone: np.ndarray, zones: np.ndarray, pairs: np.ndarray, size: float) -> np.ndarray:
        """Return the pairs among the first zones, as many as the size holds, and their units' own pairs."""
        m = self.problem.n_zones
        unit, other = np.nonzero(pairs)
        between = np.bincount(zone[unit] * m + other, minlength=m * m).reshape(m, m)[np.ix_(zones, zones)]
        opened = np.cumsum(np.tril(between).sum(axis=1) + np.triu(between, 1).sum(axis=0))
        inside = np.zeros(m, dtype=bool)
        inside[zones[: max(2, int(np.searchsorted(opened, size, side="right")))]] = True
        open_pairs = pairs & inside[zone][:, None] & inside
        moving = np.flatnonzero(open_pairs.any(axis=1))
        open_pairs[moving, zone[moving]] = True
        return open_pairs

    def _gain(self, before: np.ndarray, after: np.ndarray | None, bound: Bound) -> float:
        if after is None:
            return 0.0
        dear = over_price(self.problem, self.tight, bound)
        values = [cost + dear * over for over, cost in (rank(self.problem, plan) for plan in (before, after))]
        return (values[0] - values[1]) / max(bound.value, 1e-9)
