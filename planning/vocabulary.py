"""The words of rules: metrics, stages, scopes, strengths and how sure we are, in both languages."""

from dataclasses import dataclass
from typing import Final

from gis.faults import Words

#: What a rule measures. `at` is the class size a share or a count looks at.
METRICS: Final[dict[str, Words]] = {
    "standard_class": Words("标准班额", "standard class size"),
    "class_size": Words("班额（逐班）", "class size (every class)"),
    "class_share_standard": Words("标准班额班级占比", "share of classes within the standard size"),
    "class_share_over": Words("大班额班级占比", "share of oversized classes"),
    "class_count_over": Words("大班额班级数", "number of oversized classes"),
    "school_size": Words("学校规模（在校生）", "school size (pupils)"),
    "service_radius": Words("服务半径（直线）", "service radius (straight line)"),
    "walk_minutes": Words("上学步行时间", "walking time to school"),
    "crossings": Words("上学跨越干道、铁路次数", "arterial roads and railways crossed on the way to school"),
    "proximity_share": Words("就近划片入学比例", "share of pupils who live inside their school's catchment"),
    "teaching_area": Words("生均教学及辅助用房面积", "teaching and auxiliary floor area per pupil"),
    "resource_cv": Words("校际差异系数", "coefficient of variation between schools (pupil-weighted)"),
    "seat_load": Words("学位负荷（入学人数/招生计划）", "seat load (entrants / intake plan)"),
}
STAGES: Final[dict[str, Words]] = {
    "primary": Words("小学", "primary"),
    "junior": Words("初中", "junior"),
    "nine_year": Words("九年一贯制", "nine-year school"),
    "both": Words("小学和初中", "primary and junior"),
}
STRENGTHS: Final[dict[str, Words]] = {
    "必须": Words("必须", "must"),
    "应": Words("应", "shall"),
    "宜": Words("宜", "should"),
    "口径": Words("统计口径", "definition"),
}
CONFIDENCE: Final[dict[str, Words]] = {
    "verified": Words("已核", "verified"),
    "recalled": Words("待核", "to be verified"),
    "override": Words("自定", "set by the planner"),
}
OPS: Final[dict[str, Words]] = {
    "le": Words("≤", "≤"),
    "lt": Words("<", "<"),
    "ge": Words("≥", "≥"),
    "gt": Words(">", ">"),
    "count": Words("计数", "count"),
}


@dataclass(frozen=True)
class Scope:
    """Which schools a rule speaks of: kinds of area and provider (None: all), day schools only."""

    words: Words
    areas: frozenset[str] | None = None
    provider: str | None = None
    day_only: bool = False


SCOPES: Final[dict[str, Scope]] = {
    "all": Scope(Words("全部学校", "all schools")),
    "public": Scope(Words("公办学校", "public schools"), provider="public"),
    "urban_day": Scope(Words("城区走读学校", "urban day schools"), frozenset({"urban"}), day_only=True),
    "rural": Scope(Words("乡村学校", "rural schools"), frozenset({"rural"})),
    "urban_town_public_day": Scope(
        Words("城区和镇区公办学校，不含寄宿制", "urban and town public schools, no boarding schools"),
        frozenset({"urban", "town"}),
        "public",
        True,
    ),
    # 城区和乡镇 (Yiyuan) takes in the townships' rural schools: wider than the national 城区和镇区.
    "urban_township_public_day": Scope(
        Words(
            "城区和乡镇公办学校，不含寄宿制", "urban and township public schools, boarding schools left out"
        ),
        None,
        "public",
        True,
    ),
}
