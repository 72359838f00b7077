"""What each import said: `imports.jsonl` in the project's folder, one line an import, the newest last.

The layer file keeps the data; this keeps what was noticed and assumed while they were read, which cannot be
found again once the files are gone.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from gis.faults import Fault
from planning import journal

LOG_FILE: Final = "imports.jsonl"
#: Most warnings of one import that are kept one by one; the others are counted by kind.
LIMIT: Final = 2000


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
