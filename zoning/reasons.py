"""Proofs that there is no plan: which rule, about whom, with which numbers, and the words made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gis.faults import Words

WORDS: Final[Mapping[str, Words]] = {
    "seats_in_all": Words(
        "学生共 {pupils} 人，学位共 {seats} 个，缺 {short} 个，任何划分都不够。",
        "There are {pupils} pupils and {seats} seats: {short} seats are lacking however zones are drawn.",
    ),
    "seats_on_island": Words(
        "有一片 {count} 个单元与其余单元都不相连，共 {pupils} 人，只有{schools}，共有学位 {seats} 个，"
        "缺 {short} 个。",
        "{count} units that no neighbours join to the rest have {pupils} pupils, and only {schools} with "
        "{seats} seats: {short} are lacking.",
    ),
    "own_units_too_many": Words(
        "只能划入“{schools}”的 {count} 个单元共有学生 {pupils} 人，而它只有学位 {seats} 个，缺 {short} 个。",
        '{count} units that can only go to "{schools}" have {pupils} pupils, but it has {seats} seats: '
        "{short} are lacking.",
    ),
    "no_school_in_part": Words(
        "单元“{unit}”所在的一片与任何学校都不相连。",
        'Unit "{unit}" lies in a part of the map that is connected to no school.',
    ),
    "no_school_open": Words(
        "单元“{unit}”没有可去的学校（无路可达、被禁止或锁定互相矛盾）。",
        'Unit "{unit}" has no school it may go to (no way there, forbidden, or a lock against it).',
    ),
    "cut_by_locks": Words(
        "单元“{unit}”连不到任何它可去的学校：途中的单元已锁定、禁止或另有学校（现有锁定 {locked} 个）。",
        'Unit "{unit}" cannot be joined to any school it may go to: the units on the way are locked '
        "elsewhere, forbidden or hold another school ({locked} units are locked).",
    ),
    "unit_too_large": Words(
        "单元“{unit}”有学生 {pupils} 人，超过它可去的任何一所学校的学位数。",
        'Unit "{unit}" has {pupils} pupils, more than any school it may go to has seats.',
    ),
    "no_way_with_room": Words(
        "单元“{unit}”（{pupils} 人）连片划入任何学校，都会超过该校除必收单元外剩余的学位。",
        'Unit "{unit}" ({pupils} pupils) cannot be joined to any school without exceeding the seats '
        "left beside the units the school must take.",
    ),
    "seats_in_part": Words(
        "有 {count} 个单元共 {pupils} 人只能去{schools}，这些学校共有学位 {seats} 个，缺 {short} 个。",
        "{count} units with {pupils} pupils can only go to {schools}, which have {seats} seats: {short} are "
        "lacking.",
    ),
    "least_in_all": Words(
        "各片区的最少人数合计 {asked} 人，而学生共 {pupils} 人，不可能都达到。",
        "The least sizes of the zones add up to {asked} pupils, but there are {pupils}: not all can be met.",
    ),
    "least_of_zone": Words(
        "片区“{schools}”在学位和其他规则之下最多有 {most} 人，达不到最少 {least} 人。",
        'Zone "{schools}" can have {most} pupils at most under its seats and the other rules: fewer than the '
        "least of {least}.",
    ),
    "sides_together": Words(
        "即使允许把单元拆开分到几个片区，也不能同时满足学位、每片区最少人数和均衡的要求。",
        "Even if units could be shared among zones, seats, least sizes and the balance cannot all be kept.",
    ),
    "moved_in_all": Words(
        "要守其余规则，至少须调整 {least} 名学生，超过上限 {most} 人。",
        "To keep the other rules {least} pupils must move at least: more than the limit of {most}.",
    ),
    "searched": Words(
        "已对所有可能的划分做了完整搜索：在学位、连片和锁定的要求下没有可行方案。",
        "All plans have been searched: none keeps the seats, the connection and the locks.",
    ),
}
"""What each kind of proof says; fields are names of units and zones, and numbers."""

_WHOLE = Words("{unit}等 {n} 个整体划入的单元", "{unit} and what is kept whole with it ({n} units in all)")
_COMMA = Words("、", ", ")


@dataclass(frozen=True)
class Reason:
    """A proof that there is no plan.

    Attributes
    ----------
    kind
        One of :data:`WORDS`.
    units, zones
        Positions of those it is about.
    short
        Seats they lack at least.
    unit
        Id of the unit that the words name; empty if none.
    schools
        Ids of the zones that the words name.
    numbers
        Numbers in the words, by field.
    whole
        Units that the named one stays in one zone with, itself counted.
    """

    kind: str
    units: tuple[int, ...] = ()
    zones: tuple[int, ...] = ()
    short: int = 0
    unit: str = ""
    schools: tuple[str, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict, hash=False)
    whole: int = 1

    @property
    def zh(self) -> str:
        """The words in Chinese, with ids for names."""
        return self.text("zh")

    @property
    def en(self) -> str:
        """The words in English, with ids for names."""
        return self.text("en")

    def text(
        self,
        lang: str = "zh",
        *,
        units: Mapping[str, str] | None = None,
        zones: Mapping[str, str] | None = None,
    ) -> str:
        """Return the words in one language, with names by id where they are given.

        Examples
        --------
        >>> reason = Reason("unit_too_large", (0,), unit="u1", numbers={"pupils": 90})
        >>> reason.text("en", units={"u1": "East Garden"})
        'Unit "East Garden" has 90 pupils, more than any school it may go to has seats.'
        """
        unit = (units or {}).get(self.unit, self.unit)
        if self.whole > 1:
            unit = _WHOLE.text(lang).format(unit=unit, n=self.whole)
        schools = _COMMA.text(lang).join((zones or {}).get(zone, zone) for zone in self.schools)
        return (
            WORDS[self.kind]
            .text(lang)
            .format(unit=unit, schools=schools, short=self.short, count=len(self.units), **self.numbers)
        )
