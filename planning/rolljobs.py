"""The job that reads a roll and adds it up: bytes in and totals out, through the worker's pipes only."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gis.faults import FaultError
from planning import rolls
from planning.birthdates import CUTOFF
from planning.project import open_project
from planning.rollcount import Settings, count
from planning.rolltemplates import ROLLS

Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]

#: What the job says it is doing, which the page puts in words.
READING, LOCATING = "reading", "locating"


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

    Returns
    -------
    dict
        `counted` (a `Counted`), or `faults` where the roll cannot be read, or neither when cancelled.
    """
    project = open_project(folder)
    tell = progress or _silent
    tell(0.02, READING)
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
        return {"faults": list(error.faults)}
    tell(0.5, LOCATING)
    counted = count(
        roster,
        project.layers,
        Settings(year, cutoff),
        progress=lambda share, _said: tell(0.5 + 0.5 * share, LOCATING),
        cancelled=cancelled,
    )
    return {} if cancelled is not None and cancelled() else {"counted": counted}


def _silent(share: float, said: str) -> None:
    """Take progress and show it nowhere."""
