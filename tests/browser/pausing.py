"""Jobs of the app held still, so that what is to be cancelled is not over before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil


@contextmanager
def held() -> Iterator[None]:
    """Hold the worker of the job just asked for while the block runs, before it can have done much."""
    worker = _worker()
    worker.suspend()
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):  # ended by force meanwhile
            worker.resume()


def _worker() -> psutil.Process:
    for _ in range(6_000):
        for process in psutil.Process().children(recursive=True):
            if _is_worker(process):
                return process
        time.sleep(0.01)
    raise AssertionError("no job was started")


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "planning.worker" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
