"""Columns of the units that optional rules can group by or balance."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from planning import unitcolumns
from planning.project import Project


@pytest.fixture
def project() -> Project:
    units = pd.DataFrame(
        {
            "unit_id": ["u1", "u2", "u3"],
            "name": ["甲", "甲", "乙"],
            "town": ["一镇", "一镇", "二镇"],
            "社区": ["东 ", "东", None],
            "门牌": ["1", "2", "3"],
            "residents": [10, 20, 30],
            "低保比例": [0.1, None, 0.3],
        }
    )
    children = pd.DataFrame(
        [("u1", 2026, 10, 4), ("u1", 2027, 10, 0), ("u2", 2026, 0, 0), ("u3", 2026, 5, None)],
        columns=["unit_id", "cohort", "children", "migrant"],
    ).astype({"migrant": "Int64"})
    layers = {"units": units, "children": children}
    return Project(id="p", name="测", folder=Path(), year=2026, epsg=4513, layers=layers)


def test_groups_are_columns_of_text_in_which_some_units_share_a_value(project):
    assert unitcolumns.groups(project) == ["town"]
    project.layers["units"].loc[2, "社区"] = "西"
    assert unitcolumns.groups(project) == ["town", "社区"]
    assert unitcolumns.values(project, "社区") == ["东", "西"]
    assert unitcolumns.members(project, "社区", "东") == ["u1", "u2"]
    assert unitcolumns.members(project, "没有", "东") == []


def test_attributes_are_migrant_children_and_numbers_that_a_bureau_has_added(project):
    assert unitcolumns.attributes(project) == ["migrant", "低保比例"]
    share = unitcolumns.attribute(project, "migrant", "primary", 2026)
    assert share["u1"] == 0.4 and share[["u2", "u3"]].isna().all()
    assert unitcolumns.attribute(project, "低保比例", "primary", 2026)["u3"] == 0.3
    assert unitcolumns.attribute(project, "没有", "primary", 2026).isna().all()
