"""Control points: a grid is found again, what does not fit is named, too little is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from gis.datum import base_crs, stated
from gis.datum_control import fit_control
from gis.faults import FaultError
from gis.systems import CGCS2000, gauss_kruger

LON = 109.77 + np.array([-0.3, 0.28, 0.25, -0.26, 0.02, 0.1, -0.14, 0.2])
LAT = 39.61 + np.array([-0.2, -0.18, 0.21, 0.19, 0.01, -0.1, 0.12, 0.06])


def plane(crs, lon=LON, lat=LAT):
    return np.column_stack(Transformer.from_crs(CGCS2000, crs, always_xy=True).transform(lon, lat))


def grid(*, turn=1.5, scale=0.9999, meridian=109.77):
    """Return the points on a local grid: Gauss-Krüger shifted, turned and scaled."""
    xy = plane(base_crs(f"CM{meridian}")) - (480_000, 4_380_000)
    a, b = scale * np.cos(np.radians(turn)), scale * np.sin(np.radians(turn))
    return xy @ np.array([[a, b], [-b, a]])


def points(xy, n=8, **columns):
    frame = pd.DataFrame({"name": list("甲乙丙丁戊己庚辛"), "x": xy[:, 0], "y": xy[:, 1]})
    return frame.assign(known_x=LON, known_y=LAT, **columns).head(n)


def kinds(fit):
    return [fault.kind for fault in fit.faults]


def refused(frame, **options):
    with pytest.raises(FaultError) as error:
        fit_control(frame, **options)
    return [fault.kind for fault in error.value.faults]


def off(fit, xy):
    """Return how far a fit puts points from where they are, in metres."""
    reading = stated(fit.text)
    return np.hypot(*(reading.turn(xy) - plane(reading.result)).T)


@settings(deadline=None, max_examples=40)
@given(turn=st.floats(-179, 179), scale=st.floats(0.995, 1.005), swapped=st.booleans())
def test_a_local_grid_is_found_again(turn, scale, swapped):
    xy = grid(turn=turn, scale=scale)[:, :: -1 if swapped else 1]
    fit = fit_control(points(xy))
    assert fit.rms_m < 0.05 and off(fit, xy).max() < 0.05
    assert fit.scale == pytest.approx(1 / scale, rel=1e-5) and fit.swapped == swapped
    assert kinds(fit) == (["control_swapped"] if swapped else [])
    assert not fit.residuals["outlier"].any()


def test_the_known_places_may_be_in_any_system():
    xy, gk = grid(), plane(gauss_kruger(111))
    frame = points(xy).assign(known_x=gk[:, 0], known_y=gk[:, 1])
    assert off(fit_control(frame, known="EPSG:4546"), xy).max() < 0.05


def test_an_old_datum_is_fitted_to_its_twin():
    # a shift and a turn like those between Xian 1980 and CGCS2000
    xy = plane(gauss_kruger(111, prefixed=True)) - (115.2, 2.7)
    fit = fit_control(points(xy), source="EPSG:2361")
    assert fit.text.startswith("EPSG:2361 fitted EPSG:4525 ") and off(fit, xy).max() < 0.001
    assert stated(fit.text).own.to_epsg() == 2361


@pytest.mark.parametrize("method", ["similarity", "affine"])
def test_a_point_that_does_not_fit_is_named(method):
    frame = points(grid())
    frame.loc[3, "x"] += 35.0
    fit = fit_control(frame, method=method)
    assert fit.residuals.loc[fit.residuals["outlier"], "name"].tolist() == ["丁"]
    assert fit.residuals.loc[3, "left_out_m"] == pytest.approx(35, abs=0.5)
    assert kinds(fit) == ["control_outlier"] and "丁" in fit.faults[0].text() and "35" in fit.faults[0].text()
    again = fit_control(frame.drop(index=3), method=method)
    assert not again.faults and again.rms_m < 0.05


def test_with_three_points_no_single_one_is_named():
    frame = points(grid(), 3)
    frame.loc[1, "x"] += 80.0
    fit = fit_control(frame)
    assert kinds(fit) == ["control_rough"] and not fit.residuals["outlier"].any()


def test_noise_is_stated_as_it_is():
    noise = np.random.default_rng(7).normal(0, 2.0, (8, 2))
    fit = fit_control(points(grid() + noise))
    assert 0.8 < fit.rms_m < 3.5 and fit.left_out_m > fit.rms_m * 0.9 and not fit.faults
    assert f"{fit.rms_m:.2f}" in fit.words.zh and f"{fit.rms_m:.2f}" in fit.words.en


def test_an_affine_transform_fits_a_grid_that_is_stretched():
    xy = grid() * (1.0, 1.002)
    assert fit_control(points(xy)).rms_m > 5
    affine = fit_control(points(xy), method="affine")
    assert affine.rms_m < 0.05 and off(affine, xy).max() < 0.05


def test_wrong_units_are_noticed():
    assert kinds(fit_control(points(grid() / 0.3048))) == ["control_scale"]


@pytest.mark.parametrize(("method", "least"), [("similarity", 3), ("affine", 4)])
def test_too_few_points_are_refused(method, least):
    frame = points(grid())
    assert refused(frame.head(least - 1), method=method) == ["control_too_few"]
    assert refused(frame.head(least).assign(x=[*frame["x"].head(least - 1), None]), method=method)
    assert refused(pd.concat([frame.head(1)] * 5), method=method) == ["control_too_few"]
    assert fit_control(frame.head(least), method=method).text


@pytest.mark.parametrize("method", ["similarity", "affine"])
def test_points_in_a_line_are_refused(method):
    step = np.arange(8.0)
    frame = points(np.column_stack([1000 * step, 500 * step]))
    frame = frame.assign(known_x=109.5 + 0.01 * step, known_y=39.5 + 0.004 * step)
    assert refused(frame, method=method) == ["control_collinear"]


def test_known_places_must_be_possible():
    frame = points(grid())
    frame.loc[2, "known_x"] = 1097.7
    assert refused(frame) == ["control_outside"]
    assert refused(points(grid()), known="local") == ["crs_local"]
    assert refused(points(grid()), known="nowhere") == ["crs_not_understood"]


def test_degrees_cannot_be_fitted_in_the_plane():
    assert refused(points(np.column_stack([LON, LAT])), source="EPSG:4610") == ["control_degrees"]


def test_points_without_names_are_numbered():
    fit = fit_control(points(grid()).drop(columns="name"))
    assert fit.residuals["name"].tolist() == [str(n) for n in range(1, 9)]
