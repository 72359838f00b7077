"""An edit session says after every move what a whole evaluation says."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.faults import FaultError
from tests.zoning_maps import problems, six_in_a_row
from zoning import edit, indicators
from zoning.check import check
from zoning.edit import Session


def agree(session: Session, zones: pd.Series, reference: pd.Series) -> None:
    """Compare a session with the whole evaluation of a plan, to the last digit."""
    problem = session.problem
    pd.testing.assert_series_equal(session.zones, zones, check_names=False)
    pd.testing.assert_frame_equal(session.check(), check(problem, zones))
    whole = indicators.summary(problem, zones, limit=300.0)
    pd.testing.assert_frame_equal(session.summary(), whole, check_exact=True)
    whole = indicators.totals(problem, zones, limit=300.0, reference=reference)
    pd.testing.assert_series_equal(session.totals(), whole, check_exact=True)


@settings(max_examples=25, deadline=None)
@given(problem=problems(), data=st.data())
def test_any_moves_end_where_a_whole_evaluation_ends(problem, data):
    zone = st.lists(st.integers(-1, problem.n_zones - 1), min_size=problem.n_units, max_size=problem.n_units)
    zones, reference = (problem.series(np.array(data.draw(zone))) for _ in range(2))
    session = Session.begin(problem, zones, reference=reference, limit=300.0)
    for _ in range(3):
        units = data.draw(st.lists(st.sampled_from(list(problem.unit_ids)), max_size=2))
        to = data.draw(st.sampled_from([None, *problem.zone_ids]))
        session, zones = session.move(units, to), edit.assign(zones, units, to)
        agree(session, zones, reference)


def test_cutting_and_mending_a_catchment():
    problem = six_in_a_row(left=40, right=40)
    first = Session.begin(problem, pd.Series(list("LLLRRR"), index=list("ABCDEF")))
    cut = first.move(["B"], "R")
    assert sorted(cut.check().query("kind == 'cut_off'")["unit_id"]) == ["B", "C"]
    assert not cut.move(["B"], "L").cut.any()
    assert not first.cut.any()


def test_the_measures_by_zone_are_those_of_the_single_indicators():
    problem = six_in_a_row(left=40, right=40)
    zones = pd.Series(list("LLRLRR"), index=list("ABCDEF"))
    whole = indicators.summary(problem, zones, limit=150.0)
    for name in ("fill", "mean_walk", "longest_walk", "share_nearest"):
        single = getattr(indicators, name)(problem, zones)
        pd.testing.assert_series_equal(whole[single.name], single)
    pd.testing.assert_series_equal(whole["share_within"], indicators.share_within(problem, zones, 150.0))


def test_a_zone_that_is_no_more_counts_as_moved():
    problem = six_in_a_row()
    zones = pd.Series(list("LLLRRR"), index=list("ABCDEF"))
    reference = pd.Series(["L", "L", "old", None, "R"], index=list("ABCDE"))
    demand = pd.Series(problem.demand, index=problem.unit_ids)
    assert indicators.totals(problem, zones, reference=reference)["moved"] == 10
    assert indicators.moved(zones, reference, demand).sum() == 10


def test_every_unknown_name_is_said_at_once():
    session = Session.begin(six_in_a_row(), pd.Series(list("LLLRRR"), index=list("ABCDEF")))
    with pytest.raises(FaultError) as error:
        session.move(["A", "X", "Y"], "Z")
    assert [fault.found for fault in error.value.faults] == ["X", "Y", "Z"]
