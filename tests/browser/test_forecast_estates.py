"""The page 预测 with estates, rolls, classes and a register: tables, files, what is stated of estates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning import adopted, assumed, bornshares, calibrated, forecasts, spatial
from planning.forecasts import Settings
from planning.project import Project, create_project
from tests.browser import tables
from tests.browser.forms import Forms
from tests.test_planning_forecasts import EPSG, YEAR, births, enrolment, places, schools
from ui.views.forecast import AHEAD, MIDDLE

pytestmark = pytest.mark.browser

UNITS = [f"u{n}" for n in range(4)]
PLAIN = Settings(until=YEAR + AHEAD, estates=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two towns with a school each, three estates lived in and one to come; its forecast is made."""
    made = {
        "units": _units(),
        "schools": schools().assign(
            zone_id=["a", "b", "c"], town=["北", "南", "南"], primary_seats=[300, 200, None]
        ),
        "enrolment": enrolment(),
        "births": births(),
        "estates": _estates(),
    }
    folder = tmp_path_factory.mktemp("towns")
    found = create_project(made | _counted(), name="三校", year=YEAR, epsg=EPSG, folder=folder)
    spatial.derive(found)
    forecasts.forecast_job(found.folder, PLAIN)
    return found


@pytest.fixture(scope="module")
def address(project: Project, serve: Callable[[Path], str]) -> str:
    return serve(project.folder.parent)


def _units() -> gpd.GeoDataFrame:
    frame = {"unit_id": UNITS, "name": [f"{n}号" for n in range(4)], "district": "甲"}
    return gpd.GeoDataFrame(frame | {"town": ["北", "北", "南", "南"]}, geometry=places(4), crs=EPSG)


def _estates() -> gpd.GeoDataFrame:
    frame = {
        "estate_id": ["e0", "e1", "e2", "e3"],
        "name": ["甲苑", "乙苑", "丙苑", "新城"],
        "unit_id": UNITS,
        "district": "甲",
        "households": [100, 100, 100, 500],
        "handover_year": [YEAR - 12, YEAR - 12, YEAR - 1, YEAR + 1],
        "housing_type": ["商品房", "安置房", "商品房", "商品房"],
        "primary_yield": 0.2,
        "junior_yield": 0.1,
    }
    return gpd.GeoDataFrame(frame, geometry=places(4), crs=EPSG)


def _counted() -> dict[str, pd.DataFrame]:
    """Rolls of two years, two classes a grade, a register of four cohorts, and the catchments."""
    rolls = [
        (unit, "unit", school, YEAR - 1 + later, 1, pupils + later * n)
        for later in (0, 1)
        for n, (unit, school, pupils) in enumerate(zip(UNITS, "东西西西", (20, 10, 25, 5), strict=True))
    ]
    taught = {"东": range(1, 7), "西": range(1, 7), "一中": range(7, 10)}
    rooms = [
        (school, YEAR, grade, str(size), size)
        for school, own in taught.items()
        for grade in own
        for size in (16, 15)
    ]
    register = [(unit, YEAR + later, 10 + 3 * later * (unit == "u1")) for unit in UNITS for later in range(4)]
    zones = [(unit, "primary", zone, YEAR) for unit, zone in zip(UNITS, "aabb", strict=True)]
    zones += [(unit, "junior", "c", YEAR) for unit in UNITS]
    columns = {
        "attendance": (rolls, ["unit_id", "home", "school_id", "year", "grade", "pupils"]),
        "classes": (rooms, ["school_id", "year", "grade", "class_no", "pupils"]),
        "children": (register, ["unit_id", "cohort", "children"]),
        "catchments": (zones, ["unit_id", "stage", "zone_id", "from_year"]),
    }
    return {name: pd.DataFrame(rows, columns=named) for name, (rows, named) in columns.items()}


def test_every_table_shows_what_was_chosen_and_every_file_holds_it(project, address, page: Page, ready):
    forms = Forms(page, ready, project)
    forms.open(address)
    frame = forecasts.stored(project, PLAIN)
    assert frame is not None
    _whole(forms, frame)
    _growth(forms)
    _born(forms)
    _levels(forms, frame)
    _adopted(forms)
    _classes(forms)
    _flows(forms)
    _methods(forms, frame)


