"""Schools renamed, merged and split (沿革): histories joined, so that no ratio is taken across a change.

The table is the one the project keeps (``planning.lineage``): change, year, from_id, to_id, share. Before
ratios are made the years before a change are moved to the schools that stand after it, so that a renamed
school keeps its past, a merged one has the sum of its parts' and the parts of a split each their share.
What the table does not say, `recognise` looks for in the rolls; it only proposes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

import forecasting.kinds  # noqa: F401  registers the wordings
from forecasting.cohort import by_district, transitions
from forecasting.panel import Bools, Floats, Ints, Panel
from gis.faults import Fault

#: Columns of the table that are read; `share` is optional.
COLUMNS = ("change", "year", "from_id", "to_id", "share")

#: Changes that join histories; a school opened or closed keeps its own.
JOINING = ("renamed", "merged", "split")

#: Largest departure of the cohorts that came from those expected, as a share of them: at many pupils, what
#: chance adds at few (per root of pupils a grade), and the most whatever their number. Set by judgement.
FIT, CHANCE, MOST = 0.10, 0.5, 0.25

#: Fewest grades and pupils on which a change is recognised, and how much worse it must fit without it.
GRADES, PUPILS, CLEARER = 2, 30.0, 3.0

#: How far a recognised change may move its district's ratio before it is left out of what is learned.
BENDS = 0.05

#: Schools that may join or part at once, and how many of those that fit by size are tried.
AT_ONCE, TRIED = 3, 6

_KEYS = ["year", "district", "school", "grade"]


def joined(history: pd.DataFrame, lineage: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Move the years before each change to the schools that stand after it.

    Parameters
    ----------
    history : DataFrame
        Checked (see ``history.check``).
    lineage : DataFrame
        `COLUMNS`; of a table with a column ``subject`` the rows of schools. The parts of a split without
        shares have those of their pupils by grade in their first year, or equal ones where there is none.

    Returns
    -------
    history : DataFrame
        Same columns; enrolment is fractional where a school was split.
    faults : list of Fault
        Errors of rows that say too little, and warnings: changes after the history ends, schools that are in
        no roll, years left out of a merged school because one of its parts reported nothing.
    """
    table, faults = _table(lineage)
    last, known = int(history["year"].max()), set(history["school"])
    for (year, _), rows in table.groupby(["year", "change"], sort=True):
        usable = rows[rows["from_id"].isin(known)]
        nowhere = rows[~rows["from_id"].isin(known) & ~rows["to_id"].isin(known)]
        faults += [Fault("fc_lineage_unknown", found=a) for a in sorted(set(nowhere["from_id"]))]
        if int(str(year)) > last + 1:
            faults += [Fault("fc_lineage_later", found=a) for a in sorted(set(usable["from_id"]))]
        elif len(usable):
            history, more = _moved(history, usable, int(str(year)))
            faults += more
        known = set(history["school"])
    return history, faults


