"""The highest year ahead of every zone with its range, and the seats that stand empty after it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from planning import measured
from planning.project import Project
from ui import widgets
from ui.forecast import filed
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
    base = views.base_year(context.project)
    st.markdown(_headline(context, rows, base))
    names = views.zone_names(context)
    st.dataframe(worded(rows, names), hide_index=True, key="zone-peaks", height=320)
    note = _(
        "按片区内学校的在校生计,中情景,只计 {base} 学年之后;标“峰值已过”的,连 80% 区间的上限也低于现在。"
        "最高的学年不确定时(最早、最晚学年不同),给的是今后各年最高值的区间,会比某一年的区间高。"
        "学位为设计学位,减去 {year} 学年预测人数即为闲置。",
        base=base,
        year=_last(rows),
    )
    notes = [note, *unzoned(frame, context.stage, base + 1)]
    st.caption(" ".join(notes))
    export = Exports(
        f"zone-peaks-{context.stage}",
        tables={_("各片区峰值"): numbered(rows, names)},
        notes=[*filed.notes(context, scenarios=False), *notes],
    )
    widgets.exports(context, export, key="zone-peaks-file")


def worded(rows: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the peaks as they are read: every forecast with its range, seats short and empty apart."""
    return pd.DataFrame(
        {
            _("片区"): _called(rows, names),
            _("在校生"): rows["pupils"].map(widgets.whole),
            _("今后最高的学年"): [_years(row) for row in rows.itertuples()],
            _("今后最高(80% 区间)"): [
                views.ranged(mean, low, high)
                for mean, low, high in zip(rows["mean"], rows["low"], rows["high"], strict=True)
            ],
            _("学位"): rows["seats"].map(widgets.whole),
            **{name: counts.map(widgets.whole) for name, counts in _room(rows).items()},
        }
    )


def numbered(rows: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the peaks as a workbook holds them, in whole pupils: every number in a column of its own."""
    return pd.DataFrame(
        {
            _("片区编号"): rows["zone_id"],
            _("片区"): _called(rows, names),
            _("在校生"): rows["pupils"],
            _("今后最高的学年"): rows["peak_year"],
            _("最早学年"): rows["year_low"],
            _("最晚学年"): rows["year_high"],
            _("今后最高"): _count(rows["mean"]),
            _("下限"): _count(rows["low"]),
            _("上限"): _count(rows["high"]),
            _("峰值已过"): [_("是") if _passed(row) else "" for row in rows.itertuples()],
            _("学位"): rows["seats"],
            **_room(rows),
        }
    )


def _called(rows: pd.DataFrame, names: pd.Series) -> pd.Series:
    zone = rows["zone_id"].map(names)
    return zone.where(zone.notna(), rows["zone_id"])


def _count(numbers: pd.Series) -> pd.Series:
    """Return whole numbers, missing where one is."""
    return pd.to_numeric(numbers, errors="coerce").astype("Float64").round().astype("Int64")


def _room(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the seats short today and then, and those empty after the peak, under their heads."""
    return {
        _("现缺学位"): _count(_lacking(rows)),
        _("届时缺学位"): _count(rows["gap"]).clip(lower=0),
        _("峰后闲置"): _count(rows["empty"]).clip(lower=0),
    }


def unzoned(frame: pd.DataFrame, stage: str, year: int) -> list[str]:
    """Say how many pupils are in schools without a zone, which the table cannot hold."""
    rows = frame[(frame["level"] == "zone_id_stage") & (frame["stage"] == stage) & (frame["group"] == "")]
    pupils = rows.loc[(rows["scenario"] == views.MIDDLE) & (rows["year"] == year), "mean"].sum()
    if round(pupils) == 0:
        return []
    said = _("没有片区编号的学校不在表内({year} 学年预测 {n} 人)。", year=year, n=widgets.whole(pupils))
    return [said]


@st.cache_resource(max_entries=6, show_spinner=False)
def _peaks(key: str, chosen: str, stage: str, _project: Project, _frame: pd.DataFrame) -> pd.DataFrame:
    return measured.zone_peaks(_project, _frame, views.history(key, _project), stage)


def _years(row: Any) -> str:
    year, low, high = int(row.peak_year), int(row.year_low), int(row.year_high)
    told = str(year) if low == high else _("{mean}({span})", mean=year, span=f"{low}–{high}")
    return _("{year},峰值已过", year=told) if _passed(row) else told


def _passed(row: Any) -> bool:
    return bool(pd.notna(row.pupils)) and views.passed(row.high, row.pupils)


def _lacking(rows: pd.DataFrame) -> pd.Series:
    """Seats short today, missing where the seats or the pupils are."""
    pupils, seats = (pd.to_numeric(rows[name], errors="coerce") for name in ("pupils", "seats"))
    return (pupils - seats).clip(lower=0)


def _last(rows: pd.DataFrame) -> int:
    return int(rows["last_year"].max())


def _headline(context: Context, rows: pd.DataFrame, base: int) -> str:
    short = pd.to_numeric(rows["gap"], errors="coerce")
    return _(
        "{stage}:今后各片区人数最高时,**{n}** 个片区学位不够,共缺 **{short}** 个(只计今后;{base} 学年现缺 "
        "**{now}** 个);到 {year} 学年各片区共闲置 **{empty}** 个。",
        stage=stage_word(context.stage),
        n=int((short > 0).sum()),
        short=widgets.whole(short.clip(lower=0).sum()),
        base=base,
        now=widgets.whole(_lacking(rows).sum()),
        year=_last(rows),
        empty=widgets.whole(pd.to_numeric(rows["empty"], errors="coerce").clip(lower=0).sum()),
    )
