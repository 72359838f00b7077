"""How large the one-file review is and what it asks for: a made county of polygons, two plans, many comments.

    python -m benchmarks.onefile [--units 5000] [--comments 50] [--seed 1]

Prints one JSON line a size: megabytes of the file, the tolerance of its borders in metres and whether they
are still shared, seconds to make it, seconds until its maps are drawn in headless Chromium with every network
cut, what it asked for besides itself, and the errors of its script.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import shapely
from playwright.sync_api import Browser, Route, sync_playwright

import run
from benchmarks.board import STAGE, YEAR, made
from gis import maps
from planning import drafts, zoneproblem
from planning.project import open_project
from planning.reviewlog import Comment, ReviewLog
from planning.store import DraftStore
from ui.review import onefile
from ui.state import Context
from ui.texts import speaking
from ui.views import plan as plans
from ui.views import review as views
from zoning.draft import nearest_with_room

MOVED = 10  # one unit in so many changes school between the two plans


def reviewed(home: Path, *, units: int, comments: int, seed: int) -> tuple[str, dict[str, object]]:
    """Make a project with two drafts and return the file of their review, and what is known of it."""
    project = open_project(made(home, units=units, seed=seed).folder)
    problem = zoneproblem.build(project, STAGE, YEAR)
    first = nearest_with_room(problem)
    second = first.copy()
    second.iloc[::MOVED] = second.shift(1).bfill().iloc[::MOVED]
    store, log = DraftStore(project.drafts_url), ReviewLog(project.drafts_url)
    ids = [
        store.create(project.id, name, author="基准", ops=[drafts.plan(STAGE, YEAR, plan)]).id
        for name, plan in (("一稿", first), ("二稿", second))
    ]
    for number in range(comments):
        log.comment(project.id, Comment(f"意见 {number} " * 10, STAGE), author="基准")
    context = Context(project, STAGE, YEAR, None)
    with speaking("zh"):
        begun = time.monotonic()
        chosen = views.load(context, ids)
        page = onefile.html(context, chosen, views.places(chosen))
        took = time.monotonic() - begun
    drawn = maps.simplified(plans.units_on_the_ground(project.key, project), maps.TOLERANCE)
    known: dict[str, object] = {
        "units": units,
        "moved": int((first != second).sum()),
        "mb": round(len(page.encode()) / 1e6, 2),
        "tolerance_m": maps.TOLERANCE,
        "borders_shared": bool(shapely.coverage_is_valid(drawn.geometry.to_numpy())),
        "made_s": round(took, 1),
    }
    store.close()
    log.close()
    return page, known


def opened(browser: Browser, file: Path) -> dict[str, object]:
    """Open the file with every network cut; return how long it took and what it asked for."""
    asked: list[str] = []
    errors: list[str] = []

    def cut(route: Route) -> None:
        if route.request.url == file.as_uri():
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(120_000)
    page.route("**/*", cut)
    page.on("pageerror", lambda error: errors.append(str(error)))
    begun = time.monotonic()
    page.goto(file.as_uri())
    page.locator(".hp-pair[data-ready]").wait_for()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    took = time.monotonic() - begun
    page.locator("#next").click()
    page.locator("#list tbody tr").first.wait_for()
    return {"open_s": round(took, 2), "asked": asked, "errors": errors}


def main(arguments: list[str] | None = None) -> None:
    """Measure every size asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--units", type=int, nargs="+", default=[5_000])
    parser.add_argument("--comments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=run.find_browser(), args=["--no-sandbox"])
        for units in options.units:
            page, known = reviewed(
                Path(folder) / str(units), units=units, comments=options.comments, seed=options.seed
            )
            file = Path(folder) / f"review-{units}.html"
            file.write_text(page, encoding="utf-8")
            print(json.dumps(known | opened(browser, file), ensure_ascii=False), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
