"""A plan with units in a zone without seats: the review says what is known of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planning import spatial
from planning.project import DRAFTS_FILE, create_project, open_project
from tests.test_planning_splitting import CRS, layers
from ui import state
from ui.state import Context
from ui.views import review


@pytest.fixture
def project(tmp_path):
    given = layers()
    given["children"] = given["children"].assign(cohort=2026)
    made = create_project(given, name="测", id="p", year=2026, epsg=CRS, folder=tmp_path)
    spatial.derive(made)
    return made


@pytest.mark.parametrize("intake", [0, 90])
def test_units_and_pupils_of_a_zone_without_seats_are_told(project, intake):
    schools = project.layers["schools"].assign(primary_intake=[90, intake])
    changed = replace(
        project, layers={**project.layers, "schools": schools}, version=project.version + intake + 1
    )
    (plan, *_others) = review.load(Context(changed, "primary", 2026, None), ["", ""])
    own = project.layers["catchments"].query("zone_id == 'b'")["unit_id"]
    assert list(plan.seatless.index) == ([] if intake else sorted(own))
    said = review.seatless(Context(changed, "primary", 2026, None), plan)
    name = schools.set_index("school_id")["name"]["b"]
    pupils = project.layers["children"].query("unit_id in @own")["children"].sum()
    assert said == ([] if intake else [f"{name}({len(own)} 个单元、{pupils} 名新生)"])


def test_a_page_says_what_stands_in_the_way_of_an_edit_cut_short(project):
    from planning import splitting, unfinished
    from tests.test_planning_splitting import wish
    from tests.test_planning_unfinished import interrupt

    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(unfinished, "finish", interrupt)
        splitting.split(project, wish())
    drafts_file = project.folder / DRAFTS_FILE
    drafts_file.write_bytes(b"no database" * 999)
    (said,) = state.left_undone(open_project(project.folder))
    assert "请检查磁盘空间" in said
    drafts_file.unlink()
    assert state.left_undone(open_project(project.folder)) == []
