"""Large units parted into two (拆分单元): an edit of the layers that is recorded and can be taken back.

Plans in force, drafts, children, pupils, entrances, new estates and names follow; every count that was shared
out says that it is an estimate (估). New rolls that name the parts take the place of the estimate.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.faults import Fault, FaultError, Words, register_kinds
from planning import carrying, drafts, journal, unfinished
from planning.carrying import ID_COLUMNS, Fates
from planning.following import same_sources
from planning.parting import BASES, Look, Wish, look
from planning.progress import Cancelled, Progress
from planning.project import Project, open_project, save_layers
from planning.rebasing import Turn

FILE: Final = "splits.jsonl"

register_kinds(
    {
        "split_gone": (
            "“{found}”的拆分已经不在了:它的部分又被改动过,不能撤销。",
            'the split of "{found}" no longer stands: its parts have been changed since.',
        ),
        "split_apart": (
            "“{found}”的两部分在现行片区中已划入不同的片区,不能合回。请先改现行片区。",
            'the parts of "{found}" lie in different zones of the plan in force, so they cannot be joined. '
            "Change that plan first.",
        ),
    }
)


def split(project: Project, wish: Wish, *, author: str = "") -> Project:
    """Part a unit in two, in the layers and in every draft; nothing is changed if that cannot be saved.

    Parts have the zone of the unit in the plan in force and in every draft; neighbours and walks are computed
    anew when they are next asked for.

    Returns
    -------
    Project
        At its next version.

    Raises
    ------
    FaultError
        With everything that is wrong with the wish, or if somebody saved the project meanwhile.
    """
    seen = look(project, wish)
    fates = {wish.unit_id: tuple(zip(seen.ids, seen.shares, strict=True))}
    units = _parted(project, wish.unit_id, seen)
    places = dict(zip(seen.ids, seen.shapes, strict=True))
    mark = f"拆分“{wish.unit_id}”,按{BASES[seen.basis].zh}估算"
    changed = _turned(project, units, fates, places=places, mark=mark)
    rows = [
        {"subject": "unit", "change": "split", "year": project.year, "from_id": wish.unit_id, "to_id": to,
         "to_name": name, "share": share, "note": mark}
        for to, name, share in zip(seen.ids, seen.names, seen.shares, strict=True)
    ]  # fmt: skip
    step, owed = _step(project.year, {wish.unit_id: seen.ids}), {"drop": [], "add": rows}
    note = _record_of(project, wish, seen, mark, author)
    return _saved(project, changed, there=seen.ids, note=note, owed=owed, step=step, author=author)


def _saved(
    project: Project,
    changed: Mapping[str, pd.DataFrame],
    *,
    there: Sequence[str],
    note: Mapping[str, Any],
    owed: Mapping[str, Any],
    step: drafts.Op,
    author: str,
) -> Project:
    """Save the layers, and with them lineage and drafts: all of it or nothing, whatever cuts it short."""
    steps = {"": dict(step.payload)}
    with unfinished.edit(project, units=list(there), lineage=owed, steps=steps, by=author) as record:
        # Before the layers: without its parts among the units a record counts for nothing, parts without it
        # are lost.
        journal.append(project.folder / FILE, note)
        saved = save_layers(project, changed, sources=same_sources(project, changed))
        unfinished.finish(saved, record)
    return saved


def _record_of(project: Project, wish: Wish, seen: Look, mark: str, author: str) -> dict[str, Any]:
    units = project.layers["units"]
    row = units[units["unit_id"] == wish.unit_id]
    return {
        "what": "split",
        "unit": wish.unit_id,
        "parts": list(seen.ids),
        "names": list(seen.names),
        "shares": list(seen.shares),
        "basis": seen.basis,
        "mark": mark,
        "by": author,
        "row": _record(row),
        "wkb": row.geometry.iloc[0].wkb_hex,
    }


def splits(project: Project) -> list[dict[str, Any]]:
    """Return the splits that still hold, the latest first."""
    known = set(project.layers["units"]["unit_id"])
    rows = journal.read(project.folder / FILE)
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:  # in the order of time: a unit put together again may be split once more
        # Written before the layers are saved: without the unit among them, an undo counts for nothing.
        if row.get("what") == "split" or row["unit"] in known:
            found.pop(tuple(row["parts"]), None)
        if row.get("what") == "split":
            found[tuple(row["parts"])] = row
    return [row for row in list(found.values())[::-1] if set(row["parts"]) <= known]


def guessed(project: Project) -> list[str]:
    """Return the units whose children were shared out by a split; new rolls that name them end that."""
    rows = project.layers.get("children")
    if rows is None or "source" not in rows:
        return [part for row in splits(project) for part in row["parts"]]
    marks = {str(row["mark"]) for row in journal.read(project.folder / FILE) if row.get("what") == "split"}
    said = rows["source"].astype(object).where(rows["source"].notna(), "").astype(str)
    mine = [any(mark in text for mark in marks) for text in said]
    return sorted(rows.loc[mine, "unit_id"].astype(str).unique())


def undo(project: Project, unit_id: str, *, author: str = "") -> Project:
    """Put the parts of a split unit together again, in the layers and in every draft.

    What was counted for the parts is added up. A draft whose parts lie in two zones leaves the unit without
    one, for the planner to decide.

    Returns
    -------
    Project
        At its next version.

    Raises
    ------
    FaultError
        If the split no longer stands, or somebody saved the project meanwhile.
    """
    row = next((row for row in splits(project) if row["unit"] == unit_id), None)
    if row is None:
        raise FaultError([Fault("split_gone", found=unit_id)])
    if _apart(project, row["parts"]):
        raise FaultError([Fault("split_apart", found=unit_id)])
    fates: Fates = dict.fromkeys(row["parts"], ((unit_id, 1.0),))
    units = _joined(project, row)
    changed = _turned(project, units, fates, unmark=row["mark"])
    note = {"what": "undo", "unit": unit_id, "parts": row["parts"], "by": author}
    step = _step(project.year, dict.fromkeys(row["parts"], (unit_id,)))
    owed = {"drop": [[unit_id, part] for part in row["parts"]], "add": []}
    return _saved(project, changed, there=[unit_id], note=note, owed=owed, step=step, author=author)


def _apart(project: Project, parts: Sequence[str]) -> bool:
    """Tell whether the plan in force has the parts in different zones."""
    if "catchments" not in project.layers:
        return False
    rows = project.layers["catchments"]
    zones = rows[rows["unit_id"].isin(parts)].groupby(["stage", "from_year"])["zone_id"]
    return bool((zones.nunique(dropna=False) > 1).any())


def late_units(project: Project, named: Iterable[str]) -> drafts.Op | None:
    """Return the turn of a draft that names units split, or put together again, since; None for no such."""
    known = set(project.layers["units"]["unit_id"].astype(str))
    rows = journal.read(project.folder / FILE)
    found = {unit: tos for unit in sorted(set(named) - known) if (tos := _heirs(unit, rows, known))}
    return _step(project.year, found) if found else None


def _heirs(unit: str, rows: Sequence[Mapping[str, Any]], known: Collection[str]) -> tuple[str, ...]:
    """Return the units of now that a unit has become by the journal; none if that is not known."""
    if unit in known:
        return (unit,)
    for n in range(len(rows) - 1, -1, -1):  # the last edit that took the unit away
        split = rows[n].get("what") == "split"
        if unit == rows[n]["unit"] if split else unit in rows[n]["parts"]:
            tos = [
                _heirs(to, rows[n + 1 :], known) for to in (rows[n]["parts"] if split else [rows[n]["unit"]])
            ]
            return tuple(dict.fromkeys(each for heirs in tos for each in heirs)) if all(tos) else ()
    return ()


def split_job(
    folder: str | Path,
    wish: Wish | None = None,
    undone: str = "",
    author: str = "",
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> str:
    """Run `split`, or `undo` of the unit `undone`, as a job (`planning.jobs`).

    Returns
    -------
    str
        The unit; nothing when cancelled before the save.

    Notes
    -----
    Saving is whole or not at all and is not interrupted: a cancel before it leaves the project as it was.
    """
    if progress is not None:
        progress(0.2, _SAVING.text(lang))
    project = open_project(folder)
    if cancelled is not None and cancelled():
        return ""
    if wish is None:
        undo(project, undone, author=author)
    else:
        split(project, wish, author=author)
    return undone if wish is None else wish.unit_id


_SAVING: Final = Words("保存改动", "saving the change")


def _step(year: int, units: Mapping[str, Sequence[str]]) -> drafts.Op:
    """Return what turns a draft over, so that its plans and locks name the units that are there now."""
    op = drafts.rebase(Turn(year, {unit: tuple(tos) for unit, tos in units.items()}))
    return drafts.Op(op.kind, {**op.payload, "split": sorted(units)})


def _parted(project: Project, unit_id: str, seen: Look) -> gpd.GeoDataFrame:
    """Return the layer of units with the parts in the place of the unit."""
    units = project.layers["units"]
    at = int(np.flatnonzero(units["unit_id"] == unit_id)[0])
    row = units.iloc[[at]]
    parts = pd.concat([row, row], ignore_index=True).assign(
        unit_id=list(seen.ids), name=list(seen.names), geometry=list(seen.shapes)
    )
    if "name_en" in parts:
        parts["name_en"] = None
    if "residents" in row and row["residents"].notna().all():
        shared = carrying.apportion(int(row["residents"].iloc[0]), seen.shares)
        parts["residents"] = pd.array(shared, dtype="Int64")
    return _pieces(units, [units.iloc[:at], parts, units.iloc[at + 1 :]])


def _pieces(like: pd.DataFrame, parts: list[pd.DataFrame]) -> gpd.GeoDataFrame:
    dtypes = {str(name): kind for name, kind in like.dtypes.items() if name != "geometry"}
    joined = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True).astype(dtypes)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=getattr(like, "crs", None))


def _record(row: gpd.GeoDataFrame) -> dict[str, Any]:
    plain = pd.DataFrame(row.drop(columns="geometry")).astype(object)
    return {
        str(name): None if pd.isna(v) else getattr(v, "item", lambda v=v: v)()
        for name, v in plain.iloc[0].items()
    }


def _joined(project: Project, row: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the layer of units with the unit as it was in the place of its parts."""
    units = project.layers["units"]
    mine = units["unit_id"].isin(row["parts"])
    at = int(np.flatnonzero(mine)[0])
    shape = shapely.from_wkb(row["wkb"])
    back = pd.DataFrame([{**row["row"], "geometry": shape}]).reindex(columns=units.columns)
    rest = units[~mine.to_numpy()]
    return _pieces(units, [rest.iloc[:at], back, rest.iloc[at:]])


