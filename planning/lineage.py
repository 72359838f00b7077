"""What became of schools and units from one year to the next (沿革): renamed, merged, split, opened, closed.

The table is kept beside the layers it explains, in `lineage.json` of the project's folder. A row says that in
the school year `year` one id became another; `share` is the part of a split that goes there.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis.columns import Choice, Column, Schema
from gis.faults import WARNING, Fault, FaultError, Words, errors, register_kinds
from gis.headers import aliases
from gis.schema import check as check_schema

FILE: Final = "lineage.json"
SUBJECTS: Final = ("school", "unit")
_JOINING: Final = ("renamed", "merged", "split")

register_kinds(
    {
        "lineage_incomplete": (
            "“{change}”应有{needed}。请补上。",
            '"{change}" needs {needed}. Fill it in.',
        ),
        "lineage_unsaid": (
            "编号“{found}”的这一行没有写明对象（学校还是小区）和变更。请补上。",
            'the row of the id "{found}" does not say whether it is a school or a unit, and what changed. '
            "Fill it in.",
        ),
        "lineage_from_unknown": (
            "{subject}“{found}”不在本年度的数据里。请核对原编号。",
            'there is no {subject} "{found}" in this year\'s data. Check the former id.',
        ),
        "lineage_to_unknown": (
            "{subject}“{found}”不在下一年度的数据里。请核对现编号。",
            'there is no {subject} "{found}" in next year\'s data. Check the present id.',
        ),
        "lineage_still_there": (
            "{subject}“{found}”按沿革已不存在，但下一年度的数据里还有。请删去其中一处。",
            '{subject} "{found}" is gone by the lineage table, but next year\'s data still have it. '
            "Correct one of the two.",
        ),
        "lineage_shares": (
            "{subject}“{found}”各去向的份额相加是 {sum}，应为 1。请改正。",
            'the shares of {subject} "{found}" add up to {sum}; they must add up to 1. Correct them.',
        ),
        "lineage_twice": (
            "{subject}“{found}”到“{to}”写了两次。请删去一行。",
            '{subject} "{found}" to "{to}" is written twice. Delete one of the rows.',
        ),
    }
)
register_kinds(
    {
        "lineage_year": (
            "{subject}“{found}”的变更年份是 {year}，不是要转入的 {wanted} 学年，这次没有用到。",
            'the change of {subject} "{found}" is of {year}, not of the year {wanted} that is being opened; '
            "it was not used.",
        ),
    },
    level=WARNING,
)

SCHEMA: Final = Schema(
    "lineage",
    (
        Column(
            "subject", "对象", "subject", "choice", required=True, aliases=("对象类别", "学校或小区"),
            choices=(
                Choice("school", "学校", "school", ()),
                Choice("unit", "小区或村", "unit", ("单元", "小区", "村", "小区与村")),
            ),
        ),
        Column(
            "change", "变更", "change", "choice", required=True, aliases=("变更类型", "变更类别", "变动"),
            choices=(
                Choice("renamed", "更名", "renamed", ("改名", "更名或换代码", "换代码")),
                Choice("merged", "合并", "merged", ("并入", "撤并")),
                Choice("split", "拆分", "split", ("分立", "分设")),
                Choice("opened", "新建", "opened", ("新设", "新增")),
                Choice("closed", "撤销", "closed", ("停办", "撤除", "拆除")),
            ),
        ),
        Column("year", "生效学年", "effective year", "year", required=True, aliases=("学年", "变更学年")),
        Column("from_id", "原编号", "former id", "id", aliases=("原代码", "原学校代码", "变更前编号")),
        Column("from_name", "原名称", "former name", aliases=("原校名", "变更前名称")),
        Column("to_id", "现编号", "present id", "id", aliases=("现代码", "现学校代码", "变更后编号")),
        Column("to_name", "现名称", "present name", aliases=("现校名", "变更后名称")),
        Column("share", "份额", "share", "number", minimum=0, maximum=1, aliases=("比例", "占比")),
        Column("note", "说明", "note", aliases=("备注", "依据", "文号")),
    ),
)  # fmt: skip
COLUMNS: Final = tuple(column.name for column in SCHEMA.columns)
SUBJECT_WORDS: Final = {choice.name: Words(choice.zh, choice.en) for choice in SCHEMA["subject"].choices}
CHANGE_WORDS: Final = {choice.name: Words(choice.zh, choice.en) for choice in SCHEMA["change"].choices}
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "renamed": ("from_id", "to_id"),
    "merged": ("from_id", "to_id"),
    "split": ("from_id", "to_id"),
    "opened": ("to_id",),
    "closed": ("from_id",),
}


def empty() -> pd.DataFrame:
    """Return the table without a row."""
    return frame_of([])


def frame_of(rows: Sequence[Mapping[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """Return rows as the table, absent columns blank."""
    dtypes: dict[str, Any] = {column.name: column.dtype for column in SCHEMA.columns}
    given = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    return given.reindex(columns=list(COLUMNS)).reset_index(drop=True).astype(dtypes)


def stored(folder: Path) -> pd.DataFrame:
    """Return the table kept in a project's folder, empty where there is none."""
    return frame_of(_kept(folder))


