"""What the layers of the board hold."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from planning.project import create_project
from tests.test_planning_splitting import CRS, X, Y, layers
from ui.board import layers as board
from ui.state import Context

ESTATES = {
    "estate_id": ["e1", "e2", "e3"],
    "name": ["甲<b>", "乙", "丙"],
    "unit_id": ["u1", "u2", None],
    "households": [100, None, 30],
    "handover_year": [2027, None, 2030],
}


@pytest.mark.parametrize("stated", [False, True])
def test_an_estate_without_a_place_is_shown_in_its_unit(tmp_path, stated):
    frame = pd.DataFrame(ESTATES)
    if stated:
        frame = gpd.GeoDataFrame(frame, geometry=[None, Point(X + 10, Y + 10), None], crs=CRS)
    made = create_project({**layers(), "estates": frame}, name="测", year=2026, epsg=CRS, folder=tmp_path)
    rows = board._estates.__wrapped__("k", "primary", 2026, "zh", Context(made, "primary", 2026, None))
    assert [row[-1].split(":")[0] for row in rows] == ["甲<b>", "乙"]  # the third lies nowhere
    spots = gpd.GeoSeries([Point(row[1], row[0]) for row in rows], crs=4326).to_crs(CRS)
    assert spots.x.tolist() == pytest.approx([X + 150, X + (10 if stated else 250)], abs=1)
    assert "2027" in rows[0][2] and "<b>" not in rows[0][2]
