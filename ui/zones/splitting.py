"""Part a large unit in two: along a line drawn on the board, or straight across by a share of its area."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from gis.faults import FaultError
from planning import carrying, parting, splitting
from planning.parting import Look, Wish
from ui import jobs, widgets
from ui.maps.data import on_earth
from ui.state import Context, draft_store, stage_word
from ui.texts import _, language
from ui.views import zones as views
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.zones import drafting
from ui.zones.moving import apart, unit_names

JOB = "split"
UNIT = "split-unit"
_LINE, _SAID, _ASK = "split-line", "split-said", "split-ask"
#: Keys of choices that may name a unit which is no more.
_STALE = (UNIT, _LINE, _ASK, "why-unit", "edit-units")


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw the choice of unit, line, names and shares, what would come of it, and the splits there are."""
    if said := st.session_state.pop(_SAID, ""):
        st.success(said)
    jobs.watch(JOB, _("正在拆分单元"), _done, saved=jobs.answered(context.project))
    left, right = st.columns([2, 3], gap="large")
    with left:
        wish = _wish(context, found)
    with right:
        if wish is not None:
            _preview(context, found, wish)
        else:
            widgets.empty(_("在底图上用“拆分”画一条线穿过单元,或在左边选单元。"))
        _undo(context)
    if asked := st.session_state.get(_ASK):
        _confirm(context, desk, asked)


def _wish(context: Context, found: Assessment) -> Wish | None:
    names = unit_names(context, found)
    if st.session_state.get(UNIT) not in names:
        st.session_state[UNIT] = None
    unit = st.selectbox(
        _("要拆分的单元"),
        list(names),
        index=None,
        format_func=lambda key: names.get(key, key),
        key=UNIT,
        placeholder=_("输入小区或村名"),
    )
    if not unit:
        return None
    name = str(context.project.layers["units"].set_index("unit_id")["name"][unit])
    line = _line(context, unit)
    first = st.text_input(_("第一部分的名称"), value=_("{name}一区", name=name), key=f"split-first-{unit}")
    second = st.text_input(_("第二部分的名称"), value=_("{name}二区", name=name), key=f"split-second-{unit}")
    return Wish(unit, line, (first, second), _share(unit))


def _line(context: Context, unit: str) -> tuple[tuple[float, float], ...]:
    """Draw the choice of how to cut; return the line in the project's own coordinates."""
    sent = st.session_state.get(_LINE)
    ways = {"west": _("东西切(第一部分在西)"), "south": _("南北切(第一部分在南)")}
    if sent and sent["unit"] == unit:
        ways = {"line": _("按底图上画的线(第一部分在线的左侧)"), **ways}
    way = st.radio(_("怎样切"), list(ways), format_func=ways.__getitem__, key=f"split-way-{unit}-{len(ways)}")
    if way == "line" and sent:
        points = gpd.GeoSeries([shapely.Point(lon, lat) for lat, lon in sent["line"]], crs=4326)
        units = on_earth(gpd.GeoDataFrame(context.project.layers["units"]))
        return tuple((point.x, point.y) for point in points.to_crs(units.crs))
    share = st.slider(_("第一部分占面积(%)"), 5, 95, 50, 5, key=f"split-area-{unit}")
    return parting.straight(parting.ground(context.project, unit), across=str(way), share=share / 100)


def _share(unit: str) -> float | None:
    """Draw the choice of what children are shared out by; None for the area."""
    ways = {"area": _("按面积(估)"), "stated": _("按楼栋的户数或人数(估)")}
    way = st.radio(_("儿童和学生怎样分"), list(ways), format_func=ways.__getitem__, key=f"split-basis-{unit}")
    if way == "area":
        return None
    empty = pd.DataFrame({"building": ["1", "2"], "homes": [1, 1], "part": [1, 2]})
    rows = st.data_editor(
        empty,
        num_rows="dynamic",
        hide_index=True,
        key=f"split-homes-{unit}",
        column_config={
            "building": st.column_config.TextColumn(_("楼栋")),
            "homes": st.column_config.NumberColumn(_("户数或人数"), min_value=0, step=1),
            "part": st.column_config.SelectboxColumn(_("部分"), options=[1, 2], required=True),
        },
    )
    homes = pd.to_numeric(rows["homes"]).fillna(0)
    if not homes.sum():
        st.caption(_("还没有填户数或人数,先按面积分。"))
        return None
    return float(homes[rows["part"] == 1].sum() / homes.sum())


