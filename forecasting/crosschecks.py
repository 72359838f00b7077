"""What only shows between the files of a forecast: schools, towns and years that do not fit together."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import pandas as pd

import forecasting.kinds  # noqa: F401  registers the wordings
from forecasting import estates as housing
from forecasting import history, levels
from forecasting.fitting import LIMIT
from forecasting.flows import above_one
from forecasting.inputs import SCHEMAS, Input
from gis.faults import Fault, errors
from gis.values import hint

Faults = dict[str, list[Fault]]

#: Pupils of a stage per household above which a second look is asked for: a household of three or four
#: people has seldom more than one child of primary age on average over an estate (设定).
MUCH = 1.0

#: Files whose counts are of places: some rows with a district and some without would be of different ones.
_COUNTED = ("history", "births", "entrants", "kindergarten")


def faults(tables: Mapping[str, Input], *, until: int, lineage: pd.DataFrame | None = None) -> Faults:
    """Every fault that shows between the files, by the name of the file that it stands in.

    Parameters
    ----------
    tables : mapping of str to Input
        The files that could be read, by the name of their option.
    until : int
        Last school year wanted.
    lineage : DataFrame, optional
        Schools renamed, merged and split: their new names are known, too.
    """
    found: Faults = {name: [*_apart(table), *_part_blank(table)] for name, table in tables.items()}
    known = None
    if "history" in tables:
        known = _schools(tables["history"], lineage)
        found["history"] += _span(tables["history"], until)
    if "estates" in tables:
        found["estates"] += _estates(tables["estates"], known)
    if "groups" in tables:
        found["groups"] += _groups(tables["groups"], known)
    if "entrants" in tables:
        found["entrants"] += _entrants(tables, known)
    for name, more in _flow(tables, known).items():
        found[name] += more
    return found


def _has(table: Input, *columns: str) -> bool:
    return all(column in table.frame for column in columns)


def _apart(table: Input) -> list[Fault]:
    """Return a fault for each year so far from the others of its file that it must be a slip."""
    if not _has(table, "year"):
        return []
    years = table.frame["year"].dropna()
    away, span = history.apart(years)
    return [
        table.fault("fc_year_apart", int(row), "year", str(years[row]), span=span, limit=history.APART)
        for row in years.index[away]
    ]


def _part_blank(table: Input) -> list[Fault]:
    """Return a fault for each row without a district where others name theirs: places would fall apart."""
    if table.schema.name not in _COUNTED or not _has(table, "district"):
        return []
    blank = table.frame["district"].isna()
    return [table.fault("fc_unfilled", int(row), "district") for row in table.frame.index[blank]]


def _span(table: Input, until: int) -> list[Fault]:
    """Check the years of a history against the last one wanted."""
    if not _has(table, "year"):
        return []
    years = table.frame["year"].dropna()
    years = years[~history.apart(years)[0]]
    if years.empty:
        return []
    last = int(years.max())
    found = []
    params = {"last": str(last), "limit": LIMIT}
    if until <= last:
        found.append(
            table.fault("fc_until", years.index.tolist()[int(years.argmax())], "year", str(until), **params)
        )
    elif until > last + LIMIT:
        found.append(Fault("fc_until", file=table.places.file, found=str(until), params=params))
    if years.nunique() == 1:
        found.append(Fault("fc_one_year", file=table.places.file, found=str(last)))
    return found


def _schools(table: Input, lineage: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the schools known (district, school), those that a lineage table leads to among them."""
    if not _has(table, "school"):
        return None
    school = table.frame["school"]
    district = table.frame["district"] if _has(table, "district") else pd.Series("", index=school.index)
    known = pd.DataFrame({"district": district.fillna(""), "school": school}).dropna().drop_duplicates()
    if lineage is not None and len(lineage):
        new = pd.DataFrame({"school": lineage["to_id"].dropna().unique()})
        known = pd.concat([known, known[["district"]].drop_duplicates().merge(new, how="cross")])
    return known.drop_duplicates(ignore_index=True).astype("str")


def _estates(table: Input, known: pd.DataFrame | None) -> list[Fault]:
    """Return the faults of estates that are not told of single cells already."""
    if not _has(table, "estate_id", "school"):
        return []
    frame = table.ready()
    said = {(fault.row, fault.column) for fault in errors(table.faults)}
    found = housing.check(frame) if known is None else housing.faults(frame, known)
    placed = [_placed(table, fault) for fault in found]
    return [fault for fault in placed if (fault.row, fault.column) not in said] + _much(table)