def _table(lineage: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Rows that join histories, and a fault for each that does not say what became of whom and when."""
    schools = lineage[lineage["subject"] == "school"] if "subject" in lineage else lineage
    rows = schools.reindex(columns=list(COLUMNS))
    rows = rows[rows["change"].isin(JOINING)]
    whole = rows[["year", "from_id", "to_id"]].notna().all(axis=1)
    named = rows["from_id"].fillna(rows["to_id"]).astype("str")
    faults = [Fault("fc_lineage_incomplete", found=str(name)) for name in named[~whole]]
    table = rows[whole].astype({"year": "int64", "from_id": "str", "to_id": "str", "share": "float64"})
    return table.drop_duplicates(["change", "year", "from_id", "to_id"]), faults


def carried(
    rows: pd.DataFrame, lineage: pd.DataFrame, history: pd.DataFrame, counts: Sequence[str]
) -> pd.DataFrame:
    """Move other counts of schools, such as rolls by home, as `joined` moves the history.

    Parameters
    ----------
    rows : DataFrame
        school, year, grade (text) and `counts`, any number of rows a school, year and grade.
    lineage : DataFrame
        As in `joined`.
    history : DataFrame
        Checked, not yet joined: the parts of a split have the shares they have there.
    counts : sequence of str
        Columns shared out over the parts of a split, then fractional.

    Returns
    -------
    DataFrame
        Same columns; what `joined` says of the table is not said again.
    """
    table = _table(lineage)[0]
    table = table[table["year"] <= int(history["year"].max()) + 1]
    for (year, _), pairs in table.groupby(["year", "change"], sort=True):
        touched = (rows["year"] < int(str(year))) & rows["school"].isin(pairs["from_id"])
        moved = rows[touched].merge(_parts(history, rows, pairs, int(str(year))), on=["school", "grade"])
        shared = {name: moved[name].astype("float64") * moved["part"] for name in counts}
        moved = moved.assign(school=moved["to_id"], **shared)[list(rows.columns)]
        rows = pd.concat([rows[~touched], moved], ignore_index=True) if len(moved) else rows
    return rows


def _moved(history: pd.DataFrame, rows: pd.DataFrame, year: int) -> tuple[pd.DataFrame, list[Fault]]:
    """Carry out the changes of one kind and year."""
    past = history["year"] < year
    touched = past & history["school"].isin(rows["from_id"])
    if not touched.any():
        return history, []
    moved = history[touched].merge(_parts(history, history, rows, year), on=["school", "grade"])
    moved["enrolment"] = moved["enrolment"] * moved["part"]
    districts = history[~past].drop_duplicates("school").set_index("school")["district"].to_dict()
    moved["district"] = [districts.get(to, own) for to, own in zip(moved["to_id"], moved["district"])]
    left_out, faults = _unreported(history[past], rows)
    moved = moved.assign(school=moved["to_id"])[list(history.columns)]
    whole = pd.concat([history[~touched], moved]).groupby(_KEYS, as_index=False)[["enrolment"]].sum()
    lost = pd.MultiIndex.from_frame(whole[["school", "year"]]).isin(left_out)
    return whole.loc[~lost, list(history.columns)].reset_index(drop=True), faults


def _parts(history: pd.DataFrame, rows: pd.DataFrame, pairs: pd.DataFrame, year: int) -> pd.DataFrame:
    """Share of a school's pupils that each successor takes over: as stated, else by pupils of the grade.

    The one rule for all that is moved; school, grade, to_id, part for the grades in `rows`.
    """
    grades = pd.DataFrame({"grade": rows["grade"].unique()})
    heirs = pairs.rename(columns={"from_id": "school"})[["school", "to_id", "share"]].merge(
        grades, how="cross"
    )
    own = heirs.groupby(["school", "grade"])
    first = history[history["year"] == year].groupby(["school", "grade"])["enrolment"].sum()
    keys = pd.MultiIndex.from_frame(heirs[["to_id", "grade"]])
    heirs["came"] = first.reindex(keys).fillna(0.0).to_numpy()
    total, equal = own["came"].transform("sum"), 1.0 / own["to_id"].transform("size")
    counted = (heirs["came"] / total.where(total > 0)).fillna(equal)
    stated = heirs["share"].notna().groupby([heirs["school"], heirs["grade"]]).transform("all")
    given = heirs["share"] / own["share"].transform("sum").where(lambda s: s > 0)
    heirs["part"] = given.where(stated, counted).fillna(counted)
    return heirs[["school", "grade", "to_id", "part"]]


def _unreported(past: pd.DataFrame, rows: pd.DataFrame) -> tuple[list[tuple[str, int]], list[Fault]]:
    """Years in which a part of a merged school reported nothing between others in which it did."""
    years, lost = set(past["year"]), []
    reported = past.groupby("school")["year"].agg(set)
    for to_id, part in rows.groupby("to_id"):
        members = [s for s in sorted({*part["from_id"], str(to_id)}) if s in reported]
        own = [{y for y in years if min(reported[s]) < y < max(reported[s])} - reported[s] for s in members]
        lost += [(str(to_id), y) for y in sorted(set().union(*own))] if len(members) > 1 else []
    return lost, [Fault("fc_lineage_gap", found=to_id, params={"year": y}) for to_id, y in lost]


@dataclass(frozen=True)
class _Found:
    """A change that fits: schools before and after, and how far the cohorts are off."""

    change: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    off: float


def recognise(panel: Panel) -> pd.DataFrame:
    """Look in the rolls for schools that seem renamed, merged or split.

    A school that is in no later roll is held against those of its district that appear or jump in the next
    reported year, grade by grade: cohorts moved up by a year must be found again, alone (renamed), added to
    the receiving school's own (merged) or, the other way round, divided (split). It is only a proposal: the
    planner has to state the change before histories are joined.

    Parameters
    ----------
    panel : Panel
        History.

    Returns
    -------
    DataFrame
        subject (school), change, year, from_id, to_id, share (NaN), district, off (departure of the cohorts,
        as a share of them): one row a pair of schools, in the columns of the lineage table.
    """
    seen = np.any(np.isfinite(panel.counts), axis=1)
    reported = np.flatnonzero(seen.any(axis=0))
    first, last = seen.argmax(axis=1), seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    rows = []
    for before, after in pairwise(reported):
        gone, new = last == before, first == after
        step = _Step.between(panel, int(before), int(after))
        for district in np.unique(panel.district_codes[gone | new]):
            here = np.flatnonzero(panel.district_codes == district)
            for found in _best(list(_candidates(step, here, gone, new))):
                rows += _rows(found, panel, int(panel.years[after]), str(panel.district_names[district]))
    columns = ["subject", "change", "year", "from_id", "to_id", "share", "district", "off"]
    return pd.DataFrame(rows, columns=columns)


def crossed(panel: Panel, changes: pd.DataFrame) -> Bools | None:
    """Steps of schools into a year that teach nothing, because a recognised change would bend their district.

    Only those count by which the district's ratio moves by more than `BENDS` in that year; where there are
    many schools a merger is one departure among many, and stays.

    Returns
    -------
    ndarray of bool, shape (S, T), or None where there are none
    """
    steps = np.zeros(panel.counts.shape[::2], dtype=bool)
    keys = pd.MultiIndex.from_frame(panel.schools)
    for side in ("from_id", "to_id"):
        at = keys.get_indexer(pd.MultiIndex.from_frame(changes[["district", side]]))
        steps[at, changes["year"].to_numpy(np.int64) - panel.first_year] = True
    before, after, _ = transitions(panel)
    before, after = before.sum(axis=1), after.sum(axis=1)
    kept = ~steps[:, 1:]
    whole, rest = (
        by_district(after * part, panel) / np.maximum(by_district(before * part, panel), 1.0)
        for part in (np.ones_like(kept), kept)
    )
    steps[:, 1:] &= (np.abs(whole - rest) > BENDS)[panel.district_codes]
    return steps if steps[:, 1:].any() else None


def faults(changes: pd.DataFrame, panel: Panel, *, file: str = "") -> list[Fault]:
    """Say every change recognised in a panel, and what to do about it."""
    result = []
    for (change, year, _), rows in changes.groupby(["change", "year", _hub(changes)], sort=True):
        sides = (rows[["district", s]].set_axis(["district", "school"], axis=1) for s in ("from_id", "to_id"))
        olds, news = (", ".join(panel.called(s.drop_duplicates().sort_values("school"))) for s in sides)
        params = {"to": news, "year": int(str(year))}
        result.append(Fault(f"fc_perhaps_{change}", file=file, found=olds, params=params))
    return result


def _hub(changes: pd.DataFrame) -> pd.Series:
    """The one school all rows of a change share."""
    return changes["from_id"].where(changes["change"] == "split", changes["to_id"]).rename("hub")


@dataclass(frozen=True)
class _Step:
    """Two reported years in a row, as cohorts; arrays of shape (S, G), zero where there are none.

    Attributes
    ----------
    moved : ndarray
        Pupils of the earlier year in the grade they reach in the later, where their school taught it too.
    came : ndarray
        Pupils of the later year.
    known, leaving, fed : ndarray of bool
        Where `moved` stands; where pupils had to leave their school; where `came` has a grade below it.
    """

    moved: Floats
    came: Floats
    known: Bools
    leaving: Bools
    fed: Bools

    @classmethod
    def between(cls, panel: Panel, before: int, after: int) -> _Step:
        """Cohorts of two years of the panel, by their positions."""
        old, new, up = panel.counts[:, :, before], panel.counts[:, :, after], after - before
        moved, below = np.full_like(old, np.nan), np.zeros(old.shape, dtype=bool)
        moved[:, up:], below[:, up:] = old[:, :-up], np.isfinite(new[:, :-up])
        known = np.isfinite(moved) & np.isfinite(old)
        leaving, fed = np.isfinite(moved) & ~np.isfinite(old), np.isfinite(new) & below
        return cls(np.where(known, moved, 0.0), np.nan_to_num(new), known, leaving, fed)

    def off(self, before: Sequence[int], after: Sequence[int]) -> float:
        """How far the schools after are from holding the cohorts of those before; inf where it cannot be."""
        one, other = list(before), list(after)
        told = (self.known[one].any(axis=0) | self.fed[other].any(axis=0)) & ~self.leaving[one].any(axis=0)
        expected, found = self.moved[one].sum(axis=0)[told], self.came[other].sum(axis=0)[told]
        pupils, grades = float(expected.sum()), int((expected > 0).sum())
        if grades < GRADES or pupils < PUPILS:
            return float("inf")
        return float(np.abs(found - expected).sum()) / pupils

    def most(self, before: Sequence[int]) -> float:
        """Return the largest departure that still counts as the same pupils."""
        pupils = self.moved[list(before)].sum(axis=0)
        return min(MOST, FIT + CHANCE * float(np.sqrt((pupils > 0).sum() / max(pupils.sum(), 1.0))))


def _candidates(step: _Step, here: Ints, gone: Bools, new: Bools) -> Iterator[_Found]:
    """Every change between the schools of one district that fits."""
    closed, opened, stay = here[gone[here]], here[new[here]], here[~gone[here] & ~new[here]]
    for a in closed:
        for b in opened:
            yield from _fits(step, "renamed", (a,), (b,), None)
    for whole in (*opened, *stay):
        own = () if new[whole] else (whole,)
        room = step.came[whole] - step.moved[list(own)].sum(axis=0)
        for parts in _sets(step.moved, step.known[whole], room, closed, least=2 - len(own)):
            yield from _fits(step, "merged", (*own, *parts), (whole,), own)
    for whole in (*closed, *stay):
        own = () if gone[whole] else (whole,)
        room = step.moved[whole] - step.came[list(own)].sum(axis=0)
        for parts in _sets(step.came, step.known[whole], room, opened, least=2 - len(own)):
            yield from _fits(step, "split", (whole,), (*own, *parts), own)


def _sets(values: Floats, told: Bools, room: Floats, pool: Ints, *, least: int) -> Iterator[tuple[int, ...]]:
    """Sets of schools whose cohorts have room in what is to be explained."""
    seen = told if told.any() else np.ones_like(told)
    over = np.clip(values[pool] - np.maximum(room, 0.0), 0.0, None)[:, seen].sum(axis=1)
    size = values[pool][:, seen].sum(axis=1)
    likely = pool[(size > 0) & (over <= MOST * size + 1.0)]
    likely = likely[np.argsort(-values[likely].sum(axis=1), kind="stable")][:TRIED]
    for count in range(least, AT_ONCE + 1):
        yield from combinations(likely.tolist(), count)


def _fits(
    step: _Step, change: str, before: tuple[int, ...], after: tuple[int, ...], own: tuple[int, ...] | None
) -> Iterator[_Found]:
    """The change, if cohorts agree and, where a school stays, do so far better than without it."""
    off = step.off(before, after)
    if off > step.most(before):
        return
    if own:
        alone = np.abs(step.came[own[0]] - step.moved[own[0]])[step.known[own[0]]].sum()
        if alone < CLEARER * off * step.moved[list(before)].sum():
            return
    yield _Found(change, tuple(map(int, before)), tuple(map(int, after)), off)


def _best(found: Sequence[_Found]) -> Iterator[_Found]:
    """The closest fits, each school in one change only; of equals the one with fewer schools."""
    taken: set[int] = set()
    for one in sorted(
        found, key=lambda f: (round(f.off, 6), len(f.before) + len(f.after), f.before, f.after)
    ):
        schools = {*one.before, *one.after}
        if not schools & taken:
            taken |= schools
            yield one


def _rows(found: _Found, panel: Panel, year: int, district: str) -> list[tuple[object, ...]]:
    """One row a school before and one after."""
    names = panel.schools["school"].tolist()
    return [
        ("school", found.change, year, names[a], names[b], float("nan"), district, round(found.off, 3))
        for a in found.before
        for b in found.after
    ]