def _whole(forms: Forms, frame: pd.DataFrame) -> None:
    told = forms.sheets("forecast-xlsx")["Forecast"]
    pd.testing.assert_series_equal(told["Forecast"], frame["mean"], check_names=False, check_index=False)
    assert set(told["Scenario"]) == {"Low", "Middle", "High"}
    assert {"School by grade", "Whole area · by stage", "Zone · by stage"} <= set(told["Level"])
    forms.unfold("Year by year")
    row = _of(frame, "area_stage", YEAR + 2)
    numbers = [f"{row[name]:.0f}" for name in ("mean", "low", "high")]
    tables.reads(forms.table("Rests on2027"), YEAR + 2, "Middle", *numbers, "registered")


def _of(frame: pd.DataFrame, level: str, year: int, school: str = "") -> pd.Series:
    """Return a row of the middle scenario, of primary schools."""
    rows = frame[(frame["level"] == level) & (frame["school"] == school) & (frame["stage"] == "primary")]
    return rows[(rows["year"] == year) & (rows["scenario"] == MIDDLE)].iloc[0]


def _growth(forms: Forms) -> None:
    change = {"0号": 0, "1号": 9, "2号": 0, "3号": 0}
    told = forms.sheets("growth-xlsx")["Change in entrants"].set_index("Name")
    assert told["Change"].to_dict() == change
    assert (told["2029-30"] - told["2026-27"]).to_dict() == change
    layer = gpd.read_file(forms.download("growth-gpkg"))
    assert layer.set_index("name")["change"].to_dict() == change
    drawn = json.loads(forms.download("growth-geojson").read_text(encoding="utf-8"))["features"]
    assert {one["properties"]["name"]: one["properties"]["change"] for one in drawn} == change
    page = forms.download("growth-html").read_text(encoding="utf-8")
    assert "Change in entrants: 2026 → 2029" in page and all(name in page for name in change)


def _born(forms: Forms) -> None:
    shares = bornshares.by_year(forms.project)
    assert shares is not None
    forms.unfold("From births to entrants")
    table = forms.table("Entered / born")
    tables.lines(table, len(shares) + 1)
    for row in shares.tail(2).itertuples():
        share = f"{100 * row.share:.1f}%"
        tables.reads(table, row.year, f"{row.children:.0f}", f"{row.entrants:.0f}", share, "—", "—")


def _levels(forms: Forms, frame: pd.DataFrame) -> None:
    forms.choose("by-level", "School")
    for year in (YEAR + 5, YEAR + 2):
        forms.pick("by-level-year", year)
        row = _of(frame, "school_stage", year, "西")
        told = f"{row['mean']:,.0f} ({row['low']:,.0f}–{row['high']:,.0f})"
        tables.reads(forms.table("Adopted value"), "西小", "Middle", told)
    kept = forms.sheets("levels-file-xlsx")["Forecast by level"]
    here = kept[
        (kept["Place"] == "西小") & (kept["School year"] == YEAR + 2) & (kept["Scenario"] == "Middle")
    ]
    numbers = [round(row[name]) for name in ("mean", "low", "high")]
    assert here[["Forecast", "Low", "High"]].to_numpy().tolist() == [numbers]


def _adopted(forms: Forms) -> None:
    forms.unfold("Record or withdraw an adopted value")
    forms.pick("adopt-place", "西小")
    forms.fill(adopt_value=123, adopt_reason="new wing", adopt_by="Li")
    forms.write("adopt-keep", lambda: len(adopted.in_force(forms.project)))
    (one,) = adopted.in_force(forms.project).to_dict("records")
    assert (one["place"], one["year"], one["value"], one["by"]) == ("西", YEAR + 2, 123, "Li")
    tables.reads(forms.table("Adopted value"), 123, "outside the 80% range", "new wing")
    forms.fill(adopt_reason="given up")
    forms.write("adopt-back", lambda: -len(adopted.in_force(forms.project)))
    expect(forms.table("Adopted value").locator("tbody")).not_to_contain_text("new wing")


