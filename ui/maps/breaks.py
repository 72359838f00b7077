"""The map of one broken rule: where its cases lie."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from gis import maps
from gis.drawing import shapes
from gis.symbols import BRICK
from ui import widgets
from ui.maps.colours import colours
from ui.maps.ground import ground, whole
from ui.maps.zones import CUT
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import balance


def cases(context: Context, plan: pd.Series, *, rule: str, units: Collection[str]) -> str:
    """Return a one-file map of a plan with the units in question on top; their tooltips name them."""
    areas = balance.zone_shapes(context, plan)
    m = maps.base(
        whole(context),
        title=rule,
        subtitle=f"{widgets.school_year(context.year)} · {stage_word(context.stage)}",
        stamp=_("合成数据") if context.project.synthetic else None,
        lang=language(),
    )
    hue = areas["zone_id"].map(colours(context, plan))
    maps.add_zones(m, areas, name=_("片区"), label="zone", colours=hue, tolerance=0)
    ground(m, context)
    every = balance.unit_shapes(context, plan)
    chosen = every[every["unit_id"].isin(list(units))]
    shapes(m, chosen, rule, CUT, tooltip={"": "name"})
    maps.legend(m, [maps.swatch(rule, BRICK, fill=0.25, border=BRICK)], title=_("图例"))
    return maps.html(m)
