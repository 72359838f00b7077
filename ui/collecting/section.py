"""The section 收表核数: three steps, the form and the year that they are about."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from planning.forms import FORMS, Form
from ui import widgets
from ui.collecting import issuing, receiving, reconciling
from ui.state import Context
from ui.texts import _, language


@dataclass(frozen=True)
class Asked:
    """What is being collected: a form, for a year."""

    layer: str
    year: int

    @property
    def form(self) -> Form:
        """The form."""
        return FORMS[self.layer]


def draw(context: Context) -> None:
    """Draw the section."""
    if not context.project.has("schools"):
        widgets.empty(_("收表要先知道有哪些学校。请先在“导入”里导入学校。"))
        return
    steps = {"issue": _("1 发表"), "receive": _("2 收表"), "reconcile": _("3 核对")}
    step = st.segmented_control(
        _("步骤"),
        list(steps),
        default="issue",
        required=True,
        format_func=steps.__getitem__,
        key="collect-step",
        label_visibility="collapsed",
    )
    if step == "reconcile":
        reconciling.draw(context)
        return
    asked = _asked(context)
    (receiving.draw if step == "receive" else issuing.draw)(context, asked.layer, asked.year)


def _asked(context: Context) -> Asked:
    """Draw the choice of form and year; both steps share it."""
    left, right = st.columns([3, 1])
    layer = left.selectbox(
        _("表"), list(FORMS), format_func=lambda name: _worded(FORMS[name]), key="collect-form"
    )
    year = right.number_input(
        _("收哪个学年(秋季)"),
        1990,
        2100,
        context.project.year,
        step=1,
        format="%d",
        key=f"collect-year-{context.project.id}",
    )
    return Asked(str(layer), int(year))


def _worded(form: Form) -> str:
    who = {"school": _("学校填"), "town": _("镇街填"), "office": _("住建部门填")}
    return f"{form.title.text(language())} · {who[form.sender]}"
