"""One layer out of files that differ: each read in its own coordinate system, then put together and checked.

Files of which the planner said the same are read together by `gis.readers`. Those of which something else was
said (another coordinate system, encoding or sheet) are read by themselves and joined here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from gis import crs as systems
from gis import datum, webmaps
from gis.columns import Places
from gis.faults import Fault, FaultError, Words, errors
from gis.layers import SCHEMAS
from gis.readers import ReadResult, read_layer
from gis.schema import check
from planning.reading import Source

#: What is looked for again when files have been put together: the rest was found in each of them.
_ACROSS: Final = frozenset({"key_duplicate", "polygons_overlap"})


@dataclass(frozen=True)
class Named:
    """A file of a layer, what to call it, and the coordinate system it is read in (None: as it says)."""

    name: str
    source: Source
    crs: str | None

    @property
    def alike(self) -> tuple[str, str, str]:
        """What files that are read together have in common."""
        return self.source.table, self.crs or "", self.source.encoding


@dataclass(frozen=True)
class Layer:
    """A layer out of one or several files; see `gis.readers.ReadResult`."""

    frame: pd.DataFrame
    faults: list[Fault]
    note: Words
    table: str
    as_of: str
    places: Places


def read_parts(
    layer: str,
    files: Sequence[Named],
    *,
    stage_system: str,
    schools: pd.DataFrame | None,
    mended: pd.DataFrame | None,
) -> Layer:
    """Read the files of a layer.

    Parameters
    ----------
    layer : str
    files : sequence of Named
    stage_system, schools, mended
        As for `gis.readers.read_layer`.

    Returns
    -------
    Layer
        In the coordinate system of the first file that has one.

    Raises
    ------
    FaultError
        With the faults of all files, if at least one is an error.
    """
    groups: dict[tuple[str, str, str], list[Named]] = {}
    for file in files:
        groups.setdefault(file.alike, []).append(file)
    results: list[ReadResult] = []
    faults: list[Fault] = []
    for group in groups.values():
        try:
            results.append(_read(layer, group, stage_system, schools, mended))
        except FaultError as error:
            faults += error.faults
    if faults:
        raise FaultError([*faults, *(fault for result in results for fault in result.faults)])
    return _joined(layer, results, stage_system)


def _read(
    layer: str,
    files: Sequence[Named],
    stage_system: str,
    schools: pd.DataFrame | None,
    mended: pd.DataFrame | None,
) -> ReadResult:
    """Read files of which the same was said; place them if their system is more than a code."""
    sources = [file.source for file in files]
    stated = files[0].crs
    reading = None if webmaps.is_web_datum(stated) else datum.stated(stated)
    result = read_layer(
        [source.path for source in sources],
        layer,
        names=[file.name for file in files],
        table=sources[0].table or None,
        crs=stated if reading is None else reading.own,
        encoding=sources[0].encoding,
        mapping={header: column for source in sources for header, column in source.mapping.items()},
        words=_together(source.words for source in sources),
        stage_system=stage_system,
        as_of=next((source.as_of for source in sources if source.as_of), ""),
        schools=schools,
        mended=mended,
    )
    return result if reading is None else _turned(result, reading)


def _together(given: Iterable[Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, Any]]:
    words: dict[str, dict[str, Any]] = {}
    for mapping in given:
        for column, meant in mapping.items():
            words.setdefault(column, {}).update(meant)
    return words


def _turned(result: ReadResult, reading: datum.Reading) -> ReadResult:
    """Return a layer turned by seven parameters or a fit to control points."""
    frame = result.frame
    if not isinstance(frame, gpd.GeoDataFrame):
        return result
    shapes = shapely.transform(frame.geometry.to_numpy(), reading.turn)
    placed = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=reading.result))
    note = Words(
        f"按{reading.name.zh}读入；{reading.accuracy.zh}。",
        f"read as {reading.name.en}; {reading.accuracy.en}.",
    )
    return ReadResult(placed, result.faults, note, result.source, result.places)


def _joined(layer: str, results: Sequence[ReadResult], stage_system: str) -> Layer:
    first = results[0]
    faults = [fault for result in results for fault in result.faults]
    tables = "、".join(dict.fromkeys(str(result.source["table"]) for result in results))
    dates = list(dict.fromkeys(str(result.source["as_of"]) for result in results if result.source["as_of"]))
    as_of = dates[0] if len(dates) == 1 else ""
    if len(results) == 1:
        return Layer(first.frame, faults, first.crs_note, tables, as_of, first.places)
    frame = pd.concat(_in_one_system([result.frame for result in results]), ignore_index=True)
    places = _places([result.places for result in results])
    frame, again = check(frame, SCHEMAS[layer], places=places, stage_system=stage_system)
    said = {(fault.kind, fault.file, fault.sheet, fault.row) for fault in faults}
    across = [f for f in again if f.kind in _ACROSS and (f.kind, f.file, f.sheet, f.row) not in said]
    if errors(across):
        raise FaultError([*faults, *across])
    if len(dates) > 1:
        across.append(Fault("as_of_several", places.file, layer=layer, params={"dates": dates}))
    return Layer(frame, [*faults, *across], _notes(results), tables, as_of, places)


def _notes(results: Sequence[ReadResult]) -> Words:
    """Return how the coordinate system of each group of files is known, each named by its first file."""
    said = [(result.source["files"][0], result.crs_note) for result in results if result.crs_note.zh]
    return Words(
        " ".join(f"{file}：{note.zh}" for file, note in said),
        " ".join(f"{file}: {note.en}" for file, note in said),
    )


def _in_one_system(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return frames with geometries in the coordinate system of the first that has one.

    Raises
    ------
    FaultError
        ``crs_local``, when only some are on a local grid.
    """
    target = next((crs for frame in frames if (crs := getattr(frame, "crs", None)) is not None), None)
    if target is None:
        return list(frames)
    return [
        systems.to_project(frame, target) if isinstance(frame, gpd.GeoDataFrame) else frame
        for frame in frames
    ]


def _places(parts: Sequence[Places]) -> Places:
    def flags(part: Places) -> list[bool]:
        own = part.feature
        return [own] * len(part.rows) if isinstance(own, bool) else list(own)

    return Places(
        parts[0].file,
        [sheet for part in parts for sheet in part.sheets],
        [row for part in parts for row in part.rows],
        [flag for part in parts for flag in flags(part)],
        {},
        [file for part in parts for file in (part.files or [part.file] * len(part.rows))],
    )
