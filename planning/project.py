"""A project (项目): one county's or city's layers, settings and their sources, in one folder.

The folder holds `project.toml` (settings, sources, which layer file is current), `layers-<version>.gpkg`
and `derived/` (what can be computed again). Saving writes a new layer file first and replaces
`project.toml` last, so that a crash in between leaves the project as it was.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pandas as pd

from gis.faults import Fault, FaultError
from planning import layerfile, settings, stages
from planning.settings import PROJECT_FILE

ENV_HOME: Final = "HUAPIAN_HOME"
DRAFTS_FILE: Final = "drafts.sqlite"
SOURCE_COLUMNS: Final = ("layer", "as_of", "year", "source", "file", "rows")


@dataclass(frozen=True)
class Project:
    """One project as it stands at one version.

    Attributes
    ----------
    id : str
        Safe as a folder name: lower-case letters, digits, - and _.
    name, name_en : str
        Chinese and English names.
    folder : Path
        Where it lives.
    year : int
        Planning year, a school year (学年) by its autumn.
    stage_system : {"6-3", "5-4"}
        Lengths of the primary and junior stages (六三制, 五四制).
    epsg : int
        Projected CRS in metres of every layer with geometry; 0 for a local grid (独立坐标) in metres.
    detour : float
        Walking metres per straight-line metre where no road path is known.
    walk_speed : float
        Metres per minute that turn walking distance into time.
    ride_speed : float
        Kilometres per hour of a school bus on arterial roads (`gis.riding` derives the others from it).
    min_shared : float
        Metres of shared border that make two units neighbours (`gis.adjacency.MIN_SHARED`).
    synthetic : bool
        True for invented data: 合成数据 stands wherever it is shown.
    packs : tuple of str
        Rule packs (规则包) in use, the national one first.
    version : int
        Goes up by one with every save of layers.
    layers : mapping of str to DataFrame or GeoDataFrame
        Canonical columns, read when first used; treat as immutable.
    revisions : mapping of str to int
        Version in which each layer was last saved: what is derived goes by those of the layers it needs.
    sources : DataFrame
        Columns layer, as_of (统计时点), year (学年), source, file, rows.
    """

    id: str
    name: str
    folder: Path
    year: int
    epsg: int
    name_en: str = ""
    stage_system: str = "6-3"
    detour: float = 1.3
    walk_speed: float = 60.0
    ride_speed: float = 40.0
    min_shared: float = 20.0
    synthetic: bool = False
    packs: tuple[str, ...] = ("national",)
    version: int = 0
    layers: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    revisions: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
    sources: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(SOURCE_COLUMNS)), repr=False, compare=False
    )

    @property
    def key(self) -> str:
        """Return what a cache of loaded projects goes by: folder, version and settings."""
        own = repr(sorted(_settings(self).items()))
        digest = hashlib.sha256(own.encode()).hexdigest()[:12]
        return f"{self.folder.resolve()}@{self.version}-{digest}"

    @property
    def drafts_url(self) -> str:
        """Return the SQLAlchemy URL of the drafts (方案) kept beside the layers."""
        return f"sqlite:///{(self.folder / DRAFTS_FILE).resolve().as_posix()}"

    def title(self, lang: str = "zh") -> str:
        """Return the name in a language, the Chinese one if there is no English one."""
        return self.name_en if lang == "en" and self.name_en else self.name

    def grades(self, stage: str) -> tuple[int, ...]:
        """Return the grades of a stage (学段), counted 1 to 9."""
        return stages.grades(self.stage_system, stage)

    def entry_grade(self, stage: str) -> int:
        """Return the grade entrants of a stage join."""
        return stages.entry_grade(self.stage_system, stage)

    def entry_cohort(self, stage: str, year: int | None = None) -> int:
        """Return the cohort that enters a stage in a year (default: the planning year)."""
        return stages.entry_cohort(self.stage_system, stage, self.year if year is None else year)

    def has(self, *names: str) -> bool:
        """Tell whether every named layer is there and has rows."""
        rows = dict(zip(self.sources["layer"], self.sources["rows"], strict=True))
        return all(name in self.layers and rows.get(name, 1) for name in names)


def home() -> Path:
    """Return the folder that holds the projects: `HUAPIAN_HOME`, or data/projects in the checkout."""
    given = os.environ.get(ENV_HOME, "").strip()
    return Path(given).expanduser() if given else Path(__file__).resolve().parents[1] / "data" / "projects"


def open_project(folder: str | Path) -> Project:
    """Open a project; its layers are read when first used. An edit that was cut short is finished first.

    Parameters
    ----------
    folder : str or Path
        The project's folder, or the name of one in `home()`.

    Returns
    -------
    Project

    Raises
    ------
    FaultError
        If there is no project there or its settings are wrong.
    """
    path = Path(folder)
    if not path.exists() and path.parent == Path():
        path = home() / path
    given = settings.read(path)
    sources = pd.DataFrame(given.get("sources", []), columns=list(SOURCE_COLUMNS))
    layers = layerfile.LazyLayers(_layer_file(path, given["version"]), tuple(given.get("layers", {})))
    known = {name: given[name] for name in settings.SETTINGS if name in given}
    known["packs"] = tuple(known.get("packs", ("national",)))
    stated = given.get("revisions", {})
    revisions = {name: stated.get(name, given["version"]) for name in layers}
    project = Project(folder=path, layers=layers, revisions=revisions, sources=sources, **known)
    _check(project)
    if (path / settings.UNFINISHED_FILE).exists():
        from planning import unfinished  # it opens projects itself

        unfinished.settle(project)
    return project


def list_projects(folder: str | Path | None = None) -> list[Project]:
    """List the projects that open, by name; `broken_projects` names the others.

    Parameters
    ----------
    folder : str or Path, optional
        Where to look; default `home()`.

    Returns
    -------
    list of Project
    """
    found = [_try_open(path)[0] for path in _candidates(folder)]
    return sorted((p for p in found if p is not None), key=lambda p: (p.name, p.id))


def broken_projects(folder: str | Path | None = None) -> list[Fault]:
    """Return what is wrong with the folders that look like projects and do not open."""
    return [fault for path in _candidates(folder) for fault in _try_open(path)[1]]


def create_project(
    layers: Mapping[str, pd.DataFrame],
    *,
    name: str,
    year: int,
    epsg: int,
    id: str | None = None,
    name_en: str = "",
    folder: str | Path | None = None,
    stage_system: str = "6-3",
    detour: float = 1.3,
    walk_speed: float = 60.0,
    synthetic: bool = False,
    packs: Sequence[str] = ("national",),
    sources: pd.DataFrame | None = None,
) -> Project:
    """Create a project in a new folder.

    Parameters
    ----------
    layers : mapping
        Canonical frames, geometry in `epsg`.
    name, name_en, year, epsg, stage_system, detour, walk_speed, synthetic, packs
        As in `Project`; the other settings have their defaults until `save_settings`.
    id : str, optional
        Default: made of the names, with a number where that folder is taken.
    folder : str or Path, optional
        Home of projects; default `home()`.
    sources : DataFrame, optional
        Columns layer, as_of, source, file; rows are counted here.

    Returns
    -------
    Project
        At version 1.

    Raises
    ------
    FaultError
        If a setting is wrong, or the id given is taken.
    """
    base = Path(folder) if folder is not None else home()
    chosen = id if id is not None else _free_id(base, settings.safe_id(name_en or name))
    place = base / chosen
    project = Project(
        chosen, name, place, year, epsg, name_en, stage_system, detour, walk_speed,
        synthetic=synthetic, packs=tuple(packs),
    )  # fmt: skip
    _check(project)
    if (place / PROJECT_FILE).exists():
        raise FaultError([Fault("project_exists", file=place.name)])
    place.mkdir(parents=True, exist_ok=True)
    return save_layers(project, layers, sources=sources)


def save_layers(
    project: Project,
    layers: Mapping[str, pd.DataFrame | None],
    *,
    sources: pd.DataFrame | None = None,
) -> Project:
    """Save layers into a project, whole or not at all.

    Parameters
    ----------
    project : Project
        The project as opened.
    layers : mapping
        Layers to add or replace; None takes one out. Others stay as they are.
    sources : DataFrame, optional
        Rows for the changed layers: layer, as_of, source, file.

    Returns
    -------
    Project
        The project at the next version.

    Raises
    ------
    FaultError
        If someone saved since the project was opened, or geometry is not in the project's CRS.
    OSError, pyogrio errors
        If the file cannot be written; the project stays as it was.
    """
    check_current(project)
    merged = {name: frame for name, frame in {**project.layers, **layers}.items() if frame is not None}
    _check_crs(project, merged)
    saved = replace(
        project,
        version=project.version + 1,
        sources=_merge_sources(project.sources, sources, layers, merged),
    )
    layerfile.write(_layer_file(project.folder, saved.version), merged)
    rows = {name: len(frame) for name, frame in merged.items()}
    changed = {name: saved.version for name in merged if name in layers}
    revisions = {name: project.revisions.get(name, project.version) for name in merged} | changed
    settings.write(saved.folder, _settings(saved), rows=rows, revisions=revisions, sources=saved.sources)
    _drop_old(project.folder, saved.version)
    return open_project(project.folder)


def save_settings(project: Project, **changes: object) -> Project:
    """Change settings (name, year, packs, detour ...) without touching the layers.

    Parameters
    ----------
    project : Project
        The project as opened.
    **changes
        Fields of `Project`, except id, folder, epsg, version, layers and sources.

    Returns
    -------
    Project
        The project with the new settings, at the same version: derived data go by their own settings.

    Raises
    ------
    FaultError
        If a value is wrong, or someone saved since the project was opened.
    ValueError
        If a field cannot be changed.
    """
    fixed = sorted(set(changes) - (set(settings.SETTINGS) - {"id", "epsg", "version"}))
    if fixed:
        raise ValueError(f"these settings cannot be changed: {fixed}")
    check_current(project)
    changed = replace(project, **changes)  # type: ignore[arg-type]
    _check(changed)
    rows = settings.read(project.folder).get("layers", {})
    own = {"rows": rows, "revisions": project.revisions, "sources": changed.sources}
    settings.write(changed.folder, _settings(changed), **own)
    return open_project(project.folder)


def _settings(project: Project) -> dict[str, object]:
    return {name: getattr(project, name) for name in settings.SETTINGS}


def _check(project: Project) -> None:
    settings.check(_settings(project), folder=project.folder)


def _check_crs(project: Project, layers: Mapping[str, pd.DataFrame]) -> None:
    faults = []
    for name, frame in layers.items():
        crs = getattr(frame, "crs", None)
        if "geometry" in frame.columns and not settings.same_crs(crs, project.epsg):
            found = "—" if crs is None else crs.to_string()
            params = {"expected": f"EPSG:{project.epsg}" if project.epsg else settings.LOCAL_WORDS}
            faults.append(Fault("project_crs", layer=name, found=found, params=params))
    if faults:
        raise FaultError(faults)


def check_current(project: Project) -> None:
    """Raise the fault that somebody saved the project meanwhile, if so."""
    if not (project.folder / PROJECT_FILE).exists():
        return
    now, place = settings.read(project.folder)["version"], project.folder.name
    if now != project.version:
        raise FaultError(
            [Fault("project_changed", file=place, found=str(project.version), params={"now": now})]
        )


def _merge_sources(
    old: pd.DataFrame,
    new: pd.DataFrame | None,
    changed: Mapping[str, object],
    merged: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    given = pd.DataFrame(columns=list(SOURCE_COLUMNS)) if new is None else new
    kept = old[~old["layer"].isin([*changed, *given["layer"]])]
    stated = {row["layer"]: row for frame in (kept, given) for row in frame.to_dict("records")}
    rows = [
        {**dict.fromkeys(SOURCE_COLUMNS, ""), **stated.get(name, {}), "layer": name, "rows": len(frame)}
        for name, frame in merged.items()
    ]
    return pd.DataFrame(rows, columns=list(SOURCE_COLUMNS)).astype({"rows": int})


def _layer_file(folder: Path, version: int) -> Path:
    return folder / f"layers-{version}.gpkg"


def _drop_old(folder: Path, version: int) -> None:
    # The version before stays for those who still have it open; a locked older one goes next time.
    for path in folder.glob("layers-*.gpkg*"):
        number = path.name.removeprefix("layers-").split(".")[0]
        if number.isdecimal() and int(number) < version - 1:
            _unlink(path)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        return


def _free_id(base: Path, wanted: str) -> str:
    taken = {path.name.lower() for path in base.glob("*")}
    if wanted not in taken:
        return wanted
    return next(c for n in range(2, 10_000) if (c := f"{wanted[:42]}-{n}") not in taken)


def _candidates(folder: str | Path | None) -> list[Path]:
    base = Path(folder) if folder is not None else home()
    return sorted(path.parent for path in base.glob(f"*/{PROJECT_FILE}"))


def _try_open(path: Path) -> tuple[Project | None, list[Fault]]:
    try:
        return open_project(path), []
    except FaultError as error:
        return None, list(error.faults)
