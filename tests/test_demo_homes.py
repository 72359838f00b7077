"""Where the pupils of the synthetic demo live: the same homes every year, some far from their school."""

import pandas as pd
import pytest

from data import make_demo
from data.demo.settings import YEAR

Layers = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def county() -> Layers:
    return make_demo.layers("county")


def test_a_home_stays_from_year_to_year(county: Layers) -> None:
    rolls = county["attendance"][county["attendance"]["home"] == "unit"]
    cohort = rolls.assign(cohort=rolls["year"] - rolls["grade"]).query(f"{YEAR} - cohort <= 6")
    by = cohort.pivot_table(index=["unit_id", "cohort"], columns="year", values="pupils", aggfunc="sum")
    both = by[[YEAR - 1, YEAR]].dropna()
    assert (both[YEAR] - both[YEAR - 1]).abs().sum() < 0.1 * both[YEAR].sum()


def test_villages_send_children_into_the_city(county: Layers) -> None:
    rolls, schools = county["attendance"], county["schools"].set_index("school_id")
    kinds = county["units"].set_index("unit_id")["kind"]
    junior = rolls[(rolls["grade"] >= 7) & (rolls["unit_id"].map(kinds) == "village")]
    urban = junior["school_id"].map(schools["area"]) == "urban"
    assert 0.05 < junior.loc[urban, "pupils"].sum() / junior["pupils"].sum() < 0.6
