"""The synthetic demo: complete, consistent, deterministic, with the flaws and the needs it is made for."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data import make_demo
from data.demo import names
from data.demo.settings import BIRTHS, DISTRICTS, YEAR
from gis.adjacency import from_territories
from gis.checks import check_project
from gis.territories import territories
from planning import need, outlook, tasks
from planning.project import open_project

Layers = dict[str, pd.DataFrame]
ENTRY = {"primary": YEAR, "junior": YEAR - 6}


@pytest.fixture(scope="module")
def county() -> Layers:
    return make_demo.layers("county")


@pytest.fixture(scope="module")
def city() -> Layers:
    return make_demo.layers("city")


@pytest.fixture(scope="module")
def links(county: Layers) -> pd.DataFrame:
    """Neighbours as the app finds them."""
    area = county["areas"][county["areas"]["level"] == "district"]
    ground = territories(county["units"], area=area, barriers=county["barriers"], roads=county["roads"])
    return from_territories(ground, barriers=county["barriers"], bridges=county["roads"])


def digest(layers: Layers) -> str:
    """Fingerprint of all frames: columns, values, geometry to the last bit."""
    out = hashlib.sha256()
    for name in sorted(layers):
        frame = layers[name]
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        out.update(plain.to_csv(index=False).encode())
        if "geometry" in frame:
            out.update(b"".join(shapely.to_wkb(frame.geometry.to_numpy())))
    return out.hexdigest()


def demand(layers: Layers, stage: str) -> pd.Series:
    rows = layers["children"]
    return rows[rows["cohort"] == ENTRY[stage]].set_index("unit_id")["children"]


def capacity(layers: Layers, stage: str) -> pd.Series:
    schools = layers["schools"]
    own = schools[(schools["provider"] == "public") & ~schools["boarding"]]
    seats = own.groupby("zone_id")[f"{stage}_intake"].sum()
    return seats[seats > 0]


def load(layers: Layers, stage: str) -> pd.Series:
    plan = layers["catchments"][layers["catchments"]["stage"] == stage]
    pupils = plan["unit_id"].map(demand(layers, stage)).groupby(plan["zone_id"]).sum()
    return pupils / capacity(layers, stage)


# Size


def test_city_has_the_size_that_is_promised(city: Layers) -> None:
    assert 2_000_000 <= city["units"]["residents"].sum() <= 2_200_000
    assert 1480 <= len(city["units"]) <= 1520
    assert len(city["schools"]) == 300
    assert len(city["estates"]) == 60
    assert sorted(city["enrolment"]["year"].unique()) == list(range(YEAR - 9, YEAR + 1))
    assert set(city["children"]["cohort"]) == set(range(YEAR - 15, YEAR + 7))
    districts = city["areas"].loc[city["areas"]["level"] == "district", "name"]
    assert set(districts) == {d.name for d in DISTRICTS} == set(city["units"]["district"])


def test_county_is_one_district(county: Layers) -> None:
    assert set(county["units"]["district"]) == {"东胜区"} == set(county["schools"]["district"])
    assert 230 <= len(county["units"]) <= 270
    assert len(county["schools"]) == 45


def test_county_is_the_same_as_in_the_city(county: Layers, city: Layers) -> None:
    for layer in ("units", "schools", "catchments"):
        own = city[layer]
        key = "unit_id" if "unit_id" in own else "school_id"
        own = own[own[key].str.startswith("DS-")].reset_index(drop=True)
        plain = [c for c in own.columns if c != "geometry"]
        pd.testing.assert_frame_equal(pd.DataFrame(own[plain]), pd.DataFrame(county[layer][plain]))


def test_every_kind_of_school_is_there(city: Layers) -> None:
    schools = city["schools"]
    assert {"primary", "junior", "nine_year", "teaching_point"} == set(schools["kind"])
    assert schools["boarding"].sum() >= 20
    assert (schools["provider"] == "private").sum() >= 10
    points = schools[schools["kind"] == "teaching_point"]
    assert (points["highest_grade"] == 3).all()
    assert points["parent_id"].isin(schools["school_id"]).all()
    campus = schools[schools["zone_id"].notna() & (schools["zone_id"] != schools["school_id"])]
    assert len(campus) == 1
    assert (campus["parent_id"] == campus["zone_id"]).all()


# Agreement


@pytest.mark.parametrize("which", ["county", "city"])
def test_layers_agree(which: str, request: pytest.FixtureRequest) -> None:
    layers: Layers = request.getfixturevalue(which)
    assert [fault.text("en") for fault in check_project(layers)] == []


@pytest.mark.parametrize("which", ["county", "city"])
def test_every_id_is_known(which: str, request: pytest.FixtureRequest) -> None:
    layers: Layers = request.getfixturevalue(which)
    units, schools = set(layers["units"]["unit_id"]), set(layers["schools"]["school_id"])
    assert len(units) == len(layers["units"])
    assert len(schools) == len(layers["schools"])
    for layer in ("children", "estates", "catchments"):
        assert set(layers[layer]["unit_id"]) <= units
    for layer in ("classes", "enrolment", "attendance"):
        assert set(layers[layer]["school_id"]) <= schools
    towns = set(layers["areas"].loc[layers["areas"]["level"] == "town", "name"])
    for layer in ("units", "schools", "births", "estates"):
        assert set(layers[layer]["town"]) <= towns
    for stage in ENTRY:
        plan = layers["catchments"][layers["catchments"]["stage"] == stage]
        assert sorted(plan["unit_id"]) == sorted(units)
        assert set(plan["zone_id"]) == set(capacity(layers, stage).index)


def test_names_are_unique_and_in_both_languages(city: Layers) -> None:
    for layer in ("units", "schools"):
        assert city[layer]["name"].is_unique
        assert city[layer]["name_en"].str.len().min() > 4
    assert city["areas"]["name"].is_unique


def test_every_character_of_a_name_can_be_spelt() -> None:
    rng = np.random.default_rng(0)
    stems = [stem for stem, _ in names.schools(rng)] + names.streets(rng)
    parts = names._ESTATE_A + names._ESTATE_B + names._VILLAGE_A + names._VILLAGE_B + names._VILLAGE_TAIL
    assert all(names.spell(character) for character in "".join(stems) + parts + names._TOWN_A)


def test_everything_says_it_is_synthetic(city: Layers) -> None:
    assert all((frame["source"] == "合成数据").all() for frame in city.values())
    assert (city["estates"]["yield_source"] == "合成设定").all()


def test_classes_add_up_to_the_enrolment(city: Layers) -> None:
    keys = ["school_id", "year", "grade"]
    sums = city["classes"].groupby(keys)["pupils"].sum()
    now = city["enrolment"][city["enrolment"]["year"] == YEAR].set_index(keys)["pupils"]
    pd.testing.assert_series_equal(sums.sort_index(), now[now > 0].sort_index(), check_index_type=False)
    assert city["classes"]["pupils"].min() >= 1


def test_rolls_add_up_to_the_enrolment_and_follow_the_children(city: Layers) -> None:
    rolls = city["attendance"]
    keys = ["school_id", "year", "grade"]
    sums = rolls.groupby(keys)["pupils"].sum()
    of_rolls = city["enrolment"][city["enrolment"]["year"].isin(rolls["year"].unique())]
    told = of_rolls[of_rolls["pupils"] > 0].set_index(keys)["pupils"]
    pd.testing.assert_series_equal(sums.sort_index(), told.sort_index(), check_index_type=False)
    assert sorted(rolls["year"].unique()) == list(range(YEAR - 5, YEAR + 1))
    assert set(rolls["unit_id"].dropna()) <= set(city["units"]["unit_id"])
    assert (rolls["unit_id"].notna() == (rolls["home"] == "unit")).all()
    assert (rolls[["migrant", "boarding"]].max(axis=1) <= rolls["pupils"]).all()
    now = rolls[(rolls["year"] == YEAR) & (rolls["grade"] <= 6)].groupby("unit_id")["pupils"].sum()
    kids = city["children"]
    young = kids[kids["cohort"].between(YEAR - 5, YEAR)].groupby("unit_id")["children"].sum()
    assert np.corrcoef(young, now.reindex(young.index).fillna(0))[0, 1] > 0.97


def test_children_and_enrolment_agree_in_order(city: Layers) -> None:
    now = city["enrolment"][city["enrolment"]["year"] == YEAR].groupby("grade")["pupils"].sum()
    cohorts = city["children"].groupby("cohort")["children"].sum()
    ratio = [now[grade] / cohorts[YEAR - grade + 1] for grade in range(1, 10)]
    assert np.allclose(ratio, 1.0, atol=0.06)


def test_progression_is_plausible(city: Layers) -> None:
    grid = city["enrolment"].pivot_table(index="year", columns="grade", values="pupils", aggfunc="sum")
    ratio = grid.to_numpy()[1:, 1:] / grid.to_numpy()[:-1, :-1]
    assert 0.96 < ratio.min() <= ratio.max() < 1.05


def test_cores_grow_and_banners_decline(city: Layers) -> None:
    total = city["enrolment"].groupby(["district", "year"])["pupils"].sum().unstack()
    change = total[YEAR] / total[YEAR - 9]
    assert change["康巴什区"] > change["东胜区"] > 1.2 * change["杭锦旗"]
    area = city["schools"].set_index("school_id")["area"]
    by_area = city["enrolment"].groupby([city["enrolment"]["school_id"].map(area), "year"])["pupils"].sum()
    assert by_area["rural", YEAR] < by_area["rural", YEAR - 9]


def test_births_peak_and_halve(city: Layers) -> None:
    births = city["births"].groupby("year")["births"].sum()
    assert births.idxmax() in (2016, 2017)
    assert 0.45 < births[2023] / births.max() < 0.55
    assert np.allclose(births, [1000 * BIRTHS[year] for year in births.index], rtol=0.03)


# Geometry


def test_banners_and_towns_tile(city: Layers) -> None:
    areas = city["areas"]
    for level in ("district", "town"):
        shapes = areas.geometry[areas["level"] == level].to_numpy()
        assert shapely.coverage_is_valid(shapes)
        whole = areas.geometry[areas["level"] == "city"].iloc[0]
        assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-9)
        assert shapely.equals(shapely.union_all(shapes), whole)
    districts = areas[areas["level"] == "district"]
    assert (districts.geom_type == "Polygon").all()


def test_units_lie_in_their_district_and_do_not_touch(city: Layers) -> None:
    units = city["units"]
    assert shapely.is_valid(units.geometry.to_numpy()).all()
    outline = city["areas"][city["areas"]["level"] == "district"].set_index("name").geometry
    assert shapely.contains(outline[units["district"]].to_numpy(), units.geometry.to_numpy()).all()
    left, right = shapely.STRtree(units.geometry.to_numpy()).query(units.geometry, predicate="intersects")
    assert (left == right).all()
    assert set(units.geom_type) == {"Point", "Polygon"}
    assert (units.loc[units["kind"] == "village"].geom_type == "Point").all()


def test_centre_is_where_it_should_be(city: Layers) -> None:
    assert city["units"].crs.to_epsg() == 4546
    x, y = city["units"].to_crs(4490).total_bounds.reshape(2, 2).mean(axis=0)
    assert (x, y) == (pytest.approx(109.8, abs=0.3), pytest.approx(39.6, abs=0.3))


@pytest.mark.parametrize("which", ["county", "city"])
@pytest.mark.parametrize("walking", [True, False])
def test_roads_are_connected(which: str, walking: bool, request: pytest.FixtureRequest) -> None:
    layers: Layers = request.getfixturevalue(which)
    roads = layers["roads"]
    roads = roads[roads["road_class"] != "expressway"] if walking else roads
    ends = [shapely.get_coordinates(shapely.get_point(roads.geometry.to_numpy(), k)) for k in (0, -1)]
    node = np.unique(np.round(np.vstack(ends), 1), axis=0, return_inverse=True)[1].ravel()
    a, b = node[: len(roads)], node[len(roads) :]
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(node.max() + 1, node.max() + 1))
    assert connected_components(graph, directed=False)[0] == 1


def test_every_unit_is_beside_a_road(city: Layers) -> None:
    units, roads = city["units"], city["roads"].geometry.to_numpy()
    gap = shapely.STRtree(roads).query_nearest(units.geometry, return_distance=True, all_matches=False)[1]
    assert gap.max() < 250.0
    assert gap[(units["kind"] == "village").to_numpy()].max() < 1.0


def test_barriers_are_crossed_by_few_bridges(county: Layers) -> None:
    roads = county["roads"]
    crossed = roads.geometry.intersects(county["barriers"].union_all()) & (
        roads["road_class"] != "expressway"
    )
    assert roads.loc[crossed, "bridge"].all()
    assert 5 <= roads["bridge"].sum() <= 30


# Plans in force


def cut_off(layers: Layers, links: pd.DataFrame, stage: str) -> pd.Series:
    """Units not connected within their zone to a school of it."""
    units = layers["units"]
    plan = layers["catchments"][layers["catchments"]["stage"] == stage].set_index("unit_id")["zone_id"]
    index = pd.Index(units["unit_id"])
    inside = links[links["a"].map(plan) == links["b"].map(plan)]
    ends = index.get_indexer(inside["a"]), index.get_indexer(inside["b"])
    size = (len(index), len(index))
    piece = connected_components(coo_array((np.ones(len(inside)), ends), shape=size), directed=False)[1]
    schools = layers["schools"]
    own = schools[schools["zone_id"].isin(capacity(layers, stage).index) & (schools[f"{stage}_seats"] > 0)]
    home = gpd.sjoin_nearest(own, units[["unit_id", "geometry"]])
    held = set(zip(home["zone_id"], piece[index.get_indexer(home["unit_id"])], strict=True))
    lost = [(zone, part) not in held for zone, part in zip(plan[index], piece, strict=True)]
    return units.loc[lost, "unit_id"]


def test_plans_hang_together_but_for_a_few_enclaves(county: Layers, links: pd.DataFrame) -> None:
    assert links.attrs["components"] == 1
    assert 1 <= len(cut_off(county, links, "primary")) <= 5
    assert 1 <= len(cut_off(county, links, "junior")) <= 3


def test_some_children_go_far_beside_a_near_school(city: Layers) -> None:
    plan = city["catchments"][city["catchments"]["stage"] == "primary"].set_index("unit_id")["zone_id"]
    schools = city["schools"][city["schools"]["zone_id"].isin(plan)]
    units = city["units"].set_index("unit_id").geometry.centroid
    gap = shapely.distance(units[plan.index].to_numpy()[:, None], schools.geometry.to_numpy()[None, :])
    own = np.where(plan.to_numpy()[:, None] == schools["zone_id"].to_numpy()[None, :], gap, np.inf).min(
        axis=1
    )
    assert ((gap.min(axis=1) < 800.0) & (own > 2.0 * gap.min(axis=1)) & (own > 900.0)).sum() >= 9


@pytest.mark.parametrize("which", ["county", "city"])
@pytest.mark.parametrize("stage", ["primary", "junior"])
def test_balance_is_red_yellow_and_green(which: str, stage: str, request: pytest.FixtureRequest) -> None:
    layers: Layers = request.getfixturevalue(which)
    loads = load(layers, stage)
    assert 1.05 <= capacity(layers, stage).sum() / demand(layers, stage).sum() <= 1.10
    assert (loads > 1.1).sum() >= 2
    assert ((loads >= 0.9) & (loads < 1.0)).sum() >= 2
    assert (loads < 0.9).sum() >= 4
    assert loads.notna().all()


def test_hot_schools_are_crowded_and_small_ones_are_not(city: Layers) -> None:
    size = city["classes"]["pupils"]
    assert (size >= 66).sum() >= 10
    assert (size >= 56).sum() >= 200
    assert (size <= 45).mean() > 0.4
    area = city["classes"]["school_id"].map(city["schools"].set_index("school_id")["area"])
    assert size[area == "urban"].mean() > size[area == "rural"].mean() + 8


# Seat need


def test_relief_is_of_the_order_of_the_document(city: Layers) -> None:
    parts = need.relief(city["schools"], city["classes"], year=YEAR)
    sums = parts[["class_relief", "school_relief", "facility"]].sum()
    assert 33_000 < sums.sum() < 44_000
    assert (sums > [8_000, 2_000, 10_000]).all()


@pytest.mark.slow
def test_need_as_the_app_computes_it(tmp_path: Path) -> None:
    project = make_demo.make_demo(tmp_path, which="city")
    forecast = tasks.forecast_job(project.folder, YEAR + 3)
    found = outlook.project_need(project, forecast).sum(numeric_only=True)
    assert 6_500 < found["growth"] < 9_500
    assert 41_000 < found["total"] < 52_000


# Making it


def test_same_bytes_each_time(county: Layers) -> None:
    code = "import tests.test_make_demo as t; print(t.digest(t.make_demo.layers('county')))"
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(root)}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == digest(county)


def test_project_is_written_once_and_opens(tmp_path: Path) -> None:
    said: list[float] = []
    made = make_demo.make_demo(tmp_path, progress=lambda share, word: said.append(share))
    assert (made.id, made.name, made.year) == ("demo-county", "东胜区(合成示例)", YEAR)
    assert made.synthetic
    assert said == sorted(said)
    again = make_demo.make_demo(tmp_path)
    assert again.version == made.version
    opened = open_project(tmp_path / "demo-county")
    assert len(opened.layers["units"]) == 250
    assert (opened.sources["source"] == "合成数据").all()
    assert sum(f.stat().st_size for f in opened.folder.rglob("*") if f.is_file()) < 4_000_000


def test_command_line_makes_anew_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_demo.main(["--home", str(tmp_path)]) == 0
    (tmp_path / "demo-county" / "note.txt").write_text("old", encoding="utf-8")
    assert make_demo.main(["--county", "--force", "--home", str(tmp_path)]) == 0
    assert not (tmp_path / "demo-county" / "note.txt").exists()
    assert "合成示例" in capsys.readouterr().out


def test_unknown_demo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="county"):
        make_demo.make_demo(tmp_path, which="village")
    with pytest.raises(ValueError, match="county"):
        make_demo.layers("village")
