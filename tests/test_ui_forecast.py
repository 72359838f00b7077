"""What the pages 预测 and 学位 take from rules and schools: class sizes, seats of boarding schools."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import forecasts, lineage
from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, enrolment, layers, schools
from ui.forecast import levels, whole
from ui.state import Context
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


def test_the_need_of_public_and_private_schools_is_told_apart_and_schools_that_are_gone_are_counted(tmp_path):
    past = enrolment()
    grown = past["year"].sub(2018).clip(lower=0) * past["grade"].le(3) * past["school_id"].eq("西")
    gone = past[past["school_id"].eq("东") & past["year"].lt(2021)].assign(school_id="旧")
    own = pd.concat([past.assign(pupils=past["pupils"] + 2 * grown), gone], ignore_index=True)
    rooms = [(school, YEAR, 1, str(n), size) for school, size in (("东", 60), ("西", 50)) for n in (1, 2)]
    more = {
        "enrolment": own,
        "schools": schools().assign(provider=["public", "private", "public"]),
        "classes": pd.DataFrame(rooms, columns=["school_id", "year", "grade", "class_no", "pupils"]),
    }
    made = create_project(layers() | more, name="公民", year=YEAR, epsg=EPSG, folder=tmp_path)
    chosen = forecasts.Settings(until=YEAR + 4, estates=False, scenarios=False)
    forecasts.forecast_job(made.folder, chosen)
    frame, context = forecasts.stored(made, chosen), Context(made, "primary", YEAR, None)
    rows = seats.by_provider(context, frame, seats.need_of(context, frame))
    assert rows["relief"].to_dict() == {"public": 30, "private": 10}
    level = frame[(frame["level"] == "provider_stage") & (frame["group"] == "private")]
    peak = level.loc[level["year"] <= YEAR + 3, "mean"].max()
    told = whole.table(frame, levels.all_names(context))
    by_kind = told[told["level"].str.startswith("公办、民办")]
    assert set(by_kind["片区、镇街或办学性质"]) == {"公办学校", "民办学校"}
    assert len(told) == len(frame) and not told["level"].str.contains("[a-z]").any()
    now = own[(own["school_id"] == "西") & (own["year"] == YEAR)]["pupils"].sum()
    assert rows["growth"]["private"] == -(-(peak - now) // 1) > rows["growth"]["public"]
    assert forecast.gone_schools(context) == 1 and forecast.private_schools(made).tolist() == ["西"]
    told = {"subject": "school", "change": "renamed", "year": 2021, "from_id": "旧", "to_id": "西"}
    lineage.store(made.folder, lineage.frame_of([told]))
    assert forecast.gone_schools(context) == 0 and forecast.private_schools(made).tolist() == ["西", "旧"]
    public = forecast.past_totals(context, public=True).set_index("year")["pupils"]
    here = own[own["grade"].le(6) & ~own["school_id"].isin(["西", "旧"])]
    assert public.to_dict() == here.groupby("year")["pupils"].sum().to_dict()
    frame.attrs["adopted"] = "x"
    assert seats.by_provider(context, frame, seats.need_of(context, frame)).empty
