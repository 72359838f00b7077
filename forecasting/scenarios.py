"""Scenarios (低、中、高): what if births, migration or estates turn out otherwise.

A scenario is an assumption the planner makes; a range is how far the forecast is usually off. The two are
never mixed: each scenario has its own ranges, in rows told apart by the column ``scenario``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """One set of assumptions.

    Attributes
    ----------
    name : str
        Value of the column ``scenario``.
    births : float
        Factor on entrants of years that rest on assumption (not registered, not yet born).
    migration : float
        Yearly net gain of pupils of every grade beyond what past ratios hold (0.005 = 0.5 % a year).
    estate_delay : int
        Years by which every estate is handed over late.
    slips : tuple of (str, int)
        Estates (or phases, which are rows of their own) with a delay of their own in place of that: id and
        years.
    """

    name: str = "中"
    births: float = 1.0
    migration: float = 0.0
    estate_delay: int = 0
    slips: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if (
            self.births < 0
            or self.migration <= -1
            or min(self.estate_delay, *(y for _, y in self.slips), 0) < 0
        ):
            raise ValueError(
                f"scenario {self.name!r}: births >= 0, migration > -1, estate_delay >= 0 expected"
            )


#: The middle scenario: nothing but what the history and the drivers say.
MIDDLE = Scenario()

#: A starting point for the planner to edit. The sizes are assumptions (设定), not findings.
LOW_MIDDLE_HIGH = (
    Scenario("低", births=0.9, migration=-0.005, estate_delay=1),
    MIDDLE,
    Scenario("高", births=1.1, migration=0.005),
)
