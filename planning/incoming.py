"""Next year's files before the year is opened: a project of its own in the folder `next` of this year's one.

Files go into it as into any other project; beside them stand the lineage table and the planner's answers
about units without a zone. Nothing of this year's project is touched.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from planning import lineage, settings
from planning.project import SOURCE_COLUMNS, Project, open_project

NEXT: Final = "next"
ANSWERS_FILE: Final = "answers.json"

register_kinds(
    {
        "next_year_order": (
            "本项目是 {found} 学年，只能转入它之后的学年。请改学年。",
            "this project is of the school year {found}; only a later one can follow it. Change the year.",
        ),
    }
)

#: Stage -> unit of next year -> the zone that the planner chose for it in the plan in force.
Answers = Mapping[str, Mapping[str, str]]


def begin(project: Project, *, year: int) -> Project:
    """Make the place that next year's files go into; nothing of this year's is in it.

    Parameters
    ----------
    project : Project
        This year's project.
    year : int
        Next year.

    Returns
    -------
    Project
        In the folder `next`, without layers, with this project's settings and coordinate system.

    Raises
    ------
    FaultError
        If the year is not after the project's.
    """
    if year <= project.year:
        raise FaultError([Fault("next_year_order", found=str(project.year))])
    folder = project.folder / NEXT
    folder.mkdir(exist_ok=True)
    started = replace(project, id=NEXT, name=f"{project.name} {year}", folder=folder, year=year, version=0)
    values = {name: getattr(started, name) for name in settings.SETTINGS}
    settings.check(values, folder=folder)
    nothing = pd.DataFrame(columns=list(SOURCE_COLUMNS))
    settings.write(folder, values, rows={}, revisions={}, sources=nothing)
    return open_project(folder)


def staged(project: Project) -> Project | None:
    """Return what has come in for next year, None where nothing has been begun."""
    folder = project.folder / NEXT
    return open_project(folder) if (folder / settings.PROJECT_FILE).exists() else None


def target(project: Project) -> dict[str, Any]:
    """Return where an import of next year's files goes: arguments of `planning.imports.import_files`."""
    return {"project_id": NEXT, "home": project.folder}


def drop(project: Project) -> None:
    """Throw away what has come in for next year, its lineage table and answers."""
    shutil.rmtree(project.folder / NEXT, ignore_errors=True)


def table(staged: Project) -> pd.DataFrame:
    """Return the lineage table as far as the planner has settled it."""
    return lineage.stored(staged.folder)


def settle(staged: Project, frame: pd.DataFrame) -> None:
    """Keep the lineage table as the planner has settled it.

    Raises
    ------
    FaultError
        If rows are incomplete or contradict each other.
    """
    faults = lineage.check(frame)
    if faults:
        raise FaultError(faults)
    lineage.store(staged.folder, frame)


def answers(staged: Project) -> dict[str, dict[str, str]]:
    """Return the zones that the planner chose for units without one."""
    place = staged.folder / ANSWERS_FILE
    return json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}


def answer(staged: Project, given: Answers) -> None:
    """Keep the zones that the planner chose; they take the place of those chosen before."""
    place: Path = staged.folder / ANSWERS_FILE
    scratch = place.with_suffix(".writing")
    text = json.dumps({stage: dict(zones) for stage, zones in given.items()}, ensure_ascii=False)
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(place)
