"""Where the schools of a district stand, and what kinds they are."""

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from data.demo.roads import Roads
from data.demo.schoolnames import school_names
from data.demo.settings import SOURCE, YEAR, District, rng

# Ranges of grades of each kind of school.
_GRADES: Final = {"primary": (1, 6), "junior": (7, 9), "nine_year": (1, 9), "teaching_point": (1, 3)}


class _Ground:
    """Free ground for schools: gives each spot once."""

    def __init__(self, units: gpd.GeoDataFrame) -> None:
        self.xy = units[["x", "y"]].to_numpy()
        self.free = units["school_x"].notna().to_numpy(copy=True)

    def take(self, near: np.ndarray, among: np.ndarray) -> int:
        """Take the free spot among some units nearest to a point; its unit's row."""
        open_ = among[self.free[among]]
        row = int(open_[np.linalg.norm(self.xy[open_] - near, axis=1).argmin()])
        self.free[row] = False
        return row


def sites(district: District, units: gpd.GeoDataFrame, entrants: np.ndarray, roads: Roads) -> pd.DataFrame:
    """Choose the schools of a district and their places.

    Parameters
    ----------
    district : District
    units : GeoDataFrame
        As `places.units` gives them.
    entrants : ndarray (units,)
        Children of one cohort by unit: schools stand where they live.
    roads : Roads

    Returns
    -------
    DataFrame
        school_id, name, name_en, kind, provider, boarding, town, district, area, zone_id, parent_id,
        lowest_grade, highest_grade, built_year, x, y; besides unit (row of `units`), core (bool).
    """
    random = rng("schools", district.code)
    ground = _Ground(units)
    rows = [
        *_core(district, units, entrants, ground, random),
        *_country(district, units, entrants, ground, random),
    ]
    frame = pd.DataFrame(rows, columns=["kind", "provider", "boarding", "unit"])
    frame = pd.concat([frame, _points(district, units, entrants, ground, frame)], ignore_index=True)
    frame.insert(0, "school_id", [f"{district.code}-S{n:02d}" for n in range(1, len(frame) + 1)])
    at = units.iloc[frame["unit"]].reset_index(drop=True)
    frame["district"], frame["town"], frame["area"] = district.name, at["town"], at["area"]
    frame["core"], frame["x"], frame["y"] = at["core"], at["school_x"], at["school_y"]
    frame["lowest_grade"] = [_GRADES[kind][0] for kind in frame["kind"]]
    frame["highest_grade"] = [_GRADES[kind][1] for kind in frame["kind"]]
    frame["parent_id"] = _parents(frame, units, roads)
    own = frame["school_id"].mask(frame["boarding"].astype(bool) | frame["provider"].eq("private"))
    frame["zone_id"] = own.mask(_campus(frame), frame["parent_id"])
    frame["built_year"] = _built(frame, random)
    frame["name"], frame["name_en"] = zip(*school_names(district, frame, units))
    return frame.assign(source=SOURCE)


