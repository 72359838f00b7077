"""What this browser tab looks at: language, project, draft, stage and year; all of it stands in the URL."""

from __future__ import annotations

import gc
import importlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from gis.faults import FaultError
from planning.drafts import DraftState
from planning.project import Project, list_projects, open_project
from planning.settings import UNFINISHED_FILE
from planning.store import DraftStore
from ui.naming import english
from ui.texts import LANGUAGES, _, language

STAGES = ("primary", "junior")
YEARS_AHEAD = 5


@dataclass(frozen=True)
class Context:
    """The project, stage, year and draft that a page shows."""

    project: Project
    stage: str
    year: int
    draft_id: str | None

    @property
    def years(self) -> range:
        """The planning year and the five after it (每年招生范围的核验年限)."""
        return range(self.project.year, self.project.year + YEARS_AHEAD + 1)


def remember(key: str, options: Collection[Any], default: Any) -> None:
    """Give the widget `key` its value before it is drawn: what it had, else the URL's, else `default`.

    Values stand in the URL as they are, not as they are worded, so that a link holds in either language.
    """
    kind = type(default)
    asked = st.session_state.get(key, st.query_params.get(key))
    known = {str(option): option for option in options}
    st.session_state[key] = known.get(str(asked), kind(default))
    if str(st.query_params.get(key)) != str(st.session_state[key]):
        st.query_params[key] = str(st.session_state[key])


def language_picker() -> None:
    """Draw the language switch at the top of the sidebar."""
    remember("lang", LANGUAGES, "zh")
    st.sidebar.segmented_control(
        "语言 Language",
        list(LANGUAGES),
        required=True,
        format_func=LANGUAGES.__getitem__,
        key="lang",
        label_visibility="collapsed",
    )


def lazy_page(module: str, context: Context | None) -> Callable[[], None]:
    """Return a page function that imports ``ui.pages.<module>`` when the page is opened, not before."""

    def run() -> None:
        if context is None:
            importlib.import_module("ui.pages.welcome").page()
        else:
            _open(module, context)

    run.__name__ = module
    return run


def _open(module: str, context: Context) -> None:
    """Open a page; what its data lack is said on it, not thrown at the planner."""
    for said in left_undone(context.project):
        st.error(said)
    try:
        importlib.import_module(f"ui.pages.{module}").page(context)
    except FaultError as error:
        st.error(error.text(language()))
        st.info(_("请在“数据”页补齐或更正后重试。"))
    _settle_memory(module)


@cache
def _settle_memory(module: str) -> None:
    """Spare the garbage collector what a page loaded, once for each page.

    Streamlit has all objects looked through after every run of the script. With the libraries among them,
    which stay, that takes longer than many a run: a quarter of a second.
    """
    gc.collect()
    gc.freeze()


def left_undone(project: Project) -> list[str]:
    """Return what stands in the way of an edit of units or zones that was cut short, and what to do."""
    if not (project.folder / UNFINISHED_FILE).exists():
        return []
    from planning import unfinished  # rarely needed

    return [fault.text(language()) for fault in unfinished.settle(project)]


def stage_word(stage: str) -> str:
    """Return the word for a stage (学段) in the tab's language."""
    return {"primary": _("小学"), "junior": _("初中")}[stage]


def pickers() -> Context | None:
    """Draw the pickers of project, stage, year and draft; None when there is no project yet."""
    found = {project.id: project for project in list_projects()}
    if not found:
        return None
    titles = distinct({name: project.title(language()) for name, project in found.items()})
    with st.sidebar:
        remember("project", found, next(iter(found)))
        chosen = st.selectbox(_("项目"), list(found), format_func=titles.__getitem__, key="project")
        project = load_project(found[chosen])
        remember("stage", STAGES, "primary")
        stage = st.segmented_control(_("学段"), STAGES, required=True, format_func=stage_word, key="stage")
        years = range(project.year, project.year + YEARS_AHEAD + 1)
        remember("year", years, project.year)
        year = st.select_slider(_("学年"), list(years), key="year")
        draft_id = draft_picker(project)
    return Context(project=project, stage=str(stage), year=int(year), draft_id=draft_id)


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Number names that stand twice: a picker tells its options apart by their words alone."""
    seen: Counter[str] = Counter()
    told = {}
    for key, name in names.items():
        seen[name] += 1
        told[key] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return told


def load_project(listed: Project) -> Project:
    """Return the listed project with its layers, read once for each version of its data.

    In an English tab, units and schools go by their English names where they have one.
    """
    return _load(str(listed.folder), listed.key, language())


@st.cache_resource(max_entries=8, show_spinner=False)
def _load(folder: str, key: str, lang: str) -> Project:
    return open_project(Path(folder)) if lang == "zh" else english(_load(folder, key, "zh"))


@st.cache_resource(max_entries=16, show_spinner=False)
def _store(url: str) -> DraftStore:
    return DraftStore(url)


def draft_store(project: Project) -> DraftStore:
    """Return the project's append-only store of drafts."""
    return _store(project.drafts_url)


def draft_picker(project: Project) -> str | None:
    """Draw the picker of drafts (方案); None stands for the plan in force."""
    drafts = draft_store(project).list(project.id)
    names = {"": _("现行片区")} | {str(row.draft_id): str(row.name) for row in drafts.itertuples()}
    remember("draft", names, "")
    names = distinct(names)
    chosen = st.selectbox(_("方案"), list(names), format_func=lambda key: names.get(key, key), key="draft")
    return chosen or None


def draft_state(context: Context) -> DraftState | None:
    """Return the chosen draft as it now stands, or None for the plan in force."""
    return None if context.draft_id is None else draft_store(context.project).state(context.draft_id)


def plan_name(context: Context) -> str:
    """Return the name of the plan that a page shows: the draft's, or that of the plan in force."""
    if context.draft_id is None:
        return _("现行片区")
    return draft_store(context.project).get(context.draft_id).name
