"""Forms as workbooks: drop-downs out of the project, prefilled, marked, and packed for sending out."""

import datetime
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from gis.columns import Column
from gis.layers import SCHEMAS, grade_label, layer_label, value_label
from gis.words import Words
from planning.formbook import Field, Formbook, choosable, write
from planning.formrows import grades_of, rows_of
from planning.forms import COHORTS, LAST_YEAR, OFFICE, OWNERS, Form, Issue, senders
from planning.progress import Cancelled, Progress
from planning.project import Project


@dataclass(frozen=True)
class Lists:
    """What drop-downs offer out of a project: id -> what people choose."""

    schools: dict[str, str]
    units: dict[str, str]
    towns: tuple[str, ...]
    grades: tuple[int, ...] = tuple(range(1, 10))

    @classmethod
    def of(cls, project: Project | None) -> "Lists":
        """Return the lists of a project; empty ones without a project."""
        layers = {} if project is None else project.layers
        schools, units = layers.get("schools"), layers.get("units")
        towns = {
            str(t) for f in (schools, units) if f is not None and "town" in f for t in f["town"].dropna()
        }
        return cls(_choices(schools, "school_id"), _choices(units, "unit_id"), tuple(sorted(towns)))


def _choices(frame: pd.DataFrame | None, key: str) -> dict[str, str]:
    if frame is None:
        return {}
    return choosable(dict(zip(frame[key].astype(str), frame["name"].fillna("").astype(str), strict=True)))


def blank(layer: str, *, lang: str = "zh", project: Project | None = None) -> bytes:
    """Return an empty form of any layer: every column, with drop-downs for what a project knows.

    Parameters
    ----------
    layer : str
        A name of `gis.layers.SCHEMAS`.
    lang : {"zh", "en"}
        Language of headers and lists.
    project : Project, optional
        Whose schools, units and towns the lists offer.
    """
    schema, lists = SCHEMAS[layer], Lists.of(project)
    fields = [field_of(column, lists, lang, layer=layer) for column in schema.columns]
    if schema.geometry:
        heads = [coordinate_words(name, local=False).text(lang) for name in ("x", "y")]
        fields += [Field(h) for h in (heads if "Point" in schema.geometry else ["wkt"])]
    return write(Formbook(layer_label(layer, lang), layer_label(layer, lang), fields, notes=_notes(fields)))


def filled(project: Project, issue: Issue, owner: str | None, *, lists: Lists | None = None) -> bytes:
    """Return the form of one sender, or of all in one (`owner` None), filled in as far as it is known."""
    form, lang = issue.form, issue.lang
    lists = lists or Lists.of(project)
    rows = rows_of(project, issue, owner)
    own = _own_lists(project, form, owner, lists)
    fields = [_form_field(column, issue, own, local=not project.epsg) for column in map(str, rows.columns)]
    name = _name(project, form, owner)
    mark = {
        "form": 1, "project": project.id, "layer": form.layer, "year": issue.year, "owner": owner or "",
        "revision": issue.revision, "issued": issue.date or datetime.date.today().isoformat(),
        "as_of": issue.moment, "sheet": layer_label(form.layer, lang),
    }  # fmt: skip
    names = [str(column) for column in rows.columns]
    cells = [
        [_shown(v, c, form.layer, lists, lang) for c, v in zip(names, row, strict=True)]
        for row in rows.astype(object).itertuples(index=False)
    ]
    book = Formbook(
        layer_label(form.layer, lang), _title(issue, name, owner), fields, cells, _notes(fields, issue), mark
    )
    return write(book)


def _own_lists(project: Project, form: Form, owner: str | None, lists: Lists) -> Lists:
    """Return what the form of one sender offers: the grades of the school, the units of the town."""
    if owner is None or form.sender == "office":
        return lists
    if form.sender == "town":
        units = project.layers["units"]
        own = set(units.loc[units["town"] == owner, "unit_id"].astype(str))
        return replace(lists, units={key: name for key, name in lists.units.items() if key in own})
    taught = grades_of(project, owner) if form.layer != "schools" else ()
    return replace(lists, grades=tuple(taught)) if taught else lists