def _classes(forms: Forms) -> None:
    """Two classes a grade move up whole, entrants fill one; at the standard size every grade does."""
    told = forms.sheets("classes-file-xlsx")["Classes and chance of oversized"]
    sums = told.groupby("School year")["Classes"].sum()
    assert [sums[YEAR + ahead] for ahead in (1, 3, 6)] == [22, 18, 12]
    said = forms.page.get_by_text("grades of schools oversized classes are at least as likely as not")
    expect(said).to_contain_text(f"22 classes in {YEAR + 1}")
    forms.pick("class-year", YEAR + 3)
    expect(said).to_contain_text(f"18 classes in {YEAR + 3}")
    forms.choose("class-rule", "Formed anew each year")
    expect(said).to_contain_text(f"12 classes in {YEAR + 3}")


def _flows(forms: Forms) -> None:
    table = forms.table("Net inflow")
    tables.reads(table, "北", 31, 20, 11, 0, 0, -11)
    forms.pick("flow-year", YEAR - 1)
    tables.reads(table, "北", 30, 20, 10, 0, 0, -10)
    told = forms.sheets("flows-file-xlsx")
    net = told["Net inflow by township"]
    assert dict(zip(zip(net["School year"], net["Township"]), net["Net inflow"])) == {
        (YEAR, "北"): -11, (YEAR, "南"): 11, (YEAR - 1, "北"): -10, (YEAR - 1, "南"): 10
    }  # fmt: skip
    wide = told["Home township × school township"].set_index(["School year", "Home"])
    assert wide.loc[(YEAR - 1, "北")].to_dict() == {"北": 20, "南": 10}
    assert wide.loc[(YEAR, "北")].to_dict() == {"北": 20, "南": 11}


def _methods(forms: Forms, frame: pd.DataFrame) -> None:
    record = pd.DataFrame(frame.attrs["methods"])
    told = forms.sheets("methods-file-xlsx")["Methods chosen"]
    assert told["Years ahead"].tolist() == record["horizon"].tolist()
    assert told["Past series"].tolist() == record["cells"].tolist()
    rows = forms.page.get_by_test_id("stTable").filter(has_text="Kind of series").locator("tbody tr")
    expect(rows).to_have_count(len(record))
    for n, row in enumerate(told.head(3).itertuples(index=False)):
        expect(rows.nth(n)).to_contain_text(re.compile(r"\s*".join(re.escape(str(one)) for one in row[:3])))


def test_what_is_stated_of_estates_is_kept_with_what_is_typed_in_other_forms(project, address, page, ready):
    forms = Forms(page, ready, project)
    forms.open(address)
    _counted_in(forms)
    forms.unfold("See and change assumptions")
    _typed(forms)
    _yields(forms)
    _build_up(forms)
    _slips(forms)
    expect(forms.box("births-")).to_have_value("0.70")
    expect(forms.box("state-source-")).to_have_value("ledger")
    forms.drawn()
    now = Settings(until=YEAR + AHEAD, from_outside=1.0).under(assumed.in_force(project))
    plain, found = forecasts.stored(project, PLAIN), forecasts.stored(project, now)
    assert plain is not None and found is not None
    ends = [_of(frame, "area_stage", YEAR + AHEAD)["mean"] for frame in (plain, found)]
    assert ends[1] - ends[0] == pytest.approx(0.5 * 500, rel=0.05)  # the estate to come, full by then


def _counted_in(forms: Forms) -> None:
    """The share from outside the area is asked for only where estates are counted."""
    tables.lines(forms.table("Handed over"), 5)
    tables.reads(
        forms.table("Handed over"), "新城", "商品房", 500, YEAR + 1, "not yet", "1 / 0 / 0", 0.2, 0.1
    )
    expect(forms.key("from-outside")).to_have_count(0)
    forms.key("estates-on").get_by_text("Count new estates").click()
    expect(forms.key("from-outside")).to_contain_text("50")
    forms.rest()
    forms.key("from-outside").get_by_role("slider").press("End")
    expect(forms.key("from-outside")).not_to_contain_text("50")
    forms.rest()


