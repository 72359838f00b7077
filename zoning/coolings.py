"""The coolings that the engine takes in turn."""

from __future__ import annotations

from zoning.search import Cooling

QUENCH = Cooling(0, hot=0.1, cold=0.02, soft=4.0, hard=100.0)
"""Cooling that makes an overfull plan fit."""

POLISH = Cooling(0, hot=0.02, cold=0.002, soft=8.0, hard=100.0)
"""The same for a plan that is nearly the best possible."""

COOLINGS = (
    ("share", Cooling(0, hot=0.3, cold=0.03)),
    ("near", Cooling(0, hot=1.0, cold=0.2, soft=4.0, hard=20.0, record_from=0.3)),
    ("near", Cooling(0, hot=2.0, cold=0.05)),
    ("best", Cooling(0, hot=0.2, cold=0.03, soft=1.5, hard=8.0, record_from=0.0)),
    ("near", Cooling(0, hot=0.3, cold=0.03)),
    ("near", Cooling(0, hot=2.0, cold=0.05, soft=2.0, hard=10.0, swing=0.02)),
    ("best", Cooling(0, hot=0.5, cold=0.05, soft=2.0, hard=10.0, record_from=0.0)),
    ("price", Cooling(0, hot=1.0, cold=0.1, soft=2.0, hard=10.0)),
)
"""Starts and coolings, taken in turn with more and more proposals."""
