"""Drafts that still go by units split and zones joined since, as one from a file may."""

from planning import drafts, joining, splitting
from planning.following import Step, follow
from planning.project import Project
from planning.store import DraftStore


def catch_up(project: Project, draft_id: str, *, author: str = "") -> bool:
    """Turn a draft to the units and zones that there are now; tell whether there was anything to turn.

    Units split since become their parts, parts put together again become the unit (without a zone where they
    lie in two), units of a zone that was joined to another go to that one, and units drawn in a joined
    zone that has been parted since go back as when it was parted. Each is a step of the draft.
    """
    store = DraftStore(project.drafts_url)
    try:
        plans = store.state(draft_id).plans.values()
        turn = splitting.late_units(project, {str(unit) for plan in plans for unit in plan.index})
        zones = {str(zone) for plan in plans for zone in plan.dropna().unique()}
        turns = [*([turn] if turn else []), *joining.late_zones(project, zones)]
        steps = [*map(_only, turns), *joining.late_parts(project, store, draft_id)]
        done = [follow(store, draft_id, step, author=author) for step in steps]
        return any(done)
    finally:
        store.close()


def _only(op: drafts.Op) -> Step:
    return lambda _store, _draft: op
