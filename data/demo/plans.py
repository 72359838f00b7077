"""Catchments in force of a district, with the flaws real ones have, and the intake plans they should fill."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from data.demo.roads import Roads
from data.demo.settings import SOURCE, STANDARD, YEAR, District, rng
from data.demo.zones import Neighbours, balance, grow

ENTRY_COHORT: Final = {"primary": YEAR, "junior": YEAR - 6}
_SLACK: Final = 1.045
"""What an intake plan holds at least against the entrants who live nearest."""
_IN_FORCE: Final = YEAR - 4


@dataclass(frozen=True)
class Plan:
    """Catchments of one district and stage.

    Attributes
    ----------
    schools : DataFrame
        Public day schools of the stage: school_id, zone_id, unit, zone (number), hot.
    nearest : ndarray (units,)
        Zone of each unit by distance alone: the plan that intakes are made for.
    force : ndarray (units,)
        Zone of each unit in force.
    enclaves, far : ndarray
        Rows of units that lie in an enclave (飞地) or far from their school beside a near one.
    """

    schools: pd.DataFrame
    nearest: np.ndarray
    force: np.ndarray
    enclaves: np.ndarray
    far: np.ndarray

    def layer(self, units: pd.DataFrame, stage: str) -> pd.DataFrame:
        """Return the rows of the contract's layer `catchments`."""
        names = self.schools.drop_duplicates("zone").set_index("zone")["zone_id"]
        columns = {"stage": stage, "from_year": _IN_FORCE, "unit_id": units["unit_id"].to_numpy()}
        return pd.DataFrame({**columns, "zone_id": names.loc[self.force].to_numpy(), "source": SOURCE})


def serves(schools: pd.DataFrame, stage: str) -> pd.Series:
    """Tell which schools have a catchment for a stage: public day schools that teach it."""
    low, high = (schools["lowest_grade"], schools["highest_grade"])
    teaches = low <= 6 if stage == "primary" else high >= 7
    return teaches & (schools["provider"] == "public") & ~schools["boarding"]


def campus_share(schools: pd.DataFrame) -> np.ndarray:
    """Return the share of its zone's pupils each school takes: a main site more than a second campus."""
    first, later = schools["zone_id"].duplicated(keep="last"), schools["zone_id"].duplicated()
    return np.select([first, later], [0.62, 0.38], 1.0)


def plan(
    district: District,
    stage: str,
    units: gpd.GeoDataFrame,
    schools: pd.DataFrame,
    children: np.ndarray,
    near: Neighbours,
    roads: Roads,
) -> Plan:
    """Draw the catchments of one stage.

    Parameters
    ----------
    district : District
    stage : {"primary", "junior"}
    units, schools : DataFrame
        As the other generators give them.
    children : ndarray (units,)
        Entrants of the planning year by unit.
    near : Neighbours
    roads : Roads

    Returns
    -------
    Plan
        Every zone in one piece, but for the enclaves.
    """
    random = rng("plan", stage, district.code)
    own = schools.loc[
        serves(schools, stage), ["school_id", "zone_id", "kind", "unit", "core", "built_year"]
    ].reset_index(drop=True)
    own["zone"] = pd.factorize(own["zone_id"])[0]
    anchors, zone = own["unit"].to_numpy(), own["zone"].to_numpy()
    plain = np.bincount(
        grow(near, anchors, zone, np.zeros(len(own))), weights=children, minlength=zone.max() + 1
    )
    own["hot"] = own["zone"].isin(_hot(district, stage, own, plain))
    hot = np.isin(np.arange(len(plain)), own.loc[own["hot"], "zone"])
    nearest = balance(near, anchors, zone, children, _built_for(plain, hot, stage))
    fair = np.bincount(nearest, weights=children, minlength=len(plain))
    force = balance(near, anchors, zone, children, _wanted_by_parents(fair, hot, random))
    force, enclaves = _with_enclaves(district, stage, own, force, near, roads, random)
    force, far = _with_far(stage, own, force, near, roads, enclaves)
    return Plan(own, nearest, force, enclaves, far)


def _hot(district: District, stage: str, own: pd.DataFrame, fair: np.ndarray) -> np.ndarray:
    """Zones of the schools everyone wants: the older large ones of the core."""
    count = district.hot[0 if stage == "primary" else 1]
    plain = (own["kind"] != "nine_year") & (own["built_year"] < YEAR - 8)
    core = own[own["core"] & (plain if (own["core"] & plain).any() else True)].drop_duplicates("zone")
    return core["zone"].to_numpy()[np.argsort(-fair[core["zone"]])[:count]]


def _built_for(plain: np.ndarray, hot: np.ndarray, stage: str) -> np.ndarray:
    """Entrants each school was built for: in town about alike, old favourites larger."""
    town = plain > 60
    even = np.where(town, 0.25 * plain + 0.75 * np.median(plain[town]) if town.any() else plain, plain)
    even = even * np.where(hot, 1.45 if stage == "primary" else 1.6, 1.0)
    return even * plain.sum() / even.sum()


