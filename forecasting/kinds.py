"""Faults of the forecast's inputs, in Chinese and English; importing this module registers them."""

from __future__ import annotations

from gis.faults import ERROR, WARNING, register_kinds

_ERRORS = {
    "fc_column_missing": (
        "缺少“{needed}”列；表中有：{present}。请补上这一列。",
        'the column "{needed}" is missing; the table has: {present}. Add it.',
    ),
    "fc_empty": (
        "没有数据行。请至少给出两个学年的在校生数。",
        "there are no rows. Give the pupils of at least two school years.",
    ),
    "fc_year": (
        "“{found}”不能用作年份；应在 1949 到 2100 之间，如 2024（学年以秋季计）。请改正。",
        '"{found}" cannot be the year; expected one from 1949 to 2100, such as 2024 (a school year by its '
        "autumn). Correct it.",
    ),
    "fc_year_apart": (
        "{found} 年离其余各行的年份（{span}）有 {limit} 年以上，多半写错了。请改正；确是很早的数据请删去。",
        "{found} lies more than {limit} years from the other years ({span}) and must be a slip. Correct it; "
        "leave the row out if it is that old.",
    ),
    "fc_unfilled": (
        "没有填。请补上。",
        "is blank. Fill it in.",
    ),
    "fc_share": (
        "“{found}”不能用作占比；应为不小于 0 的数，如 0.3。请改正。",
        '"{found}" cannot be a share; expected a number of 0 or more, such as 0.3. Correct it.',
    ),
    "fc_blank": (
        "是空白。没有开设的年级请删去该行，开设但没有学生请填 0。",
        "is blank. Leave the row out where the grade is not taught; write 0 where it has no pupils.",
    ),
    "fc_not_number": (
        "“{found}”不是数；应为非负整数，请去掉文字和单位。",
        '"{found}" is not a number; expected a whole number of 0 or more, without words or units.',
    ),
    "fc_fraction": (
        "“{found}”不是整数；人数应为整数，请填原始人数而不是平均数。",
        '"{found}" is not whole; give the count itself, not an average.',
    ),
    "fc_negative": (
        "“{found}”是负数；人数不小于 0，请改正。",
        '"{found}" is negative; a count is 0 or more. Correct it.',
    ),
    "fc_grade": (
        "不认识年级“{found}”；应写成 1 到 12、三年级、初一之类，幼儿园为 K、PK、PK3。请改正；不分年级的"
        "学生推算不了，请删去该行。",
        'the grade "{found}" is not known; expected 1 to 12, or K, PK, PK3 of kindergarten. Correct it; '
        "pupils without a grade cannot be moved up: leave their row out.",
    ),
    "fc_class": (
        "不认识幼儿园班级“{found}”；应为大班、中班、小班（或 K、PK、PK3）。请改正，托班请删去。",
        'the kindergarten class "{found}" is not known; expected the oldest, middle or youngest class by '
        "its Chinese name, or K, PK, PK3. Correct it; leave out the classes below.",
    ),
    "fc_duplicate": (
        "与第 {first} 行重复（{key}）。{one}相同的只能有一行，请合并或删去一行。",
        "repeats row {first} ({key}). Keep one row of the same {one}: merge them or delete one.",
    ),
    "fc_one_year": (
        "只有 {found} 一个学年，推不出年级递进率。请至少再给出一个学年，三年以上更好。",
        "there is only the school year {found}, from which no progression ratio can be learned. Give at "
        "least one more year; three or more are better.",
    ),
    "fc_until": (
        "最新学年是 {last}，预测终点 {found} 应在它之后，最多 {limit} 年。请核对最新学年，或另给终点。",
        "the newest school year is {last}; the last year wanted, {found}, must lie after it, at most {limit} "
        "years ahead. Check the newest year, or name another last one.",
    ),
    "fc_estate_date": (
        "小区“{found}”没有交付年份；没有年份就不知道学生何时入学。请补上，未定的请从表中删去。",
        'the estate "{found}" has no handover year, so nothing says when its pupils come. Add it, or leave '
        "the estate out.",
    ),
    "fc_estate_yield": (
        "小区“{found}”没有每户学生数（{stage}）；本软件不预设这个数。请用已交付小区推算，或注明来源后填写。",
        'the estate "{found}" has no pupils per household ({stage}); none is assumed. Calibrate it from '
        "estates already delivered, or enter it with its source.",
    ),
    "fc_estate_outside": (
        "小区“{found}”没有“外来占比”（from_outside，0 到 1）；不填会把区内搬迁的学生重复计算。请补上。",
        'the estate "{found}" has no share of pupils from outside the area (from_outside, 0 to 1); without '
        "it pupils who only move house inside the area would count twice. Add it.",
    ),
    "fc_estate_value": (
        "“{found}”不能用；这里应为{expected}。请改正。",
        '"{found}" cannot be used; expected {expected}. Correct it.',
    ),
    "fc_estate_double": (
        "小区“{found}”在第 {first} 行已经有了，同一学段的学生会算两遍。分期交付请各用一个编号（如 {found}-1、"
        "{found}-2）；多出的行请删去。",
        'the estate "{found}" stands in row {first} already, and its pupils of a stage would count twice. '
        "Give each phase an id of its own ({found}-1, {found}-2); delete what is double.",
    ),
    "fc_estate_school": (
        "小区“{found}”的学校“{school}”不在在校生历史中。请核对学校名称，或先加入该校。",
        'the school "{school}" of the estate "{found}" is not in the history. Check its name, or add '
        "it first.",
    ),
}

