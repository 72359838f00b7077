"""Files into a project: read, checked across layers, put into one coordinate system, saved whole or not.

Nothing is written before every file has been read and every layer agrees with the others; the save is that of
`planning.project`, which replaces the project's settings file last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pyproj import CRS

from gis.faults import Fault, FaultError, Words, errors, register_kinds
from gis.layers import SCHEMAS, layer_label
from planning import importlog, project, settings
from planning.faultplaces import with_places
from planning.importlog import sources_of
from planning.placing import epsg_of, place, target_crs
from planning.progress import Cancelled, Progress, never, silent
from planning.project import Project
from planning.reading import Part, Source, read_all, storable

__all__ = ["Source", "attempt", "check_layers", "free_id", "import_files"]

#: What may be given for a layer: a file, or one or several described sources.
Given = str | Path | Source | Sequence[Source]


register_kinds(
    {
        "import_layer_unknown": (
            "没有名为“{found}”的图层。可用：{layers}。",
            'there is no layer "{found}". Use one of: {layers}.',
        ),
        "import_nothing": (
            "没有要导入的表。请至少为一张表选定图层。",
            "there is nothing to import. Choose the layer of at least one table.",
        ),
        "import_year_missing": (
            "新项目要有规划学年（按秋季，如 2026）。请填写。",
            "a new project needs its planning year (by its autumn, such as 2026). Enter it.",
        ),
        "import_system_fixed": (
            "项目的学制是 {system}，导入时不能改成 {found}。请先修改项目设置。",
            "the project has the {system} system; an import cannot change it to {found}. "
            "Change the project's settings first.",
        ),
    }
)


class _Stopped(Exception):  # noqa: N818 - no error: the planner cancelled
    """The planner cancelled; nothing has been saved."""


@dataclass(frozen=True)
class _Import:
    """An import under way: what goes where, and how to tell and ask the one who waits."""

    base: Path
    project_id: str
    there: Project | None
    sources: dict[str, tuple[Source, ...]]
    mended: pd.DataFrame | None
    stage_system: str
    tell: Progress
    stop: Cancelled

    def step(self, share: float, said: str) -> None:
        """Tell how far the work is; stop here if the planner cancelled."""
        if self.stop():
            raise _Stopped
        self.tell(share, said)

    def before_layer(self, number: int, files: str) -> None:
        """Tell which files come next."""
        self.step(0.75 * number / len(self.sources), files)


def import_files(
    project_id: str,
    files: Mapping[str, Given],
    *,
    name: str = "",
    year: int | None = None,
    crs: str | None = None,
    stage_system: str | None = None,
    mended: pd.DataFrame | None = None,
    check_only: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, Any]:
    """Read files into a project, a new one or one that is there; nothing is saved unless all are sound.

    Parameters
    ----------
    project_id : str
        Folder name of the project. Where there is none yet, it is created.
    files : mapping of str to path, Source or sequence of Source
        Layer -> where it is; several files become one layer. Layers of the project that are not named stay as
        they are.
    name : str
        Name of a new project; default its id.
    year : int, optional
        Planning year (学年, by its autumn) of a new project.
    crs : str, optional
        Coordinate system of the files that do not state theirs.
    stage_system : {"6-3", "5-4"}, optional
        Of a new project; "6-3" when not said, and reported as assumed.
    mended : DataFrame, optional
        Rows given back mended (`planning.mending.read`): they stand in for those of the files.
    check_only : bool
        Do everything but save: the report says what an import would say, `saved` is False and `faults` holds
        the warnings.
    home : str or Path, optional
        Folder of projects; default `planning.project.home()`.
    progress : callable, optional
        Called with a share 0 to 1 and the file being read.
    cancelled : callable, optional
        Asked before each file and before the save.

    Returns
    -------
    dict
        Fit for JSON: `saved` (False when cancelled), `project`, `name`, `folder`, `new`, `version`, `crs`
        (epsg, zh, en), `layers` (layer, zh, en, rows, file, files, table, replaced), `assumed` (zh, en),
        `warnings` (place, zh, en) and `left_out` (file, sheet, row of the rows that the planner took out).

    Raises
    ------
    FaultError
        Every fault of every file at once; then every disagreement between the layers.
    """
    base = Path(home) if home is not None else project.home()
    there = _existing(base, project_id)
    _check_request(there, project_id, files, year=year, stage_system=stage_system)
    system = there.stage_system if there else stage_system or "6-3"
    sources = {layer: _sources(given) for layer, given in files.items()}
    work = _Import(base, project_id, there, sources, mended, system, progress or silent, cancelled or never)
    new = {"name": name or project_id, "year": year, "stage_system": system}
    try:
        checked = _check(work, crs)
        if check_only:
            return {"saved": False, "project": project_id, "checked": True, "faults": checked.faults}
        return _keep(work, checked, new, assumed_system=stage_system is None)
    except _Stopped:
        return {"saved": False, "project": project_id, "layers": [], "assumed": [], "warnings": []}


def attempt(**arguments: Any) -> dict[str, Any]:
    """Import as `import_files` does, and hand faults back as data instead of raising them.

    For jobs of the app, which shows every fault in a table.

    Returns
    -------
    dict
        The report; after faults `saved` is False and `faults` holds them (list of `gis.faults.Fault`).
    """
    try:
        return import_files(**arguments)
    except FaultError as error:
        return {"saved": False, "project": arguments.get("project_id", ""), "faults": error.faults}


def free_id(name: str, home: str | Path | None = None) -> str:
    """Return an id for a new project of this name that no folder has yet."""
    base = Path(home) if home is not None else project.home()
    wanted = settings.safe_id(name)
    taken = {path.name.lower() for path in base.glob("*")}
    others = (f"{wanted[:42]}-{number}" for number in range(2, 10_000))
    return wanted if wanted not in taken else next(other for other in others if other not in taken)


def check_layers(layers: Mapping[str, pd.DataFrame], *, stage_system: str = "6-3") -> list[Fault]:
    """Return every disagreement between layers; a project that is not complete yet is no fault.

    Parameters
    ----------
    layers : mapping of str to DataFrame or GeoDataFrame
        Canonical columns, one coordinate system.
    stage_system : {"6-3", "5-4"}
        Of the project.

    Returns
    -------
    list of Fault
        Errors and warnings, without `layer_missing`: layers may come one after the other.
    """
    from gis.checks import check_project

    return [f for f in check_project(layers, stage_system=stage_system) if f.kind != "layer_missing"]


def _existing(base: Path, project_id: str) -> Project | None:
    # An id that is a path must not reach a folder elsewhere; the settings' check names that fault.
    if Path(project_id).name != project_id or not (base / project_id / settings.PROJECT_FILE).exists():
        return None
    return project.open_project(base / project_id)


def _check_request(
    there: Project | None,
    project_id: str,
    files: Mapping[str, Any],
    *,
    year: int | None,
    stage_system: str | None,
) -> None:
    """Raise what is wrong with the request before any file is read."""
    known = {"layers": list(SCHEMAS)}
    faults = [
        Fault("import_layer_unknown", found=name, params=known) for name in files if name not in SCHEMAS
    ]
    if not files:
        faults.append(Fault("import_nothing"))
    if there is None:
        faults += [Fault("import_year_missing")] if year is None else []
        faults += _setting_faults(project_id, year, stage_system)
    elif stage_system not in (None, there.stage_system):
        params = {"system": there.stage_system}
        faults.append(Fault("import_system_fixed", found=str(stage_system), params=params))
    if faults:
        raise FaultError(faults)


def _setting_faults(project_id: str, year: int | None, stage_system: str | None) -> list[Fault]:
    """Return what is wrong with the settings of a new project, as far as they are known yet."""
    # The coordinate system comes out of the files; any good one stands in for it here.
    wanted = Project(project_id, project_id or "-", Path(project_id), year or 2000, epsg=4545)
    wanted = replace(wanted, stage_system=stage_system or wanted.stage_system)
    try:
        settings.check({name: getattr(wanted, name) for name in settings.SETTINGS}, folder=wanted.folder)
    except FaultError as error:
        return [replace(fault, file="") for fault in error.faults]
    return []


def _sources(given: Given) -> tuple[Source, ...]:
    if isinstance(given, str | Path):
        return (Source(given),)
    return (given,) if isinstance(given, Source) else tuple(given)


@dataclass(frozen=True)
class _Checked:
    """Layers that have been read and agree with each other, not saved yet."""

    parts: dict[str, Part]
    placed: dict[str, pd.DataFrame]
    changed: dict[str, pd.DataFrame]
    target: CRS
    reason: Words
    faults: list[Fault]


def _check(work: _Import, crs: str | None) -> _Checked:
    """Read every file, put the layers into one coordinate system, and check them against each other."""
    kept = work.there.layers if work.there else {}
    parts = read_all(
        work.sources,
        stage_system=work.stage_system,
        crs=crs,
        schools=kept.get("schools"),
        mended=work.mended,
        before=work.before_layer,
    )
    target, reason = target_crs(work.there, {layer: part.frame for layer, part in parts.items()})
    files = {layer: "、".join(source.name for source in given) for layer, given in work.sources.items()}
    placed, warned = place({layer: part.frame for layer, part in parts.items()}, target, files=files)
    work.step(0.8, "")
    found = [*(fault for part in parts.values() for fault in part.warnings), *warned]
    changed, said = _agreeing(work, parts, placed, found)
    return _Checked(parts, placed, changed, target, reason, [*found, *said])


def _agreeing(
    work: _Import, parts: Mapping[str, Part], placed: Mapping[str, pd.DataFrame], noticed: Sequence[Fault]
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Turn names into ids, check all layers against each other; return what changed, and warnings."""
    from gis.checks import resolve_names

    kept = work.there.layers if work.there else {}
    every, said = resolve_names({**kept, **placed})
    found = [*said, *check_layers(every, stage_system=work.stage_system)]
    found = with_places(found, every, {layer: part.places for layer, part in parts.items()})
    if errors(found):
        raise FaultError([*found, *noticed])
    changed = {name for name, frame in every.items() if name in placed or frame is not kept.get(name)}
    return {name: storable(every[name]) for name in every if name in changed}, found


