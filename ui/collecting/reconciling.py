"""Step 3, 核对: register, statistics and returns side by side, and what explains their differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from planning import collecting, reconcile
from planning.reconcile import SOURCES, Reconciliation
from ui import widgets
from ui.state import Context
from ui.texts import _, language

HEIGHT: Final = 520


def draw(context: Context) -> None:
    """Draw the step."""
    found = _chosen(context)
    if found is None or len(found.sources) < 2:
        widgets.empty(
            _(
                "核对至少要有两个来源的同一学年:学籍(就读与居住)、事业统计(在校生)、学校上报(班级)。"
                "请在“导入”里导入,或先收班额表。"
            )
        )
        return
    _sources(found)
    _counts(found)
    asking = st.toggle(_("只看差异"), value=True, key="check-differing")
    rows = reconcile.differing(found.rows) if asking else found.rows
    if rows.empty:
        st.markdown(_("各校各年级的数全部一致。"))
    else:
        _edit(context, found, rows)
    lang, synthetic = language(), context.project.synthetic
    widgets.download(
        _("下载核对表(Excel)"),
        lambda: reconcile.workbook(found, lang=lang, synthetic=synthetic),
        f"{context.project.id}-reconcile-{found.year}.xlsx",
        key="check-xlsx",
    )
    widgets.explain(
        _(
            "- **学籍** = 就读与居住图层按学校、年级相加;**事业统计** = 在校生图层;"
            "**学校上报** = 各班人数相加,不取平均。\n"
            "- 空白表示该来源没有这个数,不当作 0;没有数的行算“缺数”,不算一致。\n"
            "- 说明随项目保存,每次修改都留有记录。说明所对应的数变了,就标“需重新说明”。"
        )
    )


def _chosen(context: Context) -> Reconciliation | None:
    """Draw the choice of year, and of which returns; return the table."""
    project = context.project
    collected = {r["year"] for r in collecting.read(project.folder, "classes") if r["kind"] == "return"}
    years = sorted({*reconcile.years(project), *collected}, reverse=True)
    if not years:
        return None
    left, right = st.columns([1, 3])
    year = int(left.selectbox(_("学年"), years, format_func=widgets.school_year, key="check-year"))
    returned = collecting.returned(project.folder, "classes", year)
    if returned.empty:
        return reconcile.reconcile(project, year)
    kinds = {"collection": _("收表中已收的班额表"), "project": _("项目里的班级图层")}
    kind = right.selectbox(_("学校上报取自"), list(kinds), format_func=kinds.__getitem__, key="check-returns")
    if kind == "project":
        return reconcile.reconcile(project, year)
    issued = collecting.last_issue(project.folder, "classes", year) or {}
    as_of = str(issued.get("as_of", f"{year}-09-01"))
    return reconcile.reconcile(project, year, returns=returned, returned=as_of, source=kinds[kind])


def _sources(found: Reconciliation) -> None:
    rows = [
        {
            _("来源"): words.text(language()),
            _("统计时点"): found.sources[name].as_of or "—",
            _("出处"): found.sources[name].source or "—",
            _("行数"): widgets.whole(found.sources[name].rows),
        }
        if name in found.sources
        else {
            _("来源"): words.text(language()),
            _("统计时点"): "—",
            _("出处"): _("没有这一学年"),
            _("行数"): "—",
        }
        for name, words in SOURCES.items()
    ]
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def _counts(found: Reconciliation) -> None:
    told = {name: f"{n:,}" for name, n in reconcile.counts(found.rows).items()}
    st.markdown(
        _(
            "一致 **{agree}** · 不一致 **{differs}** · 缺数 **{missing}**;"
            "差异中已说明 **{explained}**,需重新说明 **{stale}**,未说明 **{open}**。",
            agree=told["agree"],
            differs=told["differs"],
            missing=told["missing"],
            explained=told["explained"],
            stale=told["stale"],
            open=told["open"],
        )
    )


def _edit(context: Context, found: Reconciliation, rows: pd.DataFrame) -> None:
    """Draw the rows with a field for the explanation, and keep what is written there."""
    lang = language()
    words = reconcile.worded(replace(found, rows=rows), lang)
    heads = reconcile.headings(rows, lang)
    text, still = heads["explanation"], _("仍适用")
    stale = bool((rows["explained"] == "stale").any())
    if stale:
        words.insert(len(words.columns), still, False)
    hidden = {heads.get("school_id"), heads.get("returns-roll")}
    shown = [column for column in map(str, words) if column not in hidden]
    turn = st.session_state.get("check-turn", 0)
    edited = st.data_editor(
        words[shown],
        hide_index=True,
        disabled=[column for column in shown if column not in (text, still)],
        column_config={text: st.column_config.TextColumn(width="large", max_chars=500)},
        height=min(HEIGHT, 35 * (len(rows) + 1) + 3),
        key=f"check-edit-{found.year}-{turn}",
        placeholder="—",
        width="stretch",
    )
    changed = _changes(rows, edited[text], edited[still] if stale else None)
    if st.button(
        _("保存 {n} 条说明", n=len(changed)), type="primary", disabled=not changed, key="check-save"
    ):
        reconcile.explain(context.project.folder, found.year, rows, changed)
        st.session_state["check-turn"] = turn + 1
        st.rerun()


def _changes(rows: pd.DataFrame, texts: pd.Series, still: pd.Series | None) -> dict[tuple[str, int], str]:
    """Return the explanations that were written, changed or confirmed, by school and grade."""
    changed = {}
    for number, row in enumerate(rows.to_dict("records")):
        given = texts.iloc[number]
        text = "" if pd.isna(given) else str(given).strip()
        confirmed = still is not None and bool(still.iloc[number]) and row["explained"] == "stale"
        if text != row["explanation"] or confirmed:
            changed[str(row["school_id"]), int(row["grade"])] = text
    return changed
