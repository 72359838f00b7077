"""Forecast of pupils by school, grade and year, with ranges that hold at every level.

Modules: ``history`` (checked input), ``panel`` (arrays), ``entrants`` (who comes in), ``cohort`` (who moves up),
``errors`` (how wrong it was), ``intervals`` (how wrong it may be), ``forecast`` (all of it), ``estates``,
``scenarios``, ``classes``, ``backtest``, ``notes``, ``commands``.
"""