def mark(folder: Path) -> str:
    """Return the table kept in a project's folder as text, by which what is joined along it is told apart."""
    return json.dumps(_kept(folder))


def _kept(folder: Path) -> list[dict[str, Any]]:
    """Return the rows kept in a project's folder; none where there is no table."""
    place = folder / FILE
    return json.loads(place.read_text(encoding="utf-8")) if place.exists() else []


def uncarried(folder: Path, *, opened: Collection[int]) -> pd.DataFrame:
    """Return the stored changes by which histories are still to be joined.

    Parameters
    ----------
    folder : Path
        Of the project.
    opened : collection of int
        School years opened out of the year before (`planning.newyear`), when past rolls went over to the new
        ids. A former id that no row has any more moves nothing again; one that a change of the same year
        leads to (a split of which one part keeps the code, a code handed on) would, so it is left out.
    """
    rows = stored(folder)
    led_to = set(zip(rows["year"], rows["subject"], rows["to_id"], strict=True))
    came = zip(rows["year"], rows["subject"], rows["from_id"], strict=True)
    return rows[[key not in led_to or key[0] not in opened for key in came]]


def store(folder: Path, frame: pd.DataFrame) -> None:
    """Keep the table in a project's folder, whole or not at all."""
    rows = frame_of(frame).to_json(orient="records", force_ascii=False, indent=1)
    scratch = folder / f"{FILE}.writing"
    scratch.write_text(rows, encoding="utf-8")
    scratch.replace(folder / FILE)


def read(path: str | Path, *, mapping: Mapping[str, str] | None = None) -> tuple[pd.DataFrame, list[Fault]]:
    """Read the table from a workbook or a text file, with Chinese or English headers.

    Returns
    -------
    frame : DataFrame
        The columns of the table.
    faults : list of Fault
        Warnings.

    Raises
    ------
    FaultError
        With every fault of the file, if one is an error.
    """
    from gis import files, tables

    place = files.guard(path)
    vocabulary = {word for part in aliases(SCHEMA) for word in part}
    open_table = tables.open_workbook if place.suffix.lower() in files.WORKBOOKS else tables.open_text
    opened = open_table(place, vocabulary=vocabulary)
    table = opened.load(opened.heads[0].name)
    frame, faults = check_schema(table.frame, SCHEMA, file=place.name, sheet=table.name, mapping=mapping)
    faults = [*table.faults, *faults]
    if errors(faults):
        raise FaultError(faults)
    return frame_of(frame), faults


