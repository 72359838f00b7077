"""What headers and words mean, said once for a kind of table and remembered (`planning.mappings`)."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from gis.columns import Column
from gis.layers import SCHEMAS, grade_label
from planning import mappings
from planning.preview import COORDINATES, Choice, TablePreview
from ui.importing.looking import choice, say
from ui.outcome import plain
from ui.texts import _, language

#: What leaves a header as it is: kept under its own name, used nowhere.
_KEPT = "-"
MOST_WORDS = 40


def draw(number: int, table: TablePreview) -> None:
    """Draw what is understood and what is not; take what the planner says about the rest."""
    _understood(table)
    asked = [head for head in table.columns if head in table.samples or head in table.mapping]
    with st.form(f"import-table-{number}-columns", border=False):
        mapping = _headers(number, table, asked)
        words = _words(number, table)
        others = [head for head, meant in table.columns.items() if head not in asked and meant is not None]
        if others:
            with st.expander(_("改已认出的列")):
                mapping |= _headers(number, table, others, known=True)
        if st.form_submit_button(_("应用"), key=f"import-table-{number}-apply"):
            say(table, replace(choice(table), mapping=mapping, words=words))
            st.rerun()
    _remembered(number, table)


def _understood(table: TablePreview) -> None:
    lang = language()
    known = [
        f"{head} → {w.text(lang)}" if head != w.text(lang) else head for head, w in table.columns.items() if w
    ]
    lines = [_("认出 {n} 列:{names}", n=len(known), names=_("、").join(known))] if known else []
    if table.missing:
        names = _("、").join(words.text(lang) for words in table.missing)
        lines.append(_("缺 {n} 个必需的列:{names}", n=len(table.missing), names=names))
    if table.personal:
        lines.append(_("像是个人信息、不保存的列:{names}", names=_("、").join(table.personal)))
    st.caption("  \n".join(plain(line) for line in lines))


def _headers(number: int, table: TablePreview, headers: list[str], *, known: bool = False) -> dict[str, str]:
    """Draw a choice for each header; return what was chosen: header -> column, "" for not used."""
    if not headers:
        return {}
    if not known:
        st.markdown(f"**{_('不认识的列')}**")
    schema = SCHEMAS[table.layer]
    targets = {c.name: c.label.text(language()) + (" *" if c.required else "") for c in schema.columns}
    if schema.geometry:
        targets |= {name: words.text(language()) for name, words in COORDINATES.items()}
    texts = {_KEPT: _("按认出的") if known else _("原样保留,不参与计算"), "": _("不使用"), **targets}
    chosen = {}
    columns = st.columns(2)
    for at, head in enumerate(headers):
        examples = _("、").join(table.samples.get(head, [])[:4])
        picked = columns[at % 2].selectbox(
            f"{plain(head)}({_('如 {examples}', examples=plain(examples))})" if examples else plain(head),
            list(texts),
            index=list(texts).index(table.mapping.get(head, _KEPT)),
            format_func=lambda name: texts[name],
            key=f"import-table-{number}-head-{head}",
        )
        if picked != _KEPT:
            chosen[head] = picked
    return chosen


def _words(number: int, table: TablePreview) -> dict[str, dict[str, str]]:
    """Draw a choice for each word that is not understood; return what was chosen."""
    said: dict[str, dict[str, str]] = {}
    names = dict.fromkeys([*table.unknown, *table.words])
    for name in names:
        column = SCHEMAS[table.layer][name]
        meanings = _meanings(column)
        words = list(dict.fromkeys([*table.unknown.get(name, {}), *table.words.get(name, {})]))
        label = column.label.text(language())
        st.markdown(f"**{_('“{column}”列里不认识的词', column=label)}**")
        if len(words) > MOST_WORDS:
            st.caption(_("先列出 {n} 个;应用之后再列其余的。", n=MOST_WORDS))
        columns = st.columns(2)
        for at, word in enumerate(words[:MOST_WORDS]):
            rows = table.unknown.get(name, {}).get(word, 0)
            meant = table.words.get(name, {}).get(word)
            picked = columns[at % 2].selectbox(
                f"{plain(word)}({_('{n} 行', n=f'{rows:,}')})" if rows else plain(word),
                list(meanings),
                index=list(meanings).index(meant) if meant in meanings else None,
                format_func=lambda value, texts=meanings: texts[value],
                placeholder=_("这个词的意思;写错的行请留空,在错行里改"),
                key=f"import-table-{number}-word-{name}-{word}",
            )
            if picked is not None:
                said.setdefault(name, {})[word] = picked
    return said


def _meanings(column: Column) -> dict[str, str]:
    lang = language()
    if column.kind == "grade":
        return {str(grade): grade_label(grade, lang) for grade in range(1, 10)}
    if column.kind == "boolean":
        return {"是": _("是"), "否": _("否")}
    return {one.name: one.en if lang == "en" else one.zh for one in column.choices}


def _remembered(number: int, table: TablePreview) -> None:
    known = mappings.recall(table.layer, list(table.columns))
    if known is None:
        return
    said, button = st.columns([5, 1], vertical_alignment="center")
    said.caption(
        _(
            "这种表头的对应关系已记住({file},{date}),下次自动使用。",
            file=plain(known.file),
            date=known.at[:10],
        )
    )
    if button.button(_("忘掉"), key=f"import-table-{number}-forget"):
        mappings.forget(known.key)
        say(table, replace(choice(table), mapping={}, words={}))
        st.rerun()


def remember(table: TablePreview, said: Choice) -> None:
    """Keep what was said about a table that has been imported."""
    if said.mapping is not None or said.words is not None:
        mappings.remember(
            table.layer, list(table.columns), columns=table.mapping, words=table.words, file=table.file
        )
