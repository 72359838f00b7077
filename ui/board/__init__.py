"""The planning board (划片底图): a map to paint catchments on, drawn by the browser, decided by Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from gis import maps, symbols
from gis.faults import FaultError
from gis.leaflet import leaflet_script, leaflet_style
from planning import seats, zoneproblem
from planning import splitting as splits
from ui.board import layers, limits, words
from ui.board.ground import ground
from ui.board.strokes import ledger, receive
from ui.maps.colours import colours
from ui.maps.data import on_earth
from ui.maps.ground import MINOR, cores, whole
from ui.state import Context
from ui.texts import _, language
from ui.views import plan as plans
from ui.views import zones as views
from ui.views.edits import Desk
from ui.views.zones import Assessment

_OWN = ("sheet", "tools", "board", "marks", "send", "cut", "warn", "layers", "bar")
SCRIPTS = tuple(f"{name}.js" for name in _OWN)


@dataclass(frozen=True)
class Names:
    """The units and zones that the board's numbers stand for."""

    ground: str
    units: tuple[str, ...]
    zones: tuple[str, ...]


@cache
def _asset(name: str) -> str:
    return (files("ui.board") / "assets" / name).read_text(encoding="utf-8")


@cache
def code(*scripts: str) -> str:
    """Return Leaflet, the labels of the one-file maps, then scripts of the board, as one script."""
    own = "const L = {};\n(function (exports, module, define) {\n"
    leaflet = f"{own}{leaflet_script()}\n}})(L, {{}}, undefined);"
    labels = (files("gis") / "assets" / "map.js").read_text(encoding="utf-8")
    return "\n".join([leaflet, labels, *map(_asset, scripts)])


@cache
def style() -> str:
    """Return the style of the board, with Leaflet's and the labels'."""
    labels = (files("gis") / "assets" / "map.css").read_text(encoding="utf-8")
    return "\n".join([leaflet_style(), labels, _asset("board.css")])


@st.cache_resource(show_spinner=False)
def parts() -> tuple[Any, Any]:
    """Register the two parts: the ground, which stays, and the board, which changes with every stroke."""
    component = st.components.v2.component
    kept = component("huapian_ground", js=_asset("ground.js"), isolate_styles=False)
    board = component(
        "huapian_board",
        html='<div class="hp-board"></div>',
        css=style(),
        js=code(*SCRIPTS),
        isolate_styles=False,
    )
    return kept, board


@st.cache_resource(show_spinner=False)
def layer_part() -> Any:
    """Register the part that brings a layer, which stays until it is switched off."""
    return st.components.v2.component("huapian_layer", js=_asset("layer.js"), isolate_styles=False)


def draw(context: Context, desk: Desk, found: Assessment, *, warnings: Sequence[str] = ()) -> None:
    """Draw the board for a plan, with warnings; strokes become steps of the chosen draft."""
    units, name, body = drawn(context.project.key, context)
    names = Names(name, units, tuple(map(str, found.problem.zone_ids)))
    kept, board = parts()
    kept(key="board-ground", data=body, height=1)
    state = st.session_state

    def arrived() -> None:
        receive(context, state["board"].get("queue"))

    def chosen() -> None:
        choose(state["board"].get("chosen"))

    def parted() -> None:
        part(state["board"].get("split"))

    def switched() -> None:
        layers.choose(state["board"].get("layers"))

    board(
        key="board",
        data=_plan(context, desk, found, names) | {"broken": list(warnings)},
        on_queue_change=arrived,
        on_chosen_change=chosen,
        on_layers_change=switched,
        on_split_change=parted,
    )
    far = limits.limits(context, names.ground, names.units, names.zones)
    layer_part()(key="board-limits", data={"name": "limits", **far}, height=1)
    for held, rows in layers.sent(context).items():  # below the board: above it, a new one would move the map
        layer_part()(key=f"board-layer-{held}", data={"name": held, "rows": rows}, height=1)


def choose(unit: object) -> None:
    """Open the part of the page that explains a unit, on the unit clicked. A callback."""
    if unit:
        st.session_state["why-unit"], st.session_state["zones-section"] = str(unit), "why"


def part(sent: object) -> None:
    """Open the part of the page that splits a unit, with the line drawn across it. A callback."""
    if isinstance(sent, dict):
        st.session_state["split-unit"], st.session_state["split-line"] = str(sent["unit"]), sent
        st.session_state["zones-section"] = "split"


@st.cache_resource(max_entries=4, show_spinner=False)
def drawn(key: str, _context: Context) -> tuple[tuple[str, ...], str, bytes]:
    """Return the units in the board's order, the ground's name and its bytes."""
    units = maps.simplified(plans.units_on_the_ground(key, _context.project), maps.TOLERANCE)
    units = on_earth(units)
    view = on_earth(whole(_context)).to_crs(4326).total_bounds
    name, body = ground(
        units, units.geometry.representative_point(), _lines(_context.project.layers), view=view.tolist()
    )
    return tuple(units["unit_id"]), name, body


def _lines(given: Any) -> dict[tuple[str, str], gpd.GeoSeries]:
    """Return what one finds one's way by: rivers and rails, and roads but the smallest."""
    found = {}
    for layer, column in (("roads", "road_class"), ("barriers", "kind")):
        if layer not in given:
            continue
        frame = on_earth(maps.simplified(given[layer], maps.TOLERANCE))
        for kind, rows in frame[~frame[column].isin(MINOR)].groupby(column):
            found[layer, str(kind)] = rows.geometry
    return found


