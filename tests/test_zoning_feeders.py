"""Feeder patterns: which primary zones can go whole, which cannot and why, and which a plan splits."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zoning_maps import drawn, problems, six_in_a_row
from zoning.feeders import REASONS, feeders, links, split
from zoning.grouping import grouped
from zoning.optimise import optimise
from zoning.options import Options
from zoning.prices import prices, solve

ROW = list("ABCDEF")


def plan(zones: str) -> pd.Series:
    return pd.Series([None if z == "." else z for z in zones], index=ROW, dtype="str")


def unfit(problem, zones: str, **more) -> dict[str, str]:
    found = feeders(problem, plan(zones), **more).unfit
    return dict(zip(found["primary_zone"], found["reason"], strict=True))


def test_primary_zones_are_groups_and_units_without_one_are_free():
    found = feeders(six_in_a_row(), plan("PPQQ.R"))
    assert found.groups == (("A", "B"), ("C", "D"), ("F",))
    assert found.unfit.empty


def test_a_zone_that_cannot_go_whole_is_named_with_its_reason_and_falls_back_to_units():
    wide = six_in_a_row(left=60, right=60)
    assert unfit(wide, "PQQPPR") == {"P": "zoning_group_apart"}
    assert unfit(wide, "PPPPPP") == {"P": "zoning_group_schools"}
    assert unfit(six_in_a_row(left=60, right=60, locks=pd.Series({"C": "L", "D": "R"})), "PPQQRR") == {
        "Q": "zoning_group_locks"
    }
    assert unfit(six_in_a_row(left=60, right=20), "PPQQQR") == {}
    assert unfit(six_in_a_row(left=20, right=60), "PPPQQR") == {"P": "room"}
    assert unfit(wide, "PPPQQR", share=0.4) == {"P": "room"}
    pairs = pd.DataFrame({"unit_id": ["C", "D"], "zone_id": ["L", "R"]})
    assert unfit(six_in_a_row(left=60, right=60, forbidden=pairs), "PPQQRR") == {"Q": "nowhere"}
    longer = pd.concat([plan("PPQQRR"), pd.Series({"G": "Q"})])
    found = feeders(wide, longer).unfit
    assert found.to_numpy().tolist() == [["Q", "outside", 2, 20]]
    assert {*REASONS} >= {"outside", "room", "nowhere"}


def test_a_nine_year_school_feeds_itself():
    problem = drawn(
        dict.fromkeys("ABC", 10), [("N", 30, "A"), ("J", 30, "C")], {"A": 0.0, "B": 1.0, "C": 2.0}, "AB BC"
    )
    found = feeders(problem, pd.Series({"A": "N", "B": "N", "C": "P"}))
    assert found.groups == (("A", "B"), ("C",))
    merged = grouped(problem, found.groups).merged(problem)
    assert merged.allowed.tolist() == [[True, False], [False, True]]


def test_links_count_every_pupil_and_name_what_is_split():
    demand = pd.Series([10, 20, 30, 0, 5, 7], index=ROW)
    found = links(plan("PPQQ.R"), plan("LRRLR."), demand)
    assert found["pupils"].sum() == demand.sum()
    told = found[["primary_zone", "junior_zone", "units", "pupils", "whole"]].fillna("").to_numpy().tolist()
    assert told == [
        ["P", "R", 1, 20, False],
        ["P", "L", 1, 10, False],
        ["Q", "R", 1, 30, False],
        ["Q", "L", 1, 0, False],
        ["R", "", 1, 7, False],
        ["", "R", 1, 5, False],
    ]
    assert found["share"].iloc[0] == pytest.approx(2 / 3)
    parts = split(found).fillna("").to_numpy().tolist()
    assert parts == [["P", "R", 2, 10], ["Q", "R", 2, 0], ["R", "", 1, 7]]
    whole = links(plan("PPQQQR"), plan("LLRRRR"), demand)
    assert whole["whole"].all() and split(whole).empty


@settings(max_examples=40)
@given(problems(), st.data())
def test_any_groups_that_are_told_to_fit_do(problem, data):
    zones = data.draw(st.lists(st.sampled_from("PQR"), min_size=problem.n_units, max_size=problem.n_units))
    primary = pd.Series(zones, index=problem.unit_ids)
    found = feeders(problem, primary)
    merged = grouped(problem, found.groups).merged(problem)  # raises where a group cannot be
    for group in found.groups:
        at = merged.unit_ids.get_loc(group[0])
        assert merged.allowed[at].any()
    loose = set(primary.index[primary.isin(found.unfit["primary_zone"])])
    assert loose.isdisjoint(unit for group in found.groups for unit in group)
    assert len(loose) + sum(map(len, found.groups)) == problem.n_units


def exhaust(problem, start):
    return optimise(problem, start, work=400, seed=1, exact=True)


def test_a_junior_plan_keeps_feeders_whole_with_a_price_of_its_own():
    problem = six_in_a_row(left=30, right=40)
    fed = feeders(problem, plan("PPQQRR")).groups
    found, (only,) = prices(problem, Options(feeders=fed), exhaust)
    assert "".join(found.result.zones) == "LLRRRR" and found.result.violations == 0
    assert (only.name, only.found, only.low, only.high) == ("feeders", *[pytest.approx(1.0)] * 3)
    table = links(plan("PPQQRR"), found.result.zones, pd.Series(10, index=ROW))
    assert table["whole"].all()


def test_a_split_feeder_is_named_apart_from_a_town_and_both_may_hold_the_same_units():
    problem = six_in_a_row(left=40, right=40)
    rules = Options(together=(("C", "D"),), feeders=(("B", "C"), ("E", "F")))
    assert "".join(solve(problem, rules, exhaust).result.zones) in ("LLLLRR", "LRRRRR")
    broken = rules.apply(problem).check(plan("LLRLRR"))
    told = broken[["kind", "unit_id", "amount"]].to_numpy().tolist()
    assert ["split", "D", 10] in told or ["split", "C", 10] in told
    assert any(kind == "feeder" and unit in "BC" for kind, unit, _ in told)
    assert rules.apply(problem).check(plan("LLLLRR")).empty
    assert Options(feeders=(("B", "C"), ("D", "E"))).apply(problem).problem.n_units == 4
