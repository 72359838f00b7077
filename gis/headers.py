"""Which column of a table means what: headers as people write them, matched to a schema's columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from gis.columns import Schema
from gis.faults import Fault
from gis.initials import initials, may_be_initials
from gis.words import layer_words

_BRACKETS = re.compile(r"[(\[{<【〔《「『].*?[)\]}>】〕》」』]")
_NOISE = re.compile(r"[\s_\-./·、:：*#'\"“”()\[\]{}<>【】〔〕《》「」『』,;]+")
#: headers of the horizontal and the vertical coordinate, then of a WKT column, in folded form
_EAST = ("x", "lon", "lng", "long", "longitude", "经度", "东经", "easting", "east", "东坐标", "横坐标")
_NORTH = ("y", "lat", "latitude", "纬度", "北纬", "northing", "north", "北坐标", "纵坐标")
_X_ONLY = ("x", "x坐标", "坐标x", "xcoord", "pointx", "中心x", "xm")
_Y_ONLY = ("y", "y坐标", "坐标y", "ycoord", "pointy", "中心y", "ym")
_DEGREES = {"lon", "lng", "long", "longitude", "经度", "东经", "lat", "latitude", "纬度", "北纬"}
_WKT = ("wkt", "geometry", "geom", "几何", "thegeom")
#: Folded headers of coordinates, by which the header row of a sheet is found too.
HEADERS_OF_COORDINATES = frozenset((*_EAST, *_NORTH, *_X_ONLY, *_Y_ONLY, *_WKT))
#: Characters of GBK that a header of a .dbf has room for.
_CUT = 5

#: Folded headers of the 统计时点 (date of the statistics), which any table may carry.
_AS_OF = {
    "统计时点",
    "统计日期",
    "统计时间",
    "截止日期",
    "截至日期",
    "截止时间",
    "数据时点",
    "asof",
    "asofdate",
}


@dataclass(frozen=True)
class Match:
    """What each column of a table was found to mean.

    Attributes
    ----------
    columns : dict
        Column name of the schema -> position in the table.
    extras : dict
        Name under which an unknown column is kept -> position.
    doubled : frozenset
        Columns of the schema that several headers claim.
    faults : list of Fault
        Doubled and unknown columns, and mappings that do not fit.
    """

    headers: tuple[str, ...]
    columns: dict[str, int]
    extras: dict[str, int]
    sheet: str = ""
    doubled: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)

    def header(self, name: str) -> str:
        """Return the header in the file of a column of the schema."""
        at = self.columns.get(name)
        return self.headers[at] if at is not None else name


@dataclass(frozen=True)
class Coordinates:
    """Columns that hold a location: two positions (x east, y north as headed), or one of WKT."""

    x: int = -1
    y: int = -1
    wkt: int = -1
    degrees: bool = False


@lru_cache(maxsize=4096)
def fold_header(header: str) -> str:
    """Return a header without case, spaces, full-width forms, brackets and punctuation.

    Examples
    --------
    >>> fold_header("　学 校（名称） ")
    '学校名称'
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", header).lower())


@lru_cache(maxsize=4096)
def bare_header(header: str) -> str:
    """Return a folded header without what stands in brackets, which is mostly a unit.

    Examples
    --------
    >>> bare_header("班额（人）")
    '班额'
    """
    return fold_header(_BRACKETS.sub("", unicodedata.normalize("NFKC", header)))


def says_as_of(header: str) -> bool:
    """Tell whether a header is that of the 统计时点."""
    return bare_header(header) in _AS_OF


def aliases(schema: Schema) -> tuple[dict[str, str], dict[str, str]]:
    """Return the folded headers of a schema: those that mean a column, and those that may mean it."""
    strong = {fold_header(a): c.name for c in schema.columns for a in (c.name, c.zh, c.en, *c.aliases)}
    weak = {fold_header(a): c.name for c in schema.columns for a in c.weak}
    return strong, {a: name for a, name in weak.items() if a not in strong}


