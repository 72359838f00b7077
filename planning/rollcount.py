"""Rolls added up in memory: home unit x attended school x grade x year x flags, or home unit x cohort.

What leaves this module (`Counted`) holds no row of a child: totals, the places that were not found in the
words of `planning.addresses.place_word`, and numbers of rows. Even so it belongs into memory only until
`attendance` or `children` has turned it into a layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from gis.faults import WARNING, Fault, Words, register_kinds
from gis.values import fold
from planning import birthdates, rollhomes
from planning.addresses import MATCHED, rates
from planning.gazetteer import gazetteer
from planning.progress import Cancelled, Progress
from planning.rolls import PLACE, Roster
from planning.simplified import simplified

#: Why rows are not counted.
REASONS: Final = {
    "double": Words("重复登记，只计第一次", "entered twice, counted once"),
    "grade": Words("年级没有填写或看不懂", "grade blank or not understood"),
    "school": Words("学校没有填写", "school blank"),
    "birth": Words("没有出生日期", "no birth date"),
    "age": Words("年龄不在范围内", "age out of range"),
}
#: The oldest children of a register: those who could still be in grade 9.
OLDEST: Final = 15
_SHOWN: Final = 200

register_kinds(
    {
        "roll_id_rounded": (
            "{count} 个身份证件号是数字格式，后几位已被 Excel 舍去：出生日期仍可用，但不能用来查重。",
            "{count} ID numbers are stored as numbers and lost their last digits in Excel: the birth dates "
            "in them hold, but duplicates cannot be found by them.",
        ),
        "roll_birth_differs": (
            "{count} 行的出生日期与身份证件号不一致，按出生日期一列计算。请核对第 {rows} 行。",
            "in {count} rows the birth date and the ID number differ; the birth date was used. "
            "Check rows {rows}.",
        ),
        "roll_alike": (
            "{count} 行与前面某一行姓名和出生日期相同，住址不同且缺少证件号：照常计入，可能是"
            "重复登记。请核对第 {rows} 行。",
            "{count} rows share name and birth date with an earlier one, with another address and without an "
            "ID number: they are counted, but may be entered twice. Check rows {rows}.",
        ),
        "roll_flag_blank": (
            "“{label}”有 {count} 行没有填写，按“否”计算。",
            '"{label}" is blank in {count} rows; they count as "no".',
        ),
    },
    level=WARNING,
)


@dataclass(frozen=True)
class Settings:
    """How a roll is added up.

    Attributes
    ----------
    year : int
        学年 of rows without a year of their own; for children the year in which `as_of` lies.
    cutoff : (month, day)
        Last day by which a child must be six to enter grade 1 in that autumn.
    """

    year: int
    cutoff: tuple[int, int] = birthdates.CUTOFF


@dataclass(frozen=True)
class Counted:
    """A roll added up.

    Attributes
    ----------
    roll : str
        Its template.
    layer : {"attendance", "children"}
    settings : Settings
    rows : int
        Rows of the roll.
    cells : DataFrame
        Totals with `unit_id` and `home` ("unit", "outside", "unknown"), `place` (key of `places`, empty where
        the home is known); for pupils `school_id`, `school` (what is written, where no school is known by
        it), `year`, `grade`, `area`, `pupils`, `migrant`, `boarding`; for children `cohort`, `children`,
        `migrant`.
    ways : DataFrame
        How homes were found: `kind` (`planning.addresses.KINDS`), `rows`, `share`.
    places : DataFrame
        Places that were not found: `place`, `town`, `word`, `kind`, `rows`, `units` (those it may be),
        `example` (one address as written) and `person` (whether a name of the roll is in the word).
    left_out : DataFrame
        Rows that are not counted: `reason` (`REASONS`), `rows`, `where` (their numbers in the file).
    faults : list of Fault
    """

    roll: str
    layer: str
    settings: Settings
    rows: int
    cells: pd.DataFrame
    ways: pd.DataFrame
    places: pd.DataFrame
    left_out: pd.DataFrame
    faults: list[Fault] = field(default_factory=list)

    @property
    def matched(self) -> float:
        """Share of homes that were found in the area, of those that are not stated to be outside."""
        inside = self.ways[self.ways["kind"] != "outside"]
        found = inside.loc[inside["kind"].isin(MATCHED), "rows"].sum()
        return float(found / max(inside["rows"].sum(), 1))


def count(
    roster: Roster,
    layers: Mapping[str, pd.DataFrame],
    settings: Settings,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Counted:
    """Add a roll up by home.

    Parameters
    ----------
    roster : Roster
        In memory (`planning.rolls.read`).
    layers : mapping
        The project's: `units`, and where they are there `schools`, `aliases`, `doorplates`, `areas`.
    settings : Settings
    progress, cancelled : callable, optional
        Given by a job.

    Returns
    -------
    Counted
    """
    faults = list(roster.faults)
    frame, reasons = _countable(roster, settings, faults)
    names = gazetteer(layers)
    homes = rollhomes.homes(frame, layers["units"], names, progress=progress, cancelled=cancelled)
    frame = frame.assign(**homes)
    unknown = homes["home"] == "unknown"
    frame["place"] = ""
    places = rollhomes.places(frame[unknown], names, roster.names)
    frame.loc[unknown, "place"] = rollhomes.keys(frame.loc[unknown, "text"], names)
    cells = _pupils(frame, layers, settings) if roster.roll.layer == "attendance" else _children(frame)
    return Counted(
        roster.roll.name,
        roster.roll.layer,
        settings,
        len(roster.frame),
        cells,
        rates(homes["kind"]),
        places,
        _left_out(roster.frame, reasons),
        faults,
    )


def _countable(roster: Roster, settings: Settings, faults: list[Fault]) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows that count, and the reason of each row that does not (empty where it does)."""
    frame = roster.frame.assign(text=rollhomes.texts(roster.frame))
    reasons = pd.Series("", index=frame.index)
    number = frame["id_number"].where(frame["id_number"].notna(), frame["register_number"])
    ids, rounded = birthdates.id_numbers(number)
    born, differ = birthdates.births(frame)
    if roster.roll.layer == "attendance":
        reasons[frame["grade"].isna()] = "grade"
        reasons[frame["school_id"].isna()] = "school"
    else:
        frame = frame.assign(cohort=_cohorts(frame["cohort"], born, settings))
        reasons[frame["cohort"].isna()] = "birth"
        first = settings.year - (OLDEST - birthdates.ENTRY_AGE) + 1
        out = ~frame["cohort"].between(first, settings.year + birthdates.ENTRY_AGE + 1)
        reasons[out.fillna(False) & frame["cohort"].notna()] = "age"
    double, alike = _doubles(frame, ids, born)
    reasons[double & (reasons == "")] = "double"
    faults += _said("roll_id_rounded", frame, rounded)
    faults += _said("roll_birth_differs", frame, differ)
    faults += _said("roll_alike", frame, alike & (reasons == ""))
    return _flagged(frame[reasons == ""].reset_index(drop=True), roster, faults), reasons


