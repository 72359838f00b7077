"""Ten years of enrolment by school and grade, the class rosters of the last one, rooms and floor area."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from data.demo.people import places
from data.demo.plans import Plan, campus_share
from data.demo.settings import AREA_PER_SEAT, COHORTS, SOURCE, STANDARD, YEAR, YEARS, District, rng

# Shares of children, by kind of place, who do not go to the school of their catchment.
_PRIVATE: Final = {
    "primary": {"core": 0.05, "town": 0.02, "rural": 0.01},
    "junior": {"core": 0.07, "town": 0.04, "rural": 0.02},
}
_BOARDING: Final = {
    "primary": {"core": 0.0, "town": 0.04, "rural": 0.12},
    "junior": {"core": 0.0, "town": 0.14, "rural": 0.38},
}
_TO_CITY: Final = {
    "primary": {"core": 0.0, "town": 0.03, "rural": 0.08},
    "junior": {"core": 0.0, "town": 0.04, "rural": 0.08},
}
_AWAY: Final = 0.01
_TREND: Final = {"core": 0.004, "town": -0.010, "rural": -0.026, "boarding": -0.012, "private": 0.008}
_ENTRY_NOISE: Final = 0.035
_STEP_NOISE: Final = 0.010
_SHARED_NOISE: Final = 0.004
_GRADES: Final = np.arange(1, 10)


def attended(
    units: pd.DataFrame,
    schools: pd.DataFrame,
    plans: dict[str, Plan],
    children: np.ndarray,
    random: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Say where the children of every unit go to school, as they are registered now.

    Parameters
    ----------
    units, schools : DataFrame
    plans : dict
        Plan by stage.
    children : ndarray (units, cohorts)
        Registered now.
    random : Generator
        The stream that `enrolment` goes on with.

    Returns
    -------
    dict of str to ndarray (schools, cohorts, units)
        Expected pupils by stage.
    """
    return {stage: _by_cohort(stage, plans[stage], units, schools, children, random) for stage in plans}


def enrolment(
    district: District, schools: pd.DataFrame, went: dict[str, np.ndarray], random: np.random.Generator
) -> pd.DataFrame:
    """Make the pupils of each school, year and grade.

    Parameters
    ----------
    district : District
    schools : DataFrame
    went : dict of str to ndarray
        From `attended`.
    random : Generator
        The stream that `attended` began.

    Returns
    -------
    DataFrame
        The contract's layer `enrolment`: grades a school teaches and has opened.
    """
    # Older children than those on file: as many as in the oldest cohort there is.
    mean = by_grade({stage: tensor.sum(axis=2) for stage, tensor in went.items()}, YEARS)
    cohort = np.asarray(YEARS)[:, None] - _GRADES[None, :] + 1
    mean = mean * _trend(district, schools, random)[:, :, None] * _noise(len(schools), cohort, random)
    pupils = moved_up(schools, np.rint(mean).astype(int))
    return _long(district, schools, pupils)


def by_grade(by_stage: dict[str, np.ndarray], years: Sequence[int]) -> np.ndarray:
    """Look cohorts up by year and grade: (schools, cohorts, ...) -> (schools, years, grades, ...)."""
    cohort = np.asarray(years)[:, None] - _GRADES[None, :] + 1
    both = np.stack([by_stage["primary"], by_stage["junior"]])
    stage = np.where(_GRADES <= 6, 0, 1)
    return np.moveaxis(both[stage[None, :], :, np.clip(cohort - COHORTS[0], 0, None)], 2, 0)


