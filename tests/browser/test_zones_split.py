"""A unit is split by the table alone: which way, how much of it, the names, and who lives where."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from planning import carrying, splitting, zoneproblem
from planning.project import open_project
from tests.browser import pausing
from tests.browser.desk import SLOW, Desk
from tests.browser.tables import reads, type_into

pytestmark = pytest.mark.browser


def _large(desk: Desk) -> tuple[str, str, int]:
    """Return id, name and entrants of the unit without a school that most enter school from."""
    units = desk.project.layers["units"].set_index("unit_id")
    names = units["name"][~units["name"].duplicated(keep=False)]
    anchors = zoneproblem.anchors(desk.project, "primary")["unit_id"]
    children = zoneproblem.demand(desk.project, "primary", desk.project.year)
    children = children[children.index.isin(names.index) & ~children.index.isin(anchors)]
    unit = str(children.idxmax())
    return unit, str(names[unit]), int(children.max())


def _name(desk: Desk, key: str, text: str) -> None:
    box = desk.key(key).locator("input")
    box.fill(text)
    box.press("Enter")
    desk.settled()


def test_cut_share_names_and_homes_make_the_parts(desk: Desk) -> None:
    unit, name, children = _large(desk)
    desk.open()
    desk.section("拆分单元")
    expect(desk.tables("split")).to_have_count(0)
    desk.pick("split-unit", name)
    preview = desk.tables("split").last
    for part, number, n in zip("一二", (1, 2), carrying.apportion(children, (0.5, 0.5)), strict=True):
        reads(preview, f"{name}{part}区", f"{unit}-{number}", "50.0%", n)
    thumb = desk.key(f"split-area-{unit}").get_by_role("slider").first
    thumb.focus()
    for _step in range(4):
        thumb.press("ArrowLeft")
    desk.settled()
    south, _north = carrying.apportion(children, (0.3, 0.7))  # children go by the area
    reads(preview, f"{name}一区", f"{unit}-1", "30.0%", south)

    _name(desk, f"split-first-{unit}", f"{name}南苑")
    _name(desk, f"split-second-{unit}", f"{name}南苑")
    expect(desk.key("zones-split")).to_contain_text("两个部分要有不同的名称")
    expect(desk.key("split-ask-go")).to_have_count(0)
    _name(desk, f"split-second-{unit}", f"{name}北苑")
    desk.key("zones-split").get_by_text("南北切(第一部分在南)").click()
    desk.key("zones-split").get_by_text("按楼栋的户数或人数(估)").click()
    desk.settled()
    homes, none_yet = desk.key(f"split-homes-{unit}"), desk.page.get_by_text("先按面积分")
    for row in (0, 1):
        expect(none_yet).to_have_count(0)
        type_into(homes, "0", row=row, across=0.5)
        desk.settled()
    expect(none_yet).to_be_visible()
    reads(preview, f"{name}南苑", f"{unit}-1", "30.0%", south)
    for row, many in enumerate("31"):  # three homes to one
        type_into(homes, many, row=row, across=0.5)
        desk.settled()
    expect(none_yet).to_have_count(0)
    shared = carrying.apportion(children, (0.75, 0.25))
    assert shared[0] != south
    for part, number, share, n in zip("南北", (1, 2), ("30.0%", "70.0%"), shared, strict=True):
        reads(preview, f"{name}{part}苑", f"{unit}-{number}", share, n)
    dialog = desk.page.get_by_role("dialog")
    desk.click("split-ask-go")
    expect(dialog).to_be_visible()
    pausing.given_up(desk, "split-ask-go", confirm="split-confirm", cancel="cancel-split", part="zones-split")
    assert not splitting.splits(open_project(desk.project.folder))
    desk.settled()
    desk.click("split-ask-go")
    dialog.locator(".st-key-split-confirm button").click()
    expect(desk.key("split-undo")).to_be_visible(timeout=2 * SLOW)
    desk.settled()

    now = open_project(desk.project.folder)
    (row,) = splitting.splits(now)
    assert row["names"] == [f"{name}南苑", f"{name}北苑"]
    parts = now.layers["units"].set_index("unit_id").loc[row["parts"]]
    below, above = parts.geometry
    assert below.area / (below.area + above.area) == pytest.approx(0.3, abs=0.01)
    assert below.bounds[3] == pytest.approx(above.bounds[1], abs=1)  # the cut goes straight across
    entrants = zoneproblem.demand(now, "primary", now.year)
    assert [int(entrants[part]) for part in row["parts"]] == shared
