"""The 核对表: register, statistics and the schools' own returns side by side, by school and grade.

Pupils are added up, never averaged; a number that a source does not have stays missing and is not zero. What
explains a difference is kept in the project's folder and holds for the numbers that it was written about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis import export
from gis.layers import grade_label
from gis.words import Words
from planning import journal
from planning.project import Project

EXPLANATIONS_FILE: Final = "explanations.jsonl"
#: Sources, in the order of the columns, and the layer each is taken from.
SOURCES: Final = {
    "roll": Words("学籍", "Pupil register"),
    "statistics": Words("事业统计", "Statistics"),
    "returns": Words("学校上报", "School returns"),
}
LAYERS: Final = {"roll": "attendance", "statistics": "enrolment", "returns": "classes"}
#: What a row comes to: every source has it and they agree, two differ, or a source lacks it.
STATES: Final = {
    "agree": Words("一致", "Agree"),
    "differs": Words("不一致", "Differ"),
    "missing": Words("缺数", "Missing"),
}
EXPLAINED: Final = {
    "": Words("", ""),
    "current": Words("已说明", "Explained"),
    "stale": Words("需重新说明", "Explain again"),
}
_KEY: Final = ["school_id", "grade"]


@dataclass(frozen=True)
class Provenance:
    """Where a column comes from: its 统计时点, who gave it, and how many rows it was added up from."""

    as_of: str
    source: str
    rows: int


@dataclass(frozen=True)
class Reconciliation:
    """A 核对表 of one year.

    Attributes
    ----------
    year : int
        学年, by its autumn.
    rows : DataFrame
        As of `side_by_side`, with school, town, explanation and explained (see `with_explanations`).
    sources : dict of str to Provenance
        The sources that have the year.
    """

    year: int
    rows: pd.DataFrame
    sources: dict[str, Provenance]


def side_by_side(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return every school and grade of any source once, with what each source has.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Source of `SOURCES` -> school_id, grade, pupils; several rows of one school and grade are added up.

    Returns
    -------
    DataFrame
        school_id, grade, a column for each source given (pupils, NA where it has none), one for each pair of
        them (`statistics-roll` is statistics less register, NA where one of the two is missing) and state.
    """
    given = [name for name in SOURCES if name in frames]
    sums = [_sums(frames[name]).rename(name) for name in given]
    table = pd.concat(sums, axis=1).sort_index() if sums else pd.DataFrame(columns=_KEY).set_index(_KEY)
    for one, other in combinations(given, 2):
        table[f"{other}-{one}"] = table[other] - table[one]
    table["state"] = _states(table[given])
    return table.reset_index()


def _sums(frame: pd.DataFrame) -> pd.Series:
    """Return pupils by school and grade; a sum with a missing part is not known."""
    whole = frame.assign(
        school_id=frame["school_id"].astype(str),
        grade=frame["grade"].astype("Int64"),
        pupils=frame["pupils"].astype("Int64"),
    )
    return whole.groupby(_KEY, dropna=True)["pupils"].sum(skipna=False)


def _states(numbers: pd.DataFrame) -> pd.Series:
    least, most = numbers.min(axis=1), numbers.max(axis=1)
    state = pd.Series("agree", index=numbers.index, dtype="str")
    state = state.mask(numbers.isna().any(axis=1), "missing")
    return state.mask((least != most).fillna(False).astype(bool), "differs")


def years(project: Project) -> list[int]:
    """Return the years that at least one source has, the latest first."""
    found: set[int] = set()
    for layer in LAYERS.values():
        if layer in project.layers:
            found |= {int(year) for year in project.layers[layer]["year"].dropna()}
    return sorted(found, reverse=True)


def reconcile(
    project: Project,
    year: int,
    *,
    returns: pd.DataFrame | None = None,
    returned: str = "",
    source: str = "",
) -> Reconciliation:
    """Return the 核对表 of a year.

    Parameters
    ----------
    project : Project
    year : int
        学年, by its autumn.
    returns : DataFrame, optional
        Classes that schools have returned and that are not in the project yet: school_id, grade, pupils. They
        stand in place of the project's classes, so that two counts are never mixed.
    returned, source : str
        统计时点 of those returns, and what they are called.
    """
    frames = {name: _of_year(project, layer, year) for name, layer in LAYERS.items()}
    sources = {name: _provenance(project, LAYERS[name], frame) for name, frame in frames.items()}
    if returns is not None and len(returns):
        frames["returns"] = returns
        sources["returns"] = Provenance(returned, source, len(returns))
    there = {name: frame for name, frame in frames.items() if len(frame)}
    table = with_explanations(side_by_side(there), read_explanations(project.folder, year))
    return Reconciliation(year, _named(table, project), {name: sources[name] for name in there})


def _of_year(project: Project, layer: str, year: int) -> pd.DataFrame:
    if layer not in project.layers:
        return pd.DataFrame(columns=[*_KEY, "pupils"])
    frame = project.layers[layer]
    return frame.loc[frame["year"] == year, [*_KEY, "pupils"]]


def _provenance(project: Project, layer: str, frame: pd.DataFrame) -> Provenance:
    stated = project.sources[project.sources["layer"] == layer]
    as_of, source = (str(stated[c].iloc[0]) if len(stated) else "" for c in ("as_of", "source"))
    return Provenance(as_of, source, len(frame))


def _named(table: pd.DataFrame, project: Project) -> pd.DataFrame:
    schools = project.layers["schools"].drop_duplicates("school_id").set_index("school_id")
    names = table["school_id"].map(schools["name"]).fillna(table["school_id"])
    towns = table["school_id"].map(schools["town"]).fillna("") if "town" in schools else ""
    return table.assign(school=names.astype("str"), town=towns)


