"""The review as one HTML file: opens offline in any browser and asks nothing of any network."""

from __future__ import annotations

import base64
import html as markup
import re
from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import pandas as pd

from gis.leaflet import to_json
from gis.maps import TOLERANCE
from planning import smallcounts
from planning.project import open_project
from ui import board, widgets
from ui.board.ground import NAME
from ui.review import maps
from ui.state import Context, stage_word
from ui.texts import _, language, speaking
from ui.texts.columns import PERCENT_POINTS, YEARS, localise, rounded
from ui.views import edits
from ui.views import review as views
from ui.views.review import Reviewed

#: Metres: a corner of a border goes where the triangle that it cuts off is smaller than these squared.
METRES = f"{TOLERANCE:g}"
# Whatever the file holds, a browser loads nothing for it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
# A number as a cell writes it: sign, digits, unit; a dash where there is none; fewer than may be published.
_FIGURE = re.compile(r"—|[<+−-]?\s?\d[\d,.]*\s?(%|m|km|人·公里|pupil-km)?(\s?(估|est\.?))?")


class Lists:
    """The lists of units behind the figures of the file, each kept once.

    Parameters
    ----------
    units : sequence of str
        Unit ids in the order of the map's ground.
    """

    def __init__(self, units: Sequence[str]) -> None:
        self._at = {unit: number for number, unit in enumerate(units)}
        self._known: dict[tuple[int, ...], int] = {}

    def number(self, where: pd.Series) -> int:
        """Return the number of the list of the units told by a Series of bool."""
        units = where.index[where.to_numpy(dtype=bool)]
        return self._known.setdefault(tuple(self._at[u] for u in units if u in self._at), len(self._known))

    def all(self) -> list[list[int]]:
        """Return every list, by number."""
        return [list(units) for units in self._known]


