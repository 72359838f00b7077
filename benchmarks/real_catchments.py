"""Catchments on two real places, from published polygons to a plan: Gongyi county and south-west Baltimore.

Both go the way a planner's files go: import into a project, territories and neighbours from the polygons,
the catchment problem, a draft, the optimiser as a job, the checks, a map. Plans are then costed on the points
that the published values were computed on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import real_maps
from benchmarks.real_report import BENCH, Report, imported, pairs
from gis.adjacency import from_territories
from planning import imports, jobs, spatial, zoneproblem
from planning.imports import Source
from planning.project import Project, open_project
from zoning import check, draft, indicators
from zoning.bench import read_bench
from zoning.problem import Problem

STAGE = "primary"
GONGYI_YEAR, BALTIMORE_YEAR = 2026, 2015
_TOTALS = [
    "pupil_km",
    "mean_walk_m",
    "longest_walk_m",
    "over",
    "share_nearest",
    "cut_off_units",
    "violations",
]


@dataclass(frozen=True)
class Effort:
    """How long the optimiser may search: seconds, or work, which gives the same plan on every run."""

    seconds: float | None = 60.0
    work: int | None = None
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.seconds:g} s" if self.seconds is not None else f"{self.work:,} work"


@dataclass(frozen=True)
class Place:
    """A project made of real files, and the published instance it is compared with.

    Attributes
    ----------
    project : Project
        As imported.
    year : int
        The year planned for.
    instance : Path
        Folder of the published instance.
    published : Problem
        That instance: its points, its neighbours.
    standing : mapping
        Its best_known.json.
    """

    project: Project
    year: int
    instance: Path
    published: Problem
    standing: Mapping[str, Any]


def gongyi(report: Report, *, home: Path, out: Path, effort: Effort, bench: Path = BENCH) -> None:
    """Import, plan and map Gongyi: 1,276 real units, 18 schools."""
    place = load_gongyi(report, home=home, bench=bench)
    compare_neighbours(report, place)
    problem = zoneproblem.build(place.project, STAGE, place.year)
    compare_points(report, place, problem)
    report.part("nearest-with-room draft, walks as the project knows them (straight line x 1.3)")
    first = draft.nearest_with_room(problem)
    describe(report, "draft", problem, first, place)
    best = optimised(report, place, effort)
    describe(report, "plan", problem, best, place)
    report.table(indicators.summary(problem, best).drop(columns="cut_off_units"))
    like_for_like(report, place, effort)
    words = real_maps.GONGYI
    report.page(out, "gongyi_draft", real_maps.plan_map(place.project, problem, first, words["draft"]))
    report.page(out, "gongyi_plan", real_maps.plan_map(place.project, problem, best, words["plan"]))


def baltimore(report: Report, *, home: Path, out: Path, effort: Effort, bench: Path = BENCH) -> None:
    """Diagnose the boundary in force of a real study; find a plan that keeps every rule and walks less."""
    place = load_baltimore(report, home=home, bench=bench)
    compare_neighbours(report, place)
    problem = zoneproblem.build(place.project, STAGE, place.year)
    compare_points(report, place, problem)
    force = in_force(place.project)
    report.part("the boundary in force (ES1516)")
    describe(report, "force", problem, force, place)
    cut = cut_off_by_border(report, place, force)
    report.table(indicators.summary(problem, force))
    report.part("nearest-with-room draft")
    describe(report, "draft", problem, draft.nearest_with_room(problem), place, reference=force)
    best = optimised(report, place, effort)
    describe(report, "plan", problem, best, place, reference=force)
    report.table(indicators.summary(problem, best))
    like_for_like(report, place, effort, reference=force)
    words = real_maps.BALTIMORE
    page = real_maps.plan_map(place.project, problem, force, words["force"], cut_off=cut)
    report.page(out, "baltimore_in_force", page)
    page = real_maps.plan_map(place.project, problem, best, words["plan"], reference=force)
    report.page(out, "baltimore_plan", page)


def load_gongyi(report: Report, *, home: Path, bench: Path = BENCH) -> Place:
    """Import the polygons of Gongyi with the schools of gy2_18c; every resident counts as one pupil."""
    instance = bench / "zoning" / "gy2_18c"
    schools = pd.read_csv(instance / "schools.csv")
    units = pd.read_csv(instance / "units.csv")
    tables = {
        "schools": pd.DataFrame(
            {
                "学校代码": schools["id"],
                "学校名称": [f"学校{n}" for n in schools["id"]],
                "办学类型": "小学",
                "小学招生计划": schools["capacity"],
                "x": schools["x"],
                "y": schools["y"],
            }
        ),
        "children": pd.DataFrame(
            {"单元编号": units["id"], "入学年份": GONGYI_YEAR, "适龄儿童数": units["demand"]}
        ),
    }
    files = written(home, tables)
    polygons = bench / "geometry" / "gongyi_units.geojson"
    files["units"] = Source(polygons, mapping={"demand": "residents"})
    report.line("  residents stand in for pupils: the published demand is the population of each unit,")
    report.line("  entered as the entrants of one year against capacities that are entered as 招生计划.")
    return _load(report, "gongyi", "巩义", GONGYI_YEAR, files, instance, home)


def load_baltimore(report: Report, *, home: Path, bench: Path = BENCH) -> Place:
    """Import the planning blocks, pupils, schools and boundary in force of the Baltimore study."""
    instance = bench / "zoning" / "bcps_es2017"
    schools = pd.read_csv(instance / "schools.csv")
    units = pd.read_csv(instance / "units.csv")
    tables = {
        "schools": pd.DataFrame(
            {
                "school id": schools["id"].str.replace(" ES", "").str.replace(" ", "-"),
                "school name": schools["id"],
                "kind of school": "primary school",
                "primary intake": schools["capacity"],
                "x": schools["x"],
                "y": schools["y"],
            }
        ),
        "children": pd.DataFrame(
            {"unit id": units["id"], "cohort": BALTIMORE_YEAR, "children": units["demand"]}
        ),
        "catchments": pd.DataFrame(
            {
                "stage": STAGE,
                "from_year": BALTIMORE_YEAR,
                "unit_id": units["id"],
                "zone_id": units["ES1516"],
            }
        ),
    }
    files = written(home, tables)
    files["schools"] = Source(files["schools"].path, crs="EPSG:26985")
    polygons = bench / "geometry" / "baltimore_sw_planning_blocks.geojson"
    files["units"] = Source(polygons, mapping={"PBID": "unit_id"})
    report.line("  pupils of all grades K-5 against all seats: the source has one number a block, entered as")
    report.line(
        "  one cohort, and the seats as intake. Schools are in EPSG:26985, which the user must state."
    )
    return _load(report, "baltimore", "Baltimore SW", BALTIMORE_YEAR, files, instance, home)


def written(home: Path, tables: Mapping[str, pd.DataFrame]) -> dict[str, Source]:
    """Write tables as the CSV files a bureau would hand in."""
    folder = home / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig")
    return {name: Source(folder / f"{name}.csv") for name in tables}


def _load(
    report: Report, name: str, title: str, year: int, files: dict[str, Source], instance: Path, home: Path
) -> Place:
    record = imports.import_files(name, files, name=title, year=year, home=home)
    imported(report, record)
    project = open_project(record["folder"])
    report.figures["epsg"] = project.epsg
    done = spatial.derive(project)
    report.part("derived: " + ", ".join(f"{step} {rows:,}" for step, rows in done.items()))
    tables = (instance / f"{table}.csv" for table in ("units", "schools", "adjacency"))
    published = _by_project_id(project, read_bench(*tables))
    standing = json.loads((instance / "best_known.json").read_text(encoding="utf-8"))
    return Place(project, year, instance, published, standing)


def _by_project_id(project: Project, problem: Problem) -> Problem:
    """Return a published problem whose zones have the ids that the project's schools have."""
    schools = project.layers["schools"]
    own = {
        **dict(zip(schools["school_id"], schools["school_id"])),
        **dict(zip(schools["name"], schools["school_id"])),
    }
    fields = {name: getattr(problem, name) for name in problem.__dataclass_fields__}
    return Problem(**{**fields, "zone_ids": pd.Index([own[z] for z in problem.zone_ids], dtype="str")})


