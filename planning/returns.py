"""One file that came back: whose form it is, what it says, and what is wrong with it.

A form is known by its hidden mark; without one, by the code or name of the sender in the file's name or
title, or by the schools that stand in its rows.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis import mending
from gis.checks import check_project, resolve_names
from gis.faults import WARNING, Fault, FaultError, Words, errors, register_kinds
from gis.headers import match_headers
from gis.layers import SCHEMAS, grade_label, layer_label
from gis.readers import inspect, read_layer
from gis.values import as_text
from planning import personal
from planning.formbook import read_mark, read_title
from planning.formrows import degrees, grades_of
from planning.forms import COHORTS, FORMS, OWNERS, Form, senders
from planning.project import Project
from planning.recognising import layer_in, layer_of, owner_in

register_kinds(
    {
        "return_unknown": (
            "看不出是谁报的哪张表。请用发下去的表填报，或在文件名里写明学校代码或全称。",
            "it is not clear whose form this is. Fill in the form that was sent out, or put the code or full "
            "name of the school into the file's name.",
        ),
        "return_other_project": (
            "这张表是另一个项目（{found}）发出的。请用本项目发下去的表填报。",
            "this form was sent out by another project ({found}). Fill in the one of this project.",
        ),
        "return_other_year": (
            "填的是 {found} 学年，现在收的是 {year} 学年。请填报 {year} 学年的数。",
            "these are figures of {found}; figures of {year} are being collected. Fill in those of {year}.",
        ),
        "return_other_owner": (
            "“{found}”不在“{owner}”的填报范围内。请删去这些行，由该填报的单位另报。",
            '"{found}" is not for "{owner}" to fill in. Delete these rows; others return them.',
        ),
        "return_personal": (
            "“班号”列里像是姓名或证件号码，没有读入。这里只填班号，如 1、(1)班。",
            "names or identity numbers seem to stand in the column of classes; nothing was read. Enter the "
            "number of each class only.",
        ),
        "return_rows_missing": (
            "缺这些行：{missing}。没有人也要填 0，不要删行。",
            "these rows are missing: {missing}. Write 0 where there are none; do not delete rows.",
        ),
    }
)
register_kinds(
    {
        "return_by_name": (
            "表里没有标识，按文件名或标题认作“{found}”的。请核对是不是。",
            'the form has lost its mark; by its name or title it was taken for "{found}". Please check.',
        ),
        "return_old_form": (
            "用的是第 {found} 版表样，现在发的是第 {now} 版。请核对两版的不同。",
            "this is revision {found} of the form; revision {now} has been sent out. Check what differs.",
        ),
        "return_no_class": (
            "这些年级没有班级：{missing}。请确认确实没有学生。",
            "there is no class in these grades: {missing}. Please confirm that there are no pupils.",
        ),
    },
    level=WARNING,
)

#: Warnings of the readers that say how a form is read, which is known.
_AS_SENT: Final = frozenset(
    {
        "sheet_hidden",
        "value_given",
        "value_stated",
        "column_unknown",
        "reference_by_name",
        "table_left",
        "note_row",
        "total_row",
        "merged_filled",
    }
)
_LONG_NUMBER: Final = re.compile(r"\d{7,}")
_ID_NUMBER: Final = re.compile(r"\d{11,}")


@dataclass(frozen=True)
class Return:
    """What one sender returned in one file.

    Attributes
    ----------
    file, digest : str
        Name of the file, and what its bytes hash to.
    layer, owner : str
        Form and sender; empty where they could not be told.
    revision : int
        Of the form that was filled in; 0 where the file does not say.
    rows : DataFrame
        Columns of the layer (without geometry; x and y where the form asks for them); empty after errors.
    faults : list of Fault
        Errors, for which it is sent back (退回), and what is to be confirmed.
    """

    file: str
    digest: str
    layer: str = ""
    owner: str = ""
    revision: int = 0
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    faults: list[Fault] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether nothing has to be mended."""
        return bool(self.owner) and not errors(self.faults)


