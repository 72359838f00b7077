"""What became of births: the share that entered school by year, and what is stated of it told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting import rates
from forecasting.cohort import by_district
from forecasting.entrants import Driver
from forecasting.panel import Panel

COLUMNS = ("year", "children", "entrants", "share", "survival", "migration", "enrolled")


def shares(panel: Panel, born: Driver, given: Sequence[rates.Rate] = ()) -> pd.DataFrame:
    """Set entrants of past years beside the children born, over all districts whose births are known.

    Parameters
    ----------
    panel : Panel
        History; entrants are the pupils of its lowest grade.
    born : Driver
        From ``entrants.from_births``.
    given : sequence of Rate
        Survival and migration stated, see ``rates.kept``.

    Returns
    -------
    DataFrame
        `COLUMNS`: children who reach the age, entrants, share = entrants / children; survival and migration
        as stated (NaN where not), and enrolled, the rest that is learned: share over survival times
        (1 + migration).
    """
    places = np.unique(panel.district_codes, return_index=True)[1]
    whole, first = born.at(panel.years)[places], panel.counts[:, 0, :]
    taught = by_district(np.isfinite(first).astype(float), panel) > 0
    came = np.where(taught, by_district(np.nan_to_num(first), panel), np.nan)
    both = np.isfinite(whole) & np.isfinite(came)
    told = both.any(axis=0)
    children, entrants = (np.where(both, part, 0.0).sum(axis=0)[told] for part in (whole, came))
    frame = pd.DataFrame({"year": panel.years[told], "children": children, "entrants": entrants})
    frame["share"] = frame["entrants"] / frame["children"].where(frame["children"] > 0)
    for name, what in (("survival", rates.SURVIVAL), ("migration", rates.MIGRATION)):
        frame[name] = [rates.in_year(given, what, int(y), float("nan")) for y in frame["year"]]
    kept = frame["survival"].fillna(1.0) * (1.0 + frame["migration"].fillna(0.0))
    return frame.assign(enrolled=frame["share"] / kept)[list(COLUMNS)]
