"""Choose the method's settings by past error on the history at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting import errors, methods
from forecasting.cohort import Settings
from forecasting.entrants import Driver
from forecasting.panel import Panel

#: Values tried one setting at a time, in this order, from the default settings on.
TRIED: dict[str, tuple[float, ...]] = {
    "leaver_weight": (0.0, 0.5, 1.0),
    "entrant_pool_memory": (0.2, 0.4, 0.7),
    "entrant_memory": (0.4, 0.6, 0.75),
    "memory": (0.5, 0.7, 0.85),
    "pool_memory": (0.3, 0.6, 0.8),
    "cell_evidence": (150.0, 400.0, 1200.0),
    "school_pull": (0.5, 0.75, 1.0),
}

#: A setting is changed only for at least this relative gain: less may be luck.
LEAST_GAIN = 0.003

#: Fewest past forecasts (origins) from which settings are chosen at all.
LEAST_ORIGINS = 3


@dataclass(frozen=True)
class Choice:
    """Settings chosen, and what they were chosen on.

    Attributes
    ----------
    settings : Settings
        For ``methods.cohort_survival``.
    cutoffs : tuple of int
        Base years of the past forecasts compared; empty when there were too few.
    score : float
        Mean error over levels, relative to GPR3 (below 1 is better); NaN when not compared.
    """

    settings: Settings
    cutoffs: tuple[int, ...] = ()
    score: float = float("nan")


def choose(
    panel: Panel,
    drivers: Sequence[Driver],
    *,
    horizons: int = 3,
    most: int = 5,
    broken: frozenset[int] = frozenset(),
) -> Choice:
    """Set each parameter by rolling-origin error, keeping the default where nothing is gained.

    Parameters
    ----------
    panel : Panel
        History.
    drivers : sequence of Driver
        What was known of entrants.
    horizons : int
        Years ahead that count.
    most : int
        Newest origins used.
    broken : frozenset of int
        Years left out.
    """
    cutoffs = errors.origins(panel, most=most, broken=broken)
    if len(cutoffs) < LEAST_ORIGINS:
        return Choice(Settings())

    def scores(method: methods.Method) -> np.ndarray:
        pasts = errors.rolling(panel, drivers, method, cutoffs=cutoffs, horizons=horizons, broken=broken)
        return errors.wape(pasts, panel)["wape"].to_numpy()

    standard = np.maximum(scores(methods.gpr3), 1e-9)

    def score(settings: Settings) -> float:
        return float(np.mean(scores(methods.cohort_survival(settings, broken)) / standard))

    best = Settings()
    lowest = score(best)
    for name, values in TRIED.items():
        for value in values:
            trial = replace(best, **{name: value})
            if trial != best and (reached := score(trial)) < lowest * (1.0 - LEAST_GAIN):
                best, lowest = trial, reached
    return Choice(best, tuple(cutoffs), lowest)