_FILE_ERRORS = {
    "fc_sheets": (
        "工作簿里有几张表（{sheets}），看不出用哪一张。请只留一张有所需各列的表，或另存为 CSV。",
        "the workbook has several sheets ({sheets}), and which to use is not plain. Keep one that has the "
        "columns needed, or save it as CSV.",
    ),
    "fc_groups_none": (
        "除学校外没有别的列，分不了组。请加上一列，每种分法一列，如 zone、town。",
        "there is no column beside the school, so nothing to sum by. Add a column a grouping, such as zone "
        "or town.",
    ),
    "fc_flow_above": (
        "镇街“{found}”的占比合计 {total}，多于 1：去各校的孩子比有的还多。请改正；去区外的不必列出。",
        'the shares of the town "{found}" add up to {total}, more than 1: more children go to school than '
        "there are. Correct them; those who leave the area need no row.",
    ),
    "fc_flow_town": (
        "镇街“{found}”（空白即未填）在 {flow} 中没有，它的孩子不知去哪所学校。请在其中补上；都去区外的，"
        "占比填 0。",
        'the town "{found}" (empty: none stated) is not in {flow}, so nothing says where its children go. '
        "Add it there, with a share of 0 where all leave the area.",
    ),
    "fc_option_source": (
        "请给出 --project，或给出 --history 和其他文件，二者只取其一。",
        "give --project, or --history with its files, not both.",
    ),
    "fc_option_system": (
        "--system 应为 6-3 或 5-4，不是“{found}”。",
        '--system is 6-3 or 5-4, not "{found}".',
    ),
    "fc_option_files": (
        "{found} 与 --history 同用：项目有自己的学制和入学截止月份，并总是给出各情景、各层级。请去掉。",
        "{found}: goes with --history. A project has its own stages and cut-off, and all scenarios and "
        "levels. Leave it out.",
    ),
    "fc_option_outside": (
        "--from-outside 与 --project 同用：--estates 的文件里已写明外来占比。请去掉。",
        "--from-outside goes with --project: the file of --estates states the share. Leave it out.",
    ),
}

