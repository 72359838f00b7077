"""Optional rules out of a file: JSON with the names that drafts record them under, every fault at once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from zoning.building import Collector

register_kinds(
    {
        "zoning_rules_file": (
            "不是可选规则文件。应为 JSON 对象，例如 {wanted}。请改正文件。",
            "this is no file of optional rules. A JSON object is expected, such as {wanted}. Mend the file.",
        ),
        "zoning_rules_key": (
            "没有名为“{found}”的可选规则。可用：{wanted}。请改名或删去。",
            'there is no optional rule "{found}". Known: {wanted}. Rename it or take it out.',
        ),
        "zoning_rules_value": (
            "可选规则“{rule}”的值“{found}”不合适：应为 {wanted}。请改正。",
            'the optional rule "{rule}" has the value "{found}", but {wanted} is expected. Mend it.',
        ),
        "zoning_rules_column": (
            "可选规则“{rule}”需要表中的列“{found}”，但没有这一列，或其中没有数字。请补上。",
            'the optional rule "{rule}" needs the column "{found}", which is not there or holds no number. '
            "Add it.",
        ),
    }
)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _ids(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _groups(value: object) -> bool:
    return isinstance(value, list) and all(_ids(group) for group in value)


def _pairs(value: object) -> bool:
    return _groups(value) and isinstance(value, list) and all(len(pair) == 2 for pair in value)


_FORMS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "max_metres": (_number, "1500"),
    "barred": (_pairs, '[["unit", "school"]]'),
    "stay": (_number, "200"),
    "most_moved": (_whole, "80"),
    "together": (_groups, '[["unit", "unit"]]'),
    "enclaves": (_pairs, '[["unit", "school"]]'),
    "least": (_whole, "120"),
    "small": (_ids, '["school"]'),
    "share": (_number, "0.95"),
    "balance": (lambda value: isinstance(value, str), '"column"'),
    "deviation": (_number, "0.1"),
    "compact": (_number, "2"),
}


@dataclass(frozen=True)
class RuleFile:
    """The rules of a file.

    Attributes
    ----------
    values
        Fields of :class:`zoning.options.Options`, but ``balance``.
    most_moved
        Most pupils moved; None without such a limit.
    balance
        Column of the units that holds the attribute to balance; None if none.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    most_moved: int | None = None
    balance: str | None = None


def read(path: str | Path) -> RuleFile:
    """Read a file of optional rules.

    Parameters
    ----------
    path
        JSON object; keys as in :class:`zoning.options.Options`, and ``most_moved``. ``balance`` names a
        column of the units; ``compact`` needs a column ``metres`` of the adjacency.

    Raises
    ------
    FaultError
        With every key that is not known and every value of the wrong form.
    """
    name = Path(path).name
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        found = None
    if not isinstance(found, dict):
        raise FaultError([Fault("zoning_rules_file", name, params={"wanted": '{"share": 0.95}'})])
    faults = []
    for key, value in found.items():
        if key not in _FORMS:
            faults.append(Fault("zoning_rules_key", name, found=key, params={"wanted": ", ".join(_FORMS)}))
        elif not _FORMS[key][0](value):
            told = json.dumps(value, ensure_ascii=False)
            about = {"rule": key, "wanted": _FORMS[key][1]}
            faults.append(Fault("zoning_rules_value", name, found=told, params=about))
    if faults:
        raise FaultError(faults)
    lists = {"barred", "together", "enclaves"}
    values: dict[str, Any] = {
        key: tuple(tuple(each) for each in value) if key in lists else value for key, value in found.items()
    }
    values |= {"small": tuple(values["small"])} if "small" in values else {}
    return RuleFile(values, values.pop("most_moved", None), values.pop("balance", None))


def column(path: str | Path, name: str, keys: list[str], rule: str) -> pd.DataFrame:
    """Return a column of numbers of a table with its key columns; empty cells are missing.

    Raises
    ------
    FaultError
        If the table does not have it, or no number stands in it; and for each cell that holds something else.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)
            break
        except UnicodeDecodeError:
            continue
    frame.columns = frame.columns.str.strip()
    told = frame[name].str.strip() if name in frame else pd.Series(dtype="str")
    values = pd.to_numeric(told, errors="coerce")
    if values.notna().sum() == 0:
        about = {"rule": rule}
        raise FaultError([Fault("zoning_rules_column", Path(path).name, found=name, params=about)])
    check = Collector()
    for row in np.flatnonzero(~np.isfinite(values) & told.ne("")):
        check.add("zoning_not_number", Path(path).name, int(row), column=name, found=told.iloc[row])
    check.done()
    text = frame[keys].apply(lambda each: each.str.strip())
    return text.assign(**{name: values})
