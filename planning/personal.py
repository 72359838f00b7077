"""Which columns of an ordinary table hold personal data, by their headers and by what stands in them.

Tables that a bureau sends in carry teachers' names, phones and remarks beside the numbers. Planning needs
none of it: such columns are not saved, and the import says so.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from gis.faults import Fault
from gis.headers import fold_header
from gis.values import as_text

#: Words in headers of columns that name or find a child, a parent or a teacher.
PERSONAL: Final = (
    "姓名", "身份证", "证件号", "学籍号", "全国学籍", "电话", "手机", "联系方式", "家长", "监护人", "父亲",
    "母亲", "家庭住址", "家庭地址", "户籍地址", "现住址", "居住地址", "出生日期", "班主任", "户主", "微信",
    "邮箱", "pupilname", "studentname", "idcard", "idnumber", "phone", "mobile", "guardian", "parentname",
    "homeaddress", "birthdate", "email", "wechat",
)  # fmt: skip
#: Words in headers of columns that name people, unless numbers stand in them (教师数).
_PEOPLE: Final = (
    "教师",
    "老师",
    "校长",
    "园长",
    "书记",
    "联系人",
    "负责人",
    "填表人",
    "经办人",
    "审核人",
    "签名",
)
#: Words in headers of remarks, which in tables about pupils may name them.
_REMARKS: Final = ("备注", "备考", "说明", "remark", "comment")
_ABOUT_PUPILS: Final = ("children", "classes", "enrolment", "attendance")
_NUMBERS: Final = re.compile(
    r"(?<!\d)(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-\d{7,8}"
    r"|[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx])(?!\d)"
)
_SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘"
    "杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_DOUBLE_SURNAMES: Final = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "慕容",
    "令狐",
    "司徒",
    "尉迟",
    "皇甫",
    "夏侯",
    "东方",
)
#: What names of places and offices end with; names of people seldom do.
_PLACES: Final = "村镇乡街路庄沟湾区园校学县市组社里苑城部科室局院楼坡梁屯寨店桥井滩塔营堡巷站所厂司班级"
_NAMED: Final = 0.6


def columns(frame: pd.DataFrame, known: Collection[str], *, layer: str = "") -> list[str]:
    """Return the columns that look like personal data, of those that are not a layer's own.

    Parameters
    ----------
    frame : DataFrame
        As read.
    known : collection of str
        Columns of the layer, which are left alone.
    layer : str
        Which layer: remarks are kept where the table is not about pupils.

    Returns
    -------
    list of str
        Columns whose header says so, that hold a phone or ID number, or mostly people's names.
    """
    return [
        name
        for name in map(str, frame.columns)
        if name not in known and (_headed(name, frame[name], layer) or _holds(frame[name]))
    ]


def _headed(name: str, cells: pd.Series, layer: str) -> bool:
    header = fold_header(name)
    if any(word in header for word in PERSONAL):
        return True
    if any(word in header for word in _REMARKS) and layer in _ABOUT_PUPILS:
        return True
    return any(word in header for word in _PEOPLE) and not _numeric(cells)


def _numeric(cells: pd.Series) -> bool:
    return bool(pd.to_numeric(cells.dropna(), errors="coerce").notna().all())


def _holds(cells: pd.Series) -> bool:
    """Tell whether a phone or ID number stands in a column, or mostly names of people."""
    if cells.dtype.kind not in "OTUif":
        return False
    texts = [text for text in map(_written, cells.dropna().unique()) if text]
    if any(_NUMBERS.search(text) for text in texts):
        return True
    words = [text for text in texts if not text.replace(".", "").isdecimal()]
    return bool(words) and sum(map(is_name, words)) >= _NAMED * len(words)


def _written(cell: Any) -> str:
    # a number of 18 digits that a spreadsheet has rounded is still somebody's ID number
    if isinstance(cell, float) and cell >= 1e15:
        return f"{int(cell):d}"
    return as_text(cell).strip()


def is_name(text: str) -> bool:
    """Tell whether a text reads like a Chinese person's name.

    Examples
    --------
    >>> is_name("欧阳子涵"), is_name("王小明"), is_name("王家村"), is_name("合成数据")
    (True, True, False, False)
    """
    plain = text.replace(" ", "").replace("·", "")
    if not all("一" <= letter <= "龥" for letter in plain) or plain.endswith(tuple(_PLACES)):
        return False
    if plain.startswith(_DOUBLE_SURNAMES):
        return 3 <= len(plain) <= 4
    return 2 <= len(plain) <= 3 and plain[0] in _SURNAMES


def harmless(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults without cells that stand outside every known column; what they hold is not known."""
    return [replace(fault, found="…") if fault.kind == "row_too_long" else fault for fault in faults]
