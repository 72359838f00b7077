"""What each import said: `imports.jsonl` in the project's folder, one line an import, the newest last.

The layer file keeps the data; this keeps what was noticed and assumed while they were read, which cannot be
found again once the files are gone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pyproj import CRS

from gis import crs as systems
from gis.faults import Fault, Words, warnings
from gis.layers import SCHEMAS, layer_label
from planning import journal, mending
from planning.project import Project
from planning.reading import Part, Source

LOG_FILE: Final = "imports.jsonl"
#: Most warnings of one import that are kept one by one; the others are counted by kind.
LIMIT: Final = 2000
#: Most file names that a layer's source spells out; all of them stand in the log.
NAMED_FILES: Final = 3
_DATE: Final = re.compile(r"(\d{4})(?:\D(\d{1,2}))?")
#: A school year begins in this month.
_AUTUMN: Final = 9


def append(folder: Path, report: Mapping[str, Any]) -> None:
    """Add one import's report, with the time in UTC."""
    journal.append(folder / LOG_FILE, {name: value for name, value in report.items() if name != "folder"})


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the reports in the order of the imports; a line cut short by a crash is left out."""
    return journal.read(folder / LOG_FILE)


def latest(folder: Path) -> dict[str, dict[str, Any]]:
    """Return, for each layer, the report of the import that last brought it in."""
    return {row["layer"]: report for report in read(folder) for row in report.get("layers", [])}


def records(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Return faults as plain records: place, found, and the sentence in both languages.

    After `LIMIT` records, one for each kind says how many more there are.
    """
    every = list(faults)
    kept = [
        {
            "level": fault.level,
            "kind": fault.kind,
            "layer": fault.layer,
            "file": fault.file,
            "sheet": fault.sheet,
            "row": fault.row,
            "column": fault.column,
            "found": fault.found,
            "zh": fault.text("zh"),
            "en": fault.text("en"),
        }
        for fault in every[:LIMIT]
    ]
    more: dict[tuple[str, str, str], int] = {}
    for fault in every[LIMIT:]:
        more[fault.level, fault.kind, fault.layer] = more.get((fault.level, fault.kind, fault.layer), 0) + 1
    for (level, kind, layer), count in more.items():
        said = {"zh": f"……同类问题还有 {count:,} 处", "en": f"... and {count:,} more of this kind"}
        kept.append({"level": level, "kind": kind, "layer": layer, **said})
    return kept


def sources_of(sources: Mapping[str, Sequence[Source]], parts: Mapping[str, Part]) -> pd.DataFrame:
    """Return what a project keeps about each layer: as_of (统计时点), year (学年), source and files."""
    rows = []
    for layer, given in sources.items():
        part = parts[layer]
        stated = "、".join(dict.fromkeys(source.source for source in given if source.source))
        year = school_years(layer, part.frame) or year_of(part.as_of)
        rows.append((layer, part.as_of, year, stated, _files(given, part.table)))
    return pd.DataFrame(rows, columns=["layer", "as_of", "year", "source", "file"])


def school_years(layer: str, frame: pd.DataFrame) -> str:
    """Return the school years (学年) of a table, "2026" or "2017–2026"; empty for one that has none."""
    column = next((c for c in SCHEMAS[layer].columns if c.kind == "year" and not c.calendar), None)
    if column is None or column.name not in frame or column.name == "cohort":
        return ""
    years = frame[column.name].dropna()
    if not len(years):
        return ""
    first, last = int(years.min()), int(years.max())
    return str(first) if first == last else f"{first}–{last}"


def year_of(as_of: str) -> str:
    """Return the school year (学年, by its autumn) that a date lies in; empty for a date without a month.

    Examples
    --------
    >>> year_of("2026-09-01"), year_of("2026-03"), year_of("2026")
    ('2026', '2025', '')
    """
    found = _DATE.match(as_of.strip())
    if found is None or found[2] is None:
        return ""
    return str(int(found[1]) - (int(found[2]) < _AUTUMN))


def _files(given: Sequence[Source], table: str) -> str:
    names = list(dict.fromkeys(source.name for source in given))
    if len(names) == 1:
        return f"{names[0]} [{table}]" if table else names[0]
    more = len(names) - NAMED_FILES
    return "、".join(names[:NAMED_FILES]) + (f" (+{more})" if more > 0 else "")


def report(
    saved: Project,
    *,
    before: Project | None,
    sources: Mapping[str, Sequence[Source]],
    rows: Mapping[str, int],
    target: CRS,
    assumed: Sequence[Words],
    faults: Sequence[Fault],
    mended: pd.DataFrame | None,
) -> dict[str, Any]:
    """Return the report of an import that was saved, fit for JSON; see `planning.imports.import_files`.

    Parameters
    ----------
    saved, before : Project
        As it stands now, and before the import (None for a new one).
    sources : mapping of str to sequence of Source
        Layer -> its files.
    rows : mapping of str to int
        Rows that each layer has got.
    target : pyproj.CRS
        Of the project.
    assumed : sequence of Words
        What was taken for granted.
    faults : sequence of Fault
        What was noticed.
    mended : DataFrame or None
        Rows given back; those left out are named.
    """
    had = set(before.layers) if before else set()
    layers = [
        {
            "layer": layer,
            "zh": layer_label(layer),
            "en": layer_label(layer, "en"),
            "rows": rows[layer],
            "file": _files(given, ""),
            "files": [source.name for source in given],
            "table": given[0].table if len(given) == 1 else "",
            "replaced": layer in had,
        }
        for layer, given in sources.items()
    ]
    files = {source.name for given in sources.values() for source in given}
    return {
        "saved": True,
        "project": saved.id,
        "name": saved.name,
        "folder": str(saved.folder),
        "new": before is None,
        "version": saved.version,
        "crs": {"epsg": saved.epsg, "zh": systems.name(target), "en": systems.name(target, "en")},
        "layers": layers,
        "assumed": [words._asdict() for words in assumed],
        "warnings": records(warnings(faults)),
        "left_out": mending.left_out(mended, files),
    }
