"""What became of schools and units: a table that people fill in, checked whole, and read back from Excel."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gis import export
from gis.faults import FaultError
from planning import incoming, lineage, newyear, outlook
from planning.project import create_project, open_project, save_layers

OLD = {"school": frozenset({"s1", "s2", "s3"}), "unit": frozenset({"u1", "u2", "u3"})}
NEW = {"school": frozenset({"s1", "s9"}), "unit": frozenset({"u1", "u2a", "u2b", "u4"})}


def row(subject, change, from_id, to_id, share=None, year=2027, **more):
    known = {"subject": subject, "change": change, "from_id": from_id, "to_id": to_id, "share": share}
    return {**known, "year": year, **more}


def table(*rows):
    return lineage.frame_of(list(rows))


SOUND = (
    row("school", "renamed", "s2", "s9"),
    row("school", "closed", "s3", None),
    row("unit", "split", "u2", "u2a", 0.7),
    row("unit", "split", "u2", "u2b", 0.3),
    row("unit", "merged", "u3", "u1"),
    row("unit", "opened", None, "u4"),
)


def kinds(frame, **against):
    return sorted(fault.kind for fault in lineage.check(frame, **against))


def test_a_sound_table_has_no_fault_against_the_two_years():
    assert kinds(table(*SOUND), year=2027, old=OLD, new=NEW) == []


def test_all_contradictions_come_at_once_and_name_the_id():
    frame = table(
        row("school", "renamed", "s2", None),
        row("school", "merged", "s7", "s1"),
        row("unit", "merged", "u3", "u9"),
        row("unit", "closed", "u1", None),
        row("unit", "split", "u2", "u2a", 0.7),
        row("unit", "split", "u2", "u2b", 0.7),
        row("unit", "split", "u2", "u2b", 0.0),
    )
    found = lineage.check(frame, year=2027, old=OLD, new=NEW)
    assert sorted((fault.kind, fault.found) for fault in found) == [
        ("lineage_from_unknown", "s7"),
        ("lineage_incomplete", "s2"),
        ("lineage_shares", "u2"),
        ("lineage_still_there", "u1"),
        ("lineage_to_unknown", "u9"),
        ("lineage_twice", "u2"),
    ]
    assert all(fault.text("zh") and fault.text("en") for fault in found)


def test_an_id_handed_on_from_one_to_another_is_no_contradiction():
    frame = table(row("school", "renamed", "s2", "s3"), row("school", "renamed", "s3", "s9"))
    assert kinds(frame, year=2027, old=OLD, new={**NEW, "school": frozenset({"s1", "s3", "s9"})}) == []


def test_rows_of_another_year_are_warned_of_and_not_used():
    frame = table(row("school", "closed", "s3", None, year=2020))
    assert kinds(frame, year=2027, old=OLD, new=NEW) == []
    (said,) = lineage.other_years(frame, 2027)
    assert (said.kind, said.level, said.found) == ("lineage_year", "warning", "s3")
    assert lineage.fates(frame, "school", 2027) == {}


def test_fates_are_shares_that_add_up_to_one():
    frame = table(*SOUND, row("school", "split", "s1", "s1"), row("school", "split", "s1", "s9"))
    assert lineage.fates(frame, "unit", 2027) == {"u2": (("u2a", 0.7), ("u2b", 0.3)), "u3": (("u1", 1.0),)}
    # no shares written: equal parts; nothing took the place of a closed school
    schools = lineage.fates(frame, "school", 2027)
    assert schools == {"s2": (("s9", 1.0),), "s3": (), "s1": (("s1", 0.5), ("s9", 0.5))}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_comes_back_from_excel_as_it_was(tmp_path, lang):
    frame = table(*SOUND, row("school", "split", "00012", "s9", note="=教育局〔2027〕3号"))
    place = tmp_path / "沿革.xlsx"
    place.write_bytes(export.to_excel({"沿革": lineage.worded(frame, lang)}))
    back, faults = lineage.read(place)
    assert not faults
    pd.testing.assert_frame_equal(back, lineage.frame_of(frame))


def test_columns_beside_the_table_do_no_harm(tmp_path):
    place = tmp_path / "沿革.xlsx"
    beside = lineage.worded(table(*SOUND)).assign(**{"把握(0-100)": 90.0, "理由": "名称相近"})
    place.write_bytes(export.to_excel({"沿革": beside}))
    back, faults = lineage.read(place)
    pd.testing.assert_frame_equal(back, table(*SOUND))
    assert all(fault.level == "warning" for fault in faults)


def test_a_table_with_unknown_words_is_refused_with_their_place(tmp_path):
    place = tmp_path / "沿革.csv"
    place.write_text(
        "对象,变更,生效学年,原编号,现编号\n学校,飞走,2027,s1,s9\n学校,更名,,s2,s9\n", encoding="gb18030"
    )
    with pytest.raises(FaultError) as caught:
        lineage.read(place)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(2, "变更"), (3, "生效学年")]


def test_the_table_is_kept_beside_the_layers(tmp_path):
    assert not len(lineage.stored(tmp_path))
    lineage.store(tmp_path, table(*SOUND))
    pd.testing.assert_frame_equal(lineage.stored(tmp_path), table(*SOUND))
    assert [path.name for path in tmp_path.iterdir()] == [lineage.FILE]


def test_its_mark_tells_tables_apart(tmp_path):
    marks = [lineage.mark(tmp_path)]
    for rows in (SOUND, SOUND[1:], SOUND, []):
        lineage.store(tmp_path, table(*rows) if rows else lineage.empty())
        marks.append(lineage.mark(tmp_path))
    assert len(set(marks)) == 3 and marks[1] == marks[3]
    assert marks[4] == marks[0]  # what is taken back leaves what was worked out before it


def test_a_row_that_does_not_say_what_changed_is_a_fault():
    assert (
        kinds(table(row(None, "closed", "s1", None), row("school", None, "s2", None)))
        == ["lineage_unsaid"] * 2
    )


def test_former_schools_are_followed_to_those_that_stand_in_the_end():
    told = [
        ("school", "renamed", 2020, "a", "b"),
        ("school", "split", 2022, "b", "c"),
        ("school", "split", 2022, "b", "d"),
        ("school", "renamed", 2023, "d", "e"),
        ("school", "closed", 2023, "x", None),
        ("unit", "renamed", 2023, "u", "v"),
    ]
    frame = pd.DataFrame(told, columns=["subject", "change", "year", "from_id", "to_id"])
    found = lineage.successors(lineage.frame_of(frame))
    assert found == {"a": {"c", "e"}, "b": {"c", "e"}, "d": {"e"}}


def test_changes_that_past_rolls_went_through_when_a_year_was_opened_are_not_made_again(tmp_path):
    rows = [
        row("school", "renamed", "s2", "s9"),  # no row has s2 any more; if one comes back, it is joined
        row("school", "split", "s1", "s1", 0.6),
        row("school", "split", "s1", "s1b", 0.4),
        row("school", "renamed", "s4", "s5"),
        row("school", "renamed", "s5", "s6"),
        row("school", "split", "s1", "s1", 0.5, year=2024),
    ]
    lineage.store(tmp_path, table(*rows))
    left = lineage.uncarried(tmp_path, opened={2027})
    assert left[["year", "from_id"]].to_numpy().tolist() == [[2027, "s2"], [2027, "s4"], [2024, "s1"]]
    assert len(lineage.uncarried(tmp_path, opened=())) == len(rows)


def schools(ids):
    columns = {"school_id": ids, "name": ids, "kind": "primary", "lowest_grade": 1, "highest_grade": 6}
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(500 * k, 0) for k in range(len(ids))], crs=32649)


def enrolment(pupils, years):
    rows = [(s, y, g, n) for s, n in pupils.items() for y in years for g in range(1, 7)]
    return pd.DataFrame(rows, columns=["school_id", "year", "grade", "pupils"])


def test_a_school_split_when_a_year_was_opened_is_split_once(tmp_path):
    units = gpd.GeoDataFrame(
        {"unit_id": ["u"], "name": ["甲"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=32649
    )
    past = enrolment({"A": 100, "C": 70}, range(2020, 2027))
    parts = {"schools": schools(["A", "C"]), "units": units, "enrolment": past}
    old = create_project(parts, name="测", year=2026, epsg=32649, id="old", folder=tmp_path)
    new = incoming.begin(old, year=2027)
    now = enrolment({"A": 60, "A2": 40, "C": 70}, [2027])
    new = save_layers(new, {"schools": schools(["A", "A2", "C"]), "enrolment": now})
    split = [row("school", "split", "A", "A", 0.6), row("school", "split", "A", "A2", 0.4)]
    incoming.settle(new, table(*split))
    assert newyear.open_year(old.folder, id="new", name="新")["saved"]
    joined = outlook.joined(open_project(tmp_path / "new"))
    assert joined.groupby("school")["enrolment"].agg(["min", "max"]).to_numpy().tolist() == [
        [60, 60], [40, 40], [70, 70]
    ]  # fmt: skip
