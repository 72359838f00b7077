"""What evidence of entrants was used is said by year, and evidence that could not be used is never silent."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.cohort import Settings
from forecasting.fitting import fit
from forecasting.forecast import forecast
from tests.test_forecasting_forecast import rows, two_schools
from tests.test_forecasting_kindergarten import BASE, BIRTHS, county, rolls

CHOSEN = Settings(school_pull=1)


def register(years, **more) -> pd.DataFrame:
    return pd.DataFrame({"year": years, "district": "甲", "children": 300} | more)


def made(**given) -> pd.DataFrame:
    return forecast(county(), until=BASE + 4, settings=CHOSEN, **given)


def said(frame: pd.DataFrame, word: str) -> list[str]:
    assert all(line["zh"] and line["en"] for line in frame.attrs["warnings"])
    return [line["zh"] for line in frame.attrs["warnings"] if word in line["zh"]]


def entrants_note(frame: pd.DataFrame) -> dict[str, str]:
    (note,) = [note for note in frame.attrs["notes"] if note["zh"].startswith("一年级新生")]
    assert note["en"].startswith("First-grade entrants")
    return note


def test_a_register_of_coming_years_alone_is_not_used_and_the_warning_says_what_to_supply():
    told, plain = made(entrants=register(range(BASE + 1, BASE + 4))), made()
    pd.testing.assert_frame_equal(told, plain)
    (warning,) = said(told, "登记")
    assert f"{BASE + 1}–{BASE + 3} 年入学" in warning and "2 所学校" in warning
    assert f"如 {BASE} 年秋季入学" in warning
    assert not said(plain, "登记")
    assert "登记的适龄儿童" not in entrants_note(told)["zh"] and told.attrs["evidence"] == []
    assert not any("登记数也是现在的" in note["zh"] for note in told.attrs["notes"])
    assert f"{BASE + 1}–{BASE + 4} 学年没有可用的登记" in entrants_note(told)["zh"]


def test_one_past_year_of_the_register_is_enough_to_use_it():
    frame = made(entrants=register(range(BASE, BASE + 3)))
    assert not said(frame, "登记")
    note = entrants_note(frame)
    assert f"{BASE + 1}–{BASE + 2} 学年按登记的适龄儿童乘以历年入学比例推算" in note["zh"]
    assert f"{BASE + 3}–{BASE + 4} 学年沿用最后已知的登记的适龄儿童乘以历年入学比例，标为“设定”" in note["zh"]
    assert "recent years" not in note["en"] and frame.attrs["evidence"] == ["registered"]


def test_births_of_too_few_years_are_said_too():
    late = BIRTHS[BIRTHS["year"] >= BASE - 6]
    (warning,) = said(made(births=late), "出生数")
    assert f"{BASE + 1}–{BASE + 4} 年入学" in warning
    assert not said(made(births=BIRTHS), "出生数")


def test_a_register_that_no_past_year_links_leaves_entrants_to_births_and_the_note_names_them_alone():
    frame = made(entrants=register([BASE + 1]), births=BIRTHS)
    assert said(frame, "登记") and not said(frame, "出生数")
    assert f"{BASE + 1}–{BASE + 4} 学年按出生数" in entrants_note(frame)["zh"]
    assert "registered" not in entrants_note(frame)["en"]


def test_schools_that_a_register_by_school_does_not_link_are_counted():
    both = [register(range(2018, BASE + 2), school="一小"), register([BASE + 1], school="二小")]
    frame = made(entrants=pd.concat(both, ignore_index=True))
    (warning,) = said(frame, "登记")
    assert "1 所学校" in warning
    assert f"{BASE + 1} 学年（部分学校）按登记" in entrants_note(frame)["zh"]


@pytest.mark.parametrize("years", [1, 3])
def test_too_few_years_of_kindergarten_rolls_are_said_with_how_many_it_takes(years):
    frame = made(kindergarten=rolls().query(f"year > {BASE - years}"))
    (warning,) = said(frame, "在园")
    assert "大班至少要连续 4 个学年、中班至少要连续 6 个学年、小班至少要连续 8 个学年" in warning
    assert "幼儿园在园人数" not in entrants_note(frame)["zh"]


def test_as_many_years_of_rolls_as_are_asked_for_are_enough_to_compare_a_class():
    for years, compared in ((4, {1}), (6, {1, 2}), (8, {1, 2, 3})):
        fitted = fit(
            county(), until=BASE + 3, settings=CHOSEN, kindergarten=rolls().query(f"year > {BASE - years}")
        )
        assert {lead for lead, (own, _) in fitted.classes.items() if own >= 0} == compared
    frame = made(kindergarten=rolls())
    assert not said(frame, "在园")
    assert f"{BASE + 1}–{BASE + 3} 学年按幼儿园在园人数" in entrants_note(frame)["zh"]
    assert f"{BASE + 4} 学年没有可用的登记" in entrants_note(frame)["zh"]


def test_past_errors_are_told_with_the_base_years_they_are_of():
    frame = forecast(county(), until=BASE + 1, settings=CHOSEN)
    fitted = fit(county(), until=BASE + 1, settings=CHOSEN)
    told = [note["zh"] for note in frame.attrs["notes"] if "学校总人数的平均误差" in note["zh"]]
    first = BASE - fitted.model.origins
    assert told[0].startswith(f"从 {first}–{BASE - 1} 学年重新预测，提前 1 年")
    assert told[1].startswith(f"从 {first}–{BASE - 3} 学年重新预测，提前 3 年")
    english = " ".join(note["en"] for note in frame.attrs["notes"])
    assert "learned from these very years, and so" in english and "checked once a base year" in english


@pytest.mark.parametrize("stated", ["neither", "history", "births"])
def test_of_one_district_neither_history_nor_births_need_name_it(stated):
    births = pd.DataFrame({"year": range(2006, 2021), "district": "东区", "births": range(200, 215)})
    schools, named = two_schools(), forecast(two_schools(), births=births, until=2026)
    if stated != "births":
        births = births.drop(columns="district")
    if stated != "history":
        schools = schools.assign(district="")
    made = forecast(schools, births=births, until=2026)
    assert not made.attrs["warnings"]
    assert (rows(made, "district")["mean"].to_numpy() == rows(named, "district")["mean"].to_numpy()).all()
    assert set(rows(made, "district")["basis"]) == set(rows(named, "district")["basis"])
