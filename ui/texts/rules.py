"""Rules in the words of the tab's language: names, thresholds, findings, how sure we are."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planning import vocabulary
from ui.texts import _, language


def worded(table: pd.DataFrame) -> pd.DataFrame:
    """Return an evaluated rule table as people read it: one row a rule, values with their units."""
    lang = language()
    rows = [_row(row, lang) for row in table.to_dict("records")]
    return pd.DataFrame(rows)


def _row(row: dict[Any, Any], lang: str) -> dict[str, object]:
    unit = str(row["unit"] or "")
    return {
        "rule": row["name_en"] if lang == "en" and row["name_en"] else row["name"],
        "found": _value(row["found"], unit),
        "threshold": f"{_word(vocabulary.OPS, row['op'], lang)} {_value(row['threshold'], unit)}",
        "passed": _verdict(row),
        "scope": vocabulary.SCOPES[str(row["scope"])].words.text(lang),
        "strength": _word(vocabulary.STRENGTHS, row["strength"], lang),
        "source": f"{row['source']} {row['clause'] or ''}".strip(),
        "confidence": _word(vocabulary.CONFIDENCE, row["confidence"], lang),
        "year": row["year"],
    }


def _word(words: object, key: object, lang: str) -> str:
    found = words.get(str(key)) if isinstance(words, dict) else None
    return found.text(lang) if found is not None else str(key)


def _value(value: Any, unit: str) -> str:
    if pd.isna(value):
        return "—"
    return f"{float(value):,.4g} {unit}".strip()


def _verdict(row: dict[Any, Any]) -> str:
    if pd.isna(row["found"]):
        return _("数据不足")
    if pd.isna(row["passed"]):
        return _("口径")
    return _("达标") if row["passed"] else _("未达标({n})", n=row["failing"])
