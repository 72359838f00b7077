"""Every text of the app exists in both languages, with the same placeholders."""

import ast
import string
from pathlib import Path

import pytest

from ui.texts import catalogue

ROOT = Path(__file__).parents[1]


def calls() -> list[tuple[str, tuple[str, ...], str]]:
    """Return text, values and place of every ``_()`` in the app."""
    found = []
    for path in [ROOT / "app.py", *sorted((ROOT / "ui").rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                assert isinstance(node.args[0], ast.Constant), f"{where}: _() takes a literal text"
                found.append((node.args[0].value, tuple(sorted(str(k.arg) for k in node.keywords)), where))
    return found


def source_texts() -> dict[str, str]:
    return {text: where for text, _values, where in calls()}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_text_has_an_english_one():
    missing = {text: where for text, where in source_texts().items() if text not in catalogue()}
    assert not missing


def test_the_catalogue_holds_no_text_that_is_not_used():
    assert not set(catalogue()) - set(source_texts())


@pytest.mark.parametrize(("text", "values", "where"), calls(), ids=lambda value: str(value)[:40])
def test_both_languages_fill_their_placeholders(text, values, where):
    """A language may leave a value out (学年 needs no second year), but none asks for one it is not given."""
    for worded in (text, catalogue().get(text, text)):
        assert placeholders(worded) <= set(values) if values else "{" not in worded, where


@pytest.mark.parametrize("text", sorted(catalogue()))
def test_english_is_english(text):
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in catalogue()[text].replace("中文", ""))
