"""The base map: off unless set, and a key that is told to nobody."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.faults import FaultError
from planning import basemap
from planning.basemap import BaseMap

KEY = "0123456789abcdef0123456789abcdef"
CACHE = "http://127.0.0.1:8080/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    monkeypatch.delenv(basemap.ENV_KEY, raising=False)
    monkeypatch.delenv(basemap.ENV_TILES, raising=False)


def test_nothing_is_asked_for_unless_something_is_set(tmp_path):
    assert basemap.stored(tmp_path).sheets() == []
    assert basemap.stored(tmp_path).host() == ""


def test_a_key_gives_map_and_labels_in_web_mercator(tmp_path):
    basemap.store(BaseMap(key=KEY), tmp_path)
    base = basemap.stored(tmp_path)
    first, second = base.sheets()
    assert "LAYER=vec" in first and "LAYER=cva" in second
    assert all(
        f"tk={KEY}" in each and "TILEMATRIXSET=w" in each and "{z}" in each for each in (first, second)
    )
    assert base.host() == "tianditu.gov.cn"


def test_own_tiles_stand_before_the_key_and_clearing_leaves_nothing(tmp_path):
    basemap.store(BaseMap(key=KEY, template=CACHE), tmp_path)
    assert basemap.stored(tmp_path).sheets() == [CACHE]
    assert basemap.stored(tmp_path).host() == "127.0.0.1"
    basemap.store(BaseMap(), tmp_path)
    assert basemap.stored(tmp_path) == BaseMap()


@pytest.mark.parametrize(
    "template",
    ["ftp://a/{z}/{x}/{y}", "http://a/{z}/{x}", "http:///{z}/{x}/{y}", "javascript:{z}{x}{y}",
     "http://a b/{z}{x}{y}", "http://a/{z}/{x}/{y}/{s}", 'http://a/{z}/{x}/{y}"', "http://[a/{z}/{x}/{y}"],
)  # fmt: skip
def test_a_wrong_address_is_refused_and_what_was_set_stays(tmp_path, template):
    basemap.store(BaseMap(template=CACHE), tmp_path)
    with pytest.raises(FaultError) as caught:
        basemap.store(BaseMap(key="short", template=template), tmp_path)
    assert [fault.kind for fault in caught.value.faults] == ["basemap_key", "basemap_template"]
    assert all("short" not in fault.text(lang) for fault in caught.value.faults for lang in ("zh", "en"))
    assert basemap.stored(tmp_path).sheets() == [CACHE]


def test_the_environment_comes_first_and_a_wrong_one_asks_for_nothing(tmp_path, monkeypatch):
    basemap.store(BaseMap(template=CACHE), tmp_path)
    monkeypatch.setenv(basemap.ENV_KEY, KEY)
    assert basemap.stored(tmp_path).given and basemap.stored(tmp_path).host() == basemap.HOST
    monkeypatch.setenv(basemap.ENV_KEY, "?")
    assert basemap.stored(tmp_path).sheets() == []


@given(text=st.text(max_size=40))
def test_a_file_that_is_not_ours_sets_nothing(tmp_path_factory, text):
    place = tmp_path_factory.mktemp("home")
    (place / basemap.FILE).write_text(text, encoding="utf-8")
    assert basemap.stored(place).sheets() == []
    (place / basemap.FILE).write_text(json.dumps({"key": "'", "template": text}), encoding="utf-8")
    assert basemap.stored(place).sheets() == []
