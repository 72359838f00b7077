"""Register, statistics and returns side by side: sums, gaps, and explanations that hold for their numbers."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from planning import reconcile
from planning.project import save_layers
from planning.reconcile import SOURCES, counts, differing, explain, side_by_side, with_explanations
from tests.collecting import county, sheets


def frame(*rows: tuple[str, int, int | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["school_id", "grade", "pupils"])
    return table.astype({"grade": "Int64", "pupils": "Int64"})


ROWS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.integers(1, 9), st.integers(0, 60)), max_size=12
)


@given(st.dictionaries(st.sampled_from(list(SOURCES)), ROWS, min_size=1))
def test_every_school_and_grade_of_any_source_stands_there_once(given_rows):
    table = side_by_side({name: frame(*rows) for name, rows in given_rows.items()})
    wanted = {(school, grade) for rows in given_rows.values() for school, grade, _ in rows}
    keys = list(zip(table["school_id"], table["grade"], strict=True))
    assert len(keys) == len(set(keys)) and set(keys) == wanted


@given(st.dictionaries(st.sampled_from(list(SOURCES)), ROWS, min_size=2))
def test_a_difference_is_zero_exactly_where_the_sums_are_equal(given_rows):
    sums: dict[str, dict[tuple[str, int], int]] = {}
    for name, rows in given_rows.items():
        for school, grade, pupils in rows:
            own = sums.setdefault(name, {})
            own[school, grade] = own.get((school, grade), 0) + pupils
    table = side_by_side({name: frame(*rows) for name, rows in given_rows.items()})
    for row in table.to_dict("records"):
        key = row["school_id"], row["grade"]
        have = {name: sums.get(name, {}).get(key) for name in given_rows}
        for column in (c for c in table if "-" in c):
            one, other = (have[name] for name in column.split("-"))
            if one is None or other is None:
                assert pd.isna(row[column])
            else:
                assert row[column] == one - other
        known = {n for n in have.values() if n is not None}
        wanted = "differs" if len(known) > 1 else "missing" if None in have.values() else "agree"
        assert row["state"] == wanted


def test_missing_is_not_zero_and_a_sum_with_a_gap_is_not_known():
    table = side_by_side(
        {"statistics": frame(("A", 1, 0), ("A", 2, 90)), "returns": frame(("A", 2, 45), ("A", 2, None))}
    )
    assert table["state"].tolist() == ["missing", "missing"]
    assert table["returns"].isna().all() and table["returns-statistics"].isna().all()


def test_classes_are_added_up_not_averaged():
    table = side_by_side({"statistics": frame(("A", 1, 91)), "returns": frame(("A", 1, 45), ("A", 1, 46))})
    assert table.loc[0, "returns"] == 91 and table.loc[0, "state"] == "agree"


def test_an_explanation_holds_until_a_number_that_it_explains_changes(tmp_path):
    frames = {"statistics": frame(("A", 1, 90), ("B", 1, 80)), "returns": frame(("A", 1, 88), ("B", 1, 80))}
    table = with_explanations(side_by_side(frames), [])
    assert explain(tmp_path, 2026, table, {("A", 1): " 9 月转出 2 人 "}) == 1

    def again(**changed: pd.DataFrame) -> dict:
        records = reconcile.read_explanations(tmp_path, 2026)
        found = with_explanations(side_by_side({**frames, **changed}), records)
        return found[found["school_id"] == "A"].iloc[0].to_dict()

    assert (again()["explanation"], again()["explained"]) == ("9 月转出 2 人", "current")
    # another school's number is no reason to ask again; its own is
    assert again(returns=frame(("A", 1, 88), ("B", 1, 79)))["explained"] == "current"
    assert again(returns=frame(("A", 1, 87), ("B", 1, 80)))["explained"] == "stale"
    # a third source is a new number to explain
    assert again(roll=frame(("A", 1, 90)))["explained"] == "stale"
    assert reconcile.read_explanations(tmp_path, 2025) == []


def test_saying_the_same_again_settles_a_stale_explanation_and_nothing_takes_it_back(tmp_path):
    before = {"statistics": frame(("A", 1, 90)), "returns": frame(("A", 1, 88))}
    explain(tmp_path, 2026, with_explanations(side_by_side(before), []), {("A", 1): "转出"})
    after = side_by_side({**before, "returns": frame(("A", 1, 87))})
    stale = with_explanations(after, reconcile.read_explanations(tmp_path, 2026))
    assert explain(tmp_path, 2026, stale, {}) == 0
    assert explain(tmp_path, 2026, stale, {("A", 1): "转出"}) == 1
    current = with_explanations(after, reconcile.read_explanations(tmp_path, 2026))
    assert current["explained"].tolist() == ["current"]
    assert explain(tmp_path, 2026, current, {("A", 1): "转出"}) == 0
    assert explain(tmp_path, 2026, current, {("A", 1): ""}) == 1
    gone = with_explanations(after, reconcile.read_explanations(tmp_path, 2026))
    assert (gone["explanation"].tolist(), gone["explained"].tolist()) == ([""], [""])


def test_a_project_is_reconciled_year_by_year_and_the_table_exported(tmp_path):
    roll = pd.DataFrame(
        {
            "unit_id": ["U1", "U2", None],
            "home": ["unit", "unit", "outside"],
            "school_id": ["S1", "S1", "S1"],
            "year": 2025,
            "grade": 1,
            "pupils": [50, 30, 5],
        }
    )
    project = county(tmp_path, attendance=roll)
    enrolment = project.layers["enrolment"].copy()
    enrolment.loc[(enrolment["school_id"] == "S2") & (enrolment["grade"] == 7), "pupils"] += 3
    sources = pd.DataFrame(
        [("enrolment", "2025-09-01", "教育事业统计", "")], columns=["layer", "as_of", "source", "file"]
    )
    project = save_layers(project, {"enrolment": enrolment}, sources=sources)
    assert reconcile.years(project) == [2025]
    found = reconcile.reconcile(project, 2025)
    rows = found.rows.set_index(["school_id", "grade"])
    assert len(rows) == 18
    assert rows.loc[("S1", 1), ["roll", "statistics", "returns"]].tolist() == [85, 85, 85]
    assert rows.loc[("S2", 7), "returns-statistics"] == -3 and rows.loc[("S2", 7), "school"] == "第二中学"
    assert counts(found.rows) == {
        "agree": 1, "differs": 1, "missing": 16, "explained": 0, "stale": 0, "open": 17,
    }  # fmt: skip
    assert len(differing(found.rows)) == 17
    assert found.sources["statistics"].as_of == "2025-09-01"
    book = sheets(reconcile.workbook(found))
    assert len(book["核对表"]) == 19 and len(book["差异"]) == 18
    assert any(
        "2025-09-01" in str(cell) and "教育事业统计" in str(cell) for row in book["说明"] for cell in row
    )
    assert {"事业统计减学籍", "学校上报减事业统计", "说明"} <= set(book["核对表"][0])


def test_explanations_stay_text_in_the_workbook_and_survive_an_import_of_the_same_numbers(tmp_path):
    project = county(tmp_path)
    changed = project.layers["enrolment"].assign(pupils=lambda f: f["pupils"] + (f["school_id"] == "S1"))
    project = save_layers(project, {"enrolment": changed})
    found = reconcile.reconcile(project, 2025)
    explain(project.folder, 2025, found.rows, {("S1", 1): '=HYPERLINK("http://x")', ("S1", 2): "转入"})
    again = save_layers(project, {"enrolment": changed.copy()})
    kept = reconcile.reconcile(again, 2025)
    assert counts(kept.rows)["explained"] == 2
    data = reconcile.workbook(kept)
    assert '=HYPERLINK("http://x")' in [row[-2] for row in sheets(data)["核对表"]]
    from tests.collecting import inside

    assert not [n for n, part in inside(data).items() if n.startswith("xl/worksheets") and b"<f>" in part]


def test_returns_not_taken_in_yet_stand_in_place_of_the_classes(tmp_path):
    returned = frame(("S1", 1, 40), ("S1", 1, 41))
    found = reconcile.reconcile(county(tmp_path), 2025, returns=returned, returned="2025-09-05")
    rows = found.rows.set_index(["school_id", "grade"])
    assert rows.loc[("S1", 1), "returns"] == 81 and rows["returns"].notna().sum() == 1
    assert found.sources["returns"].as_of == "2025-09-05"


def test_a_year_without_figures_has_no_rows(tmp_path):
    found = reconcile.reconcile(county(tmp_path), 1999)
    assert found.rows.empty and found.sources == {}
    assert counts(found.rows)["agree"] == 0
