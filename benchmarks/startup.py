"""How long a planner waits: from `python run.py` to the app's answer, and to the first map in the browser.

    python -m benchmarks.startup [--runs 3] [--page /] [--port 8690]

Starts the app as a planner does (run.py, an environment that is already set up), opens the page in a Chromium
that may ask nothing but this machine, and waits for the first map. Prints one JSON line a run, and a last one
with the medians. The first run after a restart of the computer reads from a cold disk and takes longer.
"""

import argparse
import json
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

import run

ROOT = Path(__file__).resolve().parents[1]
MAP = ".leaflet-container"
LIMIT = 60.0  # seconds until a page without a map is given up
# The network is cut in the browser: no name and no address but loopback leads anywhere. A route that refused
# requests would take the browser's cache from it, which a planner's has.
LOOPBACK_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]"


def wait_for_map(page: Page) -> bool:
    """Wait until a map stands in the page, in a frame of it or in a component's shadow root."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        for frame in page.frames:
            found = frame.query_selector(MAP)
            if found and found.is_visible():
                return True
        page.wait_for_timeout(20)
    return False


def once(page_path: str, port: int) -> dict[str, float | None]:
    """Start the app, open one page, stop the app; return the seconds each step took from the start."""
    begin = time.monotonic()
    command = [sys.executable, "run.py", "--no-browser", "--port", str(port)]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=run.find_browser(), args=["--no-sandbox", LOOPBACK_ONLY]
        ) as browser,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        ready = time.monotonic()
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as process:
            try:
                answered = wait_for_address(process, port)
                page.goto(f"http://127.0.0.1:{port}{page_path}")
                mapped = time.monotonic() if wait_for_map(page) else None
                spent = cpu_seconds(process.pid)
            finally:
                process.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
                process.communicate(timeout=30)
    return {
        "browser_s": round(ready - begin, 2),
        "answer_s": round(answered - ready, 2),
        "map_s": round(mapped - ready, 2) if mapped else None,
        "server_cpu_s": round(spent, 2),
    }


def cpu_seconds(pid: int) -> float:
    """Return the processor seconds of a process and its children, which other load hardly changes."""
    top = psutil.Process(pid)
    times = [process.cpu_times() for process in (top, *top.children(recursive=True))]
    return sum(spent.user + spent.system for spent in times)


def wait_for_address(process: subprocess.Popen[str], port: int) -> float:
    """Return the moment run.py says its address; SystemExit when it ends without."""
    for line in process.stdout or ():
        if f"http://127.0.0.1:{port}" in line:
            return time.monotonic()
    raise SystemExit("run.py ended without an address")


def main() -> int:
    """Measure, print, and return 1 when a page shows no map."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--page", default="/")
    parser.add_argument("--port", type=int, default=8690)
    given = parser.parse_args()
    rows = []
    for number in range(given.runs):
        rows.append(once(given.page, given.port + number))
        print(json.dumps(rows[-1]), flush=True)
    answers = [seconds for row in rows if (seconds := row["answer_s"]) is not None]
    maps = [seconds for row in rows if (seconds := row["map_s"]) is not None]
    medians = {"answer_s": statistics.median(answers), "map_s": statistics.median(maps) if maps else None}
    print(json.dumps({"runs": len(rows), "page": given.page, "median": medians}))
    return int(len(maps) < len(rows))


if __name__ == "__main__":
    sys.exit(main())
