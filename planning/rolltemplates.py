"""The named templates of rolls (花名册): school register, residents, permits, vaccination, kindergarten."""

from dataclasses import dataclass
from typing import Any, Final

from gis.columns import Choice, Column, Schema
from gis.faults import Words
from gis.layers import SCHEMAS

#: Columns that hold nothing about one child: a fault may say what was found.
PLAIN: Final = ("school_id", "grade", "year", "area", "migrant", "boarding", "cohort")
#: Words of headers over names of people, by which names are told from places (`planning.rollfixes`).
NAMES: Final = (
    "姓名", "监护人", "家长", "父亲", "母亲", "户主", "pupilname", "studentname", "childname", "guardian",
)  # fmt: skip

_MIGRANT: Final = Column(
    "migrant", "随迁子女", "migrant child", "boolean",
    aliases=(
        "是否随迁", "是否随迁子女", "随迁", "进城务工人员随迁子女", "是否进城务工人员随迁子女",
        "是否务工人员随迁子女", "随迁子女标识", "migrant",
    ),
    choices=(
        Choice("true", "是", "yes", ("随迁", "随迁子女", "进城务工人员随迁子女", "外省迁入", "本省外县迁入")),
        Choice("false", "否", "no", ("非随迁", "非随迁子女", "本地", "户籍")),
    ),
)  # fmt: skip


def _person(*, also: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Return the columns that every roll has: who, born when, living where."""
    return (
        Column("name", "姓名", "name", aliases=(
            "学生姓名", "儿童姓名", "幼儿姓名", "孩子姓名", "pupil name", "student name", "child name",
        )),
        Column("id_number", "身份证件号", "ID number", aliases=(
            "身份证号", "身份证号码", "身份证", "证件号", "证件号码", "公民身份号码", "学生身份证号",
            "儿童身份证号", "身份证件号码", "学生身份证件号", "idcard",
        )),
        Column("register_number", "学籍号", "register number", aliases=(
            "全国学籍号", "学号", "儿童编码", "接种编码", "个案号", "居住证号", "幼儿编号",
        )),
        Column("birth", "出生日期", "birth date", aliases=(
            "出生年月日", "出生年月", "出生时间", "生日", "date of birth", "birthday", "dob",
        )),
        Column("town", "镇街", "township", aliases=(
            "乡镇", "街道", "乡镇街道", "镇", "苏木", "所属镇街", "所属乡镇", "居住乡镇", "居住街道",
            "subdistrict",
        )),
        Column("community", "社区或行政村", "community", aliases=(
            "社区", "村居", "居委会", "村委会", "社区名称", "所在社区", "所属社区", "村社区", "行政村",
        )),
        Column("unit", "小区或村组", "estate or village", aliases=(
            "小区", "小区名称", "居住小区", "小区编号", "单元编号", "村", "村名", "村组", "居住单元",
            "现居住小区", "居住村", "所在小区", "自然村", "unit_id", "home unit",
        )),
        Column("address", "现住址", "present address", aliases=(
            "现住地址", "现居住地址", "居住地址", "现居住地", "住址", "地址", "详细地址", "居住地",
            "现居住址", "家庭现住址", "address", *also,
        )),
        Column("home_address", "家庭住址", "home address", aliases=("家庭地址", "常住地址", "通讯地址")),
        Column("registered_address", "户籍地址", "registered address", aliases=(
            "户口所在地", "户籍详细地址", "户籍所在地", "户籍住址", "户口地址", "户籍地",
        )),
        _MIGRANT,
    )  # fmt: skip


#: Columns of addresses, in the order in which one is used where several are there.
ADDRESSES: Final = ("address", "home_address", "registered_address")
_COHORT: Final = Column(
    "cohort", "入学年份", "cohort", "year", aliases=("应入学年份", "拟入学年份", "入学年", "一年级入学年份")
)
_SCHOOL: Final = SCHEMAS["attendance"]["school_id"]
_ENROLLED: Final = (
    Column(
        "school_id", "学校", "school", required=True,
        aliases=(*_SCHOOL.aliases, "就读学校代码", "所在学校代码"),
        weak=(*_SCHOOL.weak, "所在学校", "就读学校名称", "学校（校区）"),
    ),
    Column("year", "学年", "school year", "year", aliases=("年度", "统计年度", "schoolyear")),
    Column("grade", "年级", "grade", "grade", required=True, aliases=("所在年级", "年级名称", "就读年级")),
    Column("class_no", "班级", "class", "class", aliases=("班号", "班", "班级名称", "所在班级", "行政班")),
    Column(
        "boarding", "寄宿", "boarding", "boolean",
        aliases=("是否寄宿", "是否寄宿生", "寄宿生", "住校", "是否住校", "就读方式", "住宿"),
        choices=(
            Choice("true", "是", "yes", ("寄宿", "住校", "住宿", "寄宿生", "住校生")),
            Choice("false", "否", "no", ("走读", "非寄宿", "走读生")),
        ),
    ),
    SCHEMAS["attendance"]["area"],
)  # fmt: skip


@dataclass(frozen=True)
class Roll:
    """One named template.

    Attributes
    ----------
    name : str
        Its code.
    words : Words
        What people call it.
    layer : {"attendance", "children"}
        The layer its totals go to.
    schema : Schema
        Its columns.
    all_migrant : bool
        Whether every child on it is a migrant child (随迁) where no column says otherwise.
    files : tuple of str
        Words in file names by which it is guessed.
    """

    name: str
    words: Words
    layer: str
    schema: Schema
    all_migrant: bool = False
    files: tuple[str, ...] = ()


def _roll(name: str, zh: str, en: str, columns: tuple[Column, ...], files: str, **more: Any) -> Roll:
    layer = "attendance" if columns[0].name == "school_id" else "children"
    return Roll(name, Words(zh, en), layer, Schema(name, columns), files=tuple(files.split()), **more)


ROLLS: Final[dict[str, Roll]] = {
    roll.name: roll
    for roll in (
        _roll(
            "enrolled", "学籍花名册", "school register",
            (*_ENROLLED, *_person()), "学籍 在校 学生 就读",
        ),
        _roll(
            "registered", "户籍儿童（0—14 岁）", "registered residents aged 0-14",
            (_COHORT, *_person()), "户籍 户口 公安",
        ),
        _roll(
            "permit", "居住证（随迁儿童）", "residence permits (migrant children)",
            (_COHORT, *_person(also=("居住证地址", "居住证登记地址", "暂住地址"))), "居住证 随迁 流动",
            all_migrant=True,
        ),
        _roll(
            "vaccination", "预防接种儿童", "vaccination register",
            (_COHORT, *_person()), "接种 疫苗 免疫 疾控",
        ),
        _roll(
            "kindergarten", "幼儿园在园幼儿", "kindergarten register",
            (
                _COHORT, *_person(),
                Column("kindergarten", "幼儿园", "kindergarten", aliases=("幼儿园名称", "园所", "园名")),
            ), "幼儿 园",
        ),
    )
}  # fmt: skip


def guess(file: str) -> str:
    """Return the roll that a file name sounds like, the school register if none."""
    named = (name for name, roll in ROLLS.items() if any(word in file for word in roll.files))
    return next(named, "enrolled")