def _wanted_by_parents(fair: np.ndarray, hot: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Entrants each zone in force shall have: too many in the hot ones, too few beside them."""
    target = fair * np.where(
        hot, random.uniform(1.14, 1.34, len(fair)), random.uniform(0.86, 1.04, len(fair))
    )
    target[~hot] *= (fair.sum() - target[hot].sum()) / target[~hot].sum()
    return target


def _with_enclaves(
    district: District,
    stage: str,
    own: pd.DataFrame,
    force: np.ndarray,
    near: Neighbours,
    roads: Roads,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Give some units to a hot school whose zone they do not touch (飞地)."""
    count = {"DS": 2, "KB": 1, "DL": 1, "ZG": 1, "YJ": 1}.get(district.code, 0) - (stage == "junior")
    out, found = force.copy(), list[int]()
    hot = own[own["hot"]]
    way = roads.metres_from(roads.unit_node[hot["unit"].to_numpy()])
    for unit in random.permutation(near.count):
        zones = hot["zone"].to_numpy()
        at = int(way[:, unit].argmin())
        beside = near.touching[[unit]].indices
        close = 900.0 < way[at, unit] < 3200.0
        apart = close and not {zones[at]} & {out[unit], *out[beside]} and not set(found) & set(beside)
        if len(found) < max(count, 0) and apart and _may_leave(int(unit), out, own, near):
            out[unit] = zones[at]
            found.append(int(unit))
    return out, np.array(sorted(found), dtype=int)


def _may_leave(unit: int, label: np.ndarray, own: pd.DataFrame, near: Neighbours) -> bool:
    """Tell whether a unit holds no school of the stage and its zone stays in one piece without it."""
    rest = np.flatnonzero(label == label[unit])
    rest = rest[rest != unit]
    return unit not in set(own["unit"]) and len(rest) > 2 and near.pieces(rest) == 1


def _with_far(
    stage: str, own: pd.DataFrame, force: np.ndarray, near: Neighbours, roads: Roads, enclaves: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the worst unit beside a near school to a far one whose zone it touches."""
    way = roads.metres_from(roads.unit_node[own["unit"].to_numpy()])
    graph, out = near.matrix(), force.copy()
    best = pd.DataFrame({"zone": own["zone"]}).join(pd.DataFrame(way)).groupby("zone").min().to_numpy()
    limit = 800.0 if stage == "primary" else 1300.0
    trials = []
    for unit in np.flatnonzero(best.min(axis=0) < limit):
        for zone in set(out[graph[[unit]].indices].tolist()) - {out[unit]}:
            ratio = best[zone, unit] / max(best[out[unit], unit], 150.0)
            if out[unit] == best[:, unit].argmin() and best[zone, unit] < 8000.0:
                trials.append((ratio, unit, zone))
    far: list[int] = []
    beside_enclave = set(enclaves.tolist()) | set(
        near.touching[enclaves].indices.tolist() if len(enclaves) else []
    )
    for ratio, unit, zone in sorted(trials, reverse=True):
        if len(far) == 1 or ratio < 2.0:
            break
        if unit not in beside_enclave and _may_leave(int(unit), out, own, near):
            out[unit] = zone
            far.append(int(unit))
    return out, np.array(far, dtype=int)


def with_seats(
    schools: pd.DataFrame, plans: dict[str, Plan], children: dict[str, np.ndarray], district: District
) -> pd.DataFrame:
    """Give schools their intake plans and design seats.

    Intakes are whole classes of at most the standard size, enough for the entrants who live nearest, so the
    public day schools can always be filled by a plan without overload.

    Returns
    -------
    DataFrame
        `schools` with primary_seats, junior_seats, primary_intake, junior_intake.
    """
    random = rng("seats", district.code)
    out = schools.copy()
    for stage, given in plans.items():
        wanted = _wanted(out, given, stage, children[stage], random)
        classes = np.ceil(wanted / STANDARD[stage])
        size = np.ceil(wanted / np.maximum(classes, 1))
        small = out["kind"] == "teaching_point"
        years = np.where(small, 3, 6) if stage == "primary" else 3
        design = np.where(small | (wanted < 20), np.maximum(size, 15), STANDARD[stage])
        out[f"{stage}_intake"] = (classes * size).astype(int)
        out[f"{stage}_seats"] = (classes * design * years).astype(int)
    return out


def _wanted(
    out: pd.DataFrame, given: Plan, stage: str, children: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    fair = np.bincount(given.nearest, weights=children)
    own = given.schools
    share = campus_share(own)
    need = np.maximum(np.ceil(_SLACK * fair[own["zone"]] * share + 1.0), 12.0)
    low = (out["lowest_grade"] <= 6) if stage == "primary" else (out["highest_grade"] >= 7)
    extra = np.where(
        out["provider"] == "private", random.integers(70, 120, len(out)), random.integers(40, 85, len(out))
    )
    wanted = np.where(low, extra, 0).astype(float)
    wanted[out.index[out["school_id"].isin(own["school_id"])]] = need
    return wanted
