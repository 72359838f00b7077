"""The parts of the page 评审 below the maps: figures, units that change, gains and losses, drafts, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from planning import smallcounts
from ui import jobs, widgets
from ui.review import onefile
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import review as views
from ui.views import ruled
from ui.views.review import Reviewed
from ui.widgets import Exports

FILE = "review-file"  # the job, and what came of it


def figures(context: Context, chosen: Sequence[Reviewed], *, big: bool) -> None:
    """Draw the indicators of all plans with their clauses, the rules broken, and the units behind each."""
    st.subheader(_("指标"))
    shown(views.indicators(context, chosen), key="review-indicators", big=big)
    for plan in chosen:
        if said := views.seatless(context, plan):
            told = widgets.escape(_("、").join(said))
            st.caption(
                _(
                    "{plan}:没有学位的片区:{zones}。招生计划为 0,算不出负荷;各表按未划入、负荷不明计。",
                    plan=widgets.escape(plan.name),
                    zones=told,
                )
            )
    st.subheader(_("各方案不符合的规则(处)"))
    _judged(chosen)
    rules, broken = views.rules(context, chosen)
    if rules.empty:
        widgets.empty(_("各方案都符合所用规则。"))
    else:
        shown(rules, key="review-rules", big=big)
    _behind(context, chosen, broken)


def _judged(chosen: Sequence[Reviewed]) -> None:
    """Draw the switch of the rules that plans are judged by, where some come from a search under rules."""
    for plan in (plan for plan in chosen if plan.unfit):
        name = widgets.escape(plan.name)
        st.caption(_("{plan}:上次优化的可选规则与现在的数据已不相符,这里只按一般规则判断。", plan=name))
    under = [plan for plan in chosen if plan.under is not None and plan.under.ruled is not None]
    if not under or st.toggle(_("只按一般规则判断"), key=ruled.PLAIN):
        return
    for plan in under:
        if plan.under is not None and plan.under.ruled is not None:
            told = widgets.escape(ruled.words(plan.under.ruled.search.rules))
            name, when = widgets.escape(plan.name), plan.under.ruled.when
            st.caption(
                _("{plan}:按 {when} 优化时设定的可选规则判断:{rules}。", plan=name, when=when, rules=told)
            )


def shown(frame: pd.DataFrame, *, key: str, big: bool, height: int = 0) -> None:
    """Draw a table, so many pixels high if given; in a presentation in large type, as long as it is."""
    if big:
        with st.container(key=f"{key}-big"):
            st.html(f'<div class="hp-review">{onefile.table(frame)}</div>')
    elif height:
        widgets.table(frame, key=key, height=height)
    else:
        widgets.table(frame, key=key)


def _behind(context: Context, chosen: Sequence[Reviewed], broken: Mapping[str, list[pd.DataFrame]]) -> None:
    st.subheader(_("数字背后的单元"))
    known = views.behind(context)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = st.selectbox(_("哪个数字"), [*known, *broken], key="review-what")
        names = [plan.name for plan in chosen]
        said = st.segmented_control(
            _("哪个方案"),
            names,
            default=names[0],
            required=True,
            format_func=widgets.escape,
            key="review-whose",
        )
    at = names.index(said) if said in names else 0
    if what in known:
        rows = views.units(context, chosen[at], known[what](context, chosen[at]))
    else:
        rows = broken[str(what)][at]
    st.caption(_("{what} · {plan}:{n} 行", what=what, plan=widgets.escape(names[at]), n=f"{len(rows):,}"))
    if len(rows):
        widgets.table(rows, key="review-behind", height=min(420, 38 + 35 * len(rows)))
        tables = {_("数字背后的单元"): onefile.published(rows)}
        widgets.exports(context, Exports("behind", tables=tables), key="review-behind-file")


def moved(context: Context, chosen: Sequence[Reviewed], *, big: bool) -> None:
    """Draw the units that each plan places otherwise than the first, with pupils and metres."""
    base = widgets.escape(chosen[0].name)
    for number, other in enumerate(chosen[1:]):
        changed = views.changes(context, chosen[0], other)
        rows = views.moved(context, changed[changed["moved"]])
        st.subheader(_("{other} 与 {base} 不同的单元", other=widgets.escape(other.name), base=base))
        if rows.empty:
            widgets.empty(_("两个方案相同,没有变化的单元。"))
            continue
        pupils = widgets.whole(rows["pupils"].sum())
        st.markdown(_("共 {units} 个单元、{pupils} 名新生。", units=f"{len(rows):,}", pupils=pupils))
        shown(rows, key=f"review-moved-{number}", big=big, height=min(420, 38 + 35 * len(rows)))


def gains(context: Context, chosen: Sequence[Reviewed], *, big: bool) -> None:
    """Draw who gains and who loses by distance and crowding, with the units of any band."""
    base = widgets.escape(chosen[0].name)
    for number, other in enumerate(chosen[1:]):
        changed = views.changes(context, chosen[0], other)
        st.subheader(_("{other} 比 {base}:谁受益,谁受损", other=widgets.escape(other.name), base=base))
        # large type needs the whole width of the page
        halves = [st.container(), st.container()] if big else st.columns(2, gap="large")
        for by, column in zip(("distance", "crowding"), halves, strict=True):
            with column:
                st.markdown({"distance": _("**步行距离**"), "crowding": _("**学校拥挤**")}[by])
                shown(views.gains(changed, by), key=f"review-gain-{by}-{number}", big=big)
                _of_band(context, changed, by, key=f"{by}-{number}", big=big)


def _of_band(context: Context, changed: pd.DataFrame, by: str, *, key: str, big: bool) -> None:
    """Draw the choice of a band, at first one for which something changes, and its units."""
    words, lived = views.bands(by), changed[changed["pupils"] > 0]
    there = [band for band in words if band != "same" and (lived[by] == band).any()]
    st.session_state.setdefault(f"review-band-{key}", (there or ["same"])[0])
    band = st.selectbox(
        _("看哪一档的单元"), list(words), format_func=words.__getitem__, key=f"review-band-{key}"
    )
    rows = views.moved(context, lived[lived[by] == band], by=by)
    if rows.empty:
        widgets.empty(_("这一档没有单元。请在上面换一档。"))
        return
    shown(rows, key=f"review-of-{key}", big=big, height=min(300, 38 + 35 * len(rows)))


def export(context: Context, chosen: Sequence[Reviewed]) -> None:
    """Draw the downloads: the workbook of the review, its one-file page, and what was said as JSON."""
    log = views.log(context)
    st.markdown(
        _(
            "单文件评审含地图、指标、变化的单元、意见和决定,用任何浏览器离线打开,不访问网络。"
            "地图边界化简到 {metres} 米,公共边界仍为公共。",
            metres=onefile.METRES,
        )
    )
    _one_file(context, chosen)
    what = Exports(
        f"review-{context.stage}",
        tables=lambda: tables(context, chosen),
        notes=[
            f"{_('方案')}: {_(';').join(plan.name for plan in chosen)}",
            f"{_('学段')}: {stage_word(context.stage)}",
            smallcounts.NOTE.text(language()),
        ],
    )
    widgets.exports(context, what, key="review")
    name = f"{context.project.id}-review.json"
    widgets.download(
        _("意见和决定(.json)"), lambda: log.export(context.project.id).encode(), name, key="review-json"
    )


def _one_file(context: Context, chosen: Sequence[Reviewed]) -> None:
    """Draw the button that has the one-file review made, its progress, and then the download."""
    asked = {
        "folder": context.project.folder,
        "stage": context.stage,
        "year": context.year,
        "draft_ids": [plan.id for plan in chosen],
        "lang": language(),
    }
    # What the file would hold: made again where plans, words or data have changed since.
    stand = [
        asked,
        [plan.rev for plan in chosen],
        context.project.key,
        views.log(context).export(context.project.id),
    ]
    state = st.session_state

    def keep(file: bytes) -> None:
        state[FILE] = (state[f"{FILE}-asked"], file)

    def make() -> None:
        state[f"{FILE}-asked"] = stand
        jobs.start(FILE, "ui.review.onefile:job", **asked)

    jobs.watch(FILE, _("正在制作单文件评审"), keep)
    made, file = state.get(FILE, (None, b""))
    if made == stand:
        name = f"{context.project.id}-review-{context.stage}-{context.year}.html"
        st.download_button(
            _("下载单文件评审(离线可开)"), file, name, key="review-html", type="primary", on_click="ignore"
        )
    elif not jobs.running(FILE):
        st.button(_("制作单文件评审"), key="review-make", type="primary", on_click=make)


def tables(context: Context, chosen: Sequence[Reviewed]) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook, small counts hidden."""
    log = views.log(context)
    found = {_("指标"): views.indicators(context, chosen), _("规则核对"): views.rules(context, chosen)[0]}
    for other in chosen[1:]:
        changed = views.changes(context, chosen[0], other)
        letter = other.name[0]
        rows = views.moved(context, changed[changed["moved"]])
        found[_("变化的单元 {letter}", letter=letter)] = onefile.published(rows)
        for by, word in (("distance", _("步行距离")), ("crowding", _("学校拥挤"))):
            found[f"{word} {letter}"] = onefile.published(views.gains(changed, by))
    project = context.project.id
    comments, decisions = log.comments(project, stage=context.stage), log.decisions(project)
    found[_("意见")] = onefile.comment_rows(comments)
    found[_("决定")] = onefile.decision_rows(decisions)
    return found