def match_headers(
    headers: Sequence[str],
    schema: Schema,
    *,
    mapping: Mapping[str, str] | None = None,
    file: str = "",
    sheet: str = "",
) -> Match:
    """Find the column of the schema that each header means.

    A header counts whole first (``学位（小学）``), then without its brackets (``班额（人）``).
    What ``mapping`` says (header -> column name, or nothing for a column not to be used) goes before both.
    """
    place = (file, sheet, schema.name)
    taken, faults = _mapped(headers, schema, mapping or {}, place)
    fixed = {name: at for at, name in taken.items() if name}
    for words in aliases(schema):
        claims = _claims(headers, words, taken, fixed)
        for name, at in claims.items():
            if name not in fixed or len(at) > 1:
                taken |= dict.fromkeys(at, name)
        fixed |= {name: at[0] for name, at in claims.items() if name not in fixed}
    guessed = _guessed(headers, schema, taken, fixed)
    taken |= guessed
    faults += [
        Fault("header_guessed", *place, column=headers[at], params={"label": schema[name].label})
        for at, name in guessed.items()
    ]
    unused = {at for at, name in taken.items() if not name}
    taken = {at: name for at, name in taken.items() if name}
    doubled = {name for name in taken.values() if list(taken.values()).count(name) > 1}
    faults += [_twice(headers, taken, schema, name, place) for name in sorted(doubled)]
    columns = {name: at for at, name in taken.items() if name not in doubled}
    extras = _extras(headers, set(taken), schema)
    quiet = set(aliases(schema)[1])
    faults += [
        Fault("column_unknown", *place, column=headers[at])
        for at in extras.values()
        if at not in unused
        and not says_as_of(headers[at])
        and bare_header(headers[at]) not in quiet
        and fold_header(headers[at]) not in quiet
    ]
    return Match(tuple(headers), columns, extras, sheet, frozenset(doubled), faults)


def _mapped(
    headers: Sequence[str], schema: Schema, mapping: Mapping[str, str], place: tuple[str, str, str]
) -> tuple[dict[int, str], list[Fault]]:
    taken: dict[int, str] = {}
    faults: list[Fault] = []
    names = [c.name for c in schema.columns]
    for header, name in mapping.items():
        at = [i for i, h in enumerate(headers) if h == header] or [
            i for i, h in enumerate(headers) if fold_header(h) == fold_header(header)
        ]
        if name and name not in names:
            params = {"columns": names}
            faults.append(Fault("mapping_target", *place, found=name, params=params))
        elif not at:
            params = {"columns": list(headers)}
            faults.append(Fault("mapping_unknown", *place, found=header, params=params))
        else:
            taken[at[0]] = name
    return taken, faults


def _claims(
    headers: Sequence[str], words: dict[str, str], taken: dict[int, str], fixed: dict[str, int]
) -> dict[str, list[int]]:
    """Return the positions that claim each column which is not fixed yet."""
    claims: dict[str, list[int]] = {}
    for fold in (fold_header, bare_header):
        claimed = {at for positions in claims.values() for at in positions}
        sure = set(claims)
        for at, header in enumerate(headers):
            name = words.get(fold(header))
            if name and at not in taken and at not in claimed and name not in fixed and name not in sure:
                claims.setdefault(name, []).append(at)
    return claims


@lru_cache(maxsize=64)
def _guesses(schema: Schema) -> dict[str, str]:
    """Return what headers of ten bytes, as in a .dbf, may mean: initials of pinyin, and words cut short."""
    meant: dict[str, set[str]] = {}
    for word, name in aliases(schema)[0].items():
        short = word[:_CUT] if len(word) > _CUT else ""
        for guess in filter(None, (initials(word), short)):
            meant.setdefault(guess, set()).add(name)
    return {guess: names.pop() for guess, names in meant.items() if len(names) == 1}


def _guessed(
    headers: Sequence[str], schema: Schema, taken: dict[int, str], fixed: dict[str, int]
) -> dict[int, str]:
    """Return columns that nothing else gives, by what a short header stands for where that is one thing."""
    found: dict[int, str] = {}
    for at, header in enumerate(headers):
        word = fold_header(header)
        if at in taken or not (may_be_initials(word) or len(word) == _CUT):
            continue
        name = _guesses(schema).get(word)
        if name and name not in fixed and name not in found.values():
            found[at] = name
    return found


