import json
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from gis.faults import FaultError
from zoning import bench

SHARED = Path(__file__).parents[2] / "shared" / "bench" / "zoning"


def write(folder: Path, *, seats: int = 30, pupils: str = "10") -> tuple[Path, Path, Path]:
    names = "ABCDEF"
    units, schools, adjacency = (folder / f"{name}.csv" for name in ("units", "schools", "adjacency"))
    lines = "".join(f"{unit},{100 * k},0,{pupils}\n" for k, unit in enumerate(names))
    units.write_text("id,x,y,demand\n" + lines, encoding="utf-8-sig")
    schools.write_text(f"id,unit,x,y,capacity\nL,A,0,0,{seats}\nR,F,500,0,{seats}\n", encoding="utf-8")
    edges = "".join(f"{a},{b}\n" for a, b in pairwise(names))
    adjacency.write_text("a,b\n" + edges, encoding="utf-8")
    return units, schools, adjacency


def test_run_writes_the_plan_and_the_record(tmp_path):
    out = tmp_path / "plan.csv"
    record = bench.run(*write(tmp_path), work=2000, out=out)
    assert json.loads(bench.to_json(record)) == record
    assert list(record) == ["cost", "bound", "gap", "feasible", "seconds", "work", "violations"]
    assert record["cost"] == pytest.approx(6.0)
    assert (record["feasible"], record["violations"], bench.exit_code(record)) == (True, 0, 0)
    plan = pd.read_csv(out, dtype=str)
    assert list(plan.columns) == ["unit_id", "school_id"]
    assert "".join(plan["school_id"]) == "LLLRRR"


def test_infeasible_gives_reasons_and_no_file(tmp_path):
    out = tmp_path / "plan.csv"
    record = bench.run(*write(tmp_path, seats=20), work=2000, out=out)
    assert (record["feasible"], record["cost"], bench.exit_code(record)) == (False, None, 3)
    assert record["reasons"][0]["zh"]
    assert record["reasons"][0]["en"]
    assert not out.exists()


def test_every_fault_has_its_file_row_and_column(tmp_path):
    units, schools, adjacency = write(tmp_path, pupils="2.5")
    schools.write_text("id,unit,x,y,capacity\nL,A,0,0,many\nL,Q,nan,0,5\n", encoding="utf-8")
    adjacency.write_text("a,c\nA,B\n", encoding="utf-8")
    with pytest.raises(FaultError) as error:
        bench.run(units, schools, adjacency, work=1)
    assert [fault.found for fault in error.value.faults] == ["b"]
    adjacency.write_text("a,b\nA,B\nB,X\n", encoding="utf-8")
    with pytest.raises(FaultError) as error:
        bench.run(units, schools, adjacency, work=1)
    places = {(fault.file, fault.row, fault.column) for fault in error.value.faults}
    assert {("units.csv", 2, "demand"), ("schools.csv", 2, "capacity"), ("schools.csv", 3, "id")} <= places
    assert {("schools.csv", 3, "unit"), ("schools.csv", 3, "x"), ("adjacency.csv", 3, "b")} <= places


def test_missing_and_foreign_files(tmp_path):
    units, schools, _ = write(tmp_path)
    with pytest.raises(FaultError):
        bench.run(units, schools, tmp_path / "nowhere.csv", work=1)
    text = units.read_text(encoding="utf-8-sig").replace("A,", "甲,")
    units.write_text(text, encoding="gb18030")
    with pytest.raises(FaultError) as error:
        bench.read_bench(units, schools, tmp_path / "adjacency.csv")
    assert {fault.kind for fault in error.value.faults} == {"zoning_unit_unknown"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published instances are not here")
def test_real_study_is_solved_to_the_known_optimum():
    folder = SHARED / "bcps_es2017"
    problem = bench.read_bench(*(folder / f"{name}.csv" for name in ("units", "schools", "adjacency")))
    known = json.loads((folder / "best_known.json").read_text(encoding="utf-8"))["best_known"]
    result = bench.solve(problem, work=60_000, seed=1)
    assert result.feasible is True
    assert result.violations == 0
    assert known - 1e-6 <= result.cost <= known * 1.01
    assert result.bound <= known + 1e-6