_FILE_WARNINGS = {
    "fc_sheet_left": (
        "这张工作表没有读入：它没有所需的各列。",
        "this sheet was not read: it lacks the columns needed.",
    ),
    "fc_column_unused": (
        "不认识这一列，没有用到。如是要用的数据，请核对表头。",
        "this column is not known and was not used. Check its head if it holds data that are needed.",
    ),
    "fc_school_unknown": (
        "学校“{found}”不在在校生历史中，这一行没有用到。请核对名称。{hint}",
        'the school "{found}" is not in the history, and its row was not used. Check its name. {hint}',
    ),
    "fc_groups_left": (
        "{found} 所学校没有列入（{names}）；它们归在名称为空的一组。如有遗漏请补上。",
        "schools not listed: {found} ({names}). They are in the group without a name; add those that were "
        "forgotten.",
    ),
    "fc_flow_births": (
        "镇街“{found}”没有出生数或登记儿童；它所去的学校，推算新生时用不上这个流向。请补上，或核对名称。",
        'there are no births or registered children of the town "{found}"; the schools it feeds cannot be '
        "told their entrants by this flow. Add them, or check the name.",
    ),
    "fc_flow_unused": (
        "没有用到：出生数和登记儿童都没有分镇街（town 列）。请补上，或去掉这个文件。",
        "was not used: neither births nor registered children are by town. Add the column town, or leave the "
        "file out.",
    ),
    "fc_estate_much": (
        "每户 {found} 名{stage}生：这是整个学段的人数，一般不到 1 名。请核对是否写错。",
        "{found} {stage} pupils per household: this counts all grades of the stage, and is seldom above 1. "
        "Check it.",
    ),
}

_LINEAGE_ERRORS = {
    "fc_lineage_incomplete": (
        "沿革中“{found}”一行没有写全：更名、合并、拆分都要有生效学年、原校和现校。请补上。",
        'the lineage row of "{found}" says too little: a school renamed, merged or split needs the year, the '
        "former school and the present one. Fill it in.",
    ),
}

_LINEAGE_WARNINGS = {
    "fc_class_unused": (
        "幼儿园在园人数没有用到：在校生历史的最低年级是 {found} 而不是 1，无法用来推算新生。",
        "the kindergarten rolls were not used: the lowest grade of the history is {found} and not 1, so they "
        "tell of no entrants.",
    ),
    "fc_perhaps_renamed": (
        "“{found}”到 {year} 学年没有了，“{to}”同年出现，各年级人数接得上：可能是更名。两校历史目前分开计；"
        "如属实，请在沿革中写明“更名”，历史就会接起来。",
        '"{found}" ends as "{to}" begins in {year}, and their grades match cohort by cohort: perhaps it was '
        "renamed. The two are kept apart now; if so, state it as renamed in the lineage table, and their "
        "histories are joined.",
    ),
    "fc_perhaps_merged": (
        "{year} 学年“{found}”的学生似乎都到了“{to}”：可能是合并。历史目前分开计；如属实，请在沿革中写明"
        "“合并”，历史就会并起来。",
        'the pupils of "{found}" all seem to be in "{to}" from {year} on: perhaps they were merged. They are '
        "kept apart now; if so, state it as merged in the lineage table, and their histories are joined.",
    ),
    "fc_perhaps_split": (
        "{year} 学年“{found}”的学生似乎分到了“{to}”：可能是拆分。历史目前分开计；如属实，请在沿革中写明"
        "“拆分”，历史就会分给各校。",
        'the pupils of "{found}" seem to be divided among "{to}" from {year} on: perhaps it was split. They '
        "are kept apart now; if so, state it as split in the lineage table, and the history is divided.",
    ),
    "fc_lineage_unknown": (
        "沿革中的学校“{found}”不在在校生历史中，这一行没有用到。请核对编号。",
        'the school "{found}" of the lineage table is not in the history; its row was not used. Check it.',
    ),
    "fc_lineage_later": (
        "学校“{found}”的沿革在历史的最新学年两年以后才生效，这次没有用到。",
        'the change of the school "{found}" lies more than a year after the history ends; it was not used.',
    ),
    "fc_lineage_gap": (
        "并入“{found}”的学校中有一所 {year} 学年没有数据；该年合不出总数，没有使用。请补上那一年。",
        'one of the schools merged into "{found}" has no rows for {year}; that year has no whole sum and was '
        "left out. Add the rows.",
    ),
}

