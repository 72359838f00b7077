"""Totals of rolls as layers: places assigned, registers compared, what is kept in the project.

Only `attendance` and `children` make what is saved; fixes are kept as aliases that hold no house number, no
door number and no name.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from gis.layers import SCHEMAS
from planning.addresses import place_word
from planning.addresstext import Reader
from planning.project import Project, save_layers
from planning.rollcount import Counted
from planning.rolltemplates import ROLLS

#: Fewest rows of a roll in which a word must be to become an alias by itself: a person's name seldom is.
ALIAS_ROWS: Final = 2


def attendance(
    counted: Counted, *, homes: Mapping[str, str] | None = None, schools: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the layer `attendance` of a school register.

    Parameters
    ----------
    counted : Counted
    homes : mapping of str to str, optional
        Place of `counted.places` -> unit, as the planner assigned them. Others stay "unknown".
    schools : mapping of str to str, optional
        School as written -> school_id. Pupils of schools that are not known are left out
        (`without_school` counts them).

    Returns
    -------
    DataFrame
        Columns of `gis.layers.SCHEMAS["attendance"]`; one row for each combination that occurs.
    """
    cells, named = _assigned(counted.cells, homes or {}), schools or {}
    known = cells["school_id"].where(
        cells["school_id"] != "", cells["school"].map(lambda s: named.get(s, ""))
    )
    cells = cells.assign(school_id=known)
    cells = cells[cells["school_id"] != ""]
    keys = ["unit_id", "home", "school_id", "year", "grade", "area"]
    return _layer("attendance", _sums(cells, keys, ["pupils", "migrant", "boarding"]))


