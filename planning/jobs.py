"""Long work in worker processes: progress, cancel, memory and time caps.

A job is `python -m planning.worker` talking pickle over its pipes: the request goes in, progress and the
result come out. The worker ends when its input closes, so none outlives a parent that dies. Only
functions of the allow-listed packages run.
"""

import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, Self

import psutil

from gis.faults import Fault, FaultError, register_kinds
from planning.worker import receive, send

PACKAGES: Final = frozenset({"zoning", "forecasting", "planning", "gis", "data"})
MEMORY_MB: Final = 4096
SECONDS: Final = 1800.0
_GRACE: Final = 5.0
_WATCH: Final = 0.25
_MB: Final = 1024 * 1024

Status = Literal["running", "done", "failed", "cancelled"]

register_kinds(
    {
        "job_memory": (
            "计算超出内存上限（{limit} MB），已停止。请缩小范围，或提高上限后重试。",
            "The computation went over its memory cap ({limit} MB) and was stopped. "
            "Choose a smaller area, or raise the cap.",
        ),
        "job_time": (
            "计算超出时间上限（{limit} 秒），已停止。请缩小范围，或提高上限后重试。",
            "The computation went over its time cap ({limit} s) and was stopped. "
            "Choose a smaller area, or raise the cap.",
        ),
        "job_failed": (
            "计算没有完成：{found}。请检查数据；如果重复出现，请把详情交给维护人员。",
            "The computation did not finish: {found}. Check the data; if it happens again, "
            "give the details to the maintainers.",
        ),
        "job_crashed": (
            "计算进程意外退出（代码 {found}）。可能是内存不足；请关闭其他程序后重试。",
            "The worker process ended unexpectedly (code {found}). Memory may have run out; "
            "close other programs and try again.",
        ),
    }
)


@dataclass(frozen=True)
class JobState:
    """How a job stands.

    Attributes
    ----------
    status : {"running", "done", "failed", "cancelled"}
        Where it is.
    progress : float
        Share done, 0 to 1.
    message : str
        What the function last said it was doing.
    result : object
        What the function returned, once done.
    error : FaultError or None
        Why it failed, worded for users in both languages.
    detail : str
        Traceback or last output of the worker, for the maintainers.
    seconds : float
        Since the start.
    """

    status: Status = "running"
    progress: float = 0.0
    message: str = ""
    result: Any = None
    error: FaultError | None = None
    detail: str = ""
    seconds: float = 0.0


