"""Tables under the names of a layer's columns, each row knowing its place; several put together as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import pandas as pd

from gis.columns import Frame, Places, Schema
from gis.faults import Fault
from gis.headers import Coordinates, Match, find_coordinates, fold_header, match_headers


@dataclass(frozen=True)
class Piece:
    """A table whose columns are named, where its rows stand, what its headers mean, and what is said of it.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        Columns of the schema that were found, under their names; other columns under their own headers.
    places : Places
        Where each row stands.
    match : Match
        What the columns mean, by their positions in ``frame``.
    faults : list of Fault
        Without those of the match.
    """

    frame: Frame
    places: Places
    match: Match
    faults: list[Fault] = field(default_factory=list)


def named(
    frame: Frame,
    schema: Schema,
    places: Places,
    *,
    mapping: Mapping[str, str] | None = None,
    coordinates: Mapping[str, str] | None = None,
    sheet: str = "",
    faults: Sequence[Fault] = (),
) -> Piece:
    """Return a table with its columns under the names of the schema.

    Parameters
    ----------
    mapping
        Header -> column name, or nothing for a column that is not to be used.
    coordinates
        Header -> ``x``, ``y`` or ``wkt``.
    """
    spatial = isinstance(frame, gpd.GeoDataFrame)
    if spatial:
        frame = frame[[*(c for c in frame.columns if c != "geometry"), "geometry"]]
    headers = [str(c) for c in frame.columns[: len(frame.columns) - spatial]]
    located = dict.fromkeys(_located(headers, frame, schema, coordinates or {}), "")
    match = match_headers(
        headers, schema, mapping={**(mapping or {}), **located}, file=places.file, sheet=sheet
    )
    names = list(headers)
    for name, at in (*match.columns.items(), *match.extras.items()):
        names[at] = name
    out: Frame = frame.set_axis([*names, *["geometry"] * spatial], axis=1)
    if spatial:
        out = gpd.GeoDataFrame(out, geometry="geometry", crs=frame.crs)
    return Piece(out.reset_index(drop=True), places, match, list(faults))


def _located(headers: Sequence[str], frame: Frame, schema: Schema, mapping: Mapping[str, str]) -> list[str]:
    """Return the headers of coordinates, which are no columns of the layer and not unknown either."""
    if not schema.geometry:
        return []
    if mapping:
        folded = {fold_header(h) for h in mapping}
        return [h for h in headers if fold_header(h) in folded]
    if isinstance(frame, gpd.GeoDataFrame):
        return []
    at = find_coordinates(headers) or Coordinates()
    return [headers[i] for i in (at.x, at.y, at.wkt) if i >= 0]


def settled(piece: Piece, frame: Frame, faults: Sequence[Fault] = ()) -> Piece:
    """Return a piece with another frame of the same rows (its coordinates turned into geometry)."""
    names = [str(c) for c in frame.columns if c != "geometry"]
    match = piece.match
    heads = {name: match.headers[at] for name, at in (*match.columns.items(), *match.extras.items())}
    at = {name: i for i, name in enumerate(names)}
    kept = replace(
        match,
        headers=tuple(heads.get(name, name) for name in names),
        columns={name: at[name] for name in match.columns if name in at},
        extras={name: at[name] for name in match.extras if name in at},
    )
    return replace(piece, frame=frame, match=kept, faults=[*piece.faults, *faults])


def together(pieces: Sequence[Piece], schema: Schema) -> Piece:
    """Return tables of one layer as one; a required column that only some of them lack is a fault of those.

    What several tables say alike about a header is said once.
    """
    if len(pieces) == 1:
        return pieces[0]
    columns = {name for piece in pieces for name in piece.match.columns}
    pieces = _alike([_filled(piece, columns, schema) for piece in pieces])
    frames = [_framed(piece.frame, pieces) for piece in pieces]
    frame = pd.concat(frames, ignore_index=True)
    lacking = [fault for piece in pieces for fault in _lacking(piece, columns, schema)]
    names = [str(c) for c in frame.columns if c != "geometry"]
    at = {name: i for i, name in enumerate(names)}
    heads = _heads(pieces)
    match = Match(
        headers=tuple(heads.get(name, name) for name in names),
        columns={name: at[name] for name in names if name in columns},
        extras={name: at[name] for name in names if name not in columns},
        sheet=pieces[0].match.sheet,
        doubled=frozenset(name for piece in pieces for name in piece.match.doubled),
        faults=[*_once(fault for piece in pieces for fault in piece.match.faults), *lacking],
    )
    faults = [fault for piece in pieces for fault in piece.faults]
    return Piece(frame, _places(pieces, columns), match, faults)


def _alike(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with other columns and coordinates under the headers by which the first has them."""
    first = pieces[0]
    folded = {fold_header(name): name for name in first.match.extras}
    located = find_coordinates(list(first.match.extras))
    out = [first]
    for piece in pieces[1:]:
        names = {n: folded[fold_header(n)] for n in piece.match.extras if fold_header(n) in folded}
        own = find_coordinates(list(piece.match.extras))
        if located and own and located.degrees == own.degrees:
            pairs = zip((own.x, own.y, own.wkt), (located.x, located.y, located.wkt))
            extras, others = list(piece.match.extras), list(first.match.extras)
            names |= {extras[i]: others[j] for i, j in pairs if i >= 0 and j >= 0}
        out.append(_renamed(piece, {a: b for a, b in names.items() if b not in piece.frame or a == b}))
    return out


