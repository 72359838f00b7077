"""Comments and decisions: added, never changed, kept through a crash."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from planning.reviewlog import Comment, Decision, ReviewLog
from planning.store import DraftStore, sqlite_url

ROOT = Path(__file__).parents[1]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "drafts.sqlite")


@pytest.fixture
def log(url: str) -> ReviewLog:
    made = ReviewLog(url)
    yield made
    made.close()


def test_comments_keep_their_words_place_and_writer(log):
    log.comment("p", Comment("过马路\n不安全", "primary", "u1", "东方花园", 39.6, 109.8), author=" 王老师 ")
    log.comment("p", Comment("无地点", "junior"), author="李")
    log.comment("other", Comment("别的项目", "primary"), author="李")
    found = log.comments("p")
    assert found["text"].tolist() == ["过马路\n不安全", "无地点"]
    assert found.loc[0, ["author", "unit_id", "place", "lat", "lon"]].tolist() == [
        "王老师",
        "u1",
        "东方花园",
        39.6,
        109.8,
    ]
    assert log.comments("p", stage="junior")["text"].tolist() == ["无地点"]


def test_a_comment_is_settled_by_a_further_entry_and_stays(log):
    first = log.comment("p", Comment("太远", "primary"), author="王")
    log.settle("p", first, author="李")
    log.settle("p", first, author="赵")
    row = log.comments("p").iloc[0]
    assert (row["text"], row["settled_by"]) == ("太远", "李")
    assert [e["kind"] for e in json.loads(log.export("p"))] == ["comment", "settle", "settle"]
    with pytest.raises(KeyError):
        log.settle("other", first, author="李")


def test_decisions_say_which_state_of_which_draft(log):
    taken = Decision("采用一稿", "王、李", date(2026, 5, 7), "primary", 2026, "d1", "一稿", 12)
    log.decide("p", taken, author="张")
    row = log.decisions("p").iloc[0]
    assert row[["held_on", "names", "text", "draft", "rev", "author"]].tolist() == [
        "2026-05-07",
        "王、李",
        "采用一稿",
        "一稿",
        12,
        "张",
    ]


def test_entries_need_words_and_a_name(log):
    with pytest.raises(ValueError, match="words and a name"):
        log.comment("p", Comment("  ", "primary"), author="王")
    with pytest.raises(ValueError, match="words and a name"):
        log.decide("p", Decision("采用", " ", date(2026, 5, 7), "primary", 2026), author="王")
    assert log.comments("p").empty and log.decisions("p").empty


def test_the_log_stands_beside_the_drafts_and_outlives_its_writer(log, url):
    store = DraftStore(url)
    draft = store.create("p", "一稿", author="王")
    log.comment("p", Comment("好", "primary"), author="王")
    # Another connection sees it while this one is still open: it is on disk, not in a cache.
    again = ReviewLog(url)
    assert again.comments("p")["text"].tolist() == ["好"] and store.get(draft.id).name == "一稿"
    again.close()
    store.close()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        assert raw.execute("select count(*) from review_entries").fetchone() == (1,)


# Writes entries and says each once it is acknowledged, until it is killed.
TALKING = """
import sys
from datetime import date
from planning.reviewlog import Comment, Decision, ReviewLog
url, who = sys.argv[1:]
log = ReviewLog(url)
for n in range(100_000):
    log.comment("p", Comment(f"{who}{n}", "primary"), author=who)
    print(f"{who}{n}", flush=True)
    log.decide("p", Decision(f"{who}{n}", "赵", date(2026, 5, 7), "primary", 2026), author=who)
    print(f"D{who}{n}", flush=True)
"""


def talking(url: str, who: str) -> subprocess.Popen[str]:
    """Start a tab of its own that speaks without pause."""
    command = [sys.executable, "-X", "utf8", "-c", TALKING, url, who]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=env, encoding="utf-8")


def test_two_tabs_speak_at_once_and_nothing_acknowledged_is_lost_when_they_are_killed(url):
    tabs = [talking(url, who) for who in ("甲", "乙")]
    heard = [[tab.stdout.readline().strip() for _ in range(12)] for tab in tabs]
    for tab, lines in zip(tabs, heard, strict=True):
        tab.kill()
        lines += tab.stdout.read().split()  # acknowledged before the end came
        tab.stdout.close()
        assert tab.wait() != 0
    log = ReviewLog(url)  # opens at once: a dead writer holds no lock
    comments, decisions = log.comments("p"), log.decisions("p")
    for who, lines in zip(("甲", "乙"), heard, strict=True):
        kept = comments.loc[comments["author"] == who, "text"].tolist()
        assert kept == [f"{who}{n}" for n in range(len(kept))]  # in order, each once and whole
        taken = decisions.loc[decisions["author"] == who, "text"].tolist()
        said = set(kept) | {f"D{text}" for text in taken}
        assert len(lines) >= 12 and set(lines) <= said
        assert len(said) <= len(lines) + 1  # at most the one entry that was under way
    log.comment("p", Comment("之后", "primary"), author="丙")
    assert json.loads(log.export("p"))[-1]["payload"]["text"] == "之后"
    log.close()
