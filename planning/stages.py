"""School stages (学段) under the 6-3 and the 5-4 systems (六三制, 五四制).

A year is a school year (学年) named by its autumn; a cohort by the autumn in which it reaches
grade 1.
"""

from typing import Final, Literal

Stage = Literal["primary", "junior"]
StageSystem = Literal["6-3", "5-4"]

STAGES: Final[tuple[Stage, ...]] = ("primary", "junior")
LAST_GRADE: Final = 9
_PRIMARY_YEARS: Final[dict[str, int]] = {"6-3": 6, "5-4": 5}


def primary_years(system: str) -> int:
    """Return the length of the primary stage in years.

    Parameters
    ----------
    system : {"6-3", "5-4"}
        Stage system of the county.

    Raises
    ------
    ValueError
        If the system is neither.

    Examples
    --------
    >>> primary_years("5-4")
    5
    """
    if system not in _PRIMARY_YEARS:
        raise ValueError(f"stage system must be one of {sorted(_PRIMARY_YEARS)}, not {system!r}")
    return _PRIMARY_YEARS[system]


def grades(system: str, stage: str) -> tuple[int, ...]:
    """Return the grades a stage teaches, counted 1 to 9 through both stages.

    Raises
    ------
    ValueError
        If the system or the stage is unknown.

    Examples
    --------
    >>> grades("6-3", "junior")
    (7, 8, 9)
    """
    last = primary_years(system)
    if stage not in STAGES:
        raise ValueError(f"stage must be one of {STAGES}, not {stage!r}")
    return tuple(range(1, last + 1)) if stage == "primary" else tuple(range(last + 1, LAST_GRADE + 1))


def entry_grade(system: str, stage: str) -> int:
    """Return the grade entrants (起始年级新生) join.

    Examples
    --------
    >>> entry_grade("6-3", "junior")
    7
    """
    return grades(system, stage)[0]


def stage_of(system: str, grade: int) -> Stage:
    """Return the stage that teaches a grade.

    Raises
    ------
    ValueError
        If the grade is not 1 to 9.

    Examples
    --------
    >>> stage_of("5-4", 6)
    'junior'
    """
    if not 1 <= grade <= LAST_GRADE:
        raise ValueError(f"grade must be 1 to {LAST_GRADE}, not {grade}")
    return "primary" if grade <= primary_years(system) else "junior"


def entry_cohort(system: str, stage: str, year: int) -> int:
    """Return the cohort that enters a stage in the autumn of a year.

    Primary entrants of 2026 are cohort 2026; junior entrants are the cohort that entered primary
    school 6 years earlier (5 under 5-4): repeating and leaving are ignored.

    Examples
    --------
    >>> entry_cohort("6-3", "junior", 2026)
    2020
    """
    return year - (entry_grade(system, stage) - 1)


def cohorts(system: str, stage: str, year: int) -> tuple[int, ...]:
    """Return the cohorts in a stage in a year, those in its lowest grade first.

    Examples
    --------
    >>> cohorts("6-3", "junior", 2026)
    (2020, 2019, 2018)
    """
    return tuple(year - (grade - 1) for grade in grades(system, stage))