@dataclass(frozen=True)
class Desk:
    """Where returns of one year are received: what the project knows that they are held against.

    Parameters
    ----------
    project : Project
    year : int
        学年 that is being collected, by its autumn.
    layer : str
        The form that a file is taken for where nothing in it says otherwise; may be empty.
    revisions : mapping of str to int
        Form -> the latest revision that was sent out.
    """

    project: Project
    year: int
    layer: str = ""
    revisions: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def schools(self) -> pd.DataFrame:
        """The schools without their places."""
        return pd.DataFrame(self.project.layers["schools"].drop(columns="geometry", errors="ignore"))

    @cached_property
    def units(self) -> pd.DataFrame:
        """The units without their places; none where the project has none yet."""
        if "units" not in self.project.layers:
            return pd.DataFrame({"unit_id": [], "name": [], "town": []}, dtype="str")
        return pd.DataFrame(self.project.layers["units"].drop(columns="geometry", errors="ignore"))

    @cached_property
    def owners(self) -> dict[str, dict[str, str]]:
        """Form -> sender -> name."""
        found = {}
        for layer, form in FORMS.items():
            if form.sender != "town" or "town" in self.units:
                rows = senders(self.project, layer)
                found[layer] = dict(zip(rows["owner"].astype(str), rows["name"].astype(str), strict=True))
        return found

    def read(self, path: Path) -> list[Return]:
        """Read a file that came back: one return, or one for each sender in a form for all."""
        given = Return(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        mark = read_mark(path) or {}
        try:
            given = self._known(path, given, mark)
            frame, faults = self._frame(path, given, mark)
        except FaultError as error:
            kept = [f for f in error.faults if f.kind not in _AS_SENT]
            found = [*given.faults, *(replace(f, file=path.name) for f in kept)]
            return self._apart(path, given, mark, found) or [replace(given, faults=found)]
        parts = self._parts(given, frame)
        return [self._checked(part, [*faults, *self._old(part)]) for part in parts]

    def _known(self, path: Path, given: Return, mark: Mapping[str, Any]) -> Return:
        """Return whose form it is, by its mark or else by names; raise where it is not one of this year's."""
        if mark.get("project", self.project.id) != self.project.id:
            raise FaultError([Fault("return_other_project", path.name, found=str(mark["project"]))])
        if mark.get("year", self.year) != self.year:
            raise _other_year(path.name, mark["year"], self.year)
        text = f"{path.stem} {read_title(path)}"
        layer = str(mark.get("layer", "")) or layer_in(text) or layer_of(path) or self.layer
        if layer not in self.owners:
            raise FaultError([Fault("return_unknown", path.name)])
        given = replace(given, layer=layer, revision=int(mark.get("revision", 0)))
        if "owner" in mark:
            return replace(given, owner=str(mark["owner"]))
        owner = owner_in(text, FORMS[layer], self.owners[layer])
        name = self.owners[layer].get(owner, "")
        # 第一小学 may also stand in the name of a school that is not in the project: it is said.
        said = [Fault("return_by_name", path.name, found=name)] if name in text and name else []
        return replace(given, owner=owner, faults=said)

    def _apart(self, path: Path, given: Return, mark: Mapping[str, Any], faults: list[Fault]) -> list[Return]:
        """Return a form of several senders one by one, if every error stands in a row of one of them.

        Those whose rows have errors are sent back; the others are not kept waiting for them.
        """
        wrong = errors(faults)
        if given.owner or given.layer not in FORMS or any(f.row is None for f in wrong):
            return []
        rows = mending.faulty_rows({path.name: path}, wrong)
        owners = self._owners_of(rows, FORMS[given.layer])
        if owners is None:
            return []
        try:
            frame, said = self._frame(path, given, mark, mended=rows.assign(**{mending.DO: mending.DELETE}))
        except FaultError:
            return []
        told = {o: [f for f in wrong if owners.get((f.sheet, f.row)) == o] for o in set(owners.values())}
        back = [replace(given, owner=owner, faults=own) for owner, own in told.items()]
        others = [part for part in self._parts(given, frame) if part.owner not in told]
        return [*back, *(self._checked(part, [*said, *self._old(part)]) for part in others)]

    def _owners_of(self, rows: pd.DataFrame, form: Form) -> dict[tuple[str, int | None], str] | None:
        """Return sheet and row -> sender of the rows as they stand in a file; None where one is nobody's."""
        column = OWNERS[form.sender]
        at = match_headers([str(head) for head in rows.columns], SCHEMAS[form.layer]).columns.get(column)
        if at is None or rows.empty:
            return None
        keys = pd.DataFrame({column: rows.iloc[:, at].map(as_text).astype("str")})
        turned, _ = resolve_names({"schools": self.schools, "units": self.units, form.layer: keys})
        whose = self._whose(form, turned[form.layer])
        places = zip(rows[mending.SHEET], rows[mending.ROW].astype(int), strict=True)
        return None if whose.isna().any() else dict(zip(places, whose.astype(str), strict=True))

    def _frame(
        self, path: Path, given: Return, mark: Mapping[str, Any], *, mended: pd.DataFrame | None = None
    ) -> tuple[pd.DataFrame, list[Fault]]:
        """Read the rows of a form, names turned into ids, checked against the project."""
        form = FORMS[given.layer]
        said: dict[str, Any] = {"year": self.year} if form.period == "year" else {}
        if form.sender == "school" and given.owner:
            said |= {"school_id": given.owner}
        here = "local" if not self.project.epsg else degrees(self.project).to_wkt()
        read = read_layer(
            path,
            given.layer,
            table=_sheet(path, mark),
            crs=here if form.located else None,
            values=said if form.layer != "schools" else {},
            stage_system=self.project.stage_system,
            mended=mended,
        )
        frame = pd.DataFrame(read.frame.drop(columns="geometry", errors="ignore"))
        frame = frame[[c.name for c in SCHEMAS[form.layer].columns]]
        if form.located:
            frame = frame.assign(x=read.frame.geometry.x, y=read.frame.geometry.y)
        frame, more = self._agreeing(given, frame)
        faults = [f for f in [*read.faults, *more] if f.kind not in _AS_SENT]
        return frame, [replace(f, file=path.name) for f in faults]

    def _agreeing(self, given: Return, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
        units = self.units
        if FORMS[given.layer].sender == "town" and given.owner:
            # Two towns may have a 花园小区; the town that reports means its own.
            units = units[units["town"] == given.owner]
        known = {"schools": self.schools, "units": units}
        turned, said = resolve_names({**known, given.layer: frame})
        every = {"schools": self.schools, "units": self.units, given.layer: turned[given.layer]}
        found = check_project(every, stage_system=self.project.stage_system)
        return turned[given.layer], [f for f in [*said, *found] if f.layer == given.layer]

    def _parts(self, given: Return, frame: pd.DataFrame) -> list[Return]:
        """Return the rows of each sender; a form of one keeps rows that are not its own, to be named."""
        form = FORMS[given.layer]
        if given.owner:
            return [replace(given, rows=frame)]
        whose = self._whose(form, frame)
        known = {o: frame[whose == o].reset_index(drop=True) for o in dict.fromkeys(whose.dropna())}
        parts = [replace(given, owner=str(owner), rows=rows) for owner, rows in known.items()]
        if whose.isna().any():
            parts.append(replace(given, faults=[Fault("return_unknown", given.file)]))
        return parts

    def _whose(self, form: Form, frame: pd.DataFrame) -> pd.Series:
        """Return the sender who is in charge of each row; NA where there is none."""
        if form.sender == "office":
            return pd.Series("office", index=frame.index, dtype="str")
        keys = frame[OWNERS[form.sender]].astype("str")
        if form.sender == "town":
            return keys.map(self.units.drop_duplicates("unit_id").set_index("unit_id")["town"])
        return keys.where(keys.isin(list(self.owners[form.layer])))

    def _checked(self, part: Return, faults: list[Fault]) -> Return:
        """Return a part with what is wrong with it; one with errors has no rows."""
        found = [*part.faults, *faults]
        if len(part.rows) and part.owner:
            found += [replace(f, file=part.file) for f in self._own_faults(part)]
        part = replace(part, faults=found)
        return part if part.accepted else replace(part, rows=pd.DataFrame())

    def _own_faults(self, part: Return) -> Iterable[Fault]:
        form, rows = FORMS[part.layer], part.rows
        if form.period == "year":
            for year in sorted(set(rows["year"].dropna()) - {self.year}):
                yield from _other_year(part.file, year, self.year).faults
        for key in self._foreign(part, form):
            params = {"owner": self.owners[part.layer].get(part.owner, part.owner)}
            yield Fault("return_other_owner", layer=part.layer, found=str(key), params=params)
        if part.layer == "classes" and personal.columns(rows[["class_no"]], ()):
            yield Fault("return_personal", layer=part.layer)
        missing = self._missing(part, form)
        if missing:
            kind = "return_no_class" if part.layer == "classes" else "return_rows_missing"
            yield Fault(kind, layer=part.layer, params={"missing": missing})

    def _foreign(self, part: Return, form: Form) -> list[str]:
        if form.sender == "office":
            return []
        column = OWNERS[form.sender]
        other = part.rows[self._whose(form, part.rows) != part.owner]
        return list(dict.fromkeys(other[column].astype(str)))

    def _missing(self, part: Return, form: Form) -> list[Words | str]:
        """Return the grades, or units and cohorts, that a sender has to report and did not."""
        if form.layer in ("classes", "enrolment"):
            there = set(part.rows["grade"])
            lacking = [g for g in grades_of(self.project, part.owner) if g not in there]
            return [Words(grade_label(g), grade_label(g, "en")) for g in lacking]
        if form.layer == "children":
            own = self.units[self.units["town"] == part.owner].set_index("unit_id")["name"]
            there = set(zip(part.rows["unit_id"], part.rows["cohort"], strict=True))
            wanted = [(u, c) for u in own.index for c in range(self.year, self.year + COHORTS)]
            return [f"{own[unit]} {cohort}" for unit, cohort in wanted if (unit, cohort) not in there]
        return []

    def _old(self, part: Return) -> list[Fault]:
        now = self.revisions.get(part.layer, part.revision)
        if not part.revision or part.revision == now:
            return []
        return [Fault("return_old_form", part.file, found=str(part.revision), params={"now": now})]


def _other_year(file: str, found: Any, year: int) -> FaultError:
    return FaultError([Fault("return_other_year", file, found=str(found), params={"year": str(year)})])


def _sheet(path: Path, mark: Mapping[str, Any]) -> str | None:
    """Return the sheet that was filled in, where it still has its name."""
    wanted = mark.get("sheet")
    return wanted if wanted in [table.name for table in inspect(path)] else None


def harmless(fault: Fault) -> Fault:
    """Return a fault fit to be kept: what cells held only where it is a number that names nobody.

    A file of pupils that was sent by mistake must not leave a name or a long number in the record.
    """
    text = fault.found
    own = fault.kind.startswith(("return_", "reference_", "grade_", "class_", "kind_"))
    number = any(c.isdigit() for c in text) and len(text) <= 12 and not _LONG_NUMBER.search(text)
    kept = text if own or number or not text else "…"
    params = {name: "…" if _names(value) else value for name, value in fault.params.items()}
    return replace(fault, found="…" if _names(kept) else kept, params=params)


def _names(value: Any) -> bool:
    """Tell whether a word of a text reads like a person's name, or is a number of eleven digits or more."""
    words = re.split(r"[\s,，、]+", value) if isinstance(value, str) else []
    return any(personal.is_name(word) or _ID_NUMBER.search(word) for word in words)


def form_name(layer: str, lang: str = "zh") -> str:
    """Return what a form is called."""
    return FORMS[layer].title.text(lang) if layer in FORMS else layer_label(layer, lang)
