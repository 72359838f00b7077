import numpy as np
import pandas as pd

from planning.frontiers import frontier_job
from tests.zoning_maps import six_in_a_row
from zoning.check import check


def test_tells_how_far_it_is_and_proves_the_fewest_moved():
    problem = six_in_a_row()
    present = pd.Series(["L"] * 5 + ["R"], index=problem.unit_ids)  # 50 pupils for 30 places
    told = []
    found = frontier_job(problem, present, seconds=20, lang="en", progress=lambda *said: told.append(said))
    assert found.least_proven
    assert found.points[0].moved == 20
    assert found.table()["proven"].all()
    assert all(check(problem, point.zones).empty for point in found.points)
    shares = [share for share, _ in told]
    assert shares[-1] == 1.0
    assert np.all(np.diff(shares) >= 0)
    assert "fewest" in told[0][1]


def test_what_was_found_before_a_cancel_is_kept_keeps_the_rules_and_is_called_unfinished():
    problem = six_in_a_row()
    present = pd.Series("L", index=problem.unit_ids)
    start = pd.Series(list("LLLRRR"), index=problem.unit_ids)
    found = frontier_job(problem, present, start, cancelled=lambda: True)
    assert not found.finished
    assert found.points[-1].zones.to_dict() == start.to_dict()
    assert all(check(problem, point.zones).empty for point in found.points)
    nothing = frontier_job(problem, present, cancelled=lambda: True)
    assert not nothing.finished and len(nothing.points) <= 1
