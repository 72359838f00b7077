"""The learned correction of cells: school totals kept, no later year seen, used only where it earned it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from forecasting import backtest, entrants, errors, fitting, history, learned, methods, panel, residuals
from forecasting.forecast import GRAIN, expected, forecast
from forecasting.learned import Correction
from forecasting.scenarios import Scenario

LAST, SCHOOLS, GRADES = 2023, 24, 6


def drawn(first: int = 2008, wobble: float = 0.2) -> pd.DataFrame:
    """Cohorts stay as they are, but each count wobbles by itself, which the next year takes back."""
    rng = np.random.default_rng(4)
    size = rng.uniform(60, 120, (SCHOOLS, LAST - 2008 + GRADES))
    odd = np.exp(wobble * rng.standard_normal((SCHOOLS, GRADES, LAST - 2008 + 1)))
    rows = [
        (
            year,
            f"d{s % 2}",
            f"s{s:02}",
            str(g + 1),
            round(size[s, year - 2008 - g - 1] * odd[s, g, year - 2008]),
        )
        for s in range(SCHOOLS)
        for g in range(GRADES)
        for year in range(first, LAST + 1)
    ]
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def known(first: int = 2008, wobble: float = 0.2) -> panel.Panel:
    return panel.from_frame(history.read(drawn(first, wobble)))


@pytest.fixture(scope="module")
def fitted() -> fitting.Fitted:
    return fitting.learn(known())


def without(fitted: fitting.Fitted) -> fitting.Fitted:
    return replace(fitted, correction=Correction())


def pasts_of(history_: panel.Panel, horizons: int = 3) -> list[errors.Past]:
    cutoffs = errors.origins(history_, most=learned.ORIGINS)
    return errors.rolling(history_, [], methods.cohort_survival(), cutoffs=cutoffs, horizons=horizons)


def test_it_is_used_where_cells_were_clearly_nearer(fitted):
    found = fitted.correction
    assert found.why == "nearer" and sorted(found.lines) == [1, 2, 3]
    assert found.used < 0.98 * found.plain and found.years >= 4


def test_nearer_outside_the_years_it_was_learned_from_too():
    whole = known()
    base = 2021
    fit = fitting.learn(whole.until(base))
    assert fit.correction.why == "nearer"
    told = [
        errors.wape(errors.rolling(whole, [], f.project, cutoffs=[base], horizons=2), whole)
        for f in (fit, without(fit))
    ]
    with_it, plain = (t[t["level"] == "cell"]["wape"].to_numpy() for t in told)
    assert (with_it < plain).all()
    upper = [t[t["level"] != "cell"]["wape"].to_numpy() for t in told]
    assert np.allclose(*upper, rtol=1e-9)


SCENARIOS = [Scenario("中"), Scenario("低", births=0.0, migration=-0.02)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=["middle", "low"])
def test_schools_keep_their_totals_and_later_years_their_cells(fitted, scenario):
    made, plain = (expected(f, 5, scenario=scenario)[0] for f in (fitted, without(fitted)))
    moved = np.abs(made - plain)
    assert moved[:, :, :3].max() > 1.0 and not moved[:, :, 3:].any()
    # Cells are rounded to the grain one by one.
    assert np.abs(made.sum(axis=1) - plain.sum(axis=1)).max() <= GRADES * GRAIN / 2
    assert (made[plain == 0] == 0).all() and (made >= 0).all()


def test_a_scenario_is_not_taken_back(fitted):
    made = methods.cohort_survival(fitted.choice.settings)(fitted.panel, [], 3)
    plain, half = (
        learned.applied(fitted.panel, scale * made, fitted.correction, plain=made) for scale in (1.0, 0.5)
    )
    assert np.allclose(half, 0.5 * plain, rtol=1e-12)
    middle, low = (expected(fitted, 1, scenario=Scenario("", births=b))[0][:, :, 0] for b in (1.0, 0.5))
    share = (low[:, 0] / low[:, 1]) / (middle[:, 0] / middle[:, 1])
    assert np.allclose(share, 0.5, rtol=1e-3)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_totals_are_kept_whatever_was_learned(seed: int):
    rng, base = np.random.default_rng(seed), known().until(2012)
    count = residuals.features(base, base.counts[:, :, -1]).shape[2]
    drawn_line = residuals.Line(*rng.normal(size=(2, count)), rng.normal(), rng.normal(size=count))
    line = replace(drawn_line, scale=np.abs(drawn_line.scale) + 0.1)
    mean = rng.uniform(0, 90, (SCHOOLS, GRADES, 4)) * (rng.random((SCHOOLS, GRADES, 4)) > 0.2)
    made = learned.applied(base, mean, Correction(lines={1: line, 3: line}))
    assert np.allclose(made.sum(axis=1), mean.sum(axis=1), rtol=1e-12, atol=1e-9)
    assert np.array_equal(made[:, :, [1, 3]], mean[:, :, [1, 3]])
    assert not np.array_equal(made[:, :, 0], mean[:, :, 0]) and (made >= 0).all()
    assert not made[mean == 0].any()


def test_levels_add_up_exactly_and_the_note_says_that_it_is_used():
    frame = forecast(drawn(), until=LAST + 4, extra_levels=("area",))
    sums = frame.groupby(["level", "year"])["mean"].sum().unstack("level")
    for level in ("school", "district", "area"):
        assert sums[level].tolist() == sums["cell"].tolist()
    notes = [note for note in frame.attrs["notes"] if "moved between the grades" in note["en"]]
    assert len(notes) == 1 and "用于其后 3 年" in notes[0]["zh"]
    json.dumps(frame.attrs, allow_nan=False)
    pd.testing.assert_frame_equal(frame, forecast(drawn(), until=LAST + 4, extra_levels=("area",)))


def test_nothing_changes_where_it_does_not_earn_it():
    fit = fitting.learn(known(wobble=0.0))
    assert fit.correction.why == "alike" and not fit.correction.lines
    pasts = pasts_of(calm := known(wobble=0.0))
    assert all(a is b for a, b in zip(pasts, learned.fit(pasts, calm)[1], strict=True))
    made, plain = (expected(f, 5)[0] for f in (fit, without(fit)))
    assert np.array_equal(made, plain)
    frame = forecast(drawn(wobble=0.0), until=LAST + 2)
    assert any("not clearly nearer" in note["en"] for note in frame.attrs["notes"])


@pytest.mark.parametrize("first", [2017, 2022])
def test_a_short_past_does_not_use_it_and_says_so(first: int):
    frame = forecast(drawn(first), until=LAST + 2)
    assert any("too short for a correction" in note["en"] for note in frame.attrs["notes"])
    assert fitting.learn(known(first)).correction == Correction()


def test_a_broken_year_of_late_leaves_it_out():
    pasts = pasts_of(whole := known())
    assert learned.fit(pasts, whole, broken=frozenset({LAST - 4}))[0].why == "nearer"
    found, same = learned.fit(pasts, whole, broken=frozenset({LAST - 3}))
    assert found.why == "shock" and not found.lines and same == pasts


@given(seed=st.integers(0, 10**6), cut=st.integers(2013, LAST - 1))
@settings(max_examples=10, deadline=None)
def test_no_outcome_later_than_the_base_year_is_learned_from(seed: int, cut: int):
    whole = known()
    counts = whole.counts.copy()
    later = whole.years > cut
    counts[:, :, later] *= np.random.default_rng(seed).uniform(0.5, 2.0, counts[:, :, later].shape)
    other = replace(whole, counts=counts)
    made = [{(p.cutoff, p.horizon): p for p in pasts_of(p)} for p in (whole, other)]
    (one, _), (two, _) = (learned._tried(m, p, False) for m, p in zip(made, (whole, other), strict=True))
    early = [key for key in one if key[0] <= cut]
    assert early and all(np.array_equal(one[key].forecast, two[key].forecast) for key in early)
    late = [key for key in one if key[0] > cut]
    assert all(not np.array_equal(one[key].forecast, two[key].forecast) for key in late)
    assert late or cut == LAST - 1


def test_a_back_test_knows_only_its_base_year():
    whole, base = known(), 2020
    assert fitting.learn(whole.until(base)).correction.why == "nearer"
    later = backtest.backtest(whole, cutoffs=[base], horizons=2)
    earlier = backtest.backtest(whole.until(base + 2), cutoffs=[base], horizons=2)
    pd.testing.assert_frame_equal(later, earlier)


def test_ranges_are_of_the_corrected_errors_and_hold():
    whole = known()
    frame = backtest.backtest(whole, cutoffs=[2019, 2020, 2021])
    table = backtest.score(frame).set_index(["method", "level", "horizon"])
    held = table.loc[("cohort", "cell")]["covered"]
    assert held.between(0.74, 0.87).all()
    pasts = pasts_of(whole)
    corrected = learned.fit(pasts, whole)[1]
    assert [(p.cutoff, p.horizon) for p in corrected] == [(p.cutoff, p.horizon) for p in pasts]
    wide = [sum(np.abs(p.forecast - p.actual).sum() for p in ps) for ps in (corrected, pasts)]
    assert wide[0] < wide[1]


def test_entrants_that_births_speak_of_stay():
    births = pd.DataFrame(
        [(y, d, 900) for y in range(1995, LAST + 1) for d in ("d0", "d1")],
        columns=["year", "district", "births"],
    )
    whole = known()
    fit = fitting.learn(whole, [entrants.from_births(births, whole)])
    assert fit.correction.why == "nearer" and fit.correction.driven
    made, plain = (expected(f, 3)[0] for f in (fit, without(fit)))
    for h in range(3):
        same = made[:, :, h] == plain[:, :, h]
        assert same[:, : h + 1].all() and not same[:, h + 1 :].all()


def test_the_regression_is_ridge_on_standardised_features():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(400, 5)) * [1, 2, 3, 0.5, 0]
    told, came = rng.uniform(5, 90, 400), rng.uniform(5, 90, 400)
    parts = [residuals.moments(rows[p], told[p], came[p]) for p in (slice(0, 150), slice(150, None))]
    line = residuals.regress(parts)
    centre = np.average(rows, axis=0, weights=told)
    scale = np.sqrt(np.average((rows - centre) ** 2, axis=0, weights=told))
    scale[4] = 1.0
    ratio = np.clip(np.log((came + 1) / (told + 1)), -residuals.MOST, residuals.MOST)
    model = Ridge(alpha=residuals.PENALTY).fit((rows - centre) / scale, ratio, sample_weight=told)
    assert line.slopes == pytest.approx(model.coef_, abs=1e-9)
    assert line.level == pytest.approx(model.intercept_, abs=1e-9)


def test_features_of_a_year_without_a_report_are_calm():
    whole = known()
    counts = whole.counts.copy()
    counts[:, :, -2] = np.nan
    gap = replace(whole, counts=counts)
    rows = residuals.features(gap, gap.counts[:, :, -1])
    assert np.isfinite(rows).all() and not rows[..., 3].any() and np.abs(rows[..., 2:7]).max() <= 1.0
