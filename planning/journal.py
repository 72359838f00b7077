"""Small files that only grow, one JSON record a line: imports, returns, explanations, years rolled forward.

A record is on disk when `append` returns. A line cut short by a crash is left out when the file is read, and
does not spoil the next one.
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def append(path: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Add a record, with the time in UTC unless it has one (`at`); return it as it was written."""
    line = {"at": now(), **record}
    text = json.dumps(line, ensure_ascii=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if _is_cut(path):
            text = "\n" + text
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    return line


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records in the order they were written; an absent file has none."""
    if not path.is_file():
        return []
    records = []
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(record, dict):
            records.append(record)
    return records


def now() -> str:
    """Return the time in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _is_cut(path: Path) -> bool:
    """Tell whether the last line has no end, because a crash cut it short."""
    size = path.stat().st_size
    if not size:
        return False
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) != b"\n"