def _twice(
    headers: Sequence[str], taken: dict[int, str], schema: Schema, name: str, place: tuple[str, str, str]
) -> Fault:
    columns = [f"“{headers[at]}”" for at, owner in taken.items() if owner == name]
    return Fault("column_twice", *place, params={"columns": columns, "label": schema[name].label})


def _extras(headers: Sequence[str], taken: set[int], schema: Schema) -> dict[str, int]:
    reserved = {c.name for c in schema.columns} | {"geometry"}
    extras: dict[str, int] = {}
    for at, header in enumerate(headers):
        if at in taken:
            continue
        name, number = header, 2
        while name in reserved or name in extras:
            name, number = f"{header}_{number}", number + 1
        extras[name] = at
    return extras


def score(headers: Sequence[str], schema: Schema, *, geometry: str = "") -> float:
    """Return how much a table looks like a layer, 0 to 1: the share of required columns that it has.

    A layer whose required location is missing counts as one column missing, a column that can be made from
    another as half; optional columns break ties. A layer without required columns (roads) comes to 0.8.

    Parameters
    ----------
    headers
        Of the table.
    schema
        Of the layer.
    geometry
        Type of the table's geometries (``"Point"``, ``"Polygon"`` ...), ``"Unknown"`` for mixed ones, empty
        without.
    """
    match = match_headers(headers, schema)
    found = set(match.columns) | set(match.doubled)
    required = [c for c in schema.columns if c.required]
    located = _located(headers, schema, geometry)
    spare = len(found) / len(schema.columns)
    if not required:
        return 0.4 * min(len(found), 2) * located
    direct = sum(c.name in found for c in required)
    if not direct:
        return 0.0
    made = [c for c in required if c.name not in found and (c.fallback in found or c.derive)]
    given = direct + 0.5 * sum(bool(c.fallback) or "kind" in found for c in made)
    needs = len(required) + bool(schema.geometry and schema.geometry_required)
    given += located and bool(schema.geometry and schema.geometry_required)
    unused = 1 - len(found) / max(len(headers), 1)
    return max(0.0, given / needs - 0.01 * (1 - spare) - 0.05 * unused)


def _located(headers: Sequence[str], schema: Schema, geometry: str) -> bool:
    """Tell whether a table has the kind of location that a layer needs."""
    if geometry:
        types = [*(t for t in schema.geometry if not t.startswith("Multi")), "Unknown", "Collection"]
        return bool(schema.geometry) and any(t in geometry for t in types)
    points = find_coordinates(headers)
    return points is not None and (points.wkt >= 0 or "Point" in schema.geometry)


def find_coordinates(headers: Sequence[str]) -> Coordinates | None:
    """Find the columns of coordinates (x, y; 经度, 纬度; X坐标, Y坐标) or of WKT; None without them."""
    folded = [(fold_header(h), bare_header(h)) for h in headers]

    def first(words: Sequence[str]) -> int:
        return next((i for i, pair in enumerate(folded) for w in words if w in pair), -1)

    for east, north in ((_EAST[1:], _NORTH[1:]), (_X_ONLY, _Y_ONLY)):
        x, y = first(east), first(north)
        if x >= 0 and y >= 0:
            return Coordinates(x=x, y=y, degrees=bool(_DEGREES & {*folded[x]}))
    wkt = first(_WKT)
    return Coordinates(wkt=wkt) if wkt >= 0 else None


def layer_title(name: str, layer: str) -> bool:
    """Tell whether a sheet or file layer bears the name of a layer (``schools``, ``学校``, ``学校表``)."""
    words = layer_words(layer)
    plain = fold_header(name).removesuffix("表").removesuffix("图层").removesuffix("数据")
    return plain in {fold_header(layer), fold_header(words.zh), fold_header(words.en)}
