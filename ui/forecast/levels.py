"""The forecast level by level, and the value the planner adopts beside it (规划取值)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from gis.faults import FaultError
from planning import adopted, streamcheck, streams, unitcheck
from planning.forecasts import Settings
from planning.project import Project
from ui import widgets
from ui.charts import forecast as charts
from ui.forecast import filed, stated
from ui.state import Context, distinct
from ui.texts import _
from ui.views import forecast as views
from ui.views.edits import when
from ui.widgets import Exports
from ui.zones.drafting import author

#: The level of grades of the whole area; no values are adopted for it.
GRADE: Final = "grade"
#: Rows up to which a table is as high as they need.
SHORT: Final = 8


def draw(context: Context, frame: pd.DataFrame) -> None:
    """Draw the table of a level and year with its streams, and what was adopted beside it."""
    st.subheader(_("分级预测与规划取值"))
    words = level_words()
    level = st.radio(
        _("按"),
        list(words),
        index=2,
        format_func=words.__getitem__,
        key="by-level",
        horizontal=True,
        persist_state="session",
    )
    rows = _rows(context, frame, level)
    if rows.empty:
        widgets.empty(_("没有这一级的数据。请在“数据”页补充学校的片区、镇街,或单元的适龄儿童。"))
        return
    years = sorted(int(year) for year in rows["year"].unique())
    year = st.selectbox(
        _("学年"),
        years,
        index=min(views.TOWARDS, len(years)) - 1,
        key="by-level-year",
        persist_state="session",
    )
    names = _names(context, level)
    whole = _with_values(context, rows, level)
    shown = worded(whole[whole["year"] == year], names).drop(columns=_("学年"))
    st.dataframe(shown, hide_index=True, key="levels", height=320 if len(shown) > SHORT else "auto")
    notes = _notes(context, frame, level)
    st.caption(" ".join(notes))
    if level in adopted.LEVELS:
        _record(context, frame, level, year, names)
    _export(context, whole, level, names, notes)


def level_words() -> dict[str, str]:
    """Return the levels in words, from fine to coarse."""
    return {
        "unit": _("单元"),
        "school": _("学校"),
        "zone": _("片区"),
        "town": _("镇街"),
        GRADE: _("年级"),
        "area": _("全区"),
        streamcheck.PROVIDER: _("公办、民办"),
    }


def worded(rows: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return rows as they are read: forecast with its range, streams, and the adopted value apart."""
    table = _heads(rows, names)
    ends = zip(rows["mean"], rows["low"], rows["high"], strict=True)
    table[_("预测(80% 区间)")] = [views.ranged(*row) for row in ends]
    if "migrant" in rows:
        table[_("其中随迁(估)")] = _migrants(rows)
    table = _tail(table.join(stated.beside(rows)), rows)
    if "value" in rows:
        table[_("规划取值")] = rows["value"].map(widgets.whole)
    return table


def numbered(rows: pd.DataFrame, names: pd.Series, *, ids: bool = False) -> pd.DataFrame:
    """Return rows as a workbook holds them, in whole pupils: every number in a column of its own.

    With `ids`, the ids of the places stand before their names.
    """
    table = _heads(rows, names).assign(**{_("学年"): rows["year"]})
    if ids:
        table.insert(0, _("编号"), rows["place"])
    heads = {"mean": _("预测"), "low": _("下限"), "high": _("上限"), "migrant": _("其中随迁(估)")}
    heads |= {"migrant_low": _("随迁下限"), "migrant_high": _("随迁上限")}
    known = [name for name in heads if name in rows and rows[name].notna().any()]
    numbers = rows[known].rename(columns=heads)
    counted = numbers.join(stated.counts(rows)).astype("Float64").round().astype("Int64")
    return _tail(table.join(counted), rows)


def _heads(rows: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("对象"): _called(rows["place"], names),
            _("学年"): rows["year"].astype(str),
            _("情景"): rows["scenario"].map(charts.scenario_words()),
        }
    )


