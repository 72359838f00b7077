"""The forecast of a project as a command: all levels and scenarios, with the assumptions in force."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import assumed, forecastwords
from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, layers, schools


def test_every_level_is_written_and_adds_up(tmp_path, monkeypatch):
    monkeypatch.setenv("HUAPIAN_HOME", str(tmp_path))
    own = schools().assign(
        zone_id=["东", "西", "一中"], town="城关", provider=["public", "private", "public"]
    )
    made = create_project(layers() | {"schools": own}, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)
    row = {"what": "boarding", "first_grade": 7, "last_grade": 9, "value": 0.5, "source": "学籍"}
    assumed.set_stated(made, [row], by="王")
    out = tmp_path / "f.csv"
    said = forecastwords.run(made.folder.name, until=YEAR + 2, out=out)
    frame = pd.read_csv(out, keep_default_na=False)
    assert (said["rows"], said["schools"], said["years"]) == (len(frame), 3, [YEAR + 1, YEAR + 2])
    assert set(frame["scenario"]) == {"低", "中", "高"}
    sums = frame.groupby(["scenario", "year", "level"])["mean"].sum().unstack("level")
    for level in ("unit", "school", "zone_id", "town", "provider", "area_stage"):
        assert sums[level].to_numpy() == pytest.approx(sums["cell"].to_numpy()), level
    assert pd.to_numeric(frame.loc[frame["level"] == "area_stage", "boarding"]).sum() > 0
    with pytest.raises(ValueError, match="nowhere"):
        forecastwords.run("nowhere", until=YEAR + 2, out=out)
