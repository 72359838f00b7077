"""Parts that every page shares: headings, headline figures, tables with exports, faults, empty states."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
import streamlit as st

from gis.faults import Fault
from gis.layers import layer_label
from ui.state import Context, stage_word
from ui.texts import _, language, speaking
from ui.texts.columns import column_config, localise, rounded, words


@dataclass(frozen=True)
class Figure:
    """A headline number with what it speaks of: its year, its scope and where it comes from."""

    label: str
    value: str
    year: str
    scope: str
    source: str
    span: str = ""  # the range of a forecast, never left out where there is one


@dataclass(frozen=True)
class Exports:
    """What a page lets the planner take away: sheets, map layers and a one-file map.

    Whatever costs time to make may be given as a function: it runs when the planner asks, in the tab's
    language.
    """

    name: str
    tables: Mapping[str, pd.DataFrame] | Callable[[], Mapping[str, pd.DataFrame]] = field(
        default_factory=dict
    )
    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    html: Callable[[], str] | None = None
    notes: Sequence[str] = ()


def school_year(year: int) -> str:
    """Return a 学年 the way people write it: 2026学年 or 2026-27."""
    return _("{year}学年", year=year, short=f"{(year + 1) % 100:02d}")


def whole(number: float) -> str:
    """Return pupils or seats as a whole number with thousands separators; a dash where there is none."""
    return "—" if pd.isna(number) else f"{number:,.0f}"


def share(fraction: float) -> str:
    """Return a fraction as a percentage with one decimal; a dash where there is none."""
    return "—" if pd.isna(fraction) else f"{fraction:.1%}"


def metres(distance: float) -> str:
    """Return a distance as people say it: 640 m, 1.3 km; a dash where none is known."""
    if pd.isna(distance) or distance == float("inf"):
        return "—"
    return f"{distance:.0f} m" if distance < 1000 else f"{distance / 1000:.1f} km"


def span(low: float, high: float) -> str:
    """Return the range of a forecast: 380–447."""
    return f"{whole(low)}–{whole(high)}"


def escape(text: str) -> str:
    """Return user text with Markdown's and HTML's special characters made literal."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>$~:])", r"\\\1", text)


def heading(context: Context, title: str, question: str) -> None:
    """Draw the breadcrumb, the page's title and the one question the page answers."""
    crumbs = [project_name(context), school_year(context.year), stage_word(context.stage)]
    st.caption(" › ".join(crumbs))
    st.title(title)
    st.markdown(f"<p class='question'>{question}</p>", unsafe_allow_html=True)
    if context.project.synthetic:
        st.badge(_("合成数据:地名真实,人口、学校、路网均为虚构"), color="orange")


def project_name(context: Context) -> str:
    """Return the project's name in the tab's language."""
    return context.project.title(language())


def figures(items: Sequence[Figure]) -> None:
    """Draw at most four headline numbers, each with its year, scope and source below it."""
    for column, item in zip(st.columns(len(items)), items, strict=True):
        with column.container(border=True, height="stretch"):
            st.metric(item.label, item.value)
            if item.span:
                st.markdown(item.span)
            st.caption(f"{item.year} · {item.scope}  \n{_('来源')}: {item.source}")


def table(
    frame: pd.DataFrame, *, key: str, height: int | None = None, widths: Mapping[str, int] | None = None
) -> None:
    """Draw a frame with its columns worded and formatted; `widths` in pixels, of columns of text."""
    whole = rounded(frame)
    config = column_config(whole)
    for name, width in (widths or {}).items():
        config[words().get(name, name)] = st.column_config.TextColumn(width=width)
    st.dataframe(
        localise(whole, language()), hide_index=True, column_config=config, key=key, height=height or "auto"
    )


def exports(context: Context, what: Exports, *, key: str) -> None:
    """Draw the download buttons of a page: Excel, GeoPackage, GeoJSON and the one-file map.

    Files are made at the click, not at every run of the page.
    """
    from gis import export

    synthetic, base = context.project.synthetic, f"{context.project.id}-{what.name}-{context.year}"
    with st.container(horizontal=True):
        if what.tables:
            make = _workbook(context, what)
            download(_("表格 Excel"), make, f"{base}.xlsx", key=f"{key}-xlsx")
        if what.layers:
            layers = dict(what.layers)
            first = next(iter(layers.values()))
            download(
                _("图层 GeoPackage"),
                lambda: export.to_geopackage(layers, synthetic=synthetic),
                f"{base}.gpkg",
                key=f"{key}-gpkg",
            )
            download(
                _("图层 GeoJSON"),
                lambda: export.to_geojson(first, synthetic=synthetic),
                f"{base}.geojson",
                key=f"{key}-geojson",
            )
        if what.html:
            html = what.html
            download(_("地图(单文件,离线可开)"), lambda: html().encode(), f"{base}.html", key=f"{key}-html")


def _workbook(context: Context, what: Exports) -> Callable[[], bytes]:
    def make() -> bytes:
        from gis import export

        lang = language()
        tables = what.tables() if callable(what.tables) else what.tables
        sheets = {name: localise(frame, lang) for name, frame in tables.items()}
        notes = [*what.notes, *provenance(context)]
        return export.to_excel(sheets, notes=notes, synthetic=context.project.synthetic, lang=lang)

    return make


def download(label: str, make: Callable[[], bytes], file_name: str, *, key: str) -> None:
    """Draw a download button whose file is made at the click, in the tab's language."""
    lang = language()

    def worded() -> bytes:
        with speaking(lang):
            return make()

    st.download_button(label, worded, file_name, key=key, on_click="ignore")


def provenance(context: Context) -> list[str]:
    """Return the lines every exported file carries: project, year, sources and the synthetic mark."""
    lines = [f"{_('项目')}: {project_name(context)}", f"{_('学年')}: {school_year(context.year)}"]
    if context.project.synthetic:
        lines.append(_("合成数据:地名真实,人口、学校、路网均为虚构"))
    for row in context.project.sources.itertuples():
        layer = layer_label(str(row.layer), language())
        lines.append(f"{layer}: {row.source} · {_('统计时点')} {row.as_of}")
    return lines


def faults(found: Sequence[Fault]) -> None:
    """List every fault at once, errors before warnings, each with where it is and how to mend it."""
    for level, draw in (("error", st.error), ("warning", st.warning)):
        lines = [fault.text(language()) for fault in found if fault.level == level]
        if lines:
            draw("\n".join(f"- {line}" for line in lines))


def empty(text: str) -> None:
    """Draw an empty state: one sentence that says what to do next."""
    st.info(text)


def explain(text: str) -> None:
    """Draw the help of a page: how its numbers are made, with formula and clause."""
    with st.expander(_("这些数字怎么来的")):
        st.markdown(text)
