"""Catchments (划片): draw, optimise, check, measure and explain plans."""

from __future__ import annotations


def warm() -> None:
    """Compile the engine and solve a tiny problem, so that later runs start from compiled code."""
    from zoning.warming import warm as run

    run()
