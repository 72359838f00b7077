"""What planners said about headers and words of a kind of table, remembered for the next time it comes.

One small file in the folder of projects (`mappings.json`), one record for each set of headers of a layer. It
holds headers, columns and words of columns with a fixed choice, never a row.
"""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from gis.headers import fold_header
from gis.layers import SCHEMAS
from planning import journal, project

FILE: Final = "mappings.json"
#: Kinds of column whose words may be kept: those with a fixed set of meanings.
_KINDS: Final = frozenset({"choice", "boolean", "grade"})


@dataclass(frozen=True)
class Remembered:
    """What is known of one kind of table.

    Attributes
    ----------
    layer : str
        What it was read as.
    headers : tuple of str
        Its headers: a table with the same ones, in any order, is of this kind.
    columns : dict of str to str
        Header -> column ("" for one that is not used).
    words : dict of str to (dict of str to str)
        Column -> text of a cell -> what is meant.
    file : str
        Name of the file it was last said for.
    at : str
        When, in UTC.
    """

    layer: str
    headers: tuple[str, ...]
    columns: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    file: str = ""
    at: str = ""

    @property
    def key(self) -> str:
        """What tells this kind of table from others: the layer and the headers."""
        return _key(self.layer, self.headers)


def listed(home: Path | None = None) -> list[Remembered]:
    """Return everything that is remembered, the latest first; a file that cannot be read holds nothing."""
    path = _path(home)
    try:
        rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    except (json.JSONDecodeError, UnicodeDecodeError):
        return []
    known = [_read(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return sorted((one for one in known if one is not None), key=lambda one: one.at, reverse=True)


def recall(layer: str, headers: Collection[str], home: Path | None = None) -> Remembered | None:
    """Return what is remembered of tables with these headers read as this layer; None for nothing."""
    wanted = _key(layer, headers)
    return next((one for one in listed(home) if one.key == wanted), None)


def remember(
    layer: str,
    headers: Collection[str],
    *,
    columns: Mapping[str, str],
    words: Mapping[str, Mapping[str, str]],
    file: str = "",
    home: Path | None = None,
) -> None:
    """Keep what was said about a kind of table, in place of what was known; nothing said is nothing kept.

    Words of columns without a fixed set of meanings are not kept: they could be anything, names too.
    """
    schema = SCHEMAS[layer]
    fixed = {column.name for column in schema.columns if column.kind in _KINDS}
    kept = {name: dict(meant) for name, meant in words.items() if name in fixed and meant}
    one = Remembered(layer, tuple(map(str, headers)), dict(columns), kept, file, journal.now())
    others = [known for known in listed(home) if known.key != one.key]
    _write([one, *others] if one.columns or one.words else others, _path(home))


def forget(key: str, home: Path | None = None) -> None:
    """Take one kind of table out of what is remembered."""
    _write([known for known in listed(home) if known.key != key], _path(home))


def _key(layer: str, headers: Collection[str]) -> str:
    return "\n".join([layer, *sorted({fold_header(header) for header in headers})])


def _path(home: Path | None) -> Path:
    return (home if home is not None else project.home()) / FILE


def _read(row: Mapping[str, Any]) -> Remembered | None:
    try:
        one = Remembered(**{**row, "headers": tuple(row["headers"])})
    except (TypeError, KeyError):
        return None
    known = {*SCHEMAS[one.layer].names, "x", "y", "wkt", ""} if one.layer in SCHEMAS else set()
    return one if set(one.columns.values()) <= known and known else None


def _write(rows: list[Remembered], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".json.writing")
    with scratch.open("w", encoding="utf-8", newline="\n") as file:
        json.dump([asdict(row) for row in rows], file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
