"""Whose form a file is, by its name or title."""

import pytest

from planning.forms import FORMS
from planning.recognising import layer_in, owner_in

SCHOOLS = {"S1": "第一小学", "S12": "第一小学东校区", "S3": "北山学校", "S4": ""}


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("S1_班额表", "S1"),
        ("S12班额表", "S12"),
        ("第一小学东校区(回复)", "S12"),
        ("2026第一小学班额表", "S1"),
        ("北山学校、第一小学", ""),
        ("S1 S3", ""),
        ("XS1班额", ""),
        ("班额汇总", ""),
    ],
)
def test_a_school_is_known_by_its_code_or_else_by_the_longest_name(text, owner):
    assert owner_in(text, FORMS["classes"], SCHOOLS) == owner


@pytest.mark.parametrize(
    ("text", "layer"),
    [("一小班额表", "classes"), ("S1_2026Class sizes", "classes"), ("在校生表和班额表", ""), ("通讯录", "")],
)
def test_a_form_is_known_by_its_title_in_either_language(text, layer):
    assert layer_in(text) == layer
