"""What the evidence of entrants (登记、在园、出生) was used for, year by year, and what could not be used.

Children foreseen become entrants by the share that entered in past years. A source that names only years to
come has no past year to learn this share from: it is left out, which must be said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting import kindergarten
from forecasting.cohort import Settings, entry_cells
from forecasting.entrants import BASES, Driver, past_entrants, plan
from forecasting.panel import Bools, Floats, Ints, Panel, span
from gis.faults import WARNING, Fault, register_kinds
from gis.words import Words

register_kinds(
    {
        "fc_entry_unlinked": (
            "{source}说到 {years} 年入学的孩子，但推算 {schools} 所学校的新生时没有用到：其中没有可与实际新生"
            "对照的已入学年份，学不到入学比例。请补上至少一个已入学年份的数（如 {newest} 年秋季入学的）；"
            "在此之前，这些新生按其他依据推算或按设定，见“预测依据”。",
            "{source} tell of the children who enter in {years}, but were not used for the entrants of "
            "{schools} schools: they name no past year to compare with those who entered, so the share that "
            "enters cannot be learned. Add the numbers of at least one past year (such as of those who "
            "entered in autumn {newest}); until then these entrants rest on other evidence or are assumed, "
            "as the basis says.",
        ),
        "fc_class_short": (
            "幼儿园在园人数（{classes}）没有用来推算新生：可对照的往年太少，看不出它是否更准。"
            "请补上往年的在园人数：{needed}；在此之前，这些新生按其他依据推算或按设定，见“预测依据”。",
            "the kindergarten rolls ({classes}) were not used for entrants: there are too few past years to "
            "see whether they come nearer. Add rolls of earlier years: {needed}; until then these entrants "
            "rest on other evidence or are assumed, as the basis says.",
        ),
    },
    level=WARNING,
)

SOURCES: Final = {
    "registered": Words("登记的适龄儿童", "registered children"),
    "kindergarten": Words("幼儿园在园人数", "children in kindergartens"),
    "born": Words("出生数", "births"),
}
CLASSES: Final = {
    1: Words("大班", "the oldest class"),
    2: Words("中班", "the middle class"),
    3: Words("小班", "the youngest class"),
}


@dataclass(frozen=True)
class Use:
    """What first grades rest on.

    Attributes
    ----------
    years : dict of str to dict of int to float
        By basis (best first) and year ahead, the share of schools whose first grade rests on it.
    held : tuple of str
        What stands for assumed years: bases whose last children are kept, "" for a mean of recent years.
    """

    years: dict[str, dict[int, float]]
    held: tuple[str, ...]

    @property
    def sources(self) -> list[str]:
        """The sources that were used, best first."""
        return [basis for basis in SOURCES if basis in self.years or basis in self.held]


def use(
    panel: Panel,
    drivers: Sequence[Driver],
    *,
    years_ahead: int,
    settings: Settings,
    broken: frozenset[int] = frozenset(),
) -> Use:
    """Return what the first grades of a forecast rest on; parameters as of ``entrants.plan``."""
    entry = plan(panel, drivers, years_ahead=years_ahead, settings=settings, broken=broken)
    basis = entry.basis[entry.cells[1] == 0]
    years = (panel.last_year + 1 + np.arange(years_ahead)).tolist()
    shares = {name: (basis == name).mean(axis=0) if len(basis) else np.zeros(years_ahead) for name in BASES}
    found = {name: {y: float(s) for y, s in zip(years, part) if s > 0} for name, part in shares.items()}
    rests = {name: part for name, part in found.items() if part}
    return Use(rests, _held(panel, drivers, broken) if "assumed" in rests else ())


def _held(panel: Panel, drivers: Sequence[Driver], broken: frozenset[int]) -> tuple[str, ...]:
    """What assumed years rest on, in the order in which ``entrants.plan`` lets it stand."""
    rows, past = _first_grades(panel, broken)
    free, found = np.ones(len(rows), dtype=bool), []
    for driver in reversed(drivers):
        here = free & _linked(panel, driver, rows, past) & driver.holds
        if here.any():
            found.append(driver.basis)
        free &= ~here
    return tuple(dict.fromkeys([*found, *([""] if free.any() else [])]))


def unlinked(
    panel: Panel, drivers: Sequence[Driver], *, years_ahead: int, broken: frozenset[int] = frozenset()
) -> list[Fault]:
    """Return a warning for each source that tells of years ahead but of no past year to learn from."""
    rows, past = _first_grades(panel, broken)
    ahead, found = panel.last_year + 1 + np.arange(years_ahead), []
    for basis in dict.fromkeys(driver.basis for driver in drivers):
        own = [driver for driver in drivers if driver.basis == basis]
        linked = np.any([_linked(panel, driver, rows, past) for driver in own], axis=0)
        told = np.any([np.isfinite(driver.at(ahead)[rows]) for driver in own], axis=0)
        lost = told & ~linked[:, None]
        if lost.any():
            params = {
                "source": SOURCES[basis],
                "years": span(ahead[lost.any(axis=0)].tolist()),
                "schools": int(lost.any(axis=1).sum()),
                "newest": str(panel.last_year),
            }
            found.append(Fault("fc_entry_unlinked", params=params))
    return found


def short(tried: Mapping[int, tuple[float, float]]) -> list[Fault]:
    """Return a warning of the kindergarten classes that had too few past years to be compared.

    Parameters
    ----------
    tried : mapping
        From ``kindergarten.kept``.
    """
    few = [lead for lead, (own, _) in sorted(tried.items()) if not np.isfinite(own)]
    if not few:
        return []
    zh, en = (
        [f"{CLASSES[lead].zh}至少要连续 {kindergarten.least_years(lead)} 个学年" for lead in few],
        [f"{CLASSES[lead].en} at least {kindergarten.least_years(lead)} years in a row" for lead in few],
    )
    classes = Words("、".join(CLASSES[n].zh for n in few), ", ".join(CLASSES[n].en for n in few))
    needed = Words("、".join(zh), ", ".join(en))
    return [Fault("fc_class_short", params={"classes": classes, "needed": needed})]


def _first_grades(panel: Panel, broken: frozenset[int]) -> tuple[Ints, Floats]:
    """Schools with a first grade, and those who entered it, by year."""
    rows, grades = np.nonzero(entry_cells(panel.open_cells))
    first = grades == 0
    return rows[first], past_entrants(panel, (rows, grades), broken)[first]


def _linked(panel: Panel, driver: Driver, rows: Ints, past: Floats) -> Bools:
    """Schools for which some past year has both children of the source and entrants."""
    known = driver.at(panel.years)[rows]
    return np.asarray((np.isfinite(past) & np.isfinite(known) & (known > 0)).any(axis=1))
