"""The command line's contracts: what goes in, what comes out, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
UNITS = "id,x,y,demand\n" + "".join(f"u{i},{1000 * i},0,{10 + i}\n" for i in range(6))
SCHOOLS = "id,unit,x,y,capacity\nwest,u0,0,0,{room}\neast,u5,5000,0,45\n"
ADJACENCY = "a,b\n" + "".join(f"u{i},u{i + 1}\n" for i in range(5))
HISTORY = "year,district,school,grade,enrolment\n" + "".join(
    f"{year},D,{school},{grade},{30 + 2 * grade + year % 3}\n"
    for year in range(2016, 2024)
    for school in ("A", "B")
    for grade in range(1, 7)
)


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "cli.py", *map(str, words)]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300)


def zone(
    folder: Path, *words: object, units: str = UNITS, room: object = 45
) -> subprocess.CompletedProcess[str]:
    for name, text in {"u": units, "s": SCHOOLS.format(room=room), "a": ADJACENCY}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    files = [x for key in ("units", "schools", "adjacency") for x in (f"--{key}", folder / f"{key[0]}.csv")]
    return run("zone", *files, "--seed", 1, "--out", folder / "plan.csv", *words)


def test_a_plan_its_cost_and_its_proof(tmp_path):
    done = zone(tmp_path, "--seconds", 8)
    record = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    assert record["feasible"] is True and record["violations"] == 0
    # in pupil-km: u1 and u2 walk 1 and 2 km west, u3 and u4 walk 2 and 1 km east, u0 and u5 are there
    assert record["cost"] == pytest.approx(11 * 1 + 12 * 2 + 13 * 2 + 14 * 1)
    assert record["bound"] <= record["cost"] + 1e-6
    assert record["gap"] == pytest.approx((record["cost"] - record["bound"]) / record["cost"])
    plan = pd.read_csv(tmp_path / "plan.csv")
    assert plan.columns.tolist() == ["unit_id", "school_id"]
    assert plan["school_id"].tolist() == ["west"] * 3 + ["east"] * 3


def test_the_same_work_and_seed_give_the_same_plan(tmp_path):
    plans = []
    for _ in range(2):
        assert zone(tmp_path, "--work", 50).returncode == 0
        plans.append((tmp_path / "plan.csv").read_bytes())
    assert plans[0] == plans[1]


def test_optional_rules_of_a_file_are_kept_and_their_faults_told_all_at_once(tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text('{"least": 37, "together": [["u2", "u3"]], "share": 1}', encoding="utf-8")
    done = zone(tmp_path, "--work", 200, "--rules", rules, room=70)
    record = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 3 and record["reasons"], done.stderr  # 75 pupils are 46 and 29, or 21 and 54
    rules.write_text('{"least": 25, "together": [["u2", "u3"]]}', encoding="utf-8")
    done = zone(tmp_path, "--work", 200, "--rules", rules, room=70)
    record = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0 and record["violations"] == 0, done.stderr
    assert pd.read_csv(tmp_path / "plan.csv")["school_id"].tolist() == ["west"] * 4 + ["east"] * 2
    rules.write_text('{"share": "much", "lest": 3, "together": ["u2"]}', encoding="utf-8")
    done = zone(tmp_path, "--work", 5, "--rules", rules, room="many")
    assert done.returncode == 2
    assert all(found in done.stderr for found in ("share", "lest", "together", "many"))
    rules.write_text('{"most_moved": 20}', encoding="utf-8")
    done = zone(tmp_path, "--work", 5, "--rules", rules)
    assert done.returncode == 2 and "most_moved" in done.stderr
    rules.write_text('{"balance": "poor", "deviation": 0.1}', encoding="utf-8")
    lines = [
        line + tail for line, tail in zip(UNITS.splitlines(), [",poor", ",12%", *[",3"] * 5], strict=True)
    ]
    done = zone(tmp_path, "--work", 5, "--rules", rules, units="\n".join(lines) + "\n")
    assert done.returncode == 2 and "12%" in done.stderr  # not taken for the mean of the others


def test_too_few_seats_are_proven_and_said(tmp_path):
    done = zone(tmp_path, "--seconds", 5, room=20)
    assert done.returncode == 3
    record = json.loads(done.stdout.splitlines()[-1])
    assert record["feasible"] is False and record["reasons"]
    assert not (tmp_path / "plan.csv").exists()


def test_every_fault_of_the_input_at_once(tmp_path):
    bad = UNITS.replace("u1,1000,0,11", "u1,1000,0,-11").replace("u2,2000", "u2,two")
    done = zone(tmp_path, "--seconds", 5, units=bad, room="many")
    assert done.returncode == 2
    assert all(found in done.stderr for found in ("-11", "two", "many"))
    assert not (tmp_path / "plan.csv").exists()


def test_forecast_adds_up_over_levels(tmp_path):
    (tmp_path / "h.csv").write_text(HISTORY, encoding="utf-8")
    done = run("forecast", "--history", tmp_path / "h.csv", "--until", 2026, "--out", tmp_path / "f.csv")
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(tmp_path / "f.csv")
    assert frame.columns.tolist() == [
        "level", "district", "school", "grade", "year", "mean", "low", "median", "high",
    ]  # fmt: skip
    totals = frame.groupby(["level", "year"])["mean"].sum().unstack("level")
    assert (totals["cell"] == totals["school"]).all() and (totals["cell"] == totals["district"]).all()
    assert (frame["low"] <= frame["high"]).all()


def files(folder: Path, **texts: str) -> list[object]:
    words: list[object] = []
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        words += [f"--{name}", folder / f"{name}.csv"]
    return words


ESTATES = "estate_id,school,households,handover_year,primary_yield,junior_yield,from_outside\n"


def test_a_forecast_with_all_its_files_has_scenarios_and_every_level(tmp_path):
    words = files(
        tmp_path,
        history=HISTORY,
        births="year,district,births\n" + "".join(f"{year},D,80\n" for year in range(2009, 2020)),
        entrants="year,district,children\n"
        + "".join(f"{year},D,{30 if year == 2025 else 68}\n" for year in range(2018, 2026)),
        estates=ESTATES + "e1,A,600,2023,0.3,0.1,1\n",
        groups="school,zone\nA,east\nB,west\n",
    )
    more = ["--system", "5-4", "--cutoff", 12, "--scenarios", "--all-levels"]
    done = run("forecast", *words, *more, "--until", 2026, "--out", tmp_path / "f.csv")
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(tmp_path / "f.csv", keep_default_na=False)
    assert set(frame["scenario"]) == {"低", "中", "高"}
    assert {"cell", "school", "district", "area", "area_stage", "zone", "zone_stage"} <= set(frame["level"])
    assert set(frame.loc[frame["level"] == "area_stage", "stage"]) == {"primary", "junior"}
    middle = frame[frame["scenario"] == "中"]
    sums = middle.groupby(["level", "year"])["mean"].sum().unstack("level")
    assert sums.eq(sums["cell"], axis=0).all().all()
    first = middle[(middle["level"] == "area_grade") & (middle["grade"] == "1")].set_index("year")["mean"]
    assert first[2025] < 0.7 * first[2024]  # as the register says
    grown = middle[middle["level"] == "zone"].set_index(["group", "year"])["mean"]
    assert grown["east", 2026] > grown["west", 2026] + 50


def test_faults_of_several_files_are_said_at_once(tmp_path):
    words = files(
        tmp_path,
        history=HISTORY + "2023,D,A,1,-4\n",
        births="year,district,births\n2017,D,lots\n",
        estates=ESTATES + "e1,A,many,2024,0.3,0.1,1\ne2,Z,100,,0.3,0.1,\n",
        groups="zone\nx\n",
    )
    done = run("forecast", *words, "--until", 2026, "--out", tmp_path / "f.csv")
    assert done.returncode == 2
    for found in ("-4", "lots", "many", "groups.csv", "from_outside", '"Z"'):
        assert found in done.stderr, found
    assert "is blank" not in done.stderr  # "many" is said once
    assert not (tmp_path / "f.csv").exists()


def test_a_forecast_is_of_files_or_of_a_project(tmp_path):
    for words in ([], [*files(tmp_path, history=HISTORY), "--project", "x"]):
        done = run("forecast", *words, "--until", 2026, "--out", tmp_path / "f.csv")
        assert done.returncode == 2 and "--project" in done.stderr


def test_what_a_forecast_would_not_heed_is_refused(tmp_path):
    own = ["--project", "x", "--system", "5-4"], [*files(tmp_path, history=HISTORY), "--from-outside", 0.5]
    for words, why in zip(own, ("--system", "--from-outside"), strict=True):
        done = run("forecast", *words, "--until", 2026, "--out", tmp_path / "f.csv")
        assert done.returncode == 2 and why in done.stderr and not (tmp_path / "f.csv").exists()


def test_a_bad_history_says_every_fault_and_writes_nothing(tmp_path):
    broken = HISTORY + "2023,D,A,1,40\n2023,D,A,7,-3\n2023,D,A,8,many\n"
    (tmp_path / "h.csv").write_text(broken, encoding="utf-8")
    done = run("forecast", "--history", tmp_path / "h.csv", "--until", 2026, "--out", tmp_path / "f.csv")
    assert done.returncode == 2
    assert "-3" in done.stderr and "many" in done.stderr
    assert not (tmp_path / "f.csv").exists()


def test_a_forecast_from_files_joins_histories_by_the_lineage_table(tmp_path):
    """B was Z until 2019: unstated it is warned of or unknown, stated its whole past counts."""
    (tmp_path / "all.csv").write_text(HISTORY, encoding="utf-8")
    past = pd.read_csv(tmp_path / "all.csv", dtype=str)
    was = (past["school"] == "B") & (past["year"].astype(int) < 2020)
    past.assign(school=past["school"].mask(was, "Z")).to_csv(tmp_path / "h.csv", index=False)
    (tmp_path / "lineage.csv").write_text(
        "对象,变更,生效学年,原编号,现编号\n学校,更名,2020,Z,B\n", encoding="utf-8"
    )
    words = ["forecast", "--until", 2026]
    whole = run(*words, "--history", tmp_path / "all.csv", "--out", tmp_path / "a.csv")
    joined = run(
        *words,
        "--history",
        tmp_path / "h.csv",
        "--lineage",
        tmp_path / "lineage.csv",
        "--out",
        tmp_path / "b.csv",
    )
    assert (whole.returncode, joined.returncode) == (0, 0), joined.stderr
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()
    (tmp_path / "lineage.csv").write_text(
        "对象,变更,生效学年,原编号,现编号\n学校,更名,2020,Z,\n", encoding="utf-8"
    )
    (tmp_path / "bad.csv").write_text("year,district,births\n2017,D,lots\n", encoding="utf-8")
    more = [
        "--births",
        tmp_path / "bad.csv",
        "--lineage",
        tmp_path / "lineage.csv",
        "--out",
        tmp_path / "c.csv",
    ]
    done = run(*words, "--history", tmp_path / "h.csv", *more)
    assert done.returncode == 2 and "lots" in done.stderr and "renamed" in done.stderr
    assert not (tmp_path / "c.csv").exists()


def test_kindergarten_rolls_tell_of_entrants_from_the_command_line(tmp_path):
    rolls = "year,district,grade,children\n" + "".join(
        f"{year},D,大班,{64 + 2 * ((year + 1) % 3) if year < 2023 else 120}\n" for year in range(2014, 2024)
    )
    words = files(tmp_path, history=HISTORY, kindergarten=rolls)
    out = ["--until", 2025, "--all-levels", "--out", tmp_path / "f.csv"]
    done = run("forecast", *words, *out)
    assert done.returncode == 0, done.stderr
    assert "大班" in done.stdout
    frame = pd.read_csv(tmp_path / "f.csv", keep_default_na=False)
    first = frame[(frame["level"] == "area_grade") & (frame["grade"] == "1")].set_index("year")
    assert first["basis"].tolist() == ["kindergarten", "assumed"]
    assert first.loc[2024, "mean"] == pytest.approx(120, abs=3) and first.loc[2025, "mean"] < 75
