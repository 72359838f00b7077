"""The lines around a table, told apart from its records: titles, 填表单位, 统计时点, totals, remarks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from gis.values import as_date

_TOTAL_WORD = r"合计|总计|小计|共计|总和"
_TOTAL = re.compile(rf"\S{{0,6}}({_TOTAL_WORD})[:：]?|(grand ?)?total|subtotal|sum", re.IGNORECASE)
_LATER_TOTAL = re.compile(rf"(?:全[校区县市镇乡旗]|[本各])?({_TOTAL_WORD})[:：]?")
_TOTAL_ENDS = "计和:："
_NOTE = re.compile(
    r"(注|说明|备注|填表|制表|审核|填报|单位负责|来源|资料来源|数据来源|note|source)", re.IGNORECASE
)
#: Labels that stand outside a table; what follows some of them names a person.
_LABEL = re.compile(
    r"(填表单位|填报单位|单位名称|报送单位|制表单位|填表日期|填报日期|填报时间|报出日期|报送日期|制表日期|统计时点|"
    r"统计日期|统计时间|截止日期|截止时间|截至|数据时点|时点|单位负责人|负责人|填表人|填报人|制表人|审核人|经办人|联系人|"
    r"联系电话|电话|盖章|公章|单位|计量单位|表号|制定机关|批准文号|有效期至|日期)(?:\([^)]*\))?[:：]"
)
_SENTENCE = re.compile(r"[。；;:：]|^\d+[.、)]|^[①-⑨一二三四五六七八九]、")
_LONG = 12
_NUMBERING = re.compile(r"[甲乙丙丁戊己]|栏次|序号|—|-")
_DATE = r"(\d{4}\s*[年./-]\s*\d{1,2}(?:\s*[月./-](?:\s*\d{1,2}\s*日?)?)?)"
_AS_OF = re.compile(
    rf"(?:统计时点|统计日期|统计时间|截止日期|截止时间|截至日期|截至|数据时点|时点)[:：为]?\s*{_DATE}"
)
_BRACKETED = re.compile(rf"\(\s*(?:截至|截止)?\s*{_DATE}\s*\)")
_YEAR = re.compile(r"(\d{4})\s*(?:[-~—–至/]\s*(?:\d{4}|\d{2})\s*)?学年|(\d{4})\s*年?\s*秋")
_NAMED_YEAR = re.compile(r"((?:19|20)\d\d)年?(?:秋季?)?(?:学年)?")
_SCHOOL = re.compile(
    r"(?:^|[:：\s_\-/·—])((?:(?!学校名称|单位)[\u4e00-\u9fff0-9()（）]){1,20}?"
    r"(?:小学|中学|初中|学校|教学点|完小)(?:[\u4e00-\u9fff]{0,4}(?:校区|分校))?)"
)
#: What is said of schools at large.
_ANY_SCHOOL = re.compile(r"义务教育|各|全[区县市旗镇]|中小学|所有|^(?:公办|民办|普通|小学|中学|初中)")
_YEAR_FIRST = re.compile(
    r"^(?:19|20)\d\d(?:[-~—–至](?:20)?\d\d)?(?:学年|年)?度?(?:[春秋]季?)?(?:第?[一二12]学期)?"
)
_UNIT = re.compile(r"(?:填报单位|填表单位|单位名称|报送单位|学校名称|学校)[:：]\s*(\S+)")
_DIGITS = re.compile(r"\d{7,}")


def is_total(texts: Sequence[str]) -> bool:
    """Tell whether a row is one of totals: its first text says so, or a word of its own further on."""
    if _TOTAL.fullmatch(texts[0]):
        return True
    return any(text[-1:] in _TOTAL_ENDS and _LATER_TOTAL.fullmatch(text) for text in texts[1:4])


def is_numbering(texts: Sequence[str]) -> bool:
    """Tell whether a row numbers the columns: 甲, 乙, 1, 2, 3."""
    words = [text for text in texts if _NUMBERING.fullmatch(text)]
    numbers = [text for text in texts if text.isdecimal() and text not in words]
    in_order = numbers == [str(i) for i in range(1, len(numbers) + 1)]
    return len(words) + len(numbers) == len(texts) and in_order and len(numbers) > 1 and len(texts) > 2


def is_line(texts: Sequence[str], *, width: int) -> bool:
    """Tell whether a row is a line outside the table: all its texts labels (填表人：) and values."""
    if len(texts) >= max(width, 3):
        return False
    plain = [unicodedata.normalize("NFKC", text) for text in texts]
    labelled = [bool(_LABEL.search(text)) for text in plain]
    if not any(labelled):
        return False
    alone = [not label and bool(_LABEL.fullmatch(before)) for before, label in zip(["", *plain], labelled)]
    return all(a or b or as_date(t) for a, b, t in zip(labelled, alone, plain))


def is_note(texts: Sequence[str], *, width: int) -> bool:
    """Tell whether a row is a remark under the table that says so itself (注：, 填表人：)."""
    alone = len(set(texts)) == 1 and width > 2
    return bool(alone and _NOTE.match(texts[0])) or is_line(texts, width=width)


def is_remark(texts: Sequence[str], *, width: int) -> bool:
    """Tell whether a row that ends a table is one sentence rather than a record that was not filled in."""
    if len(set(texts)) != 1 or width < 3:
        return False
    return len(texts[0]) >= _LONG or bool(_SENTENCE.search(texts[0]))


def harmless(text: str) -> str:
    """Return a line outside a table without what may name a person: labels only, long numbers left out."""
    labels = [match[1] for match in _LABEL.finditer(unicodedata.normalize("NFKC", text))]
    return "、".join(labels) if labels else _DIGITS.sub("…", text)


def stated(texts: Iterable[str]) -> dict[str, str]:
    """Return what lines around a table say: ``as_of`` (2026-09-01 or 2026-09), ``year`` (学年), ``school``.

    Examples
    --------
    >>> stated(["某县2026-2027学年在校生统计表", "统计时点：2026年9月1日"])
    {'as_of': '2026-09-01', 'year': '2026'}
    """
    out: dict[str, str] = {}
    text = " ".join(unicodedata.normalize("NFKC", t) for t in texts)
    match = _AS_OF.search(text) or _BRACKETED.search(text)
    date = as_date(match[1]) if match else None
    if match and date is not None:
        days = len(re.findall(r"\d+", match[1])) > 2
        out["as_of"] = date.isoformat() if days else f"{date:%Y-%m}"
    years = {m[1] or m[2] for m in _YEAR.finditer(text)}
    if len(years) == 1:
        out["year"] = years.pop()
    school = next(filter(None, (named_school(m[1]) for m in _UNIT.finditer(text))), "")
    return out | ({"school": school} if school else {})


def named_year(name: str) -> str:
    """Return the 学年 that the name of a sheet or file states, empty without.

    Examples
    --------
    >>> named_year("2026-2027学年在校生"), named_year("2025年"), named_year("表1")
    ('2026', '2025', '')
    """
    plain = unicodedata.normalize("NFKC", name).strip()
    match = _NAMED_YEAR.fullmatch(plain)
    return match[1] if match else stated([plain]).get("year", "")


def named_school(name: str) -> str:
    """Return the school that a title or the name of a sheet or file begins with, empty without.

    Examples
    --------
    >>> named_school("城关第一小学"), named_school("填报单位：罕台中学"), named_school("班额表_康泰街道")
    ('城关第一小学', '罕台中学', '')
    >>> named_school("2026学年第一小学班额表"), named_school("东胜区义务教育学校基本情况")
    ('第一小学', '')
    """
    match = _SCHOOL.search(_YEAR_FIRST.sub("", name.strip()).strip())
    return "" if match is None or _ANY_SCHOOL.search(match[1]) else match[1]
