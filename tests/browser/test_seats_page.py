"""The page 学位 in a real browser: the need in four parts, the gap by zone and year, what is left empty."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from planning import adopted, forecasts, outlook, seats
from planning.project import Project, create_project, list_projects, open_project
from tests.browser import tables
from tests.test_planning_forecasts import EPSG, YEAR, births, enrolment, layers, schools
from ui.views.forecast import AHEAD

pytestmark = pytest.mark.browser

SLOW = 120_000  # the forecast is made while the page waits


class Seats:
    """The page under test, and the project behind it."""

    def __init__(self, page: Page, app: str, project: Project, ready: Callable[[Page], None]) -> None:
        self.page, self.app, self.project, self.ready = page, app, project, ready

    def open(self, *, lang: str = "zh", stage: str = "primary", year: int = 0) -> None:
        where = f"lang={lang}&stage={stage}&project={self.project.id}" + (f"&year={year}" if year else "")
        self.page.goto(f"{self.app}/seats?{where}")
        self.ready(self.page)

    def whole(self) -> None:
        """Wait until the page is drawn to its end, its forecast made."""
        self.key("need-html").wait_for(timeout=SLOW)
        self.ready(self.page)

    def key(self, name: str) -> Locator:
        return self.page.locator(f".st-key-{name}")

    def choose(self, name: str, label: str) -> None:
        self.key(name).get_by_text(label, exact=True).click()
        self.ready(self.page)

    def figure(self, label: str) -> int:
        box = self.page.locator('[data-testid="stMetric"]').filter(has_text=label).first
        return int(box.locator('[data-testid="stMetricValue"]').inner_text().replace(",", ""))

    def map(self, title: str) -> FrameLocator:
        """Return the map with that title, its shapes drawn."""
        for _ in range(SLOW // 500):  # the maps below are drawn when their forecast is there
            for frame in self.page.locator("iframe").all():
                inside = frame.content_frame
                inside.locator(".leaflet-container").wait_for()
                if inside.locator(".hp-title h1").inner_text().startswith(title):
                    return inside
            self.page.wait_for_timeout(500)
        raise AssertionError(f"no map is called {title}")

    def download(self, name: str) -> bytes:
        self.ready(self.page)
        with self.page.expect_download() as waiting:
            self.key(name).locator("button").click()
        return Path(waiting.value.path()).read_bytes()

    def need(self) -> pd.DataFrame:
        """Return the need as the engine computes it from the forecast that the page made."""
        stated = outlook.states_share(self.project)
        settings = forecasts.Settings(until=self.project.year + AHEAD, estates=stated)
        return outlook.project_need(self.project, forecasts.stored(self.project, settings))


@pytest.fixture
def shown(read_only_app: str, read_only_home: Path, page: Page, ready: Callable[[Page], None]) -> Seats:
    """The page over the demo that tests only look at."""
    return Seats(page, read_only_app, open_project(list_projects(read_only_home)[0].folder), ready)


@pytest.fixture
def changed(app: str, home: Path, page: Page, ready: Callable[[Page], None]) -> Callable[[Project], Seats]:
    """Return a function that shows the page over a project of this module's own folder."""
    return lambda project: Seats(page, app, project, ready)


def test_four_figures_say_their_year_scope_and_source_and_agree_with_the_engine(shown: Seats):
    shown.open(stage="junior")
    shown.whole()
    rows = shown.need()
    own = rows[rows["stage"] == "junior"].sum(numeric_only=True)
    assert shown.figure("需新增学位") == own["total"]
    assert shown.figure("增长") == own["growth"]
    assert shown.figure("疏解(大班额、大校额)") == own["class_relief"] + own["school_relief"]
    assert shown.figure("校舍不足") == own["facility"]
    boxes = shown.page.locator('[data-testid="stColumn"]').filter(
        has=shown.page.locator('[data-testid="stMetric"]')
    )
    assert boxes.count() == 4
    for text in boxes.all_inner_texts():
        assert re.search(r"20\d\d.*学年 · 初中·全部学校", text) and "来源" in text
    assert "80% 区间" in boxes.nth(0).inner_text() and "80% 区间" in boxes.nth(1).inner_text()


def test_both_stages_are_the_sum_of_the_two(shown: Seats):
    shown.open()
    shown.whole()
    shown.choose("need-scope", "小学和初中")
    expect(shown.page.get_by_text("小学和初中·全部学校").first).to_be_visible()
    assert shown.figure("需新增学位") == shown.need()["total"].sum()