def children(counted: Counted, *, homes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the layer `children` of a register of children: those whose home is a unit of the project.

    Parameters and the rest as for `attendance`; `without_home` counts those who are not in it.
    """
    cells = _assigned(counted.cells, homes or {})
    cells = cells[cells["home"] == "unit"]
    return _layer("children", _sums(cells, ["unit_id", "cohort"], ["children", "migrant"]))


def without_home(counted: Counted, homes: Mapping[str, str] | None = None) -> dict[str, int]:
    """Return how many have no unit: `outside` the area by their address, and `unknown`."""
    cells = _assigned(counted.cells, homes or {})
    what = "pupils" if counted.layer == "attendance" else "children"
    return {home: int(cells.loc[cells["home"] == home, what].sum()) for home in ("outside", "unknown")}


def without_school(counted: Counted) -> pd.DataFrame:
    """Return the schools as written that the project does not know: `school`, `pupils`."""
    if counted.layer != "attendance":
        return pd.DataFrame({"school": [], "pupils": []})
    lacking = counted.cells[counted.cells["school_id"] == ""]
    sums = lacking.groupby("school")["pupils"].sum().reset_index()
    return sums.sort_values("pupils", ascending=False, kind="stable", ignore_index=True)


def _assigned(cells: pd.DataFrame, homes: Mapping[str, str]) -> pd.DataFrame:
    unit = cells["place"].map(homes)
    given = unit.notna() & (cells["place"] != "")
    return cells.assign(
        unit_id=cells["unit_id"].where(~given, unit), home=cells["home"].where(~given, "unit")
    )


def _sums(cells: pd.DataFrame, keys: list[str], counts: list[str]) -> pd.DataFrame:
    return cells.groupby(keys, sort=True)[counts].sum(min_count=1).reset_index()


def _layer(name: str, sums: pd.DataFrame) -> pd.DataFrame:
    """Return sums with the columns of a layer, blanks as NA."""
    texts = [column for column in sums.columns if column in ("unit_id", "area")]
    sums = sums.assign(**{column: sums[column].where(sums[column] != "") for column in texts})
    schema = SCHEMAS[name]
    dtypes: dict[str, Any] = {column.name: column.dtype for column in schema.columns}
    return sums.reindex(columns=list(dtypes)).astype(dtypes)


def differences(registers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return children by unit and cohort in each register, where the registers differ.

    Registers overlap: a child may be in several, and their totals must not be added up.

    Parameters
    ----------
    registers : mapping of str to DataFrame
        Name -> layer `children`.

    Returns
    -------
    DataFrame
        `unit_id`, `cohort`, a column a register, and `spread` (largest less smallest), largest first. A unit
        and cohort that a register does not have counts as 0 in it.
    """
    parts = {name: frame.set_index(["unit_id", "cohort"])["children"] for name, frame in registers.items()}
    table = pd.DataFrame(parts).fillna(0).astype("int64")
    table["spread"] = table.max(axis=1) - table.min(axis=1)
    table = table[table["spread"] > 0].sort_values("spread", ascending=False, kind="stable")
    return table.reset_index()


def aliases(counted: Counted, homes: Mapping[str, str]) -> pd.DataFrame:
    """Return the planner's assignments that may be kept, as rows of the layer `aliases`.

    A word is kept where it names a place: it is in `ALIAS_ROWS` rows or more, holds no name of a person of
    the roll, no digits but those of a phase or group, and its place is not a door number.
    """
    places = counted.places[counted.places["place"].isin(homes) & (counted.places["word"] != "")]
    kept = places[(places["rows"] >= ALIAS_ROWS) & ~places["person"].astype(bool)]
    rows = [
        {"alias": word, "town": town or None, "unit_id": homes[place]}
        for place, town, word in kept[["place", "town", "word"]].itertuples(index=False)
        if harmless(word)
    ]
    return pd.DataFrame(rows, columns=["alias", "town", "unit_id"]).astype("str")


def harmless(word: str) -> bool:
    """Tell whether a word holds nothing but the name of a place: read again, it stays as it is.

    Examples
    --------
    >>> harmless("阳光花园2期"), harmless("阳光花园3号楼501室"), harmless("阳光花园13812345678")
    (True, False, False)
    """
    return bool(word) and place_word(Reader().read(word)) == word


def save(
    project: Project,
    counted: Counted,
    *,
    homes: Mapping[str, str] | None = None,
    schools: Mapping[str, str] | None = None,
    as_of: str = "",
    source: str = "",
) -> Project:
    """Save the totals of a roll, and the planner's assignments as aliases.

    `attendance` replaces the rows of the same years and schools, so that schools may come one by one;
    `children` replaces the whole layer, since registers overlap and must not be mixed.

    Raises
    ------
    FaultError
        If someone saved since the project was opened.
    """
    homes = homes or {}
    layer = counted.layer
    if layer == "attendance":
        frame = _with_others(project, attendance(counted, homes=homes, schools=schools))
    else:
        frame = children(counted, homes=homes)
    layers = {layer: frame}
    new = aliases(counted, homes)
    if len(new):
        layers["aliases"] = _with_aliases(project, new)
    rows = [{"layer": layer, "as_of": as_of, "source": source or ROLLS[counted.roll].words.zh, "file": ""}]
    kept = project.sources[project.sources["layer"] == "aliases"].to_dict("records")
    if "aliases" in layers and kept:
        rows += [{key: kept[0][key] for key in ("layer", "as_of", "source", "file")}]
    return save_layers(project, layers, sources=pd.DataFrame(rows))


def _with_others(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """Return new rows with those of other years and schools that are there."""
    if "attendance" not in project.layers:
        return frame
    old = project.layers["attendance"]
    keys = ["year", "school_id"]
    new = pd.MultiIndex.from_frame(frame[keys].drop_duplicates())
    return pd.concat([old[~pd.MultiIndex.from_frame(old[keys]).isin(new)], frame], ignore_index=True)


def _with_aliases(project: Project, new: pd.DataFrame) -> pd.DataFrame:
    parts: Sequence[pd.DataFrame] = [new]
    if "aliases" in project.layers:
        parts = [project.layers["aliases"], new]
    return pd.concat(parts, ignore_index=True).drop_duplicates(
        ["alias", "town"], keep="last", ignore_index=True
    )
