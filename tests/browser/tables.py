"""What a table on a page holds: it is drawn on a canvas, and read from what it offers to screen readers."""

from __future__ import annotations

from playwright.sync_api import Locator, expect


def lines(table: Locator, number: int) -> None:
    """Wait until a table has so many rows, those out of sight and its head among them."""
    expect(table.locator("table[role=grid]")).to_have_attribute("aria-rowcount", str(number))


def cells(table: Locator) -> list[list[str]]:
    """Return the rows in sight, once there are any."""
    table.locator("td[role=gridcell]").first.wait_for(state="attached")
    script = "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    found: list[list[str]] = table.locator("tbody tr").evaluate_all(script)
    return found


def reads(table: Locator, *row: object) -> None:
    """Wait until there is one row in sight that reads so, cell after cell."""
    said = "".join(map(str, row))
    expect(table.locator("tbody tr").filter(has_text=said)).to_have_count(1)


def type_into(table: Locator, text: str, *, row: int, across: float) -> None:
    """Type into a cell of a table that can be edited, so far across it as a share of its width."""
    box = table.locator("canvas").first.bounding_box()
    assert box is not None
    table.page.mouse.dblclick(box["x"] + box["width"] * across, box["y"] + 35 * (row + 1.5))
    field = table.page.locator(".gdg-input").last
    field.fill(text)
    field.press("Enter")
