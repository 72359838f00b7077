"""The warning levels (学位预警) in words, so that colour never stands alone."""

from __future__ import annotations

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