def _turned(
    project: Project,
    units: gpd.GeoDataFrame,
    fates: Fates,
    *,
    places: Mapping[str, Any] | None = None,
    mark: str = "",
    unmark: str = "",
) -> dict[str, pd.DataFrame]:
    """Return the layers that name the units, under their new ids."""
    changed: dict[str, pd.DataFrame] = {"units": units}
    for layer, columns in {**ID_COLUMNS, "catchments": {"unit_id": "unit"}}.items():
        own = [name for name, whose in columns.items() if whose in ("unit", "owner_kind")]
        if layer in project.layers:
            frame = project.layers[layer]
            for column in own:
                frame = _renamed(frame, layer, column, fates, places or {}, mark, unmark)
            if frame is not project.layers[layer]:
                changed[layer] = frame
    return changed


def _renamed(
    frame: pd.DataFrame,
    layer: str,
    column: str,
    fates: Fates,
    places: Mapping[str, Any],
    mark: str,
    unmark: str,
) -> pd.DataFrame:
    if column not in frame:
        return frame
    mine = frame[column].isin(list(fates)).to_numpy(dtype=bool)
    if column == "owner_id":
        mine = mine & frame["owner_kind"].eq("unit").to_numpy(dtype=bool)
    if not mine.any():
        return frame
    rows = frame[mine]
    if layer == "catchments":
        new = pd.concat([rows.assign(unit_id=to) for to in _tos(fates)]).drop_duplicates(
            ["stage", "from_year", "unit_id"]
        )
    elif "geometry" in frame and places:
        new = rows.assign(**{column: [_where(point, places) for point in rows.geometry]})
    else:
        named = rows.assign(source=_marked(rows["source"], mark, unmark)) if "source" in rows else rows
        new, _left = carrying.carry(named, layer, {"unit": fates}, known=_known(rows, layer, fates))
        if column in ("a", "b"):
            new = new[new["a"] != new["b"]]
    return _whole(frame, frame[~mine], new)


