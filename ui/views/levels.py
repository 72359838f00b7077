"""The warning levels (学位预警) in words, so that colour never stands alone."""

from __future__ import annotations

import math

import pandas as pd

from planning.seats import BANDS
from ui.texts import _


def level_words() -> dict[str, str]:
    """Return level -> what it means, for legends and tables."""
    return {
        "red": _("红:满员或缺学位(≥ 100%)"),
        "yellow": _("黄:偏紧(90–100%)"),
        "green": _("绿:有余(< 90%)"),
    }


def short_words() -> dict[str, str]:
    """Return level -> one word, to stand beside a number."""
    return {"red": _("红"), "yellow": _("黄"), "green": _("绿")}


def percent(load: float) -> str:
    """Return a load (%) in words: 112%, or that there is no seat at all.

    What is not yet full is never rounded up to a limit: 99.6 keeps its decimal, so that figure and colour
    agree everywhere. `percent` of `gis/assets/map.js` does the same in the browser.
    """
    if pd.isna(load):
        return "—"
    if load == float("inf"):
        return _("无学位")
    whole = math.floor(load + 0.5)  # halves go up, as in the browser
    near = whole in BANDS and load < whole
    return f"{math.floor(load * 10) / 10:.1f}%" if near else f"{whole}%"