def _centres(xy: np.ndarray, weight: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Weighted k-means (Lloyd): centres of parts with about the same number of children."""
    centres = xy[random.choice(len(xy), count, replace=False, p=weight / weight.sum())]
    for _ in range(25):
        own = np.linalg.norm(xy[:, None] - centres[None], axis=2).argmin(axis=1)
        for k in range(count):
            if weight[own == k].sum() > 0:
                centres[k] = np.average(xy[own == k], axis=0, weights=weight[own == k])
    return centres


def _core(
    district: District,
    units: gpd.GeoDataFrame,
    entrants: np.ndarray,
    ground: _Ground,
    random: np.random.Generator,
) -> list[tuple[str, str, bool, int]]:
    primary, junior, _, *_, private = district.schools
    core = np.flatnonzero(units["grid"] == 0)
    nine_here = _core_nine(district)
    xy, weight = units[["x", "y"]].to_numpy()[core], entrants[core] + 0.5
    low = _centres(xy, weight, primary + nine_here, random)
    high = _centres(xy, weight, junior + nine_here, random)
    rows = []
    for _ in range(nine_here):
        # A nine-year school serves both stages: it stands where a part of each has its middle.
        gap = np.linalg.norm(low[:, None] - high[None], axis=2)
        p, j = np.unravel_index(gap.argmin(), gap.shape)
        rows.append(("nine_year", "public", False, ground.take((low[p] + high[j]) / 2, core)))
        low, high = np.delete(low, p, axis=0), np.delete(high, j, axis=0)
    rows += [("primary", "public", False, ground.take(point, core)) for point in low]
    if district.campus:
        main = ground.xy[rows[-1][3]]
        rows.append(("primary", "public", False, ground.take(main, core)))
    rows += [("junior", "public", False, ground.take(point, core)) for point in high]
    kinds = ["nine_year", "junior", "primary"]
    spots = xy[random.choice(len(core), private, replace=False)]
    rows += [(kinds[k % 3], "private", False, ground.take(spot, core)) for k, spot in enumerate(spots)]
    return rows


def _core_nine(district: District) -> int:
    return 2 if district.schools[2] >= 4 else 1


def _country(
    district: District,
    units: gpd.GeoDataFrame,
    entrants: np.ndarray,
    ground: _Ground,
    random: np.random.Generator,
) -> list[tuple[str, str, bool, int]]:
    """One school with primary grades in each town, more in villages far from all; juniors in towns."""
    _, _, nine, primary, junior, boarding, _, _ = district.schools
    grids = np.arange(1, district.towns + 1)
    kids = np.array([entrants[units["grid"] == g].sum() for g in grids])
    order = grids[np.argsort(-kids)]
    nine -= _core_nine(district)
    kinds = ["nine_year"] * nine + ["primary"] * primary
    rows = []
    taken: list[int] = []
    for k, kind in enumerate(kinds):
        unit = (
            _town_spot(units, ground, order[k])
            if k < len(order)
            else _far_spot(units, entrants, ground, taken)
        )
        taken.append(unit)
        rows.append((kind, "public", False, unit))
    later = [order[(nine + k) % len(order)] for k in range(junior)]
    rows += [("junior", "public", False, _town_spot(units, ground, grid)) for grid in later]
    stays = ["nine_year", "junior", "primary"]
    for k in range(boarding):
        rows.append((stays[k % 3], "public", True, _town_spot(units, ground, order[k % len(order)])))
    return rows


def _town_spot(units: gpd.GeoDataFrame, ground: _Ground, grid: int) -> int:
    here = np.flatnonzero(units["grid"] == grid)
    if not ground.free[here].any():
        here = np.flatnonzero(units["grid"] < 0)
    middle = ground.xy[units["grid"].to_numpy() == grid].mean(axis=0)
    return ground.take(middle, here)


def _far_spot(units: gpd.GeoDataFrame, entrants: np.ndarray, ground: _Ground, taken: list[int]) -> int:
    """A village with many children far from the schools there are."""
    village = np.flatnonzero((units["grid"] < 0) & ground.free)
    others = np.array([*taken, *np.flatnonzero(units["core"])[:1]])
    gap = np.linalg.norm(ground.xy[village][:, None] - ground.xy[others][None], axis=2).min(axis=1)
    row = int(village[(gap * np.sqrt(entrants[village] + 1.0)).argmax()])
    ground.free[row] = False
    return row


def _points(
    district: District, units: gpd.GeoDataFrame, entrants: np.ndarray, ground: _Ground, schools: pd.DataFrame
) -> pd.DataFrame:
    """Teaching points (教学点), in villages far from every primary school."""
    taken = schools.loc[schools["kind"].isin(["primary", "nine_year"]), "unit"].tolist()
    rows = []
    for _ in range(district.schools[6]):
        taken.append(_far_spot(units, entrants, ground, taken))
        rows.append(("teaching_point", "public", False, taken[-1]))
    return pd.DataFrame(rows, columns=["kind", "provider", "boarding", "unit"])


def _parents(frame: pd.DataFrame, units: gpd.GeoDataFrame, roads: Roads) -> list[str | None]:
    """Centre school of each teaching point, the nearest by road; main site of a second campus."""
    open_ = (
        (frame["provider"] == "public") & ~frame["boarding"] & frame["kind"].isin(["primary", "nine_year"])
    )
    hosts = frame[open_ & ~frame["core"]]
    way = roads.metres_from(roads.unit_node[hosts["unit"].to_numpy()])
    out: list[str | None] = [None] * len(frame)
    for row in np.flatnonzero(frame["kind"] == "teaching_point"):
        out[row] = hosts["school_id"].iloc[int(way[:, frame["unit"].iloc[row]].argmin())]
    return _campus_parents(frame, units, out)


def _campus_parents(frame: pd.DataFrame, units: gpd.GeoDataFrame, out: list[str | None]) -> list[str | None]:
    core = frame[(frame["kind"] == "primary") & (frame["provider"] == "public") & frame["core"]]
    xy = units[["x", "y"]].to_numpy()[core["unit"]]
    if len(core) > 1 and np.linalg.norm(xy[-1] - xy[-2]) < 900.0 and frame["district"].iloc[0] == "东胜区":
        out[core.index[-1]] = core["school_id"].iloc[-2]
    return out


def _campus(frame: pd.DataFrame) -> pd.Series:
    return frame["parent_id"].notna() & (frame["kind"] != "teaching_point")


def _built(frame: pd.DataFrame, random: np.random.Generator) -> np.ndarray:
    """Years of building: a third old, a few opened in the last years."""
    year = np.where(random.random(len(frame)) < 0.35, random.integers(1962, 1996, len(frame)), 0)
    year = np.where(year > 0, year, random.integers(1996, YEAR - 9, len(frame)))
    open_ = (
        frame["core"]
        & (frame["provider"] == "public")
        & ~_campus(frame)
        & ~frame["school_id"].isin(frame["parent_id"])
    )
    new = np.flatnonzero(open_ & (random.random(len(frame)) < 0.13))
    year[new] = random.integers(YEAR - 8, YEAR, len(new))
    return year
