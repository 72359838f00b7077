"""Spring forecasts written down, and September set beside them: what was said is never said anew."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from shapely.geometry import Point

from gis.faults import FaultError
from planning import forecasts, incoming, lineage, newyear, september, spring
from planning.forecasts import Settings
from planning.project import create_project, open_project, save_layers

EPSG, YEAR = 4545, 2026
SETTINGS = Settings(until=YEAR + 2)


def schools(*ids, **more):
    frame = {"school_id": list(ids), "name": [f"{i}小学" for i in ids], "kind": "primary"}
    points = [Point(500_100 + 600 * n, 4_400_100) for n in range(len(ids))]
    return gpd.GeoDataFrame(
        {**frame, "lowest_grade": 1, "highest_grade": 6, **more}, geometry=points, crs=EPSG
    )


def units(*ids):
    shapes = [box(500_000 + 300 * n, 4_400_000, 500_300 + 300 * n, 4_400_300) for n in range(len(ids))]
    return gpd.GeoDataFrame({"unit_id": list(ids), "name": list(ids)}, geometry=shapes, crs=EPSG)


def enrolment(years, pupils):
    rows = [(s, y, g, n + (y + g) % 3) for s, n in pupils.items() for y in years for g in range(1, 7)]
    return pd.DataFrame(rows, columns=["school_id", "year", "grade", "pupils"])


@pytest.fixture
def project(tmp_path):
    layers = {
        "units": units("u1", "u2"),
        "schools": schools("s1", "s2", "s3"),
        "children": pd.DataFrame({"unit_id": ["u1", "u2"], "cohort": 2027, "children": [41, 33]}),
        "enrolment": enrolment(range(2018, 2027), {"s1": 40, "s2": 30, "s3": 20}),
        "catchments": pd.DataFrame(
            {"stage": "primary", "from_year": 2024, "unit_id": ["u1", "u2"], "zone_id": ["s1", "s2"]}
        ),
    }
    return create_project(layers, id="town", name="某镇", year=YEAR, epsg=EPSG, folder=tmp_path)


def made(project):
    forecasts.forecast_job(project.folder, SETTINGS)
    return forecasts.stored(project, SETTINGS)


def counted(project, **pupils):
    """Count September 2027 in the project: entrants and others of each school."""
    rows = enrolment([2027], {"s1": 40, "s2": 30, "s3": 20})
    for school, number in pupils.items():
        rows.loc[(rows["school_id"] == school) & (rows["grade"] == 1), "pupils"] = number
    return pd.concat([project.layers["enrolment"], rows], ignore_index=True)


def test_what_was_written_down_stays_as_it_was_said(project):
    frame = made(project)
    record = spring.write_down(project, frame, SETTINGS, year=2027, by="王", note="交局务会")
    saved = save_layers(project, {"enrolment": counted(project, s1=90)})
    (again,) = spring.records(saved)
    pd.testing.assert_frame_equal(again.frame, record.frame)
    assert (again.by, again.note, again.year, again.known, again.version) == ("王", "交局务会", 2027, 2026, 1)
    own = frame[(frame["year"] == 2027) & (frame["level"] == "area_stage") & (frame["scenario"] == "中")][
        "mean"
    ]
    kept = again.frame[again.frame["level"] == "area_stage"]["mean"]
    assert kept.tolist() == pytest.approx(own.tolist(), abs=0.001)


def test_a_known_year_or_one_not_forecast_cannot_be_written_down(project):
    frame = made(project)
    with pytest.raises(FaultError, match="2026"):
        spring.write_down(project, frame, SETTINGS, year=2026)
    with pytest.raises(FaultError, match="2031"):
        spring.write_down(project, frame, SETTINGS, year=2031)
    assert spring.records(project) == [] and spring.next_unknown(project) == 2027


def test_records_are_only_added(project):
    frame = made(project)
    first = spring.write_down(project, frame, SETTINGS, year=2027, note="初")
    text = (project.folder / spring.SPRING_FILE).read_text(encoding="utf-8")
    spring.write_down(project, frame.assign(mean=frame["mean"] + 9), SETTINGS, year=2027, note="再")
    assert (project.folder / spring.SPRING_FILE).read_text(encoding="utf-8").startswith(text)
    assert [record.note for record in spring.records(project)] == ["初", "再"]
    pd.testing.assert_frame_equal(spring.records(project)[0].frame, first.frame)


def by_id(frame):
    return frame.set_index("id")


def test_entrants_of_each_school_are_set_beside_their_range(project):
    record = spring.write_down(project, made(project), SETTINGS, year=2027)
    now = save_layers(project, {"enrolment": counted(project, s1=41, s2=90, s3=0)})
    rows = by_id(september.compare(now, record, scope="school", stage="primary", grade=1))
    assert rows["present"].to_dict() == {"s1": 41, "s2": 90, "s3": 0}
    assert (rows.loc["s2", "verdict"], rows.loc["s3", "verdict"]) == ("above", "below")
    assert rows.index[0] == "s2" and rows.loc["s2", "name"] == "s2小学"
    assert rows["error"].to_dict() == pytest.approx((rows["present"] - rows["mean"]).to_dict())
    # the children registered in the zone of one school are those registered for it
    assert rows["registered"].fillna(-1).to_dict() == {"s1": 41, "s2": 33, "s3": -1}
    said = september.summary(september.compare(now, record, scope="school", stage="primary", grade=1))
    assert (said.rows, said.ranged, said.left_out) == (3, 3, 0)
    assert said.wape == pytest.approx(100 * rows["error"].abs().sum() / 131)
    assert said.error == pytest.approx(131 - rows["mean"].sum())


def test_the_area_is_counted_whole(project):
    record = spring.write_down(project, made(project), SETTINGS, year=2027)
    now = save_layers(project, {"enrolment": counted(project, s1=41)})
    (row,) = september.compare(now, record, scope="area", stage="primary", grade=1).to_dict("records")
    assert (row["registered"], row["name"]) == (74, "某镇")
    whole = september.compare(now, record, scope="area", stage="primary")
    assert whole["present"].sum() == now.layers["enrolment"].query("year == 2027")["pupils"].sum()
    assert whole["registered"].isna().all()


def test_a_school_without_a_return_is_not_taken_for_an_empty_one(project):
    record = spring.write_down(project, made(project), SETTINGS, year=2027)
    rows = counted(project)
    now = save_layers(project, {"enrolment": rows[~((rows["school_id"] == "s2") & (rows["year"] == 2027))]})
    told = by_id(september.compare(now, record, scope="school", stage="primary", grade=1))
    assert told.loc["s2", "verdict"] == "not_present" and pd.isna(told.loc["s2", "error"])
    assert september.summary(told.reset_index()).left_out == 1


def test_before_september_nothing_is_present(project):
    record = spring.write_down(project, made(project), SETTINGS, year=2027)
    assert not september.is_counted(project, 2027)
    for scope in september.SCOPES:
        rows = september.compare(project, record, scope=scope, stage="primary", grade=1)
        assert rows["present"].isna().all() and set(rows["verdict"]) == {"not_present"}


def roll(project, rows, **layers):
    new = save_layers(incoming.begin(project, year=2027), layers)
    incoming.settle(new, lineage.frame_of([{"subject": "school", "year": 2027, **row} for row in rows]))
    said = newyear.open_year(project.folder, id="town-2027", name="某镇 2027")
    assert said["saved"], [fault.text("en") for fault in said["faults"]]
    return open_project(project.folder.parent / "town-2027")


def test_a_forecast_follows_schools_into_the_new_year(project):
    record = spring.write_down(project, made(project), SETTINGS, year=2027)
    pupils = enrolment([2027], {"n1": 50, "s2": 50, "s9": 10})
    now = roll(
        project,
        [
            {"change": "renamed", "from_id": "s1", "to_id": "n1"},
            {"change": "merged", "from_id": "s3", "to_id": "s2"},
            {"change": "opened", "to_id": "s9"},
        ],
        schools=schools("n1", "s2", "s9"),
        enrolment=pupils,
    )
    (kept,) = spring.records(now)
    pd.testing.assert_frame_equal(kept.frame, record.frame)
    then = record.frame[(record.frame["level"] == "cell") & (record.frame["grade"] == "1")].set_index(
        "school"
    )
    rows = by_id(september.compare(now, kept, scope="school", stage="primary", grade=1))
    assert (
        rows.loc["n1", ["mean", "low", "high"]].tolist() == then.loc["s1", ["mean", "low", "high"]].tolist()
    )
    # ranges of two do not add up to the range of both
    assert rows.loc["s2", "mean"] == pytest.approx(then.loc[["s2", "s3"], "mean"].sum())
    assert (rows.loc["s2", "verdict"], rows.loc["s9", "verdict"]) == ("no_range", "not_forecast")
    zones = by_id(september.compare(now, kept, scope="zone", stage="primary", grade=1))
    assert zones.loc["n1", "mean"] == pytest.approx(then.loc["s1", "mean"])
    assert zones["mean"].sum() == pytest.approx(then["mean"].sum())


def test_what_was_forecast_for_a_closed_school_is_still_told(project):
    record = spring.write_down(project, made(project), SETTINGS, year=2027)
    now = roll(
        project,
        [{"change": "closed", "from_id": "s3", "from_name": "s3小学"}],
        schools=schools("s1", "s2"),
        enrolment=enrolment([2027], {"s1": 40, "s2": 50}),
    )
    for scope in ("school", "zone"):
        for grade in (1, None):
            rows = september.compare(now, record, scope=scope, stage="primary", grade=grade)
            whole = september.compare(now, record, scope="area", stage="primary", grade=grade)
            assert rows["mean"].sum() == pytest.approx(whole["mean"].sum(), abs=0.01)
            closed = by_id(rows).loc["s3"]
            assert (closed["verdict"], closed["name"]) == ("not_present", "s3小学")


def test_a_record_made_after_the_new_year_was_opened_is_found_from_there(project):
    now = roll(project, [], children=project.layers["children"])
    spring.write_down(project, made(project), SETTINGS, year=2027, note="后记")
    assert [record.note for record in spring.records(now)] == ["后记"]


numbers = st.one_of(st.none(), st.integers(0, 200))


@given(rows=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8))
def test_the_figures_agree_with_the_rows(rows):
    frame = pd.DataFrame(rows, columns=["mean", "present"], dtype="float64")
    frame = frame.assign(low=frame["mean"] - 5, high=frame["mean"] + 5, registered=None)
    frame["error"] = frame["present"] - frame["mean"]
    frame["verdict"] = [september._verdict(*r) for r in frame[["mean", "low", "high", "present"]].to_numpy()]
    said = september.summary(frame)
    assert said.rows + said.left_out == len(rows)
    assert said.error == said.present - said.forecast
    assert 0 <= said.inside <= said.ranged <= said.rows
    assert said.inside == sum(r is not None and p is not None and abs(r - p) <= 5 for r, p in rows)


def test_a_cut_line_is_left_out(project):
    spring.write_down(project, made(project), SETTINGS, year=2027)
    place = project.folder / spring.SPRING_FILE
    with place.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"year": 2027})[:-3])
    assert len(spring.records(replace(project))) == 1
