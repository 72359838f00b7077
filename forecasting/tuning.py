"""Choose the method's settings by past error on the history at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from forecasting import errors, families, methods
from forecasting.cohort import Settings
from forecasting.entrants import Driver
from forecasting.families import Mix
from forecasting.panel import Floats, Panel

#: Values tried one setting at a time, in this order, from the default settings on.
TRIED: dict[str, tuple[float, ...]] = {
    "leaver_weight": (0.0, 0.5, 1.0),
    "entrant_pool_memory": (0.05, 0.2, 0.5, 0.75),
    "entrant_memory": (0.4, 0.6, 0.75),
    "memory": (0.3, 0.5, 0.7, 0.85),
    "pool_memory": (0.1, 0.3, 0.6, 0.8),
    "cell_evidence": (150.0, 400.0, 1200.0),
    "school_pull": (0.5, 0.75, 1.0),
}

#: A setting is changed only for at least this relative gain: less may be luck.
LEAST_GAIN = 0.003

#: Panels with fewer schools than this look back further: their errors are noisier and cheaper to find.
SMALL, SMALL_MOST = 100, 14

#: Our district totals are expected to err this much of GPR3's, which counts as so many origins; how sharply
#: their share follows past errors (at twice GPR3's error it is as good as 0).
OWN_PRIOR, OWN_EVIDENCE, OWN_SHARPNESS = 0.85, 4.0, 16.0

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
    mix : Mix
        Whose district totals are used by family of series (see ``methods.lean``). The share of our own in all
        families together is near 1 where ours were the better ones, the rest being GPR3's.
    record : DataFrame
        How the method of every family was found, see ``families.chosen``.
    """

    settings: Settings
    cutoffs: tuple[int, ...] = ()
    score: float = float("nan")
    mix: Mix = field(default_factory=Mix)
    record: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(families.COLUMNS)))

    @property
    def own_share(self) -> float:
        """Share of our own district totals where no family says otherwise."""
        return self.mix.own_share


def choose(
    panel: Panel,
    drivers: Sequence[Driver],
    *,
    horizons: int = 3,
    most: int = 5,
    broken: frozenset[int] = frozenset(),
) -> Choice:
    """Set each parameter by rolling-origin error, keeping the default where nothing is gained.

    Then choose whose district totals are used, in all families of series together and in each.

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
    newest = SMALL_MOST if panel.counts.shape[0] < SMALL else most
    cutoffs = errors.origins(panel, most=newest, broken=broken)
    if len(cutoffs) < LEAST_ORIGINS:
        mix = Mix(driven=bool(drivers))
        return Choice(Settings(), mix=mix, record=families.unchosen(panel, mix, "short"))

    def scores(method: methods.Method) -> Floats:
        pasts = errors.rolling(panel, drivers, method, cutoffs=cutoffs, horizons=horizons, broken=broken)
        return _mean_errors(pasts, panel)

    standard = np.maximum(scores(methods.gpr3), 1e-9)

    def score(settings: Settings) -> float:
        return float((scores(methods.cohort_survival(settings, broken)) / standard).mean())

    best = Settings()
    lowest = score(best)
    for name, values in TRIED.items():
        for value in values:
            trial = replace(best, **{name: value})
            if trial != best and (reached := score(trial)) < lowest * (1.0 - LEAST_GAIN):
                best, lowest = trial, reached
    # A mean over years spoilt by a shock is no rival.
    if any(year > panel.last_year - 4 for year in broken):
        mix = Mix(driven=bool(drivers))
        return Choice(best, tuple(cutoffs), lowest, mix, families.unchosen(panel, mix, "shock"))
    compared = (methods.cohort_survival(best, broken), methods.gpr3, methods.naive)
    pasts = {
        name: errors.rolling(panel, drivers, method, cutoffs=cutoffs, horizons=horizons, broken=broken)
        for name, method in zip(families.CANDIDATES, compared, strict=True)
    }
    ours, theirs = (
        np.maximum(_mean_errors(pasts[name], panel, ("district",)), 1e-9) for name in ("cohort", "gpr3")
    )
    mix = Mix(_own_share(ours, theirs, len(cutoffs)), driven=bool(drivers))
    return Choice(best, tuple(cutoffs), lowest, *families.chosen(pasts, panel, mix, horizons=horizons))


def _own_share(ours: Floats, theirs: Floats, origins: int) -> float:
    """Weight by the ratio of past errors, pulled towards what it is elsewhere while origins are few."""
    ratio = float(np.log(theirs / ours).mean())
    evidence = (origins * ratio + OWN_EVIDENCE * np.log(1.0 / OWN_PRIOR)) / (origins + OWN_EVIDENCE)
    return float(1.0 / (1.0 + np.exp(-OWN_SHARPNESS * evidence)))


def _mean_errors(pasts: Sequence[errors.Past], panel: Panel, levels: Sequence[str] = errors.LEVELS) -> Floats:
    """Absolute errors as shares of pupils, each past forecast counting alike; by level and horizon."""
    found: dict[tuple[str, int], list[float]] = {}
    for past in pasts:
        for level in levels:
            error = np.abs(errors.totals(past.forecast - past.actual, panel, level)).sum()
            found.setdefault((level, past.horizon), []).append(error / max(past.actual.sum(), 1.0))
    return np.array([np.mean(shares) for _, shares in sorted(found.items())])
