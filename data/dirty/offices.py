"""What offices send: units from the survey, schools from a web map, children, estates, births, catchments."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from data.dirty.returns import wide_digits
from data.dirty.sheets import MARK, Table, records
from gis.webmaps import wgs84_to_bd09

VILLAGES: Final = "行政村（民政局）.xlsx"
SCHOOLS: Final = "学校基本情况（百度坐标）.csv"
CHILDREN: Final = "户籍适龄儿童.csv"
ESTATES: Final = "新建小区（自然资源局）.xlsx"
BIRTHS: Final = "出生人口.xlsx"
CATCHMENTS: Final = "现行片区.xlsx"
_KIND: Final = {
    "primary": "小学", "junior": "初级中学", "nine_year": "九年一贯制学校", "teaching_point": "小学教学点",
}  # fmt: skip
_AREA: Final = {"urban": "城区", "town": "镇区", "rural": "乡村"}
_STAGE: Final = {"primary": "小学", "junior": "初中"}


def villages(layers: Mapping[str, pd.DataFrame]) -> Table:
    """Return the units that are points, in degrees."""
    frame = gpd.GeoDataFrame(layers["units"])
    frame = frame[frame.geom_type == "Point"].to_crs("EPSG:4490")
    rows = [
        {
            "村代码": row["unit_id"],
            "村名": row["name"],
            "类别": {"estate": "小区", "village": "村"}[row["kind"]],
            "镇街": row["town"],
            "旗区": row["district"],
            "城乡分类": _AREA[row["area"]],
            "常住人口": f"{row['residents']:,}",
            "经度": round(row["geometry"].x, 8),
            "纬度": round(row["geometry"].y, 8),
        }
        for row in records(frame)
    ]
    return Table(VILLAGES, list(rows[0]), rows, f"行政村基本情况（{MARK}，国家2000坐标）", merged=("镇街",))


def schools(layers: Mapping[str, pd.DataFrame]) -> Table:
    """Return the schools as CSV, their positions in degrees of BD-09 (百度地图), numbers in any digits."""
    frame = layers["schools"]
    lonlat = gpd.GeoSeries(frame["geometry"]).to_crs(4326)
    shifted = wgs84_to_bd09(np.column_stack([lonlat.x, lonlat.y])).round(8)
    rows = [_school(row, *place) for row, place in zip(records(frame), shifted.tolist())]
    for at in range(2, len(rows), 6):
        rows[at]["普通教室数"] = wide_digits(rows[at]["普通教室数"])
    table = Table(SCHOOLS, list(rows[0]), rows, f"义务教育学校基本情况（{MARK}，百度地图坐标）")
    table.spoil(7, "普通教室数", -int(rows[7]["普通教室数"]))
    table.spoil(15, "经度", round(rows[15]["经度"] + 2, 8))  # far outside the county
    table.spoil(20, "办学类型", "职业中学")
    table.intrude(11)
    return table


def _school(row: dict[Any, Any], lon: float, lat: float) -> dict[str, Any]:
    def number(name: str) -> Any:
        value = row[name]
        return "" if pd.isna(value) else f"{value:,.0f}" if value >= 1000 else int(value)

    return {
        "学校标识码": row["school_id"],
        "学校名称": row["name"],
        "办学类型": _KIND[row["kind"]],
        "办学性质": {"public": "公办", "private": "民办"}[row["provider"]],
        "是否寄宿": "是" if row["boarding"] else "否",
        "旗区": row["district"],
        "所属镇街": row["town"],
        "城乡分类": _AREA[row["area"]],
        "起始年级": row["lowest_grade"],
        "终止年级": row["highest_grade"],
        "中心校代码": "" if pd.isna(row["parent_id"]) else row["parent_id"],
        "片区编号": "" if pd.isna(row["zone_id"]) else row["zone_id"],
        "小学核定学位": number("primary_seats"),
        "初中核定学位": number("junior_seats"),
        "小学招生计划": number("primary_intake"),
        "初中招生计划": number("junior_intake"),
        "普通教室数": int(row["classrooms"]),
        "教辅用房面积": number("teaching_area"),
        "建校年份": int(row["built_year"]),
        "经度": lon,
        "纬度": lat,
    }


def children(layers: Mapping[str, pd.DataFrame]) -> Table:
    """Return registered children by unit and cohort as CSV."""
    rows = [
        {
            "小区编号": row["unit_id"],
            "入学年份": f"{row['cohort']}年秋季",
            "适龄儿童数": int(row["children"]),
            "其中随迁": int(row["migrant"]),
        }
        for row in records(layers["children"])
    ]
    table = Table(CHILDREN, list(rows[0]), rows)
    table.spoil(40, "适龄儿童数", -rows[40]["适龄儿童数"])
    table.spoil(91, "适龄儿童数", rows[91]["适龄儿童数"] + 0.5)
    table.spoil(130, "适龄儿童数", "若干")
    table.intrude(12)
    return table


def estates(layers: Mapping[str, pd.DataFrame]) -> Table:
    """Return new estates with the date of handover, placed in metres that do not say their meridian."""
    frame = layers["estates"]
    rows = [
        {
            "项目编号": row["estate_id"],
            "项目名称": row["name"],
            "所属单元": row["unit_id"],
            "旗区": row["district"],
            "镇街": row["town"],
            "规划户数": int(row["households"]),
            "交付时间": datetime.date(int(row["handover_year"]), 9, 30),
            "住房类型": row["housing_type"],
            "小学生源系数": float(row["primary_yield"]),
            "初中生源系数": float(row["junior_yield"]),
            "系数依据": row["yield_source"],
            "X坐标": round(row["geometry"].x, 3),
            "Y坐标": round(row["geometry"].y, 3),
        }
        for row in records(frame)
    ]
    table = Table(ESTATES, list(rows[0]), rows, f"在建和拟建住宅项目（{MARK}）")
    table.spoil(3, "规划户数", "约400户左右")
    return table


def births(layers: Mapping[str, pd.DataFrame]) -> Table:
    """Return births by year and town, each year one merged cell, with a row of totals at the end."""
    rows = [
        {
            "年份": int(row["year"]),
            "旗区": row["district"],
            "镇街": row["town"],
            "出生人数": int(row["births"]),
        }
        for row in records(layers["births"])
    ]
    total = ["合计", "", "", sum(row["出生人数"] for row in rows)]
    return Table(BIRTHS, list(rows[0]), rows, f"分镇街出生人口（{MARK}）", footer=[total], merged=("年份",))


def catchments(layers: Mapping[str, pd.DataFrame]) -> Table:
    """Return the catchments in force, with a stage nobody knows and a catchment without a school."""
    rows = [
        {
            "学段": _STAGE[row["stage"]],
            "起始学年": f"{row['from_year']}学年",
            "小区编号": row["unit_id"],
            "片区编号": row["zone_id"],
        }
        for row in records(layers["catchments"])
    ]
    table = Table(CATCHMENTS, list(rows[0]), rows, f"现行招生片区（{MARK}）")
    table.spoil(30, "片区编号", "DS-S99")
    table.intrude(60, 学段="学前")
    return table
