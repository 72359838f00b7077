"""Changes of schools (沿革) that the rolls suggest (`forecasting.lineage`): taken over, and taken back.

Nothing counts before the planner takes it over. What was taken stands in the project's lineage table, and who
took it in a file that only grows (`lineage_taken.jsonl`); taking it back removes its rows and no others.
"""

from typing import Any, Final

import pandas as pd

from gis.faults import Fault, FaultError, errors, register_kinds
from planning import journal, lineage, outlook
from planning.project import Project

FILE: Final = "lineage_taken.jsonl"
#: What a row is of: the same one is not written twice, and taking back finds it by this.
_SAME: Final = ["subject", "change", "year", "from_id", "to_id"]

register_kinds(
    {
        "proposal_gone": (
            "这条沿革已不在（可能已写入、已撤回，或数据已更新）：{found}。请刷新页面。",
            "this change is no longer there (taken over or back already, or the data changed): {found}. "
            "Reload the page.",
        ),
        "proposal_author": (
            "没有填写经办人。沿革须注明由谁认定。",
            "the author is missing. The lineage table must tell who settled a change.",
        ),
    }
)


def proposed(project: Project) -> dict[str, pd.DataFrame]:
    """Return the changes that the rolls suggest and nobody has stated yet.

    Returns
    -------
    dict of str to DataFrame
        By a key, rows of the lineage table, with names where the layer of schools has them.
    """
    from forecasting import lineage as changes
    from forecasting import panel

    found = changes.recognise(panel.from_frame(outlook.joined(project)))
    schools = project.layers["schools"]
    names = dict(zip(schools["school_id"].astype("str"), schools["name"].astype("str"), strict=True))
    for side in ("from", "to"):
        found[f"{side}_name"] = found[f"{side}_id"].map(names)
    hub = found["from_id"].where(found["change"] == "split", found["to_id"])
    keys = found["change"] + "-" + found["year"].astype("str") + "-" + found["district"] + "-" + hub
    return {str(key): lineage.frame_of(rows) for key, rows in found.groupby(keys, sort=True)}


def take(project: Project, key: str, *, by: str) -> pd.DataFrame:
    """Write one proposal into the lineage table; forecasts and back-tests join its histories from now on.

    Parameters
    ----------
    project : Project
        The project.
    key : str
        Of `proposed`.
    by : str
        Who settles it.

    Returns
    -------
    DataFrame
        The rows written.

    Raises
    ------
    FaultError
        If it is no longer proposed, nobody is named, or the table would be wrong; nothing is written then.
    """
    _named(by)
    rows = proposed(project).get(key)
    if rows is None:
        raise FaultError([Fault("proposal_gone", found=key)])
    rows = rows.assign(note=f"预测页由在校生历史认定,{by.strip()}")
    whole = lineage.frame_of(pd.concat([lineage.stored(project.folder), rows], ignore_index=True))
    if faults := errors(lineage.check(whole)):
        raise FaultError(faults)
    lineage.store(project.folder, whole)
    _write(project, "take", key, rows, by)
    return rows


def taken(project: Project) -> dict[str, pd.DataFrame]:
    """Return what was taken over and still stands in the lineage table, by its key, newest first."""
    table = lineage.stored(project.folder)
    ids = pd.MultiIndex.from_frame(table[_SAME])
    found: dict[str, pd.DataFrame] = {}
    for record in journal.read(project.folder / FILE):
        found.pop(record["key"], None)
        own = _ids(lineage.frame_of(record["rows"]))
        if record["what"] == "take" and own <= set(ids):
            found[record["key"]] = table[ids.isin(own)]
    return dict(reversed(found.items()))


def give_back(project: Project, key: str, *, by: str) -> None:
    """Take a change back that was taken over here; the rows of others stay.

    Raises
    ------
    FaultError
        If it does not stand any more, or nobody is named.
    """
    _named(by)
    rows = taken(project).get(key)
    if rows is None:
        raise FaultError([Fault("proposal_gone", found=key)])
    kept = lineage.stored(project.folder)
    own = pd.MultiIndex.from_frame(kept[_SAME]).isin(_ids(rows))
    lineage.store(project.folder, kept[~own])
    _write(project, "undo", key, rows, by)


def _ids(rows: pd.DataFrame) -> set[tuple[Any, ...]]:
    return set(rows[_SAME].itertuples(index=False, name=None))


def _write(project: Project, what: str, key: str, rows: pd.DataFrame, by: str) -> None:
    told = rows[_SAME].astype({"year": int}).to_dict("records")
    journal.append(project.folder / FILE, {"what": what, "key": key, "rows": told, "by": by.strip()})


def _named(by: str) -> None:
    if not by.strip():
        raise FaultError([Fault("proposal_author")])
