"""The words and formats of the columns that tables show, in one place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from gis.layers import value_label
from planning.seats import BANDS
from ui.texts import _

PERCENT_POINTS = {"load"}
FRACTIONS = {"share_within", "p_oversized"}
RATES = {"pupil_km", "primary_yield", "junior_yield"}
YEARS = {"year", "from_year", "cohort", "handover_year", "built_year", "peak_year", "end_year"}
YEARS |= {"gap_year"}
VALUES = {"kind", "area", "provider", "boarding", "road_class", "stage", "level"}


def words() -> dict[str, str]:
    """Return column name -> word in the tab's language; a column without one is shown by its name."""
    return {
        "unit_id": _("单元编号"),
        "unit": _("单元"),
        "name": _("名称"),
        "kind": _("类型"),
        "town": _("镇街"),
        "district": _("旗区"),
        "area": _("城乡"),
        "residents": _("常住人口"),
        "cohort": _("入学年份"),
        "children": _("适龄儿童"),
        "migrant": _("其中随迁子女"),
        "school_id": _("学校编号"),
        "school": _("学校"),
        "provider": _("办学性质"),
        "boarding": _("寄宿制"),
        "zone_id": _("片区编号"),
        "zone": _("片区"),
        "stage": _("学段"),
        "year": _("学年"),
        "from_year": _("起始学年"),
        "grade": _("年级"),
        "class_no": _("班"),
        "pupils": _("学生数"),
        "classes": _("班数"),
        "classes_low": _("班数下限"),
        "classes_high": _("班数上限"),
        "seats": _("学位"),
        "entrants": _("入学人数"),
        "intake": _("招生计划"),
        "gap": _("学位缺口"),
        "load": _("负荷"),
        "mean": _("预测"),
        "low": _("下限"),
        "median": _("中位数"),
        "high": _("上限"),
        "scenario": _("情景"),
        "households": _("户数"),
        "handover_year": _("交付年份"),
        "metres": _("距离(米)"),
        "mean_walk": _("平均步行(米)"),
        "longest_walk": _("最远步行(米)"),
        "crossings": _("穿越次数"),
        "estimate": _("估算"),
        "way": _("距离依据"),
        "walk_minutes": _("步行(分)"),
        "ride_minutes": _("乘车(分)"),
        "rule": _("规则"),
        "found": _("实际值"),
        "threshold": _("要求"),
        "passed": _("达标"),
        "source": _("来源"),
        "clause": _("条款"),
        "confidence": _("可信度"),
        "strength": _("力度"),
        "amount": _("数量"),
        "layer": _("图层"),
        "rows": _("行数"),
        "as_of": _("统计时点"),
        "file": _("文件"),
        "p_oversized": _("大班额概率"),
        "basis": _("预测依据"),
        "primary_yield": _("小学生/户"),
        "junior_yield": _("初中生/户"),
        "yield_source": _("系数来源"),
        "level": _("层级"),
        "share": _("占比"),
        "growth": _("入学增长"),
        "class_relief": _("消除大班额"),
        "school_relief": _("消除大校额"),
        "facility_deficit": _("校舍不足"),
        "total": _("合计"),
        "before": _("原片区"),
        "after": _("新片区"),
        "warning": _("预警"),
        "oversized": _("56 人及以上(班)"),
        "very_oversized": _("66 人及以上(班)"),
        "largest": _("最大班(人)"),
        "units": _("单元数"),
        "scope": _("范围"),
        "rev": _("步"),
        "at": _("时间"),
        "author": _("经办人"),
        "what": _("内容"),
        "indicator": _("指标"),
        "in_force": _("现行片区"),
        "draft": _("方案"),
        "change": _("变化"),
        "load_words": _("负荷"),
        "cases": _("处数"),
        "rank": _("按距离排"),
        "extra_m": _("比最近远(米)"),
        "room": _("剩余学位"),
        "beside": _("相连"),
        "pupil_km": _("总步行变化(人·公里)"),
        "verdict": _("结论"),
        "nearer_schools": _("更近的学校与原因"),
        "swap_words": _("可行的对换"),
        "notice": _("说明(可用于公示)"),
        "breaks": _("违规处数"),
        "locked": _("已锁定"),
        "moved": _("已调整"),
        "frontier_moved": _("调整学生(人)"),
        "frontier_cost": _("总步行(人·公里)"),
        "frontier_bound": _("已证明的下限(人·公里)"),
        "frontier_gap": _("离最好不超过"),
        "before_id": _("原片区编号"),
        "metres_before": _("原距离(米)"),
        "metres_after": _("新距离(米)"),
        "change_m": _("距离变化(米)"),
        "facility": _("校舍不足"),
        "growth_low": _("增长下限"),
        "growth_high": _("增长上限"),
        "total_low": _("合计下限"),
        "total_high": _("合计上限"),
        "first_red": _("≥ 100% 起"),
        "first_tight": _("≥ 90% 起"),
        "gap_year": _("缺口学年"),
        "gap_low": _("缺口下限"),
        "gap_high": _("缺口上限"),
        "peak_year": _("峰值学年"),
        "peak": _("峰值"),
        "end_year": _("最少学年"),
        "empty": _("峰后闲置学位"),
        "empty_low": _("闲置下限"),
        "empty_high": _("闲置上限"),
    }


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with pupils, seats and metres whole, as tables on screen show them.

    Loads keep a decimal, and one that is short of a limit by less stays below it: 99.96 reads 99.9.
    """
    kept = PERCENT_POINTS | FRACTIONS | RATES
    whole = [c for c in frame if pd.api.types.is_float_dtype(frame[c]) and c not in kept]
    finite = frame[whole].where(np.isfinite(frame[whole].astype("float64")))
    loads = [c for c in frame if c in PERCENT_POINTS and pd.api.types.is_float_dtype(frame[c])]
    wholes = {str(c): finite[c].round().astype("Int64") for c in whole}
    return frame.assign(**wholes, **{str(c): _below(frame[c]) for c in loads})


def _below(load: pd.Series) -> pd.Series:
    """Return loads with one decimal, none rounded up to a limit that it has not reached."""
    near = load.round(1)
    return near.mask(near.isin(BANDS) & load.lt(near), near - 0.1)


def localise(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return `frame` with its columns and its coded values worded in `lang`, ready to show or export."""
    shown = pd.DataFrame(frame).drop(columns="geometry", errors="ignore")
    for column in VALUES & set(shown.columns):
        shown[column] = [value_label(column, value, lang) for value in shown[column]]
    return shown.rename(columns=words())


def column_config(frame: pd.DataFrame) -> dict[str, Any]:
    """Return Streamlit's formats for the localised columns of `frame`."""
    named = words()
    config: dict[str, Any] = {}
    for column in map(str, frame.columns):
        word = named.get(column, column)
        if column in FRACTIONS:
            config[word] = st.column_config.NumberColumn(format="percent", step=0.001)
        elif column in PERCENT_POINTS:
            config[word] = st.column_config.NumberColumn(format="%.1f %%")
        elif column in YEARS:
            config[word] = st.column_config.NumberColumn(format="%d")
        elif column in RATES:
            config[word] = st.column_config.NumberColumn(format="%.2f")
        elif pd.api.types.is_integer_dtype(frame[column]):
            config[word] = st.column_config.NumberColumn(format="localized")
    return config
