"""Which method forecasts each family of series, and what its past errors say."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import backtest as past
from ui.views import forecast as views
from ui.widgets import Exports


def draw(context: Context) -> None:
    """Draw the table of methods by family of series that is kept with the forecast, with plain words."""
    frame = views.current(context)
    record = pd.DataFrame([] if frame is None else frame.attrs.get("methods", []))
    if record.empty:
        return
    st.markdown(f"**{_('各类序列用哪种方法')}**")
    said = _(
        "按过去误差挑选:某一类以往明显有更准的方法(起点年份间的 t 检验,单侧 5%),"
        "并且全区总数也因此更准,才单独用它,否则沿用各类合并的权重。选定的是各类在各地区的总数,"
        "学校之间的分配始终按本软件的递进法,各级照样加总一致。"
        "挑选只看提前一至三年,只用于这几年,更远的仍用合并的权重;所用方法的以往误差正是挑选的依据,会比今后的略小,以下面的回测为准。"
    ) + common(record)
    st.caption(said)
    shown = table(record, broken=True)
    # drawn as a plain table, whose long heads break into lines instead of being cut off
    st.table(shown.style.format(precision=1, na_rep="–"), border="horizontal", hide_index=True)
    made = Exports("methods", tables={_("方法选择"): table(record)}, notes=[views.stands_on(context), said])
    widgets.exports(context, made, key="methods-file")


def table(record: pd.DataFrame, *, broken: bool = False) -> pd.DataFrame:
    """Return the record of ``forecasting.families`` in the words of the page.

    Parameters
    ----------
    record : DataFrame
        Rows of ``families.COLUMNS``.
    broken : bool
        Break the lines of long texts, as a table that is drawn does; in a file they are one line.
    """
    gap, joined = ("  \n", "  \n") if broken else (" ", "")
    families = {
        "to_3": _("在校生升入三年级及以下"),
        "4_to_6": _("在校生升入四至六年级"),
        "from_7": _("在校生升入七年级及以上"),
        "entrants": _("尚未入学的新生"),
        "step": _("尚未从别校升入的学生{gap}(如初中新生)", gap=joined),
    }
    reasons = {
        "nearer": _("以往明显更准"),
        "alike": _("没有更准的"),
        "short": _("历史太短"),
        "known": _("已知新生人数"),
        "shock": _("近年有异常"),
    }
    columns = {
        _("序列类别"): record["family"].map(families),
        _("提前{gap}年数", gap=joined): record["horizon"],
        _("所用方法"): [_used(*shares) for shares in record[[f"{m}_share" for m in _METHODS]].to_numpy()],
        **{
            _("{method}{gap}以往误差(%)", method=name, gap=gap): record[f"{method}_wape"].astype(float)
            for method, name in past.method_words().items()
        },
        _("{method}{gap}以往误差(%)", method=_("所用方法"), gap=gap): record["used_wape"].astype(float),
        _("以往{gap}起点数", gap=joined): record["years"],
        _("以往{gap}序列数", gap=joined): record["cells"],
        _("选定的理由"): record["why"].map(reasons),
    }
    return pd.DataFrame(columns).round(1)


def common(record: pd.DataFrame) -> str:
    """Say what the common shares are, where any kind of series goes by them."""
    rows = record[record["why"].isin(["alike", "short"])]
    if rows.empty:
        return ""
    parts = _parts(*rows[[f"{m}_share" for m in _METHODS]].iloc[0]).values()
    return _(
        "没有更准的和历史太短的用合并权重,即各类合在一起比较时各方法所占的比重,现为:{parts}。"
        "已有登记、在园或出生数的新生,以及近年有异常年份的,一律用本软件的递进法。",
        parts=_("、").join(parts),
    )


_METHODS = ("cohort", "gpr3", "naive")


def _used(*shares: float) -> str:
    """Return the methods used with their shares, such as 70 % of one and 30 % of another."""
    parts = _parts(*shares)
    return " + ".join(parts if len(parts) == 1 else parts.values())


def _parts(*shares: float) -> dict[str, str]:
    """Return the methods that count, each with its share in words."""
    return {
        name: _("{method} {share:.0%}", method=name, share=share)
        for name, share in zip(past.method_words().values(), shares, strict=True)
        if share > 0.005
    }
