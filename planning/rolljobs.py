"""The job that reads a roll and adds it up: bytes in and totals out, through the worker's pipes only."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gis.faults import FaultError, Words
from planning import rolls
from planning.birthdates import CUTOFF
from planning.progress import Cancelled, Progress, silent
from planning.project import open_project
from planning.rollcount import Settings, count
from planning.rolltemplates import ROLLS

READING: Final = Words("读取名册", "reading the roll")
LOCATING: Final = Words("匹配住址", "matching addresses")


def count_roll(
    folder: str | Path,
    files: Sequence[tuple[str, bytes]],
    roll: str,
    *,
    year: int,
    cutoff: tuple[int, int] = CUTOFF,
    mapping: Mapping[str, str] | None = None,
    words: Mapping[str, Mapping[str, Any]] | None = None,
    encoding: str = "",
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, Any]:
    """Read a roll and add it up (see `planning.rolls.read`, `planning.rollcount.count`).

    Parameters
    ----------
    folder : str or Path
        The project's folder.
    files : sequence of (name, bytes)
        The roll; the bytes are never written.
    roll : str
        A name of `planning.rolltemplates.ROLLS`.
    lang : {"zh", "en"}
        Language of the progress messages.

    Returns
    -------
    dict
        `counted` (a `Counted`), or `faults` and `headers` (of the files, as far as they can be opened) where
        the roll cannot be read, or nothing when cancelled.
    """
    project = open_project(folder)
    tell = progress or silent
    tell(0.02, READING.text(lang))
    try:
        roster = rolls.read(
            files,
            ROLLS[roll],
            mapping=mapping,
            words=words,
            encoding=encoding,
            stage_system=project.stage_system,
            year=year,
        )
    except FaultError as error:
        return {"faults": list(error.faults), "headers": rolls.headers(files, ROLLS[roll], encoding=encoding)}
    tell(0.5, LOCATING.text(lang))
    counted = count(
        roster,
        project.layers,
        Settings(year, cutoff),
        progress=lambda share, _said: tell(0.5 + 0.5 * share, LOCATING.text(lang)),
        cancelled=cancelled,
    )
    return {} if cancelled is not None and cancelled() else {"counted": counted}
