"""What the synthetic city is to be like: districts, counts, births, shares. All invented (合成数据)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

SEED: Final = 20260901
YEAR: Final = 2026
"""Planning year (学年 by its autumn); rosters and the last year of enrolment are of it too."""
EPSG: Final = 4546
"""CGCS2000 / 3-degree Gauss-Krüger, central meridian 111 E."""
ORIGIN: Final = (396_900.0, 4_385_800.0)
"""Easting and northing of 109.8 E 39.6 N, metres: the origin of every position below."""
SOURCE: Final = "合成数据"
YIELD_SOURCE: Final = "合成设定"
COHORTS: Final = tuple(range(YEAR - 15, YEAR + 7))
YEARS: Final = tuple(range(YEAR - 9, YEAR + 1))
BIRTH_YEARS: Final = tuple(range(YEAR - 18, YEAR))


@dataclass(frozen=True)
class District:
    """One banner or district (旗区).

    Attributes
    ----------
    code : str
        Prefix of every id in it.
    name, name_en, short : str
        Names; `short` stands in names of schools.
    seat : tuple of float
        Centre of the urban core, kilometres east and north of `ORIGIN`.
    reach : float
        How far it reaches against its neighbours when the outlines are drawn.
    also : tuple of tuple of float
        Further points that belong to it, kilometres.
    residents : int
        Residents in all.
    core_units, town_units, villages : int
        Units by kind of place.
    streets, towns : int
        Subdistricts in the core (街道; 镇 in the banners) and towns outside.
    urban : bool
        The core counts as 城区 (else 镇区).
    pastoral : bool
        Villages are 嘎查 and some towns 苏木.
    growth : float
        Yearly net migration of children in the core, as a share.
    birth_drift : float
        Yearly change of the district's share of births.
    schools : tuple of int
        Core primary, core junior, nine-year (first one in the core), town primary, town junior, boarding,
        teaching points, private.
    campus : bool
        One core primary school has a second campus.
    hot : tuple of int
        Hot primary and junior schools in the core.
    estates : int
        New estates (新建小区) 2023-2029.
    """

    code: str
    name: str
    name_en: str
    short: str
    seat: tuple[float, float]
    reach: float
    also: tuple[tuple[float, float], ...]
    residents: int
    core_units: int
    town_units: int
    villages: int
    streets: int
    towns: int
    urban: bool
    pastoral: bool
    growth: float
    birth_drift: float
    schools: tuple[int, int, int, int, int, int, int, int]
    campus: bool
    hot: tuple[int, int]
    estates: int


# fmt: off
DISTRICTS: Final = (
    District("DS", "东胜区", "Dongsheng District", "东胜", (18, 26), 0.95, ((33, 27), (24, 36)),
             568_000, 200, 14, 36, 8, 3, True, False, 0.012, 0.012,
             (21, 11, 4, 2, 0, 2, 1, 3), True, (5, 3), 16),
    District("KB", "康巴什区", "Kangbashi District", "康巴什", (-4, 3), 0.55, ((-13, 6),),
             128_000, 70, 5, 10, 3, 1, True, False, 0.022, 0.020,
             (8, 3, 2, 1, 0, 0, 1, 2), False, (2, 1), 8),
    District("DL", "达拉特旗", "Dalad Banner", "达拉特", (22, 64), 1.0, ((56, 62), (-16, 68)),
             326_000, 120, 45, 85, 4, 8, False, False, 0.004, -0.004,
             (11, 6, 5, 11, 4, 5, 9, 3), False, (4, 2), 8),
    District("ZG", "准格尔旗", "Jungar Banner", "准格尔", (84, 20), 1.0, ((70, -8), (76, 46)),
             358_000, 125, 50, 85, 4, 9, False, False, 0.006, -0.002,
             (11, 6, 6, 11, 5, 5, 9, 3), False, (4, 2), 9),
    District("EQ", "鄂托克前旗", "Otog Front Banner", "鄂前", (-81, -53), 1.05, ((-70, -72),),
             91_000, 40, 20, 35, 1, 4, False, True, 0.000, -0.008,
             (4, 1, 2, 3, 1, 2, 3, 1), False, (1, 1), 2),
    District("ET", "鄂托克旗", "Otog Banner", "鄂托克", (-86, 0), 1.0, ((-62, 0),),
             149_000, 65, 28, 47, 2, 5, False, True, 0.001, -0.006,
             (7, 3, 3, 4, 2, 3, 5, 1), False, (2, 1), 4),
    District("HJ", "杭锦旗", "Hanggin Banner", "杭锦", (-48, 40), 1.0, ((-56, 64), (-84, 44)),
             108_000, 50, 25, 45, 2, 5, False, True, 0.000, -0.008,
             (5, 2, 2, 4, 1, 2, 4, 1), False, (1, 1), 3),
    District("WS", "乌审旗", "Uxin Banner", "乌审", (-44, -46), 1.0, ((-24, -68), (-22, -46)),
             143_000, 60, 25, 45, 2, 5, False, True, 0.004, -0.002,
             (6, 3, 3, 4, 1, 3, 4, 2), False, (2, 1), 4),
    District("YJ", "伊金霍洛旗", "Ejin Horo Banner", "伊旗", (-1, -12), 0.8, ((16, -34), (36, -30)),
             229_000, 85, 30, 55, 3, 6, False, False, 0.012, 0.006,
             (8, 4, 3, 8, 3, 3, 5, 2), False, (3, 1), 6),
)
# fmt: on
COUNTY: Final = "DS"

# Thousands of births in the whole city from 2004: a rise to 2016-17, half of that by 2023.
_BIRTHS: Final = (
    "17.6 17.7 18 18.8 19.4 19.9 20.3 20.6 21.9 21.2 22.3 22 25.2 25.7 "
    "23 21.4 18.2 15.9 14.4 12.8 13.3 12.1 11.6"
)
BIRTHS: Final = {2004 + n: float(thousands) for n, thousands in enumerate(_BIRTHS.split())}
BLOCK: Final = 430.0
"""Mean side of a block in a core, metres."""
STANDARD: Final = {"primary": 45, "junior": 50}
AREA_PER_SEAT: Final = {"primary": 4.5, "junior": 5.8}


def rng(*keys: int | str) -> np.random.Generator:
    """Return the random stream of one part of the city: the same for the same keys."""
    words = [sum(ord(c) << (7 * i) for i, c in enumerate(k)) if isinstance(k, str) else k for k in keys]
    return np.random.default_rng([SEED, *words])


def metres(point: tuple[float, float]) -> np.ndarray:
    """Turn kilometres from the origin into projected metres, shape (2,)."""
    return np.asarray(ORIGIN) + 1000.0 * np.asarray(point, dtype=float)