def _renamed(piece: Piece, names: Mapping[str, str]) -> Piece:
    extras = {names.get(name, name): at for name, at in piece.match.extras.items()}
    return replace(
        piece, frame=piece.frame.rename(columns=dict(names)), match=replace(piece.match, extras=extras)
    )


def _framed(frame: Frame, pieces: Sequence[Piece]) -> Frame:
    """Return a frame that can stand below others: with a geometry, in their coordinate system, if one has."""
    shaped = [piece.frame for piece in pieces if isinstance(piece.frame, gpd.GeoDataFrame)]
    if not shaped:
        return frame.astype(object)
    crs = next((other.crs for other in shaped if other.crs is not None), None)
    if not isinstance(frame, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(
            frame.astype(object), geometry=gpd.GeoSeries([None] * len(frame), index=frame.index), crs=crs
        )
    plain = frame.drop(columns="geometry").astype(object)
    geometry = frame.geometry
    if crs is not None:
        geometry = geometry.set_crs(crs) if geometry.crs is None else geometry.to_crs(crs)
    return gpd.GeoDataFrame(plain, geometry=geometry)


def _filled(piece: Piece, columns: set[str], schema: Schema) -> Piece:
    """Return a table with a column that others have and this one has another for (the name for the id)."""
    frame, faults = piece.frame, list(piece.faults)
    given = dict(piece.match.columns)
    for column in schema.columns:
        if column.name not in columns or column.name in given or column.fallback not in given:
            continue
        frame = frame.assign(**{column.name: frame[column.fallback]})
        given[column.name] = given[column.fallback]
        params = {"label": column.label, "source": schema[column.fallback].label}
        place = (piece.places.file, piece.match.sheet, schema.name)
        faults += [] if column.quiet else [Fault("column_assumed", *place, params=params)]
    return replace(piece, frame=frame, match=replace(piece.match, columns=given), faults=faults)


def _lacking(piece: Piece, columns: set[str], schema: Schema) -> list[Fault]:
    """Return a fault for each required column that other tables have and this one has not."""
    faults = []
    given = set(piece.match.columns) | piece.match.doubled
    for column in schema.columns:
        if not column.required or column.name not in columns or column.name in given:
            continue
        headers = [column.zh, column.name, *column.aliases[:4]]
        params = {"label": column.label, "headers": headers, "name": column.name}
        place = (piece.places.file, piece.match.sheet, schema.name)
        faults.append(Fault("column_missing", *place, params=params))
    return faults


def _once(faults: object) -> list[Fault]:
    kept: dict[tuple[str, str, str], Fault] = {}
    for fault in faults:  # type: ignore[attr-defined]
        key = (fault.kind, fault.column, fault.found)
        kept.setdefault(key, fault)
    return list(kept.values())


def _heads(pieces: Sequence[Piece]) -> dict[str, str]:
    """Return the header of each column in the first table that has it."""
    heads: dict[str, str] = {}
    for piece in pieces:
        for name, at in (*piece.match.columns.items(), *piece.match.extras.items()):
            heads.setdefault(name, piece.match.headers[at])
    return heads


def _places(pieces: Sequence[Piece], columns: set[str]) -> Places:
    """Return the places of all rows; headers by row for columns that the tables head differently."""
    parts = [piece.places for piece in pieces]
    heads = _heads(pieces)
    cells: dict[str, list[str]] = {}
    for name in columns:
        own = [piece.match.header(name) if name in piece.match.columns else heads[name] for piece in pieces]
        if len(set(own)) > 1 or any(name in part.cells for part in parts):
            cells[name] = [
                head
                for part, header in zip(parts, own)
                for head in part.cells.get(name, [header] * len(part.rows))
            ]
    files = [[part.file] * len(part.rows) if not part.files else part.files for part in parts]
    several = len({part.file for part in parts}) > 1 or any(part.files for part in parts)
    features = [
        [part.feature] * len(part.rows) if isinstance(part.feature, bool) else part.feature for part in parts
    ]
    flags = [flag for part in features for flag in part]
    return Places(
        parts[0].file,
        [sheet for part in parts for sheet in part.sheets],
        [row for part in parts for row in part.rows],
        flags if len(set(flags)) > 1 else any(flags),
        cells,
        [file for part in files for file in part] if several else (),
    )
