"""The planning board under test, as a planner handles it, and the store behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import Page

from planning import zoneproblem
from planning.project import Project, list_projects, open_project
from planning.store import DraftStore
from ui.views import edits

SLOW = 60_000
#: The board stays where it is for half a second: what is drawn above it later moves it on a slow machine.
SETTLED = """() => {
    const now = performance.now(), top = document.querySelector('.hp-board').getBoundingClientRect().top;
    if (window.boardTop !== top) { window.boardTop = top; window.boardSince = now; }
    return now - window.boardSince >= 500;
}"""


# The zones of a project in the engine's order, by the project's key: to build them takes a while.
_KNOWN: dict[str, list[str]] = {}


def _zones(key: str, project: Project) -> list[str]:
    if key not in _KNOWN:
        problem = zoneproblem.build(project, "primary", project.year)
        _KNOWN[key] = [str(zone) for zone in problem.zone_ids]
    return _KNOWN[key]


class Canvas:
    """The board under test, and the store behind it."""

    def __init__(self, page: Page, app: str, home: Path) -> None:
        self.page, self.app = page, app
        self.project = open_project(list_projects(home)[0].folder)
        self.store = DraftStore(self.project.drafts_url)
        self.draft = ""

    def begin(self, name: str, *, lang: str = "zh") -> None:
        """Open a fresh draft on the board."""
        own = edits.free_name(self.project, name)
        self.draft = self.store.create(
            self.project.id, own, author="王老师", ops=edits.first_steps(self.project)
        ).id
        self.open(self.draft, lang=lang)

    def open(self, draft: str = "", *, lang: str = "zh") -> None:
        self.page.goto(f"{self.app}/zones?lang={lang}&stage=primary&draft={draft}")
        self.shown_up()

    def shown_up(self) -> None:
        """Wait until the board can be used and stands still."""
        self.page.locator(".hp-board[data-ready]").wait_for(timeout=SLOW)
        self.page.wait_for_function("document.querySelector('.hp-board').board.pictured", timeout=SLOW)
        self.page.wait_for_function(SETTLED, polling=50, timeout=SLOW)

    def ask(self, script: str) -> Any:
        return self.page.evaluate(
            f"() => {{ const b = document.querySelector('.hp-board').board; {script} }}"
        )

    def tool(self, name: str) -> None:
        self.page.locator(f'.hp-board button[data-tool="{name}"]').click()

    def into(self, zone: str) -> None:
        """Choose the zone to paint into."""
        names = self.zones()
        self.page.locator(".hp-board-aim select").select_option(str(names.index(zone)))

    def zones(self) -> list[str]:
        return _zones(self.project.key, self.project)

    def spot(self, unit: str) -> tuple[float, float]:
        """Return where the unit's own point lies on the screen."""
        x, y = self.ask(
            f"const u = b.ground.ids.indexOf({json.dumps(unit)}), g = b.ground;"
            "const scale = 256 * Math.pow(2, b.map.getZoom());"
            "const p = b.map.latLngToContainerPoint(b.map.unproject("
            "[(g.anchor[2*u] + g.corner[0]) * scale, (g.anchor[2*u+1] + g.corner[1]) * scale]));"
            "const box = b.map.getContainer().getBoundingClientRect();"
            "return [box.left + p.x, box.top + p.y];"
        )
        return x, y

    def clear(self, unit: str) -> bool:
        """Tell whether the unit's own point is in sight and under no school."""
        x, y = self.spot(unit)
        script = (
            "([x, y]) => { const e = document.elementFromPoint(x, y); return !!e && e.tagName === 'CANVAS' }"
        )
        seen = self.page.evaluate(script, [x, y])
        return bool(seen)

    def click(self, unit: str) -> None:
        self.page.mouse.click(*self.spot(unit))

    def saved(self) -> None:
        self.page.wait_for_function(
            "document.querySelector('.hp-board').dataset.pending === '0'", timeout=4 * SLOW
        )

    def plan(self) -> pd.Series:
        return self.store.state(self.draft).plan("primary", self.project.year)

    def shown(self) -> dict[str, str | None]:
        """Return the plan as the browser has it."""
        zones = self.zones()
        pairs = self.ask("return b.ground.ids.map((id, u) => [id, b.state.zones[u]])")
        return {unit: None if number == 65535 else zones[number] for unit, number in pairs}

    def large(self, n: int = 3, *, apart_from: str = "") -> list[str]:
        """Return large units in sight that are not of a zone."""
        plan = self.plan()
        shapes = self.project.layers["units"].set_index("unit_id")
        order = self.ask(
            "return b.ground.ids.map((id, u) => [id, (b.ground.box[4*u+2] - b.ground.box[4*u])"
            " * (b.ground.box[4*u+3] - b.ground.box[4*u+1])]).sort((p, q) => q[1] - p[1]).map((p) => p[0])"
        )
        fit = (u for u in order if u in shapes.index and plan.get(u) != apart_from and self.clear(u))
        return [unit for unit, _ in zip(fit, range(n), strict=False)]
