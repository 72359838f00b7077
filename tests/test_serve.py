"""The app's server: it loads the first page before a browser asks for it."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from streamlit import runtime

from ui import serve

ROOT = Path(__file__).resolve().parents[1]


def test_the_first_page_loads_only_once_the_server_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    monkeypatch.setattr(runtime, "exists", answers.is_set)
    monkeypatch.setattr(serve, "FIRST_PAGE", "this_module_is_not_there")
    found: list[BaseException] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: found.append(args.exc_value))
    thread = threading.Thread(target=serve.preload)
    thread.start()
    time.sleep(0.1)
    assert thread.is_alive()
    answers.set()
    thread.join(10)
    assert isinstance(found[0], ModuleNotFoundError)


def test_the_page_named_here_is_the_first_of_the_app() -> None:
    assert 'default=name == "overview"' in (ROOT / "app.py").read_text("utf-8")
    assert serve.FIRST_PAGE.endswith(".overview")


def test_options_go_to_streamlit() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ui.serve", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0
    assert "--server.port" in run.stdout
