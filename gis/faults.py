"""Faults in what a user gave us: one record each, worded in Chinese and English, all raised at once.

A fault says where (file, sheet, layer, row, column), what was found, what was expected and how to mend it.
The wordings live in one table, :data:`gis.fault_kinds.KINDS`; other packages add theirs with
:func:`register_kinds`.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

import pandas as pd

from gis.fault_kinds import ERROR, KINDS, WARNING, Kind
from gis.words import Words, layer_words

__all__ = [
    "ERROR",
    "WARNING",
    "Fault",
    "FaultError",
    "Words",
    "errors",
    "grouped",
    "raise_errors",
    "register_kinds",
    "to_frame",
    "warnings",
]

_SHOWN_LIMIT = 80
_PLACE_FIELDS = ("file", "sheet", "layer", "row", "column", "found")


def register_kinds(kinds: Mapping[str, tuple[str, str]], *, level: str = ERROR) -> None:
    """Add fault kinds of another package to the one table; call it at import of that package's module.

    Parameters
    ----------
    kinds
        Kind -> (Chinese template, English template). A template is the part of the sentence after the place:
        what was found, what was expected, how to mend. It may use ``{found}``, ``{column}``, ``{row}``,
        ``{file}``, ``{sheet}``, ``{layer}`` and any name given in ``params``.
    level
        ``"error"`` or ``"warning"``, for all of ``kinds``.

    Raises
    ------
    ValueError
        If a kind exists with other words, if a template lacks one of the two languages, or if the two
        languages use different fields.
    """
    if level not in (ERROR, WARNING):
        raise ValueError(f"level must be 'error' or 'warning', not {level!r}")
    for kind, (zh, en) in kinds.items():
        wording = Kind(zh, en, level)
        if not zh or not en or _template_fields(zh) != _template_fields(en):
            raise ValueError(f"fault kind {kind!r} needs the same fields in both languages")
        if KINDS.setdefault(kind, wording) != wording:
            raise ValueError(f"fault kind {kind!r} is registered already with other words")


@lru_cache(maxsize=1024)
def _template_fields(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


@dataclass(frozen=True)
class Fault:
    """One fault in the input, with its place.

    Parameters
    ----------
    kind
        A kind of the table (see :mod:`gis.fault_kinds` and :func:`register_kinds`).
    file, sheet, layer
        Where: file name without its folder, sheet of a workbook or layer of a GeoPackage, layer of the
        project.
    row
        1-based row in the file as the user sees it, the first row of the sheet being 1. For files of
        features (GeoPackage, GeoJSON, shapefile), the 1-based number of the feature, with
        ``params={"feature": True}``.
    column
        Header as it stands in the file.
    found
        The value that was found, as text.
    params
        What else the kind's templates name. A :class:`~gis.words.Words` value is shown in the reader's
        language.

    Raises
    ------
    ValueError
        If the kind is not in the table, or a field that its templates use is missing from ``params``.

    Examples
    --------
    >>> fault = Fault("value_negative", file="班级.xlsx", row=3, column="班额", found="-2")
    >>> fault.text()
    '班级.xlsx，第 3 行，“班额”列：“-2”是负数。这里应为 0 或正数，请改正。'
    >>> fault.level
    'error'
    """

    kind: str
    file: str = ""
    sheet: str = ""
    layer: str = ""
    row: int | None = None
    column: str = ""
    found: str = ""
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault kind: {self.kind!r}")
        missing = _template_fields(KINDS[self.kind].zh) - set(self.params) - set(_PLACE_FIELDS)
        if missing:
            raise ValueError(f"fault kind {self.kind!r} needs params {sorted(missing)}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Carry the wording along, so that a process without the package that raised it can show it."""
        values = tuple(getattr(self, f.name) for f in fields(self))
        return _restore, (KINDS[self.kind], values)

    @property
    def level(self) -> str:
        """``"error"`` (must be mended) or ``"warning"`` (said, and kept as it is)."""
        return KINDS[self.kind].level

    def where(self, lang: str = "zh") -> str:
        """Say where the fault is: file, sheet, row and column, as far as they are known."""
        parts = _places_en(self) if lang == "en" else _places_zh(self)
        return (", " if lang == "en" else "，").join(parts)

    def text(self, lang: str = "zh") -> str:
        """Return one sentence or two: where, what was found, what was expected, how to mend."""
        kind = KINDS[self.kind]
        values = {name: _shown(value, lang) for name, value in self.params.items()}
        values |= {name: _shown(getattr(self, name), lang) for name in _PLACE_FIELDS}
        values["layer"] = layer_words(self.layer).text(lang)
        said = (kind.en if lang == "en" else kind.zh).format_map(values)
        where = self.where(lang)
        return f"{where}{': ' if lang == 'en' else '：'}{said}" if where else said

    def __str__(self) -> str:
        return self.text()


