"""`cli.py import` and `cli.py doctor`: their output, their exits, and what they leave behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from planning import mending

ROOT = Path(__file__).parents[1]
UNITS = "小区编号,小区名称,经度,纬度\n" + "".join(
    f"U{n},小区{n},{109.98 + n / 300:.4f},39.82\n" for n in range(6)
)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("HUAPIAN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def units(tmp_path) -> Path:
    path = tmp_path / "小区.csv"
    path.write_text(UNITS, encoding="gb18030")
    return path


def run(*words: object):
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def test_a_file_becomes_a_project(units, home):
    done = run("import", "row", f"units={units}", "--name", "一行", "--year", 2026)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["saved"], report["layers"][0]["rows"], report["crs"]["epsg"]) == (True, 6, 4546)
    assert (home / "row" / "project.toml").is_file()


def test_faults_of_all_files_stand_on_stderr_in_both_languages(tmp_path, units, home):
    bad = tmp_path / "b.csv"
    bad.write_text("年份,出生人数\n2020,-3\n", encoding="utf-8")
    done = run("import", "row", f"units={units}x", f"births={bad}", "--year", 2026)
    assert done.exit_code == 2
    assert "-3" in done.stderr and "小区.csvx" in done.stderr
    assert "负数" in done.stderr and "negative" in done.stderr
    assert done.stdout == "" and not home.exists()


def test_a_word_without_a_layer_is_bad_input(units, home):
    done = run("import", "row", units, "=b.csv", "births=b.csv", "--year", 2026)
    assert done.exit_code == 2
    assert "units=小区.xlsx" in done.stderr and "layer=file" in done.stderr
    assert "=b.csv" in done.stderr and str(units) in done.stderr
    assert not home.exists()


def test_a_folder_of_returns_becomes_layers(tmp_path, units, home):
    folder = tmp_path / "来件"
    (folder / "班额").mkdir(parents=True)
    units.rename(folder / units.name)
    for town, school in (("甲镇", "S1"), ("乙镇", "S2")):
        rows = "".join(f"{school},2026,一年级,{n},40\n" for n in (1, 2))
        text = f"学校代码,学年,年级,班号,班额\n{rows}"
        (folder / "班额" / f"班额_{town}.csv").write_text(text, encoding="gb18030")
    (folder / "旧表.et").write_bytes(b"WPS")
    (folder / "别的.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    done = run("import", "row", folder, "--year", 2026)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert {row["layer"]: row["rows"] for row in report["layers"]} == {"units": 6, "classes": 4}
    assert report["layers"][1]["files"] == ["班额_乙镇.csv", "班额_甲镇.csv"]
    said = " ".join(line["zh"] for line in report["unread"])
    assert "旧表.et" in said and "另存为" in said and "别的.csv" in said


def test_the_system_of_one_file_is_stated(tmp_path, units, home):
    done = run("import", "row", f"units={units}", "--year", 2026, "--crs-of", f"{units.name}=BD-09")
    assert done.exit_code == 0, done.output
    assert "BD-09" in done.stdout
    wrong = run("import", "row", f"units={units}", "--crs-of", "nowhere.csv=BD-09")
    assert wrong.exit_code == 2 and "nowhere.csv" in wrong.stderr and units.name in wrong.stderr


def test_faulty_rows_go_out_and_come_back(tmp_path, home):
    path = tmp_path / "小区.csv"
    path.write_text(UNITS + "U5,重复,109.99,39.82\n", encoding="gb18030")
    out = tmp_path / "待改.xlsx"
    words = ("import", "row", f"units={path}", "--year", 2026)
    done = run(*words, "--faulty", out)
    assert done.exit_code == 2 and out.is_file()
    rows = mending.read(out)
    assert list(zip(rows["文件"], rows["行号"], strict=True)) == [("小区.csv", 8)]
    out.write_bytes(mending.workbook({"units": rows.assign(处理="删除")}))
    done = run(*words, "--mended", out)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["layers"][0]["rows"] == 6
    assert report["left_out"] == [{"file": "小区.csv", "sheet": "", "row": 8}]


def test_a_check_saves_nothing(units, home):
    done = run("import", "row", f"units={units}", "--year", 2026, "--check")
    assert done.exit_code == 0 and not json.loads(done.stdout)["saved"]
    assert "datum_assumed" in done.stdout and not (home / "row").exists()


def test_the_stage_system_is_kept(units, home):
    done = run("import", "row", f"units={units}", "--year", 2026, "--stage-system", "5-4")
    assert done.exit_code == 0, done.output
    assert 'stage_system = "5-4"' in (home / "row" / "project.toml").read_text(encoding="utf-8")


def test_a_new_project_needs_its_year(units, home):
    done = run("import", "row", f"units={units}")
    assert done.exit_code == 2 and "2026" in done.stderr
    assert not home.exists()


def test_it_runs_without_the_app(units, home):
    """The command line never imports Streamlit."""
    code = (
        "import sys, cli\n"
        "try:\n    cli.app()\n"
        "except SystemExit as done:\n    assert not done.code, done.code\n"
        "assert 'streamlit' not in sys.modules"
    )
    command = [sys.executable, "-X", "utf8", "-c", code, "import", "row", f"units={units}", "--year", "2026"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["saved"]


def test_the_doctor_says_what_works():
    done = run("doctor")
    report = json.loads(done.stdout)
    assert done.exit_code == (0 if report["ok"] else 1)
    assert report["checks"]["layers"]["ok"]