def _flagged(frame: pd.DataFrame, roster: Roster, faults: list[Fault]) -> pd.DataFrame:
    """Return rows with their flags filled in; a flag that the roll does not have stays blank."""
    for name in ("migrant", "boarding"):
        if name not in frame or frame[name].isna().all():
            continue
        blank = frame[name].isna()
        if blank.any() and not (name == "migrant" and roster.roll.all_migrant):
            params = {"label": roster.roll.schema[name].label, "count": int(blank.sum())}
            faults.append(Fault("roll_flag_blank", params=params))
    if roster.roll.all_migrant:
        frame = frame.assign(migrant=frame["migrant"].fillna(True))
    return frame


def _said(kind: str, frame: pd.DataFrame, rows: pd.Series) -> list[Fault]:
    if not rows.any():
        return []
    file = str(frame["file"].iloc[0]) if frame["file"].nunique() == 1 else ""
    params = {"count": int(rows.sum()), "rows": _numbers(frame, rows)}
    return [Fault(kind, file, params=params)]


def _numbers(frame: pd.DataFrame, rows: pd.Series) -> str:
    """Return the numbers of rows in their file, the first of them."""
    several = frame["file"].nunique() > 1 or frame["sheet"].nunique() > 1
    shown = [
        "·".join(filter(None, (file, sheet, str(row)))) if several else str(row)
        for file, sheet, row in frame.loc[rows, list(PLACE)].head(_SHOWN).itertuples(index=False)
    ]
    return ", ".join(shown) + (" …" if rows.sum() > _SHOWN else "")


