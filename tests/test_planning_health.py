"""The doctor: every check does a small piece of real work and says what it found in both languages."""

import json

import pytest

from planning import health


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HUAPIAN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("name", list(health._CHECKS))
def test_every_part_works_here(name):
    found = health._run(health._CHECKS[name])
    assert found.ok, found.said
    assert found.said.zh and found.said.en


def test_the_report_is_json_and_names_every_check(home):
    report = health.report()
    assert json.loads(json.dumps(report, ensure_ascii=False)) == report
    assert set(report["checks"]) == set(health._CHECKS)
    assert report["home"] == str(home) and report["projects"] == []
    assert report["packages"]["shapely"]


def test_a_broken_project_is_named(home):
    (home / "bad").mkdir(parents=True)
    (home / "bad" / "project.toml").write_text("id = ", encoding="utf-8")
    found = health.check_projects()
    assert not found.ok
    assert "bad/project.toml" in found.said.zh and "bad/project.toml" in found.said.en


def test_a_home_that_cannot_be_is_a_finding_not_a_crash(home, monkeypatch):
    home.write_text("a file stands here", encoding="utf-8")
    found = health._run(health.check_home)
    assert not found.ok
    assert "home" in found.said.en


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(health, "PACKAGES", ("shapely", "no-such-package"))
    found = health.check_packages()
    assert not found.ok
    assert "no-such-package" in found.said.zh and "shapely" not in found.said.zh
