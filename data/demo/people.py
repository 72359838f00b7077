"""Residents, children and births, drawn from invented births that rise to 2016-17 and halve by 2023."""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from data.demo.settings import (
    BIRTH_YEARS,
    BIRTHS,
    COHORTS,
    DISTRICTS,
    SOURCE,
    YEAR,
    YIELD_SOURCE,
    District,
    rng,
)

_PLACES: Final = ("core", "town", "rural")
_BASE: Final = 2018
_RURAL_LOSS: Final = -0.022
_TOWN_LOSS: Final = -0.006
_MIGRANT: Final = {"core": 0.22, "town": 0.11, "rural": 0.03}
_TYPES: Final = ("商品房", "商品房", "商品房", "保障性住房", "安置房")
#: Share of an estate's families that have moved in, by years since its handover.
_MOVED_IN: Final = (0.2, 0.45, 0.7, 0.9)
_EMPTY: Final = 0.04


def places(units: pd.DataFrame) -> np.ndarray:
    """Return "core", "town" or "rural" for each unit."""
    return np.select([units["grid"] == 0, units["grid"] > 0], ["core", "town"], "rural")


def estates(district: District, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Choose the new estates (新建小区) of a district: units at the edge of its core, handed over 2023-2029.

    Returns
    -------
    GeoDataFrame
        The contract's layer `estates`.
    """
    random = rng("estates", district.code)
    edge = units[
        (units["grid"] == 0) & (units["rank"] > units.loc[units["grid"] == 0, "rank"].quantile(0.45))
    ]
    chosen = edge.iloc[np.sort(random.permutation(len(edge))[: district.estates])]
    count = len(chosen)
    years = np.resize(np.arange(YEAR - 3, YEAR + 4), count)
    households = 10 * random.integers(34, 118, count)
    kinds = random.choice(_TYPES, count)
    primary = np.round(random.uniform(0.15, 0.27, count) + 0.03 * (kinds == "安置房"), 3)
    columns = {
        "estate_id": [f"{district.code}-E{n:02d}" for n in range(1, count + 1)],
        "name": chosen["name"].to_numpy(),
        "name_en": chosen["name_en"].to_numpy(),
        "unit_id": chosen["unit_id"].to_numpy(),
        "district": district.name,
        "town": chosen["town"].to_numpy(),
        "households": households,
        "handover_year": random.permutation(years),
        "housing_type": kinds,
        "primary_yield": primary,
        "junior_yield": np.round(primary * random.uniform(0.42, 0.52, count), 3),
        "yield_source": YIELD_SOURCE,
        # Most families move within the area; the rest come from outside and add to its pupils (设定).
        "from_outside": np.round(random.uniform(0.2, 0.4, count), 2),
        "source": SOURCE,
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(chosen["x"], chosen["y"]), crs=units.crs)


def residents(district: District, units: gpd.GeoDataFrame, new: pd.DataFrame) -> np.ndarray:
    """Spread a district's residents over its units; estates not handed over have next to none.

    Returns
    -------
    ndarray of int
        In the order of `units`; they add up to the district's residents.
    """
    random = rng("residents", district.code)
    place = places(units)
    mean = {"town": 1500.0, "rural": 420.0 if district.pastoral else 720.0}
    weight = np.exp(random.normal(0, 0.32, len(units)))
    weight *= np.where(units.area > 0, np.sqrt(units.area / float(units.area[units.area > 0].median())), 1.0)
    weight *= _moved_in(units, new)
    out = np.zeros(len(units))
    for kind, level in mean.items():
        here = place == kind
        out[here] = level * weight[here] / weight[here].mean()
    core = place == "core"
    out[core] = (district.residents - out.sum()) * weight[core] / weight[core].sum()
    whole = np.floor(out).astype(int)
    whole[np.flatnonzero(core)[: district.residents - whole.sum()]] += 1
    whole[np.flatnonzero(core)[0]] += district.residents - whole.sum()
    return whole


def _moved_in(units: pd.DataFrame, new: pd.DataFrame) -> np.ndarray:
    year = units["unit_id"].map(new.set_index("unit_id")["handover_year"])
    return filled(YEAR - year)


def filled(age: pd.Series) -> np.ndarray:
    """Return the share of families that have moved in, by years since handover; 1 where there is none."""
    known = age.map(dict(enumerate(_MOVED_IN)))
    known = known.mask(age >= len(_MOVED_IN), 1.0).mask(age < 0, _EMPTY)
    return np.where(age.isna(), 1.0, known)


def births(district: District, units: gpd.GeoDataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Expected births by kind of place and year, shape (3 places, years)."""
    given = np.array([1000 * BIRTHS[year] for year in years])
    drift = np.asarray(years) - _BASE
    weight = {d.code: d.residents * np.exp(d.birth_drift * drift) for d in DISTRICTS}
    own = given * weight[district.code] / sum(weight.values())
    lived = pd.Series(units["residents"].to_numpy()).groupby(places(units)).sum().reindex(_PLACES).to_numpy()
    turn = np.array([0.006, -0.004, -0.018])[:, None] * drift
    share = lived[:, None] * np.exp(turn)
    return pd.DataFrame(own * share / share.sum(axis=0), index=list(_PLACES), columns=list(years))


def births_layer(district: District, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Draw births by town (the contract's layer `births`)."""
    random = rng("births", district.code)
    expected = births(district, units, BIRTH_YEARS)
    place = pd.Series(places(units), index=units.index)
    share = units["residents"] / units.groupby(place)["residents"].transform("sum")
    mean = expected.loc[place].to_numpy() * share.to_numpy()[:, None]
    by_town = pd.DataFrame(mean, columns=expected.columns).groupby(units["town"].to_numpy()).sum()
    drawn = pd.DataFrame(random.poisson(by_town), index=by_town.index, columns=by_town.columns)
    long = drawn.rename_axis("town").reset_index().melt("town", var_name="year", value_name="births")
    long = long.assign(year=long["year"].astype(int), district=district.name, source=SOURCE)
    return long[["year", "births", "district", "town", "source"]]


def children(district: District, units: gpd.GeoDataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Draw the registered children by unit and cohort.

    A cohort (学年 in which it reaches grade 1) was born a third in the autumn seven years before and two
    thirds in the year after: the cut-off is 31 August.

    Returns
    -------
    DataFrame
        The contract's layer `children`, every unit and cohort.
    """
    random = rng("children", district.code)
    place = places(units)
    mean = _cohorts(district, units).loc[place].to_numpy() * _unit_shares(units, new, place, random)
    drawn = random.poisson(mean)
    migrant = random.binomial(drawn, np.vectorize(_MIGRANT.get)(place)[:, None])
    return pd.DataFrame(
        {
            "unit_id": np.repeat(units["unit_id"].to_numpy(), len(COHORTS)),
            "cohort": np.tile(COHORTS, len(units)),
            "children": drawn.ravel(),
            "migrant": migrant.ravel(),
            "source": SOURCE,
        }
    )


def _cohorts(district: District, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Expected children registered now by kind of place and cohort: births and years of migration."""
    born = births(district, units, sorted(BIRTHS))
    age = np.clip(YEAR + 6 - np.asarray(COHORTS), 0, 18)
    moved = np.exp(np.outer([district.growth, _TOWN_LOSS, _RURAL_LOSS], age))
    early, late = born[[c - 7 for c in COHORTS]].to_numpy(), born[[c - 6 for c in COHORTS]].to_numpy()
    return pd.DataFrame((early / 3 + 2 * late / 3) * moved, index=list(_PLACES), columns=list(COHORTS))


def _unit_shares(
    units: gpd.GeoDataFrame, new: pd.DataFrame, place: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Share of each unit in its kind of place by cohort: newer estates have younger children."""
    young = random.normal(0, 0.6, len(units)) + 1.3 * units["unit_id"].isin(new["unit_id"]).to_numpy()
    tilt = np.clip((np.asarray(COHORTS) - 2020) / 6.0, -1.2, 1.2)
    weight = units["residents"].to_numpy()[:, None] * np.exp(0.28 * np.outer(young, tilt))
    weight *= random.gamma(40.0, 1 / 40.0, len(units))[:, None]
    total = pd.DataFrame(weight).groupby(place).transform("sum").to_numpy()
    return weight / total
