"""How long work tells how far it is and asks whether to stop: what a job hands to it, and stand-ins."""

from collections.abc import Callable

#: Takes a share from 0 to 1 and a word.
Progress = Callable[[float, str], None]
#: Tells whether the planner has cancelled.
Cancelled = Callable[[], bool]


def silent(share: float, said: str) -> None:
    """Take progress and show it nowhere."""


def never() -> bool:
    """Never cancel."""
    return False