def _tail(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Add what the rows rest on, and the adopted values with how they lie to the ranges."""
    said: dict[str, pd.Series] = {}
    if rows["basis"].ne("").any():
        said[_("预测依据")] = rows["basis"].map(charts.basis_words())
    if "value" in rows:
        marks = {True: _("超出 80% 区间"), False: _("在区间内")}
        said[_("规划取值")] = rows["value"].astype("Int64")
        said[_("与 80% 区间相比")] = rows["outside"].map(marks).astype("object").fillna("")
        said[_("理由")] = rows["reason"].fillna("")
    return table.assign(**said)


def _migrants(rows: pd.DataFrame) -> list[str]:
    """Return migrant pupils with their range where they have one."""
    means = [widgets.whole(value) for value in rows["migrant"]]
    if "migrant_low" not in rows:
        return means
    ends = zip(rows["migrant"], rows["migrant_low"], rows["migrant_high"], means, strict=True)
    return [mean if pd.isna(row[1]) else views.ranged(*row) for *row, mean in ends]


def all_names(context: Context) -> dict[str, pd.Series]:
    """Return the names of the places of every level that values are adopted for."""
    return {level: _names(context, level) for level in adopted.LEVELS}


def called(names: dict[str, pd.Series], level: str, place: str) -> str:
    """Return the name of a place of a level; its id where it has none, as one that is gone since."""
    return str(names[level].get(place, place))


def _called(place: pd.Series, names: pd.Series) -> pd.Series:
    named = place.map(names)
    return named.where(named.notna(), place).replace("", _("区外、不明或未划片"))


def _rows(context: Context, frame: pd.DataFrame, level: str) -> pd.DataFrame:
    project, chosen = context.project, views.settings(context)
    whole = _split(_tried_key(project), chosen, project, frame)
    units = _units(_tried_key(project), chosen, project, frame) if level == streams.UNIT else None
    told = _told(_tried_key(project), chosen, project, frame if whole is None else whole)
    if level == GRADE:
        return _ordered(by_grade(told, project.grades(context.stage)))
    return _ordered(streams.by_level(told, units, level, context.stage))


def by_grade(forecast: pd.DataFrame, grades: Collection[int]) -> pd.DataFrame:
    """Return the grades of the whole area with their ranges, as `planning.streams.by_level` levels."""
    names = set(map(str, grades))
    rows = forecast[(forecast["level"] == "area_grade") & forecast["grade"].isin(names)]
    parts = [name for name in ("migrant", "local", *streams.PARTS) if name in rows]
    return rows.assign(place=rows["grade"])[[*streams.COLUMNS, *parts]].reset_index(drop=True)


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of 中 first, and those of no place last."""
    keys = {"other": rows["scenario"] != views.MIDDLE, "nowhere": rows["place"] == ""}
    by = ["other", "scenario", "nowhere", "place", "year"]
    return rows.assign(**keys).sort_values(by, kind="stable", ignore_index=True).drop(columns=list(keys))


@st.cache_resource(max_entries=3, show_spinner=False)
def _split(key: str, chosen: Settings, _project: Project, _frame: pd.DataFrame) -> pd.DataFrame | None:
    return streams.split(_project, _frame)


@st.cache_resource(max_entries=3, show_spinner=False)
def _told(key: str, chosen: Settings, _project: Project, _frame: pd.DataFrame) -> pd.DataFrame:
    return streams.with_stated(_project, _frame, chosen.stated)


@st.cache_resource(max_entries=3, show_spinner=False)
def _units(key: str, chosen: Settings, _project: Project, _frame: pd.DataFrame) -> pd.DataFrame:
    return streams.by_unit(_project, _frame)


def _names(context: Context, level: str) -> pd.Series:
    layers = context.project.layers
    if level == "unit":
        return layers["units"].set_index("unit_id")["name"]
    if level == "area":
        return pd.Series({"": _("全部学校")})
    if level == streamcheck.PROVIDER:
        return pd.Series({"public": _("公办学校"), "private": _("民办学校")})
    if level == GRADE:
        return pd.Series({str(n): _("{n} 年级", n=n) for n in context.project.grades(context.stage)})
    if level == "town":
        return pd.Series(views.places(context.project), dtype="object")
    schools = layers["schools"]
    by_school = schools.set_index("school_id")["name"]
    if level == "school":
        return by_school
    if level == "zone":
        return views.zone_names(context)
    return pd.Series(dtype="object")


def _with_values(context: Context, rows: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return the rows with the adopted values beside those of 中; other scenarios have none."""
    if level not in adopted.LEVELS:
        return rows
    middle = rows["scenario"] == views.MIDDLE
    values = adopted.in_force(context.project)
    beside = adopted.beside(rows[middle].reset_index(drop=True), values, level=level, stage=context.stage)
    whole = _ordered(pd.concat([beside, rows[~middle]], ignore_index=True))
    whole.attrs = rows.attrs
    return whole


def _notes(context: Context, frame: pd.DataFrame, level: str) -> list[str]:
    """Say what the numbers of a level rest on."""
    said = []
    if level in adopted.LEVELS:
        said.append(_("规划取值由人定,写在预测旁边,不改动预测、区间和情景。"))
    if level == "unit":
        units = _units(_tried_key(context.project), views.settings(context), context.project, frame)
        said.append(unit_note(units.attrs.get("widths")))
        if units.attrs["assumed"]:
            said.append(_("没有学籍汇总,设定学生都在本片区学校就读。"))
    else:
        whole = _split(_tried_key(context.project), views.settings(context), context.project, frame)
        if whole is None:
            said.append(_("数据没有注明随迁子女,没有单列。"))
        else:
            said.append(stream_note(whole.attrs.get("stream_widths"), level))
    if level == GRADE:
        said.append(grade_note())
    return said


def _record(context: Context, frame: pd.DataFrame, level: str, year: int, names: pd.Series) -> None:
    """Draw what writes a value down or takes it back."""
    rows = adopted.rows_of(frame, level, context.stage)
    now = rows[rows["year"] == year].set_index("place")
    with st.expander(_("记下或撤回规划取值")), st.form("adopt", border=False):
        said = map(str, _called(now.index.to_series(), names))
        called = distinct(dict(zip(map(str, now.index), said, strict=True)))
        place = st.selectbox(_("对象"), list(called), format_func=called.__getitem__, key="adopt-place")
        value = st.number_input(_("规划取值(人)"), min_value=0, value=None, step=1, key="adopt-value")
        reason = st.text_input(_("理由"), key="adopt-reason")
        by = st.text_input(_("经办人"), value=author(), key="adopt-by")
        with st.container(horizontal=True):
            keep = st.form_submit_button(_("记下"), key="adopt-keep", type="primary")
            back = st.form_submit_button(_("撤回"), key="adopt-back")
    if not (keep or back) or place is None:
        return
    at: dict[str, Any] = {"level": level, "place": place, "stage": context.stage, "year": year}
    try:
        if keep:
            number = float("nan") if value is None else value
            adopted.adopt(context.project, frame, **at, value=number, reason=reason, by=by)
        else:
            adopted.withdraw(context.project, **at, reason=reason, by=by)
    except FaultError as error:
        widgets.faults(error.faults)
        return
    st.rerun()


def grade_note() -> str:
    """Say what the ranges of grades rest on."""
    return _(
        "各年级为全区合计;区间由各校各年级的误差合成,宽度按全区总人数的以往误差校准,没有按年级单独检验。"
    )


def stream_note(widths: list[dict[str, Any]] | None, level: str) -> str:
    """Say how the range of migrant children came about at a level, or why there is none."""
    own = [row for row in widths or [] if row["level"] == level]
    if level == GRADE:
        return _("随迁人数按已知比例分出(估),按年级没有区间。")
    if level == streamcheck.PROVIDER:
        return _("随迁人数按已知比例分出(估),按办学性质没有区间。")
    if not own:
        return _(
            "随迁人数按已知比例分出(估),没有区间:"
            "要有至少三年注明随迁、与在校生相符的学籍汇总(之前还要有两年在校生),并运行下面的回测。"
        )
    return _(
        "随迁人数按已知比例分出(估),区间按学籍汇总回测校准:{parts};更远的年份沿用最后一个宽度。",
        parts=_widened(own),
    )


def unit_note(widths: list[dict[str, Any]] | None) -> str:
    """Say how the ranges of units came about: not tried, or what they held before and after."""
    if widths is None:
        return _(
            "单元的人数由学校预测分摊(估),区间没有回测过;有两年以上学籍汇总时,运行下面的回测即可检验并校准。"
        )
    return _(
        "单元的人数由学校预测分摊(估),区间按学籍汇总回测校准:{parts};更远的年份沿用最后一个宽度。",
        parts=_widened(widths),
    )


def _widened(widths: list[dict[str, Any]]) -> str:
    """Say by horizon what ranges held before and after they were widened."""
    parts = [
        _(
            "提前 {n} 年({bases} 个起点年份)原区间包住 {held:.0%},放宽到 {width:.2f} 倍"
            "(留出年份检验包住 {apart})",
            n=int(row["horizon"]),
            bases=int(row["bases"]),
            held=row["held"],
            width=row["width"],
            apart="—" if pd.isna(row["held_apart"]) else f"{row['held_apart']:.0%}",
        )
        for row in widths
    ]
    return _(";").join(parts)


def _tried_key(project: Project) -> str:
    """Return what the caches go by: the data version, and whether units and streams were tried."""
    return f"{project.key}-{unitcheck.place(project).exists()}-{streamcheck.place(project).exists()}"


def _export(
    context: Context, whole: pd.DataFrame, level: str, names: pd.Series, notes: Sequence[str]
) -> None:
    def tables() -> dict[str, pd.DataFrame]:
        sheets = {_("分级预测"): numbered(whole, names, ids=level in ("unit", "school", "zone"))}
        made = adopted.entries(context.project)
        return sheets | ({_("规划取值"): entries_table(made, all_names(context))} if len(made) else {})

    said = [*filed.notes(context, scenarios=True), *notes]
    made = Exports(f"levels-{level}-{context.stage}", tables=tables, notes=said)
    widgets.exports(context, made, key="levels-file")


def entries_table(entries: pd.DataFrame, names: dict[str, pd.Series]) -> pd.DataFrame:
    """Return all that was ever written down, newest first, with the range that was seen then."""
    rows = entries[::-1]
    kept = rows["value"].notna()
    seen = {name: rows[name].round().astype("Int64") for name in ("mean", "low", "high")}
    return pd.DataFrame(
        {
            _("时间"): rows["at"].map(when),
            _("层级"): rows["level"].map(level_words()),
            _("对象"): [called(names, level, place) for level, place in zip(rows["level"], rows["place"])],
            _("学段"): rows["stage"].map({"primary": _("小学"), "junior": _("初中")}),
            _("学年"): rows["year"],
            _("规划取值"): rows["value"],
            _("记下或撤回"): [_("记下") if one else _("撤回") for one in kept],
            _("当时的预测"): seen["mean"],
            _("当时的下限"): seen["low"],
            _("当时的上限"): seen["high"],
            _("理由"): rows["reason"],
            _("经办人"): rows["by"],
        }
    )