def _known(rows: pd.DataFrame, layer: str, fates: Fates) -> dict[str, frozenset[str]]:
    """Return every id that rows name, and the new ones: an edit of units leaves no other id behind."""
    there: dict[str, set[str]] = {"unit": set(_tos(fates)), "school": set()}
    for column, subject in ID_COLUMNS[layer].items():
        if subject in there and column in rows:
            there[subject] |= set(rows[column].dropna().astype(str))
    return {subject: frozenset(ids) for subject, ids in there.items()} | {
        "unit": frozenset(there["unit"] - set(fates))
    }


def _tos(fates: Fates) -> list[str]:
    return list(dict.fromkeys(to for heirs in fates.values() for to, _share in heirs))


def _where(point: Any, places: Mapping[str, Any]) -> str:
    """Return the part that a place lies in, or next to."""
    return min(places, key=lambda part: shapely.distance(places[part], point))


def _marked(source: pd.Series, mark: str, unmark: str) -> pd.Series:
    said = source.astype(object).where(source.notna(), "")
    if unmark:
        return said.map(lambda text: str(text).removesuffix(unmark).removesuffix(";"))
    return said.map(lambda text: f"{text};{mark}" if text and mark else text or mark)


def _whole(like: pd.DataFrame, rest: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    if isinstance(like, gpd.GeoDataFrame):
        return _pieces(like, [rest, new])
    return pd.concat([rest, new], ignore_index=True).astype(like.dtypes.to_dict())
