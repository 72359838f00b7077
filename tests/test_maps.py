"""Maps: one file each, nothing asked of any network, neighbours told apart, text harmless."""

from __future__ import annotations

import json
import re
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from branca.element import JavascriptLink
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import leaflet, maps, symbols
from gis.hotspots import bin_labels

CRS = 4547
EVIL = "</script><script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\">"


def grid(columns: int, rows: int) -> gpd.GeoDataFrame:
    cells = [(i, j) for j in range(rows) for i in range(columns)]
    left = np.array([500_000 + 300 * i for i, _ in cells])
    low = np.array([4_400_000 + 300 * j for _, j in cells])
    boxes = shapely.box(left, low, left + 300, low + 300)
    ids = [f"u{i}{j}" for i, j in cells]
    return gpd.GeoDataFrame(
        {"unit_id": ids, "name": ids, "entrants": range(len(ids))}, geometry=list(boxes), crs=CRS
    )


UNITS = grid(6, 4)
PLAN = pd.Series({u: f"s{int(u[1]) // 2}" for u in UNITS["unit_id"]})
SCHOOLS = gpd.GeoDataFrame(
    {
        "school_id": ["s0", "s1", "s2"],
        "name": ["实验小学", EVIL, "第三学校"],
        "kind": ["primary", "junior", "nine_year"],
        **{label: [1, 0, 4] for label in bin_labels()},
    },
    geometry=[shapely.Point(500_000 + 300 + 600 * i, 4_400_600) for i in range(3)],
    crs=CRS,
)
LINES = [shapely.LineString([(500_000, 4_400_000 + y), (501_800, 4_400_100 + y)]) for y in (200, 500, 800)]
ROADS = gpd.GeoDataFrame(
    {"road_class": ["arterial", "path", "local"], "tunnel": [False, False, True]}, geometry=LINES, crs=CRS
)
SURFACE = shapely.box(500_000, 4_401_000, 501_800, 4_401_050)
BARRIERS = gpd.GeoDataFrame({"kind": ["rail", "river", "river"]}, geometry=[*LINES[:2], SURFACE], crs=CRS)


def full_map() -> folium.Map:
    units, zones = maps.dissolve(UNITS, PLAN, tolerance=5)
    zones["text"] = ["实验小学 83 %", EVIL, "第三学校 108 %"]
    m = maps.base(UNITS, title="小学片区 " + EVIL, subtitle="2026学年", stamp="合成数据")
    maps.add_lines(m, ROADS, name="道路")
    maps.add_lines(m, BARRIERS, name="河流与铁路")
    maps.add_areas(m, zones, name="镇街", label="zone_id")
    maps.add_units(
        m, units, name="小区", tooltip={"": "name", EVIL: "entrants"}, unassigned=units["entrants"] > 20
    )
    maps.add_zones(m, zones, name="片区" + EVIL, label="text", over=zones["zone_id"] == "s2")
    items = maps.add_choropleth(m, units, units["entrants"], name="入学人数", limit=20, show=False)
    maps.add_points_sized(m, SCHOOLS, pd.Series([3.0, np.nan, 9.0]), name="户数", show=False)
    words = {"hot": "高值聚集", "cold": "低值聚集", "none": "不显著"}
    items += maps.add_hotspots(m, SCHOOLS, pd.Series(["hot", "cold", "none"]), name="热点", words=words)
    maps.add_class_sizes(m, SCHOOLS, bins=bin_labels()[1:], name="班额", show=False)
    load = pd.Series([0.8, np.nan, 1.2])
    maps.add_schools(m, SCHOOLS, name="学校", load=load, label="name", tooltip={"": "name"})
    maps.legend(m, ["图例" + EVIL, *items, maps.school_row("小学", "primary")], note=EVIL)
    return m


PAGE = maps.html(full_map())


def test_the_page_is_one_file_that_links_to_nothing() -> None:
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", PAGE)
    for style in re.findall(r"<style>(.*?)</style>", PAGE, re.DOTALL):
        assert not re.search(r"@import|url\((?!data:)", style)
    assert "<link" not in PAGE
    assert "sourceMappingURL" not in PAGE
    assert "L.tileLayer" not in PAGE.split("var map_")[-1]
    assert '<html lang="zh-CN">' in PAGE


def test_a_layer_that_would_load_something_is_refused() -> None:
    m = maps.base(UNITS, title="图")
    folium.TileLayer("https://tile.example/{z}/{x}/{y}.png", attr="x").add_to(m)
    with pytest.raises(ValueError, match="network"):
        maps.html(m)
    m = maps.base(UNITS, title="图")
    m.get_root().header.add_child(JavascriptLink("https://cdn.example/x.js"))
    with pytest.raises(ValueError, match="network"):
        maps.html(m)


