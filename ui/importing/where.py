"""Which coordinate system a table is in: what was found and why, what it may be, and known points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd
import streamlit as st

from gis import crs as systems
from gis import datum, webmaps
from gis.faults import FaultError
from planning import whereabouts
from planning.preview import TablePreview
from planning.project import Project
from planning.whereabouts import Comparison, Known
from ui.importing import control
from ui.importing.looking import choice, choices, say
from ui.outcome import plain
from ui.texts import _, language

#: Distances from which places are said to lie elsewhere, in metres.
_FAR: Final = 100.0
_OLD: Final = {"xian": "Xian 1980", "beijing": "Beijing 1954"}


def draw(number: int, table: TablePreview, tables: Sequence[TablePreview], project: Project | None) -> None:
    """Draw the coordinate system of a table: the reason, the choice, how far from known points, the map."""
    st.markdown(f"**{_('坐标系')}**")
    found = table.spots
    if found is None:
        st.caption(_("还没有读到坐标:先指明哪两列是坐标。"))
        return
    st.caption(plain(found.guess.reason.text(language())))
    known = _known(number, table, tables, project)
    stated = _choice(number, table, known)
    if stated != choice(table).crs:
        say(table, replace(choice(table), crs=stated))
        st.rerun()
    _seen(number, table, stated, known)


def _families(table: TablePreview) -> dict[str, str]:
    """Return what may be chosen, the found one first where there is one."""
    guess = table.spots.guess if table.spots is not None else None
    first = {}
    if guess is not None and guess.crs is not None:
        first[""] = _("就是检测到的:{name}", name=systems.name(guess.crs, language()))
    return {
        **first,
        "cgcs": _("国家 2000(CGCS2000)"),
        **{name: words.text(language()) for name, words in webmaps.WORDS.items()},
        "EPSG:4326": _("WGS 84 经纬度(GPS)"),
        "xian": _("1980 西安"),
        "beijing": _("1954 北京"),
        "control": _("地方坐标,用控制点换算"),
        "local": _("地方独立坐标,不换算(全部图层都要是它)"),
        "epsg": _("别的 EPSG 编号"),
    }


def _family(stated: str | None, families: dict[str, str]) -> str | None:
    """Return which of the choices a statement belongs to."""
    if stated is None:
        return None
    if stated in families:
        return stated
    if " fitted " in stated:
        return "control"
    crs = systems.parse(stated.split(" ")[0])
    of = {"CGCS2000": "cgcs", **{name: key for key, name in _OLD.items()}}
    from gis.systems import datum_of

    return of.get(datum_of(crs), "epsg")


def _choice(number: int, table: TablePreview, known: Known) -> str | None:
    """Draw the choice of a system; return it as a statement, "" for the one found, None for none yet."""
    families, now = _families(table), choice(table).crs
    _suggest(number, table, known)
    options = list(families)
    family = _family(now, families)
    picked = st.selectbox(
        _("按哪个坐标系读"),
        options,
        index=options.index(family) if family in options else None,
        format_func=lambda key: families[key],
        placeholder=_("请选定;数值本身说不清基准"),
        key=f"import-table-{number}-family",
    )
    if picked is None or picked in ("", "local", "EPSG:4326", *webmaps.WORDS):
        return picked
    if picked == "control":
        return control.fitted(number, now)
    if picked == "epsg":
        return _typed(number, now)
    base = _of_datum(number, _OLD.get(picked, "CGCS2000"), now)
    return base if picked == "cgcs" or base is None else control.seven(number, base, now)


def _of_datum(number: int, name: str, now: str | None) -> str | None:
    """Draw the systems on one datum: 3 and 6 degrees, with and without the zone number, and degrees."""
    listed = {code: words.text(language()) for code, words in systems.choices(name)}
    code = (now or "").split(" ")[0]
    codes = list(listed)
    return st.selectbox(
        _("哪一带"),
        codes,
        index=codes.index(code) if code in codes else None,
        format_func=lambda one: listed[one],
        placeholder=_("三度带或六度带,带不带带号;可输入中央经线查找"),
        key=f"import-table-{number}-zone-{name}",
    )


def _typed(number: int, now: str | None) -> str | None:
    text = st.text_input(
        _("EPSG 编号"),
        value=(now or "").removeprefix("EPSG:"),
        placeholder=_("如:4546"),
        key=f"import-table-{number}-epsg",
    ).strip()
    if not text:
        return None
    try:
        systems.parse(text)
    except FaultError as error:
        st.error(plain(error.text(language())))
        return None
    return f"EPSG:{text}" if text.isdecimal() else text


def _suggest(number: int, table: TablePreview, known: Known) -> None:
    """Say which systems put the table at the known points, where it has not been settled."""
    if table.spots is None or not len(known) or table.spots.declared:
        return
    fits = _remembered((number, "fits", len(known)), table, lambda: _fits(table, known))
    if fits:
        lines = [
            _("{system}:离已知点 {metres} 米", system=words.text(language()), metres=f"{metres:,.0f}")
            for _code, words, metres in fits[:3]
        ]
        st.markdown(_("按已知点比较,最接近的是:") + "\n" + "\n".join(f"- {plain(line)}" for line in lines))


def _fits(table: TablePreview, known: Known) -> list[tuple[str, Any, float]]:
    return whereabouts.fitting_systems(table.spots, known) if table.spots is not None else []


def _remembered(name: tuple[Any, ...], table: TablePreview, make: Any) -> Any:
    """Return what was worked out for a table as it was last looked at; work it out once."""
    held = st.session_state.setdefault("import-known", {})
    key = (table.key, choice(table).read_as, *name)
    if key not in held:
        held[key] = make()
    return held[key]


def _known(
    number: int, table: TablePreview, tables: Sequence[TablePreview], project: Project | None
) -> Known:
    """Return the points to compare with: of the project, of other files of this import, and typed ones."""
    known = Known()
    if project is not None and not project.synthetic:
        known = whereabouts.known_points(project.layers)
    for other in tables:
        if other.key != table.key and other.spots is not None and other.layer in whereabouts.KNOWN_LAYERS:
            known = whereabouts.both(known, _settled(other))
    with st.expander(_("已知点({n}):项目里的、别的文件里的,也可以自己填", n=len(known))):
        st.caption(_("填几个您知道准确经纬度(GPS 或天地图)的地方;名称与表里一致时按同名比较。"))
        empty = pd.DataFrame({"name": pd.Series(dtype=str), "lon": pd.Series(dtype=float), "lat": []})
        typed = st.data_editor(
            empty.astype({"lat": float}),
            num_rows="dynamic",
            hide_index=True,
            column_config={
                "name": st.column_config.TextColumn(_("名称")),
                "lon": st.column_config.NumberColumn(_("经度"), format="%.6f"),
                "lat": st.column_config.NumberColumn(_("纬度"), format="%.6f"),
            },
            key=f"import-table-{number}-known",
        )
    return whereabouts.both(known, whereabouts.typed_points(typed))


def _settled(other: TablePreview) -> Known:
    """Return the places of another table whose system is known: stated by its file or chosen."""
    said = choices().get(other.key)
    stated = said.crs if said is not None else None
    if other.spots is None or (stated is None and not other.spots.declared):
        return Known()
    lonlat = other.spots.on_earth(stated or None)
    return Known() if lonlat is None else Known(other.spots.names, lonlat)


def _seen(number: int, table: TablePreview, stated: str | None, known: Known) -> None:
    """Say how far the places lie from known points in the chosen system, and offer the map."""
    if table.spots is None or (stated is None and table.spots.guess.crs is None):
        return
    if stated:
        reading = datum.stated(stated)
        if reading is not None:
            st.caption(plain(f"{reading.name.text(language())}:{reading.accuracy.text(language())}"))
        else:
            control.accuracy(stated)
    lonlat = table.spots.on_earth(stated or None)
    if lonlat is None:
        st.caption(_("独立坐标没有经纬度,不能放到地图上比较。"))
        return
    compared = _remembered(
        (number, stated, len(known)), table, lambda: whereabouts.compare(table.spots.names, lonlat, known)
    )
    _distances(compared, len(known))
    # A map in a closed expander would be drawn without a size; this one is made when it is asked for.
    if st.toggle(_("在地图上核对位置"), key=f"import-table-{number}-map"):
        from ui.maps.placing import preview_map
        from ui.maps.show import show

        show(
            preview_map(table.spots.names, lonlat, known),
            alt=_("地图:表里的位置和已知点"),
            height=420,
        )


def _distances(compared: Comparison, count: int) -> None:
    if not count:
        st.caption(_("还没有已知点可比:在上面填几个,或先选定别的文件的坐标系。"))
        return
    rows = compared.rows
    if len(rows):
        said = _(
            "与同名的 {n} 个已知点比:一半在 {median} 米以内,最远 {most} 米({name})。",
            n=f"{len(rows):,}",
            median=f"{compared.median_m:,.0f}",
            most=f"{rows['metres'].iloc[0]:,.0f}",
            name=rows["name"].iloc[0],
        )
    else:
        said = _(
            "没有同名的已知点;到最近的已知点,一半在 {metres} 米以内。", metres=f"{compared.nearest_m:,.0f}"
        )
    far = compared.measure > _FAR
    (st.warning if far and len(rows) else st.markdown)(plain(said))