def _restore(kind: Kind, values: tuple[Any, ...]) -> Fault:
    KINDS.setdefault(values[0], kind)
    return Fault(*values)


def _shown(value: Any, lang: str) -> str:
    """Return a value fit for a sentence: one line, bounded, in the reader's language."""
    if isinstance(value, Words):
        return value.text(lang)
    if isinstance(value, list | tuple):
        return (", " if lang == "en" else "、").join(_shown(v, lang) for v in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) >= 10_000 else f"{value:g}"
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    return text if len(text) <= _SHOWN_LIMIT else text[: _SHOWN_LIMIT - 1] + "…"


def _label(fault: Fault, lang: str) -> str:
    label = fault.params.get("label")
    return label.text(lang) if isinstance(label, Words) else ""


def _places_zh(fault: Fault) -> list[str]:
    label = _label(fault, "zh")
    named = f"“{fault.column}”" + (f"（{label}）" if label and label != fault.column else "")
    row = f"第 {fault.row} 个要素" if fault.params.get("feature") else f"第 {fault.row} 行"
    return [
        *([fault.file] if fault.file else []),
        *([f"工作表“{fault.sheet}”"] if fault.sheet else []),
        *([f"{layer_words(fault.layer).zh}图层"] if fault.layer and not fault.file else []),
        *([row] if fault.row is not None else []),
        *([named + "列"] if fault.column else []),
    ]


def _places_en(fault: Fault) -> list[str]:
    label = _label(fault, "en")
    named = f'column "{fault.column}"' + (f" ({label})" if label and label != fault.column else "")
    row = f"feature {fault.row}" if fault.params.get("feature") else f"row {fault.row}"
    return [
        *([fault.file] if fault.file else []),
        *([f'sheet "{fault.sheet}"'] if fault.sheet else []),
        *([f"layer {layer_words(fault.layer).en}"] if fault.layer and not fault.file else []),
        *([row] if fault.row is not None else []),
        *([named] if fault.column else []),
    ]


class FaultError(ValueError):
    """Every fault of one input, raised once.

    Attributes
    ----------
    faults : list of Fault
        All of them, warnings found on the way included, in the order of the input.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(self.faults)

    def text(self, lang: str = "zh") -> str:
        """Return every fault, one a line, errors first; warnings are marked as such."""
        mark = "warning: " if lang == "en" else "提醒："
        lines = [fault.text(lang) for fault in errors(self.faults)]
        return "\n".join(lines + [mark + fault.text(lang) for fault in warnings(self.faults)])

    def __str__(self) -> str:
        return self.text()


def errors(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults that must be mended before the data can be used."""
    return [fault for fault in faults if fault.level == ERROR]


def warnings(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults that are said and otherwise kept as they are."""
    return [fault for fault in faults if fault.level == WARNING]


def raise_errors(faults: Sequence[Fault]) -> list[Fault]:
    """Raise all faults if one is an error; return them (all warnings then) otherwise.

    Raises
    ------
    FaultError
        With every fault, warnings included, when at least one is an error.
    """
    if errors(faults):
        raise FaultError(faults)
    return list(faults)


def to_frame(faults: Iterable[Fault], *, lang: str = "zh") -> pd.DataFrame:
    """Return faults as a table for the data page or a file: level, kind, place, found and the sentence.

    Returns
    -------
    pandas.DataFrame
        Columns ``level, kind, file, sheet, layer, row, column, found, text``; ``row`` is ``Int64``.
    """
    names = ["level", "kind", "file", "sheet", "layer", "row", "column", "found", "text"]
    rows = [
        (f.level, f.kind, f.file, f.sheet, f.layer, f.row, f.column, f.found, f.text(lang)) for f in faults
    ]
    return pd.DataFrame(rows, columns=names).astype({"row": "Int64"})


def grouped(faults: Iterable[Fault], *, lang: str = "zh", limit: int = 3) -> list[str]:
    """Return faults grouped by kind, place and column: the first ``limit`` sentences, and how many more.

    For short messages; the whole list is in :func:`to_frame`.
    """
    groups: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        key = (fault.level, fault.kind, fault.file, fault.sheet, fault.layer, fault.column)
        groups.setdefault(key, []).append(fault)
    lines: list[str] = []
    for members in groups.values():
        lines += [fault.text(lang) for fault in members[:limit]]
        more = len(members) - limit
        if more > 0:
            lines.append(
                f"… and {more:,} more of this kind" if lang == "en" else f"……同类问题还有 {more:,} 处"
            )
    return lines
