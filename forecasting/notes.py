"""How a forecast was made, in plain Chinese and English, for the page and the papers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forecasting.scenarios import Scenario

if TYPE_CHECKING:
    from forecasting.fitting import Fitted

Note = dict[str, str]

#: Families of series and methods by name, in Chinese and English.
_FAMILIES = {
    "to_3": ("在校生升入三年级及以下", "pupils moving up into grade 3 or below"),
    "4_to_6": ("在校生升入四至六年级", "pupils moving up into grades 4-6"),
    "from_7": ("在校生升入七年级及以上", "pupils moving up into grade 7 or above"),
    "entrants": ("尚未入学的新生", "those who have yet to enter"),
    "step": (
        "尚未升入本校的学生(如初中新生)",
        "those who have yet to come from another school (junior entrants)",
    ),
}
_METHODS = {
    "cohort": ("本软件的递进法", "our own cohort method"),
    "gpr3": ("三年递进率法", "the three-year ratio"),
    "naive": ("维持现状", "no change"),
}

#: What is said of the correction of cells (see ``learned``), by the reason for using it or not.
_LEARNED = {
    "nearer": (
        "学校内各年级之间按过去误差学到的规律修正，用于其后 {last} 年，学校总数不变：各校各年级的以往误差由 "
        "{plain:.1f}% 降到 {used:.1f}%（{years} 个起点年份）。",
        "Pupils are moved between the grades of a school as past errors teach, for the first {last} year(s), "
        "school totals kept: past error of cells {plain:.1f} % without, {used:.1f} % with it ({years} base "
        "years).",
    ),
    "alike": (
        "没有采用按过去误差学到的年级间修正：各校各年级的以往误差，不修正为 {plain:.1f}%，修正后 {used:.1f}%"
        "（{years} 个起点年份），并非明显更准。",
        "No correction among grades learned from past errors is used: past error of cells {plain:.1f} % "
        "without, {used:.1f} % with it ({years} base years), which is not clearly nearer.",
    ),
    "short": (
        "历史太短，没有采用按过去误差学到的年级间修正。",
        "The past is too short for a correction among grades learned from past errors.",
    ),
    "shock": (
        "近年有异常年份，没有采用按过去误差学到的年级间修正。",
        "A recent year was broken, so no correction among grades learned from past errors is used.",
    ),
}


def method(fitted: Fitted, *, until: int, coverage: float, scenarios: Sequence[Scenario]) -> list[Note]:
    """Notes of one forecast, in reading order."""
    return [
        _history(fitted, until),
        _progression(fitted),
        _entrants(fitted),
        _choice(fitted),
        *_families(fitted),
        *_learned(fitted),
        *_classes(fitted),
        *_record(fitted),
        _ranges(fitted, coverage),
        *[_scenario(s) for s in scenarios if s.name != "中"],
    ]


def _note(zh: str, en: str) -> Note:
    return {"zh": zh, "en": en}


def _history(fitted: Fitted, until: int) -> Note:
    panel = fitted.panel
    span, count = f"{panel.first_year}–{panel.last_year}", int(panel.open_cells.any(axis=1).sum())
    return _note(
        f"依据 {span} 学年各校各年级在校生数，预测 {count} 所现办学校至 {until} 学年。",
        f"From pupils by school and grade in {span}, for the {count} schools open now, to {until}.",
    )


def _progression(fitted: Fitted) -> Note:
    evidence = f"{fitted.choice.settings.cell_evidence:g}"
    return _note(
        f"在校生按年级递进：每校每年级的递进率向所在地区的平均递进率收缩，积累约 {evidence} 名学生后"
        "才以本校为主；近年的分量更重。",
        "Pupils move up by grade. Each school's progression ratio is pulled towards its district's and "
        f"counts more than it only after about {evidence} pupils; recent years weigh more.",
    )


def _entrants(fitted: Fitted) -> Note:
    kinds = {driver.basis for driver in fitted.drivers}
    if "registered" in kinds:
        return _note(
            "一年级新生以已登记的适龄儿童数乘以历年入学比例推算，登记未覆盖的年份依次用出生数、近年均值。",
            "First-grade entrants are registered children times the share that entered in past years; years "
            "not registered rest on births, then on the recent mean.",
        )
    if "born" in kinds:
        return _note(
            "一年级新生以出生数（按 8 月 31 日截止跨两个出生年份）乘以历年入学比例推算；尚未出生的年份沿用"
            "最后已知出生数，标为“设定”。",
            "First-grade entrants are births (two birth years meet in one school year, by the cut-off) times "
            "the share that entered in past years; for children not yet born the last known births are kept "
            "and marked as assumed.",
        )
    if "kindergarten" in kinds:
        return _note(
            "一年级新生以幼儿园在园人数乘以历年入学比例推算（标为“已在园”）；其后的年份取近年的加权均值，标为“设定”。",
            "First-grade entrants are children in kindergartens times the share that entered in past years "
            "(marked so); later years are a weighted mean of recent ones and are marked as assumed.",
        )
    return _note(
        "没有出生数和登记数：新生取近年的加权均值，不外推趋势，各年均标为“设定”。",
        "There are no births or registers: entrants are a weighted mean of recent years, never a trend, and "
        "are marked as assumed.",
    )


def _classes(fitted: Fitted) -> list[Note]:
    """How each kindergarten class fared against what would stand in its place, and whether it is used."""
    notes = []
    for lead, (own, other) in sorted(fitted.classes.items()):
        zh, en = {1: ("大班", "oldest"), 2: ("中班", "middle"), 3: ("小班", "youngest")}[lead]
        if not own < float("inf"):
            notes.append(
                _note(
                    f"幼儿园{zh}：可对照的往年太少，没有用来推算 {lead} 年后的新生。",
                    f"Kindergarten, {en} class: too few past years to compare, so it is not used for "
                    f"entrants {lead} year(s) ahead.",
                )
            )
            continue
        used = own < other
        notes.append(
            _note(
                f"幼儿园{zh}：按它推算 {lead} 年后各校新生，以往误差 {own:.1f}%，不用它为 {other:.1f}%，"
                + ("因此采用。" if used else "因此没有采用。"),
                f"Kindergarten, {en} class: past error of a school's entrants {lead} year(s) ahead "
                f"{own:.1f} %, without it {other:.1f} %, so it is {'used' if used else 'not used'}.",
            )
        )
    return notes


def _choice(fitted: Fitted) -> Note:
    cutoffs = fitted.choice.cutoffs
    if not cutoffs:
        return _note(
            "历史太短，参数采用预设值，没有按本地误差挑选。",
            "The history is too short to choose the settings by past error; the preset ones were used.",
        )
    span = f"{cutoffs[0]}–{cutoffs[-1]}"
    other = round(100 * (1 - fitted.choice.own_share))
    zh = f"各地区总数按过去误差与三年递进率法加权(后者占 {other}%)。" if other else ""
    en = (
        f" District totals lean on those of the three-year ratio by {other} %, by past error."
        if other
        else ""
    )
    return _note(
        f"参数按 {span} 学年的回测误差挑选。{zh}",
        f"The settings were chosen by past error, forecasting again from {span}.{en}",
    )


def _families(fitted: Fitted) -> list[Note]:
    """Which families of series took a method of their own, and why the others did not."""
    record, mix = fitted.choice.record, fitted.choice.mix
    if record.empty or fitted.method != "cohort":
        return []
    reasons = dict(zip(record["family"], record["why"], strict=True))
    taken = [(_FAMILIES[name], _METHODS[mix.taken[name]]) for name in reasons if reasons[name] == "nearer"]
    short = [_FAMILIES[name] for name in reasons if reasons[name] == "short"]
    zh = [f"{family[0]}用{way[0]}" for family, way in taken]
    en = [f"{family[1]} by {way[1]}" for family, way in taken]
    if short:
        zh.append(f"{'、'.join(family[0] for family in short)}历史太短，沿用各类合并的选择")
        en.append(f"too short a past, so the common choice, for {', '.join(family[1] for family in short)}")
    if not zh:
        return []
    return [
        _note(
            f"各类序列的总数按过去误差选方法（用于其后 {mix.judged} 年，再往后沿用各类合并的选择）："
            f"{'；'.join(zh)}。",
            "Totals by family of series, the method chosen by past error (for the first "
            f"{mix.judged} years; later ones keep the common choice): {'; '.join(en)}.",
        )
    ]


def _learned(fitted: Fitted) -> list[Note]:
    """Whether a correction learned from past errors is used, and why."""
    found = fitted.correction
    if fitted.method != "cohort":
        return []
    zh, en = _LEARNED[found.why]
    numbers = {
        "plain": found.plain,
        "used": found.used,
        "years": found.years,
        "last": max(found.lines, default=0),
    }
    return [_note(zh.format(**numbers), en.format(**numbers))]


def _record(fitted: Fitted) -> list[Note]:
    table = fitted.scores[fitted.scores["level"] == "school"].pivot_table(
        index="horizon", columns="method", values="wape"
    )
    if table.empty:
        return []
    notes = []
    for horizon in [h for h in (1, 3) if h in table.index]:
        ours, standard, naive = (float(table[m][horizon]) for m in ("cohort", "gpr3", "naive"))
        notes.append(
            _note(
                f"回测：提前 {horizon} 年，学校总人数的平均误差为 {ours:.1f}%（三年递进率法 {standard:.1f}%，"
                f"维持现状 {naive:.1f}%）。",
                f"Past error of school totals {horizon} year(s) ahead: {ours:.1f} % (three-year progression "
                f"ratio {standard:.1f} %, no change {naive:.1f} %).",
            )
        )
    return notes


def _ranges(fitted: Fitted, coverage: float) -> Note:
    share, origins = f"{100 * coverage:.0f}%", fitted.model.origins
    return _note(
        f"范围：按 {origins} 次回测的误差估计，各级分别约 {share} 的实际数落在其中；均值可逐级相加，"
        "上下限不能相加。",
        f"Ranges rest on {origins} past forecasts; about {share} of outcomes should fall inside at each "
        "level. Means add up over levels, bounds do not.",
    )


def _scenario(scenario: Scenario) -> Note:
    births, migration = f"{100 * (scenario.births - 1):+.0f}%", f"{100 * scenario.migration:+.1f}%"
    return _note(
        f"情景“{scenario.name}”（设定）：未出生年份的新生 {births}，每年净迁移 {migration}，"
        f"小区推迟交付 {scenario.estate_delay} 年。",
        f'Scenario "{scenario.name}" (assumed): entrants not yet born {births}, net migration {migration} a '
        f"year, estates {scenario.estate_delay} year(s) late.",
    )
