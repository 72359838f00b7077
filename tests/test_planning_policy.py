"""Rule packs: every number with its source, and the stricter of comparable rules."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.faults import FaultError
from planning import policy
from planning.policy import Rule
from planning.vocabulary import CONFIDENCE, METRICS, SCOPES

unhurried = settings(deadline=None)

RULE = Rule(
    id="a",
    name="班额",
    name_en="class size",
    metric="class_size",
    stage="primary",
    scope="all",
    strength="必须",
    op="le",
    unit="人/班",
    source="文件",
    clause="一",
    confidence="verified",
    valid_from=date(2017, 1, 1),
    value=45,
)
DAY = date(2026, 9, 1)


@pytest.mark.parametrize("pack", policy.pack_ids())
def test_every_pack_that_ships_is_sound(pack):
    loaded = policy.load_pack(pack)
    assert loaded.id == pack
    assert loaded.rules
    for rule in loaded.rules:
        assert rule.source and rule.name_en and rule.pack == pack
        assert rule.id.startswith(f"{pack}.")
        assert bool(rule.note) == bool(rule.note_en)
    assert list(loaded.frame()["id"]) == [rule.id for rule in loaded.rules]


def test_the_national_pack_comes_first():
    assert policy.pack_ids()[0] == "national"


@pytest.mark.parametrize(
    ("rule", "value", "confidence"),
    [
        ("national.class_size.primary", 45, "verified"),
        ("national.class_size.junior", 50, "verified"),
        ("national.large.share_2020", 5, "verified"),
        ("national.school_size.primary", 2000, "verified"),
        ("national.school_size.nine_year", 2500, "verified"),
        ("national.radius.primary", 500, "recalled"),
        ("national.radius.junior", 1000, "recalled"),
        ("national.walk.primary_1_3", 30, "verified"),
        ("national.proximity.primary", 100, "verified"),
        ("national.proximity.junior", 95, "verified"),
        ("national.teaching_area.primary", 4.5, "verified"),
        ("national.teaching_area.junior", 5.8, "verified"),
        ("national.resource_cv.junior", 0.45, "verified"),
        ("jiangyuan.standard_2020.primary", 95, "verified"),
        ("jiangyuan.over_51_2020", 1, "verified"),
    ],
)
def test_numbers_are_those_of_the_standards(rule, value, confidence):
    known = {r.id: r for r in policy.load_packs(policy.pack_ids())}
    assert (known[rule].value, known[rule].confidence) == (value, confidence)


def test_the_meanings_of_oversized_stay_apart():
    rules = policy.in_force(["national", "jiangyuan"], on=DAY)
    over = {(r.stage, r.at) for r in rules if r.metric == "class_count_over"}
    assert over == {("both", 56), ("both", 66), ("primary", 56), ("junior", 61)}


def test_superseded_rules_are_not_in_force():
    ids = {rule.id for rule in policy.in_force(["national"], on=DAY)}
    assert "national.radius_1986.primary" not in ids
    then = {rule.id for rule in policy.in_force(["national"], on=date(2005, 9, 1))}
    assert then == {"national.radius_1986.primary", "national.crossings_1986.primary"}


def test_the_stricter_of_comparable_rules_wins():
    tighter = replace(RULE, id="b", value=40)
    (won,) = policy.stricter([RULE, tighter], on=DAY)
    assert (won.id, won.over) == ("b", ("a",))
    floor = replace(RULE, metric="teaching_area", op="ge", value=4.5)
    (won,) = policy.stricter([floor, replace(floor, id="b", value=5)], on=DAY)
    assert won.id == "b"
    (won,) = policy.stricter([replace(RULE, op="lt"), replace(RULE, id="b")], on=DAY)
    assert won.id == "a"


@pytest.mark.parametrize(
    "other",
    [
        {"metric": "school_size"},
        {"stage": "junior"},
        {"scope": "rural"},
        {"strength": "宜"},
        {"at": 51},
        {"grades": "1-3"},
        {"op": "ge"},
    ],
)
def test_rules_that_cannot_be_compared_both_stay(other):
    assert len(policy.stricter([RULE, replace(RULE, id="b", value=40, **other)], on=DAY)) == 2


def test_a_rule_not_in_force_beats_none():
    later = replace(RULE, id="b", value=40, valid_from=date(2030, 1, 1))
    assert [rule.id for rule in policy.stricter([RULE, later], on=DAY)] == ["a"]


@unhurried
@given(st.permutations([40.0, 45.0, 42.0, 56.0]))
def test_the_order_of_packs_does_not_change_the_value(values):
    rules = [replace(RULE, id=str(n), value=value) for n, value in enumerate(values)]
    (won,) = policy.stricter(rules, on=DAY)
    assert won.value == 40
    assert len(won.over) == 3


def test_an_override_stands_before_stricter_rules_and_says_why():
    rules = policy.override([RULE, replace(RULE, id="b", value=40)], {"a": {"value": 48, "note": "县里批准"}})
    (won,) = policy.stricter(rules, on=DAY)
    assert (won.value, won.confidence, won.note) == (48, "override", "县里批准")


def test_an_override_needs_a_known_rule_and_a_note():
    with pytest.raises(FaultError) as caught:
        policy.override([RULE], {"a": {"value": 1, "note": " "}, "z": {"value": 1, "note": "x"}})
    assert {fault.kind for fault in caught.value.faults} == {"override_note", "override_unknown"}


def test_meeting_a_threshold():
    assert RULE.met(45) and not RULE.met(45.1)
    assert RULE.met(None) is None and RULE.met(float("nan")) is None
    assert replace(RULE, op="count", value=None).met(3) is None
    assert replace(RULE, op="lt").met(45) is False
    assert replace(RULE, op="ge").met(45) and replace(RULE, op="gt").met(46)


def test_one_number_for_the_engines():
    rules = policy.in_force(["national", "jiangyuan"], on=DAY)
    assert policy.threshold(rules, "standard_class", "junior") == 50
    assert policy.threshold(rules, "school_size", "nine_year") == 2500
    assert policy.threshold(rules, "crossings", "primary") is None


def test_every_fault_of_a_pack_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'id = "mine"\nname = "本县"\n[[rule]]\nid = "x"\nmetric = "size"\nvalue = "45"\n'
        'op = "le"\nvalid_from = 2024\ncolour = "red"\n[[rule]]\nid = "x"\n',
        encoding="utf-8",
    )
    with pytest.raises(FaultError) as caught:
        policy.load_pack(path)
    named = {(fault.params["rule"], fault.params["field"]) for fault in caught.value.faults}
    assert {("x", "metric"), ("x", "value"), ("x", "valid_from"), ("x", "colour"), ("x", "id")} <= named
    assert ("mine.toml", "name_en") in named
    assert "class_size" in caught.value.text("en")


def test_packs_that_are_not_there_or_not_toml(tmp_path):
    with pytest.raises(FaultError, match="national"):
        policy.load_pack("nowhere")
    (tmp_path / "bad.toml").write_text("= 1", encoding="utf-8")
    with pytest.raises(FaultError, match="TOML"):
        policy.load_packs([str(tmp_path / "bad.toml")])


def test_every_word_is_in_both_languages():
    words = [*METRICS.values(), *CONFIDENCE.values(), *(scope.words for scope in SCOPES.values())]
    assert all(word.zh and word.en and word.zh != word.en for word in words)
