"""Step 2, 收表: read what came back, say who is missing and what is sent back, take in what is accepted."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from gis.layers import layer_label
from planning import collecting, templates
from planning.forms import FORMS
from planning.returns import form_name
from ui import jobs, outcome, widgets
from ui.state import Context
from ui.texts import _, language

READ: Final = "collect-read"
TAKE: Final = "collect-take"
_SOME: Final = "collect-some"
ENDINGS: Final = ["xlsx", "xls", "xlsm", "ods", "csv", "zip"]
#: Most senders that are named in a sentence, and most 退回单 that are offered one by one.
NAMED: Final = 8
OFFERED: Final = 20


def draw(context: Context, layer: str, year: int) -> None:
    """Draw the step for a form and year."""
    project = context.project
    if FORMS[layer].sender == "town" and not project.has("units"):
        widgets.empty(_("没有可发的镇街:请先导入小区与村,并填写镇街一列。"))
        return
    _upload(context, layer, year)
    _received()
    table = collecting.status(project, layer, year)
    _standing(table)
    if (table["state"] == "missing").all():
        widgets.empty(_("还没有收到这张表。把交回的文件或压缩包拖到上面。"))
    _table(table)
    _slips(context, table, layer, year)
    _take(context, table, layer, year)


def _upload(context: Context, layer: str, year: int) -> None:
    """Draw the uploader and the button that reads what it holds."""
    turn = st.session_state.setdefault("collect-turn", 0)
    given = st.file_uploader(
        _("选择交回的文件(可多选,可以是压缩包)"),
        type=ENDINGS,
        accept_multiple_files=True,
        key=f"collect-files-{turn}",
    )
    jobs.watch(READ, _("正在读取"), _read, stopped=_read_some)
    if st.session_state.pop(_SOME, False):
        st.info(_("已取消:读过的文件已经记录,其余没有读。"))
    label = _("读取 {n} 个文件", n=len(given or []))
    if st.button(label, type="primary", disabled=not given or jobs.running(READ), key="collect-start"):
        held = _held(given or [])
        paths = sorted(str(path) for path in Path(held.name).iterdir())
        st.session_state["collect-held"] = held
        jobs.start(
            READ,
            "planning.collecting:receive",
            folder=str(context.project.folder),
            paths=paths,
            year=year,
            layer=layer,
        )
        st.rerun()


def _held(given: Sequence[Any]) -> tempfile.TemporaryDirectory[str]:
    """Put uploaded files into a temporary folder, which goes when they have been read."""
    folder = tempfile.TemporaryDirectory(prefix=collecting.SCRATCH, ignore_cleanup_errors=True)
    for number, file in enumerate(given):
        name = Path(file.name.replace("\\", "/")).name
        plain = f"{templates.safe(Path(name).stem)}{Path(name).suffix}"
        path = Path(folder.name) / plain
        path = path if not path.exists() else path.with_name(f"{path.stem}-{number}{path.suffix}")
        path.write_bytes(file.getbuffer())
    return folder


def _read(result: dict[str, Any]) -> None:
    _keep(result)
    st.session_state["collect-turn"] = st.session_state.get("collect-turn", 0) + 1


def _read_some(result: dict[str, Any] | None) -> bool:
    """Keep what was read before it was cancelled, and the files, to read the others."""
    _keep(result)
    st.session_state[_SOME] = True
    return True


def _keep(result: dict[str, Any] | None) -> None:
    st.session_state[READ] = result
    held = st.session_state.pop("collect-held", None)
    if held is not None:
        held.cleanup()


def _received() -> None:
    """Say what came of the files that were read last."""
    result = st.session_state.get(READ)
    if result is None:
        return
    st.success(
        _(
            "读了 {files} 个文件:收下 {accepted} 份,退回 {refused} 份,与上次相同 {unchanged} 份。",
            files=result["files"],
            accepted=len(result["accepted"]),
            refused=len(result["refused"]),
            unchanged=len(result["unchanged"]),
        )
    )
    others = sorted({form_name(row["layer"], language()) for row in result["accepted"] + result["refused"]})
    if len(others) > 1:
        st.caption(_("其中有几种表:{names}。换一张表看各自的情况。", names=_("、").join(others)))
    if result["faults"]:
        st.warning(_("有 {n} 个问题使文件认不出或读不了,没有记录:", n=len(result["faults"])))
        outcome.fault_table(result["faults"], key="collect-faults", name="returns")


def _standing(table: pd.DataFrame) -> None:
    found = collecting.counts(table)
    parts = [f"{words.text(language())} **{found[state]}**" for state, words in collecting.STATES.items()]
    st.markdown(_("应报 **{n}**", n=len(table)) + " · " + " · ".join(parts))


def _table(table: pd.DataFrame) -> None:
    words = {state: w.text(language()) for state, w in collecting.STATES.items()}
    kept = st.pills(
        _("只看"),
        list(words),
        format_func=words.__getitem__,
        selection_mode="multi",
        key="collect-states",
    )
    rows = table[table["state"].isin(kept)] if kept else table
    seen = pd.to_datetime(rows["at"].replace("", None), utc=True).dt.tz_convert(_zone())
    shown = {
        _("镇街"): rows["town"],
        _("填报单位"): rows["name"],
        _("情况"): rows["state"].map(words),
        _("文件"): rows["file"].replace("", None),
        _("收到"): seen.dt.strftime("%m-%d %H:%M"),
        _("要改正"): rows["reasons"].where(rows["reasons"] > 0),
        _("请确认"): rows["notes"].where(rows["notes"] > 0),
        _("第几次报"): rows["versions"].where(rows["versions"] > 0),
    }
    st.dataframe(
        pd.DataFrame(shown),
        hide_index=True,
        column_config={_("文件"): st.column_config.TextColumn(width="medium")},
        key="collect-table",
        placeholder="—",
        width="stretch",
    )


def _zone() -> Any:
    """Return the time zone of this machine."""
    return datetime.now().astimezone().tzinfo


def _slips(context: Context, table: pd.DataFrame, layer: str, year: int) -> None:
    """Draw what is sent back, each with its 退回单 at one click."""
    refused = table[table["state"] == "refused"]
    if refused.empty:
        return
    st.subheader(_("退回"))
    lang, project = language(), context.project
    last = collecting.standing(project.folder, layer, year)
    for row in refused.head(OFFERED).itertuples():
        name, record = str(row.name), last[str(row.owner)]
        said, button = st.columns([5, 1], vertical_alignment="center")
        told = f"**{outcome.plain(name)}** · {_('{n} 处要改正', n=row.reasons)}"
        said.markdown(f"{told}  \n{outcome.plain(record['reasons'][0][lang])}")
        with button:
            widgets.download(
                _("退回单"),
                partial(collecting.slip, record, name=name, lang=lang),
                f"{_('退回单')}_{templates.safe(name)}.xlsx",
                key=f"collect-slip-{row.owner}",
            )
    if len(refused) == 1:
        return
    widgets.download(
        _("下载全部 {n} 份退回单", n=len(refused)),
        lambda: collecting.slips(project, layer, year, lang=lang),
        f"{_('退回单')}_{year}.zip",
        key="collect-slips",
    )


def _take(context: Context, table: pd.DataFrame, layer: str, year: int) -> None:
    """Draw the button that takes accepted returns into the project, and who is missing from them."""
    result = st.session_state.get(TAKE)
    jobs.watch(TAKE, _("正在入库"), _taken, saved=jobs.reported)
    if result is not None and result["layer"] == (layer, year):
        _came(result["report"], layer)
    ready = int((table["state"] == "accepted").sum())
    if not ready:
        return
    st.subheader(_("入库"))
    label = layer_label(layer, language())
    lacking = table[table["state"].isin(["missing", "refused"])]
    if len(lacking):
        names = [outcome.plain(str(name)) for name in lacking["name"].head(NAMED)]
        more = _("等") if len(lacking) > NAMED else ""
        st.warning(
            _(
                "还缺 {n} 家:{names}{more}。入库只并入已收的表,不会拿上年的数顶替缺的。",
                n=len(lacking),
                names=_("、").join(names),
                more=more,
            )
        )
    if st.button(
        _("把 {n} 份已收的表并入“{layer}”", n=ready, layer=label),
        type="primary",
        disabled=jobs.running(TAKE),
        key="collect-take-in",
    ):
        st.session_state["collect-taking"] = (layer, year)
        st.session_state.pop(TAKE, None)
        jobs.start(
            TAKE, "planning.collecting:take_in", folder=str(context.project.folder), layer=layer, year=year
        )
        st.rerun()


def _taken(report: dict[str, Any]) -> None:
    st.session_state[TAKE] = {"layer": st.session_state.get("collect-taking"), "report": report}


def _came(report: dict[str, Any], layer: str) -> None:
    label = layer_label(layer, language())
    if report["saved"]:
        st.success(_("已把 {n} 家的表并入“{layer}”。", n=len(report["owners"]), layer=label))
    elif report.get("faults"):
        st.error(_("没有入库,项目保持原样:"))
        outcome.fault_table(report["faults"], key="collect-take-faults", name="returns")
