"""Ways out under optional rules: conflicts that name them, and each rule loosened as little as is needed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning.relaxing import relax_job
from tests.zoning_maps import every_plan, problems, six_in_a_row
from zoning import cases, loosen
from zoning.cases import Case
from zoning.options import Options
from zoning.relax import Loosened, Relaxation

TINY = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNITS = list("ABCDEF")


def plans(case: Case) -> list[pd.Series]:
    """Return every plan that keeps a case's rules, by trying all."""
    posed = case.posed()
    found = [posed.plain.series(zone) for zone in every_plan(posed.changed)]
    most = np.inf if case.most_moved is None else case.most_moved
    return [zones for zones in found if posed.check(zones).empty and posed.moved(zones) <= most]


@st.composite
def ruled(draw: st.DrawFn) -> Case:
    """Draw a small map with a few optional rules; many such have no plan."""
    problem = draw(problems())
    value = st.lists(st.integers(0, 3), min_size=problem.n_units, max_size=problem.n_units)
    zone = st.lists(
        st.sampled_from(list(problem.zone_ids)), min_size=problem.n_units, max_size=problem.n_units
    )
    on = draw(st.sets(st.sampled_from(["least", "share", "balance", "moved", "walk"]), max_size=3))
    attribute = pd.Series(draw(value), index=problem.unit_ids, dtype=float)
    options = Options(
        max_metres=400.0 if "walk" in on else None,
        least=draw(st.integers(1, 8)) if "least" in on else None,
        share=draw(st.sampled_from([0.5, 0.8])) if "share" in on else None,
        balance=attribute if "balance" in on else None,
        deviation=0.4 if "balance" in on else None,
        present=pd.Series(draw(zone), index=problem.unit_ids),
    )
    return Case.of(problem, options, draw(st.integers(0, 4)) if "moved" in on else None)


@given(ruled())
@TINY
def test_a_conflict_is_true_and_minimal_with_optional_rules_in_it(case):
    clash = cases.conflict(case)
    if clash is None:
        return
    kept = [*clash.optional, *clash.rules]
    assert not plans(case.only(kept)) and not plans(case)
    assert clash.reasons and clash.minimal
    for rule in kept:
        assert not cases.proven(case.only([each for each in kept if each != rule]))


@given(ruled())
@TINY
def test_a_loosened_rule_leaves_no_proof_and_what_a_plan_needs_is_enough_for_it(case):
    for kind in loosen.kinds(case):
        gone = loosen.dropped(case, kind)
        if not cases.proven(case.relaxed(gone)):
            for change in loosen.least(case, kind):
                assert not cases.proven(case.relaxed(change))
                assert {each.rule for each in change.loosen} == {kind}
        for zones in plans(case.relaxed(gone))[:3]:
            change = loosen.needed(case, zones)
            assert not change.seats and {each.rule for each in change.loosen} <= {kind}
            after = case.relaxed(change)
            assert after.posed().check(zones).empty
            assert after.most_moved is None or after.posed().moved(zones) <= after.most_moved


@pytest.mark.parametrize(
    ("options", "most", "rule", "loosened"),
    [
        (Options(share=0.5), None, ("share", ()), Loosened("share", value=0.75)),
        (Options(least=40), None, ("least", ("L",)), Loosened("least", value=30)),
        (Options(together=(("B", "C", "D", "E"),)), None, ("together", tuple("BCDE")),
         Loosened("together", tuple("BCDE"))),
        (Options(present=pd.Series(list("LLLLLR"), index=UNITS)), 5, ("moved", ()),
         Loosened("moved", value=10)),
    ],
)  # fmt: skip
def test_each_rule_is_named_in_the_conflict_and_gives_just_enough(options, most, rule, loosened):
    case = Case.of(six_in_a_row(left=40, right=40), options, most)
    clash = cases.conflict(case)
    assert clash is not None and rule in clash.optional and clash.minimal
    found = relax_job(six_in_a_row(left=40, right=40), step=10, options=options, most_moved=most)
    assert found.complete and found.conflict == clash
    tried = next(each for each in found.tried if each.relaxation.loosen == (loosened,))
    assert tried.result.feasible
    for each in found.tried:
        if each.result.feasible:
            after = case.relaxed(each.relaxation)
            assert after.posed().check(each.result.zones).empty
            assert after.most_moved is None or after.posed().moved(each.result.zones) <= after.most_moved


def test_the_balance_gives_way_and_a_rule_that_is_no_help_alone_is_told():
    halves = pd.Series([1.0, 1, 1, 0, 0, 0], index=UNITS)
    options = Options(balance=halves, deviation=0.1, least=35)
    found = relax_job(six_in_a_row(left=60, right=60), step=10, options=options)
    assert "balance" in found.vain and "least" not in found.vain
    alone = relax_job(
        six_in_a_row(left=60, right=60), step=10, options=Options(balance=halves, deviation=0.1)
    )
    (change,) = {each.relaxation.loosen for each in alone.tried if each.result.feasible}
    assert change[0].rule == "balance" and 0.1 < change[0].value <= 0.5


def test_seats_under_a_cap_are_counted_at_the_cap():
    case = Case.of(six_in_a_row(left=40, right=40), Options(share=0.5))
    found = [change for change in loosen.relaxations(case, step=10) if change.seats]
    assert found and all(not cases.proven(case.relaxed(change)) for change in found)
    plan = pd.Series(list("LLLRRR"), index=UNITS)
    capped = loosen.needed(case, plan)
    assert capped == Relaxation(loosen=(Loosened("share", value=0.75),))


def test_cancelled_it_gives_back_what_was_found_so_far():
    found = relax_job(six_in_a_row(), options=Options(share=0.5), cancelled=lambda: True)
    assert not found.complete and not found.tried


def test_where_no_rule_alone_is_enough_a_plan_without_any_says_what_all_must_give():
    halves = pd.Series([1.0, 1, 1, 0, 0, 0], index=UNITS)
    options = Options(balance=halves, deviation=0.1, share=0.5)
    found = relax_job(six_in_a_row(left=40, right=40), step=10, options=options)
    assert set(found.vain) == {"balance", "share"}
    best = found.tried[0]
    assert best.result.feasible and {each.rule for each in best.relaxation.loosen} == {"balance", "share"}
    case = Case.of(six_in_a_row(left=40, right=40), options)
    assert case.relaxed(best.relaxation).posed().check(best.result.zones).empty
