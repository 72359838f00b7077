"""Step 3: what goes along, what stays behind, and the units that the planner must give a zone."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from gis.faults import errors, warnings
from gis.layers import layer_label, value_label, worded, zone_of
from planning import incoming, newyear, rollforward, seats
from planning.newyear import Look
from planning.project import Project
from planning.rebasing import OPEN
from ui import outcome, widgets
from ui.state import stage_word
from ui.texts import _, language


def panel(project: Project, new: Project, look: Look) -> None:
    """Draw faults, layers, the plan in force with the units to decide, and the drafts."""
    _faults(project, look)
    _layers(project, new, look)
    _plan(project, new, look)
    _drafts(project, look)


def kind_words() -> dict[str, str]:
    """Return what can become of a unit of a plan (`planning.rebasing.KINDS`), in words."""
    return {
        "kept": _("不变"),
        "moved": _("编号变了,片区随之对应"),
        "unit_split": _("小区拆分,各部分留在原片区"),
        "zones_merged": _("片区合并,随之合并"),
        "unit_new": _("新小区,还没有片区"),
        "units_merged": _("合并前分属不同片区"),
        "unit_gone": _("小区已撤销"),
        "zone_gone": _("片区的学校已撤销"),
        "zone_split": _("片区一分为几"),
    }


def _faults(project: Project, look: Look) -> None:
    found = look.carried.faults
    wrong = errors(found)
    if wrong:
        st.error(_("有 {n} 处要先解决才能开新学年。", n=f"{len(wrong):,}"))
        outcome.fault_table(wrong, key="roll-wrong", name=f"{project.id}-roll-faults")
    if said := warnings(found):
        with st.expander(_("提示({n})", n=f"{len(said):,}")):
            outcome.fault_table(said, key="roll-said", name=f"{project.id}-roll-notes")


def _layers(project: Project, new: Project, look: Look) -> None:
    """Draw a row a layer; pupils before are those kept, those counted anew and those left behind."""
    st.subheader(_("各图层怎么带过去"))
    come = {"next": _("用新文件"), "both": _("新文件 + 往年"), "carried": _("沿用")}
    rows = look.carried.summary
    table = pd.DataFrame(
        {
            _("图层"): [layer_label(name, language()) for name in rows["layer"]],
            _("来源"): rows["come"].map(come),
            _("本学年行数"): rows["rows_before"],
            _("新学年行数"): rows["rows_after"],
            _("本学年人数"): rows["pupils_before"],
            _("新学年人数"): rows["pupils_after"],
            _("其中新文件"): rows["pupils_new"],
            _("被新文件取代"): rows["replaced"],
            _("留在本学年"): rows["left_pupils"],
            _("留下的行数"): rows["left_rows"],
        }
    )
    counts = table.columns[2:]
    table[counts] = table[counts].astype("Float64").astype("Int64")
    config = {name: st.column_config.NumberColumn(format="localized") for name in counts}
    st.dataframe(
        table,
        hide_index=True,
        key="roll-layers",
        column_config=config,
        width="stretch",
        height="content",
        placeholder="—",
    )
    st.caption(
        _(
            "新学年人数 = 本学年人数 − 被新文件取代 − 留在本学年 + 其中新文件。拆分按份额分配,"
            "人数取整(最大余数法),合计不变;整班和名称归份额最大的一方。留下的行属于撤销的学校或小区,"
            "仍在本学年的项目里。"
        )
    )
    if look.carried.left:
        lang = language()

        def workbook() -> bytes:
            from gis.export import to_excel

            left = {layer_label(name, lang): worded(f, name, lang) for name, f in look.carried.left.items()}
            return to_excel(left, lang=lang)

        widgets.download(
            _("下载留下的行(Excel)"), workbook, f"{project.id}-left-{new.year}.xlsx", key="roll-left-xlsx"
        )


def _plan(project: Project, new: Project, look: Look) -> None:
    st.subheader(_("现行片区转年"))
    if "catchments" in new.layers:
        st.markdown(_("下一年度的文件里有现行片区,直接采用,不必转换。"))
        return
    outcomes = look.carried.outcomes
    if not len(outcomes):
        st.markdown(_("本学年没有现行片区。"))
        return
    words = kind_words()
    counted = outcomes.groupby(["stage", "kind"], sort=False).size().reset_index(name="count")
    said = [
        f"{stage_word(row['stage'])} · {words[row['kind']]}: **{row['count']:,}**"
        for row in counted.to_dict("records")
    ]
    st.markdown("\n".join(f"- {line}" for line in said))
    _decide(new, look, project)


def _decide(new: Project, look: Look, project: Project) -> None:
    """Draw the units without a zone, each with a choice of zones; what is chosen is kept."""
    given = incoming.answers(new)
    waiting = rollforward.open_units(look.carried, {})
    if not len(waiting):
        st.markdown(_("每个单元都有片区,没有要决定的。"))
        return
    units = new.layers.get("units", project.layers.get("units"))
    assert units is not None, "a plan has units"
    names = dict(zip(units["unit_id"], units["name"], strict=True))
    turn, words = st.session_state.get("roll-decided", 0), kind_words()
    chosen: dict[str, dict[str, str]] = {}
    for stage, rows in waiting.groupby("stage", sort=False):
        zones = _zones(project, new, str(stage))
        labels = {zone: f"{name} ({zone})" for zone, name in zones.items()}
        held = given.get(str(stage), {})
        zone_head = _("划入片区")
        table = pd.DataFrame(
            {
                _("学段"): stage_word(str(stage)),
                _("单元编号"): rows["unit"],
                _("单元"): rows["unit"].map(names),
                _("原因"): rows["kind"].map(words),
                _("原单元"): rows["unit_id"],
                _("原片区"): rows["zone_id"],
                zone_head: [labels.get(held.get(unit, "")) for unit in rows["unit"]],
            }
        )
        edited = st.data_editor(
            table,
            hide_index=True,
            disabled=[str(name) for name in table if name != zone_head],
            column_config={zone_head: st.column_config.SelectboxColumn(options=list(labels.values()))},
            key=f"roll-decide-{stage}-{turn}",
            placeholder="—",
            width="stretch",
        )
        back = {label: zone for zone, label in labels.items()}
        pairs = zip(rows["unit"], edited[zone_head], strict=True)
        chosen[str(stage)] = {unit: back[label] for unit, label in pairs if label in back}
    open_now = len(waiting) - sum(len(zones) for zones in chosen.values())
    st.caption(_("还有 {n} 个没有片区。可以先开新学年,以后在“划片”页划定。", n=f"{open_now:,}"))
    changed = {stage: zones for stage, zones in chosen.items() if zones} != given
    if st.button(_("保存划定"), type="primary", disabled=not changed, key="roll-decide-save"):
        incoming.answer(new, {stage: zones for stage, zones in chosen.items() if zones})
        st.session_state["roll-decided"] = turn + 1
        st.rerun()


def _zones(project: Project, new: Project, stage: str) -> dict[str, str]:
    """Return next year's zones of a stage with the names of their schools."""
    schools = new.layers.get("schools", project.layers.get("schools"))
    if schools is None:
        return {}
    zoned = seats.zoned(schools.assign(zone_id=zone_of(schools)), stage, system=project.stage_system)
    found = zoned.groupby("zone_id")["name"].agg(lambda names: "、".join(sorted(set(map(str, names)))))
    return {str(zone): str(name) for zone, name in found.items()}


