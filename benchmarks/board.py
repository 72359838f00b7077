"""How the planning board feels: a made county of many polygons, in a browser that may ask only this machine.

    python -m benchmarks.board [--units 5000 20000] [--strokes 40] [--seed 1] [--port 8695]

Prints one JSON line a size: seconds from opening the page to a usable map (the first time after the app has
started, and again in a new tab), milliseconds from pressing the button to the painted stroke and from letting
go to the totals of Python (half and 95 in 100 of the strokes are no slower), megabytes of the tab, and how
many of 200 strokes at speed were kept, in order, with one state in browser and store.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import run
from benchmarks import made_county
from benchmarks.startup import LOOPBACK_ONLY
from planning import drafts, spatial, zoneproblem
from planning.project import Project, create_project
from planning.store import DraftStore
from zoning.draft import nearest_with_room

ROOT = Path(__file__).resolve().parents[1]
YEAR, UNITS_A_ZONE, TOWNS = 2026, 50, 12
STAGE, LOOSE = "primary", 65535
FAST = 200
WATCH = """() => {
  const b = document.querySelector(".hp-board").board, watch = { paint: [], back: [] }, sent = new Map();
  const redraw = b.sheet._redraw.bind(b.sheet), update = b.update.bind(b), enqueue = b._queue;
  let began = 0;
  b.map.getContainer().addEventListener("pointerdown", (event) => { began = event.timeStamp; }, true);
  b.sheet._redraw = () => {
    redraw();
    b.sheet._ctx.getImageData(0, 0, 1, 1);  // nothing is painted before it can be read
    if (began) { watch.paint.push(performance.now() - began); }
    began = 0;
  };
  b._queue = (item) => { enqueue.call(b, item); sent.set(b.last, performance.now()); };
  b.update = (data, send) => {
    update(data, send);
    for (const [n, at] of sent) {
      if (n <= (data.ack[b.client] || 0)) { watch.back.push(performance.now() - at); sent.delete(n); }
    }
  };
  window.watch = watch;
}"""
SPOT = """(u) => {
  const b = document.querySelector(".hp-board").board, g = b.ground;
  const box = b.map.getContainer().getBoundingClientRect();
  const at = b.map.latLngToContainerPoint(b.pointer._latlng([g.anchor[2 * u], g.anchor[2 * u + 1]]));
  const x = box.left + at.x, y = box.top + at.y, top = document.elementFromPoint(x, y);
  return top && top.tagName === "CANVAS" ? [x, y] : null;
}"""


def made(home: Path, *, units: int, seed: int) -> Project:
    """Make a project of polygons with a plan in force, everything derived."""
    county = made_county.make(seed=seed, units=units, schools=units // UNITS_A_ZONE)
    rng = np.random.default_rng(seed)
    place = county.units.geometry.representative_point()
    west, south, east, north = county.units.total_bounds
    column = ((place.x - west) / (east - west) * TOWNS).astype(int).clip(upper=TOWNS - 1)
    row = ((place.y - south) / (north - south) * TOWNS).astype(int).clip(upper=TOWNS - 1)
    named = county.units.assign(
        name=[f"小区{n}" for n in range(units)],
        kind="estate",
        town=[f"{c}-{r}镇" for c, r in zip(column, row)],
    )
    children = pd.DataFrame({"unit_id": np.tile(named["unit_id"], 6), "migrant": 0})
    children["cohort"] = np.repeat(np.arange(YEAR, YEAR + 6), units)
    children["children"] = rng.integers(0, 12, len(children))
    schools = county.schools.assign(
        name=[f"第{n}小学" for n in range(len(county.schools))],
        kind="primary",
        provider="public",
        lowest_grade=1,
        highest_grade=6,
        zone_id=county.schools["school_id"],
        primary_intake=UNITS_A_ZONE * 6,
        primary_seats=UNITS_A_ZONE * 36,
    )
    layers = {"units": named, "children": children, "schools": schools, "barriers": county.barriers}
    project = create_project(
        layers, name="基准", year=YEAR, epsg=made_county.CRS, id=f"made-{units}", folder=home, synthetic=True
    )
    spatial.derive(project)
    return project


@contextmanager
def serving(home: Path, port: int) -> Iterator[str]:
    """Run the app over a folder of projects."""
    command = [sys.executable, "-m", "ui.serve", "--server.port", str(port), "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1"]
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"HUAPIAN_HOME": str(home)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            if not run.healthy(process, address):
                raise SystemExit("the app did not start")
            yield address
        finally:
            process.send_signal(signal.SIGINT)


def opened(context: BrowserContext, address: str) -> tuple[Page, float]:
    """Open the board in a new tab; return it and the seconds until the map can be used."""
    page = context.new_page()
    page.set_default_timeout(300_000)
    begun = time.monotonic()
    page.goto(address)
    page.wait_for_function(
        "() => { const e = document.querySelector('.hp-board[data-ready]'); return e && e.board.pictured }"
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page, time.monotonic() - begun


def memory(browser_pid: int) -> float:
    """Return the megabytes of the largest tab of a browser."""
    below = psutil.Process(browser_pid).children(recursive=True)
    tabs = [p for p in below if "--type=renderer" in " ".join(p.cmdline())]
    return max(p.memory_full_info().uss for p in tabs) / 2**20


def settled(page: Page) -> None:
    """Wait until every stroke has been dealt with."""
    page.wait_for_function("() => document.querySelector('.hp-board').dataset.pending === '0'")


def spots(page: Page, units: int, wanted: int, seed: int) -> list[tuple[int, list[float]]]:
    """Return units in sight, by number, with where they lie on the screen."""
    order = np.random.default_rng(seed).permutation(units)
    found = ((int(u), page.evaluate(SPOT, int(u))) for u in order)
    return [pair for pair, _ in zip((p for p in found if p[1]), range(wanted))]


def painted(page: Page, places: list[tuple[int, list[float]]], zones: int) -> dict[str, list[float]]:
    """Paint one stroke at a time, each waited for, and return what each took."""
    page.locator('.hp-board button[data-tool="brush"]').click()
    page.evaluate(WATCH)
    for number, (_, (x, y)) in enumerate(places):
        page.evaluate(f"() => {{ document.querySelector('.hp-board').board.target = {number % zones} }}")
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y + 20, steps=4)
        page.mouse.up()
        settled(page)
        page.wait_for_timeout(1500)  # the run of the page's other parts ends, as a planner would look
    found: dict[str, list[float]] = page.evaluate("() => window.watch")
    return found


def hurried(page: Page, places: list[tuple[int, list[float]]], zones: int) -> list[tuple[list[int], str]]:
    """Paint 200 strokes without waiting; return unit and zone of each as the browser sent them."""
    page.evaluate(
        "() => { const b = document.querySelector('.hp-board').board, q = b._queue; window.sent = [];"
        " b._queue = (item) => { window.sent.push([item.units, item.zone]); return q.call(b, item); } }"
    )
    for number in range(FAST):
        page.evaluate(f"() => {{ document.querySelector('.hp-board').board.target = {number % zones} }}")
        page.mouse.click(*places[number % 4][1])
    settled(page)
    found: list[tuple[list[int], str]] = page.evaluate("() => window.sent")
    return found


def measure(browser: Browser, browser_pid: int, *, units: int, strokes: int, seed: int, port: int) -> dict:
    """Measure one size."""
    with tempfile.TemporaryDirectory() as folder:
        project = made(Path(folder), units=units, seed=seed)
        problem = zoneproblem.build(project, STAGE, YEAR)
        store = DraftStore(project.drafts_url)
        begin = drafts.plan(STAGE, YEAR, nearest_with_room(problem))
        draft = store.create(project.id, "一稿", author="基准", ops=[begin]).id
        with serving(Path(folder), port) as address:
            where = f"{address}/zones?lang=zh&stage={STAGE}&draft={draft}"
            context = browser.new_context(viewport={"width": 1440, "height": 1300})
            first, cold = opened(context, where)
            first.close()
            page, warm = opened(context, where)
            places = spots(page, units, strokes, seed)
            took = painted(page, places, problem.n_zones)
            rev = store.get(draft).rev
            sent = hurried(page, places, problem.n_zones)
            kept = [next(iter(op.payload["zones"].items())) for op in store.history(draft)[rev:]]
            ids = page.evaluate("() => document.querySelector('.hp-board').board.ground.ids")
            shown = page.evaluate("() => Array.from(document.querySelector('.hp-board').board.state.zones)")
            tab = memory(browser_pid)
        plan = store.state(draft).plan(STAGE, YEAR)
        names = list(map(str, problem.zone_ids))
        there = [None if number == LOOSE else names[number] for number in shown]
        same = pd.Series(there, index=ids).fillna("").to_dict() == plan.reindex(ids).fillna("").to_dict()
        store.close()
    in_order = kept == [(zone, sorted(ids[unit] for unit in moved)) for moved, zone in sent]
    return {
        "units": units, "open_cold_s": round(cold, 2), "open_warm_s": round(warm, 2),
        "paint_ms": _parts(took["paint"]), "back_ms": _parts(took["back"]), "tab_mb": round(tab),
        "sent": len(sent), "kept": len(kept), "order_kept": in_order, "one_state": same,
    }  # fmt: skip


def _parts(values: list[float]) -> dict[str, int]:
    half, most = np.percentile(values, [50, 95])
    return {"p50": round(half), "p95": round(most), "strokes": len(values)}


def main(arguments: list[str] | None = None) -> None:
    """Measure every size asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--units", type=int, nargs="+", default=[5_000, 20_000])
    parser.add_argument("--strokes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=8695)
    options = parser.parse_args(arguments)
    with sync_playwright() as playwright:
        known = {process.pid for process in psutil.Process().children(recursive=True)}
        for units in options.units:
            with playwright.chromium.launch(
                executable_path=run.find_browser(), args=["--no-sandbox", LOOPBACK_ONLY]
            ) as browser:
                pid = _started(known)
                row = measure(
                    browser, pid, units=units, strokes=options.strokes, seed=options.seed, port=options.port
                )
            print(json.dumps(row), flush=True)


def _started(known: set[int]) -> int:
    """Return the process of the browser that has been started since."""
    fresh = (p for p in psutil.Process().children(recursive=True) if p.pid not in known)
    return next(p.pid for p in fresh if "chrom" in p.name())


if __name__ == "__main__":
    main()