def _by_cohort(
    stage: str,
    plan: Plan,
    units: pd.DataFrame,
    schools: pd.DataFrame,
    children: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Expected pupils of one stage, shape (schools, cohorts, units)."""
    place = places(units)
    tables = {"private": _PRIVATE, "boarding": _BOARDING, "city": _TO_CITY}
    leave = {name: np.array([table[stage][p] for p in place]) for name, table in tables.items()}
    gone = {name: (share[:, None] * children).T for name, share in leave.items()}
    own = plan.schools
    stay = ((1 - _AWAY - np.sum(list(leave.values()), axis=0))[:, None] * children).T
    home = own["zone"].to_numpy()[:, None] == np.asarray(plan.force)[None, :]
    out = np.zeros((len(schools), *stay.shape))
    row = pd.Index(schools["school_id"]).get_indexer(own["school_id"])
    out[row] = (home * campus_share(own)[:, None])[:, None, :] * stay
    hot = np.zeros(len(schools))
    hot[row] = own["hot"]
    _share_out(out, hot, gone["city"])
    teaches = (schools["lowest_grade"] <= 6) if stage == "primary" else (schools["highest_grade"] >= 7)
    for name, chosen in (("private", schools["provider"] == "private"), ("boarding", schools["boarding"])):
        pull = (teaches & chosen).to_numpy() * random.uniform(0.6, 1.4, len(schools))
        _share_out(out, pull, gone[name])
    return _before_opening(stage, out, own, schools)


def _share_out(out: np.ndarray, pull: np.ndarray, pupils: np.ndarray) -> None:
    """Add pupils to schools by their pull; where none pulls, they stay where the others are."""
    weight = pull if pull.sum() > 0 else out.sum(axis=(1, 2))
    out += weight[:, None, None] / weight.sum() * pupils[None, :, :]


def _before_opening(stage: str, out: np.ndarray, own: pd.DataFrame, schools: pd.DataFrame) -> np.ndarray:
    """Leave with the nearest older school the cohorts that entered before a school opened."""
    entry = np.asarray(COHORTS) + (0 if stage == "primary" else 6)
    xy = schools[["x", "y"]].to_numpy()
    day = np.flatnonzero(schools["school_id"].isin(own["school_id"]) & schools["core"])
    hot = schools["school_id"].isin(own.loc[own["hot"], "school_id"]).to_numpy()
    older = day[schools["built_year"].to_numpy()[day] < YEARS[0]]
    old = older[~hot[older]] if (~hot[older]).any() else older
    done = out.copy()
    for row in day[schools["built_year"].to_numpy()[day] >= YEARS[0]]:
        mother = old[np.linalg.norm(xy[old] - xy[row], axis=1).argmin()]
        early = entry < schools["built_year"].iloc[row]
        done[mother, early] += out[row, early]
        done[row, early] = 0.0
    return done


def _trend(district: District, schools: pd.DataFrame, random: np.random.Generator) -> np.ndarray:
    """Share of today's cohort that was there in each year, shape (schools, years)."""
    marks = [
        schools["boarding"],
        schools["provider"] == "private",
        schools["core"],
        schools["area"] == "town",
    ]
    kind = np.select(marks, ["boarding", "private", "core", "town"], "rural")
    rate = np.array([_TREND[k] + (district.growth if k == "core" else 0.0) for k in kind])
    since = np.asarray(YEARS) - YEAR
    shared = np.r_[random.normal(0, _SHARED_NOISE, len(YEARS) - 1), 0.0]
    return np.exp(np.outer(rate, since) + shared[None, :])


def _noise(schools: int, cohort: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each school's cohorts are larger or smaller than expected, and drift while they move up."""
    index = cohort - cohort.min()
    spread = random.normal(0, _ENTRY_NOISE, (schools, index.max() + 1))
    drift = np.cumsum(random.normal(0, _STEP_NOISE, (schools, index.max() + 1, len(_GRADES))), axis=2)
    grade = np.broadcast_to(_GRADES - 1, cohort.shape)
    return np.exp(spread[:, index] + drift[:, index, grade])


def moved_up(schools: pd.DataFrame, pupils: np.ndarray) -> np.ndarray:
    """Send children of teaching points on to the centre school after grade 3; keep to the grades taught."""
    out = pupils.copy()
    row_of = pd.Index(schools["school_id"])
    for row in np.flatnonzero(schools["kind"] == "teaching_point"):
        out[row_of.get_loc(schools["parent_id"].iloc[row]), :, 3:6] += out[row, :, 3:6]
    low, high = schools["lowest_grade"].to_numpy(), schools["highest_grade"].to_numpy()
    taught = (_GRADES[None, :] >= low[:, None]) & (_GRADES[None, :] <= high[:, None])
    return out * taught.reshape(len(schools), 1, len(_GRADES), *[1] * (pupils.ndim - 3))


def _long(district: District, schools: pd.DataFrame, pupils: np.ndarray) -> pd.DataFrame:
    low, high = schools["lowest_grade"].to_numpy(), schools["highest_grade"].to_numpy()
    taught = (_GRADES[None, :] >= low[:, None]) & (_GRADES[None, :] <= high[:, None])
    row, year, grade = np.nonzero(np.broadcast_to(taught[:, None, :], pupils.shape))
    opened = np.maximum(schools["built_year"].to_numpy(), YEARS[0])
    kept = (np.asarray(YEARS)[year] >= opened[row]) & (
        (pupils[row, year, grade] > 0) | (opened[row] == YEARS[0])
    )
    row, year, grade = row[kept], year[kept], grade[kept]
    columns = {
        "school_id": schools["school_id"].to_numpy()[row],
        "year": np.asarray(YEARS)[year],
        "grade": _GRADES[grade],
        "pupils": pupils[row, year, grade],
    }
    return pd.DataFrame({**columns, "district": district.name, "source": SOURCE})


def classes(
    district: District, schools: pd.DataFrame, enrolment: pd.DataFrame, plans: dict[str, Plan]
) -> pd.DataFrame:
    """Form the classes of the planning year: hot schools crowd them, small ones have few pupils.

    Returns
    -------
    DataFrame
        The contract's layer `classes`; sizes add up to the enrolment.
    """
    random = rng("classes", district.code)
    now = enrolment[(enrolment["year"] == YEAR) & (enrolment["pupils"] > 0)].reset_index(drop=True)
    stage = np.where(now["grade"] <= 6, "primary", "junior")
    cap = _caps(district, schools, plans, random).to_numpy()[
        pd.Index(schools["school_id"]).get_indexer(now["school_id"]), np.where(now["grade"] <= 6, 0, 1)
    ]
    pupils = now["pupils"].to_numpy()
    standard = np.array([STANDARD[s] for s in stage])
    least = np.ceil(pupils / cap)
    count = np.maximum(np.maximum(least, np.minimum(np.rint(pupils / (0.97 * standard)), least)), 1).astype(
        int
    )
    row = np.repeat(np.arange(len(now)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    size = pupils[row] // count[row] + (number < (pupils % count)[row])
    size = _uneven(size, row, number, count, random)
    columns = {name: now[name].to_numpy()[row] for name in ("school_id", "year", "grade")}
    return pd.DataFrame({**columns, "class_no": number + 1, "pupils": size, "source": SOURCE})


def _caps(
    district: District, schools: pd.DataFrame, plans: dict[str, Plan], random: np.random.Generator
) -> pd.DataFrame:
    """Largest class each school lets form, by stage."""
    out = pd.DataFrame(index=schools.index)
    for stage, top in (("primary", 49.5), ("junior", 54.0)):
        hot = schools["school_id"].isin(plans[stage].schools.loc[plans[stage].schools["hot"], "school_id"])
        plain = top + random.uniform(-5.0, 4.0, len(schools)) - 4.0 * (schools["area"] == "rural").to_numpy()
        out[stage] = np.where(hot, random.uniform(53.0, 69.0, len(schools)), plain)
    return out


def _uneven(
    size: np.ndarray, row: np.ndarray, number: np.ndarray, count: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Move up to two pupils between neighbouring classes of a grade: no two classes are alike."""
    pair = (number % 2 == 0) & (number + 1 < count[row])
    shift = np.where(pair, random.integers(-2, 3, len(size)), 0)
    shift = np.where(size > 12, shift, 0)
    return size + shift - np.r_[0, shift[:-1]]


def with_rooms(
    district: District, schools: pd.DataFrame, rosters: pd.DataFrame, plans: dict[str, Plan]
) -> pd.DataFrame:
    """Give schools their classrooms and floor area (教学及辅助用房).

    Returns
    -------
    DataFrame
        `schools` with classrooms and teaching_area.
    """
    random = rng("rooms", district.code)
    used = rosters.groupby("school_id").size().reindex(schools["school_id"]).fillna(0).to_numpy()
    seats = schools[["primary_seats", "junior_seats"]].to_numpy()
    design = np.ceil(seats[:, 0] / STANDARD["primary"]) + np.ceil(seats[:, 1] / STANDARD["junior"])
    need = seats @ np.array([AREA_PER_SEAT["primary"], AREA_PER_SEAT["junior"]])
    old = schools["built_year"].to_numpy()
    low = np.select([old < 1996, old < 2012], [0.48, 0.60], 0.80)
    ratio = random.uniform(low, low + 0.36)
    rooms = np.maximum(used, design) + random.integers(0, 3, len(schools))
    area = np.maximum(10 * np.rint(ratio * need / 10), 200.0)
    return schools.assign(classrooms=rooms.astype(int), teaching_area=area)
