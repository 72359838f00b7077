"""One table of wordings, all faults at once."""

import pickle
import string

import pytest

from gis.fault_kinds import KINDS
from gis.faults import Fault, FaultError, errors, grouped, raise_errors, register_kinds, to_frame, warnings
from gis.words import LAYER_WORDS, Words


def fields_of(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def any_fault(kind):
    params = dict.fromkeys(fields_of(KINDS[kind].zh), "某")
    return Fault(kind, file="学校.xlsx", sheet="学校", layer="schools", row=3, column="班额", params=params)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_worded_in_both_languages_with_the_same_fields(kind):
    zh, en, level = KINDS[kind]
    assert fields_of(zh) == fields_of(en)
    assert level in ("error", "warning")
    assert zh.endswith(("。", "。{hint}", "}")), "a whole sentence"
    assert not any("\u4e00" <= c <= "\u9fff" for c in en), "no Chinese in the English wording"
    for lang in ("zh", "en"):
        text = any_fault(kind).text(lang)
        assert "{" not in text and "学校.xlsx" in text and "3" in text and "班额" in text


def test_where_names_file_sheet_row_and_column():
    fault = Fault(
        "value_negative", "a.xlsx", "表1", "classes", 3, "人数", "-2", {"label": Words("班额", "class size")}
    )
    assert fault.where() == "a.xlsx，工作表“表1”，第 3 行，“人数”（班额）列"
    assert fault.where("en") == 'a.xlsx, sheet "表1", row 3, column "人数" (class size)'
    assert (
        Fault("geometry_missing", "a.gpkg", row=7, params={"feature": True}).where("en")
        == "a.gpkg, feature 7"
    )
    assert Fault("geometry_missing", layer="schools").where() == "学校图层"
    assert Fault("geometry_missing").text() == "没有位置。请补上几何或坐标。"


def test_the_error_lists_every_fault_and_survives_pickling():
    faults = [any_fault("value_missing"), any_fault("column_unknown"), any_fault("value_negative")]
    with pytest.raises(FaultError) as caught:
        raise_errors(faults)
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.faults == faults
    assert error.text("en").count("\n") == 2
    assert str(error) == error.text()
    assert len(errors(faults)) == 2 and len(warnings(faults)) == 1
    assert raise_errors([faults[1]]) == [faults[1]]


def test_a_fault_of_an_unregistered_kind_or_without_its_params_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="no such fault kind"):
        Fault("nonsense")
    with pytest.raises(ValueError, match="needs params"):
        Fault("value_below", found="-1")


def test_other_packages_register_kinds_and_their_faults_cross_processes():
    register_kinds({"test_only": ("有 {n} 处。", "{n} places.")}, level="warning")
    register_kinds({"test_only": ("有 {n} 处。", "{n} places.")}, level="warning")
    fault = Fault("test_only", params={"n": 12000})
    data = pickle.dumps(fault)
    del KINDS["test_only"]
    again = pickle.loads(data)
    assert again.text("en") == "12,000 places." and again.level == "warning"
    del KINDS["test_only"]


@pytest.mark.parametrize(
    "kinds", [{"a_kind": ("有 {n}", "no field")}, {"a_kind": ("", "x")}, {"value_missing": ("别的", "other")}]
)
def test_kinds_that_do_not_fit_are_refused(kinds):
    with pytest.raises(ValueError, match="fault kind"):
        register_kinds(kinds)
    assert "a_kind" not in KINDS
    with pytest.raises(ValueError, match="level"):
        register_kinds(kinds, level="fatal")


def test_what_was_found_is_shown_on_one_bounded_line():
    text = Fault("value_negative", found="a\nb\x00" + "长" * 500).text()
    assert "\n" not in text and "\x00" not in text and len(text) < 200
    assert Fault("value_negative", found="{row} {nothing}").text().startswith("“{row} {nothing}”")


def test_frames_and_groups():
    faults = [Fault("value_negative", "a.csv", row=i, column="人数", found="-1") for i in range(2, 12)]
    frame = to_frame(faults, lang="en")
    assert len(frame) == 10 and frame["row"].tolist() == list(range(2, 12))
    lines = grouped(faults, limit=3)
    assert len(lines) == 4 and lines[-1] == "……同类问题还有 7 处"
    assert grouped(faults, lang="en", limit=20) == [f.text("en") for f in faults]
    assert to_frame([]).empty


def test_layers_have_words():
    assert all(zh and en for zh, en in LAYER_WORDS.values())