def with_explanations(table: pd.DataFrame, records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a 核对表 with what was said about its rows, and whether that still holds.

    Returns
    -------
    DataFrame
        With explanation (text) and explained: "" for none, "current", or "stale" where a number is not the
        one that was explained (需重新说明).
    """
    latest = {(str(r["school"]), int(r["grade"])): r for r in records}
    given = [name for name in SOURCES if name in table]
    texts, states = [], []
    for row in table.to_dict("records"):
        record = latest.get((str(row["school_id"]), int(row["grade"])))
        text = str(record["text"]) if record else ""
        same = record is not None and record["numbers"] == _numbers(row, given)
        texts.append(text)
        states.append(("current" if same else "stale") if text else "")
    return table.assign(
        explanation=pd.Series(texts, index=table.index, dtype="str"),
        explained=pd.Series(states, index=table.index, dtype="str"),
    )


def _numbers(row: Mapping[Any, Any], given: Sequence[str]) -> dict[str, int | None]:
    return {name: None if pd.isna(row[name]) else int(row[name]) for name in given}


def explain(folder: Path, year: int, table: pd.DataFrame, texts: Mapping[tuple[str, int], str]) -> int:
    """Keep what explains rows of a 核对表, with the numbers that it explains; return how many were kept.

    Parameters
    ----------
    folder : Path
        The project's.
    year : int
        学年 of the table.
    table : DataFrame
        As of `with_explanations`.
    texts : mapping
        (school_id, grade) -> the explanation; an empty one takes back what was said.
    """
    given, kept = [name for name in SOURCES if name in table], 0
    for row in table.to_dict("records"):
        key = (str(row["school_id"]), int(row["grade"]))
        text = texts.get(key, str(row["explanation"])).strip()
        if key not in texts or (text == row["explanation"] and row["explained"] != "stale"):
            continue
        record = {"year": year, "school": key[0], "grade": key[1], "text": text}
        journal.append(folder / EXPLANATIONS_FILE, {**record, "numbers": _numbers(row, given)})
        kept += 1
    return kept


def read_explanations(folder: Path, year: int) -> list[dict[str, Any]]:
    """Return what was said about a year's rows, the latest last."""
    return [r for r in journal.read(folder / EXPLANATIONS_FILE) if r.get("year") == year]


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many rows agree, differ and lack a number; of those not agreeing, how many are explained."""
    found = {state: int((table["state"] == state).sum()) for state in STATES}
    asking = table[table["state"] != "agree"]
    explained = {name: int((asking["explained"] == key).sum()) for key, name in _COUNTED.items()}
    return found | explained


_COUNTED: Final[dict[str, str]] = {"current": "explained", "stale": "stale", "": "open"}


def differing(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that do not agree: those that differ first, then those that lack a number."""
    asking = table[table["state"] != "agree"]
    return asking.sort_values("state", key=lambda s: s == "missing", kind="stable", ignore_index=True)


def headings(table: pd.DataFrame, lang: str = "zh") -> dict[str, str]:
    """Return column -> what people read over it, for the columns of a 核对表 that people read, in order."""
    heads = {
        "town": Words("镇街", "Township"),
        "school_id": Words("学校代码", "School id"),
        "school": Words("学校", "School"),
        "grade": Words("年级", "Grade"),
        **SOURCES,
        **{c: _pair_words(c) for c in map(str, table) if "-" in c},
        "state": Words("情况", "State"),
        "explanation": Words("说明", "Explanation"),
        "explained": Words("说明情况", "Explanation state"),
    }
    return {name: words.text(lang) for name, words in heads.items() if name in table}


def worded(found: Reconciliation, lang: str = "zh") -> pd.DataFrame:
    """Return a 核对表 in words for people."""
    heads = headings(found.rows, lang)
    table = found.rows[list(heads)]
    return table.assign(
        grade=[grade_label(int(g), lang) for g in table["grade"]],
        state=[STATES[s].text(lang) for s in table["state"]],
        explained=[EXPLAINED[s].text(lang) for s in table["explained"]],
    ).rename(columns=heads)


def _pair_words(column: str) -> Words:
    one, other = column.split("-")
    return Words(
        f"{SOURCES[one].zh}减{SOURCES[other].zh}", f"{SOURCES[one].en} less {SOURCES[other].en.lower()}"
    )


def workbook(found: Reconciliation, *, lang: str = "zh", synthetic: bool = False) -> bytes:
    """Return the 核对表 as a workbook: every row, the rows that differ, and where each column comes from."""
    whole = worded(found, lang)
    asking = worded(replace(found, rows=differing(found.rows)), lang)
    titles = {"all": Words("核对表", "Reconciliation"), "differ": Words("差异", "Differences")}
    as_of = Words("统计时点", "as of").text(lang)
    notes = [
        f"{SOURCES[name].text(lang)}: {as_of} {p.as_of or '—'} · {p.source or '—'}"
        for name, p in found.sources.items()
    ]
    notes.append(
        Words(
            "空白表示该来源没有这个数，不是 0；学校上报为各班人数相加。",
            "Blank means that the source has no such number, not 0; school returns are sums of classes.",
        ).text(lang)
    )
    sheets = {titles["all"].text(lang): whole, titles["differ"].text(lang): asking}
    return export.to_excel(sheets, notes=notes, year=found.year, synthetic=synthetic, lang=lang)
