"""Tries of a proof: in turn with the search, or beside it on a second core where only time limits both."""

from __future__ import annotations

import math
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from zoning.bounds import Bound
from zoning.exact import Proof, Prover
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits
from zoning.terms import Terms

SHARE = 0.3
"""Share of the time left that a try in turn may take; a quarter of it while no plan fits."""

SHARES = (0.3, 0.4)
"""Shares of the time left of the first tries beside the search, after which the next know more; then all."""

SWITCH = 0.0002
"""Seconds after which a thread of Python lets the other work: the solvers of both ask often, and briefly."""

FIRST_EFFORT = 100_000
"""Work allowed to the first try, in the solver's stop checks times open pairs; more each time."""

ASKED = 200.0
"""How much more work is allowed where a proof is asked for."""


PROVABLE = 1_500
"""Open pairs up to which a proof is tried although none was asked for."""


class Proving:
    """The tries of one run, each with more effort than the last.

    A run that is limited by work, or not at all, gives the same plan each time, so its tries are made in
    turn; one limited by time alone has no such promise to keep and uses a second core.

    Parameters
    ----------
    problem, tight
        The problem and its open pairs.
    terms
        What the caller asks for.
    seed
        Fixes the solver's random choices.
    """

    def __init__(self, problem: Problem, tight: Reach, terms: Terms, *, seed: int) -> None:
        self.asked = terms.exact
        self.prover = Prover(problem, tight, thorough=terms.exact, seed=seed)
        self.effort = FIRST_EFFORT * (ASKED if terms.exact else 1.0)
        self.pool = ThreadPoolExecutor(1) if terms.exact and terms.timed else None
        self.running: Future[Proof] | None = None
        self.switch = sys.getswitchinterval()
        if self.pool is not None:
            sys.setswitchinterval(SWITCH)
        self.limits, self.stopped = self._stoppable(terms.limits), False

    @property
    def low(self) -> float:
        """A bound on the cost of every plan, as far as the latest try has come."""
        return self.prover.bound

    @property
    def ended(self) -> bool:
        """Whether a try beside the search has left nothing to prove, or has failed."""
        running = self.running
        if running is None or not running.done():
            return False
        return running.exception() is not None or running.result().finished

    def worth(self, best: np.ndarray | None, pairs: int) -> bool:
        """Tell whether to make a try: one is asked for, or looks near."""
        return self.asked or (best is not None and pairs <= PROVABLE)

    def better(self, cost: float) -> None:
        """Tell a try that goes on beside the search what the best plan costs now."""
        self.prover.ceiling = min(self.prover.ceiling, cost)

    def attempt(self, bound: Bound, best: np.ndarray | None, pairs: int, *, wait: bool) -> Proof | None:
        """Make a try, or see how one beside the search went and begin the next.

        Parameters
        ----------
        bound
            A bound on the cost of every plan, with its prices.
        best
            The best plan that keeps every rule, or None.
        pairs
            Pairs that a better plan may use.
        wait
            Whether the search has nothing else to do.

        Returns
        -------
        Proof or None
            None while a try goes on.
        """
        if self.pool is None:
            return self._in_turn(bound, best, pairs)
        found = None
        if self.running is not None and (wait or self.running.done()):
            found, self.running = self.running.result(), None
        if self.running is None and not (found and found.finished):
            self.running = self.pool.submit(self._beside, bound, best)
        return found

    def end(self) -> Proof | None:
        """End a try that goes on, and return what it gave."""
        self.stopped = True
        found = None if self.running is None else self.running.result()
        self.running = None
        if self.pool is not None:
            self.pool.shutdown()
            sys.setswitchinterval(self.switch)
        return found

    def _in_turn(self, bound: Bound, best: np.ndarray | None, pairs: int) -> Proof:
        limits = self.limits.share(SHARE if best is not None else SHARE / 4)
        effort = math.ceil(self.effort / (1 + pairs))
        self.effort *= 2.0
        return self.prover.prove(bound, best, limits, effort=effort)

    def _beside(self, bound: Bound, best: np.ndarray | None) -> Proof:
        share = SHARES[self.prover.tries] if self.prover.tries < len(SHARES) else 1.0
        return self.prover.prove(bound, best, self.limits.share(share), effort=None)

    def _stoppable(self, limits: Limits) -> Limits:
        return replace(limits, cancelled=lambda: self.stopped or limits.cancelled())
