"""The layers: words in both languages, no two columns of a layer claiming one header."""

import pandas as pd
import pytest

from gis.headers import aliases, fold_header
from gis.layers import SCHEMAS, empty, grade_label, label, layer_label, value_label, worded
from gis.schema import check
from gis.values import fold
from gis.words import LAYER_WORDS


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_schemas_are_whole(schema):
    owners = {}
    for column in schema.columns:
        assert column.zh and column.en and column.zh != column.en
        for alias in (column.name, column.zh, column.en, *column.aliases):
            assert owners.setdefault(fold_header(alias), column.name) == column.name, alias
        words = [fold(w) for c in column.choices for w in {c.name, c.zh, c.en, *c.aliases}]
        assert len(words) == len({*words}) or column.kind == "choice"
        meanings = {}
        for choice in column.choices:
            for word in (choice.name, choice.zh, choice.en, *choice.aliases):
                assert meanings.setdefault(fold(word), choice.name) == choice.name, word
        assert not column.fallback or schema[column.fallback]
    assert all(schema[k].required or schema[k].kind == "text" for k in schema.key)
    strong, weak = aliases(schema)
    assert not set(strong) & set(weak)


def test_every_layer_of_the_contract_is_there():
    assert set(SCHEMAS) == set(LAYER_WORDS)
    required = {name: [c.name for c in s.columns if c.required] for name, s in SCHEMAS.items()}
    assert required["classes"] == ["school_id", "year", "grade", "class_no", "pupils"]
    assert required["schools"] == ["school_id", "name", "lowest_grade", "highest_grade"]
    assert required["catchments"] == ["stage", "from_year", "unit_id", "zone_id"]
    assert SCHEMAS["units"].names[-1] == "geometry" and "geometry" not in SCHEMAS["births"].names


def test_labels():
    assert label("pupils", layer="classes") == "班额" and label("pupils", "en", layer="enrolment") == "pupils"
    assert label("什么") == "什么"
    assert value_label("kind", "nine_year", layer="schools") == "九年一贯制学校"
    assert value_label("boarding", True) == "是" and value_label("boarding", False, "en") == "no"
    assert value_label("grade", 7) == "七年级" == grade_label(7) and value_label("name", pd.NA) == ""
    assert layer_label("schools", "en") == "schools" and layer_label("nonsense") == "nonsense"


@pytest.mark.parametrize("layer", SCHEMAS)
def test_an_empty_layer_has_its_columns(layer):
    frame = empty(layer)
    assert len(frame) == 0 and list(frame.columns) == SCHEMAS[layer].names


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_table_in_words_reads_back(lang):
    frame = pd.DataFrame(
        {
            "stage": ["primary", "junior"],
            "from_year": [2026, 2026],
            "unit_id": ["1", "2"],
            "zone_id": ["a", "b"],
        }
    )
    checked, _ = check(frame, SCHEMAS["catchments"])
    again, faults = check(worded(checked, "catchments", lang), SCHEMAS["catchments"])
    assert not faults
    pd.testing.assert_frame_equal(again, checked)