def compare_neighbours(report: Report, place: Place) -> None:
    """Set the neighbours found from the polygons beside the published ones, and say why they differ."""
    found = spatial.adjacency(place.project)
    theirs = pd.read_csv(place.instance / "adjacency.csv")
    ours, published = pairs(found), pairs(theirs)
    report.part("neighbours from the polygons beside the published adjacency.csv")
    report.figure("pairs", "pairs found", len(ours), len(published), "published")
    report.figure("pairs_common", "in both", len(ours & published))
    report.figure("pairs_extra", "only ours", len(ours - published))
    report.figure("pairs_missing", "only published", len(published - ours))
    _say_why(report, place, found, ours, published)


def _say_why(report: Report, place: Place, found: pd.DataFrame, ours: Any, published: Any) -> None:
    """Say for each pair that only one side has how long its border is and how far apart the polygons lie."""
    shapes = place.project.layers["units"].set_index("unit_id").geometry
    shared = found.set_index(["a", "b"])["shared_m"]
    extra = sorted(ours - published, key=lambda p: -shared[p])
    missing = pd.DataFrame(sorted(published - ours), columns=["a", "b"])
    apart = [shapes[a].distance(shapes[b]) for a, b in missing.itertuples(index=False)]
    corner = sum(distance <= 0.001 for distance in apart)
    report.figure(
        "missing_corner", "only published, polygons meet in a corner: no border to walk across", corner
    )
    rest = missing[[distance > 0.001 for distance in apart]].assign(gap_m=[d for d in apart if d > 0.001])
    if len(rest):
        report.line("  only published, polygons apart:")
        report.table(rest)
    if extra:
        report.line(
            "  only ours, metres of border: " + ", ".join(f"{a}-{b} {shared[a, b]:.1f}" for a, b in extra)
        )


