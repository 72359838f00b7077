"""The import of a command line: words for files, faulty rows written to a workbook, mended ones read back."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gis.faults import Fault, FaultError
from planning import gathering, importlog, imports, mending


def run(
    project_id: str,
    words: Sequence[str],
    *,
    stated: Sequence[str] = (),
    faulty: Path | None = None,
    mended: Path | None = None,
    check_only: bool = False,
    **settings: Any,
) -> dict[str, Any]:
    """Import what the words name (`planning.gathering.parse`).

    Parameters
    ----------
    project_id : str
    words, stated : sequence of str
        As in `planning.gathering.parse`.
    faulty : Path, optional
        Where to write the faulty rows as a workbook, if there are any.
    mended : Path, optional
        The workbook of faulty rows, mended.
    check_only : bool
        Save nothing.
    **settings
        Those of `planning.imports.import_files`.

    Returns
    -------
    dict
        The report of the import, `unread` added: files and tables that were not imported, in words.

    Raises
    ------
    FaultError
        As `planning.imports.import_files`, and for words that name nothing.
    """
    rows = None if mended is None else mending.read(mended)
    # Archives are unpacked in a folder that is gone afterwards.
    with tempfile.TemporaryDirectory(prefix="huapian-import-", ignore_cleanup_errors=True) as folder:
        found = gathering.parse(words, stated=stated, into=Path(folder))
        try:
            report = imports.import_files(
                project_id, found.sources, mended=rows, check_only=check_only, **settings
            )
        except FaultError as error:
            _hand_out(faulty, found, error.faults, rows)
            raise FaultError([*error.faults, *found.unread]) from None
        noticed = report.pop("faults", [])
        _hand_out(faulty, found, noticed, rows)
    said = {"warnings": importlog.records(noticed)} if check_only else {}
    return {**report, **said, "unread": importlog.records(found.unread)}


def _hand_out(path: Path | None, found: gathering.Gathered, faults: Sequence[Fault], mended: Any) -> None:
    """Write the faulty rows to a workbook, if that is wanted and there are any."""
    rows = mending.tables(found.sources, faults, mended=mended) if path is not None else {}
    if path is not None and rows:
        path.write_bytes(mending.workbook(rows))
