import numpy as np
import pandas as pd
import pytest

from forecasting import history, panel
from gis.faults import FaultError

GOOD = [
    ("2021", "东区", "一小", "1", "40"),
    ("2022", "东区", "一小", "2", "38"),
    ("2022", "东区", "一小", "1", "41"),
]


def frame(rows):
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def kinds(faults):
    return sorted(fault.kind for fault in faults)


def test_unsorted_text_is_read_and_typed():
    clean = history.read(frame(GOOD[::-1]))
    assert clean["enrolment"].tolist() == [40, 41, 38]
    assert clean["year"].dtype == "int64"


def test_names_of_the_projects_layers_are_understood():
    layer = pd.DataFrame({"school_id": ["s1"], "year": [2022], "grade": [1], "pupils": [40]})
    clean = history.read(layer)
    assert clean.loc[0, ["district", "school", "grade", "enrolment"]].tolist() == ["", "s1", "1", 40]


def test_every_fault_is_named_at_once_with_its_row():
    bad = [
        ("2022", "东区", "一小", "3", "-1"),
        ("2022", "东区", "一小", "4", "30.5"),
        ("2022", "东区", "一小", "5", "三十"),
        ("2022", "东区", "一小", "6", ""),
        ("2022", "东区", "一小", "大班", "30"),
        ("二〇二二", "东区", "一小", "6", "30"),
        ("2022", "东区", "", "6", "30"),
        ("2022", "东区", "一小", "1", "41"),
        ("2021", "东区", "一小", "6", "1e2"),
    ]
    _, faults = history.check(frame(GOOD + bad), file="在校生.csv")
    assert kinds(faults) == sorted(
        [
            "fc_negative",
            "fc_fraction",
            "fc_not_number",
            "fc_blank",
            "fc_grade",
            "fc_year",
            "fc_unfilled",
            "fc_duplicate",
            "fc_not_number",
        ]
    )
    assert [fault.row for fault in faults] == list(range(5, 14))
    with pytest.raises(FaultError) as raised:
        history.read(frame(GOOD + bad))
    assert len(raised.value.faults) == 9
    assert "重复" in str(raised.value) and "repeats row 4" in raised.value.text("en")


def test_a_row_that_is_negative_and_double_has_both_faults():
    _, faults = history.check(frame([*GOOD, ("2022", "东区", "一小", "1", "-4")]))
    assert [(f.kind, f.row) for f in faults] == [("fc_duplicate", 5), ("fc_negative", 5)]
    births = pd.DataFrame({"year": ["2015", "2015"], "births": ["40", "-4"]})
    assert [f.kind for f in history.check_births(births)[1]] == ["fc_duplicate", "fc_negative"]


def test_doubles_are_told_by_the_keys_of_their_own_table():
    rolls = pd.DataFrame({"year": 2019, "grade": ["大班", "K", ""], "children": [30, 31, 32]})
    clean, (double, blank) = history.check_kindergarten(rolls)
    assert (double.kind, double.row, double.params["key"]) == ("fc_duplicate", 3, "大班 2019")
    assert "学校、" not in double.text("zh") and "school," not in double.text("en")
    assert (blank.kind, blank.column) == ("fc_unfilled", "grade") and clean["grade"].tolist() == [1]


def test_years_far_from_the_others_are_told_apart():
    years = pd.Series([2016, 1952, 2017, 2026, 2099])
    away, span = history.apart(years)
    assert years[away].tolist() == [1952, 2099] and span == "2016–2026"
    assert history.apart(years[:0])[0].empty
    assert history.apart(years[:2])[0].tolist() == [False, True]
    assert not history.apart(pd.Series([2000, 2010, 2020]))[0].any()  # as births of censuses
    _, faults = history.check(frame([*GOOD, ("1925", "东区", "一小", "1", "30")]))
    assert [(f.kind, f.row) for f in faults] == [("fc_year", 5)]


def test_runs_of_years_are_told_short():
    rows = [(y, "d", "s", "1", 30) for y in (2000, 2010, 2012, 2015, 2016)]
    (gap, *_) = history.warn(panel.from_frame(history.read(frame(rows))), frozenset())
    assert gap.found == "2001–2009, 2011, 2013–2014"


@pytest.mark.parametrize("table", [pd.DataFrame(), frame([])])
def test_no_columns_or_no_rows_is_a_fault(table):
    _, faults = history.check(table)
    assert faults


def test_kindergarten_and_leading_zeros_keep_their_order():
    clean = history.read(frame([("2022", "a", "s", g, "9") for g in ("02", "K", "1", "PK")]))
    assert panel.from_frame(clean).grades == ("PK", "K", "1", "2")


def test_gaps_and_closed_and_new_schools_are_said():
    rows = [(y, "d", "old", "1", 30) for y in (2015, 2016, 2018, 2019, 2020, 2021)]
    rows += [(2015, "d", "closed", "1", 30), (2021, "d", "new", "1", 30)]
    made = panel.from_frame(history.read(frame(rows)))
    assert kinds(history.warn(made, frozenset())) == ["fc_closed", "fc_gap", "fc_opened"]
    assert np.isnan(made.at(2017)).all()


def test_schools_of_the_other_system_are_named():
    spans = {
        "六年小学": range(1, 7),
        "三年初中": range(7, 10),
        "五年小学": range(1, 6),
        "四年初中": range(6, 10),
    }
    spans["九年一贯"] = range(1, 10)
    rows = [(y, "d", s, str(g), 30) for y in (2021, 2022) for s, grades in spans.items() for g in grades]
    made = panel.from_frame(history.read(frame(rows)))
    for junior, names, own in (
        (("7", "8", "9"), "四年初中", "6-3"),
        (("6", "7", "8", "9"), "六年小学", "5-4"),
    ):
        (fault,) = history.mixed_systems(made, junior)
        assert fault.kind == "fc_systems_mixed" and fault.level == "warning"
        assert names in fault.text("zh") and own in fault.text("en") and fault.found == "1"
    alone = panel.from_frame(history.read(frame([r for r in rows if r[2] in ("六年小学", "三年初中")])))
    assert history.mixed_systems(alone, ("7", "8", "9")) == []


def test_births_of_two_kinds_are_questioned():
    births = pd.DataFrame({"year": [2015, 2016], "births": [100, 101], "revised": ["是", "否"]})
    assert kinds(history.check_births(births)[1]) == ["fc_births_mixed"]
    assert history.check_births(births.assign(revised="是"))[1] == []
    assert history.check_births(births.assign(revised=["是", None]))[1] == []


def test_births_that_jump_are_questioned_not_refused():
    births = pd.DataFrame({"year": [2015, 2016, 2018], "district": "d", "births": [100, 180, 90]})
    clean, faults = history.check_births(births)
    assert len(clean) == 3
    assert kinds(faults) == ["fc_births_gap", "fc_births_jump", "fc_births_jump"]
    assert {fault.level for fault in faults} == {"warning"}