def _name(project: Project, form: Form, owner: str | None) -> str:
    if owner is None:
        return project.name
    if form.sender != "school":
        return OFFICE.zh if form.sender == "office" else owner
    schools = project.layers["schools"]
    return str(schools.loc[schools["school_id"] == owner, "name"].iloc[0])


def _title(issue: Issue, name: str, owner: str | None) -> str:
    code = f"({owner})" if issue.form.sender == "school" and owner else ""
    year, as_of = issue.year, issue.moment
    if issue.lang == "en":
        due = f" · due {issue.due}" if issue.due else ""
        return f"{name}{code} · {issue.form.title.en} · {year}-{(year + 1) % 100:02d} · as of {as_of}{due}"
    due = f" 请于{issue.due}前交回" if issue.due else ""
    return f"{name}{code} {year}学年{issue.form.title.zh} 统计时点:{as_of}{due}"


def _form_field(name: str, issue: Issue, lists: Lists, *, local: bool) -> Field:
    form, lang = issue.form, issue.lang
    if name == "last":
        return Field(LAST_YEAR.text(lang), given=True)
    if name in ("x", "y"):
        return Field(coordinate_words(name, local=local).text(lang))
    one = field_of(SCHEMAS[form.layer][name], lists, lang, layer=form.layer)
    if name == "cohort":
        years = tuple(str(y) for y in range(issue.year, issue.year + COHORTS))
        one = replace(one, options=years, whole=None)
    owned = name == OWNERS[form.sender] and name not in form.columns
    return replace(one, given=owned or name in form.given)


def coordinate_words(name: str, *, local: bool) -> Words:
    """Return the header of a coordinate: degrees, or metres of a local grid (独立坐标)."""
    metres = {"x": Words("X坐标", "x"), "y": Words("Y坐标", "y")}
    return (metres if local else {"x": Words("经度", "longitude"), "y": Words("纬度", "latitude")})[name]


#: Headers over ids where people choose by name; the readers know them as other headers of the same columns.
_BY_NAME: Final = {"school_id": Words("学校名称", "school"), "unit_id": Words("小区", "unit")}
#: On a form of estates, 小区 is the estate itself.
_OF_ESTATES: Final = Words("所属单元", "unit")


def field_of(column: Column, lists: Lists, lang: str, *, layer: str = "") -> Field:
    """Return the field of a form for a column of a layer."""
    header = column.label.text(lang)
    options, free = _options(column, lists, lang, layer)
    if column.name in _BY_NAME and options:
        header = (_OF_ESTATES if layer == "estates" else _BY_NAME[column.name]).text(lang)
    counted = column.kind in ("integer", "number")
    return Field(
        header,
        _expected(column),
        options,
        free,
        (column.kind == "integer") if counted else None,
        column.minimum,
        column.maximum,
    )


def _options(column: Column, lists: Lists, lang: str, layer: str) -> tuple[tuple[str, ...], bool]:
    """Return what a drop-down offers for a column, and whether something else may be written."""
    if column.kind == "choice":
        return tuple(Words(c.zh, c.en).text(lang) for c in column.choices), False
    if column.kind == "boolean":
        return tuple(Words(*pair).text(lang) for pair in (("是", "yes"), ("否", "no"))), False
    if column.kind == "grade":
        return tuple(grade_label(grade, lang) for grade in lists.grades), False
    if column.kind == "year" and not column.calendar:
        this = datetime.date.today().year
        return tuple(str(year) for year in range(this - 3, this + COHORTS + 1)), True
    if column.name == "school_id" and layer != "schools":
        return tuple(lists.schools.values()), False
    if column.name == "unit_id" and layer != "units":
        return tuple(lists.units.values()), False
    return (lists.towns, True) if column.name == "town" else ((), False)


