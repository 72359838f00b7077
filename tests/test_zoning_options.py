"""Optional rules: what a plan under them keeps, what is told of what it cannot keep, and what they cost."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.faults import FaultError
from tests.zoning_maps import drawn, every_plan, least_cost, problems, six_in_a_row
from zoning import bench
from zoning.check import check
from zoning.check import cost as walked
from zoning.explain import nearer
from zoning.explain import options as schools_of
from zoning.optimise import optimise
from zoning.options import Options
from zoning.prices import limit_moved, prices, solve
from zoning.problem import Problem
from zoning.sides import attribute


def exhaust(problem: Problem, start: pd.Series | None):
    return optimise(problem, start, work=400, seed=1, exact=True)


def zones(problem: Problem, options: Options) -> str:
    found = solve(problem, options, exhaust)
    assert found.result.feasible
    return "".join(found.result.zones)


def test_without_options_nothing_changes():
    posed = Options().apply(six_in_a_row())
    assert Options().active == ()
    assert zones(six_in_a_row(), Options()) == "LLLRRR"
    assert posed.problem.n_units == 6 and not posed.problem.forbidden.any()


def test_a_longest_walk_forbids_what_is_beyond_and_spares_who_has_nothing_within():
    problem = six_in_a_row(left=60, right=60)
    posed = Options(max_metres=150).apply(problem)
    assert posed.spared == ("C", "D")
    assert posed.problem.allowed.sum(axis=1).tolist() == [1] * 6
    assert zones(problem, Options(max_metres=150)) == "LLLRRR"
    far = posed.check(pd.Series(list("LLLLRR"), index=list("ABCDEF")))
    assert far[["kind", "unit_id", "amount"]].to_numpy().tolist() == [["too_far", "D", 10]]


def test_a_barrier_is_not_crossed_and_the_seats_decide_whether_that_can_be():
    problem = six_in_a_row(left=30, right=40)
    assert zones(problem, Options(barred=(("C", "L"),))) == "LLRRRR"
    found, (only,) = prices(problem, Options(barred=(("C", "L"),)), exhaust)
    # C walks 300 m instead of 200
    assert (only.name, only.found, only.low, only.high) == ("barred", *[pytest.approx(1.0)] * 3)
    assert found.result.violations == 0
    broken = found.posed.check(pd.Series(list("LLLRRR"), index=list("ABCDEF")))
    assert broken["kind"].tolist() == ["barrier"]
    none = solve(six_in_a_row(), Options(barred=(("C", "L"),)), exhaust).result
    assert none.feasible is False


def test_the_price_of_moving_keeps_units_where_they_are_and_the_cost_stays_true():
    problem = six_in_a_row(left=40, right=40)
    present = pd.Series(list("LLLLRR"), index=list("ABCDEF"))
    for stay, plan in ((50.0, "LLLRRR"), (150.0, "LLLLRR")):
        found = solve(problem, Options(stay=stay, present=present), exhaust)
        assert "".join(found.result.zones) == plan
        assert found.result.cost == pytest.approx(walked(problem, problem.positions(found.result.zones)))
        assert found.result.bound <= least_cost(problem) + 1e-9
        assert found.posed.moved(found.result.zones) == (10 if stay == 50 else 0)
    found, (only,) = prices(problem, Options(stay=150.0, present=present), exhaust)
    assert found.result.bound == pytest.approx(least_cost(problem))
    assert only.found == pytest.approx(1.0) and only.low == pytest.approx(1.0) == only.high


def test_a_limit_on_the_moved_is_found_by_raising_the_price():
    problem = six_in_a_row(left=60, right=60)
    present = pd.Series(list("LLLLLR"), index=list("ABCDEF"))
    options = Options(present=present)
    for most in (20, 10, 0):
        limited = limit_moved(problem, options, most, exhaust)
        found = solve(problem, limited, exhaust)
        assert found.posed.moved(found.result.zones) <= most
    assert limit_moved(problem, options, 20, exhaust).stay == 0.0
    closed = options.apply(problem).moved(pd.Series(["L"] * 6, index=list("ABCDEF")))
    assert closed == 10


def test_a_community_stays_whole_and_its_plan_is_told_unit_by_unit():
    problem = six_in_a_row(left=40, right=40)
    options = Options(together=(("C", "D"),))
    assert zones(problem, options) in ("LLLLRR", "LLRRRR")
    found, (only,) = prices(problem, options, exhaust)
    assert only.found == pytest.approx(1.0)
    assert found.result.zones.index.tolist() == list("ABCDEF")
    split = found.posed.check(pd.Series(list("LLLRRR"), index=list("ABCDEF")))
    assert split["kind"].tolist() == ["split"] and split["unit_id"].iloc[0] in "CD"


def test_groups_that_cannot_stay_whole_are_told_all_at_once():
    groups = (("A", "B", "C", "D", "E", "F"), ("B", "D"), ("E", "E"))
    with pytest.raises(FaultError) as caught:
        Options(together=groups).apply(six_in_a_row())
    kinds = [fault.kind for fault in caught.value.faults]
    assert kinds == ["zoning_group_schools", "zoning_group_apart", *["zoning_group_twice"] * 2]
    locked = six_in_a_row(locks=pd.Series({"B": "L", "C": "R"}))
    with pytest.raises(FaultError, match="却锁定在几个片区"):
        Options(together=(("B", "C"),)).apply(locked)
    with pytest.raises(FaultError, match="却锁定在几个片区"):
        Options(together=(("A", "B", "C"),)).apply(six_in_a_row(locks=pd.Series({"C": "R"})))


def test_values_and_ids_that_cannot_be_are_told_all_at_once():
    wrong = Options(
        max_metres=-1, share=1.2, stay=float("nan"), least=-3, barred=(("X", "L"),), enclaves=(("A", "Y"),)
    )
    with pytest.raises(FaultError) as caught:
        wrong.apply(six_in_a_row())
    assert [fault.found for fault in caught.value.faults] == [
        "max_metres", "stay", "present", "least", "share", "X", "Y",
    ]  # fmt: skip


def test_an_approved_enclave_may_be_cut_off_and_costs_less():
    # B lies behind the other school but its own is nearer by the road
    problem = drawn(
        {"A": 10, "S": 10, "T": 10, "B": 10},
        [("S", 40, "S"), ("T", 40, "T")],
        {"A": (-100.0, 0.0), "S": (0.0, 0.0), "T": (0.0, 1000.0), "B": (0.0, 100.0)},
        "AS ST TB",
    )
    assert zones(problem, Options()) == "SSTT"
    found, (only,) = prices(problem, Options(enclaves=(("B", "S"),)), exhaust)
    assert "".join(found.result.zones) == "SSTS"
    assert only.found == pytest.approx(-8.0) and only.high == pytest.approx(-8.0)
    assert found.result.violations == 0
    assert check(problem, found.result.zones)["kind"].tolist() == ["cut_off"]


def test_a_share_of_the_seats_and_a_smallest_zone_are_checked():
    problem = six_in_a_row(left=50, right=50)
    plan = pd.Series(list("LLLLRR"), index=list("ABCDEF"))
    broken = Options(share=0.75, least=25).apply(problem).check(plan)
    assert broken[["kind", "zone_id", "amount"]].to_numpy().tolist() == [
        ["over_share", "L", 3],
        ["too_small", "R", 5],
    ]
    assert zones(problem, Options(least=40, small=("L",))) == "LLRRRR"
    assert zones(problem, Options(share=0.6)) == "LLLRRR"
    assert solve(problem, Options(share=0.5), exhaust).result.feasible is False


def test_a_smallest_zone_is_kept_priced_and_infeasible_only_when_proven():
    problem = six_in_a_row(left=60, right=60)
    found, (only,) = prices(problem, Options(least=40, small=("L",)), exhaust)
    assert "".join(found.result.zones) == "LLRRRR" and found.result.violations == 0
    assert (only.name, only.found, only.low, only.high) == ("least", *[pytest.approx(1.0)] * 3)
    for options, kind in (
        (Options(least=40), "least_in_all"),
        (Options(least=51, small=("L",)), "least_of_zone"),
        (Options(least=35, share=0.65, small=("L",)), "least_of_zone"),
    ):
        none = solve(problem, options, exhaust).result
        assert none.feasible is False and [reason.kind for reason in none.reasons] == [kind]
    held = six_in_a_row(left=60, right=60, locks=pd.Series(dict(zip("BCDE", "LLLR", strict=True))))
    assert solve(held, Options(least=20), exhaust).result.feasible
    assert solve(held, Options(least=30), exhaust).result.feasible is False


def test_the_mean_of_an_attribute_is_kept_near_that_of_all():
    problem = six_in_a_row(left=60, right=60)
    migrant = pd.Series([1.0, 0.0, 1.0, 1.0, 0.0, 0.0], index=list("ABCDEF"))
    found, (only,) = prices(problem, Options(balance=migrant, deviation=0.2), exhaust)
    assert "".join(found.result.zones) == "LLLRRR" and only.found == 0.0
    value, mean = attribute(problem, migrant.drop("A"))
    assert mean == pytest.approx(0.4) == value[0]
    found, (only,) = prices(problem, Options(balance=migrant, deviation=0.1), exhaust)
    assert "".join(found.result.zones) == "LLRRRR" and only.low == pytest.approx(1.0) == only.high
    broken = found.posed.check(pd.Series(list("LLLLRR"), index=list("ABCDEF")))
    assert broken[["kind", "zone_id", "amount"]].to_numpy().tolist() == [
        ["unbalanced", "L", 40],
        ["unbalanced", "R", 20],
    ]
    assert found.posed.means(found.result.zones).to_dict() == {"L": 0.5, "R": 0.5, "": 0.5}
    halves = pd.Series([1, 1, 1, 0, 0, 0], index=list("ABCDEF"))
    assert solve(problem, Options(balance=halves, deviation=0.1), exhaust).result.feasible is False
    assert zones(problem, Options(balance=halves, deviation=0.1, small=("L", "R"))) == "LLLRRR"


def test_a_price_on_borders_makes_them_shorter_and_the_cost_stays_true():
    at = {"A": (0.0, 0.0), "B": (100.0, 0.0), "C": (200.0, 0.0), "D": (0.0, 100.0), "E": (100.0, 100.0)}
    at["F"] = (200.0, 100.0)
    edges = "AB BC DE EF AD BE CF"
    problem = drawn(dict.fromkeys("ABCDEF", 10), [("L", 60, "A"), ("R", 60, "F")], at, edges)
    borders = pd.DataFrame([(*pair, 100.0) for pair in edges.split()], columns=["a", "b", "metres"])
    assert zones(problem, Options()) == "LLRLRR"
    found, (only,) = prices(problem, Options(compact=5.0, borders=borders), exhaust)
    assert "".join(found.result.zones) in ("LRRLRR", "LLRLLR")
    plan = problem.positions(found.result.zones)
    assert found.posed.sides.toll(problem, plan) == pytest.approx(5.0 * 0.2)
    assert found.result.cost == pytest.approx(walked(problem, plan))
    assert only.name == "compact" and only.low == pytest.approx(only.found) == pytest.approx(0.4142, abs=1e-3)
    assert found.result.bound == pytest.approx(least_cost(problem))


def test_several_rules_are_priced_each_and_together():
    problem = six_in_a_row(left=40, right=40)
    options = Options(barred=(("C", "L"),), share=0.75)
    found, told = prices(problem, options, exhaust)
    assert [each.name for each in told] == ["barred", "share", "all"]
    assert [each.feasible for each in told] == [True, True, False]
    assert np.isnan(told[2].found) and found.result.feasible is False
    assert told[0].found == pytest.approx(1.0) and told[1].found == pytest.approx(0.0)


def test_a_group_that_only_an_enclave_ties_together_cannot_be_alone_and_is_priced_with_it():
    options = Options(together=(("A", "C"),), enclaves=(("C", "L"),))
    found, costs = prices(six_in_a_row(), options, exhaust)
    assert found.result.feasible and found.result.zones["C"] == "L"
    by = {each.name: each for each in costs}
    assert list(by) == ["together", "enclaves", "all"]
    assert by["together"].feasible is False and by["all"].feasible


def test_files_with_a_longest_walk_and_a_price_of_moving(tmp_path):
    for name, text in {
        "u": "id,x,y,demand\na,0,0,10\nb,100,0,10\nc,250,0,10\nd,400,0,10\n",
        "s": "id,unit,x,y,capacity\nL,a,0,0,40\nR,d,400,0,40\n",
        "e": "a,b\na,b\nb,c\nc,d\n",
        "p": "unit_id,school_id\na,L\nb,L\nc,L\nd,R\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    files = [tmp_path / f"{name}.csv" for name in "use"]
    out, present = tmp_path / "plan.csv", tmp_path / "p.csv"
    for stay, plan in ((50.0, "LLRR"), (200.0, "LLLR")):
        record = bench.run(*files, work=200, out=out, stay=stay, present=present)
        assert "".join(bench.read_plan(out)) == plan
        assert record["moved"] == plan.count("R") * 10 - 10 and record["spared"] == []
    assert bench.run(*files, work=200, max_metres=120)["spared"] == ["c"]
    assert "moved" not in bench.run(*files, work=200)
    with pytest.raises(FaultError, match="present"):
        bench.run(*files, work=200, stay=10.0)


def test_why_not_the_nearer_school_is_told_with_the_rules_in_it():
    plan = pd.Series(list("LLRRRR"), index=list("ABCDEF"))

    def reasons(**rules) -> list[str]:
        posed = Options(**rules).apply(six_in_a_row(left=30, right=40))
        told = posed.reasons(nearer(posed.changed, plan), plan)
        assert told["unit_id"].tolist() == ["C"] and told["zone_id"].tolist() == ["L"]
        return told["reason"].tolist()

    assert reasons() == ["possible"]
    assert reasons(barred=(("C", "L"),)) == ["barrier"]
    assert reasons(together=(("C", "D"),)) == ["split"]
    assert reasons(least=40) == ["too_small"]
    assert reasons(least=30) == ["possible"]
    value = pd.Series([0, 1, 1, 0, 0, 1], index=list("ABCDEF"))
    assert reasons(balance=value, deviation=0.1) == ["unbalanced"]
    posed = Options(max_metres=250).apply(six_in_a_row())
    told = posed.reasons(schools_of(posed.changed, plan, "B").assign(unit_id="B"), plan)
    assert dict(zip(told["zone_id"], told["reason"], strict=True)) == {"L": "current", "R": "too_far"}


def test_rules_of_a_search_among_some_zones_are_not_held_against_the_others():
    posed = Options(max_metres=150, share=0.5, least=25).apply(six_in_a_row(left=50, right=30))
    plan = pd.Series(list("LLLLRR"), index=list("ABCDEF"))
    every = posed.check(plan)[["kind", "zone_id"]].to_numpy().tolist()
    assert every == [["too_far", "L"], ["over_share", "L"], ["over_share", "R"], ["too_small", "R"]]
    right = posed.within(["R"]).check(plan)[["kind", "zone_id"]].to_numpy().tolist()
    assert right == [["over_share", "R"], ["too_small", "R"]]
    assert posed.within(["L"]).check(plan)["kind"].tolist() == ["too_far", "over_share"]


@st.composite
def posed(draw: st.DrawFn) -> tuple[Problem, Options]:
    problem = draw(problems())
    units, names = list(problem.unit_ids), list(problem.zone_ids)
    pairs = list(itertools.product(units, names))
    edges = [(units[a], units[b]) for a in range(len(units)) for b in problem.neighbours(a) if a < b]
    present = draw(st.lists(st.sampled_from([*names, None]), min_size=len(units), max_size=len(units)))
    return problem, Options(
        max_metres=draw(st.none() | st.sampled_from([200, 500])),
        barred=tuple(draw(st.lists(st.sampled_from(pairs), max_size=2))),
        stay=draw(st.sampled_from([0.0, 100.0])),
        present=pd.Series(present, index=units, dtype="str"),
        together=(draw(st.sampled_from(edges)),) if edges and draw(st.booleans()) else (),
        share=draw(st.none() | st.just(0.9)),
        least=draw(st.none() | st.sampled_from([1, 4])),
        small=tuple(draw(st.lists(st.sampled_from(names), max_size=1))),
        balance=draw(st.none() | st.just(pd.Series(range(len(units)), index=units))),
        deviation=draw(st.sampled_from([0.5, 1.5])),
    )


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(posed())
def test_any_map_any_rules_a_plan_that_keeps_them_and_a_price_that_is_true(case):
    problem, options = case
    try:
        found = options.apply(problem)
    except FaultError:  # two schools in a group: its own test
        return
    small, whole = found.problem, found.changed
    assert small.demand.sum() == problem.demand.sum()
    done, told = prices(problem, options, exhaust)
    sides, walks = found.sides.merged(found.grouping), found.grouping.merged(problem).metres
    every = every_plan(replace(small, metres=walks))
    best = min(
        (walked(replace(small, metres=walks), p) for p in every if not sides.missed(p).any()), default=None
    )
    assert done.result.feasible is (best is not None)
    if best is None:
        return
    plan = done.result.zones
    assert check(whole, plan).empty and done.posed.check(plan).empty and check(problem, plan).empty
    assert all(plan[list(group)].nunique() == 1 for group in options.together)
    assert done.result.cost == pytest.approx(walked(problem, problem.positions(plan)))
    assert done.result.bound <= best + 1e-6 and done.result.cost >= best - 1e-6
    plain = least_cost(problem)
    for each in told:
        if each.feasible:
            assert -1e-6 <= each.low <= each.high + 1e-9 and each.low - 1e-6 <= each.found <= each.high + 1e-6
    true = {"all": best - plain} if len(told) > 1 else {told[0].name: best - plain} if told else {}
    for each in told:
        if each.name in true and not options.stay:
            assert each.low - 1e-6 <= true[each.name] <= each.high + 1e-6


def test_an_exchange_that_would_break_a_least_size_is_not_offered():
    problem = drawn(
        {"A": 10, "B": 12, "C": 5, "D": 10},
        [("L", 25, "A"), ("R", 25, "D")],
        {"A": (0.0, 0.0), "B": (150.0, 0.0), "C": (60.0, 0.0), "D": (200.0, 0.0)},
        "AB AC BC BD CD",
    )
    plan = pd.Series(list("LLRR"), index=list("ABCD"))  # B is nearer to R, C to L: they could change places
    for least, offered in ((15, True), (20, False)):
        posed = Options(least=least).apply(problem)
        table = nearer(posed.changed, plan)
        table = table.assign(reason="full", swap_unit_id="", swap_pupil_km=np.nan)
        table.loc[table["unit_id"] == "B", ["swap_unit_id", "swap_pupil_km"]] = "C", -1.0
        told = posed.reasons(table, plan).set_index("unit_id")
        assert pd.notna(told.loc["B", "swap_pupil_km"]) == offered
        after = pd.Series(list("LRLR"), index=list("ABCD"))
        assert ("L" in set(posed.check(after)["zone_id"])) != offered
