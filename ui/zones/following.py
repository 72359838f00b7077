"""对口直升 among the optional rules of a junior search: which primary plan to follow, and what cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from gis.faults import FaultError
from planning import feeders
from planning.zoneoptions import Choice
from ui import widgets
from ui.state import Context, draft_store
from ui.texts import _, language
from ui.views import plan as plans
from ui.views import review, zones
from zoning.feeders import REASONS


def choose(context: Context, choice: Choice) -> Choice:
    """Draw the choice of the primary plan that junior zones follow; return it with the other rules."""
    if context.stage != "junior":
        return choice
    named = review.names(context)
    draft = st.selectbox(
        _("对口直升:依据的小学片区"),
        list(named),
        index=None,
        format_func=lambda key: named.get(key, key),
        key="engine-feeders",
        placeholder=_("不要求"),
        help=_("每个小学片区整体升入一所初中。不相连或含几所初中等不能整体升入的片区会列出,按单元划。"),
    )
    if draft is None:
        return choice
    rev = draft_store(context.project).get(draft).rev if draft else 0
    source = (str(draft), rev, context.year)
    try:
        unfit = feeders.fed(context.project, source, zones.problem(context), share=choice.share).unfit
    except FaultError as error:
        st.warning(error.text(language()))
        return choice
    for line in remarks(context, zip(unfit["primary_zone"], unfit["reason"], strict=True)):
        st.caption(line)
    return replace(choice, feeders=source)


def remarks(context: Context, unfit: Iterable[tuple[str, str]]) -> list[str]:
    """Return in words the primary zones that cannot go whole, each with its reason; empty without any."""
    names = plans.zone_names(context.project.key, "primary", context.project)
    said = [f"{names.get(zone, zone)}({REASONS[reason].text(language())})" for zone, reason in unfit]
    if not said:
        return []
    which = widgets.escape(_("、").join(said))
    return [_("不能整体升入一所初中、按单元划的小学片区:{zones}。", zones=which)]