def compare_points(report: Report, place: Place, problem: Problem) -> None:
    """Say how the straight lines of the project differ from the published ones."""
    ours = pd.DataFrame(problem.metres, problem.unit_ids, problem.zone_ids) / place.project.detour
    theirs = pd.DataFrame(place.published.metres, place.published.unit_ids, place.published.zone_ids)
    off = (ours.loc[theirs.index, theirs.columns] - theirs).abs().to_numpy()
    report.part("straight lines of the project beside the published ones, all pairs")
    report.figure("off_median", "median difference, m", float(np.median(off)))
    report.figure("off_max", "greatest difference, m", float(off.max()))
    own = zoneproblem.anchors(place.project, STAGE).set_index("zone_id")["unit_id"]
    published = place.published
    homes = {z: published.unit_ids[a[0]] for z, a in zip(published.zone_ids, published.anchors)}
    same = sum(own[zone] == unit for zone, unit in homes.items())
    report.figure("schools_at_home", "schools found in the unit the instance names", same, len(homes), "of")


def in_force(project: Project) -> pd.Series:
    """The catchments in force as a plan."""
    return project.layers["catchments"].set_index("unit_id")["zone_id"]


def describe(
    report: Report,
    name: str,
    problem: Problem,
    plan: pd.Series,
    place: Place,
    *,
    reference: pd.Series | None = None,
) -> None:
    """Say what a plan comes to on the project's walks and on the published points and neighbours."""
    own = indicators.totals(problem, plan, reference=reference)
    outside = indicators.totals(place.published, plan, reference=reference)
    columns = _TOTALS if reference is None else [*_TOTALS, "moved"]
    both = pd.DataFrame({"project": own[columns], "published points": outside[columns]})
    report.table(both)
    for key in columns:
        report.figures[f"{name}_{key}"] = float(own[key])
        report.figures[f"{name}_published_{key}"] = float(outside[key])
    best = float(place.standing["best_known"])
    words = "pupil-km on the published points"
    report.figure(f"{name}_km", words, outside["pupil_km"], best, "published best")
    _broken(report, problem, plan)


