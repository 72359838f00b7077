"""The ground of the board as bytes: what a browser reads is what was sent."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from ui.board.ground import HALF_WORLD, NAME, ground

CRS = 4547
X, Y = 500_000.0, 4_000_000.0


def unpacked(body: bytes) -> dict:
    """Read a ground as assets/sheet.js does."""
    body = body[NAME:]
    length = int.from_bytes(body[:4], "little")
    found = json.loads(body[4 : 4 + length])
    at = 4 + length + -length % 4
    for name, kind, size in found["arrays"]:
        found[name] = np.frombuffer(body, f"<{kind}", size, at)
        at += 4 * size
    assert at == len(body)
    return found


@pytest.fixture
def row() -> gpd.GeoDataFrame:
    """Three squares in a row; the middle one has a hole."""
    shapes = [shapely.box(X + 100 * i, Y, X + 100 * (i + 1), Y + 100) for i in range(3)]
    shapes[1] = shapes[1].difference(shapely.box(X + 140, Y + 40, X + 160, Y + 60))
    names = {"unit_id": ["u1", "u2", "u3"], "name": ["甲", "乙", "丙"], "town": ["镇", None, "镇"]}
    return gpd.GeoDataFrame(names, geometry=shapes, crs=CRS)


def sent(units: gpd.GeoDataFrame, lines: dict | None = None) -> tuple[str, dict]:
    name, body = ground(units, units.representative_point(), lines or {}, view=[109.9, 36.1, 110.0, 36.2])
    assert body[:NAME].decode() == name
    return name, unpacked(body)


def test_outlines_come_back_within_five_centimetres(row):
    _, found = sent(row)
    share = found["xy"].reshape(-1, 2).astype(float) + found["corner"]
    metres = (share - 0.5) * [1, -1] * 2 * HALF_WORLD
    back = gpd.GeoSeries(shapely.points(metres), crs=3857).to_crs(CRS)
    corners = shapely.points(shapely.get_coordinates(row.geometry.to_numpy()))
    assert shapely.distance(back.to_numpy(), corners).max() < 0.05
    assert found["ids"] == ["u1", "u2", "u3"] and found["towns"] == ["镇", None, "镇"]
    assert found["unit_ring"].tolist() == [0, 1, 3, 4]  # the hole is a ring of its own


def test_a_shared_side_stands_once_between_its_two_units(row):
    _, found = sent(row)
    between = found["between"].reshape(-1, 2).tolist()
    assert sorted(pair for pair in between if pair[0] != pair[1]) == [[0, 1], [1, 2]]
    assert len(between) == 2 + 3 + 2 + 3 + 4  # shared; rims of left, middle and right; the hole
    assert len(found["side"]) == 4 * len(between)


def test_the_name_changes_with_the_ground_and_only_with_it(row):
    first, second = sent(row)[0], sent(row)[0]
    assert first == second
    assert sent(row.assign(name=["甲", "乙", "丁"]))[0] != first


def test_lines_are_drawn_in_their_order_with_their_style(row):
    river = gpd.GeoSeries([shapely.LineString([(X, Y), (X + 50, Y + 50), (X + 300, Y)])], crs=CRS)
    rail = gpd.GeoSeries([shapely.LineString([(X, Y), (X + 300, Y + 90)])], crs=CRS)
    _, found = sent(row, {("barriers", "river"): river, ("roads", "path"): rail})
    assert [line["layer"] for line in found["lines"]] == ["barriers", "roads"]
    assert [(line["from"], line["to"]) for line in found["lines"]] == [(0, 1), (1, 2)]
    assert found["line"].tolist() == [0, 3, 5] and found["lines"][1]["style"]["dashArray"]
