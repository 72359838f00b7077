"""Drafts as the page 划片 edits them: what an edit is made on, the steps it becomes, the history in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from planning import drafts, stages
from planning.catching import catch_up
from planning.drafts import DraftState, Op, PlanKey
from planning.project import Project
from planning.store import Draft, DraftStore
from ui.state import Context, draft_store, stage_word
from ui.texts import _
from ui.views import plan as plans

# Marks the steps a draft begins with (the plan in force, copied): undo stops there.
START = "start"

register_kinds(
    {
        "draft_elsewhere": (
            "这个方案里没有一个单元属于本项目。请确认选对了项目和方案文件。",
            "no unit of this draft belongs to this project. Check that project and file go together.",
        ),
    }
)


@dataclass(frozen=True)
class Desk:
    """The chosen draft as this tab sees it: what the next edit is made on.

    Attributes
    ----------
    draft : Draft or None
        None for the plan in force (现行片区), which is never edited itself.
    state : DraftState
        What the draft holds; of the plan in force, what a draft made from it would hold.
    history : tuple of Op
        The draft's own steps.
    key : (stage, from_year)
        The plan that edits go to.
    """

    draft: Draft | None
    state: DraftState
    history: tuple[Op, ...]
    key: PlanKey

    @property
    def first(self) -> int:
        """Revision of the draft before anything was done to it."""
        return _first(self.history)

    @property
    def can_undo(self) -> bool:
        """Tell whether there is a step to take back."""
        return undoable(self.history)

    @property
    def can_redo(self) -> bool:
        """Tell whether there is an undone step to bring back."""
        return drafts.redo_target(self.history) is not None


def undoable(history: Sequence[Op]) -> bool:
    """Tell whether a draft has a step to take back: what it began with is none."""
    target = drafts.undo_target(history)
    return target is not None and target >= _first(history)


def _first(history: Sequence[Op]) -> int:
    own = (n for n, op in enumerate(history) if not op.payload.get(START))
    return next(own, len(history))


def look(context: Context) -> Desk:
    """Return the chosen draft as it now stands."""
    if context.draft_id is None:
        state = drafts.fold(first_steps(context.project))
        return Desk(None, state, (), _key(context, state))
    store = draft_store(context.project)
    history = tuple(store.history(context.draft_id))
    state = store.state(context.draft_id, len(history))
    return Desk(store.get(context.draft_id), state, history, _key(context, state))


def _key(context: Context, state: DraftState) -> PlanKey:
    return state.key_for(context.stage, context.year) or (context.stage, context.project.year)


def first_steps(project: Project) -> list[Op]:
    """Return the steps of a new draft: the plan in force, as a plan that begins in the planning year.

    The plan in force keeps its own years, so that what held before can still be said; plans already decided
    for later years come along as they are.
    """
    state = plans.in_force_state(project.key, project)
    found = []
    for stage in stages.STAGES:
        begun = state.plan(stage, project.year)
        if len(begun):
            found.append(drafts.plan(stage, project.year, begun))
        later = sorted(year for s, year in state.plans if s == stage and year > project.year)
        found += [drafts.plan(stage, year, state.plans[stage, year]) for year in later]
    return [replace(op, payload={**op.payload, START: True}) for op in found]


def create(project: Project, name: str, *, author: str) -> Draft:
    """Create a draft that starts from the plan in force."""
    own = free_name(project, name)
    return draft_store(project).create(project.id, own, author=author, ops=first_steps(project))


def free_name(project: Project, name: str) -> str:
    """Return the name, or with a number where the project has a draft of that name: 一稿, 一稿(2)."""
    taken = set(draft_store(project).list(project.id)["name"])
    numbered = (f"{name.strip()}({n})" for n in range(2, len(taken) + 3))
    return next(each for each in [name.strip(), *numbered] if each not in taken)


def load(project: Project, text: str, *, author: str, file: str) -> Draft:
    """Bring in a draft that was exported as a file, turned to the units and zones that there are now.

    Raises
    ------
    FaultError
        If the text is no exported draft, or speaks of no unit of the project.
    """
    # Looked at in a store of its own first: a draft that does not fit never reaches the project's.
    trial = DraftStore("sqlite://")
    state = trial.state(trial.load(text, author=author, project_id=project.id, file=file).id)
    trial.close()
    known = set(project.layers["units"]["unit_id"])
    named = {unit for plan in state.plans.values() for unit in plan.index}
    if named and not named & known:
        raise FaultError([Fault("draft_elsewhere", file=file)])
    # Drafts are chosen by name: a second of the same name would be taken for the first.
    document = json.loads(text)
    document["draft"]["name"] = free_name(project, document["draft"]["name"])
    named_apart = json.dumps(document, ensure_ascii=False)
    draft = draft_store(project).load(named_apart, author=author, project_id=project.id, file=file)
    catch_up(project, draft.id, author=author)
    return draft


def strangers(project: Project, state: DraftState) -> int:
    """Return how many units of a draft the project does not have (any more)."""
    # By sets of Python strings: `isin` takes twenty times as long on every run of the page.
    known = set(project.layers["units"]["unit_id"].tolist())
    return len({unit for plan in state.plans.values() for unit in plan.index.tolist()} - known)


def engine_step(key: PlanKey, zones: pd.Series, about: dict[str, object]) -> Op:
    """Return the step that takes a plan of the engine over, with its settings and bound as a note in it.

    One step, so that one undo takes it back.
    """
    op = drafts.plan(*key, zones)
    note = json.loads(json.dumps(about))
    return replace(op, payload={**op.payload, "engine": note})


def describe(context: Context, op: Op) -> str:
    """Return a step in words."""
    words = {
        "assign": _moved_words,
        "plan": _plan_words,
        "lock": _lock_words,
        "unlock": _lock_words,
        "restore": _restore_words,
    }
    if op.kind in words:
        return words[op.kind](context, op)
    if op.kind == "note":
        return _("备注:{note}", note=op.payload["text"])
    if op.kind == "rebase" and "split" in op.payload:
        return _("单元拆分或合回:{units}", units=_("、").join(map(str, op.payload["units"])))
    if op.kind == "rebase" and "join" in op.payload:
        return _("片区合并为多校划片:{zones}", zones=_("、").join(map(str, op.payload["join"])))
    if op.kind == "rebase" and "part" in op.payload:
        return _("多校划片的片区拆开:{zone}", zone=op.payload["part"])
    if op.kind == "rebase":
        return _("转入 {year} 学年的单元和片区", year=op.payload["year"])
    return _("设定 {key}", key=op.payload.get("key", ""))


def unit_words(context: Context, units: Iterable[str]) -> str:
    """Return units by name, the first two of many: 东方花园、建设小区等 5 个单元."""
    ids = list(units)
    names = context.project.layers["units"].set_index("unit_id")["name"].reindex(ids[:2])
    said = _("、").join(str(unit if pd.isna(name) else name) for unit, name in names.items())
    return said if len(ids) <= 2 else _("{names}等 {n} 个单元", names=said, n=f"{len(ids):,}")


def _moved_words(context: Context, op: Op) -> str:
    names = plans.zone_names(context.project.key, str(op.payload["stage"]), context.project)
    parts = [
        _("{units} 划入 {zone}", units=unit_words(context, units), zone=names.get(zone, zone))
        if zone
        else _("{units} 移出片区", units=unit_words(context, units))
        for zone, units in op.payload["zones"].items()
    ]
    return _("{stage}:{what}", stage=stage_word(op.payload["stage"]), what=_(";").join(parts))


def _plan_words(context: Context, op: Op) -> str:
    engine = op.payload.get("engine")
    if op.payload.get(START):
        what = _("取自现行片区")
    elif not isinstance(engine, dict):
        what = _("替换整个方案")
    else:
        what = engine_words(engine)
    return _("{stage}:{what}", stage=stage_word(op.payload["stage"]), what=what)


def engine_words(engine: dict[str, object]) -> str:
    """Return what the note in an engine's step says: how, how long, seed, cost and proven gap."""
    if engine.get("how") == "nearest":
        return _("就近初稿")
    if engine.get("how") == "complete":
        return _("补齐未划入的单元")
    if engine.get("how") == "frontier":
        return _(
            "取自调整与步行的取舍:调整 {n} 名学生,总步行 {cost} 人·公里",
            n=_number(engine.get("moved")),
            cost=_number(engine.get("cost")),
        )
    said = _(
        "优化({seconds} 秒,种子 {seed}):总步行 {cost} 人·公里",
        seconds=_number(engine.get("seconds")),
        seed=engine.get("seed"),
        cost=_number(engine.get("cost")),
    )
    if isinstance(within := engine.get("within"), list) and within:
        said = _("在 {n} 个片区之间", n=len(within)) + said
    if engine.get("feasible") is not True:
        return said + _(",仍有超员或断开")
    if isinstance(gap := engine.get("gap"), float):
        return said + _(",离理论最优不超过 {gap}", gap=gap_words(gap))
    return said


