"""What the READMEs say is there: commands, options, files, pictures; and both say it in the same order."""

import ast
import csv
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from PIL import Image

import cli
import run

ROOT = Path(__file__).parents[1]
READMES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")}
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"(?:python3? |python |\\python )((?:run|cli)\.py[^`\n]*)")
MODULE = re.compile(r"python -m (benchmarks\.\w+)")
TREE = re.compile(r"(?:^|\s{2,})([\w.]+(?:\.py|/))", re.M)

both = pytest.mark.parametrize("text", READMES.values(), ids=list(READMES))


def links(text: str, *, pictures: bool) -> list[str]:
    return [target for mark, target in LINK.findall(text) if bool(mark) == pictures]


def commands(text: str) -> list[list[str]]:
    """Return every command of run.py and cli.py as words, those with ... left out."""
    return [shlex.split(line) for line in COMMAND.findall(text) if "..." not in line]


def examples(text: str) -> list[str]:
    return [body for language, body in FENCE.findall(text) if language == "csv"]


def without_code(text: str) -> str:
    return FENCE.sub("", text)


@both
def test_linked_files_and_pictures_exist(text):
    local = [t for p in (True, False) for t in links(text, pictures=p) if not t.startswith("http")]
    assert local
    assert not [target for target in local if not (ROOT / target).exists()]


def test_both_have_the_same_structure():
    shapes = []
    for text in READMES.values():
        plain = without_code(text)
        levels = [len(marks) for marks in re.findall(r"^(#+) ", plain, re.M)]
        pictures = [re.sub(r"-(zh|en)\.png$", "", target) for target in links(text, pictures=True)]
        rows = len(re.findall(r"^\|", plain, re.M))
        bullets = len(re.findall(r"^\s*(?:-|\d+\.) ", plain, re.M))
        shapes.append((levels, pictures, rows, bullets, [name for name, _ in FENCE.findall(text)]))
    assert shapes[0] == shapes[1]


def test_both_give_the_same_examples_and_name_the_same_options():
    one, other = READMES.values()
    assert examples(one) == examples(other)
    options = [sorted(w for words in commands(t) for w in words if w.startswith("--")) for t in (one, other)]
    assert options[0] == options[1]


def test_each_shows_pictures_of_its_own_language():
    for name, lang in (("README.md", "en"), ("README.zh.md", "zh")):
        assert all(target.endswith(f"-{lang}.png") for target in links(READMES[name], pictures=True))


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks" / "images").glob("*.png")), ids=lambda p: p.name)
def test_pictures_are_small_and_shown(path):
    assert path.stat().st_size <= 250_000
    assert Image.open(path).width == 1440
    assert any(f"notebooks/images/{path.name}" in text for text in READMES.values())


@both
def test_run_py_knows_its_commands(text):
    said = [words[1:] for words in commands(text) if words[0] == "run.py"]
    assert [] in said
    assert ["test"] in said
    for words in said:
        run.command_line(words)


@both
def test_the_command_line_has_every_verb_and_option(text):
    known = typer.main.get_command(cli.app).commands
    for words in (words for words in commands(text) if words[0] == "cli.py" and words[1] != "--help"):
        options = {option for parameter in known[words[1]].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


@both
def test_every_verb_is_named(text):
    known = set(typer.main.get_command(cli.app).commands)
    assert {word for word in known if f"`{word}`" in text} == known


@both
def test_benchmarks_that_are_named_exist(text):
    named = set(MODULE.findall(text))
    assert named
    assert not [name for name in named if not (ROOT / f"{name.replace('.', '/')}.py").exists()]


@both
def test_the_tree_names_what_is_there(text):
    tree = next(body for _, body in FENCE.findall(text) if "zoning/" in body)
    assert not [name for name in TREE.findall(tree) if not (ROOT / name).exists()]


@both
def test_layers_are_named_as_they_are(text):
    from gis.layers import SCHEMAS

    table = text.split("`units`", 1)[1]
    assert all(f"`{layer}`" in table or layer == "units" for layer in SCHEMAS)


@both
def test_notebooks_are_listed(text):
    assert all(f"notebooks/{path.name}" in text for path in (ROOT / "notebooks").glob("*.ipynb"))


@both
def test_supported_python_is_that_of_run_py(text):
    oldest, newest = (".".join(map(str, version)) for version in (run.OLDEST, run.NEWEST))
    assert re.search(f"{re.escape(oldest)}[-–]{re.escape(newest)}", text)


def test_synthetic_pictures_say_so():
    for text, word in zip(READMES.values(), ("synthetic data", "合成数据")):
        captions = re.findall(r"!\[([^\]]*)\]", text)
        assert captions
        assert all(word in caption for caption in captions)


def test_the_changelog_is_one_english_line_a_change():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in text
    body = text.split("## Unreleased", 1)[1].strip().splitlines()
    assert body
    assert all(line.startswith("- ") and line.endswith(".") for line in body)


def test_exit_codes_are_those_of_the_command_line():
    from zoning import bench

    codes = {str(bench.exit_code({"feasible": outcome})) for outcome in (True, False, None)}
    codes.add(str(cli.EXIT_BAD_INPUT))
    for text in READMES.values():
        assert set(re.findall(r"^\| (\d) \|", text, re.M)) == codes


def test_the_example_of_zone_runs(tmp_path):
    """The three tables of the README go through the command of the README."""
    text = READMES["README.md"]
    for name, body in zip(("units", "schools", "adjacency"), examples(text), strict=True):
        (tmp_path / f"{name}.csv").write_text(body, encoding="utf-8")
    words = next(words for words in commands(text) if words[:2] == ["cli.py", "zone"])
    words = [*words, "--work", "1"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *words[1:]],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    named = set(re.findall(r"`(\w+)`", text.split("is JSON:", 1)[1].split(". ", 1)[0]))
    assert named <= set(said)
    assert said["cost"] == pytest.approx(82.5)
    with (tmp_path / "plan.csv").open(encoding="utf-8", newline="") as file:
        plan = {row["unit_id"]: row["school_id"] for row in csv.DictReader(file)}
    assert plan == {"1": "A", "2": "A", "3": "A", "4": "B", "5": "B", "6": "B"}


def test_the_columns_of_forecast_are_those_it_writes():
    from forecasting.commands import OUT_COLUMNS

    assert all(",".join(OUT_COLUMNS) in text for text in READMES.values())


def test_no_machine_paths():
    for path in [*(ROOT / name for name in READMES), *sorted((ROOT / "notebooks").glob("*.ipynb"))]:
        assert not re.search(r"/(work|tmp|home|Users)/", path.read_text(encoding="utf-8")), path.name


def test_screenshots_cover_every_page():
    """The pages of the app, their pictures and the READMEs agree."""
    tree = ast.parse((ROOT / "benchmarks" / "screenshots.py").read_text(encoding="utf-8"))
    heights = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "HEIGHTS"
    )
    shot = set(ast.literal_eval(heights))
    assert shot == {p.stem for p in (ROOT / "ui" / "pages").glob("*.py")} - {"__init__", "welcome"}
    shown = {Path(t).stem.rsplit("-", 1)[0] for t in links(READMES["README.md"], pictures=True)}
    assert shown == shot
