"""Changes of schools that the rolls suggest: taken into the lineage table, forecast by it, and taken back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from gis.faults import FaultError
from planning import assumed, forecasts, lineage, proposals
from planning.project import Project, create_project
from tests.test_planning_forecasts import EPSG, FIRST, YEAR, enrolment, layers, places, schools

CHANGED = 2022


def renamed(folder: Path) -> Project:
    """Make a project in which 西 was 旧 before the change; both are in the layer of schools."""
    rows = enrolment()
    grown = rows["pupils"] + 20 * (rows["school_id"] == "西") + (rows["year"] * 7 + rows["grade"] * 5) % 4
    was = (rows["school_id"] == "西") & (rows["year"] < CHANGED)
    rows = rows.assign(pupils=grown, school_id=rows["school_id"].mask(was, "旧"))
    old = schools().iloc[[1]].assign(school_id="旧", name="老西小", geometry=places(1))
    own = pd.concat([schools(), old], ignore_index=True)
    made = layers() | {"schools": own, "enrolment": rows}
    return create_project(made, name="三校", year=YEAR, epsg=EPSG, folder=folder)


@pytest.fixture
def project(tmp_path):
    return renamed(tmp_path)


def forecast(project):
    chosen = forecasts.Settings(until=YEAR + 1, scenarios=False, estates=False)
    forecasts.forecast_job(project.folder, chosen.under(assumed.in_force(project)))
    return forecasts.stored(project, chosen)


def warned(frame) -> bool:
    return any("perhaps it was renamed" in said["en"] for said in frame.attrs["warnings"])


def test_a_proposal_taken_over_joins_the_histories_and_can_be_taken_back(project):
    before = forecast(project)
    assert warned(before)
    other = {"subject": "unit", "change": "closed", "year": 2020, "from_id": "u9"}
    lineage.store(project.folder, lineage.frame_of([other]))
    ((key, rows),) = proposals.proposed(project).items()
    told = rows.iloc[0]
    assert (told["change"], told["year"], told["from_name"], told["to_name"]) == (
        "renamed", CHANGED, "老西小", "西小",
    )  # fmt: skip
    chosen = forecasts.Settings(until=YEAR + 1)
    mark = chosen.marked(project)
    proposals.take(project, key, by="王")
    assert proposals.proposed(project) == {} and list(proposals.taken(project)) == [key]
    assert chosen.marked(project) != mark  # caches of the page go by it
    row = lineage.stored(project.folder).iloc[-1]
    assert (row["from_id"], row["to_id"]) == ("旧", "西") and "王" in row["note"]
    after = forecast(project)
    assert not warned(after)
    assert not after["mean"].equals(before["mean"])
    proposals.give_back(project, key, by="王")
    assert lineage.stored(project.folder)["from_id"].tolist() == ["u9"]
    assert proposals.taken(project) == {} and list(proposals.proposed(project)) == [key]
    pd.testing.assert_frame_equal(forecast(project), before)


def test_a_joined_history_teaches_the_years_before_the_change(project):
    (key,) = proposals.proposed(project)
    proposals.take(project, key, by="王")
    forecasts.backtest_job(project.folder)
    rows = forecasts.stored_backtest(project)
    own = rows[(rows["school"] == "西") & (rows["method"] == "cohort")]
    assert own["cutoff"].min() < CHANGED and own["cutoff"].min() > FIRST


def test_nothing_is_written_without_an_author_or_twice(project):
    (key,) = proposals.proposed(project)
    for act in (proposals.take, proposals.give_back):
        with pytest.raises(FaultError) as error:
            act(project, key, by=" ")
        assert [fault.kind for fault in error.value.faults] == ["proposal_author"]
    assert lineage.stored(project.folder).empty
    proposals.take(project, key, by="王")
    with pytest.raises(FaultError) as error:
        proposals.take(project, key, by="王")
    assert [fault.kind for fault in error.value.faults] == ["proposal_gone"]
    assert len(lineage.stored(project.folder)) == 1
