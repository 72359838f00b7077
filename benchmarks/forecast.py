"""Measure the forecaster on real enrolment: error beside GPR3 in the same run, and how often ranges held.

Run ``python -m benchmarks.forecast`` (about two minutes). Data: ``../shared/bench/forecast``, see its README.
Only cells of schools that teach the same grades in the base year and the year forecast are compared; settings
and ranges are learned anew at every origin from what was known then (births to the year before).
The default settings and the values tried were picked with these histories in view: expect other places to do
somewhat worse.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting import backtest, entrants, history
from forecasting.forecast import forecast
from forecasting.panel import Panel, from_frame

DATA = Path(__file__).parents[2] / "shared" / "bench" / "forecast"
K8 = ("K", *(str(n) for n in range(1, 9)))


@dataclass(frozen=True)
class Case:
    """One real history and the base years it is judged from."""

    name: str
    panel: Panel
    drivers: tuple[entrants.Driver, ...]
    cutoffs: tuple[int, ...]
    horizons: int


def read(name: str, *, grades: Sequence[str] = K8, last: int = 2019) -> Panel:
    """One benchmark history as a panel, up to the year before the pandemic."""
    frame = pd.read_csv(DATA / name, dtype=str)
    frame = frame[frame["grade"].isin(grades) & (frame["year"].astype(int) <= last)]
    return from_frame(history.read(frame, file=name))


def cases() -> list[Case]:
    """NYC K-8, and ECASD without and with births."""
    nyc, ecasd = read("nyc_school_grade.csv"), read("ecasd_school_grade.csv")
    births = history.check_births(pd.read_csv(DATA / "ecasd_births.csv", dtype=str))[0]
    driver = entrants.from_births(births, ecasd)
    return [
        Case("NYC K-8", nyc, (), tuple(range(2013, 2019)), 3),
        Case("ECASD", ecasd, (), tuple(range(2003, 2019)), 5),
        Case("ECASD + births", ecasd, (driver,), tuple(range(2003, 2019)), 5),
    ]


def table(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores by level and horizon beside GPR3 and naive, and coverage pooled over horizons 1 to 3."""
    frame = backtest.backtest(case.panel, case.drivers, cutoffs=case.cutoffs, horizons=case.horizons)
    scores = backtest.score(frame)
    wide = scores.pivot(index=["level", "horizon"], columns="method", values="wape").add_prefix("wape_")
    ours = scores[scores["method"] == "cohort"].set_index(["level", "horizon"])
    intervals = scores.pivot(index=["level", "horizon"], columns="method", values="interval_score")
    spread = backtest.bootstrap(frame).set_index(["level", "horizon"])
    wide = wide.assign(
        ratio=ours["ratio"],
        ratio_low=spread["ratio_low"],
        ratio_high=spread["ratio_high"],
        covered=100 * ours["covered"],
        interval_ratio=intervals["cohort"] / intervals["gpr3"],
    )
    near = frame[frame["horizon"] <= 3]
    inside = near.assign(covered=near["actual"].between(near["low"], near["high"]))
    pooled = inside.groupby(["method", "level"])["covered"].mean().unstack("method")
    bounds = backtest.bootstrap(near)
    held = bounds[bounds["horizon"] == 0].set_index("level")[["covered_low", "covered_high"]]
    return wide, 100 * pooled.join(held)


def speed(schools: int = 2000, grades: int = 9, years: int = 10) -> float:
    """Processor seconds for a forecast ten years ahead with ranges, on made-up schools."""
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(schools), np.arange(grades), np.arange(years), indexing="ij"))
    school, grade, year = (axis.ravel() for axis in grid)
    size = rng.uniform(20, 150, schools)[school]
    frame = pd.DataFrame(
        {
            "year": 2015 + year,
            "district": (school % 10).astype(str),
            "school": school.astype(str),
            "grade": (grade + 1).astype(str),
            "enrolment": rng.poisson(size),
        }
    )
    start = time.process_time()
    forecast(frame, until=2014 + 2 * years)
    return time.process_time() - start


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="run the cases whose name starts so")
    args = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"no benchmark data in {DATA}")
    pd.set_option("display.width", 200)
    for case in cases():
        if args.only and not case.name.startswith(args.only):
            continue
        wide, covered = table(case)
        print(
            f"\n{case.name}: origins {case.cutoffs[0]}-{case.cutoffs[-1]}; WAPE %, ratio to GPR3 with a 90 %"
        )
        print(
            "block bootstrap, coverage of 80 % ranges, interval score beside past-residual quantiles on GPR3"
        )
        print(wide.round(3).to_string())
        print("coverage %, horizons 1-3 pooled, with its 90 % block bootstrap")
        print(covered.round(1).to_string())
    print(f"\n2,000 schools x 9 grades x 10 years, ten years ahead with ranges: {speed():.1f} s of one core")


if __name__ == "__main__":
    main()