_WARNINGS = {
    "fc_born_unknown": (
        "设定了出生至入学的存活率或净迁入率，但没有出生数，设定没有用到。请导入出生数，或撤回这条设定。",
        "survival or net migration from birth to entrance is stated, but there are no births, so it was not "
        "used. Import the births, or withdraw it.",
    ),
    "fc_gap": (
        "缺少 {found} 学年的数据；跨过缺口的递进率没有使用。",
        "the school years {found} are missing; no progression ratio was taken across the gap.",
    ),
    "fc_broken": (
        "{found} 学年各年级人数整体异常（如疫情）；学习递进率时没有使用这些年份。",
        "all grades moved together in {found} in a way no other year did (such as a pandemic); those years "
        "taught no ratios.",
    ),
    "fc_broken_base": (
        "最新学年 {found} 本身异常，预测以它为起点，请特别谨慎。",
        "the newest year {found} is itself out of line, and the forecast starts from it: take great care.",
    ),
    "fc_short": (
        "只有 {found} 个学年；范围主要依据别处的经验，不是本地的误差。",
        "there are only {found} school years; the range rests mostly on errors seen elsewhere, not on yours.",
    ),
    "fc_naive": (
        "只有一个学年；预测只是把现有人数保持不变。",
        "there is only one school year; the forecast merely keeps the present numbers.",
    ),
    "fc_closed": (
        "{found} 所学校在最新学年没有数据，按已停办处理，不作预测：{names}。",
        "{found} schools have no rows in the newest year; taken as closed and not forecast: {names}.",
    ),
    "fc_opened": (
        "{found} 所学校开办不足三年，递进率主要借用所在地区的：{names}。",
        "{found} schools opened less than three years ago; their ratios lean on those of their district: "
        "{names}.",
    ),
    "fc_moved": (
        "学校“{found}”出现在多个地区；已分别当作不同学校。",
        'the school "{found}" stands in several districts; they were taken as different schools.',
    ),
    "fc_births_jump": (
        "“{district}”{found} 年出生数比上年变化 {change}%；请核对是否混用了修订前后的口径。",
        "births of {district} in {found} differ by {change} % from the year before; check that revised and "
        "unrevised figures are not mixed.",
    ),
    "fc_births_mixed": (
        "出生数混用了修订前后的口径（{found}）；请统一为同一口径。",
        "births mix revised and unrevised figures ({found}); use figures of one kind throughout.",
    ),
    "fc_systems_mixed": (
        "{found} 所学校的年级与 {own} 学制不符，而分学段的合计按 {own} 计，请留意：{names}。",
        "{found} schools do not follow the {own} system by which stages are summed; mind the sums by stage: "
        "{names}.",
    ),
    "fc_births_gap": (
        "“{district}”缺少出生数（{found}）；这些年的入学人数改用其他办法推算。",
        "births of {district} are missing for {found}; entrants of those years rest on other evidence.",
    ),
    "fc_births_unknown": (
        "出生、登记或在园数据里的地区“{found}”（空白即未填）不在在校生历史中，这些数没有使用。",
        'the district "{found}" (empty: none stated) of births, registered children or kindergarten rolls '
        "is not in the history; these numbers were not used.",
    ),
}

register_kinds(_ERRORS | _FILE_ERRORS | _LINEAGE_ERRORS, level=ERROR)
register_kinds(_WARNINGS | _FILE_WARNINGS | _LINEAGE_WARNINGS, level=WARNING)