@dataclass(eq=False)
class Job:
    """A running worker. Use `start` to make one; `poll` and `cancel` never block."""

    process: subprocess.Popen[bytes]
    memory_mb: int
    limit: float
    grace: float = _GRACE
    _state: JobState = field(default_factory=JobState)
    _tail: deque[str] = field(default_factory=lambda: deque(maxlen=60))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _began: float = field(default_factory=time.monotonic)
    _ended: threading.Event = field(default_factory=threading.Event)
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def poll(self) -> JobState:
        """Return how the job stands now."""
        with self._lock:
            running = self._state.status == "running"
            return replace(self._state, seconds=self._elapsed()) if running else self._state

    def wait(self, timeout: float | None = None) -> JobState:
        """Block until the job ends, or for `timeout` seconds, and return how it stands."""
        self._ended.wait(timeout)
        return self.poll()

    def cancel(self) -> None:
        """Ask the job to stop; it is ended by force if it has not within a few seconds."""
        if self._cancelled.is_set() or self._ended.is_set():
            return
        self._cancelled.set()
        threading.Thread(target=self._stop, daemon=True).start()

    def __enter__(self) -> Self:
        """Use as a context manager: the job is over when the block ends."""
        return self

    def __exit__(self, *error: object) -> None:
        """Cancel what still runs and wait for it."""
        self.cancel()
        self._ended.wait(2 * self.grace)

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _tell(self, *message: Any) -> None:
        stream = self.process.stdin
        with self._writing:
            try:
                if stream is not None:
                    send(stream, *message)
            except (OSError, ValueError):
                return  # the worker is gone already; the reader says why

    def _stop(self) -> None:
        self._tell("cancel")
        if not self._ended.wait(self.grace):
            self.process.kill()

    def _finish(self, **changes: Any) -> None:
        with self._lock:
            if self._state.status != "running":
                return
            if self._cancelled.is_set():
                # What a function returns on being told to stop (the best plan so far) is kept.
                changes = {**changes, "status": "cancelled", "error": None}
            self._state = replace(self._state, seconds=self._elapsed(), **changes)

    def _fail(self, kind: str, *, found: str = "", detail: str = "", limit: float = 0) -> None:
        fault = Fault(kind, found=found, params={"limit": f"{limit:g}"})
        self._finish(status="failed", error=FaultError([fault]), detail=detail)

    def _hear(self, message: tuple[Any, ...]) -> None:
        kind, *body = message
        if kind == "progress":
            with self._lock:
                self._state = replace(self._state, progress=body[0], message=body[1])
        elif kind == "result":
            self._finish(status="done", progress=1.0, result=body[0])
        elif kind == "faults":
            self._finish(status="failed", error=FaultError(body[0]), detail=body[1])
        elif kind == "memory":
            self._fail("job_memory", limit=self.memory_mb, detail=body[0])
        elif kind == "error":
            self._fail("job_failed", found=body[0], detail=body[1])

    def _read(self, errors: threading.Thread) -> None:
        stream = self.process.stdout
        try:
            while stream is not None and (message := receive(stream)) is not None:
                self._hear(message)
        except (OSError, EOFError, pickle.UnpicklingError, ValueError, AttributeError, ImportError) as error:
            self._tail.append(repr(error))
            self.process.kill()
        code = self.process.wait()
        errors.join(1.0)
        self._fail("job_crashed", found=str(code), detail="".join(self._tail))
        self._close()
        self._ended.set()

    def _close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass  # a broken pipe cannot be flushed, and need not be

    def _listen(self) -> None:
        stream = self.process.stderr
        for line in stream or ():
            self._tail.append(line.decode("utf-8", "replace"))

    def _watch(self) -> None:
        while not self._ended.wait(_WATCH):
            if self._elapsed() > self.limit:
                self._fail("job_time", limit=self.limit)
                self.process.kill()
            elif _resident(self.process.pid) > self.memory_mb * _MB:
                self._fail("job_memory", limit=self.memory_mb)
                self.process.kill()

    def _follow(self) -> None:
        errors = threading.Thread(target=self._listen, daemon=True)
        errors.start()
        threading.Thread(target=self._read, args=(errors,), daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()


def start(
    func: str,
    /,
    *,
    memory_mb: int = MEMORY_MB,
    time_limit: float = SECONDS,
    grace: float = _GRACE,
    packages: Collection[str] = PACKAGES,
    **kwargs: Any,
) -> Job:
    """Start a function in a worker process.

    Parameters
    ----------
    func : str
        "module:function", public, in one of `packages`. Where it takes the keywords `progress` and
        `cancelled` it is given `progress(fraction, message)` and `cancelled() -> bool`.
    memory_mb : int
        Resident memory at which the worker is ended; also the limit it sets itself where the system can.
    time_limit : float
        Seconds after which it is ended.
    grace : float
        Seconds from a cancel until it is ended by force; more where what is found so far is wanted, for a
        busy machine.
    packages : collection of str
        Top-level packages whose functions may run.
    **kwargs
        Arguments of the function; they and the result must pickle.

    Returns
    -------
    Job

    Raises
    ------
    ValueError
        If the function is not allowed, or an argument does not pickle.
    """
    module, _, name = func.partition(":")
    if module.split(".")[0] not in packages or not name.isidentifier() or name.startswith("_"):
        raise ValueError(f"not an allowed job: {func!r}")
    request = (module, name, kwargs, memory_mb, tuple(packages))
    try:
        pickle.dumps(request)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ValueError(f"an argument of {func} does not pickle: {error}") from error
    # The worker starts in the checkout: it must not depend on the parent's __main__ or folder.
    process = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-m", "planning.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[1],
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    job = Job(process, memory_mb, time_limit, grace)
    threading.Thread(target=job._tell, args=request, daemon=True).start()
    job._follow()
    return job


def _resident(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0  # it has just ended