def _preview(context: Context, found: Assessment, wish: Wish) -> None:
    try:
        seen = parting.look(context.project, wish)
    except FaultError as error:
        widgets.faults(error.faults)
        return
    st.markdown(_("**拆分后**(尚未保存)"))
    st.dataframe(_parts(context, found, wish, seen), hide_index=True, key="split-preview", width="stretch")
    st.caption(_("人数是估算:谁住在哪一侧并不知道。导入按新单元统计的名册后即被替换。"))
    if st.button(_("拆分……"), key="split-ask-go", type="primary", disabled=jobs.running(JOB)):
        st.session_state[_ASK] = {"wish": wish, "names": seen.names}


def _parts(context: Context, found: Assessment, wish: Wish, seen: Look) -> pd.DataFrame:
    children = int(views.demand(found).get(wish.unit_id, 0))
    whole = sum(shapely.area(shape) for shape in seen.shapes)
    entrants = _("{stage}入学人数(估)", stage=stage_word(context.stage))
    return pd.DataFrame(
        {
            _("部分"): list(seen.names),
            _("编号"): list(seen.ids),
            _("面积占比"): [widgets.share(shapely.area(shape) / whole) for shape in seen.shapes],
            entrants: carrying.apportion(children, seen.shares),
        }
    )


def _undo(context: Context) -> None:
    rows = splitting.splits(context.project)
    if not rows:
        return
    st.subheader(_("已拆分的单元"))
    words = apart(pd.Series({row["unit"]: "、".join(row["names"]) for row in rows}))
    unit = st.selectbox(_("要合回的单元"), list(words), format_func=words.__getitem__, key="split-undo")
    if st.button(_("撤销拆分……"), key="split-undo-go", disabled=jobs.running(JOB)):
        st.session_state[_ASK] = {"undo": unit, "names": words[unit]}


def _answered() -> None:
    st.session_state.pop(_ASK, None)


def _confirm(context: Context, desk: Desk, asked: dict[str, Any]) -> None:
    """Say what will change, and do it when the planner says so."""
    n = len(draft_store(context.project).list(context.project.id))

    @st.dialog(_("拆分单元") if "wish" in asked else _("撤销拆分"), on_dismiss=_answered)
    def body() -> None:
        if "wish" in asked:
            first, second = map(widgets.escape, asked["names"])
            st.markdown(
                _(
                    "- 单元表中原单元换成“{first}”和“{second}”。  \n"
                    "- 现行片区和全部 {n} 个方案里,两部分都留在原来的片区,锁定照旧;每个方案多一步记录。  \n"
                    "- 儿童、学生、常住人口按所选份额分摊,各行注明估算;别名归份额大的一部分。  \n"
                    "- 相邻关系和步行距离重新计算。  \n"
                    "- 可在“已拆分的单元”中撤销。",
                    first=first,
                    second=second,
                    n=n,
                )
            )
        else:
            st.markdown(
                _(
                    "- 两部分({names})合回原单元,各部分的人数相加。  \n"
                    "- 全部 {n} 个方案各多一步记录;"
                    "两部分在不同片区的方案,合回后的单元没有片区,须重新划入。  \n"
                    "- 相邻关系和步行距离重新计算。",
                    names=widgets.escape(asked["names"]),
                    n=n,
                )
            )
        if st.button(_("确认"), key="split-confirm", type="primary"):
            _answered()
            _start(context, asked)
            st.rerun()

    body()


def _start(context: Context, asked: dict[str, Any]) -> None:
    jobs.start(
        JOB,
        "planning.splitting:split_job",
        folder=context.project.folder,
        wish=asked.get("wish"),
        undone=asked.get("undo", ""),
        author=drafting.author(),
        lang=language(),
    )


def _done(_unit: str | None) -> None:
    for key in _STALE:
        st.session_state.pop(key, None)
    st.session_state["zones-back"] = "split"
    st.session_state[_SAID] = _("已保存。相邻关系和步行距离按新的单元计算。")
