"""New estates: what they bring, and what of them is refused."""

import numpy as np
import pandas as pd
import pytest

from forecasting import estates, history, panel
from forecasting.forecast import forecast
from gis.faults import FaultError


def made_history():
    rng = np.random.default_rng(0)
    rows = [
        (y, f"d{s % 2}", f"s{s}", str(g), int(rng.poisson(50 + 10 * s)))
        for y in range(2012, 2024)
        for s in range(4)
        for g in range(1, 7)
    ]
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def made_panel():
    return panel.from_frame(history.read(made_history()))


def estate(**changes):
    row = {
        "estate_id": "E1",
        "households": 1000,
        "handover_year": 2024,
        "primary_yield": 0.3,
        "junior_yield": 0.1,
        "school": "s0",
        "from_outside": 0.5,
    }
    return pd.DataFrame([row | changes])


def test_estates_build_up_to_their_yield():
    made = estates.pupils(estate(), range(2023, 2032), build_up=(0.5, 1.0))
    primary = made[made["stage"] == "primary"].set_index("year")["pupils"]
    assert primary.loc[[2023, 2024, 2025, 2031]].tolist() == [0, 150, 300, 300]
    assert made[made["stage"] == "junior"]["pupils"].max() == 100
    late = estates.pupils(estate(), [2024, 2025], build_up=(0.5, 1.0), delay=1)
    assert late[late["stage"] == "primary"]["pupils"].tolist() == [0, 150]


def test_yields_by_housing_type_fill_in_and_never_override():
    table = pd.DataFrame({"housing_type": ["高层"], "stage": ["primary"], "pupils_per_household": [0.2]})
    second = estate(estate_id="E2", housing_type="高层")
    two = pd.concat([estate(primary_yield=np.nan, housing_type="高层"), second])
    made = estates.pupils(two.reset_index(drop=True), [2040], table)
    assert made[made["stage"] == "primary"]["pupils"].tolist() == [200, 300]


def test_an_estate_without_date_or_yield_is_a_fault():
    second = estate(estate_id="E2", junior_yield=np.nan, households=-1)
    bad = pd.concat([estate(handover_year=np.nan), second])
    with pytest.raises(FaultError) as raised:
        estates.pupils(bad.reset_index(drop=True), [2025])
    assert [f.kind for f in raised.value.faults] == ["fc_estate_date", "fc_estate_value", "fc_estate_yield"]
    with pytest.raises(FaultError) as raised:
        forecast(made_history(), until=2026, estates=estate(from_outside=np.nan, school="nowhere"))
    assert [f.kind for f in raised.value.faults] == ["fc_estate_school", "fc_estate_outside"]


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("households", -500.0, "-500"),
        ("households", 500.5, "500.5"),
        ("handover_year", 1027, "1027"),
        ("handover_year", 27.0, "27"),
        ("primary_yield", -0.2, "-0.2"),
        ("junior_yield", 9.0, "9"),
        ("from_outside", 1.5, "1.5"),
    ],
)
def test_what_an_estate_cannot_have_is_told_as_it_stands_with_what_is_expected(column, value, found):
    (fault,) = estates.faults(estate(**{column: value}), made_panel().schools, file="e.csv")
    assert (fault.kind, fault.row, fault.column, fault.found) == ("fc_estate_value", 2, column, found)
    low, high, _, expected = estates.LIMITS[column]
    assert expected.zh in fault.text("zh") and expected.en in fault.text("en")
    for bound in (low, high):
        assert estates.faults(estate(**{column: bound}), made_panel().schools) == []


def test_an_estate_counts_once_a_stage_and_phases_have_ids_of_their_own():
    schools = made_panel().schools
    twice = pd.concat([estate(), estate(handover_year=2026)], ignore_index=True)
    (fault,) = estates.faults(twice, schools)
    assert (fault.kind, fault.row, fault.params["first"]) == ("fc_estate_double", 3, 2)
    phases = twice.assign(estate_id=["E1-1", "E1-2"])
    stages = pd.concat([estate(junior_yield=0.0), estate(primary_yield=0.0, school="s1")], ignore_index=True)
    assert estates.faults(phases, schools) == estates.faults(stages, schools) == []
    blank = estate(estate_id=" ", school=None)
    assert [f.column for f in estates.faults(blank, schools)] == ["estate_id", "school"]


def test_only_pupils_from_outside_add_to_the_district():
    plain = forecast(made_history(), until=2030)
    more = forecast(made_history(), until=2030, estates=estate())

    def gain(level, name):
        tables = [
            f[(f["level"] == level) & (f["year"] == 2030)].set_index(level)["mean"] for f in (plain, more)
        ]
        return (tables[1] - tables[0])[name]

    # 300 primary pupils of grades 1 to 6, half of them from outside.
    assert gain("district", "d0") == pytest.approx(150, abs=1)
    assert gain("district", "d1") == pytest.approx(0, abs=1)
    assert gain("school", "s2") < 0
    assert gain("school", "s0") + gain("school", "s2") == pytest.approx(150, abs=1)


def test_a_delay_holds_for_estates_to_come_and_never_for_those_handed_over():
    panel = made_panel()
    stages = {"primary": ("1", "2", "3", "4", "5", "6")}

    def gained(handover, **late):
        rows = estate(handover_year=handover)
        years = [panel.last_year + ahead for ahead in (1, 2, 3)]
        return estates.additions(rows, panel, years=years, stages=stages, **late)[0].sum(axis=(0, 1))

    past, coming = panel.last_year - 1, panel.last_year + 1
    assert gained(past, delay=1) == pytest.approx(gained(past))
    assert gained(coming, delay=1)[1:] == pytest.approx(gained(coming)[:-1])
    assert gained(past, slips={"E1": 1}) != pytest.approx(gained(past))  # what is said of itself stands
