"""Imports go one way, and only the app's own layer knows Streamlit."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Each package with the project packages it may import.
ALLOWED = {
    "gis": {"gis"},
    "zoning": {"zoning", "gis"},
    "forecasting": {"forecasting", "gis"},
    "planning": {"planning", "zoning", "forecasting", "gis"},
    "data": {"data", "planning", "gis"},
    "ui": {"ui", "planning", "zoning", "forecasting", "gis", "data"},
    "app.py": {"ui", "planning"},
    "cli.py": {"planning", "zoning", "forecasting", "gis", "data"},
    "run.py": set(),
}
OURS = {name.removesuffix(".py") for name in ALLOWED} | {"benchmarks", "tests"}


def imports(path: Path) -> set[str]:
    """Return the top-level names that the file imports, wherever in it they stand."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else [p for p in sorted(path.rglob("*.py")) if "projects" not in p.parts]


@pytest.mark.parametrize("place", ALLOWED)
def test_imports_go_one_way(place):
    wrong = {
        str(p.relative_to(ROOT)): bad for p in files(place) if (bad := (imports(p) & OURS) - ALLOWED[place])
    }
    assert not wrong


@pytest.mark.parametrize("place", [name for name in ALLOWED if name not in ("ui", "app.py")])
def test_only_the_app_knows_streamlit(place):
    assert not [str(p) for p in files(place) if "streamlit" in imports(p)]


def test_no_file_has_grown_two_jobs():
    long = {
        str(p.relative_to(ROOT)): n
        for place in ALLOWED
        for p in files(place)
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long
