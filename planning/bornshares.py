"""The share of births that entered school in past years of a project, with what is stated of it."""

import pandas as pd

from planning import assumed, outlook, statedvalues
from planning.project import Project


def by_year(project: Project) -> pd.DataFrame | None:
    """Return what became of births, year by year; see `forecasting.entered.shares`.

    Returns
    -------
    DataFrame or None
        Under the cut-off and the statements in force; None without births, without a history of grade 1, or
        where the two have no year in common.
    """
    from forecasting import entered, entrants, history, panel

    table = outlook.births(project)
    if table is None:
        return None
    known = panel.from_frame(history.read(outlook.history(project)))
    if known.grades[0] != "1":
        return None
    now = assumed.in_force(project)
    born = entrants.from_births(history.check_births(table)[0], known, cutoff_month=now.cutoff_month)
    found = entered.shares(known, born, statedvalues.as_rates(project, now.stated))
    return None if found.empty else found
