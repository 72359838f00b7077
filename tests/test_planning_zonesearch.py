"""How a search stands, in words that claim no more than is known."""

import math

from planning.zonesearch import stands


def test_before_a_plan_there_is_no_cost_to_speak_of():
    assert stands(math.nan, -math.inf) == "还没有方案"
    assert stands(math.nan, 90.0, "en") == "no plan yet · proven lower bound 90.0"


def test_cost_bound_and_what_is_between_them():
    assert stands(100.0, 99.0) == "目前最好 100.0 人·公里 · 已证明的下限 99.0 · 相差 1.00 %"


def test_a_cost_below_the_bound_means_the_plan_breaks_a_rule():
    assert stands(80.0, 90.0, "en").endswith("still overfull")
    assert stands(80.0, 90.0).endswith("仍有超员")


def test_no_pupils_no_walk():
    assert stands(0.0, 0.0, "en") == "best so far 0.0 pupil-km"
