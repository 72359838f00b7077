"""What came of a roll: who counts, how homes were found, what is left to assign; the totals are saved."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from gis.faults import FaultError
from planning import rolllayers
from planning.addresses import KINDS
from planning.project import open_project
from planning.rollcount import REASONS, Counted
from planning.rolltemplates import ROLLS
from ui import outcome, widgets
from ui.rolls import asking
from ui.state import Context
from ui.texts import _, language


def draw(context: Context, counted: Counted) -> None:
    """Draw the result of a roll."""
    homes = _assigned()
    schools = _schools(context, counted)
    _figures(counted, homes, schools)
    left, right = st.columns(2)
    with left:
        _ways(counted)
    with right:
        _left_out(counted)
    _places(context, counted)
    if counted.faults:
        with st.expander(_("读取时的提示({n})", n=len(counted.faults))):
            outcome.fault_table(counted.faults, key="roll-notes", name=f"{context.project.id}-roll-notes")
    if counted.layer == "children":
        _compare(context, counted, homes)
    _save(context, counted, homes, schools)


def _figures(counted: Counted, homes: dict[str, str], schools: dict[str, str]) -> None:
    year = widgets.school_year(counted.settings.year)
    source = ROLLS[counted.roll].words.text(language())
    lost = rolllayers.without_home(counted, homes)
    whole = counted.rows - int(counted.left_out["rows"].sum())
    kept = _total(counted, homes, schools)
    widgets.figures(
        [
            widgets.Figure(_("名册行数"), widgets.whole(counted.rows), year, _("名册全部行"), source),
            widgets.Figure(
                _("计入人数"),
                widgets.whole(kept),
                year,
                _("去掉重复和不能计入的行之后 {n} 人", n=f"{whole:,}"),
                source,
            ),
            widgets.Figure(
                _("住址匹配率"), widgets.share(counted.matched), year, _("区外地址不算在内,指派之前"), source
            ),
            widgets.Figure(
                _("住址不明"),
                widgets.whole(lost["unknown"]),
                year,
                _("另有区外 {n} 人", n=f"{lost['outside']:,}"),
                source,
            ),
        ]
    )


def _total(counted: Counted, homes: dict[str, str], schools: dict[str, str]) -> int:
    if counted.layer == "attendance":
        return int(rolllayers.attendance(counted, homes=homes, schools=schools)["pupils"].sum())
    return int(rolllayers.children(counted, homes=homes)["children"].sum())


def _ways(counted: Counted) -> None:
    st.subheader(_("住址是怎样找到的"))
    rows = counted.ways.assign(kind=[KINDS[kind].text(language()) for kind in counted.ways["kind"]])
    names = {"kind": _("方式"), "rows": _("行数"), "share": _("占比")}
    shown = rows.rename(columns=names)
    config = {names["share"]: st.column_config.NumberColumn(format="percent")}
    st.dataframe(shown, hide_index=True, column_config=config, key="roll-ways", height="content")
    st.caption(_("不止一处符合的不猜,列在下面由您指派。"))


def _left_out(counted: Counted) -> None:
    st.subheader(_("没有计入的行"))
    if counted.left_out.empty:
        st.markdown(_("每一行都计入了。"))
        return
    reasons = [REASONS[reason].text(language()) for reason in counted.left_out["reason"]]
    names = {"reason": _("原因"), "rows": _("行数"), "where": _("名册中的行号")}
    shown = counted.left_out.assign(reason=reasons).rename(columns=names)
    st.dataframe(shown, hide_index=True, key="roll-left-out", height="content")


def _units(context: Context) -> dict[str, str]:
    """Return label -> unit_id; labels carry the id, so that equal names stay apart."""
    units = context.project.layers["units"]
    pairs = zip(units["unit_id"].astype(str), units["name"].fillna("").astype(str), strict=True)
    return {f"{name} · {unit_id}": unit_id for unit_id, name in pairs}


def _assigned() -> dict[str, str]:
    """Return place -> unit as the planner has assigned them so far."""
    return dict(st.session_state.get("roll-homes", {}))


def _places(context: Context, counted: Counted) -> None:
    """Draw the places that were not found, each with a choice of units."""
    if counted.places.empty:
        return
    st.subheader(_("没有找到的住址({n} 处)", n=f"{len(counted.places):,}"))
    st.caption(
        _(
            "只在内存中,不保存。选好单元后按“采用”;地名会记为地址别名,下次自动认出。"
            "含人名、门牌号或只出现一次的不记。"
        )
    )
    units = _units(context)
    labels = {unit_id: label for label, unit_id in units.items()}
    homes = _assigned()
    unit = _("指派到")
    table = pd.DataFrame(
        {
            _("地名"): counted.places["word"].where(counted.places["word"] != "", "—"),
            _("镇街"): counted.places["town"],
            _("名册人数"): counted.places["rows"],
            _("原因"): [KINDS[kind].text(language()) for kind in counted.places["kind"]],
            _("可能是"): [_named(units, labels) for units in counted.places["units"]],
            _("写法举例"): counted.places["example"],
            unit: [labels.get(homes.get(place, "")) for place in counted.places["place"]],
        }
    )
    with st.form("roll-assign", border=False):
        edited = st.data_editor(
            table,
            hide_index=True,
            disabled=[name for name in table.columns if name != unit],
            column_config={unit: st.column_config.SelectboxColumn(options=list(units), width="medium")},
            key="roll-places",
            placeholder="—",
            height=min(36 * len(table) + 40, 420),
        )
        if st.form_submit_button(_("采用")):
            chosen = zip(counted.places["place"], edited[unit], strict=True)
            st.session_state["roll-homes"] = {p: units[label] for p, label in chosen if label in units}
            st.rerun()


def _named(listed: str, labels: dict[str, str]) -> str:
    return _("、").join([labels.get(unit_id, unit_id) for unit_id in listed.split(",") if unit_id][:4])


def _schools(context: Context, counted: Counted) -> dict[str, str]:
    """Draw a choice for each school that the project does not know; return school as written -> id."""
    lacking = rolllayers.without_school(counted)
    if lacking.empty:
        return {}
    pupils = int(lacking["pupils"].sum())
    st.warning(
        _("有 {n} 所学校不在项目里,共 {pupils} 人,指明之前不计入。", n=len(lacking), pupils=f"{pupils:,}")
    )
    frame = context.project.layers["schools"]
    known = dict(zip(frame["school_id"].astype(str), frame["name"].fillna("").astype(str), strict=True))
    chosen: dict[str, str] = {}
    with st.expander(_("指明这些学校"), expanded=len(lacking) <= 5):
        for number, (school, count) in enumerate(lacking.itertuples(index=False)):
            picked = st.selectbox(
                f"{outcome.plain(str(school))} ({count:,})",
                list(known),
                index=None,
                format_func=lambda i: f"{known[i]} · {i}",
                placeholder=_("不计入"),
                key=f"roll-school-{number}",
            )
            if picked:
                chosen[str(school)] = picked
    return chosen


def _compare(context: Context, counted: Counted, homes: dict[str, str]) -> None:
    """Show where this register differs from the layer that is there: registers are never added up."""
    st.info(_("户籍、居住证、接种和幼儿园名册互相重叠,人数不能相加:保存会换掉现有的适龄儿童图层。"))
    if not context.project.has("children"):
        return
    st.subheader(_("与现有适龄儿童的差别"))
    now, new = _("现有"), ROLLS[counted.roll].words.text(language())
    found = rolllayers.differences(
        {now: context.project.layers["children"], new: rolllayers.children(counted, homes=homes)}
    )
    if found.empty:
        st.markdown(_("两者完全相同。"))
        return
    labels = {unit_id: label for label, unit_id in _units(context).items()}
    found = found.assign(unit_id=[labels.get(str(i), str(i)) for i in found["unit_id"]])
    names = {"unit_id": _("单元"), "cohort": _("入学年份"), "spread": _("相差")}
    config = {names["cohort"]: st.column_config.NumberColumn(format="%d")}
    st.dataframe(
        found.rename(columns=names), hide_index=True, column_config=config, key="roll-differences", height=280
    )


def _save(context: Context, counted: Counted, homes: dict[str, str], schools: dict[str, str]) -> None:
    total = _total(counted, homes, schools)
    if counted.layer == "attendance" and context.project.has("attendance"):
        st.caption(_("保存时换掉同一学年、同一学校的就读数据,其他学年和学校的保留。"))
    if context.project.synthetic:
        st.warning(_("当前项目是合成数据。真实名册请放进自己的项目,以免混在一起。"))
    if not st.button(
        _("保存汇总({n} 人)", n=f"{total:,}"), type="primary", disabled=not total, key="roll-save"
    ):
        return
    as_of = st.session_state.get("roll-as-of")
    words = ROLLS[counted.roll].words.text(language())
    source = _("{roll},住址匹配率 {share}", roll=words, share=widgets.share(counted.matched))
    project = open_project(context.project.folder)
    try:
        rolllayers.save(
            project,
            counted,
            homes=homes,
            schools=schools,
            as_of=as_of.isoformat() if as_of else "",
            source=source,
        )
    except FaultError as error:
        st.error(error.text(language()))
        return
    asking.forget()
    st.session_state["roll-saved"] = _("已保存 {n} 人的汇总;名册已从内存中清除。", n=f"{total:,}")
    st.rerun()
