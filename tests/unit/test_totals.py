"""England added up from its trusts: residuals, their size and what explains them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aft_sim.baseline.facts import SMALL, Basis, Fact, Total, TrustFacts
from aft_sim.baseline.totals import _line

pytestmark = pytest.mark.unit

TOTAL = Total("Beds", "beds", "2026", 900.0, 50.0, 30.0, 1000.0, "KH03", "")


def test_the_residual_is_what_trusts_and_others_publish_less_the_published_total():
    assert TOTAL.residual == -50
    assert TOTAL.share == pytest.approx(-0.05)
    assert replace(TOTAL, estimates=1e6).residual == -50, "estimates are no part of it"


def test_shares_of_negative_totals_keep_the_sign_of_the_residual():
    deficit = replace(TOTAL, trusts=-300.0, others=0.0, published=-200.0)
    assert deficit.residual == -100 and deficit.share == pytest.approx(-0.5)
    assert replace(deficit, trusts=-100.0).share == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("trusts", "why", "unexplained"),
    [
        (900.0, "", True),
        (900.0, "a trust made no return", False),
        (950.0 - 1000 * SMALL + 0.1, "", False),
        (950.0 - 1000 * SMALL - 0.1, "", True),
        (950.0 + 1000 * SMALL + 0.1, "", True),
        (950.0, "", False),
    ],
)
def test_residuals_above_half_a_per_cent_need_an_explanation(trusts, why, unexplained):
    assert replace(TOTAL, trusts=trusts, why=why).unexplained is unexplained


def test_a_line_tells_published_figures_from_estimates():
    facts = TrustFacts.empty(("RAA", "RBB", "RCC", "RDD"))
    facts.put("beds.available", 0, Fact(600.0, Basis.PUBLISHED))
    facts.put("beds.available", 1, Fact(300.0, Basis.PUBLISHED))
    facts.put("beds.available", 2, Fact(20.0, Basis.OTHER_PERIOD, 15.0, 25.0))
    facts.put("beds.available", 3, Fact(10.0, Basis.ESTIMATED, 5.0, 15.0))
    line = _line(facts, "beds.available", "Beds", 1000, "KH03", "why", 50.0)
    assert (line.trusts, line.others, line.estimates, line.published) == (900, 50, 30, 1000)
    assert (line.unit, line.period, line.why) == ("beds", "January to March 2026", "why")


def test_a_line_of_facts_that_nobody_publishes_is_zero_and_not_nan():
    line = _line(TrustFacts.empty(("RAA",)), "beds.available", "Beds", 1000, "KH03")
    assert line.trusts == 0 and line.estimates == 0 and not np.isnan(line.residual)
    assert line.unexplained
