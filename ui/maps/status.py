"""The map of 现状: schools by how many classes of each size they have, and where large classes cluster."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from gis import maps
from gis.hotspots import bin_labels
from gis.symbols import CLASS_SIZE_COLOURS
from ui.maps.ground import ground, whole
from ui.state import Context
from ui.texts import _, language


def class_sizes(
    context: Context, schools: gpd.GeoDataFrame, *, year: str, clusters: pd.DataFrame | None
) -> str:
    """Return the one-file map of classes by size; with `clusters`, the significance layer on top."""
    m = maps.base(
        whole(context),
        title=_("班额热点:按班计数"),
        subtitle=_("{year} · 56 人及以上为大班额 · 圆的大小是班数", year=year),
        stamp=_("合成数据") if context.project.synthetic else None,
        lang=language(),
    )
    ground(m, context)
    names = bin_labels()
    shown = schools.assign(
        summary=[_summary(row, names) for _at, row in schools[names].iterrows()],
    )
    tooltip = {"": "name", _("班数"): "classes", _("各档班数"): "summary", _("最大班(人)"): "largest"}
    maps.add_class_sizes(m, shown, bins=names, name=_("各校班额"), tooltip=tooltip, show=clusters is None)
    items: list[maps.LegendItem | str] = [
        maps.dot(_bin_word(name), CLASS_SIZE_COLOURS[name]) for name in names
    ]
    if clusters is not None:
        words = {"hot": _("大班额聚集"), "cold": _("大班额稀少"), "none": _("不显著")}
        items += [
            _("聚集检验(Gi*)"),
            *maps.add_hotspots(m, shown, clusters["kind"], name=_("聚集检验(Gi*)"), words=words),
        ]
    maps.legend(m, items, title=_("班额(人/班)"), note=_("数的是班,不是校平均"))
    return maps.html(m)


def _summary(row: pd.Series, names: list[str]) -> str:
    return " · ".join(f"{name}: {int(row[name])}" for name in names if row[name])


def _bin_word(name: str) -> str:
    return name.replace("<=", "≤ ").replace(">=", "≥ ")