def job(
    *,
    folder: Path,
    stage: str,
    year: int,
    draft_ids: Sequence[str],
    lang: str,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> bytes:
    """Return the review of some drafts, "" for the plan in force, as one page: what a worker process runs."""
    context = Context(open_project(folder), stage, year, None)
    with speaking(lang):
        progress(0.05, _("读取方案"))
        chosen = views.load(context, draft_ids)
        contested = views.places(chosen)
        return html(context, chosen, contested, progress=progress, cancelled=cancelled).encode()


def html(
    context: Context,
    chosen: Sequence[Reviewed],
    contested: pd.Series,
    *,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> str:
    """Return the review of the chosen plans as one page; empty if it was cancelled.

    Parameters
    ----------
    context : Context
        Project, stage and year.
    chosen : sequence of Reviewed
        The plans; the others are held against the first.
    contested : Series
        Number of the place by unit: see `planning.review.places`.
    progress : function of share done and words, optional
        Called before each part.
    cancelled : function, optional
        Tells, before each part, whether to stop.
    """
    log, project = views.log(context), context.project.id
    comments = log.comments(project, stage=context.stage)
    lists = Lists(board.drawn(context.project.key, context)[0])
    parts: list[tuple[str, Callable[[], str]]] = [
        (_("指标"), lambda: _indicators(context, chosen, lists)),
        (_("各方案不符合的规则(处)"), lambda: _rules(context, chosen)),
        *(_changed(context, chosen[0], other, lists) for other in chosen[1:]),
        (_("意见"), lambda: table(comment_rows(comments))),
        (_("决定"), lambda: table(decision_rows(log.decisions(project)))),
    ]
    said = []
    for number, (title, make) in enumerate(parts):
        if cancelled is not None and cancelled():
            return ""
        if progress is not None:
            progress(0.2 + 0.6 * number / len(parts), title)
        said.append(_section(title, make()))
    if progress is not None:
        progress(0.85, _("地图"))
    return _page(context, said, to_json(_map(context, chosen, contested, comments, lists)))


def _map(
    context: Context,
    chosen: Sequence[Reviewed],
    contested: pd.Series,
    comments: pd.DataFrame,
    lists: Lists,
) -> dict[str, Any]:
    """Return what the viewer draws, with the lists of units behind figures and the ground itself."""
    data = maps.payload(context, chosen, contested, place=-1, comments=comments, published=True)
    places = [lists.number(pd.Series(contested == n, index=contested.index)) for n in sorted(set(contested))]
    body = board.drawn(context.project.key, context)[2]
    ground = base64.b64encode(body[NAME:]).decode()
    return data | {"lists": lists.all(), "places": places, "ground_bytes": ground}


def _page(context: Context, said: Sequence[str], data: str) -> str:
    title = markup.escape(f"{widgets.project_name(context)} · {_('评审')}")
    lang = "zh-CN" if language() == "zh" else "en"
    style = f"<style>{maps.style()}\n{maps.asset('file.css')}</style>"
    walk = "".join(
        f'<button type="button" id="{key}">{markup.escape(word)}</button>'
        for key, word in (("back", _("上一处")), ("next", _("下一处")))
    )
    place = markup.escape(_("第 {k} 处,共 {n} 处", k="{k}", n="{n}"))
    return "".join(
        [
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{title}</title>{style}</head><body><header><h1>{title}</h1>{_head(context)}</header>",
            f'<div class="hp-board-bar hp-board" id="walk">{walk}',
            f'<span id="where" data-said="{place}"></span></div>',
            '<div class="hp-pair"></div><div id="list"></div>',
            *said,
            f'<script type="application/json" id="data">{data}</script>',
            f"<script>{maps.script('file.js')}</script></body></html>",
        ]
    )


def _head(context: Context) -> str:
    stamp = _("合成数据:地名真实,人口、学校、路网均为虚构")
    below = " · ".join([widgets.school_year(context.year), stage_word(context.stage)])
    lines = [
        below,
        _("点任何带下划线的数字,列出它背后的单元。边界化简到 {metres} 米,公共边界仍为公共。", metres=METRES),
        smallcounts.NOTE.text(language()),
        *widgets.provenance(context),
    ]
    mark = f'<p class="hp-stamp">{markup.escape(stamp)}</p>' if context.project.synthetic else ""
    return mark + "".join(f"<p>{markup.escape(line)}</p>" for line in lines)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{markup.escape(title)}</h2>{body}</section>"


def table(frame: pd.DataFrame, link: Callable[[int, str], int | None] | None = None) -> str:
    """Return a frame as an HTML table, everything in it escaped.

    Parameters
    ----------
    frame : DataFrame
        Columns are worded in the language of the tab.
    link : function of row and column, optional
        The number of the list of units behind a cell, None where there is none.
    """
    if frame.empty:
        return f"<p>{markup.escape(_('没有记录。'))}</p>"
    worded = localise(rounded(frame), language())
    marks = [_mark(worded.iloc[:, at]) for at in range(worded.shape[1])]
    heads = "".join(
        f"<th{mark}>{markup.escape(str(name))}</th>" for name, mark in zip(worded, marks, strict=True)
    )
    rows = []
    for number, row in enumerate(worded.itertuples(index=False)):
        cells = [
            _cell(str(name), value, link(number, str(name)) if link else None, mark)
            for name, value, mark in zip(frame.columns, row, marks, strict=True)
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _mark(column: pd.Series) -> str:
    """Return what sets a column of numbers, whole or with their units, to the right."""
    if pd.api.types.is_bool_dtype(column):
        return ""
    figures = pd.api.types.is_numeric_dtype(column) or all(
        _FIGURE.fullmatch(str(value)) for value in column.dropna()
    )
    return ' class="hp-number"' if figures else ""


def _cell(name: str, value: object, behind: int | None, mark: str) -> str:
    said = markup.escape(_words(name, value))
    if behind is None:
        return f"<td{mark}>{said}</td>"
    return f'<td{mark}><button type="button" class="figure" data-list="{behind}">{said}</button></td>'


def _words(name: str, value: Any) -> str:
    """Return a value as people read it: whole numbers with separators, loads with one decimal."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return "—"
    if name in PERCENT_POINTS:
        return f"{value:.1f} %"
    return f"{value:,}" if isinstance(value, Integral) and name not in YEARS else str(value)


def _indicators(context: Context, chosen: Sequence[Reviewed], lists: Lists) -> str:
    frame, known = views.indicators(context, chosen), views.behind(context)
    plans = {plan.name: plan for plan in chosen}

    def link(row: int, column: str) -> int | None:
        word = str(frame["indicator"].iloc[row])
        if column not in plans or word not in known:
            return None
        return lists.number(known[word](context, plans[column]))

    return table(frame, link)


def _rules(context: Context, chosen: Sequence[Reviewed]) -> str:
    rules, behind = views.rules(context, chosen)
    if rules.empty:
        return f"<p>{markup.escape(_('各方案都符合所用规则。'))}</p>"
    parts = [table(rules)]
    for rule, found in behind.items():
        for plan, rows in zip(chosen, found, strict=True):
            if len(rows):
                title = markup.escape(f"{rule} · {plan.name}: {len(rows):,}")
                parts.append(f"<details><summary>{title}</summary>{table(published(rows))}</details>")
    return "".join(parts)


def _changed(
    context: Context, base: Reviewed, other: Reviewed, lists: Lists
) -> tuple[str, Callable[[], str]]:
    """Return the heading of what another plan changes, and how to word it."""
    title = _("{other} 比 {base}:谁受益,谁受损", other=other.name, base=base.name)
    return title, lambda: _gains(context, base, other, lists)


def _gains(context: Context, base: Reviewed, other: Reviewed, lists: Lists) -> str:
    changed = views.changes(context, base, other)
    moved = lists.number(changed["moved"])
    count = _("{n} 个单元换学校", n=f"{int(changed['moved'].sum()):,}")
    parts = [
        f'<p><button type="button" class="figure" data-list="{moved}">{markup.escape(count)}</button></p>'
    ]
    for by in ("distance", "crowding"):
        frame = views.gains(changed, by)
        keys = list(views.bands(by))

        def link(row: int, column: str, by: str = by, keys: list[str] = keys) -> int | None:
            lived = (changed[by] == keys[row]) & (changed["pupils"] > 0)
            return lists.number(lived) if column == "units" else None

        parts.append(table(published(frame), link))
    return "".join(parts)


def published(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table as it may be handed on: small numbers of pupils hidden."""
    if "pupils" not in frame or not pd.api.types.is_numeric_dtype(frame["pupils"]):
        return frame
    return frame.assign(pupils=smallcounts.hidden(frame["pupils"], smallcounts.small(frame["pupils"])))


def comment_rows(comments: pd.DataFrame) -> pd.DataFrame:
    """Return comments as a table: number, place, words, who and when, and who settled them."""
    settled = [
        f"{who} · {edits.when(str(at))}" if who else ""
        for who, at in zip(comments["settled_by"], comments["settled_at"], strict=True)
    ]
    return pd.DataFrame(
        {
            _("号"): range(1, len(comments) + 1),
            _("地点"): comments["place"].replace("", "—"),
            _("意见"): comments["text"],
            _("提出人"): comments["author"],
            "at": [edits.when(at) for at in comments["at"]],
            _("处理"): settled,
        }
    )


def decision_rows(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return decisions as a table: day, names, words, the draft with its revision, who wrote it down."""
    drafts = [
        _("{draft}(第 {rev} 步)", draft=row.draft, rev=row.rev) if row.rev else str(row.draft)
        for row in decisions.itertuples()
    ]
    return pd.DataFrame(
        {
            _("会议日期"): decisions["held_on"],
            _("作出决定的人(姓名)"): decisions["names"],
            _("决定"): decisions["text"],
            _("方案"): drafts,
            _("学段"): [stage_word(stage) for stage in decisions["stage"]],
            "year": decisions["year"],
            _("记录人"): decisions["author"],
            "at": [edits.when(at) for at in decisions["at"]],
        }
    )