def _broken(report: Report, problem: Problem, plan: pd.Series) -> None:
    found = check.check(problem, plan)
    for kind, rows in found.groupby("kind", sort=False):
        named = rows["zone_id" if kind == "overload" else "unit_id"]
        listed = ", ".join(f"{n} {a:,}" for n, a in list(zip(named, rows["amount"]))[:8])
        report.line(f"  {kind}: {len(rows)} ({rows['amount'].sum():,} pupils): {listed}")


def cut_off_by_border(report: Report, place: Place, plan: pd.Series) -> list[str]:
    """Say which units are cut off where a longer border is asked for; return those of the published rule."""
    territories = spatial.territories(place.project)
    own = zoneproblem.build(place.project, STAGE, place.year)
    cut: dict[float, list[str]] = {}
    for metres in (1.0, 20.0):
        links = from_territories(territories, min_shared=metres)
        problem = with_links(place, own, links)
        broken = check.check(problem, plan)
        cut[metres] = sorted(broken.loc[broken["kind"] == "cut_off", "unit_id"])
        report.line(
            f"  cut off where neighbours share {metres:g} m or more: {', '.join(cut[metres]) or 'none'}"
        )
        report.figures[f"cut_off_{metres:g}m"] = len(cut[metres])
    broken = check.check(place.published, plan)
    published = sorted(broken.loc[broken["kind"] == "cut_off", "unit_id"])
    report.line(f"  cut off by the published neighbours (more than 20 m): {', '.join(published)}")
    report.figure("cut_off_published", "units cut off, published neighbours", len(published), 3, "published")
    return cut[20.0]


def with_links(place: Place, points: Problem, links: pd.DataFrame) -> Problem:
    """Return the problem of the place with the walks of ``points`` and these neighbours."""
    walks = pd.DataFrame(points.metres, points.unit_ids, pd.Index(points.zone_ids, name="zone_id"))
    long = walks.rename_axis("unit_id").reset_index().melt("unit_id", value_name="metres")
    homes = [
        (z, c, points.unit_ids[u])
        for z, c, a in zip(points.zone_ids, points.capacity, points.anchors)
        for u in a
    ]
    zones = pd.DataFrame(homes, columns=["zone_id", "capacity", "unit_id"])
    demand = pd.Series(points.demand, index=points.unit_ids)
    return Problem.from_frames(demand, zones, long, links[["a", "b"]])


def optimised(report: Report, place: Place, effort: Effort) -> pd.Series:
    """Optimise as the app does: a job in a worker process that opens the project itself."""
    report.part(f"optimised for {effort} by a job, as the app does")
    arguments: dict[str, Any] = {"folder": str(place.project.folder), "stage": STAGE, "year": place.year}
    with jobs.start("planning.tasks:optimise_job", **arguments, **asdict(effort)) as job:
        state = job.wait()
    if state.status != "done":
        raise RuntimeError(f"the job is {state.status}: {state.error or state.detail}")
    _outcome(report, "plan", state.result)
    report.figure("job_seconds", "seconds, the worker's start included", state.seconds)
    return state.result.zones


def _outcome(report: Report, name: str, result: Any) -> None:
    words = {True: "feasible", False: "proven infeasible", None: "undecided"}[result.feasible]
    report.line(f"  {words}; {result.violations} violations; {result.seconds:.1f} s, work {result.work:,}")
    report.figure(f"{name}_cost", "pupil-km", result.cost)
    report.figure(f"{name}_bound", "lower bound", result.bound)
    report.figure(f"{name}_gap", "gap", result.gap)


def like_for_like(
    report: Report, place: Place, effort: Effort, *, reference: pd.Series | None = None
) -> None:
    """Optimise the published points over the neighbours found from the polygons, beside the best known."""
    from zoning.optimise import optimise

    report.part(f"like for like: published points, neighbours from the polygons, {effort}")
    problem = with_links(place, place.published, spatial.adjacency(place.project))
    result = optimise(problem, **asdict(effort))
    _outcome(report, "like", result)
    describe(report, "like", problem, result.zones, place, reference=reference)
