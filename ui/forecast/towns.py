"""Where pupils live and where they go to school, town by town (进城就读)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from forecasting import flows
from planning import measured
from planning.project import Project
from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import forecast as views
from ui.widgets import Exports


def draw(context: Context) -> None:
    """Draw where the pupils of each town go to school."""
    st.subheader(_("进城就读:居住地与就读地"))
    lineage = views.settings(context).mark
    table = _flows(context.project.key, lineage, context.project)
    if table is None:
        widgets.empty(_("还没有“就读与居住”数据,看不出跨镇街就读。请在“数据”页用学籍花名册汇总。"))
        return
    towns = views.places(context.project)
    own = table[table["stage"] == context.stage].replace({"home": towns, "attended": towns})
    if own.empty:
        widgets.empty(_("这个学段还没有“就读与居住”数据。"))
        return
    years = sorted(own["year"].unique(), reverse=True)
    year = st.selectbox(_("学年"), years, key="flow-year")
    now = own[own["year"] == year]
    _table(net_table(now).drop(columns=_("学年")), "town-net")
    said = _(
        "净流入 = 流入 − 流出,负数为净流出;各镇街净流入合计为 0,区外和住址不明的另列。"
        "更名、合并、拆分过的学校按沿革计入现在的学校。"
    )
    st.caption(said)
    with st.expander(_("居住镇街 × 就读镇街")):
        _table(matrix(now), "town-matrix")

    def tables() -> dict[str, pd.DataFrame]:
        return {_("镇街净流入"): net_table(own), _("居住镇街 × 就读镇街"): matrices(own)}

    made = Exports(f"flows-{context.stage}", tables=tables, notes=[views.stage_line(context), said])
    widgets.exports(context, made, key="flows-file")


def _table(rows: pd.DataFrame, key: str) -> None:
    """Draw counts with their thousands set apart; they stay numbers in what is exported."""
    counts = rows.select_dtypes("integer").columns
    config = {name: st.column_config.NumberColumn(format="localized") for name in counts}
    st.dataframe(rows, hide_index=True, key=key, column_config=config)


def net_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the balance of every town and year in words, largest net outflow first."""
    rows = flows.net(table).sort_values(["year", "net"], ascending=[False, True])
    return pd.DataFrame(
        {
            _("学年"): rows["year"].astype("int64"),
            _("镇街"): rows["town"].replace("", "—"),
            _("居住的学生"): rows["living"],
            _("就读的学生"): rows["attending"],
            _("流出"): rows["out"],
            _("流入"): rows["into"],
            _("区外或住址不明"): rows["from_outside"],
            _("净流入"): rows["net"],
        }
    )


def matrix(table: pd.DataFrame) -> pd.DataFrame:
    """Return pupils by home and town attended: towns first, then homes outside, unknown, and of no town."""
    wide = table.pivot_table(index="home", columns="attended", values="pupils", aggfunc="sum", fill_value=0)
    special = {flows.OUTSIDE: _("区外"), flows.UNKNOWN: _("住址不明"), "": "—"}
    rows, columns = _towns_first(wide.index, special), _towns_first(wide.columns, special)
    ordered = wide.loc[rows, columns].astype("int64").rename(index=special, columns=special)
    return ordered.rename_axis(index=_("居住"), columns=None).reset_index()


def matrices(table: pd.DataFrame) -> pd.DataFrame:
    """Return the matrix of every year, newest first, below each other."""
    years = sorted(table["year"].unique(), reverse=True)
    made = pd.concat([matrix(table[table["year"] == year]).assign(year=year) for year in years])
    counts = made.columns.difference([_("居住"), "year"], sort=False)
    whole = made[counts].fillna(0).astype("int64")
    return pd.concat([made["year"].rename(_("学年")), made[_("居住")], whole], axis=1, ignore_index=False)


def _towns_first(found: pd.Index, special: Mapping[str, str]) -> list[str]:
    return [*(one for one in found if one not in special), *(one for one in special if one in found)]


@st.cache_resource(max_entries=4, show_spinner=False)
def _flows(key: str, lineage: str, _project: Project) -> pd.DataFrame | None:
    return measured.flow_table(_project)
