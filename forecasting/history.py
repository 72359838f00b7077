"""Check what the forecast is fed: enrolment history, births and registered children, every fault at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

import forecasting.kinds  # noqa: F401  registers the wordings
from forecasting.panel import GRADE_ORDER, Bools, Ints, Panel, span
from gis.faults import Fault, raise_errors
from gis.words import Words

HISTORY_COLUMNS = ("year", "district", "school", "grade", "enrolment")
BIRTHS_COLUMNS = ("year", "district", "births")
ENTRANTS_COLUMNS = ("year", "district", "children")
FLOW_COLUMNS = ("town", "school", "share")
KINDERGARTEN_COLUMNS = ("year", "grade", "children")

#: Classes of a kindergarten (as grades of a history, too) by the years until they enter grade 1.
CLASSES = {"大班": 1, "中班": 2, "小班": 3, "K": 1, "PK": 2, "PK3": 3}

_CLASS_NAMES = {ahead: name for name, ahead in list(CLASSES.items())[:3]}

#: Names used by the project's layers for the same columns.
ALIASES = {"school_id": "school", "pupils": "enrolment"}

#: Years that are read; outside them a year is a slip. Those of an import.
YEARS = (1949, 2100)
#: Years between two blocks of a table beyond which the smaller block is taken for slips (设定).
APART = 10

#: What a row is one of, by its keys, for the fault of a row that stands twice.
_KEY_WORDS = {
    "district": Words("地区", "district"),
    "town": Words("镇街", "town"),
    "school": Words("学校", "school"),
    "grade": Words("年级", "grade"),
    "year": Words("年份", "year"),
}

#: Change of births from one year to the next that asks for a second look.
BIRTHS_JUMP = 0.30

_NAMES_SHOWN = 5


def read(history: pd.DataFrame, *, file: str = "") -> pd.DataFrame:
    """Return a checked history, sorted; see `check`.

    Raises
    ------
    FaultError
        With every fault found.
    """
    frame, faults = check(history, file=file)
    raise_errors(faults)
    return frame


def check(history: pd.DataFrame, *, file: str = "") -> tuple[pd.DataFrame, list[Fault]]:
    """Check an enrolment history and return it clean, with every fault.

    Parameters
    ----------
    history : DataFrame
        Columns year (school year by its autumn), district (optional: one area without it), school, grade
        and enrolment (school_id and pupils are read as school and enrolment). Text or numbers; any order.
    file : str
        Name shown in the faults. Rows are counted as in a file whose first row is the header.

    Returns
    -------
    frame : DataFrame
        The rows without errors, columns `HISTORY_COLUMNS`, sorted, typed (str, int64).
    faults : list of Fault
        Errors and warnings.
    """
    frame = history.rename(columns={k: v for k, v in ALIASES.items() if v not in history.columns})
    if "district" not in frame:
        frame = frame.assign(district="")
    faults = _structure(frame, HISTORY_COLUMNS, file)
    if faults:
        return pd.DataFrame(columns=list(HISTORY_COLUMNS)), faults
    frame = frame[list(HISTORY_COLUMNS)].reset_index(drop=True)
    year, bad_year = _years(frame["year"], file)
    count, bad_count = _counts(frame["enrolment"], file)
    grade, bad_grade = _grades(frame["grade"], file)
    school, bad_school = _names(frame["school"], file)
    clean = pd.DataFrame(
        {
            "year": year,
            "district": _text(frame["district"]),
            "school": school,
            "grade": grade,
            "enrolment": count,
        }
    )
    keys = ["district", "school", "grade", "year"]
    faults = bad_year + bad_school + bad_grade + bad_count + doubles(clean, keys, file)
    clean = clean[clean.notna().all(axis=1)].astype({"year": "int64", "enrolment": "int64"})
    clean = clean.drop_duplicates(keys).sort_values(list(HISTORY_COLUMNS))
    return clean.reset_index(drop=True), _in_order(faults) + _moved(clean, file)


def check_births(births: pd.DataFrame, *, file: str = "") -> tuple[pd.DataFrame, list[Fault]]:
    """Check births by calendar year and place: year, district, town (both optional), births; see `check`.

    A column ``revised`` that says which figures are revised ones (修订) and holds more than one value is
    warned of, as is a jump from one year to the next.
    """
    clean, faults = _check_yearly(births, "births", file)
    status = sorted(set(_text(births["revised"])) - {""}) if "revised" in births else []
    if len(status) > 1:
        faults.append(Fault("fc_births_mixed", file=file, column="revised", found=", ".join(status)))
    for district, group in clean.groupby("district"):
        faults += _births_jumps(str(district), group.groupby("year")["births"].sum(), file)
    return clean, faults


def check_entrants(entrants: pd.DataFrame, *, file: str = "") -> tuple[pd.DataFrame, list[Fault]]:
    """Check registered children by entry year: year, district (optional), school (optional), children."""
    return _check_yearly(entrants.rename(columns={"school_id": "school"}), "children", file)


def check_kindergarten(rolls: pd.DataFrame, *, file: str = "") -> tuple[pd.DataFrame, list[Fault]]:
    """Check kindergarten rolls: year (school year), district (optional), grade, children; see `check`.

    The grade is one of `CLASSES` and comes back as the years until grade 1; children may be called pupils or
    enrolment, and rows may be of single kindergartens (school or school_id).
    """
    names = {"school_id": "school", "pupils": "children", "enrolment": "children"}
    frame = rolls.rename(columns={k: v for k, v in names.items() if v not in rolls.columns})
    if faults := _structure(frame, KINDERGARTEN_COLUMNS, file):
        return pd.DataFrame(columns=["year", "district", "grade", "children"]), faults
    frame = frame.reset_index(drop=True)
    ahead = _text(frame["grade"]).str.upper().map(CLASSES)
    wrong = _unfilled(frame["grade"], "grade", file)
    wrong += _faults("fc_class", frame["grade"], ahead.isna() & _filled(frame["grade"]), "grade", file)
    told = frame.assign(grade=ahead.map(_CLASS_NAMES).fillna("?" + _text(frame["grade"])))
    clean, more = _check_yearly(told, "children", file, apart=("grade",))
    clean = clean[~clean["grade"].str.startswith("?")]
    return clean.assign(grade=clean["grade"].map(CLASSES).astype("int64")), _in_order([*wrong, *more])


def check_flow(flow: pd.DataFrame, *, file: str = "") -> tuple[pd.DataFrame, list[Fault]]:
    """Check the flow from home towns to schools: town, school, share (a number of 0 or more); see `check`."""
    frame = flow.rename(columns={"school_id": "school", "home": "town"})
    faults = _structure(frame, FLOW_COLUMNS, file)
    if faults:
        return pd.DataFrame(columns=list(FLOW_COLUMNS)), faults
    frame = frame.reset_index(drop=True)
    share = pd.to_numeric(frame["share"], errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)
    clean = pd.DataFrame({"town": _text(frame["town"]), "school": _text(frame["school"]), "share": share})
    faults = [fault for name in FLOW_COLUMNS for fault in _unfilled(frame[name], name, file)]
    faults += _faults("fc_share", frame["share"], share.isna() & _filled(frame["share"]), "share", file)
    faults += _faults("fc_share", frame["share"], share < 0, "share", file)
    faults += doubles(clean, ["town", "school"], file)
    return clean[share >= 0].drop_duplicates(["town", "school"]), _in_order(faults)


def warn(panel: Panel, broken: frozenset[int], *, file: str = "") -> list[Fault]:
    """Say what is unusual in a history: gaps, short or broken years, schools opened and closed."""
    seen: Bools = np.any(np.isfinite(panel.counts), axis=1)
    years: Ints = panel.years[np.flatnonzero(seen.any(axis=0))]
    missing = sorted(set(panel.years.tolist()) - set(years.tolist()))
    faults = []
    if missing:
        faults.append(Fault("fc_gap", file=file, found=span(missing)))
    if broken:
        faults.append(Fault("fc_broken", file=file, found=span(sorted(broken))))
    if panel.last_year in broken:
        faults.append(Fault("fc_broken_base", file=file, found=str(panel.last_year)))
    if len(years) == 1:
        faults.append(Fault("fc_naive", file=file))
    elif len(years) <= 4:
        faults.append(Fault("fc_short", file=file, found=str(len(years))))
    closed: Bools = ~seen[:, -1]
    opened = seen[:, -1] & (seen.sum(axis=1) < min(3, len(years)))
    for kind, which in (("fc_closed", closed), ("fc_opened", opened)):
        if which.any():
            names = some(panel.called(panel.schools[which]))
            faults.append(Fault(kind, file=file, found=str(int(which.sum())), params={"names": names}))
    return faults


def mixed_systems(panel: Panel, junior: Sequence[str], *, file: str = "") -> list[Fault]:
    """Say which schools follow the other of the two systems (6-3 and 5-4), whose stages sum otherwise.

    Parameters
    ----------
    panel : Panel
        History.
    junior : sequence of str
        Grades of junior school under the system the forecast sums by: it starts at 7 (6-3) or 6 (5-4).
    file : str
        Name shown in the fault.
    """
    if "6" not in panel.grades or "7" not in panel.grades:
        return []
    at = {g: i for i, g in enumerate(panel.grades)}
    nowhere = np.zeros(len(panel.schools), dtype=bool)
    fifth, sixth, seventh = (panel.open_cells[:, at[g]] if g in at else nowhere for g in ("5", "6", "7"))
    # A school of all nine grades says nothing of the system.
    other = sixth & ((fifth & ~seventh) if junior[0] == "6" else (seventh & ~fifth))
    if not other.any():
        return []
    names = some(panel.called(panel.schools[other]))
    params = {"names": names, "own": "5-4" if junior[0] == "6" else "6-3"}
    return [Fault("fc_systems_mixed", file=file, found=str(int(other.sum())), params=params)]


def _check_yearly(
    frame: pd.DataFrame, value: str, file: str, *, apart: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[Fault]]:
    """Check a table of counts by year and district (and school, where that column is there)."""
    if "district" not in frame:
        frame = frame.assign(district="")
    keys = ["district", *[key for key in ("town", "school") if key in frame], *apart]
    faults = _structure(frame, ("year", *keys, value), file)
    if faults:
        return pd.DataFrame(columns=["year", *keys, value]), faults
    frame = frame.reset_index(drop=True)
    year, bad_year = _years(frame["year"], file)
    count, bad_count = _counts(frame[value], file, column=value)
    clean = pd.DataFrame({"year": year, **{k: _text(frame[k]) for k in keys}, value: count})
    faults = bad_year + bad_count + doubles(clean, [*keys, "year"], file)
    usable = clean[clean.notna().all(axis=1)].astype({"year": "int64", value: "int64"})
    usable = usable.drop_duplicates([*keys, "year"]).sort_values([*keys, "year"])
    return usable.reset_index(drop=True), _in_order(faults)


def _structure(frame: pd.DataFrame, columns: Sequence[str], file: str) -> list[Fault]:
    present = ", ".join(map(str, frame.columns))
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        params = [{"needed": c, "present": present} for c in missing]
        return [Fault("fc_column_missing", file=file, params=p) for p in params]
    return [Fault("fc_empty", file=file)] if frame.empty else []


def _text(values: pd.Series) -> pd.Series:
    return values.astype("str").str.strip().where(values.notna(), "")


def _faults(kind: str, values: pd.Series, bad: pd.Series, column: str, file: str) -> list[Fault]:
    return [
        Fault(kind, file=file, row=int(i) + 2, column=column, found=str(values[i])) for i in values.index[bad]
    ]


def _filled(values: pd.Series) -> pd.Series:
    return _text(values) != ""


def _unfilled(values: pd.Series, column: str, file: str) -> list[Fault]:
    return _faults("fc_unfilled", values, ~_filled(values), column, file)


def _in_order(faults: Sequence[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.row or 0, fault.column))


def _number(values: pd.Series) -> pd.Series:
    text = _text(values)
    # Only plain decimal notation: "1e2", "nan" or "inf" in a table of pupils is a slip, not a number.
    plain = text.str.fullmatch(r"[+-]?\d{1,9}(\.\d+)?")
    return pd.to_numeric(text.where(plain), errors="coerce").astype(float)


def _years(values: pd.Series, file: str) -> tuple[pd.Series, list[Fault]]:
    number = _number(values)
    good = number.between(*YEARS) & (number % 1 == 0)
    wrong = _faults("fc_year", values, ~good & _filled(values), "year", file)
    return number.where(good), _unfilled(values, "year", file) + wrong


def _names(values: pd.Series, file: str) -> tuple[pd.Series, list[Fault]]:
    text = _text(values)
    blank = text == ""
    return text.mask(blank), _unfilled(text, "school", file)


def _grades(values: pd.Series, file: str) -> tuple[pd.Series, list[Fault]]:
    text = _text(values).str.upper().str.replace(r"^0+(?=\d)", "", regex=True)
    good = text.isin(list(GRADE_ORDER))
    wrong = _faults("fc_grade", values, ~good & _filled(values), "grade", file)
    return text.where(good), _unfilled(values, "grade", file) + wrong


def _counts(values: pd.Series, file: str, column: str = "enrolment") -> tuple[pd.Series, list[Fault]]:
    number, blank = _number(values), _text(values) == ""
    text, fraction = number.isna() & ~blank, number % 1 > 0
    negative = (number < 0) & ~fraction
    # A grade that is not taught and one that has no pupils are easily mixed up in a history.
    faults = _faults("fc_blank" if column == "enrolment" else "fc_unfilled", values, blank, column, file)
    faults += _faults("fc_not_number", values, text, column, file)
    faults += _faults("fc_fraction", values, fraction, column, file)
    faults += _faults("fc_negative", values, negative, column, file)
    return number.mask(negative | fraction), faults


def doubles(clean: pd.DataFrame, keys: list[str], file: str) -> list[Fault]:
    """Return a fault for each row whose keys stand in an earlier one, whatever else is wrong with it.

    Parameters
    ----------
    clean : DataFrame
        Rows counted from 0; those with a key missing are left out.
    keys : list of str
        Columns that no two rows may share.
    file : str
        Name shown in the faults.
    """
    whole = clean[clean[keys].notna().all(axis=1)]
    same = whole[whole.duplicated(keys, keep=False)]
    words = [_KEY_WORDS[key] for key in keys]
    one = Words("、".join(w.zh for w in words), ", ".join(w.en for w in words))
    once, again = (same[same.duplicated(keys) == later] for later in (False, True))
    first = dict(zip(once[keys].itertuples(index=False, name=None), once.index + 2, strict=True))
    return [
        Fault(
            "fc_duplicate",
            file=file,
            row=int(i) + 2,
            params={"first": first[key], "key": _words(key), "one": one},
        )
        for i, key in zip(again.index, again[keys].itertuples(index=False, name=None))
    ]


def _words(key: tuple[object, ...]) -> str:
    texts = (f"{part:.0f}" if isinstance(part, float) else str(part) for part in key)
    return " ".join(filter(None, texts))


def _moved(clean: pd.DataFrame, file: str) -> list[Fault]:
    districts = clean.drop_duplicates(["district", "school"])["school"].value_counts()
    return [Fault("fc_moved", file=file, found=str(s)) for s in sorted(districts.index[districts > 1])]


def _births_jumps(district: str, births: pd.Series, file: str) -> list[Fault]:
    change = births.astype(float).pct_change().replace([np.inf, -np.inf], np.nan)
    faults = []
    for year in change.index[change.abs() > BIRTHS_JUMP]:
        params = {"district": district, "change": f"{100 * change[year]:+.0f}"}
        faults.append(Fault("fc_births_jump", file=file, found=str(year), params=params))
    holes = sorted(set(range(births.index.min(), births.index.max() + 1)) - set(births.index))
    if holes:
        faults.append(Fault("fc_births_gap", file=file, found=span(holes), params={"district": district}))
    return faults


def apart(years: pd.Series) -> tuple[pd.Series, str]:
    """Tell the years of a table that stand more than `APART` years off the others.

    Parameters
    ----------
    years : Series of int
        The year of each row.

    Returns
    -------
    away : Series of bool
        Rows outside the block of years that holds most of them, the newer of two alike.
    span : str
        The years of that block.
    """
    if years.empty:
        return years.astype(bool), ""
    distinct = pd.Series(sorted(years.unique()))
    block = years.map(dict(zip(distinct, (distinct.diff() > APART).cumsum(), strict=True)))
    main = block.value_counts().sort_index(ascending=False).idxmax()
    inside = years[block == main]
    return block != main, f"{inside.min()}–{inside.max()}"


def some(names: Sequence[str]) -> str:
    """Return the first few names as text."""
    shown = ", ".join(names[:_NAMES_SHOWN])
    return shown if len(names) <= _NAMES_SHOWN else f"{shown} …"
