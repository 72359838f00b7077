"""Zones of several schools: ballots, campuses, teaching points with their centre school."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.faults import FaultError
from planning import seats, several, spatial, zoneproblem
from zoning.within import share_out


def in_force(project):
    rows = project.layers["catchments"]
    return rows[rows["stage"].eq("primary")].set_index("unit_id")["zone_id"]


def with_schools(project, changes):
    schools = project.layers["schools"].copy()
    for school, values in changes.items():
        for column, value in values.items():
            schools.loc[schools["school_id"].eq(school), column] = value
    return replace(project, layers={**project.layers, "schools": schools})


def test_campuses_are_no_ballot_and_schools_side_by_side_are(demo):
    found = several.members(demo, "primary").set_index("school_id")
    assert found.loc["DS-S23", "role"] == "school" and found.loc["DS-S24", "role"] == "campus"
    assert not found["ballot"].any()
    plan = in_force(demo).replace("DS-S22", "DS-S21")
    joined = with_schools(demo, {"DS-S22": {"zone_id": "DS-S21"}})
    now = several.members(joined, "primary").set_index("school_id")
    assert set(now.index[now["ballot"]]) == {"DS-S21", "DS-S22"}
    walks = several.expected_walks(joined, plan, "primary")
    assert set(walks["unit_id"]) == set(plan.index[plan.eq("DS-S21")])
    assert (walks["nearest"] <= walks["expected"]).all() and (walks["expected"] <= walks["farthest"]).all()
    way = spatial.travel(joined, "primary").set_index(["unit_id", "school_id"])["metres"]
    unit = walks["unit_id"].iloc[0]
    seats_of = now["intake"]
    mean = (way[unit, "DS-S21"] * seats_of["DS-S21"] + way[unit, "DS-S22"] * seats_of["DS-S22"]) / (
        seats_of["DS-S21"] + seats_of["DS-S22"]
    )
    assert walks["expected"].iloc[0] == pytest.approx(mean)
    posed = zoneproblem.build(joined, "primary", joined.year)
    counted = pd.DataFrame(posed.metres, index=posed.unit_ids, columns=posed.zone_ids)
    assert counted.loc[unit, "DS-S21"] == pytest.approx(mean)
    alone = zoneproblem.build(demo, "primary", demo.year)
    others = alone.zone_ids.drop(["DS-S21", "DS-S22"])
    before = pd.DataFrame(alone.metres, index=alone.unit_ids, columns=alone.zone_ids)
    pd.testing.assert_frame_equal(counted[others], before[others])
    unknown = with_schools(joined, {"DS-S22": {"primary_intake": pd.NA}})
    assert several.ballot_walks(unknown, "primary").empty
    with pytest.raises(FaultError) as error:
        several.expected_walks(unknown, plan, "primary")
    assert [fault.kind for fault in error.value.faults] == ["several_seats"]


def test_a_teaching_point_takes_the_young_within_its_seats_and_the_centre_takes_them_later(demo):
    point, centre = "DS-S45", "DS-S41"
    alone = several.bands(demo, in_force(demo), _entrants(demo))
    assert set(alone["zone_id"]) == {point} and set(alone["upper_school"]) == {centre}
    assert set(alone["upper_from"]) == {4}
    given = {point: {"zone_id": centre, "primary_intake": 10}, centre: {"primary_intake": 500}}
    joined = with_schools(demo, given)
    found = several.bands(joined, in_force(demo).replace(point, centre), _entrants(joined))
    roles = several.members(joined, "primary").set_index("school_id")["role"]
    assert (roles[point], roles[centre]) == ("teaching_point", "school")
    young = found[found["lower_school"].eq(point)]
    assert len(young) and young["pupils"].sum() <= 10
    assert set(young["upper_school"]) == {centre} and set(young["upper_from"]) == {4}
    rest = found[found["lower_school"].eq(centre)]
    assert rest["upper_from"].isna().all() and (rest["lower_metres"] == rest["upper_metres"]).all()
    room = seats.capacity(joined.layers["schools"], "primary", system=joined.stage_system)
    assert room[centre] == 510


def test_no_way_to_the_centre_leaves_the_later_school_open():
    rows = pd.DataFrame({"school_id": ["点", "中心"], "entry": True, "intake": [5, 20], "highest": [3, 6]})
    walks = pd.DataFrame({"点": [10.0, 20.0], "中心": [np.inf, 5.0]}, index=["u", "v"])
    found = several._banded(pd.Series({"u": 5, "v": 5}), walks, rows, ["中心"], 6).set_index("unit_id")
    assert found["lower_school"].to_dict() == {"u": "点", "v": "中心"}
    assert pd.isna(found.loc["u", "upper_school"]) and found.loc["v", "upper_school"] == "中心"


def test_nobody_is_sent_to_a_teaching_point_because_the_centre_states_no_plan(demo):
    point, centre = "DS-S45", "DS-S41"
    joined = with_schools(demo, {point: {"zone_id": centre}, centre: {"primary_intake": pd.NA}})
    plan = in_force(demo).replace(point, centre)
    assert several.bands(joined, plan, _entrants(joined)).empty
    alone = with_schools(demo, {point: {"primary_intake": pd.NA}})
    assert set(several.bands(alone, in_force(demo), _entrants(demo))["lower_school"]) == {point}


def _entrants(project):
    children = project.layers["children"]
    return seats.entrants(children, "primary", project.year, system=project.stage_system)


@settings(max_examples=40)
@given(
    pupils=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    walks=st.lists(st.sampled_from([100.0, 250.0, 400.0, 900.0, np.inf]), min_size=10, max_size=10),
    room=st.tuples(st.integers(1, 20), st.integers(1, 20)),
)
def test_sharing_out_is_as_good_as_trying_every_way(pupils, walks, room):
    units = [f"u{number}" for number in range(len(pupils))]
    metres = pd.DataFrame(np.reshape(walks, (5, 2))[: len(units)], index=units, columns=["a", "b"])
    metres["a"] = metres["a"].replace(np.inf, 950.0)
    found = share_out(pd.Series(pupils, index=units), metres, pd.Series({"a": room[0], "b": room[1]}))

    def value(schools):
        load = {
            school: sum(n for n, s in zip(pupils, schools, strict=True) if s == school) for school in "ab"
        }
        over = sum(max(load[school] - seats, 0) for school, seats in zip("ab", room, strict=True))
        walked = [n * metres.at[u, s] for u, s, n in zip(units, schools, pupils, strict=True) if n]
        return over, sum(walked)

    ways = [w for w in itertools.product("ab", repeat=len(units)) if np.isfinite(value(w)[1])]
    assert value(found) == pytest.approx(min(map(value, ways)))
