"""How many seats must be added, and why: growth, class size, school size, facilities (学位需求四分解).

The four parts never count a pupil twice: in a school each part takes only what the parts before it leave,
so class + school + facility relief = max(class relief, pupils over the cap, pupils over the floor area).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from planning import stages

#: Standard class size (标准班额), GB 50099-2011 3.0.1; 教督〔2017〕6号.
STANDARD: Final[Mapping[str, float]] = {"primary": 45, "junior": 50}
#: Cap on school size (大校额 is measured with it), 教督〔2017〕6号.
CAPS: Final[Mapping[str, float]] = {"primary": 2000, "junior": 2000, "nine_year": 2500}
#: Teaching and auxiliary floor area per pupil in m2 (生均教学及辅助用房面积), 教督〔2017〕6号.
AREA: Final[Mapping[str, float]] = {"primary": 4.5, "junior": 5.8}
#: Years in which the peak is looked for (近三年新增学位需求).
PEAK_YEARS: Final = 3
PARTS: Final = ("growth", "class_relief", "school_relief", "facility")


def pupils_now(
    classes: pd.DataFrame, year: int, *, system: str = "6-3", enrolment: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the pupils at school in a year by school and stage.

    Parameters
    ----------
    classes : DataFrame
        Layer classes.
    year : int
        School year.
    system : {"6-3", "5-4"}
        Stage system.
    enrolment : DataFrame, optional
        Layer enrolment; used for schools without classes that year.

    Returns
    -------
    DataFrame
        school_id, stage, pupils.
    """
    own = classes.loc[classes["year"] == year, ["school_id", "grade", "pupils"]]
    if enrolment is not None:
        more = enrolment.loc[enrolment["year"] == year, ["school_id", "grade", "pupils"]]
        own = pd.concat([own, more[~more["school_id"].isin(own["school_id"])]])
    staged = own.assign(stage=own["grade"].map(_stage_names(system)))
    return staged.groupby(["school_id", "stage"], as_index=False)[["pupils"]].sum()


def relief(
    schools: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    year: int,
    system: str = "6-3",
    enrolment: pd.DataFrame | None = None,
    standard: Mapping[str, float] = STANDARD,
    caps: Mapping[str, float] = CAPS,
    area: Mapping[str, float] = AREA,
) -> pd.DataFrame:
    """Return the seats each school must give up to be in order, in three parts.

    Formulas, by school:

    - class relief (化解大班额) c = sum over classes of max(0, size - standard)   [教督〔2017〕6号: every
      class within 45 or 50]
    - school relief (化解大校额) s = max(0, pupils - cap - c)   [教督〔2017〕6号: 2000, nine-year 2500]
    - facility deficit (补齐设施缺口) f = max(0, pupils - area seats - c - s), where area seats are the pupils
      the floor area allows: pupils x area / sum over stages of pupils x m2 per pupil   [教督〔2017〕6号: 4.5,
      5.8 m2]

    s and f are shared over a school's stages by its pupils.

    Parameters
    ----------
    schools, classes, enrolment : DataFrame
        Layers.
    year : int
        School year of the classes.
    system : {"6-3", "5-4"}
        Stage system.
    standard, caps, area : mapping
        Values of the rules in force, by stage (caps also for "nine_year").

    Returns
    -------
    DataFrame
        school_id, district, stage, pupils, class_relief, school_relief, facility, facility_known (False
        where the school's floor area is not stated: its part is 0 and the page must say so).
    """
    frame = pupils_now(classes, year, system=system, enrolment=enrolment)
    frame = frame.merge(_school_facts(schools), on="school_id", how="left", validate="many_to_one")
    frame["class_relief"] = _class_relief(frame, classes, year, system, standard)
    by_school = frame.groupby("school_id")
    pupils = by_school["pupils"].transform("sum").astype(float)
    relieved = by_school["class_relief"].transform("sum")
    share = (frame["pupils"] / pupils.where(pupils > 0)).fillna(0.0)
    school = (pupils - _cap(frame, caps) - relieved).clip(lower=0)
    norm = frame["stage"].map(area).astype(float) * frame["pupils"]
    needed = norm.groupby(frame["school_id"]).transform("sum")
    held = pupils * frame["teaching_area"] / needed.where(needed > 0)
    lacking = (pupils - held - relieved - school).clip(lower=0)
    frame["school_relief"] = school * share
    frame["facility"] = lacking.fillna(0.0) * share
    frame["facility_known"] = frame["teaching_area"].notna()
    columns = ["school_id", "district", "stage", "pupils", "class_relief", "school_relief", "facility"]
    return frame[[*columns, "facility_known"]]


