"""What the page 预测 shows of the back-test: past errors beside the standard methods, and how ranges held."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from planning import forecasts
from ui.state import Context
from ui.texts import _
from ui.views.forecast import history


def scores(context: Context) -> pd.DataFrame | None:
    """Return past errors by level and horizon beside the standard methods; None before the back-test."""
    return _past(context).get("scores")


def held(context: Context) -> pd.DataFrame | None:
    """Return how often past ranges held, as `forecasting.backtest.held`; None before the back-test."""
    return _past(context).get("held")


def _past(context: Context) -> Mapping[str, pd.DataFrame]:
    frame = forecasts.stored_backtest(context.project)
    mark = forecasts.backtest_mark(context.project)
    return {} if frame is None else _judged(context.project.key, mark, frame)


@st.cache_resource(max_entries=4, show_spinner=False)
def _judged(key: str, mark: str, _frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    from forecasting import backtest

    scores = {"scores": backtest.score(_frame)}
    if _frame.empty:
        return scores
    return scores | {
        "held": backtest.held(_frame).assign(enough=backtest.FEW),
        "ratios": backtest.bootstrap(_frame),
    }


def doubts(context: Context) -> list[dict[str, str]]:
    """Return what the back-test left out of the history, and why, by language."""
    frame = forecasts.stored_backtest(context.project)
    return [] if frame is None else frame.attrs.get("warnings", [])


def level_words() -> dict[str, str]:
    """Return the levels of the back-test in words."""
    return {"school": _("学校总人数"), "cell": _("各校各年级"), "district": _("全区总人数")}


def method_words() -> dict[str, str]:
    """Return the methods compared in words."""
    return {"cohort": _("本软件的递进法"), "gpr3": _("三年递进率法"), "naive": _("维持现状")}


def scores_table(context: Context) -> pd.DataFrame:
    """Return the past errors in words, for export; empty before the back-test."""
    found = scores(context)
    return pd.DataFrame() if found is None else scores_worded(found)


def scores_worded(found: pd.DataFrame) -> pd.DataFrame:
    """Return past errors with their methods, levels and heads in words."""
    return pd.DataFrame(
        {
            _("方法"): found["method"].map(method_words()),
            _("层级"): found["level"].map(level_words()),
            _("提前年数"): found["horizon"],
            _("平均误差(%)"): found["wape"].round(2),
            _("误差与三年递进率法之比"): found["ratio"].round(3),
            _("80% 区间包住的比例(%)"): (100 * found["covered"]).round(1),
            _("区间得分(占学生数 %,越低越好)"): found["interval_score"].round(2),
            _("检验次数"): found["count"],
        }
    )


def ratio_range(context: Context, level: str) -> pd.Series | None:
    """Return the range of the error against GPR3 at a level, all horizons; None below two origins."""
    table = _past(context).get("ratios")
    if table is None:
        return None
    rows = table[(table["level"] == level) & (table["horizon"] == 0) & (table["blocks"] > 1)]
    return None if rows.empty else rows.iloc[0]


def worst_schools(context: Context) -> pd.DataFrame | None:
    """Return the stage's schools whose totals were forecast worst, with names; None before the back-test."""
    from forecasting.backtest import worst_schools as find

    frame = forecasts.stored_backtest(context.project)
    if frame is None or frame.empty:
        return None
    past = history(context.project.key, context.project)
    taught = past.loc[past["stage"] == context.stage, "school"]
    names = context.project.layers["schools"].set_index("school_id")["name"]
    found = find(frame[frame["school"].isin(taught) | (frame["level"] != "school")])
    return found.assign(name=found["school"].map(names).fillna(found["school"]))