def _placed(table: Input, fault: Fault) -> Fault:
    """Return a fault of a frame, counted as if its heads stood in row 1, at its place in the file."""
    params = dict(fault.params)
    if "first" in params:
        params["first"] = table.places.at(params["first"] - 2)[2]
    return table.fault(fault.kind, (fault.row or 2) - 2, fault.column, fault.found, **params)


def _much(table: Input) -> list[Fault]:
    return [
        table.fault("fc_estate_much", int(row), column, f"{table.frame[column][row]:g}", stage=words)
        for stage, words in housing.STAGE_WORDS.items()
        if _has(table, column := f"{stage}_yield")
        for row in table.frame.index[(table.frame[column] > MUCH).fillna(False)]
    ]


def _groups(table: Input, known: pd.DataFrame | None) -> list[Fault]:
    own = [column.name for column in SCHEMAS["groups"].columns]
    found = []
    if not set(table.frame.columns) - set(own):
        found.append(Fault("fc_groups_none", file=table.places.file))
    if known is None or not _has(table, "school"):
        return found
    groups = table.ready()
    unknown, left = levels.unmatched(groups, known)
    found += _unknown(table, unknown, known)
    if left:
        params = {"names": history.some(left)}
        found.append(Fault("fc_groups_left", file=table.places.file, found=str(len(left)), params=params))
    return found


def _entrants(tables: Mapping[str, Input], known: pd.DataFrame | None) -> list[Fault]:
    """Say which registered children would be lost, where they are registered by school."""
    table = tables["entrants"]
    if known is None or not _has(table, "school") or ("flow" in tables and _has(table, "town")):
        return []
    school = table.frame["school"]
    blank = [table.fault("fc_unfilled", row, "school") for row in school.index[school.isna()].tolist()]
    unknown = school.index[school.notna() & ~school.isin(known["school"])]
    return blank + _unknown(table, unknown.tolist(), known)


def _unknown(table: Input, rows: list[int], known: pd.DataFrame) -> list[Fault]:
    """Return a warning for each row whose school is not in the history, with the name it may have been."""
    names, found = table.frame["school"], []
    for row in rows:
        if not pd.isna(names[row]):
            like = difflib.get_close_matches(names[row], known["school"], n=1, cutoff=0.6)
            params = {"hint": hint(like[0] if like else "")}
            found.append(table.fault("fc_school_unknown", row, "school", names[row], **params))
    return found


def _flow(tables: Mapping[str, Input], known: pd.DataFrame | None) -> Faults:
    """Check the flow from towns to schools against itself, the schools, and the children of each town."""
    table = tables.get("flow")
    if table is None or not _has(table, "town", "school", "share"):
        return {}
    frame = table.frame
    found: Faults = {"flow": []}
    for town, (row, total) in above_one(frame).items():
        found["flow"].append(table.fault("fc_flow_above", row, "share", town, total=f"{total:.3g}"))
    if known is not None:
        rows = frame.index[~frame["school"].isin(known["school"])]
        found["flow"] += _unknown(table, rows.tolist(), known)
    return found | _towns(tables, table, found["flow"])


def _towns(tables: Mapping[str, Input], flow: Input, said: list[Fault]) -> Faults:
    """Say which towns have children and no way to school, and which the other way round."""
    sources = {name: tables[name] for name in ("births", "entrants") if name in tables}
    named = {name: table.ready()["town"] for name, table in sources.items() if _has(table, "town")}
    if not named:
        return {"flow": [*said, Fault("fc_flow_unused", file=flow.places.file)]}
    ways = flow.frame["town"].dropna()
    found: Faults = {}
    for name, towns in named.items():
        lost = towns[~towns.isin(ways)].drop_duplicates()
        params = {"flow": flow.places.file}
        found[name] = [
            sources[name].fault("fc_flow_town", int(i), "town", lost[i], **params) for i in lost.index
        ]
    counted = {town for towns in named.values() for town in towns}
    idle = ways[~ways.isin(counted)].drop_duplicates()
    more = [flow.fault("fc_flow_births", int(i), "town", idle[i]) for i in idle.index]
    return found | {"flow": [*said, *more]}
