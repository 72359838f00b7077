"""Jobs: worker processes that report, stop, keep to their caps and never outlive their parent."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from gis.faults import Fault, FaultError
from planning import jobs

ROOT = Path(__file__).resolve().parents[1]
HERE = "tests.test_planning_jobs:"


def run(name: str, **options):
    return jobs.start(HERE + name, packages={"tests"}, **options)


def double(frame, *, progress):
    for step in range(4):
        progress(step / 4, f"第{step}步")
    print("noise on the output")  # noqa: T201 - what a library may do
    return frame * 2


def patient(*, progress, cancelled):
    progress(0.5, "等待")
    while not cancelled():
        time.sleep(0.01)
    return "best so far"


def slow_to_listen(*, progress, cancelled):
    best = patient(progress=progress, cancelled=cancelled)
    time.sleep(1.0)
    return best


def deaf(*, progress):
    progress(0.5)
    time.sleep(600)


def faulty():
    raise FaultError([Fault("value_negative", file="班级.xlsx", row=3, column="班额", found="-2")])


def broken():
    raise KeyError("zone_id")


def greedy():
    return len(bytearray(6 * 1024**3))


def hoarder():
    kept = []
    for _ in range(200):
        kept.append(b"x" * (8 * 1024**2))
        time.sleep(0.02)
    return len(kept)


def dies():
    os._exit(9)


def unpicklable():
    return lambda: None


def wait_for(job, status="running", progress=0.4):
    while job.poll().progress < progress and job.poll().status == status:
        time.sleep(0.01)


def test_a_result_comes_back_with_progress():
    frame = pd.DataFrame({"pupils": range(1000)})
    state = run("double", frame=frame).wait(60)
    assert (state.status, state.progress) == ("done", 1.0)
    pd.testing.assert_frame_equal(state.result, frame * 2)


def test_cancel_stops_and_keeps_what_was_found():
    job = run("patient")
    wait_for(job)
    assert job.poll().message == "等待"
    job.cancel()
    state = job.wait(30)
    assert (state.status, state.result, state.error) == ("cancelled", "best so far", None)


@pytest.mark.parametrize(("grace", "kept"), [(0.2, None), (30.0, "best so far")])
def test_what_was_found_is_kept_if_it_is_handed_over_within_the_grace(grace, kept):
    job = run("slow_to_listen", grace=grace)
    wait_for(job)
    job.cancel()
    state = job.wait(60)
    assert (state.status, state.result, state.error) == ("cancelled", kept, None)


def test_a_function_that_does_not_listen_is_ended():
    with run("deaf", grace=0.2) as job:
        wait_for(job)
    assert job.poll().status == "cancelled"
    assert job.process.poll() is not None


def test_faults_come_back_as_faults():
    state = run("faulty").wait(60)
    assert state.status == "failed"
    assert [fault.row for fault in state.error.faults] == [3]
    assert "班级.xlsx" in state.error.text()


@pytest.mark.parametrize(
    ("name", "kind", "detail"),
    [
        ("broken", "job_failed", "zone_id"),
        ("dies", "job_crashed", ""),
        ("unpicklable", "job_failed", "lambda"),
    ],
)
def test_failures_come_back_readable(name, kind, detail):
    state = run(name).wait(60)
    assert state.status == "failed"
    assert state.error.faults[0].kind == kind
    assert detail in state.detail
    assert state.error.text("en") != state.error.text("zh")


@pytest.mark.parametrize("name", ["greedy", "hoarder"])
def test_the_memory_cap_holds(name):
    state = run(name, memory_mb=512).wait(60)
    assert state.error.faults[0].kind == "job_memory"


def test_the_time_cap_holds():
    state = run("deaf", time_limit=1.0).wait(60)
    assert state.error.faults[0].kind == "job_time"
    assert "1" in state.error.text()


@pytest.mark.parametrize(
    "func", ["os:system", "tests.x:y", "gis.faults:_restore", "gis.faults", "zoning:a.b"]
)
def test_only_public_functions_of_our_packages_may_run(func):
    with pytest.raises(ValueError, match="not an allowed job"):
        jobs.start(func)


def test_what_a_module_imports_is_not_a_job():
    state = jobs.start("gis.faults:lru_cache").wait(60)
    assert "not an allowed job" in state.detail


def test_arguments_must_pickle():
    with pytest.raises(ValueError, match="does not pickle"):
        run("double", frame=lambda: None)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_no_worker_outlives_a_killed_parent():
    script = """
        import sys
        from planning import jobs
        job = jobs.start("tests.test_planning_jobs:deaf", packages={"tests"})
        while job.poll().progress < 0.4:
            pass
        print(job.process.pid, flush=True)
        sys.stdin.read()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    worker = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert not psutil.wait_procs([worker], timeout=10)[1]
