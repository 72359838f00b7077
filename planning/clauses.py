"""What each hard rule of a catchment plan rests on: a law, a document, or the planner's own choice."""

from dataclasses import dataclass
from typing import Final

from gis.faults import Words


@dataclass(frozen=True)
class Basis:
    """The ground of a rule.

    Attributes
    ----------
    source : Words
        Document and clause, or where the planner set it.
    confidence : str
        Key of `planning.vocabulary.CONFIDENCE`; empty where there is no document to verify.
    """

    source: Words
    confidence: str = ""


_LAW_12 = "《义务教育法》第十二条"
_LAW_12_EN = "Compulsory Education Law, article 12"

BASES: Final[dict[str, Basis]] = {
    "unassigned": Basis(
        Words(
            f"{_LAW_12}：保障适龄儿童、少年在户籍所在地学校就近入学",
            f"{_LAW_12_EN}: a school near by for every child at the place of registration",
        ),
        "verified",
    ),
    "overload": Basis(
        Words(
            "教育局招生计划（学校表）；教基厅〔2018〕5号：起始年级按不超过国家规定班额标准招生",
            "the bureau's intake plan (schools); document 教基厅〔2018〕5号: entry grades within the "
            "national class size",
        ),
        "verified",
    ),
    "cut_off": Basis(
        Words(
            f"片区连片是本系统的要求，服务于就近入学（{_LAW_12}）；飞地须另行认可",
            f"that zones hang together is this system's rule, in the service of proximity ({_LAW_12_EN}); "
            "an exclave needs approval",
        )
    ),
    "school_elsewhere": Basis(
        Words(
            f"学校所在单元归本校是本系统的要求，服务于就近入学（{_LAW_12}）",
            "that a school takes its own unit is this system's rule, in the service of proximity "
            f"({_LAW_12_EN})",
        )
    ),
    "lock_broken": Basis(Words("本方案的锁定（规划人员设定）", "locks of this draft, set by the planner")),
    "forbidden": Basis(
        Words("本方案的禁止划入（规划人员设定）", "what this draft forbids, set by the planner")
    ),
    "unreachable": Basis(
        Words(
            f"{_LAW_12}；《校车安全管理条例》第三条：保障就近入学或寄宿，减少交通风险",
            f"{_LAW_12_EN}; School Bus Safety Regulations, article 3: schools near by or boarding, fewer "
            "risks on the way",
        ),
        "verified",
    ),
}
"""Kind of `zoning.check.KINDS` -> its ground."""