def gap_words(gap: float) -> str:
    """Return the proven distance from the optimum, rounded up: a bound never says less than was proven."""
    return f"{-(-gap * 1000 // 1) / 10:.1f} %"


def _number(value: object) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else "—"


def _lock_words(context: Context, op: Op) -> str:
    units = unit_words(context, op.payload["units"])
    what = _("锁定 {units}", units=units) if op.kind == "lock" else _("解锁 {units}", units=units)
    return _("{stage}:{what}", stage=stage_word(op.payload["stage"]), what=what)


def _restore_words(_context: Context, op: Op) -> str:
    rev = op.payload["rev"]
    words = {"undo": _("撤销(回到第 {rev} 步)", rev=rev), "redo": _("重做(到第 {rev} 步)", rev=rev)}
    return words.get(op.payload["via"], _("恢复到第 {rev} 步", rev=rev))


def when(moment: str) -> str:
    """Return a stored time (UTC) as this machine's clock shows it, to the minute."""
    try:
        return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return moment


def history_table(context: Context, desk: Desk) -> pd.DataFrame:
    """Return the steps of a draft, latest first: rev, at, author, what."""
    rows = [
        {
            "rev": op.rev,
            "at": when(op.at),
            "author": op.author or _("未署名"),
            "what": describe(context, op),
        }
        for op in reversed(desk.history)
    ]
    return pd.DataFrame(rows, columns=["rev", "at", "author", "what"])