def test_the_map_says_levels_in_words_and_the_year_it_shows(shown: Seats):
    shown.open(year=shown.project.year + 2)
    shown.whole()
    gap = shown.map("学位缺口")
    expect(gap.locator(".hp-title p")).to_contain_text(f"{shown.project.year + 2}学年 · 小学")
    legend = gap.locator(".hp-legend")
    for word in ("红:满员或缺学位", "黄:偏紧", "绿:有余", "新建小区(按交付年份)", "入学人数 ÷ 招生计划"):
        expect(legend).to_contain_text(word)


def test_all_grades_against_all_seats_is_another_count(shown: Seats):
    shown.open()
    shown.whole()
    line = shown.page.get_by_text(re.compile("各片区缺口合计")).first
    before = line.inner_text()
    shown.choose("seats-mode", "全部年级对全部学位")
    expect(line).not_to_have_text(before)
    layers, project = shown.project.layers, shown.project
    plan = layers["catchments"].query("stage == 'primary'").set_index("unit_id")["zone_id"]
    rows = seats.balance(
        plan, layers["children"], layers["schools"], [project.year], stage="primary", mode="enrolment"
    )
    assert f"{rows['gap'].clip(lower=0).sum():,}" in line.inner_text()
    expect(shown.map("学位缺口").locator(".hp-legend")).to_contain_text("各年级儿童 ÷ 设计学位")


def test_years_ahead_and_seats_left_empty_are_drawn_with_their_range(shown: Seats):
    shown.open()
    shown.whole()
    charts = shown.page.locator('[data-testid="stVegaLiteChart"]')
    expect(charts).to_have_count(3)
    for chart in charts.all():
        expect(chart.get_by_role("img").first).to_be_visible()
    shown.choose("empty-seats-base", "现有 + 需新增(全部建成永久校舍)")
    expect(shown.page.get_by_text("现有加需新增学位")).to_be_visible()


def test_the_workbook_holds_every_table_and_says_where_its_numbers_come_from(shown: Seats):
    shown.open(stage="junior")
    shown.whole()
    book = pd.read_excel(
        io.BytesIO(shown.download("seats-xlsx")), sheet_name=None, header=None, engine="calamine"
    )
    for sheet in (
        "学位需求四分解",
        "各校疏解与校舍",
        "各片区缺口",
        "逐年负荷",
        "缺学位与偏紧片区",
        "逐年供需",
    ):
        assert sheet in book
    wide = book["学位需求四分解"].astype(str)
    heads = wide.index[wide.eq("合计上限").any(axis=1)][0]
    table = pd.DataFrame(book["学位需求四分解"].iloc[heads + 1 :].to_numpy(), columns=wide.loc[heads])
    parts = ["入学增长", "消除大班额", "消除大校额", "校舍不足"]
    assert (table[parts].astype(int).sum(axis=1) == table["合计"].astype(int)).all()
    notes = book[list(book)[-1]].astype(str).to_string()
    for word in ("合成数据", "初中", "新生对招生计划", "适龄儿童登记", "学年"):
        assert word in notes


def test_maps_and_layers_can_be_taken_away(shown: Seats, tmp_path: Path):
    shown.open()
    shown.whole()
    for name in ("seats-html", "need-html"):
        text = shown.download(name).decode()
        assert "合成数据" in text and not re.search(r"""(src|href)=["']https?://""", text)
    zones = json.loads(shown.download("seats-geojson"))["features"]
    file = tmp_path / "seats.gpkg"
    file.write_bytes(shown.download("seats-gpkg"))
    layer = gpd.read_file(file, layer="zones")
    assert len(layer) == len(zones) > 10


def test_help_shows_formulas_clauses_and_how_sure_we_are(shown: Seats):
    shown.open(lang="en")
    shown.whole()
    shown.page.get_by_text("How these numbers are made", exact=True).click()
    help_text = shown.page.locator("details").filter(has_text="Seats to add = growth")
    expect(help_text.get_by_text(re.compile("Nobody is counted twice"))).to_be_visible()
    expect(help_text.locator('[data-testid="stDataFrame"]')).to_be_visible()  # the rules in force


def test_a_forecast_that_fails_says_why_and_leaves_the_rest(changed, home: Path):
    demo = open_project(next(p.folder for p in list_projects(home) if p.id == "demo-county"))
    layers = {name: frame for name, frame in demo.layers.items() if name != "enrolment"}
    seen = changed(create_project(layers, name="一年", year=demo.year, epsg=demo.epsg, id="one", folder=home))
    seen.open()
    why = seen.page.get_by_text(re.compile("推不出年级递进率"))
    expect(why).to_be_visible(timeout=SLOW)
    expect(seen.page.get_by_text(re.compile("各片区缺口合计"))).to_be_visible()
    seen.choose("seats-mode", "全部年级对全部学位")
    expect(seen.key("forecast-retry")).to_be_visible()  # nothing starts again by itself
    expect(why).to_be_visible()


