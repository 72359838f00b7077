"""How the numbers of the page 学位 are made: formulas, clauses, and the thresholds in use."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import vocabulary
from ui import widgets
from ui.state import Context
from ui.texts import _, language
from ui.views import seats as views
from ui.views.seats import Need


def draw(context: Context, found: Need | None) -> None:
    """Draw the help of the page, with the rules that the need was measured with."""
    with st.expander(_("这些数字怎么来的")):
        st.markdown(_need_text())
        if found is not None:
            widgets.table(rule_table(context, found.roster), key="need-rules")
        st.markdown(_gap_text())


def rule_table(context: Context, year: int) -> pd.DataFrame:
    """Return the thresholds in force in a year: what, how much, from where, how sure."""
    lang = language()
    rows = [
        {
            "rule": rule.title(lang),
            "threshold": f"{vocabulary.OPS[rule.op].text(lang)} {rule.value:,.4g} {rule.unit}",
            "source": rule.source,
            "clause": rule.clause,
            "confidence": vocabulary.CONFIDENCE[rule.confidence].text(lang),
        }
        for rule in views.rules(context.project, year)
    ]
    return pd.DataFrame(rows, columns=["rule", "threshold", "source", "clause", "confidence"])


def _need_text() -> str:
    return _(
        "**需新增学位 = 增长 + 消除大班额 + 消除大校额 + 校舍不足**,按旗区和学段计算,各项向上取整。\n"
        "- **增长** = max(0, 今后三年预测在校生的峰值 − 现有在校生)。上下限用预测的 80% 区间同样计算;"
        "合计的上下限是各旗区上下限之和,假定误差同向,因此比 80% 更宽。\n"
        "- **消除大班额** c = Σ 各班 max(0, 班额 − 标准班额)。\n"
        "- **消除大校额** s = max(0, 在校生 − 规模上限 − c)。\n"
        "- **校舍不足** f = max(0, 在校生 − 面积可容人数 − c − s);面积可容人数 = "
        "教学及辅助用房面积 ÷ 生均标准"
        "(九年一贯制按两段学生加权)。\n"
        "- **不重复计算**:后一项只算前几项没有覆盖的学生,所以一校的 c + s + f = "
        "max(班额超出, 规模超出, 面积超出);"
        "增长算的是还没有入校的学生。别处的空余学位不抵扣。\n\n"
        "参照:鄂尔多斯 2024–2026 年方案写明新增需求 0.8 万、供给 4.7 万,可见需求从来不只是增长。所用标准:"
    )


def _gap_text() -> str:
    return _(
        "- **学位缺口** = 入学人数 − 招生计划(默认,老生老办法:在校生不因片区调整而转学);"
        "“全部年级对全部学位” = 片区内各年级儿童 − 设计学位。一校学位未注明的片区不计算。\n"
        "- **预警**:红 ≥ 100%,黄 90–100%,绿 < 90%(浙江做法,不是全国规定)。\n"
        "- **已登记**:该届儿童已全部出生并在登记中;**登记未全**:登记时点早于该届截止日(8 月 31 日)。\n"
        "- **峰后闲置学位** = max(0, 学位 − 在校生),取峰值之后学生最少的一年;学生少(下限)则闲置多(上限)。\n"
        "- **逐年供需**:全部学校(含民办)的在校生预测,对现有设计学位;今后的新建、扩建、撤并尚未计入。"
    )
