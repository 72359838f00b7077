from planning.clauses import BASES
from planning.vocabulary import CONFIDENCE
from zoning.check import KINDS


def test_every_hard_rule_says_in_both_languages_what_it_rests_on():
    assert list(BASES) == list(KINDS)
    for basis in BASES.values():
        assert (basis.source.zh and basis.source.en.isascii()) or "教基厅" in basis.source.en
        assert not basis.confidence or basis.confidence in CONFIDENCE


def test_a_document_is_named_with_its_clause_only_where_it_was_seen():
    assert "第十二条" in BASES["unassigned"].source.zh
    assert BASES["overload"].confidence == "verified"
    assert not BASES["cut_off"].confidence