def _cohorts(stated: pd.Series, born: pd.Series, settings: Settings) -> pd.Series:
    dates = {date: birthdates.cohort(date, cutoff=settings.cutoff) for date in born.dropna().unique()}
    return stated.fillna(born.map(dates).astype("Int64"))


def _doubles(frame: pd.DataFrame, ids: pd.Series, born: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Tell which rows repeat an earlier one, and which may.

    A row repeats one with the same ID, or, where one of the two lacks an ID, with the same name, birth date
    and home. Name and birth date alone are no proof: in a large county many children share both.
    """
    same_id = ids.notna() & ids.duplicated()
    name = frame["name"].astype("object").map(lambda text: simplified(fold(text)), na_action="ignore")
    person = pd.DataFrame({"name": name, "born": born, "home": frame["text"].fillna("")})
    whole = person["name"].notna() & person["born"].notna()
    double, alike = (
        _again(person[whole], keys, ids) for keys in (["name", "born", "home"], ["name", "born"])
    )
    double = (double.reindex(frame.index, fill_value=False) & (frame["text"].notna())) | same_id
    return double, alike.reindex(frame.index, fill_value=False) & ~double


def _again(person: pd.DataFrame, keys: list[str], ids: pd.Series) -> pd.Series:
    """Tell which rows share these columns with an earlier row, where one of those lacks an ID."""
    groups = person.assign(lacking=ids.isna()).groupby(keys, sort=False)
    return (groups.cumcount() > 0) & groups["lacking"].transform("any")


def _pupils(frame: pd.DataFrame, layers: Mapping[str, pd.DataFrame], settings: Settings) -> pd.DataFrame:
    schools = layers.get("schools", pd.DataFrame({"school_id": [], "name": []}))
    written = frame["school_id"].astype("object")
    ids = written.map(_school_ids(schools, written))
    area = frame["area"].astype("object")
    if "area" in schools:
        of_school = schools.set_index(schools["school_id"].astype(str))["area"]
        area = area.where(area.notna(), ids.map(of_school))
    rows = pd.DataFrame(
        {
            "unit_id": frame["unit_id"].fillna(""),
            "home": frame["home"],
            "place": frame["place"],
            "school_id": ids.fillna(""),
            "school": written.where(ids.isna(), ""),
            "year": frame["year"].fillna(settings.year).astype("int64"),
            "grade": frame["grade"].astype("int64"),
            "area": area.fillna("").astype(object),
            "migrant": _flag(frame["migrant"]),
            "boarding": _flag(frame["boarding"]),
        }
    )
    return _added(rows, "pupils", ["migrant", "boarding"])


def _school_ids(schools: pd.DataFrame, written: pd.Series) -> dict[Any, str]:
    """Return the id for each way a school is written: its id, or a name that only one school has."""
    ids = set(schools["school_id"].astype(str))
    by_name: dict[str, set[str]] = {}
    for name, school_id in zip(
        schools["name"].fillna("").astype(str), schools["school_id"].astype(str), strict=True
    ):
        by_name.setdefault(fold(name), set()).add(school_id)
    out = {}
    for text in written.dropna().unique():
        found = {str(text)} & ids or by_name.get(fold(str(text)), set())
        if len(found) == 1:
            out[text] = next(iter(found))
    return out


def _children(frame: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "unit_id": frame["unit_id"].fillna(""),
            "home": frame["home"],
            "place": frame["place"],
            "cohort": frame["cohort"].astype("int64"),
            "migrant": _flag(frame["migrant"]),
        }
    )
    return _added(rows, "children", ["migrant"])


def _flag(cells: pd.Series) -> pd.Series:
    """Return a flag as numbers to be added up: blank throughout where the roll does not have it."""
    return cells.astype("Int64") if cells.isna().all() else cells.fillna(False).astype("Int64")


def _added(rows: pd.DataFrame, what: str, flags: list[str]) -> pd.DataFrame:
    keys = [name for name in rows.columns if name not in flags]
    groups = rows.groupby(keys, sort=True)
    return groups[flags].sum(min_count=1).assign(**{what: groups.size()}).reset_index()[[*keys, what, *flags]]


def _left_out(frame: pd.DataFrame, reasons: pd.Series) -> pd.DataFrame:
    rows = [
        (reason, int((reasons == reason).sum()), _numbers(frame, reasons == reason))
        for reason in REASONS
        if (reasons == reason).any()
    ]
    return pd.DataFrame(rows, columns=["reason", "rows", "where"])
