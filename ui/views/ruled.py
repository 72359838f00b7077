"""A plan judged by the optional rules (可选规则) of the search that it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import streamlit as st

from planning import lastsearch, unitcolumns, zoneoptions
from planning.drafts import PlanKey
from planning.lastsearch import LastSearch
from planning.zoneoptions import Choice
from ui import widgets
from ui.state import Context, draft_store
from ui.texts import _
from ui.views import edits
from ui.views.edits import Desk
from ui.views.zones import Assessment, fingerprint
from zoning.options import Options
from zoning.posed import Posed

PLAIN = "judge-plain"
"""Key of the switch that judges by the rules that always apply only."""


@dataclass(frozen=True)
class Ruled:
    """The rules that a plan is judged by.

    Attributes
    ----------
    search : LastSearch
        Where they come from.
    posed : Posed
        The problem with them in it.
    mark : str
        The same for the same rules: what results are cached by.
    """

    search: LastSearch
    posed: Posed
    mark: str

    @property
    def when(self) -> str:
        """The time of the search, as this machine's clock shows it."""
        return edits.when(self.search.at)

    @property
    def too_many_moved(self) -> bool:
        """Tell whether a limit on the pupils moved was asked for; it holds for searches of all zones."""
        return self.search.rules.most_moved is not None and not self.search.within


def judged(context: Context, desk: Desk, found: Assessment) -> Assessment | None:
    """Return a plan held against the rules of its last search; None where that had none.

    Raises
    ------
    FaultError
        If the rules no longer fit the data, such as a town that has a second school now.
    """
    return None if desk.draft is None else of_draft(context, desk.draft.id, desk.key, found)


def of_draft(context: Context, draft_id: str, key: PlanKey, found: Assessment) -> Assessment | None:
    """Return the same for a draft by its id and the plan that is looked at."""
    search = lastsearch.of_draft(draft_store(context.project), draft_id, key)
    if search is None:
        return None
    rules = json.dumps([search.rules.payload(), search.within, search.at], ensure_ascii=False)
    mark = fingerprint(found.held, found.reference)
    place = (context.project.key, context.stage, context.year, mark, rules)
    return _judged(fingerprint(found.plan), place, context, found, search)


@st.cache_resource(max_entries=8, show_spinner=False)
def _judged(
    plan: str, place: tuple[object, ...], _context: Context, _found: Assessment, _search: LastSearch
) -> Assessment:
    ruled = _ruled(place, _context, _found, _search)
    cut = _found.problem.unit_ids.isin(_found.units_that("cut_off"))
    breaks = ruled.posed.check(_found.plan, cut=cut)
    return replace(_found, problem=ruled.posed.changed, breaks=breaks, ruled=ruled)


@st.cache_resource(max_entries=8, show_spinner=False)
def _ruled(place: tuple[object, ...], _context: Context, _found: Assessment, _search: LastSearch) -> Ruled:
    """Return the rules in the problem: kept, as no stroke on the board but a lock changes them."""
    key, stage, year, _mark, rules = place
    free = (key, stage, year, fingerprint(_found.reference), rules)
    posed = _options(free, _context, _found, _search).apply(_found.problem)
    if _search.within:
        posed = posed.within(_search.within)
    return Ruled(_search, posed, str(place[-1]))


@st.cache_resource(max_entries=8, show_spinner=False)
def _options(
    place: tuple[object, ...], _context: Context, _found: Assessment, _search: LastSearch
) -> Options:
    """Return what the rules ask of units and zones: which are locked makes no difference to that."""
    project, stage, year = _context.project, _context.stage, _context.year
    return zoneoptions.options(project, stage, _search.rules, _found.problem, _found.reference, year=year)


def words(rules: Choice) -> str:
    """Return optional rules in words: 最远步行 1,500 米;负荷上限 95 %."""
    said = [
        _("最远步行 {n} 米", n=widgets.whole(rules.max_metres)) if rules.max_metres else "",
        _("小学生不跨越障碍") if rules.no_crossing else "",
        _("每调整一名学生折合 {n} 米", n=widgets.whole(rules.stay)) if rules.stay else "",
        "" if rules.most_moved is None else _("最多调整学生 {n} 人", n=widgets.whole(rules.most_moved)),
        _("整体划入:{towns}", towns=_("、").join(rules.towns)) if rules.towns else "",
        _("对口直升(小学片区整体升入一所初中)") if rules.feeders else "",
        _("认可的飞地 {n} 个单元", n=len(rules.enclaves)) if rules.enclaves else "",
        _("每片区至少 {n} 人", n=widgets.whole(rules.least)) if rules.least else "",
        _("负荷上限 {n} %", n=f"{rules.share * 100:g}") if rules.share else "",
        _("均衡{what},相差不超过 {n}", what=attribute_word(rules.balance or ""), n=f"{rules.deviation:g}")
        if rules.deviation
        else "",
        _("边界每公里折合 {n} 人·公里", n=f"{rules.compact:g}") if rules.compact else "",
        _("{n} 个片区不受最少人数和均衡限制", n=len(rules.small)) if rules.small else "",
    ]
    return _(";").join(each for each in said if each)


def attribute_word(column: str) -> str:
    """Return what an attribute of the units is called."""
    return _("随迁子女占比") if column == unitcolumns.MIGRANT else column
