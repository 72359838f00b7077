"""The worker's end of a job (`planning.jobs`), and the messages both ends exchange.

A message is a pickled tuple after its length in eight bytes. Run as `python -m planning.worker`.
"""

import os
import pickle
import threading
import time
import traceback
from collections.abc import Collection
from types import TracebackType
from typing import IO, Any, Final, Self

from gis.faults import FaultError

_MB: Final = 1024 * 1024


def send(stream: IO[bytes], *message: Any) -> None:
    """Write one message, its length first.

    Raises
    ------
    OSError
        If the other side is gone.
    pickle.PicklingError, TypeError, AttributeError
        If the message does not pickle; nothing is written then.
    """
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(len(body).to_bytes(8, "big") + body)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[Any, ...] | None:
    """Read one message; None at the end of the stream.

    Raises
    ------
    pickle.UnpicklingError, EOFError, ImportError, AttributeError
        If what came is no message.
    """
    head = _exactly(stream, 8)
    if head is None:
        return None
    body = _exactly(stream, int.from_bytes(head, "big"))
    return None if body is None else pickle.loads(body)  # noqa: S301 - written by our own process


def _exactly(stream: IO[bytes], size: int) -> bytes | None:
    parts: list[bytes] = []
    while size:
        part = stream.read(min(size, 16 * _MB))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Worker:
    """The other end: runs one request and reports how it ended, whatever ends it."""

    def __init__(self, output: IO[bytes]) -> None:
        self.output = output
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.said = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Reported here, not caught: the failure then ends the process in the ordinary way.
        if error is None:
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        if isinstance(error, FaultError):
            self.tell("faults", list(error.faults), text)
        elif isinstance(error, MemoryError):
            self.tell("memory", text)
        else:
            self.tell("error", f"{type(error).__name__}: {error}", text)

    def tell(self, *message: Any) -> None:
        with self.lock:
            send(self.output, *message)

    def progress(self, fraction: float, message: str = "") -> None:
        now = time.monotonic()
        if now - self.said >= 0.05 or fraction >= 1:
            self.said = now
            self.tell("progress", min(1.0, max(0.0, float(fraction))), str(message))

    def heed(self, stream: IO[bytes]) -> None:
        """Wait for the word to cancel; end the process when the parent is gone."""
        while (message := receive(stream)) is not None:
            if message == ("cancel",):
                self.stop.set()
        os._exit(70)

    def run(self, stream: IO[bytes]) -> None:
        request = receive(stream)
        if request is None:
            return
        module, name, kwargs, memory_mb, packages = request
        _cap(memory_mb)
        threading.Thread(target=self.heed, args=(stream,), daemon=True).start()
        function = _find(module, name, packages)
        self.tell("result", function(**kwargs, **self.hooks(function)))

    def hooks(self, function: Any) -> dict[str, Any]:
        import inspect

        taken = inspect.signature(function).parameters
        offered = {"progress": self.progress, "cancelled": self.stop.is_set}
        return {name: hook for name, hook in offered.items() if name in taken}


def _find(module: str, name: str, packages: Collection[str]) -> Any:
    from importlib import import_module

    function = getattr(import_module(module), name)
    # An allowed module's imports (os, pickle ...) are its attributes too: those are no jobs.
    if str(getattr(function, "__module__", "")).split(".")[0] not in packages:
        raise ValueError(f"not an allowed job: {module}:{name}")
    return function


def _cap(memory_mb: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's watch alone keeps the cap
        return
    # Address space runs ahead of resident memory (thread stacks, mapped files), hence the margin.
    wanted = (memory_mb + 2048) * _MB
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (OSError, ValueError):
        return  # macOS may refuse; the parent watches


def main() -> None:
    """Run the request on standard input; the entry point of the worker process."""
    # Own, unbuffered handles: a thread waiting in sys.stdin would stop the interpreter from ending, and
    # what the function or a C library prints must not mix with the messages (it goes to stderr).
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    output = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - not a path
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    with _Worker(output) as worker:
        worker.run(source)


if __name__ == "__main__":
    main()
