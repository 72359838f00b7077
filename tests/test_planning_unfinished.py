"""A split, a join, or either taken back, killed at any moment: the project is the old one or the new one."""

import errno
import importlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from gis.faults import FaultError
from planning import drafts, joining, lineage, locking, newyear, splitting, unfinished
from planning.project import DRAFTS_FILE, Project, create_project, list_projects, open_project
from planning.settings import UNFINISHED_FILE
from planning.store import DraftStore
from tests.test_planning_splitting import CRS, layers, wish

ROOT = Path(__file__).parents[1]
# For each line it is given, does an edit in a process of its own that kills itself at one of its steps.
KILLED = """
import os, signal, sys
from planning import following, joining, lineage, project as projects, splitting, unfinished
from tests.test_planning_splitting import wish

def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

def edit(where, what, folder):
    county = projects.open_project(folder)
    zones = county.layers["catchments"].set_index("unit_id")["zone_id"]
    if where == "noted":
        splitting.save_layers = joining.save_layers = die
    elif where == "saved":
        unfinished.finish = die
    elif where == "lineage":
        unfinished.drafts_follow = die
    elif where == "one-draft":
        real, seen = following.follow, [0]
        def follow(*args, **more):
            seen[0] += 1
            return die() if seen[0] == 2 else real(*args, **more)
        following.follow = follow
    elif where == "followed":
        unfinished._forget = die
    if what == "split":
        splitting.split(county, wish())
    elif what == "undo":
        splitting.undo(county, "u1")
    elif what == "join":
        joining.join(county, "primary", ["a", "b"], zones)
    else:
        joining.part(county, "primary", "a")

for line in sys.stdin.read().splitlines():
    child = os.fork()
    if not child:
        try:
            edit(*line.split("|"))
        finally:
            os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
#: Where an edit is stopped -> whether the project is the new one afterwards.
STEPS = {"noted": False, "saved": True, "lineage": True, "one-draft": True, "followed": True}
EDITS = {"split": STEPS, "undo": ("noted", "one-draft"), "join": STEPS, "part": ("noted", "one-draft")}


def made(home: Path) -> Project:
    """Make six units in a row with two drafts, the second with a unit in another zone."""
    project = create_project(layers(), name="测", id="p", year=2026, epsg=CRS, folder=home)
    store = DraftStore(project.drafts_url)
    for name, zone in (("一稿", "a"), ("二稿", "b")):
        steps = [
            drafts.plan("primary", 2026, in_force(project)),
            drafts.assign("primary", 2026, ["u3"], zone),
        ]
        store.create("p", name, author="王", ops=steps)
    store.close()
    return project


def begun(home: Path, what: str) -> Project:
    """Make a project to which an edit can be done."""
    before = {"undo": "split", "part": "join"}.get(what)
    return edited(made(home), before) if before else made(home)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return made(tmp_path)


def in_force(project: Project) -> pd.Series:
    return project.layers["catchments"].set_index("unit_id")["zone_id"]


def edited(project: Project, what: str) -> Project:
    """Do an edit to its end."""
    if what == "split":
        return splitting.split(project, wish())
    if what == "undo":
        return splitting.undo(project, "u1")
    if what == "join":
        return joining.join(project, "primary", ["a", "b"], in_force(project))
    return joining.part(project, "primary", "a")


def stood(project: Project) -> dict[str, object]:
    """Return all that an edit changes."""
    store = DraftStore(project.drafts_url)
    plans = {
        name: store.state(draft).plan("primary", 2026).sort_index().to_dict()
        for draft, name in store.list("p")[["draft_id", "name"]].itertuples(index=False)
    }
    store.close()
    rows = lineage.stored(project.folder)
    return {
        "units": sorted(project.layers["units"]["unit_id"]),
        "zones": project.layers["schools"]["zone_id"].tolist(),
        "plan": in_force(project).sort_index().to_dict(),
        "drafts": plans,
        "lineage": sorted(zip(rows["from_id"], rows["to_id"], strict=True)),
        "splits": [row["parts"] for row in splitting.splits(project)],
    }


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[Path, dict[str, object]]]:
    """Return the folder of a project whose edit was killed, and what stood before, by step and edit."""
    home, found = tmp_path_factory.mktemp("killed"), {}
    for what in EDITS:
        start = begun(home / what, what)
        for where in EDITS[what]:
            folder = home / f"{what}-{where}" / "p"
            shutil.copytree(start.folder, folder)
            found[where, what] = folder, stood(start)
    lines = "\n".join(f"{where}|{what}|{folder}" for (where, what), (folder, _old) in found.items())
    command = [sys.executable, "-X", "utf8", "-c", KILLED]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, cwd=ROOT, env=env, timeout=300, check=False
    )
    assert done.stdout.split() == [str(-signal.SIGKILL.value)] * len(found), done.stderr
    return found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not killed this way here")
@pytest.mark.parametrize("what", EDITS)
def test_an_edit_killed_is_done_whole_or_not_at_all(what, killed, tmp_path):
    whole = stood(edited(begun(tmp_path, what), what))
    for where in EDITS[what]:
        new, (folder, old) = STEPS[where], killed[where, what]
        assert (folder / UNFINISHED_FILE).exists()
        now = open_project(folder)
        assert not (folder / UNFINISHED_FILE).exists()
        assert stood(now) == (whole if new else old)
        assert newyear.conflicts(now).empty
        assert stood(open_project(folder)) == stood(now)  # nothing is done twice
        again = now if new else edited(now, what)
        assert stood(again) == whole
    if what in ("split", "join"):  # it can still be taken back
        back = stood(edited(again, "undo" if what == "split" else "part"))
        assert back["drafts"] == stood(made(tmp_path / "old"))["drafts"] and back["lineage"] == []


def test_an_edit_waits_for_nobody_and_says_so(project):
    with unfinished.edit(project, units=["u1-1"]), pytest.raises(FaultError, match="正在保存"):
        splitting.split(project, wish())
    assert not (project.folder / UNFINISHED_FILE).exists()
    splitting.split(open_project(project.folder), wish())


@pytest.mark.parametrize("there", [b"no database", None])
def test_a_lock_that_cannot_be_taken_is_told_like_a_full_disk(there, project):
    lock = project.folder / unfinished.LOCK_FILE
    lock.mkdir() if there is None else lock.write_bytes(there)
    with pytest.raises(FaultError, match=r"什么都没有改动.*权限"):
        splitting.split(project, wish())
    assert open_project(project.folder).version == project.version


def test_a_lock_that_may_only_be_read_is_not_taken(tmp_path):
    place = tmp_path / "lock"
    with locking.held(place) as mine:
        assert mine
    with (
        closing(sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True, isolation_level=None)) as lock,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        locking._taken(lock)


def test_what_was_cut_short_while_being_written_down_is_forgotten(project):
    place = project.folder / UNFINISHED_FILE
    place.write_text('{"id": "a', encoding="utf-8")
    os.utime(place, (0, 0))
    assert splitting.split(open_project(project.folder), wish()).version == project.version + 1
    assert not place.exists()


def test_an_edit_of_what_somebody_saved_meanwhile_owes_nothing(project):
    first, same = project, open_project(project.folder)
    now = edited(first, "join")
    with pytest.raises(FaultError):
        edited(same, "join")
    assert not (project.folder / UNFINISHED_FILE).exists()
    assert stood(open_project(project.folder)) == stood(now)
    whole = stood(edited(open_project(project.folder), "part"))
    assert whole["zones"] == stood(made(project.folder.parent / "old"))["zones"]


def test_a_project_opened_before_an_edit_does_not_forget_what_it_owes(project, monkeypatch):
    early = open_project(project.folder)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(unfinished, "drafts_follow", interrupt)
        splitting.split(project, wish())
    unfinished.settle(early)
    assert (project.folder / UNFINISHED_FILE).exists()
    whole = stood(edited(made(project.folder.parent / "whole"), "split"))
    assert stood(open_project(project.folder)) == whole


def interrupt(*_args: object, **_more: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("what", ["split", "join"])
def test_an_attempt_while_another_edit_is_saved_leaves_no_record(what, project):
    with unfinished.edit(project, units=["u1-1"]), pytest.raises(FaultError, match="正在保存"):
        edited(project, what)
    assert not [*project.folder.glob("*s.jsonl")]  # neither splits nor joins


def test_an_attempt_at_a_parting_is_forgotten_by_the_next(project):
    joined = edited(project, "join")
    with pytest.raises(FaultError):  # the record is written, the layers are not
        failing(joining, "save_layers", lambda: edited(joined, "part"))
    assert stood(edited(open_project(project.folder), "part"))["zones"] == stood(project)["zones"]


def failing(owner: object, name: str, work: Callable[[], object]) -> None:
    """Do some work while the disk is full at one of its steps."""

    def full(*_args: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owner, name, full)
        work()


@pytest.mark.parametrize("where", ["os.fsync", "planning.journal.append", "planning.splitting.save_layers"])
def test_a_full_disk_changes_nothing_and_is_told(where, project):
    old, (module, _, name) = stood(project), where.rpartition(".")
    with pytest.raises(FaultError, match=r"什么都没有改动.*磁盘空间") as error:
        failing(importlib.import_module(module), name, lambda: splitting.split(project, wish()))
    assert [fault.kind for fault in error.value.faults] == ["edit_unsaved"]
    assert not (project.folder / UNFINISHED_FILE).exists()
    assert stood(open_project(project.folder)) == old
    assert splitting.split(open_project(project.folder), wish()).version == project.version + 1


def test_what_a_full_disk_held_up_is_done_once_there_is_room(project):
    whole = stood(edited(made(project.folder.parent / "whole"), "split"))
    with pytest.raises(FaultError, match=r"改动已保存.*刷新页面"):
        failing(unfinished, "drafts_follow", lambda: splitting.split(project, wish()))
    assert (project.folder / UNFINISHED_FILE).exists()
    assert stood(open_project(project.folder)) == whole


def owing(project: Project, what: str) -> Project:
    """Save the layers of an edit and stop there, as if killed; return the project before."""
    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(unfinished, "finish", interrupt)
        edited(project, what)
    return project


def test_a_project_whose_edit_cannot_be_finished_is_listed_and_says_what_to_do(project):
    owing(project, "split")
    drafts_file = project.folder / DRAFTS_FILE
    good = drafts_file.read_bytes()
    drafts_file.write_bytes(b"no database" * 999)
    (found,) = list_projects(project.folder.parent)
    assert "u1-1" in set(found.layers["units"]["unit_id"])
    (fault,) = unfinished.settle(found)
    for lang, word in (("zh", "请检查磁盘空间"), ("en", "Check the free space")):
        assert word in fault.text(lang)
    with pytest.raises(FaultError, match="补上之前不能再拆分"):
        edited(found, "join")
    drafts_file.write_bytes(good)
    assert unfinished.settle(found) == []
    assert stood(found) == stood(edited(made(project.folder.parent.parent / "whole"), "split"))


@pytest.mark.parametrize("record", ["{}", '{"version": 1}', '{"id": 5, "version": 1, "zones": 7}', "[]", "5"])
def test_a_record_that_makes_no_sense_stops_no_project_from_opening(record, project):
    (project.folder / UNFINISHED_FILE).write_text(record, encoding="utf-8")
    assert [each.id for each in list_projects(project.folder.parent)] == ["p"]


def test_an_edit_finished_elsewhere_does_not_take_away_a_later_one(project):
    owing(project, "join")
    real, now = unfinished.finish, open_project

    def meanwhile(*args: object, **more: object) -> None:
        real(*args, **more)
        with pytest.raises(FaultError, match="正在保存"):  # nobody begins an edit while one is being finished
            edited(open_project(project.folder), "part")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(unfinished, "finish", meanwhile)
        left = now(project.folder)
    assert not (project.folder / UNFINISHED_FILE).exists()
    assert stood(edited(left, "part"))["zones"] == ["a", "b"]


def test_a_draft_that_is_changed_all_the_time_is_named_and_follows_later(project):
    store = DraftStore(project.drafts_url)
    second = next(
        d for d, name in store.list("p")[["draft_id", "name"]].itertuples(index=False) if name == "二稿"
    )
    real = DraftStore.append

    def late(self: DraftStore, draft: str, rev: int, op: drafts.Op, *, author: str = "") -> object:
        if draft == second and op.kind == "rebase":
            real(self, draft, rev, drafts.note("改"), author="李")
        return real(self, draft, rev, op, author=author)

    with pytest.MonkeyPatch.context() as patched, pytest.raises(FaultError, match=r"二稿.*自动补上") as error:
        patched.setattr(DraftStore, "append", late)
        splitting.split(project, wish())
    assert [fault.kind for fault in error.value.faults] == ["draft_behind"]
    plans = stood(open_project(project.folder))["drafts"]
    store.close()
    assert all("u1-1" in plan for plan in plans.values()) and len(plans) == 2


def test_a_parting_cut_short_takes_drafts_as_they_are_when_it_is_finished(project):
    joined = edited(project, "join")
    owing(joined, "part")
    store = DraftStore(project.drafts_url)
    ids = store.list("p").set_index("name")["draft_id"]
    # a tab that was open still works on the joined zone: a unit comes into it, and a draft is begun
    gone = drafts.assign("primary", 2026, ["u4"], None)
    store.append(ids["一稿"], store.get(ids["一稿"]).rev, gone, author="李")
    store.append(
        ids["一稿"], store.get(ids["一稿"]).rev, drafts.assign("primary", 2026, ["u4"], "a"), author="李"
    )
    store.create("p", "三稿", author="李", ops=[drafts.plan("primary", 2026, in_force(joined))])
    store.close()
    old = stood(made(project.folder.parent / "old"))
    now = stood(open_project(project.folder))
    assert now["drafts"]["一稿"] == old["drafts"]["一稿"] and now["drafts"]["二稿"] == old["drafts"]["二稿"]
    assert now["drafts"]["三稿"] == now["plan"] == old["plan"]
