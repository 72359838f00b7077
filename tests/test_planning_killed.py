"""An import killed at any moment of its save leaves the project as it was or as it will be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from planning import importlog
from planning.imports import import_files
from planning.layerfile import read
from planning.project import list_projects, open_project

ROOT = Path(__file__).parents[1]
UNITS = "小区编号,小区名称,经度,纬度\n" + "".join(
    f"U{n},小区{n},{109.98 + n / 300:.4f},39.82\n" for n in range(6)
)
CHILDREN = "小区编号,入学年份,适龄儿童数\nU0,2026,10\nU1,2026,3\n"
# Stops before or after one of the steps of the save, says so, and waits to be killed.
KILLED = """
import os, sys, time
from pathlib import Path
import pyogrio
from planning import importlog, imports, layerfile, settings

where, file, home, project = sys.argv[1:]
calls = {"layer-1": 1, "layer-3": 3}

def stop():
    print("there", flush=True)
    time.sleep(600)

def before(owner, name, wanted=1):
    real, seen = getattr(owner, name), [0]
    def step(*args, **kwargs):
        seen[0] += 1
        if seen[0] == wanted:
            stop()
        return real(*args, **kwargs)
    setattr(owner, name, step)

def after(owner, name):
    real = getattr(owner, name)
    def step(*args, **kwargs):
        done = real(*args, **kwargs)
        stop()
        return done
    setattr(owner, name, step)

if where in calls:
    before(layerfile.pyogrio, "write_dataframe", calls[where])
elif where == "layers-moved":
    after(layerfile, "write")
elif where == "settings-half":
    before(os, "fsync")
elif where == "settings-written":
    after(os, "fsync")
elif where == "settings-moved":
    after(settings, "write")
elif where == "log":
    before(importlog, "append")
imports.import_files(project, {"children": file} if project == "row" else {"units": file}, year=None
                     if project == "row" else 2026, home=home)
"""
#: Where the import is stopped -> whether the project is the new one afterwards.
STEPS = {
    "layer-1": False,
    "layer-3": False,
    "layers-moved": False,
    "settings-half": False,
    "settings-written": False,
    "settings-moved": True,
    "log": True,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    files = {
        "units": UNITS,
        "schools": "学校代码,学校名称,办学类型,公办民办,经度,纬度\nS1,一小,小学,公办,109.98,39.82\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    import_files("row", {name: tmp_path / f"{name}.csv" for name in files}, year=2026, home=tmp_path / "home")
    return tmp_path / "home"


def killed(where: str, file: Path, home: Path, project: str) -> None:
    """Start an import in a process of its own and kill it where it stops."""
    command = [sys.executable, "-X", "utf8", "-c", KILLED, where, str(file), str(home), project]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"there"
        process.kill()
    assert process.returncode != 0


@pytest.mark.parametrize("where", STEPS)
def test_the_project_is_the_old_or_the_new_one(where, home, tmp_path):
    old = open_project(home / "row")
    units = old.layers["units"]
    file = tmp_path / "儿童.csv"
    file.write_text(CHILDREN, encoding="utf-8")
    killed(where, file, home, "row")
    now = open_project(home / "row")
    new = STEPS[where]
    assert (now.version, sorted(now.layers)) == (
        (2, ["children", "schools", "units"]) if new else (1, ["schools", "units"])
    )
    assert now.layers["units"].equals(units) and len(now.sources) == len(now.layers)
    assert len(now.layers["children"]) == 2 if new else "children" not in now.layers
    # The next import goes through, and nothing half-written stays where it is looked for.
    report = import_files("row", {"children": file}, home=home)
    again = open_project(home / "row")
    assert report["saved"] and again.version == now.version + 1
    assert len(read(again.folder / f"layers-{again.version}.gpkg", "children")) == 2
    assert not [path for path in again.folder.iterdir() if path.name.endswith(".writing")]
    assert importlog.read(again.folder)[-1]["version"] == again.version


@pytest.mark.parametrize("where", ["layer-1", "layers-moved", "settings-half", "settings-moved"])
def test_a_new_project_is_there_whole_or_not_at_all(where, home, tmp_path):
    killed(where, tmp_path / "units.csv", home, "other")
    found = {project.id: len(project.layers["units"]) for project in list_projects(home)}
    assert found == ({"row": 6, "other": 6} if STEPS[where] else {"row": 6})
    if not STEPS[where]:
        assert import_files("other", {"units": tmp_path / "units.csv"}, year=2026, home=home)["new"]
