"""Collecting from the command line: forms out, forms back, slips, taken in, reconciled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from planning.project import ENV_HOME, open_project
from tests.collecting import counts, county, fill, inside, sheets


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ENV_HOME, str(tmp_path / "home"))
    county(tmp_path / "home")
    return tmp_path / "home"


def run(*words: object) -> tuple[int, dict, str]:
    done = CliRunner().invoke(cli.app, [str(word) for word in words])
    return done.exit_code, json.loads(done.stdout) if done.stdout else {}, done.stderr


def test_forms_go_out_come_back_and_are_reconciled(home, tmp_path):
    code, made, _ = run("template", "county", "enrolment", "--out", tmp_path / "out", "--due", "9月10日")
    assert (code, made["senders"], made["revision"]) == (0, 3, 1)
    sent = {
        Path(name).name.split("_")[0]: data for name, data in inside(Path(made["file"]).read_bytes()).items()
    }
    fill(sent["S1"], tmp_path / "back" / "a.xlsx", change=counts([80] * 6, 1))
    fill(sent["S2"], tmp_path / "back" / "b.xlsx", change=counts([80, -1, 80], 1))
    code, report, _ = run("collect", "county", tmp_path / "back", "--slips", tmp_path / "slips", "--take")
    assert code == 0 and report["forms"]["enrolment"] == {
        "missing": 1,
        "refused": 1,
        "accepted": 0,
        "taken": 1,
    }
    assert report["missing"] == {"enrolment": ["北山学校"]}
    assert list(inside((tmp_path / "slips" / "2026-enrolment.zip").read_bytes())) == ["001_第二中学.xlsx"]
    enrolment = open_project("county").layers["enrolment"]
    assert enrolment.loc[enrolment["year"] == 2026, "pupils"].tolist() == [80] * 6
    code, told, _ = run("reconcile", "county", "--year", 2025, "--out", tmp_path / "check.xlsx")
    assert code == 0 and (told["agree"], told["differs"], told["missing"]) == (18, 0, 0)
    assert len(sheets((tmp_path / "check.xlsx").read_bytes())["核对表"]) == 19


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("template", "county", "roads", "--out", "x"), "没有名为“roads”的表"),
        (("reconcile", "county", "--out", "x.xlsx"), "needs two"),
        (("collect", "nowhere", "x"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(home, words, said):
    code, _, told = run(*words)
    assert code == 2 and said in told
    assert not Path("x.xlsx").exists()


def test_a_county_without_towns_is_asked_for_them(home, tmp_path):
    from planning.project import save_layers

    project = open_project("county")
    save_layers(project, {"units": project.layers["units"].drop(columns="town")})
    code, _, told = run("template", "county", "children", "--out", tmp_path)
    assert code == 2 and "镇街" in told
