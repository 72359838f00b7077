import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from gis.holes import holes
from tests.zoning_maps import drawn, six_in_a_row
from zoning.enclaves import enclaves


def test_a_piece_without_its_school_is_told_with_its_pupils_and_neighbours():
    problem = six_in_a_row(left=60, right=60)
    found = enclaves(problem, pd.Series(list("LLRLLR"), index=list("ABCDEF")))
    assert found["unit_id"].tolist() == ["D", "E", "C"]
    assert found["piece"].tolist() == [1, 1, 2]
    assert found.loc[0, ["zone_id", "piece_units", "piece_pupils", "around"]].tolist() == ["L", 2, 20, "R"]
    assert found.loc[2, "around"] == "L"


def test_a_whole_plan_has_no_enclave():
    assert enclaves(six_in_a_row(), pd.Series(list("LLLRRR"), index=list("ABCDEF"))).empty
    twice = drawn(
        {"A": 1, "B": 1, "C": 1}, [("Z", 9, "A"), ("Z", 9, "C")], dict.fromkeys("ABC", 0.0), "AB BC"
    )
    assert enclaves(twice, pd.Series({"A": "Z", "B": None, "C": "Z"})).empty


def test_a_hole_is_found_but_a_lake_and_an_edge_are_not():
    grid = {f"{x}{y}": box(x, y, x + 1, y + 1) for x in range(5) for y in range(3)}
    lake = grid.pop("31")
    units = gpd.GeoDataFrame({"unit_id": list(grid)}, geometry=list(grid.values()), crs=4490)
    plan = pd.Series("A", index=units["unit_id"])
    plan["11"] = "B"  # surrounded
    plan["02"] = "B"  # at the edge
    areas = units.assign(zone_id=units["unit_id"].map(plan)).dissolve("zone_id").reset_index()
    assert len(areas.geometry[0].interiors) == 2 and not areas.geometry[0].intersects(lake.centroid)
    found = holes(areas, units, plan)
    assert found.to_dict("records") == [{"around": "A", "hole": 1, "unit_id": "11", "zone_id": "B"}]
    plan["11"] = "A"
    whole = units.assign(zone_id=units["unit_id"].map(plan)).dissolve("zone_id").reset_index()
    assert holes(whole, units, plan).empty
