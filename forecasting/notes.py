"""How a forecast was made, in plain Chinese and English, for the page and the papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from forecasting import errors
from forecasting.evidence import SOURCES, Use
from forecasting.panel import span
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


_FEW = (
    "地区和全区的总数每个起点年份只能对照一次，起点这样少，还难以断定它们的范围包不包得住实际："
    "请看“预测”页“回测”中实际包住的次数，多留余地。",
    "A district or whole-area total is checked once a base year; so few cannot tell whether its range holds "
    "what comes: see in the back-test of the page Forecast how often it did, and leave room.",
)


def method(
    fitted: Fitted, used: Use, *, until: int, coverage: float, scenarios: Sequence[Scenario]
) -> list[Note]:
    """Notes of one forecast, in reading order."""
    return [
        _history(fitted, until),
        _progression(fitted),
        *_entrants(used),
        _choice(fitted),
        *_families(fitted),
        *_learned(fitted),
        *_classes(fitted),
        *_record(fitted, used),
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


def _entrants(used: Use) -> list[Note]:
    """What first-grade entrants rest on, year by year: not what was given but what was used."""
    parts = [_told(basis, years) for basis, years in used.years.items() if basis in SOURCES]
    if "assumed" in used.years:
        parts.append(_assumed(used.years["assumed"], used.held))
    if not parts:
        return []
    return [
        _note(
            f"一年级新生：{'；'.join(part['zh'] for part in parts)}。",
            f"First-grade entrants. {'; '.join(part['en'] for part in parts)}.",
        )
    ]


def _told(basis: str, years: Mapping[int, float]) -> Note:
    source, (zh, en) = SOURCES[basis], _spans(years)
    cut = ("（按入学截止日跨两个出生年份）", " (two birth years meet in one school year, by the cut-off)")
    more = cut if basis == "born" else ("", "")
    return _note(
        f"{zh}按{source.zh}{more[0]}乘以历年入学比例推算",
        f"{en}: {source.en}{more[1]} times the share that entered in past years",
    )


def _assumed(years: Mapping[int, float], held: Sequence[str]) -> Note:
    zh, en = _spans(years)
    own = [SOURCES[basis] for basis in held if basis]
    ways_zh = [f"沿用最后已知的{word.zh}乘以历年入学比例" for word in own]
    ways_en = [f"the last known {word.en} times the share that entered" for word in own]
    if "" in held:
        ways_zh.append("没有可用的登记、在园和出生数，取近年的加权均值，不外推趋势")
        ways_en.append(
            "a weighted mean of recent years, never a trend, for want of a usable register, roll or births"
        )
    return _note(
        f"{zh}{'，或'.join(ways_zh)}，标为“设定”", f"{en}: {', or '.join(ways_en)}, marked as assumed"
    )


def _spans(years: Mapping[int, float]) -> tuple[str, str]:
    """School years, and whether they are so for some schools only."""
    told, some = span(list(years)), min(years.values()) < 1
    return f"{told} 学年{'（部分学校）' if some else ''}", f"{told}{' (some schools)' if some else ''}"


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


def _record(fitted: Fitted, used: Use) -> list[Note]:
    table = fitted.scores[fitted.scores["level"] == "school"].pivot_table(
        index="horizon", columns="method", values="wape"
    )
    if table.empty:
        return []
    bases = errors.origins(fitted.panel, most=errors.SCORED, broken=fitted.broken)
    last, notes = fitted.panel.last_year, []
    for horizon in [h for h in (1, 3) if h in table.index]:
        ours, standard, naive = (float(table[m][horizon]) for m in ("cohort", "gpr3", "naive"))
        told = span([y for y in bases if y + horizon <= last and y + horizon not in fitted.broken])
        notes.append(
            _note(
                f"从 {told} 学年重新预测，提前 {horizon} 年，学校总人数的平均误差为 {ours:.1f}%（三年递进"
                f"率法 {standard:.1f}%，维持现状 {naive:.1f}%）。",
                f"Past error of school totals {horizon} year(s) ahead, forecasting again from {told}: "
                f"{ours:.1f} % (three-year progression ratio {standard:.1f} %, no change {naive:.1f} %).",
            )
        )
    return [*notes, _same_years(used)]


def _same_years(used: Use) -> Note:
    """Say what makes these errors smaller than those of a back-test that learns anew in every base year."""
    registered = "registered" in used.sources
    return _note(
        "以上误差用的是现在的参数，而参数正是从这些年份学来的"
        f"{'，登记数也是现在的' if registered else ''}，因此会偏小；“预测”页的“回测”只用各起点年份"
        f"当时已有的数据重新学习，起点为最近 {errors.TRIED} 年，两处的误差因此不同，判断把握以回测为准。",
        "These errors are of today's settings, which were learned from these very years"
        f"{', and of the register as it is now' if registered else ''}, and so are somewhat small. The "
        f"back-test learns anew in each of the newest {errors.TRIED} base years from what was known then; "
        "its errors differ, and are the ones to go by.",
    )


def _ranges(fitted: Fitted, coverage: float) -> Note:
    share, origins = f"{100 * coverage:.0f}%", fitted.model.origins
    return _note(
        f"范围：按 {origins} 个起点年份的误差估计，要让各级各有约 {share} 的实际数落在其中；均值可逐级相加，"
        f"上下限不能相加。{_FEW[0]}",
        f"Ranges rest on the errors of {origins} base years and are meant to hold about {share} of outcomes "
        f"at each level. Means add up over levels, bounds do not. {_FEW[1]}",
    )


def _scenario(scenario: Scenario) -> Note:
    births, migration = f"{100 * (scenario.births - 1):+.0f}%", f"{100 * scenario.migration:+.1f}%"
    return _note(
        f"情景“{scenario.name}”（设定）：未出生年份的新生 {births}，每年净迁移 {migration}，"
        f"小区推迟交付 {scenario.estate_delay} 年。",
        f'Scenario "{scenario.name}" (assumed): entrants not yet born {births}, net migration {migration} a '
        f"year, estates {scenario.estate_delay} year(s) late.",
    )
