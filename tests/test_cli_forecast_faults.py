"""What the forecast from files refuses or doubts, with its place and all at once, and what it understands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from forecasting import commands, levels
from gis.faults import FaultError

ROOT = Path(__file__).parents[1]
HEAD = "year,district,school,grade,enrolment\n"
HISTORY = HEAD + "".join(
    f"{year},D,{school},{grade},{30 + 2 * grade + year % 3}\n"
    for year in range(2016, 2024)
    for school in ("A", "B")
    for grade in range(1, 7)
)
#: Row of the first line put after the history.
NEXT = len(HISTORY.splitlines()) + 1
ESTATES = "estate_id,school,households,handover_year,primary_yield,junior_yield,from_outside\n"
GRADES = ["一年级", "2年级", "小学三年级", "四", "5", "六年级"]


@pytest.fixture
def run(tmp_path):
    """Write the texts given as files and forecast from them, in the order given."""

    def made(until: int = 2026, system: str = "6-3", history: str = HISTORY, **texts: str) -> dict:
        paths = {}
        for name, text in ({"history": history} | texts).items():
            paths[name] = tmp_path / f"{name}.csv"
            paths[name].write_text(text, encoding="utf-8")
        order = [*texts, "history"]
        return commands.run(**paths, until=until, system=system, out=tmp_path / "f.csv", order=order)

    return made


@pytest.fixture
def faults(run, tmp_path):
    """Return the faults of files as (file, row, column) in their order, and their text in both languages."""

    def found(**given) -> tuple[list[tuple[str, int | None, str]], str]:
        with pytest.raises(FaultError) as raised:
            run(**given)
        assert not (tmp_path / "f.csv").exists()
        told = raised.value
        places = [(f.file.removesuffix(".csv"), f.row, f.column) for f in told.faults if f.level == "error"]
        return places, told.text("zh") + "\n" + told.text("en")

    return found


def warned(summary: dict) -> str:
    return "\n".join(said[lang] for said in summary["warnings"] for lang in ("zh", "en"))


def test_an_estate_that_stands_twice_or_is_fractional_is_refused_and_a_high_yield_doubted(run, faults):
    row = "e1,A,500.5,2025,3,0.1,1\n"
    places, text = faults(estates=ESTATES + row + row)
    assert places == [("estates", 2, "households"), ("estates", 3, "households"), ("estates", 3, "estate_id")]
    assert "e1-1" in text and "“500.5”不是整数" in text and "row 2 already" in text
    made = run(estates=ESTATES + "e1,A,50,2025,3,0,1\ne1,B,50,2025,0,0.1,1\n")
    assert "第 2 行" in warned(made) and "3 primary pupils per household" in warned(made)


def test_every_cell_of_an_estate_says_what_it_expects(faults):
    rows = "e1,A,500,1027,-0.2,x,1.5\n,,,27,0.3,0.1,50\ne3,Z,-500,soon,9,0.1,x\ne4,A,100,,,,\n"
    places, text = faults(estates=ESTATES + rows)
    by_row = {row: {column for _, r, column in places if r == row} for row in range(2, 6)}
    heads = ESTATES.strip().split(",")
    assert by_row[2] == {"handover_year", "primary_yield", "junior_yield", "from_outside"}
    assert by_row[3] == {"estate_id", "school", "households", "handover_year", "from_outside"}
    assert by_row[4] == {"school", "households", "handover_year", "primary_yield", "from_outside"}
    assert by_row[5] == {*heads[3:]}
    assert [row for _, row, _ in places] == sorted(row for _, row, _ in places)
    assert "“1.5”太大。这里不应大于 1" in text and '"-500" is negative' in text and "-500.0" not in text
    assert "“1027”不能用作年份" in text and "“x”不是数" in text and "没有开设的年级" not in text


def test_a_district_that_some_rows_lack_is_asked_for_and_a_blank_column_is_none(run, faults):
    gappy = HISTORY.replace("2018,D,A,3,", "2018,,A,3,")
    row = 1 + gappy.splitlines().index(next(line for line in gappy.splitlines() if line[:6] == "2018,,"))
    places, text = faults(history=gappy)
    assert places == [("history", row, "district")] and "没有填" in text
    run(history=HISTORY.replace(",D,", ",,"))


def test_heads_that_bureaus_use_are_understood(run):
    heads = {"year": "学年", "district": "旗县区", "school": "学校", "grade": "年级", "enrolment": "在校生"}
    rolls = "学年,地区,幼儿园,年级,人数\n" + "".join(f"{y},D,甲,大班,62\n" for y in range(2016, 2024))
    estates = "编号,学校,户数,交付年份,小学生/户,初中生/户,外来占比\ne1,A,500,2025,0.3,0.1,1\n"
    said = warned(run(history=renamed(HISTORY, heads), kindergarten=rolls, estates=estates))
    assert "不认识这一列" not in said


def renamed(text: str, heads: dict[str, str]) -> str:
    """Return a table with other heads."""
    first, rest = text.split("\n", 1)
    return ",".join(heads[head] for head in first.split(",")) + "\n" + rest


def test_a_handover_stated_as_a_month_is_understood_as_in_an_import(run, tmp_path):
    texts = {}
    for name, when in {"year": "2024", "month": "2024-09"}.items():
        run(estates=ESTATES + f"e1,A,500,{when},0.3,0.1,1\n")
        texts[name] = (tmp_path / "f.csv").read_text(encoding="utf-8")
    assert texts["year"] == texts["month"]


def test_groups_are_set_against_themselves_and_the_schools(run, faults):
    places, text = faults(groups="school,zone\nA,x\nA,y\nB,x\n")
    assert places == [("groups", 3, "")] and "与第 2 行重复（A）" in text and "Merge keys" not in text
    places, text = faults(groups="school\nA\n")
    assert places == [("groups", None, "")] and "zone" in text
    said = warned(run(groups="school,zone\n城关A,x\nB,y\n"))
    assert "groups.csv，第 2 行，“school”（学校）列" in said
    assert "“城关A”不在在校生历史中" in said and "schools not listed: 1 (A)" in said


def test_groups_of_a_program_are_refused_in_the_same_words():
    cells = pd.DataFrame([["D", "A", "1", "", ""]], columns=["district", "school", "grade", "stage", "group"])
    groups = pd.DataFrame({"school": ["A", "B", "A"], "zone": ["x", "y", "y"]}, index=[4, 5, 6])
    with pytest.raises(FaultError, match="第 4 行：与第 2 行重复（A）"):
        levels.grouping(cells, "zone", groups)
    assert levels.grouping(cells, "zone", groups[:2]).labels["group"].tolist() == ["x"]


BIRTHS = "year,district,town,births\n" + "".join(
    f"{year},D,{town},{40 + year % 3}\n" for year in range(2009, 2020) for town in ("T1", "T2")
)


def test_the_flow_is_set_against_itself_the_schools_and_the_towns(run, faults):
    places, text = faults(births=BIRTHS, flow="town,school,share\nT1,A,0.7\nT1,B,0.6\nT3,A,0.2\n")
    assert places == [("births", 3, "town"), ("flow", 2, "share")]
    assert "合计 1.3" in text and '"T2"' in text and "T3" in text
    flow = "town,school,share\nT1,A,0.67\nT1,B,0.34\nT2,B,0.8\nT2,Q,0.1\nT3,B,0.2\n"
    said = warned(run(births=BIRTHS, flow=flow))
    assert "第 5 行" in said and "“Q”不在在校生历史中" in said and '"T3"' in said
    idle = warned(run(flow="town,school,share\nT1,A,0.7\n"))
    assert "flow.csv" in idle and "town 列" in idle


def test_registered_children_of_no_school_are_told_and_a_column_without_a_word_is_none(run, faults, tmp_path):
    head, years = "year,district,school,children\n", range(2016, 2025)
    known = head + "".join(f"{year},D,{school},34\n" for year in years for school in ("A", "B"))
    places, _ = faults(entrants=known + "2024,D,,5\n")
    assert places == [("entrants", 20, "school")]
    assert "第 20 行" in (said := warned(run(entrants=known + "2024,D,Bb,5\n"))) and "“Bb”" in said
    plain = "year,district,children\n" + "".join(f"{year},D,68\n" for year in years)
    blank = head + "".join(f"{year},D,,68\n" for year in years)
    made = []
    for text in (plain, blank):
        run(entrants=text)
        made.append((tmp_path / "f.csv").read_text(encoding="utf-8"))
    assert made[0] == made[1]


def test_a_row_with_a_cell_too_many_is_that_one_fault(faults):
    places, text = faults(history=HISTORY + "2024,D,A,1,30,9\n2024,D,B,1,30\n")
    assert places == [("history", NEXT, "")] and "多出 1 格" in text


def test_a_blank_line_does_not_shift_the_rows_of_what_follows(faults):
    assert faults(history=HISTORY + "\n2024,D,A,1,x\n")[0] == [("history", NEXT + 1, "enrolment")]


def test_a_negative_and_a_double_in_one_row_are_both_told(faults):
    places, text = faults(history=HISTORY + "2023,D,A,01,-4\n")
    assert places == [("history", NEXT, "enrolment"), ("history", NEXT, "")] and "“-4”是负数" in text


def test_a_year_that_cannot_be_is_told_where_it_stands(faults):
    places, text = faults(until=2030, history=HISTORY + "1925,D,A,1,30\n2099,D,A,1,30\n1952,D,A,1,30\n")
    assert places == [("history", NEXT + i, "year") for i in range(3)]
    assert "“1925”不能用作年份" in text and "2016–2023" in text and "预测终点" not in text
    places, text = faults(until=2023, births="year,district,births\n2015,D,x\n")
    first = HISTORY.splitlines().index("2023,D,A,1,33") + 1
    assert places == [("births", 2, "births"), ("history", first, "year")] and "预测终点 2023" in text


def test_faults_come_by_file_as_given_and_by_row_with_the_keys_of_each_table(faults):
    places, text = faults(
        kindergarten="year,district,grade,children\n2019,D,大班,3\n2019,D,K,x\n2019,D,,4\n",
        births="year,district,births\n2015,D,40\n2015,D,41\n",
        history=HISTORY + "2023,D,C,,3\n2023,D,C,不分,3\n2023,D,C,7,\n",
    )
    assert places == [
        ("kindergarten", 3, "children"),
        ("kindergarten", 3, ""),
        ("kindergarten", 4, "grade"),
        ("births", 3, ""),
        ("history", NEXT, "grade"),
        ("history", NEXT + 1, "grade"),
        ("history", NEXT + 2, "enrolment"),
    ]
    assert "与第 2 行重复（D，大班，2019）" in text and "“”" not in text
    assert "请删去该行" in text and "leave their row out" in text
    assert "没有开设的年级请删去该行" in text  # of the blank count, which it fits


def chinese(rows: list[list[object]]) -> str:
    return "\n".join(",".join(map(str, row)) for row in rows) + "\n"


def table(system: str = "6-3") -> list[list[object]]:
    grades = GRADES if system == "6-3" else [*GRADES[:5], "初一"]
    rows = [line.split(",") for line in HISTORY.splitlines()[1:]]
    worded = [[f"{y}-{int(y) + 1}学年", d, s, grades[int(g) - 1], int(n)] for y, d, s, g, n in rows]
    return [["学年", "区县", "学校", "年级", "在校生数（人）"], *worded]


@pytest.mark.parametrize("system", ["6-3", "5-4"])
def test_heads_and_grades_in_chinese_are_those_of_an_import(run, tmp_path, system):
    run(system=system)
    plain = (tmp_path / "f.csv").read_text(encoding="utf-8")
    run(system=system, history=chinese(table(system)))
    assert (tmp_path / "f.csv").read_text(encoding="utf-8") == plain


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


def test_a_workbook_is_read_and_one_of_several_sheets_must_be_plain(run, tmp_path):
    run()
    plain = (tmp_path / "f.csv").read_text(encoding="utf-8")
    rows, out = [["某县在校生统计表"], *table()], tmp_path / "g.csv"
    path = workbook(tmp_path / "h.xlsx", 说明=[["说明"]], 在校生=rows)
    said = warned(commands.run(path, until=2026, out=out))
    assert out.read_text(encoding="utf-8") == plain and "没有所需的各列" not in said
    with pytest.raises(FaultError, match="几张表"):
        commands.run(workbook(path, 甲=rows, 乙=rows), until=2026, out=out)
    workbook(path, 甲=[*rows[:2], [*rows[2][:4], -4], *rows[3:]], 乙=[["a", "b"], [1, 2]])
    with pytest.raises(FaultError, match="工作表“甲”，第 3 行，“在校生数（人）”"):
        commands.run(path, until=2026, out=out)


def test_totals_and_unknown_columns_are_left_out_and_said(run):
    lines = HISTORY.splitlines()
    more = [lines[0] + ",memo", *(line + ",x" for line in lines[1:]), "合计,,,,9000,"]
    said = warned(run(history="\n".join(more) + "\n"))
    assert f"第 {NEXT} 行：“合计”是合计行" in said and "9000" in said and '"memo"' in said


def test_the_output_keeps_the_names_of_the_input(run, tmp_path):
    run(history=HISTORY.replace(",A,", ",一小（东）,"))
    assert "一小（东）" in set(pd.read_csv(tmp_path / "f.csv")["school"])


def cli(*words: object, columns: int = 100) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "cli.py", "forecast", *map(str, words)]
    shell = {**os.environ, "COLUMNS": str(columns), "TERMINAL_WIDTH": str(columns)}
    return subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300, env=shell
    )


def test_options_that_do_not_go_together_and_files_that_are_not_there_are_told_in_both_languages(tmp_path):
    out = ["--until", 2026, "--out", tmp_path / "f.csv"]
    done = cli("--system", "7-2", "--from-outside", 0.5, *out)
    assert done.returncode == 2
    for found in ("--system 应为 6-3", "--system is 6-3", "二者只取其一", "not both", "--estates 的文件"):
        assert found in done.stderr
    (tmp_path / "births.csv").write_text("year,district,births\n2015,D,x\n", encoding="utf-8")
    done = cli("--births", tmp_path / "births.csv", "--history", tmp_path / "none.csv", *out)
    assert done.returncode == 2 and "找不到文件" in done.stderr and "there is no file" in done.stderr
    assert done.stderr.index("births.csv") < done.stderr.index("none.csv")


def test_the_help_shows_every_column_of_every_file():
    shown = cli("--help", columns=80).stdout
    assert "…" not in shown
    for word in ("enrolment", "junior_yield", "from_outside", "children", "share", "to_id", "median"):
        assert word in shown, word