def test_names_that_look_like_links_are_only_names() -> None:
    names = UNITS.assign(name="<img src=http://example.org/a.png> url(http://example.org)")
    m = maps.base(UNITS, title="图 src=http://example.org", subtitle='<script src="http://example.org">')
    maps.add_units(m, names, name="小区", tooltip={"": "name"})
    assert "example.org" in maps.html(m)


def test_text_from_data_is_never_markup() -> None:
    assert EVIL not in PAGE
    assert "<img src=x" not in PAGE
    assert PAGE.count("</script>") == PAGE.count("<script>")


def test_json_in_a_script_survives_any_text() -> None:
    text = "a</script>&'\"\u2028\u2029<!--中"
    packed = leaflet.to_json({"x": text})
    assert not set("<>&\u2028\u2029") & set(packed)
    assert json.loads(packed) == {"x": text}


def test_coordinates_are_rounded_degrees() -> None:
    data = json.loads(leaflet.features(UNITS, tips=[["a"]] * len(UNITS)))
    ring = np.array(data["features"][0]["geometry"]["coordinates"][0])
    assert np.allclose(ring, np.round(ring, leaflet.DECIMALS), atol=1e-12)
    assert 110 < ring[0, 0] < 118
    assert 39 < ring[0, 1] < 41
    assert data["features"][0]["properties"] == {"v": ["a"]}


def test_numbers_in_tooltips_are_written_for_people() -> None:
    frame = pd.DataFrame({"n": [1234, 2], "x": [0.25, np.nan], "name": ["甲", None]})
    assert leaflet.tip_values(frame, {"人数": "n", "份额": "x", "": "name"}) == [
        ["1,234", "0.2", "甲"],
        ["2", None, None],
    ]


def test_dissolved_zones_share_the_borders_of_their_units() -> None:
    bent = UNITS.copy()
    wave = [(x, y + 20 * np.sin(x / 50)) for x, y in [(500_000 + 10 * i, 4_400_600) for i in range(181)]]
    cells = shapely.get_parts(
        shapely.polygonize(
            [shapely.union_all([*shapely.boundary(bent.geometry.to_numpy()), shapely.LineString(wave)])]
        )
    )
    frame = gpd.GeoDataFrame({"unit_id": [f"c{i}" for i in range(len(cells))]}, geometry=list(cells), crs=CRS)
    plan = pd.Series([f"z{i % 3}" for i in range(len(cells))], index=frame["unit_id"])
    light, zones = maps.dissolve(frame, plan, tolerance=5)
    assert shapely.get_num_coordinates(light.geometry).sum() < shapely.get_num_coordinates(cells).sum()
    assert shapely.coverage_is_valid(light.geometry.to_numpy())
    assert zones.area.sum() == pytest.approx(light.area.sum())
    assert zones["zone_id"].tolist() == ["z0", "z1", "z2"]
    for zone, shape in zip(zones["zone_id"], zones.geometry):
        own = light[light["unit_id"].map(plan) == zone]
        assert shape.symmetric_difference(own.union_all()).area < 0.01


def test_unassigned_units_join_no_zone() -> None:
    plan = PLAN.astype(object)
    plan.iloc[0] = pd.NA
    zones = maps.dissolve(UNITS, plan)[1]
    assert zones.area.sum() == pytest.approx(UNITS.area.sum() - 90_000)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=24, max_size=24), st.randoms())
def test_neighbours_never_look_alike_and_order_does_not_matter(zone, random) -> None:
    zones = maps.dissolve(UNITS, pd.Series(zone, index=UNITS["unit_id"]))[1]
    colour = maps.hues(zones)
    for i, a in enumerate(zones.geometry):
        for j, b in enumerate(zones.geometry):
            assert i == j or not a.touches(b) or colour.iloc[i] != colour.iloc[j]
    rows = list(range(len(zones)))
    random.shuffle(rows)
    assert maps.hues(zones.iloc[rows]).sort_index().equals(colour)


def test_choropleth_steps_are_told_in_the_legend() -> None:
    m = maps.base(UNITS, title="图")
    items = maps.add_choropleth(m, UNITS, UNITS["entrants"].astype(float), name="a", breaks=[5, 10])
    assert [i.label for i in items] == ["≤ 5", "5 – 10", "> 10"]
    gappy = UNITS["entrants"].where(UNITS["entrants"] > 2)
    items = maps.add_choropleth(m, UNITS, gappy, name="b", missing="无数据")
    assert len(items) == 6
    assert items[-1].label == "无数据"
    assert maps.add_choropleth(m, UNITS, gappy * 0 + 1, name="c")[-1].label == "–"
    with pytest.raises(ValueError, match="steps"):
        maps.add_choropleth(m, UNITS, gappy, name="d", breaks=[1, 2, 3, 4, 5])