def _expected(column: Column) -> str:
    """Return what a column wants, in both languages."""
    kinds = {
        "id": Words("编号,按文本填写", "an id, as text"),
        "text": Words("文字", "text"),
        "class": Words("班号,如 1、(1)班", "number of the class, such as 1"),
        "year": Words("年份,如 2026", "a year, such as 2026"),
        "grade": Words("从列表选择年级", "choose the grade from the list"),
        "boolean": Words("是、否", "yes, no"),
    }
    said = kinds.get(column.kind, column.expected)
    must = Words("必填", "required") if column.required else Words("可空", "may be blank")
    return f"{column.zh}:{said.zh}({must.zh})\n{column.en}: {said.en} ({must.en})"


def _shown(value: Any, column: str, layer: str, lists: Lists, lang: str) -> Any:
    """Return a value as it stands on a form."""
    if pd.isna(value):
        return None
    if column == "school_id" and layer != "schools":
        return lists.schools.get(str(value), str(value))
    if column == "unit_id":
        return lists.units.get(str(value), str(value))
    if column == "cohort":
        return str(value)
    found = next((c for c in SCHEMAS[layer].columns if c.name == column), None)
    if found is not None and found.kind in ("choice", "boolean", "grade"):
        return value_label(column, value, lang, layer=layer)
    if isinstance(value, str):
        return value
    return float(value) if float(value) % 1 else int(value)


def _notes(fields: Sequence[Field], issue: Issue | None = None) -> list[str]:
    """Return the lines of the sheet 说明, Chinese and English."""
    lines = [
        "填表说明 · How to fill in this form",
        "一行一条,不要合并单元格,不要改表头;有下拉列表的从列表中选择。",
        "One row a record; leave cells unmerged and headers as they are; choose from lists.",
        "灰色的列由教育局填好,有误请另行说明。没有学生的填 0,不要留空:空白表示没有填。",
        "Grey columns were filled in by the bureau. Write 0 where there are none: blank means not filled in.",
        "不要填写姓名、身份证号、电话等个人信息。",
        "Do not enter names, identity numbers, phone numbers or other personal data.",
    ]
    if issue is not None:
        lines += [
            f"学年 {issue.year},统计时点 {issue.moment}"
            + (f",请于{issue.due}前交回。" if issue.due else "。"),
            f"School year {issue.year}, figures as of {issue.moment}"
            + (f", to be returned by {issue.due}." if issue.due else "."),
            f"表样第 {issue.revision} 版 · revision {issue.revision}",
        ]
    return [*lines, "", *(line for one in fields if one.note for line in one.note.split("\n"))]


def pack(
    project: Project,
    issue: Issue,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> bytes:
    """Return a zip with the form of every sender, one file each, named after the town and the sender.

    Raises
    ------
    ValueError
        If nobody is there to fill it in.
    """
    found, lists = senders(project, issue.layer), Lists.of(project)
    if found.empty:
        raise ValueError(f"nobody to fill in {issue.layer!r}")
    buffer, taken = io.BytesIO(), set[str]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for number, one in enumerate(found.itertuples()):
            if cancelled is not None and cancelled():
                return b""
            if progress is not None:
                progress(number / len(found), str(one.name))
            out.writestr(_file_name(issue, one, taken), filled(project, issue, str(one.owner), lists=lists))
    return buffer.getvalue()


def _file_name(issue: Issue, one: Any, taken: set[str]) -> str:
    folder = f"{safe(one.town)}/" if issue.form.sender == "school" and one.town else ""
    code = f"{safe(one.owner)}_" if issue.form.sender == "school" else ""
    plain = f"{folder}{code}{safe(one.name)}_{file_title(issue)}"
    name, number = f"{plain}.xlsx", 2
    while name.lower() in taken:
        name, number = f"{plain}-{number}.xlsx", number + 1
    taken.add(name.lower())
    return name


def file_title(issue: Issue) -> str:
    """Return what the file of a form is called, without a sender: 2026班额表, 2026 Class sizes."""
    between = " " if issue.lang == "en" else ""
    return f"{issue.year}{between}{safe(issue.form.title.text(issue.lang))}"


def safe(text: str) -> str:
    """Return a text as part of a file name, without what systems forbid."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", str(text)).strip(" .")[:60] or "_"
