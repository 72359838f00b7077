import pandas as pd

from planning.relaxing import relax_job
from tests.zoning_maps import drawn, every_plan, six_in_a_row
from zoning.check import check
from zoning.relax import relaxed


def test_ways_out_are_tried_and_those_with_a_plan_come_first():
    problem = six_in_a_row(left=20, right=20)
    said = []
    found = relax_job(problem, step=10, progress=lambda share, text: said.append((share, text)))
    assert found.complete and found.conflict is not None
    assert found.conflict.short == 20
    assert found.tried[0].result.feasible is True
    for each in found.tried:
        if each.result.feasible:
            assert not len(check(relaxed(problem, each.relaxation), each.result.zones))
    shares = [share for share, _ in said]
    assert shares == sorted(shares) and shares[-1] < 1
    assert len({text for _, text in said}) > 2


def test_what_a_search_left_undecided_is_met_by_the_seats_its_plan_needs():
    star = drawn(  # whoever is to leave H for R must pass H
        {"L": 0, "R": 0, "H": 0, "A": 2, "B": 2, "C": 3, "D": 5},
        [("L", 10, "L"), ("R", 8, "R")],
        dict.fromkeys("LRHABCD", 0.0),
        "HL HR HA HB HC HD",
    )
    assert not list(every_plan(star))
    plan = pd.Series({unit: "R" if unit == "R" else "L" for unit in "LRHABCD"})
    found = relax_job(star, plan, step=5)
    assert found.conflict is None
    (tried,) = found.tried
    assert (tried.relaxation.seats, tried.result.feasible) == (((0, 5),), True)


def test_cancelled_it_gives_back_what_was_found_so_far():
    asked = []
    problem = six_in_a_row(left=20, right=20)

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 30

    stopped = relax_job(problem, step=1, cancelled=cancelled)
    assert not stopped.complete
    assert len(stopped.tried) < len(relax_job(problem, step=1).tried)
    assert relax_job(problem, cancelled=lambda: True).conflict is None
