"""The workbook of each roll: its columns, with drop-downs for schools, grades, towns and estates."""

from dataclasses import replace
from typing import Final

from gis.columns import Column
from planning.formbook import Field, Formbook, write
from planning.project import Project
from planning.rolltemplates import Roll
from planning.templates import Lists, field_of

_NOTES: Final = (
    "填写说明 How to fill in",
    "一行一人。住址填到小区或村组即可:写了“小区或村组”就不必写门牌和室号。",
    "One row a child. An estate or village is enough: with it no door or flat number is needed.",
    "导入时只在内存中读取,按小区、学校、年级汇总;姓名、证件号、电话和住址都不保存。",
    "The roll is read in memory only and added up by unit, school and grade; "
    "no name, ID, phone or address is kept.",
    "身份证件号请按文本填写,否则 Excel 会舍去后几位。",
    "Enter ID numbers as text, or Excel drops their last digits.",
)
#: Columns that a form need not ask for: the reader takes them where a file has them.
_SPARE: Final = ("home_address", "registered_address", "community", "register_number", "year")


def form(roll: Roll, *, project: Project | None = None, lang: str = "zh") -> bytes:
    """Return the empty form of a roll (.xlsx).

    Parameters
    ----------
    roll : Roll
    project : Project, optional
        Whose schools, units and towns the lists offer.
    lang : {"zh", "en"}
        Language of headers and lists; the reader understands both.
    """
    lists = Lists.of(project)
    columns = [column for column in roll.schema.columns if column.name not in _SPARE]
    if roll.name == "registered":
        columns = [_address(column, roll) for column in columns]
    fields = [_field(column, roll, lists, lang) for column in columns]
    title = roll.words.text(lang)
    return write(Formbook(title, title, fields, notes=_NOTES))


def _address(column: Column, roll: Roll) -> Column:
    """Return the registered address in place of the present one, for the register of residents."""
    return roll.schema["registered_address"] if column.name == "address" else column


def _field(column: Column, roll: Roll, lists: Lists, lang: str) -> Field:
    field = field_of(column, lists, lang, layer=roll.layer)
    if column.name == "unit":
        return replace(field, options=tuple(lists.units.values()), open=True)
    return field