def _typed(forms: Forms) -> None:
    """Type into forms that are saved later, or never."""
    forms.type(forms.box("births-"), 0.7)
    forms.pick("slip-estate", "新城")
    forms.fill(slip_low_e3=3, slip_middle_e3=2, slip_high_e3=1, slip_source_e3="site visit", slip_by="Wu")
    forms.fill(state_source="ledger")


def _yields(forms: Forms) -> None:
    kind, project = "安置房", forms.project
    measured = calibrated.table(project).set_index("housing_type")["pupils_per_household"]
    for name, pupils in measured.items():
        tables.reads(forms.table("Pupils per household, measured"), name, "Primary", f"{pupils:.3f}")
    forms.pick("yield-estate", "新城")
    forms.fill(primary_e3=0.5, junior_e3=0.25, yield_source_e3="survey", yield_by="Li")
    (one,) = forms.press("yield-save").yields
    assert (one.estate_id, one.primary, one.junior, one.source, one.by) == ("e3", 0.5, 0.25, "survey", "Li")
    expect(forms.box("primary-")).to_have_value("0.500")
    expect(forms.box("yield-source-")).to_have_value("")
    forms.pick("take-over-kind", kind)
    forms.fill(take_over_by="Zhou")
    taken = {one.estate_id: one for one in forms.press("take-over-save").yields}
    assert set(taken) == {"e1", "e3"}
    assert taken["e1"].primary == round(measured[kind], 3) and taken["e1"].by == "Zhou"
    assert taken["e1"].source.startswith("Measured")
    stated = forms.table("Source of the yields").filter(has_not_text="Handed over")
    tables.reads(stated, "乙苑", f"{taken['e1'].primary:.2f}", "0.10")


def _build_up(forms: Forms) -> None:
    forms.fill(build_up_0=20, build_up_source="census", build_up_by="Sun")
    kept = forms.press("build-up-save").build_up
    assert kept is not None
    assert (kept.shares[:2], kept.source, kept.by) == ((0.2, 0.4), "census", "Sun")
    tables.reads(forms.table("UseMeasured"), 0, "20%")
    assert forms.press("build-up-back").build_up is None
    taken = forms.press("build-up-take").build_up
    assert taken is not None and taken.shares == calibrated.build_up(forms.project)


def _slips(forms: Forms) -> None:
    """What was typed before the other forms were saved is still there to be saved."""
    (one,) = forms.press("slip-save").slips
    assert (one.estate_id, one.low, one.middle, one.high) == ("e3", 3, 2, 1)
    assert (one.source, one.by) == ("site visit", "Wu")
    tables.reads(forms.table("Source of the delay"), "新城", 3, 2, 1, "site visit", "Wu")
    forms.drawn()
    told = forms.sheets("estates-file-xlsx")["New estates"].set_index("Name")
    late = told[[f"{name}: years late" for name in ("Low", "Middle", "High")]]
    assert late.loc["新城"].tolist() == [3, 2, 1] and late.loc["丙苑"].tolist() == [0, 0, 0]
    yields = told[["Primary pupils per household", "Source of the yields"]]
    assert yields.loc["新城"].tolist() == [0.5, "survey"] and yields.loc["甲苑"].iloc[0] == 0.2
    assert told["Handed over"].tolist() == ["yes", "yes", "yes", "not yet"]
    assert forms.press("slip-back").slips == ()
    expect(forms.box("slip-low-")).to_have_value("1")
    forms.fill(slip_low_e3=0, slip_middle_e3=3, slip_source_e3="letter", slip_by="Wu")
    forms.key("slip-save").locator("button").click()
    expect(forms.page.get_by_text("low must not be less than middle")).to_be_visible()
    forms.rest()
    assert assumed.in_force(forms.project).slips == ()