def _keep(
    work: _Import, checked: _Checked, new: Mapping[str, Any], *, assumed_system: bool
) -> dict[str, Any]:
    """Save what was checked and note the import in its log; return the report."""
    work.step(0.9, "")
    saved = _save(work, checked, {**new, "epsg": epsg_of(checked.target)})
    assumed = [checked.reason, *_read_as(checked.parts)]
    assumed += [] if work.there else _set(saved, assumed_system)
    report = importlog.report(
        saved,
        before=work.there,
        sources=work.sources,
        rows={layer: len(frame) for layer, frame in checked.placed.items()},
        target=checked.target,
        assumed=assumed,
        faults=checked.faults,
        mended=work.mended,
    )
    importlog.append(saved.folder, report)
    work.tell(1.0, "")
    return report


def _save(work: _Import, checked: _Checked, new: Mapping[str, Any]) -> Project:
    sources = sources_of(work.sources, checked.parts)
    if work.there is None:
        return project.create_project(
            checked.changed, id=work.project_id, folder=work.base, sources=sources, **new
        )
    old = work.there.sources
    # A layer that stays, but whose names have become ids, stays with its source.
    kept = old[old["layer"].isin(checked.changed) & ~old["layer"].isin(sources["layer"])]
    stated = pd.concat([kept[list(sources.columns)], sources], ignore_index=True)
    return project.save_layers(work.there, checked.changed, sources=stated)


def _read_as(parts: Mapping[str, Part]) -> list[Words]:
    """Return how the coordinate system of each layer is known."""
    return [
        Words(f"{layer_label(layer)}：{part.note.zh}", f"{layer_label(layer, 'en')}: {part.note.en}")
        for layer, part in parts.items()
        if part.note.zh
    ]


def _set(saved: Project, assumed_system: bool) -> list[Words]:
    """Return the settings that a new project was given without being asked."""
    system = saved.stage_system
    said = [Words(f"学制没有说明，设定为 {system}。", f"No stage system was stated; {system} is assumed.")]
    walking = Words(
        f"没有道路可走的地方，步行距离 = 直线距离 × {saved.detour:g}（设定）；"
        f"步行速度 {saved.walk_speed:g} 米/分（设定）。",
        f"Where no road leads, walking distance = straight line × {saved.detour:g} (assumed); "
        f"walking speed {saved.walk_speed:g} m/min (assumed).",
    )
    return [*(said if assumed_system else []), walking]