def _drafts(project: Project, look: Look) -> None:
    st.subheader(_("方案转年"))
    rows = look.drafts
    if not len(rows):
        st.markdown(_("本学年没有方案。"))
        return
    words = kind_words()
    waits = rows["to_unit"].where(rows["kind"].isin(OPEN))
    counted = rows.assign(waits=waits).groupby(["draft_id", "draft", "stage"], sort=False)
    table = counted.agg(units=("to_unit", "nunique"), open=("waits", "nunique")).reset_index()
    st.dataframe(
        pd.DataFrame(
            {
                _("方案"): table["draft"],
                _("学段"): table["stage"].map(stage_word),
                _("单元数"): table["units"],
                _("要在新学年决定"): table["open"],
            }
        ),
        hide_index=True,
        key="roll-drafts",
    )
    st.caption(_("方案在新项目里各加一步“转年”;本学年项目里的方案不变。没有片区的单元在“划片”页划定。"))
    changed = rows[rows["kind"] != "kept"]
    if len(changed):
        with st.expander(_("逐个单元的变化({n})", n=f"{len(changed):,}")):
            st.dataframe(_listed(changed, words), hide_index=True, key="roll-draft-units", placeholder="—")


def _listed(rows: pd.DataFrame, words: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("方案"): rows["draft"],
            _("学段"): [value_label("stage", stage, language()) for stage in rows["stage"]],
            _("变化"): rows["kind"].map(words),
            _("原单元"): rows["unit_id"],
            _("原片区"): rows["zone_id"],
            _("现单元"): rows["to_unit"],
            _("现片区"): rows["to_zone"],
        }
    )


def waiting(project: Project) -> None:
    """Draw the units that the last turn left without a zone in drafts and that have none yet."""
    rows = newyear.conflicts(project)
    if len(rows):
        with st.expander(_("转入后各方案还没有片区的单元({n})", n=f"{len(rows):,}"), expanded=True):
            st.dataframe(_listed(rows, kind_words()), hide_index=True, key="roll-waiting", placeholder="—")
            st.caption(_("在“划片”页打开方案划定后,这里就不再列出。"))