def _plan(context: Context, desk: Desk, found: Assessment, names: Names) -> dict[str, Any]:
    """Return the plan as the board takes it: numbers of zones by number of unit, and what is said of them."""
    zone = {zone: number for number, zone in enumerate(names.zones)}
    place = {unit: number for number, unit in enumerate(names.units)}
    units = pd.Index(names.units)
    return {
        "ground": names.ground,
        "on": {
            "draft": desk.draft.id if desk.draft else "",
            "stage": desk.key[0],
            "year": desk.key[1],
            "rev": desk.state.rev,
        },
        "ack": dict(ledger().done),
        "can_undo": desk.can_undo,
        "can_redo": desk.can_redo,
        "zones": found.plan.reindex(units).map(zone).fillna(-1).astype(int).tolist(),
        "locked": [place[unit] for unit in sorted(found.locked) if unit in place],
        "cut": [place[unit] for unit in found.units_that("cut_off") if unit in place],
        "moved": [place[unit] for unit in found.moved if unit in place],
        "guessed": [place[unit] for unit in _guessed(context.project.key, context) if unit in place],
        "demand": _numbers(views.demand(found), units),
        "later": _later(context, found, names),
        "walks": walks(context, found, units),
        "zone": zone_rows(context, found, names),
        "schools": school_marks(context, found, zone),
        "places": _places(context.project.key, language(), context),
        "title": words.title(context),
        "stamp": _("合成数据") if context.project.synthetic else "",
        "north": symbols.NORTH,
        "layers": layers.control(context),
        "legend": words.legend(context),
        "words": words.words(),
        "rules": words.rules(),
        "said": words.said(desk),
    }


@st.cache_resource(max_entries=4, show_spinner=False)
def _guessed(key: str, _context: Context) -> list[str]:
    return splits.guessed(_context.project)


def _later(context: Context, found: Assessment, names: Names) -> list[dict[str, Any]]:
    """Return entrants by unit and seats by zone of the years after the chosen one that are registered."""
    seats = found.zones["seats"].reindex(names.zones).fillna(0).astype(int).tolist()
    years = [year for year in context.years if year > context.year]
    known = (
        (year, _entrants(context.project.key, context.stage, year, names.units, context)) for year in years
    )
    return [{"year": year, "demand": demand, "seats": seats} for year, demand in known if demand is not None]


def _numbers(values: pd.Series, units: pd.Index) -> list[int]:
    """Return whole numbers in the board's order of units, 0 where there is none."""
    found: list[int] = values.reindex(units).fillna(0).astype(int).tolist()
    return found


@st.cache_resource(max_entries=24, show_spinner=False)
def _entrants(
    key: str, stage: str, year: int, _units: tuple[str, ...], _context: Context
) -> list[int] | None:
    """Return the entrants of a year by unit; None where their cohort is not registered yet."""
    try:
        return _numbers(zoneproblem.demand(_context.project, stage, year), pd.Index(_units))
    except FaultError:
        return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _places(key: str, lang: str, _context: Context) -> list[list[Any]]:
    """Return the parts of the map to jump to: words, south, west, north, east."""
    rows = []
    for said, layer in cores(_context).items():
        west, south, east, north = on_earth(layer).to_crs(4326).total_bounds.round(6).tolist()
        rows.append([said, south, west, north, east])
    return rows


def walks(context: Context, found: Assessment, units: pd.Index) -> list[int]:
    """Return each unit's walk in whole metres, at least 1; below zero if estimated, 0 where none is known."""
    rows = plans.walks(context, found.plan)
    at = pd.Index(rows["unit_id"]).get_indexer(units)
    metres = rows["metres"].to_numpy(float, na_value=np.nan)
    guess = rows["estimate"].astype("boolean").fillna(False).to_numpy(bool)
    signed = np.append(np.where(guess, -1, 1) * np.maximum(metres, 1), np.nan)[at]
    return np.where(np.isfinite(signed), signed, 0).round().astype(int).tolist()


def zone_rows(context: Context, found: Assessment, names: Names) -> list[dict[str, Any]]:
    """Return id, name, colour, seats and place of each zone, in the order of `names`."""
    said = plans.zone_names(context.project.key, context.stage, context.project)
    hue = colours(context, found.plan)
    schools = _located(context)
    at = schools.drop_duplicates("zone_id").set_index("zone_id").geometry
    rows = []
    for zone in names.zones:
        room = found.zones["seats"].get(zone)
        point = at.get(zone)
        rows.append(
            {
                "id": zone,
                "name": str(said.get(zone, zone)),
                "colour": hue[zone],
                "seats": None if room is None or pd.isna(room) else int(room),
                "at": None if point is None else [point.y, point.x],
            }
        )
    return rows


def _located(context: Context) -> gpd.GeoDataFrame:
    return _placed_schools(context.project.key, context.stage, context)


@st.cache_resource(max_entries=8, show_spinner=False)
def _placed_schools(key: str, stage: str, _context: Context) -> gpd.GeoDataFrame:
    schools = _context.project.layers["schools"]
    placed = schools[schools.geometry.notna() & ~shapely.is_empty(schools.geometry.to_numpy())]
    zoned = seats.zoned(placed, stage, system=_context.project.stage_system)
    return on_earth(gpd.GeoDataFrame(zoned, crs=schools.crs)).to_crs(4326)


def school_marks(context: Context, found: Assessment, zone: dict[str, int]) -> list[list[Any]]:
    """Return latitude, longitude, picture, its size, name and zone of each school."""
    rows = []
    for school in _located(context).itertuples():
        load = found.zones["fill"].get(school.zone_id)
        picture, size = symbols.school(str(school.kind), None if load is None else float(load))
        spot = [round(school.geometry.y, 6), round(school.geometry.x, 6)]
        rows.append([*spot, picture, size, str(school.name), zone.get(school.zone_id, -1)])
    return rows
