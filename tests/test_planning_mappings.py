"""What is said about headers and words is remembered by kind of table, used again, and forgotten."""

from __future__ import annotations

import json

import pytest

from planning import gathering, imports, mappings
from planning.preview import Choice, preview
from planning.project import open_project

HEADS = ["编码", "小区", "类别", "经度", "纬度", "甲方"]
COLUMNS = {"编码": "unit_id", "甲方": ""}
WORDS = {"kind": {"商住": "estate"}}


def written(folder, name, heads=HEADS):
    cells = {
        "编码": "U{n}",
        "小区": "小区{n}",
        "类别": "商住",
        "经度": "109.9{n}",
        "纬度": "39.8",
        "甲方": "某公司",
    }
    rows = [",".join(cells[head].format(n=n) for head in heads) for n in range(6)]
    path = folder / name
    path.write_text("\n".join([",".join(heads), *rows]), encoding="utf-8")
    return path


def remembered(home):
    mappings.remember("units", HEADS, columns=COLUMNS, words=WORDS, file="a.csv", home=home)
    return mappings.listed(home)


def test_the_same_headers_in_any_order_are_known_again(tmp_path):
    (one,) = remembered(tmp_path)
    found = mappings.recall("units", ["小区 ", *reversed([h for h in HEADS if h != "小区"])], tmp_path)
    assert found == one and found.columns == COLUMNS and found.words == WORDS
    assert mappings.recall("units", HEADS[:-1], tmp_path) is None
    assert mappings.recall("schools", HEADS, tmp_path) is None


def test_saying_it_again_replaces_and_saying_nothing_forgets(tmp_path):
    remembered(tmp_path)
    mappings.remember("units", HEADS, columns={"编码": "unit_id"}, words={}, home=tmp_path)
    (one,) = mappings.listed(tmp_path)
    assert one.columns == {"编码": "unit_id"} and one.words == {}
    mappings.forget(one.key, tmp_path)
    assert mappings.listed(tmp_path) == []


def test_no_cell_of_a_free_column_is_kept(tmp_path):
    words = {**WORDS, "name": {"张三": "李四"}}
    mappings.remember("units", HEADS, columns=COLUMNS, words=words, home=tmp_path)
    assert "张三" not in (tmp_path / mappings.FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["{", '{"a": 1}', '[1, {"layer": "units"}]', '[{"layer": "x", "headers": ["a"]}]']
)
def test_a_spoilt_file_holds_nothing(tmp_path, text):
    (tmp_path / mappings.FILE).write_text(text, encoding="utf-8")
    assert mappings.listed(tmp_path) == []
    assert len(remembered(tmp_path)) == 1


def test_people_can_read_the_file(tmp_path):
    remembered(tmp_path)
    text = (tmp_path / mappings.FILE).read_text(encoding="utf-8")
    assert json.loads(text)[0]["columns"] == COLUMNS and "编码" in text


def test_the_next_file_of_the_source_needs_no_word(tmp_path):
    """The preview applies what is remembered and says so; an import of a folder does as well."""
    path = written(tmp_path, "小区.csv")
    (first,) = preview([path], choices={(str(path), ""): Choice("units")}, home=tmp_path / "home")
    assert first.state == "ask" and first.unknown == {"kind": {"商住": 6}}
    assert first.samples["编码"] == [f"U{n}" for n in range(5)]
    remembered(tmp_path / "home")
    (second,) = preview([path], choices={(str(path), ""): Choice("units", "")}, home=tmp_path / "home")
    assert second.remembered and second.state == "ready" and second.mapping == COLUMNS
    found = gathering.gather([path], home=tmp_path / "home")
    imports.import_files("row", found.sources, year=2026, home=tmp_path / "home")
    units = open_project(tmp_path / "home" / "row").layers["units"]
    assert units["unit_id"].tolist() == [f"U{n}" for n in range(6)] and set(units["kind"]) == {"estate"}


def test_a_choice_goes_before_what_is_remembered(tmp_path):
    path = written(tmp_path, "小区.csv")
    remembered(tmp_path)
    choice = Choice("units", "", mapping={"编码": "unit_id"}, words={"kind": {"商住": "village"}})
    (table,) = preview([path], choices={(str(path), ""): choice}, home=tmp_path)
    assert not table.remembered and set(table.head["kind"]) == {"village"}
    assert table.samples == {"甲方": ["某公司"]}
