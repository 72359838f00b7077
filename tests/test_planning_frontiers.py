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


def test_what_was_found_before_a_cancel_keeps_the_rules():
    problem = six_in_a_row()
    present = pd.Series("L", index=problem.unit_ids)
    found = frontier_job(problem, present, cancelled=lambda: True)
    assert len(found.points) <= 1
    assert all(check(problem, point.zones).empty for point in found.points)
