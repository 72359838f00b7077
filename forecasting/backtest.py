"""Back-test: what would the forecast have said in past years, beside what came and beside simpler methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from forecasting import errors, intervals
from forecasting.entrants import Driver
from forecasting.errors import LEVELS, Past
from forecasting.fitting import RIVALS, learn
from forecasting.panel import Floats, Ints, Panel

#: Columns of a back-test: the forecast's, with what came.
COLUMNS = (
    "method", "cutoff", "horizon", "level", "district", "school", "grade", "year",
    "mean", "low", "median", "high", "actual",
)  # fmt: skip


def backtest(
    panel: Panel,
    drivers: Sequence[Driver] = (),
    *,
    cutoffs: Sequence[int] | None = None,
    horizons: int = 3,
    coverage: float = 0.8,
    progress: Callable[[float], None] | None = None,
) -> pd.DataFrame:
    """Forecast again from past years with only what was known then; settings and ranges are learned anew.

    Only schools that teach the same grades in both years are compared, and district totals are theirs.

    Parameters
    ----------
    panel : Panel
        From ``panel.from_frame(history.read(...))``.
    drivers : sequence of Driver
        See ``entrants``; cut to what was known at each cut-off.
    cutoffs : sequence of int, optional
        Base years; by default the newest six with two years before them.
    horizons : int
        Years ahead.
    coverage : float
        Of the ranges.
    progress : callable, optional
        Told the share done, 0 to 1.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; method is cohort, gpr3 or naive. The ranges of gpr3 and naive are the usual ones:
        quantiles of their own past relative errors, level by level.
    """
    chosen = list(errors.origins(panel) if cutoffs is None else cutoffs)
    blocks = []
    for done, cutoff in enumerate(chosen, start=1):
        blocks += _from_one(panel, drivers, cutoff, horizons, coverage)
        if progress is not None:
            progress(done / len(chosen))
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=list(COLUMNS))


def score(frame: pd.DataFrame, *, coverage: float = 0.8) -> pd.DataFrame:
    """Table of errors by method, level and horizon.

    Returns
    -------
    DataFrame
        Columns method, level, horizon, wape (%), ratio (to gpr3 in the same run), covered (share of outcomes
        inside the range), interval_score (mean Winkler score, in % of pupils: lower is better), count.
    """
    table = (
        _measured(frame, coverage)
        .groupby(["method", "level", "horizon"], as_index=False)
        .agg(
            error=("error", "sum"),
            actual=("actual", "sum"),
            covered=("inside", "mean"),
            winkler=("winkler", "sum"),
            count=("error", "size"),
        )
    )
    table["wape"] = 100.0 * table["error"] / table["actual"]
    table["interval_score"] = 100.0 * table["winkler"] / table["actual"]
    standard = table[table["method"] == "gpr3"].set_index(["level", "horizon"])["wape"]
    table["ratio"] = (
        table["wape"] / standard.reindex(pd.MultiIndex.from_frame(table[["level", "horizon"]])).array
    )
    return table[["method", "level", "horizon", "wape", "ratio", "covered", "interval_score", "count"]]


#: Base years below which little can be said of how often a range holds.
FEW = 10


def held(frame: pd.DataFrame, *, coverage: float = 0.8, share: float = 0.9) -> pd.DataFrame:
    """How often our ranges held what came, and how often they may hold in truth.

    Places forecast from one year share its shock, so a base year is one observation. District totals then
    are like as many throws as there are base years (Clopper-Pearson); of schools and cells the shares of the
    base years are compared (Student's t). Base years more than a year ahead overlap, which is not allowed
    for: less is known then than the range says.

    Parameters
    ----------
    frame : DataFrame
        From `backtest`.
    coverage : float
        Of the ranges in `frame`.
    share : float
        Confidence of low and high.

    Returns
    -------
    DataFrame
        Columns level, horizon, base_years, count (outcomes), inside (of them held), covered (their share),
        low, high (of that share), short (even `high` is below `coverage`), few (less base years than `FEW`).
    """
    rows = _measured(frame[frame["method"] == "cohort"], coverage)
    result = []
    for (level, horizon), part in rows.groupby(["level", "horizon"]):
        yearly = part.groupby("cutoff")["inside"].mean().to_numpy(float)
        low, high = (_throws if level == "district" else _means)(yearly, share)
        inside, count = int(part["inside"].sum()), len(part)
        result.append((level, horizon, len(yearly), count, inside, inside / count, low, high))
    names = ["level", "horizon", "base_years", "count", "inside", "covered", "low", "high"]
    table = pd.DataFrame(result, columns=names)
    return table.assign(short=table["high"] < coverage, few=table["base_years"] < FEW)


def _throws(yearly: Floats, share: float) -> tuple[float, float]:
    """Clopper-Pearson range of a share seen in so many years."""
    years, held = len(yearly), float(yearly.sum())
    tail = (1.0 - share) / 2.0
    low = float(stats.beta.ppf(tail, held, years - held + 1.0)) if held > 0 else 0.0
    high = float(stats.beta.ppf(1.0 - tail, held + 1.0, years - held)) if held < years else 1.0
    return low, high


def _means(yearly: Floats, share: float) -> tuple[float, float]:
    """Student's range of the mean of the years' shares; all is possible after a single year."""
    if len(yearly) < 2:
        return 0.0, 1.0
    half = float(stats.t.ppf(0.5 + share / 2.0, len(yearly) - 1) * yearly.std(ddof=1) / np.sqrt(len(yearly)))
    return max(float(yearly.mean()) - half, 0.0), min(float(yearly.mean()) + half, 1.0)


#: What is drawn again as a whole by `bootstrap`: base years, or places (schools; districts for their totals).
BLOCKS = ("cutoff", "place")


def bootstrap(
    frame: pd.DataFrame,
    *,
    rival: str = "gpr3",
    block: str = "cutoff",
    draws: int = 1000,
    seed: int = 0,
    share: float = 0.9,
    coverage: float = 0.8,
) -> pd.DataFrame:
    """Range of the error, of its ratio to a rival's and of the coverage when whole blocks are drawn again.

    With years as blocks the districts drawn together keep their common shock, so many districts are not many
    observations; with places as blocks each keeps its whole history, and what the years share is not seen.

    Parameters
    ----------
    frame : DataFrame
        From `backtest`.
    rival : str
        Method to set beside ours.
    block : str
        One of `BLOCKS`.
    draws, seed
        Of the bootstrap.
    share : float
        Share of draws inside the range.
    coverage : float
        Of the ranges in `frame`.

    Returns
    -------
    DataFrame
        Columns level, horizon (0: all together), and low and high of wape (%), ratio, covered (share) and
        score (ratio of the interval scores), e.g. ``ratio_low``; blocks.
    """
    rows = _measured(frame[frame["method"].isin(["cohort", rival])], coverage)
    place = rows["district"] + np.where(rows["level"] == "district", "", "\n" + _column(rows, "school"))
    rows = rows.assign(block=rows["cutoff"] if block == "cutoff" else place, one=1.0)
    pooled = pd.concat([rows, rows.assign(horizon=0)], ignore_index=True)
    result = []
    for (level, horizon), part in pooled.groupby(["level", "horizon"]):
        ours, theirs = (_by_block(part[part["method"] == method]) for method in ("cohort", rival))
        picks = np.random.default_rng(seed).integers(0, len(ours), (draws, len(ours)))
        times = np.stack([np.bincount(pick, minlength=len(ours)) for pick in picks])
        bounds = _bounds(ours, theirs.reindex(ours.index), times, share)
        result.append({"level": level, "horizon": horizon, **bounds, "blocks": len(ours)})
    return pd.DataFrame(result)


def _by_block(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby("block")[["error", "actual", "winkler", "inside", "one"]].sum()


def _bounds(ours: pd.DataFrame, rival: pd.DataFrame, times: Ints, share: float) -> dict[str, float]:
    """Tails of each figure over the draws; `times` says how often each block was drawn, (draws, blocks)."""
    mine, theirs = ({c: times @ sums[c].to_numpy() for c in sums} for sums in (ours, rival))
    found = {
        "wape": 100.0 * mine["error"] / mine["actual"],
        "ratio": mine["error"] / np.maximum(theirs["error"], 1e-9),
        "covered": mine["inside"] / mine["one"],
        "score": mine["winkler"] / np.maximum(theirs["winkler"], 1e-9),
    }
    tails = {"low": (1 - share) / 2, "high": (1 + share) / 2}
    return {f"{n}_{end}": float(np.quantile(v, q)) for n, v in found.items() for end, q in tails.items()}


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of text, or blanks where the frame has none."""
    return frame[name] if name in frame else pd.Series("", index=frame.index)


def _measured(frame: pd.DataFrame, coverage: float) -> pd.DataFrame:
    """Add each outcome's absolute error, whether its range held, and the Winkler score of the range."""
    outside = np.maximum(frame["low"] - frame["actual"], 0) + np.maximum(frame["actual"] - frame["high"], 0)
    return frame.assign(
        error=(frame["mean"] - frame["actual"]).abs(),
        inside=(outside <= 0).astype(float),
        winkler=frame["high"] - frame["low"] + 2.0 / (1.0 - coverage) * outside,
    )


def worst_schools(frame: pd.DataFrame, *, count: int = 10) -> pd.DataFrame:
    """Schools with the largest mean absolute error of their totals, in % of their pupils."""
    schools = frame[(frame["method"] == "cohort") & (frame["level"] == "school")]
    error = (schools["mean"] - schools["actual"]).abs()
    sums = (
        schools.assign(error=error).groupby(["district", "school"], as_index=False)[["error", "actual"]].sum()
    )
    sums["wape"] = 100.0 * sums["error"] / sums["actual"]
    return sums.sort_values(["wape", "school"], ascending=[False, True]).head(count).reset_index(drop=True)


def _from_one(
    panel: Panel, drivers: Sequence[Driver], cutoff: int, horizons: int, coverage: float
) -> list[pd.DataFrame]:
    """All methods from one cut-off."""
    known, told = panel.until(cutoff), [d.known_in(cutoff) for d in drivers]
    fitted = learn(known, told, coverage=coverage)
    blocks = []
    for past in errors.rolling(panel, drivers, fitted.project, cutoffs=[cutoff], horizons=horizons):
        spread = [intervals.past_range(level, past, panel, fitted.model) for level in LEVELS]
        blocks += [_block("cohort", past, panel, level, s) for level, s in zip(LEVELS, spread)]
    for name, rival in RIVALS.items():
        earlier = errors.rolling(known, told, rival, cutoffs=errors.origins(known), horizons=horizons)
        for past in errors.rolling(panel, drivers, rival, cutoffs=[cutoff], horizons=horizons):
            blocks += [
                _block(name, past, panel, level, _plain_range(level, past, panel, earlier, coverage))
                for level in LEVELS
            ]
    return blocks


def _plain_range(
    level: str, past: Past, panel: Panel, earlier: Sequence[Past], coverage: float
) -> tuple[Floats, Floats, Floats]:
    """Quantiles of past relative errors at this level and horizon, or at all horizons where it has none."""
    mean = errors.totals(past.forecast, panel, level)
    alike = [p for p in earlier if p.horizon == past.horizon] or list(earlier)
    if not alike:
        return mean, mean, mean
    ratios = []
    for other in alike:
        told, came = (errors.totals(v, panel, level) for v in (other.forecast, other.actual))
        ratios.append(came[told > 0] / told[told > 0])
    tails = [(1 - coverage) / 2, 0.5, (1 + coverage) / 2]
    low, middle, high = np.quantile(np.concatenate(ratios), tails)
    return mean * low, mean * middle, mean * high


def _block(
    method: str, past: Past, panel: Panel, level: str, spread: tuple[Floats, Floats, Floats]
) -> pd.DataFrame:
    """One forecast at one level as rows; totals nobody judged are left out."""
    low, median, high = spread
    frame = _labels(panel, level).assign(
        method=method,
        cutoff=past.cutoff,
        horizon=past.horizon,
        level=level,
        year=past.cutoff + past.horizon,
        mean=errors.totals(past.forecast, panel, level),
        low=low,
        median=median,
        high=high,
        actual=errors.totals(past.actual, panel, level),
    )
    judged = errors.totals(past.judged.astype(float), panel, level) > 0
    return frame.loc[judged, list(COLUMNS)]


def _labels(panel: Panel, level: str) -> pd.DataFrame:
    """District, school and grade of every total of a level, in the order of ``errors.totals``."""
    if level == "district":
        return pd.DataFrame({"district": panel.district_names, "school": "", "grade": ""})
    if level == "school":
        return panel.schools.assign(grade="")
    grades = list(panel.grades) * len(panel.schools)
    repeated = panel.schools.loc[panel.schools.index.repeat(len(panel.grades))]
    return repeated.reset_index(drop=True).assign(grade=grades)
