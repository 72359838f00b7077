"""Old datums by parameters, and grids by control points: what a planner types, and how well it fits."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from gis import crs as systems
from gis import datum
from gis.datum_control import METHODS, ControlFit, fit_control
from gis.faults import FaultError, grouped
from gis.opening import vocabulary
from gis.systems import CGCS2000
from gis.tables import open_bytes
from ui.outcome import plain
from ui.texts import _, language

_COLUMNS = ("name", "x", "y", "known_x", "known_y")


def accuracy(stated: str) -> None:
    """Say how exact the way from a system to CGCS2000 is."""
    metres = systems.accuracy(systems.parse(stated), CGCS2000)
    if metres is None:
        st.warning(
            _(
                "它到国家 2000 没有公开的参数:直接当作国家 2000 的位置用,可差几十到上百米。"
                "有七参数或控制点请填。"
            )
        )
    elif metres >= 1:
        st.caption(_("换算到国家 2000 按公开参数,精度约 {n} 米。", n=f"{metres:g}"))


def seven(number: int, base: str, now: str | None) -> str | None:
    """Draw the way from an old datum to CGCS2000: public parameters or seven of one's own."""
    own = _("填七参数")
    picked = st.radio(
        _("换算到国家 2000"),
        ["public", "seven"],
        index=int(" seven " in (now or "")),
        format_func=lambda key: own if key == "seven" else _("用公开参数"),
        horizontal=True,
        key=f"import-table-{number}-way",
    )
    if picked == "public":
        return base
    said = (now or "").split(" ")
    kept = [float(word) for word in said[3:10]] if " seven " in (now or "") else [0.0] * 7
    labels = ("ΔX (m)", "ΔY (m)", "ΔZ (m)", "εX (″)", "εY (″)", "εZ (″)", "m (ppm)")
    values = [
        column.number_input(
            label, value=value, format="%.6f", step=None, key=f"import-table-{number}-seven-{label}"
        )
        for column, label, value in zip(st.columns(7), labels, kept, strict=True)
    ]
    convention = st.selectbox(
        _("旋转的符号约定"),
        list(datum.CONVENTIONS),
        index=list(datum.CONVENTIONS).index(said[2]) if " seven " in (now or "") else None,
        format_func=lambda key: datum.CONVENTIONS[key].text(language()),
        placeholder=_("参数表上写着;两种差几十米"),
        key=f"import-table-{number}-convention",
    )
    if convention is None:
        return None
    dx, dy, dz, rx, ry, rz, ppm = values
    given = datum.SevenParameters(dx, dy, dz, rx, ry, rz, ppm, convention)
    if datum.looks_like_radians(given):
        st.warning(_("旋转或尺度小得像是弧度或比例:旋转应以角秒计,尺度以百万分之一计。请核对。"))
    try:
        return datum.with_seven(base, given)
    except FaultError as error:
        st.error(plain(error.text(language())))
        return None


def fitted(number: int, now: str | None) -> str | None:
    """Draw the table of control points and the fit to them; return the system that it states."""
    st.caption(
        _(
            "填至少 3 个控制点(可从 Excel 整块粘贴):x、y 照表里的坐标,经度、纬度用国家 2000 或 GPS。"
            "点要分散,不要在一条线上。"
        )
    )
    empty = pd.DataFrame(
        {"name": pd.Series(dtype=str)} | {name: pd.Series(dtype=float) for name in _COLUMNS[1:]}
    )
    file = st.file_uploader(
        _("或上传控制点(列:名称、x、y、经度、纬度)"),
        type=["csv", "xlsx"],
        key=f"import-table-{number}-control-file",
    )
    points = st.data_editor(
        _uploaded(file) if file is not None else empty,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "name": st.column_config.TextColumn(_("名称")),
            "x": st.column_config.NumberColumn("x", format="%.3f"),
            "y": st.column_config.NumberColumn("y", format="%.3f"),
            "known_x": st.column_config.NumberColumn(_("经度"), format="%.8f"),
            "known_y": st.column_config.NumberColumn(_("纬度"), format="%.8f"),
        },
        key=f"import-table-{number}-control-{getattr(file, 'file_id', '')}",
    )
    if not len(points.dropna(subset=list(_COLUMNS[1:]))):
        return now if now and " fitted " in now else None
    method = st.radio(
        _("换算方法"),
        list(METHODS),
        format_func=lambda key: METHODS[key].text(language()),
        horizontal=True,
        key=f"import-table-{number}-method",
    )
    try:
        fit = fit_control(points, method=method)
    except FaultError as error:
        st.error("\n".join(f"- {plain(line)}" for line in grouped(error.faults, lang=language())))
        return None
    _residuals(fit)
    return fit.text


def _uploaded(file: Any) -> pd.DataFrame:
    """Return control points out of a file, its first five columns in the order that the page asks for."""
    try:
        opened = open_bytes(file.getvalue(), file.name, vocabulary=vocabulary() | {"名称", "x", "y"})
        frame = opened.load(opened.heads[0].name).frame.iloc[:, : len(_COLUMNS)]
    except FaultError as error:
        st.error("\n".join(f"- {plain(line)}" for line in grouped(error.faults, lang=language())))
        frame = pd.DataFrame()
    frame = frame.set_axis(list(_COLUMNS[: len(frame.columns)]), axis=1).reindex(columns=list(_COLUMNS))
    numbers = frame[list(_COLUMNS[1:])].apply(pd.to_numeric, errors="coerce").astype(float)
    return numbers.assign(name=frame["name"].astype(str))[list(_COLUMNS)]


def _residuals(fit: ControlFit) -> None:
    st.markdown(plain(fit.words.text(language())))
    rows = fit.residuals
    st.dataframe(
        {
            _("名称"): rows["name"],
            _("东向残差(米)"): rows["dx_m"].round(2),
            _("北向残差(米)"): rows["dy_m"].round(2),
            _("残差(米)"): rows["residual_m"].round(2),
            _("不用它时差(米)"): rows["left_out_m"].round(2),
            _("可疑"): rows["outlier"],
        },
        hide_index=True,
        width="stretch",
    )
    for line in grouped(fit.faults, lang=language()):
        st.warning(plain(line))