def growth(forecast: pd.DataFrame, *, now: int, years: int = PEAK_YEARS) -> pd.DataFrame:
    """Return the seats that growth asks for, by district and stage (新增学位需求).

    Formula: max(0, highest forecast within `years` years after `now` - pupils now), on the forecast's mean.
    Seats standing empty elsewhere are not set against it.

    Parameters
    ----------
    forecast : DataFrame
        district, stage, year, mean, one row each, the year `now` included.
    now : int
        School year counted from.
    years : int
        How far ahead the peak is looked for.

    Returns
    -------
    DataFrame
        district, stage, now, peak, peak_year, growth.

    Raises
    ------
    ValueError
        If a district and stage has no row for `now`, or none after it.
    """
    span = forecast[forecast["year"].between(now, now + years)]
    wide = span.pivot(index=["district", "stage"], columns="year", values="mean")
    if now not in wide or wide[now].isna().any() or wide.shape[1] < 2:
        raise ValueError(f"the forecast must give {now} and years after it for every district and stage")
    ahead = wide.drop(columns=now)
    frame = pd.DataFrame({"now": wide[now], "peak": ahead.max(axis=1), "peak_year": ahead.idxmax(axis=1)})
    frame["growth"] = (frame["peak"] - frame["now"]).clip(lower=0)
    return frame.reset_index()


def need(relieved: pd.DataFrame, grown: pd.DataFrame) -> pd.DataFrame:
    """Return the seats to add by district and stage, in four parts that add up.

    Growth counts pupils who are not at school yet; the other three count pupils who are, each once (see
    `relief`). Hence total = growth + class_relief + school_relief + facility. 鄂尔多斯 2024-2026 states 0.8万
    of growth within 4.7万 of supply: need is never growth alone.

    Parameters
    ----------
    relieved : DataFrame
        From `relief`.
    grown : DataFrame
        From `growth`.

    Returns
    -------
    DataFrame
        district, stage, growth, class_relief, school_relief, facility, total: whole seats, each part rounded
        up, so that no district is left short.
    """
    parts = relieved.groupby(["district", "stage"], dropna=False)[list(PARTS[1:])].sum()
    grow = grown.set_index(["district", "stage"])[["growth"]]
    frame = parts.join(grow, how="outer").fillna(0.0)[list(PARTS)]
    # The rounding guards against 0.1 + 0.2: a part that is whole must not be raised by one.
    whole = frame.round(6).apply(np.ceil).astype("int64")
    return whole.assign(total=whole.sum(axis=1)).reset_index()


def empty_after_peak(forecast: pd.DataFrame, seats: pd.Series) -> pd.DataFrame:
    """Return the seats that stand empty after the peak (峰后闲置学位).

    Formula: max(0, seats - pupils) in the year of fewest pupils from the peak to the end of the forecast.
    With a range: few pupils (low) leave many seats empty (empty_high), many (high) leave few (empty_low).

    Parameters
    ----------
    forecast : DataFrame
        district, stage, year, mean and, where known, low and high.
    seats : Series
        Index (district, stage): seats that stand then, those to be built included.

    Returns
    -------
    DataFrame
        district, stage, seats, peak_year, peak, end_year, pupils, empty, empty_low, empty_high.
    """
    keys = ["district", "stage"]
    ordered = forecast.reindex(columns=[*keys, "year", "mean", "low", "high"]).sort_values([*keys, "year"])
    rows = ordered.reset_index(drop=True)
    peak = rows.loc[rows.groupby(keys)["mean"].idxmax(), [*keys, "year", "mean"]]
    peak = peak.rename(columns={"year": "peak_year", "mean": "peak"})
    after = rows.merge(peak, on=keys)
    after = after[after["year"] >= after["peak_year"]].reset_index(drop=True)
    least = after.loc[after.groupby(keys)["mean"].idxmin()]
    least = least.rename(columns={"year": "end_year", "mean": "pupils"})
    found = least.merge(seats.rename("seats").rename_axis(keys).dropna().reset_index(), on=keys)
    for name, column in (("empty", "pupils"), ("empty_low", "high"), ("empty_high", "low")):
        found[name] = (found["seats"].astype(float) - found[column].astype(float)).clip(lower=0)
    columns = [*keys, "seats", "peak_year", "peak", "end_year", "pupils", "empty", "empty_low", "empty_high"]
    return found[columns]


def _stage_names(system: str) -> dict[int, str]:
    return {grade: stages.stage_of(system, grade) for grade in range(1, stages.LAST_GRADE + 1)}


def _school_facts(schools: pd.DataFrame) -> pd.DataFrame:
    wanted = ["school_id", "kind", "district", "teaching_area"]
    facts = pd.DataFrame(schools.reindex(columns=wanted))
    return facts.assign(
        district=facts["district"].astype("str").fillna(""),
        teaching_area=pd.to_numeric(facts["teaching_area"]).astype("float64"),
    )


def _class_relief(
    frame: pd.DataFrame, classes: pd.DataFrame, year: int, system: str, standard: Mapping[str, float]
) -> pd.Series:
    own = classes[classes["year"] == year]
    stage = own["grade"].map(_stage_names(system))
    over = (own["pupils"] - stage.map(standard)).clip(lower=0).astype(float)
    sums = over.groupby([own["school_id"], stage.rename("stage")]).sum()
    keys = pd.MultiIndex.from_frame(frame[["school_id", "stage"]])
    return pd.Series(sums.reindex(keys).fillna(0.0).to_numpy(), index=frame.index)


def _cap(frame: pd.DataFrame, caps: Mapping[str, float]) -> pd.Series:
    """Return each school's cap: by kind where it is stated, else by the stages it has pupils in."""
    both = frame.groupby("school_id")["stage"].transform("nunique") > 1
    long = frame["kind"].isin(["nine_year", "twelve_year"]) | both
    return frame["stage"].map(caps).astype(float).mask(long, float(caps["nine_year"]))
