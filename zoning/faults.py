"""Words of the faults that the catchment engine finds in its input, in Chinese and English."""

from __future__ import annotations

from gis.faults import register_kinds

register_kinds(
    {
        "zoning_column_missing": (
            "缺少“{found}”列。请补上这一列，表头写作“{found}”。",
            'column "{found}" is missing. Add it with the header "{found}".',
        ),
        "zoning_file_unreadable": (
            "读不出这个文件（{found}）。应为 UTF-8 或 GB18030 编码的 CSV 文件，请检查路径和格式。",
            "this file cannot be read ({found}). A CSV file in UTF-8 or GB18030 is expected; "
            "check path and format.",
        ),
        "zoning_empty": (
            "这张表没有数据行，至少应有一行。请补充数据。",
            "this table has no rows; at least one is expected. Add the data.",
        ),
        "zoning_id_missing": (
            "编号为空。每一行都要有编号，请补上。",
            "the id is empty. Every row needs one; fill it in.",
        ),
        "zoning_id_twice": (
            "编号“{found}”重复。每个编号只能出现一次，请改正或删去多余的行。",
            'id "{found}" stands twice. Each id may stand once; mend it or drop the extra row.',
        ),
        "zoning_not_number": (
            "“{found}”不是有限的数值。请填写数字。",
            '"{found}" is not a finite number. Enter a number.',
        ),
        "zoning_not_count": (
            "“{found}”应为大于等于 0 的整数（人数）。请改正。",
            '"{found}" should be a whole number of pupils, 0 or more. Mend it.',
        ),
        "zoning_unit_unknown": (
            "单元表中没有“{found}”。请改正编号，或在单元表中补上这个单元。",
            'there is no unit "{found}". Mend the id or add the unit to the table of units.',
        ),
        "zoning_zone_unknown": (
            "学校（片区）表中没有“{found}”。请改正编号，或在表中补上。",
            'there is no school (zone) "{found}". Mend the id or add it to the table of schools.',
        ),
        "zoning_self_neighbour": (
            "单元“{found}”与自己相邻。请删去这一行。",
            'unit "{found}" is listed as its own neighbour. Drop this row.',
        ),
        "zoning_capacity_differs": (
            "片区“{found}”各行的学位数不一致。每行应填写整个片区的学位数，请改成一致。",
            'the rows of zone "{found}" give different capacities. Each should give that of the whole zone; '
            "make them equal.",
        ),
        "zoning_metres_negative": (
            "单元“{unit}”到“{found}”的距离为负数。距离应大于等于 0 米，请改正。",
            'the distance from unit "{unit}" to "{found}" is negative. It should be 0 metres or more; '
            "mend it.",
        ),
        "zoning_lock_off_school": (
            "单元“{unit}”内有学校，却锁定到了别的片区“{found}”。请解除这个锁定。",
            'unit "{unit}" has a school in it but is locked to another zone, "{found}". Release the lock.',
        ),
        "zoning_lock_forbidden": (
            "单元“{unit}”锁定到“{found}”，而这一对又被禁止。请只留其一。",
            'unit "{unit}" is locked to "{found}", and that pair is forbidden. Keep only one of the two.',
        ),
        "zoning_plan_unit_twice": (
            "方案中单元“{found}”出现了两次。每个单元只能有一行，请删去多余的行。",
            'unit "{found}" stands twice in the plan. Each unit may stand once; drop the extra row.',
        ),
        "zoning_plan_unit_unknown": (
            "方案中的单元“{found}”不在单元表中。请改正编号。",
            'unit "{found}" of the plan is not in the table of units. Mend the id.',
        ),
        "zoning_plan_zone_unknown": (
            "方案把单元“{unit}”划入“{found}”，但没有这个片区。请改正编号。",
            'the plan puts unit "{unit}" into "{found}", but there is no such zone. Mend the id.',
        ),
    }
)
