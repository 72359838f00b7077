"""The peak of every zone with its range, and the seats that stand empty after it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import measured
from planning.project import Project
from ui import widgets
from ui.state import Context, stage_word
from ui.texts import _
from ui.views import forecast as views
from ui.widgets import Exports


def draw(context: Context, frame: pd.DataFrame) -> None:
    """Draw the section."""
    st.subheader(_("各片区峰值与峰后闲置"))
    rows = _peaks(context.project.key, str(views.settings(context)), context.stage, context.project, frame)
    if rows.empty:
        widgets.empty(_("学校表没有片区,无法按片区找峰值。请在“数据”页补充学校的片区编号。"))
        return
    st.markdown(_headline(context, rows))
    names = views.zone_names(context)
    shown = worded(rows, names)
    st.dataframe(shown, hide_index=True, key="zone-peaks", height=320)
    st.caption(
        _("按片区内学校的在校生计,中情景;学位为设计学位,减去 {year} 学年预测人数即为闲置。", year=_last(rows))
    )
    export = Exports("zone-peaks", tables={_("各片区峰值与峰后闲置"): shown})
    widgets.exports(context, export, key="zone-peaks-file")


def worded(rows: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the peaks as they are read: every forecast with its range, seats short and empty apart."""
    zone = rows["zone_id"].map(names)
    short = pd.to_numeric(rows["gap"], errors="coerce")
    empty = pd.to_numeric(rows["empty"], errors="coerce")
    return pd.DataFrame(
        {
            _("片区"): zone.where(zone.notna(), rows["zone_id"]),
            _("在校生"): rows["pupils"].map(widgets.whole),
            _("峰值学年"): [_years(row) for row in rows.itertuples()],
            _("峰值(80% 区间)"): [
                f"{widgets.whole(m)}({widgets.span(low, high)})"
                for m, low, high in zip(rows["mean"], rows["low"], rows["high"], strict=True)
            ],
            _("学位"): rows["seats"].map(widgets.whole),
            _("峰值时缺学位"): short.clip(lower=0).map(widgets.whole),
            _("峰后闲置学位"): empty.clip(lower=0).map(widgets.whole),
        }
    )


@st.cache_resource(max_entries=6, show_spinner=False)
def _peaks(key: str, chosen: str, stage: str, _project: Project, _frame: pd.DataFrame) -> pd.DataFrame:
    return measured.zone_peaks(_project, _frame, views.history(key, _project), stage)


def _years(row: object) -> str:
    year, low, high = (int(getattr(row, name)) for name in ("peak_year", "year_low", "year_high"))
    return str(year) if low == high else f"{year}({low}–{high})"


def _last(rows: pd.DataFrame) -> int:
    return int(rows["last_year"].max())


def _headline(context: Context, rows: pd.DataFrame) -> str:
    short = pd.to_numeric(rows["gap"], errors="coerce")
    return _(
        "{stage}:**{n}** 个片区峰值时学位不够,共缺 **{short}** 个;"
        "到 {year} 学年各片区共闲置 **{empty}** 个。",
        stage=stage_word(context.stage),
        n=int((short > 0).sum()),
        short=widgets.whole(short.clip(lower=0).sum()),
        year=_last(rows),
        empty=widgets.whole(pd.to_numeric(rows["empty"], errors="coerce").clip(lower=0).sum()),
    )
