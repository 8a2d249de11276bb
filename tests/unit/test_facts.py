"""Facts of trusts as a table: kinds, bases, ranges, and what is meant by known, stated, published and estimated."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline.facts import BY_NAME, KINDS, Basis, Fact, TrustFacts
from aft_sim.basis.errors import InputError
from aft_sim.cli.trust_page import TOPICS, inline, number

pytestmark = pytest.mark.unit

CODES = ("RAA", "RBB", "RCC", "RDD", "REE")
BEDS = "beds.available"


@pytest.fixture
def facts() -> TrustFacts:
    """One trust for each basis, in the order of `CODES`; nothing is known of the last."""
    made = TrustFacts.empty(CODES)
    made.put(BEDS, 0, Fact(500.0, Basis.PUBLISHED))
    made.put(BEDS, 1, Fact(400.0, Basis.OTHER_PERIOD, 380.0, 410.0))
    made.put(BEDS, 2, Fact(300.0, Basis.ESTIMATED, 200.0, 450.0))
    made.put(BEDS, 3, Fact(250.0, Basis.OWN))
    return made


class TestKinds:
    def test_names_are_a_topic_and_a_word_and_unique(self):
        assert len(BY_NAME) == len(KINDS)
        for kind in KINDS:
            topic, _, what = kind.name.partition(".")
            assert topic.isidentifier() and what.isidentifier(), kind.name

    def test_every_topic_has_kinds_and_every_kind_a_topic(self):
        topics = {kind.name.partition(".")[0] for kind in KINDS}
        assert topics - {"services"} == set(TOPICS)

    def test_kinds_of_a_topic_are_together_in_the_order_of_the_page(self):
        topics = [kind.name.partition(".")[0] for kind in KINDS]
        assert list(dict.fromkeys(topics)) == ["services", *TOPICS]
        assert all(topics[i : i + topics.count(t)] == [t] * topics.count(t) for t in TOPICS for i in [topics.index(t)])

    def test_every_kind_says_what_it_is_and_when_and_where_from(self):
        for kind in KINDS:
            assert all((kind.title, kind.unit, kind.period, kind.source)), kind.name
            assert bool(kind.labels) == (kind.unit == "code"), kind.name

    def test_titles_of_a_topic_differ(self):
        titles = [(kind.name.partition(".")[0], kind.title) for kind in KINDS]
        assert len(set(titles)) == len(titles)


class TestTable:
    def test_nothing_is_known_of_an_empty_table(self):
        empty = TrustFacts.empty(CODES)
        assert np.isnan(empty.value).all() and (empty.basis == Basis.UNKNOWN).all()
        assert all(len(column) == 0 for column in empty.columns().values())

    def test_columns_and_back(self, facts):
        facts.put("money.deficit", 4, Fact(0.0, Basis.PUBLISHED))
        columns = facts.columns()
        assert columns["fact"] == ["money.deficit", *[BEDS] * 4]
        assert columns["trust"].tolist() == [4, 0, 1, 2, 3]
        back = TrustFacts.from_columns(CODES, columns)
        for name in ("value", "low", "high", "basis"):
            np.testing.assert_array_equal(getattr(back, name), getattr(facts, name))

    def test_kinds_that_are_no_longer_known_are_left_out(self, facts):
        columns = facts.columns()
        columns["fact"][0] = "beds.of_old"
        assert TrustFacts.from_columns(CODES, columns).known(BEDS).tolist() == [False, True, True, True, False]

    def test_all_facts_of_a_trust(self, facts):
        mine = facts.of(1)
        assert list(mine) == [kind.name for kind in KINDS]
        assert mine[BEDS] == Fact(400.0, Basis.OTHER_PERIOD, 380.0, 410.0)
        assert mine["beds.occupied"].basis is Basis.UNKNOWN and np.isnan(mine["beds.occupied"].value)

    def test_zero_is_a_figure_and_not_unknown(self, facts):
        facts.put("emergency.type1", 0, Fact(0.0, Basis.PUBLISHED))
        assert facts.known("emergency.type1").tolist() == [True, False, False, False, False]

    def test_nan_makes_a_fact_unknown_without_a_range(self, facts):
        facts.put(BEDS, 2, Fact(np.nan, Basis.ESTIMATED, 1.0, 2.0))
        assert facts.of(2)[BEDS].basis is Basis.UNKNOWN
        assert np.isnan(facts.range(BEDS)).all(axis=0).tolist() == [False, False, True, False, True]

    @pytest.mark.parametrize("method", ["__getitem__", "known", "estimated", "published", "stated", "range"])
    def test_unknown_kinds_are_refused_with_the_nearest_one(self, facts, method):
        with pytest.raises(InputError, match="no such fact of a trust") as refused:
            getattr(facts, method)("beds.availabel")
        assert refused.value.found == "beds.availabel"
        assert "beds.available" in str(refused.value.hint)

    def test_unknown_kinds_cannot_be_put(self, facts):
        with pytest.raises(InputError, match="no such fact"):
            facts.put("bed", 0, Fact(1.0, Basis.PUBLISHED))


class TestBases:
    def test_known_is_everything_with_a_value(self, facts):
        assert facts.known(BEDS).tolist() == [True, True, True, True, False]

    def test_published_is_for_its_own_period_only(self, facts):
        np.testing.assert_array_equal(facts.published(BEDS), [500, np.nan, np.nan, np.nan, np.nan])

    def test_stated_is_everything_but_estimates(self, facts):
        np.testing.assert_array_equal(facts.stated(BEDS), [500, 400, np.nan, 250, np.nan])

    def test_estimated(self, facts):
        assert facts.estimated(BEDS).tolist() == [False, False, True, False, False]

    def test_ranges_are_those_of_estimates_and_else_the_value(self, facts):
        low, high = facts.range(BEDS)
        np.testing.assert_array_equal(low, [500, 380, 200, 250, np.nan])
        np.testing.assert_array_equal(high, [500, 410, 450, 250, np.nan])

    def test_a_figure_of_the_trust_takes_the_place_of_an_estimate_with_its_range(self, facts):
        facts.put(BEDS, 2, Fact(333.0, Basis.OWN))
        assert facts.stated(BEDS)[2] == 333 and not facts.estimated(BEDS)[2]
        assert [end[2] for end in facts.range(BEDS)] == [333, 333]

    def test_every_basis_has_words_of_its_own(self):
        assert len({basis.words for basis in Basis}) == len(Basis)


class TestWords:
    @pytest.mark.parametrize(
        ("name", "value", "text"),
        [
            ("money.planned_surplus", -0.0228, "−2.3%"),
            ("expenditure.total", 2958.066, "2,958.1"),
            ("money.cost_index", 0.974, "0.97"),
            ("oversight.score", 1.66, "1.66"),
            ("staff.fte", 9262.7, "9,263"),
            ("money.deficit", 1.0, "yes"),
            ("quality.cqc", 3.0, "requires improvement"),
            ("oversight.unadjusted_segment", 2.0, "2"),
        ],
    )
    def test_figures_as_text(self, name, value, text):
        assert number(BY_NAME[name], value) == text

    def test_titles_in_a_sentence_keep_their_abbreviations(self):
        assert [inline(t) for t in ("A&E attendances", "CQC rating", "Staff", "of which new build")] == [
            "A&E attendances",
            "CQC rating",
            "staff",
            "of which new build",
        ]
