"""From births to entrants: the share that entered in each past year, and what is stated of it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import forecast as views


def draw(context: Context) -> None:
    """Draw the shares of past years for the primary stage; without births nothing."""
    if context.stage != "primary":
        return
    found = views.born_shares(context)
    if found is None:
        return
    with st.expander(_("从出生到入学:历年入学比例")):
        st.dataframe(table(found), hide_index=True, key="born-shares")
        st.caption(
            _(
                "入学/出生由存活、迁移和入学三部分组成,预测用的是由历史学得的整体比例。"
                "在设定中写明存活率或净迁入率后,其余(入学比例)由历史学得。"
                "某项只写一个数值时,过去和将来都用它,预测不变;"
                "要写明将来的变化,请写两条:过去的水平(自较早学年)和将来的水平(自变化的学年)。"
                "只影响按出生数推算的年份,不影响已登记的年份,也不参与回测。"
            )
        )


def table(found: pd.DataFrame) -> pd.DataFrame:
    """Return the shares as they are read; a part that is not stated is a dash."""
    shown = {
        _("学年"): found["year"].astype(str),
        _("适龄人数(由出生数折算)"): found["children"].map(widgets.whole),
        _("一年级新生"): found["entrants"].map(widgets.whole),
        _("入学/出生"): found["share"].map(_percent),
        _("存活率(设定)"): found["survival"].map(_percent),
        _("净迁入率(设定)"): found["migration"].map(_percent),
    }
    if found[["survival", "migration"]].notna().any(axis=None):
        shown[_("其余:入学比例(学得)")] = found["enrolled"].map(_percent)
    return pd.DataFrame(shown)


def _percent(share: float) -> str:
    return "—" if pd.isna(share) else f"{100 * share:.1f}%"
