"""The pictures of the READMEs: every page over a fresh demo county (合成数据), in both languages.

    python -m benchmarks.screenshots [--pages zones,seats] [--langs zh,en] [--out FOLDER] [--keep FOLDER]

Builds the demo in a temporary folder, makes a draft by the optimiser with a fixed amount of work, starts the
app, and writes <page>-<lang>.png into notebooks/images: 1440 pixels wide, with as few colours as keep it
below 250 KB. Prints one JSON line a picture; returns 1 when a page shows an error, has no map, asks for
anything but this machine, or its picture is too big.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from PIL import Image
from playwright.sync_api import Error, Page, Route, sync_playwright

import run
from benchmarks.startup import wait_for_map
from data.make_demo import make_demo
from planning import drafts
from planning.project import Project
from planning.store import DraftStore
from planning.tasks import optimise_job

WIDTH = 1440
#: Height of each page's window, pixels: what answers the page's question, down to a clean edge.
HEIGHTS = {
    "overview": 1200,
    "data": 1060,
    "status": 1400,
    "zones": 1400,
    "forecast": 1480,
    "seats": 1400,
    "review": 1400,
}
LANGUAGES = ("zh", "en")
#: Pages that show the optimised draft instead of the plan in force.
WITH_DRAFT = ("zones", "review")
DRAFTS = {"zh": "优化方案", "en": "Optimised draft"}
STAGE = "primary"
WORK = 20_000  # thousands of moves tried, some seconds
LARGEST = 250_000  # bytes
COLOURS = (256, 192, 128, 96, 64, 48)
PATIENCE = 180_000  # milliseconds until a page is given up; a forecast is made on the way
SETTLING = 1_500  # milliseconds in which charts, labels and fonts come to rest


def make_drafts(project: Project) -> dict[str, str]:
    """Return the id of one optimised draft for each language: the same plan under a name people can read."""
    steps = drafts.plans(project.layers["catchments"])
    now = drafts.fold(steps).plan(STAGE, project.year)
    found = optimise_job(project.folder, STAGE, project.year, start=now, seconds=None, work=WORK, seed=0)
    store = DraftStore(project.drafts_url)
    steps = [*steps, drafts.plan(STAGE, project.year, found.zones)]
    made = {
        lang: store.create(project.id, name, author="demo", ops=steps).id for lang, name in DRAFTS.items()
    }
    store.close()
    return made


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """Serve the app over a folder of projects on this machine and give its address."""
    port = run.free_port(None)
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    command = [sys.executable, "-m", "ui.serve", *options]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=run.ROOT, env=os.environ | {"HUAPIAN_HOME": str(home)}) as process:
        try:
            if not run.healthy(process, address):
                raise SystemExit("the app did not start")
            yield address
        finally:
            process.terminate()


@contextmanager
def browsing() -> Iterator[tuple[Page, list[str]]]:
    """Give a browser page, and the list of what it asked for outside this machine (and did not get)."""
    outside: list[str] = []
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=run.find_browser(), args=arguments)
        page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, locale="zh-CN")

        def only_loopback(route: Route) -> None:
            parts = urlsplit(route.request.url)
            if parts.hostname == "127.0.0.1" or parts.scheme in ("data", "blob", "about"):
                route.continue_()
            else:
                outside.append(route.request.url)
                route.abort()

        page.route("**/*", only_loopback)
        page.set_default_timeout(PATIENCE)
        yield page, outside
        browser.close()


def settle(page: Page) -> str:
    """Wait until a page has drawn its map and charts; return what is wrong with it, else an empty string."""
    try:
        page.locator("h1").first.wait_for()
        mapped = wait_for_map(page)
        for word in ("stProgress", "stSkeleton"):  # a job under way, a part still to come
            page.wait_for_function(f"!document.querySelector('[data-testid={word}]')")
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        mapped = mapped and wait_for_map(page)
        page.wait_for_timeout(SETTLING)
        for frame in page.frames:
            frame.wait_for_function("document.fonts.status === 'loaded'")
        page.wait_for_timeout(SETTLING)
    except Error as error:
        return str(error).splitlines()[0]
    if not mapped:
        return "the page shows no map"
    return "the page shows an exception" if page.locator('[data-testid="stException"]').count() else ""


def smaller(png: bytes) -> bytes:
    """Return a picture with a palette, of as many colours as fit into `LARGEST` bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    written = b""
    for colours in COLOURS:
        held = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(held, "PNG", optimize=True)
        written = held.getvalue()
        if len(written) <= LARGEST:
            break
    return written


def shoot(page: Page, address: str, name: str, lang: str, *, draft: str = "") -> tuple[bytes, str]:
    """Open one page in one language; return its picture and what is wrong with it."""
    asked = {"lang": lang, "stage": STAGE} | ({"draft": draft} if draft else {})
    page.set_viewport_size({"width": WIDTH, "height": HEIGHTS[name]})
    path = "" if name == "overview" else name
    page.goto(f"{address}/{path}?{urlencode(asked)}")
    wrong = settle(page)
    return smaller(page.screenshot()), wrong


def take(home: Path, out: Path, pages: list[str], langs: list[str]) -> int:
    """Write every picture asked for; return how many went wrong."""
    project = make_demo(home)
    made = make_drafts(project) if set(pages) & set(WITH_DRAFT) else {}
    failed = 0
    with serving(home) as address, browsing() as (page, outside):
        for name in pages:
            for lang in langs:
                draft = made[lang] if name in WITH_DRAFT else ""
                picture, wrong = shoot(page, address, name, lang, draft=draft)
                wrong = wrong or (f"asked for {outside[0]}" if outside else "")
                wrong = wrong or ("too big" if len(picture) > LARGEST else "")
                target = out / f"{name}-{lang}.png"
                target.write_bytes(picture)
                print(json.dumps({"file": target.name, "bytes": len(picture), "wrong": wrong}), flush=True)
                failed += bool(wrong)
    return failed


def main() -> int:
    """Take the pictures; return 1 when anything is wrong with one."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--pages", default=",".join(HEIGHTS))
    parser.add_argument("--langs", default=",".join(LANGUAGES))
    parser.add_argument("--out", type=Path, default=run.ROOT / "notebooks" / "images")
    parser.add_argument("--keep", type=Path, help="a folder for the demo that stays, and is used again")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        home = given.keep or Path(scratch)
        return int(take(home, given.out, given.pages.split(","), given.langs.split(",")) > 0)


if __name__ == "__main__":
    sys.exit(main())