def worded(frame: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Return the table with headers and codes in words; `read` takes it back."""
    out = frame.reindex(columns=list(COLUMNS)).copy()
    for name, words in (("subject", SUBJECT_WORDS), ("change", CHANGE_WORDS)):
        texts = {code: word.text(lang) for code, word in words.items()}
        out[name] = out[name].map(texts).astype("str")
    return out.rename(columns={column.name: column.label.text(lang) for column in SCHEMA.columns})


def check(
    frame: pd.DataFrame,
    *,
    year: int | None = None,
    old: Mapping[str, frozenset[str]] | None = None,
    new: Mapping[str, frozenset[str]] | None = None,
) -> list[Fault]:
    """Return what is wrong with the table by itself and against two years' ids.

    Parameters
    ----------
    frame : DataFrame
        The table.
    year : int, optional
        The year being opened: rows of other years are only counted in a warning, and not checked against ids.
    old, new : mapping of str to set of str, optional
        Ids of this year's and of next year's data by subject.

    Returns
    -------
    list of Fault
        Errors, and warnings for rows of another year.
    """
    rows = frame_of(frame)
    now = rows if year is None else rows[rows["year"] == year]
    faults = [fault for row in _records(rows) for fault in _incomplete(row)]
    faults += _twice(rows) + _shares(rows)
    for subject in SUBJECTS:
        part = now[now["subject"] == subject]
        faults += _unknown(part, subject, old, new)
    return faults


def other_years(frame: pd.DataFrame, year: int) -> list[Fault]:
    """Return a warning for each row that is not of the year being opened."""
    left = frame[frame["year"] != year]
    return [
        _fault("lineage_year", row, str(row["from_id"]), year=str(row["year"]), wanted=str(year))
        for row in _records(left)
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _fault(kind: str, row: Mapping[str, Any], found: str, **params: Any) -> Fault:
    subject = SUBJECT_WORDS.get(row["subject"], Words("", ""))
    return Fault(kind, found=found, params={"subject": subject, **params})


def _incomplete(row: Mapping[str, Any]) -> list[Fault]:
    named = row["from_id"] if pd.notna(row["from_id"]) else row["to_id"]
    found = "" if pd.isna(named) else str(named)
    if pd.isna(row["subject"]) or pd.isna(row["change"]):
        return [Fault("lineage_unsaid", found=found)]
    needed = _NEEDED[row["change"]]
    lacking = [SCHEMA[name].label for name in needed if pd.isna(row[name])]
    if not lacking:
        return []
    params = {"change": CHANGE_WORDS[row["change"]], "needed": lacking}
    return [Fault("lineage_incomplete", found=found, params=params)]


def _twice(rows: pd.DataFrame) -> list[Fault]:
    whole = rows.dropna(subset=["from_id", "to_id"])
    again = whole[whole.duplicated(["subject", "year", "from_id", "to_id"])]
    return [
        _fault("lineage_twice", row, str(row["from_id"]), to=str(row["to_id"])) for row in _records(again)
    ]


def _shares(rows: pd.DataFrame) -> list[Fault]:
    """Return a fault for each id whose shares do not add up to 1; all blank means equal parts."""
    faults = []
    whole = rows.dropna(subset=["from_id", "to_id"])
    for (subject, _, from_id), part in whole.groupby(["subject", "year", "from_id"]):
        given = part["share"]
        if given.isna().all():
            continue
        total = float(given.fillna(0).sum())
        if abs(total - 1) > 1e-3:
            faults.append(_fault("lineage_shares", {"subject": subject}, str(from_id), sum=f"{total:.3g}"))
    return faults


def _unknown(
    part: pd.DataFrame,
    subject: str,
    old: Mapping[str, frozenset[str]] | None,
    new: Mapping[str, frozenset[str]] | None,
) -> list[Fault]:
    about = {"subject": subject}
    faults = []
    before, after = set(part["from_id"].dropna()), set(part["to_id"].dropna())
    if old is not None:
        faults += [_fault("lineage_from_unknown", about, i) for i in sorted(before - old[subject])]
    if new is not None:
        faults += [_fault("lineage_to_unknown", about, i) for i in sorted(after - new[subject])]
        stays = set(part.loc[part["from_id"] == part["to_id"], "from_id"])
        gone = before - stays
        # an id given up by one and taken by another (A becomes B, B becomes C) is there for good reason
        faults += [_fault("lineage_still_there", about, i) for i in sorted((gone & new[subject]) - after)]
    return faults


def successors(frame: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Return the schools that stand in the end for each former id that was renamed, merged or split."""
    told = frame[frame["change"].isin(_JOINING) & (frame["subject"] == "school")]
    found: dict[str, frozenset[str]] = {}
    for year in sorted(map(int, told["year"].dropna().unique()), reverse=True):
        now = {
            one: frozenset[str]().union(*(found.get(to, {to}) for to, _ in heirs))
            for one, heirs in fates(told, "school", year).items()
        }
        found = now | {one: last for one, last in found.items() if one not in now}
    return found


def fates(frame: pd.DataFrame, subject: str, year: int) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return what became of each id in a year: its successors with their shares, which add up to 1.

    Ids that are not in the result stay as they are; an empty tuple means that nothing took their place.
    """
    rows = frame[(frame["subject"] == subject) & (frame["year"] == year)].dropna(subset="from_id")
    found: dict[str, tuple[tuple[str, float], ...]] = {}
    for from_id, part in rows.groupby("from_id", sort=False):
        heirs = part.dropna(subset="to_id")
        given = heirs["share"].astype("float64")
        total = float(given.fillna(0).sum())
        shares = given.fillna(0) / total if total > 0 else pd.Series(1 / max(len(heirs), 1), heirs.index)
        found[str(from_id)] = tuple(
            (str(to_id), float(share)) for to_id, share in zip(heirs["to_id"], shares, strict=True)
        )
    return found
