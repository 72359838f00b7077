"""Colours of zones: neighbours never alike in any plan, and planners keep the colours they know."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.colouring import contacts, hues, settled, touching
from gis.symbols import ZONE_HUES

SIDE = 6
#: 36 units of 100 m: eight neighbours at most, corners included.
MAP = np.array(
    [shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for y in range(SIDE) for x in range(SIDE)]
)
PAIRS = touching(MAP)
ZONES = [f"z{n:02}" for n in range(14)]
PLANS = st.lists(st.sampled_from([None, *ZONES]), min_size=len(MAP), max_size=len(MAP))
COLOURS = st.dictionaries(st.sampled_from(ZONES), st.sampled_from(ZONE_HUES))


def crowded(meeting: set[tuple[str, str]], colours: int) -> bool:
    """Tell whether in some group of zones each meets at least as many others as there are colours."""
    left = {
        zone: {b if a == zone else a for a, b in meeting if zone in (a, b)}
        for pair in meeting
        for zone in pair
    }
    while easy := next((zone for zone, others in left.items() if len(others) < colours), None):
        for other in left.pop(easy):
            left[other].discard(easy)
    return bool(left)


@given(plan=PLANS, usual=COLOURS, colours=st.integers(3, len(ZONE_HUES)))
def test_no_plan_has_neighbours_alike_unless_more_meet_than_there_are_colours(plan, usual, colours):
    meeting = contacts(PAIRS, plan)
    found = settled(ZONES, meeting, usual=usual, palette=ZONE_HUES[:colours])
    assert set(found) == set(ZONES) and set(found.values()) <= set(ZONE_HUES[:colours])
    if not crowded(meeting, colours):
        assert [pair for pair in meeting if found[pair[0]] == found[pair[1]]] == []


@given(plan=PLANS, unit=st.integers(0, len(MAP) - 1), zone=st.sampled_from(ZONES))
def test_a_move_that_makes_no_new_contact_changes_no_colour(plan, unit, zone):
    """Colours are the usual ones until zones that are alike meet: then theirs alone change."""
    usual = settled(ZONES, contacts(PAIRS, plan))
    moved = [*plan[:unit], zone, *plan[unit + 1 :]]
    before, after = contacts(PAIRS, plan), contacts(PAIRS, moved)
    alike = {pair for pair in after - before if usual[pair[0]] == usual[pair[1]]}
    found = settled(ZONES, after, usual=usual)
    changed = {name for name in ZONES if found[name] != usual[name]}
    if not crowded(before, len(ZONE_HUES)):
        assert changed <= {name for pair in alike for name in pair} and len(changed) <= len(alike)


def test_one_zone_in_conflict_gives_way_to_the_two_it_comes_between():
    usual = dict(zip("abcd", ["#1", "#1", "#1", "#2"], strict=True))
    found = settled("dcba", [("a", "b"), ("b", "c"), ("c", "d")], usual=usual, palette=("#1", "#2", "#3"))
    assert found == usual | {"b": "#2"} or found == usual | {"b": "#3"}


def test_where_a_zone_is_ringed_by_every_colour_more_than_its_own_changes():
    """A zone among three of three colours has none left; two of them are told apart again elsewhere."""
    palette = ("#1", "#2", "#3")
    usual = {"m": "#1", "x": "#1", "y": "#2", "z": "#3"}
    meeting = [("m", "x"), ("m", "y"), ("m", "z")]
    found = settled(usual, meeting, usual=usual, palette=palette)
    assert all(found[a] != found[b] for a, b in meeting)


def test_the_hues_of_shapes_are_those_of_their_contacts_in_any_order():
    zones = gpd.GeoDataFrame({"zone_id": list("abcdef")}, geometry=MAP[:6], crs=4547)
    colour = hues(zones)
    assert (colour.to_numpy()[1:] != colour.to_numpy()[:-1]).all()
    assert hues(zones.iloc[::-1]).sort_index().equals(colour)
    apart = gpd.GeoDataFrame({"zone_id": ["a", "b"]}, geometry=[MAP[0], MAP[3]], crs=4547)
    assert contacts(touching(apart.geometry.to_numpy()), ["a", "b"]) == set()
    assert contacts(touching(apart.geometry.to_numpy(), near=250), ["a", "b"]) == {("a", "b")}
    assert len(touching(MAP[:0])) == 0


def test_a_zone_that_meets_nobody_is_coloured_too():
    assert settled(["a"], []) == {"a": ZONE_HUES[0]}
    with pytest.raises(KeyError):
        settled(["a"], [("a", "b")])
