"""Returned rows into a layer: those of the returning schools, units and years replaced, all others kept."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from gis import export
from gis.layers import SCHEMAS
from planning.formrows import degrees
from planning.forms import FORMS, OWNERS
from planning.project import Project

#: A school that is returned nearer than this to where it stood, in metres, has not moved.
SAME_PLACE: Final = 1.0


def plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as records fit for JSON, blank cells left out."""
    return [
        {str(name): _json(value) for name, value in row.items() if not pd.isna(value)}
        for row in rows.astype(object).to_dict("records")
    ]


def _json(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def typed(rows: Iterable[Mapping[str, Any]], layer: str) -> pd.DataFrame:
    """Return records as a table with the columns and dtypes of a layer, and x and y where there are any."""
    form = FORMS[layer]
    key = OWNERS[form.sender]
    asked = {*form.columns, form.period, key} - {""}
    columns = [c for c in SCHEMAS[layer].columns if c.name in asked]
    frame = pd.DataFrame(
        list(rows), columns=[*(c.name for c in columns), *(("x", "y") if form.located else ())]
    )
    return frame.astype({c.name: c.dtype for c in columns})


def merged(project: Project, layer: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a layer of a project with returned rows in it.

    Parameters
    ----------
    project : Project
    layer : str
        A form of `planning.forms.FORMS`.
    rows : DataFrame
        As of `typed`.

    Returns
    -------
    DataFrame or GeoDataFrame
        Figures of a year take the place of all rows of that school (unit) and year; facts are written over
        what stands, and a fact left blank keeps what is there. Other rows and columns stay as they are.
    """
    there = project.layers.get(layer)
    if there is None:
        return rows.drop(columns=["x", "y"], errors="ignore")
    if FORMS[layer].period:
        return _by_period(there, rows, layer)
    return _by_key(project, there, rows, layer)


def _by_period(there: pd.DataFrame, rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    form = FORMS[layer]
    owner = OWNERS[form.sender]
    come = set(zip(rows[owner], rows[form.period], strict=True))
    same = [pair in come for pair in zip(there[owner], there[form.period], strict=True)]
    kept = there[[not found for found in same]]
    come_in = _carried(there, rows, owner, layer)
    return pd.concat([kept, come_in], ignore_index=True)[list(there.columns)]


def _carried(there: pd.DataFrame, rows: pd.DataFrame, owner: str, layer: str) -> pd.DataFrame:
    """Return new rows with what a layer says alike of all rows of their owner so far (its district).

    Columns that are not the layer's own (a remark, a source) speak of the old rows and stay blank.
    """
    carried = {}
    for column in there.columns.difference(rows.columns).intersection(SCHEMAS[layer].names):
        known = there.dropna(subset=[column]).groupby(owner)[column].agg(["first", "nunique"])
        carried[column] = rows[owner].map(known.loc[known["nunique"] == 1, "first"])
    return rows.assign(**carried)


def _by_key(project: Project, there: pd.DataFrame, rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    key = SCHEMAS[layer].key[0]
    facts = rows.drop(columns=["x", "y"], errors="ignore").set_index(key)
    out = there.set_index(key)
    for column in facts.columns.intersection(out.columns):
        new = facts[column].dropna()
        new = new[new.index.isin(out.index)]
        changed = out[column].astype(facts[column].dtype).copy()
        changed.loc[new.index] = new
        out[column] = changed
    added = facts[~facts.index.isin(out.index)]
    out = pd.concat([out, added.reindex(columns=out.columns)]) if len(added) else out
    out = out.reset_index()[list(there.columns)]
    return _moved(project, out, rows, key) if "x" in rows else out


def _moved(project: Project, out: Any, rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return schools at the places that were returned, where those are not the ones they were sent."""
    given = rows.dropna(subset=["x", "y"])
    points: Any = gpd.GeoSeries.from_xy(
        given["x"], given["y"], crs=degrees(project) if project.epsg else None
    )
    points = points.to_crs(project.epsg) if project.epsg else points.set_crs(out.geometry.crs)
    where = dict(zip(given[key], points, strict=True))
    stood = out["geometry"]
    new = [_place(place, where.get(name)) for place, name in zip(stood, out[key], strict=True)]
    moved: pd.DataFrame = out.set_geometry(gpd.GeoSeries(new, index=out.index, crs=out.geometry.crs))
    return moved


def _place(stood: Any, given: Any) -> Any:
    """Return the place that was given, where it is not the one that it was sent out with."""
    stays = given is None or (stood is not None and given.distance(stood) < SAME_PLACE)
    return stood if stays else given


def write(project: Project, layer: str, rows: pd.DataFrame, folder: Path) -> Path:
    """Write a layer with returned rows in it to a GeoPackage in a folder, for an import."""
    path = folder / f"{layer}.gpkg"
    path.write_bytes(export.to_geopackage({layer: merged(project, layer, rows)}))
    return path
