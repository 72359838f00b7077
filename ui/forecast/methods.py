"""Which method forecasts each family of series, and what its past errors say."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import forecast as views
from ui.widgets import Exports


def draw(context: Context) -> None:
    """Draw the table of methods by family of series that is kept with the forecast, with plain words."""
    frame = views.current(context)
    record = pd.DataFrame([] if frame is None else frame.attrs.get("methods", []))
    if record.empty:
        return
    st.markdown(f"**{_('各类序列用哪种方法')}**")
    st.caption(
        _(
            "按过去误差挑选:某一类以往明显有更准的方法(起点年份间的 t 检验,单侧 5%),"
            "并且全区总数也因此更准,才单独用它,否则沿用各类合并的权重。选定的是各类在各地区的总数,"
            "学校之间的分配始终按本软件的递进法,各级照样加总一致。"
            "挑选只看提前一至三年,只用于这几年,更远的仍用合并的权重;所用方法的以往误差正是挑选的依据,会比今后的略小,以下面的回测为准。"
        )
    )
    shown = table(record)
    st.dataframe(shown, hide_index=True, key="methods-table")
    widgets.exports(context, Exports("methods", tables={_("方法选择"): shown}), key="methods-file")


def table(record: pd.DataFrame) -> pd.DataFrame:
    """Return the record of ``forecasting.families`` in the words of the page."""
    families = {
        "to_3": _("在校生升入三年级及以下"),
        "4_to_6": _("在校生升入四至六年级"),
        "from_7": _("在校生升入七年级及以上"),
        "entrants": _("尚未入学的新生"),
        "step": _("尚未从别校升入的学生(如初中新生)"),
    }
    reasons = {
        "nearer": _("以往明显更准"),
        "alike": _("没有明显更准的,沿用合并权重"),
        "short": _("历史太短,沿用合并权重"),
        "known": _("已有登记、在园或出生数,尚未入读的一律用本软件的方法"),
        "shock": _("近年有异常年份,只用本软件的方法"),
    }
    columns = {
        _("序列类别"): record["family"].map(families),
        _("提前年数"): record["horizon"],
        _("所用方法"): [_used(*shares) for shares in record[[f"{m}_share" for m in _METHODS]].to_numpy()],
        **{
            _("{method} 以往误差(%)", method=name): record[f"{method}_wape"].astype(float)
            for method, name in _names().items()
        },
        _("所用方法 以往误差(%)"): record["used_wape"].astype(float),
        _("以往起点数"): record["years"],
        _("以往单元数"): record["cells"],
        _("选定的理由"): record["why"].map(reasons),
    }
    return pd.DataFrame(columns).round(1)


_METHODS = ("cohort", "gpr3", "naive")


def _names() -> dict[str, str]:
    return dict(zip(_METHODS, (_("递进法(本软件)"), _("三年递进率法"), _("维持现状")), strict=True))


def _used(*shares: float) -> str:
    """Return the methods used with their shares, such as 70 % of one and 30 % of another."""
    parts = [(name, share) for name, share in zip(_names().values(), shares, strict=True) if share > 0.005]
    if len(parts) == 1:
        return parts[0][0]
    return " + ".join(_("{method} {share:.0%}", method=name, share=share) for name, share in parts)