def test_several_districts_are_coloured_on_the_map_and_drawn_one_bar_each(changed, home: Path):
    seen = changed(_two_districts(home))
    seen.open()
    seen.whole()
    legend = seen.map("需新增学位").locator(".hp-legend")
    expect(legend).to_contain_text("各旗区需新增学位(个)")
    assert seen.figure("需新增学位") == seen.need().query("stage == 'primary'")["total"].sum()


def _two_districts(home: Path) -> Project:
    """Make a project of the demo in which one town is a district of its own."""
    demo = open_project(next(p.folder for p in list_projects(home) if p.id == "demo-county"))
    layers = dict(demo.layers)
    town = str(layers["schools"]["town"].mode()[0])
    for name in ("units", "schools"):
        frame = layers[name]
        layers[name] = frame.assign(district=frame["district"].mask(frame["town"].eq(town), town))
    areas = layers["areas"]
    layers["areas"] = areas.assign(level=areas["level"].mask(areas["name"].eq(town), "district"))
    layers = {name: frame for name, frame in layers.items() if name not in ("births", "estates")}
    return create_project(layers, name="两区", year=demo.year, epsg=demo.epsg, id="two", folder=home)


def _three_schools(home: Path) -> Project:
    """Make a project of three schools, one of them private, with a history and births and nothing else."""
    told = schools().assign(
        provider=["public", "private", "public"],
        primary_seats=[240, 260, None],
        junior_seats=[None, None, 120],
    )
    made = {"units": layers()["units"], "schools": told, "enrolment": enrolment(), "births": births()}
    return create_project(made, name="三校", year=YEAR, epsg=EPSG, id="three", folder=home)


def test_the_years_ahead_are_told_of_public_schools_alone_and_by_adopted_values(changed, home: Path):
    seen = changed(_three_schools(home))
    settings = forecasts.Settings(until=YEAR + AHEAD, estates=False)
    forecasts.forecast_job(seen.project.folder, settings)
    frame = forecasts.stored(seen.project, settings)
    adopted.adopt(
        seen.project,
        frame,
        level="area",
        place="",
        stage="primary",
        year=YEAR + 1,
        value=777,
        reason="议定",
        by="王",
    )
    seen.open()
    seen.key("seats-xlsx").wait_for(timeout=SLOW)
    seen.ready(seen.page)
    fold = seen.page.locator('[data-testid="stExpander"]').filter(has_text="逐年数字")
    rows = fold.locator('[data-testid="stDataFrame"]')
    expect(rows).not_to_be_visible()

    def reads(*row: object) -> None:
        if not rows.is_visible():  # at first, and after the row of switches above it has changed
            fold.locator("summary").click()
        tables.reads(rows, YEAR + 1, *row)

    def told(level: str, held: int, **of: str) -> None:
        mine = (frame["level"] == level) & (frame["stage"] == "primary") & (frame["scenario"] == "中")
        for name, value in of.items():
            mine &= frame[name] == value
        first = frame[mine & (frame["year"] == YEAR + 1)].iloc[0]
        reads(*first[["mean", "low", "high"]].round().astype(int), "已出生", held)

    told("area_stage", 500)
    seen.choose("seats-provider", "公办学校")
    told("provider_stage", 240, group="public")
    seen.choose("seats-provider", "全部学校")
    told("area_stage", 500)
    expect(seen.page.get_by_text("有规划取值,没有用在下面的数字里")).to_be_visible()
    seen.choose("seats-basis", "按规划取值")
    expect(seen.page.get_by_text("以下需求、逐年供需和峰后闲置用规划取值")).to_be_visible()
    reads(777, 777, 777, "规划取值", 500, 277)
    expect(seen.key("seats-provider")).to_have_count(0)  # a value speaks of all schools
    seen.choose("seats-basis", "按预测")
    told("area_stage", 500)


def test_what_is_missing_leads_on(changed, home: Path):
    demo = open_project(next(p.folder for p in list_projects(home) if p.id == "demo-county"))
    bare = {name: demo.layers[name] for name in ("units", "schools")}
    seen = changed(
        create_project(bare, name="只有学校", year=demo.year, epsg=demo.epsg, id="bare", folder=home)
    )
    seen.open()
    for text in ("还没有历年在校生", "还缺单元或适龄儿童", "还没有可导出的表"):
        expect(seen.page.get_by_text(re.compile(text))).to_be_visible()
    seen.open(lang="en")
    expect(seen.page.get_by_text(re.compile("no enrolment history yet"))).to_be_visible()
