"""The rules that a draft's plan was found under, through edits, undo, copies and later searches."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from planning import drafts
from planning.drafts import Op
from planning.lastsearch import LastSearch, of_draft
from planning.store import DraftStore
from planning.zoneoptions import Choice

KEY = ("primary", 2026)
PLAN = pd.Series({"A": "L", "B": "R"})


def searched(how: str = "optimise", **about: object) -> Op:
    op = drafts.plan(*KEY, PLAN)
    return replace(op, payload={**op.payload, "engine": {"how": how, **about}})


@pytest.fixture
def store() -> DraftStore:
    return DraftStore("sqlite://")


def test_hand_edits_filling_in_and_copies_keep_the_rules_of_the_search(store):
    rules = Choice(max_metres=1500.0, share=0.9)
    first = [drafts.plan(*KEY, PLAN), searched(rules=rules.payload(), within=["L", "R"])]
    draft = store.create("p", "一稿", author="王", ops=first)
    found = of_draft(store, draft.id, KEY)
    assert found == LastSearch(rules, store.history(draft.id)[1].at, ("L", "R")) and found.at
    for n, op in enumerate([drafts.assign(*KEY, ["A"], "R"), searched("complete")], 2):
        store.append(draft.id, n, op, author="王")
    copy = store.fork(draft.id, "二稿", author="李")
    store.append(copy.id, 0, drafts.assign(*KEY, ["B"], "L"), author="李")
    assert of_draft(store, draft.id, KEY) == of_draft(store, copy.id, KEY) == found
    assert of_draft(store, draft.id, ("junior", 2026)) is None


def test_another_plan_ends_them_and_undo_brings_them_back(store):
    draft = store.create("p", "一稿", author="王", ops=[searched(rules={"least": 20}), searched("nearest")])
    assert of_draft(store, draft.id, KEY) is None
    store.undo(draft.id, 2, author="王")
    found = of_draft(store, draft.id, KEY)
    assert found is not None and found.rules == Choice(least=20) and found.within == ()
    store.append(draft.id, 3, searched(rules={}), author="王")
    assert of_draft(store, draft.id, KEY) is None
