"""The forms (表) of a collection: what schools, towns and the housing office fill in, and who they are."""

from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from gis.words import Words
from planning.project import Project

Sender = Literal["school", "town", "office"]
#: Header of last year's figure; files that come back have it, and it is not read.
LAST_YEAR: Final = Words("同一届上次数(参考,不用填)", "Same pupils last time (for comparison)")
#: Years of children that towns are asked for: those who start school this year and in the five after it.
COHORTS: Final = 6


@dataclass(frozen=True)
class Form:
    """What one kind of sender fills in.

    Attributes
    ----------
    layer : str
        Layer that the returns become.
    title : Words
        What the form is called.
    sender : {"school", "town", "office"}
        Who fills it in.
    columns : tuple of str
        Columns of the layer, in order.
    given : tuple of str
        Those that the bureau has filled in.
    counts : tuple of str
        Those that must be filled in anew each year and so come blank.
    period : str
        Column of the 学年; empty where the rows are of no year.
    located : bool
        Whether the form asks for longitude and latitude.
    """

    layer: str
    title: Words
    sender: Sender
    columns: tuple[str, ...]
    given: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    period: str = ""
    located: bool = False


FORMS: Final[dict[str, Form]] = {
    form.layer: form
    for form in (
        Form("classes", Words("班额表", "Class sizes"), "school", ("grade", "class_no", "pupils"),
             counts=("pupils",), period="year"),
        Form("enrolment", Words("在校生表", "Enrolment by grade"), "school", ("grade", "pupils"),
             given=("grade",), counts=("pupils",), period="year"),
        Form("schools", Words("学校基本情况表", "Facts of the school"), "school",
             ("school_id", "name", "kind", "provider", "boarding", "town", "area", "lowest_grade",
              "highest_grade", "primary_seats", "junior_seats", "primary_intake", "junior_intake",
              "classrooms", "teaching_area", "built_year"), given=("school_id",), located=True),
        Form("children", Words("适龄儿童摸底表", "Children by estate and village"), "town",
             ("unit_id", "cohort", "children", "migrant"), given=("unit_id", "cohort"),
             counts=("children", "migrant"), period="cohort"),
        Form("estates", Words("新建小区表", "New estates"), "office",
             ("estate_id", "name", "unit_id", "town", "households", "handover_year", "housing_type",
              "primary_yield", "junior_yield", "yield_source")),
    )
}  # fmt: skip
#: Column of a returned row that says whose it is.
OWNERS: Final[dict[Sender, str]] = {"school": "school_id", "town": "unit_id", "office": ""}
#: The one sender of a form of the office.
OFFICE: Final = Words("住建(房管)部门", "Housing office")


@dataclass(frozen=True)
class Issue:
    """One sending out of a form.

    Attributes
    ----------
    layer : str
        A form of `FORMS`.
    year : int
        学年, by its autumn.
    lang : {"zh", "en"}
        Language of headers and lists; the instructions are in both.
    revision : int
        1 for the first time that this form is sent out for this year.
    date : str
        When, ISO; today by default.
    as_of : str
        统计时点 that is asked for, ISO; 1 September of the year by default.
    due : str
        Until when it is to come back, as the planner words it.
    """

    layer: str
    year: int
    lang: str = "zh"
    revision: int = 1
    date: str = ""
    as_of: str = ""
    due: str = ""

    @property
    def form(self) -> Form:
        """What is sent out."""
        return FORMS[self.layer]

    @property
    def moment(self) -> str:
        """The 统计时点 asked for."""
        return self.as_of or f"{self.year}-09-01"


def senders(project: Project, layer: str) -> pd.DataFrame:
    """Return who fills in a form: owner (id of the school, name of the town), name and town, in order."""
    sender = FORMS[layer].sender
    if sender == "office":
        return pd.DataFrame([{"owner": "office", "name": OFFICE.zh, "town": ""}])
    source = project.layers["schools" if sender == "school" else "units"]
    if sender == "town":
        towns = sorted(set(source["town"].dropna())) if "town" in source else []
        return pd.DataFrame({"owner": towns, "name": towns, "town": towns}, dtype="str")
    town = source["town"].fillna("") if "town" in source else ""
    rows = pd.DataFrame({"owner": source["school_id"], "name": source["name"], "town": town})
    return rows.sort_values(["town", "name", "owner"], ignore_index=True)
