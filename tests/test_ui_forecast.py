"""What the pages 预测 and 学位 take from rules and schools: class sizes, seats of boarding schools."""

from __future__ import annotations

import pytest

from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, layers, schools
from ui.views import forecast, seats

RULE = """
id = "local"
name = "本地"
name_en = "Local"
jurisdiction = "本县"
[[rule]]
id = "local.standard"
name = "小学 40 人"
name_en = "40"
metric = "standard_class"
stage = "primary"
scope = "all"
strength = "应"
op = "le"
value = 40
unit = "人/班"
source = "本县文件"
clause = "一"
confidence = "verified"
valid_from = 2020-01-01
[[rule]]
id = "local.large"
name = "小学 51 人起为大班额"
name_en = "51"
metric = "class_count_over"
at = 51
stage = "primary"
scope = "all"
strength = "口径"
op = "count"
unit = "个班"
source = "本县口径"
clause = "二"
confidence = "verified"
valid_from = 2020-01-01
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "local.toml").write_text(RULE, encoding="utf-8")
    own = schools().assign(boarding=[False, True, False], primary_seats=[100, 240, None])
    packs = (str(tmp_path / "local.toml"), "national")
    return create_project(
        layers() | {"schools": own}, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path / "p", packs=packs
    )


def test_class_sizes_are_those_of_the_rules_in_force(project):
    primary, junior = (forecast.class_limits(project, stage) for stage in ("primary", "junior"))
    assert (primary.standard, primary.large) == (40, 51)
    assert primary.sources == ("本县文件", "本县口径")
    assert (junior.standard, junior.large) == (50, 56)


def test_seats_of_boarding_schools_of_no_zone_are_counted_apart(project):
    assert seats.boarding_seats(project, "primary") == 240
    assert seats.boarding_seats(project, "junior") == 0
    held = seats.stock(project)
    assert held.loc[held["stage"] == "primary", "seats"].sum() == 100