def test_school_symbols_tell_kind_and_load_without_colour() -> None:
    full, over = symbols.school("primary", 0.83)[0], symbols.school("primary", 1.2)[0]
    assert 'stroke-dasharray="83 100"' in full
    assert symbols.TEAL in full
    assert "<circle" not in full
    assert symbols.BRICK in over
    assert "<circle" in over
    outlines = {symbols.school(k)[0] for k in ("primary", "junior", "nine_year")}
    assert len(outlines) == 3
    assert symbols.school("primary", float("nan"))[0] == symbols.school("primary")[0]


def test_dots_grow_with_the_square_root_of_the_count() -> None:
    assert symbols.dots([("#fff", 0)]) == ("", 0, 0)
    assert symbols.dots([("#111", 4), ("#222", 0), ("#333", 1)])[0].count("<circle") == 2
    assert symbols.dot_radius(9) - 2 == pytest.approx(3 * (symbols.dot_radius(1) - 2))


def test_a_layer_without_crs_is_refused() -> None:
    m = maps.base(UNITS, title="图")
    with pytest.raises(ValueError, match="CRS"):
        maps.add_units(m, UNITS.set_crs(None, allow_override=True), name="小区")


def test_empty_layers_draw_nothing() -> None:
    m = maps.base([109, 39, 110, 40], title="图", lang="en")
    maps.add_units(m, UNITS.iloc[:0], name="units")
    maps.add_schools(m, SCHOOLS.iloc[:0], name="schools")
    maps.add_lines(m, ROADS.iloc[:0], name="roads")
    maps.legend(m, [], layers=False)
    assert '<html lang="en">' in maps.html(m)


@pytest.mark.slow
def test_five_thousand_units_stay_below_five_megabytes() -> None:
    from gis.territories import territories

    rng = np.random.default_rng(0)
    spots = np.array([480_000, 4_380_000]) + rng.uniform(0, 30_000, (5000, 2))
    names = [f"单元名称{i}" for i in range(5000)]
    units = gpd.GeoDataFrame({"unit_id": names}, geometry=list(map(shapely.Point, spots)), crs=CRS)
    ground = territories(units).assign(name=names, entrants=7)
    zone = pd.Series((spots // 3000) @ [100, 1], index=names).astype(int).astype(str)
    light, zones = maps.dissolve(ground, zone, tolerance=5)
    m = maps.base(ground, title="图")
    maps.add_units(m, light, name="小区", tooltip={"": "name", "入学人数": "entrants"}, tolerance=0)
    maps.add_zones(m, zones, name="片区", label="zone_id", tolerance=0)
    assert len(maps.html(m).encode()) < 5_000_000


@pytest.mark.browser
def test_a_browser_without_network_draws_the_whole_map(browser, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    path.write_text(PAGE, encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector(".hp-symbol svg")
    assert asked == [path.as_uri()]
    assert not wrong
    inked = page.evaluate(
        """() => { const c = document.querySelector('canvas.leaflet-zoom-animated');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) n++; return n / (d.length / 4); }"""
    )
    assert inked > 0.1
    assert page.locator(".hp-symbol svg").count() == 3
    assert "合成数据" in page.locator(".hp-title").inner_text()
    assert page.locator(".leaflet-control-scale-line").inner_text().endswith("m")
    assert page.locator(".hp-north svg").count() == 1
    assert "第三学校 108 %" in page.locator(".hp-label.hp-over").all_inner_texts()
    assert page.title() == "小学片区 " + EVIL
    page.mouse.move(640, 330)
    page.mouse.move(644, 334)
    page.wait_for_selector(".hp-tip")
    before = page.locator(".hp-symbol svg").count()
    page.locator(".leaflet-control-layers label", has_text="学校").locator("input").uncheck()
    assert page.locator(".hp-symbol svg").count() < before
    assert page.title() == "小学片区 " + EVIL
    context.close()


def test_places_to_jump_to_stand_on_the_map_with_their_bounds() -> None:
    m = maps.base(UNITS, title="图")
    maps.add_places(m, {"全域": UNITS, "<城区>": UNITS.iloc[:2]}, title="看哪里")
    page = maps.html(m)
    assert "huapian.places(" in page and '"全域"' in page
    assert "<城区>" not in page
