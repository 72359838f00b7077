"""Peaks by zone on the page 预测: one that is past is marked, and today's shortage is told apart."""

from __future__ import annotations

import pandas as pd

from ui.forecast import peaks
from ui.texts import speaking

ROWS = pd.DataFrame(
    {
        "zone_id": ["A", "B", "C"],
        "stage": "primary",
        "pupils": pd.array([1000, 800, 500], dtype="Int64"),
        "peak_year": 2027,
        "mean": [940.0, 820.0, 510.0],
        "low": [930.0, 790.0, 480.0],
        "high": [950.0, 850.0, 540.0],
        "year_low": 2027,
        "year_high": [2027, 2029, 2027],
        "seats": pd.array([900, 850, None], dtype="Int64"),
        "gap": pd.array([40.0, -30.0, None], dtype="Float64"),
        "last_year": 2035,
        "empty": pd.array([10.0, 60.0, None], dtype="Float64"),
    }
)


def test_a_highest_year_ahead_below_today_is_marked_as_after_the_peak():
    shown = peaks.worded(ROWS, pd.Series({"A": "甲"}))
    assert shown["今后最高的学年"].tolist() == ["2027,峰值已过", "2027(2027–2029)", "2027"]
    assert shown["片区"].tolist() == ["甲", "B", "C"]


def test_a_workbook_holds_the_peaks_in_numbers_and_a_year_in_english_stands_apart_from_its_range():
    rows = ROWS.assign(high=[999.6, 850.0, 540.0])
    told = peaks.numbered(rows, pd.Series({"A": "甲"}))
    assert told["片区编号"].tolist() == ["A", "B", "C"] and told["片区"].tolist() == ["甲", "B", "C"]
    counts = ["在校生", "今后最高", "下限", "上限", "学位", "现缺学位", "届时缺学位", "峰后闲置"]
    assert all(pd.api.types.is_integer_dtype(told[name]) for name in [*counts, "今后最高的学年", "最晚学年"])
    assert told["上限"].tolist() == [1000, 850, 540] and told["峰值已过"].tolist() == ["", "", ""]
    assert peaks.numbered(ROWS, pd.Series(dtype="object"))["峰值已过"].tolist() == ["是", "", ""]
    with speaking("en"):
        assert peaks.worded(ROWS, pd.Series(dtype="object")).iloc[1, 2] == "2027 (2027–2029)"


def test_pupils_of_schools_without_a_zone_are_told():
    frame = pd.DataFrame(
        {
            "level": "zone_id_stage", "stage": "primary", "group": ["", "", "a"],
            "scenario": ["中", "低", "中"], "year": 2027, "mean": [61.7, 50.0, 300.0],
        }
    )  # fmt: skip
    assert "62" in peaks.unzoned(frame, "primary", 2027)[0]
    assert not peaks.unzoned(frame[frame["group"] != ""], "primary", 2027)


def test_the_shortage_of_today_stands_beside_that_ahead():
    shown = peaks.worded(ROWS, pd.Series(dtype="object"))
    assert shown["现缺学位"].tolist() == ["100", "0", "—"]
    assert shown["届时缺学位"].tolist() == ["40", "0", "—"]
