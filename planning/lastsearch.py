"""The search that a draft's plan comes from: the optional rules (可选规则) it was made under, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from planning.drafts import Op, PlanKey
from planning.store import DraftStore
from planning.zoneoptions import Choice


@dataclass(frozen=True)
class LastSearch:
    """The optional rules of a search.

    Attributes
    ----------
    rules : Choice
        At least one of them is on.
    at : str
        When its plan was taken over (ISO 8601, UTC).
    within : tuple of str
        The zones it was for; none if for all.
    """

    rules: Choice
    at: str
    within: tuple[str, ...] = ()


def of_draft(store: DraftStore, draft_id: str, key: PlanKey) -> LastSearch | None:
    """Return the search that a draft's plan comes from; None where it had no rules, or there was none.

    Steps of the drafts that it was copied from count as well.
    """
    return last_search(store.steps(draft_id), key)


def last_search(ops: Iterable[Op], key: PlanKey) -> LastSearch | None:
    """Return the last search of a plan among effective steps; None where it had no rules.

    Units moved by hand, and units without a zone that were filled in, leave its rules as they are; a plan
    that replaces all (another search, a first draft by distance, an import) ends them.
    """
    own = [op for op in ops if op.kind == "plan" and (op.payload["stage"], op.payload["from_year"]) == key]
    for op in reversed(own):
        about = op.payload.get("engine")
        about = about if isinstance(about, dict) else {}
        if about.get("how") == "complete":
            continue
        rules = about.get("rules") or {}
        return LastSearch(Choice.of(rules), op.at, tuple(about.get("within") or ())) if rules else None
    return None
