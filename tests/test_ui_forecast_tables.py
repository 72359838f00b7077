"""What the tables and files of the page 预测 hold: what is in force, in numbers, in the page's words."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest

from forecasting.scenarios import Scenario
from gis.faults import FaultError
from gis.layers import layer_label
from planning import assumed, forecasts, streams
from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, births, layers, places, schools
from ui import naming, widgets
from ui.charts import forecast as charts
from ui.forecast import backtest, filed, housing, levels, methods, towns, whole
from ui.pages import forecast as page
from ui.state import Context
from ui.texts import speaking
from ui.views import backtest as judged
from ui.views import forecast as views

SOURCE = {"source": "住建局"}


@pytest.fixture
def project(tmp_path):
    """Three schools, an estate lived in and one to come, and the township they stand in by both names."""
    estates = {
        "estate_id": ["旧", "新"],
        "name": ["旧苑", "新苑"],
        "unit_id": ["u1", "u2"],
        "town": "北镇",
        "households": [100, 500],
        "handover_year": [YEAR - 1, YEAR + 1],
        "housing_type": ["商品房", "安置房"],
        "primary_yield": [0.2, 0.17],
        "junior_yield": 0.1,
        "yield_source": "表",
    }
    areas = {"area_id": ["t"], "name": ["北镇"], "name_en": ["Bei Town"], "level": ["town"]}
    more = {
        "estates": gpd.GeoDataFrame(estates, geometry=places(2), crs=EPSG),
        "areas": gpd.GeoDataFrame(areas, geometry=places(1), crs=EPSG),
        "schools": schools().assign(zone_id=["a", "b", "c"]),
        "births": births(),
    }
    return create_project(layers() | more, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


def in_force(project):
    return housing.in_force(project, assumed.in_force(project)).set_index("estate_id")


def test_estates_show_the_yields_and_delays_the_forecast_uses(project):
    before = in_force(project)
    assert before.loc["新", ["low", "middle", "high"]].tolist() == [1, 0, 0]
    assert before["primary_yield"].tolist() == [0.2, 0.17]
    assumed.set_yield(project, estate_id="新", primary=0.256, junior=0.11, source="实测", by="王")
    assumed.set_slip(project, {"estate_id": "新", "low": 3, "middle": 2, "high": 2, **SOURCE}, by="王")
    rows = in_force(project)
    assert rows["primary_yield"].tolist() == [0.2, 0.256] and rows["junior_yield"].tolist() == [0.1, 0.11]
    assert rows["yield_source"].tolist() == ["表", "实测"]
    assert rows[["low", "middle", "high"]].to_numpy().tolist() == [[0, 0, 0], [3, 2, 2]]
    shown = housing.worded(rows, year=YEAR, places={"北镇": "Bei Town"})
    assert shown["交付情况"].tolist() == ["已交付", "未交付"]
    assert shown["房屋类型"].tolist() == ["商品房", "安置房"] and set(shown["镇街"]) == {"Bei Town"}
    drawn = housing.compact(shown)
    assert drawn["推迟年数(低/中/高)"].tolist() == ["0 / 0 / 0", "3 / 2 / 2"]
    assert not [name for name in drawn if "情景" in name]
    assert shown["中情景推迟(年)"].tolist() == [0, 2] and shown["小学生/户"].tolist() == [0.2, 0.256]


def test_estates_without_yields_of_their_own_are_shown(project):
    bare = project.layers["estates"].drop(columns=["primary_yield", "junior_yield", "yield_source", "town"])
    own = create_project(
        {**layers(), "estates": bare},
        name="无系数", year=YEAR, epsg=EPSG, folder=project.folder.parent / "无",
    )  # fmt: skip
    shown = housing.worded(in_force(own), year=YEAR, places={})
    assert shown["小学生/户"].isna().all() and set(shown["系数来源"]) == {""}


@pytest.mark.parametrize("years", [(0, 3, 0), (1, 1, 2)])
def test_a_delay_that_contradicts_the_scenarios_is_refused(project, years):
    row = dict(zip(("low", "middle", "high"), years, strict=True))
    with pytest.raises(FaultError) as refused:
        assumed.set_slip(project, {"estate_id": "新", **row, **SOURCE}, by="王")
    assert [fault.kind for fault in refused.value.faults] == ["slip_order"]
    assert "新苑" in refused.value.text("zh") and "新苑" in refused.value.text("en")
    assert not assumed.in_force(project).slips


def test_an_estate_that_was_handed_over_cannot_be_late(project):
    with pytest.raises(FaultError, match=f"{YEAR - 1} 年已经交付"):
        assumed.set_slip(project, {"estate_id": "旧", "low": 2, "middle": 1, "high": 0, **SOURCE}, by="王")
    assert not assumed.in_force(project).slips


def test_every_fault_of_a_delay_is_told_at_once_by_the_name_of_the_estate(project):
    with pytest.raises(FaultError) as refused:
        assumed.set_slip(project, {"estate_id": "旧", "low": 0, "middle": 1, "high": 0, "source": " "}, by="")
    kinds = [fault.kind for fault in refused.value.faults]
    assert sorted(kinds) == ["assumed_source", "slip_delivered", "slip_order", "stated_source"]
    assert refused.value.text("zh").count("旧苑") == 3
    with pytest.raises(FaultError, match="“新苑”推迟的年数是“21”"):
        assumed.set_slip(project, {"estate_id": "新", "low": 21, "middle": 1, "high": 0, **SOURCE}, by="王")


def forecast_of(project):
    chosen = forecasts.Settings(until=YEAR + 3, estates=False)
    forecasts.forecast_job(project.folder, chosen)
    return forecasts.stored(project, chosen)


def test_files_hold_numbers_and_names(project):
    frame = forecast_of(project)
    names = levels.all_names(Context(project, "primary", YEAR, None))
    rows = streams.by_level(frame, None, "school", "primary")
    told = levels.numbered(rows, names["school"], ids=True)
    assert set(zip(told["编号"], told["对象"])) == {("东", "东小"), ("西", "西小")}
    assert all(pd.api.types.is_integer_dtype(told[name]) for name in ("学年", "预测", "下限", "上限"))
    assert (told["下限"] <= told["上限"]).all() and set(told["对象"]) == {"东小", "西小"}
    every = whole.table(frame, names)
    by_school = every[every["level"] == "学校 · 按学段"]
    assert set(zip(by_school["school_id"], by_school["school"])) >= {("东", "东小"), ("西", "西小")}
    zones = every[every["level"] == "片区 · 按学段"]
    assert dict(zip(zones["zone_id"], zones["片区、镇街或办学性质"]))["a"] == names["zone"]["a"]
    assert pd.api.types.is_integer_dtype(every["grade"])
    assert every["mean"].tolist() == frame["mean"].tolist()
    by_town = frame[:2].assign(level="town_stage", group="北镇", district="甲")
    told = whole.table(by_town, names | {"town": pd.Series({"北镇": "Bei Town", "甲": "A"})})
    assert set(told["片区、镇街或办学性质"]) == {"Bei Town"} and set(told["district"]) == {"A"}


def test_grades_of_the_whole_area_stand_with_their_ranges_and_add_up(project):
    frame = forecast_of(project)
    rows = levels.by_grade(frame, project.grades("primary"))
    assert set(rows["place"]) == {str(grade) for grade in range(1, 7)}
    assert (rows["low"] < rows["mean"]).all() and (rows["mean"] < rows["high"]).all()
    whole_area = streams.by_level(frame, None, "area", "primary")
    sums = rows.groupby(["year", "scenario"])["mean"].sum()
    assert sums.to_dict() == whole_area.set_index(["year", "scenario"])["mean"].to_dict()


def test_ranges_read_as_each_language_writes_them():
    assert views.ranged(1310, 1237, 1384) == "1,310(1,237–1,384)"
    with speaking("en"):
        assert views.ranged(1310, 1237, 1384) == "1,310 (1,237–1,384)"


def test_townships_have_their_english_names_on_english_pages(project):
    assert views.places(project) == {"北镇": "北镇"}
    assert views.places(naming.english(project)) == {"北镇": "Bei Town"}


def test_sentences_kept_with_a_forecast_use_the_names_of_the_page(project):
    own = schools().assign(name=["东小", "东小分校", "一中"], name_en=["East", "East Branch", None])
    made = create_project(
        layers() | {"schools": own}, name="名", year=YEAR, epsg=EPSG, folder=project.folder.parent / "名"
    )
    said = 'the pupils of 东小分校 (西) and 东小 (东); scenario "低"'
    with speaking("en"):
        told = views.named(naming.english(made), said)
    assert told == 'The pupils of East Branch (西) and East (东); scenario "Low"'
    assert views.named(made, "情景“低”:东小") == "情景“低”:东小"


def test_values_written_down_are_told_in_local_time_and_numbers():
    line = {
        "at": f"{YEAR}-11-27T13:32:47+00:00", "level": "area", "place": "", "stage": "primary", "year": YEAR,
        "value": 120, "reason": "新校", "by": "王", "mean": 118.4, "low": 110.2, "high": 126.7, "id": "x",
    }  # fmt: skip
    rows = pd.DataFrame([line, line | {"value": None}]).astype({"value": "Int64"})
    names = {"area": pd.Series({"": "全部学校"})}
    told = levels.entries_table(rows, names)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", moment) for moment in told["时间"])
    assert told["记下或撤回"].tolist() == ["撤回", "记下"]
    assert told["规划取值"].dropna().tolist() == [120]
    assert told[["当时的预测", "当时的下限", "当时的上限"]].iloc[0].tolist() == [118, 110, 127]


def test_the_back_test_is_told_in_words():
    line = {
        "horizon": 1, "wape": 2.345, "ratio": 0.8, "covered": 0.81, "interval_score": 9.1, "count": 12,
    }  # fmt: skip
    lines = [
        line | {"method": method, "level": level}
        for method in ("cohort", "gpr3", "naive")
        for level in ("cell", "school", "district")
    ]
    for lang, foreign in (("zh", "[a-z]{3}"), ("en", "[\u4e00-\u9fff]")):
        with speaking(lang):
            told = judged.scores_worded(pd.DataFrame(lines))
        words = [*told, *told.iloc[:, 0], *told.iloc[:, 1]]
        assert not [word for word in words if re.search(foreign, word)]
        assert told.iloc[:, 0].nunique() == told.iloc[:, 1].nunique() == 3


def test_the_hardest_schools_are_those_of_the_stage(project, monkeypatch):
    past = pd.DataFrame(
        {
            "method": "cohort", "level": "school", "district": "", "school": ["东", "西", "一中"],
            "mean": [90.0, 99.0, 10.0], "actual": 100.0,
        }
    )  # fmt: skip
    monkeypatch.setattr(judged.forecasts, "stored_backtest", lambda _project: past)
    found = judged.worst_schools(Context(project, "primary", YEAR, None))
    assert found is not None and found["name"].tolist() == ["东小", "西小"]
    junior = judged.worst_schools(Context(project, "junior", YEAR, None))
    assert junior is not None and junior["school"].tolist() == ["一中"]


def test_homes_outside_and_unknown_stand_behind_the_townships():
    rows = [("outside", "甲"), ("unknown", "甲"), ("丁", "甲"), ("", "甲"), ("龙", ""), ("丁", "丁")]
    table = pd.DataFrame(rows, columns=["home", "attended"]).assign(pupils=1)
    told = towns.matrix(table)
    assert told["居住"].tolist() == ["丁", "龙", "区外", "住址不明", "—"]
    assert list(told) == ["居住", "丁", "甲", "—"]
    two = pd.concat([table.assign(year=2025), table[:1].assign(year=2026)])
    every = towns.matrices(two)
    assert list(every)[:2] == ["学年", "居住"] and every["学年"].tolist() == [2026] + 5 * [2025]
    assert every.iloc[0]["甲"] == 1 and every.drop(columns=["学年", "居住"]).to_numpy().sum() == 7


def test_the_common_shares_are_said_and_heads_break_only_where_drawn():
    columns = {"cohort_share": 0.7, "gpr3_share": 0.3, "naive_share": 0.0, "years": 8, "cells": 40}
    errors = dict.fromkeys(("cohort_wape", "gpr3_wape", "naive_wape", "used_wape"), 1.25)
    record = pd.DataFrame([{"family": "to_3", "horizon": 1, "why": "alike", **columns, **errors}])
    assert "递进法 70%、三年递进率法 30%" in methods.common(record)
    assert methods.common(record.assign(why="known")) == ""
    drawn, kept = methods.table(record, broken=True), methods.table(record)
    assert "维持现状  \n以往误差(%)" in drawn and "维持现状 以往误差(%)" in kept
    assert "以往序列数" in kept and not any("\n" in name for name in kept)


def test_how_often_ranges_held_stands_in_the_file_in_numbers():
    found = pd.DataFrame(
        {
            "level": ["district", "school"], "horizon": [1, 3], "base_years": [6, 4], "count": [6, 80],
            "inside": [5, 66], "covered": [5 / 6, 0.825], "low": [0.42, 0.7], "high": [0.99, 0.94],
        }
    )  # fmt: skip
    told = backtest.held_table(found)
    assert told["包住的比例(%)"].tolist() == [83.3, 82.5] and told["包住的次数"].tolist() == [5, 66]
    assert told["层级"].tolist() == ["全区总人数", "学校总人数"]


def test_every_file_says_its_stage_its_years_its_ranges_and_whether_estates_count(project):
    context = Context(project, "junior", YEAR, None)
    middle = " ".join(filed.notes(context, scenarios=False))
    for word in (
        "学段:初中",
        f"以 {YEAR} 学年",
        "新建小区没有计入",
        "80% 区间",
        "这里是中情景",
        "还没有用回测检验",
    ):
        assert word in middle
    every = " ".join(filed.notes(context, scenarios=True, staged=False))
    assert "学段" not in every and "该情景下的区间" in every
    with speaking("en"):
        assert not re.search("[\u4e00-\u9fff]", " ".join(filed.notes(context, scenarios=True)))


def test_every_basis_of_a_year_has_a_mark_of_its_own():
    assert len(set(charts.SHAPES.values())) == len(charts.SHAPES) == len(charts.basis_words())


def test_charts_name_the_layers_that_are_there(project):
    context = Context(project, "primary", YEAR, None)
    said = page.sources(context)
    assert "在校生表" in said and "出生人口" in said and "登记" not in said and "在园" not in said


def test_schools_ahead_tell_todays_pupils_from_those_to_come(project):
    frame = forecast_of(project)
    context = Context(project, "primary", YEAR, None)
    shown = page.school_table(views.by_school(context, frame), now=YEAR, then=YEAR + 3)
    assert {f"{YEAR} 学年在校(现有)", f"{YEAR + 3} 学年预测"} <= set(shown)
    now = project.layers["enrolment"].query("year == @YEAR and school_id == '东'")["pupils"].sum()
    assert shown.set_index("学校编号").loc["东", f"{YEAR} 学年在校(现有)"] == now


def test_a_low_scenario_does_not_fill_an_estate_again_that_was_handed_over(project):
    """Were it late, its pupils of today would be new ones once more: the low scenario would have the most."""
    lived = project.layers["estates"].query("estate_id == '旧'").assign(primary_yield=2.0, unit_id="u0")
    zones = [("u0", stage, zone, YEAR) for stage, zone in (("primary", "a"), ("junior", "c"))]
    more = {
        "estates": lived,
        "schools": schools().assign(zone_id=["a", "b", "c"]),
        "catchments": pd.DataFrame(zones, columns=["unit_id", "stage", "zone_id", "from_year"]),
    }
    own = create_project(
        layers() | more, name="旧", year=YEAR, epsg=EPSG, folder=project.folder.parent / "旧"
    )
    low = Scenario("低", estate_delay=1)
    chosen = forecasts.Settings(until=YEAR + 1, from_outside=1.0, cases=(low, Scenario()))
    forecasts.forecast_job(own.folder, chosen)
    rows = forecasts.stored(own, chosen).query("level == 'area_stage' and stage == 'primary'")
    told = rows.set_index("scenario")["mean"]
    assert told["低"] == told["中"]
    assert housing.in_force(own, assumed.Assumed())[["low", "middle", "high"]].to_numpy().tolist() == [
        [0, 0, 0]
    ]


def test_files_name_the_layers_they_rest_on_in_words(project):
    context = Context(project, "primary", YEAR, None)
    with speaking("zh"):
        zh = widgets.provenance(context)
    with speaking("en"):
        en = widgets.provenance(context)
    for lines, lang in ((zh, "zh"), (en, "en")):
        named = [line.split(": ")[0] for line in lines]
        assert [layer_label(name, lang) for name in project.sources["layer"]] == named[
            -len(project.sources) :
        ]
    assert not any(line.startswith("births: ") for line in zh)
