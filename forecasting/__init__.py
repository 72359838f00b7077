"""Forecast of pupils by school, grade and year, with ranges that hold at every level.

Modules: ``history`` (checked input), ``panel`` (arrays), ``entrants`` (who comes in), ``cohort`` (who moves
up), ``methods`` and ``tuning`` (which way is best here), ``errors`` (how wrong it was), ``learned`` and
``residuals`` (what can be learned from that), ``intervals`` (how wrong it may be), ``levels``, ``forecast``
(all of it), ``estates``, ``scenarios``, ``classes``, ``peaks``, ``backtest``, ``notes``, ``commands``.
"""
